"""The everyday ways in which gradients are asked for, each as a generator in a few lines."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from typing import Any

from verify.cases.calling import BACKWARD, FORWARD, FUNCTION, PAIRED_BACKWARD, PRIME, call, check_order
from verify.cases.case import Subject, TracedCase
from verify.cases.grouped import flat, grouped
from verify.cases.making import naming, traced
from verify.cases.names import NAMES, labels_of
from verify.cases.passing import passed, upstreams_of
from verify.cases.returned import for_inputs, of_param, parted
from verify.cases.slips import check_arrays, check_factory, check_functions, taking_dicts
from verify.cases.terms import Terms
from verify.cases.units import knows, made, method, method_of, stored, takes_arguments
from verify.model.errors import ProtocolError
from verify.model.identity import NOWHERE, Place
from verify.model.reasons import Reason
from verify.model.where import made_at, start_of


@taking_dicts
def layer(
    make: Callable[..., Any],
    *,
    inputs: Mapping[str, object],
    params: Mapping[str, object] | None = None,
    options: Mapping[str, Sequence[Any]] | None = None,
    upstream: object = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    convention: object = None,
    as_if: object = None,
    name: str = "",
) -> TracedCase:
    """Make a case of a class with `forward(inputs)` and `backward(dout)`: `layer(Affine, inputs=..., params=...)`.

    * `make` is the class, or a function that returns a layer. It gets the parameters and options that its signature
      names, by keyword, or the parameters in order if it names none of them. A parameter that it does not take is set
      as an attribute of the layer.
    * `inputs` and `params` describe the arrays by name: a shape such as `"N D"`, or `gradproof.real` and the like.
    * `options` holds values to try for further keyword arguments, every combination of them. An option that `make` does
      not take goes to `forward`, and to `backward` if that names it.
    * `upstream=1` fixes the upstream gradient, as for a loss. It is 1 as well if `backward` takes no argument.
    * `sizes`, `allow`, `accuracy`, `convention` and `as_if` are those of `gradproof.case`.

    Other names of the methods are accepted: `forward_pass`, `fprop` or a call; `backward_pass` or `bprop`. `backward`
    returns a gradient for each differentiated input, or for each argument of `forward`. Gradients of parameters are
    read from attributes such as `dW`, `grad_W`, `W_grad` or `gW`, or from a dict or list `grads`, or come behind those
    of the inputs: `dx, [dW, db]`. Methods that return nothing leave the output in `output`, and the gradient of the
    input in `dinputs` or `dx`. `backward(dout, x, output, dx)` is passed inputs and the output by their names, and
    arrays for gradients to write into. An input may be a list or dict of arrays: `inputs={"xs": ["N D", "N M"]}`.

    Raises InputError if the parts do not fit together.
    """
    with naming(name or _name(make)):
        check_arrays("inputs", inputs, "'x': 'N D'")
        check_arrays("params", params or {}, "'W': 'D M'")
        check_factory(make, [*(params or {}), *(options or {})])
        weights, arrays = dict(params or {}), flat(inputs)
    backward = method_of(make, NAMES["backward"])
    alone = backward is not None and not takes_arguments(backward)
    subject = _driving(make, inputs, weights, lambda: layer_case.differentiated, alone=alone)
    terms = Terms(options, 1 if alone and upstream is None else upstream, sizes, allow, accuracy, convention, as_if)
    layer_case = _traced((name, _name(make)), subject, {**arrays, **weights}, terms, backward, {**inputs, **weights})
    return layer_case


def _driving(
    make: Callable[..., Any],
    inputs: Mapping[str, object],
    params: Mapping[str, object],
    real: Callable[[], Collection[str]],
    *,
    alone: bool,
) -> Subject:
    """Return what drives a layer; `real` has the inputs that are differentiated, `alone` tells of no upstream."""
    arrays = flat(inputs)

    def subject(**arguments_by_name: Any) -> Generator[Any, Any, Any]:
        arguments = grouped(inputs, arguments_by_name)
        weights = {key: arguments_by_name[key] for key in params}
        chosen = {key: value for key, value in arguments_by_name.items() if key not in arrays and key not in params}
        unit, rest = made(make, weights, chosen)
        claimed = real()
        forward, backward = method(unit, NAMES["forward"]), method(unit, NAMES["backward"])
        later = {key: value for key, value in rest.items() if knows(backward, key)}
        first = {key: value for key, value in rest.items() if knows(forward, key) or key not in later}
        check_order(forward, inputs)
        output = call(FORWARD, forward, *arguments, **first)
        output = stored(unit, NAMES["outputs"]) if output is None else output
        dout = yield output
        values = {**dict.fromkeys(NAMES["outputs"], output), **dict(zip(inputs, arguments, strict=True))}
        sent = [] if alone else dout if isinstance(dout, tuple) else [dout]
        passing = passed(backward, sent, values, {key: labels_of(key) for key in inputs if key in claimed})
        returned = call(BACKWARD, backward, *passing.arguments, **later)
        if returned is None and any(key in claimed for key in arrays):
            returned = passing.written or stored(unit, NAMES["input_gradients"])
        returned, behind = parted(returned, arrays, params)
        gradients = for_inputs(returned, arrays, claimed)
        of_params = {key: behind[key] if behind else of_param(unit, key, params) for key in params if key in claimed}
        return {**gradients, **of_params}

    return subject


def pair(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *,
    options: Mapping[str, Sequence[Any]] | None = None,
    upstream: object = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    convention: object = None,
    as_if: object = None,
    name: str = "",
    **inputs: object,
) -> TracedCase:
    """Make a case of two functions: `pair(affine_forward, affine_backward, x="N D", w="D M", b="M")`.

    `forward` returns its output, or a tuple of outputs with a cache as the last. `backward` takes the upstream gradient
    of each output, then the cache, or the inputs if there is no cache. It returns a gradient for each input in order,
    or a dict by `x` or `dx`, or writes them into arguments `dx` behind the cache. An input may be a list or dict of
    arrays: `pair(concat_forward, concat_backward, xs=["N D", "N M"])`. The keyword arguments that are not inputs are
    those of `gradproof.case`.

    Raises InputError if the parts do not fit together.
    """
    with naming(name or _name(forward)):
        check_functions(inputs, forward=forward, backward=backward)
        arrays = flat(inputs)

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        unit, values = Functions(forward, backward, len(inputs)), grouped(inputs, arguments)
        chosen = {key: value for key, value in arguments.items() if key not in arrays}
        named = dict(zip(inputs, values, strict=True))
        if not options:
            check_order(forward, inputs)
        output = unit.forward(**named, **chosen) if options else unit.forward(*values)
        dout = yield output
        labels = {key: labels_of(key) for key in inputs if key in pair_case.differentiated}
        douts = dout if isinstance(dout, tuple) else [dout]
        gradients = unit.backward(*douts, named=named, labels=labels, options=chosen)
        return for_inputs(gradients, arrays, pair_case.differentiated)

    title = _name(forward).removesuffix("_forward")
    terms = Terms(options, upstream, sizes, allow, accuracy, convention, as_if)
    pair_case = _traced((name, title), subject, arrays, terms, backward, inputs)
    return pair_case


class Functions:
    """Two functions as a layer, which keeps the cache of the first for the second: the inputs, where there is none."""

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any], inputs: int) -> None:
        self._functions, self._inputs = {"forward": forward, "backward": backward}, inputs
        self.cacheless = False

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """Return the output, or a tuple of outputs."""
        returned = call(FUNCTION, self._functions["forward"], *inputs, **named)
        if not isinstance(returned, tuple):
            self._cache, self.cacheless = [*inputs, *named.values()][: self._inputs], True
            return returned
        *outputs, cache = returned
        self._cache = [cache]
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def backward(
        self,
        *douts: Any,
        named: Mapping[str, Any] | None = None,
        labels: Mapping[str, Sequence[str]] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the gradients; `named` inputs and options are passed by name, arrays to fill in by their `labels`."""
        function, chosen = self._functions["backward"], options or {}
        passing = passed(function, [*douts, *self._cache], {**(named or {}), **chosen}, labels or {})
        left = _left_open(function, len(passing.arguments))
        later = {key: value for key, value in chosen.items() if key in left}
        returned = call(PAIRED_BACKWARD, function, *passing.arguments, **later)
        return passing.written if returned is None and passing.written else returned

    def parameters(self, name: str) -> tuple[str, ...]:
        """Return the names of the arguments of a function, as far as they can be found out."""
        code = getattr(inspect.unwrap(self._functions[name]), "__code__", None)
        return code.co_varnames[: code.co_argcount] if code else ()

    def title_and_place(self, name: str) -> tuple[str, Place]:
        """Return the name of a function, and its file and line."""
        return _name(self._functions[name]), _place(self._functions[name])


def _left_open(function: Callable[..., Any], count: int) -> list[str]:
    """Return the arguments of a function behind so many by position: a mode that forward has been called with, too."""
    try:
        return list(inspect.signature(function).parameters)[count:]
    except (TypeError, ValueError):
        return []


def loss(
    function: Callable[..., Any],
    *,
    options: Mapping[str, Sequence[Any]] | None = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    convention: object = None,
    as_if: object = None,
    name: str = "",
    **inputs: object,
) -> TracedCase:
    """Make a case of a function that returns a loss and its gradient together: `loss(svm_loss, x="N C", y=...)`.

    It returns `(loss, gradient)`, or `(loss, gradient, gradient, ...)` with one gradient for each differentiated input
    in order, or a dict of gradients by `x` or `dx`. The loss is a scalar, each gradient has the shape of its input, and
    the upstream gradient is 1. The keyword arguments that are not inputs are those of `gradproof.case`.

    Raises InputError if the parts do not fit together.
    """
    with naming(name or _name(function)):
        check_functions(inputs, function=function)

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        if not options:
            check_order(function, inputs)
        returned = call(FUNCTION, function, **arguments) if options else call(FUNCTION, function, *arguments.values())
        if not isinstance(returned, (tuple, list)) or len(returned) < 2:
            number = len(returned) if isinstance(returned, (tuple, list)) else int(returned is not None)
            values = "1 value" if number == 1 else f"{number} values"
            raise ProtocolError(
                f"{_name(function)} returned {values}: expected a tuple (loss, gradient)", Reason.NOT_A_LOSS
            )
        value, *gradients = returned
        yield value
        return for_inputs(gradients[0] if len(gradients) == 1 else gradients, inputs, loss_case.differentiated)

    terms = Terms(options, 1, sizes, allow, accuracy, convention, as_if)
    loss_case = _traced((name, _name(function)), subject, inputs, terms, function)
    return loss_case


def derivative(
    function: Callable[..., Any],
    prime: Callable[..., Any],
    *,
    of: str = "input",
    options: Mapping[str, Sequence[Any]] | None = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    as_if: object = None,
    name: str = "",
    **inputs: object,
) -> TracedCase:
    """Make a case of an elementwise function and its derivative: `derivative(tanh, tanh_prime, x="N")`.

    `prime` takes the input and returns the derivative at each entry, in the shape of the input. With `of="output"` it
    takes the output instead, as for a sigmoid's `y * (1 - y)`. The keyword arguments that are not inputs are those of
    `gradproof.case`.

    Raises InputError if the parts do not fit together.
    """
    with naming(name or _name(function)):
        check_functions(inputs, function=function, prime=prime)

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        key = next(iter(inputs))
        options_given = {name: value for name, value in arguments.items() if name not in inputs}
        output = call(FUNCTION, function, arguments[key], **options_given)
        dout = yield output
        return dout * call(PRIME, prime, output if of == "output" else arguments[key], **options_given)

    terms = Terms(options, None, sizes, allow, accuracy, None, as_if)
    return _traced((name, _name(function)), subject, inputs, terms, prime)


def _traced(
    names: tuple[str, str],
    subject: Subject,
    inputs: Mapping[str, object],
    terms: Terms,
    backward: Any,
    passed: Mapping[str, object] | None = None,
) -> TracedCase:
    name, title = names
    place, title = _place(backward), name or title
    labels = [label for key in inputs for label in labels_of(key)]
    upstreams = upstreams_of(backward, {**inputs, **(passed or {})}, labels)
    where = made_at()
    return traced(
        *(title, subject, inputs, terms),
        where=where,
        backward=place,
        unnamed=not name,
        passed=passed,
        upstreams=upstreams,
    )


def _name(function: Any) -> str:
    """Return the name of a function or class; of an object that is called, that of its class."""
    function = getattr(function, "func", function)  # of functools.partial
    return str(getattr(function, "__name__", type(function).__name__))


def _place(function: Any) -> Place:
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return start_of(code) if code else NOWHERE

"""The everyday ways in which gradients are asked for, each as a generator in a few lines."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from verify.cases.case import Subject, TracedCase
from verify.cases.grouped import flat, grouped
from verify.cases.making import traced
from verify.cases.passing import passed
from verify.cases.terms import Terms
from verify.model.errors import InputError, ProtocolError, UnclaimedError
from verify.model.identity import NOWHERE, Place
from verify.model.reasons import Reason
from verify.model.where import made_at, quoted, start_of

# By which names layers have what is asked of them, the usual one first; `gradproof.extend.protocol` adds to them.
NAMES: dict[str, list[str]] = {
    "forward": ["forward", "forward_pass", "fprop", "__call__"],
    "backward": ["backward", "backward_pass", "bprop"],
    "gradients": ["d{}", "d_{}", "grad_{}", "{}_grad", "grad{}", "g{}", "delta_{}"],  # of a parameter
    "containers": ["grads", "gradients", "grad"],  # of the gradients of all parameters
    "outputs": ["output", "out", "outputs"],  # where methods return nothing
    "input_gradients": ["dinputs", "dinput", "dx", "dX"],
}


_HINT = (
    "; describe labels by gradproof.integer('N', below='C'), real targets by gradproof.fixed('N C'), "
    "other fixed inputs by gradproof.constant(value)"
)


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
    name: str = "",
) -> TracedCase:
    """Make a case of a class with `forward(inputs)` and `backward(dout)`: `layer(Affine, inputs=..., params=...)`.

    * `make` is the class, or a function that returns a layer. It gets the parameters and options that its signature
      names, by keyword, or the parameters in order if it names none of them. A parameter that it does not take is set
      as an attribute of the layer.
    * `inputs` and `params` describe the arrays by name: a shape such as `"N D"`, or `gradproof.real` and the like.
    * `options` holds values to try for further keyword arguments, every combination of them. An option that `make` does
      not take goes to `forward`, or to `backward` if only that takes it.
    * `upstream=1` fixes the upstream gradient, as for a loss. It is 1 as well if `backward` takes no argument.
    * `sizes`, `allow`, `accuracy` and `convention` are those of `gradproof.case`.

    Other names of the methods are accepted: `forward_pass`, `fprop` or a call; `backward_pass` or `bprop`. `backward`
    returns a gradient for each differentiated input, or for each argument of `forward`. Gradients of parameters are
    read from attributes such as `dW`, `grad_W`, `W_grad` or `gW`, or from a dict or list `grads`, or come behind those
    of the inputs: `dx, [dW, db]`. Methods that return nothing leave the output in `output`, and the gradient of the
    input in `dinputs` or `dx`. `backward(dout, x, output, dx)` is passed inputs and the output by their names, and
    arrays for gradients to write into. An input may be a list or dict of arrays: `inputs={"xs": ["N D", "N M"]}`.
    """
    weights, arrays = dict(params or {}), flat(inputs)
    _refuse_numbers({**arrays, **weights})
    backward = _attribute_of(make, NAMES["backward"])
    alone = backward is not None and not _takes_arguments(backward)
    subject = _driving(make, inputs, weights, lambda: layer_case.differentiated, alone=alone)
    terms = Terms(options, 1 if alone and upstream is None else upstream, sizes, allow, accuracy, convention)
    layer_case = _traced((name, _name(make)), subject, {**arrays, **weights}, terms, backward)
    return layer_case


def _refuse_numbers(arguments: Mapping[str, object]) -> None:
    """Raise InputError for a number, which is an option: a number of the constructor is no shape of an array."""
    for name, value in arguments.items():
        if isinstance(value, (bool, int, float)):
            shape = f"; {str(value)!r} is an array of {value} entries" if type(value) is int else ""
            raise InputError(f"{name!r} is {value!r}, not an array: use options={{{name!r}: [{value!r}]}}{shape}")


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
        unit, rest = _made(make, weights, chosen)
        claimed = real()
        forward, backward = _method(unit, NAMES["forward"]), _method(unit, NAMES["backward"])
        later = {key: value for key, value in rest.items() if _knows(backward, key) and not _knows(forward, key)}
        output = forward(*arguments, **{key: value for key, value in rest.items() if key not in later})
        output = _stored(unit, NAMES["outputs"]) if output is None else output
        dout = yield output
        values = {**dict.fromkeys(NAMES["outputs"], output), **dict(zip(inputs, arguments, strict=True))}
        sent = [] if alone else dout if isinstance(dout, tuple) else [dout]
        call = passed(backward, sent, values, {key: _labels(key) for key in inputs if key in claimed})
        returned = backward(*call.arguments, **later)
        if returned is None and any(key in claimed for key in arrays):
            returned = call.written or _stored(unit, NAMES["input_gradients"])
        returned, behind = _parted(returned, arrays, params)
        gradients = _for_inputs(returned, arrays, claimed)
        of_params = {key: behind[key] if behind else _of_param(unit, key, params) for key in params if key in claimed}
        return {**gradients, **of_params}

    return subject


def _parted(returned: Any, inputs: Mapping[str, object], params: Mapping[str, object]) -> tuple[Any, Mapping[str, Any]]:
    """Return the gradients of inputs, and those of parameters where they come behind them: dx, [dW, db]."""
    if not params or not isinstance(returned, (tuple, list)) or len(returned) != len(inputs) + 1:
        return returned, {}
    *first, last = returned
    if isinstance(last, Mapping):
        return first, {key: _by_name(last, key) for key in params}
    behind = list(last) if isinstance(last, (tuple, list)) else [last]
    return (first, dict(zip(params, behind, strict=True))) if len(behind) == len(params) else (returned, {})


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
    name: str = "",
    **inputs: object,
) -> TracedCase:
    """Make a case of two functions: `pair(affine_forward, affine_backward, x="N D", w="D M", b="M")`.

    `forward` returns its output, or a tuple of outputs with a cache as the last. `backward` takes the upstream gradient
    of each output, then the cache, or the inputs if there is no cache. It returns a gradient for each input in order,
    or a dict by `x` or `dx`, or writes them into arguments `dx` behind the cache. An input may be a list or dict of
    arrays: `pair(concat_forward, concat_backward, xs=["N D", "N M"])`. The keyword arguments that are not inputs are
    those of `gradproof.case`.
    """
    arrays = flat(inputs)

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        unit, values = Functions(forward, backward, len(inputs)), grouped(inputs, arguments)
        chosen = {key: value for key, value in arguments.items() if key not in arrays}
        named = dict(zip(inputs, values, strict=True))
        output = unit.forward(**named, **chosen) if options else unit.forward(*values)
        dout = yield output
        labels = {key: _labels(key) for key in inputs if key in pair_case.differentiated}
        gradients = unit.backward(*(dout if isinstance(dout, tuple) else [dout]), named=named, labels=labels)
        return _for_inputs(gradients, arrays, pair_case.differentiated)

    title = _name(forward).removesuffix("_forward")
    terms = Terms(options, upstream, sizes, allow, accuracy, convention)
    pair_case = _traced((name, title), subject, arrays, terms, backward)
    return pair_case


class Functions:
    """Two functions as a layer, which keeps the cache of the first for the second: the inputs, where there is none."""

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any], inputs: int) -> None:
        self._functions, self._inputs = {"forward": forward, "backward": backward}, inputs
        self.cacheless = False

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """Return the output, or a tuple of outputs."""
        returned = self._functions["forward"](*inputs, **named)
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
    ) -> Any:
        """Return the gradients; `named` inputs are passed by name, and arrays to write into by their `labels`."""
        call = passed(self._functions["backward"], [*douts, *self._cache], named or {}, labels or {})
        returned = self._functions["backward"](*call.arguments)
        return call.written if returned is None and call.written else returned

    def parameters(self, name: str) -> tuple[str, ...]:
        """Return the names of the arguments of a function, as far as they can be found out."""
        code = getattr(inspect.unwrap(self._functions[name]), "__code__", None)
        return code.co_varnames[: code.co_argcount] if code else ()

    def title_and_place(self, name: str) -> tuple[str, Place]:
        """Return the name of a function, and its file and line."""
        return _name(self._functions[name]), _place(self._functions[name])


def loss(
    function: Callable[..., Any],
    *,
    options: Mapping[str, Sequence[Any]] | None = None,
    sizes: Mapping[str, int] | None = None,
    allow: Mapping[str, str] | None = None,
    accuracy: object = None,
    convention: object = None,
    name: str = "",
    **inputs: object,
) -> TracedCase:
    """Make a case of a function that returns a loss and its gradient together: `loss(svm_loss, x="N C", y=...)`.

    It returns `(loss, gradient)`, or `(loss, gradient, gradient, ...)` with one gradient for each differentiated input
    in order, or a dict of gradients by `x` or `dx`. The upstream gradient is 1.
    """

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        returned = function(**arguments) if options else function(*arguments.values())
        if not isinstance(returned, (tuple, list)) or len(returned) < 2:
            raise ProtocolError(
                f"expected a tuple (loss, gradient) from {_name(function)}, got {_value_text(returned)}",
                Reason.NOT_A_LOSS,
            )
        value, *gradients = returned
        yield value
        return _for_inputs(gradients[0] if len(gradients) == 1 else gradients, inputs, loss_case.differentiated)

    terms = Terms(options, 1, sizes, allow, accuracy, convention)
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
    name: str = "",
    **inputs: object,
) -> TracedCase:
    """Make a case of an elementwise function and its derivative: `derivative(tanh, tanh_prime, x="N")`.

    `prime` takes the input and returns the derivative at each entry. With `of="output"` it takes the output instead, as
    for a sigmoid's `y * (1 - y)`.
    """

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        key = next(iter(inputs))
        options_given = {name: value for name, value in arguments.items() if name not in inputs}
        output = function(arguments[key], **options_given)
        dout = yield output
        return dout * prime(output if of == "output" else arguments[key], **options_given)

    return _traced((name, _name(function)), subject, inputs, Terms(options, None, sizes, allow, accuracy), prime)


def _traced(
    names: tuple[str, str], subject: Subject, inputs: Mapping[str, object], terms: Terms, backward: Any
) -> TracedCase:
    name, title = names
    place = _place(backward)
    return traced(name or title, subject, inputs, terms, where=made_at(), backward=place, unnamed=not name)


def _name(function: Any) -> str:
    """Return the name of a function or class; of an object that is called, that of its class."""
    function = getattr(function, "func", function)  # of functools.partial
    return str(getattr(function, "__name__", type(function).__name__))


def _attribute_of(make: Any, names: Iterable[str]) -> Any:
    return next((getattr(make, name) for name in names if hasattr(make, name)), None)


def _takes_arguments(function: Any) -> bool:
    """Tell whether a method, looked up on its class, takes more than the instance."""
    try:
        return len(inspect.signature(function).parameters) > 1
    except (TypeError, ValueError):
        return True


def _stored(unit: Any, names: Sequence[str]) -> Any:
    """Return what a method has kept instead of returning it; None where there is nothing."""
    return next((getattr(unit, name) for name in names if getattr(unit, name, None) is not None), None)


def _knows(function: Any, name: str) -> bool:
    """Tell whether a function has a parameter of a name."""
    try:
        return name in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _place(function: Any) -> Place:
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return start_of(code) if code else NOWHERE


def _method(unit: Any, names: Sequence[str]) -> Any:
    method = _attribute_of(unit, names)
    if method is None:
        raise ProtocolError(
            f"{type(unit).__name__} has no method {names[0]}, nor {', '.join(names[1:])}", Reason.MISSING_METHOD
        )
    return method


def _made(make: Any, params: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return a layer, and the options that its constructor does not take."""
    parameters = _parameters(make)
    taken = {key: value for key, value in options.items() if key in parameters}
    rest = {key: value for key, value in options.items() if key not in parameters}
    named = {key: value for key, value in params.items() if key in parameters}
    positional = [
        p for p in parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)
    ]
    required = [
        p for p in positional if p.default is p.empty and p.kind is not p.VAR_POSITIONAL and p.name not in taken
    ]
    if params and not named and (len(required) == len(params) or any(p.kind is p.VAR_POSITIONAL for p in positional)):
        return make(*params.values(), **taken), rest
    unit = make(**named, **taken)
    for key, value in params.items():
        if key not in named:
            setattr(unit, key, value)
    return unit, rest


def _parameters(make: Any) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a constructor; none where they are not known."""
    if isinstance(make, type):  # asked for before each run: to read a signature takes as long as a run of a small layer
        with suppress(TypeError):  # what cannot be looked up
            return _parameters_of_class(make, getattr(make, "__init__", None), getattr(make, "__new__", None))
    return _signature(make)


@functools.lru_cache(maxsize=1024)
def _parameters_of_class(make: type, *_: Any) -> Mapping[str, inspect.Parameter]:
    """Return them as long as a class has the same `__init__` and `__new__`."""
    return _signature(make)


def _signature(make: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(make).parameters
    except (TypeError, ValueError):
        return {}


def _for_inputs(returned: Any, inputs: Mapping[str, object], real: Collection[str]) -> dict[str, Any]:
    """Return gradients by input: there is one for each differentiable input, or for each input, or a dict of them."""
    wanted = [key for key in inputs if key in real]
    if isinstance(returned, Mapping):
        return {key: _by_name(returned, key) for key in wanted}
    values = list(returned) if isinstance(returned, (tuple, list)) else [] if returned is None else [returned]
    leaves = [item for value in values for item in (value if isinstance(value, (tuple, list)) else [value])]
    values = leaves if len(leaves) in (len(inputs), len(wanted)) else values  # nested: dx, [dw, db]
    if len(values) == len(inputs) != len(wanted):
        return {key: gradient for key, gradient in zip(inputs, values, strict=True) if key in wanted}
    if len(values) != len(wanted):
        noun = "gradient" if len(wanted) == 1 else "gradients"
        hint = _HINT if values else ""
        text = f"expected {len(wanted)} {noun} ({', '.join(wanted)}), got {len(values)}{hint}"
        raise UnclaimedError(text) if returned is None else ProtocolError(text, Reason.WRONG_COUNT)
    return dict(zip(wanted, values, strict=True))


def _by_name(gradients: Mapping[Any, Any], key: str) -> Any:
    names = [key, *_labels(key)]
    for name in names:
        if name in gradients:
            return gradients[name]
    raise ProtocolError(
        f"no gradient of {key!r} among {', '.join(map(str, gradients))}: use one of {', '.join(names)}",
        Reason.MISSING_GRADIENT,
    )


def _labels(key: str) -> Sequence[str]:
    """Return how the gradient of an array may be called."""
    return _labels_by(key, tuple(NAMES["gradients"]))


@functools.lru_cache(maxsize=1024)
def _labels_by(key: str, patterns: Sequence[str]) -> Sequence[str]:
    """Return them by the patterns that there are now: they are asked for in each run, and written once."""
    return tuple(pattern.format(key) for pattern in patterns)


def _of_param(unit: Any, key: str, params: Mapping[str, Any]) -> Any:
    names = _labels(key)
    gradient = _attribute_of(unit, names)
    if gradient is not None:
        return gradient
    for container in NAMES["containers"]:
        gradients = getattr(unit, container, None)
        if isinstance(gradients, Mapping):
            return _by_name(gradients, key)
        if isinstance(gradients, (list, tuple)) and len(gradients) == len(params):
            return gradients[list(params).index(key)]
    raise ProtocolError(
        f"{type(unit).__name__} has no gradient of {key!r}: looked for the attributes {', '.join(names)}, "
        f"and for {', '.join(NAMES['containers'])}",
        Reason.MISSING_GRADIENT,
    )


def _value_text(value: Any) -> str:
    return f"{quoted(value)} ({type(value).__name__})"

"""The case of a `torch.autograd.Function`, whose backward PyTorch's own engine calls.

The subject is run on floats and on symbols alike: inputs enter as tensors, `F.apply` is called, and the engine is asked
for gradients with the upstream. So what is judged is what a training loop gets, after all that the engine does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from verify.adapters.torch.as_if import plainly
from verify.adapters.torch.pushing import check_rule, pushing
from verify.adapters.torch.recording import Recording, recording, upstream_name
from verify.adapters.torch.running import differentiable, followed, leaf
from verify.adapters.torch.tensors import entering, leaving
from verify.adapters.torch.twice import Called, second_order
from verify.cases.as_if import Call, calling, like
from verify.cases.case import Subject, TracedCase
from verify.cases.inputs import Complex, Fixed, Real, described
from verify.cases.making import naming, traced
from verify.cases.tangents import Line
from verify.cases.terms import Terms
from verify.model.errors import GradproofError, InputError, ProtocolError
from verify.model.identity import Place
from verify.model.reasons import Reason
from verify.model.where import made_at, quoted, start_of
from verify.tracing.arrays import arrays

WAY = "torch"  # the option by which each of these is a variant of its own
PLAIN, AGAIN = "as it is", "backward a second time"
STRIDED, SUMMED = "upstream with gaps", "first output alone, summed"
FROZEN = "{} frozen"
MODES = "vjp", "jvp"
_SECOND = 2
_CLOSED = "torch::autograd::Error"  # PyTorch's name of the operation that raises, when it is differentiated
_PARTS = (
    "order=2 is for real inputs: check a module of two, whose forward(self, re, im) returns "
    "torch.view_as_real({}.apply(torch.complex(re, im)))"
)
_CONTEXT = "its first parameter is the context, unless there is a setup_context"
_ONCE = "backward is marked once_differentiable: PyTorch takes no gradients of its gradients"


def case_of(function: Any, inputs: Mapping[str, Any], terms: Terms, name: str, mode: str, order: object) -> TracedCase:
    """Return the case of a Function; raises InputError where the parts do not fit (`adapters.functions`)."""
    if mode not in MODES:
        raise InputError(f"mode={quoted(mode)}: expected one of {', '.join(map(repr, MODES))}")
    if mode == "jvp" and order != 1:
        raise InputError("order=2 is for mode='vjp'")
    if not is_function(function):
        raise InputError(f"torch_function({quoted(function)}): expected a subclass of torch.autograd.Function")
    names = parameters_of(function, {**inputs, **(terms.options or {})})
    called = Called(function.apply, names, inputs, terms)
    if mode == "jvp":
        check_rule(function)
        return pushing_case(called, function.__name__, name, _place(function, function.jvp, "jvp"))
    place = _place(function, function.backward, "backward")
    return calling_case(called, function.__name__, name, place, order=order)


def is_function(value: Any) -> bool:
    """Tell whether a value is a class with a forward and backward of its own."""
    return isinstance(value, type) and issubclass(value, torch.autograd.Function)


def calling_case(
    first: Called, title: str, name: str, backward: Place, together: Collection[str] = (), order: object = 1
) -> TracedCase:
    """Return the case of what is called with tensors by the names of inputs and options; raises InputError.

    Each input is frozen once; those of `together`, the parameters of a module, all at once. Of order 2 are the
    gradients of the first gradients.
    """
    with naming(name or title):
        _check_order(order)
        if order == _SECOND and any(isinstance(value, Complex) for value in first.inputs.values()):
            raise InputError(_PARTS.format(title))
        by_first = _differentiated(first.inputs)
        call, names, inputs, terms = second_order(first) if order == _SECOND else first
        options = terms.options or {}
        as_if = None if terms.as_if is None else calling(terms.as_if, [*inputs], [*options])
    wanted = _differentiated(inputs)
    sets = {FROZEN.format(key): {key} for key in wanted if key not in together}
    sets |= {FROZEN.format("parameters"): {*together}} if together else {}
    frozen = {way: keys for way, keys in sets.items() if not keys >= {*by_first}}  # which would leave nothing
    ways = [PLAIN, *frozen, AGAIN, STRIDED, *([SUMMED] if terms.upstream is None else [])]
    written = name or (title if order == 1 else f"{title}, second order")
    return traced(
        written,
        _driving(call, names, wanted, frozen, as_if, drops=order == 1),
        inputs,
        terms._replace(options={**options, WAY: ways}),
        where=made_at(),
        backward=backward,
        unnamed=not name,
        stated=True,
        shared=bool(frozen),
    )


def _check_order(order: object) -> None:
    if isinstance(order, bool) or order not in (1, _SECOND):
        raise InputError(f"order={quoted(order)}: expected 1, or 2 for the gradients of the gradients")


def _differentiated(inputs: Mapping[str, Any]) -> list[str]:
    declared = {key: described(key, value) for key, value in inputs.items()}
    return [key for key, value in declared.items() if isinstance(value, Real) and not isinstance(value, Fixed)]


def pushing_case(called: Called, title: str, name: str, rule: Place) -> TracedCase:
    """Return the case of what is called with tensors along a line, by forward mode; raises InputError."""
    call, names, inputs, terms = called
    with naming(name or title):
        as_if = None if terms.as_if is None else calling(terms.as_if, [*inputs], [*(terms.options or {})])
        line = Line(inputs)
    subject = pushing(call, names, line, as_if)
    written = name or title
    return traced(written, subject, line.inputs, terms, where=made_at(), backward=rule, unnamed=not name, stated=True)


def _place(function: Any, rule: Any, title: str) -> Place:
    written = inspect.unwrap(rule)
    if not hasattr(written, "__code__"):
        raise InputError(f"torch_function({function.__name__}): {title} is not written in Python")
    return start_of(written.__code__)


def parameters_of(function: Any, written: Mapping[str, Any]) -> list[str]:
    """Return the arguments of `apply` in order, by the parameters of forward; raises InputError for other names."""
    has_context = function.setup_context is torch.autograd.Function.setup_context
    parameters = [*inspect.signature(function.forward).parameters.values()][has_context:]
    if has_context and not parameters:
        raise InputError(f"{function.__name__}.forward takes no input: {_CONTEXT}")
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return [*written]
    names = [parameter.name for parameter in parameters]
    if unknown := [key for key in written if key not in names]:
        raise InputError(f"{function.__name__}.forward takes {', '.join(names)}: there is no {unknown[0]!r}")
    lacking = [p.name for p in parameters if p.name not in written and p.default is p.empty]
    if lacking:
        raise InputError(f"{function.__name__}.forward takes {lacking[0]!r} too: describe it, as in {lacking[0]}='N D'")
    last = max(names.index(key) for key in written) if written else -1
    if left_out := [name for name in names[: last + 1] if name not in written]:
        raise InputError(
            f"{function.__name__}.forward takes {left_out[0]!r} before others: describe it, as in {left_out[0]}='N D'"
        )
    return names[: last + 1]


def _driving(
    call: Callable[..., Any],
    names: Sequence[str],
    wanted: Sequence[str],
    frozen: Mapping[str, Collection[str]],
    as_if: Call | None,
    *,
    drops: bool,
) -> Subject:
    """Return what drives a call on tensors; `wanted` has the inputs that are differentiated, `frozen` which are not.

    What it yields are the outputs, or those of `as_if`, from copies of the inputs. Outputs that require no gradient are
    marked so in a Function, and no claim is made of them: it `drops` them. First gradients are claimed all the same.
    """

    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        way = arguments.pop(WAY)
        required = [key for key in wanted if key not in frozen.get(way, ())]
        dtype = getattr(arguments[wanted[0]], "dtype", np.float64)
        record = recording() if arrays.active() is None else None
        with followed(dtype, record):
            leaves = {key: leaf(value) for key, value in arguments.items()}
            for key in required:
                leaves[key].requires_grad_()
            if record:
                record.name_all(leaves)
            copies = {key: leaf.clone() if isinstance(leaf, torch.Tensor) else leaf for key, leaf in leaves.items()}
            returned = call(*(copies[key] for key in names))
            outputs = differentiable(returned) if drops else [*returned]
            stated = outputs if as_if is None else _stated(as_if, {**arguments, **leaves}, outputs)
            whole = [*outputs, *stated]
            outputs, stated = ([part[0].sum()] if way == SUMMED else part for part in (outputs, stated))
        douts = yield leaving(stated[0]) if len(stated) == 1 else tuple(map(leaving, stated))
        sent = douts if isinstance(douts, tuple) else (douts,)
        with followed(dtype, record):
            upstreams = [_upstream(dout, of, way) for dout, of in zip(sent, outputs, strict=True)]
            if record:
                _name(record, upstreams, whole[0] if way == SUMMED else None)
            from_engine = _engine_gradients(outputs, [leaves[key] for key in required], upstreams, again=way == AGAIN)
            gradients = {key: _gradient(g, leaves[key]) for key, g in zip(required, from_engine, strict=True)}
        if record:
            record.accounts.last = record.account(whole, gradients)
        return {key: leaving(gradients[key]) if key in gradients else None for key in wanted}

    return subject


def _stated(as_if: Call, arguments: Mapping[str, Any], outputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return what `as_if` gives for the outputs; its derivative is that of the numbers that it computes."""
    returned = plainly(as_if, arguments)
    several = len(outputs) > 1
    like(returned, tuple(outputs) if several else outputs[0])
    return [*returned] if several else [returned]


def _engine_gradients(
    outputs: Sequence[torch.Tensor], leaves: Sequence[torch.Tensor], douts: Sequence[torch.Tensor], *, again: bool
) -> Any:
    """Return what the engine gives for the leaves, or gives `again`; nothing where no output leads back to any.

    What `once_differentiable` ends in leads to none. So the engine gives nothing there and raises nothing, unless it is
    asked for all gradients, as training does. Raises ProtocolError.
    """
    leading = [(output, dout) for output, dout in zip(outputs, douts, strict=True) if output.requires_grad]
    if not leading:
        return [None for _ in leaves]
    starts, sent = zip(*leading, strict=True)
    if any(map(_is_closed, starts)):
        raise ProtocolError(_ONCE, Reason.MISSING_GRADIENT)
    if again:
        return _second_gradients(starts, leaves, sent)
    return torch.autograd.grad(starts, leaves, sent, allow_unused=True)


def _second_gradients(starts: Any, leaves: Sequence[torch.Tensor], sent: Any) -> Any:
    """Return what the engine gives in a second backward after one forward, and in the first where the second raises.

    Several losses of one forward pass, and Jacobians, go back more than once. A backward may say that it cannot: as
    PyTorch does where what was saved was written into. What was not followed is no word of the user's.
    """
    first = torch.autograd.grad(starts, leaves, sent, allow_unused=True, retain_graph=True)
    earlier = [None if gradient is None else gradient.clone() for gradient in first]
    try:
        return torch.autograd.grad(starts, leaves, sent, allow_unused=True)
    except GradproofError:
        raise
    except Exception:  # noqa: BLE001 - whatever the user's code raises
        return earlier


def _is_closed(start: torch.Tensor) -> bool:
    """Tell whether the way back from a tensor leads to what must not be differentiated again."""
    nodes, passed = [start.grad_fn], set[Any]()
    while nodes:
        node = nodes.pop()
        if node is not None and node not in passed:
            passed.add(node)
            nodes += [following for following, _ in node.next_functions]
    return any(node.name() == _CLOSED for node in passed)


def _upstream(dout: Any, output: torch.Tensor, way: str) -> torch.Tensor:
    """Return the upstream as a tensor of the type of the output; strided, it has gaps and the reverse order."""
    dense = entering(dout).to(output.dtype)
    if way != STRIDED or not dense.dim():
        return dense
    backwards = range(dense.dim() - 1, -1, -1)
    room = torch.stack([dense, dense], -1).permute(*backwards, dense.dim()).contiguous()
    return room.select(-1, 0).permute(*backwards)


def _name(record: Recording, upstreams: Sequence[torch.Tensor], summed: torch.Tensor | None) -> None:
    """Let upstreams be variables of an account, of a sum of an output that of each of its entries."""
    if summed is not None:
        return record.summed(upstreams[0], summed)
    for place, upstream in enumerate(upstreams):
        record.name(upstream, upstream_name(place))
    return None


def _gradient(gradient: torch.Tensor | None, leaf: torch.Tensor) -> torch.Tensor:
    """Return a gradient in memory of its own, as the engine hands it on; one that it leaves out is 0."""
    return torch.zeros_like(leaf) if gradient is None else gradient.clone()

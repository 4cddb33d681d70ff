"""The derivative of another function in place of forward's own: straight-through estimators, surrogates of spikes, ...

Some gradients are no derivative of what forward computes, on purpose: rounding has the derivative 0 almost everywhere,
and training needs another one. The author of a case gives the function whose derivative is meant, as code. What is
claimed is then the gradient of that function at the same inputs; the code under test still computes its own values and
keeps what it likes for its backward.

Why a proof under `as_if` is one: whoever differentiates gets the outputs of the other function, computed from copies of
the inputs that the subject has not touched, and the gradients that the subject returns. So the run is that of a program
whose forward is the other function, with the subject's own forward in it as a part that only backward sees. What is
decided of any program is decided of this one, in the regions in which both functions and backward take the same
branches. It says nothing of the values that forward computes, nor how near they are to those of the other function.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from typing import Any

from verify.cases.case import Subject
from verify.cases.grouped import grouped
from verify.model.errors import InputError, ProtocolError
from verify.model.identity import NOWHERE, AsIf
from verify.model.reasons import Reason
from verify.model.where import is_users, quoted, start_of

_OWN = "own_subject"  # the attribute that has the subject without `as_if`
_LAMBDA = "<lambda>"
_NOTHING = object()  # is what a subject yields that yields nothing
_BY_NAME = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
_BY_PLACE = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD

Call = Callable[[Mapping[str, Any]], Any]


class Stating:
    """Calls the function of `as_if`, whatever its parameters are: what it runs is the claim, and no code under test."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Return what the function gives for these inputs and options."""
        return self._call(values)


def described_as_if(function: Any) -> AsIf:
    """Return what reports call a function: its name, and its place where it is the user's.

    Raises InputError where it is no function.
    """
    if not callable(function) or isinstance(function, type):
        raise InputError(f"as_if={quoted(function)}: expected a function of the inputs, like as_if=lambda x: x")
    plain = inspect.unwrap(getattr(function, "func", function))  # of functools.partial
    name, code = str(getattr(plain, "__name__", type(plain).__name__)), getattr(plain, "__code__", None)
    place = start_of(code) if code and is_users(code.co_filename) else NOWHERE
    return AsIf("a lambda" if name == _LAMBDA else name, place)


def calling(function: Any, inputs: Sequence[str], options: Collection[str] = ()) -> Stating:
    """Return what calls a function with the inputs, and options, that its parameters name; else with inputs in order.

    In order it gets as many inputs as it requires. Raises InputError where it requires more than there are.
    """
    return Stating(_call_of(function, inputs, options))


def _call_of(function: Any, inputs: Sequence[str], options: Collection[str]) -> Call:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # of compiled code that does not tell
        return lambda values: function(*(values[name] for name in inputs))
    names = {*inputs, *options}
    required = [p for p in parameters if p.default is p.empty and p.kind in {*_BY_PLACE, *_BY_NAME}]
    if required and all(p.name in names and p.kind in _BY_NAME for p in required):
        taken = [p.name for p in parameters if p.kind in _BY_NAME and p.name in names]
        return lambda values: function(**{name: values[name] for name in taken})
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return lambda values: function(*(values[name] for name in inputs))
    if any(p.kind is p.KEYWORD_ONLY for p in required) or not 0 < len(required) <= len(inputs):
        wanted = ", ".join(p.name for p in required) or "nothing"
        raise InputError(f"as_if takes {wanted}: expected parameters named like the inputs ({', '.join(inputs)})")
    first = inputs[: len(required)]
    return lambda values: function(*(values[name] for name in first))


def instead(subject: Subject, call: Call, inputs: Mapping[str, object]) -> Subject:
    """Return a subject that yields what another function gives for the same inputs, and the gradients of a subject.

    `inputs` are described as code is passed them, which may be lists or dicts of arrays.
    """

    @functools.wraps(subject)
    def run(**values: Any) -> Generator[Any, Any, Any]:
        copies = {name: value.copy() if hasattr(value, "copy") else value for name, value in values.items()}
        running = subject(**values)
        output = next(running, _NOTHING) if inspect.isgenerator(running) else _NOTHING
        if output is _NOTHING:
            return running
        named = {**copies, **dict(zip(inputs, grouped(inputs, copies), strict=True))}
        dout = yield like(call(named), output)
        try:
            running.send(dout)
        except StopIteration as stop:
            return stop.value
        raise ProtocolError(
            "the subject yields twice: it must yield once, then return its gradients", Reason.WRONG_YIELD
        )

    return run


def like(stated: Any, output: Any) -> Any:
    """Return what `as_if` gave for an output, or several; raises ProtocolError where the shapes are others."""
    stated_shapes, shapes = _shapes(stated), _shapes(output)
    if stated_shapes != shapes:
        raise ProtocolError(
            f"as_if returned {_written(stated_shapes)}, and forward {_written(shapes)}: expected the same shapes",
            Reason.WRONG_SHAPE,
        )
    return stated


def _shapes(output: Any) -> list[tuple[int, ...]] | tuple[int, ...]:
    """Return the shape of an output, or a list of them of several."""
    if isinstance(output, (tuple, list)):
        return [shape for part in output for shape in [_shapes(part)] if isinstance(shape, tuple)]
    if hasattr(output, "shape"):
        return tuple(output.shape)
    import numpy as np  # only code on arrays gets here

    shape: tuple[int, ...] = np.shape(output)
    return shape


def _written(shapes: list[tuple[int, ...]] | tuple[int, ...]) -> str:
    several = isinstance(shapes, list)
    return f"{len(shapes)} arrays of {', '.join(map(str, shapes))}" if several else f"an array of {shapes}"


def with_own(subject: Subject, own: Subject) -> Subject:
    """Return a subject that remembers the one without `as_if`."""
    setattr(subject, _OWN, own)
    return subject


def own_subject(subject: Subject) -> Subject:
    """Return the subject that yields what forward itself returns: contracts are about those arrays."""
    own: Subject = getattr(subject, _OWN, subject)
    return own

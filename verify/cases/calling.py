"""Calls of the user's functions: where the arguments do not fit, the message names them and says what to write.

Python's own message names the function alone; what is to be changed is the case, and each call has its own advice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from verify.model.errors import ProtocolError
from verify.model.reasons import Reason
from verify.model.where import printable

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_BY_ORDER = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Advice(NamedTuple):
    """What to write where a call lacks an argument, which `{}` stands for, and where it has too many."""

    lacking: str
    surplus: str


MAKE = Advice(
    "describe an array by its shape, such as params={{'{}': 'M'}} or 'D M', any other value in options={{'{}': [1]}}",
    "give the constructor as many arguments as params describes",
)
FORWARD = Advice(
    "describe an array by its shape, such as inputs={{'{}': 'N'}} or 'N D', any other value in options={{'{}': [1]}}",
    "describe in inputs and options what forward takes, in its order",
)
BACKWARD = Advice(
    "backward is passed the upstream gradient and, by their names, inputs and the output; "
    "keep anything else in forward (self.{} = ...)",
    "backward is passed one upstream gradient for each output",
)
_CACHE = "backward is passed the upstream of each output, then the cache, or all inputs if forward returns no cache"
PAIRED_BACKWARD = Advice(_CACHE, _CACHE)
FUNCTION = Advice(
    "describe an array by its shape, such as {}='N' or 'N D', any other value in options={{'{}': [1]}}",
    "describe in the case what the function takes, in its order",
)
PRIME = Advice("the derivative is passed one array", "let it take one array, and the options if there are any")
_ALONG = "the rule is passed the inputs, then a direction for each that is differentiated, and the options it names"
TANGENT = Advice(_ALONG, _ALONG)
_BY_NAME = "inputs and options are passed by their names, so use one name in the case and in the function"
SUBJECT = Advice(_BY_NAME, _BY_NAME)


def call(advice: Advice, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a function of the user's; raises ProtocolError where it does not take these arguments.

    An exception from inside the function, a TypeError too, goes on as it is.
    """
    try:
        return function(*arguments, **named)
    except TypeError as problem:
        entered = problem.__traceback__ and problem.__traceback__.tb_next
        text = "" if entered else _misfit(advice, function, arguments, named)
        if not text:
            raise
        raise ProtocolError(text, Reason.WRONG_ARGUMENTS) from None


_positions: dict[str, None] = {}  # sentences about inputs that have other names than parameters


def check_order(function: Callable[..., Any], names: Collection[str]) -> None:
    """Note which inputs are passed for parameters of other names; raises ProtocolError where names are interchanged."""
    parameters = _in_order(function)
    renamed = [(name, parameter) for name, parameter in zip(names, parameters, strict=False) if name != parameter]
    if not renamed:
        return
    pairs = _listed([f"{name} as {parameter}" for name, parameter in renamed])
    text = printable(f"{_title(function)}({', '.join(parameters)}) is passed {pairs}")
    if any(name in parameters for name, _ in renamed):
        raise ProtocolError(f"{text}: describe the inputs in its order", Reason.WRONG_ARGUMENTS)
    _positions[f"{text}: inputs are passed in their order"] = None


def _in_order(function: Callable[..., Any]) -> Sequence[str]:
    """Return the names of the parameters that are passed in order; none where the function has no source in Python."""
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code else ()
    return names[1:] if inspect.ismethod(function) else names


def forget() -> None:
    """Start anew, for another case."""
    _positions.clear()


def notes() -> list[str]:
    """Return sentences about inputs that were passed under other names since."""
    return [*_positions]


def _misfit(advice: Advice, function: Callable[..., Any], arguments: Sequence[Any], named: Mapping[str, Any]) -> str:
    """Return how the arguments of a call differ from those of its function, and what to write; nothing if they fit."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # of C code
        return ""
    kinds = {parameter.kind for parameter in parameters}
    by_order = [parameter.name for parameter in parameters if parameter.kind in _BY_ORDER]
    passed = {*by_order[: len(arguments)], *named}
    needed = [each.name for each in parameters if each.default is each.empty and each.kind not in _VARIADIC]
    lacking = [name for name in needed if name not in passed]
    unknown = [name for name in named if name not in {each.name for each in parameters}]
    faults = [f"without {_listed(lacking)}"] if lacking else []
    if unknown and inspect.Parameter.VAR_KEYWORD not in kinds:
        faults.append(f"with {_listed(unknown)}, which it does not take")
    if len(arguments) > len(by_order) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        faults.append(f"with {len(arguments)} arguments")
    if not faults:
        return ""
    instead = advice.lacking.format(lacking[0], lacking[0]) if lacking else advice.surplus
    return printable(f"{_title(function)}({', '.join(by_order)}) is called {' and '.join(faults)}: {instead}")


def _title(function: Any) -> str:
    name = str(getattr(function, "__qualname__", type(function).__name__)).rpartition("<locals>.")[2]
    return name.replace("<lambda>", "lambda")


def _listed(names: Collection[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last

"""Objects of the user's layers: made of parameters and options, and asked for methods and what these keep."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from verify.cases.calling import MAKE, call
from verify.cases.earlier import aged
from verify.cases.names import spelled
from verify.model.errors import ProtocolError
from verify.model.reasons import Reason

_LISTED_NAMES = 4  # names of a method that a message lists


def made(make: Any, params: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
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
        return aged(call(MAKE, make, *params.values(), **taken)), rest
    unit = aged(call(MAKE, make, **named, **taken))
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


def method(unit: Any, names: Sequence[str]) -> Any:
    """Return the method of an object that has one of some names; raises ProtocolError where there is none."""
    bound = method_of(unit, names)
    if bound is None:
        others = ", ".join(names[1:_LISTED_NAMES])
        raise ProtocolError(
            f"{type(unit).__name__} has no method {names[0]} (nor {others}, ...): write one, or name yours by "
            f"`gradproof.extend.protocol`",
            Reason.MISSING_METHOD,
        )
    return bound


def attribute_of(make: Any, names: Iterable[str]) -> Any:
    """Return the first attribute of some names that there is, or None."""
    return next((getattr(make, name) for name in names if hasattr(make, name)), None)


def method_of(make: Any, names: Sequence[str]) -> Any:
    """Return the first method of some names that there is, however it is spelled (`forwardPass`), or None."""
    bound = attribute_of(make, names)
    if bound is not None:
        return bound
    spellings = {spelled(name): name for name in reversed(dir(make)) if not name.startswith("_")}
    return next((getattr(make, spellings[name]) for name in names if name in spellings), None)


def stored(unit: Any, names: Sequence[str]) -> Any:
    """Return what a method has kept instead of returning it; None where there is nothing."""
    return next((getattr(unit, name) for name in names if getattr(unit, name, None) is not None), None)


def takes_arguments(function: Any) -> bool:
    """Tell whether a method, looked up on its class, takes more than the instance."""
    try:
        return len(inspect.signature(function).parameters) > 1
    except (TypeError, ValueError):
        return True


def knows(function: Any, name: str) -> bool:
    """Tell whether a function has a parameter of a name."""
    try:
        return name in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False

"""The cases in the value of a variable: a case, lists and dicts of them, objects of frameworks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple, TypeGuard

from verify.cases.case import Case
from verify.model.additions import FRAMEWORKS
from verify.model.errors import TargetError
from verify.model.identity import NOWHERE, Place
from verify.model.reasons import Reason
from verify.model.where import described as described_error
from verify.model.where import quoted, raised_at

_DEEPEST = 3  # lists in lists that are looked into


class Member(NamedTuple):
    """A case in a variable: the name of that, and the keys that lead from its value to the case."""

    name: str
    keys: tuple[str, ...]
    case: Case

    @property
    def title(self) -> str:
        """Return what the case is called where nobody has named it."""
        return " ".join([self.name, *self.keys])


def cases_of_value(name: str, value: Any, where: Place = NOWHERE) -> list[Member]:
    """Return the cases that the value of a variable is or, as lists, tuples or dicts, has in it.

    `where` is the place of the variable, and so that of the cases that objects of frameworks become.
    """
    return [Member(name, keys, case) for keys, case in _cases_within((), value, where)]


def _cases_within(keys: tuple[str, ...], value: Any, where: Place) -> Iterator[tuple[tuple[str, ...], Case]]:
    members: Iterable[tuple[Any, Any]] = ()
    if _is_case(value):
        yield keys, value
    elif (adapt := _adapter(value)) is not None:
        yield keys, _adapted(value, adapt, where)
    elif issubclass(type(value), (list, tuple)):
        members = enumerate(value, 1)
    elif issubclass(type(value), dict):
        members = value.items()
    for key, item in members if len(keys) < _DEEPEST else ():
        yield from _cases_within((*keys, str(key)), item, where)


def _adapter(value: Any) -> Callable[[Any], Any] | None:
    """Return what makes a case of an object of a framework (`gradproof.extend.framework`), by the object's classes."""
    if not FRAMEWORKS:
        return None
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(value).__mro__)
    return next((FRAMEWORKS[name] for name in names if name in FRAMEWORKS), None)


def _adapted(value: Any, adapt: Callable[[Any], Any], where: Place) -> Case:
    """Return the case of an object of a framework, one for each; raises TargetError where the function makes none."""
    made = _ADAPTED.get(id(value))
    if made and made[0] is value:
        return made[1]
    try:
        case = adapt(value)
    except Exception as problem:  # noqa: BLE001 - the user's code: whatever it raises is told
        place = raised_at(problem)
        reason = f"{described_error(problem)}{', at ' if place else ''}{place}"
        raise TargetError(
            f"{adapt.__qualname__}, for a {type(value).__name__}, raised {reason}", place, reason=Reason.ADAPTER_FAILED
        ) from None
    if not _is_case(case):
        raise TargetError(
            f"{adapt.__qualname__}, for a {type(value).__name__}, returned {quoted(case)}: expected a case",
            reason=Reason.ADAPTER_FAILED,
        )
    case = replace(case, where=where or case.where)
    _ADAPTED[id(value)] = value, case
    return case


_ADAPTED: dict[int, tuple[Any, Case]] = {}  # the object is held, so that no other one gets its number


def _is_case(value: Any) -> TypeGuard[Case]:
    """Tell whether any object is a case; it is not asked itself, since some do work when they are asked their class."""
    return issubclass(type(value), Case)

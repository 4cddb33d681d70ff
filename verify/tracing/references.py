"""Compiled functions that user code has kept before a run: in tables, attributes, closures and default arguments.

A stand-in takes the place of a function by the names that modules have for it (`patches`). A function of `math` that
stands in a table is called as it is, and asks a symbol for its number. Only after that has happened is it looked for:
Python's garbage collector knows who holds a reference. What is put in its place answers as the original does where
there are no symbols, so that it does no harm elsewhere; the originals are put back after the run.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import BuiltinFunctionType, CellType, FunctionType, ModuleType
from typing import Any, NamedTuple

_OF_CLASSES = ("__module__", "__wrapped__")  # in the namespaces of classes, and of functions that wrap another


class Holder(NamedTuple):
    """A place that holds a function: an entry of a dict or a list, a cell, or a default argument of a function."""

    owner: Any
    key: Any
    original: Any

    def put(self, function: Any) -> None:
        """Let the place hold a function."""
        if isinstance(self.owner, (dict, list)):
            self.owner[self.key] = function
        elif isinstance(self.owner, FunctionType):
            defaults = self.owner.__defaults__ or ()
            self.owner.__defaults__ = tuple(function if i == self.key else v for i, v in enumerate(defaults))
        else:
            self.owner.cell_contents = function


@contextmanager
def replaced(stand_ins: Mapping[int, Any], functions: Iterable[Any]) -> Iterator[list[Holder]]:
    """Let stand-ins take the place of compiled functions outside of modules; yields the places, put back at the end."""
    places = holders(stand_ins, functions)
    try:
        for place in places:
            place.put(stand_ins[id(place.original)])
        yield places
    finally:
        for place in places:
            place.put(place.original)


def holders(stand_ins: Mapping[int, Any], functions: Iterable[Any]) -> list[Holder]:
    """Return the places outside of modules that hold compiled functions of which there are stand-ins."""
    wanted = {id(f): f for f in functions if isinstance(f, BuiltinFunctionType) and id(f) in stand_ins}
    ours = {id(vars(module)) for module in sys.modules.values() if isinstance(module, ModuleType)}
    ours |= {id(wanted), *map(id, _cells([stand_ins[number] for number in wanted]))}
    return [
        holder
        for referrer in gc.get_referrers(*wanted.values())
        if id(referrer) not in ours
        for holder in _in(referrer, wanted)
    ]


def _cells(functions: Iterable[Any]) -> list[Any]:
    """Return the cells in which functions, and those that they call, keep what they stand for."""
    cells, todo = dict[int, Any](), [*functions]
    while todo:
        for cell in getattr(todo.pop(), "__closure__", None) or ():
            if id(cell) not in cells:
                cells[id(cell)] = cell
                todo.append(cell.cell_contents)
    return list(cells.values())


def _in(referrer: Any, wanted: Mapping[int, Any]) -> list[Holder]:
    """Return the places of one object that hold wanted functions."""
    if isinstance(referrer, CellType):
        return [Holder(referrer, 0, wanted[id(referrer.cell_contents)])]
    if type(referrer) is list:
        return [Holder(referrer, i, wanted[id(v)]) for i, v in enumerate(referrer) if id(v) in wanted]
    if type(referrer) is dict:
        return _of_mapping(referrer, wanted)
    if type(referrer) is tuple:
        owners = (owner for owner in gc.get_referrers(referrer) if isinstance(owner, FunctionType))
        return [
            Holder(owner, place, wanted[id(v)])
            for owner in owners
            if owner.__defaults__ is referrer
            for place, v in enumerate(referrer)
            if id(v) in wanted
        ]
    return _of_mapping(vars(referrer), wanted) if _is_instance(referrer) else []


def _of_mapping(mapping: dict[Any, Any], wanted: Mapping[int, Any]) -> list[Holder]:
    if any(key in mapping for key in _OF_CLASSES):
        return []
    return [Holder(mapping, key, wanted[id(value)]) for key, value in [*mapping.items()] if id(value) in wanted]


def _is_instance(referrer: Any) -> bool:
    """Tell whether an object has attributes of its own, and is no class, function or module."""
    return type(getattr(referrer, "__dict__", None)) is dict and not isinstance(
        referrer, (type, FunctionType, ModuleType)
    )

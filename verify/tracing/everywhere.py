"""A case run once more, with what can hold symbols wherever user code keeps what makes floats, or keeps floats.

`patches` replaces what user code knows by the names in its modules, and that is enough for most. Where a number was
wanted of a symbol, or a symbol of another run came up, the case is run again, and `belongings` finds the rest:
functions and modules in tables, closures and default arguments; buffers and generators that were made before; whatever
NumPy returns. None of it can make a proof false: what holds no symbol refuses them as before, and the run on floats,
which has the originals, is held against the formulas (`floats.FloatRun`).

A run leaves no constants behind where user code caches them: they are put back to what they were, for a symbol of one
run is none in another.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from verify.model.additions import added_functions
from verify.model.where import is_users
from verify.tracing import patches
from verify.tracing.arrays.arrays import SymbolArray, objects
from verify.tracing.outside.outside import is_symbolic
from verify.tracing.stand_ins.belongings import Place, belongings, substituted
from verify.tracing.stand_ins.callees import as_called, callees
from verify.tracing.stand_ins.casts import CASTS
from verify.tracing.stand_ins.counted import holding
from verify.tracing.stand_ins.generators import GENERATORS
from verify.tracing.stand_ins.twins import Twins
from verify.tracing.symbols.concolic import NO_NODES, Concolic
from verify.tracing.symbols.dispatch import PROTOCOLS

_KINDS = (FunctionType, BuiltinFunctionType, type(np.sum), type(np.random.rand), type(np.random.default_rng))
_roots: list[Any] = []  # what a walk starts from, while stand-ins are everywhere
_CACHED: Any = type(functools.lru_cache(lambda: None))
_ABSENT = object()
_MOST_BLOCKS = 1_000  # of a tape, that are looked at for a variable


def _holding(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces a function whose floats are to hold symbols."""
    inner = patches.stand_in(function)

    @functools.wraps(function)
    def replacement(*args: Any, **options: Any) -> Any:
        made = inner(*args, **options)
        return GENERATORS[type(made)](made) if type(made) in GENERATORS else holding(made)

    return replacement


class _Grid:
    """What stands in for `np.mgrid` and `np.ogrid`."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def __getitem__(self, key: Any) -> Any:
        return holding(self._original[key])


@functools.cache
def _stand_ins() -> dict[int, Any]:
    """Return what stands in for functions, types and modules, by the identity of the original."""
    modules = (np.random, np.linalg, np)
    made: dict[int, Any] = {id(kind): cast for kind, cast in (CASTS | GENERATORS).items()}
    made.update({id(grid): _Grid(grid) for grid in (np.mgrid, np.ogrid)})
    for module in modules:
        functions = {id(f): f for name, f in vars(module).items() if not name.startswith("_") and type(f) in _KINDS}
        made.update({number: _holding(f) for number, f in functions.items() if f.__name__ not in _LEFT})
    made.update({id(f): patches.stand_in(f) for f in vars(math).values() if patches.stand_in(f) is not f})
    for module in modules:
        names = {name: made[id(value)] for name, value in vars(module).items() if id(value) in made}
        made[id(module)] = patches.module(module, names)
    return made | {id(patches.stand_in(m)): made[id(m)] for m in modules}


_LEFT = ("array2string", "array_repr", "array_str", "save", "savez", "savez_compressed", "savetxt", "shares_memory")


def _users_names() -> list[dict[str, Any]]:
    """Return the names of the user's modules, which lead to those of what is installed and used there."""
    return [vars(m) for m in patches.users_modules() if is_users(getattr(m, "__file__", None) or "<")]


@contextmanager
def everywhere(subject: Any) -> Iterator[None]:
    """Let stand-ins take the place of all that user code keeps, for the runs of a case; put all back at the end.

    Within another of these there is nothing to do. What code has put elsewhere meanwhile stays there: without symbols,
    stand-ins do what the originals do.
    """
    if _roots:
        yield
        return
    stand_ins = _stand_ins() | {id(function): patches.stand_in(function) for function in added_functions()}
    _roots[:] = [subject, *(modules := _users_names())]
    try:
        _forget({})
        replaced = _put(_places(), lambda value: stand_ins.get(id(value), value))
        with replaced, _floats_replaced(modules), _protocols_replaced():
            yield
    finally:
        _roots.clear()


@contextmanager
def _put(places: list[Place], substitute: Callable[[Any], Any]) -> Iterator[None]:
    """Let places hold what stands for their values, where anything does; put those back at the end."""
    swapped = list(_swapped(places, substitute))
    del places  # which would hold all values while this is in force
    try:
        for place, new in swapped:
            place.put(new)
        yield
    finally:
        for place, new in reversed(swapped):
            if place.holds is new:
                place.put(place.value)


def _swapped(places: list[Place], substitute: Callable[[Any], Any]) -> Iterator[tuple[Place, Any]]:
    for place in places:
        new = substituted(place.value, substitute) if place.is_open else place.value
        if new is not place.value:
            yield place, new


@contextmanager
def called(subject: Any) -> Iterator[None]:
    """Let stand-ins take the place of the functions that a subject keeps, for one run on symbols.

    They are looked for once this is entered: a list made before would hold arrays, of which it is asked who holds them.
    """
    with _put([*callees(subject)], as_called):
        yield


@contextmanager
def _floats_replaced(modules: list[dict[str, Any]]) -> Iterator[None]:
    """Let `float` be what keeps symbols, in modules that have no other."""
    replaced = [names for names in modules if "float" not in names]
    for names in replaced:
        names["float"] = CASTS[float]
    try:
        yield
    finally:
        for names in replaced:
            names.pop("float", None)


@contextmanager
def _protocols_replaced() -> Iterator[None]:
    """Let floats that are computed of arrays of symbols, and of masks, hold symbols."""
    protocols = dict(PROTOCOLS)
    PROTOCOLS.update({name: _answering(protocols[name]) for name in ("ufunc", "function")})
    try:
        yield
    finally:
        PROTOCOLS.update(protocols)


def _places() -> list[Place]:
    """Return all places; what was cached by calls is forgotten on the way there."""
    places = [*belongings(_roots)]
    for place in places:
        if isinstance(place.value, _CACHED):
            place.value.cache_clear()
    return places


def _answering(answer: Callable[..., Any]) -> Callable[..., Any]:
    def replacement(*args: Any, **options: Any) -> Any:
        return holding(answer(*args, **options))

    return replacement


@contextmanager
def arrays_held() -> Iterator[None]:
    """Let arrays of symbols take the place of those that user code keeps, for one run on symbols that has begun."""
    if not _roots:
        yield
        return
    places = _places()
    twins = Twins(places)
    owners = {id(place.owner): place.owner for place in places}
    tables = {number: _contents(owner) for number, owner in owners.items()}
    try:
        with _put(
            places, lambda value: GENERATORS[type(value)](value) if type(value) in GENERATORS else twins.of(value)
        ):
            yield
    finally:
        _forget(tables)


def _contents(owner: Any) -> Any:
    return dict(owner) if isinstance(owner, dict) else list(owner) if isinstance(owner, list) else None


def _forget(tables: dict[int, Any]) -> None:
    """Let no place hold a constant of a run that is over: what was there before is, or nothing, or its numbers.

    What depends on inputs stays: code that keeps it and computes with it in another run is refused as ever.
    """
    for place in _places():
        if place.is_open and is_symbolic(place.value) and _is_constant(place.value):
            _forget_one(place, tables.get(id(place.owner)))


def _forget_one(place: Place, before: Any) -> None:
    if isinstance(before, dict) and (value := before.get(place.key, _ABSENT)) is not _ABSENT:
        place.put(value)
    elif isinstance(before, dict):
        place.owner.pop(place.key, None)
    elif isinstance(before, list) and place.key < len(before):
        place.put(before[place.key])
    elif (number := _number(place.value)) is not None:
        place.put(number)


def _is_constant(value: Any) -> bool:
    """Tell whether symbols, in lists and tuples too, are computed from numbers alone."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_constant, value))
    entries = objects(value).ravel().tolist() if isinstance(value, SymbolArray) else [value]
    return all(type(entry) in NO_NODES or _is_of_numbers(entry) for entry in entries if isinstance(entry, Concolic))


def _is_of_numbers(symbol: Any) -> bool:
    trace: Any = symbol.trace
    return _has_no_variable(trace.tape, symbol.node) if trace.on_tape else trace.is_constant(symbol.node)


def _has_no_variable(tape: Any, element: int) -> bool:
    """Tell whether an element of a tape is computed from numbers alone; not where that takes long to tell."""
    todo, seen = [element], set[int]()
    while todo and len(seen) < _MOST_BLOCKS:
        block = tape.block_of(todo.pop())
        if block.op == "variable":
            return False
        if block.start not in seen:
            seen.add(block.start)
            todo += [number for elements in block.args for number in np.unique(elements).tolist()]
    return not todo


def _number(value: Any) -> Any:
    """Return symbols that are constants as the numbers they are, None where the code has not typed them in.

    The answers of a mask that is open are no numbers.
    """
    if isinstance(value, SymbolArray) and type(value).opens:
        return None
    try:
        if not isinstance(value, SymbolArray):
            return _floats(value)
        return np.array(_floats(value.tolist()), value.claimed).reshape(value.shape)
    except ValueError:
        return None


def _floats(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(_floats, value))
    if not isinstance(value, Concolic):
        return value
    if (number := value.number()) is None:
        raise ValueError
    return float(number)

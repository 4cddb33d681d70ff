"""What code keeps outside of a run: in variables of its module or of functions around, in classes, objects, containers.

Most cases make a layer anew, and the other checks copy it. A mask in a variable of the module that is filled by the
first call only is in each of these: all of them agree. So the places that a subject's code names are noted before the
first run. If one of them has changed, the case is run at the sample with what they held, and once more after a run on
other inputs that had the same: both have to give the same. In the end the places hold what they did before the check.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CellType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from verify.cases.numbers import attributes, codes, is_users_class, reached
from verify.model.where import is_users

_EMPTY = object()  # what a variable holds that is not set
_GONE = object()  # an array that nobody holds any more
_Contents = Mapping[Any, Any]


class _Place(NamedTuple):
    """What holds values by names or numbers: how they are read, how one is put there, and those that were there."""

    read: Callable[[], _Contents]
    put: Callable[[_Contents], object]
    before: _Contents  # with references to arrays that do not count: it is asked who else holds one

    @property
    def changed(self) -> list[Any]:
        """Return the names of which other values are there by now; functions, classes and modules are no state."""
        now = self.read()
        names = {**now, **self.before}
        return [n for n in names if not _is_same(now.get(n, _EMPTY), _held(self.before.get(n, _EMPTY)))]

    def put_back(self) -> None:
        """Let it hold what it held."""
        if self.changed:
            now, before = self.read(), {name: _held(value) for name, value in self.before.items()}
            self.put({name: now.get(name, _EMPTY) if value is _GONE else value for name, value in before.items()})


class State:
    """The places in which a subject's code may keep something, as they were at first."""

    def __init__(self, subject: Any) -> None:
        self._objects = [_unheld(value) for value in reached(subject)]
        self._first = self._places(_unheld)

    def _places(self, holding: Callable[[Any], Any]) -> list[_Place]:
        places = [place for value in self._objects for place in _of(_held(value))]
        return [_Place(read, put, {n: holding(v) for n, v in read().items()}) for read, put in places]

    @property
    def objects(self) -> list[Any]:
        """Return the objects that the code names."""
        return list(map(_held, self._objects))

    @property
    def is_changed(self) -> bool:
        """Tell whether any place holds something else than at first."""
        return any(place.changed for place in self._first)

    @property
    def names(self) -> list[str]:
        """Return the names of variables and attributes that hold something else than at first."""
        changed = (name for place in self._first for name in place.changed if isinstance(name, str) and name)
        return sorted({*changed}) or ["something outside the layer"]

    @contextmanager
    def at_first(self) -> Iterator[Callable[[], None]]:
        """Yield what lets all places hold what they held at first; afterwards they hold what they do now."""
        now = self._places(lambda value: value)
        try:
            yield lambda: _put_back(self._first)
        finally:
            _put_back(now)


def _put_back(places: list[_Place]) -> None:
    for place in places:
        place.put_back()


def _is_same(value: Any, before: Any) -> bool:
    if isinstance(value, bytes):  # the numbers of an array
        return bool(value == before)
    return value is before or callable(value) or callable(before) or type(value).__name__ == "module"


def _of(value: Any) -> Iterator[tuple[Callable[[], _Contents], Callable[[_Contents], object]]]:
    """Yield how the places of an object are read and filled."""
    if type(value) is FunctionType:
        if is_users(value.__code__.co_filename):
            names = [name for code in codes(value.__code__) for name in code.co_names]
            variables = value.__globals__
            yield lambda: {n: variables.get(n, _EMPTY) for n in names}, lambda old: _into_dict(variables, old)
        cells = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=True))
        yield lambda: {n: _content(cell) for n, cell in cells.items()}, lambda old: _into_cells(cells, old)
    elif isinstance(value, type) and is_users_class(value):
        yield lambda: _attributes(value), lambda old: _into_class(value, old)
    elif isinstance(value, dict):
        yield lambda: dict(value), lambda old: _into_whole(value, old)
    elif type(value) is list:
        yield lambda: dict(enumerate(value)), lambda old: value.__setitem__(slice(None), _there(old).values())
    elif type(value) is set:
        yield lambda: dict.fromkeys(value), lambda old: _into_set(value, old)
    elif type(value) is np.ndarray and value.dtype != object and value.flags.writeable:
        yield from _of_array(weakref.ref(value))
    elif is_users_class(type(value)) and (names_of := attributes(value)) is not None:
        yield lambda: dict(names_of), lambda old: _into_whole(names_of, old)


def _of_array(array: weakref.ref[Any]) -> Iterator[tuple[Callable[[], _Contents], Callable[[_Contents], object]]]:
    def read() -> _Contents:
        return {} if (held := array()) is None else {"": held.tobytes()}

    yield read, lambda old: _into_array(array(), old[""])


def _unheld(value: Any) -> Any:
    """Return a value, of an array a reference that keeps nothing alive."""
    return weakref.ref(value) if type(value) is np.ndarray else value


def _held(value: Any) -> Any:
    if type(value) is not weakref.ref:
        return value
    return _GONE if (array := value()) is None else array


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not set yet
        return _EMPTY


def _into_cells(cells: Mapping[str, CellType], old: _Contents) -> None:
    for name, value in old.items():
        if value is not _EMPTY:
            cells[name].cell_contents = value
        elif _content(cells[name]) is not _EMPTY:
            del cells[name].cell_contents


def _attributes(kind: type) -> _Contents:
    return {name: value for name, value in vars(kind).items() if not name.startswith("__")}


def _into_whole(names: dict[Any, Any], old: _Contents) -> None:
    names.clear()
    names.update(_there(old))


def _into_set(values: set[Any], old: _Contents) -> None:
    values.clear()
    values.update(old)


def _there(old: _Contents) -> _Contents:
    return {name: value for name, value in old.items() if value is not _EMPTY}


def _into_dict(names: dict[str, Any], old: _Contents) -> None:
    for name, value in old.items():
        if value is _EMPTY:
            names.pop(name, None)
        else:
            names[name] = value


def _into_class(kind: type, old: _Contents) -> None:
    for name in [name for name in _attributes(kind) if name not in old]:
        delattr(kind, name)
    for name, value in old.items():
        if vars(kind).get(name, _EMPTY) is not value:
            setattr(kind, name, value)


def _into_array(array: Any, numbers: bytes) -> None:
    if array is not None:
        array[...] = np.frombuffer(numbers, array.dtype).reshape(array.shape)

"""Functions of numeric libraries that the user's code has replaced by others.

A run answers for these functions by their names. Where the code has put another function in the place of one of them
(`math.exp = my_exp`), the answer would be that of the original, and a verdict on it would be about other code.

What is put back before the end of a check (`with mock.patch("math.exp", my_exp)`) is noted where it is assigned.

Nothing is remembered of the time before the user's code ran, which is over where a program checks its own cases: a
function is known for the library's own by its name, its module and the file of its source.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from verify.model.errors import ReplacedError
from verify.tracing import patches

# Second names of NumPy's functions, most of them from the standard for arrays; the function says the first one.
_SECOND_NAMES = {"abs": "absolute", "concat": "concatenate", "conj": "conjugate", "mod": "remainder", "pow": "power"}
_SECOND_NAMES |= {"acos": "arccos", "asin": "arcsin", "atan": "arctan", "atan2": "arctan2", "true_divide": "divide"}
_SECOND_NAMES |= {"acosh": "arccosh", "asinh": "arcsinh", "atanh": "arctanh", "permute_dims": "transpose"}
_SECOND_NAMES |= {
    "bitwise_invert": "invert",
    "bitwise_not": "invert",
    "amax": "max",
    "amin": "min",
    "row_stack": "vstack",
}
_own: dict[tuple[str, Sequence[str]], list[Any]] = {}  # what was found to be a library's own, by its place


def refuse_replaced() -> None:
    """Raise ReplacedError if the user's code has replaced a function that is answered for by its name."""
    for owner, names in patches.answered():
        values, key = [*map(vars(owner).get, names)], (_full_name(owner), names)
        if (own := _own.get(key)) is None or not all(map(operator.is_, values, own)):  # hundreds, for each check
            _refuse_others(owner, names, values)
            _own[key] = values
    if name := patches.altered():
        patches.restore()
        raise ReplacedError(name)


def _refuse_others(owner: Any, names: Sequence[str], values: Sequence[Any]) -> None:
    for name, value in zip(names, values, strict=True):
        if not _is_own(owner, name, value):
            raise ReplacedError(f"{_full_name(owner)}.{name}")


@contextmanager
def refusing_assignments() -> Iterator[None]:
    """Raise ReplacedError at the end if meanwhile an attribute of a numeric library's module was assigned."""
    modules = [module for module in patches.numeric() if type(module) is ModuleType]
    _assigned.clear()
    _added.clear()
    for module in modules:
        module.__class__ = _Noting
    try:
        yield
    finally:
        for module in modules:
            module.__class__ = ModuleType
    if _assigned:
        raise ReplacedError(_assigned[0])


class _Noting(ModuleType):
    """A module that notes which of its attributes are replaced; what an import adds to it is new, and none of them."""

    def __setattr__(self, name: str, value: Any) -> None:
        full, missing = f"{self.__name__}.{name}", object()
        if (old := vars(self).get(name, missing)) is missing:
            _added.add(full)
        elif old is not value and full not in _added:
            _assigned.append(full)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if (full := f"{self.__name__}.{name}") not in _added:
            _assigned.append(full)
        super().__delattr__(name)


_assigned: list[str] = []
_added: set[str] = set()


def _full_name(owner: Any) -> str:
    return owner.__name__ if isinstance(owner, ModuleType) else f"{owner.__module__}.{owner.__qualname__}"


def _is_own(owner: Any, name: str, value: Any) -> bool:
    """Tell whether a value is what the library of a module or class has by a name; SciPy has functions of NumPy's too.

    What a library does not have, as of another version, is none that was replaced.
    """
    libraries = {_full_name(owner).partition(".")[0]}
    libraries |= {"numpy"} if "scipy" in libraries else set()
    if value is None:
        return not isinstance(owner, ModuleType) or name not in vars(owner)
    if getattr(value, "__name__", name) not in (name, _SECOND_NAMES.get(name)) or isinstance(value, np.vectorize):
        return False
    if isinstance(value, FunctionType):
        return any(_is_in(sys.modules[library], value.__code__.co_filename) for library in libraries)
    home = (getattr(value, "__module__", None) or type(value).__module__).partition(".")[0]
    return home in libraries or home == "builtins"


def _is_in(library: ModuleType, file: str) -> bool:
    """Tell whether a source is one of a library's; one that is compiled has no functions of Python's."""
    return any(map(Path(file).is_relative_to, getattr(library, "__path__", ())))

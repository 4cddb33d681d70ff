"""What was added from outside: tables that `gradproof.extend` writes, and that those read whom they concern."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

HOW = "; see `gradproof explain extend`"  # the page that tells how what is missing is added


@dataclass(frozen=True, slots=True, eq=False)
class Same:
    """A function that has no hash, as those of ctypes, as a key: it is equal to itself only."""

    function: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.function is self.function

    def __hash__(self) -> int:
        return id(self.function)


FUNCTIONS: dict[Any, Callable[..., Any]] = {}  # what computes them on symbols
CHECKS: dict[str, Callable[..., Any]] = {}  # by name: what else is asked of a layer
REPORTS: dict[str, str] = {}  # a format: the module whose `render(run)` makes it
OWN_REPORTS = ("terminal", "markdown", "json", "junit", "html", "svg", "dot", "sarif", "github", "gitlab")
FRAMEWORKS: dict[str, Callable[[Any], Any]] = {}  # "module.Class": what makes a case of such an object


class Run(NamedTuple):
    """A run of a case on floats, at the sample: what an added check looks at.

    `variant` says with which sizes and options; `inputs` and `gradients` are arrays of float64 by their names, `output`
    and `upstream` an array, or a tuple of them where there are several outputs.
    """

    variant: str
    inputs: Mapping[str, Any]
    output: Any
    upstream: Any
    gradients: Mapping[str, Any]


def key_of(function: Any) -> Any:
    """Return what a function is looked up by in FUNCTIONS."""
    try:
        hash(function)
    except TypeError:
        return Same(function)
    return function


def added_functions() -> list[Any]:
    """Return the functions that something was added for."""
    return [key.function if isinstance(key, Same) else key for key in FUNCTIONS]


def is_handed_over(function: Any) -> bool:
    """Tell whether NumPy hands the calls of a function over to arrays: its own, by their protocol, and all ufuncs."""
    return hasattr(function, "_implementation") or hasattr(function, "nin")


def holders(functions: Iterable[Any]) -> list[ModuleType]:
    """Return the imported modules that have some functions under any name, and the packages that lead to them."""
    modules = {name: module for name, module in [*sys.modules.items()] if isinstance(module, ModuleType)}
    wanted = {*map(id, functions)}
    names = [name for name, module in modules.items() if not wanted.isdisjoint(map(id, [*vars(module).values()]))]
    paths = dict.fromkeys(path for name in names for path in _packages(name))
    return [modules[path] for path in paths if path in modules]


def _packages(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]

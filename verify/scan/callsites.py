"""Functions that are solved or fitted somewhere with a gradient: minimize(f, x0, jac=g), curve_fit(f, x, y, jac=g)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

# What a routine takes: the kind of a function and its derivatives, and at which place these may stand by position.
_ROUTINES = {
    "least_squares": ("system", 2),
    "root": ("system", None),
    "fsolve": ("system", None),
    "leastsq": ("system", None),
    "curve_fit": ("curve", None),
    "check_grad": ("minimized", 1),
    "fmin_bfgs": ("minimized", 2),
    "fmin_cg": ("minimized", 2),
    "fmin_ncg": ("minimized", 2),
    "fmin_tnc": ("minimized", 2),
    "fmin_l_bfgs_b": ("minimized", 2),
}
_SECOND = (("system", "jac", "hess"), ("minimized", "fprime", "fprime2"))
_KEYWORDS = ("jac", "fprime", "gradient", "Dfun", "grad")


class Solved(NamedTuple):
    """A function that is solved, by which kind of gradient, in which function; itself, if it returns both."""

    kind: str
    function: str
    gradient: str


def solved(tree: ast.AST) -> Iterator[Solved]:
    """Yield what is solved in a source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Name):
            routine = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            kind, place = _ROUTINES.get(routine, ("minimized", None))
            values = [key.value for key in node.keywords if key.arg in _KEYWORDS]
            values += node.args[place : place + 1] if place is not None and routine in _ROUTINES else []
            yield from (item for value in values if (item := _solved(kind, node.args[0].id, value)))
            yield from _second(node)


def _second(call: ast.Call) -> Iterator[Solved]:
    """Yield the derivative that is passed with its own: minimize(f, x0, jac=g, hess=h), newton(f, x0, g, fprime2=h)."""
    passed = {key.arg: key.value.id for key in call.keywords if isinstance(key.value, ast.Name) and key.arg}
    for kind, first, second in _SECOND:
        if first in passed and second in passed:
            yield Solved(kind, passed[first], passed[second])


def _solved(kind: str, function: str, gradient: ast.expr) -> Solved | None:
    if isinstance(gradient, ast.Name):
        return Solved(kind, function, gradient.id)
    both = isinstance(gradient, ast.Constant) and gradient.value is True and kind == "minimized"
    return Solved("together", function, function) if both else None

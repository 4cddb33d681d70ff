"""What the first case on arrays works out for all that follow it: done once, before workers are forked.

Nothing of this is about a case: SymPy's rules for the operations that most layers have, which modules can hold code of
the user's, and the functions by which it is seen what a case has changed in its process.
"""

from __future__ import annotations

from fractions import Fraction

from verify.graph import adjoints
from verify.graph.graph import Graph
from verify.runner import fingerprint
from verify.tracing import patches

_POWERS = Fraction(-1), Fraction(2), Fraction(1, 2), Fraction(-1, 2)
_FUNCTIONS = "exp", "log", "tanh"


def warm() -> None:
    """Fill what is kept from case to case, where no code of the user's has run yet."""
    _derive()
    patches.users_modules()
    fingerprint.look()


def _derive() -> None:
    """Derive the operations that most layers have: SymPy's first answers take longest."""
    graph = Graph()
    x, y, upstream = map(graph.variable, ("x", "y", "dout"))
    powers = [graph.power(x, exponent) for exponent in _POWERS]
    values = [graph.sum(x, y), graph.product(x, y), *powers, *(graph.function(name, x) for name in _FUNCTIONS)]
    adjoints.adjoints(graph, [(value, upstream) for value in values], [x, y])

"""What it takes to read the graph: a meaning for each kind of node.

Readings are SymPy's (`formulas`), a finite field (`field`, `tower`), balls (`balls`), exact rationals (`rationals`),
and bounds on size and degree. `Graph.read` walks the nodes once, arguments first.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol


class Reading(Protocol):
    """A way to read the graph: what its nodes mean in some arithmetic."""

    def variable(self, name: str) -> Any:
        """Return the value of an input."""

    def constant(self, value: Fraction) -> Any:
        """Return an exact constant."""

    def typed(self, value: float) -> Any:
        """Return the constant that was meant by a float in the code."""

    def pi(self, payload: None) -> Any:
        """Return the circle's constant."""

    def sum(self, a: Any, b: Any) -> Any:
        """Return a + b."""

    def product(self, a: Any, b: Any) -> Any:
        """Return a * b."""

    def power(self, a: Any, exponent: Fraction) -> Any:
        """Return a ** exponent."""

    def function(self, name: str, a: Any, number: int) -> Any:
        """Return a function of FUNCTIONS at a; `number` is the node's, for readings that know more about it."""

    def joint(self, op: str, values: list[Any], payload: Any) -> Any:
        """Return a function of several arguments (`joints.JOINT`)."""

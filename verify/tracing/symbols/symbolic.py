"""A symbolic scalar: user code runs on it as on a float and leaves behind the graph of what it computed."""

from __future__ import annotations

import math
import numbers
from fractions import Fraction
from typing import Self

from verify.graph.graph import Graph
from verify.model.additions import HOW
from verify.model.errors import ForeignSymbolError, TraceError
from verify.model.exact import simplest_rational
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.symbols.scalar import Scalar

_MINUS_ONE = Fraction(-1)
_is_finite = math.isfinite  # the original, whatever patches are in force
_LARGEST_WHOLE = 2**53  # beyond, floats leave out whole numbers, and a long one may be the rounding of another: c**2
_LONGEST_EXACT = 50  # bits, which a power of 10 that people type in has
_COMPUTED = 4  # ulps that a few float operations may have added


class Symbol(Scalar):
    """A node of a graph. A float that the code types in is read as the simplest rational that rounds to it."""

    __slots__ = ("graph", "node")

    def __init__(self, graph: Graph, node: int) -> None:
        self.graph = graph
        self.node = node

    def lift(self, other: object) -> Self | None:
        """Return a number or symbol as a symbol, None for anything else."""
        if type(other) is type(self) and other.graph is self.graph:
            return other
        node = node_of(self.graph, other)
        return None if node is None else self._at(node)

    def plus(self, other: Self) -> Self:
        """Return the symbol of self + other."""
        return self._at(self.graph.sum(self.node, other.node))

    def times(self, other: Self) -> Self:
        """Return the symbol of self * other."""
        return self._at(self.graph.product(self.node, other.node))

    def over(self, other: Self) -> Self:
        """Return the symbol of self / other; raises ZeroDivisionError where other is the constant 0."""
        if self.graph.value(other.node) == 0:
            raise ZeroDivisionError("division by zero")
        return self._at(self.graph.quotient(self.node, other.node))

    def to_the(self, exponent: Self) -> Self:
        """Return the symbol of self ** exponent; raises TraceError unless the exponent is a number."""
        value = self.graph.number(exponent.node)
        if value is None:
            raise TraceError("a power whose exponent depends on the inputs", asked_at())
        return self._at(self.graph.power(self.node, _exponent(value) if isinstance(value, float) else value))

    def function(self, name: str) -> Self:
        """Return the symbol of a function of the graph's FUNCTIONS."""
        return self._at(self.graph.function(name, self.node))

    def __neg__(self) -> Self:
        return self._at(self.graph.product(self.graph.constant(_MINUS_ONE), self.node))

    def _at(self, node: int) -> Self:
        return self if node == self.node else type(self)(self.graph, node)


def _exponent(value: float) -> Fraction:
    """Return the exponent that is meant by a float; it was often computed as n - 1, with the rounding of n.

    So 2.2 - 1, which is 1.2000000000000002, is read as 6/5, and 1.0001 - 1 as 1/10000.
    """
    return simplest_rational(value, ulps=_COMPUTED * max(1.0, math.ulp(1.0) / math.ulp(value)))


def node_of(graph: Graph, value: object) -> int | None:
    """Return the node of a symbol or number; None for what is neither.

    Raises TraceError for NaN and infinity, which no formula contains, and for a symbol of another run.
    """
    if type(value) is int:  # first, for the others take a while to ask
        return graph.whole(value)
    if isinstance(value, Symbol):
        if value.graph is not graph:
            raise ForeignSymbolError("the code uses a symbol kept from another run (in a cache, say)", asked_at())
        return value.node
    if type(value) is not float:
        if isinstance(value, int):
            return graph.whole(value)
        if isinstance(value, numbers.Rational):
            return graph.constant(Fraction(int(value.numerator), int(value.denominator)))
        if not isinstance(value, numbers.Real):
            if isinstance(value, numbers.Complex):
                raise TraceError("a complex number among symbols", asked_at(), HOW, reason=Reason.UNKNOWN_TYPE)
            return None
    number = float(value)
    if not _is_finite(number):
        raise TraceError(f"the code computes with {number}", asked_at(), reason=Reason.NAN_CONSTANT)
    simplest = simplest_rational(number)
    exact = simplest == Fraction(number) and (abs(number) < _LARGEST_WHOLE or _digits(simplest) <= _LONGEST_EXACT)
    return graph.written(simplest) if exact else graph.typed(number)


def _digits(value: Fraction) -> int:
    """Return how many bits there are from the first to the last 1 of a whole number."""
    whole = abs(value.numerator)
    return (whole // (whole & -whole)).bit_length() if whole else 0

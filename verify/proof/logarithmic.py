"""The graph read along a line with logarithms of what vanishes on it: x * log(x) tends to 0 with x.

Beside t, log(t) is taken for a variable of its own: a value is a polynomial in it whose coefficients are series in t,
from the one of log(t)**0 on. Sums and products are those of polynomials; log(c * t**k * u) is k * log(t) + log(c * u)
for c > 0 and u = 1 at t = 0, and exp(k * log(t) + s) is t**k * exp(s). As t**a * log(t)**b tends to 0 for all a > 0,
and grows for a <= 0 < b, the limit is that of the first coefficient wherever all others vanish with t.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import zip_longest
from math import ceil
from typing import Any

import flint

from verify.graph.graph import Graph
from verify.proof.series import BITS, Line, Series

_MOST = 5  # coefficients of a value
_ZERO = Series(Fraction(0), [], whole=True)

Value = tuple[Series, ...]  # the coefficients of powers of log(t)


def along(
    graph: Graph, nodes: Iterable[int], point: Mapping[str, Fraction], direction: Mapping[str, Fraction | int]
) -> dict[int, Series | None]:
    """Return the series of nodes along a line, as far as no logarithm is in them."""
    roots = list(nodes)
    with flint.ctx.workprec(BITS):
        values = graph.read(roots, _Logarithmic(Line(point, direction)))
        return {node: _plain(values[node]) for node in roots}


class _Logarithmic:
    """A reading of the graph in polynomials of log(t), by the arithmetic of their coefficients."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def variable(self, name: str) -> Value | None:
        return _value([self.line.variable(name)])

    def constant(self, value: Fraction) -> Value | None:
        return _value([self.line.constant(value)])

    def typed(self, value: float) -> Value | None:
        return _value([self.line.typed(value)])

    def pi(self, payload: None) -> Value | None:
        return _value([self.line.pi(payload)])

    def sum(self, a: Value | None, b: Value | None) -> Value | None:
        if a is None or b is None:
            return None
        return _value([self.line.sum(x, y) for x, y in zip_longest(a, b, fillvalue=_ZERO)])

    def product(self, a: Value | None, b: Value | None) -> Value | None:
        if a is None or b is None:
            return None
        terms: list[Series | None] = [_ZERO] * (len(a) + len(b) - 1)
        for i, x in enumerate(a):
            for j, y in enumerate(b):
                terms[i + j] = self.line.sum(terms[i + j], self.line.product(x, y))
        return _value(terms)

    def power(self, a: Value | None, exponent: Fraction) -> Value | None:
        if a is None or len(a) == 1:
            return None if a is None else _value([self.line.power(a[0], exponent)])
        if exponent.denominator != 1 or not 0 < exponent < _MOST:
            return None
        result: Value | None = a
        for _ in range(exponent.numerator - 1):
            result = self.product(result, a)
        return result

    def function(self, name: str, a: Value | None, number: int) -> Value | None:
        if a is None:
            return None
        if name == "log" and len(a) == 1 and a[0].terms and a[0].order != 0:
            rest = self.line.function(name, a[0]._replace(order=Fraction(0)), number)
            return _value([rest, self.line.constant(a[0].order)])
        if name == "exp" and len(a) == 2 and (power := _constant(a[1])) is not None:
            factor = self.line.function(name, a[0], number)
            return None if factor is None else _value([factor._replace(order=factor.order + power)])
        return _value([self.line.function(name, a[0], number)]) if len(a) == 1 else None

    def joint(self, op: str, values: list[Any], payload: Any) -> None:
        return None


def _value(terms: Sequence[Series | None]) -> Value | None:
    """Return a polynomial without leading zeros; None where a coefficient is not known, or there are too many."""
    coefficients = [term for term in terms if term is not None]
    while len(coefficients) > 1 and _is_zero(coefficients[-1]):
        coefficients.pop()
    return tuple(coefficients) if len(coefficients) <= _MOST and None not in terms else None


def _is_zero(series: Series) -> bool:
    return series.whole and not series.terms


def _constant(series: Series) -> Fraction | None:
    """Return the number that a series is, if it is a rational one."""
    value = series.limit if series.whole and len(series.terms) == 1 and series.order == 0 else None
    return value if isinstance(value, Fraction) else None


def _plain(value: Value | None) -> Series | None:
    """Return the series of a value up to where logarithms come in; where one of them grows, that is told."""
    if value is None or len(value) == 1:
        return value and value[0]
    first, *others = value
    order = min(other.order for other in others if not _is_zero(other))
    if order > 0:
        places = max(0, ceil(order - first.order))
        return Series(min(first.order, order), list(first.terms)[:places])
    if first.order < order:
        return first
    grows = all(other.terms for other in others if other.order <= order and not _is_zero(other))
    return Series(order, [], unbounded=True) if grows else None

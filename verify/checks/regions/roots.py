"""Where a formula of one variable may change its sign: all of these places, or None where they cannot be told.

A rational function changes its sign at zeros of its numerator and denominator, which are isolated exactly. A rising
function of one is undone: exp(u) = k where u = log(k). Everything else is left open, and so is the cover that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import flint

from verify.graph import balls, dyadics
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.model.exact import simplest_rational
from verify.proof import rationals
from verify.proof.ranges import Domain, signs

_BITS = 256
_MOST_DEGREE = 24
_UNIT = Fraction(1)

Roots = set["Root"]


class Root(NamedTuple):
    """A real number between two rationals, which are the same if it is rational; `of` is what it is a root of."""

    low: Fraction
    high: Fraction
    of: Any = None


# Where a rising function is a number: by flint's inverse of it, if it takes that value at all.
_INVERSES: dict[str, tuple[Callable[[Fraction], bool], Callable[[flint.arb], flint.arb]]] = {
    "exp": (lambda value: value > 0, lambda value: value.log()),
    "log": (lambda value: True, lambda value: value.exp()),
    "tanh": (lambda value: abs(value) < 1, lambda value: value.atanh()),
}
_BOUNDED_BELOW = ("log",)  # functions that are not defined where their argument is not positive


def roots(graph: Graph, node: int, name: str, domain: Domain) -> Roots | None:
    """Return all places where the sign of a node may change along its only variable, within the reals."""
    zeros: Roots = set()
    todo = [node]
    while todo:
        factor = todo.pop()
        if 0 not in signs(graph, factor, domain):
            continue
        parts = _of_quotient(graph, factor, name)
        if parts is None:
            parts, more = _undone(graph, factor, name)
            todo += more
        if parts is None:
            return None
        zeros |= parts
    return zeros


def _undone(graph: Graph, node: int, name: str) -> tuple[Roots | None, list[int]]:
    """Return roots, and nodes whose roots are the others."""
    op, args = graph.ops[node], graph.args[node]
    if op == "product":
        return set(), list(args)
    if op == "power" or (op in FUNCTIONS and FUNCTIONS[op].rises and FUNCTIONS[op].at_zero == 0):
        return set(), list(args)
    if op == "log":
        return set(), [args[0], graph.sum(args[0], graph.constant(-_UNIT))]
    if op == "sum" and (split := _constant_and_rest(graph, node)):
        constant, factor, inner = split
        return _equal(graph, inner, -constant / factor, name)
    return None, []


def _constant_and_rest(graph: Graph, node: int) -> tuple[Fraction, Fraction, int] | None:
    """Return c, a and the node u of c + a u."""
    for term, rest in (graph.args[node], graph.args[node][::-1]):
        if (constant := graph.value(term)) is not None:
            if graph.ops[rest] == "product" and (factor := graph.value(graph.args[rest][0])) is not None:
                return constant, factor, graph.args[rest][1]
            return constant, _UNIT, rest
    return None


def _equal(graph: Graph, node: int, value: Fraction, name: str) -> tuple[Roots | None, list[int]]:
    """Return where a node has a value, as roots and as nodes whose roots these are."""
    op = graph.ops[node]
    if op == "power" and graph.payloads[node] > 0:
        exponent = graph.payloads[node]
        edge = [graph.args[node][0]] if exponent.denominator != 1 else []
        if value < 0 and edge:
            return set(), edge
        base = rationals.power(value, 1 / exponent) if value >= 0 and exponent.numerator == 1 else None
        return (None, []) if base is None else (set(), [*edge, _less(graph, graph.args[node][0], base)])
    if op not in _INVERSES:
        return None, []
    possible, inverse = _INVERSES[op]
    edge = [graph.args[node][0]] if op in _BOUNDED_BELOW else []
    if not possible(value):
        return set(), edge
    with flint.ctx.workprec(_BITS):
        at = inverse(balls.ball(value))
        whole = dyadics.exact_end(at) if at.is_exact() else None
        if whole is not None and whole.denominator == 1:
            return set(), [*edge, _less(graph, graph.args[node][0], whole)]
        line = _quotient(graph, graph.args[node][0], name)
        if line is None or line[1].degree() > 0 or line[0].degree() != 1:
            return None, []
        slope, offset = line[0][1] / line[1][0], line[0][0] / line[1][0]
        root = _enclosed((at - flint.arb(offset)) / flint.arb(slope), (op, value, str(slope), str(offset)))
        return (None, []) if root is None else ({root}, edge)


def _less(graph: Graph, node: int, value: Fraction) -> int:
    return graph.sum(node, graph.constant(-value))


def _enclosed(ball: flint.arb, of: Any) -> Root | None:
    """Return a root with its ends, or None where they are too long to be written out."""
    low, high = (dyadics.exact_end(end) for end in (ball.lower(), ball.upper()))
    return None if low is None or high is None else Root(low, high, of)


def _of_quotient(graph: Graph, node: int, name: str) -> Roots | None:
    """Return the zeros and the poles of a rational function."""
    quotient = _quotient(graph, node, name)
    if quotient is None:
        return None
    zeros = [root for polynomial in quotient for root in _of_polynomial(polynomial)]
    certain = {root for root in zeros if root is not None}
    return certain if None not in zeros else None


def _of_polynomial(polynomial: flint.fmpq_poly) -> Sequence[Root | None]:
    zeros: list[Root | None] = []
    if polynomial.degree() < 1:
        return zeros
    for factor, _ in flint.fmpz_poly(polynomial.numer()).factor()[1]:
        if factor.degree() == 1:
            value = Fraction(-int(factor[0]), int(factor[1]))
            zeros.append(Root(value, value))
        else:
            with flint.ctx.workprec(_BITS):
                real = [value.real for value, _ in _complex_roots(factor) if value.imag.is_zero()]
            zeros += [_enclosed(ball, (tuple(map(int, factor.coeffs())), i)) for i, ball in enumerate(real)]
    return zeros


def _complex_roots(factor: flint.fmpz_poly) -> Any:
    return factor.complex_roots()


def _quotient(graph: Graph, node: int, name: str) -> tuple[flint.fmpq_poly, flint.fmpq_poly] | None:
    """Return a node as numerator and denominator in its variable, or None where it is no rational function."""
    quotient: tuple[flint.fmpq_poly, flint.fmpq_poly] | None = graph.read([node], _Quotients(name))[node]
    return quotient


class _Quotients:
    """The graph read as quotients of polynomials in one variable; None for all else, and for high degrees."""

    def __init__(self, name: str) -> None:
        self.name = name

    def variable(self, name: str) -> Any:
        return (flint.fmpq_poly([0, 1]), flint.fmpq_poly([1])) if name == self.name else None

    def constant(self, value: Fraction) -> Any:
        return flint.fmpq_poly([balls.rational(value)]), flint.fmpq_poly([1])

    def typed(self, value: float) -> Any:
        return self.constant(simplest_rational(value))

    def pi(self, payload: None) -> Any:
        return None

    def sum(self, a: Any, b: Any) -> Any:
        return None if a is None or b is None else _low(a[0] * b[1] + b[0] * a[1], a[1] * b[1])

    def product(self, a: Any, b: Any) -> Any:
        return None if a is None or b is None else _low(a[0] * b[0], a[1] * b[1])

    def power(self, a: Any, exponent: Fraction) -> Any:
        if a is None or exponent.denominator != 1 or abs(exponent) > _MOST_DEGREE:
            return None
        above, below = a if exponent > 0 else reversed(a)
        return _low(above ** abs(exponent.numerator), below ** abs(exponent.numerator))

    def function(self, name: str, a: Any, number: int) -> Any:
        return None

    def joint(self, op: str, values: list[Any], payload: Any) -> Any:
        return None


def _low(above: flint.fmpq_poly, below: flint.fmpq_poly) -> Any:
    """Return a quotient of moderate degrees."""
    return (above, below) if max(above.degree(), below.degree()) <= _MOST_DEGREE else None

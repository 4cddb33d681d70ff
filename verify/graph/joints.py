"""Functions of several nodes: what no formula of the graph's other operations is.

* `root` is the k-th real root, from the smallest on, of the monic polynomial whose other coefficients are its
  arguments (c0, c1, ...): of a polynomial that has as many real roots as its degree, no two of them equal, as the
  characteristic polynomial of a symmetric matrix away from ties. Its payload is k.
* `expm` is an entry of the exponential of a square matrix, whose entries are its arguments, row by row. Its payload is
  the row and the column.

Their derivatives are functions of the same kinds: that of a root t by c[i] is -t**i / p'(t), by implicit
differentiation; that of exp(A) along E is the upper right block of exp([[A, E], [0, A]]) (Van Loan, 1978).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import flint

if TYPE_CHECKING:
    from verify.graph.graph import Graph

JOINT = ("root", "expm")
_STEPS = 20  # each of which doubles the digits, as far as the coefficients have them
_NAN = flint.arb("nan")


def in_balls(op: str, values: Sequence[flint.arb], payload: Any) -> flint.arb:
    """Return a ball around the value; NaN where the ball of arguments holds some at which it is not defined."""
    if not all(value.is_finite() for value in values):
        return _NAN
    if op == "expm":
        n, (row, column) = math.isqrt(len(values)), payload
        value: flint.arb = flint.arb_mat(n, n, list(values)).exp()[row, column]
        return value
    roots = _isolated(values)
    return roots[payload] if roots else flint.arb(0, math.inf)


def _isolated(coefficients: Sequence[flint.arb]) -> list[flint.arb]:
    """Return the real roots of a monic polynomial in order; none where balls of that width do not tell them apart.

    flint isolates each root of every polynomial within the balls. A root whose ball does not meet that of another's
    conjugate is real, for the conjugate of a root is a root; and if all are, their order is that of the balls.
    """
    polynomial = flint.arb_poly([*coefficients, flint.arb(1)])
    try:
        roots = polynomial.complex_roots()
    except ValueError:
        return []
    real = sorted((root.real for root in roots if root.imag.contains(0)), key=lambda root: float(root.mid()))
    apart = all(a < b for a, b in pairwise(real))
    return [_refined(polynomial, root) for root in real] if len(real) == len(coefficients) and apart else []


def _refined(polynomial: flint.arb_poly, root: flint.arb) -> flint.arb:
    """Return a narrower ball around the one root in a ball: Newton's method on intervals (the mean value theorem)."""
    slope = polynomial.derivative()
    for _ in range(_STEPS):
        middle, width = root.mid(), root.rad()
        steeper = slope(root)
        if steeper.contains(0):
            break
        root = root.intersection(middle - polynomial(middle) / steeper)
        if not root.rad() * 2 < width:
            break
    return root


def slopes(op: str, values: Sequence[flint.arb], payload: Any, value: flint.arb) -> list[flint.arb]:
    """Return the derivatives by each argument, in balls."""
    if op == "root":
        slope = sum(
            (k * c * value ** (k - 1) for k, c in enumerate(values) if k), len(values) * value ** (len(values) - 1)
        )
        return [-(value**k) / slope for k in range(len(values))]
    n = math.isqrt(len(values))
    zero, unit = flint.arb(0), flint.arb(1)
    return [
        in_balls(op, _block(values, n, [unit if k == i else zero for k in range(n * n)], zero), _upper(payload, n))
        for i in range(n * n)
    ]


def derivatives(graph: Graph, number: int) -> list[int]:
    """Return the nodes of the derivatives by each argument."""
    args, payload = graph.args[number], graph.payloads[number]
    if graph.ops[number] == "root":
        return _of_root(graph, number, args)
    n = math.isqrt(len(args))
    zero, unit = graph.whole(0), graph.whole(1)
    return [
        graph.joint("expm", _block(args, n, [unit if k == i else zero for k in range(n * n)], zero), _upper(payload, n))
        for i in range(n * n)
    ]


def _of_root(graph: Graph, root: int, coefficients: Sequence[int]) -> list[int]:
    n = len(coefficients)
    powers = [graph.power(root, Fraction(k)) for k in range(n)]
    terms = [graph.product(graph.product(graph.whole(k), coefficients[k]), powers[k - 1]) for k in range(1, n)]
    slope = graph.total([*terms, graph.product(graph.whole(n), powers[n - 1])])
    factor = graph.product(graph.whole(-1), graph.power(slope, Fraction(-1)))
    return [graph.product(power, factor) for power in powers]


def _block(matrix: Sequence[Any], n: int, direction: Sequence[Any], zero: Any) -> list[Any]:
    """Return the entries of [[A, E], [0, A]], row by row."""
    rows = [range(i * n, (i + 1) * n) for i in range(n)]
    above = [[*(matrix[k] for k in row), *(direction[k] for k in row)] for row in rows]
    below = [[*[zero] * n, *(matrix[k] for k in row)] for row in rows]
    return [entry for row in (*above, *below) for entry in row]


def _upper(payload: tuple[int, int], n: int) -> tuple[int, int]:
    return payload[0], payload[1] + n


def in_floats(op: str, values: Sequence[float], payload: Any) -> float:
    """Return the value in floats, as near as balls of double precision have it; NaN where that is not known."""
    with flint.ctx.workprec(128):
        return float(in_balls(op, [flint.arb(value) for value in values], payload))

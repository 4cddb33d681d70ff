"""The graph read in ball arithmetic: an interval that holds the exact value, as narrow as one asks for.

Two formulas whose balls at one exact point do not overlap are different there: that is a refutation, and it rests on
nothing else. Balls that overlap prove nothing.

The midpoint of a ball is no number that anybody may read: where digits cancel, the ball lies around 0, and its midpoint
is noise. Whoever reads a value asks `rationals.real`, or `enclose` for balls that are narrow enough; text is made by
`digits`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

import flint

from verify.graph import joints
from verify.graph.functions import enclosed
from verify.graph.graph import Graph
from verify.model.exact import simplest_rational

_LARGEST_ROOT = 1000  # beyond, a power is taken by the logarithm


class Balls:
    """The graph read in balls around its values at a point."""

    def __init__(self, point: Mapping[str, Fraction]) -> None:
        self.point = point

    def variable(self, name: str) -> flint.arb:
        return ball(self.point[name])

    def constant(self, value: Fraction) -> flint.arb:
        return ball(value)

    def typed(self, value: float) -> flint.arb:
        return ball(simplest_rational(value))

    def pi(self, payload: None) -> flint.arb:
        return flint.arb.pi()

    sum = staticmethod(operator.add)  # most of a graph, without a call of Python's
    product = staticmethod(operator.mul)

    def power(self, a: flint.arb, exponent: Fraction) -> flint.arb:
        return power(a, exponent)

    def function(self, name: str, a: flint.arb, number: int) -> flint.arb:
        return enclosed(name, a)

    joint = staticmethod(joints.in_balls)


def function(name: str, a: flint.arb) -> flint.arb:
    """Return a function of FUNCTIONS."""
    return enclosed(name, a)


class _Arithmetic:
    """What builds balls as a graph builds nodes."""

    whole = staticmethod(flint.arb)
    pi = staticmethod(flint.arb.pi)
    sum = staticmethod(operator.add)
    product = staticmethod(operator.mul)

    def constant(self, value: Fraction) -> flint.arb:
        return ball(value)

    def power(self, a: flint.arb, exponent: Fraction) -> flint.arb:
        return power(a, exponent)

    def function(self, name: str, a: flint.arb) -> flint.arb:
        return function(name, a)


ARITHMETIC = _Arithmetic()


def ball(value: Fraction) -> flint.arb:
    """Return a ball of the working precision around an exact number."""
    return flint.arb(flint.fmpq(*value.as_integer_ratio()))


def rational(value: Fraction) -> flint.fmpq:
    """Return an exact number as flint's."""
    return flint.fmpq(*value.as_integer_ratio())


def power(base: flint.arb, exponent: Fraction) -> flint.arb:
    """Return base ** exponent; not finite where the real power is not defined on the whole ball."""
    if exponent.denominator == 1:
        return whole_power(base, exponent.numerator)
    if exponent.denominator <= _LARGEST_ROOT:
        return whole_power(base.root(exponent.denominator), exponent.numerator)
    return base ** ball(exponent)


def whole_power(base: flint.arb, exponent: int) -> flint.arb:
    """Return base ** exponent, also for a ball that holds 0, on which flint's own power gives up."""
    if not base.contains(0) or exponent <= 0:
        return base ** flint.fmpz(exponent)
    result = flint.arb(1)
    for bit in f"{exponent:b}":
        result = result * result * (base if bit == "1" else 1)
    return result


def at(
    graph: Graph,
    nodes: Iterable[int],
    point: Mapping[str, Fraction],
    computed: dict[int, flint.arb] | None = None,
) -> dict[int, flint.arb]:
    """Return balls around the values of nodes at an exact point, at the working precision.

    Balls that are `computed` are not computed again, and the new ones are added to them.
    """
    return graph.read(nodes, Balls(point), computed)


PRECISIONS = (256, 1024, 4096, 16384)  # bits, tried in this order where a value is to be read
_REACHED = flint.arb(2) ** PRECISIONS[-1]  # of a larger number our most bits do not tell the whole part
_WORK = 30_000_000  # nodes times bits, beyond which no more digits are computed: about two seconds
_CERTAIN_BITS = 64  # bits: 17 digits, and some to tell which they are


def is_known(value: flint.arb) -> bool:
    """Tell whether a ball is 0, or so narrow around another number that its first 17 digits can be read."""
    return bool(value.is_finite()) and bool(
        value.is_zero() or (not value.contains(0) and value.rel_accuracy_bits() >= _CERTAIN_BITS)
    )


def enclose(
    graph: Graph,
    nodes: Iterable[int],
    point: Mapping[str, Fraction],
    enough: Callable[[flint.arb], bool] = is_known,
    precisions: Sequence[int] = PRECISIONS,
) -> dict[int, flint.arb]:
    """Return balls around the values of nodes at an exact point, computed with more bits until they are `enough`.

    A ball that is not enough is what the last precision gives, or the last within the budget; it reaches everywhere if
    that is not finite. NaN stands for a value that is undefined, or beyond all numbers.
    """
    values: dict[int, flint.arb] = {}
    still = list(dict.fromkeys(nodes))
    for bits in precisions:
        if not still or (values and bits * len(graph.reach(still)) > _WORK):
            break
        with flint.ctx.workprec(bits):
            balls = at(graph, still, point)
        values.update({node: balls[node] for node in still})
        undefined = {node for node in still if is_undefined(graph, node, balls)}
        values.update(dict.fromkeys(undefined, flint.arb("nan")))
        still = [node for node in still if node not in undefined and not enough(values[node])]
    values.update({node: flint.arb(0, math.inf) for node in still if not values[node].is_finite()})
    return values


def is_undefined(graph: Graph, node: int, values: Mapping[int, flint.arb]) -> bool:
    """Tell whether a node has no value, however many bits are taken; `values` has the balls of all that it needs.

    More bits help where a logarithm, a root or a quotient is taken of a ball that only reaches 0, and where the
    exponential of a large number is, of which so few bits are known that its ball is wider than 1.
    """
    if values[node].is_finite():
        return False
    first = next(n for n in graph.reach([node]) if not values[n].is_finite())
    arguments = [values[n] for n in graph.args[first]]
    if graph.ops[first] == "exp" and arguments[0].rad() > 1:
        return not abs(arguments[0]) < _REACHED
    return not any(argument.contains(0) and not argument.is_zero() for argument in arguments)

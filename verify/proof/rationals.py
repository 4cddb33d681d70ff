"""The graph read in exact rationals, as far as they reach: None for what is irrational, undefined or too long.

`real` is the one way from a node at a point to a number that can be read: a rational, a ball whose first digits are
certain, or what is said to be not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import flint

from verify.graph import balls, digits
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph, NodeValues
from verify.model.exact import decimal_text, simplest_rational
from verify.proof import field

_LONGEST = 2048  # bits of numerator or denominator
_REAL_BITS = 256


class Real(NamedTuple):
    """An exact value: a rational where it is a short one, and a ball of 256 bits or more around it in any case."""

    rational: Fraction | None
    ball: flint.arb

    @property
    def is_known(self) -> bool:
        """Tell whether the value is a rational, or its first 17 digits are certain."""
        return self.rational is not None or balls.is_known(self.ball)

    @property
    def text(self) -> str:
        """Write the value as `11/5`, or as `1.4142135623730950…` where it is no short rational.

        What is not known is told as that.
        """
        return digits.digits(self.ball) if self.rational is None else str(self.rational)

    @property
    def readable(self) -> str:
        """Write the value as `2.2`, where that is exact."""
        return self.text if self.rational is None else decimal_text(self.rational)


class _Rationals:
    """The graph in flint's rationals, which are several times as fast as Python's."""

    def __init__(self, point: Mapping[str, Fraction]) -> None:
        self.point = point
        self._made: dict[int, flint.fmpq] = {}  # by identity: many inputs share one number

    def variable(self, name: str) -> flint.fmpq | None:
        value = self.point[name]
        rational = self._made.get(id(value))
        if rational is None:
            rational = self._made[id(value)] = balls.rational(value)
        return rational

    def constant(self, value: Fraction) -> flint.fmpq | None:
        return balls.rational(value)

    def typed(self, value: float) -> flint.fmpq | None:
        return balls.rational(simplest_rational(value))

    def pi(self, payload: None) -> flint.fmpq | None:
        return None

    def sum(self, a: flint.fmpq | None, b: flint.fmpq | None) -> flint.fmpq | None:
        if a is None or b is None:
            return None
        value = a + b
        return value if value.height_bits() <= _LONGEST else None

    def product(self, a: flint.fmpq | None, b: flint.fmpq | None) -> flint.fmpq | None:
        if a is None or b is None:
            return None
        value = a * b
        return value if value.height_bits() <= _LONGEST else None

    def power(self, a: flint.fmpq | None, exponent: Fraction) -> flint.fmpq | None:
        result = None if a is None else power(_fraction(a), exponent)
        return None if result is None else balls.rational(result)

    def function(self, name: str, a: flint.fmpq | None, number: int) -> flint.fmpq | None:
        if a == 0:
            at_zero = FUNCTIONS[name].at_zero
            return None if at_zero is None else flint.fmpq(at_zero)
        return flint.fmpq(0) if name == "log" and a == 1 else None

    def joint(self, op: str, values: list[flint.fmpq | None], payload: Any) -> flint.fmpq | None:
        return None


def power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """Return base ** exponent where it is a rational of moderate length, else None."""
    root = _root(base, exponent.denominator)
    if root is None or (root == 0 and exponent < 0) or _bits(root) * abs(exponent.numerator) > _LONGEST:
        return None
    return Fraction(root**exponent.numerator)


def _root(base: Fraction, degree: int) -> Fraction | None:
    if degree == 1:
        return base
    if base < 0 or degree > _LONGEST:
        return None
    above, below = (flint.fmpz(n).root(degree) for n in base.as_integer_ratio())
    root = Fraction(int(above), int(below))
    return root if root**degree == base else None


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _fraction(value: flint.fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def rational(graph: Graph, node: int, point: Mapping[str, Fraction]) -> Fraction | None:
    """Return the value of a node at an exact point where it is a short rational, else None."""
    value = graph.read([node], _Rationals(point))[node]
    return None if value is None else _fraction(value)


def at(graph: Graph, nodes: Iterable[int], point: Mapping[str, Fraction]) -> dict[int, Any]:
    """Return the values of nodes at an exact point, for `beside`."""
    wanted = list(nodes)
    computed = graph.read(wanted, _Rationals(point), None)
    return {node: computed[node] for node in wanted}


def beside(
    graph: Graph, node: int, order: Sequence[int], point: Mapping[str, Fraction], unmoved: Mapping[int, Any]
) -> Fraction | None:
    """Return the value of a node where some inputs are moved to a point: those that the nodes in `order` depend on.

    `unmoved` has the values of what does not depend on these.
    """
    computed = dict(unmoved)
    graph.read_each(order, _Rationals(point), computed)
    return None if computed[node] is None else _fraction(computed[node])


def real(
    graph: Graph, nodes: Iterable[int], point: Mapping[str, Fraction], computed: NodeValues | None = None
) -> dict[int, Real]:
    """Return the values of nodes at an exact point, each with its text and as tight a ball as its kind allows.

    Rationals that an earlier call at the point has `computed` are taken from it, and the new ones added to them.
    """
    nodes = list(nodes)
    values = graph.read(nodes, _Rationals(point), computed)
    made: dict[tuple[int, int], Real] = {}  # many nodes, few values
    others = _others(graph, [node for node in nodes if values[node] is None], point)
    with flint.ctx.workprec(_REAL_BITS):
        return {node: others[node] if values[node] is None else _shared(values[node], made) for node in nodes}


def _shared(value: flint.fmpq, made: dict[tuple[int, int], Real]) -> Real:
    """Return the one Real of a rational."""
    parts = int(value.p), int(value.q)
    if parts not in made:
        made[parts] = Real(Fraction(*parts), flint.arb(value))
    return made[parts]


def _others(graph: Graph, nodes: Sequence[int], point: Mapping[str, Fraction]) -> dict[int, Real]:
    """Return the values of nodes that are no short rationals, as far as it can be seen.

    With more bits a ball comes off 0, unless the value is 0: then the prover is asked, before many bits are spent.
    """
    enclosures = balls.enclose(graph, nodes, point, precisions=[_REAL_BITS])
    zero = Real(Fraction(0), flint.arb(0))
    around = [node for node, ball in enclosures.items() if ball.is_finite() and ball.contains(0)]
    zeros = vanishing(graph, around)
    zeros.update(n for n in around if n not in zeros and (enclosures[n].is_zero() or _is_zero_there(graph, n, point)))
    unknown = [node for node, ball in enclosures.items() if node not in zeros and not balls.is_known(ball)]
    enclosures.update(balls.enclose(graph, unknown, point, precisions=balls.PRECISIONS[1:]) if unknown else {})
    return {node: zero if node in zeros else Real(None, ball) for node, ball in enclosures.items()}


def is_zero(graph: Graph, node: int, point: Mapping[str, Fraction]) -> bool:
    """Tell whether a node is 0 as a function, or at a point at which a finite ball holds its value and 0.

    The proof is the prover's: equal to 0 at random points of a finite field, for all inputs or with the inputs as
    constants. The ball settles the signs of roots, which a field does not have.
    """
    return vanishes(graph, node) or _is_zero_there(graph, node, point)


def _is_zero_there(graph: Graph, node: int, point: Mapping[str, Fraction]) -> bool:
    constants = Graph()
    return vanishes(constants, graph.read([node], _Constants(constants, point))[node])


def vanishes(graph: Graph, node: int) -> bool:
    """Tell whether a node is shown to be the function 0, up to the signs of roots."""
    return bool(vanishing(graph, [node]))


def vanishing(graph: Graph, nodes: Sequence[int]) -> set[int]:
    """Return those of some nodes that are shown to be the function 0, up to the signs of roots.

    All are asked about at once. Where that proves nothing, as one of them has a pole, each half is asked about.
    """
    zero = graph.constant(Fraction(0))
    still = [node for node in dict.fromkeys(nodes) if node != zero]
    zeros = set(nodes) - set(still)
    for laws in field.Laws:
        zeros.update(_vanishing(graph, [node for node in still if node not in zeros], laws))
    return zeros


def _vanishing(graph: Graph, nodes: Sequence[int], laws: field.Laws) -> Iterator[int]:
    zero = graph.constant(Fraction(0))
    alike, bits = field.equal(graph, [(node, zero) for node in nodes], 0, laws) if nodes else ([], 0)
    if not bits and len(nodes) > 1:
        for half in (nodes[: len(nodes) // 2], nodes[len(nodes) // 2 :]):
            yield from _vanishing(graph, half, laws)
    yield from (node for node, same in zip(nodes, alike, strict=True) if same)


class _Constants:
    """A graph read as nodes of another, in which the inputs are constants."""

    def __init__(self, graph: Graph, point: Mapping[str, Fraction]) -> None:
        self.point = point
        self.constant, self.sum, self.product, self.power = graph.constant, graph.sum, graph.product, graph.power
        self._graph = graph

    def variable(self, name: str) -> int:
        return self.constant(self.point[name])

    def typed(self, value: float) -> int:
        return self.constant(simplest_rational(value))

    def pi(self, payload: None) -> int:
        return self._graph.pi()

    def function(self, name: str, a: int, number: int) -> int:
        return self._graph.function(name, a)

    def joint(self, op: str, values: list[int], payload: Any) -> int:
        return self._graph.joint(op, values, payload)

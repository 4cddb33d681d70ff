"""Formulas written anew, so that the field sees what logarithms, powers and angles of one formula share with another.

Each of these holds wherever all nodes of the pair are defined, which is what a proof is for:

* log(a*b) is log(a) + log(b), log(a**c) is c*log(a), and (a*b)**c is a**c * b**c, for positive a and b (`positive`).
  A product whose logarithm is defined is positive, so that the sign of one factor need not be known; under a root,
  which is defined at 0 too, the other factors have to be positive, or all of them not negative.
* exp(u) with u multiplied out (`expansions`): the graph takes terms c*log(v) of it as factors v**c, so that
  exp((c - 1)*log(v)) is exp(c*log(v))/v, whatever c is.
* Gamma and Bessel functions of neighbouring arguments and orders by one or two of them (`recurrences`).
* sin(u + v) and cos(u + v) are the sums of products that they are, and those of k*u are polynomials in those of u.

Written anew is a copy on a graph of its own, which has the same values. A proof by it is one of the pair.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction

import flint

from verify.graph.functions import head
from verify.graph.graph import Graph
from verify.graph.joints import JOINT
from verify.proof.expansions import Expansion, Expansions, Monomial, TooLongError
from verify.proof.positive import Positive
from verify.proof.recurrences import BESSEL, GAMMA, lowered

_ANGLES = ("sin", "cos")
_MOST_ANGLES = 6  # in a sum of angles
_MOST_TURNS = 12  # how many times an angle is taken
_LARGEST_FACTORED = 2**40  # a constant whose logarithm falls into those of its primes
Angle = tuple[int, int]  # the nodes of its sine and cosine


class Rewriting:
    """A copy of some nodes of a graph, written anew; `nodes` are their numbers there.

    Nodes that are `positive` by the domain of the claim count as such: the copy has the same values in that domain.
    """

    def __init__(self, source: Graph, nodes: Sequence[int], positive: Iterable[int] = ()) -> None:
        self._source, self._order = source, source.reach(nodes)
        self._signs = Positive(source, self._order, positive)
        self._units: dict[Monomial, int] = {}  # into how many parts an angle is cut, so that all are multiples of one
        self.graph = Graph()
        self._expansions = Expansions(self.graph)
        self._copied = Positive(self.graph, ())
        self.nodes: dict[int, int] = {}
        self._write()
        if self._units_shared():
            self._write()

    def _write(self) -> None:
        for number in self._order:
            node = self.nodes[number] = self._written(number)
            if self._signs.is_positive(number):
                self._copied.positive.add(node)
            elif self._signs.is_not_negative(number):
                self._copied.not_negative.add(node)

    def _written(self, number: int) -> int:
        """Return a node anew, whose arguments are there."""
        op, payload = self._source.ops[number], self._source.payloads[number]
        args = [self.nodes[argument] for argument in self._source.args[number]]
        graph = self.graph
        if op in ("variable", "constant", "typed"):
            return int(getattr(graph, op)(payload))
        if op == "pi":
            return graph.pi()
        if op in ("sum", "product"):
            return int(getattr(graph, op)(*args))
        if op == "power":
            return self._power(args[0], payload)
        return graph.joint(op, args, payload) if op in JOINT else self._function(op, args[0])

    def _function(self, name: str, argument: int) -> int:
        if name == "log":
            return self._logarithm(argument)
        if name == "exp":
            return self._exponential(argument)
        if name in _ANGLES and self._units:
            return self._sine_or_cosine(name, argument)
        if head(name) in (*GAMMA, *BESSEL):
            with suppress(TooLongError):
                return lowered(self.graph, self._expansions, name, argument)
        return self.graph.function(name, argument)

    def _power(self, base: int, exponent: Fraction) -> int:
        """Return a power; a root of a product is the product of roots."""
        graph = self.graph
        if exponent.denominator == 1:
            return graph.power(base, exponent)
        factors = list(self._factors(base))
        loose = [factor for factor, _ in factors if not self._copied.is_positive(factor)]
        if len(loose) > 1 and not all(map(self._copied.is_not_negative, loose)):
            return graph.power(base, exponent)
        result = graph.constant(Fraction(1))
        for factor, power in factors:
            inner = power * exponent if self._copied.is_positive(factor) else exponent
            whole = factor if self._copied.is_positive(factor) else graph.power(factor, power)
            result = graph.product(result, graph.power(whole, inner))
        return result

    def _logarithm(self, argument: int) -> int:
        """Return a logarithm; that of a product is the sum of logarithms."""
        graph = self.graph
        factors = list(self._factors(argument))
        unsigned = [pair for pair in factors if not self._copied.is_not_negative(pair[0])]
        if len(unsigned) > 1:
            return graph.function("log", argument)
        terms = [graph.function("log", graph.power(*pair)) for pair in unsigned]
        for factor, power in (pair for pair in factors if pair not in unsigned):
            terms.append(graph.product(graph.constant(power), graph.function("log", factor)))
        return graph.total(terms)

    def _factors(self, node: int) -> Iterator[tuple[int, Fraction]]:
        """Yield the factors of a product with their exponents, constants by their primes."""
        graph, todo = self.graph, [(node, Fraction(1))]
        while todo:
            number, power = todo.pop()
            op, value = graph.ops[number], graph.constants.get(number)
            if op == "product":
                todo.extend((factor, power) for factor in graph.args[number])
            elif op == "power" and self._splits(number):
                todo.append((graph.args[number][0], power * graph.payloads[number]))
            elif value is not None and value > 0 and max(value.numerator, value.denominator) < _LARGEST_FACTORED:
                for whole, sign in ((value.numerator, 1), (value.denominator, -1)):
                    for prime, times in flint.fmpz(whole).factor():
                        yield graph.constant(Fraction(int(prime))), power * sign * times
            else:
                yield number, power

    def _splits(self, number: int) -> bool:
        """Tell whether a power may be taken for one of its base: an even power of what is negative may not."""
        return self._copied.is_positive(self.graph.args[number][0])

    def _exponential(self, exponent: int) -> int:
        """Return an exponential, whose exponent is multiplied out where there are logarithms in it."""
        graph = self.graph
        if not any(graph.ops[number] == "log" for number in graph.reach([exponent])):
            return graph.function("exp", exponent)
        try:
            return graph.function("exp", self._expansions.node(self._expansions.of(exponent)))
        except TooLongError:
            return graph.function("exp", exponent)

    def _units_shared(self) -> bool:
        """Find the units of angles; tells whether two angles have a part in common."""
        source = self._source
        arguments = {self.nodes[source.args[n][0]] for n in self._order if source.ops[n] in _ANGLES}
        times: dict[Monomial, set[Fraction]] = defaultdict(set)
        for argument in arguments:
            for monomial, factor in self._terms(argument).items():
                times[monomial].add(abs(factor))
        angles = [self._terms(argument) for argument in arguments]
        shared = {m for m in times if sum(m in terms for terms in angles) > 1}
        if shared:
            self._units = {m: math.lcm(*[factor.denominator for factor in times[m]]) for m in times}
        return bool(shared)

    def _terms(self, argument: int) -> Expansion:
        """Return the terms of an angle, none where there are too many."""
        try:
            terms = self._expansions.of(argument)
        except TooLongError:
            return {}
        return terms if len(terms) <= _MOST_ANGLES else {}

    def _sine_or_cosine(self, name: str, argument: int) -> int:
        """Return the sine or cosine of a sum of angles by those of its terms."""
        terms, graph = self._terms(argument), self.graph
        if not terms or any(abs(factor) * self._units.get(m, 1) > _MOST_TURNS for m, factor in terms.items()):
            return graph.function(name, argument)
        angle = graph.constant(Fraction(0)), graph.constant(Fraction(1))
        for monomial, factor in sorted(terms.items(), key=lambda term: sorted(term[0])):
            angle = self._added(angle, self._multiple(monomial, factor))
        return angle[_ANGLES.index(name)]

    def _multiple(self, monomial: Monomial, factor: Fraction) -> Angle:
        """Return the angle of a term by that of its unit; parts of a turn stay, as the field has them."""
        graph, unit = self.graph, self._units.get(monomial, 1)
        times = factor * unit
        if times.denominator != 1 or (len(monomial) == 1 and all(graph.ops[node] == "pi" for node, _ in monomial)):
            return self._angle({monomial: factor})
        angle = once = self._angle({monomial: Fraction(1, unit)})
        for _ in range(int(abs(times)) - 1):
            angle = self._added(angle, once)
        return angle if times > 0 else (graph.product(graph.constant(Fraction(-1)), angle[0]), angle[1])

    def _angle(self, terms: Expansion) -> Angle:
        node = self._expansions.node(terms)
        return self.graph.function("sin", node), self.graph.function("cos", node)

    def _added(self, a: Angle, b: Angle) -> Angle:
        """Return the sum of two angles."""
        graph = self.graph
        sine = graph.sum(graph.product(a[0], b[1]), graph.product(a[1], b[0]))
        minus = graph.product(graph.constant(Fraction(-1)), graph.product(a[0], b[0]))
        return sine, graph.sum(graph.product(a[1], b[1]), minus)

"""Wrong gradients on whole arrays, where a run on scalars would take too long: exact inputs at which both sides differ.

An entry is refuted where balls around what the code computes and around the exact derivative do not overlap, at an
exact point of the region at which the code on floats gives what its formula says. That is no less than the run on
scalars asks; but that run also knows of differences that are no mistakes, and looks into each. Here they are left open,
all those that may be one: a difference by little may be an approximation, one that vanishes where the floats of the
code are changed by less than single precision may be their rounding, and one that vanishes where small constants are
left out may be an epsilon that `backward` ignores.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction

import flint
import numpy as np

from verify.checks.approximation.leaves import differs_little
from verify.graph import digits
from verify.graph.graph import Graph
from verify.model.exact import decimal_text, simplest_rational
from verify.model.result import Counterexample
from verify.proof import rationals
from verify.tape import balls
from verify.tape.balls import Point
from verify.tape.enclosures import Enclosures
from verify.tape.expand import Expansion
from verify.tape.parts import Part, parts
from verify.tape.tape import Elements, Tape
from verify.tracing.symbols.taped import TapedTrace

Pair = tuple[int, int]  # the exact derivative and what the code computes, as elements

LARGE = 2_000_000  # operations on single numbers: a run on scalars takes at least ten seconds for as many
OTHERS = "all other entries"
_LITTLE = 1 / 8  # relative: what differs by less is not looked at
_SMALL = Fraction(1, 1000)  # constants that may be an epsilon, as in `approximation.ignored`
_ROUNDED = 2.0**-26  # relative: more than the rounding of any constant that was computed in floats
_BITS = 128
_DIMMED = flint.arb(2) ** -20  # how much smaller a difference may get where inputs are 0
_ZERO, _UNITY = Fraction(0), Fraction(1)
_WORK = 4_000_000  # numbers that are read to find inputs that are 0: each takes about a microsecond
_EXPANDED = 300_000  # operations on single numbers, up to which the values are also read in exact rationals


def operations(part: Part) -> int:
    """Return how many operations on single numbers a part stands for."""
    return part.size if part.op != "matmul" else part.size * part.args[0].shape[2]


def is_large(tape: Tape, wanted: Elements) -> bool:
    """Tell whether what some elements are computed from is too much for a run on scalars."""
    return sum(map(operations, parts(tape, wanted))) > LARGE


def most_apart(enclosures: Enclosures, expected: Elements, actual: Elements) -> int | None:
    """Return the place at which two arrays surely differ most, relative to the larger; None where that is little."""
    (a, ra), (b, rb) = enclosures.of(expected), enclosures.of(actual)
    with np.errstate(all="ignore"):
        apart = np.nan_to_num((np.abs(a - b) - (ra + rb)) / np.maximum(np.abs(a) + ra, np.abs(b) + rb), nan=0.0)
    place = int(apart.argmax())
    return place if apart[place] > _LITTLE else None


class Search:
    """The search for exact inputs at which pairs of elements differ, as many of them as possible 0.

    They are those at a `point` of the region, for which `holds` says whether another lies in it; `groups` are variables
    that may be 0. What was found for one pair is tried first for the next; all pairs together have one budget.
    """

    def __init__(
        self, trace: TapedTrace, point: Point, groups: Sequence[Elements], holds: Callable[[Point], bool]
    ) -> None:
        self.trace, self.groups, self.holds = trace, groups, holds
        self.points = [point]
        self.left = _WORK
        self.least = flint.arb(0)

    def counterexample(self, pair: Pair, confirmed: Callable[[Point], bool]) -> Counterexample | None:
        """Return inputs at which a pair differs, at which floats are `confirmed` to be what the code's formula says."""
        needed = parts(self.trace.tape, np.array(pair))
        apart = _apart(self.trace.tape, pair, self.points[0])
        self.least = apart.min(flint.arb(1)) * _DIMMED
        point = next((point for point in reversed(self.points) if self._shows(pair, point)), None)
        if point is None:
            return None
        below = [e for part in needed if part.op == "variable" for e in part.numbers.tolist()]
        for candidate in (self._emptied(pair, point, sum(part.size for part in needed)), *reversed(self.points)):
            if (
                confirmed(candidate)
                and (counterexample := _counterexample(self.trace, pair, candidate, below)) is not None
            ):
                self.points.append(candidate)
                return counterexample
        return None

    def _emptied(self, pair: Pair, point: Point, work: int) -> Point:
        """Return the point with more variables 0: all of a group, or those outside of a part that is halved."""
        for group in self.groups:
            rest = [element for element in group.tolist() if point.get(element, _UNITY)]
            if self._serves(pair, _without(rest, point), work):
                point, rest = _without(rest, point), []
            while len(rest) > 1:
                halves = rest[: len(rest) // 2], rest[len(rest) // 2 :]
                empty = next((half for half in halves if self._serves(pair, _without(half, point), work)), None)
                if empty is None:
                    break
                point, rest = _without(empty, point), halves[empty is halves[0]]
        return point

    def _serves(self, pair: Pair, point: Point, work: int) -> bool:
        """Tell whether a pair differs at a point of the region, as long as there is work left to find out."""
        self.left -= work
        return self.left >= 0 and self._shows(pair, point) and self.holds(point)

    def _shows(self, pair: Pair, point: Point) -> bool:
        return bool(_apart(self.trace.tape, pair, point) > self.least)


def _without(elements: Sequence[int], point: Point) -> Point:
    return {**point, **dict.fromkeys(elements, _ZERO)}


def _apart(tape: Tape, pair: Pair, point: Point) -> flint.arb:
    """Return how far both sides are apart at a point, 0 where something else than a mistake may explain it."""
    with flint.ctx.workprec(_BITS):
        left, right = balls.at(tape, np.array(pair), point, _BITS, _loosened)
        different = left.is_finite() and right.is_finite() and not left.overlaps(right)
        return abs(left - right) if different and not differs_little(left, right) else flint.arb(0)


def _loosened(value: float) -> flint.arb:
    """Return a ball around a float of the code that holds what was meant by it: 0, if it is small."""
    size = abs(value)
    if abs(simplest_rational(value)) <= _SMALL:
        return flint.arb(0, 2 * size)
    return flint.arb(value, size * _ROUNDED)


def _counterexample(trace: TapedTrace, pair: Pair, point: Point, below: Sequence[int]) -> Counterexample | None:
    """Return the inputs that are not 0, and both values."""
    values = {element: point[element] if element in point else trace.sample_of(element) for element in below}
    names = trace.named(element for element, value in values.items() if value)
    texts = _texts(trace.tape, pair, point, values, names)
    if texts is None:
        return None
    inputs = [(names[element], decimal_text(value)) for element, value in values.items() if value]
    others = [(OTHERS, "0")] if len(inputs) < len(values) else []
    return Counterexample((*inputs, *others), *texts)


def sides_at(trace: TapedTrace, pair: Pair, point: Point, named: Collection[str]) -> tuple[str, str] | None:
    """Return both values of a pair at a point as text; None where they may be equal, or hang on other inputs.

    Those are inputs that are not `named`, and not 0 there.
    """
    variables = [
        e for part in parts(trace.tape, np.array(pair)) if part.op == "variable" for e in part.numbers.tolist()
    ]
    values = {element: point[element] if element in point else trace.sample_of(element) for element in variables}
    names = trace.named(element for element, value in values.items() if value)
    return _texts(trace.tape, pair, point, values, names) if {*names.values()} <= {*named} else None


def _texts(
    tape: Tape, pair: Pair, point: Point, values: Mapping[int, Fraction], names: Mapping[int, str]
) -> tuple[str, str] | None:
    """Return both values as text: as the run on scalars writes them, where that is not too much."""
    if sum(map(operations, parts(tape, np.array(pair)))) > _EXPANDED:
        return _digits(tape, pair, point)
    graph = Graph()
    nodes = {e: graph.variable(names[e]) if value else graph.constant(value) for e, value in values.items()}
    expected, actual = Expansion(tape, graph, nodes).nodes(np.array(pair))
    real = rationals.real(graph, [expected, actual], {names[e]: value for e, value in values.items() if value})
    if real[expected].ball.overlaps(real[actual].ball):
        return None
    return real[expected].readable, real[actual].readable


def _digits(tape: Tape, pair: Pair, point: Point) -> tuple[str, str]:
    with flint.ctx.workprec(_BITS):
        expected, actual = (digits.digits(ball) for ball in balls.at(tape, np.array(pair), point, _BITS))
    return expected, actual

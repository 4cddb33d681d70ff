"""Terms that are too small to be seen where two formulas are compared, and points at which they are not.

A spectral line at 656 is below 1e-400 at 2, and so is whatever is wrong with it: that both sides agree there to
hundreds of digits says nothing of it. So every node is asked how much it does to the two results: one that does
something, and at no point enough to be seen, is hidden. Points where it is not are looked for where the arguments of
functions in it are of ordinary size: with all inputs nearer to 0, next to zeros and extrema of these arguments along
one input at a time, and next to an extremum in several inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import cycle, islice, pairwise
from typing import NamedTuple

import flint

from verify.graph import balls
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.graph.slopes import Tape

Point = Mapping[str, Fraction]

_BITS = 192
COMPARED = 1000  # bits: so many are compared, and more
_SCALES = range(-30, 41, 2)  # powers of 2 that an input is moved to
_NEARER = (10, 20, 30, 40)  # powers of 2 that all inputs are divided by
_TARGETS = (Fraction(-3, 2), Fraction(1, 2))  # arguments of ordinary size
_ORDINARY = 40  # the largest argument at an extremum that is one
_OFFSETS = tuple(Fraction(n, 16) for n in (5, 7, -11, -13, 19, 16, -27, -25, 9, 10, -4, -3, 14, 12, -22, -18))  # widths
_HALVINGS = 80
_NARROWEST, _WIDEST = flint.arb(2) ** -100, flint.arb(2) ** 100  # of a term: other widths are none of its own
_WORK = 2_000_000  # nodes that are read in all; the first point is looked at in any case
_MOST_TERMS = 24  # that are looked for
_MOST_POINTS = 24  # for each of them
_MOST_INPUTS = 4  # along which each is looked for
_MOST_TOGETHER = 16  # inputs in which an extremum is looked for
_MOST_LINES = 24  # along which it is looked for


class Hidden(NamedTuple):
    """Points at which terms are seen that are not elsewhere, and the nodes that are seen at none.

    `spent` tells that the work that a search may take was used up before all of them had been looked for.
    """

    points: list[Point]
    unseen: list[int]
    spent: bool = False


class Purse:
    """How many nodes searches may still read in all."""

    def __init__(self, nodes: int) -> None:
        self.nodes = nodes


class _SpentError(Exception):
    """The work that a search may take is used up."""


def hidden(
    graph: Graph,
    pair: tuple[int, int],
    points: Sequence[Point],
    holds: Callable[[Point], bool] | None,
    bits: int = COMPARED,
    purse: Purse | None = None,
) -> Hidden:
    """Look for the terms of a pair that are too small to be seen at some points; of new points, `holds` tells.

    What is seen has an effect above 2**-bits of a result, or of 1 where that is less. The nodes that are read are
    paid for from a purse, which others may share; the first point is looked at in any case.
    """
    with flint.ctx.workprec(_BITS):
        search = _Search(Tape(graph, pair), pair, flint.arb(2) ** -bits, purse or Purse(_WORK))
        points_showing: list[Point] = []
        try:
            for point in points:
                search.look(point)
            if holds is not None:
                points_showing += search.nearer(points[0], holds)
                points_showing += search.together(points[0], holds)
            for node in search.unseen()[:_MOST_TERMS] if holds else []:
                if node not in search.seen and holds is not None:
                    points_showing += search.showing(node, points[0], holds)
        except _SpentError:
            return Hidden(points_showing, search.unseen(), spent=True)
        return Hidden(points_showing, search.unseen())


class _Search:
    """What is seen of the nodes of a pair, and where."""

    def __init__(self, tape: Tape, pair: tuple[int, int], least: flint.arb, purse: Purse) -> None:
        self.least, self.purse = least, purse
        self.tape, self.graph, self.pair = tape, tape.graph, pair
        self.seen: set[int] = set()
        self.tiny: set[int] = set()
        ops, args = self.graph.ops, self.graph.args
        self.arguments = {args[node][0]: node for node in tape.order if ops[node] in FUNCTIONS}
        self.lines: dict[tuple[int, str], Iterator[Point]] = {}
        self.tried: set[tuple[str, Fraction]] = set()
        self.begun = False

    def spend(self, nodes: int) -> None:
        """Count nodes that are to be read; raises _SpentError where these are too many, and not the first."""
        if self.begun and nodes > self.purse.nodes:
            raise _SpentError
        self.begun = True
        self.purse.nodes -= nodes

    def look(self, point: Point) -> set[int]:
        """Return the nodes that are seen at a point."""
        self.spend(len(self.tape.order))
        values = balls.at(self.graph, self.tape.order, point)
        effective: set[int] = set()
        for side in self.pair:
            if values[side].is_finite():
                least = self.least * abs(values[side]).max(flint.arb(1))
                for node, slope in self.tape.adjoints(side, values, self.tape.order).items():
                    effect = self._effect(node, slope, values[node])
                    if effect.is_finite() and not effect.contains(0):
                        (effective if effect >= least else self.tiny).add(node)
        self.seen |= effective
        return effective

    def _effect(self, node: int, slope: flint.arb, value: flint.arb) -> flint.arb:
        """Return what a change of a node as large as it is, or by 1 of a function's argument, does to a result."""
        return abs(slope) * (abs(value).max(flint.arb(1)) if node in self.arguments else abs(value))

    def unseen(self) -> list[int]:
        """Return the nodes that do something, and at no point enough to be seen."""
        return sorted(self.tiny - self.seen)

    def showing(self, node: int, start: Point, holds: Callable[[Point], bool]) -> Iterator[Point]:
        """Return a few points at which a node is seen, or another one that was not."""
        wanted = {node, *self.unseen()[:_MOST_TERMS]}
        return islice((p for p in self.near(node, start, holds) if self.look(p).intersection(wanted)), _MOST_POINTS)

    def nearer(self, start: Point, holds: Callable[[Point], bool]) -> Iterator[Point]:
        """Return points at which nodes are seen that were not, with all inputs moved towards 0 at once.

        Of inputs that are far apart, several differences are large, and along one input only one of them gets small.
        """
        for power in _NEARER:
            wanted = self.unseen()
            point = {name: value / 2**power for name, value in start.items()}
            if wanted and holds(point) and self.look(point).intersection(wanted):
                yield point

    def near(self, node: int, start: Point, holds: Callable[[Point], bool]) -> Iterator[Point]:
        """Return points where the functions in a node, or the node itself, have arguments of ordinary size.

        Nodes share arguments, and lines share points. What is seen at a point counts as seen from then on, so that a
        second look would show nothing: a line goes on where the search for another node has left it.
        """
        below = self.graph.reach([node])
        arguments = [n for n in below if n in self.arguments and n not in self.seen]
        for argument in [*arguments, node][:_MOST_INPUTS]:
            for leaf in self.graph.leaves(argument)[:_MOST_INPUTS]:
                name = self.graph.payloads[leaf]
                if (argument, name) not in self.lines:
                    self.lines[argument, name] = self.along(argument, name, start, holds)
                yield from map(dict, self.lines[argument, name])  # a map leaves the line open where this ends

    def together(self, start: Point, holds: Callable[[Point], bool]) -> Iterator[Point]:
        """Return points at which nodes are seen that were not, around extrema in several inputs at once.

        A bump of several inputs is too small to be seen along each of them while the others are far from it.
        """
        unseen = set(self.unseen())
        for argument in sorted(unseen.intersection(self.arguments), reverse=True)[:_MOST_INPUTS]:
            wanted = {argument, *self.unseen()}
            yield from islice((p for p in self.around(argument, start, holds) if self.look(p) & wanted), _MOST_POINTS)

    def around(self, node: int, start: Point, holds: Callable[[Point], bool]) -> Iterator[Point]:
        """Return points around an extremum of a node, which is looked for along one input after another."""
        names = [self.graph.payloads[leaf] for leaf in self.graph.leaves(node)]
        if not 1 < len(names) <= _MOST_TOGETHER:
            return
        tape, point, places = Tape(self.graph, [node]), dict(start), dict[str, list[Fraction]]()
        for name in islice(cycle(names), _MOST_LINES):
            extrema = _Line(tape, node, point, name, self.spend).extrema()
            nearest = min(extrema, key=lambda extremum: abs(float(extremum[0].value)), default=None)
            if nearest is None:
                return
            point[name], places[name] = nearest[0].place, [*_around(nearest[0].place, nearest[1])]
            if len(places) == len(names) and abs(nearest[0].value) <= _ORDINARY:
                together = zip(*places.values(), strict=False)  # of a width that is none of its own there are no places
                yield from filter(holds, ({**start, **dict(zip(places, at, strict=True))} for at in together))
                return

    def along(self, node: int, name: str, start: Point, holds: Callable[[Point], bool]) -> Iterator[Point]:
        """Return points along one input at which a node is of ordinary size, but for those of other lines."""
        for value in _Line(Tape(self.graph, [node]), node, start, name, self.spend).places():
            if (name, value) not in self.tried:
                self.tried.add((name, value))
                if holds(point := {**start, name: value}):
                    yield point


class _At(NamedTuple):
    """A value of an input, and what a node has there."""

    place: Fraction
    value: flint.arb
    slope: flint.arb


class _Line:
    """A node along one input: its value and slope."""

    def __init__(self, tape: Tape, node: int, start: Point, name: str, spend: Callable[[int], None]) -> None:
        self.tape, self.node, self.start, self.name, self.spend = tape, node, start, name, spend
        self.variable = tape.graph.variables[name]

    def places(self) -> Iterator[Fraction]:
        """Return values of the input next to zeros and extrema of the node, then others of all magnitudes."""
        finite = self._scan()
        for low, high in pairwise(finite):
            for target in map(balls.ball, _TARGETS):
                yield from self._zero(low, high, target)
            for at, width in self._extremum(low, high):
                if abs(at.value) <= _ORDINARY:
                    yield from _around(at.place, width)
        yield from (at.place for at in finite if abs(at.value) <= _ORDINARY)

    def _zero(self, low: _At, high: _At, target: flint.arb) -> Iterator[Fraction]:
        """Return values of the input around one where the node is `target`, between two others."""
        if _apart(low.value - target, high.value - target):
            at = self._between(low, high, lambda at: at.value - target)
            yield from _around(at.place, abs(1 / at.slope))

    def extrema(self) -> Iterator[tuple[_At, flint.arb]]:
        """Return where the node has extrema, each with its width."""
        for low, high in pairwise(self._scan()):
            yield from self._extremum(low, high)

    def _scan(self) -> list[_At]:
        """Return what the node has at values of the input of all magnitudes."""
        scan = sorted({sign * Fraction(2) ** power for power in _SCALES for sign in (-1, 1)} | {self.start[self.name]})
        return [at for place in scan if (at := self._at(place)).value.is_finite() and at.slope.is_finite()]

    def _extremum(self, low: _At, high: _At) -> Iterator[tuple[_At, flint.arb]]:
        """Return where the node has an extremum between two values of the input, with the width of that."""
        if _apart(low.slope, high.slope):
            at = self._between(low, high, lambda at: at.slope)
            bend = (high.slope - low.slope) / balls.ball(high.place - low.place)
            yield at, abs(2 / bend).sqrt()

    def _at(self, place: Fraction) -> _At:
        self.spend(len(self.tape.order))
        values = balls.at(self.tape.graph, self.tape.order, {**self.start, self.name: place})
        slope = self.tape.adjoints(self.node, values, self.tape.order).get(self.variable, flint.arb(0))
        return _At(place, values[self.node], slope)

    def _between(self, low: _At, high: _At, function: Callable[[_At], flint.arb]) -> _At:
        """Halve an interval at whose ends a function has other signs."""
        rising = function(high) > 0
        for _ in range(_HALVINGS):
            middle = self._at((low.place + high.place) / 2)
            low, high = (low, middle) if bool(function(middle) > 0) == rising else (middle, high)
        return low


def _around(place: Fraction, width: flint.arb) -> Iterator[Fraction]:
    """Return short numbers around a place, in units of a width."""
    if not (width > _NARROWEST and width < _WIDEST):
        return
    unit = Fraction(2) ** math.floor(math.log2(float(width.mid())))
    grid = unit / 64
    for offset in _OFFSETS:
        yield round((place + offset * unit) / grid) * grid


def _apart(a: flint.arb, b: flint.arb) -> bool:
    """Tell whether two numbers have other signs."""
    return bool((a > 0 and b < 0) or (a < 0 and b > 0))

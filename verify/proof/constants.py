"""Is a difference no more than the rounding of the constants that stand in the code?

A float in the code is off from the number that was meant: a typed irrational by half an ulp, a computed one by a few
roundings, a decimal of few digits by no more than its float: 0.999999 may move by an ulp, for 16 would be 1.8e-9 of 1 -
0.999999. So each constant is an interval (`reach`), and the question is whether some choice of the constants in their
intervals makes both sides one function. The choice is found by Newton's method: the difference of the two sides at some
points and its slopes with respect to the constants give a linear system, whose solution next to the present choice is
the next one. The choice is accepted when the difference vanishes to hundreds of digits, at points that it was not made
for too, and lies in the intervals. A difference of another form than the constants have stays.

Balls around the constants would not do: they grow with every operation, and in the end cover anything. Nor would
corrections that differ from point to point: a difference quotient has those. One correction for all points it may have
as well, as ((1 + h) x)**2 - x**2 over h x: but there the code makes leading digits of the last ones of a constant, and
what is exact does not.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import flint

from verify.graph import balls
from verify.graph.graph import Graph
from verify.graph.slopes import Key, Tape, moves
from verify.model.exact import is_short, simplest_rational

Point = Mapping[str, Fraction]

# What a graph remembers: how many parts turns have in its transforms, and the largest entries of arrays of floats.
TURNS, SCALES, COMPUTED = "parts of a turn", "largest entries", "largest entries by the floats beside them"
_BITS = 1024
_SOLVING = 4 * _BITS  # for the square of what is left, squared
_FEW = 16  # ulps: what a few float operations may add
_TYPED = 1  # ulp: a half for the float of a decimal, a half for what is computed of it, as 1 - 0.999999
_CANCELLED = 8  # zeros at the end of a mantissa, by which a float is known to be the difference of larger ones
_UNITS = 2  # of the last digit that such a float has
_WIDEST = Fraction(1, 2**31)  # relative: more than that is no rounding in double precision
_SPARE = 6  # points beyond the number of constants
_FRESH = 3  # points at least that a choice was not made for: at too few points any difference could be removed
_STEPS = 12
_GAIN = Fraction(1, 2**10)  # what a step makes of the difference: a right one makes its square of it, else it is slow
_STILL = balls.ball(Fraction(3, 4))  # of the difference: what leaves more than that does not come to a solution
_CAUTION = flint.arb(2) ** -40  # constants that have the same effect but for a rounding have it but for this
_VANISHED = flint.arb(2) ** -300  # of what the roundings do: about 90 digits
_SHARP = flint.arb(2) ** -340  # of what the roundings do: the largest radius of a difference that can be judged
_AMPLIFIED = 1000  # how much more the code may make of a rounding than what is exact does
_ROUGH = flint.arb(2) ** -20  # of the result: roundings that do more to it are no small changes
_SHORT = 10**6  # a denominator up to which a constant may well be meant as it is read
_FACTOR = 4  # for what is not linear
_HUGE = 10**300  # an exponent that a float holds
_AT_A_POINT = 256  # bits
_GLANCE = 128  # bits: enough to see that a difference is too large
_WORK = 600_000  # nodes read, in all that is asked in one go


@dataclass(frozen=True, slots=True)
class Correction:
    """A choice of constants that makes two nodes one function: how many there are, and the largest change in ulps."""

    constants: int
    ulps: float


class OverworkError(Exception):
    """The constants are too many, or the formula too long, for what may be spent on them."""


class Unknown:
    """A constant of the code: the number that is read, the interval that it may lie in, and the ulp of its float.

    The ulp of a cosine is that of the largest entry of its array.
    """

    def __init__(self, graph: Graph, key: Key) -> None:
        self.key = key
        value = float(key) if isinstance(key, Fraction) else float(graph.payloads[key])
        self.read = key if isinstance(key, Fraction) else simplest_rational(value)
        self.middle, self.ulp = Fraction(value), Fraction(math.ulp(value))
        self.reach, self.scale = reach(value), Fraction(0)  # the largest entry beside a cosine
        if isinstance(key, int) and (cosine := reach_of_cosine(graph, key, value)) > self.reach:
            self.scale = Fraction(graph.memory(SCALES)[key])
            self.reach, self.ulp = cosine, Fraction(math.ulp(self.scale))
        if isinstance(key, Fraction):  # an exponent often is n less one, with the rounding of n
            self.reach = max(self.reach, _roundings(value) * Fraction(math.ulp(1.0)))

    def allows(self, value: flint.arb) -> bool:
        """Tell whether a value lies in the interval."""
        return bool(abs(value - balls.ball(self.middle)) <= balls.ball(self.reach))

    def ulps(self, value: flint.arb) -> float:
        """Return how many ulps a value is from the float."""
        return float(abs(value - balls.ball(self.middle)) / balls.ball(self.ulp))


def reach(value: float) -> Fraction:
    """Return how far the number that was meant may lie from a float: what a few roundings may have added.

    What has few digits is typed. Another float that ends in many zeros has lost its digits in a difference, as
    1 - 0.9999 has: its last digit that is none tells how large a rounding of the operands is. By accident it has eight
    of them once in 256 times.
    """
    ulp, mantissa = Fraction(math.ulp(value)), abs(Fraction(value)) / Fraction(math.ulp(value))
    digits = mantissa.numerator
    zeros = (digits & -digits).bit_length() - 1
    lost = _UNITS * 2**zeros * ulp if zeros >= _CANCELLED and not is_short(value) else Fraction(0)
    return min(max(_roundings(value) * ulp, lost), abs(Fraction(value)) * _WIDEST)


def _roundings(value: float) -> int:
    """Return how many ulps a float may be off: a decimal of few digits is typed, any other may be computed."""
    return _TYPED if is_short(value) else _FEW


def reach_of_cosine(graph: Graph, node: int, value: float) -> Fraction:
    """Return how far what was meant may lie from an entry of an array of cosines; 0 for any other float.

    In code that has discrete Fourier transforms, matrices of the same cosines are computed from angles of up to as many
    turns as a turn has parts there. A few roundings of such an angle are the error of its cosine, however small that
    is: sin(pi) is 1.2e-16. Only what lies so close to the cosine of some parts of a turn, in units of the largest entry
    of its array, is taken for one.
    """
    turns, scale = graph.memory(TURNS), graph.memory(SCALES).get(node)
    if not turns or not scale:
        return Fraction(0)
    error = _FEW * math.ulp(2 * math.pi * max(turns))
    part = math.acos(max(-1.0, min(1.0, value / scale))) / (2 * math.pi)
    cosines = (math.cos(2 * math.pi * round(n * part) / n) for n in turns)
    is_cosine = any(abs(value / scale - cosine) <= error for cosine in cosines)
    return Fraction(error) * Fraction(scale) if is_cosine else Fraction(0)


class Corrections:
    """What is asked about the constants of one graph: what one pair needs the next one most often needs as well."""

    def __init__(self, graph: Graph, holds: Callable[[Point], bool] | None = None) -> None:
        self.graph = graph
        self.holds = holds
        self.work = 0
        self._unknowns: dict[Key, Unknown] = {}
        self._chosen: dict[Key, flint.arb] = {}
        self._looked, self._any = 0, False  # at how many nodes, and whether one of them is a constant that moves

    @property
    def _none(self) -> bool:
        """Tell whether the graph has no constant that moves: no pair has one then, which takes long to see of each."""
        looked, self._looked = self._looked, len(self.graph)
        self._any = self._any or any(moves(self.graph, node) for node in range(looked, self._looked))
        return not self._any

    def of(self, pair: tuple[int, int], points: Sequence[Point], special: Sequence[Point] = ()) -> Correction | None:
        """Return a choice of constants that makes both nodes one function, None if there is none.

        At `special` points constants show that do not elsewhere: half of them serve to choose, half to judge.
        Raises OverworkError where that takes too long to find out.
        """
        if self._none:
            return None
        tape = Tape(self.graph, pair)
        unknowns = [self._unknown(key) for key in tape.keys]
        if not unknowns:
            return None
        search = _Search(self, tape, pair, unknowns, special)
        if search.hopeless(points[0]):
            return None
        with flint.ctx.workprec(_BITS):
            chosen = self._first_choice(search, points)
            if chosen is None:
                return None
            self._chosen.update(chosen)
            return Correction(len(unknowns), max(u.ulps(chosen[u.key]) for u in unknowns))

    def may_explain(self, pair: tuple[int, int], point: Point) -> bool:
        """Tell whether roundings of the constants reach a difference, and change more than digits of the result.

        As 1 - 0.99999999999 has but few of the digits of its operands: no choice of constants is looked for there.
        """
        if self._none:
            return False
        tape = Tape(self.graph, pair)
        search = _Search(self, tape, pair, [self._unknown(key) for key in tape.keys])
        with flint.ctx.workprec(_AT_A_POINT):
            return bool(tape.keys) and search.covers(point, rough=True)

    def _first_choice(self, search: _Search, points: Sequence[Point]) -> dict[Key, flint.arb] | None:
        """Return the first choice that a search comes to: from the last one, from what is read, and with this for most.

        Where there are more constants than the formula needs, as .2 and .04 beside two roots, many choices do, and
        Newton's method may come to none of them. Then those that can be written with few digits are what they seem.
        """
        unknowns = search.unknowns
        read = {u.key: balls.ball(u.read) for u in unknowns}
        chosen = search.chosen(points, {u.key: self._chosen.get(u.key, read[u.key]) for u in unknowns})
        if chosen is None and any(u.key in self._chosen for u in unknowns):
            chosen = search.chosen(points, read)
        long = [u for u in unknowns if u.read.denominator > _SHORT]
        if chosen is None and 0 < len(long) < len(unknowns):
            chosen = search.among(long).chosen(points, read)
        return chosen

    def _unknown(self, key: Key) -> Unknown:
        if key not in self._unknowns:
            self._unknowns[key] = Unknown(self.graph, key)
        return self._unknowns[key]

    def spend(self, nodes: int) -> None:
        """Count work; raises OverworkError beyond what may be spent."""
        self.work += nodes
        if self.work > _WORK:
            raise OverworkError


def same_up_to_constants(graph: Graph, pair: tuple[int, int], point: Point) -> bool:
    """Tell whether two nodes that differ at a point have one value there for some constants within their rounding.

    It is asked of values on edges, of which there is one; of functions, `Corrections` asks for the same constants
    everywhere. A move of all constants to the ends of their intervals has to reach the difference.
    """
    tape = Tape(graph, pair)
    if not tape.keys:
        return False
    search = _Search(Corrections(graph), tape, pair, [Unknown(graph, key) for key in tape.keys])
    with flint.ctx.workprec(_AT_A_POINT):
        return search.covers(point)


class _Row:
    """The difference of two nodes at a point, and what the largest roundings of each constant do to it."""

    def __init__(self, point: Point) -> None:
        self.point = point
        self.values: dict[int, flint.arb] = {}
        self.unit = flint.arb(0)  # of the difference: the largest effect of a constant
        self.effects: list[flint.arb] = []
        self.difference = flint.arb(0)
        self.rough = False  # whether roundings change more here than digits: the system is no linear one
        self.amplified = True  # whether the code makes far more of a rounding than what is exact does


class _Search:
    """Newton's method for one pair of nodes."""

    def __init__(
        self,
        owner: Corrections,
        tape: Tape,
        pair: tuple[int, int],
        unknowns: Sequence[Unknown],
        special: Sequence[Point] = (),
    ) -> None:
        self.special = special
        self.owner, self.tape, self.pair, self.unknowns = owner, tape, pair, unknowns
        self.reaches = [balls.ball(unknown.reach) for unknown in unknowns]  # at the usual precision

    def among(self, unknowns: Sequence[Unknown]) -> _Search:
        """Return the search in which all constants but these are what they are given as."""
        return _Search(self.owner, self.tape, self.pair, unknowns, self.special)

    def chosen(self, points: Sequence[Point], values: dict[Key, flint.arb]) -> dict[Key, flint.arb] | None:
        """Return constants for which both nodes are one function, next to those given; None if there are none."""
        needed = len(self.unknowns) + _SPARE
        rows = [row for point in self._further(points, 2 * needed) if self._judge(row := _Row(point), values)][:needed]
        rows += [row for point in self.special[::2] if self._judge(row := _Row(point), values)]
        if any(row.unit.is_zero() for row in rows):  # no constant matters there, and the sides differ
            return None
        if not rows or 2 * sum(row.amplified for row in rows) > len(rows):
            return None
        solved = self._solved(rows, values)
        if solved is None or not all(u.allows(solved[u.key]) for u in self.unknowns):
            return None
        others = [*points, *self.special[1::2], *islice(self._further(points, needed + _FRESH), needed, None)]
        fresh = [row for point in others if self._judge(row := _Row(point), solved)]
        return solved if len(fresh) >= _FRESH and all(_left(row) <= _VANISHED for row in fresh) else None

    def _further(self, points: Sequence[Point], number: int) -> Iterator[Point]:
        """Return points around others, within the region where that can be told."""
        rng = random.Random(number)
        names = [self.tape.graph.payloads[i] for i in self.tape.order if self.tape.graph.ops[i] == "variable"]
        for i in range(number):
            start = points[i % len(points)]
            for halvings in range(0 if self.owner.holds else 2, 12):
                point = {**start, **{name: _moved(start[name], rng, halvings) for name in names}}
                if self.owner.holds is None or self.owner.holds(point):
                    yield point
                    break

    def _judge(self, row: _Row, constants: Mapping[Key, flint.arb]) -> bool:
        """Compute a row for a choice of constants; tells whether it is defined, and asks for something."""
        self.owner.spend(len(self.tape.varying) * 3)
        values, (left, right) = row.values, self.pair
        self.tape.at(row.point, constants, values)
        row.difference = values[left] - values[right]
        if not row.difference.is_finite():
            return False
        exact, code = (self.tape.slopes(node, constants, values) for node in self.pair)
        zero = flint.arb(0)
        row.effects = [
            _unless_nothing((exact.get(u.key, zero) - code.get(u.key, zero)) * reach)
            for u, reach in zip(self.unknowns, self.reaches, strict=True)
        ]
        if not all(effect.is_finite() for effect in row.effects):
            return False
        if row.unit.is_zero():
            row.unit = max((abs(effect) for effect in row.effects), key=_size).mid()
            row.amplified = self._amplifies(values, exact, code, constants)
            row.rough = bool(row.unit > self._size_of(row, values[left]) * _ROUGH)
        if row.unit.is_zero():
            return not row.difference.contains(0)
        return not row.rough and (bool(row.difference.rad() <= row.unit * _SHARP) or self._beyond(row))

    def _size_of(self, row: _Row, value: flint.arb) -> flint.arb:
        """Return the size of a result; where cosines come to 0, of what the largest of their array would come to."""
        sizes = [
            abs(effect) * balls.ball(unknown.scale / unknown.reach)
            for unknown, effect in zip(self.unknowns, row.effects, strict=True)
            if unknown.scale
        ]
        return max([abs(value), *sizes], key=_size)

    def _beyond(self, row: _Row) -> bool:
        """Tell whether a difference is larger than what all roundings together do."""
        return bool(abs(row.difference) > row.unit * (_FACTOR * len(self.unknowns)))

    def covers(self, point: Point, *, rough: bool = False) -> bool:
        """Tell whether the roundings of the constants together are as large as the difference at a point.

        With `rough`, whether they are and change more than digits of the result there.
        """
        row = _Row(point)
        self._judge(row, {u.key: balls.ball(u.read) for u in self.unknowns})
        if rough and not row.rough:
            return False
        if row.unit.is_zero() or row.amplified or not row.difference.is_finite():
            return bool(row.difference.is_zero())
        return bool(abs(row.difference) <= sum(map(abs, row.effects), flint.arb(0)))

    def hopeless(self, point: Point) -> bool:
        """Tell from few digits whether no choice of constants removes the difference at a point."""
        row = _Row(point)
        with flint.ctx.workprec(_GLANCE):
            self._judge(row, {u.key: balls.ball(u.read) for u in self.unknowns})
            return bool(row.difference.is_finite()) and not row.rough and self._beyond(row)

    def _amplifies(
        self,
        values: Mapping[int, flint.arb],
        exact: Mapping[Key, flint.arb],
        code: Mapping[Key, flint.arb],
        constants: Mapping[Key, flint.arb],
    ) -> bool:
        """Tell whether a relative change of a constant changes the code's result far more than the exact one.

        Where a slope is not finite, as that of a root at 0, it may.
        """
        moves = [[slope * constants[key] for key, slope in slopes.items()] for slopes in (exact, code)]
        if not all(move.is_finite() for side in moves for move in side):
            return True
        sizes = [
            max(map(_size, side), default=0.0) - _size(values[node])
            for node, side in zip(self.pair, moves, strict=True)
        ]
        return sizes[1] > max(0.0, sizes[0]) + math.log2(_AMPLIFIED)

    def _solved(self, rows: list[_Row], values: dict[Key, flint.arb]) -> dict[Key, flint.arb] | None:
        """Return constants that leave nothing of the rows; None where Newton's method does not come to them.

        It gains digits slowly where two constants have effects of one form at the solution, as those of c x exp(-x**2)
        and erf(d x): a move of both has no effect there, and each step makes half of it. Twice the step removes it
        (Kelley and Suresh, A new acceleration method for Newton's method at singular points, 1983). What it comes to is
        judged as any other choice is.
        """
        before = None
        for _ in range(_STEPS):
            left = max((_left(row) for row in rows), key=_size)
            if left <= _VANISHED:
                return values
            # No choice in the intervals makes up for a difference that is larger than what all of them do.
            if left > len(self.unknowns) * _FACTOR if before is None else left > before * _STILL:
                return None
            slow = before is not None and left > before * balls.ball(_GAIN)
            stepped = self._stepped(rows, values, left, 2) if slow else values
            moved = stepped and self._stepped(rows, stepped, left, 1)
            if moved is None:
                return None
            values, before = moved, left
        return None

    def _stepped(
        self, rows: list[_Row], values: dict[Key, flint.arb], left: flint.arb, steps: int
    ) -> dict[Key, flint.arb] | None:
        """Return constants after a step, or some times that step, and judge the rows there; None if there are none."""
        moves = _least_moves(rows, left * left.min(_CAUTION))
        if moves is None:
            return None
        stepped = {
            u.key: (values[u.key] + move * reach * steps).mid()
            for u, move, reach in zip(self.unknowns, moves, self.reaches, strict=True)
        }
        values = {**values, **stepped}
        return values if all(self._judge(row, values) for row in rows) else None


def _least_moves(rows: Sequence[_Row], tolerance: flint.arb) -> list[flint.arb] | None:
    """Return the least moves of constants, in what they may move, that leave no more than a tolerance of each row.

    Levenberg (1944) and Marquardt (1963). Constants whose effects are the same but for roundings, or together none,
    would else be moved without bounds.
    """
    with flint.ctx.workprec(_SOLVING):
        return _damped(rows, tolerance)


def _damped(rows: Sequence[_Row], tolerance: flint.arb) -> list[flint.arb] | None:
    slopes = flint.arb_mat([[(effect / row.unit).mid() for effect in row.effects] for row in rows])
    wanted = flint.arb_mat([[-(row.difference / row.unit).mid()] for row in rows])
    transposed = slopes.transpose()
    normal = (transposed * slopes).mid()
    number = normal.nrows()
    damped = flint.arb_mat(
        [[normal[i, j] + (tolerance * tolerance if i == j else 0) for j in range(number)] for i in range(number)]
    ).mid()
    try:
        return [entry.mid() for entry in damped.solve((transposed * wanted).mid()).entries()]
    except ZeroDivisionError:
        return None


def _left(row: _Row) -> flint.arb:
    """Return what is left of the difference, in units of what roundings do."""
    return (abs(row.difference) / row.unit).mid()


def _unless_nothing(effect: flint.arb) -> flint.arb:
    """Return an effect; one that cannot be told from none is none."""
    return flint.arb(0) if effect.contains(0) else effect


def _size(value: flint.arb) -> float:
    """Return log2 of a ball's midpoint, which may be beyond floats."""
    mantissa, exponent = value.mid().man_exp()
    return float(max(-_HUGE, min(_HUGE, int(exponent)))) + abs(int(mantissa)).bit_length() if mantissa else -math.inf


def _moved(value: Fraction, rng: random.Random, halvings: int) -> Fraction:
    """Return a number near another, in units of it or of 1."""
    move = Fraction(rng.randrange(-900, 1000), 1000 * 2**halvings)
    return value * (1 + move) if value else move

"""The largest relative error of an approximation, over all of an interval of its pivot.

Beside a singularity Taylor models divide it out, far out they are models in exp(-x / 2), and pieces in between are
halved until their bounds are close to an error that is taken somewhere. What is returned bounds the error everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from verify.checks.approximation.frames import Far, Near, Piece, Pivot
from verify.checks.approximation.jets import TERMS, with_terms
from verify.checks.approximation.models import BeyondError, LimitError, Model
from verify.checks.approximation.terms import NO_LETTERS, Terms, read
from verify.graph.graph import Graph

BITS = 256
_WIDEST = Fraction(4)  # of a Taylor model, for functions that change slowly
_HALVINGS = 12  # of that
_NARROW = Fraction(1, 16)  # from here on, the last coefficient is worth 2**-80: a model is as close as it gets
_FARTHEST = (8, 16, 32, 64)  # where the far end may begin
_MOST_PIECES = 120
_WORK = 6000  # pieces times nodes: about a quarter of a second
_NOTHING = flint.arb(2) ** -60  # a hundredth of half an ulp of doubles: no bound has to be closer
_COMPUTED = 16  # units of roundoff that a coefficient such as (k + 1) / factorial(k + 2) may be off by
_CLOSE = 1.25  # how much larger a bound may be than an error that is taken

Ends = tuple[Fraction | None, Fraction | None]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Largest:
    """A bound on an error, relative to the sum of the magnitudes of the terms, and the place where it is `reached`.

    What is reached is less than the bound where that is not tight. `terms` is how many the exact side has.
    """

    error: flint.arb
    reached: flint.arb
    place: Fraction
    terms: int


def largest_error(graph: Graph, pair: Pair, pivot: Pivot, ends: Ends) -> Largest:
    """Bound |approximation - exact| / |exact| of a pair of nodes over an interval; raises BeyondError without proof."""
    with flint.ctx.workprec(BITS), with_terms(TERMS):
        finder = _Finder(graph, pair, pivot)
        low, high = finder.far(*ends)
        finder.between(low, high)
        assert finder.place is not None
        reached = flint.arb(0)
        with suppress(BeyondError):
            reached = finder.ratio(Piece(pivot, finder.place, finder.place))
        return Largest(finder.bound, reached.min(finder.bound), finder.place, finder.terms)


def error_at(graph: Graph, pair: Pair, pivot: Pivot, place: Fraction, bits: int = BITS) -> flint.arb | None:
    """Return a bound on the relative error at one place, close to it but for roundings; None where there is none."""
    with flint.ctx.workprec(bits), with_terms(TERMS), suppress(BeyondError):
        return _Finder(graph, pair, pivot).ratio(Piece(pivot, place, place))
    return None


def terms_at(graph: Graph, node: int, pivot: Pivot, place: Fraction) -> Terms[Any]:
    """Return a node as terms at one place of the pivot; raises BeyondError."""
    with flint.ctx.workprec(BITS), with_terms(TERMS):
        return read(graph, [node], Piece(pivot, place, place))[node]


def misprint(graph: Graph, pair: Pair, pivot: Pivot, unit: float) -> str:
    """Return how one coefficient of a polynomial differs from that of the series at 0 whose others it has, or nothing.

    A polynomial that is fitted differs in all of them, one that is cut off in none that it has. What the roundings of a
    format of some unit roundoff may do to a coefficient that code computes is no difference.
    """
    zero = Fraction(0)
    with flint.ctx.workprec(BITS), suppress(BeyondError):
        values = read(graph, pair, Near(pivot, zero, zero, Fraction(1, 2**20)))
        for monomial, cut in values[pair[0]].terms.items():
            series = values[pair[1]].terms.get(monomial)
            if cut.cut is None and series is not None and (text := _misprint(cut, series, unit)):
                return text
    return ""


def _misprint(cut: Model, series: Model, unit: float) -> str:
    first = min(cut.order, series.order)
    if min(cut.order, series.order) < 0 or not (cut.blur.is_zero() and series.blur.is_zero()):
        return ""
    orders = range(first, cut.order + cut.poly.degree() + 1)
    typed = {k: cut.poly[k - cut.order] if k >= cut.order else flint.fmpq(0) for k in orders}
    exact = {k: series.poly[k - series.order] if k >= series.order else flint.fmpq(0) for k in orders}
    slack = _COMPUTED * flint.fmpq(*unit.as_integer_ratio())
    wrong = [k for k in orders if abs(typed[k] - exact[k]) > slack * abs(exact[k])]
    if len(wrong) != 1 or not any(typed[k] for k in orders if k not in wrong):
        return ""
    return f"its coefficient of order {wrong[0]} is {typed[wrong[0]]}, but {exact[wrong[0]]} in the series"


class _Finder:
    def __init__(self, graph: Graph, pair: Pair, pivot: Pivot) -> None:
        self.graph, self.pair, self.pivot = graph, pair, pivot
        self.bound, self.reached = flint.arb(0), flint.arb(0)
        self.place: Fraction | None = None
        self.terms = 0
        self._work = _WORK // len(graph.reach(pair))

    def ratio(self, frame: Any) -> flint.arb:
        """Return a bound on the relative error in a frame."""
        values = read(self.graph, self.pair, frame)
        exact: Terms[Any] = values[self.pair[1]]
        minus = Terms({NO_LETTERS: frame.unit.constant(Fraction(-1))})
        difference = values[self.pair[0]] + minus * exact
        totals: dict[Any, flint.arb] = {}
        for monomial, value in difference.terms.items():
            other, bound = _smallest(frame, monomial, value, exact)
            totals[other] = totals.get(other, flint.arb(0)) + bound
        if not all(total.is_finite() for total in totals.values()):
            raise BeyondError("no bound was found for a quotient")
        self.terms = max(self.terms, len(exact.terms))
        return max(totals.values(), key=float, default=flint.arb(0))

    def take(self, bound: flint.arb, place: Fraction) -> None:
        """Keep the bound on a part of the interval, and the place in it where the error is likely to be largest."""
        if self.place is None or bound > self.bound:
            self.bound, self.place = bound.max(self.bound), place

    def far(self, low: Fraction | None, high: Fraction | None) -> tuple[Fraction, Fraction]:
        """Bound the error from some number on, where the interval has no end; returns what is left."""
        if low is None:
            low = self._from([-start for start in _starts(None if high is None else -high)])
        if high is None:
            high = self._from(_starts(low))
        return low, high

    def _from(self, starts: Sequence[Fraction]) -> Fraction:
        for start in starts:
            self._reach(start, start)
            if self._close(Far(self.pivot, start)):
                return start
        raise BeyondError("the far end of the region could not be enclosed")

    def between(self, low: Fraction, high: Fraction) -> None:
        """Bound the error between two numbers."""
        if low >= high:
            return
        for centre, strict in [(c, strict) for strict in (True, False) for c in _centres(low, high)]:
            if self._beside(centre, low, high, strict=strict):
                return
        self.pieces(low, high)

    def _beside(self, centre: Fraction, low: Fraction, high: Fraction, *, strict: bool) -> bool:
        """Bound the error by a model beside a centre, and by pieces elsewhere; tells whether it did.

        `strict` takes no model that is narrow and not close: another centre may be that of a removable singularity.
        """
        for halvings in range(_HALVINGS):
            width = _WIDEST / 2**halvings
            if strict and width < _NARROW:
                return False
            inner = max(low, centre - width), min(high, centre + width)
            with suppress(BeyondError):
                bound = self.ratio(Near(self.pivot, centre, *inner))
                self._reach(*inner)
                if (strict or width > _NARROW) and not bound <= (self.reached * _CLOSE).max(_NOTHING):
                    continue
                self.take(bound, max(inner, key=lambda end: abs(end - centre)))
                for part in ((low, inner[0]), (inner[1], high)):
                    self.pieces(*part)
                return True
        return False

    def pieces(self, low: Fraction, high: Fraction) -> None:
        """Bound the error on pieces, the largest error first, each halved until its bound is close to one."""
        todo = [(low, high)] if low < high else []
        for _ in range(_MOST_PIECES):
            if not todo:
                return
            self._work -= 1
            if self._work < 0:
                raise LimitError("the formulas are too long for the number of pieces needed")
            a, b = todo.pop()
            if not self._reach(a, b):
                break
            if self._close(Piece(self.pivot, a, b)) or (a >= _FARTHEST[0] and self._close(Far(self.pivot, a))):
                continue
            middle = (a + b) / 2
            todo += [(a, middle), (middle, b)] if abs(a) < abs(b) else [(middle, b), (a, middle)]
        raise LimitError(f"not proved within {_MOST_PIECES} pieces of the region")

    def _close(self, frame: Any) -> bool:
        """Take the bound in a frame that holds a piece, if it is close to an error that is taken somewhere."""
        with suppress(BeyondError):
            bound = self.ratio(frame)
            if bound <= (self.reached * _CLOSE).max(_NOTHING):
                self.take(bound, self._worst)
                return True
        return False

    def _reach(self, low: Fraction, high: Fraction) -> bool:
        """Take in the errors at the ends and the middle of a piece; tells whether there is any."""
        self._worst = (low + high) / 2
        best = flint.arb(-1)
        for place in (low, (low + high) / 2, high):
            with suppress(BeyondError):
                error = self.ratio(Piece(self.pivot, place, place))
                self.reached = self.reached.max(error)
                if error > best:
                    best, self._worst = error, place
        return bool(best >= 0)


def _smallest(frame: Any, monomial: Any, value: Any, exact: Terms[Any]) -> tuple[Any, flint.arb]:
    """Return the smallest bound on a term of the error, by one of the terms of the exact side."""
    bounds = []
    for other, size in exact.terms.items():
        with suppress(BeyondError):
            bound = frame.ratio(monomial, value, other, size)
            bounds += [] if bound is None else [(other, bound)]
    if not bounds:
        raise BeyondError("a term of the approximation is not in the exact formula")
    return min(bounds, key=lambda pair: float(pair[1]))


def _starts(low: Fraction | None) -> list[Fraction]:
    """Return numbers from which on an interval may be taken for its far end, the least first."""
    farther = [Fraction(n) for n in _FARTHEST if low is None or n > low]
    return farther if low is None or low <= 0 else [low, *farther]


def _centres(low: Fraction, high: Fraction) -> list[Fraction]:
    """Return where a removable singularity may lie: at 0, at an end, or in the middle."""
    candidates = [Fraction(0), low, high, (low + high) / 2]
    return [centre for centre in dict.fromkeys(candidates) if low <= centre <= high]

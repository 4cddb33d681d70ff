"""A tape read in floats with enclosures: for each element a float and a radius around it that holds the exact value.

The value of every block is computed by NumPy in float64, whose sums, products, quotients and square roots are rounded
to nearest (IEEE 754): each is off by at most u = 2**-53 of the result, products and quotients by half the smallest
subnormal number where they underflow. What rounding adds and what the arguments' radii become is summed up in floats as
well, and moved outward by `_SLACK` and `_TINY` for the roundings of just that. A sum of n terms, in any order and with
or without fused operations, is off by at most n u / (1 - n u) of the sum of their magnitudes (Higham, Accuracy and
Stability of Numerical Algorithms, 3.1 and 4.2); underflow is no error of a sum. Other functions come from flint's balls
one by one, never from the C library.

Where nothing is known, beyond the largest float or where a divisor may be 0, the radius is infinite. Every number that
stands here is a bound; which sign a value has is told only where its whole enclosure has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from operator import attrgetter
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from verify.graph import balls
from verify.graph.decimals import Decimals
from verify.model.exact import simplest_rational
from verify.tape.masks import all_of, largest
from verify.tape.parts import Part, lengths_of, whole
from verify.tape.pieces import pieces
from verify.tape.tape import Block, Elements, Tape

Floats = npt.NDArray[np.float64]
Pair = tuple[Floats, Floats]  # middles and radii
Point = Mapping[int, Fraction]  # values of variables, by their elements

UNKNOWN = 2  # where a sign is asked for: the enclosure has numbers of two signs
_UNIT = 2.0**-53
_SLACK = 1 + 2.0**-48  # 32 roundings: no radius takes more than a dozen operations
_TINY = 2.0**-1000  # far above what underflow takes away, 2**-1022 at most after a division by a number above 2**-52
_WHOLE = 2**53  # up to here all whole numbers are floats
_BITS = 64  # of flint's balls
_NUMERATOR, _DENOMINATOR = attrgetter("numerator"), attrgetter("denominator")
_FEW = 4096  # elements
_LARGEST_BY_PRODUCTS = 64  # exponents: a dozen products, each of which widens the enclosure


class Enclosures:
    """The middles and radii of a tape's elements at a point, block by block as they are asked for.

    Without values of its own a variable has that of the sample.
    """

    def __init__(self, tape: Tape, point: Point | None = None) -> None:
        self._tape, self._point = tape, point or {}
        self._mid, self._rad = np.zeros(0), np.zeros(0)
        self._done: set[int] = set()  # the places of blocks that have been read
        self._whole = 0  # all blocks up to this element have been

    def of(self, elements: Elements) -> Pair:
        """Return middles and radii; NaN is never among them, and the middle is 0 where the radius is infinite."""
        tape = self._tape
        if elements.size and (stop := largest(elements) + 1) > self._whole:
            if stop - self._whole <= _FEW:  # to read what is not needed takes less than to find out what is
                last = tape.place_of(stop - 1)
                self._read([place for place in range(tape.place_of(self._whole), last + 1) if place not in self._done])
                self._whole = tape.blocks[last].stop
            else:
                self._read(self._missing(tape.blocks_of(elements)))
        return self._mid.take(elements), self._rad.take(elements)

    def signs(self, elements: Elements) -> npt.NDArray[np.int8]:
        """Return the sign of each element, UNKNOWN where the enclosure does not tell."""
        mid, rad = self.of(elements)
        certain = (np.abs(mid) > rad) | (rad == 0)
        return np.where(certain, np.sign(mid), UNKNOWN).astype(np.int8)

    def _missing(self, places: Iterable[int]) -> list[int]:
        """Return the places of unread blocks, in order, that some blocks need, themselves included."""
        todo, missing = list(places), set[int]()
        while todo:
            place = todo.pop()
            if place not in self._done and place not in missing:
                missing.add(place)
                for arg in self._tape.blocks[place].args:
                    todo += self._tape.blocks_of(arg)
        return sorted(missing)

    def _read(self, places: Sequence[int]) -> None:
        if places and len(self._mid) < self._tape.size:
            self._mid, self._rad = (_larger(array, 2 * self._tape.size) for array in (self._mid, self._rad))
        with np.errstate(all="ignore"):
            blocks = self._tape.blocks
            for part in chain.from_iterable(_pieces(blocks[place]) for place in places):
                mid, rad = self._block(part)
                bounded = np.isfinite(mid + rad)
                if not all_of(bounded):
                    unbounded = ~bounded
                    mid[unbounded], rad[unbounded] = 0, np.inf
                self._mid[part.elements], self._rad[part.elements] = mid, rad
        self._done.update(places)

    def _block(self, block: Block | Part) -> Pair:
        """Compute a block."""
        if block.op == "pi":
            return np.array([math.pi]), np.array([math.pi * _UNIT])
        if not block.args:
            return nearest(self._leaves(block))
        args = [(self._mid.take(arg), self._rad.take(arg)) for arg in block.args]
        if block.op in _RULES:
            return _RULES[block.op](block, *args)
        return _by_balls(lambda ball: balls.function(block.op, ball), args[0])

    def _leaves(self, block: Any) -> Sequence[Any]:
        if block.op == "variable":
            point, payload = self._point, block.payload
            elements = range(block.start, block.stop) if point else ()
            return [point[e] if e in point else payload[e - block.start] for e in elements] if point else payload
        return [simplest_rational(value) for value in block.payload] if block.op == "typed" else block.payload


def _pieces(block: Block) -> Iterable[Block | Part]:
    return pieces(whole(block)) if block.args and block.args[0].size > _FEW else [block]


def _larger(array: Floats, size: int) -> Floats:
    """Return an array with room for more, which takes no memory before something is written there."""
    result = np.zeros(size)
    result[: len(array)] = array
    return result


def nearest(values: Sequence[Fraction]) -> Pair:
    """Return the floats nearest to exact numbers, each with a bound on how far it is off."""
    if isinstance(values, Decimals):
        top, bottom = values.numerators, np.full(len(values), values.denominator)
    else:
        try:
            top = np.fromiter(map(_NUMERATOR, values), np.int64, len(values))
            bottom = np.fromiter(map(_DENOMINATOR, values), np.int64, len(values))
        except OverflowError:
            return _nearest_of_any(values)
    if not all_of((top >= -_WHOLE) & (top <= _WHOLE) & (bottom <= _WHOLE)):
        return _nearest_of_any(values)
    mid = top / bottom  # of two floats: rounded once, and not at all where the divisor is a power of two
    return mid, np.where(bottom & (bottom - 1), np.abs(mid) * (2 * _UNIT), 0)


def _nearest_of_any(values: Sequence[Fraction]) -> Pair:
    mid, rad = np.zeros(len(values)), np.zeros(len(values))
    for place, value in enumerate(values):
        try:
            mid[place] = float(value)
        except OverflowError:
            rad[place] = np.inf
            continue
        rad[place] = 0 if Fraction(mid[place]) == value else abs(mid[place]) * (2 * _UNIT) + _TINY
    return mid, rad


def _outward(rough: Floats, inexact: Any = True) -> Floats:
    """Return a bound on what a radius would be without the roundings of its own computation."""
    bound: Floats = rough * _SLACK + inexact * _TINY
    return bound


def _sum(block: Block, a: Pair, b: Pair) -> Pair:
    """Return a + b; what the sum of two floats is off by is a float as well (Knuth, TAOCP 2, 4.2.2, theorem B)."""
    mid = a[0] + b[0]
    part = mid - a[0]
    error = (a[0] - (mid - part)) + (b[0] - part)
    return mid, (a[1] + b[1] + np.abs(error)) * _SLACK


def _multiplied(a: Pair, b: Pair) -> Pair:
    """Return a * b: |xy - ab| <= |a| s + |b| r + r s for |x - a| <= r and |y - b| <= s."""
    (a_mid, a_rad), (b_mid, b_rad) = a, b
    mid, a_size, b_largest = a_mid * b_mid, np.abs(a_mid), np.abs(b_mid) + b_rad
    rough = a_size * b_rad + b_largest * a_rad + np.abs(mid) * _UNIT
    return mid, _outward(rough, (a_size + a_rad > 0) & (b_largest > 0))


def _inverse(a: Pair) -> Pair:
    """Return 1 / a: |1/x - 1/a| <= r / (|a| (|a| - r)) for |x - a| <= r; nothing is known where that ball holds 0."""
    mid, (size, rad) = 1 / a[0], (np.abs(a[0]), a[1])
    distance = size - rad
    rough = np.where(rad == 0, 0, rad / distance / size) + np.abs(mid) * _UNIT
    return mid, np.where(distance > 0, _outward(rough), np.inf)


def _root(a: Pair) -> Pair:
    """Return the square root of a: |sqrt(x) - sqrt(a)| <= r / sqrt(a) for x >= 0, and for |x - a| <= r."""
    mid, lowest = np.sqrt(a[0]), a[0] - a[1]
    rough = np.where(a[1] == 0, 0, a[1] / mid) + mid * _UNIT
    return mid, np.where(lowest >= 0, _outward(rough, a[0] > 0), np.inf)


def _power(block: Block, a: Pair) -> Pair:
    """Return a power: one of the inverse, of the square root or of a itself where its exponent allows it."""
    exponent: Fraction = block.payload
    times = abs(exponent.numerator)
    if exponent.denominator > 2 or times > _LARGEST_BY_PRODUCTS:
        return _by_balls(lambda ball: balls.power(ball, exponent), a)
    base = a if exponent.denominator == 1 else _root(a)
    base = base if exponent > 0 else _inverse(base)
    result = base
    for bit in f"{times:b}"[1:]:
        result = _multiplied(result, result)
        result = _multiplied(result, base) if bit == "1" else result
    return result


def _total(block: Block, a: Pair) -> Pair:
    """Return sums of consecutive terms."""
    starts = block.payload
    rounded = (lengths_of(starts, len(a[0])) - 1) * _UNIT
    size = np.add.reduceat(np.abs(a[0]), starts)
    rough = size * rounded + np.add.reduceat(a[1], starts)
    return np.add.reduceat(a[0], starts), _outward(rough / (1 - 4 * rounded), (rounded > 0) & (size > 0))


def _matmul(block: Block, a: Pair, b: Pair) -> Pair:
    """Return products of matrices: |XY - AB| <= |A| S + R |B| + R S, and k roundings for sums of k products."""
    (a_mid, a_rad), (b_mid, b_rad) = a, b
    rounded = a_mid.shape[2] * _UNIT
    b_size = np.abs(b_mid)
    rough = np.abs(a_mid) @ (b_rad + b_size * rounded) + a_rad @ (b_size + b_rad)
    return (a_mid @ b_mid).ravel(), _outward(rough / (1 - 4 * rounded)).ravel()


def _by_balls(function: Callable[[flint.arb], flint.arb], a: Pair) -> Pair:
    """Return a function in flint's balls, once for each ball; nothing is known where its argument is not."""
    pairs = list(zip(a[0].tolist(), a[1].tolist(), strict=True))
    with flint.ctx.workprec(_BITS):
        results = {pair: _from_ball(function(flint.arb(*pair))) for pair in dict.fromkeys(pairs) if pair[1] < math.inf}
    mid, rad = np.array([results.get(pair, (0.0, math.inf)) for pair in pairs]).reshape(-1, 2).T
    return mid, rad


def _from_ball(ball: flint.arb) -> tuple[float, float]:
    """Return an enclosure of one of flint's balls."""
    mid, rad = float(ball), float(ball.rad())
    if rad == 0 and ball == mid:
        return mid, 0.0
    return mid, (rad + abs(mid) * (2 * _UNIT)) * _SLACK + _TINY


_RULES: dict[str, Callable[..., Pair]] = {
    "sum": _sum,
    "product": lambda block, a, b: _multiplied(a, b),
    "power": _power,
    "total": _total,
    "matmul": _matmul,
}

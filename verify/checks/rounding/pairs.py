"""A recording read exactly in pairs of doubles: for each element a sum of two floats, and a radius around it.

What is to be known of double precision takes 64 bits and more; a pair has 106, and NumPy computes with whole arrays of
them, where flint's balls are computed one by one. The sum of two doubles, and their product, is a pair exactly (Knuth,
TAOCP 2, 4.2.2; Dekker, A floating-point technique for extending the available precision, 1971), but for underflow of
the second part, which `_TINY` stands for. What is dropped beyond a pair is bounded by u = 2**-53 of what it is dropped
from, and added to the radius with `_SLACK` for the roundings of the radius itself. Where a number leaves the range of
doubles, or Dekker's splitting does, the radius is infinite or NaN, and nothing is known. Functions come from flint's
balls one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from verify.graph import balls
from verify.model.exact import simplest_rational
from verify.tape.parts import lengths_of
from verify.tape.recording import Recording, needed
from verify.tape.tape import Block, Elements

Array = Any
_UNIT = 2.0**-53
_SLACK = 1 + 2.0**-40
_TINY = 2.0**-1000
_SPLIT = 2.0**27 + 1
_BITS = 192  # of flint's balls
_PIECE = 400_000  # numbers that are multiplied at once
_NEAR = 2.0**-10  # what a start of Newton's is off by at most, relative
_LARGEST = 8  # exponents that are products


@dataclass(frozen=True, slots=True)
class Pairs:
    """Numbers high + low, each within a radius."""

    high: Array
    low: Array
    radius: Array

    @property
    def parts(self) -> tuple[Array, Array, Array]:
        """Return the three arrays."""
        return self.high, self.low, self.radius

    def __getitem__(self, key: Any) -> Pairs:
        return Pairs(*(part[key] for part in self.parts))

    def reshape(self, *shape: int) -> Pairs:
        """Return the same numbers in another shape."""
        return Pairs(*(part.reshape(*shape) for part in self.parts))

    @property
    def are_doubles(self) -> bool:
        """Tell whether all numbers are single doubles, known exactly."""
        return not (self.low.any() or self.radius.any())

    @property
    def size(self) -> Array:
        """Return bounds on the magnitudes without the radius."""
        return np.abs(self.high) + np.abs(self.low)


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _halves(a: Array) -> tuple[Array, Array]:
    scaled = _SPLIT * a
    high = scaled - (scaled - a)
    return high, a - high


def _two_product(a: Array, b: Array) -> tuple[Array, Array]:
    product = a * b
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def plus(a: Pairs, b: Pairs) -> Pairs:
    """Return a + b: two roundings are dropped, of the sum of the low parts and of that with the exact rest."""
    high, rest = _two_sum(a.high, b.high)
    low = a.low + b.low
    rest = rest + low
    dropped = _UNIT * (np.abs(low) + np.abs(rest))
    return Pairs(*_two_sum(high, rest), (a.radius + b.radius + dropped) * _SLACK)


def times(a: Pairs, b: Pairs) -> Pairs:
    """Return a * b: three products of parts and three sums are rounded, but of doubles there is one product, a pair."""
    high, rest = _two_product(a.high, b.high)
    if a.are_doubles and b.are_doubles:
        inexact = (a.high != 0) & (b.high != 0)
        return Pairs(*_two_sum(high, rest), _UNIT * np.abs(rest) * _SLACK + inexact * _TINY)
    crossed = a.high * b.low, a.low * b.high, a.low * b.low
    sizes = np.abs(crossed[0]) + np.abs(crossed[1]) + np.abs(crossed[2])
    rest = rest + (crossed[0] + crossed[1] + crossed[2])
    radius = a.size * b.radius + (b.size + b.radius) * a.radius + _UNIT * (4 * sizes + np.abs(rest))
    inexact = (a.size + a.radius > 0) & (b.size + b.radius > 0)
    return Pairs(*_two_sum(high, rest), radius * _SLACK + inexact * _TINY)


def inverse(a: Pairs) -> Pairs:
    """Return 1 / a, by a step of Newton's from x = 1 / high: 1 / c - x (1 + e) = x e**2 / (1 - e) for e = 1 - c x."""
    start = 1 / a.high
    exact = Pairs(a.high, a.low, np.zeros_like(a.high))
    guess = Pairs(start, np.zeros_like(start), np.zeros_like(start))
    error = plus(_number(1.0, start), _negated(times(exact, guess)))
    result = plus(guess, times(guess, error))
    distance = a.size - 2 * np.abs(a.low) - a.radius  # from 0 to the ball
    moved = np.where(a.radius == 0, 0, a.radius / distance / distance)
    square = 2 * np.abs(start) * (error.size + error.radius) ** 2
    bounded = (distance > 0) & (error.size + error.radius < _NEAR)
    return Pairs(result.high, result.low, np.where(bounded, (result.radius + moved + square) * _SLACK, np.inf))


def root(a: Pairs) -> Pairs:
    """Return the square root, by a step from x = sqrt(high): sqrt(c) = x + e / (2 x) - d for e = c - x**2.

    By Taylor's theorem d is at most e**2 / x**3 where e is at most x**2 / 2.
    """
    start = np.sqrt(a.high)
    guess = Pairs(start, np.zeros_like(start), np.zeros_like(start))
    exact = Pairs(a.high, a.low, np.zeros_like(a.high))
    error = plus(exact, _negated(times(guess, guess)))
    half = inverse(Pairs(2 * start, guess.low, guess.low))
    result = plus(guess, times(error, half))
    lowest = a.high - np.abs(a.low) - a.radius
    moved = np.where(a.radius == 0, 0, a.radius / np.sqrt(lowest))
    square = (error.size + error.radius) ** 2 / start**3
    bounded = (lowest > 0) & (error.size + error.radius < _NEAR * a.high)
    return Pairs(result.high, result.low, np.where(bounded, (result.radius + moved + square) * _SLACK, np.inf))


def _number(value: float, like: Array) -> Pairs:
    zeros = np.zeros_like(like)
    return Pairs(np.full_like(like, value), zeros, zeros)


def _negated(a: Pairs) -> Pairs:
    return Pairs(-a.high, -a.low, a.radius)


def _power(a: Pairs, exponent: Fraction) -> Pairs:
    """Return a power: one of the inverse, of the root or of a itself where its exponent allows it."""
    times_needed = abs(exponent.numerator)
    if exponent.denominator > 2 or times_needed > _LARGEST:
        return _by_balls(lambda ball: balls.power(ball, exponent), a)
    base = a if exponent.denominator == 1 else root(a)
    base = base if exponent > 0 else inverse(base)
    result = base
    for _ in range(times_needed - 1):
        result = times(result, base)
    return result


def added(terms: Pairs) -> Pairs:
    """Return the sums over the first axis, pair by pair."""
    while (count := len(terms.high)) > 1:
        joined = plus(terms[: count - count % 2 : 2], terms[1::2])
        rest = terms[count - count % 2 :]
        terms = Pairs(*(np.concatenate(both) for both in zip(joined.parts, rest.parts, strict=True)))
    return terms[0]


def _by_balls(function: Callable[[flint.arb], flint.arb], a: Pairs) -> Pairs:
    """Return a function in flint's balls."""
    shape = a.high.shape
    listed = zip(*(part.ravel().tolist() for part in a.parts), strict=True)
    with flint.ctx.workprec(_BITS):
        values = [
            function(flint.arb(high) + flint.arb(low) + flint.arb(0, radius)) if radius < np.inf else _ANYTHING
            for high, low, radius in listed
        ]
    return of_balls(values).reshape(*shape)


_ANYTHING = flint.arb("nan")


def of_balls(values: list[flint.arb]) -> Pairs:
    """Return flint's balls as pairs."""
    parts = [(float(value), float(value - float(value)), float(value.rad())) for value in values]
    high, low, radius = np.array(parts, float).reshape(-1, 3).T
    exact = (low == 0) & (radius == 0) & np.array([value.is_exact() for value in values], bool)
    return Pairs(high, low, np.where(exact, 0, (radius + np.abs(high) * 2.0**-104) * _SLACK + _TINY))


class PairReading:
    """The exact values of elements, a row for each, at points, a column for each; `values` are those of `variables`."""

    def __init__(self, tape: Recording, wanted: Elements, variables: Elements, values: Array) -> None:
        shape = tape.size, values.shape[1]
        self._pairs = Pairs(np.zeros(shape), np.zeros(shape), np.zeros(shape))
        self._pairs.high[variables] = values
        with np.errstate(all="ignore"):
            for place in needed(tape, wanted):
                block = tape.blocks[place]
                if block.op != "variable":
                    computed = self._computed(block) if block.args else self._leaves(block)
                    for whole, part in zip(self._pairs.parts, computed.parts, strict=True):
                        whole[block.elements] = part

    def of(self, elements: Elements) -> tuple[Array, Array]:
        """Return extended floats, and how far exact values may be from the pairs behind them: infinite if not known."""
        high, low, radius = self._pairs[elements].parts
        bounded = np.isfinite(high) & np.isfinite(low) & np.isfinite(radius)
        with np.errstate(all="ignore"):
            middle = np.where(bounded, high.astype(np.longdouble) + low, 0)
        return middle, np.where(bounded, radius, np.inf).astype(np.longdouble)

    def _leaves(self, block: Block) -> Pairs:
        """Return constants, in every column."""
        if block.op == "pi":
            with flint.ctx.workprec(_BITS):
                leaves = of_balls([flint.arb.pi()])
        else:
            exact = [simplest_rational(v) for v in block.payload] if block.op == "typed" else block.payload
            with flint.ctx.workprec(_BITS):
                leaves = of_balls([balls.ball(Fraction(value)) for value in exact])
        columns = self._pairs.high.shape[1]
        return Pairs(*(np.repeat(part[:, None], columns, axis=1) for part in leaves.parts))

    def _computed(self, block: Block) -> Pairs:
        if block.op == "total":
            return self._totals(block.args[0], block.payload)
        if block.op == "matmul":
            return self._products(*block.args)
        args = [self._pairs[arg] for arg in block.args]
        if block.op == "sum":
            return plus(*args)
        if block.op == "product":
            return times(*args)
        if block.op == "power":
            return _power(args[0], block.payload)
        return _by_balls(lambda ball: balls.function(block.op, ball), args[0])

    def _totals(self, terms: Elements, starts: Elements) -> Pairs:
        lengths = lengths_of(starts, len(terms))
        result = Pairs(*(np.zeros((len(starts), part.shape[1])) for part in self._pairs.parts))
        for length in np.unique(lengths).tolist():
            chosen = np.flatnonzero(lengths == length)
            sums = added(self._pairs[terms[starts[chosen] + np.arange(length)[:, None]]])
            for whole, part in zip(result.parts, sums.parts, strict=True):
                whole[chosen] = part
        return result

    def _products(self, left: Elements, right: Elements) -> Pairs:
        """Return products of matrices, a piece of the sums at a time."""
        (stack, rows, length), columns = left.shape, right.shape[2]
        step = max(1, _PIECE // max(1, stack * rows * columns * self._pairs.high.shape[1]))
        result = None
        for start in range(0, length, step):
            piece = slice(start, start + step)
            a = self._pairs[left[:, :, piece].transpose(2, 0, 1)[..., None]]
            b = self._pairs[right[:, piece].transpose(1, 0, 2)[:, :, None]]
            summed = added(times(a, b))
            result = summed if result is None else plus(result, summed)
        assert result is not None  # no matrix product on a tape is empty
        return result.reshape(stack * rows * columns, -1)

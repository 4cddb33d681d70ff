"""The exact samples of inputs: short decimals, spread over a domain, the same for the same seed."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

_MOST_DRAWS = 4  # of labels, beyond which not each of them comes up
_SPREAD = Fraction(4)  # a sample without bounds lies between -2 and 2
_WIDE = 1000  # a domain of which samples are of several magnitudes
_WORD = 62  # bits of a number that NumPy computes with
_STEP = 1000  # samples are odd thousandths of the domain's width


class Sampler:
    """The samples of a run, input by input: the same numbers for the same domains, whatever case asks.

    Beyond the first `sample`, numbers are drawn anew; some of these lie close together, in order, or far out, where
    code may branch in another way: the output may be constant at the first.
    """

    def __init__(self, seed: int, sample: int = 0) -> None:
        self.seed, self.sample = seed + sample, sample
        self._drawn: tuple[_Draw, ...] = ()

    def draw(self, low: Fraction | None, high: Fraction | None, number: int) -> Sequence[Fraction]:
        """Return samples of the next input."""
        self._drawn = (*self._drawn, (low, high, number))
        values = _drawn(self.seed, self._drawn)[0]
        return _ARRANGEMENTS[self.sample % len(_ARRANGEMENTS)](values, nearest_to_zero(low, high), low, high)


_Draw = tuple[Fraction | None, Fraction | None, int]
_REMEMBERED = 4096  # samples of an input, that are kept for further runs
_CLOSE, _FAR = Fraction(1, 64), 64  # how far from the middle samples lie, against those of the first


def _drawn(seed: int, calls: tuple[_Draw, ...]) -> tuple[Sequence[Fraction], object]:
    """Return the samples of the last of some inputs, and the state of the generator after them; many runs ask again."""
    return (_few if sum(number for _, _, number in calls) <= _REMEMBERED else _many)(seed, calls)


def _drawn_anew(seed: int, calls: tuple[_Draw, ...]) -> tuple[Sequence[Fraction], object]:
    rng = random.Random(seed)
    if len(calls) > 1:
        rng.setstate(_drawn(seed, calls[:-1])[1])  # type: ignore[arg-type]
    low, high, number = calls[-1]
    return samples(low, high, number, rng), rng.getstate()


_few, _many = lru_cache(maxsize=256)(_drawn_anew), lru_cache(maxsize=4)(_drawn_anew)


def _as_drawn(values: Sequence[Fraction], middle: Fraction, *ends: Fraction | None) -> Sequence[Fraction]:
    return values


def _in_order(values: Sequence[Fraction], middle: Fraction, *ends: Fraction | None) -> Sequence[Fraction]:
    return sorted(values)


def _close(values: Sequence[Fraction], middle: Fraction, *ends: Fraction | None) -> Sequence[Fraction]:
    return [middle + (value - middle) * _CLOSE for value in values]


def _far(
    values: Sequence[Fraction], middle: Fraction, low: Fraction | None, high: Fraction | None
) -> Sequence[Fraction]:
    """Return numbers far from the middle, as far as they lie in the domain."""
    moved = [middle + (value - middle) * _FAR for value in values]
    inside = [(low is None or value > low) and (high is None or value < high) for value in moved]
    return [far if fits else value for far, value, fits in zip(moved, values, inside, strict=True)]


_ARRANGEMENTS = (_as_drawn, _as_drawn, _in_order, _close, _far, _as_drawn)


def samples(low: Fraction | None, high: Fraction | None, number: int, rng: random.Random) -> Sequence[Fraction]:
    """Return short decimals in a domain, spread over it, in no order, at no place where code may well branch.

    In a wide domain every other number is of ordinary size: what happens about 0 would be missed by all of them.
    """
    if low is None or high is None or high - low <= _WIDE:
        return _evenly(low, high, number, rng)
    middle = nearest_to_zero(low, high)
    ordinary = max(low, middle - _SPREAD / 2), min(high, middle + _SPREAD / 2)
    values = _evenly(*ordinary, (number + 1) // 2, rng), _evenly(low, high, number // 2, rng)
    return [values[place % 2][place // 2] for place in range(number)]


def nearest_to_zero(low: Fraction | None, high: Fraction | None) -> Fraction:
    """Return the number of a domain, or the bound of it, that is nearest to 0."""
    nearest = max(Fraction(0), low) if low is not None else Fraction(0)
    return min(nearest, high) if high is not None else nearest


def _evenly(low: Fraction | None, high: Fraction | None, number: int, rng: random.Random) -> Sequence[Fraction]:
    step = _STEP
    while step < number * 10:
        step *= 10
    if number > _REMEMBERED and (many := _many_evenly(low, high, number, step, rng)) is not None:
        return many
    places = rng.sample(range(number), number)
    odd = [2 * int((place + rng.uniform(0.2, 0.8)) / number * step / 2) + 1 for place in places]
    if low is None and high is None:  # what `_placed` gives, in one go: most inputs have no bounds
        spread = int(_SPREAD)
        return [Fraction(spread * part - spread // 2 * step + 1, step) for part in odd]
    return [_placed(low, high, Fraction(part, step), Fraction(1, step)) for part in odd]


def _many_evenly(
    low: Fraction | None, high: Fraction | None, number: int, step: int, rng: random.Random
) -> Sequence[Fraction] | None:
    """Return as many numbers in the same way, by NumPy; None where they take more than 62 bits."""
    import numpy as np

    from verify.graph.decimals import Decimals

    first, beside = _placed(low, high, Fraction(0), Fraction(1, step)), Fraction(1, step)
    slope = _placed(low, high, beside, beside) - first  # what is placed is linear in the part
    denominator = math.lcm(first.denominator, slope.denominator)
    start, factor = int(first * denominator), int(slope * denominator)
    if max(denominator, abs(start) + abs(factor) * 2 * step) >> _WORD:
        return None
    generator = np.random.default_rng(rng.getrandbits(64))
    places = generator.permutation(number) + generator.uniform(0.2, 0.8, number)
    odd = 2 * (places / number * step / 2).astype(np.int64) + 1
    return Decimals(start + factor * odd, denominator)


def _placed(low: Fraction | None, high: Fraction | None, t: Fraction, beside: Fraction) -> Fraction:
    """Return the number at a part of a domain; `beside` keeps it off 0.5 and the like."""
    if low is not None and high is not None:
        return low + (high - low) * t
    if low is not None:
        return low + t * _SPREAD / 2 + beside
    if high is not None:
        return high - t * _SPREAD / 2 - beside
    return _SPREAD * t - _SPREAD / 2 + beside


def whole_samples(number: int, below: int, draw: int = 0) -> list[int]:
    """Return whole numbers from 0 to `below`, the first and the last of these before others; each draw goes on.

    From three on the last entry is as the first: indices repeat, and their gradients have to add up.
    """
    order = [0, below - 1, *range(1, below - 1)][:below]
    own = number - 1 if number > 2 else number
    labels = [order[(draw * own + place) % below] for place in range(own)]
    return [*labels, labels[0]] if number > own else labels


def draws(number: int, below: int) -> int:
    """Return how many draws it takes for each whole number to come up, up to a few."""
    own = number - 1 if number > 2 else number
    return min(_MOST_DRAWS, -(-below // max(1, own)))

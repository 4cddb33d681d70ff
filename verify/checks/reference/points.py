"""Exact points at which two formulas are compared, the most telling first."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from verify.checks.reference.theory import Theory

_UPSTREAMS = (Fraction(2), Fraction(-1), Fraction(1, 3))
_SCALES = (Fraction(1, 97), Fraction(89), Fraction(-83))
_AROUND = 8


def points(theory: Theory, seed: int) -> list[dict[str, Fraction]]:
    """Return the sample, the sample with other upstreams (a squared one shows there), and points around."""
    sample = theory.sample
    others = [{**sample, theory.upstream_name: upstream} for upstream in _UPSTREAMS]
    return [sample, *others, *_around(sample, random.Random(seed)), *_away(theory)]


def _away(theory: Theory) -> Iterator[dict[str, Fraction]]:
    """Return points with the sign of one input turned, and with all inputs far larger and far smaller."""
    sample, inputs = theory.sample, list(theory.case.inputs)
    for name in inputs[:_AROUND]:
        yield {**sample, name: -(sample[name] or Fraction(1)) * Fraction(9, 8)}
    for scale in _SCALES:
        yield {**sample, **{name: scale * (i + 9) / 9 * (sample[name] or 1) for i, name in enumerate(inputs)}}


def _around(sample: dict[str, Fraction], rng: random.Random) -> Iterator[dict[str, Fraction]]:
    for _ in range(_AROUND):
        yield {name: _near(value, rng) for name, value in sample.items()}


def _near(value: Fraction, rng: random.Random) -> Fraction:
    """Return a short rational between half a value and twice it, of the same sign; between 0 and 2 for 0."""
    return (value or Fraction(1)) * Fraction(rng.randrange(50, 200), 100)

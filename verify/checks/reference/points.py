"""Exact points at which two formulas are compared, the most telling first."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from verify.cases.inputs import Real
from verify.checks.reference.theory import Theory
from verify.model.exact import within

_UPSTREAMS = (Fraction(2), Fraction(-1), Fraction(1, 3))
_SCALES = (Fraction(1, 97), Fraction(89), Fraction(-83))
_AROUND = 8


def points(theory: Theory, seed: int) -> list[dict[str, Fraction]]:
    """Return the sample, the sample with other upstreams (a squared one shows there), and points around."""
    sample = theory.sample
    others = [{**sample, theory.upstream_name: upstream} for upstream in _UPSTREAMS]
    tried = [*_around(sample, random.Random(seed)), *_away(theory)]
    return [sample, *others, *(_inside(point, theory) for point in tried)]


def _inside(point: dict[str, Fraction], theory: Theory) -> dict[str, Fraction]:
    """Return a point with each input within its domain: what lies outside is moved between the sample and the bound."""
    domains, sample = theory.case.domains, theory.sample
    return point | {name: _between(sample[name], point[name], real) for name, real in domains.items()}


def _between(sample: Fraction, value: Fraction, real: Real) -> Fraction:
    end = real.low if value < sample else real.high
    if end is None or within(value, (real.low, real.high)):
        return value
    return sample + (end - sample) * (value - sample) / (value - sample + end - sample)


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

"""Whether an output jumps on an edge, and whether by so little that one side approximates the other.

Beside a threshold, a series and the formula that it stands for differ by what the series leaves out. Exactly the output
jumps there and has no derivative; what is meant goes on, and has one: that of either side, up to what the approximation
may be off by. Such a jump is small: an approximation is at least as close as single precision tells numbers apart, or,
in code that computes in a shorter format, as half of the digits of single precision (`checks/approximation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from fractions import Fraction

import numpy as np

from verify.tracing.floats import FloatRun

_SINGLE = Fraction(1, 2**24)  # the unit roundoff of single precision
_SHORT = Fraction(1, 2**12)  # half of its digits


class Jump(Enum):
    """How an output goes on over an edge."""

    NONE = "it is continuous"
    LITTLE = "it changes by no more than an approximation may"
    LARGE = "it jumps"


def largest_error(run: FloatRun) -> Fraction:
    """Return how far off an approximation is at most in the format that code computes in, given doubles."""
    outputs = run.output if run.seen.several else [run.output]
    kinds = [np.asarray(value).dtype for value in (*outputs, *run.gradients.values()) if value is not None]
    return _SHORT if any(kind in (np.float32, np.float16) for kind in kinds) else _SINGLE


def classified(gaps: Sequence[Fraction], values: Sequence[Fraction], largest: Fraction) -> Jump:
    """Return how outputs go on that have some values on an edge, and change by the gaps beside it.

    Approximations are off by no more than the `largest` error, relative to the value.
    """
    if not any(gaps):
        return Jump.NONE
    is_little = all(abs(gap) <= largest * abs(value) for gap, value in zip(gaps, values, strict=True))
    return Jump.LITTLE if is_little else Jump.LARGE

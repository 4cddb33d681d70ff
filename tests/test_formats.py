"""Formats of floats, and the numbers that are theirs."""

from fractions import Fraction

import numpy as np
import pytest

from verify.checks.rounding.formats import DOUBLE, HALF, SINGLE
from verify.model.exact import nearest_double


@pytest.mark.parametrize("numbers", [DOUBLE, SINGLE, HALF], ids=lambda numbers: numbers.name)
def test_a_format_is_what_numpy_says(numbers):
    """Unit roundoff, smallest normal number and the end of the format are IEEE 754's."""
    told = np.finfo(numbers.dtype)
    assert numbers.unit == float(told.eps) / 2
    assert numbers.tiny == float(told.smallest_normal)
    assert float(numbers.half_subnormal) * 2 == float(told.smallest_subnormal) or numbers is DOUBLE
    assert numbers.overflow >= float(told.max)


def test_numbers_are_rounded_to_a_format():
    """A tenth becomes the nearest number; what is too large or too small for normal numbers is not taken."""
    assert HALF.nearest([0.1, 0]).tolist() == [float(np.float16(0.1)), 0]
    assert HALF.nearest([1e5]) is None
    assert HALF.nearest([1e-8]) is None
    assert DOUBLE.nearest([nearest_double(Fraction(10**400))]) is None
    assert nearest_double(Fraction(1, 10)) == 0.1
    assert [nearest_double(Fraction(sign * 10**400)) for sign in (1, -1)] == [np.inf, -np.inf]

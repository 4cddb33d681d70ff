"""What floats are worth: errors in ulps of the true value, against what rounding may do."""

import flint
import numpy as np
import pytest

from verify.checks.rounding.faults import kinds
from verify.checks.rounding.formats import DOUBLE, HALF, SINGLE, Formats
from verify.checks.rounding.judge import judged, measured, upward


def judgement(actual, exact, *, numbers=DOUBLE, middle=None, radius=0.0, scale=0.0):
    """Judge floats against exact numbers, their enclosure around the exact ones if nothing else is said."""
    balls = [flint.arb(value) for value in exact]
    middle = np.array(exact if middle is None else middle, np.longdouble)
    return judged(numbers, np.array(actual, float), balls, (middle, np.full(len(exact), radius, np.longdouble)), scale)


@pytest.mark.parametrize("numbers", [DOUBLE, SINGLE, HALF], ids=lambda numbers: numbers.name)
def test_an_error_is_counted_in_ulps(numbers):
    """The number next to 1.5 is one ulp from it in every format."""
    step = 2 * numbers.unit
    found = judgement([1.5 + step], [1.5], numbers=numbers, radius=3 * step)
    assert float(found.error[0] / found.ulps[0]) == pytest.approx(1, rel=0.02)
    assert float(found.bound[0] / found.ulps[0]) == pytest.approx(3, rel=0.02)
    assert not found.strayed.any()


def of_points(rng):
    """Judge three numbers at points of three formats, with errors of all sizes, bounds of all sizes, and infinities."""
    formats = [DOUBLE, SINGLE, HALF] * 60
    shape = len(formats), 3
    exact = rng.uniform(1, 2, shape).astype(np.longdouble)
    actual = exact * (1 + rng.choice([0, 0, 0, 1e-17, 1e-12, 1e-5, 0.1, np.inf, np.nan], shape))
    bound = exact * rng.choice([0, 1e-16, 1e-8, 1e-3, 1, np.inf], shape)
    return measured(
        Formats.of(formats), actual.astype(float), (exact, exact * 0), (exact, bound), np.ones((len(formats), 1))
    )


@pytest.mark.parametrize("number", range(5))
def test_points_without_faults_are_told_from_those_with_some(number):
    """No fault of any kind is at a point that is called faultless, and alone each point has the faults that it had."""
    judgement = of_points(np.random.default_rng(number))
    faulty, faultless = kinds(judgement), judgement.is_faultless
    assert faultless.any()
    assert not any(wrong[faultless].any() for wrong in faulty.values())
    points = np.flatnonzero(~faultless)
    alone = kinds(judgement.at(points))
    assert all((alone[code] == wrong[points]).all() for code, wrong in faulty.items())
    assert {code for code, wrong in alone.items() if wrong.any()} == set(faulty)


def test_what_lies_outside_of_its_enclosure_has_strayed():
    """One ulp is inside of a bound of one, and outside of a bound of half."""
    step = 2.0**-52
    assert not judgement([1 + step], [1.0], radius=step).strayed.any()
    assert judgement([1 + step], [1.0], radius=step / 2).strayed.all()
    assert not judgement([1 + step], [1.0], radius=np.inf).strayed.any()


def test_a_wrong_formula_is_not_judged():
    """An exact value outside of what the operations may give is no matter of rounding."""
    assert judgement([1.1], [1.0], middle=[1.1], radius=0.01) is None
    assert judgement([1.1], [1.0], middle=[1.1], radius=0.2) is not None


def test_overflow_counts_where_the_true_value_is_a_number_of_the_format():
    """1e300 is one of double precision, and none of single."""
    assert judgement([np.inf], [1e300]).overflown.all()
    assert not judgement([np.inf], [1e300], numbers=SINGLE).overflown.any()
    assert judgement([np.nan], [1.0]).lost.tolist() == [np.inf]


def test_what_the_largest_entry_dwarfs_is_measured_by_it():
    """The slope 4e-26 beside a slope of 1 may be 0; alone it may not, unless it is dwarfed at the sample."""
    assert judgement([1, 0], [1, 4e-26]).lost.astype(float).tolist() == pytest.approx([0, 4e-26])
    assert float(judgement([0], [4e-26]).lost[0]) == pytest.approx(1)
    assert float(judgement([0], [4e-26], scale=1.0).lost[0]) == pytest.approx(4e-26)


def test_what_may_be_lost_is_the_bound_beside_the_size():
    """A bound without limit says nothing of how much is at risk."""
    assert judgement([2.0], [2.0], radius=0.5).at_risk.tolist() == [0.25]
    assert judgement([2.0], [2.0], radius=np.inf).at_risk.tolist() == [0]


def test_the_worst_entry_has_the_largest_error_then_the_largest_bound():
    """NaN is worse than any number."""
    assert judgement([1, 2, 3.5], [1, 2, 3], radius=1).worst == 2
    assert judgement([np.nan, 2, 3.5], [1, 2, 3], radius=1).worst == 0
    assert judgement([1, 2, 3], [1, 2, 3], radius=1).worst == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.5, "0.5"), (0.501, "0.51"), (12.01, "13"), (1.01e9, "1.1e+9"), (np.inf, ""), (np.nan, "")],
)
def test_numbers_are_written_rounded_up(value, text):
    """No error is told smaller than it is."""
    assert upward(np.longdouble(value)) == text


def test_an_error_in_the_doubt_about_a_ball_around_0_is_not_0():
    """0 on floats, where the exact value is within 1e-360 of it, may be wrong by that; where it is 0, it is not."""
    for ball, wrong in ((flint.arb(0, 1e-300) * flint.arb(0, 1e-60), True), (flint.arb(0), False)):
        enclosed = (np.zeros(1, np.longdouble), np.full(1, 1e-300, np.longdouble))
        assert bool(judged(DOUBLE, np.zeros(1), [ball], enclosed, 1.0).error[0] > 0) is wrong


def test_an_error_that_may_be_all_doubt_does_not_choose_the_worst_entry():
    """Of two entries that are right as far as is known the one with the larger bound is the worst."""
    balls = [flint.arb(1, 1e-300), flint.arb(0, 1e-300)]
    enclosed = (np.array([1, 0], np.longdouble), np.array([1e-3, 1e-40], np.longdouble))
    assert judged(DOUBLE, np.array([1.0, 0.0]), balls, enclosed, 1.0).worst == 0

"""Enclosures hold every float64 run; measured errors are rounded up, never away."""

import math
from fractions import Fraction

import flint
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from verify.checks.reference.rounding import BITS, Enclosure, judge
from verify.graph.balls import ball
from verify.model.errors import TraceError

NORMAL = st.floats(1e-150, 1e150) | st.floats(-1e150, -1e-150)
ANY = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(autouse=True)
def _precision():
    with flint.ctx.workprec(BITS):
        yield


def at(value):
    return Enclosure(flint.arb(value))


def holds(enclosure, value):
    return not enclosure.ball.is_finite() or bool(enclosure.ball.contains(flint.arb(value)))


@given(st.lists(st.tuples(st.sampled_from("+-*/"), NORMAL), min_size=1, max_size=12), NORMAL)
@example([("+", 1.0), ("+", 2.0**-53), ("+", 1.0)], 3 * 2.0**-52)
def test_encloses_a_chain_of_operations(chain, start):
    """Whatever is computed from floats, the float result lies in the enclosure."""
    value, enclosure = start, at(start)
    for op, operand in chain:
        assume(op != "/" or operand != 0)
        apply = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b}[op]
        value, enclosure = apply(value, operand), apply(enclosure, operand)
        if math.isfinite(value):
            assert holds(enclosure, value)
        else:
            assert not enclosure.ball.is_finite()


@given(st.decimals(-1000, 1000, places=3), st.decimals(-1000, 1000, places=3))
def test_encloses_whatever_the_inputs_round_to(x, y):
    """An input that is no float is a ball: any float that close to it gives a result inside."""
    a, b = Enclosure.of_input(Fraction(x)), Enclosure.of_input(Fraction(y))
    result = a * b + a
    for dx in (float(x), math.nextafter(float(x), math.inf)):
        if a.ball.contains(flint.arb(dx)):
            assert holds(result, dx * float(y) + dx)


@given(ANY, ANY)
def test_encloses_results_among_the_subnormals(x, y):
    """Products that underflow lose more than relative precision, and are enclosed all the same."""
    product = x * y * 2.0**-1000
    if math.isfinite(x * y):
        assert holds(at(x) * at(y) * 2.0**-1000, product)


@given(st.floats(1e-3, 1e3), st.sampled_from([Fraction(1, 2), Fraction(1, 3), Fraction(-7, 5), 3, -2, 0.1]))
def test_encloses_powers(x, exponent):
    """The C library's pow stays within what is allowed for it."""
    assert holds(at(x) ** exponent, x**exponent)


def test_a_wide_operand_still_rounds():
    """The sum of a ball and a number rounds although the ball's own sum is exact: 2 + 3 * 2**-52 is a tie, to 2 + 4 * 2**-52."""
    wide = Enclosure(flint.arb(1 + 2.0**-51, 2.0**-52))
    assert holds(wide + 1.0, (1 + 3 * 2.0**-52) + 1.0)


def test_exact_operations_add_nothing():
    """100 * 2 is exact, and so is the doubling of what is not."""
    assert (at(100) * at(2)).ball.is_exact()
    tenth = Enclosure.of_input(Fraction(1, 10))
    assert float((tenth * 2).ball.rad()) == pytest.approx(2 * float(tenth.ball.rad()), rel=1e-6)
    assert (at(0) + tenth).ball.rad() == tenth.ball.rad()


@pytest.mark.parametrize("text", ["3.1e-308", "2.2250738585072014e-308", "1e-310", "5e-324", "-3.1e-308"])
def test_inputs_near_the_smallest_float(text):
    """Half an ulp of a tiny input is below the smallest float, and counts all the same."""
    value = Fraction(text)
    enclosure = Enclosure.of_input(value)
    assert holds(enclosure, float(value))
    assert holds(enclosure * 8, float(value) * 8)


def test_overflow_has_no_bound():
    """Where a float may overflow nothing is known."""
    assert not (at(1e300) * at(1e300)).ball.is_finite()


def test_division_by_zero_raises_as_floats_do():
    """Dividing by an exact 0 is an error; by a ball around 0, unknown."""
    with pytest.raises(ZeroDivisionError):
        at(1) / 0
    assert not (at(1) / Enclosure(flint.arb(0, 1))).ball.is_finite()


def test_enclosures_branch_where_every_float_does():
    """A branch that no rounding could turn is taken; one that it could is refused."""
    assert at(1) > 0
    assert not at(1) < 0
    assert abs(at(-1)).ball == 1
    assert at(1) == 1
    with pytest.raises(TraceError, match="a branch that rounding may decide"):
        bool(at("0.1") * 3 > at("0.3"))


def test_an_enclosure_of_something_else_explains_nothing():
    """Code that gives another number on floats and on enclosures alike is not explained by rounding."""
    assert not judge(3.0, flint.arb(3), flint.arb(7), closed=True).rounding.explained
    assert judge(7.0, flint.arb(7), flint.arb(7), closed=True).rounding.explained


@pytest.mark.parametrize(
    ("actual", "exact", "error", "unit"),
    [
        (2.2, "11/5", "0.41", "ulp"),
        (3.3000000000000003, "33/10", "0.61", "ulp"),
        (650.0, "650", "0", "ulp"),
        (math.nextafter(1.0, 2), "1", "1", "ulp"),
        (1.5, "1", "2.3e+15", "ulp"),
        (1e-17, "0", "1.1e-17", "absolute"),
        (0.0, "0", "0", "absolute"),
        (5e-324, "0", "5.0e-324", "absolute"),
        (1e-323, "1/100000000000000000000000000000000000000000000000000", "8.5e+15", "ulp"),
    ],
)
def test_errors_in_ulps(actual, exact, error, unit):
    """The distance is in ulps of the exact value, rounded up to two digits, and 0 only where it is 0."""
    found = judge(actual, None, ball(Fraction(exact))).rounding
    assert (found.error, found.unit) == (error, unit)


@pytest.mark.parametrize("actual", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_never_pass(actual):
    """A result that is no number is not explained by rounding."""
    assert not judge(actual, flint.arb(0, flint.arb("inf")), flint.arb(1)).rounding.explained
    assert not judge(actual, None, flint.arb(1)).rounding.explained


def test_without_an_enclosure_nothing_is_explained():
    """If no bound could be derived, rounding is no excuse."""
    assert not judge(1.0, None, flint.arb(1)).rounding.explained


def test_infinity_is_right_where_no_float_is_large_enough():
    """An exact value beyond the largest float64 rounds to infinity; not-a-number is wrong even there."""
    huge = flint.arb(10) ** 400
    assert judge(math.inf, None, huge).rounding.explained
    assert not judge(math.nan, None, huge).rounding.explained


def test_outside_the_bound_is_not_rounding():
    """A float32 cast is further off than any float64 run can be."""
    tenth = Enclosure.of_input(Fraction(1, 10)).ball
    assert judge(0.1, tenth, ball(Fraction(1, 10))).rounding.explained
    cast = judge(0.10000000149011612, tenth, ball(Fraction(1, 10))).rounding
    assert not cast.explained
    assert float(cast.error) > float(cast.bound)


def test_times_one_adds_nothing():
    """x * 1 is x in floats of any size, so its enclosure is no wider."""
    for text in ("1/3", "1e-320", "1e300"):
        x = Enclosure.of_input(Fraction(text))
        assert (x * 1) is x

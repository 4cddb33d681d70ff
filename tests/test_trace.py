"""Concolic symbols take the branches of their sample, and remember them."""

import math
from fractions import Fraction

import numpy as np
import pytest

import verify.tracing.observe  # noqa: F401 - what answers for NumPy is there
from verify.model.errors import TraceError
from verify.tracing.arrays import arrays
from verify.tracing.symbols.concolic import METHODS, Concolic
from verify.tracing.symbols.trace import Trace


@pytest.fixture
def trace():
    with arrays.running(found := Trace()):
        yield found


def symbol(trace, name, value):
    return Concolic(trace, trace.input(name, value))


def test_branches_follow_the_sample(trace):
    """`if`, `max`, `abs` and chained comparisons go where the sample goes, and every decision is on record with its line."""
    x, y = symbol(trace, "x", Fraction(3, 2)), symbol(trace, "y", Fraction(-2))
    assert (x if x > 0 else y) is x
    assert max(x, y) is x
    assert abs(y).node == (-y).node
    assert -3 < y <= -1
    assert x != y
    assert [(c.relation, c.holds) for c in trace.conditions.values()][:2] == [(">", True), (">", False)]
    assert all(str(c.where).startswith("tests/test_trace.py:") for c in trace.conditions.values())
    assert not any(c.tie for c in trace.conditions.values())


def test_a_tie_is_recorded_as_one(trace):
    """At x == 1 the inputs are pinned; so they are where two formulas of one function meet."""
    x = symbol(trace, "x", Fraction(1))
    assert x == 1
    assert x * x >= 2 * x - 1
    assert (x + 1) ** 2 == x * x + 2 * x + 1
    assert all(c.tie for c in trace.conditions.values())


def test_constants_are_no_conditions(trace):
    """What does not depend on the inputs is decided and not recorded, and has its digits."""
    x = symbol(trace, "x", Fraction(1))
    two = x * 0 + 2
    assert two > 1
    assert (float(two), int(two), float(x * 0 + 0.1)) == (2.0, 2, 0.1)
    assert not trace.conditions


def test_close_calls(trace):
    """Signs are found exactly, however small the difference; what cannot be told apart is refused."""
    x = symbol(trace, "x", Fraction(2))
    assert x**0.5 * x**0.5 * (1 + Fraction(1, 10**60)) > x
    root = symbol(trace, "y", Fraction(3))
    assert not (x * root) ** 0.5 > x**0.5 * root**0.5
    with pytest.raises(TraceError, match="too close to call"):
        _ = (x * root).function("log") > x.function("log") + root.function("log")
    tiny = 1 - (1000 * x).function("tanh")
    assert tiny > 0
    assert tiny.function("log") < -3999
    with pytest.raises(TraceError, match="not defined at the sample"):
        _ = (-x) ** 0.5 > 0


def test_a_whole_number_is_rounded_down_to_itself(trace):
    """What is shown to be a whole number has that number below it; what is only near one has what its bits tell."""
    x, y = symbol(trace, "x", Fraction(2)), symbol(trace, "y", Fraction(3))
    roots = x**0.5 * y**0.5 / (x * y) ** 0.5
    for number in (1, 5, -3):
        assert (roots * number).whole() == number
    assert (roots - Fraction(1, 10**60)).whole() == 0
    assert (roots + Fraction(1, 10**60)).whole() == 1
    with pytest.raises(TraceError, match="too close to one to decide"):
        ((x * y).function("log") - x.function("log") - y.function("log")).whole()


def test_no_digits_of_inputs(trace):
    """A symbol that depends on inputs is no float, and the line that wanted one is named."""
    x = symbol(trace, "x", Fraction(2))
    for ask in (float, math.sqrt):
        with pytest.raises(TraceError, match=r"tests/test_trace\.py:\d+"):
            ask(x)


@pytest.mark.parametrize("name", [name for name in METHODS if hasattr(np, name)])
def test_functions_by_name(trace, name):
    """NumPy's functions of one symbol are formulas, with the right value at the sample."""
    place = Fraction(17 if name == "arccosh" else 3, 7)
    formula = getattr(np, name)(symbol(trace, "x", place))
    value = Fraction(float(getattr(np, name)(float(place))))
    assert abs(formula - value) < Fraction(1, 10**14)


def test_object_arrays_compute(trace):
    """Arrays of symbols add, multiply, sum, compare and take maxima as NumPy's do."""
    x = np.array(
        [[symbol(trace, f"x{i}{j}", Fraction(2 * i - j, 3) + Fraction(1, 7)) for j in range(3)] for i in range(2)]
    )
    w = np.array([[symbol(trace, f"w{i}{j}", Fraction(i + j, 5)) for j in range(2)] for i in range(3)])
    assert (x @ w)[0, 0].node == (x[0, 0] * w[0, 0] + x[0, 1] * w[1, 0] + x[0, 2] * w[2, 0]).node
    assert (x > 0).tolist() == [[True, False, False], [True, True, True]]
    assert np.maximum(x, 0 * w[0, 0])[0, 1].node == (x[0, 0] * 0).node
    assert (np.ones((2, 3)) * w[0, 1])[1, 2].node == (w[0, 1] * 1).node
    assert np.argmax(x, axis=1).tolist() == [0, 0]


@pytest.mark.parametrize("step", [Fraction(0), Fraction(1, 10**4000), Fraction(-1, 10**4000)])
def test_inputs_are_compared_exactly_at_the_sample_of_their_own_run(step):
    """Entries that differ by less than any ball tells are no tie, equal ones are, and another run has its own numbers."""
    x, y = Fraction(1, 3), Fraction(1, 3) + step
    first = Trace()
    second = Trace(first)
    for trace, signed in ((first, step), (second, -step)):
        a, b = symbol(trace, "x", x if trace is first else y), symbol(trace, "y", y if trace is first else x)
        with arrays.running(trace):
            assert [b > a, b >= a, b == a, a < b] == [signed > 0, signed >= 0, signed == 0, signed > 0]
            assert bool(b + a > 0)
            assert bool(b > Fraction(1, 4))
            assert not bool(a < -b)
        ties = [condition.tie for condition in trace.conditions.values() if condition.node == (b - a).node]
        assert ties == [signed == 0] * 3


def test_zero_and_one_of_another_trace_on_the_same_graph():
    """Constants fold the same whichever of the traces on a graph has made 0 and 1 first."""
    first = Trace()
    x = first.input("x", Fraction(2))
    second = Trace(first)
    second.input("x", Fraction(3))
    zero, one = second.constant(Fraction(0)), second.constant(Fraction(1))
    for trace in (first, second, Trace(first)):
        assert (trace.constant(Fraction(0)), trace.whole(1)) == (zero, one)
        assert trace.sum(x, zero) == trace.sum(zero, x) == x
        assert trace.product(x, one) == trace.product(one, x) == x
        assert trace.product(x, zero) == zero


@pytest.mark.parametrize("x", [Fraction(-7, 3), Fraction(2, 7), Fraction(3, 1000), Fraction(5)])
@pytest.mark.parametrize("y", [Fraction(-7, 3), Fraction(-1, 9), Fraction(2, 7), Fraction(3000, 1001)])
def test_the_sign_of_a_difference_is_that_of_the_fractions(x, y):
    """Inputs with unlike denominators, and numbers, compare as fractions do: numerators alone would tell otherwise."""
    with arrays.running(trace := Trace()):
        a, b = symbol(trace, "x", x), symbol(trace, "y", y)
        assert [a > b, a < b, a == b] == [x > y, x < y, x == y]
        assert [a > y, a < y, b < x] == [x > y, x < y, y < x]
    assert {c.holds for c in trace.conditions.values() if c.relation == "=="} <= {x == y}

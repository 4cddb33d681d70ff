"""A wrong gradient is explained by small exact inputs, formulas, and how the two sides are related."""

from fractions import Fraction

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict
from verify.checks.claims.diagnoses import TERMS


def wrong(case):
    rows = [c for c in verify.check(case).comparisons if not c.good]
    assert {c.verdict for c in rows} == {Verdict.REFUTED}
    return rows[0]


def elementwise(forward, backward, **shapes):
    @verify.case(**(shapes or {"x": "N D"}))
    def subject(x):
        dout = yield forward(x)
        return backward(x, dout)

    return subject


def test_inputs_are_made_simple():
    """The counterexample has zeros and ones where these show the difference, and its values are exact."""
    row = wrong(elementwise(lambda x: x**3, lambda x, d: d * 2 * x**2))
    assert row.counterexample.inputs == (("x[0,0]", "1"), ("dout[0,0]", "1"))
    assert (row.counterexample.expected, row.counterexample.actual) == ("3", "2")
    assert row.index == (0, 0)
    assert row.failing == row.entries == 12


def test_the_counterexample_stays_in_the_region_and_domain():
    """No simple number is taken for which the code goes another way, or that the case excludes."""

    def backward(x, d):
        return np.where(x > 3, d, 2 * d)

    shape = verify.real("N", low=2, high=6)
    row = wrong(elementwise(lambda x: x * 1, backward, x=shape))
    values = dict(row.counterexample.inputs)
    assert "dout[0]" in values or "dout[1]" in values or "dout[2]" in values
    row = wrong(elementwise(lambda x: np.log(x), lambda x, d: d / x**2, x=verify.real("N", low=0)))
    assert all(Fraction(value) > 0 for name, value in row.counterexample.inputs if name.startswith("x"))


@pytest.mark.parametrize(
    ("forward", "wrong_side"),
    [
        (lambda x: np.where(x > 0, x, x / 10), lambda x: np.full_like(x, -0.1)),  # x is in neither formula
        (lambda x: np.where(x > 0, x, np.exp(x)), lambda x: np.exp(x) + 1),  # differs at 0 too, where forward jumps
    ],
)
def test_the_counterexample_is_beside_the_edge(forward, wrong_side):
    """The entry is given where a branch depends on it, and not on the edge, where there may be no derivative."""
    row = wrong(elementwise(forward, lambda x, d: d * np.where(x > 0, 1.0, wrong_side(x))))
    entry = "x[{},{}]".format(*row.index)
    assert dict(row.counterexample.inputs)[entry] == "-1"


@pytest.mark.parametrize(
    ("forward", "backward", "relation"),
    some(
        [
            (lambda x: x**2, lambda x, d: d * x, "actual = expected/2"),
            (lambda x: x**2, lambda x, d: -2 * d * x, "actual = -expected"),
            (lambda x: x**2, lambda x, d: 3 * d * x, "actual = 3*expected/2"),
            (lambda x: x**2, lambda x, d: 2.0000002 * d * x, "actual = 1.0000001*expected"),
            (lambda x: x**2, lambda x, d: 2 * d * d * x, "actual = expected*dout[0,0]"),
            (lambda x: x**2, lambda x, d: 2 * d * x + d, "actual = expected + dout[0,0]"),
            (lambda x: x**2 + x, lambda x, d: 2 * d * x, "actual = expected - dout[0,0]"),
            (lambda x: x**2, lambda x, d: 0 * d, "actual = 0"),
            (lambda x: np.exp(x), lambda x, d: d * np.exp(-x), "actual = expected/exp(2*x[0,0])"),
        ],
        6,
    ),
)
def test_relations(forward, backward, relation):
    """The quotient or the difference is said, whichever is shorter."""
    row = wrong(elementwise(forward, backward))
    assert str(row.relation or "") == relation


@pytest.mark.parametrize(
    ("backward", "relation"),
    [
        (lambda x, d: d[:, ::-1], ""),
        (lambda x, d: d[:, ::-1] * x, ""),
        (lambda x, d: d + d[:, ::-1], "actual = expected + dout[0,1]"),
        (lambda x, d: d * x[:, ::-1], "actual = expected*x[0,1]"),
    ],
)
def test_a_relation_says_more_than_both_sides_do(backward, relation):
    """A quotient or difference in which nothing has cancelled is none."""
    row = wrong(elementwise(lambda x: x * 1, backward, x="2 2"))
    assert str(row.relation or "") == relation


def test_formulas_are_written_with_the_names_of_entries():
    """A short formula is written in the inputs; a long one in terms of the outputs, where that makes it short."""

    @verify.case(x="N")
    def sigmoid(x):
        y = 1 / (1 + np.exp(-x))
        dout = yield y
        return dout * y * (2 - y)

    row = wrong(sigmoid)
    assert row.actual_formula == "dout[0]*out[0]*(2 - out[0])"
    assert row.expected_formula == "dout[0]*exp(-x[0])/(1 + exp(-x[0]))**2"


def test_a_small_difference_is_told_with_its_size():
    """One part in 10**12 in one constant of one entry is refuted, and the size is named."""

    @verify.case(x="N")
    def slightly(x):
        dout = yield x * 3
        factor = np.array([3, 3, 3.000000000003])[: x.size]
        return dout * factor

    row = wrong(slightly)
    assert row.failing == 1
    assert row.index == (2,)
    assert "differ by 1.0e-12 relative" in row.evidence.detail


def test_the_command_that_reproduces():
    """A refuted case says how to run it alone."""
    result = verify.check(elementwise(lambda x: x**2, lambda x, d: d * x))
    assert result.again == "gradproof run tests/test_explain.py --case subject"


class Letters:
    """What a term is made of, as text."""

    def __init__(self, text):
        self.text = text

    def __mul__(self, other):
        return Letters(f"{self.text}*{other.text}")

    def __add__(self, other):
        return Letters(f"{self.text} + {other.text}")

    def sum(self, axis):
        return Letters(f"sum({self.text}, axis={axis})")

    def mean(self, axis):
        return Letters(f"mean({self.text}, axis={axis})")


@pytest.mark.parametrize("term", TERMS, ids=[term.text for term in TERMS])
def test_terms_that_have_the_output(term):
    """Each term of the table says whether the output is in it, so that the report says what y is."""
    assert term.has_output is ("y" in term.of(Letters("y"), Letters("d"), 0).text)


def test_a_term_with_the_output_says_what_y_is():
    """A softmax that treats entries separately lacks sum(dout*y), and the report says that y is the output."""

    def softmax(x):
        exponents = np.exp(x)
        return exponents / exponents.sum(axis=1, keepdims=True)

    row = wrong(elementwise(softmax, lambda x, d: d * softmax(x)))
    assert "sum(dout*y, axis=1)" in row.diagnosis
    assert row.diagnosis.endswith(", where y is the output")


def test_a_product_of_sums_needs_no_brackets():
    """Behind a sign only a sum stands in brackets, whatever signs a product has within."""
    row = wrong(elementwise(lambda x: x**2, lambda x, d: d * 2 * x + d * (x + 1)))
    assert str(row.relation) == "actual = expected + dout[0,0]*(x[0,0] + 1)"

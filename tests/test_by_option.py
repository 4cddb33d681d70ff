"""Gradients that are right with some values of an option and wrong with others."""

import numpy as np
import pytest

import verify
from verify.checks.gradients.by_option import by_option
from verify.model.identity import Variant
from verify.model.result import Comparison, Verdict


class Scaled:
    """Times a number, of which backward has a value of its own where `literal` is one."""

    literal = None

    def __init__(self, scale=2.0, train=True):
        self.scale, self.train = scale, train

    def forward(self, x):
        self.x = x.copy()
        return self.scale * x * x

    def backward(self, dout):
        return 2 * (self.literal or self.scale) * self.x * dout


def likely(literal, *, quick, **options):
    """Return the likely mistakes of the layer, once each."""
    layer = type("Layer", (Scaled,), {"literal": literal})
    case = verify.layer(layer, inputs={"x": "N"}, options=options)
    result = verify.check(case, quick=quick)
    return list(dict.fromkeys(row.diagnosis for row in result.comparisons if row.verdict is Verdict.REFUTED))


@pytest.mark.parametrize("quick", [True, False])
def test_the_option_with_which_a_gradient_is_right_is_named(quick):
    """A number that is a default of forward and a literal of backward is right with the default alone."""
    assert likely(2.0, quick=quick, scale=[2.0, 1.75], train=[True, False]) == [
        "right with scale=2.0, wrong with scale=1.75: too large by a factor of 2/scale, 8/7 here: is an option missing, or "
        "a number in its place?"
    ]


def test_no_option_is_named_where_every_value_is_wrong():
    """A gradient that is wrong with each value is told as ever; a right one is not told."""
    assert likely(4.0, quick=True, scale=[1.0, 2.0]) == ["too large by a factor of 4", "too large by a factor of 2"]
    assert likely(None, quick=True, scale=[1.0, 2.0]) == []


def row(verdict, **options):
    """Return the row of a gradient in a run with some options."""
    variant = Variant(options=tuple((name, str(value)) for name, value in options.items()))
    return Comparison("gradient", "x", verdict, variant=variant)


RIGHT, WRONG, OPEN = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row(RIGHT, a=1), row(WRONG, a=2)], "right with a=1, wrong with a=2"),
        ([row(RIGHT, a=1), row(OPEN, a=3), row(WRONG, a=2)], ""),
        ([row(RIGHT, a=1), row(WRONG, a=1), row(WRONG, a=2)], ""),
        ([row(RIGHT, a=1, b=1), row(WRONG, a=2, b=2)], ""),
        ([row(RIGHT, a=1, b=1), row(RIGHT, a=1, b=2), row(WRONG, a=2, b=1)], "right with a=1, wrong with a=2"),
        ([row(RIGHT, a=0), *(row(WRONG, a=i) for i in range(1, 6))], "right with a=0, wrong with a=1, 2, 3, ..."),
        ([row(WRONG), row(RIGHT)], ""),
    ],
)
def test_what_is_said_holds_of_every_row(rows, told):
    """One option alone tells right from wrong, in all rows of the gradient; else none is named."""
    assert {made.diagnosis for made in by_option(rows) if made.verdict is WRONG} == {told}


def test_other_gradients_stay():
    """The rows of other gradients, and those that are right, are what they were."""
    other = Comparison("gradient", "w", WRONG, variant=Variant(options=(("a", "1"),)), diagnosis="the sign is wrong")
    rows = [row(RIGHT, a=1), other, row(WRONG, a=2)]
    assert by_option(rows)[:2] == rows[:2]
    assert np.all([made.verdict is before.verdict for made, before in zip(by_option(rows), rows, strict=True)])

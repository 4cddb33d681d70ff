"""Rows of gradients: the entry that shows a mistake best, what is kept before the explanation, and what has no row."""

import numpy as np

import verify
from verify import Verdict
from verify.checks.gradients.traced import check_traced


def rows(case):
    """Return the rows of a case, and those that were kept on the way to them."""
    kept = []
    result, _ = check_traced(case, keep=lambda result, _: kept.extend(result.comparisons))
    return list(result.comparisons), kept


def test_the_entry_with_the_shortest_formula_shows_a_mistake():
    """Of two wrong entries the row is about the one whose formulas are short, and it counts both."""

    @verify.case(x="2")
    def long_and_short(x):
        d = yield np.stack([np.exp(x[0]) * np.sin(x[0] ** 3), x[1] ** 2])
        return np.stack([2 * d[0] * np.exp(x[0]) * (np.sin(x[0] ** 3) + np.cos(x[0] ** 3)), d[1] * x[1]])

    (row,), _ = rows(long_and_short)
    assert (row.verdict, row.index, row.failing, row.entries) == (Verdict.REFUTED, (1,), 2, 2)


def test_a_refutation_is_kept_before_its_diagnosis():
    """A time limit that ends the search for a diagnosis does not lose the counterexample."""

    @verify.case(x="2")
    def doubled(x):
        d = yield x * x
        return d * x

    (row,), kept = rows(doubled)
    first = next(early for early in kept if early.verdict is Verdict.REFUTED)
    assert row.diagnosis
    assert not first.diagnosis
    assert first.counterexample == row.counterexample is not None


def test_a_gradient_of_another_shape_is_an_error_with_its_verdict():
    """It has as many failing entries as its input, and the place of the backward pass."""

    @verify.case(x="2 3")
    def turned(x):
        d = yield x * x
        return (2 * d * x).T

    (row,), _ = rows(turned)
    assert (row.verdict, row.failing, row.entries) == (Verdict.ERROR, 6, 6)
    assert row.where.line


def test_a_case_that_cannot_be_followed_has_one_row():
    """The row names the case, not a gradient, and says why."""

    @verify.case(x="2")
    def opaque(x):
        d = yield np.asarray([float.fromhex(float(v).hex()) for v in x])
        return d

    (row,), _ = rows(opaque)
    assert (row.quantity, row.verdict) == ("case", Verdict.UNDECIDED)
    assert row.evidence.detail

"""Large runs that are made once more on arrays, and not on symbols: what is told of them is the same, also of wrong ones."""

import numpy as np
import pytest
from effort import slow, some

import verify
from verify import Verdict
from verify.checks.checker import check
from verify.checks.gradients import traced
from verify.checks.gradients.repeated import Repeated
from verify.checks.gradients.traced import check_traced

FEATURES, OUTPUTS = 20, 50
INPUTS = {"x": verify.real(f"N {FEATURES}"), "w": verify.real(f"{FEATURES} {OUTPUTS}")}
PROVED, REFUTED = {Verdict.PROVED}, {Verdict.REFUTED}


def case(backward, forward=lambda x, w: x @ w, inputs=INPUTS, **options):
    """Return a case of a product of matrices: 1,060 entries with three rows, 1,020 with one."""

    def subject(x, w, **chosen):
        dout = yield forward(x, w, **chosen)
        return backward(dout, x, w, **chosen)

    return verify.case(inputs, name="case", **options)(subject)


def right(dout, x, w):
    return dout @ w.T, x.T @ dout


def followed(one, *, repeating=True):
    """Return the verdicts, and whether each run was followed on symbols."""
    result, runs = check_traced(one, repeating=repeating)
    return {row.verdict for row in result.comparisons}, [run.followed for run in runs]


def wrong_for(rows, factor=1 + 1e-12):
    """Return a backward that is wrong for so many rows."""

    def backward(dout, x, w):
        return dout @ w.T * (factor if len(x) == rows else 1), x.T @ dout

    return backward


def test_a_large_run_leaves_formulas_to_a_smaller_one():
    """The run with three rows is proved and repeated on arrays, the one with a single row has formulas."""
    assert followed(case(right)) == (PROVED, [False, True])


def test_who_needs_all_formulas_gets_them():
    """Mistakes are planted beside runs that were all followed."""
    assert followed(case(right), repeating=False) == (PROVED, [True, True])


def test_a_run_without_a_smaller_one_is_followed():
    """With the number of rows fixed there is no other run, and this one has formulas."""
    assert followed(case(right, sizes={"N": 3})) == (PROVED, [True])


def test_a_small_run_is_followed(monkeypatch):
    """A sum is a few operations on a thousand entries."""
    one = case(lambda d, x, w: (d + 0 * x, np.ones_like(w) * d.sum()), lambda x, w: x + w.sum())
    assert followed(one) == (PROVED, [True, True])


def test_code_that_branches_is_followed():
    """Where the output depends on a branch there are other regions, which are reached from formulas."""
    one = case(lambda d, x, w: right(d * (x @ w > 0), x, w), lambda x, w: np.maximum(x @ w, 0))
    assert followed(one) == (PROVED, [True, True])


@slow
@pytest.mark.parametrize("rows", some([3, 1], 4))
def test_a_wrong_gradient_is_refuted(rows):
    """What is wrong for three rows only, or for one, is followed and refuted, with everything on."""
    verdicts = {row.variant.sizes[0][1]: set() for row in check(case(wrong_for(rows))).comparisons if row.name == "x"}
    for row in check(case(wrong_for(rows))).comparisons:
        if row.name == "x":
            verdicts[row.variant.sizes[0][1]].add(row.verdict)
    assert verdicts[rows] == REFUTED


def test_code_that_changes_is_seen():
    """What gives other gradients from the second run on is no formula, though the first one is right."""
    runs = []

    def backward(dout, x, w):
        runs.append(len(x))
        dx, dw = right(dout, x, w)
        return dx * (1 if runs.count(3) == 1 else 1 + 1e-6), dw

    result, _ = check_traced(case(backward), repeating=True)
    assert any("keeps state between runs" in row.evidence.detail for row in result.comparisons)


def test_a_large_run_is_followed_where_the_smaller_one_fails():
    """With one row the code raises: the run with three has formulas then."""

    def forward(x, w):
        if len(x) == 1:
            raise ValueError("no single rows")
        return x @ w

    verdicts, runs = followed(case(right, forward))
    assert runs == [True]
    assert Verdict.PROVED in verdicts


def test_everything_else_is_the_same(monkeypatch):
    """The whole result is that of a run on symbols, which has the rows of the proof too."""
    shorter = check(case(right))
    monkeypatch.setattr(traced, "repeated", lambda *_: None)
    assert check(case(right)) == shorter


@pytest.mark.parametrize("formulas", ["shares", "wholes", "derivatives"])
def test_nobody_takes_it_for_a_formula(formulas):
    """Who asks such a run for derivatives is told, and gets no zeros."""
    run = check_traced(case(right), repeating=True)[1][0]
    assert isinstance(run, Repeated)
    assert run.size > 6_000  # 2 * 3 * 20 * 50 for the output alone
    with pytest.raises(AssertionError, match="without formulas"):
        getattr(run, formulas)

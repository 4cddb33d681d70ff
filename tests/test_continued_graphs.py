"""Runs with other options continue one graph in quick checks: what is true of nodes is shared, and nothing of a run."""

import numpy as np
import pytest

import gradproof
import verify
from verify import Verdict

COSINE = 0.3090169943749474
MATRIX = np.array([[1e-6, 1e-7], [1e-7, 3.7]])  # with an inverse whose first entry is a million
ENTRY = float(np.linalg.inv(MATRIX)[1, 1])
WRONG = 1 + 1e-7  # times as large as right: by less than the errors beside a million may be


def of(ways, run):
    """Return a case of a run that has a way as an option."""

    @gradproof.case(x="2", options={"way": ways})
    def made(x, way):
        return (yield from run(x, way))

    return made


def by_table(x, way):
    """Use a constant as an entry of an array, beside a larger one, or alone and wrong."""
    if way == "table":
        table = np.array([1e6, COSINE])
        dout = yield x * table[1] + x * table[0]
        return dout * table[1] + dout * table[0]
    dout = yield x * COSINE
    return dout * (COSINE * WRONG)


def by_inverse(x, way):
    """Use an inverse, whose entries have errors of their own, or one of its entries alone and wrong."""
    if way == "table":
        inverse = np.linalg.inv(MATRIX)
        dout = yield x @ inverse
        return dout @ inverse.T
    dout = yield x * ENTRY
    return dout * (ENTRY * WRONG)


@pytest.mark.parametrize("run", [by_table, by_inverse])
@pytest.mark.parametrize("ways", [["table", "alone"], ["alone", "table"]])
def test_what_one_run_knows_of_constants_excuses_nothing_in_another(run, ways):
    """Whichever comes first: a small mistake beside no array of constants is no rounding of one."""
    rows = verify.check(of(ways, run), quick=True).comparisons
    verdicts = {dict(row.variant.options)["way"]: row.verdict for row in rows}
    assert verdicts["'table'"].good
    assert verdicts["'alone'"] is Verdict.REFUTED


def test_another_branch_is_another_region():
    """A run has conditions of its own, also of nodes that an earlier one asked of at the same sample."""

    def run(x, way):
        positive = (x if way == "x" else -x) > 0
        dout = yield np.where(positive, x * x, 0 * x)
        return np.where(positive, 2 * x * dout, 0 * x + (way == "-x") * dout)

    rows = verify.check(of(["x", "-x"], run), quick=True).comparisons
    verdicts = [row.verdict for row in rows]
    assert verdicts == [verify.check(of([way], run), quick=True).comparisons[0].verdict for way in ("x", "-x")]
    assert verdicts[1] is Verdict.REFUTED


def test_a_symbol_of_an_earlier_run_is_refused():
    """Though its node is the same function: floats of an earlier run are those of other inputs."""
    kept = []

    def run(x, way):
        kept.append(x * 1)
        dout = yield x * x
        return 2 * kept[0] * dout

    rows = verify.check(of(["first", "second"], run), quick=True).comparisons
    assert not rows[1].good

"""A check that ends at the first refutation, and one that does not."""

import numpy as np
import pytest
from effort import some

import verify
from verify.model.result import Verdict
from verify.mutation.result import How
from verify.repair.checked import checked, until_failing, until_refuted
from verify.repair.result import Before
from verify.repair.trial import Failing

HOW = How()


def cube(x):
    return x**3


def case(backward, forward=cube):
    return verify.pair(forward, backward, x="2 3", name="case")


def overwritten(dout, x):
    dout *= 3 * x * x
    return dout


# Backward passes, whether the check of each ends early, and the verdict of its first row.
ENDS = {
    "right": (case(lambda dout, x: 3 * x * x * dout), False, Verdict.PROVED),
    "wrong at the sample": (case(lambda dout, x: 2 * x * x * dout), True, Verdict.REFUTED),
    "wrong elsewhere": (case(lambda dout, x: np.where(x > 40, 2, 3) * x * x * dout), True, Verdict.PROVED),
    "a contract alone": (case(overwritten), False, Verdict.PROVED),
    "an error": (case(lambda dout, x: dout @ x), False, Verdict.ERROR),
    "undecided": (case(lambda dout, x: np.linalg.svd(x)), False, None),
}


@pytest.mark.parametrize("name", some(ENDS, 6))
def test_a_check_ends_where_something_is_refuted(name):
    """What is refuted is refuted by the whole check as well; anything else is what the whole check says."""
    subject, early, first = ENDS[name]
    result, whole = until_refuted(subject, HOW)
    every = checked(subject, HOW)
    assert whole is not early
    assert result.good == every.good
    assert first in (None, result.comparisons[0].verdict)
    if whole:
        assert result == every
    else:
        assert any(row.verdict is Verdict.REFUTED for row in result.comparisons)
        assert any(row.verdict is Verdict.REFUTED for row in every.comparisons)


@pytest.mark.parametrize("name", some(ENDS, 6))
def test_a_check_ends_where_something_fails(name):
    """Where a contract is violated, it ends too, with a finding that the whole check has as well."""
    subject, early, _ = ENDS[name]
    result, whole = until_failing(subject, HOW)
    assert whole is not (early or name == "a contract alone")
    if name == "a contract alone":
        assert {finding.code for finding in result.findings if finding.bad} == {"GP101"}
        assert "GP101" in {finding.code for finding in checked(subject, HOW).findings}


def test_the_whole_result_of_a_failing_case():
    """It is asked for where nothing else helps, and has what the first refutation does not tell."""
    failing = Failing.of(case(lambda dout, x: 2 * x * x * dout), HOW)
    before = failing.candidates().before
    assert isinstance(before, Before)
    assert not before.whole
    assert not any(row.diagnosis or row.relation for row in before.result.comparisons)
    assert any(row.relation for row in failing.checked().comparisons)

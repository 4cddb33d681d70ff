"""Outputs that depend on no input: derivatives of constants are proved or refuted; a domain without a live point is told."""

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict

POSITIVE = verify.real("N", low=5)
STEP = np.sign
CONSTANTS = {
    "of the identity link": (np.ones_like, "N"),
    "of a linear scaling": (lambda x: 0.7 * np.ones_like(x), "N"),
    "written with x": (lambda x: 3 + 0 * x, "N"),
    "of ReLU": (lambda x: np.where(x > 0, 1.0, 0.0), "N"),
    "of a step, on one side of it": (lambda x: np.where(x > 0, 1.0, 0.0), POSITIVE),
    "of a sign": (np.sign, "N"),
}


def verdicts(forward, derivative, x, **settings):
    """Return the verdicts on a derivative, and the result."""
    result = verify.check(verify.derivative(forward, derivative, x=x), **settings)
    return {row.verdict for row in result.comparisons}, result


@pytest.mark.parametrize("name", CONSTANTS)
def test_the_derivative_of_a_constant_is_0(name):
    """A right claim of 0 is proved, and it is noted that the output is constant."""
    forward, x = CONSTANTS[name]
    proved, result = verdicts(forward, lambda x: 0 * x, x)
    assert proved == {Verdict.PROVED}
    assert result.good
    assert any("constant" in note for note in result.notes)


@pytest.mark.parametrize("name", CONSTANTS)
def test_another_claim_is_refuted(name):
    """A claim of another derivative is refuted, with a counterexample."""
    forward, x = CONSTANTS[name]
    found, result = verdicts(forward, lambda x: 0.859 + 0 * x, x)
    assert Verdict.REFUTED in found
    assert any(row.counterexample for row in result.comparisons)


def test_a_wrong_claim_on_one_piece_of_a_constant_is_refuted():
    """0 on one side of a step and 1/2 on the other is seen."""
    assert Verdict.REFUTED in verdicts(lambda x: np.where(x > 0, 1.0, 0.0), lambda x: np.where(x > 0, 0.5, 0.0), "N")[0]


CLIPS = {
    "a clip": lambda x: np.clip(x, 0, 1),
    "a maximum": lambda x: np.maximum(x, 3) - np.maximum(x, 4),
    "a branch": lambda x: np.where(x < 2, x * x, 4.0),
}


@pytest.mark.parametrize("name", some(CLIPS, 6))
def test_a_domain_without_a_live_point_is_told(name):
    """Where the output varies outside of the domain alone, nothing was checked: the message says what to choose."""
    found, result = verdicts(CLIPS[name], lambda x: 0 * x, POSITIVE)
    assert found == {Verdict.ERROR}
    detail = result.comparisons[0].evidence.detail
    assert "constant in every region that was reached for x in (5, infinity), but varies without these bounds" in detail


@pytest.mark.parametrize("name", CLIPS)
def test_a_wrong_claim_where_a_clip_is_dead_is_refuted(name):
    """A derivative of 1 where the clip has 0 is wrong, whatever the domain leaves out."""
    assert Verdict.REFUTED in verdicts(CLIPS[name], np.ones_like, POSITIVE)[0]


def test_the_sample_alone_says_nothing_of_a_clip():
    """Quickly, other regions are not looked for: 0 = 0 is no pass there, and one without branches is."""
    assert verdicts(CLIPS["a clip"], lambda x: 0 * x, POSITIVE, quick=True)[0] == {Verdict.ERROR}
    assert verdicts(np.ones_like, lambda x: 0 * x, "N", quick=True)[0] == {Verdict.PROVED}


def test_a_domain_that_leaves_out_where_two_conditions_hold_is_told():
    """What varies where two conditions hold together alone is dead in a domain that excludes one of them."""
    case = verify.pair(
        lambda a, b: np.where((a > 9) & (b > a + 1), a, 0.0), lambda d, a, b: (0 * a, 0 * b),
        a=verify.real("", high=8), b="",
    )  # fmt: skip
    (row,) = verify.check(case).comparisons
    assert row.verdict is Verdict.ERROR
    assert "in every region that was reached for a in (-infinity, 8)" in row.evidence.detail


def test_what_is_constant_where_it_was_looked_at_is_undecided_where_others_were_left():
    """The place of the largest of many is constant, and 0 = 0 is no pass where regions were left untried."""
    case = verify.pair(lambda x: 1.0 * np.argmax(x), lambda d, x: 0 * x, x="6 6")
    (row,) = verify.check(case).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert "0 = 0 checks nothing" in row.evidence.detail

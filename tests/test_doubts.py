"""A doubt that floats cast on a formula: refuted, undecided, or shown to be none, and never dropped."""

import numpy as np
import pytest

import verify
from verify import Verdict
from verify.checks.doubts import settled
from verify.checks.gradients.traced import check_traced
from verify.checks.rounding.trials import Wrong
from verify.model.reasons import Reason


def doubted(backward, forward=lambda x: x * x, at=700.0, is_certain=True):
    """Return what becomes of a doubt about a layer's gradient, at a point of which nobody knows more."""

    @verify.case(x="3", name="layer")
    def layer(x):
        dout = yield forward(x)
        return backward(x, dout)

    run = check_traced(layer)[1][0]
    point = {name: float(value) + at for name, value in run.seen.trace.sample.items()}
    return settled(layer, [Wrong("x", run, point, is_certain)] * 2, 0)


def raising(x, dout):
    if x.sum() > 500:
        raise ValueError("too large")
    return 2 * x * dout


def nowhere(x, dout):
    return 2 * x * dout if x.sum() < 500 else None


def test_a_formula_that_is_wrong_at_the_point_is_refuted():
    """The row that refutes is about other inputs, and there is one."""
    (row,) = doubted(lambda x, dout: dout * np.where(x > 500, x, 2 * x)).rows
    assert (row.name, row.verdict, row.variant.elsewhere) == ("x", Verdict.REFUTED, True)


@pytest.mark.parametrize(
    ("backward", "reason"),
    [
        pytest.param(raising, "ValueError: too large", id="raises"),
        pytest.param(
            lambda x, dout: 2 * x * dout if x.sum() < 500 else np.sort(1j * x).imag * dout, "sort", id="unfollowed"
        ),
        pytest.param(nowhere, "None", id="no gradient"),
    ],
)
def test_a_formula_that_cannot_be_decided_at_the_point_is_undecided(backward, reason):
    """A gradient of which nothing is known at the point fails the gate, with the reason."""
    doubts = doubted(backward)
    (row,) = doubts.rows
    assert (row.name, row.verdict, row.variant.elsewhere, row.shape) == ("x", Verdict.UNDECIDED, True, (3,))
    assert reason in row.evidence.detail or "no gradient" in row.evidence.detail
    assert row.evidence.reason is Reason.DOUBTFUL_FLOATS
    assert not doubts.notes


def test_a_formula_that_is_right_at_the_point_is_noted():
    """What is proved there stays so, and that its floats are not judged is told once."""
    doubts = doubted(lambda x, dout: 2 * x * dout)
    assert not doubts.rows
    assert ["its floats are not judged there" in note for note in doubts.notes] == [True]


@pytest.mark.parametrize("backward", [raising, nowhere, lambda x, dout: 2 * x * dout])
def test_values_that_exceed_all_floats_are_no_doubt(backward):
    """Of what no float holds nothing is known that is a doubt; what is wrong there is refuted all the same."""
    doubts = doubted(backward, is_certain=False)
    assert not doubts.rows
    assert not doubts.notes
    assert doubted(lambda x, dout: dout * np.where(x > 500, x, 2 * x), is_certain=False).rows


def test_only_what_floats_could_hold_is_a_certain_doubt():
    """The loss exp(x) is right, and larger than any float at 1e3: nothing is told of it; x and exp(x - 1e3) is wrong."""
    from verify.checks.rounding.check import arithmetic

    @verify.case(x="3", name="layer")
    def layer(x):
        dout = yield np.exp(x)
        return dout * np.exp(x)

    assert not verify.check(layer).notes
    assert {doubt.is_certain for doubt in arithmetic(layer, check_traced(layer)[1], 0).wrong} <= {False}

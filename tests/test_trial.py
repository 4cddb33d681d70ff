"""What is asked of a case with an edit in it: all that was wrong is proved, and nothing is worse."""

import numpy as np
import pytest
from effort import some

import gradproof
from verify.mutation.result import How
from verify.repair.proof import judged, with_edits
from verify.repair.trial import Failing

HOW = How()


def _softplus(a, b):
    return np.logaddexp(0, a) + np.logaddexp(0, b)


def _stable(u):
    e = np.exp(-np.abs(u))
    return np.where(u > 0, 1, e) / (1 + e)


def _naive(u):
    return np.exp(u) / (1 + np.exp(u))


def _twice(u):
    return 2 * _stable(u)


def _case(of_a, of_b, upstream=lambda dout: dout):
    def backward(dout, a, b):
        dout = upstream(dout)
        return dout * of_a(a), dout * of_b(b)

    return gradproof.pair(_softplus, backward, a="N", b="N", name="case")


def _overwritten(dout):
    dout *= 2
    return dout / 2


# What is wrong, what an edit makes of it, and what is said against the edit.
EDITS = {
    "right": (_case(_twice, _stable), _case(_stable, _stable), ""),
    "a hazard of floats where the gradient was wrong": (_case(_twice, _stable), _case(_naive, _stable), ""),
    "a hazard of floats where the gradient was right": (
        _case(_twice, _stable),
        _case(_stable, _naive),
        "the case has a new finding, GP203",
    ),
    "a contract": (_case(_twice, _stable), _case(_stable, _stable, _overwritten), "the case has a new finding, GP101"),
    "still wrong": (_case(_twice, _stable), _case(_twice, _stable), "the gradient of a is REFUTED"),
}


@pytest.mark.parametrize("name", some(EDITS, 6))
def test_an_edit_is_judged(name):
    """Floats of a gradient are first judged when it is right: they refuse an edit only where it was right before."""
    before, after, why = EDITS[name]
    known = Failing.of(before, HOW).candidates().before
    proof = judged(before, known, with_edits(before, known, after, (), HOW), HOW)
    assert (proof.holds, proof.why) == (not why, why)

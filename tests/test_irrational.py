"""One term of a gradient that is off by a root, or by one with pi, is named with its factor."""

import numpy as np
import pytest
from scipy.special import erf

import verify
from verify.model.result import Verdict

SCALE = 1 / np.sqrt(2 * np.pi)


def likely(constant):
    """Return what is said of a GELU whose bell curve has a constant of its own."""

    def forward(x):
        return 0.5 * x * (1 + erf(x / np.sqrt(2)))

    def backward(dout, x):
        return dout * (0.5 * (1 + erf(x / np.sqrt(2))) + constant * x * np.exp(-(x**2) / 2))

    result = verify.check(verify.pair(forward, backward, x="N"), quick=True)
    return {row.diagnosis for row in result.comparisons if row.verdict is Verdict.REFUTED}


@pytest.mark.parametrize(
    ("constant", "words"),
    [
        (1 / np.sqrt(np.pi), "one term is too large by a factor of sqrt(2)"),
        (1 / (2 * np.pi), "one term is too small by a factor of sqrt(2*pi)"),
        (1.0, "one term is too large by a factor of sqrt(2*pi)"),
        (-1 / np.sqrt(np.pi), "one term is too large by a factor of sqrt(2), and of the wrong sign"),
    ],
)
def test_a_constant_of_one_term_that_is_off_by_a_root(constant, words):
    """The factor is written as the root that it is, beside a term that is right."""
    assert {sentence.partition(":")[0] for sentence in likely(constant)} == {words}


@pytest.mark.parametrize("constant", [1.4142 * SCALE, 0.123 * SCALE])
def test_a_factor_that_is_near_a_root_is_none(constant):
    """A factor that is no root, to more digits than floats have, is not said to be one."""
    assert not any("sqrt" in sentence for sentence in likely(constant))


def test_a_right_constant_has_no_factor():
    """The right constant is not refuted."""
    assert likely(SCALE) == set()


def test_a_factor_that_changes_is_none():
    """A term whose factor depends on the input has no constant one."""

    def backward(dout, x):
        return dout * (np.exp(x) + np.sqrt(2 + x**2) * np.cos(x))

    result = verify.check(verify.pair(lambda x: np.exp(x) + np.sin(x), backward, x="N"), quick=True)
    sentences = {row.diagnosis for row in result.comparisons if row.verdict is Verdict.REFUTED}
    assert sentences
    assert not any("sqrt" in sentence for sentence in sentences)

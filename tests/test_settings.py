"""A factor that is made of an option is written as that, where it is so at other values of the option, too."""

import numpy as np
import pytest

import verify
from verify.model.result import Verdict


class Scaled:
    """Times a function of an option, for which backward has another one."""

    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        self.x = x.copy()
        return np.sin(x) * self.right(self.p)

    def backward(self, dout):
        return dout * np.cos(self.x) * self.wrong(self.p)


def likely(right, wrong, values):
    """Return what is said of a layer whose slopes are these functions of an option."""
    layer = type("Layer", (Scaled,), {"right": staticmethod(right), "wrong": staticmethod(wrong)})
    result = verify.check(verify.layer(layer, inputs={"x": "N"}, options={"p": values}), quick=True)
    return {row.diagnosis for row in result.comparisons if row.verdict is Verdict.REFUTED}


FACTORS = {
    "a dropout with a number": (
        lambda p: 1 / (1 - p),
        lambda p: 2,
        [0.5, 0.375],
        "large by a factor of 2*(1 - p), 5/4",
    ),
    "the option is missing": (lambda p: p, lambda p: 1, [0.5, 0.25], "too large by a factor of 1/p, "),
    "twice the option": (lambda p: 1, lambda p: 2 * p, [0.75, 0.625], "large by a factor of 2*p, 3/2 here"),
    "a quotient by it": (lambda p: 1 / p, lambda p: 1, [1.5, 1.25], "too large by a factor of p, "),
    "too small by it": (lambda p: p, lambda p: 1, [1.5, 1.25], "too small by a factor of p, 3/2 here"),
}


@pytest.mark.parametrize("factor", FACTORS)
def test_a_factor_is_written_in_terms_of_the_option(factor):
    """It is that function of the option at all values of the case."""
    right, wrong, values, words = FACTORS[factor]
    sentences = likely(right, wrong, values)
    assert sentences
    assert any(words in sentence for sentence in sentences), sentences
    assert all("is an option missing, or a number in its place?" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("right", "wrong", "values"),
    [
        (lambda _: 1, lambda _: 2, [2.0, 1.75]),
        (lambda _: 1, lambda _: 1.5, [1.5]),
        (lambda p: p**3, lambda p: 1, [0.5, 0.25]),
    ],
    ids=["a number that equals it at one value", "one value alone", "another function of it"],
)
def test_a_number_that_an_option_happens_to_equal_is_none(right, wrong, values):
    """A factor that does not follow the option, or of which one value alone is there, is said as a number."""
    sentences = likely(right, wrong, values)
    assert sentences
    assert not any("option" in sentence for sentence in sentences), sentences

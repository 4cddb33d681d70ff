"""Terms that a gradient lacks: which products and sums equal an array of floats."""

import numpy as np
import pytest

from verify.repair.terms import Terms

RNG = np.random.default_rng(1)
VALUES = {
    "dout": RNG.normal(size=(3, 4)),
    "self.y": RNG.normal(size=(3, 4)),
    "g": RNG.normal(size=4),
    "std": RNG.uniform(1, 2, size=(3, 1)),
    "W": RNG.normal(size=(4, 4)),
}
# What is missing, and how it is written.
SINGLE = {
    "- self.y * (dout * self.y).sum(axis=1, keepdims=True)": lambda dout, y, g, std, W: (
        -y * (dout * y).sum(axis=1, keepdims=True)
    ),
    "+ (dout * g).mean(axis=1, keepdims=True) / std": lambda dout, y, g, std, W: (
        (dout * g).mean(axis=1, keepdims=True) / std
    ),
    "- 2 * dout * self.y": lambda dout, y, g, std, W: -2 * dout * y,
    "+ dout @ W.T": lambda dout, y, g, std, W: dout @ W.T,
    "+ (dout * self.y).sum(axis=0)": lambda dout, y, g, std, W: (dout * y).sum(axis=0),
    "+ dout * g / 2": lambda dout, y, g, std, W: dout * g / 2,
}


def terms(target):
    return Terms(target.shape, VALUES)


def written(term):
    return f"{'-' if term.minus else '+'} {term.text}"


@pytest.mark.parametrize("text", SINGLE)
def test_one_term(text):
    """A product with a sum, a mean, a matrix product or a small number is written with the names of quantities."""
    target = SINGLE[text](*VALUES.values())
    assert text in [written(term) for term in terms(target).single(target)]


def test_two_terms():
    """Two terms of which one has a sum are found together, where neither equals the target."""
    dout, y, *_ = VALUES.values()
    target = dout * y - y * (dout * y).sum(axis=1, keepdims=True)
    assert not terms(target).single(target)
    found = [{written(term) for term in pair} for pair in terms(target).pairs(target)]
    assert {"+ dout * self.y", "- self.y * (dout * self.y).sum(axis=1, keepdims=True)"} in found


def test_what_no_term_equals():
    """Numbers that come from elsewhere are no term, though many are tried."""
    target = RNG.normal(size=(3, 4))
    assert not terms(target).single(target)
    assert not terms(target).pairs(target)


def test_what_is_nearly_a_term():
    """A term with one entry that is off by a millionth is not taken."""
    target = VALUES["dout"] * VALUES["self.y"]
    target[1, 2] *= 1 + 1e-6
    assert not terms(target).single(target)


def test_quantities_that_are_constant():
    """An array of equal numbers, or a sum that is 1 in every row, is no factor: it would be in each term."""
    y = abs(VALUES["self.y"])
    values = {"dout": VALUES["dout"], "y": y / y.sum(axis=1, keepdims=True), "ones": np.ones((3, 4))}
    found = Terms((3, 4), values).single(values["dout"] * values["y"])
    assert found[0].text == "dout * y"
    assert not any("ones *" in term.text or "sum(axis=1" in term.text for term in found)


def test_quantities_that_are_single_numbers():
    """The upstream of a loss is a number: it is a factor, and there is nothing in it to add up."""
    values = {"dout": np.float64(1.5), "rate": np.float64(0.7), "y": VALUES["self.y"]}
    found = Terms((3, 4), values).single(1.5 * 0.7 * VALUES["self.y"])
    assert found[0].text == "dout * rate * y"

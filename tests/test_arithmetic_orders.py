"""Sums of the same terms in other orders differ by rounding: a gradient in which they cancel is no approximation."""

import math

import numpy as np
import pytest
from effort import some

import verify
from verify.checks.gradients.traced import check_traced
from verify.checks.rounding.check import arithmetic


def findings(forward, backward, **inputs):
    """Return the findings on a layer of a function and its gradients."""

    @verify.case(inputs, name="layer")
    def layer(**given):
        dout = yield forward(**given)
        return backward(dout, **given)

    return arithmetic(layer, check_traced(layer)[1], 0).findings


def codes(*args, **inputs):
    return [finding.code for finding in findings(*args, **inputs)]


# Each is 0 as a formula, and a few roundings on floats.
ORDERS = {
    "dot against sum": lambda x, y: np.dot(x, y) - (x * y).sum(),
    "matmul against einsum": lambda x, y: x @ y - np.einsum("i,i->", x, y),
    "reversed": lambda x, y: x.sum() - x[::-1].sum(),
    "mean against sum": lambda x, y: x.mean() * len(x) - x.sum(),
    "axis 0 against axis 1": lambda x, y: np.outer(x, y).sum(axis=0).sum() - np.outer(x, y).sum(axis=1).sum(),
    "in a loop": lambda x, y: sum(x) - x.sum(),
    "two terms, fused": lambda x, y: np.dot(x[:2], y[:2]) - (x[0] * y[0] + x[1] * y[1]),
    "opposite terms, fused": lambda x, y: np.dot(x[:2], np.array([x[1], -x[0]])),
    "products": lambda x, y: np.prod(x) - np.prod(x[::-1]),
    "quotient against inverse": lambda x, y: (x / y - x * (1 / y)).sum(),
    "math against NumPy": lambda x, y: math.exp(x[0]) - np.exp(x)[0],
}


@pytest.mark.parametrize("name", some(ORDERS, 8))
def test_terms_that_differ_by_rounding_are_not_one_number(name):
    """What NumPy adds in another order, or fuses, is bounded for every order."""
    noise = ORDERS[name]
    found = codes(
        lambda x, y: (x * y).sum(), lambda d, x, y: (d * y + d * noise(x, y), d * x), x="5", y=verify.real("5", low=0)
    )
    assert "GP201" not in found


def test_a_gradient_that_is_zero_may_have_the_noise_of_its_terms():
    """The delta of an attention, computed in two ways, cancels to some ulps and not to 0."""

    def backward(dout, s, v):
        return (v @ dout - (dout * v).sum(axis=1)) * np.ones(len(s)), np.tile(dout, (len(v), 1))

    assert codes(lambda s, v: 0 * s.sum() + v.sum(axis=0), backward, s="T", v="T D") == []


def test_more_than_an_order_explains_is_found():
    """A sum in single precision is further from the exact one than any order takes it."""

    def backward(dout, x):
        return dout * (1 + x.astype(np.float32).sum() - x[::-1].sum()) * np.ones(5)

    assert "GP201" in codes(lambda x: x.sum(), backward, x="5")


def test_equal_operations_of_ieee_754_are_one_number():
    """A difference of two equal sums, products or quotients is exactly 0, as on floats."""
    same = {
        "sums": lambda x, y: (x + y) - (y + x),
        "products": lambda x, y: x * y - y * x,
        "quotients": lambda x, y: x / y - x / y,
    }

    def backward(d, x, y):
        return d * y + sum(zero(x, y) for zero in same.values()), d * x

    assert codes(lambda x, y: x * y, backward, x="5", y=verify.real("5", low=1)) == []

"""Memory that nobody wrote to may hold infinite numbers: what is computed from it is unknown, whatever formulas say."""

import math
from functools import partial

import numpy as np
import pytest

import verify
from verify.checks.gradients.whole import attempted
from verify.tracing.observe import variants

LOSES = {
    "times 0": lambda x, e: 0 * e,
    "a difference": lambda x, e: e - e,
    "a quotient": lambda x, e: e / e - 1,
    "a power": lambda x, e: e**0 - 1,
    "a function times 0": lambda x, e: np.exp(e) * 0,
    "a method times 0": lambda x, e: np.sqrt(np.abs(e)) * 0,
    "a sum": lambda x, e: np.stack([e, -e]).sum(axis=0),
    "a sum times 0": lambda x, e: e.sum() * 0,
    "an entry times 0": lambda x, e: e.flat[0] * 0,
    "an entry less itself": lambda x, e: e.flat[0] - e.flat[0],
    "the negative of an entry": lambda x, e: -e.flat[0] * 0,
    "a function of an entry": lambda x, e: math.exp(e.flat[0]) * 0,
    "a running sum": lambda x, e: np.cumsum(e.ravel())[-1] * 0,
    "a running product": lambda x, e: np.cumprod(np.stack([0 * x, e]), axis=0)[1],
    "a sum by einsum": lambda x, e: np.einsum("i->", e.ravel()) * 0,
    "scattered sums": lambda x, e: [np.add.at(e, 0, -e[0]), e.flat[0]][1],
    "a convolution": lambda x, e: np.convolve(0 * x.ravel(), e.ravel())[0],
    "a complex number": lambda x, e: (1j * e).real,
    "a transform": lambda x, e: (np.fft.fft(e.ravel()) - np.fft.fft(e.ravel())).real[0],
    "a loop": lambda x, e: sum(float(0) * v for v in e.ravel()),
    "a product": lambda x, e: np.stack([0 * x, e]).prod(axis=0),
    "a matrix product": lambda x, e: np.zeros((len(e), len(e))) @ e,
    "einsum": lambda x, e: np.einsum("i...,i...->i...", 0 * x, e),
    "in place": lambda x, e: np.multiply(e, 0, out=e),
}
KEEPS = {
    "written": lambda x, e: np.multiply(x, 0, out=e),
    "filled": lambda x, e: [e.fill(3), e - e][1],
    "not chosen": lambda x, e: np.where(x == x, 0, e * 2),
    "not used": lambda x, e: [e.sum(), e * 2, 0 * x][2],
}


class Square:
    """x**2, and something that is 0 if all numbers are finite."""

    def __init__(self, nothing):
        self.nothing = nothing

    def forward(self, x):
        self.x = x
        return x**2 + self.nothing(x, np.empty(x.shape))

    def backward(self, dout):
        return 2 * self.x * dout


def reasons(nothing, shape):
    """Return the reasons for which rows are not decided, after a check with all at this shape."""
    result = verify.check(verify.layer(partial(Square, nothing), inputs={"x": shape}))
    return [row.evidence.reason and row.evidence.reason.value for row in result.comparisons]


@pytest.mark.parametrize("shape", ["3", "8 6"])
@pytest.mark.parametrize("name", LOSES)
def test_what_formulas_lose_is_not_proved(name, shape):
    """On symbols and on whole arrays."""
    assert reasons(LOSES[name], shape) == ["unwritten-memory"]


@pytest.mark.parametrize("shape", ["3", "8 6"])
@pytest.mark.parametrize("name", KEEPS)
def test_what_is_written_or_left_is_proved(name, shape):
    """Memory that is written, or not used, takes nothing from a proof."""
    assert reasons(KEEPS[name], shape) == [None]


@pytest.mark.parametrize("name", [*LOSES, *KEEPS])
def test_whole_arrays_alone_say_the_same(name):
    """A run on a tape proves what is written or left, and nothing else."""
    case = verify.layer(partial(Square, {**LOSES, **KEEPS}[name]), inputs={"x": "8 6"})
    (variant,) = variants(case)
    attempt = attempted(case, variant, 0)
    assert attempt.made
    assert (attempt.proved is not None) is (name in KEEPS)

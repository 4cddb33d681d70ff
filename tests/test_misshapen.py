"""The line at which a gradient of a wrong shape is made, and what backward calls its upstreams."""

from pathlib import Path

import numpy as np
import pytest

import verify
from verify.checks.checker import check
from verify.model.result import Verdict


class Summed:
    """Sums the gradient of its weights once too often."""

    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x.copy()
        return x @ self.W

    def backward(self, dout):
        dW = self.x.T @ dout
        self.dW = dW.sum(axis=0)  # made here
        return dout @ self.W.T


class Flat:
    """Has the right numbers in a vector."""

    def forward(self, x):
        self.x = x.copy()
        return self.x**2

    def backward(self, dout):
        dx = 2 * self.x * dout
        dx = dx.ravel()  # made here
        return dx + 0


class Turned(Flat):
    """Returns a transpose."""

    def backward(self, dout):
        dx = 2 * self.x * dout
        return dx.T  # made here


@pytest.mark.parametrize("layer", [Summed, Flat, Turned])
def test_the_line_of_a_wrong_shape(layer):
    """It is the one where an array of that shape appears, and not that of `def backward`."""
    params = {"W": "D M"} if layer is Summed else {}
    row = next(
        row for row in check(verify.layer(layer, inputs={"x": "N D"}, params=params)).comparisons if not row.good
    )
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    start = lines.index(f"class {layer.__name__}{'(Flat)' if layer is Turned else ''}:")
    marked = next(number for number, line in enumerate(lines, 1) if number > start and "# made here" in line)
    assert row.verdict is Verdict.ERROR
    assert (row.place.line, row.evidence.detail.endswith(f", at {row.place}")) == (marked, True)


class Cell:
    """Has two outputs, and calls their upstreams by names of its own."""

    def forward(self, x, c):
        self.x, self.c = x.copy(), c.copy()
        return self.x * self.c, np.tanh(c)

    def backward(self, dnext_h, dnext_c):
        return dnext_h * self.c, dnext_h * self.x + dnext_c * self.c


def numbered(x, c):
    return x * c, np.tanh(c), (x, c)


def paired(dnext_h, dnext_c, cache):
    x, c = cache
    return dnext_h * c, dnext_h * x + dnext_c * c


def named(case):
    """Return the names of the numbers that a wrong gradient depends on."""
    row = next(row for row in check(case, quick=True).comparisons if row.verdict is Verdict.REFUTED)
    return {name.partition("[")[0] for name, _ in row.counterexample.inputs} | {row.actual_formula}


@pytest.mark.parametrize(
    "case",
    [
        verify.layer(Cell, inputs={"x": "N", "c": "N"}, name="cell"),
        verify.pair(numbered, paired, x="N", c="N", name="pair"),
    ],
    ids=["layer", "pair"],
)
def test_upstreams_are_called_as_by_backward(case):
    """A report names the upstream of each output as backward does."""
    text = " ".join(named(case))
    assert "dnext_c" in text
    assert "dout" not in text


def test_upstreams_without_names_are_numbered():
    """A case that states the upstream by number keeps the numbers, and so does a generator, which has no names."""
    case = verify.case(x="N", c="N")(_generator)
    assert "dout2" in " ".join(named(case))


def _generator(x, c):
    dh, dc = yield x * c, np.tanh(c)
    return dh * c, dh * x + dc * c

"""The whole domain of single numbers: complete where every cell was seen, and never where one was not."""

from fractions import Fraction

import numpy as np
import pytest
from effort import slow, some
from subjects import elementwise

import verify
from reports.page.headline import total
from verify.model.coverage import Cover
from verify.model.result import Run, summary

COMPLETE = {
    "no branch": (lambda x: np.tanh(x), lambda d, x: d * (1 - np.tanh(x) ** 2)),
    "relu": (lambda x: np.maximum(x, 0), lambda d, x: d * (x > 0)),
    "relu6": (lambda x: np.minimum(np.maximum(x, 0), 6), lambda d, x: d * ((x > 0) & (x < 6))),
    "hard swish": (
        lambda x: x * np.clip(x + 3, 0, 6) / 6,
        lambda d, x: d * np.where(x < -3, 0, np.where(x > 3, 1, (2 * x + 3) / 6)),
    ),
    "a square against a number": (
        lambda x: np.where(x * x > 2, x, x**3 / 2),
        lambda d, x: d * np.where(x * x > 2, 1, 1.5 * x * x),
    ),
    "an exponential against a number": (
        lambda x: np.where(np.exp(x) > 5, x, 2 * x),
        lambda d, x: d * np.where(np.exp(x) > 5, 1, 2),
    ),
    "softplus with a threshold": (
        lambda x: np.where(x > 20, x, np.log(1 + np.exp(x))),
        lambda d, x: d * np.where(x > 20, 1, 1 / (1 + np.exp(-x))),
    ),
}
OPEN = {
    "x against exp(-x)": (
        lambda x: np.where(x > np.exp(-x), x, 2 * x),
        lambda d, x: d * np.where(x > np.exp(-x), 1, 2),
    ),
    "rounding": (lambda x: x + 0 * np.floor(x), lambda d, x: d),
}


@pytest.mark.parametrize("name", some(COMPLETE, 8))
def test_complete(name):
    """All regions of one number are found, and shown to be all."""
    forward, backward = COMPLETE[name]
    result = verify.check(elementwise(forward, backward, "1"))
    assert {c.verdict.name for c in result.comparisons} == {"PROVED"}
    assert result.cover.complete
    assert not result.cover.unvisited


def test_complete_for_one_number_alone():
    """Of arrays of several numbers, that is said for one number: code may ask about several of them together."""
    cover = verify.check(elementwise(*COMPLETE["relu"])).cover
    assert (cover.complete, str(cover.variant)) == (False, "N=1, D=1")
    assert verify.check(elementwise(*COMPLETE["no branch"])).cover == Cover(1, complete=True)


class FourAtOnce:
    """Its gradient is wrong where four sides are taken at once, which no single number takes."""

    def forward(self, x):
        self.x = np.array(x)
        return x * 2

    def backward(self, dout):
        x = self.x
        sides = (x.sum() > 50), ((x**3).sum() < -1e6), (x.flat[0] > 200), (x.flat[-1] > 70)
        return dout * (3 if sum(map(bool, sides)) == 4 else 2)


@slow
def test_regions_of_several_numbers_are_not_all():
    """What is proved in the regions that were found is not said to be proved in all."""
    result = verify.check(verify.layer(FourAtOnce, inputs={"x": "N D"}))
    assert {c.verdict.name for c in result.comparisons} == {"PROVED"}
    assert not result.cover.complete
    assert summary(Run((result,))).endswith("all proved; 1 case in the regions checked only")
    assert not total(result)


def switched(x, series, formula):
    """Return a series where x is small, and a formula elsewhere."""
    small = x * x < 1e-9
    return np.where(small, series, formula(np.where(small, 1.0, x)))


@pytest.mark.parametrize(("third", "verdicts"), some([(8, {"PROVED", "AGREES"}), (9, {"PROVED", "REFUTED"})], 4))
def test_a_series_around_0(third, verdicts):
    """Formulas of a series that differ may have one value at 0: the cell around it is entered at another point."""

    def backward(d, x):
        series = 1 / 2 + x / 3 + x**2 / third + x**3 / 30
        return d * switched(x, series, lambda s: (s * np.exp(s) - np.exp(s) + 1) / s**2)

    forward = lambda x: switched(x, 1 + x / 2 + x**2 / 6 + x**3 / 24, lambda s: (np.exp(s) - 1) / s)  # noqa: E731
    result = verify.check(elementwise(forward, backward, "1"))
    assert {c.verdict.name for c in result.comparisons} == verdicts
    assert not result.cover.unvisited


@pytest.mark.parametrize("name", some(OPEN, 4))
def test_not_complete(name):
    """Where the edges cannot be told, or there is no end to them, the cover is not said to be complete."""
    result = verify.check(elementwise(*OPEN[name]))
    assert all(c.verdict.good for c in result.comparisons)
    assert not result.cover.complete
    assert not result.cover.variant.sizes


@pytest.mark.parametrize(("low", "high"), some([(1000, None), (7, 7.001), (None, -1e6)]))
def test_a_cell_that_the_search_does_not_reach(low, high):
    """However far away or narrow a cell is, it is entered: a mistake there is found."""
    in_cell = (
        (lambda x: (x > low) & (x < high)) if low and high else (lambda x: x > low) if low else (lambda x: x < high)
    )
    wrong = elementwise(lambda x: x * x, lambda d, x: d * np.where(in_cell(x), 5, 2 * x))
    result = verify.check(wrong)
    (refuted,) = [c for c in result.comparisons if c.verdict is verify.Verdict.REFUTED]
    assert in_cell(float(Fraction(dict(refuted.counterexample.inputs).get("x[0,0]", 0))))
    assert not result.cover.complete


def test_the_domain_ends_at_its_bounds():
    """A branch beyond the declared domain is none of its sides, and what is wrong there is not asked for."""
    case = elementwise(lambda x: x**3, lambda d, x: np.where(x < -1, 0, d * 3 * x * x), low=0)
    result = verify.check(case)
    assert {c.verdict.name for c in result.comparisons} == {"PROVED"}
    assert result.cover.variant.sizes
    assert not result.cover.unvisited


@pytest.mark.parametrize(("slope", "regions"), [(1, 2), (0, 1)])
def test_an_edge_on_which_it_is_wrong_is_counted(slope, regions):
    """The row says `in another region` of it, which is one of those that are counted."""

    def backward(d, x, mask):
        return np.where(mask, d, slope * d)

    case = verify.pair(lambda x, mask: np.where(mask, x, 0), backward, x="N D", mask=verify.fixed("N D"))
    result = verify.check(case)
    assert any(c.variant.elsewhere for c in result.comparisons) == bool(slope)
    assert result.cover.regions == regions


class Product:
    def __init__(self, corner):
        self.corner = corner

    def forward(self, x, y):
        self.x, self.y = np.array(x), np.array(y)
        return x * y

    def backward(self, dout):
        return np.where((self.x > 3) & (self.y < -3), self.corner * dout * self.y, dout * self.y), dout * self.x


@pytest.mark.parametrize(("corner", "verdict"), some([(1, "PROVED"), (0, "REFUTED")], 4))
def test_two_inputs(corner, verdict):
    """Cells of several inputs are those of each, combined: a mistake in one corner is found."""
    result = verify.check(verify.layer(lambda: Product(corner), inputs={"x": "N", "y": "N"}))
    assert max(c.verdict.rank for c in result.comparisons if c.name == "x") == verify.Verdict[verdict].rank
    assert bool(result.cover.variant.sizes) == (corner == 1)

"""Where the code is run once more, and where it need not be."""

from fractions import Fraction
from itertools import product
from statistics import fmean

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.checks.claims.claims import Exact
from verify.checks.regions.explore import Explorer
from verify.model.result import Verdict
from verify.tracing.observe import observe, variants

F = Fraction


def stepped(x):
    dout = yield np.where(x > 1, 2 * x - 1, np.where(x > 0, x, 0))
    return dout * np.where(x > 1, 2.0, np.where(x > 0, 1.0, 0.0))


@pytest.fixture
def explorer():
    case = verify.case(x=verify.real("2"))(stepped)
    return Explorer(case, Exact(case, observe(case, variants(case)[0], 0, at={"x[0]": F(5), "x[1]": F(7)})), 0)


def beside(explorer, *values):
    found = explorer.beside({"x[0]": F(values[0]), "x[1]": F(values[1])})
    return found, explorer.made


def test_inputs_of_a_known_region_are_not_run(explorer):
    """Inputs that surely take the branches of a run belong to its region, and the code is run for others."""
    assert beside(explorer, 2, 3) == (explorer.start, 0)
    mixed, made = beside(explorer, "1/2", 3)
    assert made == 1
    assert mixed is not explorer.start
    assert beside(explorer, "1/3", 9) == (mixed, 1)
    assert beside(explorer, 3, "1/3")[0] not in (None, mixed, explorer.start)
    assert explorer.made == 2


def test_inputs_on_an_edge_are_run(explorer):
    """An edge belongs to no region, though code takes one of the sides there."""
    assert beside(explorer, 1, 7) == (None, 1)
    assert beside(explorer, 0, 7) == (None, 2)


def test_a_known_region_is_that_of_a_run(explorer):
    """Where the code is run all the same, it comes to the region that was known."""
    for values in ((2, 3), ("1/2", 3), ("1/3", "1/4"), (-1, 2), (-1, -2), (8, "1/9"), (-3, -4), ("1/7", 5)):
        known, _ = beside(explorer, *values)
        seen = explorer.run({"x[0]": F(values[0]), "x[1]": F(values[1])})
        assert explorer.settled(seen) is known


def _product(slope):
    return verify.check(verify.pair(lambda x, y: x * y, lambda d, x, y: (slope(d, x, y), d * x), x="", y=""))


def small(x):
    """Return what no float and no search sees where it is asked for."""
    return np.exp(-100 * x**4)


HIDDEN = {
    "a side": (lambda d, x, y: d * y + d * small(x) if x > 50 else d * y, lambda d, x, y: d * y if x > 50 else y * d),
    "a side behind another": (
        lambda d, x, y: d * y + d * small(x) if x > 50 and y > 3 else d * y,
        lambda d, x, y: y * d if x > 50 and y > 3 else d * y,
    ),
    "a side on the way to another": (
        lambda d, x, y: (d * y + d * small(x) if x > 50 else d * y) * (1 if y > 3 else 1.0),
        lambda d, x, y: (y * d if x > 50 else d * y) * (1 if y > 3 else 1.0),
    ),
}


@pytest.mark.parametrize("name", some(HIDDEN))
def test_a_side_whose_gradients_are_undecided_is_not_visited(name):
    """However many points lie in such a region, its side of a branch stays unvisited, which is told with the reason."""
    undecided, right = map(_product, HIDDEN[name])
    assert [finding.code for finding in undecided.findings] == ["GP002"]
    assert "too small to be seen" in undecided.cover.unvisited[0].condition
    assert not undecided.cover.complete
    assert right.findings == ()
    assert right.cover.unvisited == ()


class Sparsemax:
    """It asks of the largest entry whether it is more than itself less 1, which is no question."""

    def forward(self, x):
        z = -np.sort(-x, axis=1)
        c = np.cumsum(z, axis=1) - 1
        number = (z * np.arange(1, x.shape[1] + 1) > c).sum(axis=1)
        p = np.maximum(x - (c[np.arange(len(x)), number - 1] / number)[:, None], 0)
        self.kept = p > 0
        return p

    def backward(self, dout):
        return self.kept * (dout - (dout * self.kept).sum(1, keepdims=True) / self.kept.sum(1, keepdims=True))


@slow
def test_a_question_about_a_number_has_no_other_side():
    """Where the terms of a question cancel but for a number, no input answers otherwise, and nothing is missing."""
    cover = verify.check(verify.layer(Sparsemax, inputs={"x": "N D"})).cover
    assert not any(branch.condition == "1 <= 0" for branch in cover.unvisited)


def _together(both):
    """Return the result of a case that does something of its own where two branches are taken together."""

    def slope(d, x, y):
        first, second = (1 if x > 50 else 0), (1 if y > 3 else 0)
        return both(d, x, y) if first + second > 1 else d * y

    return _product(slope)


@pytest.mark.parametrize(
    ("both", "reason"),
    some(
        [
            (lambda d, x, y: d * y + d * small(x), "too small to be seen"),
            (lambda d, x, y: d * fmean([x]), "turned into a plain number"),
            (lambda d, x, y: d * np.linalg.matrix_rank(np.array([[x, y], [y, x]])), "cannot be traced"),
        ],
        6,
    ),
)
def test_sides_are_undecided_together(both, reason):
    """Where each side was visited, and what they lead to together is undecided or cannot be traced, that is told."""
    result = _together(both)
    assert [finding.code for finding in result.findings] == ["GP002"]
    [branch] = result.cover.unvisited
    assert branch.condition.startswith(
        ("y - 3 > 0, together with other sides", "x - 50 > 0, together with other sides")
    )
    assert reason in branch.condition
    assert not result.cover.complete


@slow
def test_sides_are_right_together():
    """What is decided, right or wrong, is told as such."""
    right, wrong = _together(lambda d, x, y: y * d), _together(lambda d, x, y: d * x)
    assert right.cover.complete
    assert right.findings == ()
    assert "REFUTED" in {row.verdict.name for row in wrong.comparisons}
    assert wrong.cover.unvisited == ()


def test_inputs_without_a_number_are_not_of_the_claim():
    """Where forward makes no number, nothing has to be decided."""

    def together(x, y):
        return (1 if x < -50 else 0) + (1 if y > 3 else 0) > 1

    result = verify.check(
        verify.pair(
            lambda x, y: np.log(x) if together(x, y) else x * y,
            lambda d, x, y: (d / x, 0 * d) if together(x, y) else (d * y, d * x),
            x="",
            y="",
        )
    )
    assert {row.verdict for row in result.comparisons} == {verify.Verdict.PROVED}
    assert result.cover.unvisited == ()


THIN = {
    "a disk": lambda x, y: (x - y) ** 2 + (x - 5) ** 2 < 1e-12,
    "a disk, multiplied out": lambda x, y: x * x - 2 * x * y + y * y + (x - 5) ** 2 < 1e-12,
    "a band": lambda x, y: abs(x - y) < 1e-9,
    "a band far away": lambda x, y: abs(x - y) < 1e-9 and x > 100,
}


@pytest.mark.parametrize("name", some(THIN, 8))
def test_formulas_are_told_apart_in_a_thin_region(name):
    """Where a region is reached at a point of which two formulas agree, points of it are looked for where they do not."""
    wrong = _product(lambda d, x, y: d * x if THIN[name](x, y) else d * y)
    right = _product(lambda d, x, y: y * d if THIN[name](x, y) else d * y)
    assert [row.name for row in wrong.comparisons if row.verdict is verify.Verdict.REFUTED] == ["x"]
    assert {row.verdict for row in right.comparisons} == {verify.Verdict.PROVED}
    assert right.cover.unvisited == ()


def test_a_wrong_region_is_told_from_those_apart_from_it():
    """A region whose gradients are wrong reaches up to its edges, and no further; right ones are told of nowhere."""

    def wrong_below(x):
        dout = yield np.where(x > 1, 2 * x - 1, x)
        return dout * np.where(x > 1, 2.0, 1.5)

    case = verify.case(x=verify.real("2"))(wrong_below)
    exact = Exact(case, observe(case, variants(case)[0], 0, at={"x[0]": F(5), "x[1]": F(7)}))
    explorer = Explorer(case, exact, 0)
    assert not explorer.is_beside_refuted({"x[0]": F(1)})
    explorer.visit({"x[0]": F("1/2"), "x[1]": F(7)})
    answers = {value: explorer.is_beside_refuted({"x[0]": value}) for value in (F(-2), F(1), F(2))}
    assert answers == {F(-2): True, F(1): True, F(2): False}
    assert not explorer.is_beside_refuted({"x[0]": F(1), "x[1]": F("1/2")})


@pytest.mark.parametrize("bits", some([20, 23, 24, 40], 4))
def test_a_side_that_no_float_reaches(bits):
    """Inputs larger than any float are not run, and the search comes to its end; the wrong gradient is refuted."""

    def is_near(x):
        return x.sum() * 2.0**-1000 < 2.0**bits

    def forward(x):
        return x * np.where(x[0] > 1, 2, 3) if is_near(x) else 2 * x

    def check(factor):
        def back(d, x):
            return factor * d * np.where(x[0] > 1, 2, 3) if is_near(x) else 2 * d

        return {row.verdict for row in verify.check(verify.pair(forward, back, x="3")).comparisons}

    assert Verdict.PROVED in check(1) <= {Verdict.PROVED, Verdict.UNDECIDED}
    assert Verdict.REFUTED in check(2)


DOMAINS = [(0.1, 1.9, 1), (0.6, 1.45, 1.25), (-1.45, -0.6, -1.25), (0.55, 0.95, 0.75)]


@pytest.mark.parametrize(("shape", "domain"), some(product(["", "2", "3"], DOMAINS), 10))
def test_no_inputs_outside_of_the_domain(shape, domain):
    """However short the numbers past an edge are made, the code is run for declared inputs alone."""
    low, high, edge = domain

    def back(d, x):
        if not ((x >= low) & (x <= high)).all():
            raise ValueError("out of range")
        return d * np.where(x < edge, 2, 3)

    def check(factor):
        case = verify.pair(
            lambda x: x * np.where(x < edge, 2, 3),
            lambda d, x: factor * back(d, x),
            x=verify.real(shape, low=low, high=high),
        )
        return {row.verdict for row in verify.check(case).comparisons}

    assert check(1) <= {Verdict.PROVED}
    assert Verdict.REFUTED in check(2)


def _beyond_50(function, slope):
    """A square up to 50, of which the gradient is proved, and beyond it a function with a slope that is to be its own."""

    def forward(x):
        return np.where(x > 50, function(x), x * x)

    return verify.check(verify.pair(forward, lambda d, x: d * np.where(x > 50, slope(x), 2 * x), x="N"))


AGREEING = {
    "a sine": (lambda x: np.sin(np.pi / 6) * x, lambda x: 0.5),
    "roots": (lambda x: np.sqrt(2.0) * np.sqrt(3.0) * x, lambda x: np.sqrt(6.0)),
    "a sum": (lambda x: np.exp(x * 0.1) * (0.1 + 0.2), lambda x: 0.1 * np.exp(x * 0.1) * 0.3),
}


@slow
@pytest.mark.parametrize("name", some(AGREEING))
def test_what_agrees_in_another_region_is_not_proved(name):
    """The whole is as weak as its weakest region: where constants are off by roundings there, it only agrees."""
    rows = _beyond_50(*AGREEING[name]).comparisons
    assert {row.verdict for row in rows if row.variant.elsewhere} == {Verdict.AGREES}
    assert not any(row.variant.elsewhere for row in _beyond_50(lambda x: x**3, lambda x: 3 * x * x).comparisons)


@pytest.mark.parametrize("name", some(AGREEING))
def test_what_is_more_than_a_rounding_off_in_another_region_is_refuted(name):
    """A constant that is off by more than it can be rounded is wrong there as at the sample."""
    function, slope = AGREEING[name]
    rows = _beyond_50(function, lambda x: slope(x) * (1 + 1e-12)).comparisons
    assert Verdict.REFUTED in {row.verdict for row in rows}

"""On the very edge of a branch: every convention at a kink is right, and what is none is refuted."""

import re
from itertools import product

import numpy as np
import pytest
from effort import slow, some
from subjects import elementwise

import verify
from verify.model.result import Verdict


def of_rows(backward):
    return elementwise(lambda x: x.max(axis=1), lambda d, x: backward(d[:, None], x, x == x.max(axis=1, keepdims=True)))


def first(d, x, largest):
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), x.argmax(axis=1)] = d[:, 0]
    return dx


def median(x):
    return np.sort(x, axis=1)[:, 1]


def to_median(d, x):
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), np.argsort(x, axis=1)[:, 1]] = d
    return dx


class Minimum:
    def __init__(self, tie):
        self.tie = tie

    def forward(self, a, b):
        self.a, self.b = np.array(a), np.array(b)
        return np.minimum(a, b)

    def backward(self, dout):
        to_a = np.where(self.a == self.b, self.tie, np.where(self.a < self.b, 1, 0))
        return dout * to_a, dout * (1 - to_a if self.tie != 7 else np.where(self.a < self.b, 0, 1))


def sinc(x):
    return np.where(x == 0, 1, np.sin(x) / np.where(x == 0, 1, x))


def sinc_slope(x, at_0):
    return np.where(x == 0, at_0, (x * np.cos(x) - np.sin(x)) / np.where(x == 0, 1, x) ** 2)


def growth_slope(x, at_0):
    return np.where(x == 0, at_0, (x * np.exp(x) - np.expm1(x)) / np.where(x == 0, 1, x) ** 2)


def flat(x):
    t = np.minimum(x, 1)
    return (1 - t * (2 - t)) * np.exp(-x)


def flat_slope(x):
    t = np.minimum(x, 1)
    return -(1 - t * (2 - t)) * np.exp(-x) + np.where(x < 1, (2 * t - 2) * np.exp(-x), 0)


def bump_slope(x):
    return (2 * (x - 2) + (x - 2) ** 2) * np.exp(x) * np.cos(x) - (x - 2) ** 2 * np.exp(x) * np.sin(x)


ROOT = np.sqrt(2)


def doubled_root(x, y):
    return ROOT * np.sqrt(y**2 + 4) * np.sqrt(2 * y**2 + 1) * np.abs(x)


def to_doubled_root(at_0):
    def backward(d, x, y):
        a, b = np.sqrt(y**2 + 4), np.sqrt(2 * y**2 + 1)
        sign = np.where(x == 0, at_0, np.sign(x))
        return d * ROOT * (b * a) * sign, d * np.abs(x) * (ROOT * y * b / a + 2 * ROOT * y * a / b)

    return verify.pair(doubled_root, backward, x="2", y="2")


RIGHT = {
    "a root in another order": to_doubled_root(0),
    "a product of roots in one constant": elementwise(
        lambda x: 0.7978845608028654 * np.maximum(x, 0) * ROOT,
        lambda d, x: d * np.where(x > 0, 1.1283791670955126, np.where(x == 0, 1.1283791670955124, 0)),
    ),
    "|y| where the output is 0/0": elementwise(
        lambda x: np.abs(x) * np.sin(x) / np.sin(x), lambda d, x: d * np.sign(x) * np.sin(x) / np.sin(x)
    ),
    "sinc, 0 at 0": elementwise(sinc, lambda d, x: d * sinc_slope(x, 0)),
    "expm1 over x, 1/2 at 0": elementwise(
        lambda x: np.where(x == 0, 1, np.expm1(x) / np.where(x == 0, 1, x)), lambda d, x: d * growth_slope(x, 0.5)
    ),
    "flat beyond 1": elementwise(flat, lambda d, x: d * flat_slope(x)),
    "flat from 2 on": elementwise(
        lambda x: np.where(x < 2, (x - 2) ** 2 * np.exp(x), 0) * np.cos(x),
        lambda d, x: d * np.where(x < 2, bump_slope(x), 0),
    ),
    "relu, 0 at 0": elementwise(lambda x: np.maximum(x, 0), lambda d, x: d * (x > 0)),
    "relu, 1 at 0": elementwise(lambda x: np.maximum(x, 0), lambda d, x: d * (x >= 0)),
    "relu, 1/2 at 0": elementwise(lambda x: np.maximum(x, 0), lambda d, x: d * np.heaviside(x, 0.5)),
    "relu by a mask": elementwise(lambda x: x * (x > 0), lambda d, x: d * (x > 0)),
    "leaky relu, 0.1 at 0": elementwise(
        lambda x: np.where(x > 0, x, 0.1 * x), lambda d, x: d * np.where(x > 0, 1, 0.1)
    ),
    "leaky relu, 1 at 0": elementwise(lambda x: np.where(x > 0, x, 0.1 * x), lambda d, x: d * np.where(x < 0, 0.1, 1)),
    "elu": elementwise(lambda x: np.where(x > 0, x, np.expm1(x)), lambda d, x: d * np.where(x > 0, 1, np.exp(x))),
    "elu, alpha 2": elementwise(
        lambda x: np.where(x > 0, x, 2 * np.expm1(x)), lambda d, x: d * np.where(x >= 0, 1, 2 * np.exp(x))
    ),
    "|x| with sign": elementwise(np.abs, lambda d, x: d * np.sign(x)),
    "|x| with 1 at 0": elementwise(np.abs, lambda d, x: d * np.where(x >= 0, 1, -1)),
    "clip, open": elementwise(lambda x: np.clip(x, -1, 1), lambda d, x: d * ((x > -1) & (x < 1))),
    "clip, closed": elementwise(lambda x: np.clip(x, -1, 1), lambda d, x: d * ((x >= -1) & (x <= 1))),
    "hinge": elementwise(lambda x: np.maximum(0, 1 - x), lambda d, x: -d * (x < 1)),
    "hinge, closed": elementwise(lambda x: np.maximum(0, 1 - x), lambda d, x: -d * (x <= 1)),
    "max, to the first": of_rows(first),
    "max, shared": of_rows(lambda d, x, largest: d * largest / largest.sum(axis=1, keepdims=True)),
    "median": elementwise(median, to_median, "N 3"),
    "squared relu": elementwise(lambda x: np.maximum(x, 0) ** 2, lambda d, x: 2 * d * np.maximum(x, 0)),
    "softplus by parts": elementwise(
        lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), lambda d, x: d / (1 + np.exp(-x))
    ),
    "sorting": elementwise(
        lambda x: np.sort(x, axis=1),
        lambda d, x: np.take_along_axis(d, np.argsort(np.argsort(x, axis=1), axis=1), axis=1),
    ),
}
OF_CONSTANTS = {"a root in another order", "a product of roots in one constant"}  # equal but for their roundings
WRONG = {
    "a root in another order, 1.001 of it at 0": to_doubled_root(1.001),
    "a product of roots in one constant, 1.13 at 0": elementwise(
        lambda x: 0.7978845608028654 * np.maximum(x, 0) * ROOT,
        lambda d, x: d * np.where(x > 0, 1.1283791670955126, np.where(x == 0, 1.13, 0)),
    ),
    "sinc, 1 at 0": elementwise(sinc, lambda d, x: d * sinc_slope(x, 1)),
    "sinc, NaN at 0": elementwise(sinc, lambda d, x: d * (x * np.cos(x) - np.sin(x)) / x**2),
    "expm1 over x, 1 at 0": elementwise(
        lambda x: np.where(x == 0, 1, np.expm1(x) / np.where(x == 0, 1, x)), lambda d, x: d * growth_slope(x, 1)
    ),
    "flat beyond 1, 5 at 1": elementwise(flat, lambda d, x: d * np.where(x == 1, 5, flat_slope(x))),
    "flat from 2 on, 3 at 2": elementwise(
        lambda x: np.where(x < 2, (x - 2) ** 2 * np.exp(x), 0) * np.cos(x),
        lambda d, x: d * np.where(x == 2, 3, np.where(x < 2, bump_slope(x), 0)),
    ),
    "relu, 2 at 0": elementwise(lambda x: np.maximum(x, 0), lambda d, x: d * np.heaviside(x, 2)),
    "relu, -1 at 0": elementwise(
        lambda x: np.maximum(x, 0), lambda d, x: d * np.where(x > 0, 1, np.where(x < 0, 0, -1))
    ),
    "leaky relu, 0 at 0": elementwise(
        lambda x: np.where(x > 0, x, 0.1 * x), lambda d, x: d * np.where(x > 0, 1, 0.1) * (x != 0)
    ),
    "elu, 0 at 0": elementwise(
        lambda x: np.where(x > 0, x, np.expm1(x)), lambda d, x: d * np.where(x > 0, 1, np.where(x < 0, np.exp(x), 0))
    ),
    "clip, 2 at 1": elementwise(
        lambda x: np.clip(x, -1, 1), lambda d, x: d * ((x >= -1) & (x <= 1)) * np.where(x == 1, 2, 1)
    ),
    "hinge, -2 at 1": elementwise(lambda x: np.maximum(0, 1 - x), lambda d, x: -d * np.heaviside(1 - x, 2)),
    "max, to all that are largest": of_rows(lambda d, x, largest: d * largest),
    "max, to none of several": of_rows(lambda d, x, largest: d * largest * (largest.sum(axis=1, keepdims=True) == 1)),
    "squared relu, 1 at 0": elementwise(
        lambda x: np.maximum(x, 0) ** 2, lambda d, x: d * np.where(x == 0, 1, 2 * np.maximum(x, 0))
    ),
    "softplus by parts, 1 at 0": elementwise(
        lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
        lambda d, x: d * np.where(x == 0, 1, 1 / (1 + np.exp(-x))),
    ),
    "smooth, 0 at a tie": elementwise(
        lambda x: x[:, 0] * x[:, 1],
        lambda d, x: np.where(x[:, :1] == x[:, 1:], 0, d[:, None] * x[:, ::-1]),
        "N 2",
    ),
}


def refuted(case):
    return [c for c in verify.check(case).comparisons if c.verdict is Verdict.REFUTED]


@slow
@pytest.mark.parametrize("name", some(RIGHT, 60))
def test_right_conventions_are_right(name):
    """Whatever lies between the derivatives on both sides is right."""
    result = verify.check(RIGHT[name])
    best = Verdict.AGREES if name in OF_CONSTANTS else Verdict.PROVED
    assert max((c.verdict for c in result.comparisons), key=lambda verdict: verdict.rank).rank <= best.rank


@pytest.mark.parametrize("name", some(WRONG, 40))
def test_what_is_no_convention_is_refuted(name):
    """What no convention gives is wrong, and the inputs that are shown lie on the edge."""
    (row,) = refuted(WRONG[name])
    assert row.evidence.kind == "edge"
    assert row.counterexample.actual != row.counterexample.expected


def absolute(slope, **more):
    """Return the case of |x|, with a function that gives its slope."""
    return verify.pair(np.abs, lambda d, x: d * slope(x), x="N", **more)


@slow
def test_nan_at_a_kink_is_a_finding():
    """No derivative is missed there, as at the norm of several entries: one finding for both, which a case may allow."""
    result = verify.check(absolute(lambda x: x / np.abs(x)))
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    (kink,) = [finding for finding in result.findings if finding.fails]
    assert (kink.code, kink.name) == ("GP211", "x")
    assert re.search(
        r"x\[0\] is nan; forward has a kink there, and any number from -\S+ to \S+ would be a subgradient, such as 0",
        kink.detail,
    )
    assert verify.check(absolute(lambda x: x / np.abs(x), allow={"GP211": "x is never 0"})).passes


def test_another_number_at_a_kink_is_refuted_beside_what_is_allowed():
    """A finding that is allowed covers NaN alone."""
    assert refuted(absolute(lambda x: np.where(x == 0, 2, np.sign(x)), allow={"GP211": "x is never 0"}))


@pytest.mark.parametrize("tie", some([0, 0.5, 1, 7], 12))
def test_both_gradients_of_a_minimum_count_together(tie):
    """At a tie the two gradients have to add up: 0 and 1, 1 and 0, or halves, but not 7 and 1."""
    rows = refuted(verify.layer(lambda: Minimum(tie), inputs={"a": "N", "b": "N"}))
    assert bool(rows) == (tie == 7)


def test_a_convention_is_told_with_its_value():
    """ReLU at 0 returns 0, between 0 and 1: said, not judged."""
    (said,) = verify.check(RIGHT["relu, 0 at 0"]).cover.kinks
    assert said.endswith("x[0,0] = 0: the gradient of x[0,0] is 0, a valid subgradient in [0, 1]")


@slow
def test_a_jump_has_no_derivative():
    """Where the output jumps, whatever comes is neither right nor wrong; that is said."""
    step = elementwise(lambda x: np.where(x > 1, x + 3, x), lambda d, x: np.where(x == 1, 9, d))
    result = verify.check(step)
    assert result.good
    assert any("the output jumps there" in said for said in result.cover.kinks)


@slow
def test_an_infinite_derivative_beside_the_edge_is_not_judged():
    """The root of max(x, 0) rises without limit at 0: the edge is not judged, and that is said."""
    root = elementwise(
        lambda x: np.sqrt(np.maximum(x, 0)),
        lambda d, x: np.where(x > 0, d / (2 * np.sqrt(np.where(x > 0, x, 1))), 0),
    )
    result = verify.check(root)
    assert result.good
    assert any("no finite limit there" in said for said in result.cover.kinks)


# Functions that are constant at the first sample of their domain, where another one is taken: value, slope, kink.
CONSTANT_FIRST = {
    "clip": (lambda x: np.clip(x, -0.7, 0.6), lambda x: 1.0 * (x <= 0.6), 0.6),
    "minimum": (lambda x: np.minimum(x, 0.25), lambda x: 1.0 * (x < 0.25), 0.25),
    "hinge": (lambda x: np.maximum(0, 0.5 - x), lambda x: -1.0 * (x < 0.5), 0.5),
}


@pytest.mark.parametrize(("name", "total"), some(product(CONSTANT_FIRST, [False, True]), 12))
def test_edges_of_a_case_whose_first_sample_is_constant(name, total):
    """Runs on and beside an edge have the other inputs in one place, so that the output of what is continuous does not jump."""
    value, slope, kink = CONSTANT_FIRST[name]

    def case(tie):
        forward = (lambda x: value(x).sum()) if total else value
        backward = lambda d, x: d * np.where(x == kink, tie(x), slope(x))  # noqa: E731
        return verify.pair(forward, backward, x=verify.real("3", low="0.1", high=3), name="layer")

    right = verify.check(case(slope))
    assert right.passes
    assert not any("jumps" in note for note in right.notes)
    wrong = verify.check(case(lambda x: 1.5))
    assert Verdict.REFUTED in {row.verdict for row in wrong.comparisons}


class Wrong:
    """|x| + |y| + |z|, whose gradients are wrong for x < -3, and for y or z on its edge."""

    def __init__(self, region, y, z):
        self.region, self.y, self.z = region, y, z

    def forward(self, x, y, z):
        self.kept = np.array(x), np.array(y), np.array(z)
        return np.maximum(x + 3, 0) + np.abs(y) + np.abs(z)

    def backward(self, dout):
        x, y, z = self.kept
        to_x = np.where(x > -3, 1, self.region)
        return dout * to_x, dout * np.where(y == 0, self.y, np.sign(y)), dout * np.where(z == 0, self.z, np.sign(z))


@slow
@pytest.mark.parametrize(("region", "y", "z"), some(product([0, 1], [0, 7], [0, -7]), 20))
def test_edges_away_from_a_wrong_region_are_judged(region, y, z):
    """What is wrong in one region takes nothing from the edges of others."""
    inputs = {name: verify.real("2") for name in "xyz"}
    rows = refuted(verify.layer(lambda: Wrong(region, y, z), inputs=inputs))
    wrong = {"x": region != 0, "y": y != 0, "z": z != 0}
    assert {row.name for row in rows} == {name for name, is_wrong in wrong.items() if is_wrong}
    assert all((row.evidence.kind == "edge") == (row.name != "x") for row in rows)


@pytest.mark.parametrize(("at_zero", "verdict"), [(0.0, Verdict.PROVED), (1.0, Verdict.UNDECIDED)])
def test_a_limit_that_depends_on_a_rounded_constant(at_zero, verdict):
    """What roundings do to a limit has no bound: what is far from it is no choice, and passes for none."""

    def slope(x):
        y = np.where(x == 0, 1, x)
        return np.where(x == 0, at_zero, (np.cos(y) * y - np.sin(y)) / y**2)

    rows = verify.check(verify.derivative(lambda x: np.sinc(x / np.pi), slope, x="N")).comparisons
    assert max((row.verdict for row in rows), key=lambda v: v.rank) is verdict
    doubted = ["on all sides of it; the effect of rounded constants" in row.evidence.detail for row in rows]
    assert any(doubted) is (verdict is Verdict.UNDECIDED)


def by_forty_ninths(at_edge):
    """A hinge whose edge, at 1/49, no float lies on: the formula has a value there that floats do not show."""
    return elementwise(
        lambda x: np.maximum(49 * x - 1, 0), lambda d, x: 49 * d * np.where(49 * x == 1, at_edge, 49 * x > 1)
    )


@slow
def test_an_edge_that_was_not_judged_is_a_hazard():
    """What is returned there is told as GP004, which passes but for `--strict`; a choice of a slope is no hazard."""
    result = verify.check(by_forty_ninths(5))
    hazards = [one for one in result.findings if one.code == "GP004"]
    assert result.good
    assert {one.fails for one in hazards} == {False}
    assert {one.detail.partition(" - ")[0] for one in hazards} == {"49*x[0,0]"}
    assert not any("not judged" in sentence for sentence in result.cover.kinks)
    right = verify.check(by_forty_ninths(0.5))
    assert "GP004" not in [one.code for one in right.findings]


def with_gradient_at_0(forward, gradient_at_0):
    """A function whose code returns a gradient of its own where any entry is 0; forward is |x| or x ** 2 beside it."""
    slope = np.sign if forward is np.abs else lambda x: 2 * x
    return elementwise(forward, lambda d, x: gradient_at_0(d, x) if (x == 0).any() else d * slope(x))


NO_NUMBERS = {
    "NaN": lambda d, x: d * np.where(x == 0, np.nan, 1),
    "infinity": lambda d, x: d * np.where(x == 0, np.inf, 1),
    "another shape": lambda d, x: d.ravel()[:1] * 1,
}


@pytest.mark.parametrize("name", some(NO_NUMBERS))
def test_a_constant_on_an_edge_that_is_no_number(name):
    """No formula is kept of it, and it does not pass: at a kink it is GP211, and refuted where there is a derivative."""
    at_kink = verify.check(with_gradient_at_0(np.abs, NO_NUMBERS[name]))
    assert "GP211" in {finding.code for finding in at_kink.findings if finding.fails}
    smooth = with_gradient_at_0(lambda x: np.where(x > 0, x * x, x**2), NO_NUMBERS[name])
    assert Verdict.REFUTED in {row.verdict for row in verify.check(smooth).comparisons}


def one_left_out(d, x, y):
    return (None if (x == 0).any() else d * np.sign(x) * y), d * np.abs(x)


@slow
def test_a_gradient_that_is_left_out_on_an_edge():
    """None for one of two inputs, where another is returned, does not pass; a slope between both does."""
    left_out = verify.check(verify.pair(lambda x, y: np.abs(x) * y, one_left_out, x="N", y="N"))
    assert not left_out.good
    right = verify.pair(lambda x, y: np.abs(x) * y, lambda d, x, y: (d * np.sign(x) * y, d * np.abs(x)), x="N", y="N")
    assert verify.check(right).good


def of_held(forward, slope):
    """A function of x and of a y that nobody differentiates, with what stands in for its slope by x."""
    held = verify.fixed("N")
    return verify.pair(forward, lambda d, x, y: (d * slope(x, y), None), x="N", y=held)


HELD = {
    "a mask": (lambda x, y: np.where(y == 0, 0, x**2), lambda x, y: np.where(y == 0, 0, 2 * x), lambda x, y: 2 * x),
    "a label": (
        lambda x, y: np.where(y == 1, x, 1 - x**2),
        lambda x, y: np.where(y == 1, 1, -2 * x),
        lambda x, y: -2 * x,
    ),
    "truth": (lambda x, y: x**2 * (y != 3), lambda x, y: 2 * x * (y != 3), lambda x, y: 2 * x),
    "all of them": (
        lambda x, y: x if (y == 0).all() else x**2,
        lambda x, y: 1 if (y == 0).all() else 2 * x,
        lambda x, y: 2 * x,
    ),
    "how many": (
        lambda x, y: x**2 / max(1, (y == 1).sum()),
        lambda x, y: 2 * x / max(1, (y == 1).sum()),
        lambda x, y: 2 * x,
    ),
    "the edge of a step": (
        lambda x, y: np.where(y > 0, x, x**2),
        lambda x, y: np.where(y > 0, 1, 2 * x),
        lambda x, y: np.where(y >= 0, 1, 2 * x),
    ),
}


@pytest.mark.parametrize("name", some(HELD))
def test_edges_of_inputs_that_nobody_differentiates(name):
    """The output may jump there, and still has a derivative by the other inputs: one of the sides is refuted."""
    forward, right, wrong = HELD[name]
    result = verify.check(of_held(forward, right))
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not any(finding.fails or finding.code == "GP004" for finding in result.findings)
    assert not any("no derivative" in sentence for sentence in result.cover.kinks)
    assert Verdict.REFUTED in {row.verdict for row in verify.check(of_held(forward, wrong)).comparisons}


@pytest.mark.parametrize(("at_edge", "good"), [(1, True), (2, False)])
def test_an_input_beside_one_that_jumps(at_edge, good):
    """Where one input is on the edge of a jump, the output has a derivative by the other; none by the first is judged."""

    def backward(d, a, b):
        return 0 * d * a, d * np.where(a == 0, at_edge, 2 * b)

    case = verify.pair(lambda a, b: np.where(a == 0, b, b**2), backward, a="N", b="N")
    result = verify.check(case)
    assert result.good is good
    assert {row.name for row in result.comparisons if row.verdict is Verdict.REFUTED} == (set() if good else {"b"})

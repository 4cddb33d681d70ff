"""Sides of several branches at once: what is wrong where two or three conditions hold together is found."""

from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import combinations, product

import numpy as np
import pytest
from effort import slow, some

import verify
from verify import Verdict
from verify.checks.checker import check
from verify.checks.claims.claims import Exact
from verify.checks.gradients.traced import check_traced
from verify.checks.regions.explore import Explorer
from verify.checks.regions.joint import _exclude_each_other
from verify.checks.regions.limits import Limit
from verify.tracing.observe import observe, variants


def pieces(name, conditions, forward, gradients, inputs, wrong=()):
    """Return a case of scalars whose gradient is wrong where the answers to some conditions are as `wrong` tells.

    The error is multiplied by what the conditions gave: it has no branch of its own.
    """

    @verify.case(dict.fromkeys(inputs.split(), ""), name=name)
    def subject(**given):
        values = list(given.values())
        dout = yield forward(*values, conditions(*values))
        answers = conditions(*values)
        first, *others = gradients(*values, answers)
        factors = [1.0 if bool(answers[place]) == side else 0.0 for place, side in wrong]
        return tuple(dout * value for value in (first + (np.prod(factors) / 8 if wrong else 0), *others))

    return subject


def residual(x, y, c):
    r = x - y
    return (2 * r - 1 if c[0] else -4 * r - 4 if c[1] else r * r) + (r if c[2] else 0) + (x * x if c[3] else 8 * x)


def residual_gradients(x, y, c):
    slope = (2 if c[0] else -4 if c[1] else 2 * (x - y)) + (1 if c[2] else 0)
    return slope + (2 * x if c[3] else 8), -slope


def triplet(a, p, n, c):
    near, far = (a - p) ** 2, (a - n) ** 2
    return (near - far + 1 if c[0] else 0 * a) + (near if c[1] else 4 * (near - 3)) + (far if c[2] else 0 * a)


def triplet_gradients(a, p, n, c):
    u, w = (1 if c[0] else 0) + (1 if c[1] else 4), (-1 if c[0] else 0) + (1 if c[2] else 0)
    return 2 * u * (a - p) + 2 * w * (a - n), -2 * u * (a - p), -2 * w * (a - n)


def hinge_of_hinge(x, y, z):
    inner = max(x + y - 1, 0 * x)
    return x + y - 1 > 0, 2 * inner - z > 0, max(2 * inner - z, 0 * x) > 3


def hinges(x, y, z, c):
    inner = x + y - 1 if c[0] else 0 * x
    outer = 2 * inner - z if c[1] else 0 * x
    return (outer if c[2] else outer * outer / 6 + 1.5) + x * z


def hinges_gradients(x, y, z, c):
    inner = x + y - 1 if c[0] else 0 * x
    slope = (1 if c[2] else (2 * inner - z) / 3) if c[1] else 0
    return (2 * slope if c[0] else 0) + z, 2 * slope if c[0] else 0, -slope + x


def disc(x, y, c):
    return (x * x * y if c[0] else x * y * y) + (x if c[1] else y) + (x * y if c[2] else x)


def disc_gradients(x, y, c):
    along_x = (2 * x * y if c[0] else y * y) + (1 if c[1] else 0) + (y if c[2] else 1)
    return along_x, (x * x if c[0] else 2 * x * y) + (0 if c[1] else 1) + (x if c[2] else 0)


PIECES = {
    "huber with thresholds": (
        lambda x, y: (x - y > 1, x - y < -2, abs(x - y) > 3, x > 4),
        residual, residual_gradients, "x y",
    ),
    "triplet with clips": (
        lambda a, p, n: ((a - p) ** 2 - (a - n) ** 2 + 1 > 0, (a - p) ** 2 > 4, (a - n) ** 2 < 9),
        triplet, triplet_gradients, "a p n",
    ),
    "hinge of hinge": (hinge_of_hinge, hinges, hinges_gradients, "x y z"),
    "disc": (lambda x, y: (x * x + y * y > 4, x > y, x * y > 1), disc, disc_gradients, "x y"),
}  # fmt: skip
COUNTS = {"huber with thresholds": 4, "triplet with clips": 3, "hinge of hinge": 3, "disc": 3}


def occurring(name, wrong, rng):
    """Tell whether there are inputs with some answers, as far as thousands of random ones show it."""
    conditions, _, _, inputs = PIECES[name]
    for _ in range(4000):
        answers = conditions(*(rng.normal(size=len(inputs.split())) * rng.choice([1, 4])))
        if all(bool(answers[place]) == side for place, side in wrong):
            return True
    return False


def planted():
    """Return the answers to two and to three conditions of each function that there are."""
    rng = np.random.default_rng(0)
    for name, count in COUNTS.items():
        for places in (places for size in (2, 3) for places in combinations(range(count), size)):
            for sides in product((True, False), repeat=len(places)):
                wrong = tuple(zip(places, sides, strict=True))
                if occurring(name, wrong, rng):
                    yield name, wrong


@pytest.mark.parametrize("name", some(PIECES, 8))
def test_right_pieces_are_proved(name):
    """The twin without an error is proved in all regions."""
    result = verify.check(pieces(name, *PIECES[name]))
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not result.cover.unvisited


@pytest.mark.parametrize(("name", "wrong"), some(planted(), 256), ids=str)
def test_an_error_where_several_conditions_hold_is_refuted(name, wrong):
    """An error that shows where two or three conditions hold together, of all that there are, is found."""
    result = verify.check(pieces(name, *PIECES[name], wrong))
    assert Verdict.REFUTED in {row.verdict for row in result.comparisons}


class Overlap:
    """The intersection over union of boxes, as a loss: their corners are the first and the last half of a row."""

    def __init__(self, factor=1.0, enclosing=False, clip=lambda edge: np.maximum(edge, 0)):
        self.factor, self.enclosing, self.clip = factor, enclosing, clip

    def forward(self, a, b):
        self.a, self.b = a, b
        n = a.shape[-1] // 2
        edge = np.minimum(a[..., n:], b[..., n:]) - np.maximum(a[..., :n], b[..., :n])
        self.live, self.sides = 1.0 * (edge > 0), self.clip(edge)
        self.common = np.prod(self.sides, axis=-1)
        self.union = self.volume(a) + self.volume(b) - self.common
        return 1 - self.common / self.union

    def backward(self, dout):
        common = (dout * -(self.union + self.common) / self.union**2 * self.factor)[..., None] * self.live
        common, volume = common * self.rest(self.sides), (dout * self.common / self.union**2)[..., None]
        n = self.a.shape[-1] // 2
        low = 1.0 * (self.a[..., :n] >= self.b[..., :n])
        high = 1.0 * (self.a[..., n:] <= self.b[..., n:])
        return self.of(self.a, common * low, common * high, volume), self.of(
            self.b, common * (1 - low), common * (1 - high), volume
        )

    def of(self, box, low, high, volume):
        n = box.shape[-1] // 2
        rest = volume * self.rest(box[..., n:] - box[..., :n])
        return np.concatenate([-low - rest, high + rest], axis=-1)

    def volume(self, box):
        n = box.shape[-1] // 2
        return np.prod(box[..., n:] - box[..., :n], axis=-1)

    def rest(self, sides):
        """Return the product of the other sides, for each."""
        places = range(sides.shape[-1])
        return np.stack([np.prod(sides[..., [j for j in places if j != i]], axis=-1) for i in places], axis=-1)


BOXES = {
    "intervals": ("1 2", {}),
    "boxes": ("1 4", {}),
    "boxes in rows": ("N 4", {}),
    "boxes in pixels": ("1 4", {"low": 0, "high": 640}),
    "solids": ("1 6", {}),
    "solids in the unit cube": ("1 6", {"low": 0, "high": 1}),
    "where": ("1 4", {"clip": lambda edge: np.where(edge > 0, edge, 0.0)}),
}


@cache
def overlap(name, factor):
    """Return the result of a loss of boxes whose derivative is wrong by a factor; several tests look at one."""
    return check(boxes(name, factor))


def boxes(name, factor):
    shape, settings = BOXES[name]
    clip = {key: value for key, value in settings.items() if key == "clip"}
    domain = verify.real(shape, **{key: value for key, value in settings.items() if key != "clip"})
    return verify.layer(lambda: Overlap(factor, **clip), inputs={"a": domain, "b": domain})


@slow
@pytest.mark.parametrize("name", some(BOXES, 16))
def test_boxes_overlap_somewhere(name):
    """A wrong derivative of an overlap is refuted, and the right one passes, wherever the samples of the boxes lie."""
    assert Verdict.REFUTED in {row.verdict for row in overlap(name, 1.1).comparisons}
    right = overlap(name, 1)
    assert {row.verdict for row in right.comparisons} == {Verdict.PROVED}


@cache
def of_apart(factor):
    """Return the result of solids apart."""
    return check(apart(factor))


def apart(factor):
    """Return a loss of two solids, side by side by default: no sample is in their overlap."""

    def overlap(corners):
        return [max(0, min(corners[i + 3], corners[i + 9]) - max(corners[i], corners[i + 6])) for i in range(3)]

    names = [f"{box}{end}{axis}" for box in "ab" for end in "lh" for axis in "xyz"]

    @verify.case(dict.fromkeys(names, ""), name="solids apart")
    def subject(**given):
        corners = list(given.values())
        sides = overlap(corners)
        dout = yield sides[0] * sides[1] * sides[2] + sum(corners)
        gradients = dict.fromkeys(names, dout)
        for i, axis in enumerate("xyz"):
            rest = dout * factor * np.prod([side for j, side in enumerate(sides) if j != i]) * (sides[i] > 0)
            gradients[("ah" if corners[i + 3] <= corners[i + 9] else "bh") + axis] += rest
            gradients[("al" if corners[i] >= corners[i + 6] else "bl") + axis] -= rest
        return tuple(gradients.values())

    return subject


@slow
def test_three_sides_are_above_0_together():
    """The overlap of solids, written in numbers, needs three branches on one side, and a live sum hides that."""
    assert Verdict.REFUTED in {row.verdict for row in of_apart(1.1).comparisons}
    assert {row.verdict for row in of_apart(1).comparisons} == {Verdict.PROVED}


@slow
def test_a_point_where_forward_is_not_defined_is_not_a_region():
    """Boxes of which one has no volume make 0/0, in a region whose formula has none: it is decided beside them."""
    counted = Counter(row.verdict for row in overlap("solids", 1).comparisons)
    assert counted.keys() == {Verdict.PROVED}


@slow
def test_combinations_that_were_left_are_told():
    """Six questions about twelve numbers have more combinations than are run, and two about two have not."""
    assert Limit.COMBINATIONS.value in of_apart(1).cover.untried
    few = verify.pair(
        lambda x, y: np.maximum(x, 0) * np.maximum(y, 0),
        lambda d, x, y: (d * (x > 0) * np.maximum(y, 0), d * (y > 0) * np.maximum(x, 0)),
        x="", y="",
    )  # fmt: skip
    assert Limit.COMBINATIONS.value not in check(few).cover.untried


def kernel(wrong):
    """Return a sum over pairs whose product is above -1, with an error where three answers about them are as told."""

    def forward(q, k):
        score = q[:, None] * k[None, :]
        return np.where(score > -1, np.exp(score), 0.0).sum()

    def backward(dout, q, k):
        score = q[:, None] * k[None, :]
        live = 1.0 * (score > -1)
        slope = dout * live * np.exp(live * score) * (1 + wrong * live[-1, 0] * (1 - live[-1, -1]) * live[0, 0])
        return (slope * k[None, :]).sum(axis=1), (slope * q[:, None]).sum(axis=0)

    return verify.pair(forward, backward, q="T", k="T")


@slow
def test_questions_of_arrays_are_answered_together():
    """The smallest size asks one question, and a larger one several: these are looked at together there."""
    assert Verdict.REFUTED in {row.verdict for row in check(kernel(0.1)).comparisons}
    assert {row.verdict for row in check(kernel(0)).comparisons} == {Verdict.PROVED}


def test_a_region_is_decided_beside_a_zero_of_a_divisor():
    """At y = 0 floats make 0/0 of what cancels in the formula: nothing is known there, and all of it beside."""
    case = verify.pair(
        lambda x, y: np.where(x > 5, x, 2 * x) + np.maximum(x - 8, 0) / y,
        lambda d, x, y: (
            d * (np.where(x > 5, 1, 2) + (x > 8) / np.where(x > 8, y, 1)),
            -d * np.maximum(x - 8, 0) / np.where(x > 8, y, 1) ** 2,
        ),
        x="2", y="2",
    )  # fmt: skip
    _, (run, *_) = check_traced(case)
    explorer = Explorer(case, run, 0)
    region = explorer.visit(dict.fromkeys(["x[0]", "x[1]"], Fraction(6)) | dict.fromkeys(["y[0]", "y[1]"], Fraction(0)))
    assert explorer.right(region)
    assert not explorer.rows


def above(value):
    return bool(value > 1)


# What one helper is asked of two or three formulas at one line, and a combination of answers to them.
ASKED = {
    "no entry above, one far below": lambda x, a: not any(map(a, x)) and any(a(-v - 20) for v in x),
    "none above, one cube far below": lambda x, a: not any(map(a, x)) and any(a(-v * v * v - 900) for v in x),
    "all above, one far above": lambda x, a: all(map(a, x)) and any(a(v - 30) for v in x),
    "one far below, one far above": lambda x, a: any(a(-v - 20) for v in x) and any(a(v - 30) for v in x),
}


@pytest.mark.parametrize(("name", "shape"), some(product(ASKED, ["3", "7", "13"]), 24))
def test_one_helper_asked_of_several_formulas(name, shape):
    """Its questions share a line and are several: what is wrong for a combination of their sides is refuted."""
    verdicts = {}
    for wrong in (0.0, 1.0):
        case = verify.pair(
            lambda x: x * 1.0, lambda d, x, wrong=wrong: d + wrong * float(ASKED[name](x, above)), x=shape
        )
        verdicts[wrong] = {row.verdict for row in verify.check(case).comparisons}
    assert verdicts[0.0] == {Verdict.PROVED}
    assert Verdict.REFUTED in verdicts[1.0]


@pytest.mark.parametrize(
    ("second", "exclude"),
    [(lambda x: x + 1 < 0, True), (lambda x: x - 3 < 0, False), (lambda x: 4 - 2 * x > 0, True), (np.isfinite, False)],
)
def test_questions_that_exclude_each_other_are_told(second, exclude):
    """Of x > 2 and x + 1 < 0 no input makes both true; of others nothing is said."""

    def layer(x):
        both = [bool(x - 2 > 0), bool(second(x))]
        dout = yield 2 * x if all(both) else x
        return dout * (2 if all(both) else 1)

    case = verify.case(x="")(layer)
    explorer = Explorer(case, Exact(case, observe(case, variants(case)[0], 0, at={"x": Fraction(0)})), 0)
    questions = explorer.sites.passed(explorer.start.seen)
    true = [(question, question.taken if question.condition.holds else question.other) for question in questions]
    assert _exclude_each_other(true) is exclude
    assert not _exclude_each_other([(question, question.taken) for question in questions])

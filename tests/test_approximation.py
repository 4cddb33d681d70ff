"""Approximations on purpose: series near removable singularities, limits far out, stated accuracies."""

import math
from functools import partial

import numpy as np
import pytest
from effort import slow, some

import verify
from reports import words
from verify.model.errors import InputError
from verify.model.result import Verdict


def switched(series, formula, threshold, dtype=None):
    """Return a function that switches to a series where its input is small."""

    def function(x):
        x = x if dtype is None else x.astype(dtype)
        small = np.abs(x) < threshold
        return np.where(small, series(x), formula(np.where(small, 1.0, x)))

    return function


def growth(F=lambda x: 1 + x / 2 + x**2 / 6, B=lambda x: 1 / 2 + x / 3 + x**2 / 8, threshold=1e-5, dtype=None):
    """Return (exp(x) - 1) / x."""
    forward = switched(F, lambda s: np.expm1(s) / s, threshold, dtype)
    return forward, switched(B, lambda s: (s * np.exp(s) - np.expm1(s)) / s**2, threshold, dtype)


def sinc(F=lambda x: 1 - x**2 / 6, B=lambda x: -x / 3 + x**3 / 30, threshold=1e-4, dtype=None):
    """Return sin(x) / x."""
    forward = switched(F, lambda s: np.sin(s) / s, threshold, dtype)
    return forward, switched(B, lambda s: (s * np.cos(s) - np.sin(s)) / s**2, threshold, dtype)


def cosc(F=lambda x: 0.5 - x**2 / 24, B=lambda x: -x / 12 + x**3 / 180, threshold=1e-4, dtype=None):
    """Return (1 - cos(x)) / x**2."""
    forward = switched(F, lambda s: (1 - np.cos(s)) / s**2, threshold, dtype)
    return forward, switched(B, lambda s: (s * np.sin(s) - 2 * (1 - np.cos(s))) / s**3, threshold, dtype)


def slowing(
    F=lambda x: 1 - x / 2 + x**2 / 3 - x**3 / 4,
    B=lambda x: -1 / 2 + 2 * x / 3 - 3 * x**2 / 4 + 4 * x**3 / 5,
    threshold=1e-4,
):
    """Return log1p(x) / x."""
    forward = switched(F, lambda s: np.log1p(s) / s, threshold)
    return forward, switched(B, lambda s: (s / (1 + s) - np.log1p(s)) / s**2, threshold)


def softplus(cut=20, slope=lambda x: 1 / (1 + np.exp(-x))):
    """Return log(1 + exp(x)), which is x from some number on."""
    return lambda x: np.where(x > cut, x, np.log1p(np.exp(np.minimum(x, cut)))), slope


def mish():
    """Return x * tanh(softplus(x)), whose softplus is x from 20 on."""
    soft = softplus()[0]

    def slope(x):
        t = np.tanh(soft(x))
        return t + x * (1 - t * t) / (1 + np.exp(-x))

    return lambda x: x * np.tanh(soft(x)), slope


def cross(x, y, z):
    """Return the matrix of a cross product."""
    o = 0 * x
    return np.array([[o, -z, y], [z, o, -x], [-y, x, o]])


class Rotation:
    """The rotation of a rotation vector, by series where that is short."""

    A, B = staticmethod(lambda s: 1 - s / 6), staticmethod(lambda s: 0.5 - s / 24)
    slope_a, slope_b = staticmethod(lambda s: -1 / 3 + s / 30), staticmethod(lambda s: -1 / 12 + s / 180)

    def coefficients(self, r):
        """Return the two coefficients and their slopes."""
        s = r[0] ** 2 + r[1] ** 2 + r[2] ** 2
        t = np.sqrt(s)
        if t < 1e-4:
            return self.A(s), self.B(s), self.slope_a(s), self.slope_b(s)
        sin, cos = np.sin(t), np.cos(t)
        return sin / t, (1 - cos) / s, (t * cos - sin) / (s * t), (t * sin - 2 * (1 - cos)) / (s * s)

    def forward(self, r):
        """Return the matrix."""
        self.c, self.k, self.r = self.coefficients(r), cross(r[0], r[1], r[2]), r
        return np.eye(3) + self.c[0] * self.k + self.c[1] * (self.k @ self.k)

    def backward(self, d):
        """Return the gradient of the vector."""
        a, b, da, db = self.c
        gradient = []
        for i in range(3):
            e = cross(*(1.0 if j == i else 0.0 for j in range(3)))
            by_entry = self.r[i] * (da * self.k + db * (self.k @ self.k)) + a * e + b * (e @ self.k + self.k @ e)
            gradient.append((d * by_entry).sum())
        return np.array(gradient)


def rotation(**series):
    """Make a case of the rotation with other series."""
    layer = type("Rotation", (Rotation,), {name: staticmethod(given) for name, given in series.items()})
    return verify.layer(layer, inputs={"r": "3"}, name="rotation")


def checked(functions, given="2", **more):
    """Check a function and its derivative."""
    return verify.check(verify.derivative(*functions, x=given, name="layer", **more))


def approximations(result):
    """Return the rows that say something of an approximation."""
    return [row for row in result.comparisons if row.evidence.kind == "approximation"]


RIGHT = {
    "growth": growth,
    "growth with fewer terms": lambda: growth(F=lambda x: 1 + x / 2 + x**2 / 6 + x**3 / 24, B=lambda x: 1 / 2 + x / 3),
    "sinc": sinc,
    "sinc, 1 near 0": lambda: sinc(F=np.ones_like, B=lambda x: -x / 3, threshold=1e-8),
    "cosc": cosc,
    "softplus": softplus,
    "mish": mish,
}


@pytest.mark.parametrize("name", some(RIGHT, 12))
def test_right_approximations_agree(name):
    """A right approximation agrees, with what it is proved to stay within, the yardstick and the worst place."""
    result = checked(RIGHT[name]())
    rows = approximations(result)
    assert rows
    assert result.passes
    for row in rows:
        assert row.verdict is Verdict.AGREES
        assert float(row.evidence.ulps) <= float(row.evidence.limit)
        assert row.evidence.at.startswith("x[")


def test_a_bound_is_of_the_derivative_that_is_approximated():
    """Where forward is the approximation, its own derivative is 1, and the gradient farther from that than is said."""
    (row,) = approximations(checked(softplus()))
    assert 1 / (1 + np.exp(20)) > float(row.evidence.ulps) * 2.0**-53
    assert "of the derivative of the formula on the other side" in row.evidence.detail


def test_a_domain_that_ends_beside_a_series():
    """The logarithm of 1 + x over x agrees, which is defined above -1 only."""
    result = checked(slowing(), verify.real("2", low=-1))
    assert approximations(result)
    assert result.passes


WRONG = {
    "growth: last coefficient": lambda: growth(B=lambda x: 1 / 2 + x / 3 + x**2 / 9),
    "growth: middle coefficient": lambda: growth(B=lambda x: 1 / 2 + x / 3.1 + x**2 / 8),
    "growth: one term": lambda: growth(B=lambda x: 1 / 2 + 0 * x),
    "growth: coefficient of forward": lambda: growth(F=lambda x: 1 + x / 2 + x**2 / 7),
    "growth: too few terms of forward": lambda: growth(F=lambda x: 1 + x / 2),
    "sinc: last coefficient": lambda: sinc(B=lambda x: -x / 3 + x**3 / 31),
    "sinc: first coefficient": lambda: sinc(B=lambda x: -x / 3.01 + x**3 / 30),
    "sinc: 1 near 0, with another coefficient": lambda: sinc(F=np.ones_like, B=lambda x: -x / 2.9, threshold=1e-8),
    "sinc: coefficient of forward": lambda: sinc(F=lambda x: 1 - x**2 / 6.5),
    "cosc: last coefficient": lambda: cosc(B=lambda x: -x / 12 + x**3 / 170),
    "cosc: first coefficient": lambda: cosc(B=lambda x: -x / 12.5 + x**3 / 180),
    "cosc: far too wide": lambda: cosc(F=lambda x: 0.5 - x**2 / 24, B=lambda x: -x / 12 + x**3 / 180, threshold=0.5),
    "softplus: a slope of 1 for a smooth function": lambda: (
        lambda x: np.logaddexp(0, x),
        lambda x: np.where(x > 20, 1.0, 1 / (1 + np.exp(-x))),
    ),
    "softplus: linear ten times too early": lambda: softplus(cut=2),
    "softplus: linear from 10 on": lambda: softplus(cut=10),
}


@pytest.mark.parametrize("name", some(WRONG, 24))
def test_wrong_twins_are_refuted(name):
    """A coefficient that is off, too few terms and a threshold too far out are refuted, with both numbers."""
    result = checked(WRONG[name]())
    assert not result.passes
    assert any(row.verdict is Verdict.REFUTED for row in result.comparisons)
    for row in approximations(result):
        assert row.verdict is Verdict.REFUTED
        assert row.evidence.ulps
        assert row.evidence.limit


@pytest.mark.parametrize(
    "name", some(["growth: middle coefficient", "sinc: last coefficient", "cosc: first coefficient"], 6)
)
def test_a_report_shows_both_numbers(name):
    """What a refuted approximation is off by, and what the formula that it stands for is good to, is told to users."""
    (row, *_) = approximations(checked(WRONG[name]()))
    (reason,) = [line.text for line in words.explanation(row) if line.tells == "because"]
    assert f"off by {row.evidence.ulps} ulps of float64" in reason
    assert f"accurate to {row.evidence.limit} ulps there" in reason


SHORT = {  # a term too few in forward, and a gradient that has one more
    "growth": lambda: growth(F=lambda x: 1 + x / 2, B=lambda x: 1 / 2 + x / 3 + x**2 / 8 + x**3 / 30),
    "sinc": lambda: sinc(B=lambda x: -x / 3 + x**3 / 30 - x**5 / 840, threshold=1e-2),
    "cosc": lambda: cosc(B=lambda x: -x / 12 + x**3 / 180 - x**5 / 6720, threshold=1e-2),
    "slowing": lambda: slowing(F=lambda x: 1 - x / 2),
}


@slow
@pytest.mark.parametrize("name", some(SHORT, 8))
def test_a_forward_pass_that_is_too_short_is_blamed(name):
    """Where the gradient is the better one, the output is said to be inaccurate, with how far each of them is off."""
    (row, *_) = approximations(checked(SHORT[name]()))
    assert row.verdict is Verdict.REFUTED
    assert row.diagnosis.startswith("the output is the inaccurate one")
    off = f"is off by {row.evidence.ulps} ulps of float64, at {row.evidence.at}; the formula on the other side of the "
    assert f"{off}threshold is accurate to {row.evidence.limit} ulps there; the gradient stays within " in (
        row.evidence.detail
    )


def inside_out(name, F, f, B, b, threshold, given="2"):
    """Return two cases of a series in both passes: with a threshold that its terms are made for, and ten times as far."""
    pairs = [(switched(F, f, t), switched(B, b, t)) for t in (threshold, 10 * threshold)]
    return [verify.derivative(*pair, x=given, name=name) for pair in pairs]


FAR = {  # backward has one term more than the derivative of forward
    "exp": lambda: inside_out(
        "exp",
        lambda x: 1 + x / 2 + x**2 / 6,
        lambda s: (np.exp(s) - 1) / s,
        lambda x: 1 / 2 + x / 3 + x**2 / 8,
        lambda s: (s * np.exp(s) - np.exp(s) + 1) / s**2,
        1e-4,
    ),
    "expm1": lambda: inside_out(
        "expm1",
        lambda x: 1 + x / 2 + x**2 / 6,
        lambda s: np.expm1(s) / s,
        lambda x: 1 / 2 + x / 3 + x**2 / 8,
        lambda s: (s * np.exp(s) - np.expm1(s)) / s**2,
        1e-5,
    ),
    "log1p": lambda: inside_out(
        "log1p",
        lambda x: 1 - x / 2 + x**2 / 3 - x**3 / 4,
        lambda s: np.log1p(s) / s,
        lambda x: -1 / 2 + 2 * x / 3 - 3 * x**2 / 4 + 4 * x**3 / 5,
        lambda s: (s / (1 + s) - np.log1p(s)) / s**2,
        1e-4,
        verify.real("2", low=-1),
    ),
    "tanh": lambda: inside_out(
        "tanh",
        lambda x: 1 - x**2 / 3,
        lambda s: np.tanh(s) / s,
        lambda x: -2 * x / 3 + 8 * x**3 / 15,
        lambda s: (s * (1 - np.tanh(s) ** 2) - np.tanh(s)) / s**2,
        1e-4,
    ),
}


@pytest.mark.parametrize("name", some(FAR, 1))
def test_a_threshold_that_is_too_far_out_for_forward(name):
    """Ten times as far out, the output is said to be inaccurate, with both numbers, though the gradient is good there."""
    right, far = FAR[name]()
    assert verify.check(right).passes
    (row, *_) = approximations(verify.check(far))
    assert row.verdict is Verdict.REFUTED
    assert row.diagnosis.startswith("the output is the inaccurate one, not the gradient")
    assert float(row.evidence.ulps) > 2 * float(row.evidence.limit)
    assert "coefficient" not in row.evidence.detail


def test_an_output_that_is_a_little_beyond_its_formula_is_told():
    """A series of x / (exp(x) - 1) that is off by 13 ulps where the formula is good to 9 is no mistake, and is said."""
    F, B = lambda x: 1 - x / 2 + x**2 / 12, lambda x: -1 / 2 + x / 6 - x**3 / 180
    forward = switched(F, lambda s: s / np.expm1(s), 1e-3)
    result = checked((forward, switched(B, lambda s: (np.expm1(s) - s * np.exp(s)) / np.expm1(s) ** 2, 1e-3)), "1")
    assert result.passes
    assert "the output is off by 13 ulps" in approximations(result)[0].evidence.detail


def test_a_gradient_that_is_too_short_is_blamed_itself():
    """Where forward has all terms, nothing is said of the output."""
    (row, *_) = approximations(checked(growth(B=lambda x: 1 / 2 + 0 * x)))
    assert row.verdict is Verdict.REFUTED
    assert "the output" not in row.evidence.detail


@slow
@pytest.mark.parametrize("series", some([lambda x: -x / 3, lambda x: -x / 3 + x**3 / 30], 4))
def test_a_gradient_that_switches_too_far_out_is_blamed_itself(series):
    """Where forward computes the formula itself and the gradient the slope of its series, the gradient is inaccurate."""
    forward, derivative = sinc(F=lambda x: 1 - x**2 / 6 + x**4 / 120)[0], sinc(B=series, threshold=0.3)[1]
    (row, *_) = approximations(checked((forward, derivative)))
    assert row.verdict is Verdict.REFUTED
    assert "the output" not in row.evidence.detail


@slow
def test_terms_below_the_yardstick_pass_and_beyond_it_fail():
    """The number of terms and the threshold are judged by what the formula beyond the threshold is good to."""
    F = lambda x: 1 - x / 2 + x**2 / 3 - x**3 / 4 + x**4 / 5  # noqa: E731
    domain = verify.real("2", low=-1)
    assert checked(slowing(F=F, B=lambda x: -1 / 2 + 2 * x / 3 - 3 * x**2 / 4), domain).passes
    short = checked(slowing(F=F, B=lambda x: -1 / 2 + 2 * x / 3), domain)
    wide = checked(slowing(F=F, B=lambda x: -1 / 2 + 2 * x / 3 - 3 * x**2 / 4, threshold=1e-2), domain)
    for result in (short, wide):
        assert [row.verdict for row in approximations(result)] == [Verdict.REFUTED]


@slow
@pytest.mark.parametrize(
    "series",
    some(
        [
            {},
            {"A": lambda s: 1 - s / 6 + s**2 / 120},
            {"B": lambda s: 0.5 - s / 24 + s**2 / 720},
        ]
    ),
)
def test_rotations_agree(series):
    """The rotation of a short vector agrees over the ball in which the series is used."""
    result = verify.check(rotation(**series))
    assert approximations(result)
    assert result.passes
    assert all("|(r[0], r[1], r[2])|" in row.evidence.at for row in approximations(result))


@slow
@pytest.mark.parametrize(
    "series",
    some(
        [
            {"slope_a": lambda s: -1 / 3 + s / 31},
            {"slope_a": lambda s: -1 / 3 + 0 * s},
            {"slope_b": lambda s: -1 / 12.5 + s / 180},
            {"A": lambda s: 1 - s / 6.1},
            {"B": lambda s: 0.5 + 0 * s},
        ],
        10,
    ),
)
def test_wrong_rotations_are_refuted(series):
    """One wrong coefficient of a rotation, and one term too few, are refuted."""
    result = verify.check(rotation(**series))
    assert not result.passes
    assert any(row.verdict is Verdict.REFUTED for row in result.comparisons)


@slow
def test_single_precision_is_judged_by_itself():
    """Code that computes in float32 is judged by float32: its series may be shorter, its threshold farther out."""
    F = lambda x: 1 + x / 2 + x**2 / 6 + x**3 / 24  # noqa: E731
    right = checked(growth(F=F, B=lambda x: 1 / 2 + x / 3, threshold=1e-2, dtype=np.float32))
    assert right.passes
    assert "float32" in approximations(right)[0].evidence.detail
    wrong = checked(growth(F=F, B=lambda x: 1 / 2 + x / 3.1, threshold=1e-2, dtype=np.float32))
    assert not wrong.passes


SINGLE = {  # a function, its series in float32, and that series with one coefficient off, too short, and too far out
    "growth": (
        lambda **more: growth(F=lambda x: 1 + x / 2 + x**2 / 6 + x**3 / 24 + x**4 / 120, dtype=np.float32, **more),
        {"B": lambda x: 1 / 2 + x / 3, "threshold": np.float32(1e-2)},
        [{"B": lambda x: 1 / 2 + x / 3.03}, {"B": lambda x: 1 / 2 + 0 * x}, {"threshold": np.float32(1e-1)}],
    ),
    "sinc": (
        lambda **more: sinc(F=lambda x: 1 - x**2 / 6 + x**4 / 120 - x**6 / 5040, dtype=np.float32, **more),
        {"B": lambda x: -x / 3 + x**3 / 30, "threshold": np.float32(5e-2)},
        [{"B": lambda x: -x / 3 + x**3 / 30.3}, {"B": lambda x: -x / 3}, {"threshold": np.float32(5e-1)}],
    ),
    "cosc": (
        lambda **more: cosc(F=lambda x: 1 / 2 - x**2 / 24 + x**4 / 720 - x**6 / 40320, dtype=np.float32, **more),
        {"B": lambda x: -x / 12, "threshold": np.float32(1e-2)},
        [{"B": lambda x: -x / 12.1}, {"B": lambda x: 0 * x}, {"threshold": np.float32(1e-1)}],
    ),
}


@slow
@pytest.mark.parametrize("name", SINGLE)
def test_series_of_single_precision(name):
    """A series that is long enough for float32 agrees; with a coefficient off, too short or too far out it is refuted.

    The regions beside a threshold have points which are on its other side once they are rounded to float32.
    """
    function, right, wrong = SINGLE[name]
    result = checked(function(**right))
    assert result.good
    assert approximations(result)
    for changed in wrong:
        rows = checked(function(**{**right, **changed})).comparisons
        refuted = [row.evidence for row in rows if row.verdict is Verdict.REFUTED]
        assert refuted
        assert all(evidence.kind != "approximation" or (evidence.ulps and evidence.limit) for evidence in refuted)


@pytest.mark.parametrize(
    ("last", "verdict"), some([(1, Verdict.AGREES), (1.01, Verdict.REFUTED), (-1, Verdict.REFUTED)], 6)
)
def test_a_coefficient_that_code_computes(last, verdict):
    """A coefficient such as 5 * (1 / 720) is off by a rounding, which is no mistake; one that is off by more is."""
    right = [(k + 1) * (1 / math.factorial(k + 2)) for k in range(5)]
    coefficients = [*right[:3], last * right[3], right[4]]
    assert 5 * (1 / math.factorial(6)) != 1 / 144
    terms = [1 / math.factorial(k + 1) for k in range(9)]
    F = lambda x: sum(c * x**k for k, c in enumerate(terms))  # noqa: E731
    B = lambda x: sum(c * x**k for k, c in enumerate(coefficients))  # noqa: E731
    (row,) = approximations(checked(growth(F=F, B=B, threshold=1e-2), "1"))
    assert row.verdict is verdict


@pytest.mark.parametrize(("last", "verdict"), some([(1, Verdict.AGREES), (1.01, Verdict.REFUTED)], 4))
def test_coefficients_in_an_array(last, verdict):
    """Coefficients that NumPy is given as an array are decided as typed ones are: no error of an inverse explains them."""
    slopes = np.array([(k + 1) / math.factorial(k + 2) for k in range(6)])
    slopes[2] *= last
    terms = np.array([1 / math.factorial(k + 1) for k in range(6)])
    F, B = (partial(np.polyval, coefficients[::-1]) for coefficients in (terms, slopes))
    result = checked(growth(F=F, B=B, threshold=1e-3), "1")
    assert [row.verdict for row in approximations(result)] == [verdict]
    assert not result.cover.unvisited


class Jacobian(Rotation):
    """The left Jacobian of a rotation vector, by series where that is short."""

    A, B = staticmethod(lambda s: 0.5 - s / 24), staticmethod(lambda s: 1 / 6 - s / 120)

    def coefficients(self, r):
        """Return the two coefficients and their slopes."""
        s = r[0] ** 2 + r[1] ** 2 + r[2] ** 2
        t = np.sqrt(s)
        if t < 1e-4:
            return self.A(s), self.B(s), -1 / 12 + s / 180, -1 / 60 + s / 1260
        sin, cos = np.sin(t), np.cos(t)
        slopes = (t * sin - 2 * (1 - cos)) / s**2, (3 * sin - t * cos - 2 * t) / (s**2 * t)
        return (1 - cos) / s, (t - sin) / (s * t), *slopes


@slow
@pytest.mark.parametrize(("first", "verdict"), [(6, Verdict.AGREES), (6.01, Verdict.REFUTED)])
def test_a_forward_pass_that_jumps_for_one_coefficient_is_blamed(first, verdict):
    """Where backward takes the wrong coefficient of forward over, no difference shows in floats: the output jumps."""
    layer = type("Layer", (Jacobian,), {"B": staticmethod(lambda s: 1 / first - s / 120)})
    (row,) = approximations(verify.check(verify.layer(layer, inputs={"r": "3"})))
    assert row.verdict is verdict
    assert ("an approximation of the output" in row.evidence.detail) is (verdict is Verdict.REFUTED)


@pytest.mark.parametrize("top", some([1, 1.0001], 4))
def test_a_constant_that_approximates_nothing(top):
    """Where forward is constant and the gradient is not 0, it is refuted by what forward computes there."""
    case = verify.pair(lambda x: np.clip(x, -1, 1), lambda d, x: d, x=verify.real("1", low=top, high=1.1))
    row, *_ = verify.check(case).comparisons
    assert (row.verdict, row.evidence.kind) == (Verdict.REFUTED, "counterexample")


def test_another_function_beyond_a_threshold_is_no_approximation():
    """A gradient that ignores a branch of forward is wrong, not an approximation of the other side."""
    leaky = lambda x: np.where(x > 0.5, x, 0.45 + x / 10)  # noqa: E731
    assert not checked((leaky, lambda x: np.ones_like(x))).passes
    huber = lambda x: np.where(x < 1, x**2 / 2, x - 0.5)  # noqa: E731
    assert not checked((huber, lambda x: x)).passes


def pade(x):
    """Return an approximation of tanh."""
    return x * (10395 + 1260 * x**2 + 21 * x**4) / (10395 + 4725 * x**2 + 210 * x**4 + x**6)


@pytest.mark.parametrize(("accuracy", "verdict"), some([(1e-7, Verdict.AGREES), (1e-10, Verdict.REFUTED)], 4))
def test_a_stated_accuracy_is_proved(accuracy, verdict):
    """An accuracy that a case states is proved over all of the region, or refuted at a place."""
    domain = verify.real("2", low=-1, high=1)
    for function in (pade, np.tanh):
        (row,) = checked((function, lambda x: 1 - pade(x) ** 2), domain, accuracy=accuracy).comparisons
        assert row.verdict is verdict
        assert row.evidence.at
        assert (float(row.evidence.error) <= accuracy) is (verdict is Verdict.AGREES)


@pytest.mark.parametrize(
    "slope", some([lambda x: 1 - pade(x) ** 3, lambda x: 1.001 - pade(x) ** 2, lambda x: 1 + 0 * x], 6)
)
def test_a_stated_accuracy_excuses_no_mistake(slope):
    """A wrong derivative is refuted whatever small accuracy is stated."""
    result = checked((pade, slope), verify.real("2", low=-1, high=1), accuracy=1e-4)
    assert not result.passes


@slow
def test_a_stated_accuracy_is_refuted_at_an_end_where_no_bound_is_known():
    """An approximation used ten times too far out is refuted at the end of its domain, however large it is there."""
    (row,) = checked(
        (np.tanh, lambda x: 1 - pade(x) ** 2), verify.real("1", low=-10, high=10), accuracy=1e-6
    ).comparisons
    assert row.verdict is Verdict.REFUTED
    assert row.evidence.at in ("x[0] = -10", "x[0] = 10")


@pytest.mark.parametrize("accuracy", [0, 1, -1e-7, "much"])
def test_an_accuracy_is_a_number_below_1(accuracy):
    """What is no relative error is refused."""
    with pytest.raises(InputError):
        verify.derivative(pade, pade, x="2", accuracy=accuracy)

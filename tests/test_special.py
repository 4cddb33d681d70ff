"""Functions of `scipy.special` in layers: right derivatives are proved or agree by a named law, wrong ones are refuted."""

import math

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.model.result import Verdict

sp = pytest.importorskip("scipy.special")

POSITIVE = {"low": 0.25, "high": 4}
INSIDE = {"low": 0.125, "high": 0.875}
GOOD = {Verdict.PROVED, Verdict.AGREES}


def softmax_pull(d, x):
    p = sp.softmax(x, axis=1)
    return p * (d - (d * p).sum(axis=1, keepdims=True))


NORMAL = 2.5066282746310002  # sqrt(2 pi)
# Constants whose effects have one form, where the law is right: forward, its derivative.
ONE_FORM = {
    "x ndtr(x), by erf": (
        lambda x: x * sp.ndtr(x),
        lambda x: sp.erf(x / np.sqrt(2)) / 2 + 0.5 + x / NORMAL * np.exp(-x * x / 2),
    ),
    "x erf(x), by ndtr": (
        lambda x: x * sp.erf(x),
        lambda x: 2 * sp.ndtr(x * np.sqrt(2)) - 1 + 2 * x / np.sqrt(np.pi) * np.exp(-x * x),
    ),
    "the slope of an option's price, beside short constants": (
        lambda x: np.exp(x) * sp.ndtr((x + 0.04) / 0.2) - sp.ndtr(x / 0.2),
        lambda x: (
            np.exp(x) * sp.erfc(-(x + 0.04) / 0.2 / np.sqrt(2)) / 2
            + np.exp(x) * np.exp(-(((x + 0.04) / 0.2) ** 2) / 2) / NORMAL / 0.2
            - np.exp(-((x / 0.2) ** 2) / 2) / NORMAL / 0.2
        ),
    ),
    "expected improvement": (
        lambda x: (x - 1) * sp.ndtr(x - 1) + np.exp(-((x - 1) ** 2) / 2) / NORMAL,
        lambda x: sp.erfc((1 - x) / np.sqrt(2)) / 2,
    ),
}
# Forward, its derivative, the domain, and the law that a proof lacks.
SLOPES = {
    "arcs": (np.arccos, lambda x: -1 / np.sqrt(1 - x * x), INSIDE, ""),
    "arccosh": (np.arccosh, lambda x: 1 / np.sqrt(x * x - 1), {"low": 1, "high": 4}, ""),
    "gammaln": (sp.gammaln, sp.psi, {}, ""),
    "lgamma": (lambda x: math.lgamma(x), sp.digamma, POSITIVE, ""),
    "psi": (sp.psi, lambda x: sp.polygamma(1, x), POSITIVE, ""),
    "shifted": (lambda x: sp.gammaln(x + 1), lambda x: sp.psi(x) + 1 / x, POSITIVE, ""),
    "gammainc": (lambda x: sp.gammainc(3, x), lambda x: x**2 * np.exp(-x) / 2, POSITIVE, ""),
    "gammaincc": (lambda x: sp.gammaincc(3, x), lambda x: -(x**2) * np.exp(-x) / 2, POSITIVE, ""),
    "betainc": (lambda x: sp.betainc(2, 3, x), lambda x: 12 * x * (1 - x) ** 2, INSIDE, ""),
    "bessel": (lambda x: sp.jv(2, x), lambda x: (sp.jv(1, x) - sp.jv(3, x)) / 2, {}, ""),
    "recurrence": (lambda x: sp.jv(2, x), lambda x: sp.jv(1, x) - 2 / x * sp.jv(2, x), POSITIVE, ""),
    "derivative": (sp.j0, lambda x: sp.jvp(0, x), {}, ""),
    "spherical": (
        lambda x: sp.spherical_jn(1, x),
        lambda x: sp.spherical_jn(1, x, derivative=True),
        POSITIVE,
        "",
    ),
    "elliptic": (sp.ellipk, lambda m: (sp.ellipe(m) / (1 - m) - sp.ellipk(m)) / (2 * m), INSIDE, ""),
    "erfcx": (sp.erfcx, lambda x: 2 * x * sp.erfcx(x) - 2 / math.sqrt(math.pi), POSITIVE, ""),
    "ndtri": (sp.ndtri, lambda p: math.sqrt(2 * math.pi) * np.exp(sp.ndtri(p) ** 2 / 2), INSIDE, ""),
    "logit": (sp.logit, lambda p: 1 / (p * (1 - p)), INSIDE, ""),
    "lambertw": (lambda x: sp.lambertw(x).real, lambda x: 1 / (x + np.exp(sp.lambertw(x).real)), POSITIVE, "W exp(W)"),
    "entr": (sp.entr, lambda x: -np.log(x) - 1, POSITIVE, ""),
    "huber": (lambda r: sp.huber(1.0, r), lambda r: np.clip(r, -1, 1), {}, ""),
    "legendre": (lambda x: sp.eval_legendre(3, x), lambda x: (15 * x * x - 3) / 2, {}, ""),
    "airy": (lambda x: sp.airy(x)[0], lambda x: sp.airy(x)[1], {}, ""),
    "hyp2f1": (lambda x: sp.hyp2f1(1, 2, 3, x), lambda x: sp.hyp2f1(2, 3, 4, x) * 2 / 3, INSIDE, ""),
    "expn": (lambda x: sp.expn(2, x), lambda x: -sp.exp1(x), POSITIVE, ""),
    "quantile": (
        lambda q: sp.gammaincinv(3, q),
        lambda q: 2 * np.exp(sp.gammaincinv(3, q)) / sp.gammaincinv(3, q) ** 2,
        INSIDE,
        "",
    ),
    "owens by h": (
        lambda h: sp.owens_t(h, 0.75),
        lambda h: -np.exp(-h * h / 2) * (sp.ndtr(0.75 * h) - 0.5) / math.sqrt(2 * math.pi),
        POSITIVE,
        "",
    ),
    "owens by a": (
        lambda a: sp.owens_t(0.5, a),
        lambda a: np.exp(-(1 + a * a) / 8) / (2 * math.pi * (1 + a * a)),
        POSITIVE,
        "",
    ),
    "stdtr": (lambda t: sp.stdtr(3, t), lambda t: 6 * np.sqrt(3) / (np.pi * (3 + t * t) ** 2), {}, ""),
}
PULLS = {
    "logsumexp": (lambda x: sp.logsumexp(x, axis=1), lambda d, x: d[:, None] * sp.softmax(x, axis=1)),
    "softmax": (lambda x: sp.softmax(x, axis=1), softmax_pull),
    "log_softmax": (
        lambda x: sp.log_softmax(x, axis=1),
        lambda d, x: d - sp.softmax(x, axis=1) * d.sum(axis=1, keepdims=True),
    ),
}


def rows(case):
    return verify.check(case, quick=True).comparisons


@pytest.mark.parametrize("name", some(SLOPES, 12))
def test_a_slope(name):
    """It is proved, or equal by the law that is named; with another sign or factor it is refuted."""
    forward, slope, domain, law = SLOPES[name]
    (row,) = rows(verify.derivative(forward, slope, x=verify.real("", **domain)))
    assert row.verdict in GOOD
    if law:
        assert row.verdict is Verdict.AGREES
        assert law in row.evidence.detail
    for wrong in (lambda x: -slope(x), lambda x: 1.5 * slope(x), lambda x: slope(x) + 1):
        (row,) = rows(verify.derivative(forward, wrong, x=verify.real("", **domain)))
        assert row.verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", PULLS)
def test_sums_of_exponentials(name):
    """They are proved, also beside code that takes the maximum out; the wrong axis is refuted."""
    forward, backward = PULLS[name]
    assert {row.verdict for row in rows(verify.pair(forward, backward, x="2 3"))} == {Verdict.PROVED}

    def wrong(d, x):
        return backward(d, x) * 1.25

    assert {row.verdict for row in rows(verify.pair(forward, wrong, x="2 3"))} == {Verdict.REFUTED}


def test_logsumexp_beside_its_maximum():
    """SciPy's is the same function as code that subtracts the maximum."""

    def by_hand(d, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return d[:, None] * e / e.sum(axis=1, keepdims=True)

    case = verify.pair(lambda x: sp.logsumexp(x, axis=1), by_hand, x="2 3")
    assert {row.verdict for row in verify.check(case).comparisons} == {Verdict.PROVED}


@pytest.mark.parametrize(
    ("forward", "name"),
    [
        (lambda a: sp.gammainc(a, 2.0), "scipy.special.gammainc with a parameter that depends on the inputs"),
        (lambda a: sp.owens_t(a, a), "scipy.special.owens_t with a parameter that depends on the inputs"),
        (lambda a: sp.jv(a, 2.0), "scipy.special.jv with a parameter that depends on the inputs"),
        (lambda a: sp.zeta(a + 1), "scipy.special.zeta of one argument"),
        (lambda x: sp.lambertw(x - 0.5, -1).real, "scipy.special.lambertw with k=-1"),
        (lambda x: sp.struve(1, x), "scipy.special.struve"),
    ],
)
def test_what_has_no_derivative_in_closed_form(forward, name):
    """It is told by its name why it is not followed."""
    (row,) = rows(verify.derivative(forward, lambda x: x, x=verify.real("", **INSIDE)))
    assert row.verdict is Verdict.UNDECIDED
    assert name in row.evidence.detail


def test_outside_of_the_domain():
    """The message has the function, where it is defined, and what to declare."""
    case = verify.derivative(np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), x=verify.real("", low=2, high=3))
    (row,) = rows(case)
    assert row.verdict is Verdict.UNDECIDED
    assert "where asin is outside its domain (low=-1, high=1)" in row.evidence.detail
    assert (
        "write x=gradproof.real('', low=-1, high=1); the declared domain of x has no such number" in row.evidence.detail
    )


@pytest.mark.parametrize(
    ("function", "low", "high", "words"),
    [
        (np.log, -3, -1, "low=0)"),
        (np.sqrt, -3, -1, "low=0)"),
        (sp.logit, 2, 3, "low=..., high=...)"),
        (np.arctanh, 2, 3, "low=..., high=...)"),
        (np.arccosh, -3, 0, "low=..., high=...)"),
        (lambda x: np.log(x - 5), 2, 3, "low=5)"),
    ],
)
def test_what_to_declare(function, low, high, words):
    """A bound is proposed where an input, or a line of it, has a logarithm or root, and nothing that does not help."""
    (row,) = rows(verify.derivative(function, lambda x: 1 / x, x=verify.real("", low=low, high=high)))
    assert row.verdict is Verdict.UNDECIDED
    assert words in row.evidence.detail


def test_angles_of_points():
    """The derivatives of arctan2 by both arguments, in all quadrants; the wrong order is refuted."""

    def pull(d, y, x):
        return d * x / (x * x + y * y), -d * y / (x * x + y * y)

    right = verify.check(verify.pair(np.arctan2, pull, y="2", x="2")).comparisons
    wrong = rows(verify.pair(np.arctan2, lambda d, y, x: pull(d, y, x)[::-1], y="2", x="2"))
    assert {row.verdict for row in right} == {Verdict.PROVED}
    assert {row.verdict for row in wrong} == {Verdict.REFUTED}


@slow
def test_the_cardinal_sine_at_zero():
    """It is 1 at 0, where its derivative is that of the limit; a wrong factor is refuted."""

    def slope(x, factor=1):
        safe = np.where(x == 0, 1, x)
        return np.where(x == 0, 0, factor * (np.cos(np.pi * x) - np.sinc(x)) / safe)

    right = verify.check(verify.derivative(np.sinc, slope, x="2"))
    wrong = verify.check(verify.derivative(np.sinc, lambda x: slope(x, 2), x="2"))
    assert {row.verdict for row in right.comparisons} == {Verdict.PROVED}
    assert {row.verdict for row in wrong.comparisons} == {Verdict.REFUTED}


def test_infinities_and_numbers():
    """Masked entries become numbers; symbols are finite and no NaN."""

    def forward(x):
        y = np.nan_to_num(np.where(np.array([True, False, True]), x, -np.inf), neginf=-2.0)
        return y * y * np.isfinite(x) + np.isnan(x)

    def pull(d, x):
        return 2 * d * x * np.array([1, 0, 1])

    assert rows(verify.pair(forward, pull, x="3"))[0].verdict is Verdict.PROVED
    assert rows(verify.pair(forward, lambda d, x: 2 * d * x, x="3"))[0].verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", some(ONE_FORM, 12))
@pytest.mark.parametrize("wrong", [0, 1e-9])
def test_rounded_constants_whose_effects_have_one_form(name, wrong):
    """Two constants that may move together without an effect are corrected as others are; what is wrong is refuted."""
    function, prime = ONE_FORM[name]
    verdicts = {
        c.verdict
        for c in verify.check(
            verify.derivative(function, lambda x: prime(x) + wrong * np.exp(-x * x), x="N")
        ).comparisons
    }
    assert verdicts <= GOOD if not wrong else Verdict.REFUTED in verdicts

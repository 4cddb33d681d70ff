"""Families of `scipy.stats`: each formula has SciPy's values; densities are the slopes of distribution functions."""

from fractions import Fraction

import flint
import numpy as np
import pytest
from effort import some

import verify
from verify.graph import balls
from verify.model.result import Verdict
from verify.tracing.arrays.arrays import running
from verify.tracing.scipy.families import COUNTS, FAMILIES
from verify.tracing.symbols.concolic import Concolic
from verify.tracing.symbols.trace import Trace

stats = pytest.importorskip("scipy.stats")

SHAPES = {
    "gamma": (2.5,),
    "erlang": (3,),
    "beta": (2, 3.5),
    "chi2": (3,),
    "t": (5,),
    "f": (3, 4),
    "lognorm": (0.5,),
    "weibull_min": (1.5,),
    "pareto": (2.5,),
    "lomax": (2.5,),
    "powerlaw": (2.5,),
    "invgamma": (2.5,),
    "invgauss": (0.75,),
    "gennorm": (1.5,),
    "skewnorm": (2,),
    "nakagami": (1.5,),
    "fisk": (2.5,),
    "vonmises": (1.5,),
    "genpareto": (0.25,),
    "genextreme": (0.25,),
    "triang": (0.375,),
    "truncnorm": (-2, 3),
    "truncexpon": (3,),
    "loguniform": (0.25, 4),
    "reciprocal": (0.25, 4),
    "exponnorm": (1.5,),
    "weibull_max": (1.5,),
    "loggamma": (1.5,),
    "chi": (3,),
    "gengamma": (2, 1.5),
    "betaprime": (2, 3),
    "burr": (2.5, 1.5),
    "burr12": (2.5, 1.5),
    "exponweib": (2, 1.5),
    "dweibull": (1.5,),
    "johnsonsu": (0.5, 1.5),
    "johnsonsb": (0.5, 1.5),
    "rice": (1.5,),
    "poisson": (2.5,),
    "bernoulli": (0.25,),
    "binom": (5, 0.25),
    "geom": (0.25,),
    "nbinom": (3, 0.25),
}
FEW = ("norm", "gamma", "expon")  # whose cases are run


def _places(name):
    if name in COUNTS:
        return [1.0] if name == "bernoulli" else [1.0, 3.0]
    ends = FAMILIES[name].low, FAMILIES[name].high
    low, high = (end(*SHAPES[name]) if callable(end) else end for end in ends)
    if low is None and high is not None:
        return [high - step for step in (2.5, 1.25, 0.25)]
    if high is not None:
        return [low + (high - low) * part for part in (0.125, 0.5, 0.875)]
    return [low + step for step in (0.25, 1.25, 2.5)] if low is not None else [-1.75, -0.5, 0.25, 2.25]


def _value(formula, place, shapes):
    trace = Trace()
    with running(trace), flint.ctx.workprec(300):
        z, *parameters = [Concolic(trace, trace.constant(Fraction(number))) for number in (place, *shapes)]
        node = z.lift(formula(z, *parameters)).node
        return float(balls.at(trace, [node], {})[node].mid())


@pytest.mark.parametrize("name", [*FAMILIES, *COUNTS])
def test_values_are_those_of_scipy(name):
    """The formulas of a family have the values of SciPy's methods; another one's do not."""
    shapes, family = SHAPES.get(name, ()), {**FAMILIES, **COUNTS}[name]
    distribution = getattr(stats, name)
    density = distribution.logpmf if name in COUNTS else distribution.logpdf
    for place in _places(name):
        value = _value(family.log_density, place, shapes)
        assert value == pytest.approx(density(place, *shapes), rel=1e-9, abs=1e-11)
        assert value != pytest.approx(density(place, *shapes) + 1e-6, rel=1e-9, abs=1e-11)
        if family.cumulative is not None:
            assert _value(family.cumulative, place, shapes) == pytest.approx(distribution.cdf(place, *shapes), rel=1e-9)
    if family.quantile is not None:
        assert _value(family.quantile, 0.375, shapes) == pytest.approx(distribution.ppf(0.375, *shapes), rel=1e-9)


def _verdict(forward, slope, **domain):
    case = verify.derivative(forward, slope, x=verify.real("2", **domain))
    return {row.verdict for row in verify.check(case, quick=True).comparisons}


@pytest.mark.parametrize("name", some([name for name in FAMILIES if FAMILIES[name].cumulative is not None], 16))
def test_the_density_is_the_slope(name):
    """Of a distribution function, frozen or not; a density of another scale is refuted."""
    shapes, distribution = SHAPES.get(name, ()), getattr(stats, name)
    places = _places(name)
    domain = {"low": places[0], "high": places[-1]}
    frozen = distribution(*shapes, loc=0, scale=1)
    good = _verdict(lambda x: distribution.cdf(x, *shapes), lambda x: frozen.pdf(x), **domain)
    assert good <= {Verdict.PROVED, Verdict.AGREES}
    assert _verdict(lambda x: frozen.cdf(x), lambda x: distribution.pdf(x, *shapes) * 1.5, **domain) == {
        Verdict.REFUTED
    }


def test_a_likelihood():
    """The score of a normal sample by location and scale."""

    def loss(x, mu, s):
        return -stats.norm.logpdf(x, loc=mu, scale=s).sum()

    def score(d, x, mu, s):
        z = (x - mu) / s
        return d * z / s, -(d * z / s).sum(), d * (1 / s - z * z / s).sum()

    def check(backward):
        case = verify.pair(loss, backward, x="4", mu="", s=verify.real("", low=0.25, high=4))
        return [row.verdict for row in verify.check(case, quick=True).comparisons]

    assert check(score) == [Verdict.PROVED] * 3
    wrong = check(lambda d, x, mu, s: (*score(d, x, mu, s)[:2], d * (1 / s - ((x - mu) / s) ** 2 / s).sum() * 2))
    assert wrong == [Verdict.PROVED, Verdict.PROVED, Verdict.REFUTED]


def test_counts():
    """The score of a Poisson sample by its rate; outside of the support and unknown families are told by name."""
    counts = np.array([0, 1, 3])

    def check(forward, slope):
        case = verify.pair(forward, slope, mu=verify.real("", low=0.25, high=4))
        (row,) = verify.check(case, quick=True).comparisons
        return row

    right = check(lambda mu: stats.poisson.logpmf(counts, mu), lambda d, mu: (d * (counts / mu - 1)).sum())
    wrong = check(lambda mu: stats.poisson.logpmf(counts, mu), lambda d, mu: (d * (counts / mu + 1)).sum())
    assert (right.verdict, wrong.verdict) == (Verdict.PROVED, Verdict.REFUTED)
    unknown = check(lambda mu: stats.zipf.logpmf(counts + 1, mu + 2), lambda d, mu: d.sum())
    assert unknown.verdict is Verdict.UNDECIDED
    assert "scipy.stats.zipf.logpmf cannot be traced" in unknown.evidence.detail

"""Functions that NumPy does not hand over: refused by name, or answered by what was added for them."""

import cmath
import math

import numpy as np
import pytest

import verify
from verify import extend
from verify.model.additions import HOW
from verify.model.result import Verdict
from verify.tracing.outside import outside

pytestmark = pytest.mark.usefixtures("put_back")


def reason(forward, x="", backward=lambda dout, x: dout):
    """Return why a layer cannot be traced."""
    (row,) = verify.check(verify.pair(forward, backward, x=x), quick=True).comparisons
    assert row.verdict is Verdict.UNDECIDED
    return row.evidence.detail


@pytest.mark.parametrize(
    ("forward", "name"),
    [
        (lambda x: math.frexp(x)[0], "math.frexp cannot be traced, at "),
        (lambda x: math.nextafter(x, 1.0), "math.nextafter cannot be traced, at "),
        (lambda x: math.ulp(x), "math.ulp cannot be traced, at "),
        (lambda x: cmath.asin(x).real, "cmath.asin cannot be traced, at "),
        (np.vectorize(math.ulp), "math.ulp cannot be traced, at "),
    ],
)
def test_a_function_is_refused_by_name(forward, name):
    """With the line, and the page that tells how it is added."""
    detail = reason(forward)
    assert detail.startswith(name)
    assert detail.endswith(f".py:{detail.rpartition(':')[2].split(';')[0]}{HOW}")


@pytest.mark.parametrize("name", sorted({*vars(math), *vars(cmath)} - {*outside.MATH, "prod", "sumprod"}))
def test_no_function_asks_a_symbol_for_its_number(name):
    """Each function of `math` and `cmath` that is not ours has something that refuses, and does the rest as ever."""
    for module in (math, cmath):
        original = getattr(module, name, None)
        if callable(original) and not name.startswith("_"):
            assert name in outside.MODULES[module]


def test_what_is_not_symbolic_is_left_to_the_original():
    """Numbers that the code computes beside its inputs are what they are on floats."""
    result = verify.check(verify.pair(lambda x: math.gamma(5) * x, lambda d, x: 24 * d, x="3"))
    assert result.good


def test_an_added_function_of_math():
    """It is computed by others, with what an iterator yields as well; a wrong backward is refuted by it."""

    @extend.function(math.dist)
    def dist(p, q):
        return np.sqrt(sum((a - b) ** 2 for a, b in zip(p, q, strict=True)))

    @extend.function(math.fsum)
    def fsum(values):
        return sum(values)

    def check(forward, backward):
        return {row.verdict for row in verify.check(verify.pair(forward, backward, x="3")).comparisons}

    def away(d, x):
        return d * x / np.sqrt((x * x).sum())

    assert check(lambda x: math.dist(x, np.zeros(3)), away) == {Verdict.PROVED}
    assert check(lambda x: math.dist(x, np.zeros(3)), lambda d, x: -away(d, x)) == {Verdict.REFUTED}
    assert check(lambda x: math.fsum(v * v for v in x), lambda d, x: 2 * d * x) == {Verdict.PROVED}
    assert check(lambda x: math.fsum(v * v for v in x), lambda d, x: d * x) == {Verdict.REFUTED}


def test_an_added_function_that_computes_something_else():
    """The run on floats has the original: a backward of what was added proves nothing."""

    @extend.function(math.dist)
    def dist(p, q):
        return sum((a - b) ** 2 for a, b in zip(p, q, strict=True))

    result = verify.check(verify.pair(lambda x: math.dist(x, np.zeros(3)), lambda d, x: 2 * d * x, x="3"))
    assert not result.good
    assert Verdict.PROVED not in {row.verdict for row in result.comparisons}


def test_an_addition_that_is_gone():
    """Its stand-in refuses symbols as before."""
    extend.function(math.ulp)(lambda x: x)
    reason(lambda x: math.ulp(x), backward=lambda d, x: 2 * d)
    del extend.additions.FUNCTIONS[math.ulp]
    assert reason(lambda x: math.ulp(x)).startswith("math.ulp cannot be traced, at ")

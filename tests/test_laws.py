"""What the field lacks is named where that may be why two formulas differ in it, and only there."""

from fractions import Fraction

import pytest

from verify.proof.laws import missing

HALF = Fraction(1, 2)


def exp(x):
    return x.function("exp")


def log(x):
    return x.function("log")


NAMED = {
    "roots": lambda x, y: (x**HALF * y**HALF, (x * y) ** HALF),
    "logarithms": lambda x, y: (log(x * y), log(x) + log(y)),
    "sums of angles": lambda x, y: ((2 * x).function("sin"), x.function("sin") * x.function("cos")),
    "arcs": lambda x, y: (x.function("atan"), y.function("atan")),
    "exponentials in exponents": lambda x, y: (exp(exp(exp(exp(exp(x))))), y),
}
NOTHING = {
    "rational functions": lambda x, y: (x / y, y / x),
    "exponentials": lambda x, y: (exp(x) * y.function("tanh"), exp(exp(x - y))),
    "one logarithm": lambda x, y: (log(x) ** 2, 2 * log(x)),
    "one angle": lambda x, y: (x.function("sin") ** 2, x.function("cos") ** 2),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_law_that_may_be_missing_is_named(graph, xy, name):
    """Functions whose laws the field does not know are named."""
    a, b = NAMED[name](*xy)
    assert f"({name})" in missing(graph, (a.node, b.node), 0)


@pytest.mark.parametrize("name", NOTHING)
def test_no_law_is_missing(graph, xy, name):
    """Where the field knows all laws, different is different."""
    a, b = NOTHING[name](*xy)
    assert missing(graph, (a.node, b.node), 0) == ""


def test_a_degree_is_told(graph, xy):
    """Where there is no bound on the error of the field, that is why."""
    x, y = xy
    assert "degree" in missing(graph, ((x ** (2**130)).node, y.node), 0)

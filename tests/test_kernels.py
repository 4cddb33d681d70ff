"""Functions in the field obey their laws, and no others."""

from fractions import Fraction

import pytest

from verify.graph.derive import function_partial
from verify.graph.formulas import from_sympy
from verify.graph.functions import FUNCTIONS
from verify.model.result import Verdict
from verify.proof.decide import decide
from verify.proof.field import Laws, equal

HALF = Fraction(1, 2)
POINTS = [{"x": Fraction(a), "y": Fraction(b)} for a, b in [(2, 3), (1, 5), ("1/3", "7/2"), ("5/7", "1/9")]]


def exp(x):
    return x.function("exp")


def log(x):
    return x.function("log")


def tanh(x):
    return x.function("tanh")


def sin(x):
    return x.function("sin")


def cos(x):
    return x.function("cos")


def erf(x):
    return x.function("erf")


def sigmoid(x):
    return 1 / (1 + exp(-x))


LAWS = {
    "product of exponentials": lambda x, y: (exp(x) * exp(y), exp(x + y)),
    "inverse": lambda x, y: (exp(-x), 1 / exp(x)),
    "half": lambda x, y: (exp(x / 2) ** 2, exp(x)),
    "exponential of a logarithm": lambda x, y: (exp(2 * log(x) + y), x**2 * exp(y)),
    "exponential less a log-sum": lambda x, y: (exp(x - (y + log(1 + exp(x - y)))), exp(x) / (exp(x) + exp(y))),
    "exponential of a multiple of a log-sum": lambda x, y: (
        exp(-2 * (y + 3 * (x + log(x + y)))),
        exp(-6 * x - 2 * y) / (x + y) ** 6,
    ),
    "softmax, shifted": lambda x, y: (exp(x) / (exp(x) + exp(y)), 1 / (1 + exp(y - x))),
    "sigmoid's derivative": lambda x, y: (sigmoid(x) * (1 - sigmoid(x)), exp(-x) / (1 + exp(-x)) ** 2),
    "tanh by exponentials": lambda x, y: (tanh(x), (exp(x) - exp(-x)) / (exp(x) + exp(-x))),
    "tanh by a sigmoid": lambda x, y: (tanh(x), 2 * sigmoid(2 * x) - 1),
    "tanh is odd": lambda x, y: (tanh(x - y), -tanh(y - x)),
    "tower": lambda x, y: (exp(exp(x) * exp(y)), exp(exp(x + y))),
    "tower of three": lambda x, y: (exp(exp(exp(x) / exp(y))), exp(exp(exp(x - y)))),
    "circle": lambda x, y: (sin(x * y) ** 2 + cos(x * y) ** 2, x**0),
    "sine is odd, cosine even": lambda x, y: (sin(x - y) * cos(x - y), -sin(y - x) * cos(y - x)),
    "equal arguments": lambda x, y: (
        log((x + y) ** 2) * erf(x * x - 1),
        log(x * x + 2 * x * y + y * y) * erf((x - 1) * (x + 1)),
    ),
    "root of an exponential": lambda x, y: (exp(x) ** HALF * exp(y) ** HALF * y, exp(x) ** HALF * y * exp(y) ** HALF),
}
NO_LAWS = {
    "sum": lambda x, y: (exp(x + y), exp(x) + exp(y)),
    "factor": lambda x, y: (exp(2 * x), 2 * exp(x)),
    "sign": lambda x, y: (exp(x), exp(-x)),
    "tiny": lambda x, y: (exp(x * Fraction(10**9 + 1, 10**9)), exp(x)),
    "tower": lambda x, y: (exp(exp(x)), exp(x) ** 2),
    "tanh": lambda x, y: (tanh(x), tanh(2 * x)),
    "tanh is not the identity": lambda x, y: (tanh(x), x * x**0),
    "sine is not even": lambda x, y: (sin(x), sin(-x)),
    "sine and cosine": lambda x, y: (sin(x), cos(x)),
    "log of a sum": lambda x, y: (log(x + y), log(x) + log(y)),
    "exponential less a log-sum, sign": lambda x, y: (exp(x - (y + log(1 + exp(x)))), exp(x - y) * (1 + exp(x))),
    "log and erf": lambda x, y: (log(x), erf(x)),
    "exponential and its exponent": lambda x, y: (exp(x), x + 1),
}


@pytest.mark.parametrize("laws", [Laws.EXPONENTIAL, Laws.ROOTS])
@pytest.mark.parametrize("name", LAWS)
def test_laws(graph, xy, name, laws):
    """An identity of functions is found by the laws that the map respects."""
    a, b = LAWS[name](*xy)
    alike, bound = equal(graph, [(a.node, b.node)], 0, laws)
    assert alike == [True]
    assert bound >= 100


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("laws", [Laws.EXPONENTIAL, Laws.ROOTS])
@pytest.mark.parametrize("name", NO_LAWS)
def test_no_laws(graph, xy, name, laws, seed):
    """What is no law is not found."""
    a, b = NO_LAWS[name](*xy)
    assert equal(graph, [(a.node, b.node)], seed, laws)[0] == [False]


@pytest.mark.parametrize("name", LAWS)
def test_laws_are_proved(graph, xy, name):
    """Field and points together make a proof."""
    a, b = LAWS[name](*xy)
    assert decide(graph, [(a.node, b.node)], lambda: POINTS, 0)[0].verdict is Verdict.PROVED


@pytest.mark.parametrize("name", NO_LAWS)
def test_no_laws_are_refuted(graph, xy, name):
    """What is no law is refuted at a point."""
    a, b = NO_LAWS[name](*xy)
    assert decide(graph, [(a.node, b.node)], lambda: POINTS, 0)[0].verdict is Verdict.REFUTED


def test_a_proof_with_functions_is_checked_at_points(graph, xy, monkeypatch):
    """If the map were wrong the points would tell: a planted walk that finds all equal proves nothing."""
    monkeypatch.setattr("verify.proof.field.equal", lambda graph, pairs, seed, laws=None: ([True] * len(pairs), 200))
    a, b = exp(xy[0]), exp(2 * xy[0])
    assert decide(graph, [(a.node, b.node)], lambda: POINTS, 0)[0].verdict is Verdict.REFUTED


def test_a_law_that_the_map_does_not_know_agrees(graph, xy):
    """erf(erfinv(x)) = x holds and is not proved: AGREES. sin(2 x) = 2 sin(x) cos(x) is, by a copy."""
    x, _ = xy
    undone = (erf((x / 10).function("erfinv")).node, (x / 10).node)
    doubled = (sin(2 * x).node, (2 * sin(x) * cos(x)).node)
    assert equal(graph, [doubled], 0, Laws.EXPONENTIAL)[0] == [False]
    decisions = decide(graph, [undone, doubled], lambda: POINTS, 0)
    assert [decision.verdict for decision in decisions] == [Verdict.AGREES, Verdict.PROVED]


def nested(x, depth):
    for _ in range(depth):
        x = exp(x)
    return x


def test_too_deep_a_tower_ends_in_elements(graph, xy):
    """Beyond the chain of primes an exponential is an element: what needs no law of it is proved, what needs one is not."""
    x, y = xy
    deep = nested(x + y, 8)
    assert equal(graph, [((deep * 2 - deep).node, deep.node)], 0, Laws.EXPONENTIAL)[0] == [True]
    hidden = nested(exp(x + y) - exp(x) * exp(y) + 1, 3)
    assert equal(graph, [(hidden.node, nested(x.lift(1), 3).node)], 0, Laws.EXPONENTIAL)[0] == [False]
    assert equal(graph, [(nested(x, 8).node, nested(x, 7).node)], 0, Laws.EXPONENTIAL)[0] == [False]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_sympy_gives_each_derivative(graph, xy, name):
    """The derivative of each function comes from SymPy, as a node that agrees with a difference quotient."""
    import flint

    from verify.graph import balls

    placeholder = next(iter(function_partial(name).free_symbols))
    node = from_sympy(graph, function_partial(name), {placeholder: xy[0].node})
    with flint.ctx.workprec(300):
        x, h = flint.arb(flint.fmpq(3, 7)), flint.arb(2) ** -60
        slope = (balls.function(name, x + h) - balls.function(name, x - h)) / (2 * h)
        exact = balls.at(graph, [node], {"x": Fraction(3, 7)})[node]
        assert abs(slope - exact) < 1e-30

"""One small correction of the constants explains a difference everywhere, or rounding is no excuse."""

import math
from fractions import Fraction

import pytest
from effort import some

import verify
from verify.checks.checker import check
from verify.graph.graph import Graph
from verify.model.reasons import Reason
from verify.model.result import Verdict
from verify.proof.constants import Corrections, reach, same_up_to_constants
from verify.tracing.symbols.symbolic import Symbol

POINTS = [
    {"x": Fraction(a, 7), "y": Fraction(b, 3)}
    for a, b in [(2, 3), (5, -1), (11, 8), (-3, 4), (13, 2), (1, 9), (6, -7), (4, 10), (17, 1), (9, 5)]
]
TINY = [{name: value * Fraction(1, 10**200) for name, value in point.items()} for point in POINTS]


@pytest.fixture
def explained():
    graph = Graph()
    x, y = Symbol(graph, graph.variable("x")), Symbol(graph, graph.variable("y"))

    def run(formulas, points=POINTS):
        a, b = (x.lift(side) for side in formulas(x, y))
        return Corrections(graph).of((a.node, b.node), points)

    return run


def test_constants_that_are_read_later():
    """A graph without constants explains nothing; once it has some, they are found."""
    graph = Graph()
    x = Symbol(graph, graph.variable("x"))
    corrections = Corrections(graph)
    assert corrections.of((x.node, (2 * x).node), POINTS) is None
    assert not corrections.may_explain((x.node, (2 * x).node), POINTS[0])
    exact, code = x * root_of(x, 2), x * ROOT2
    assert corrections.of((exact.node, code.node), POINTS) is not None


ROOT2, ROOT3 = 1.4142135623730951, 1.7320508075688772


def root_of(x, number):
    """Return an exact root."""
    return (x * 0 + number) ** Fraction(1, 2)


def value_of(name, x):
    """Return a function of the graph's table."""
    return Symbol(x.graph, x.graph.function(name, x.node))


EXPLAINED = {
    "a typed root": lambda x, y: (x * (x * 0 + 2) ** Fraction(1, 2), x * ROOT2),
    "two typed roots": lambda x, y: (
        x * (x * 0 + 2) ** Fraction(1, 2) + y * (x * 0 + 3) ** Fraction(1, 2),
        x * ROOT2 + y * ROOT3,
    ),
    "one constant twice": lambda x, y: (2 * x * (x * 0 + 2) ** Fraction(1, 2), x * ROOT2 + x * ROOT2),
    "two with one effect": lambda x, y: (x * (x * 0 + 6) ** Fraction(1, 2), x * ROOT2 * ROOT3),
    "computed in floats": lambda x, y: (x / 1000, x * (1 - 0.999)),
    "two whose effects have one form, in an arc tangent": lambda x, y: (
        value_of("atan", x * root_of(x, 2)) + x / (1 + 2 * x * x) * root_of(x, 3),
        value_of("atan", x * ROOT2) + x / (1 + 2 * x * x) * ROOT3,
    ),
    "with one that is right": lambda x, y: (x * (x * 0 + 2) ** Fraction(1, 2) + y / 10, x * ROOT2 + y * 0.1),
}
NOT_EXPLAINED = {
    "too far off": lambda x, y: (x * (x * 0 + 2) ** Fraction(1, 2), x * 1.41421356237),
    "a term without a constant": lambda x, y: (x * 0.1 + y / 10**17, x * 0.1),
    "another correction for each x": lambda x, y: (x * x * 0.1 + x / 10**18, x * x * 0.1),
    "a constant that would spoil another entry": lambda x, y: (
        x * 0.1 * (1 + Fraction(1, 10**16)) + y * 0.1,
        x * 0.1 + y * 0.1,
    ),
    "what the square of a rounding has, with the other sign": lambda x, y: (
        value_of("exp", x * root_of(x, 2)) * (1 + x * root_of(x, 3) - x * x / 10**36),
        value_of("exp", x * ROOT2) + x * value_of("exp", x * root_of(x, 2)) * ROOT3,
    ),
    "effects of one form, of which one is too far off": lambda x, y: (
        value_of("exp", x * root_of(x, 2)) * (1 + x * root_of(x, 3)),
        value_of("exp", x * ROOT2) + x * value_of("exp", x * root_of(x, 2)) * 1.73205081,
    ),
    "effects of one form, and a term beside them": lambda x, y: (
        value_of("atan", x * root_of(x, 2)) + x / (1 + 2 * x * x) * root_of(x, 3) + y / 10**18,
        value_of("atan", x * ROOT2) + x / (1 + 2 * x * x) * ROOT3,
    ),
    "large effects": lambda x, y: (y, y + 5 + (x * 1.1 * 10**17 - x * 11 * 10**16)),
    "no constants": lambda x, y: (x, x + y / 10**18),
}


@pytest.mark.parametrize("points", [POINTS, TINY], ids=["", "tiny"])
@pytest.mark.parametrize("name", EXPLAINED)
def test_explained(explained, name, points):
    """What is off by the rounding of its constants is explained, at any scale."""
    assert explained(EXPLAINED[name], points)


def test_effects_that_differ_in_second_order_only(explained):
    """Two constants whose effects have one form at the solution are corrected by longer steps."""
    assert explained(
        lambda x, y: (
            value_of("exp", x * root_of(x, 2)) + x * value_of("exp", x * root_of(x, 2)) * root_of(x, 3),
            value_of("exp", x * ROOT2) + x * value_of("exp", x * root_of(x, 2)) * ROOT3,
        )
    )


@pytest.mark.parametrize("name", NOT_EXPLAINED)
def test_not_explained(explained, name):
    """What is off by more, or otherwise than a constant could be, is not."""
    assert not explained(NOT_EXPLAINED[name])


def test_few_points_are_enough(explained):
    """More points are made around the given ones, as many as there are constants and more."""
    assert explained(EXPLAINED["two typed roots"], POINTS[:3])
    assert not explained(NOT_EXPLAINED["another correction for each x"], POINTS[:3])


def test_points_that_agree_count_as_well(explained):
    """Where both sides are equal a correction must not part them."""
    zero = [{"x": Fraction(0), "y": Fraction(b)} for b in range(1, 9)]
    assert not explained(
        lambda x, y: (x * 0.3 + y * 0.1 + x / 10**17, x * 0.3 * (1 + y - y) + y * 0.1 + y * y * x), zero + POINTS
    )


MANY = [0.1 * (k + 1) / 7 for k in range(24)]
LONG_EXPONENT = 3.0857548622253179


def parts(numbers, x):
    return sum((number / 3 * x ** (k + 1) for k, number in enumerate(numbers)), x * 0)


MORE = {
    "twenty-four constants": lambda x, y: (
        parts(MANY, x),
        sum((n * x ** (k + 1) for k, n in enumerate(MANY)), x * 0) / 3,
    ),
    "a ratio alone matters": lambda x, y: (
        2 * 1.5707963267948966 * x / (6.283185307179586 + 1.5707963267948966 * x * x),
        x / (2 + x * x / 2),
    ),
    "a difference of decay rates": lambda x, y: (x - x * 0.9999, x * (1 - 0.9999)),
    "a difference alone": lambda x, y: (x / 10**6, x * (1 - 0.999999)),
    "an exponent less one": lambda x, y: (
        LONG_EXPONENT * (x * x) ** (LONG_EXPONENT - 1) * x,
        (x * x) ** LONG_EXPONENT * LONG_EXPONENT / x,
    ),
    "near copies of one term": lambda x, y: (
        0.3 * (0.7 * x).function("exp") - (0.1 + 0.2) * ((0.1 + 0.6) * x).function("exp") + x,
        x + 0 * y,
    ),
    "the square of a large constant": lambda x, y: (x * 299792458.0 * 299792458.0, x * 299792458.0**2),
}


@pytest.mark.parametrize("name", some(MORE, 6))
def test_any_number_of_constants(explained, name):
    """Many constants, exponents, differences, and constants of which only a relation matters."""
    correction = explained(MORE[name])
    assert correction
    assert correction.ulps > 0


@pytest.mark.parametrize("off", [1e-12, -1e-12, 1e-9])
@pytest.mark.parametrize("place", range(0, 24, 5))
def test_one_constant_of_many_that_is_wrong(explained, place, off):
    """A relative error of 1e-12 in one constant of many is no rounding."""
    wrong = [number * (1 + off * (k == place)) for k, number in enumerate(MANY)]
    assert not explained(lambda x, y: (parts(MANY, x), parts(wrong, x)))


@pytest.mark.parametrize(
    ("value", "ulps"),
    [(0.1, 1), (3.0857548622253179, 16), (1 - 0.9999, 2 * 2**14), (1 - 0.999999, 2 * 2**19), (0.1 + 0.2, 16)],
)
def test_what_a_difference_lost(value, ulps):
    """A difference of larger numbers is off by the roundings of these: its zeros tell; a decimal by an ulp, others by a few."""
    assert reach(value) / Fraction(math.ulp(value)) == ulps


def test_values_at_a_point():
    """On an edge values are compared: they may differ by what roundings do there, and by no more."""
    graph = Graph()
    x = Symbol(graph, graph.variable("x"))
    left, right = (x * (0.1 * 3)).node, (x * 0.3 * 1).node
    wrong, none = (x * (0.3 + 1e-12)).node, (x * Fraction(3, 10) + Fraction(1, 10**17)).node
    point = {"x": Fraction(2, 3)}
    assert same_up_to_constants(graph, (left, right), point)
    assert not same_up_to_constants(graph, (left, wrong), point)
    assert not same_up_to_constants(graph, ((x * 3).node, (x * 3 + Fraction(1, 10**17)).node), point)
    assert same_up_to_constants(graph, (right, none), point)


RATES = [(0.999999, 1.0), (0.999999, 0.3), (0.99999, 0.001)]


def decaying(rate, factor, off=0.0):
    """Return a decaying difference, and its slope as it is computed in floats, off by so much."""
    remaining = factor * (1 - rate) * (1 + off)
    return lambda x, y: (factor * x - rate * factor * x, x * remaining)


@pytest.mark.parametrize(("rate", "factor"), RATES)
def test_a_typed_number_moves_by_its_own_rounding(explained, rate, factor):
    """What the float of a decay rate lacks is explained in 1 - rate, an error of 1e-9 there is not."""
    assert explained(decaying(rate, factor))
    assert not any(explained(decaying(rate, factor, off)) for off in (1e-9, -1e-9, 1e-6))


def test_a_typed_difference_that_is_wrong(explained):
    """A constant that is typed where a difference was meant is not taken for its rounding."""
    assert explained(lambda x, y: (x - 0.999999 * x, x * 1.00000000002e-6))
    assert not explained(lambda x, y: (x - 0.999999 * x, x * 1.000000001e-6))


@pytest.mark.parametrize("shape", some(["1", "3 4"], 4))
@pytest.mark.parametrize("nines", [9, 10, 11, 13])
def test_a_rate_so_close_to_1_that_few_digits_are_left(nines, shape):
    """A right decay is not refuted for the digits that 1 - h has lost, and one that is 2 % off is."""
    h = float(f"0.{'9' * nines}")
    forward = lambda x: x + h * (2 - x)  # noqa: E731
    right = check(verify.pair(forward, lambda d, x: d * (1 - h), x=shape), quick=True).comparisons
    wrong = check(verify.pair(forward, lambda d, x: d * 1.02 * (1 - h), x=shape), quick=True).comparisons
    expected = {Verdict.PROVED, Verdict.AGREES} if nines < 10 else {Verdict.UNDECIDED}
    assert {row.verdict for row in right} <= expected
    assert {row.verdict for row in wrong} == {Verdict.REFUTED}
    assert {row.evidence.reason for row in right} <= {None, Reason.ROUNDED_CONSTANTS}

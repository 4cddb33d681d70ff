"""One small correction of the constants explains a difference everywhere, or rounding is no excuse."""

from fractions import Fraction

import pytest

from verify.proof.constants import Corrections
from verify.proof.graph import Graph
from verify.tracing.symbolic import Symbol

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


ROOT2, ROOT3 = 1.4142135623730951, 1.7320508075688772

EXPLAINED = {
    "a typed root": lambda x, y: (x * (x * 0 + 2) ** Fraction(1, 2), x * ROOT2),
    "two typed roots": lambda x, y: (
        x * (x * 0 + 2) ** Fraction(1, 2) + y * (x * 0 + 3) ** Fraction(1, 2),
        x * ROOT2 + y * ROOT3,
    ),
    "one constant twice": lambda x, y: (2 * x * (x * 0 + 2) ** Fraction(1, 2), x * ROOT2 + x * ROOT2),
    "two with one effect": lambda x, y: (x * (x * 0 + 6) ** Fraction(1, 2), x * ROOT2 * ROOT3),
    "computed in floats": lambda x, y: (x / 1000, x * (1 - 0.999)),
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
    "large effects": lambda x, y: (y, y + 5 + (x * 1.1 * 10**17 - x * 11 * 10**16)),
    "no constants": lambda x, y: (x, x + y / 10**18),
}


@pytest.mark.parametrize("points", [POINTS, TINY], ids=["", "tiny"])
@pytest.mark.parametrize("name", EXPLAINED)
def test_explained(explained, name, points):
    """What is off by the rounding of its constants is explained, at any scale."""
    assert explained(EXPLAINED[name], points)


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

"""Points at which several conditions have wanted signs at once."""

from fractions import Fraction
from itertools import pairwise

import pytest

from verify.checks.regions.approach import approach
from verify.graph.graph import Graph
from verify.proof import rationals
from verify.tracing.symbols.symbolic import Symbol

UP, DOWN = frozenset({1}), frozenset({-1})


@pytest.fixture
def reach():
    graph = Graph()
    x, y, z = (Symbol(graph, graph.variable(name)) for name in "xyz")

    def run(formulas, start, signs=UP, **bounds):
        nodes = [symbol.node for symbol in formulas(x, y, z)]
        place = {name: Fraction(value) for name, value in zip("xyz", start, strict=True)}
        point = approach(graph, [(node, signs) for node in nodes], place, bounds)
        if point is None:
            return None
        values = [rationals.rational(graph, node, {**place, **point}) for node in nodes]
        assert all((1 if value > 0 else -1) in signs for value in values if value is not None)
        return point

    return run


CONJUNCTIONS = {
    "a box": lambda x, y, z: (x - 5, 7 - x, y + 9, -8 - y, z - x, x + 1 - z),
    "in order": lambda x, y, z: (y - x - 1, z - y - 1, x - 3),
    "a thin slab": lambda x, y, z: (x + y + z - 10, 10 + Fraction(1, 50) - x - y - z, x - 2 * y),
    "a disc and a line": lambda x, y, z: (4 - x * x - y * y, x + y - 2, z - x * y),
    "a shell": lambda x, y, z: (x * x + y * y + z * z - 9, 10 - x * x - y * y - z * z, x - y, y - z),
    "an exponential": lambda x, y, z: (x.function("exp") - 20, 21 - x.function("exp"), y - x, z + y),
}


@pytest.mark.parametrize("name", CONJUNCTIONS)
@pytest.mark.parametrize("start", [(1, 1, 1), (-2, 3, 0.5), (0.1, -0.2, 0.3)])
def test_all_conditions_hold_at_the_point(reach, name, start):
    """From each start a point is found at which all signs are as wanted."""
    assert reach(CONJUNCTIONS[name], start) is not None


def test_what_cannot_hold_is_not_found(reach):
    """Without a common point there is none, and the search ends."""
    assert reach(lambda x, y, z: (x - y, y - z, z - x), (1, 2, 3)) is None
    assert reach(lambda x, y, z: (x * x + y * y + 1,), (1, 2, 3), signs=DOWN) is None


def test_points_lie_in_the_domain(reach):
    """Open bounds are kept, also where the conditions alone have other points."""
    unit = (Fraction(0), Fraction(1))
    point = reach(lambda x, y, z: (x + y + z - Fraction(5, 2),), (0.1, 0.2, 0.3), x=unit, y=unit, z=unit)
    assert all(0 < value < 1 for value in point.values())
    assert reach(lambda x, y, z: (x + y + z - 3,), (0.1, 0.2, 0.3), x=unit, y=unit, z=unit) is None


def test_points_are_short(reach):
    """Coordinates are decimals that can be typed in again."""
    point = reach(CONJUNCTIONS["in order"], (1, 1, 1))
    assert all((value * 1000).denominator == 1 for value in point.values())
    assert all(b > a for a, b in pairwise(point.values()))


def test_a_function_that_is_not_defined_at_the_start_ends_the_search(reach):
    """The log of a negative number has no tangent: there is no point, and no exception."""
    assert reach(lambda x, y, z: (x.function("log") - 1,), (-1, 1, 1)) is None

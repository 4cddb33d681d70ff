"""How many regions meet at a point: known where it is a theorem, and nothing said where parts may be arbitrarily thin."""

from fractions import Fraction

import pytest

from verify.checks.regions.cells import meeting
from verify.tracing.symbols.trace import Trace

F = Fraction
GRAPH = Trace()
A, B, C = (GRAPH.variable(name) for name in "abc")
ORIGIN = dict.fromkeys("abc", F(0))


def minus(left, right):
    return GRAPH.sum(left, GRAPH.product(GRAPH.constant(F(-1)), right))


SQUARE = GRAPH.power(A, F(2))
MEETINGS = {
    "one number": ([A], [A], 2),
    "one plane": ([minus(A, B)], [A, B], 2),
    "two planes": ([A, B], [A, B], 4),
    "a curve across a plane": ([minus(B, SQUARE), A], [A, B], 4),
    "three orders of three numbers, two ways each": ([minus(A, B), minus(B, C), minus(A, C)], [A, B, C], 6),
    "the same plane twice": ([minus(A, B), minus(B, A)], [A, B], 2),
    "curves that touch, with thin parts between them": ([minus(B, SQUARE), GRAPH.sum(B, SQUARE)], [A, B], None),
    "a square, which has no normal at 0": ([GRAPH.sum(SQUARE, GRAPH.power(B, F(2)))], [A, B], None),
}


@pytest.mark.parametrize("name", MEETINGS)
def test_meeting(name):
    """Independent normals, or planes through one line; of all else nothing is known."""
    tied, variables, number = MEETINGS[name]
    assert meeting(GRAPH, tied, variables, ORIGIN) == number


CURVE = minus(GRAPH.product(A, B), GRAPH.constant(F(1)))
NEGATED = minus(GRAPH.constant(F(1)), GRAPH.product(A, B))
TOUCHING = minus(GRAPH.sum(A, B), GRAPH.constant(F(2)))


@pytest.mark.parametrize(
    ("tied", "number"),
    [([CURVE, NEGATED], 2), ([CURVE, NEGATED, minus(A, B)], 4), ([CURVE, TOUCHING], None)],
)
def test_a_curve_that_is_asked_about_twice_is_one(tied, number):
    """a b - 1 and 1 - a b have one curve, with two sides; a line that touches it is another."""
    assert meeting(GRAPH, tied, [A, B], {**ORIGIN, "a": F(1), "b": F(1)}) == number


@pytest.mark.parametrize(("tied", "number"), [("a, a*b", 2), ("a, a*c", None), ("a, c, a*b*c", None), ("a, c, b*c", 4)])
def test_factors_that_are_not_zero(tied, number):
    """A factor that is not 0 at the point has one sign around it; where two are 0, nothing is known."""
    nodes = []
    for text in tied.split(", "):
        names = {"a": A, "b": B, "c": C}
        node, *others = [names[name] for name in text.split("*")]
        for other in others:
            node = GRAPH.product(node, other)
        nodes.append(node)
    assert meeting(GRAPH, nodes, [A, B, C], {**ORIGIN, "b": F(2)}) == number

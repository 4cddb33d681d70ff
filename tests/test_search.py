"""Points past the edges of conditions, and the proof that there are none."""

from fractions import Fraction

import numpy as np
import pytest

import verify
from verify.checks.regions.sites import Sites
from verify.checks.regions.solver import solve
from verify.model.exact import within
from verify.tracing.observe import Observation, observe, variants
from verify.tracing.search import candidates, crossings
from verify.tracing.symbols.trace import Trace

F = Fraction
CONDITIONS = {
    "linear": lambda x: x[0] > 20,
    "two inputs": lambda x: x[0] - 3 * x[1] > 7,
    "a square": lambda x: x[0] ** 2 > 9,
    "an exponential": lambda x: np.exp(x[0]) > 5,
    "a norm": lambda x: np.sqrt((x * x).sum()) > 50,
    "a small norm": lambda x: (x * x).sum() < 1e-4,
    "all nearly equal": lambda x: x.var() < 1e-6,
    "a product": lambda x: x[0] * x[1] * x[2] > 100,
}


def observed(condition):
    """Return a run that asks a condition of three numbers."""

    @verify.case(x="3")
    def subject(x):
        asked = condition(x)
        dout = yield x * (2 if asked else 3)
        return dout * (2 if asked else 3)

    (variant,) = variants(subject)
    return observe(subject, variant, 0, seen=Observation(variant, Trace()))


@pytest.mark.parametrize("name", CONDITIONS)
def test_candidates_answer_in_the_other_way(name):
    """At least one of the points that are looked at lies on the other side, and so says the code itself."""
    seen = observed(CONDITIONS[name])
    condition = seen.conditions[-1]
    points = [{**seen.trace.sample, **point} for point in candidates(seen, condition, {})]
    with np.errstate(over="ignore"):
        answers = [CONDITIONS[name](np.array([float(point[f"x[{i}]"]) for i in range(3)])) for point in points]
    assert any(bool(answer) != condition.holds for answer in answers)


@pytest.mark.parametrize(("name", "edge"), [("linear", 20), ("a square", -3)])
def test_edges_are_exact(name, edge):
    """The edge itself is a rational at which the difference is 0."""
    seen = observed(CONDITIONS[name])
    found = next(iter(crossings(seen, seen.conditions[-1], {})))
    assert found.edge in (edge, -edge)


def test_nothing_is_looked_for_beyond_the_domain():
    """Bounds are kept, and are no part of the domain."""
    seen = observed(CONDITIONS["linear"])
    assert not list(crossings(seen, seen.conditions[-1], {"x[0]": (None, F(20))}))
    assert not within(F(20), (None, F(20)))


def test_the_other_side_of_a_second_question_may_be_an_edge():
    """After `x > 0` is denied, `x < 0` leaves nothing but 0; and what cannot be negative has no negative side."""

    @verify.case(x="")
    def signs(x):
        dout = yield x * (1 if x > 100 else 2 if x < 100 else 3) + (x * x > 0) * x
        return dout

    (variant,) = variants(signs)
    seen = observe(signs, variant, 0, seen=Observation(variant, Trace()))
    sites = Sites({})
    sites.add(seen)
    above, below, square = sites.passed(seen)
    assert (above.on_edge, below.on_edge, square.on_edge) == (False, True, True)


def test_branches_on_the_upstream_are_no_sites():
    """A gradient is linear in the upstream, which is looked at elsewhere."""

    @verify.case(x="")
    def clipped(x):
        dout = yield x * 2
        return dout * 2 if dout > 0 else dout

    (variant,) = variants(clipped)
    seen = observe(clipped, variant, 0, seen=Observation(variant, Trace()))
    assert seen.conditions
    assert not Sites({}).passed(seen)


def test_polynomial_conditions_are_solved_or_shown_to_be_impossible():
    """z3 finds inputs where there are some, and proves it where there are none; what it cannot tell it leaves open."""
    graph = Trace()
    x, y = graph.variable("x"), graph.variable("y")
    both = graph.product(x, y)
    squares = graph.sum(graph.power(x, F(2)), graph.power(y, F(2)))
    found = solve(
        graph,
        [
            (graph.sum(both, graph.constant(F(-12))), frozenset([1])),
            (graph.sum(squares, graph.constant(F(-25))), frozenset([-1])),
        ],
        {},
    )
    assert found
    assert found["x"] * found["y"] > 12
    assert found["x"] ** 2 + found["y"] ** 2 < 25
    doubled = graph.product(graph.constant(F(-2)), both)
    assert solve(graph, [(graph.sum(squares, doubled), frozenset([-1]))], {}) is False
    assert (
        solve(
            graph,
            [(graph.sum(graph.function("exp", x), graph.product(graph.constant(F(-1)), x)), frozenset([-1, 0]))],
            {},
        )
        is False
    )
    assert solve(graph, [(x, frozenset([-1]))], {"x": (F(0), None)}) is False


def test_what_is_solved_is_not_taken_for_true():
    """A function is known by a few facts only: a solution of those may be none, and sin is not -1 and cos 1 at once."""
    graph = Trace()
    x = graph.variable("x")
    sine, cosine = graph.function("sin", x), graph.function("cos", x)
    wanted = [
        (graph.sum(sine, graph.constant(F(1))), frozenset([0])),
        (graph.sum(cosine, graph.constant(F(-1))), frozenset([0])),
    ]
    assert solve(graph, wanted, {}) is not False

"""Terms that are too small to be seen at the sample are looked for where they are not."""

from collections import Counter
from fractions import Fraction
from itertools import islice

import flint
import numpy as np
import pytest
from effort import slow, some

import verify
from verify import Verdict
from verify.graph.graph import Graph
from verify.graph.slopes import Tape
from verify.proof.hidden import _NEARER, Purse, _Search, hidden
from verify.tracing.symbols.symbolic import Symbol

POSITIVE = verify.real("N", low=0)


def gate(z):
    return 1 / (1 + np.exp(-z))


def line(x, width=0.4):
    return 3 * np.exp(-0.5 * ((x - 656.28) / width) ** 2)


# A function, its derivative, and one in which the term that cannot be seen at the sample is lost or wrong.
TERMS = {
    "spectral line": (
        lambda x: 0.5 * x + line(x),
        lambda x: 0.5 - (x - 656.28) / 0.4 / 0.4 * line(x),
        lambda x: 0.5 * np.ones_like(x),
    ),
    "spectral line with a computed width": (
        lambda x: 0.5 * x + line(x),
        lambda x: 0.5 - (x - 656.28) / 0.4**2 * line(x),
        lambda x: 0.5 - 1.000000001 * (x - 656.28) / 0.4**2 * line(x),
    ),
    "narrow line": (
        lambda x: x * x + line(x, 0.001),
        lambda x: 2 * x - (x - 656.28) / 0.001 / 0.001 * line(x, 0.001),
        lambda x: 2 * x + (x - 656.28) / 0.001 / 0.001 * line(x, 0.001),
    ),
    "barrier": (
        lambda x: x * x + np.exp(300 * (x - 12)),
        lambda x: 2 * x + 300 * np.exp(300 * (x - 12)),
        lambda x: 2 * x,
    ),
    "Fermi function": (
        lambda x: x / (np.exp((x - 500) / 0.025) + 1),
        lambda x: (
            1 / (np.exp((x - 500) / 0.025) + 1)
            - x * np.exp((x - 500) / 0.025) / 0.025 / (np.exp((x - 500) / 0.025) + 1) ** 2
        ),
        lambda x: 1 / (np.exp((x - 500) / 0.025) + 1),
    ),
    "soft gate": (
        lambda x: x * gate(2000 * (x - 4)),
        lambda x: gate(2000 * (x - 4)) + 2000 * x * gate(2000 * (x - 4)) * (1 - gate(2000 * (x - 4))),
        lambda x: gate(2000 * (x - 4)) + 200 * x * gate(2000 * (x - 4)) * (1 - gate(2000 * (x - 4))),
    ),
    "step of tanh": (
        lambda x: x + np.tanh(900 * (x - 12)),
        lambda x: 1 + 900 * (1 - np.tanh(900 * (x - 12)) ** 2),
        lambda x: np.ones_like(x),
    ),
    "exponential of an exponential": (
        lambda x: np.exp(-np.exp(800 * (x - 9))) + x,
        lambda x: 1 - 800 * np.exp(800 * (x - 9)) * np.exp(-np.exp(800 * (x - 9))),
        lambda x: np.ones_like(x),
    ),
    "high power": (
        lambda x: x + (x / 50) ** 400,
        lambda x: 1 + 8 * (x / 50) ** 399,
        lambda x: np.ones_like(x),
    ),
    "two lines": (
        lambda x: line(x) + line(x + 1300),
        lambda x: -((x - 656.28) * line(x) + (x + 643.72) * line(x + 1300)) / 0.4 / 0.4,
        lambda x: -(x - 656.28) * line(x) / 0.4 / 0.4,
    ),
}
ON_ONE_SIDE = {
    "Arrhenius rate": (
        lambda x: x + 1e13 * np.exp(-5000 / x),
        lambda x: 1 + 1e13 * 5000 / x**2 * np.exp(-5000 / x),
        lambda x: 1 + 1e13 * 5000 / x * np.exp(-5000 / x),
    ),
    "line beside a root": (
        lambda x: np.sqrt(x) + np.exp(-((x - 900) ** 2)),
        lambda x: 0.5 / np.sqrt(x) - 2 * (x - 900) * np.exp(-((x - 900) ** 2)),
        lambda x: 0.5 / np.sqrt(x),
    ),
}
ALL = {
    **{name: ("N", *functions) for name, functions in TERMS.items()},
    **{name: (POSITIVE, *functions) for name, functions in ON_ONE_SIDE.items()},
}


@pytest.mark.parametrize("name", some(ALL, 8))
def test_a_right_term_that_cannot_be_seen(name):
    """What is right is proved, or agrees for constants within their rounding."""
    domain, function, derivative, _ = ALL[name]
    rows = verify.check(verify.derivative(function, derivative, x=domain), quick=True).comparisons
    assert {row.verdict for row in rows} == ({Verdict.AGREES} if "computed" in name else {Verdict.PROVED})


@pytest.mark.parametrize("name", some(ALL, 16))
def test_a_wrong_term_that_cannot_be_seen(name):
    """What is wrong is refuted at a point where it shows."""
    domain, function, _, wrong = ALL[name]
    rows = verify.check(verify.derivative(function, wrong, x=domain), quick=True).comparisons
    assert {row.verdict for row in rows} == {Verdict.REFUTED}
    expected, actual = (number(text) for text in (rows[0].counterexample.expected, rows[0].counterexample.actual))
    assert abs(expected - actual) > 1e-11 * max(abs(expected), 1e-20)


def number(text):
    """Return what a report writes as a number."""
    return float(Fraction(text.rstrip("…")))


@slow
def test_a_term_that_is_hidden_on_all_of_the_domain_is_undecided():
    """Where no point of the domain shows a term, and no bound on it is proved, agreement is no reason to agree."""
    domain = verify.real("N", low=0)
    case = verify.derivative(lambda x: 0.5 * x + np.exp(-1e6 * (x + 1 / x)), lambda x: 0.5 * np.ones_like(x), x=domain)
    rows = verify.check(case, quick=True)
    assert {row.verdict for row in rows.comparisons} == {Verdict.UNDECIDED}


@pytest.fixture
def look():
    graph = Graph()
    x = Symbol(graph, graph.variable("x"))

    def run(formula, points, holds=lambda point: True):
        node = x.lift(formula(x)).node
        return hidden(graph, (node, graph.constant(Fraction(0))), [{"x": Fraction(p)} for p in points], holds)

    return run


def bump(x):
    return (-1000 * (x - 50) ** 2).function("exp")


def test_what_is_seen_is_not_looked_for(look):
    """Where everything shows at the points, there are no others."""
    assert look(lambda x: x * x + (x / 3).function("exp"), [1]) == ([], [], False)
    assert look(lambda x: x + bump(x), [1, "50.01"]) == ([], [], False)


def test_points_are_next_to_where_a_term_is_of_ordinary_size(look):
    """A narrow bump is found, and points beside its top too, where its derivative is not 0."""
    points, unseen, _ = look(lambda x: x + bump(x), [1])
    assert not unseen
    assert len(points) > 4
    assert all(abs(point["x"] - 50) < 1 for point in points)


def test_no_point_is_tried_twice(look):
    """Terms with one argument share a line of points, lines of one input share points, and each term is found."""
    asked = []
    several = lambda x: x + bump(x) + 3 * bump(x) ** 2 + bump(-x)  # noqa: E731
    points, unseen, _ = look(several, [1], holds=lambda point: not asked.append(point["x"]))
    twice = {place for place, times in Counter(asked).items() if times > 1}
    assert len(asked) > 100
    assert twice <= {Fraction(1, 2**power) for power in _NEARER}  # of all inputs, which here are one
    assert not unseen
    assert {abs(abs(point["x"]) - 50) < 1 for point in points} == {True}
    assert {point["x"] > 0 for point in points} == {True, False}


def test_a_line_goes_on_where_another_search_left_it():
    """A search that has enough points leaves the others of its lines to the next node with the same argument."""
    graph = Graph()
    x = Symbol(graph, graph.variable("x"))
    node, one = bump(x).node, Fraction(1)

    def search():
        return _Search(Tape(graph, [node]), (node, graph.constant(one)), flint.arb(2) ** -1000, Purse(10**6))

    whole = [*search().near(node, {"x": one}, lambda point: True)]
    shared = search()
    first = [*islice(shared.near(node, {"x": one}, lambda point: True), 3)]
    assert first + [*shared.near(node, {"x": one}, lambda point: True)] == whole
    assert len(whole) > 20


def test_points_have_to_hold(look):
    """What is not allowed is not taken, and the term stays unseen."""
    points, unseen, _ = look(lambda x: x + bump(x), [1], holds=lambda point: point["x"] < 40)
    assert not points
    assert unseen


def test_what_does_nothing_hides_nothing(look):
    """A shift that cancels is no term."""
    shifted = lambda x: (x - 5000 * x).function("exp") / (-5000 * x).function("exp")  # noqa: E731
    assert not look(shifted, [1]).unseen


def long(x):
    """Return a formula of 6,000 nodes."""
    y = x
    for number in range(3000):
        y = y * y / (y + number)
    return y


@slow
def test_terms_of_long_formulas_are_looked_for(look):
    """A term in a formula of thousands of nodes is found as in a short one."""
    points, unseen, spent = look(lambda x: long(x) + bump(x), [1])
    assert points
    assert not spent
    assert not unseen


def test_a_search_that_took_all_the_work_it_may_is_told(look, monkeypatch):
    """Where the work is used up the terms are left unseen, and one point was looked at."""
    monkeypatch.setattr("verify.proof.hidden._WORK", 100)
    points, unseen, spent = look(lambda x: x + bump(x), [1])
    assert spent
    assert unseen
    assert not points


def test_no_formula_agrees_whose_terms_were_not_all_looked_for(monkeypatch):
    """A right formula that only agrees, and a search that ended early: undecided, with that as the reason."""
    monkeypatch.setattr("verify.proof.refuting._SEARCHED", 100)
    forward, right, _ = TERMS["spectral line with a computed width"]
    rows = verify.check(verify.derivative(forward, right, x="2"), quick=True).comparisons
    assert {row.verdict for row in rows} == {Verdict.UNDECIDED}
    assert all("was used up" in row.evidence.detail for row in rows)


def rows(x):
    """Return the logarithm of the sum of exponentials of each row, at a temperature that is computed."""
    x = x / (0.1 * 3)
    highest = x.max(axis=1, keepdims=True)
    return highest[:, 0] + np.log(np.exp(x - highest).sum(axis=1))


def rows_slope(factor):
    """Return the gradient, times a constant that is 1 / 0.3 where it is right."""

    def slope(d, x):
        x = x / (0.1 * 3)
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return d[:, None] * e / e.sum(axis=1, keepdims=True) * factor

    return slope


@pytest.mark.parametrize(
    ("factor", "shape", "verdict"),
    some(
        [
            (1 / 0.3, "3 4", Verdict.AGREES),
            ((1 + 1e-9) / 0.3, "1 3", Verdict.REFUTED),
            (2 / 0.3, "1 3", Verdict.REFUTED),
        ]
    ),
)
def test_terms_of_inputs_far_apart_show_where_all_are_nearer(factor, shape, verdict):
    """Where all but one term of each row are too small to be seen, no input alone makes two of them ordinary."""
    domain = verify.real(shape, low=-1e9, high=1e9)
    compared = verify.check(verify.pair(rows, rows_slope(factor), x=domain), quick=True).comparisons
    assert {row.verdict for row in compared} == {verdict}


def test_inputs_are_moved_nearer_within_their_region_only(look):
    """A point that is not in the region tells nothing of it."""
    faint = lambda x: x + (-x * x).function("exp")  # noqa: E731
    assert look(faint, [2**20]).points
    points, unseen, _ = look(faint, [2**20], holds=lambda point: point["x"] > 100)
    assert unseen
    assert not points


@slow
def test_a_refutation_stays_where_no_better_point_may_be_looked_for(monkeypatch):
    """All pairs of a graph share the work of looking for points where a mistake shows better; none needs it."""
    monkeypatch.setattr("verify.proof.decide._SHARPENING", 0)
    result = verify.check(verify.pair(rows, rows_slope(2 / 0.3), x=verify.real("1 3", low=-1e9, high=1e9)))
    assert {row.verdict for row in result.comparisons} == {Verdict.REFUTED}


def bump_of_all(x, center=33):
    return np.exp(-400 * ((x - center) ** 2).sum())


def tilted(x, y):
    return np.exp(-50 * ((x - 40) ** 2 + (x - 40) * (y - 70) + (y - 70) ** 2))


def tilted_slopes(d, x, y, lost=0):
    slopes = -50 * (2 * x + y - 150), -50 * (2 * y + x - 180)
    return tuple(d * (1 + slope * tilted(x, y) * (i >= lost)) for i, slope in enumerate(slopes))


BUMPS = {  # of several inputs: a function, its gradient, one in which the bump is lost, and the inputs
    "of two entries": (
        lambda x: x.sum() + bump_of_all(x),
        lambda d, x: d * (1 - 800 * (x - 33) * bump_of_all(x)),
        lambda d, x: d * np.ones_like(x),
        {"x": "2"},
    ),
    "of six entries": (
        lambda x: x.sum() + bump_of_all(x, -57),
        lambda d, x: d * (1 - 800 * (x + 57) * bump_of_all(x, -57)),
        lambda d, x: d * np.ones_like(x),
        {"x": "3 2"},
    ),
    "tilted": (
        lambda x, y: x + y + tilted(x, y),
        tilted_slopes,
        lambda *all: tilted_slopes(*all, 1),
        {"x": "", "y": ""},
    ),
}


@pytest.mark.parametrize("name", some(BUMPS, 4))
def test_a_bump_of_several_inputs(name):
    """A term that no input alone makes large enough to be seen is found where all of them do; without it, it is wrong."""
    function, gradient, wrong, inputs = BUMPS[name]
    assert verify.check(verify.pair(function, gradient, **inputs), quick=True)
    rows = verify.check(verify.pair(function, wrong, **inputs), quick=True).comparisons
    assert Verdict.REFUTED in {row.verdict for row in rows}

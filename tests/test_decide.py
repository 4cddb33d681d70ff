"""Each kind of evidence leads to its verdict, and each planted error is seen."""

from fractions import Fraction

import pytest

from verify.graph.graph import Graph
from verify.model.reasons import Reason
from verify.model.result import Verdict
from verify.proof.decide import decide
from verify.tracing.symbols.symbolic import Symbol

POINTS = [{"x": Fraction(a), "y": Fraction(b)} for a, b in [(2, 3), (1, 5), ("1/3", "7/2")]]
HALF = Fraction(1, 2)


@pytest.fixture
def decided():
    graph = Graph()
    x, y = Symbol(graph, graph.variable("x")), Symbol(graph, graph.variable("y"))

    def run(formulas, points=POINTS):
        a, b = (x.lift(side) for side in formulas(x, y))
        return decide(graph, [(a.node, b.node)], lambda: points, seed=0)[0]

    return run


def test_many_pairs_are_read_as_each_alone():
    """Of pairs that are refuted at one point each is as far apart as it is by itself, and at the same point."""
    graph = Graph()
    x, y = Symbol(graph, graph.variable("x")), Symbol(graph, graph.variable("y"))
    right = [x * y, x - y, x**HALF, 0.3 * x, x * x]
    wrong = [x * y + Fraction(1, 10**300), y - x, -(x**HALF), 0.3333333 * x, x * x * (1 + Fraction(1, 10**12))]
    pairs = [(a.node, b.node) for a, b in zip(right, wrong, strict=True)]
    together = decide(graph, pairs, lambda: POINTS, seed=0)
    graph.memory("sides at a point").clear()
    alone = [decide(graph, [pair], lambda: POINTS, seed=0)[0] for pair in pairs]
    assert [decision.verdict for decision in together] == [Verdict.REFUTED] * len(pairs)
    assert [(d.evidence, d.point) for d in together] == [(d.evidence, d.point) for d in alone]


@pytest.mark.parametrize(
    ("formulas", "kind"),
    [
        (lambda x, y: (x * y + 1, 1 + y * x), "same formula"),
        (lambda x, y: ((x + y) * (x - y), x * x - y * y), "field"),
        (lambda x, y: (x * 0.1 * 3, x * 0.3), "field"),
        (lambda x, y: ((x * x + y) ** HALF / (x * x + y), (x * x + y) ** -HALF), "field"),
    ],
)
def test_proved(decided, formulas, kind):
    """Equal functions are proved, with their evidence."""
    decision = decided(formulas)
    assert decision.verdict is Verdict.PROVED
    assert decision.evidence.kind.startswith(kind)


def test_what_was_read_into_the_code_is_said(decided):
    """A proof that reads 0.1 as 1/10 says so."""
    assert "0.1 as 1/10" in decided(lambda x, y: (x * 0.1 * 3, x * 0.3)).evidence.detail


@pytest.mark.parametrize(
    "formulas",
    [
        lambda x, y: (x * y, x * y + Fraction(1, 10**300)),
        lambda x, y: (x * y, x * y * (1 + Fraction(1, 10**12))),
        lambda x, y: (x - y, y - x),
        lambda x, y: (x**HALF, -(x**HALF)),
        lambda x, y: (x * 0.3333333333, x / 3),
        lambda x, y: (2**HALF * x * 1.0000000000001, 2**HALF * x),
        lambda x, y: ((x - 2) * (y - 3), x - x),
    ],
)
def test_refuted(decided, formulas):
    """Different functions are refuted at a point at which they differ, however little."""
    decision = decided(formulas)
    assert decision.verdict is Verdict.REFUTED
    assert decision.point in POINTS


@pytest.mark.parametrize(
    "formulas",
    [
        lambda x, y: (x * 2**HALF, x * 1.4142135623730951),
        lambda x, y: (x * 0.7978845608028654, x * 1.5957691216057308 / 2),
    ],
)
def test_the_rounding_of_typed_constants_agrees(decided, formulas):
    """A typed irrational is right up to its rounding: not proved, not refuted."""
    decision = decided(formulas)
    assert decision.verdict in (Verdict.AGREES, Verdict.PROVED)
    if decision.verdict is Verdict.AGREES:
        assert decision.evidence.kind == "constants"


def test_the_change_of_constants_is_a_fact(decided):
    """How many constants there are, and the largest change, are fields of the evidence and stand in its sentence."""
    evidence = decided(
        lambda x, y: (x * (x * 0 + 2) ** HALF + y / 3, x * 1.4142135623730951 + y * 0.3333333333333333)
    ).evidence
    assert (evidence.constants, evidence.ulps) == (2, "0.44")
    assert "2 constants of the code, changed by at most 0.44 ulp" in evidence.detail


def test_a_law_that_is_not_modelled_agrees(decided):
    """sqrt(x) + sqrt(y) is sqrt(x + y + 2 sqrt(x y)); that is not proved, and said."""
    decision = decided(lambda x, y: (x**HALF + y**HALF, (x + y + 2 * (x * y) ** HALF) ** HALF))
    assert decision.verdict is Verdict.AGREES
    assert "by a law that could not be proved" in decision.evidence.detail


def test_a_law_is_proved_where_both_sides_are_defined(decided):
    """sqrt(x) sqrt(y) is sqrt(x y) wherever the left side is defined: the copy that proves it says so."""
    decision = decided(lambda x, y: (x**HALF * y**HALF, (x * y) ** HALF))
    assert decision.verdict is Verdict.PROVED
    assert decision.everywhere
    assert "once logarithms, powers, sums of angles and recurrences are written alike" in decision.evidence.detail


def test_a_root_that_loses_its_sign_is_not_proved(decided):
    """sqrt(x**2) is x at every positive point: that it agrees there must not be taken for a proof."""
    assert decided(lambda x, y: ((x * x) ** HALF, x)).verdict is Verdict.AGREES
    assert (
        decided(lambda x, y: ((x * x) ** HALF, x), [{"x": Fraction(-1), "y": Fraction(1)}]).verdict is Verdict.REFUTED
    )


def test_undecided_where_nothing_is_defined(decided):
    """Where both sides are defined at no point that was tried, nothing is known."""
    decision = decided(lambda x, y: ((-x) ** HALF, (-y) ** HALF))
    assert (decision.verdict, decision.evidence.reason) == (Verdict.UNDECIDED, Reason.TOO_FEW_DIGITS)


def test_undecided_where_no_example_is_found(decided):
    """Rational functions that differ in the field, but at none of the points, are not passed."""
    decision = decided(lambda x, y: ((x - 2) * (y - 3), x - x), POINTS[:1])
    assert (decision.verdict, decision.evidence.reason) == (Verdict.UNDECIDED, Reason.NO_COUNTEREXAMPLE)


def test_a_degree_that_is_too_high_agrees_at_best(decided):
    """Without a bound there is no proof."""
    decision = decided(
        lambda x, y: (x ** (2**130) * (y + 1), x ** (2**130) * y + x ** (2**130)),
        [{"x": Fraction(1), "y": Fraction(2)}],
    )
    assert decision.verdict is Verdict.AGREES
    assert "degree" in decision.evidence.detail


@pytest.mark.parametrize("seed", range(20))
def test_verdicts_do_not_depend_on_the_seed(seed):
    """Twenty seeds, the same verdicts."""
    graph = Graph()
    x, y = Symbol(graph, graph.variable("x")), Symbol(graph, graph.variable("y"))
    pairs = [
        ((x + y) ** 3, x**3 + 3 * x * y * (x + y) + y**3),
        (x / y, y / x),
        ((x * x + y) ** HALF / (x * x + y), (x * x + y) ** -HALF),
    ]
    found = decide(graph, [(a.node, b.node) for a, b in pairs], lambda: POINTS, seed)
    assert [d.verdict for d in found] == [Verdict.PROVED, Verdict.REFUTED, Verdict.PROVED]

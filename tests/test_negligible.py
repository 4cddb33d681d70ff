"""Terms that underflow in all of a domain are left out by a proved bound, and no others."""

from fractions import Fraction

import numpy as np
import pytest
from effort import slow, some

import verify
from verify import Verdict
from verify.graph.graph import Graph
from verify.model.comparison import NEGLIGIBLE
from verify.model.reasons import Reason
from verify.proof.negligible import LEAST, Negligible
from verify.tracing.symbols.symbolic import Symbol

MASK = np.array([[True, True, False], [True, False, True]])
CAUSAL = np.tril(np.ones((3, 3), dtype=bool))


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def of_softmax(y, dout):
    return y * (dout - (dout * y).sum(axis=-1, keepdims=True))


def masked(score=-1e9, low=-100, high=100, kept=None, added=False):
    """Return a softmax with a mask, whose gradient is multiplied by the entries that are `kept`, if any are."""

    def forward(x):
        return softmax(x + np.where(MASK, 0.0, score) if added else np.where(MASK, x, score))

    def backward(dout, x):
        dx = of_softmax(forward(x), dout)
        return dx if kept is None else np.where(kept, dx, 0.0)

    return verify.pair(forward, backward, x=verify.real("2 3", low=low, high=high))


def attention(score=-1e9, size=100, of_scores=lambda ds: ds, values=lambda a: a):
    """Return causal attention; its masked entries are seen where `values` of the attention are other ones."""

    def forward(q, k, v):
        return values(softmax(np.where(CAUSAL, q @ k.T, score))) @ v

    def backward(dout, q, k, v):
        a = softmax(np.where(CAUSAL, q @ k.T, score))
        ds = of_scores(of_softmax(a, dout @ v.T))
        return ds @ k, ds.T @ q, a.T @ dout

    bounded = "3 2" if size is None else verify.real("3 2", low=-size, high=size)
    return verify.pair(forward, backward, q=bounded, k=bounded, v="3 2")


def rows(case):
    return verify.check(case, quick=True).comparisons


RIGHT = {
    "a mask by where": masked(),
    "a mask of float32's size": masked(-1e30),
    "a smaller mask of moderate scores": masked(-1e4),
    "a small mask of small scores": masked(-1e3, low=-10, high=10),
    "an added mask, and a masked gradient": masked(added=True, kept=MASK),
    "attention": attention(),
    "attention with a smaller mask": attention(-1e4, size=10),
    "a line outside of the domain": verify.derivative(
        lambda x: 0.5 * x + np.exp(-(((x - 656.28) / 0.4) ** 2)),
        lambda x: 0.5 * np.ones_like(x),
        x=verify.real("2", low=-2, high=2),
    ),
}


@pytest.mark.parametrize("name", some(RIGHT, 4))
def test_what_underflows_in_all_of_the_domain_agrees(name):
    """The gradient agrees by a bound on its difference, and is not called proved."""
    compared = rows(RIGHT[name])
    verdicts = {row.verdict for row in compared}
    assert Verdict.AGREES in verdicts
    assert verdicts <= {Verdict.AGREES, Verdict.PROVED}
    assert {row.evidence.kind for row in compared if row.verdict is Verdict.AGREES} == {NEGLIGIBLE}


PROVED = {
    "a mask of infinities": masked(-np.inf),
    "an added mask": masked(added=True),
    "a masked gradient": masked(kept=MASK),
}


@pytest.mark.parametrize("name", PROVED)
def test_what_is_exact_stays_proved(name):
    """A term that cannot be seen is no reason for less than a proof where both sides have it."""
    assert {row.verdict for row in rows(PROVED[name])} == {Verdict.PROVED}


WRONG = {
    "the mask of the other entries": masked(kept=~MASK),
    "a mask that leaks": masked(-10.0),
    "an added mask that leaks, and a masked gradient": masked(-10.0, added=True, kept=MASK),
    "attention that leaks": attention(-10.0),
    "attention with the other entries": attention(of_scores=lambda ds: np.where(CAUSAL, 0.0, ds)),
    "attention whose mask is forgotten in the product": attention(values=lambda a: a + ~CAUSAL),
    "attention with another factor": attention(of_scores=lambda ds: 1.000001 * ds),
    "a small mask of the other entries": masked(-1e3, low=-10, high=10, kept=~MASK),
    "attention with a small mask and another factor": attention(-1e3, size=2, of_scores=lambda ds: 1.000001 * ds),
}


@slow
@pytest.mark.parametrize("name", some(WRONG, 16))
def test_mistakes_beside_a_mask_are_refuted(name):
    """Whatever else is wrong is refuted, at a point where it shows."""
    assert Verdict.REFUTED in {row.verdict for row in rows(WRONG[name])}


@pytest.mark.parametrize("case", some([masked(-1e4, low=-20000, high=20000), masked(-1e9, low=None, high=None)], 4))
def test_scores_that_reach_the_mask_do_not_agree(case):
    """Where scores are as low as the mask, the masked entries count."""
    assert all(not row.verdict.good for row in rows(case))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_region_that_agrees_is_told_beside_one_that_is_proved(sign):
    """Whichever side the sample is on, the gradient of the case is not called proved."""

    def forward(x):
        return np.where(sign * x > 0, x * x + np.exp(-1e4 * (3 + x)), x * x)

    case = verify.derivative(forward, lambda x: 2 * x, x=verify.real("1", low=-2, high=2))
    assert Verdict.AGREES in {row.verdict for row in verify.check(case).comparisons}


UNSEEN = {
    "a mask by where": masked(low=None, high=None),
    "a mask of float32's size": masked(-1e30, low=None, high=None),
    "a mask of the least float": masked(np.finfo(float).min, low=None, high=None),
    "an added mask, and a masked gradient": masked(-1e30, low=None, high=None, added=True, kept=MASK),
    "attention": attention(-1e30, size=None),
    "upstreams that are large enough to show it": masked(-780.0, low=-1, high=1),
}


@pytest.mark.parametrize("name", some(UNSEEN))
def test_what_no_float_shows_of_moderate_inputs_is_left_open(name):
    """Without a domain nobody knows whether scores reach the mask: a point that shows nothing refutes nothing."""
    open_rows = [row for row in rows(UNSEEN[name]) if row.verdict is not Verdict.PROVED]
    assert {row.verdict for row in open_rows} == {Verdict.UNDECIDED}
    assert {row.evidence.reason for row in open_rows} == {Reason.HIDDEN_TERM}


SEEN = {
    "a mask whose exponential is a float": masked(-700.0, low=-10, high=10),
    "attention at scores as low as the mask": attention(size=None),
    "an added mask, and a masked gradient": masked(low=None, high=None, added=True, kept=MASK),
    "the mask of the other entries": masked(kept=~MASK, low=None, high=None),
    "attention with another factor": attention(-1e30, size=None, of_scores=lambda ds: 1.000001 * ds),
}


@pytest.mark.parametrize("name", some(SEEN, 12))
def test_what_floats_show_is_refuted_without_a_domain(name):
    """A counterexample differs by more than the smallest float, and so does every gradient that is refuted."""
    refuted = [row for row in rows(SEEN[name]) if row.verdict is Verdict.REFUTED]
    assert refuted
    for row in refuted:
        expected, actual = (
            float(Fraction(side.rstrip("…"))) for side in (row.counterexample.expected, row.counterexample.actual)
        )
        assert abs(expected - actual) > 0


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def in_two_regions(x):
    return np.where(x > 0, np.exp(-1e4 * (3 + x)), x * x)


FAR = {  # a function, its derivative, a domain in which that underflows, and one in which it is seen
    "a normal density": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x), (100, 200), (1, 2)),
    "a decay": (lambda x: np.exp(-x), lambda x: -np.exp(-x), (1000, 2000), (1, 2)),
    "a sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)), (10_000, 20_000), (1, 2)),
    "a barrier": (lambda x: np.exp(300 * (x - 12)), lambda x: 300 * np.exp(300 * (x - 12)), (-12, -10), (11, 12)),
}
MISTAKES = {
    "the sign": lambda slope: lambda x: -slope(x),
    "a factor": lambda slope: lambda x: 2 * slope(x),
    "nothing": lambda slope: lambda x: 0 * x,
}


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("name", some(FAR, 4))
def test_where_all_underflows_nothing_agrees(name, mistake, quick):
    """Where the whole gradient underflows in all of the domain, only a proof is one: 0 = 0 checks nothing."""
    function, slope, far, near = FAR[name]

    def verdict(backward, low, high):
        case = verify.derivative(function, backward, x=verify.real("2", low=low, high=high))
        (row,) = verify.check(case, quick=quick).comparisons
        assert (row.verdict is Verdict.UNDECIDED) == (row.evidence.reason is Reason.HIDDEN_TERM)
        return row.verdict

    wrong = MISTAKES[mistake](slope)
    assert verdict(slope, *far) is verdict(slope, *near) is Verdict.PROVED
    assert verdict(wrong, *far) is Verdict.UNDECIDED
    assert verdict(wrong, *near) is Verdict.REFUTED


def test_one_input_whose_gradient_underflows_is_left_open():
    """A gradient that is seen says nothing of one beside it that is not."""
    case = verify.pair(
        lambda x, w: w + np.exp(-x), lambda d, x, w: (d * np.exp(-x), d), x=verify.real("2", low=2000, high=3000), w="2"
    )
    verdicts = {row.name: row.verdict for row in verify.check(case).comparisons}
    assert verdicts == {"x": Verdict.UNDECIDED, "w": Verdict.PROVED}


@pytest.mark.parametrize("shape", ["1", "2", "N"])
def test_a_gradient_that_is_seen_in_another_region_agrees(shape):
    """What underflows on one side of a branch is beside what does not, wherever the sample is."""
    domain = verify.real(shape, low=-2, high=2)
    for sign, verdict in ((1, Verdict.AGREES), (-1, Verdict.REFUTED)):
        slope = lambda x, s=sign: np.where(x > 0, np.exp(-1e4 * (3 + x)), s * 2 * x)  # noqa: E731
        verdicts = {row.verdict for row in verify.check(verify.derivative(in_two_regions, slope, x=domain)).comparisons}
        assert verdict in verdicts
        assert Verdict.UNDECIDED not in verdicts


def test_what_is_left_may_agree_by_any_proof():
    """Roots, logarithms and constants within their rounding count as well, once negligible terms are left out."""
    domain = verify.real("2", low=1, high=2)
    roots = verify.derivative(
        lambda x: np.sqrt(x * x + 1) + np.exp(-3000 * x), lambda x: x / np.sqrt(x * x + 1), x=domain
    )
    rounded = verify.derivative(
        lambda x: (0.1 / 3) * x**3 + (0.7 / 3) * x**6 + np.exp(-3000 * x), lambda x: 0.1 * x**2 + 1.4 * x**5, x=domain
    )
    wrong = verify.derivative(lambda x: (0.1 / 3) * x**3 + np.exp(-3000 * x), lambda x: (0.1 + 1e-12) * x**2, x=domain)
    assert [row.verdict for case in (roots, rounded) for row in rows(case)] == [Verdict.AGREES] * 2
    assert [row.verdict for row in rows(wrong)] == [Verdict.REFUTED]


@pytest.fixture
def differ():
    """Tell whether a formula of x and 0 are too close for any float, for x between 1 and 2."""
    graph = Graph()
    x = Symbol(graph, graph.variable("x"))

    def run(formula):
        node = x.lift(formula(x)).node
        zero = graph.constant(Fraction(0))
        return Negligible(graph, [node, zero], {"x": (Fraction(1), Fraction(2))}).differ_by_nothing(node, zero)

    return run


def exp(x):
    return x.function("exp")


def other(x):
    return Symbol(x.graph, x.graph.variable("y"))


@pytest.mark.parametrize(
    ("formula", "is_negligible"),
    [
        (lambda x: exp(-746 * x), True),
        (lambda x: exp(-745 * x), False),  # half of the smallest float64 is exp(-745.13)
        (lambda x: exp(-746 * x) * 2**10, False),
        (lambda x: exp(-800 * x) * 2**10, True),
        (lambda x: exp(-746 * x) + exp(-747 * x), True),
        (lambda x: exp(-746 * x) * 3, False),
        (lambda x: exp(-745.5 * x) + exp(-745.6 * x), False),  # either alone is
        (lambda x: exp(-2000 * x) * other(x), True),
        (lambda x: exp(-1400 * x) * other(x), False),  # an input without bounds may be as large as a float
        (lambda x: (x + exp(-2000 * x)) ** 3 - x**3, True),
        (lambda x: 1 / (x + exp(-2000 * x)) - 1 / x, True),
        (lambda x: 1 / exp(-2000 * x), False),
        (lambda x: 1 / (x - 1.5 + exp(-2000 * x)), False),
        (lambda x: (exp(-2000 * x)) ** Fraction(1, 2), False),
        (lambda x: (x + exp(-2000 * x)).function("log"), True),
        (lambda x: (x - 3 + exp(-2000 * x)).function("log"), False),
        (lambda x: exp(800 * x + exp(-2000 * x)), False),
        (lambda x: exp(800 * x + exp(-4000 * x)), True),
        (lambda x: (1e300 * x + exp(-2000 * x)).function("sin"), True),
        (lambda x: exp(800 * x) + x, False),  # nothing in it is negligible
    ],
)
def test_the_bound_counts_all_that_moves(differ, formula, is_negligible):
    """What multiplies a term, divides by it or takes a root of it makes it count."""
    assert differ(formula) is is_negligible


def test_half_of_the_smallest_float():
    """Nothing that rounds to another float than 0 is left out."""
    assert float(LEAST * 2) == 2.0**-1074 == np.nextafter(0.0, 1.0)

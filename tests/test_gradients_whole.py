"""Gradients that are proved on whole arrays: each guard lets right code pass, and stops what would pass without it."""

from fractions import Fraction

import numpy as np
import pytest
from effort import slow, some
from whole_cases import case

import verify
from verify import Verdict
from verify.checks.gradients import whole
from verify.checks.gradients.traced import check_traced
from verify.checks.gradients.whole import attempted
from verify.tape import decide
from verify.tracing.observe import Observation, observe, variants
from verify.tracing.symbols.taped import TapedTrace


@pytest.fixture(autouse=True)
def _small_arrays_too(monkeypatch):
    """Prove arrays of any size on the tape."""
    monkeypatch.setattr(whole, "_FEW", -1)


def proof(one, seed=0):
    """Return what is proved of the first variant of a case."""
    return attempted(one, variants(one)[0], seed).proved


def by_scalars(one):
    """Return the verdicts of the road on scalars."""
    return [row.verdict for row in check_traced(one)[0].comparisons]


def positive(shape="6"):
    return {"x": verify.real(shape, low=0)}


# What stops a proof: a right case, and one that only this guard stops, with what scalars say of it.
GUARDS = {
    "a mistake": (
        case(lambda x: x * 0.7, lambda d, y, x: d * 0.7),
        case(lambda x: x * 0.7, lambda d, y, x: d * 0.7 * (1 + 1e-12)),
        Verdict.REFUTED,
    ),
    "what the tape does not know": (
        case(lambda x: x * x, lambda d, y, x: 2 * x * d),
        case(lambda x: np.fmod(x, 1) + x, lambda d, y, x: 2 * d),
        Verdict.PROVED,
    ),
    "the shape of a gradient": (
        case(lambda x: 2 * x, lambda d, y, x: 2 * d),
        case(lambda x: 2 * x, lambda d, y, x: (2 * d).reshape(6, 1)),
        Verdict.ERROR,
    ),
    "an output that is not defined": (
        case(lambda x: np.log(x), lambda d, y, x: d / x, positive()),
        case(lambda x: np.log(x), lambda d, y, x: d / x),
        Verdict.UNDECIDED,
    ),
    "an output that is not defined at the sample, and is nearer to 0": (
        case(lambda x: np.log1p(20 * x), lambda d, y, x: 20 * d / (1 + 20 * x), positive()),
        case(lambda x: np.log1p(20 * x), lambda d, y, x: 20 * d / (1 + 20 * x)),
        Verdict.UNDECIDED,
    ),
    "a term that is not defined at the sample, and is nearer to 0": (
        case(lambda x: np.sqrt(1 + 20 * x) * 0 + x, lambda d, y, x: d + 0 * np.sqrt(1 + 20 * x), positive()),
        case(lambda x: x, lambda d, y, x: d + (g := np.sqrt(1 + 20 * x)) - g * (1 + x) / (x + 1)),
        Verdict.UNDECIDED,
    ),
    "a term that is not defined": (
        case(lambda x: 2 * x, lambda d, y, x: 2 * d + (np.log(x) - np.log(x * 1)), positive()),
        case(lambda x: 2 * x, lambda d, y, x: 2 * d + (np.log(x) - np.log(x * 1))),
        Verdict.UNDECIDED,
    ),
    "memory that nobody has written to, in the output": (
        case(lambda x: 2 * x + np.zeros(6), lambda d, y, x: 2 * d),
        case(lambda x: 2 * x + 1e-12 * np.tanh(np.empty(6)), lambda d, y, x: 2 * d),
        Verdict.ERROR,
    ),
    "memory that nobody has written to, in a gradient": (
        case(lambda x: 2 * x, lambda d, y, x: 2 * d + np.zeros(6) * y - np.zeros(6) * 2 * x),
        case(lambda x: 2 * x, lambda d, y, x: 2 * d + (g := np.empty(6)) * y - g * 2 * x),
        Verdict.ERROR,
    ),
    "a branch on such memory": (
        case(lambda x: 2 * x, lambda d, y, x: np.where(np.zeros(6) < 9, 2 * d, d)),
        case(lambda x: 2 * x, lambda d, y, x: np.where(np.empty(6) < 9, 2 * d, d)),
        Verdict.UNDECIDED,
    ),
    "a branch on the upstream": (
        case(lambda x: 2 * x, lambda d, y, x: np.where(x > -1000, 2 * d, d)),
        case(lambda x: 2 * x, lambda d, y, x: np.where(d > -1000, 2 * d, d)),
        Verdict.REFUTED,
    ),
    "a constant output": (
        case(lambda x: x + 0 * x, lambda d, y, x: d),
        case(lambda x: x + x - 2 * x, lambda d, y, x: d * 0),
        Verdict.PROVED,
    ),
    "an output that is constant on this branch": (
        case(lambda x: np.maximum(x, -9), lambda d, y, x: d),
        case(lambda x: np.maximum(x, 9), lambda d, y, x: d * 0),
        Verdict.REFUTED,
    ),
    "a tie": (
        case(lambda x: np.where(x > x[0], 3 * x, 2 * x), lambda d, y, x: np.where(x > x[0], 3 * d, 2 * d)),
        case(lambda x: np.where(x * x == x**2 + x - x, 2 * x, x), lambda d, y, x: 2 * d),
        Verdict.UNDECIDED,
    ),
    "another gradient on floats": (
        case(lambda x: 2 * x, lambda d, y, x: 2 * d),
        case(lambda x: 2 * x, lambda d, y, x: (3 if type(x) is np.ndarray else 2) * d),
        Verdict.UNDECIDED,
    ),
    "another output on floats": (
        case(lambda x: 2 * x, lambda d, y, x: 2 * d),
        case(lambda x: (3 if type(x) is np.ndarray else 2) * x, lambda d, y, x: 2 * d),
        Verdict.UNDECIDED,
    ),
    "another shape on floats": (
        case(lambda x: 2 * x, lambda d, y, x: 2 * d),
        case(lambda x: 2 * x, lambda d, y, x: 2 * d[:, None] if type(x) is np.ndarray else 2 * d),
        Verdict.UNDECIDED,
    ),
    "fewer outputs on floats": (
        case(lambda x: (2 * x, x * x), lambda d, y, x: 2 * d[0] + 2 * x * d[1]),
        case(lambda x: (2 * x, x * x)[: 1 if type(x) is np.ndarray else 2], lambda d, y, x: 2 * d[0] + 2 * x * d[1]),
        Verdict.UNDECIDED,
    ),
    "an exception on floats": (
        case(lambda x: 2 * x, lambda d, y, x: 2 * d),
        case(lambda x: 2 * x, lambda d, y, x: 1 // 0 if type(x) is np.ndarray else 2 * d),
        Verdict.ERROR,
    ),
    "infinity on floats": (
        case(lambda x: x * 1e200 * 1e-200, lambda d, y, x: d * 1e200 * 1e-200),
        case(lambda x: x * 1e200 * 1e-200, lambda d, y, x: d * 1e200 * 1e200 * 1e-200 * 1e-200),
        Verdict.UNDECIDED,
    ),
    "another gradient on floats, which overflow at the sample": (
        case(lambda x: np.exp(500 * x), lambda d, y, x: 500 * d * y),
        case(lambda x: np.exp(500 * x), lambda d, y, x: (400 if type(x) is np.ndarray else 500) * d * y),
        Verdict.UNDECIDED,
    ),
    "another output on floats, which overflow at the sample": (
        case(lambda x: np.exp(300 * x) / x, lambda d, y, x: d * (300 * y - y / x), positive()),
        case(
            lambda x: np.exp((299 if type(x) is np.ndarray else 300) * x) / x,
            lambda d, y, x: d * (300 * y - y / x),
            {"x": verify.real("6", low=1)},
        ),
        Verdict.UNDECIDED,
    ),
    "an exception that the code has caught": (
        case(lambda x: 2 * x, lambda d, y, x: 2 * d),
        case(lambda x: 2 * x, lambda d, y, x: 2 * d * caught(x)),
        Verdict.UNDECIDED,
    ),
}


def caught(x):
    """Return 1, but for a float."""
    try:
        return 3 if float(x[0]) else 2
    except Exception:  # noqa: BLE001 - as layers do it
        return 1


@pytest.mark.parametrize("name", some(GUARDS, 6))
def test_guards(name):
    """A right case is proved; one that only this guard stops is left to scalars, which know more of it."""
    right, other, verdict = GUARDS[name]
    assert proof(right) is not None
    assert by_scalars(right) == [Verdict.PROVED]
    assert proof(other) is None
    assert by_scalars(other) == [verdict]


def test_small_arrays_are_left_to_scalars(monkeypatch):
    """Up to so many entries of all inputs, scalars take no longer."""
    one = case(lambda x: 2 * x, lambda d, y, x: 2 * d)
    monkeypatch.setattr(whole, "_FEW", 5)
    assert proof(one) is not None
    monkeypatch.setattr(whole, "_FEW", 6)
    assert proof(one) is None


def test_rows_are_in_the_order_of_the_inputs():
    """However a dict of gradients is ordered, and without those that are not claimed."""
    shapes = {"x": "2 3", "y": "3", "z": "2"}
    one = case(
        lambda x, y, z: x * y + z[:, None],
        lambda d, out, x, y, z: {"z": None, "y": (d * x).sum(axis=0), "x": d * y},
        shapes,
    )
    proved = proof(one)
    assert [(row.name, row.shape, row.entries) for row in proved.rows] == [("x", (2, 3), 6), ("y", (3,), 3)]
    assert proved.unclaimed == ("z",)


def test_evidence_is_that_of_the_weakest_entry():
    """A law that one entry needs is told of; floats of the code are shown as they are read."""
    laws = case(lambda x: np.exp(x) * np.exp(2 * x), lambda d, y, x: 3 * d * np.exp(3 * x))
    none = case(lambda x: np.exp(x) * 0.3, lambda d, y, x: 0.3 * (d * np.exp(x)))
    same = case(lambda x: x + np.ones(6), lambda d, y, x: d)
    detail = [proof(one).rows[0].evidence.detail for one in (laws, none, same)]
    assert "by the law of exponentials" in detail[0]
    assert "whatever values" in detail[1]
    assert "0.3 as 3/10" in detail[1]
    assert detail[2] == "both sides are the same formula"


def test_branches_are_listed_once():
    """A mask that is computed again is the branch that it was; others are listed with their lines and counts."""
    one = case(
        lambda x: np.maximum(x, 0.25),
        lambda d, y, x: d * (x >= 0.25) + 0 * d * (x > -5),
    )
    [first, second] = proof(one).region
    assert (first.condition, first.count) == ("x[0] - 1/4 >= 0", 6)
    assert (second.condition, second.count) == ("x[0] + 5 > 0", 6)
    assert [branch.where for branch in check_traced(one)[0].region] == [first.where, second.where]


def test_a_branch_on_constants_has_a_formula():
    """A number that is computed from constants is compared as any other."""
    one = case(lambda x: np.where(np.zeros(6) + 0.1 > 0.05, 2 * x, x), lambda d, y, x: 2 * d)
    assert proof(one) is not None


def test_draws_are_noted():
    """Random numbers make a claim one for these numbers."""
    drawing = case(lambda x: x * np.random.rand(6), lambda d, y, x: d * y / x)
    plain = case(lambda x: 2 * x, lambda d, y, x: 2 * d)
    results = [check_traced(one, quick=True)[0].notes for one in (drawing, plain)]
    assert "random numbers were drawn" in results[0][0]
    assert results[1] == ()


def test_each_variant_goes_its_own_way():
    """What one variant leaves to scalars does not keep the others from being proved."""

    @verify.case(x="6", options={"power": [2, 3]})
    def one(x, power):
        dout = yield x**power
        return 2 * x * dout

    assert [attempted(one, variant, 0).proved is None for variant in variants(one)] == [False, True]
    rows = check_traced(one, quick=True)[0].comparisons
    assert [row.verdict for row in rows] == [Verdict.PROVED, Verdict.REFUTED]


def test_points_lie_in_the_region():
    """A point beside the sample has the domain and the choices of the sample, and signs of its own where it may."""
    shapes = {"x": verify.real("6", low=0, high=1), "y": "6"}
    one = case(lambda x, y: np.maximum(x, 0.5) * y, lambda d, out, x, y: (d * y * (x >= 0.5), d * out / y), shapes)
    seen = Observation(variants(one)[0], TapedTrace())
    observe(one, seen.variant, 0, seen=seen)
    flipped = 0
    for seed in range(10):
        sample, upstream, everything = whole._points(one, seen, seed)
        assert not sample
        assert upstream.keys() == set(seen.upstreams[0].nodes.tolist())
        assert len(everything) == 18
        x = [everything[element] for element in seen.inputs["x"].nodes.tolist()]
        assert all(0 < value < 1 for value in x)
        at_sample = seen.trace.enclosures.of(seen.inputs["x"].nodes)[0] >= 0.5
        assert [value >= Fraction(1, 2) for value in x] == at_sample.tolist()
        before = seen.trace.enclosures.of(seen.inputs["y"].nodes)[0]
        after = [float(everything[element]) for element in seen.inputs["y"].nodes.tolist()]
        flipped += bool((np.sign(before) != np.sign(after)).any())
    assert flipped


def test_a_fixed_upstream_does_not_make_two_points_one():
    """Where there is no upstream to move, the inputs are moved twice."""
    one = case(lambda x: (x * x).sum(), lambda d, y, x: 2 * x, upstream=1)
    seen = Observation(variants(one)[0], TapedTrace())
    observe(one, seen.variant, 0, seen=seen)
    _, first, second = whole._points(one, seen, 0)
    assert first.keys() == second.keys() == set(seen.inputs["x"].nodes.tolist())
    assert first != second


def all_equal(tape, left, right, seed, laws):
    """Say of every pair that it is equal, as a field would in which all coefficients are 0."""
    return np.ones(left.shape, bool), 100


@pytest.mark.parametrize(
    "backward",
    [
        lambda d, y, x: 2 * d * (1 + 1e-12),
        lambda d, y, x: 2 * d + 1e-9 * x,
        lambda d, y, x: 2 * np.concatenate([d[1:], d[:1]]),
        lambda d, y, x: 2 * d * d,
    ],
)
def test_a_field_that_errs_is_found_out(monkeypatch, backward):
    """Enclosures of the real numbers have to meet whatever fields say."""
    monkeypatch.setattr(decide, "equal", all_equal)
    assert proof(case(lambda x: 2 * x, lambda d, y, x: 2 * d + 0 * x)) is not None
    assert proof(case(lambda x: 2 * x, backward)) is None


@slow
def test_what_is_right_at_the_sample_only(monkeypatch):
    """What is right at the sample only, since a sign is another elsewhere, is seen at another point, if a field errs."""

    def by_law(tape, left, right, seed, laws):
        equal = np.full(left.shape, laws is decide.Laws.EXPONENTIAL)
        return equal, 100 if equal.any() else 0

    monkeypatch.setattr(decide, "equal", by_law)
    shapes, domain = {"x": ""}, {"x": verify.real("", low=-1, high=0)}

    def root(x):
        return np.sqrt(x * x + 2 * x - 2 * x)

    assert proof(case(root, lambda d, y, x: -d, domain)) is not None
    assert proof(case(root, lambda d, y, x: d * x / y, shapes)) is not None
    stopped = [proof(case(root, lambda d, y, x: -d, shapes), seed) is None for seed in range(20)]
    assert sum(stopped) >= 5


@pytest.mark.parametrize("wrong", ["forward", "backward"])
def test_what_only_the_first_run_gets_wrong(wrong):
    """Code that is right from its second run on is not proved for that; a count that changes nothing does no harm."""

    def counting(factor):
        runs = []

        @verify.case(x="6")
        def one(x):
            runs.append(1)
            y = x * (factor if len(runs) == 1 and wrong == "forward" else 2)
            dout = yield y
            return dout * (factor if len(runs) == 1 else 2)

        return one

    assert [row.verdict for row in check_traced(counting(2), quick=True)[0].comparisons] == [Verdict.PROVED]
    [row] = check_traced(counting(3), quick=True)[0].comparisons
    assert row.verdict is Verdict.UNDECIDED


def rising(factor):
    """Return a layer of more entries than go to scalars first, whose gradient is off by a factor at the last entry."""
    wrong = np.r_[np.ones(1_199), factor]
    return case(lambda x: np.tanh(x), lambda d, y, x: (d - d * y * y) * wrong, {"x": "1200"})


def test_large_arrays_are_proved_whole_with_everything_on():
    """With everything on, large arrays are proved on the tape as well; the run on scalars is kept for all else."""
    result, (run,) = check_traced(rising(1))
    assert [row.verdict for row in result.comparisons] == [Verdict.PROVED]
    assert run.seen.inputs["x"].shape == (1200,)
    [slope] = {row.evidence.kind for row in result.comparisons}
    assert slope == "field"
    exact = run.floats["x"]
    nodes = run.gradient("x")
    balls = run.seen.trace.at_samples(nodes[:3])
    assert np.allclose([float(ball) for ball in balls], exact[:3], rtol=1e-12, atol=0)


@slow
def test_a_mistake_in_large_arrays_is_refuted_with_everything_on():
    """A gradient that is off by little in one of many entries is refuted, by the run on scalars."""
    result, (run,) = check_traced(rising(1 + 1e-12))
    assert [row.verdict for row in result.comparisons] == [Verdict.REFUTED]
    assert not run.floats

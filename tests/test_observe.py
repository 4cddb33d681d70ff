"""One run on symbols: what goes in, what comes out, and what is wrong with it."""

import statistics
from contextlib import suppress

import numpy as np
import pytest

import verify
from verify.checks.claims.claims import Exact
from verify.model.errors import GradproofError, ProtocolError
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe, variants
from verify.tracing.symbols.trace import Trace

CALLS = []


@verify.case(x="N D", W="D M", options={"scale": [1, 2]})
def matmul(x, W, scale):
    CALLS.append(type(x))
    dout = yield x @ W * scale
    return dout @ W.T * scale, x.T @ dout * scale


def first(case):
    return observe(case, variants(case)[0], 0)


def test_variants_are_all_options_in_all_bindings():
    """Two values of an option and two bindings make four variants."""
    assert [variant.text for variant in variants(matmul)] == [
        "N=3, D=4, M=5, scale=1",
        "N=1, D=4, M=5, scale=1",
        "N=3, D=4, M=5, scale=2",
        "N=1, D=4, M=5, scale=2",
    ]


def test_a_run_gives_nodes():
    """Inputs, outputs, upstreams and gradients are nodes of one graph, with their shapes."""
    seen = first(matmul)
    assert {name: q.shape for name, q in seen.inputs.items()} == {"x": (3, 4), "W": (4, 5)}
    assert [q.shape for q in seen.outputs] == [q.shape for q in seen.upstreams] == [(3, 5)]
    assert {name: q.shape for name, q in seen.gradients.items()} == {"x": (3, 4), "W": (4, 5)}
    assert not seen.malformed
    assert not seen.draws


def test_forward_runs_once_for_a_trace():
    """What is differentiated is the very computation that ran."""
    CALLS.clear()
    first(matmul)
    assert len(CALLS) == 1


def test_several_outputs_get_several_upstreams():
    """A tuple of outputs is answered by a tuple."""

    @verify.case(x="N")
    def two(x):
        d1, d2 = yield x * 2, x.sum()
        return d1 * 2 + d2

    seen = first(two)
    assert [q.shape for q in seen.upstreams] == [(3,), ()]
    assert verify.check(two).good


def test_constants_are_copied():
    """Code that writes into a constant does not change it for the next run."""
    table = np.array([1.0, 2.0, 3.0])

    @verify.case(x="3", t=verify.constant(table))
    def scaled(x, t):
        out = x * t
        t *= 0
        dout = yield out
        return dout * [1, 2, 3]

    assert verify.check(scaled).good
    assert table.tolist() == [1, 2, 3]


def test_draws_are_noticed():
    """A run that draws random numbers says so; one that does not does not."""

    @verify.case(x="N")
    def dropped(x):
        mask = np.random.rand(*x.shape) > 0.5
        dout = yield x * mask
        return dout * mask

    assert first(dropped).draws
    assert verify.check(dropped).notes[0].startswith("random numbers were drawn, from generators seeded with 0")


def yields_nothing(x):
    return x
    yield


def yields_twice(x):
    yield x
    yield x
    return x


def returns_two(x):
    yield x
    return x, x


def returns_none(x):
    yield x
    return None


def names_another(x):
    yield x
    return {"x": x, "y": x}


def is_no_generator(x):
    return x


BROKEN = {
    yields_nothing: "the function of the case yields nothing: it must yield its output once",
    yields_twice: "the function of the case yields twice",
    returns_two: r"expected 1 gradient \(x\), got 2",
    returns_none: "every gradient is None",
    names_another: "a gradient is returned for 'y', which is not an input to differentiate",
    is_no_generator: "must be a generator that yields its output",
}


@pytest.mark.parametrize("subject", BROKEN, ids=lambda subject: subject.__name__)
def test_a_broken_protocol_is_told(subject):
    """What was expected and what came are both named, and the code is at fault."""
    with pytest.raises(SubjectError, match=BROKEN[subject]) as problem:
        first(verify.case(x="N")(subject))
    assert problem.value.broken
    assert isinstance(problem.value.__cause__, ProtocolError)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("text", "the output is 'text' \\(str\\): expected an array"),
        (None, "the output is None \\(NoneType\\): expected an array"),
        (np.array([1.0, np.nan, 2.0]), r"the output contains nan at \[1\]"),
        ((), "yields no output"),
    ],
)
def test_what_is_no_output(output, message):
    """Text, nothing and NaN are no outputs."""

    @verify.case(x="N")
    def odd(x):
        dout = yield output
        return dout

    with pytest.raises(SubjectError, match=message):
        first(odd)


@pytest.mark.parametrize(
    ("gradient", "message"),
    [
        (lambda d: "text", "the gradient of 'x' is 'text' (str): expected an array"),
        (lambda d: d.T, "the gradient of 'x' has the shape (4, 3): expected (3, 4)"),
        (lambda d: [[np.nan] * 4] * 3, "the gradient of 'x' contains nan at [0, 0]"),
        (
            lambda d: np.empty((3, 4)),
            "the gradient of 'x' has entries that were never written (np.empty), as at [0, 0]",
        ),
        (lambda d: np.full(d.shape, np.inf), "the gradient of 'x' contains inf at [0, 0]"),
        (
            lambda d: np.where(np.arange(len(d))[:, None] == len(d) - 1, -np.inf, d),
            "the gradient of 'x' contains -inf at [2, 0]",
        ),
        (lambda d: [[1], [2, 3]], "the gradient of 'x' is a list: expected an array of numbers"),
    ],
)
def test_what_is_no_gradient(gradient, message):
    """A gradient of another shape or kind is told apart, by name; the others are still checked."""

    @verify.case(x="N D", y="N D")
    def odd(x, y):
        dout = yield x + y
        return gradient(dout), dout

    seen = first(odd)
    assert seen.malformed["x"].detail == message
    verdicts = {c.name: c.verdict for c in verify.check(odd).comparisons}
    assert verdicts == {"x": verify.Verdict.ERROR, "y": verify.Verdict.PROVED}


def test_what_the_code_caught_is_told_beside_a_malformed_gradient():
    """A gradient that is malformed hides no exception that the code has caught before it returned."""

    @verify.case(x="N")
    def odd(x):
        dout = yield 2 * x
        with suppress(GradproofError):
            statistics.fmean(dout)
        return np.full(x.shape, "a")

    with pytest.raises(SubjectError, match="the code caught the exception and went on"):
        first(odd)


def test_what_is_malformed_is_not_said_to_be_caught():
    """Text among numbers is what the gradient is, and nobody has caught an exception."""

    @verify.case(x="N")
    def odd(x):
        yield 2 * x
        return np.full(x.shape, "a")

    assert "caught" not in first(odd).malformed["x"].detail


def test_a_run_again_stays_at_its_sample():
    """What is not moved has the numbers of the sample that the first run was made at, whichever that is."""
    variant = variants(matmul)[0]
    for sample in range(3):
        seen = observe(matmul, variant, 0, seen=Observation(variant, Trace(), sample=sample))
        again = observe(
            matmul, variant, 0, seen=seen.again(Trace(seen.trace)), at={"x[0,0]": seen.trace.sample["W[0,0]"]}
        )
        assert again.trace.sample == {**seen.trace.sample, "x[0,0]": seen.trace.sample["W[0,0]"]}


@pytest.mark.parametrize("shape", ["2 2", "2 3 3"])
def test_a_derivative_adds_no_condition(shape):
    """The exact side of a run holds wherever its conditions do: no sign is decided for the root of a square in it."""
    case = verify.pair(lambda a: np.linalg.slogdet(a)[0] * a[..., 0, 0], lambda d, a: a, a=shape)
    seen = first(case)
    before = dict(seen.trace.conditions)
    exact = Exact(case, seen)
    assert exact.derivatives
    assert seen.trace.conditions == before

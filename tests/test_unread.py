"""A run that leaves its answers open: what reads a mask ends it, and what does not is one of two nodes."""

import copy
import pickle
from contextlib import suppress
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from effort import some
from subjects import elementwise

from verify.checks.regions.parts import Unread
from verify.model.errors import TraceError
from verify.tracing import patches
from verify.tracing.observe import Observation, observe, variants
from verify.tracing.symbols.trace import Trace
from verify.tracing.symbols.unread import Answer, UnreadTrace


def unread(forward, shape="2 3", backward=lambda d, x: d * x):
    """Return a run with open answers, and one at the sample."""
    case = elementwise(forward, backward, shape)
    with patches.in_force(0):
        seen = observe(case, variants(case)[0], 0, seen=Observation(variants(case)[0], Trace()))
        return Unread(case, seen, 0), seen


def put(x, mask, value):
    """Return a copy with some entries set."""
    y = x.copy()
    y[mask] = value
    return y


def swallowed(read):
    """Return what reads a mask and goes on as if nothing had happened."""

    def forward(x):
        with suppress(Exception):
            return x * float(read(x > 0))
        return x * 2.0

    return forward


TABLE = np.array([1.0, 2.0])
OPEN = {
    "where": lambda x: np.where(x > 0, x, 0.1 * x),
    "where of scalars": lambda x: x * np.where(x >= 0, 1.0, 0.5),
    "maximum": lambda x: np.maximum(x, 0.2),
    "absolute": np.abs,
    "product": lambda x: x * (x > 0),
    "product from the left": lambda x: (x > 0) * x,
    "type": lambda x: x * (x > 0).astype(float),
    "its own type": lambda x: x * (x > 0).astype(x.dtype),
    "difference": lambda x: x - (x > 1),
    "not": lambda x: np.where(~(x > 0), x, 2 * x),
    "and": lambda x: np.where((x > 0) & (x < 1), x, 2 * x),
    "or": lambda x: np.where((x > 1) | (x < -1), x, 2 * x),
    "xor": lambda x: np.where((x > 1) ^ (x > -1), x, 2 * x),
    "logical": lambda x: np.where(np.logical_and(x > 0, np.logical_not(x > 1)), x, 2 * x),
    "with truths": lambda x: np.where((x > 0) & np.ones(x.shape, bool), x, 2 * x),
    "set": lambda x: put(x, x < 0, 0.0),
    "a part": lambda x: np.where((x > 0)[:1], x, 2 * x),
    "an axis": lambda x: np.where((x > 0)[:, :1], x, 2 * x),
    "shape": lambda x: x * np.zeros((x > 0).shape) + np.where(x > 0, x, 0),
}
READ = {
    "any": lambda m: m.any(),
    "all": lambda m: np.all(m),
    "sum": lambda m: m.sum(),
    "mean": lambda m: np.mean(m),
    "count": lambda m: np.count_nonzero(m),
    "largest": lambda m: m.max(),
    "place": lambda m: m.argmax(),
    "places": lambda m: len(np.nonzero(m)[0]),
    "places by where": lambda m: len(np.where(m)[0]),
    "list": lambda m: m.tolist()[0][0],
    "item": lambda m: m.item(0),
    "entry": lambda m: m[0, 0],
    "flat": lambda m: next(iter(m.flat)),
    "iteration": lambda m: sum(1 for row in m for entry in row if entry),
    "truth": lambda m: 1 if m[:1, :1] else 2,
    "index": lambda m: TABLE[m[0, :2].astype(int)].sum(),
    "mask of a table": lambda m: TABLE[m[0, :2]].sum(),
    "in": lambda m: True in m,
    "array": lambda m: np.array(m).sum(),
    "asarray": lambda m: np.asarray(m, dtype=float).sum(),
    "unbound": lambda m: sum(map(bool, np.ndarray.ravel(m))),
    "buffer": lambda m: memoryview(m).nbytes and bytes(m)[0],
    "bytes": lambda m: m.tobytes()[0],
    "view": lambda m: m.view(np.uint8).sum(),
    "equal": lambda m: np.array_equal(m, m[::-1]),
    "comparison": lambda m: (m == m[:, ::-1]).shape[0],
    "text": lambda m: len(str(m)),
    "pickle": lambda m: len(pickle.dumps(m)),
    "copy": lambda m: copy.deepcopy(m) is m,
    "written": lambda m: m.__setitem__((0, 0), True) or 1,
    "written in place": lambda m: np.logical_and(m, m, out=m).shape[0],
    "order": lambda m: np.argsort(m)[0, 0],
    "rolled": lambda m: np.roll(m, 1).shape[0],
    "times a number": lambda m: (m * 1.0).sum(),
    "matrix": lambda m: (m @ np.ones(3)).sum(),
    "reduced": lambda m: np.add.reduce(m.ravel()),
    "stored": lambda m: np.full(m.shape, m).sum(),
}


@pytest.mark.parametrize("name", some(OPEN, 8))
def test_code_that_does_not_read_its_masks_is_one_run_for_all_regions(name):
    """With the answers of the run at the sample put in, it comes to the nodes of that run."""
    run, seen = unread(OPEN[name])
    assert run.trace.questions
    assert run.agrees(seen)


@pytest.mark.parametrize("name", some(READ, 8))
def test_code_that_reads_a_mask_ends_the_run(name):
    """Whatever way it takes, and whether or not it catches the exception."""
    read = READ[name]
    assert unread(lambda x: x * float(read(x > 0)))[0].run is None
    run, seen = unread(swallowed(read))
    assert run.run is None or not run.agrees(seen)


@pytest.mark.parametrize(
    "read",
    some(
        [
            lambda x: x.max(axis=1, keepdims=True),
            lambda x: x.min(),
            lambda x: np.maximum.reduce(x, axis=0),
            lambda x: np.maximum.accumulate(x, axis=1),
            lambda x: np.sort(x, axis=1),
            lambda x: np.sign(x),
            lambda x: np.floor(x),
            lambda x: np.median(x),
            lambda x: np.ptp(x),
            lambda x: np.linalg.norm(x, np.inf),
            lambda x: np.fmax.reduce(x),
            lambda x: np.sqrt(x**2),
            lambda x: np.copysign(1.0, x),
            lambda x: np.heaviside(x, 0.5),
            lambda x: np.trunc(x),
            lambda x: np.cbrt(x),
            lambda x: np.arctan2(x, x + 1),
            lambda x: np.select([x > 1, x > 0], [x, 2 * x]),
            lambda x: np.piecewise(x, [x > 0], [1.0, 2.0]),
            lambda x: np.isclose(x, 1.0) * x,
            lambda x: np.nan_to_num(x),
            lambda x: np.interp(x, [0.0, 1.0], [0.0, 2.0]),
            lambda x: np.digitize(x, [0.0, 1.0]) * x,
        ],
        8,
    ),
)
def test_what_reads_answers_to_compute_ends_the_run_or_leaves_them_open(read):
    """The tracer takes no open answer for a yes, whichever of NumPy's functions asks."""
    run, seen = unread(lambda x: x * read(x))
    assert run.run is None or run.agrees(seen) or not run.parts(seen)


def test_what_another_region_computes_is_not_agreed_to():
    """A run whose nodes differ by one entry is noticed, and one that asked something else."""
    run, seen = unread(lambda x: np.where(x > 0, x, 0))
    assert run.agrees(seen)
    seen.outputs[0].nodes[0] = seen.outputs[0].nodes[1]
    assert not run.agrees(seen)
    assert not run.agrees(unread(lambda x: np.where(x >= 0, x, 0))[1])


def test_entries_that_stand_alone_are_parts():
    """Six entries have six parts; sums along an axis join rows, and a neighbour's mask all of a row."""
    both = lambda x: np.where(x > 0, x, 0)  # noqa: E731
    run, seen = unread(both)
    assert [len(part.questions) for part in run.parts(seen)] == [1] * 6
    run, seen = unread(lambda x: both(x) * x.sum(axis=1, keepdims=True))
    assert [len(part.questions) for part in run.parts(seen)] == [3] * 2
    run, seen = unread(lambda x: np.where((x > 0)[:, ::-1], x, 2 * x))
    assert [len(part.questions) for part in run.parts(seen)] == [2, 1] * 2


def test_a_gradient_that_mixes_entries_joins_them():
    """Backward belongs to the parts as forward does."""
    run, seen = unread(lambda x: np.where(x > 0, x, 0), backward=lambda d, x: d * np.where(x > 0, 1, x[::-1]))
    assert [len(part.questions) for part in run.parts(seen)] == [2] * 3


@pytest.mark.parametrize(
    "forward",
    [
        lambda x: np.maximum(np.maximum(x, 0) - 1, 0),
        lambda x: np.where(np.where(x > 0, x, 1) > 2, x, 0),
        lambda x: np.clip(x, -0.5, 0.5),
    ],
)
def test_a_question_about_what_was_chosen_has_no_parts(forward):
    """Which question it is differs from region to region."""
    run, seen = unread(forward)
    assert run.run is not None
    assert run.parts(seen) == []


def test_a_question_about_an_upstream_has_no_parts():
    """A gradient is linear in its upstream: what branches on that is looked at elsewhere."""
    run, seen = unread(lambda x: np.where(x > 0, x, 0), backward=lambda d, x: np.where((d > 0) & (x > 0), d, 0))
    assert run.run is not None
    assert run.parts(seen) == []


def test_nothing_but_constants_is_decided():
    """There is no sample that could decide a sign."""
    trace = UnreadTrace()
    x = trace.variable("x")
    assert trace.decide(trace.constant(Fraction(2)), ">")
    for ask in (
        lambda: trace.decide(x, ">"),
        lambda: trace.sign(x),
        lambda: trace.floor(x),
        lambda: trace.at_sample(x),
        lambda: trace.are_defined([x]),
    ):
        with pytest.raises(TraceError):
            ask()


def test_answers_follow_from_what_they_hang_on():
    """Connected answers are those of Python, and nobody reads one that is open."""
    a, b = Answer((1, ">")), Answer((2, "<"))
    whole = Answer(None, "or", (Answer(None, "not", (a,)), Answer(None, "xor", (b, True))))
    assert whole.questions == {(1, ">"), (2, "<")}
    for first, second in product((True, False), repeat=2):
        assert whole.holds({(1, ">"): first, (2, "<"): second}) == ((not first) or not second)
    with pytest.raises(TraceError):
        bool(whole)

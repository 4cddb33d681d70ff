"""Arrays of floats that were made before the run, or by whatever, and then written into."""

import copy

import numpy as np
import pytest
from effort import slow, some
from idioms import BOTH, collector, name, verdicts

import verify
from verify.model.result import Verdict

WAYS, way = collector()
BUFFER, EMPTY, ROWS = np.zeros(3), np.empty(3), np.zeros((2, 3))
COLUMNS, SHORT = np.zeros((3, 2), order="F"), np.zeros(3, np.float32)
LAST_ROW, REVERSED = ROWS[-1], BUFFER[::-1]
NUMBERS = np.array([1.0, 2.0, 3.0])
RANDOM = np.random.default_rng(3)


class Layer:
    def __init__(self):
        self.buffer = np.zeros(3)
        self.parts = {"y": [np.zeros(3)]}

    def forward(self, x):
        self.buffer[:] = x
        self.parts["y"][0][...] = x
        return self.buffer * self.parts["y"][0]


LAYER = Layer()


@way()
def whole(x):
    BUFFER[:] = x * x
    return BUFFER


@way()
def entry_by_entry(x):
    for i in range(3):
        EMPTY[i] = x[i] ** 2
    return EMPTY


@way()
def copies(x):
    parts = [BUFFER.copy(), copy.deepcopy(BUFFER), copy.copy(BUFFER), np.array(BUFFER), BUFFER + 0]
    for part in parts:
        part[:] = x
    return sum(parts) * x / 5


@way()
def views(x):
    ROWS.reshape(-1)[3:] = x
    flat = LAST_ROW * 1
    BUFFER[:] = x[::-1]
    return flat * REVERSED


@way()
def by_columns(x):
    COLUMNS.T[0] = x
    COLUMNS[:, 1] = x
    return COLUMNS.prod(axis=1)


@way()
def in_place(x):
    y = NUMBERS.copy()
    y -= x * x
    z = NUMBERS.copy()
    z *= x
    return (NUMBERS - y) * 0.5 + z / NUMBERS * x * 0.5


@way()
def by_functions(x):
    np.copyto(BUFFER, x)
    np.multiply(BUFFER, x, out=EMPTY)
    y = NUMBERS * 0
    np.add.at(y, [0, 1, 2], EMPTY)
    np.put(ROWS[0], [0, 1, 2], y)
    return ROWS[0]


@way()
def by_other_ways(x):
    BUFFER.flat[:] = x
    square = np.zeros_like(NUMBERS)
    np.fill_diagonal(ROWS[:, :2], BUFFER[0])
    square.fill(1)
    square[:2] = ROWS[0, 0], x[1]
    square[2:] = BUFFER[2:]
    return square * x


@way()
def of_a_layer(x):
    return LAYER.forward(x)


@way()
def random_numbers(x):
    parts = [
        np.random.rand(3),
        RANDOM.normal(size=3),
        np.random.default_rng(1).random(3),
        np.random.RandomState(1).rand(3),
    ]
    for part in parts:
        part[...] = x
    return sum(parts) * x / 4


@way()
def marked_by_nan(x):
    y = np.full(3, np.nan)
    z = np.array([np.nan, np.nan, np.nan])
    assert np.isnan(y).all()
    y[:], z[:] = x, x
    assert np.isfinite(y).all()
    return np.where(np.isnan(x), np.nan, y) * z


@way()
def masked_by_infinity(x):
    scores = np.where(np.tri(3) > 0, x, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return (weights / weights.sum(axis=1, keepdims=True)).sum(axis=1) * x * x


@pytest.mark.parametrize(("square", "x"), some(WAYS, 12), ids=name)
def test_what_is_written_into(square, x):
    """The right gradient is proved, a wrong one refuted."""
    assert verdicts(square, x) == BOTH


@slow
def test_the_whole_check():
    """Regions, contracts and floats come to the same."""
    assert verdicts(of_a_layer, quick=False) == BOTH


@slow
def test_buffers_that_are_returned():
    """Outputs and gradients in buffers are followed in every run, and told as what they are."""
    output, gradient = np.zeros(3), np.zeros(3)

    def forward(x):
        output[:] = np.maximum(x, 0)
        return output

    def backward(dout, x):
        gradient[:] = dout * (x > 0)
        return gradient

    result = verify.check(verify.pair(forward, backward, x="3"))
    assert result.comparisons[0].verdict is Verdict.PROVED
    assert {finding.code for finding in result.findings} == {"GP104", "GP105"}
    assert not result.cover.unvisited
    assert not result.notes


def shared(holder):
    """Return a layer whose buffer is held by what no walk looks into, and gradients that take it for a constant."""
    buffer = np.ones(3)
    holder = holder(buffer)

    def forward(x):
        buffer[:] = x
        return np.asarray(next(holder)) * x

    return forward, lambda dout, x: dout * np.asarray(next(holder))


@pytest.mark.parametrize(
    "holder",
    [
        lambda buffer: iter([buffer] * 10_000),
        lambda buffer: (view for view in [buffer[:]] * 10_000),
        lambda buffer: (next(iter(memoryview(buffer).tolist())) for _ in range(10_000)),
        lambda buffer: map(memoryview, iter([buffer] * 10_000)),
    ],
)
def test_a_buffer_that_others_hold_is_refused(holder):
    """What they read is no symbol, and no constant either."""
    forward, backward = shared(holder)
    for _ in range(2):
        assert verify.check(verify.pair(forward, backward, x="3")).comparisons[0].verdict is Verdict.UNDECIDED


def test_short_floats_stay_short():
    """What is stored in a buffer of float32 has its precision, which is told."""

    def shortened(x):
        SHORT[:] = x
        return SHORT * x

    result = verify.check(verify.pair(shortened, lambda dout, x: 2 * dout * x, x="3"))
    assert result.comparisons[0].verdict is Verdict.PROVED
    assert any("float32" in str(finding) for finding in result.findings)


def test_what_is_left_from_another_call_is_no_zero():
    """A buffer that is added to has the numbers that it had before the run."""

    def adding(x):
        EMPTY[:] = 0
        y = NUMBERS
        y += x
        return y * x

    assert verdicts(adding)[0] is not Verdict.PROVED


def test_nan_is_in_no_formula():
    """What computes with NaN, or compares it, is not followed."""
    for forward in (lambda x: x * np.nan, lambda x: np.full(3, np.nan) + x, lambda x: np.maximum(x, np.nan)):
        case = verify.pair(forward, lambda dout, x: dout, x="3")
        assert verify.check(case, quick=True).comparisons[0].verdict is not Verdict.PROVED


def test_a_buffer_that_is_too_large_is_refused():
    """Each entry would be a constant of the graph."""
    buffer = np.zeros(100_000)

    def forward(x):
        buffer[:3] = x * x
        return buffer[:3]

    (row,) = verify.check(verify.pair(forward, lambda dout, x: 2 * dout * x, x="3"), quick=True).comparisons
    assert row.verdict is Verdict.UNDECIDED

"""The most frequent calls on arrays of symbols: they give what NumPy, asked for shapes and types, would have them give."""

from fractions import Fraction

import numpy as np
import pytest

from verify.cases.shapes import entry_names
from verify.model.errors import TraceError
from verify.tracing import patches
from verify.tracing.arrays import arrays
from verify.tracing.numpy import protocol
from verify.tracing.symbols.taped import TapedTrace
from verify.tracing.symbols.trace import Trace

# A call of NumPy's that is answered at once, and the same by the long way, which asks NumPy what it gives.
PLAINLY = {
    "a sum": (lambda x: x.sum(axis=0), lambda x: np.add.reduce(x, axis=0, initial=0)),
    "a sum of all": (lambda x: np.sum(x), lambda x: np.add.reduce(x, axis=None, initial=0)),
    "a sum that keeps axes": (lambda x: x.sum(axis=(0, -1), keepdims=True), lambda x: x.sum(-1).sum(0)[None, :, None]),
    "a mean": (lambda x: x.mean(axis=1), lambda x: np.add.reduce(x, axis=1, initial=0) / 3),
    "a mean of all": (lambda x: np.mean(x), lambda x: np.sum(x) / 12),
    "a largest": (lambda x: x.max(axis=2), lambda x: np.maximum(x[:, :, 0], x[:, :, 1])),
    "a smallest": (lambda x: x.min(axis=2), lambda x: np.minimum(x[:, :, 0], x[:, :, 1])),
    "a product": (lambda x: np.dot(x[0], x[1].T), lambda x: np.matmul(x[:1], x[1:].swapaxes(1, 2))[0]),
    "a choice": (lambda x: np.where(MASK, x, 1), lambda x: np.where(MASK.tolist(), x, np.ones(x.shape))),
    "a choice of arrays": (lambda x: np.where(MASK, 2 * x, x), lambda x: np.where(MASK.tolist(), 2 * x, x)),
}
MASK = np.arange(12).reshape(2, 3, 2) % 3 == 0
# Calls of which NumPy has to be asked, and what it says of them.
ASKED = {
    "no such axis": (lambda x: x.sum(axis=3), np.exceptions.AxisError),
    "an axis twice": (lambda x: x.mean(axis=(0, 0)), ValueError),
    "no such option": (lambda x: np.max(x, axes=0), TypeError),
    "other lengths": (lambda x: np.dot(x[0], x[1]), ValueError),
    "another shape": (lambda x: np.where(MASK, x, x[:, :2]), ValueError),
}


def cube(trace):
    values = [Fraction(7 * place % 12 + 1, 3) for place in range(12)]
    return arrays.built(trace.inputs(lambda: entry_names("x", (2, 3, 2)), values), (2, 3, 2))


@pytest.mark.parametrize("name", PLAINLY)
def test_frequent_calls_give_what_they_give_the_long_way(name):
    """Shape, class and elements are the same."""
    with patches.in_force(0), arrays.running(trace := TapedTrace()):
        x = cube(trace)
        made, expected = (call(x) for call in PLAINLY[name])
        assert type(made) is type(expected)
        assert np.shape(made) == np.shape(expected)
        one = getattr(made, "node", None)
        nodes = [one] if one is not None else arrays.nodes(made).tolist()
        others = [expected.node] if one is not None else arrays.nodes(expected).tolist()
        assert trace.enclosures.of(np.array(nodes))[0] == pytest.approx(trace.enclosures.of(np.array(others))[0])
        assert name == "a mean" or not isinstance(made, np.ndarray) or made.flags.c_contiguous


@pytest.mark.parametrize("name", PLAINLY)
def test_frequent_calls_on_scalars_give_what_they_give_the_long_way(name, monkeypatch):
    """The nodes are the same, and so are shape, class, type and memory order."""
    runs = []
    for plain in (protocol.plainly, lambda *_: None):
        monkeypatch.setattr(protocol, "plainly", plain)
        with patches.in_force(0), arrays.running(trace := Trace()):
            made = PLAINLY[name][0](cube(trace))
            facts = (made.dtype, made.flags.c_contiguous) if isinstance(made, np.ndarray) else ()
            runs.append((type(made), np.shape(made), facts, arrays.nodes(made), [*trace.conditions], trace.ops))
    assert runs[0] == runs[1]


@pytest.mark.parametrize("kind", [TapedTrace, Trace])
@pytest.mark.parametrize("name", ASKED)
def test_what_numpy_refuses_is_refused(name, kind):
    """With NumPy's own exception, though the call is a frequent one."""
    call, error = ASKED[name]
    with patches.in_force(0), arrays.running(trace := kind()), pytest.raises(error):
        call(cube(trace))


@pytest.mark.parametrize("relation", [">=", "<="])
def test_extremes_are_compared_as_one_after_the_other(relation):
    """All comparisons at once are those that go from column to column, with the same answers and results."""
    ufunc = np.maximum if relation == ">=" else np.minimum

    def in_turn(x):
        best = x[:, 0]
        for place in range(1, 4):
            best = ufunc(best, x[:, place])
        return best

    runs = []
    for reduce in (lambda x: ufunc.reduce(x, axis=1), in_turn):
        with patches.in_force(0), arrays.running(trace := TapedTrace()):
            best = reduce(cube(trace).reshape(3, 4))
            answers = [answer for choices in trace.choices for answer in choices.holds.tolist()]
            runs.append((arrays.nodes(best).tolist(), sorted(answers)))
    assert runs[0] == runs[1]


def test_equal_entries_are_no_tie_of_an_extreme():
    """An entry that stands twice in a row is compared with itself, which decides nothing."""
    with patches.in_force(0), arrays.running(trace := TapedTrace()):
        x = cube(trace).reshape(3, 4)
        twice = np.concatenate([x[:, :1], x[:, :1]], axis=1)
        assert arrays.nodes(twice.max(axis=1)).tolist() == arrays.nodes(x[:, 0]).tolist()
        assert not trace.choices


def test_an_extreme_that_is_too_close_to_call_ends_the_run():
    """Two entries that are one function, which enclosures do not tell."""
    with (
        patches.in_force(0),
        arrays.running(trace := TapedTrace()),
        pytest.raises(TraceError, match="too close to call"),
    ):
        x = cube(trace).reshape(12)
        np.stack([x, np.exp(x) * x / np.exp(x)]).max(axis=0)

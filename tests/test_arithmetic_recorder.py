"""The operations of a run on floats, as they are: what is folded, what is rounded how often, and where it stands."""

import numpy as np
import pytest

import verify
from verify.checks.rounding.recorder import Recorder
from verify.tracing.observe import Observation, observe, variants


def recorded(function):
    """Return the operations of a function of three numbers, and the nodes of its result."""

    @verify.case(x="3")
    def layer(x):
        yield x
        return function(x)

    variant = variants(layer)[0]
    seen = observe(layer, variant, 0, seen=Observation(variant, Recorder()))
    return seen.trace, seen.gradients["x"].nodes


def operation(function):
    """Return the first operation of a function as its name, the half ulps of it, and the operands."""
    recorder, (node, *_) = recorded(function)
    return recorder.ops[node], recorder.units[node], len(recorder.operands(node))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x + x, ("sum", 1, 2)),
        (lambda x: x * x * x, ("product", 1, 2)),
        (lambda x: x / (x + 1), ("product", 1, 2)),
        (lambda x: np.exp(x), ("exp", 8, 1)),
        (lambda x: np.sqrt(x), ("power", 2, 1)),
        (lambda x: np.expm1(x), ("product", 8, 2)),  # and the 1 in exp(x) - 1
        (lambda x: np.full(3, x.sum()), ("product", 1, 3)),
    ],
    ids=["sum", "product", "quotient", "exp", "root", "expm1", "total"],
)
def test_an_operation_is_rounded_as_often_as_on_floats(function, expected):
    """A quotient and expm1 are one operation, though the graph composes them; so is a sum of many terms."""
    assert operation(function) == expected


def test_digits_that_cancel_are_not_folded_away():
    """(x + 1) - 1 is x as a formula, and two operations on floats; x - x and 1 * x are exact."""
    recorder, (node, *_) = recorded(lambda x: (x + 1) - 1)
    assert recorder.ops[node] == "sum"
    assert "sum" in [recorder.ops[argument] for argument in recorder.args[node]]
    assert recorder.ops[recorded(lambda x: 1 * x + (x - x))[1][0]] == "variable"


def test_an_operation_knows_its_line():
    """The place of an operation is the line of the user's that asked for it."""

    def function(x):
        y = np.exp(x)
        return y + 3 * x

    recorder, (node, *_) = recorded(function)
    first = function.__code__.co_firstlineno
    assert recorder.places[node][1] == first + 2
    assert {recorder.places[n][1] for n in recorder.args[node] if recorder.ops[n] == "exp"} == {first + 1}


def test_casts_to_shorter_types_are_noticed():
    """A cast is no operation of the graph, but is remembered with its line; one to the same type is none."""
    assert not recorded(lambda x: x.astype(np.float64))[0].casts
    casts = recorded(lambda x: x.astype(np.float32))[0].casts
    line = test_casts_to_shorter_types_are_noticed.__code__.co_firstlineno + 3
    assert {place[1]: kind for place, kind in casts.items()} == {line: "float32"}


def test_code_is_told_the_type_that_is_asked_about():
    """Inputs and upstream say that they are of the type of the recorder, arrays and scalars alike."""
    told = []

    @verify.case(x="3", y="")
    def layer(x, y):
        dout = yield x * y
        told.append((x.dtype, y.dtype, dout.dtype, (x * y + 1).dtype, np.zeros_like(x).dtype, np.zeros(3).dtype))
        return dout * y, (dout * x).sum()

    for dtype in (np.float64, np.float32, np.float16):
        variant, recorder = variants(layer)[0], Recorder()
        recorder.dtype = np.dtype(dtype)
        observe(layer, variant, 0, seen=Observation(variant, recorder))
        assert told.pop() == (dtype,) * 5 + (np.float64,)


def test_each_node_has_its_rounding_and_its_line():
    """Also variables, which are made at once: what comes behind them keeps its place."""
    recorder, nodes = recorded(lambda x: x * x)
    assert len(recorder.ops) == len(recorder.units) == len(recorder.places)
    assert [recorder.units[node] for node in nodes] == [1, 1, 1]
    assert all(recorder.places[node][0].endswith("test_arithmetic_recorder.py") for node in nodes)

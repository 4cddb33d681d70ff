"""Layers that are copied by pickles, with symbols in them."""

import pickle

import numpy as np
import pytest
from idioms import BOTH, collector, name, verdicts

import verify
from verify.model.errors import ForeignSymbolError, TraceError
from verify.model.result import Verdict
from verify.tracing import patches
from verify.tracing.arrays import arrays
from verify.tracing.symbols.trace import Trace

WAYS, way = collector()


class Layer:
    def __init__(self):
        self.w, self.x = np.ones(3), None

    def forward(self, x):
        self.x = x
        return self.w * x * x


@way()
def layer(x):
    return pickle.loads(pickle.dumps(Layer())).forward(x)


@way()
def layer_with_inputs(x):
    made = Layer()
    made.forward(x)
    made = pickle.loads(pickle.dumps(made, protocol=5))
    return made.forward(made.x)


@way()
def single_numbers(x):
    return np.stack(pickle.loads(pickle.dumps([x[0], x[1], x[2]]))) * x


@way()
def numbers_alone(x):
    assert pickle.loads(pickle.dumps({"a": 1.5})) == {"a": 1.5}
    assert isinstance(pickle.dumps(1), bytes)
    return x * x


@pytest.mark.parametrize(("square", "x"), WAYS, ids=name)
def test_copies(square, x):
    """The right gradient is proved, a wrong one refuted."""
    assert verdicts(square, x) == BOTH


@pytest.mark.parametrize(
    "branch",
    [
        lambda x: pickle.dumps(x) > b"1",
        lambda x: len(pickle.dumps(x)) > 3,
        lambda x: hash(pickle.dumps(x)) > 3,
        lambda x: pickle.dumps(x) == pickle.dumps(x),
        lambda x: bytes(pickle.dumps(x)) > b"1",
        lambda x: x.__reduce_ex__(5)[1] == (),
        lambda x: x[0].__reduce_ex__(5)[1] == (),
    ],
)
def test_bytes_are_not_looked_at(branch):
    """A branch on them would be one that no condition records."""
    case = verify.pair(lambda x: x if branch(x) else 2 * x, lambda dout, x: dout, x="3")
    assert verify.check(case, quick=True).comparisons[0].verdict is not Verdict.PROVED


def test_a_pickle_is_of_its_run():
    """In another run it is what a symbol that was kept is: refused."""
    with patches.in_force(0):
        dumps, loads = patches.stand_in(pickle.dumps), patches.stand_in(pickle.loads)
    first = Trace()
    with arrays.running(first):
        array = arrays.built(first.inputs(lambda: ["a", "b"], [1, 2]), (2,))
        data = dumps(array)
        assert arrays.nodes(loads(data)) == arrays.nodes(array)
    with arrays.running(Trace()), pytest.raises(ForeignSymbolError):
        loads(data)
    TraceError.raised.clear()

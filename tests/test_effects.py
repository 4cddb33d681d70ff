"""How results move with what a run computes: slopes beyond the range of floats end in no warning, and in no claim."""

import numpy as np
import pytest

import verify
from verify.checks.gradients.effects import effects, missing
from verify.tracing.observe import Observation, observe, variants
from verify.tracing.symbols.trace import Trace


def observed(low, high):
    """Return a run of a function whose slopes are as large as exp of its domain."""

    @verify.case(x=verify.real("2", low=low, high=high))
    def subject(x):
        dout = yield np.exp(x[0]) * np.array([x[0], x[1]])
        return dout

    (variant,) = variants(subject)
    return observe(subject, variant, 0, seen=Observation(variant, Trace()))


@pytest.mark.parametrize(("low", "high", "found"), [(1, 2, True), (800, 900, False)])
def test_slopes_beyond_floats(low, high, found):
    """A change is found where floats hold the slopes, and none is claimed where these are infinite."""
    seen = observed(low, high)
    results = list(seen.outputs[0].nodes)
    moved = effects(seen.trace, results)
    change = missing([moved[node] for node in seen.inputs["x"].nodes], np.array([1.0, 1.0]))
    assert (change is not None) == found

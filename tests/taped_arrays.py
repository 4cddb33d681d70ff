"""An array of a tape, as the tests of such arrays have it."""

from contextlib import contextmanager
from fractions import Fraction

import numpy as np

from verify.model.errors import TraceError
from verify.tracing import patches
from verify.tracing.arrays import arrays
from verify.tracing.symbols.taped import TapedTrace

SHAPE = (3, 4)
VALUES = [Fraction(7 * n % 13 - 5, 3) for n in range(12)]


@contextmanager
def tape_and_array():
    """Run a tape; yields it, and an array of symbols of it."""
    trace = TapedTrace()
    TraceError.raised.clear()
    with arrays.running(trace), patches.in_force(0):
        yield trace, arrays.built(trace.inputs(lambda: [f"x{i}" for i in range(12)], VALUES), SHAPE)


def elements(x):
    """Return the elements of the entries, symbol by symbol."""
    return [symbol.node for symbol in np.ravel(x.tolist())]

"""Ways to write x * x, each with the right gradient and a wrong one."""

import verify
from verify.model.result import Verdict

BOTH = (Verdict.PROVED, Verdict.REFUTED)


def slope(dout, x):
    return 2 * dout * x


def wrong(dout, x):
    return 2 * dout * x + dout


def verdicts(square, x="3", quick=True):
    """Return the verdicts of the right gradient and of the wrong one."""
    return tuple(
        verify.check(verify.pair(square, gradient, x=x), quick=quick).comparisons[0].verdict
        for gradient in (slope, wrong)
    )


def collector():
    """Return a list of functions, and a decorator that adds one with its input."""
    ways = []

    def way(x="3"):
        def add(function):
            ways.append((function, x))
            return function

        return add

    return ways, way


def name(value):
    """Return a name for a test: that of a function."""
    return getattr(value, "__name__", None)

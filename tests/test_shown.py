"""Numbers that code prints and logs: asked of symbols, and given to nobody else."""

# ruff: noqa: UP031, UP032 - as user code writes it

import logging
import statistics
import sys
import warnings

import numpy as np
import pytest
from idioms import BOTH, collector, name, verdicts

import verify
from verify.model.result import Verdict

WAYS, way = collector()
FORMAT = "mean %.4f"
LOG = logging.getLogger("shown")


@way()
def printed(x):
    print("%.4f" % x.mean())
    print("%s: %.2f and %.2f" % ("two", x[0], x[1]), end="\n")
    print(FORMAT % x.mean())
    return x * x


@way()
def printed_as_texts(x):
    print(f"{x.mean():.3f} {x[0]:8.2e}", "{:.3f} {}".format(x.sum(), x), x, repr(x), str(x[0]))
    print(round(x.mean(), 3), np.round(x, 2), np.array2string(x, precision=2))
    with np.printoptions(precision=3):
        print(x)
    return x * x


@way()
def logged(x):
    LOG.warning("%.3f %d", x.mean(), x.sum())
    logging.getLogger("shown").info("%f" % x.mean())
    return x * x


@way()
def written(x):
    sys.stdout.write("%.4f\n" % x.mean() + "%g" % x[0])
    return x * x


@way()
def warned(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("mean %.3f" % x.mean(), stacklevel=1)
    return x * x


@pytest.mark.parametrize(("square", "x"), WAYS, ids=name)
def test_what_is_shown(square, x, capsys):
    """The right gradient is proved, a wrong one refuted."""
    assert verdicts(square, x) == BOTH


def read_back(x):
    return float("%.17g" % x[0]) * x


def compared(x):
    return x if "%.1f" % x[0] == "0.5" else 2 * x


def kept(x):
    text = "%.4f" % x.mean()
    print(text)
    return x


def of_an_object(x):
    class Rest:
        def __mod__(self, other):
            return statistics.fmean([other])

    rest = Rest()
    print(rest % x[0])
    return x


def to_a_file(x):
    from io import StringIO

    file = StringIO()
    file.write("%.4f" % x[0])
    print("%.4f" % x[0], file=file)
    return x if float(file.getvalue()[:6]) > 0 else 2 * x


def through_another_call(x):
    print(float("%.4f" % x[0]))
    return x


@pytest.mark.parametrize("forward", [read_back, compared, kept, of_an_object, to_a_file, through_another_call])
def test_what_may_be_computed_with_is_refused(forward):
    """A text that goes anywhere else has the number in it."""
    (row,) = verify.check(verify.pair(forward, lambda dout, x: dout, x="3"), quick=True).comparisons
    assert row.verdict in (Verdict.UNDECIDED, Verdict.ERROR)

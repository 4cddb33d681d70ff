"""What user code raises is told with the line that it is about, as a field."""

import inspect
import json
import statistics
import struct
from decimal import Decimal

import numpy as np
import pytest
import scipy.linalg
import scipy.special
import scipy.stats
from scipy.signal import savgol_filter

import verify
from verify.model.additions import HOW
from verify.model.errors import TraceError
from verify.model.identity import NOWHERE, Place
from verify.model.reasons import Reason
from verify.tracing.following import SubjectError, following

ASKS = "a symbol was turned into a plain number by statistics.fmean(x)"


def raises(x):
    raise ValueError("look, at other.py:1")


def asks(x):
    return statistics.fmean(x) * x


def goes_on(x):
    try:
        asks(x)
    except TraceError:
        return x * 2
    return x


@pytest.mark.parametrize(
    ("forward", "function", "said"),
    [
        (raises, raises, "ValueError: look, at other.py:1, at {}"),
        (asks, asks, f"{ASKS}, at {{}}{HOW}"),
        (goes_on, asks, f"{ASKS}, at {{}}{HOW} (the code caught the exception and went on)"),
    ],
)
def test_the_line_of_what_went_wrong(forward, function, said):
    """Raised, asked, or caught: whatever the message says beside it."""
    row = verify.check(verify.pair(forward, lambda dout, x: dout, x="2"), quick=True).comparisons[0]
    place = Place("tests/test_following.py", inspect.getsourcelines(function)[1] + 1)
    assert row.evidence.place == row.place == place
    assert row.evidence.detail == said.format(place)


class Raising:
    """A layer that raises in backward, by a function of its own."""

    def forward(self, x):
        return x * 2

    def backward(self, dout):
        return self.scaled(dout)

    def scaled(self, dout):
        raise ValueError("not written yet")


def loud(x):
    raise ValueError("not written yet")


@pytest.mark.parametrize(
    ("case", "function", "after_forward"),
    [
        (verify.layer(Raising, inputs={"x": "2"}), "Raising.scaled", True),
        (verify.pair(loud, lambda dout, x: dout, x="2"), "loud", False),
        (verify.pair(lambda x: x * 2, lambda dout, x: dout.nothing, x="2"), "<lambda>", True),
    ],
    ids=["method", "forward", "lambda"],
)
def test_the_function_that_raised(case, function, after_forward):
    """The innermost function of the user's is a field, with its class, and whether forward had returned by then."""
    row = verify.check(case, quick=True).comparisons[0]
    assert row.verdict is verify.Verdict.ERROR
    assert (row.evidence.function, row.evidence.after_forward) == (function, after_forward)


def test_what_names_no_line():
    """An error of ours about the case as a whole has none, even if its text ends as if it had."""
    with pytest.raises(SubjectError) as raised, following():
        raise SubjectError("nothing, at a.py:3", reason=Reason.CODE_RAISED)
    assert raised.value.place == NOWHERE
    assert not raised.value.place


@pytest.mark.parametrize(
    "call",
    [
        lambda x: struct.pack("d", x[0]),
        lambda x: Decimal(x[0]),
        lambda x: json.dumps([float(np.float64(1)), x[0] * 1]),
        lambda x: np.fromstring(str(x[0]), sep=" "),
    ],
    ids=["struct.pack", "Decimal", "json.dumps", "np.fromstring"],
)
def test_a_call_that_cannot_be_followed_is_named(call, request):
    """Compiled code that wants a plain number is named by the call as it is written, with line and page."""
    name = request.node.callspec.id

    def forward(x):
        call(x)
        return x * 1

    result = verify.check(verify.pair(forward, lambda dout, x: dout, x="3"), quick=True)
    (row,) = result.comparisons
    assert row.verdict is verify.Verdict.UNDECIDED
    assert row.evidence.detail.startswith(f"{name}(")
    assert f", at {row.evidence.place}" in row.evidence.detail
    assert row.evidence.place.file.endswith("test_following.py")
    assert row.evidence.detail.endswith(HOW)


def test_code_that_is_at_fault_is_told_as_python_tells_it():
    """Where floats fail as well the exception stands alone, with its line."""
    result = verify.check(verify.pair(lambda x: x * struct.pack("d", "1"), lambda dout, x: dout, x="3"), quick=True)
    (row,) = result.comparisons
    assert row.verdict is verify.Verdict.ERROR
    assert row.evidence.detail.startswith("error: required argument is not a float, at ")


@pytest.mark.parametrize(
    ("forward", "reason", "detail"),
    [
        (scipy.stats.zscore, Reason.PLAIN_NUMBER, "a symbol was turned into a plain number by {}(x), at "),
        (lambda x: scipy.stats.gmean(x), Reason.PLAIN_NUMBER, "a plain number by scipy.stats.gmean(x), at "),
        (lambda x: scipy.linalg.sqrtm(np.diag(x)), Reason.PLAIN_NUMBER, "a plain number by scipy.linalg.sqrtm("),
        (lambda x: np.linalg.eigvals(np.diag(x)), Reason.UNKNOWN_FUNCTION, "numpy.linalg.eigvals cannot be traced, at"),
        (lambda x: savgol_filter(x, 3, 1), Reason.UNKNOWN_FUNCTION, "scipy.signal.savgol_filter cannot be traced, at"),
        (lambda x: scipy.special.lambertw(x), None, "on floats the output 1 is complex, on symbols real: take the"),
    ],
    ids=["zscore", "gmean", "sqrtm", "eigvals", "savgol", "lambertw"],
)
def test_why_a_function_cannot_be_traced(forward, reason, detail):
    """The reason is that of the symbols: not what NumPy says of objects, which the user's arrays are not."""
    case = verify.pair(lambda x: forward(x), lambda dout, x: dout * x, x=verify.real("3", low=0.5))
    evidence = verify.check(case, quick=True).comparisons[0].evidence
    assert detail.format("forward") in evidence.detail
    assert "sequence" not in evidence.detail
    assert reason in (None, evidence.reason)

"""Code that wants a plain number of a symbol, or numbers that are not real, is told so with the page that helps."""

import ast
import statistics
from array import array
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from effort import slow, some
from trees import parts_of, tree_of

import verify
from verify.model.additions import HOW

ASKED = "a symbol was turned into a plain number"


def put(x):
    buffer = array("d", [0, 0, 0])
    buffer[0] = x[0]
    return buffer


def long_one(x):
    return np.array([complex((x[0] + 1) * (x[0] + 2) * (x[0] + 3) * (x[0] + 4) * (x[0] + 5)).real, x[1], x[2]])


@pytest.mark.parametrize(
    ("forward", "message"),
    some(
        [
            (lambda x: array("d", x)[0] * x, f"{ASKED} by array('d', x), at "),
            (lambda x: statistics.fmean(x) * x, f"{ASKED} by statistics.fmean(x), at "),
            (long_one, f"{ASKED} by complex(…), at "),
            (put, f"{ASKED}, at "),
            (lambda x: np.array([abs(complex(v, 1)) for v in x]), f"{ASKED} by complex(v, 1), at "),
            (lambda x: np.sort(x + 1j).real, "numpy.sort of complex symbols cannot be traced, at "),
            (lambda x: (x * 1j).argsort() * x, "numpy.ndarray.argsort of complex symbols cannot be traced, at "),
            (lambda x: x.astype(complex).view(float), "numpy.ndarray.view of complex symbols cannot be traced, at "),
            (
                lambda x: np.linalg.det(np.diag(x * 1j)).imag * x,
                "numpy.linalg.det of complex symbols cannot be traced, at ",
            ),
            (
                lambda x: np.frombuffer(x.tobytes()),
                "the code reads the raw memory of an array of symbols (tobytes), at ",
            ),
            (
                lambda x: np.loadtxt(StringIO("1 2 3")).put(0, x[0]),
                f"{ASKED} by np.loadtxt(StringIO('1 2 3')).put(0, x[0]), at ",
            ),
        ],
        8,
    ),
)
def test_what_cannot_be_followed(forward, message):
    """What was asked is told first, then where, then the page that tells how it is added."""
    (row,) = verify.check(verify.pair(forward, lambda dout, x: dout, x="3"), quick=True).comparisons
    detail = row.evidence.detail
    assert detail.startswith(message)
    assert f"at {row.evidence.place}" in detail
    assert row.evidence.place.file == "tests/test_plain.py"
    assert detail.endswith(HOW)


def refusals():
    """Return each refusal of the tracer that says of something that it cannot be traced, with its arguments."""
    for function, arguments in calls():
        if function in ("TraceError", "UnheldError") and "cannot be traced" in arguments[0]:
            yield arguments[0], arguments[1:]


def calls():
    """Yield the calls of the tracer, and of what makes its errors, with their arguments."""
    for path in (Path("verify/model/unfollowed.py"), *sorted(Path("verify/tracing").rglob("*.py"))):
        for node in parts_of(tree_of(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                yield ast.unparse(node.func), [ast.unparse(argument) for argument in node.args]


@slow
def test_every_refusal_names_the_page():
    """No call that cannot be traced is refused without the page that tells how it is added."""
    found = list(refusals())
    made = [arguments for function, arguments in calls() if function == "unfollowed"]  # with the page, for any function
    assert len(found) + len(made) > 10
    assert any("{function}" in text for text, _ in found)  # that one is among those that are looked at
    assert [text for text, rest in found if "HOW" not in rest] == []


def test_an_error_of_the_users_has_no_such_advice():
    """What fails on floats too is the code's own fault."""
    (row,) = verify.check(verify.pair(lambda x: x.absent, lambda dout, x: dout, x="3"), quick=True).comparisons
    assert HOW not in row.evidence.detail

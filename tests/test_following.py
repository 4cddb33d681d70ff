"""What user code raises is told with the line that it is about, as a field."""

import inspect
import statistics

import pytest

import verify
from verify.model.additions import HOW
from verify.model.errors import TraceError
from verify.model.identity import NOWHERE, Place
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


def test_what_names_no_line():
    """An error of ours about the case as a whole has none, even if its text ends as if it had."""
    with pytest.raises(SubjectError) as raised, following():
        raise SubjectError("nothing, at a.py:3")
    assert raised.value.place == NOWHERE
    assert not raised.value.place

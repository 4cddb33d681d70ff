"""Errors for functions that cannot be traced have the function as a field: no name is put in front twice."""

import numpy as np
import pytest

from verify import pair
from verify.checks.checker import check
from verify.model.errors import TraceError, UnboundedError
from verify.model.reasons import Reason
from verify.model.unfollowed import unbounded, unfollowed


def test_the_function_is_a_field():
    """Whatever the message says, the function that it names is read from the error; the page that helps is named."""
    problem = unfollowed("numpy.roots", " with masks", " (they have no order)")
    assert isinstance(problem, TraceError)
    assert (problem.function, problem.reason) == ("numpy.roots", Reason.UNKNOWN_FUNCTION)
    assert problem.message == "numpy.roots with masks cannot be traced (they have no order)"
    assert str(problem).endswith("gradproof explain extend`")


def test_a_missing_bound_is_an_error_of_its_own():
    """What has no bound for its rounding can still be proved: the error tells it from what is not followed."""
    problem = unbounded("scipy.special.zeta", " of complex numbers")
    assert isinstance(problem, UnboundedError)
    assert problem.function == "scipy.special.zeta"
    assert problem.message == "no rounding bound is known for scipy.special.zeta of complex numbers"


def test_what_the_user_calls_is_named():
    """An error within another function is about that one, and names no function that the user has not written."""
    problem = unfollowed("numpy.sort", " with order").of("numpy.median")
    assert problem.function == "numpy.median"
    assert problem.message == "numpy.median with these arguments cannot be traced"
    assert TraceError("a power of nan", reason=Reason.NAN_CONSTANT).of("numpy.i0").message == "numpy.i0: a power of nan"


def test_a_histogram_is_named_as_it_is_written():
    """The edges of bins are computed by a function within NumPy, of which the message says nothing."""
    result = check(pair(lambda x: np.histogram(x, 4)[1], lambda dout, x: x, x="6"), quick=True)
    (detail,) = {row.evidence.detail for row in result.comparisons}
    assert "numpy.histogram with these arguments cannot be traced" in detail
    assert "linspace" not in detail


@pytest.mark.parametrize(
    ("forward", "name"),
    [
        (lambda x: np.linalg.pinv(x, hermitian=True), "numpy.linalg.pinv"),
        (lambda x: np.linalg.qr(x, mode="raw")[0], "numpy.linalg.qr"),
        (lambda x: np.cumsum(x, dtype=int), "numpy.cumsum"),
        (lambda x: np.roots(x[0]), "numpy.roots"),
    ],
)
def test_a_name_is_said_once(forward, name):
    """A function that refuses how it is called is named once, with what calls it or without."""
    result = check(pair(forward, lambda dout, x: dout, x="3 3"), quick=True)
    (detail,) = {row.evidence.detail for row in result.comparisons}
    assert detail.count(name) == 1

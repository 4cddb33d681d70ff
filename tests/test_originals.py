"""Functions of numeric libraries that user code replaces, wherever and however it does, are named and never judged."""

import math
from unittest import mock

import numpy as np
import pytest
import scipy.linalg
import scipy.stats  # noqa: F401
from effort import slow

import verify
from verify.model.errors import ReplacedError
from verify.tracing import patches
from verify.tracing.originals import refuse_replaced, refusing_assignments
from verify.tracing.scipy import scipys


def exp(x):
    """A function of a user's that is named like the one that it stands for."""
    return 1 + x


WAYS = [  # what is replaced, by what, and how it is named
    ("math.exp", exp, ""),
    ("math.exp", math.sin, ""),
    ("numpy.exp", exp, ""),
    ("numpy.exp", np.tanh, ""),
    ("numpy.exp", np.vectorize(exp), ""),
    ("numpy.exp", np.frompyfunc(exp, 1, 1), ""),
    ("numpy.cbrt", math.cbrt, ""),
    ("numpy.linalg.norm", np.sum, ""),
    ("numpy.zeros", np.ones, ""),
    ("scipy.linalg.expm", np.exp, ""),
    ("scipy.stats.rv_continuous.pdf", exp, "scipy.stats._distn_infrastructure.rv_continuous.pdf"),
]


@pytest.mark.parametrize(
    ("name", "value", "full"),
    WAYS,
    ids=lambda value: getattr(value, "__name__", None) or (value if isinstance(value, str) else type(value).__name__),
)
def test_a_function_that_was_replaced_before_a_check(name, value, full):
    """Another function in its place is refused by its full name, whoever wrote it; the original is not."""
    with mock.patch(name, value), pytest.raises(ReplacedError, match=f"the code replaces {full or name}, which"):
        refuse_replaced()
    refuse_replaced()


@slow
def test_what_libraries_have_is_their_own():
    """No function of NumPy's or SciPy's that is answered for is taken for a user's."""
    for name in scipys.MODULES:
        pytest.importorskip(name)
    refuse_replaced()


def patched(name, replacement):
    """Return a function that replaces another one for the time of its own call."""

    def f(x):
        with mock.patch(name, replacement):
            return math.exp(x[0]) * np.linalg.norm(x) * np.ones(1)

    return f


@pytest.mark.parametrize(("name", "replacement"), [("math.exp", exp), ("numpy.linalg.norm", np.sum)])
def test_a_function_that_is_put_back(name, replacement):
    """What is answered for is the original, which the code did not call: without a word, a right rule is refuted."""
    with pytest.raises(ReplacedError, match=f"the code replaces {name}, which"):
        verify.check(verify.derivative(patched(name, replacement), lambda x: x, x="2"), quick=True)


def test_a_function_that_a_layer_replaces():
    """It is refused, and the next check in the same program finds the library's own again."""

    def f(x):
        np.tanh = exp
        return np.tanh(x)

    with pytest.raises(ReplacedError, match="the code replaces numpy.tanh, which"):
        verify.check(verify.derivative(f, np.ones_like, x="2"), quick=True)
    assert patches.altered() == ""
    right = verify.derivative(lambda x: np.tanh(x), lambda x: 1 - np.tanh(x) ** 2, x="2")
    assert verify.check(right, quick=True)


def test_code_that_branches_beside_an_expression(monkeypatch):
    """A replaced function of a case with an expression is refused as well."""
    monkeypatch.setattr(math, "exp", exp)

    @verify.case("x * (1 + x)", at={"x": 2})
    def right(x):
        dout = yield x * math.exp(x) if x > 0 else 0.0
        return dout * (1 + 2 * x)

    with pytest.raises(ReplacedError, match="the code replaces math.exp, which"):
        verify.check(right)


def test_what_is_added_to_a_library_is_no_replacement():
    """A new name stands for nothing that is answered for."""
    with refusing_assignments(), mock.patch.object(np, "of_a_user", 3, create=True):
        pass

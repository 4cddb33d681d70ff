"""Exact gradients of results, for whoever asks in a program: SymPy expressions, and NumPy code that is proved."""

import numpy as np
import pytest
import sympy

import verify
from verify.cases.making import case
from verify.model.errors import InputError
from verify.model.result import CaseResult


def squared(backward=lambda x: 3 * x):
    """Check a square against a gradient."""
    return verify.check(verify.derivative(lambda x: x * x, backward, x="N"), quick=True)


def test_the_expressions_of_an_array():
    """There is an expression for each entry, in the shape of the input, with the names that reports have."""
    exact = squared().exact["x"].sympy
    x, dout = sympy.symbols("x[0] dout[0]")
    assert exact.shape == (3,)
    assert exact[0] == 2 * x * dout


def test_the_code_of_an_array():
    """It is a function of the upstream and the inputs."""
    assert squared().exact["x"].numpy == "def backward(dout, x):\n    dx = 2 * dout * x\n    return dx\n"


@case("price = apple * apple_cnt * tax", at={"apple": 100, "apple_cnt": 2, "tax": "1.1"})
def shopping(apple, apple_cnt, tax):
    """Compute a price, with a wrong gradient."""
    dprice = yield apple * apple_cnt * tax
    return apple_cnt * dprice, apple * tax * dprice, apple * apple_cnt * dprice


def test_an_expression():
    """The gradients of a shopping graph are those of its expression."""
    exact = verify.check(shopping, quick=True).exact
    assert list(exact) == ["apple", "apple_cnt", "tax"]
    assert exact["tax"].sympy == sympy.sympify("apple * apple_cnt * dprice")
    assert "dtax = dprice * apple * apple_cnt\n" in exact["tax"].numpy


def test_code_for_one_of_several_inputs():
    """It computes that gradient alone."""

    def forward(x, w):
        return np.exp(x) * w

    result = verify.check(verify.pair(forward, lambda dout, x, w: (dout, dout), x="N", w="N"), quick=True)
    assert result.exact["w"].numpy.endswith("    dw = dout * np.exp(x)\n    return dw\n")


def test_nothing_is_computed_before_it_is_asked_for(monkeypatch):
    """To look at the names of gradients takes no run of the case."""
    result = squared()
    monkeypatch.setattr("verify.exact.gradients.exact_code", None)
    assert ".numpy" in repr(result.exact["x"])


def test_no_code():
    """Where none is proved, asking for it says why."""
    result = verify.check(verify.derivative(np.cumprod, lambda x: x, x="N"), quick=True)
    with pytest.raises(InputError, match="no rule is known for np.cumprod"):
        _ = result.exact["x"].numpy


def test_a_result_without_its_case():
    """One that was read from elsewhere says where exact gradients are to be had."""
    result = squared()
    other = CaseResult(**{name: getattr(result, name) for name in CaseResult.__dataclass_fields__})
    with pytest.raises(LookupError, match="check it here"):
        _ = other.exact


def test_what_assert_gradients_returns():
    """Its result has them as well."""
    result = verify.assert_gradients(verify.derivative(lambda x: x * x, lambda x: 2 * x, x="N"), quick=True)
    assert list(result.exact) == ["x"]

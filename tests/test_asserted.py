"""Assertions within a layer: on symbols they are branches, which hold where they hold on floats."""

import numpy as np
import pytest
from idioms import BOTH, collector, name, verdicts

import verify
from verify.model.result import Verdict

WAYS, way = collector()


@way()
def close(x):
    y = x * x
    np.testing.assert_allclose(y, x**2)
    np.testing.assert_allclose(y, x * x, rtol=1e-3, atol=1e-3, equal_nan=False)
    assert np.allclose(y, x**2, equal_nan=True)
    return y


@way()
def equal(x):
    y = x * x
    np.testing.assert_array_equal(y, x**2)
    np.testing.assert_equal(y.shape, (3,))
    assert np.array_equal(y, x * x)
    return y


@way()
def almost_equal(x):
    y = x * x
    np.testing.assert_almost_equal(y, x**2)
    np.testing.assert_array_almost_equal(y, x**2, decimal=3)
    np.testing.assert_almost_equal(y[0], x[0] ** 2)
    return y


@way()
def finite(x):
    y = x * x
    assert np.all(np.isfinite(y))
    assert not np.isnan(y).any()
    assert x.shape == (3,)
    assert isinstance(x, np.ndarray)
    assert x.dtype == np.float64
    return y


@pytest.mark.parametrize(("square", "x"), WAYS, ids=name)
def test_what_is_asserted(square, x):
    """The right gradient is proved, a wrong one refuted."""
    assert verdicts(square, x) == BOTH


@pytest.mark.parametrize("check", [np.testing.assert_allclose, np.testing.assert_almost_equal])
def test_an_assertion_that_fails(check):
    """It fails on symbols as on floats."""

    def forward(x):
        check(x, x + 1)
        return x

    (row,) = verify.check(verify.pair(forward, lambda dout, x: dout, x="3"), quick=True).comparisons
    assert row.verdict is Verdict.ERROR
    assert "AssertionError" in row.evidence.detail

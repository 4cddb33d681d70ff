"""A gradient that is the exact one times a power or an exponential of inputs is recognised, and proved so."""

import numpy as np
import pytest

import verify


def diagnosis(forward, backward, **shapes):
    @verify.case(**(shapes or {"x": verify.real("3", low=0)}))
    def subject(x):
        dout = yield forward(x)
        return backward(x, dout)

    return [row.diagnosis for row in verify.check(subject).comparisons if not row.good]


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (lambda x: x, "entries have an extra factor: [0] is the exact one times x[0]"),
        (lambda x: 2 / x**2, "entries have an extra factor: [0] is the exact one times 2/x[0]**2"),
        (lambda x: np.exp(-x), "entries have an extra factor: [0] is the exact one times exp(-x[0])"),
        (lambda x: x[0] + 0 * x, "it is the exact gradient times x[0]"),
        (lambda x: np.exp(x[0] - x[1]) + 0 * x, "it is the exact gradient times exp(x[0] - x[1])"),
    ],
)
def test_a_factor_is_written(factor, text):
    """The factor is written, of the first entry where each has one of its own."""
    assert diagnosis(lambda x: np.sin(x), lambda x, d: d * np.cos(x) * factor(x)) == [text]


@pytest.mark.parametrize("factor", [lambda x: 1 + x**2, lambda x: np.sin(x), lambda x: x + 1e-9 * x**2])
def test_other_factors_are_not_guessed(factor):
    """A ratio that is no such factor, though it may be close to one, is not called one."""
    assert not any("times" in text for text in diagnosis(np.sin, lambda x, d: d * np.cos(x) * factor(x)))


def test_a_parameter_that_is_a_logarithm():
    """The gradient by a length in place of that by its logarithm lacks a factor that is an exponential."""
    texts = diagnosis(lambda x: np.exp(-np.exp(-2 * x)), lambda x, d: d * np.exp(-np.exp(-2 * x)) * 2 * np.exp(-3 * x))
    assert texts == ["entries have an extra factor: [0] is the exact one times exp(-x[0])"]

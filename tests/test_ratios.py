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


def scaled(forward, backward, **sizes):
    """Return the likely mistake of a sum of squares with a factor, which either side computes of the shape."""
    case = verify.pair(
        lambda x: (x**2).sum(axis=1) * forward(*x.shape),
        lambda dout, x: 2 * x * dout[:, None] * backward(*x.shape),
        x="N D",
        sizes=sizes,
    )
    return {row.diagnosis for row in verify.check(case, quick=True).comparisons if not row.good and row.diagnosis}


WRONG_ROOT = "too {} by a factor of sqrt({}), {} here{}: is the root of a size wrong, or missing?"


@pytest.mark.parametrize(
    ("forward", "backward", "text"),
    [
        (lambda n, d: 1 / d**0.5, lambda n, d: 1 / n**0.5, WRONG_ROOT.format("large", "D/N", "1.155", "")),
        (lambda n, d: n**0.5, lambda n, d: d**0.5, WRONG_ROOT.format("large", "D/N", "1.155", "")),
        (lambda n, d: d**0.5, lambda n, d: n**0.5, WRONG_ROOT.format("small", "D/N", "1.155", "")),
        (lambda n, d: 1 / n**0.5, lambda n, d: 1, WRONG_ROOT.format("large", "N", "1.732", "")),
        (lambda n, d: 1, lambda n, d: -1 / n**0.5, WRONG_ROOT.format("small", "N", "1.732", ", and of the wrong sign")),
        (lambda n, d: 1 / d, lambda n, d: 1 / n, "too large by a factor of D/N, 4/3 here: is a size wrong?"),
    ],
)
def test_sizes_and_roots_of_sizes(forward, backward, text):
    """A root is a float in the code, and the factor no fraction: it is recognised by its square."""
    assert text in scaled(forward, backward)


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (1 / 3, {"too small by a factor of 3"}),
        (-4, {"too large by a factor of 4, and of the wrong sign"}),
        (12, {"too large by a factor of 12"}),
        (4 / 3, {"too large by a factor of 4/3"}),
        (3**0.5, set()),
    ],
)
def test_a_number_that_is_a_size_by_coincidence(factor, text):
    """A forgotten exponent of 3 is no size, though the sample has three rows: the factor stays at other sizes."""
    assert scaled(lambda n, d: 1, lambda n, d: factor) == text


def test_a_size_that_the_case_fixes():
    """Code that takes one size alone does not tell its factor from a number."""
    case = verify.pair(lambda x: x**3 * np.ones(3), lambda d, x: x**2 * d * np.ones(3), x="N", sizes={"N": 3})
    (row,) = [row for row in verify.check(case, quick=True).comparisons if row.quantity == "gradient"]
    assert row.diagnosis == "too small by a factor of 3"


@pytest.mark.parametrize("off", [1e-11, -1e-11])
def test_what_is_close_to_a_root_of_a_size_is_none(off):
    """Nor is what is a root in some entries, or at the sample alone."""
    assert not any("root" in text for text in scaled(lambda n, d: 1, lambda n, d: 3**0.5 + off))
    assert not any("root" in text for text in scaled(lambda n, d: 1, lambda n, d: np.array([3**0.5, 1, 1, 1])))


def test_the_root_of_another_size_behind_a_softmax():
    """All entries are compared, however long their formulas are."""

    def attend(q, k):
        e = np.exp(q @ k.T / np.sqrt(q.shape[1]))
        return e / e.sum(axis=1, keepdims=True)

    def backward(dout, q, k):
        a = attend(q, k)
        ds = a * (dout - (dout * a).sum(axis=1, keepdims=True)) / np.sqrt(len(q))
        return ds @ k, ds.T @ q

    result = verify.check(verify.pair(attend, backward, q="N D", k="M D"), quick=True)
    diagnoses = [row.diagnosis for row in result.comparisons if row.variant.sizes[0] == ("N", 3)]
    assert diagnoses == [WRONG_ROOT.format("large", "D/N", "1.155", "")] * 2

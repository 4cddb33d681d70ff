"""Gradients are claimed where they are right with either sign of the vectors that LAPACK returns."""

import numpy as np
import pytest

import verify
from verify import Verdict


def symmetric(a):
    return a + a.T


def largest(a):
    return np.linalg.eigvalsh(symmetric(a))[-1]


def by_column(d, a):
    v = np.linalg.eigh(symmetric(a))[1][:, -1]
    return 2 * d * np.outer(v, v)


def by_row(d, a):
    v = np.linalg.eigh(symmetric(a))[1][-1]
    return 2 * d * np.outer(v, v)


def all_values(a):
    return np.linalg.eigvalsh(symmetric(a))


def transposed_vectors(d, a):
    v = np.linalg.eigh(symmetric(a))[1]
    return 2 * v.T @ np.diag(d) @ v


def right_vectors(d, a):
    v = np.linalg.eigh(symmetric(a))[1]
    return 2 * v @ np.diag(d) @ v.T


def nuclear(a):
    return np.linalg.svd(a, compute_uv=False).sum()


def polar(d, a):
    u, _, v = np.linalg.svd(a)
    return d * u @ v


def absolute_square(a):
    v = np.linalg.eigh(symmetric(a))[1]
    return (v[0, 0] * v[0, 1]) ** 2 * 0 + np.linalg.eigvalsh(symmetric(a))[0]


def lowest(d, a):
    v = np.linalg.eigh(symmetric(a))[1][:, 0]
    return 2 * d * np.outer(v, v)


def verdict(forward, backward):
    return [row.verdict for row in verify.check(verify.pair(forward, backward, a="2 2"), quick=True).comparisons]


@pytest.mark.parametrize(
    ("forward", "backward"),
    [(largest, by_column), (all_values, right_vectors), (nuclear, polar), (absolute_square, lowest)],
)
def test_what_holds_with_each_sign_is_proved(forward, backward):
    """The signs cancel in each product of a vector with itself."""
    assert verdict(forward, backward) == [Verdict.PROVED]


@pytest.mark.parametrize(("forward", "backward"), [(largest, by_row), (all_values, transposed_vectors)])
def test_what_holds_with_the_signs_at_the_sample_is_not_proved(forward, backward):
    """Two eigenvectors of two rows are a reflection with some signs, whose rows are its columns, else a rotation."""
    assert Verdict.PROVED not in verdict(forward, backward)


def test_the_line_that_asks_for_the_vectors_is_named():
    """The reason has the file and the line."""
    (row,) = verify.check(verify.pair(largest, by_row, a="2 2"), quick=True).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert "signs that LAPACK gives" in row.evidence.detail
    assert "test_orientations.py" in row.evidence.detail

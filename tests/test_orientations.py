"""Gradients are claimed where they are right with either sign of the vectors that LAPACK returns."""

import numpy as np
import pytest
from effort import slow

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
    assert "signs that LAPACK chooses" in row.evidence.detail
    assert "test_orientations.py" in row.evidence.detail


def stacked(a):
    return np.linalg.eigvalsh(a + np.swapaxes(a, -1, -2))


def stacked_vectors(d, a):
    v = np.linalg.eigh(a + np.swapaxes(a, -1, -2))[1]
    return 2 * np.einsum("bij,bj,bkj->bik", v, d, v)


def stacked_rows(d, a):
    v = np.linalg.eigh(a + np.swapaxes(a, -1, -2))[1]
    return 2 * np.einsum("bji,bj,bjk->bik", v, d, v)


def by_product(factor):
    """Return the gradient times the signs of all vectors: right at the sample with one factor of 1 and -1."""

    def backward(d, a):
        v = np.linalg.eigh(a + np.swapaxes(a, -1, -2))[1]
        return factor * stacked_vectors(d, a) * np.sign(v[:, 0, :]).prod()

    return backward


@slow
@pytest.mark.parametrize("rows", [2, 3])
def test_where_not_all_combinations_are_tried_there_is_a_finding(rows):
    """Of up to four vectors all combinations are tried, of more some: that is no mere note."""
    result = verify.check(verify.pair(stacked, stacked_vectors, a=f"{rows} 2 2"))
    assert [row.verdict for row in result.comparisons] == [Verdict.PROVED]
    assert [finding.code for finding in result.findings] == ["GP127"] * (rows > 2)


@pytest.mark.parametrize("backward", [stacked_rows, by_product(1), by_product(-1)])
@pytest.mark.parametrize("rows", [2, 3])
def test_what_depends_on_signs_of_many_vectors_is_not_proved(backward, rows):
    """What is right for an even number of changed signs is seen as well, by an odd number."""
    assert Verdict.PROVED not in {
        row.verdict for row in verify.check(verify.pair(stacked, backward, a=f"{rows} 2 2"), quick=True).comparisons
    }


def row_norm(a):
    return np.linalg.svd(a, full_matrices=False)[1][0]


@pytest.mark.parametrize("shape", ["1 3", "1 1", "3 1"])
def test_the_sign_of_a_row_is_free_as_well(shape):
    """Of one row LAPACK returns 1 or -1 as the left vector, by the signs of its entries."""

    def by_both(d, a):
        u, _, v = np.linalg.svd(a, full_matrices=False)
        return d * u @ v

    def by_one(factor):
        def backward(d, a):
            u, _, v = np.linalg.svd(a, full_matrices=False)
            return factor * d * (v if len(a) == 1 else u)

        return backward

    rows = {
        name: verify.check(verify.pair(row_norm, backward, a=shape), quick=True).comparisons[0].verdict
        for name, backward in (("both", by_both), ("plus", by_one(1)), ("minus", by_one(-1)))
    }
    assert rows.pop("both") is Verdict.PROVED
    assert Verdict.PROVED not in rows.values()

"""Sparse matrices of numbers, which are followed, and of symbols, which are refused by their name."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg

import verify
from verify import Verdict

REFUSED: dict[str, Any] = {
    "scipy.sparse.csr_matrix": lambda x: scipy.sparse.csr_matrix(x) @ np.ones(2),
    "scipy.sparse.csc_array": lambda x: scipy.sparse.csc_array((x[0], ([0, 1], [0, 1]))) @ np.ones(2),
    "scipy.sparse.coo_array": lambda x: scipy.sparse.coo_array(x).sum(),
    "scipy.sparse.diags": lambda x: scipy.sparse.diags([x[0]], [0]) @ np.ones(2),
    "scipy.sparse.linalg.expm": lambda x: scipy.sparse.linalg.expm(x),
    "scipy.sparse.linalg.cg": lambda x: scipy.sparse.linalg.cg(scipy.sparse.eye(2), x[0])[0],
    "splu": lambda x: scipy.sparse.linalg.splu(scipy.sparse.csc_matrix(np.eye(2))).solve(x[0]),
    "factorized": lambda x: scipy.sparse.linalg.factorized(scipy.sparse.csc_matrix(np.eye(2)))(x[0]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_sparse_matrices_of_symbols_are_refused_by_name(name: str) -> None:
    """The message names what was called with symbols."""
    result = verify.check(verify.pair(REFUSED[name], lambda d, x: x, x="2 2"), quick=True)
    assert [row.verdict for row in result.comparisons] == [Verdict.UNDECIDED]
    assert result.comparisons[0].evidence is not None
    assert name in result.comparisons[0].evidence.detail


MADE: dict[str, Any] = {
    "of an array": lambda: scipy.sparse.csr_matrix(np.eye(2)),
    "of values and places": lambda: scipy.sparse.coo_array((np.ones(2), ([0, 1], [1, 0]))),
    "of diagonals": lambda: scipy.sparse.diags([np.full(2, 3.0), np.ones(1)], [0, 1]),
}


@pytest.mark.parametrize("name", MADE)
def test_sparse_matrices_of_numbers_are_made_during_the_run(name: str) -> None:
    """What NumPy makes during a run are symbols of constants, which the matrix has as numbers."""
    make = MADE[name]
    right = verify.pair(lambda x: make() @ x, lambda d, x: make().T @ d, x="2")
    wrong = verify.pair(lambda x: make() @ x, lambda d, x: 2 * (make().T @ d), x="2")
    assert [row.verdict for row in verify.check(right, quick=True).comparisons] == [Verdict.PROVED]
    assert [row.verdict for row in verify.check(wrong, quick=True).comparisons] == [Verdict.REFUTED]

"""SciPy's linear algebra and sparse matrices on symbols, as user code calls them: right gradients and planted errors."""

import subprocess
import sys

import numpy as np
import pytest
from effort import slow, some
from subjects import verdicts

import verify
from verify import Verdict

linalg = pytest.importorskip("scipy.linalg")
sparse = pytest.importorskip("scipy.sparse")
solvers = pytest.importorskip("scipy.sparse.linalg")

MATRIX = np.array([[2.0, 1, 0], [0, 3, 0.7], [1, 0, 4]])
CSR, ARRAY = sparse.csr_matrix(MATRIX), sparse.csc_array(MATRIX)


def kernel(x, scale):
    return np.exp(-0.5 * ((x[:, None] - x[None, :]) / scale) ** 2)


def likelihood(y, x, scale):
    """Return the negative log-likelihood of a Gaussian process, as it is written with SciPy."""
    factors = linalg.cho_factor(kernel(x, scale) + 0.1 * np.eye(len(x)))
    return 0.5 * y @ linalg.cho_solve(factors, y) + np.log(np.diag(factors[0])).sum()


def likelihood_back(d, y, x, scale, half=0.5):
    distance, covariance = x[:, None] - x[None, :], kernel(x, scale)
    factors = linalg.cho_factor(covariance + 0.1 * np.eye(len(x)), lower=True)
    alpha = linalg.cho_solve(factors, y)
    slope = half * (linalg.cho_solve(factors, np.eye(len(x))) - np.outer(alpha, alpha)) * covariance
    return d * alpha, -2 * d * (slope * distance).sum(1) / scale**2, d * (slope * distance**2).sum() / scale**3


def triangular(a, b):
    return linalg.solve_triangular(a, b, lower=True)


def triangular_back(half):
    def back(d, a, b):
        v = linalg.solve_triangular(a, d, trans="T", lower=True)
        return -half(np.outer(v, triangular(a, b))), v

    return back


def block_exponential(d, a):
    size = len(a)
    return linalg.expm(np.block([[a.T, d], [np.zeros((size, size)), a.T]]))[:size, size:]


def lu(a, b):
    return linalg.lu_solve(linalg.lu_factor(a), b)


def symmetric(a):
    return (a + a.T) / 2


def case(forward, backward, **inputs):
    return verify.pair(forward, backward, **inputs)


def toeplitz_back(d, c, r, x):
    """Return the gradients of `toeplitz(c, r) @ x`: the sums of d x' along its diagonals; r[0] is not used."""
    outer, size = np.outer(d, x), len(c)
    column = np.array([np.trace(outer, -k) for k in range(size)])
    row = np.array([0 * outer[0, 0], *(np.trace(outer, k) for k in range(1, len(r)))])
    return column, row, linalg.toeplitz(c, r).T @ d


RANGE = {"y": "3", "x": "3", "scale": verify.real("", low=0.5, high=2)}
RIGHT = {
    "Gaussian process": case(likelihood, likelihood_back, **RANGE),
    "triangular solution": case(triangular, triangular_back(np.tril), a="3 3", b="3"),
    "solution by LU": case(
        lu,
        lambda d, a, b: (-np.outer(linalg.solve(a.T, d), lu(a, b)), linalg.lu_solve(linalg.lu_factor(a), d, trans=1)),
        a="2 2",
        b="2",
    ),
    "exponential by a block matrix": case(lambda a: linalg.expm(a), block_exponential, a="2 2"),
    "exponential by its Frechet derivative": case(
        lambda a: linalg.expm(a), lambda d, a: linalg.expm_frechet(a.T, d, compute_expm=False), a="3 3"
    ),
    "eigenvalues": case(
        lambda a: linalg.eigh(symmetric(a), eigvals_only=True),
        lambda d, a: (lambda v: v @ np.diag(d) @ v.T)(linalg.eigh(symmetric(a))[1]),
        a="3 3",
    ),
    "inverse": case(lambda a: linalg.inv(a), lambda d, a: -linalg.inv(a).T @ d @ linalg.inv(a).T, a="3 3"),
    "determinant": case(lambda a: linalg.det(a), lambda d, a: d * linalg.det(a) * linalg.inv(a).T, a="2 2"),
    "Toeplitz matrix": case(lambda c, r, x: linalg.toeplitz(c, r) @ x, toeplitz_back, c="3", r="2", x="2"),
    "sparse product": case(lambda x: CSR @ x, lambda d, x: CSR.T @ d, x="3"),
    "sparse array times a matrix": case(lambda x: ARRAY.dot(x), lambda d, x: ARRAY.T @ d, x="3 2"),
    "product with a sparse matrix": case(lambda x: x @ CSR, lambda d, x: d @ CSR.T, x="2 3"),
    "quadratic form": case(lambda x: x @ (CSR * x), lambda d, x: d * (CSR * x + CSR.T * x), x="3"),
    "sparse solution": case(
        lambda x: solvers.spsolve(CSR.tocsc(), x), lambda d, x: solvers.spsolve(CSR.T.tocsc(), d), x="3"
    ),
}
WRONG = {
    "Gaussian process, twice as much": case(lambda *a: likelihood(*a), lambda *a: likelihood_back(*a, half=1), **RANGE),
    "triangular solution with the other half": case(triangular, triangular_back(np.triu), a="3 3", b="3"),
    "solution by LU, not transposed": case(
        lu, lambda d, a, b: (-np.outer(linalg.solve(a.T, d), lu(a, b)), lu(a, d)), a="2 2", b="2"
    ),
    "exponential, not transposed": case(
        lambda a: linalg.expm(a), lambda d, a: linalg.expm_frechet(a, d, compute_expm=False), a="2 2"
    ),
    "exponential as of a number": case(lambda a: linalg.expm(a), lambda d, a: linalg.expm(a).T @ d, a="2 2"),
    "Toeplitz matrix, rows for columns": case(
        lambda c, x: linalg.toeplitz(c) @ x, lambda d, c, x: toeplitz_back(d, c, c, x)[::2], c="3", x="3"
    ),
    "sparse product, not transposed": case(lambda x: CSR @ x, lambda d, x: CSR @ d, x="3"),
    "quadratic form as of a symmetric matrix": case(lambda x: x @ (CSR @ x), lambda d, x: 2 * d * (CSR @ x), x="3"),
    "sparse solution, not transposed": case(
        lambda x: solvers.spsolve(CSR.tocsc(), x), lambda d, x: solvers.spsolve(CSR.tocsc(), d), x="3"
    ),
}
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of LAPACK, at the zeros of divisors


@pytest.mark.parametrize("name", some(RIGHT, 12))
def test_a_right_backward_pass_is_proved(name):
    """What SciPy asks LAPACK for is a formula; of constants that are rounded it is told."""
    assert verdicts(RIGHT[name]) == {Verdict.PROVED}


@slow
@pytest.mark.parametrize("name", some(WRONG, 12))
def test_a_planted_error_is_refuted(name):
    """A missing transpose, the other half and another factor have an exact counterexample."""
    assert Verdict.REFUTED in verdicts(WRONG[name])


def test_methods_of_sparse_matrices_are_put_back():
    """While no trace is running, SciPy's own methods multiply."""
    before = vars(type(CSR).__mro__[-2])
    verify.check(RIGHT["sparse product"])
    assert (CSR @ np.ones(3)).tolist() == [3, 3.7, 5]
    assert not any("replacement" in repr(value) for value in before.values())


LAZY = """
import verify

def solve(a, b):
    import scipy.linalg
    return scipy.linalg.solve(a, b), (a.copy(), scipy.linalg.solve(a, b))

def solve_back(d, cache):
    from scipy.linalg import solve
    a, y = cache
    g = solve(a.T, d)
    return -g[:, None] * y, g

def normal(x):
    from scipy.stats import norm
    return norm.cdf(x), x.copy()

def normal_back(d, x, factor=1):
    from scipy.stats import norm
    return d * norm.pdf(factor * x)

wrong = lambda d, x: normal_back(d, x, 2)
cases = [
    verify.pair(solve, solve_back, a="N N", b="N"),
    verify.pair(normal, normal_back, x="N"),
    verify.pair(normal, wrong, x="N"),
]
print([sorted({row.verdict.name for row in verify.check(case, quick=True).comparisons}) for case in cases])
"""


@slow
def test_what_the_code_imports_first_while_it_runs_is_followed(tmp_path):
    """In a process that has nothing of SciPy yet: its functions and its distributions."""
    (tmp_path / "lazy.py").write_text(LAZY)
    run = subprocess.run([sys.executable, "lazy.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "[['PROVED'], ['PROVED'], ['REFUTED']]", run.stderr

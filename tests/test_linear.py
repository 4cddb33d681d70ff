"""Linear algebra on symbols: hand-written backward passes of what LAPACK computes, right ones and planted errors."""

import numpy as np
import pytest
from effort import slow, some

import verify
from verify import Verdict

inv, solve, cholesky = np.linalg.inv, np.linalg.solve, np.linalg.cholesky


def transposed(a):
    return np.swapaxes(a, -1, -2)


def symmetric(a):
    return (a + a.T) / 2


def lower_part(a):
    """Return Phi of Murray (2016): the lower half, with half of the diagonal."""
    return np.tril(a) - np.diag(np.diag(a)) / 2


def spd(b):
    return b @ b.T + np.eye(len(b))


def cholesky_back(d, b, phi=lower_part):
    lower = cholesky(spd(b))
    inner = inv(lower)
    return 2 * symmetric(inner.T @ phi(lower.T @ np.tril(d)) @ inner) @ b


def kernel(x, scale):
    return np.exp(-0.5 * ((x[:, None] - x[None, :]) / scale) ** 2)


def likelihood(y, x, scale):
    """Return the negative log-likelihood of a Gaussian process, up to a constant."""
    covariance = kernel(x, scale) + 0.1 * np.eye(len(x))
    lower = cholesky(covariance)
    return 0.5 * y @ solve(lower.T, solve(lower, y)) + np.log(np.diag(lower)).sum()


def likelihood_back(half=0.5):
    def back(d, y, x, scale):
        distance, covariance = x[:, None] - x[None, :], kernel(x, scale)
        precision = inv(covariance + 0.1 * np.eye(len(x)))
        alpha = precision @ y
        slope = half * (precision - np.outer(alpha, alpha)) * covariance
        return d * alpha, -2 * d * (slope * distance).sum(1) / scale**2, d * (slope * distance**2).sum() / scale**3

    return back


def density(x, mean, b):
    """Return the logarithm of a Gaussian density, up to a constant."""
    rest, covariance = x - mean, spd(b)
    return -0.5 * rest @ solve(covariance, rest) - 0.5 * np.linalg.slogdet(covariance)[1]


def density_back(sign=1):
    def back(d, x, mean, b):
        alpha, covariance = solve(spd(b), x - mean), spd(b)
        slope = 0.5 * (np.outer(alpha, alpha) - sign * inv(covariance))
        return -d * alpha, d * alpha, 2 * d * slope @ b

    return back


def mahalanobis(x, b):
    return np.sqrt(x @ solve(spd(b), x))


def mahalanobis_back(factor=1):
    def back(d, x, b):
        alpha = solve(spd(b), x)
        distance = np.sqrt(x @ alpha)
        return d * alpha / distance, -factor * d * np.outer(alpha, alpha) @ b / distance

    return back


def innovation(y, p, q):
    """Return the log-likelihood of one step of a Kalman filter with two states, the first of which is observed."""
    transition, noise = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0]])
    predicted = transition @ spd(p) @ transition.T + q**2 * np.eye(2)
    s = noise @ predicted @ noise.T + 1
    return -0.5 * (y @ solve(s, y) + np.log(np.linalg.det(s)))


def innovation_back(factor=2):
    def back(d, y, p, q):
        transition, noise = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0]])
        s = noise @ (transition @ spd(p) @ transition.T + q**2 * np.eye(2)) @ noise.T + 1
        v = solve(s, y)
        slope = 0.5 * noise.T @ (np.outer(v, v) - inv(s)) @ noise
        return -d * v, factor * d * transition.T @ slope @ transition @ p, 2 * d * q * np.trace(slope)

    return back


def qr_case(back, shape):
    @verify.case(a=shape)
    def factors(a):
        q, r = np.linalg.qr(a)
        dq, dr = yield q, r
        middle = r @ dr.T - dq.T @ q
        return solve(r, (dq + q @ back(middle)).T).T

    return factors


def mirrored(a):
    return np.tril(a) + np.tril(a, -1).T


def eigen_case(shape, sign=1, together=symmetric):
    """Make the case of eigenvalues and eigenvectors, with F[i, j] = 1 / (l[j] - l[i]) in its gradient."""

    @verify.case(a=shape)
    def decomposition(a):
        values, vectors = np.linalg.eigh(symmetric(a))
        d_values, d_vectors = yield values, vectors
        size = len(values)
        gaps = sign * (values[None, :] - values[:, None]) + np.eye(size)
        inner = np.diag(d_values) + (1 - np.eye(size)) / gaps * (vectors.T @ d_vectors)
        return together(vectors @ inner @ vectors.T)

    return decomposition


def eigen_square(shape):
    """Make the case of a function of an eigenvector that does not depend on its sign."""

    @verify.case(a=shape)
    def square(a):
        values, vectors = np.linalg.eigh(symmetric(a))
        total = vectors[:, 0].sum()
        d = yield total**2
        size = len(values)
        d_vectors = np.zeros((size, size))
        d_vectors[:, 0] = 2 * d * total
        gaps = values[None, :] - values[:, None] + np.eye(size)
        return symmetric(vectors @ ((1 - np.eye(size)) / gaps * (vectors.T @ d_vectors)) @ vectors.T)

    return square


def svd_case(shape, sign=1):
    """Make the case of a matrix that is put together of its singular values' squares and vectors."""

    @verify.case(a=shape)
    def squares(a):
        left, sizes, right = np.linalg.svd(a, full_matrices=False)
        d = yield (left * sizes**2) @ right
        u, s, v = left, sizes, right.T
        middle = u.T @ d @ v
        gaps = s[None, :] ** 2 - s[:, None] ** 2 + np.eye(len(s))
        off = (1 - np.eye(len(s))) / gaps
        du, dv = d @ v * s**2, d.T @ u * s**2
        j, k = off * (u.T @ du - du.T @ u), off * (v.T @ dv - dv.T @ v)
        inner = np.diag(2 * s * np.diag(middle)) + sign * (j * s[None, :] + s[:, None] * k)
        outside = (np.eye(len(a)) - u @ u.T) @ du / s @ v.T
        return u @ inner @ v.T + outside

    return squares


def log_back(b, dtype=np.float64):
    """Return the gradient of the logarithm of the root of the determinant of 1 + b b', for one column b."""
    lower = cholesky(spd(b).astype(dtype))
    return b / np.prod(np.diag(lower)) ** 2


def pinv_back(sign=1):
    def back(d, a):
        p = np.linalg.pinv(a)
        outside = np.eye(len(a)) - a @ p
        return -p.T @ d @ p.T + sign * outside @ d.T @ p @ p.T

    return back


def least_squares_back(rest=1):
    def back(d, a, b):
        x = np.linalg.lstsq(a, b, rcond=None)[0]
        v = solve(a.T @ a, d)
        return np.outer(rest * (b - a @ x), v) - np.outer(a @ v, x), a @ v

    return back


IS_TWO = hasattr(np.linalg, "trace")  # NumPy 2
CONSTANTS = np.array([[0.1, 0.7, 1.1], [0.2, 0.3, 0.9], [0.5, 0.25, 0.4]])
RIGHT = {
    "inverse": verify.pair(inv, lambda d, a: -inv(a).T @ d @ inv(a).T, a="3 3"),
    "inverse of five rows": verify.pair(inv, lambda d, a: -inv(a).T @ d @ inv(a).T, a="5 5"),
    "inverses": verify.pair(inv, lambda d, a: -transposed(inv(a)) @ d @ transposed(inv(a)), a="2 2 2"),
    "solution": verify.pair(
        solve, lambda d, a, b: (-np.outer(solve(a.T, d), solve(a, b)), solve(a.T, d)), a="3 3", b="3"
    ),
    "solutions": verify.pair(solve, lambda d, a, b: (-solve(a.T, d) @ solve(a, b).T, solve(a.T, d)), a="2 2", b="2 3"),
    "determinant": verify.pair(np.linalg.det, lambda d, a: d * np.linalg.det(a) * inv(a).T, a="3 3"),
    "log-determinant": verify.pair(lambda a: np.linalg.slogdet(a)[1], lambda d, a: d * inv(a).T, a="3 3"),
    "sign of a determinant": verify.pair(
        lambda a: np.linalg.slogdet(a)[0] * a[0, 0],
        lambda d, a: d * np.linalg.slogdet(a)[0] * (np.arange(a.size).reshape(a.shape) == 0),
        a="2 2",
    ),
    "signs of determinants": verify.pair(
        lambda a: np.linalg.slogdet(a)[0] * a[:, 0, 0],
        lambda d, a: (d * np.linalg.slogdet(a)[0])[:, None, None] * (np.arange(9).reshape(3, 3) == 0),
        a="2 3 3",
    ),
    "Cholesky": verify.pair(lambda b: cholesky(spd(b)), cholesky_back, b="3 2"),
    "QR": qr_case(mirrored, "3 2"),
    "QR of a square": qr_case(mirrored, "2 2"),
    "pseudo-inverse": verify.pair(np.linalg.pinv, pinv_back(), a="3 2"),
    "least squares": verify.pair(
        lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], least_squares_back(), a="3 2", b="3"
    ),
    "factor": verify.pair(lambda b: np.log(np.diag(cholesky(spd(b)))).sum(), lambda d, b: d * log_back(b), b="2 1"),
    "eigenvectors of two rows": eigen_case("2 2"),
    "eigenvectors of three rows": eigen_case("3 3"),
    "square of a sum of an eigenvector": eigen_square("3 3"),
    "eigenvalues": verify.pair(
        lambda a: np.linalg.eigvalsh(symmetric(a)),
        lambda d, a: (lambda v: v @ np.diag(d) @ v.T)(np.linalg.eigh(symmetric(a))[1]),
        a="3 3",
    ),
    "singular vectors": svd_case("3 2"),
    "nuclear norm": verify.pair(
        lambda a: np.linalg.norm(a, "nuc"),
        lambda d, a: (lambda u, s, v: d * u @ v)(*np.linalg.svd(a, full_matrices=False)),
        a="3 2",
    ),
    "spectral norm": verify.pair(
        lambda a: np.linalg.norm(a, 2),
        lambda d, a: (lambda u, s, v: d * np.outer(u[:, 0], v[0]))(*np.linalg.svd(a, full_matrices=False)),
        a="2 3",
    ),
    "Gaussian process": verify.pair(
        likelihood, likelihood_back(), y="3", x="3", scale=verify.real("", low=0.5, high=2)
    ),
    "Gaussian density": verify.pair(density, density_back(), x="2", mean="2", b="2 2"),
    "Mahalanobis distance": verify.pair(mahalanobis, mahalanobis_back(), x=verify.real("2", low=0.5), b="2 2"),
    "Kalman filter": verify.pair(innovation, innovation_back(), y="1", p="2 2", q=verify.real("", low=0.1)),
    "outer product by einsum": verify.pair(
        lambda x, y: np.einsum("...i,...j->ij", x, y, optimize=True), lambda d, x, y: (d @ y, d.T @ x), x="3", y="2"
    ),
    "einsum of lists with an ellipsis": verify.pair(
        lambda x, y: np.einsum(x, [..., 0], y, [..., 1], [..., 0, 1], optimize="greedy"),
        lambda d, x, y: (np.einsum("bij,bj->bi", d, y), np.einsum("bij,bi->bj", d, x)),
        x="2 3",
        y="2 2",
    ),
    "Kronecker product": verify.pair(
        np.kron,
        lambda d, x, y: (
            np.einsum("ikjl,kl->ij", d.reshape(2, 3, 2, 2), y),
            np.einsum("ikjl,ij->kl", d.reshape(2, 3, 2, 2), x),
        ),
        x="2 2",
        y="3 2",
    ),
    "cross products": verify.pair(np.cross, lambda d, a, b: (np.cross(b, d), np.cross(d, a)), a="2 3", b="2 3"),
    "Vandermonde's matrix": verify.pair(np.vander, lambda d, x: d[:, 1] + 2 * x * d[:, 0], x="3"),
    "trace": verify.pair(np.linalg.trace, lambda d, a: d * np.eye(3), a="3 3") if IS_TWO else None,
    "chain of products": verify.pair(
        lambda a, b, c: np.linalg.multi_dot([a, b, c]),
        lambda d, a, b, c: (d @ (b @ c).T, a.T @ d @ c.T, (a @ b).T @ d),
        a="2 3",
        b="3 2",
        c="2 2",
    ),
    "log-determinants": verify.pair(
        lambda a: np.linalg.slogdet(a)[1], lambda d, a: d[:, None, None] * transposed(inv(a)), a="2 3 3"
    ),
    "eigenvalues of several": verify.pair(
        lambda a: np.linalg.eigvalsh(a @ transposed(a)),
        lambda d, a: (lambda v: 2 * np.einsum("bij,bj,bkj->bik", v, d, v) @ a)(np.linalg.eigh(a @ transposed(a))[1]),
        a="2 2 2",
    ),
    "solution with constants": verify.pair(lambda x: solve(CONSTANTS, x), lambda d, x: solve(CONSTANTS.T, d), x="3"),
    "constants of the run": verify.pair(
        lambda x: inv(np.array([[2.0, 1], [1, 3]])) @ x, lambda d, x: np.array([[3, -1], [-1, 2]]) / 5 @ d, x="2"
    ),
    "inverse of constants of the run": verify.pair(
        lambda x: inv(np.eye(3)) @ x, lambda d, x: inv(np.eye(3)).T @ d, x="3 2"
    ),
    "condition number": verify.pair(
        lambda a: np.linalg.cond(a, "fro"),
        lambda d, a: (
            d
            * (
                np.linalg.norm(inv(a)) / np.linalg.norm(a) * a
                - np.linalg.norm(a) / np.linalg.norm(inv(a)) * inv(a).T @ inv(a) @ inv(a).T
            )
        ),
        a="2 2",
    ),
    "tensor solution": verify.pair(
        lambda b: np.linalg.tensorsolve(np.eye(4).reshape(2, 2, 2, 2) * 2, b), lambda d, b: d / 2, b="2 2"
    ),
    "power of a matrix": verify.pair(
        lambda a: np.linalg.matrix_power(a, -2),
        lambda d, a: -inv(a).T @ (d @ inv(a).T + inv(a).T @ d) @ inv(a).T,
        a="2 2",
    ),
}
WRONG = {
    "inverse, not transposed": verify.pair(inv, lambda d, a: -inv(a) @ d @ inv(a), a="3 3"),
    "inverse without its sign": verify.pair(inv, lambda d, a: inv(a).T @ d @ inv(a).T, a="2 2"),
    "solution, not transposed": verify.pair(
        solve, lambda d, a, b: (-np.outer(solve(a, d), solve(a, b)), solve(a.T, d)), a="3 3", b="3"
    ),
    "determinant, not transposed": verify.pair(np.linalg.det, lambda d, a: d * np.linalg.det(a) * inv(a), a="3 3"),
    "log-determinant, not transposed": verify.pair(lambda a: np.linalg.slogdet(a)[1], lambda d, a: d * inv(a), a="3 3"),
    "signs of determinants, squared": verify.pair(
        lambda a: np.linalg.slogdet(a)[0] * a[:, 0, 0],
        lambda d, a: d[:, None, None] * (np.arange(9).reshape(3, 3) == 0),
        a="2 3 3",
    ),
    "determinant by its logarithm, without its sign": verify.pair(
        lambda a: np.linalg.slogdet(a)[0] * np.exp(np.linalg.slogdet(a)[1]),
        lambda d, a: d * np.abs(np.linalg.det(a)) * inv(a).T,
        a="3 3",
    ),
    "log-determinant, half of it": verify.pair(
        lambda a: np.linalg.slogdet(a)[1], lambda d, a: d * inv(a).T / 2, a="3 3"
    ),
    "Cholesky with a whole diagonal": verify.pair(
        lambda b: cholesky(spd(b)), lambda d, b: cholesky_back(d, b, np.tril), b="3 2"
    ),
    "Cholesky with the upper half": verify.pair(
        lambda b: cholesky(spd(b)), lambda d, b: cholesky_back(d, b, lambda a: lower_part(a.T)), b="3 2"
    ),
    "QR with a doubled diagonal": qr_case(lambda a: np.tril(a) + np.tril(a).T, "3 2"),
    "QR with one half": qr_case(np.tril, "2 2"),
    "eigenvectors with a sign": eigen_case("3 3", -1),
    "eigenvectors, not symmetric": eigen_case("3 3", together=lambda a: a),
    "singular vectors with a sign": svd_case("3 2", -1),
    "eigenvalues, not transposed": verify.pair(
        lambda a: np.linalg.eigvalsh(symmetric(a)),
        lambda d, a: (lambda v: v.T @ np.diag(d) @ v)(np.linalg.eigh(symmetric(a))[1]),
        a="3 3",
    ),
    "spectral norm of the least value": verify.pair(
        lambda a: np.linalg.norm(a, 2),
        lambda d, a: (lambda u, s, v: d * np.outer(u[:, 1], v[1]))(*np.linalg.svd(a, full_matrices=False)),
        a="2 3",
    ),
    "pseudo-inverse with a sign": verify.pair(np.linalg.pinv, pinv_back(-1), a="3 2"),
    "least squares without residuals": verify.pair(
        lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], least_squares_back(0), a="3 2", b="3"
    ),
    "Gaussian process, twice as much": verify.pair(
        likelihood, likelihood_back(1), y="3", x="3", scale=verify.real("", low=0.5, high=2)
    ),
    "Gaussian density with a sign": verify.pair(density, density_back(-1), x="2", mean="2", b="2 2"),
    "Mahalanobis distance, half of it": verify.pair(
        mahalanobis, mahalanobis_back(0.5), x=verify.real("2", low=0.5), b="2 2"
    ),
    "Kalman filter, half of it": verify.pair(
        innovation, innovation_back(1), y="1", p="2 2", q=verify.real("", low=0.1)
    ),
}


RIGHT = {name: case for name, case in RIGHT.items() if case}


def verdicts(case):
    return {row.verdict for row in verify.check(case).comparisons if row.role != "output"}


@pytest.mark.parametrize("name", some(RIGHT, 12))
def test_a_right_backward_pass_is_proved(name):
    """Rational functions and roots of matrices are formulas like any other: their gradients are proved."""
    assert verdicts(RIGHT[name]) == {Verdict.PROVED}


@slow
@pytest.mark.parametrize("name", some(WRONG, 24))
def test_a_planted_error_is_refuted(name):
    """A missing transpose, a wrong half, sign or factor has an exact counterexample."""
    assert Verdict.REFUTED in verdicts(WRONG[name])


def failure(forward, shape="2 2"):
    """Return why a case came to no verdict on its gradient."""
    (row,) = verify.check(verify.pair(forward, lambda d, a: 0 * a, a=shape)).comparisons
    return row.verdict, row.evidence.detail


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (lambda a: inv(np.outer(a, a)), "singular at the sample"),
        (lambda a: cholesky(-np.outer(a, a)), "not positive definite at the sample"),
        (lambda a: np.linalg.qr(np.outer(a, a))[1], "of less than full rank at the sample"),
        (lambda a: np.linalg.pinv(np.outer(a, a)), "of less than full rank at the sample"),
    ],
)
def test_what_is_not_defined_at_the_sample_is_told(forward, message):
    """A singular matrix ends the case with the line, and with what to declare."""
    verdict, detail = failure(forward, "2")
    assert verdict in (Verdict.ERROR, Verdict.UNDECIDED)
    assert message in detail
    assert "test_linear.py:" in detail
    assert "declare a domain" in detail


def test_a_tie_of_eigenvalues_is_told():
    """Where two eigenvalues are the same there is a kink, and no derivative."""
    verdict, detail = failure(lambda a: np.linalg.eigvalsh(np.eye(2) * a), "")
    assert verdict is Verdict.UNDECIDED
    assert "a kink" in detail


def test_code_that_catches_a_failed_factorisation_is_followed():
    """NumPy's exception is raised as on floats: the other way to the factor is taken, and proved."""

    def factor(a):
        try:
            return cholesky(-a * a * np.eye(2))
        except np.linalg.LinAlgError:
            return cholesky(a * a * np.eye(2))

    case = verify.pair(factor, lambda d, a: d[0, 0] + d[1, 1], a=verify.real("", low=1, high=2))
    assert verdicts(case) == {Verdict.PROVED}


def test_nothing_is_said_of_floats_without_a_bound():
    """Of what LAPACK rounds no bound is printed, and the report says so."""
    result = verify.check(RIGHT["inverse"])
    assert any("no rounding bound is known for numpy.linalg.inv" in note for note in result.notes)
    assert not result.accuracy


def notes_on_signs(name):
    return [note for note in verify.check(RIGHT[name]).notes if "signs that LAPACK chooses" in note]


@slow
def test_what_depends_on_a_free_sign_is_told():
    """Eigenvectors are pinned to LAPACK's signs at the sample, which is said where the output depends on them."""
    assert notes_on_signs("eigenvectors of three rows")
    assert not notes_on_signs("eigenvalues")
    assert not notes_on_signs("nuclear norm")
    assert not notes_on_signs("square of a sum of an eigenvector")


@pytest.mark.parametrize(
    "forward",
    [
        lambda a: np.linalg.pinv(a, 0.5),
        lambda a: np.linalg.lstsq(a, a, rcond=0.5)[0],
        lambda a: np.linalg.pinv(a, hermitian=True),
        lambda a: np.linalg.svd(a, hermitian=True)[1],
        lambda a: np.linalg.qr(a, mode="raw")[0],
    ],
)
def test_other_functions_by_the_same_name_are_refused(forward):
    """With a cutoff, or one half of the matrix read, it is another function: undecided, by its name."""
    verdict, detail = failure(forward)
    assert verdict is Verdict.UNDECIDED
    assert "cannot be traced" in detail


def test_floats_of_a_factor_lie_within_their_bounds():
    """LAPACK's factors are judged as it computes them: at every magnitude the error is below the bound."""
    result = verify.check(RIGHT["factor"])
    rows = [row for row in result.accuracy if row.bound]
    assert rows
    assert not [note for note in result.notes if "no bound" in note]
    assert not [finding for finding in result.findings if finding.code == "GP201"]
    assert all(float(row.error) <= float(row.bound) for row in rows)


def test_a_factor_of_short_floats_is_found():
    """A cast to float32 in front of a factor takes the gradient further from the exact one than float64 does."""
    result = verify.check(
        verify.pair(
            lambda b: np.log(np.diag(cholesky(spd(b)))).sum(),
            lambda d, b: d * log_back(b, np.float32),
            b="2 1",
        )
    )
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert [finding for finding in result.findings if finding.code.startswith("GP2")]


@slow
def test_too_many_roots_are_told_and_nothing_false_is_said_of_them():
    """Of five eigenvalues nothing is proved: the right gradient agrees, with that reason; a wrong one is refuted."""

    def case(outer):
        return verify.pair(
            lambda a: np.linalg.eigvalsh(symmetric(a)),
            lambda d, a: outer(np.linalg.eigh(symmetric(a))[1], np.diag(d)),
            a="5 5",
        )

    (right,) = verify.check(case(lambda v, d: v @ d @ v.T), quick=True).comparisons
    assert right.verdict is Verdict.AGREES
    assert "too many roots of polynomials" in right.evidence.detail
    (wrong,) = verify.check(case(lambda v, d: v.T @ d @ v), quick=True).comparisons
    assert wrong.verdict is Verdict.REFUTED
    assert "linear" not in wrong.diagnosis


@pytest.mark.parametrize("compute", [np.linalg.inv, cholesky, lambda a: np.linalg.svd(a, compute_uv=False)])
def test_results_lie_in_memory_as_those_of_numpy(compute):
    """A write through what `ravel` makes of a result reaches the result, as on floats."""

    def forward(b):
        result = compute(spd(b))
        result.ravel()[0] *= 3
        return result.sum()

    (row,) = verify.check(verify.pair(forward, lambda d, b: 0 * b, b="2 1")).comparisons
    assert row.verdict is Verdict.REFUTED  # floats agree with the formula, so that it can be


def test_matrices_without_rows():
    """The inverse of no rows is empty, as in NumPy, and so is what is computed with it."""

    def forward(x):
        empty = x[:, :0]
        return x.sum() + np.linalg.lstsq(empty, x, rcond=None)[0].sum() + np.linalg.inv(empty.T @ empty).sum()

    (row,) = verify.check(verify.pair(forward, lambda d, x: d * np.ones_like(x), x="2 3"), quick=True).comparisons
    assert row.verdict is Verdict.PROVED


def test_eigenvectors_have_the_signs_of_the_half_that_is_read():
    """LAPACK gives other signs where it reads the other half of a matrix."""
    one = np.array([[0.25, 1.0, -0.75], [1.5, -0.5, 0.125], [2.0, 0.75, 1.0]])

    def forward(x):
        return sum((np.linalg.eigh(x + one * (1 + shift), uplo)[1] ** 3).sum() for uplo in "LU" for shift in range(5))

    (row,) = verify.check(verify.pair(forward, lambda d, x: 0 * x, x="3 3"), quick=True).comparisons
    assert row.verdict is Verdict.REFUTED

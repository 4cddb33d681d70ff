"""The density of several normal variables: right scores by point, mean and covariance are proved, wrong ones refuted."""

import numpy as np
import pytest
from effort import some

import verify
from verify.model.result import Verdict

stats = pytest.importorskip("scipy.stats")
normal = stats.multivariate_normal

A, MEAN = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([0.25, 1.0])
VARIANCE = verify.real("", low=0.25, high=4)


def regular(b):
    return b @ b.T + np.eye(len(b))


def scores(d, x, mean, b):
    alpha = np.linalg.solve(regular(b), x - mean)
    return -d * alpha, d * alpha, d * (np.outer(alpha, alpha) - np.linalg.inv(regular(b))) @ b


CASES = {
    "point": (lambda x: normal.logpdf(x, MEAN, A), lambda d, x: -d * np.linalg.solve(A, x - MEAN), {"x": "2"}),
    "points": (
        lambda x: normal.logpdf(x, mean=MEAN, cov=A),
        lambda d, x: -d[:, None] * np.linalg.solve(A, (x - MEAN).T).T,
        {"x": "3 2"},
    ),
    "frozen": (lambda x: normal(MEAN, A).logpdf(x), lambda d, x: -d * np.linalg.solve(A, x - MEAN), {"x": "2"}),
    "density": (
        lambda x: normal(np.zeros(2)).pdf(x),
        lambda d, x: -d * x * np.exp(-x @ x / 2) / (2 * np.pi),
        {"x": "2"},
    ),
    "parameters": (lambda x, m, b: normal.logpdf(x, m, regular(b)), scores, {"x": "2", "m": "2", "b": "2 2"}),
    "frozen parameters": (lambda x, m, b: normal(m, regular(b)).logpdf(x), scores, {"x": "2", "m": "2", "b": "2 2"}),
    "one variance": (
        lambda x, s: normal.logpdf(x, np.zeros(2), s),
        lambda d, x, s: (-d * x / s, d * (x @ x / (2 * s * s) - 1 / s)),
        {"x": "2", "s": VARIANCE},
    ),
    "variances": (
        lambda x, s: normal.logpdf(x, np.zeros(2), s),
        lambda d, x, s: (-d * x / s, d * (x * x / (2 * s * s) - 1 / (2 * s))),
        {"x": "2", "s": verify.real("2", low=0.25, high=4)},
    ),
    "one variable": (lambda x: normal.logpdf(x), lambda d, x: -d * x, {"x": ""}),
}


def verdicts(forward, backward, inputs):
    return {row.verdict for row in verify.check(verify.pair(forward, backward, **inputs)).comparisons}


@pytest.mark.parametrize("name", some(CASES, 6))
def test_a_score(name):
    """It is proved, or equal but for roundings of constants; half as much again is refuted."""
    forward, backward, inputs = CASES[name]

    def wrong(*args):
        right = backward(*args)
        return tuple(1.5 * part for part in right) if isinstance(right, tuple) else 1.5 * right

    assert verdicts(forward, backward, inputs) <= {Verdict.PROVED, Verdict.AGREES}
    assert verdicts(forward, wrong, inputs) == {Verdict.REFUTED}


@pytest.mark.parametrize(
    ("forward", "words"),
    [
        (lambda x: normal.logpdf(x, MEAN, A, allow_singular=True), "allow_singular=True"),
        (lambda x: normal(x, A).entropy(), "multivariate_normal.entropy"),
    ],
)
def test_what_is_not_followed(forward, words):
    """It is told by its name."""
    (row,) = verify.check(verify.pair(forward, lambda d, x: d * x, x="2")).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert words in row.evidence.detail

"""Small constants that forward has and backward ignores: a finding that names them, which a case may allow."""

import re

import numpy as np
import pytest

import verify
from verify.model.result import Verdict


class SoftmaxWithLoss:
    """The loss layer of the book, whose backward ignores the constant in the logarithm."""

    def forward(self, x, t):
        """Return the mean cross entropy."""
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.log(self.y[np.arange(len(t)), t] + 1e-7).sum() / len(t)

    def backward(self, dout=1):
        """Return the gradient of x."""
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dout * dx / len(self.t)


def loss(**more):
    """Make a case of the book's loss."""
    inputs = {"x": "N C", "t": verify.integer("N", below="C")}
    return verify.layer(SoftmaxWithLoss, inputs=inputs, upstream=1, name="loss", **more)


def ignored(result):
    """Return the findings of ignored constants."""
    return [finding for finding in result.findings if finding.code == "GP212"]


def test_the_books_loss_reads_as_what_it_is():
    """The constant, its line and the size of the effect are told, and fail the gate; no gradient is refuted."""
    result = verify.check(loss())
    (finding,) = ignored(result)
    assert not result.passes
    assert "1e-07" in finding.detail
    assert "at one sample, and may be larger elsewhere" in finding.detail
    assert "test_approximation_ignored.py" in finding.where.file
    assert all(row.verdict.good and row.evidence.error for row in result.comparisons)


def test_an_allowed_constant_passes():
    """With a reason the case passes, and the reason is kept."""
    result = verify.check(loss(allow={"GP212": "only keeps the logarithm from 0"}))
    assert result.passes
    assert ignored(result)[0].allowed


LOGARITHM = lambda y: np.log(y + 1e-7)  # noqa: E731


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (LOGARITHM, lambda d, y: d / y),
        (lambda y: np.sqrt(y + 1e-5), lambda d, y: d / 2 / np.sqrt(y)),
        (lambda y: 1 / (y - 1e-8), lambda d, y: -d / y**2),
        (lambda y: np.log(y + 1e-7) / (y + 1e-8), lambda d, y: d * (1 - np.log(y)) / y**2),
        (lambda y: -np.log(np.clip(y, 1e-7, 1 - 1e-7)), lambda d, y: -d / y),
    ],
)
def test_constants_in_many_places(forward, backward):
    """Constants in roots, denominators, pairs of them and clips are found, and nothing is refuted."""
    result = verify.check(verify.pair(forward, backward, y=verify.real("2", low=0, high=1), name="layer"))
    assert ignored(result)
    assert all(re.search(r"at y\[\d\]=\S+, and may be larger", finding.detail) for finding in ignored(result))
    assert all(row.verdict.good for row in result.comparisons)
    assert not result.passes


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (LOGARITHM, lambda d, y: d / (y + 1e-6)),
        (LOGARITHM, lambda d, y: d * 1.0001 / y),
        (LOGARITHM, lambda d, y: d / y + d * 1e-9),
        (lambda y: 0.001 * y + y**2, lambda d, y: d * 2 * y),
        (lambda y: y**2 * (1 + 0.5 * y), lambda d, y: d * 2 * y),
        (lambda y: np.log(np.clip(y, 0.2, 0.9)), lambda d, y: d / y),
    ],
)
def test_other_mistakes_are_no_ignored_constants(forward, backward):
    """Another constant, a factor, a forgotten term and a cut in the middle stay refuted, whatever is allowed."""
    domain = verify.real("2", low=0, high=1)
    allow = {"GP212": "a reason"}
    result = verify.check(verify.pair(forward, backward, y=domain, name="layer", allow=allow))
    assert any(row.verdict is Verdict.REFUTED for row in result.comparisons)
    assert not ignored(result)


EPS = np.finfo(np.float32).eps


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (lambda y: np.log(y + EPS), lambda d, y: d / y),
        (lambda y: 1 / (y - np.finfo(np.float16).eps), lambda d, y: -d / y**2),
        (lambda y: np.sqrt(y + 2.0**-20), lambda d, y: d / 2 / np.sqrt(y)),
        (lambda y: np.log(np.clip(y, EPS, 1 - EPS)), lambda d, y: d / y),
    ],
)
def test_a_small_power_of_2_is_named_with_its_line(forward, backward):
    """The eps of a float type has no rounding that would mark it as a float: it is found by its size alone."""
    result = verify.check(verify.pair(forward, backward, y=verify.real("2", low=0.1, high=1), name="layer"))
    assert all(row.verdict.good for row in result.comparisons)
    assert not result.passes
    assert {finding.where.line for finding in ignored(result)} == {forward.__code__.co_firstlineno}


@pytest.mark.parametrize(
    "backward", [lambda d, y: d / (y + 2 * EPS), lambda d, y: d * 1.001 / y, lambda d, y: d / y + d * EPS]
)
def test_a_wrong_gradient_beside_a_power_of_2_is_refuted(backward):
    """Twice the constant, a factor and a term of its size are mistakes, and no constant that is ignored."""
    case = verify.pair(lambda y: np.log(y + EPS), backward, y=verify.real("2", low=0.1, high=1), name="layer")
    result = verify.check(case)
    assert {row.verdict for row in result.comparisons} == {Verdict.REFUTED}
    assert not ignored(result)


def test_the_same_power_of_2_on_both_sides_passes():
    """A constant that backward keeps is proved, without a finding."""
    case = verify.pair(
        lambda y: np.log(y + EPS), lambda d, y: d / (y + EPS), y=verify.real("2", low=0.1, high=1), name="layer"
    )
    result = verify.check(case)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not ignored(result)

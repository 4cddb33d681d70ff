"""The density of `scipy.stats.multivariate_normal` on symbols, by a solution and a determinant, frozen or not.

SciPy takes both from eigenvalues, of the lower half of the covariance; as numbers they are the same where that is
regular. SciPy is not imported here: its methods are replaced while a trace is running, once user code has imported it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.unfollowed import unbounded, unfollowed
from verify.tracing.arrays.arrays import current, lift
from verify.tracing.linear.factors import mirrored
from verify.tracing.numpy.products import as_array
from verify.tracing.outside.outside import is_symbolic
from verify.tracing.scipy.families import FAMILIES

_NAME = "scipy.stats.multivariate_normal"
_METHODS = ("logpdf", "pdf")


class Frozen:
    """A normal distribution whose mean or covariance depends on symbols."""

    def __init__(self, mean: Any, cov: Any) -> None:
        self.mean, self.cov = mean, cov

    def logpdf(self, x: Any) -> Any:
        """Return the logarithm of the density, of several points along the axes before the last one."""
        if current().as_executed:
            raise unbounded(_NAME)
        matrix = _square(self.cov, np.shape(x)[-1] if np.ndim(x) else 1)
        deviation = as_array(x) - (0 if self.mean is None else as_array(self.mean))
        rows = deviation.reshape(-1, len(matrix))
        sizes = np.sum(rows * np.linalg.solve(matrix, rows.T).T, -1).reshape(deviation.shape[:-1])
        scale = len(matrix) * FAMILIES["norm"].log_density(lift(0))  # -log(2 pi) / 2 for each dimension
        return scale - np.linalg.slogdet(matrix)[1] / 2 - sizes / 2

    def pdf(self, x: Any) -> Any:
        """Return the density."""
        return np.exp(self.logpdf(x))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copies ask for
            raise AttributeError(name)
        raise unfollowed(f"{_NAME}.{name}", " of symbols")


def _square(cov: Any, dimensions: int) -> Any:
    """Return the covariance as SciPy reads it: a number or a diagonal of variances too, the lower half of a matrix."""
    cov = as_array(cov)
    if cov.ndim <= 1:
        return cov * np.eye(dimensions)
    return mirrored(cov, lower=True)


def replaced() -> list[tuple[type, str, Any, Any]]:
    """Return the methods of SciPy's normal distributions, if it has been imported, each with what replaces it."""
    module = sys.modules.get("scipy.stats._multivariate")
    general, frozen = (getattr(module, f"multivariate_normal_{kind}", None) for kind in ("gen", "frozen"))
    if general is None or frozen is None:
        return []
    methods = [(general, name, _answering) for name in _METHODS] + [(frozen, name, _of_frozen) for name in _METHODS]
    return [
        (kind, name, vars(kind)[name], made(vars(kind)[name]))
        for kind, name, made in [*methods, (general, "__call__", _freezing)]
    ]


@functools.cache
def _answering(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(
        self: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False, **options: Any
    ) -> Any:
        if not any(map(is_symbolic, (x, mean, cov))):
            return original(self, x, mean, cov, allow_singular, **options)
        _refuse(allow_singular)
        return getattr(Frozen(mean, cov), original.__name__)(x)

    return replacement


@functools.cache
def _of_frozen(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(self: Any, x: Any) -> Any:
        if not is_symbolic(x):
            return original(self, x)
        _refuse(self.allow_singular)
        return getattr(Frozen(self.mean, self.cov_object.covariance), original.__name__)(x)

    return replacement


@functools.cache
def _freezing(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(
        self: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False, *args: Any, **options: Any
    ) -> Any:
        if not any(map(is_symbolic, (mean, cov))):
            return original(self, mean, cov, allow_singular, *args, **options)
        _refuse(allow_singular)
        return Frozen(mean, cov)

    return replacement


def _refuse(allow_singular: bool) -> None:
    if allow_singular:
        raise unfollowed(_NAME, " with allow_singular=True")

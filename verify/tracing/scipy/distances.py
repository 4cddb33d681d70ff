"""Distances between rows, as `scipy.spatial.distance` defines them: compiled code computes those of whole matrices."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.unfollowed import unfollowed
from verify.tracing.numpy.products import as_array
from verify.tracing.outside.sources import on_symbols

_MODULE = "scipy.spatial.distance"
_MATRIX = 2


def _cosine(u: Any, v: Any) -> Any:
    return 1 - np.sum(u * v, -1) / (np.sqrt(np.sum(u * u, -1)) * np.sqrt(np.sum(v * v, -1)))


def _centred(x: Any) -> Any:
    return x - np.mean(x, -1, keepdims=True)


def _minkowski(u: Any, v: Any, p: Any = 2, w: Any = 1) -> Any:
    if p == np.inf:
        return np.max(np.abs(u - v), -1)
    return np.sum(w * np.abs(u - v) ** p, -1) ** (1 / p)


def _canberra(u: Any, v: Any, w: Any = 1) -> Any:
    """Return the sum of |u - v| / (|u| + |v|), where both are 0 without that term."""
    above, below = np.abs(u - v), np.abs(u) + np.abs(v)
    empty = np.equal(below, 0)
    return np.sum(w * np.where(empty, 0.0, above / np.where(empty, 1.0, below)), -1)


def _mahalanobis(u: Any, v: Any, VI: Any) -> Any:  # noqa: N803 - as SciPy has it
    difference = u - v
    return np.sqrt(np.sum(np.matmul(difference, VI) * difference, -1))


# Each distance of the last axes of two arrays, by its canonical name.
_METRICS: dict[str, Callable[..., Any]] = {
    "euclidean": lambda u, v, w=1: np.sqrt(np.sum(w * (u - v) ** 2, -1)),
    "sqeuclidean": lambda u, v, w=1: np.sum(w * (u - v) ** 2, -1),
    "cityblock": lambda u, v, w=1: np.sum(w * np.abs(u - v), -1),
    "chebyshev": lambda u, v: np.max(np.abs(u - v), -1),
    "minkowski": _minkowski,
    "cosine": _cosine,
    "correlation": lambda u, v: _cosine(_centred(u), _centred(v)),
    "seuclidean": lambda u, v, V: np.sqrt(np.sum((u - v) ** 2 / V, -1)),  # noqa: N803
    "mahalanobis": _mahalanobis,
    "braycurtis": lambda u, v, w=1: np.sum(w * np.abs(u - v), -1) / np.sum(w * np.abs(u + v), -1),
    "canberra": _canberra,
}
# What a metric takes of all rows where it is not passed.
_DEFAULTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "seuclidean": ("V", lambda rows: np.var(rows, axis=0, ddof=1)),
    "mahalanobis": ("VI", lambda rows: np.linalg.inv(np.cov(rows.T)).T),
}


def _metric(metric: Any, rows: Any, options: dict[str, Any]) -> Callable[[Any, Any], Any]:
    """Return a distance of the last axes of two arrays; raises TraceError for those that are not followed."""
    if callable(metric):
        return lambda u, v: _pairwise(metric, u, v, options)
    aliases = getattr(sys.modules[_MODULE], "_METRIC_ALIAS", {})
    info = aliases.get(metric.lower())
    name = metric.lower() if info is None else info.canonical_name
    options = {key: value for key, value in options.items() if value is not None}
    if name == "jensenshannon":
        function = on_symbols(sys.modules[_MODULE].jensenshannon)
        return lambda u, v: _pairwise(function, u, v, options)
    if name not in _METRICS or ("w" in options and name in ("chebyshev", "cosine", "correlation")):
        raise unfollowed(_MODULE, f" with the metric {name!r}")
    default = _DEFAULTS.get(name)
    if default is not None and default[0] not in options:
        options[default[0]] = default[1](rows)
    return lambda u, v: _METRICS[name](u, v, **options)


def _pairwise(metric: Callable[..., Any], u: Any, v: Any, options: dict[str, Any]) -> Any:
    """Call a function of two vectors for each pair of rows."""
    shape = np.broadcast_shapes(u.shape[:-1], v.shape[:-1])
    first, second = (np.broadcast_to(x, (*shape, x.shape[-1])) for x in (u, v))
    made = [as_array(metric(first[i], second[i], **options)) for i in np.ndindex(shape)]
    return np.stack(made).reshape(shape)


def _placed(result: Any, out: Any) -> Any:
    if out is None:
        return result
    out[...] = result
    return out


def between_all(XA: Any, XB: Any, metric: Any = "euclidean", *, out: Any = None, **options: Any) -> Any:  # noqa: N803
    """Return the distances between the rows of two matrices, as `cdist` does."""
    a, b = as_array(XA), as_array(XB)
    if a.ndim != _MATRIX or b.ndim != _MATRIX or a.shape[1] != b.shape[1]:
        raise ValueError("XA and XB must be 2-dimensional, with the same number of columns.")
    distance = _metric(metric, np.concatenate([a, b]), options)
    return _placed(distance(a[:, None, :], b[None, :, :]), out)


def between_pairs(X: Any, metric: Any = "euclidean", *, out: Any = None, **options: Any) -> Any:  # noqa: N803
    """Return the distances between each two rows of a matrix, as `pdist` does."""
    rows = as_array(X)
    if rows.ndim != _MATRIX:
        raise ValueError("A 2-dimensional array must be passed.")
    first, second = np.triu_indices(len(rows), 1)
    return _placed(_metric(metric, rows, options)(rows[first], rows[second]), out)


def in_square(X: Any, force: str = "no", checks: bool = True) -> Any:  # noqa: N803 - as SciPy has it
    """Return a matrix of distances as a vector of those of pairs, or the other way."""
    x = as_array(X)
    if (force.lower() in ("tomatrix", "tovector")) and (x.ndim == 1) != (force.lower() == "tomatrix"):
        raise ValueError("Forcing 'to matrix' takes a vector, and 'to vector' a matrix.")
    if x.ndim == _MATRIX:
        if checks and not (np.equal(x, x.T).all() and np.equal(np.diagonal(x), 0).all()):
            raise ValueError("Distance matrix must be symmetric, with a diagonal of zeros.")
        return x[np.triu_indices(len(x), 1)]
    n = int(np.ceil(np.sqrt(len(x) * 2)))
    if n * (n - 1) != len(x) * 2:
        raise ValueError("Incompatible vector size. It must be a binomial coefficient n choose 2")
    n = max(n, 1)
    places = np.zeros((n, n), int)
    places[np.triu_indices(n, 1)] = np.arange(1, len(x) + 1)
    return np.concatenate([np.zeros(1), x])[places + places.T]


def cosine(u: Any, v: Any, w: Any = None) -> Any:
    """Return 1 less the cosine of an angle, which is between 0 and 2: that SciPy cuts off the rest is no branch."""
    return _of_vectors("cosine", u, v, w)


def correlation(u: Any, v: Any, w: Any = None, centered: bool = True) -> Any:
    """Return the same of vectors less their means, unless they are said to be `centered` already."""
    return _of_vectors("correlation" if centered else "cosine", u, v, w)


def _of_vectors(name: str, u: Any, v: Any, w: Any) -> Any:
    if w is not None:
        raise unfollowed(f"{_MODULE}.{name}", " with w")
    return _METRICS[name](as_array(u), as_array(v))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    f"{_MODULE}.cdist": between_all,
    f"{_MODULE}.pdist": between_pairs,
    f"{_MODULE}.squareform": in_square,
    f"{_MODULE}.cosine": cosine,
    f"{_MODULE}.correlation": correlation,
}

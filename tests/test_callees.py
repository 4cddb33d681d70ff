"""Library functions that a case is made of, without a name in a module of the user's."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special
import scipy.stats
from effort import slow, some

import verify
from verify import Verdict

_POSITIVE = verify.real("", low="1/2", high=3)
_MATRIX = np.array([[2.0, 1.0], [0.0, 1.0]])


def _twice(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: 2 * function(x)


def _of_inverse(factor: float) -> Callable[..., Any]:
    return lambda d, a: factor * (scipy.linalg.inv(a).T @ d @ scipy.linalg.inv(a).T)


def _by_default(a: Any, function: Callable[..., Any] = scipy.linalg.inv) -> Any:
    return function(a)


def _of_solve(matrix: Any) -> Callable[..., Any]:
    return lambda d, b: np.linalg.solve(matrix, d)


_SQUARE = {"a": "2 2"}
_NUMBER = {"x": _POSITIVE}
PAIRS: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
    "expm": (
        scipy.linalg.expm,
        lambda d, a: scipy.linalg.expm_frechet(a.T, d, compute_expm=False),
        lambda d, a: scipy.linalg.expm(a).T @ d,
        _SQUARE,
    ),
    "inv": (scipy.linalg.inv, _of_inverse(-1), _of_inverse(1), _SQUARE),
    "closure": (_twice(scipy.linalg.inv), _of_inverse(-2), _of_inverse(-1), _SQUARE),
    "default": (_by_default, _of_inverse(-1), _of_inverse(1), _SQUARE),
    "partial": (
        functools.partial(scipy.linalg.solve, _MATRIX),
        _of_solve(_MATRIX.T),
        _of_solve(_MATRIX),
        {"b": "2"},
    ),
    "density": (scipy.stats.expon.pdf, lambda d, x: -d * np.exp(-x), lambda d, x: d * np.exp(-x), _NUMBER),
    "partial density": (
        functools.partial(scipy.stats.norm.logpdf, scale=2),
        lambda d, x: -d * x / 4,
        lambda d, x: -d * x / 2,
        _NUMBER,
    ),
    "frozen": (scipy.stats.norm(0, 2).logpdf, lambda d, x: -d * x / 4, lambda d, x: -d * x / 2, _NUMBER),
    "ufunc": (
        scipy.special.gammaln,
        lambda d, x: d * scipy.special.psi(x),
        lambda d, x: d * (scipy.special.psi(x) + 1),
        _NUMBER,
    ),
}


@slow
@pytest.mark.parametrize("name", some(PAIRS, 6))
def test_library_functions_are_followed_as_the_subject(name: str) -> None:
    """What a case is made of is looked up as a name of the user's, and a wrong gradient of it is refuted."""
    forward, right, wrong, inputs = PAIRS[name]
    assert [row.verdict for row in verify.check(verify.pair(forward, right, **inputs)).comparisons] == [Verdict.PROVED]
    assert [row.verdict for row in verify.check(verify.pair(forward, wrong, **inputs)).comparisons] == [Verdict.REFUTED]


def test_a_library_function_as_the_derivative() -> None:
    """The gradient may be a library's function too."""
    right = verify.derivative(lambda x: -x * x / 2 - np.log(2 * np.pi) / 2, np.negative, x=_POSITIVE)
    assert verify.check(right).good
    log_density = verify.derivative(lambda x: x * np.log(x) - x, scipy.stats.norm.logpdf, x=_POSITIVE)
    assert not verify.check(log_density).good


def test_functions_are_put_back() -> None:
    """After a check a partial function calls what it called before."""
    function = functools.partial(scipy.linalg.inv)
    verify.check(verify.pair(function, _of_inverse(-1), a="2 2"))
    assert function.func is scipy.linalg.inv
    assert _by_default.__defaults__ == (scipy.linalg.inv,)

"""Functions of `numpy.ma` on symbols."""

from typing import Any

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict

_OPEN = np.array([1.0, 0.0, 1.0])
_AT = verify.real("3", low="1/2", high=3)


def _masked(x: Any) -> Any:
    return np.ma.array(x, mask=[0, 1, 0])


def _unmasked(x: Any) -> Any:
    return np.ma.array(x, mask=[0, 0, 0])


FUNCTIONS: dict[str, tuple[Any, Any]] = {
    "max": (lambda x: _masked(x).max(), lambda x: np.array([x[0] >= x[2], 0, x[0] < x[2]])),
    "min": (lambda x: np.ma.min(_masked(x)), lambda x: np.array([x[0] <= x[2], 0, x[0] > x[2]])),
    "median": (lambda x: np.ma.median(_masked(x)), lambda x: _OPEN / 2),
    "power": (lambda x: np.ma.power(_masked(x), 3).sum(), lambda x: 3 * x**2 * _OPEN),
    "**": (lambda x: (_masked(x) ** 2).sum(), lambda x: 2 * x * _OPEN),
    "base of **": (lambda x: (2.0 ** _masked(x)).sum(), lambda x: np.log(2) * 2.0**x * _OPEN),
    "** without a mask": (lambda x: (np.ma.array(x) ** 2).sum(), lambda x: 2 * x),
    "cov": (lambda x: np.ma.cov(_unmasked(x)), lambda x: x - x.mean()),
    "var": (lambda x: _unmasked(x).var(), lambda x: 2 * (x - x.mean()) / 3),
    "var of some": (lambda x: _masked(x).var(), lambda x: (x - (x[0] + x[2]) / 2) * _OPEN),
    "quotient": (lambda x: (_masked(x) / (2 + x)).sum(), lambda x: 2 / (2 + x) ** 2 * _OPEN),
}


@pytest.mark.parametrize("name", some(FUNCTIONS, 8))
def test_masked_functions_are_followed(name: str) -> None:
    """At the sample a right gradient is decided to be right, a wrong one refuted."""
    function, gradient = FUNCTIONS[name]
    right = verify.check(verify.pair(function, lambda d, x: d * gradient(x), x=_AT), quick=True)
    wrong = verify.check(verify.pair(function, lambda d, x: d * (gradient(x) + 1), x=_AT), quick=True)
    assert right.good
    assert [row.verdict for row in wrong.comparisons] == [Verdict.REFUTED]


@pytest.mark.parametrize("name", ["var", "var of some"])
def test_the_tolerance_of_safe_divisions_is_no_branch(name: str) -> None:
    """NumPy masks quotients near the largest double, where a right gradient is no wrong one."""
    function, gradient = FUNCTIONS[name]
    assert verify.check(verify.pair(function, lambda d, x: d * gradient(x), x="3")).good


def test_a_division_by_zero_is_not_decided() -> None:
    """Where the divisor is zero, NumPy masks the quotient, which has no formula there."""
    divisors = np.array([1.0, 0.0, 2.0])
    case = verify.pair(lambda x: (_unmasked(x) / divisors).sum(), lambda d, x: d / divisors, x="3")
    assert [row.verdict for row in verify.check(case, quick=True).comparisons] == [Verdict.UNDECIDED]


REFUSED = {
    "numpy.ma.cov": lambda x: np.ma.cov(_masked(x)),
    "numpy.ma.sort": lambda x: np.ma.sort(_masked(x)).sum(),
    "numpy.ma.max": lambda x: _masked(x).max(axis=0),
    "numpy.ma.polyfit": lambda x: np.ma.polyfit(x, _masked(x), 1).sum(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_followed_is_refused_by_its_name(name: str) -> None:
    """The message names the function, not what its code calls."""
    result = verify.check(verify.pair(REFUSED[name], lambda d, x: d * x, x=_AT), quick=True)
    assert [row.verdict for row in result.comparisons] == [Verdict.UNDECIDED]
    assert result.comparisons[0].evidence is not None
    assert name in result.comparisons[0].evidence.detail

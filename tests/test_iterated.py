"""Derivatives of what an iteration converges to, which `forward` ends at a tolerance."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.checks.checker import check
from verify.model.comparison import ITERATION
from verify.model.reasons import Reason
from verify.model.result import Verdict

_X = {"low": 0.2, "high": 1.4}


class _Newton:
    """y**3 + y = x."""

    def slope(self) -> Any:
        return 1 / (3 * self.y**2 + 1)

    def forward(self, x: Any) -> Any:
        y = 0.5 * np.ones_like(x)
        while True:
            step = (y**3 + y - x) / (3 * y**2 + 1)
            y = y - step
            if np.max(np.abs(step)) < 1e-13 * (1 + np.max(np.abs(y))):
                break
        self.y = y
        return y.copy()

    def backward(self, dout: Any) -> Any:
        return dout * self.slope()


class _Bisection(_Newton):
    def forward(self, x: Any) -> Any:
        low, high = np.zeros_like(x), 2 * np.ones_like(x)
        while np.max(high - low) > 1e-12:
            middle = (low + high) / 2
            below = middle**3 + middle < x
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        self.y = (low + high) / 2
        return self.y.copy()


class _FixedPoint(_Newton):
    """y = x cos(y) / 2."""

    def slope(self) -> Any:
        return 0.5 * np.cos(self.y) / (1 + 0.5 * self.x * np.sin(self.y))

    def forward(self, x: Any) -> Any:
        self.x, y = x.copy(), np.zeros_like(x)
        for _ in range(300):
            previous, y = y, 0.5 * x * np.cos(y)
            if np.sqrt(np.sum((y - previous) ** 2)) < 2.0**-30:
                break
        self.y = y
        return y.copy()


class _Exponential(_Newton):
    """The power series of exp, until the term is small."""

    def slope(self) -> Any:
        return self.y

    def forward(self, x: Any) -> Any:
        term, total, k = np.ones_like(x), np.ones_like(x), 1
        while np.max(np.abs(term)) > 1e-9:
            term, k = term * x / k, k + 1
            total = total + term
        self.y = total
        return total.copy()


class _Sinkhorn:
    """Scales K = exp(-C) by u and v until the rows sum to a, and the columns to b; the loss is a.log(u) + b.log(v).

    That is the dual of the transport with entropy, so that its derivative by C is the plan.
    """

    def forward(self, cost: Any) -> Any:
        a, b, kernel = np.array([0.25, 0.75]), np.array([0.5, 0.5]), np.exp(-cost)
        u, change = np.ones(2), 1.0
        while change > 1e-9:
            v = b / (kernel.T @ u)
            following = a / (kernel @ v)
            change = np.max(np.abs(following - u))
            u = following
        self.plan = u[:, None] * kernel * v
        return np.sum(a * np.log(u)) + np.sum(b * np.log(v))

    def backward(self, dout: Any) -> Any:
        return dout * self.plan


def _wrong(layer: type, change: Callable[[Any], Any]) -> type:
    class Wrong(layer):  # type: ignore[misc]
        def backward(self, dout: Any) -> Any:
            return change(super().backward(dout))

    return Wrong


def _row(layer: type, **inputs: Any) -> Any:
    (row,) = check(verify.layer(layer, inputs=inputs), quick=True).comparisons
    return row


_LAYERS = (_Newton, _Bisection, _FixedPoint, _Exponential)


@pytest.mark.parametrize("layer", some(_LAYERS, 8))
def test_derivative_of_the_limit_is_left_open_with_its_line(layer: type) -> None:
    """A derivative that is right for the limit of an iteration is undecided, and the reason is the iteration."""
    row = _row(layer, x=verify.real("2", **_X))
    assert (row.verdict, row.evidence.kind, row.evidence.reason) == (Verdict.UNDECIDED, ITERATION, Reason.ITERATION)
    assert "test_iterated.py" in row.evidence.detail


_CHANGES = [lambda g: 2 * g, lambda g: g + 1e-3 * g**2]


@pytest.mark.parametrize(("layer", "change"), some(product(_LAYERS, _CHANGES), 12))
def test_wrong_derivative_of_the_limit_is_refuted(layer: type, change: Callable[[Any], Any]) -> None:
    """A wrong derivative of what an iteration converges to is refuted as any other."""
    assert _row(_wrong(layer, change), x=verify.real("2", **_X)).verdict is Verdict.REFUTED


@pytest.mark.parametrize("layer", some([_FixedPoint, _Newton], 4))
def test_term_that_is_smaller_than_the_tolerance_is_refuted(layer: type) -> None:
    """A term that is lost stays so for a smaller tolerance, and no tolerance excuses it."""
    wrong = _wrong(layer, lambda g: g * (1 + 1e-12))
    assert _row(wrong, x=verify.real("2", **_X)).verdict is Verdict.REFUTED


@slow
def test_one_wrong_entry_of_several_is_refuted_alone() -> None:
    """Of a gradient that is right but for one entry, that entry is the counterexample."""
    row = _row(_wrong(_FixedPoint, lambda g: g * np.array([1.0, 1.0, 2.0])), x=verify.real("3", **_X))
    assert (row.verdict, row.index) == (Verdict.REFUTED, (2,))


@slow
def test_scaling_to_a_tolerance_is_left_open_and_its_wrong_twin_refuted() -> None:
    """The gradient of a transport by Sinkhorn's scaling is undecided, and refuted without its last factor."""
    cost = verify.real("2 2", low=0.5, high=1.5)
    assert _row(_Sinkhorn, cost=cost).evidence.kind == ITERATION
    assert _row(_wrong(_Sinkhorn, lambda g: -g), cost=cost).verdict is Verdict.REFUTED


def test_number_of_steps_that_is_fixed_is_no_tolerance() -> None:
    """A gradient of the limit is refuted where `forward` ends after three steps, whatever they come to."""

    class Three(_FixedPoint):
        def forward(self, x: Any) -> Any:
            self.x, y = x.copy(), np.zeros_like(x)
            for _ in range(3):
                y = 0.5 * x * np.cos(y)
            self.y = y
            return y.copy()

    assert _row(Three, x=verify.real("2", **_X)).verdict is Verdict.REFUTED


def test_threshold_that_chooses_a_formula_is_no_tolerance() -> None:
    """A wrong series below a threshold is refuted, though the threshold could be so small that none is below it."""

    class Series:
        def forward(self, x: Any) -> Any:
            self.x = x.copy()
            return np.where(np.abs(x) < 1e-3, 1 - x**2 / 6, np.sin(x) / x)

        def backward(self, dout: Any) -> Any:
            x = self.x
            return dout * np.where(np.abs(x) < 1e-3, -x / 2, (x * np.cos(x) - np.sin(x)) / x**2)

    case = verify.layer(Series, inputs={"x": verify.real("2", low=1e-5, high=9e-4)})
    (row,) = check(case, quick=True).comparisons
    assert row.verdict is Verdict.REFUTED


def test_steps_of_a_function_are_no_slope() -> None:
    """A gradient of 1 for a number that is rounded to whole ones in a loop is refuted: it is 0, with jumps of 1."""

    class Rounded:
        def forward(self, x: Any) -> Any:
            whole = 0.0 * x
            for number in range(1, 40):
                whole = np.where(x > number, float(number), whole)
            return whole

        def backward(self, dout: Any) -> Any:
            return dout

    assert _row(Rounded, x=verify.real("2", low=0.2, high=39)).verdict is Verdict.REFUTED

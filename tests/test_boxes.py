"""The proof that a branch is empty, by boxes; and that nothing is proved where it is not."""

from fractions import Fraction

import flint
import numpy as np
import pytest
from effort import some

import verify
from verify.checks.regions.boxes import _halves, excludes
from verify.graph import balls
from verify.tracing.observe import Observation, observe, variants
from verify.tracing.symbols.trace import Trace

UNIT = {"low": 0, "high": 1}
WIDE = {"low": -1000, "high": 1000}
EMPTY = {
    "a sum with an exponential": (lambda x: x[0] + np.exp(x[0]) > 4, UNIT),
    "a product that has a largest value": (lambda x: x[0] * np.exp(-x[0]) > 1, WIDE),
    "an infinite domain": (lambda x: x[0] ** 2 + np.exp(x[0]) < 0.1, {}),
    "next to a bound": (lambda x: np.log(x[0]) > x[0], {"low": 0, "high": 1000}),
    "a half of a line": (lambda x: np.exp(x[0]) + x[0] < 7, {"low": 2}),
    "a wave": (lambda x: np.sin(x[0]) + np.cos(x[0]) > 1.5, {"low": -10, "high": 10}),
    "a quotient": (lambda x: x[0] / (1 + x[0] ** 2) > 0.51, {"low": -50, "high": 50}),
    "two inputs": (lambda x: x[0] * x[1] + x[0] > 2.1, UNIT),
}
OPEN = {
    "a sum that just gets there": (lambda x: x[0] + np.exp(x[0]) > 3.7, UNIT),
    "a product that has a largest value": (lambda x: x[0] * np.exp(-x[0]) > 0.3678, WIDE),
    "beyond any box": (lambda x: x[0] > 1e9, {}),
    "a wave": (lambda x: np.sin(x[0]) + np.cos(x[0]) > 1.4142, {"low": -10, "high": 10}),
    "a single point": (lambda x: (x[0] - 0.25) ** 2 <= 0, UNIT),
    "between two halves": (lambda x: abs(x[0] - 0.5) < 1e-9, UNIT),
    "two inputs": (lambda x: x[0] * x[1] + x[0] > 1.9, UNIT),
}


def decided(condition, bounds):
    """Tell whether the other side of a condition is proved to be empty."""

    @verify.case(x=verify.real("2", **bounds))
    def subject(x):
        asked = condition(x)
        dout = yield x * (2 if asked else 3)
        return dout * (2 if asked else 3)

    (variant,) = variants(subject)
    seen = observe(subject, variant, 0, seen=Observation(variant, Trace()))
    asked = seen.conditions[-1]
    other = frozenset(
        s for s in (-1, 0, 1) if verify.tracing.symbols.scalar.RELATIONS[asked.relation](s) != asked.holds
    )
    low, high = (None if bounds.get(side) is None else Fraction(bounds[side]) for side in ("low", "high"))
    return excludes(seen.trace, asked.node, other, {f"x[{i}]": (low, high) for i in range(2)})


@pytest.mark.parametrize("name", EMPTY)
def test_empty_sides_are_proved_empty(name):
    """Where a largest value excludes the side, boxes show it."""
    assert decided(*EMPTY[name])


@pytest.mark.parametrize("name", some(OPEN, 6))
def test_sides_with_a_point_are_never_excluded(name):
    """However few points there are, and wherever they lie."""
    assert not decided(*OPEN[name])


@pytest.mark.parametrize(
    "ends", [(None, None), (None, Fraction(-3)), (Fraction(5), None), (Fraction(0), Fraction(1)), (None, Fraction(7))]
)
def test_halves_lose_no_point(ends):
    """Two halves overlap, and end where the whole does: open intervals would lose the point between them."""
    (low, cut), (start, high) = sorted(_halves(*ends), key=lambda half: (half[0] is not None, half[0] or 0))
    assert (low, high) == ends
    assert start < cut


def test_a_box_holds_all_of_its_values():
    """The ball of a box holds its ends and its middle."""
    with flint.ctx.workprec(64):
        box = balls.ball(Fraction(1, 3)).union(balls.ball(Fraction(22, 7)))
        assert all(box.contains(balls.ball(Fraction(value))) for value in (Fraction(1, 3), 1, 2, 3))

"""Do gradients look right? Differences of values in random directions tell, on floats: no verdict rests on that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

_STEP = 1e-5
_NEAR = 1e-4
_DIRECTIONS = 3  # in which a gradient is off by one factor, if it is a multiple


class Looks(NamedTuple):
    """What gradients are held against: the `value` of the case at inputs, and the inputs where they were returned."""

    value: Callable[[Mapping[str, Any]], float]
    inputs: Mapping[str, Any]
    gradients: Mapping[str, Any]
    rng: np.random.Generator

    def alike(self, name: str) -> list[str]:
        """Return the inputs whose gradients look like that of one input, in a random direction."""
        direction, slope = self._slope(name)
        return [
            other
            for other, gradient in self.gradients.items()
            if np.shape(gradient) == np.shape(direction) and _near(slope, _along(gradient, direction))
        ]

    def is_multiple(self, name: str) -> bool:
        """Tell whether the gradient of an input looks like the right one times a number other than 0."""
        slopes = [self._slope(name) for _ in range(_DIRECTIONS)]
        (slope, along), *others = [(slope, _along(self.gradients[name], direction)) for direction, slope in slopes]
        return bool(slope and along) and all(_near(slope * other, along * exact) for exact, other in others)

    def _slope(self, name: str) -> tuple[Any, float]:
        """Return a random direction of an input, and how fast the value grows along it."""
        direction = self.rng.normal(size=np.shape(self.inputs[name]))
        ahead, behind = (
            self.value({**self.inputs, name: self.inputs[name] + sign * _STEP * direction}) for sign in (1, -1)
        )
        return direction, (ahead - behind) / (2 * _STEP)


def _along(gradient: Any, direction: Any) -> float:
    return float(np.sum(np.asarray(gradient) * direction))


def _near(slope: float, returned: float) -> bool:
    return abs(slope - returned) <= _NEAR * max(1e-3, abs(slope), abs(returned))

"""Do gradients look right? Differences of values in random directions tell, on floats: no verdict rests on that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

_STEPS = (1e-5, 1e-3, 1e-2)  # of what is computed in float32 the smallest one shows the roundings
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
        direction = self._direction(name)
        along = {
            other: _along(each, direction)
            for other, each in self.gradients.items()
            if np.shape(each) == np.shape(direction)
        }
        for step in _STEPS:
            slope = self._slope(name, direction, step)
            if near := [other for other, returned in along.items() if _near(slope, returned)]:
                return near
        return []

    def is_multiple(self, name: str) -> bool:
        """Tell whether the gradient of an input looks like the right one times a number other than 0."""
        directions = [self._direction(name) for _ in range(_DIRECTIONS)]
        (slope, along), *others = [
            (self._slope(name, direction, _STEPS[0]), _along(self.gradients[name], direction))
            for direction in directions
        ]
        return bool(slope and along) and all(_near(slope * other, along * exact) for exact, other in others)

    def _direction(self, name: str) -> Any:
        """Return a random direction of an input."""
        return self.rng.normal(size=np.shape(self.inputs[name]))

    def _slope(self, name: str, direction: Any, step: float) -> float:
        """Return how fast the value grows along a direction of an input."""
        ahead, behind = (
            self.value({**self.inputs, name: self.inputs[name] + sign * step * direction}) for sign in (1, -1)
        )
        return (ahead - behind) / (2 * step)


def _along(gradient: Any, direction: Any) -> float:
    return float(np.sum(np.asarray(gradient) * direction))


def _near(slope: float, returned: float) -> bool:
    return abs(slope - returned) <= _NEAR * max(1e-3, abs(slope), abs(returned))

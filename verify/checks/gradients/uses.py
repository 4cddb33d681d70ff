"""Values of a line that would have to be others in each of their uses: a sum over the wrong axis, broadcast back.

No other values of such a line make the gradients right, and the line that uses them is not at fault. A hint for people,
as all of `parting`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from verify.checks.gradients.effects import Floats, missing, slopes
from verify.checks.rounding.recorder import Recorder

_MOST_USES = 1_000  # of a line
Line = tuple[str, int]


class _Use(NamedTuple):
    """An argument of a node, by its number, and which multiple of another line's value it is."""

    node: int
    number: int
    factor: float


class Uses(NamedTuple):
    """A recorded run with the values and effects of its nodes, what entries lack, and what is of the exact side."""

    recorder: Recorder
    values: Mapping[int, float]
    effects: Mapping[int, Floats]
    lacks: Floats
    are_exact: Callable[[Iterable[float]], NDArray[np.bool_]]

    def line(self, nodes: Iterable[int], final: Collection[Line], odd: Collection[int]) -> Line | None:
        """Return the first line that is used by `final` ones, whose `odd` values are at fault in each use."""
        uses: dict[Line, list[_Use]] = {}
        for node in nodes:
            if self.recorder.places[node] in final and self._scaled(node)[0] == node:
                for number, argument in enumerate(self.recorder.args[node]):
                    origin, factor = self._scaled(argument)
                    line = self.recorder.places[origin]
                    if line not in final and line[0] and origin in odd:
                        uses.setdefault(line, []).append(_Use(node, number, factor))
        return next((line for line, of_line in uses.items() if self._are_at_fault(of_line)), None)

    def _scaled(self, node: int) -> tuple[int, float]:
        """Return the node that a node is a multiple of, and of what: -s of s."""
        numbers = [self.recorder.number(argument) for argument in self.recorder.args[node]]
        if self.recorder.ops[node] != "product" or [number is None for number in numbers].count(True) != 1:
            return node, 1.0
        place = numbers.index(None)
        factor = float(numbers[1 - place] or 0)
        return (self.recorder.args[node][place], factor) if factor else (node, 1.0)

    def _are_at_fault(self, uses: list[_Use]) -> bool:
        """Tell whether other values of arguments would make all entries right, and these are no accident.

        They are of the exact side, or shared by uses, and by other ones than the values that there are.
        """
        if len(uses) > _MOST_USES:
            return False
        moved = [slopes(self.recorder, use.node, self.values)[use.number] * self.effects[use.node] for use in uses]
        solved = missing(moved, self.lacks)
        if solved is None or not solved[1]:
            return False
        factors = np.array([use.factor for use in uses])
        held = np.array([self.values[self.recorder.args[use.node][use.number]] for use in uses]) / factors
        needed = held + solved[0] / factors
        return bool(self.are_exact(needed).all()) or _are_regrouped(held, needed)


def _are_regrouped(held: Floats, needed: Floats) -> bool:
    """Tell whether values are shared by several uses each, and what shared a value does not any more."""
    before, after = (np.unique(_shortened(side), return_inverse=True)[1] for side in (held, needed))
    together = len({*zip(before.tolist(), after.tolist(), strict=True)})
    return bool(2 * (after.max() + 1) <= len(needed) and together > before.max() + 1)


def _shortened(numbers: Floats) -> Floats:
    """Return numbers to as many digits as are the same of equal ones."""
    return np.array([float(f"{number:.6g}") for number in numbers])

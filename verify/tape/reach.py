"""How many kernels, of some, each element can depend on at most.

The kernels are put in an order, and each element has the hull of the places of all that it is computed from: from the
first to the last. Rows of a softmax have their own row in it, and no other. Kernels of blocks of one size that stand at
one place in them are neighbours: a standard deviation that is computed twice, the gates of a cell.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from verify.tape.parts import Part
from verify.tape.tape import Elements, Tape, distinct

_NO_FIRST, _NO_LAST = np.iinfo(np.int64).max, -1


class Reach:
    """The hulls of elements: `first` and `last` place, and the largest weight of a kernel in reach.

    Kernels are parts; those of one argument are one, whose weight is that of the argument.
    """

    def __init__(
        self, tape: Tape, parts: Sequence[Part], kernels: Sequence[Part], weights: npt.NDArray[np.float64]
    ) -> None:
        self.first = np.full(tape.size, _NO_FIRST)
        self.last = np.full(tape.size, _NO_LAST)
        self.weight = np.full(tape.size, -np.inf)
        if not kernels:
            return
        elements = np.concatenate([part.numbers for part in kernels])
        arguments, places = distinct(np.concatenate([part.args[0] for part in kernels]))
        self.first[elements] = self.last[elements] = _order(tape, arguments)[places]
        self.weight[elements] = weights[arguments][places]
        for part in parts:
            if part.args:
                self._extend(part)

    def counts(self, *elements: Elements) -> npt.NDArray[np.int64]:
        """Return how many kernels arrays of elements can depend on at most, entry by entry."""
        first = np.minimum.reduce([self.first[array] for array in elements])
        last = np.maximum.reduce([self.last[array] for array in elements])
        result: npt.NDArray[np.int64] = np.maximum(last - first + 1, 0)
        return result

    def heaviest(self, *elements: Elements) -> npt.NDArray[np.float64]:
        """Return the largest weight in reach."""
        result: npt.NDArray[np.float64] = np.maximum.reduce([self.weight[array] for array in elements])
        return result

    def _extend(self, part: Part) -> None:
        """Join the hulls of arguments with what an element has as a kernel."""
        for values, join in ((self.first, np.minimum), (self.last, np.maximum), (self.weight, np.maximum)):
            values[part.elements] = join(values[part.elements], _joined(values, part, join))


def _joined(values: npt.NDArray[np.generic], part: Part, join: np.ufunc) -> npt.NDArray[np.generic]:
    """Join the values of all arguments of each element."""
    args = [values[arg] for arg in part.args]
    if part.op == "total":
        joined = join.reduceat(args[0], part.payload)
    elif part.op == "matmul":
        joined = join(join.reduce(args[0], axis=2)[:, :, None], join.reduce(args[1], axis=1)[:, None, :]).ravel()
    else:
        joined = join.reduce(args)
    return joined


def _order(tape: Tape, kernels: Elements) -> Elements:
    """Return a place for each kernel, by where it stands in its block."""
    starts = np.array([block.start for block in tape.blocks])
    sizes = np.array([block.size for block in tape.blocks])
    blocks = np.searchsorted(starts, kernels, side="right") - 1
    within = (kernels - starts[blocks]) / sizes[blocks]
    places = np.empty(len(kernels), np.int64)
    places[np.lexsort((kernels, within))] = np.arange(len(kernels))
    return places

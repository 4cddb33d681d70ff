"""Which operations of a layer are amiss: from the line at which a wrong gradient parts, what leads to it.

What leads to a gradient that is right is not amiss. Where no operation is known to be, the gradient alone is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from verify.model.identity import Place
from verify.model.result import Comparison, Verdict


class Flow(NamedTuple):
    """Operations by numbers: what each is computed from, the last ones of each gradient, and the lines."""

    args: Mapping[int, Collection[int]]
    ends: Mapping[str, Collection[int]]
    places: Mapping[int, Place]

    def reach(self, ends: Iterable[int]) -> set[int]:
        """Return the operations that some are computed from, themselves among them."""
        reached, waiting = set[int](), [*ends]
        while waiting:
            number = waiting.pop()
            if number in self.args and number not in reached:
                reached.add(number)
                waiting += self.args[number]
        return reached


class Amiss(NamedTuple):
    """The operations whose values are wrong, those of them at which that begins, and the gradients that are wrong."""

    wrong: set[int]
    parted: set[int]
    names: set[str]


def amiss(flow: Flow, rows: Mapping[str, Comparison]) -> Amiss:
    """Return what is amiss, given the row of each gradient."""
    names = {name for name in flow.ends if rows[name].verdict is Verdict.REFUTED}
    right = flow.reach(end for name, ends in flow.ends.items() if rows[name].verdict.good for end in ends)
    wrong, parted = set[int](), set[int]()
    for name in names:
        leading = flow.reach(flow.ends[name]) - right
        begun = _results(flow, {number for number in leading if flow.places[number] == rows[name].parting})
        parted |= begun
        wrong |= {number for number in leading if flow.reach([number]) & begun}
    return Amiss(wrong, parted, names)


def _results(flow: Flow, line: set[int]) -> set[int]:
    """Return what a line computes for others: the operations that no other one of it uses."""
    used = {argument for number in line for argument in flow.args[number]}
    return line - used

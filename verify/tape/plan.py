"""How many walks it takes to compare pairs of elements, and what each walk is worth for each of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from verify.graph.functions import FUNCTIONS
from verify.proof.field import Laws
from verify.proof.kernels import EXPONENTIAL
from verify.tape.bounds import Bounds
from verify.tape.degrees import Degrees
from verify.tape.grouping import grouped
from verify.tape.masks import all_of, any_of
from verify.tape.parts import Part, parts
from verify.tape.reach import Reach
from verify.tape.security import MOST_WALKS, SECURITY, Bits, bits, price, walks_for
from verify.tape.tape import Elements, Mask, Tape, distinct

_MOST_ROOTS = 3
_FEW_WALKS = 6
_LEAST_WALKS = 16  # of which half count
_ROOM = 2**27  # values that are kept, in 4 bytes each


@dataclass(slots=True)
class Plan:
    """What a walk is worth for each pair, and by element for the arguments of functions; and how many are taken."""

    laws: Laws
    order: int  # the common denominator of the exponents of all powers
    pairs: Bits
    arguments: Bits
    collisions: float  # the logarithm of the number of pairs of arguments
    walks: int
    rooted: Mask
    parts: list[Part]  # nothing below exponentials, where they have a law
    least: float = math.inf  # the bits that all arguments have at least that were used

    def usable(self, arguments: Elements, counted: npt.NDArray[np.int64]) -> Mask:
        """Tell for which arguments of functions enough walks count."""
        surplus = self.surplus(self.arguments[arguments], counted) - self.collisions
        result: Mask = surplus >= SECURITY
        self.least = min(self.least, surplus[result].min(initial=math.inf))
        return result

    def surplus(self, worth: Bits, counted: npt.NDArray[np.int64]) -> Bits:
        """Return the bits that walks give beyond their price."""
        return worth * counted - price(self.walks, counted)


def plan(tape: Tape, left: Elements, right: Elements, laws: Laws) -> Plan:
    """Bound degrees and count kernels: a bound for each operation, and one for each element where that is too large."""
    wanted = np.concatenate([left, right])
    everything = grouped(parts(tape, wanted), tape.size, wanted)
    question = _Question(tape, left, right, laws, everything)
    if laws is not Laws.ROOTS:
        bounds = Bounds(tape, everything, question.order, laws)
        if bounds.finite and (cheap := question.weighed(bounds)) and question.suffices(cheap):
            return cheap
    return question.weighed(Degrees(tape, everything, question.order, laws))


class _Question:
    """Pairs to be compared, and what they are computed from."""

    def __init__(self, tape: Tape, left: Elements, right: Elements, laws: Laws, everything: list[Part]) -> None:
        self.tape, self.left, self.right, self.laws, self.everything = tape, left, right, laws, everything
        self.roots = [part for part in everything if is_root(part)]
        self.kernels = [*self.roots, *(part for part in everything if part.op in FUNCTIONS)]
        self.order = math.lcm(*(part.payload.denominator for part in self.roots))

    def weighed(self, bounds: Degrees | Bounds) -> Plan:
        """Return what walks are worth by bounds on degrees."""
        tape, left, right, laws, outer = self.tape, self.left, self.right, self.laws, self.everything
        degree, height = bounds.of_differences(left, right)
        single = laws is Laws.NONE
        arguments = _worth_of_arguments(bounds, self.kernels, single=single)
        collisions = 2 * math.log2(1 + sum(part.size for part in self.kernels))  # also with the negatives, and with 0
        rooted = np.zeros(tape.size, bool)
        counts = np.zeros(len(left), np.int64)
        if laws is Laws.ROOTS and self.roots:
            reach = Reach(tape, outer, self.roots, arguments)
            rooted, counts = reach.last >= 0, reach.counts(left, right)
            conjugates = float(self.order) ** counts
            degree, height = degree * conjugates, height * conjugates
        worth = bits(degree, height, level=int(not single), chained=not single)
        if laws is not Laws.NONE and any(part.op in EXPONENTIAL for part in outer):
            wanted = np.concatenate([left, right])
            outer = grouped(parts(tape, wanted, EXPONENTIAL), tape.size, wanted)
            worth = _weigh_exponentials(tape, outer, left, right, worth, arguments)
        of_kernels = [arguments[part.args[0]] for part in self.kernels]
        walks = max([walks_for(worth), *(walks_for(argument, collisions) for argument in of_kernels)])
        if walks and any_of(counts > 0) and not self.order % 2:
            walks = _for_squares(int(counts[worth > 0].min(initial=_MOST_ROOTS)), self.everything)
        return Plan(laws, self.order, worth, arguments, collisions, walks, rooted, outer)

    def suffices(self, cheap: Plan) -> bool:
        """Tell whether finer bounds would save less than they take: nothing is worthless, and there are few walks."""
        return (
            cheap.walks <= _FEW_WALKS
            and all_of(cheap.pairs > 0)
            and all(all_of(cheap.arguments[part.args[0]] > 0) for part in self.kernels)
        )


def _for_squares(roots: int, everything: Sequence[Part]) -> int:
    """Return how many walks are taken where one in 2**roots counts: whatever has more roots has further attempts."""
    room = _ROOM // (1 + sum(part.size for part in everything))
    wanted = MOST_WALKS << (min(max(roots, 1), _MOST_ROOTS) - 1)
    return min(wanted, max(_LEAST_WALKS, room))


def is_root(part: Part) -> bool:
    """Tell whether a part takes roots."""
    return part.op == "power" and part.payload.denominator != 1


def _worth_of_arguments(degrees: Degrees | Bounds, kernels: Sequence[Part], *, single: bool) -> Bits:
    """Return what a walk is worth for telling arguments of functions from each other, by element.

    They are read modulo single primes, or at either level of a chain.
    """
    worth = np.zeros(degrees.size)
    for part in kernels:
        worth[part.args[0]] = bits(*degrees.sizes(part.args[0]), level=int(not single), chained=not single)
    return worth


def _weigh_exponentials(
    tape: Tape, outer: Sequence[Part], left: Elements, right: Elements, worth: Bits, arguments: Bits
) -> Bits:
    """Return what is left for pairs after what exponentials cost; for arguments of functions, change it in place."""
    exponentials = [part for part in outer if part.op in EXPONENTIAL]
    reach = Reach(tape, [part for part in outer if part.op not in EXPONENTIAL], exponentials, -arguments)
    others = [part for part in outer if is_root(part) or (part.op in FUNCTIONS and part.op not in EXPONENTIAL)]
    for argument in [distinct(np.concatenate([part.args[0] for part in others]))[0]] if others else []:
        arguments[argument] = _without_exponentials(reach, arguments[argument], argument)
    return _without_exponentials(reach, worth, left, right)


def _without_exponentials(reach: Reach, worth: Bits, *elements: Elements) -> Bits:
    """Take off what exponentials cost: any two that an element can depend on may agree in a walk.

    The weight of an exponent is what a walk is worth for it, negative: the largest is that of the least worth.
    """
    counts = reach.counts(*elements)
    least = np.where(counts > 0, np.minimum(worth, -reach.heaviest(*elements)), worth)
    result: Bits = np.maximum(least - 2 * np.log2(1 + counts), 0.0)
    return result

"""Where two formulas of one computation differ: their leaves, in which one approximates what the other computes.

A run on one side of a threshold and a run on its other side do the same operations, but for the formula that is chosen
there. Both formulas are therefore one formula of leaves, which are what was chosen: p = G(a1, a2, ...) on this side and
q = G(c1, c2, ...) on the other. If every a_k stays close to c_k over all of the region, p is q with approximations in
place of what they stand for, whatever other inputs are combined with them, and however many.

Operands are matched by what the graph knows of them: sums and products commute. A match that is missed costs a proof
and no more, because every pair of leaves is proved by itself.

The graph adds constants: of (1 - x**2 / 6) + (1 - y**2 / 6), which stands for sin(x) / x + sin(y) / y, nothing says
which part of the 2 goes with x. Terms that depend on the same inputs then belong together, and their share of the
constant is what the values at the point make it. Any shares that add up to the constant leave the formula as it is, so
that they are only guessed: each part with its share is proved to be close as any other leaf, or it is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

import flint

from verify.graph import balls
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.model.exact import simplest_rational
from verify.tracing.region import Point

BITS = 256
LITTLE = flint.arb(1) / 8  # relative: what differs by more is no approximation, and not looked at
_MOST_PAIRS = 3000  # of operands that are compared for one formula
_MOST_TERMS = 12  # that differ in one sum or product
_DEEPEST = 100  # operations from the whole formula to a leaf
PAIRS = f"more than {_MOST_PAIRS} pairs of operands to compare"
TERMS = f"more than {_MOST_TERMS} operands of a sum or product differ"
DEPTH = f"the formulas are more than {_DEEPEST} operations deep"
_MINUS = Fraction(-1)
_ULPS = (0.5, 2.0**28)  # of doubles: what a share of a constant is known to from values of double or single precision

L = TypeVar("L")


@dataclass(frozen=True, slots=True)
class _Rest:
    """The operands of a sum or product that the other side lacks."""

    left: list[int]
    right: list[int]


def differs_little(left: flint.arb, right: flint.arb) -> bool:
    """Tell whether two values are close to each other, or both 0 as far as their digits tell."""
    if left.contains(0) and right.contains(0):
        return bool(left.is_finite() and right.is_finite())
    return bool(abs(left - right) < LITTLE * abs(left).max(abs(right)))


def are_close(graph: Graph, pair: tuple[int, int], point: Point, values: dict[int, flint.arb]) -> bool:
    """Tell whether two formulas differ by little at a point, whose `values` in BITS are added to.

    Close beside a removable singularity a formula loses nearly all digits, and is taken in more of them.
    """
    with flint.ctx.workprec(BITS):
        balls.at(graph, pair, point, values)
        left, right = values[pair[0]], values[pair[1]]
        if differs_little(left, right) or (balls.is_known(left) and balls.is_known(right)):
            return differs_little(left, right)
    more = balls.enclose(graph, pair, point, precisions=balls.PRECISIONS[1:])
    return differs_little(more[pair[0]], more[pair[1]])


class Matching(Generic[L]):
    """Pairs of formulas taken apart into leaves, each of which `leaf` proves, or returns None for.

    Formulas whose values at `point` differ by much are no leaves, and not looked at. All pairs have one budget.
    """

    def __init__(self, graph: Graph, point: Point, leaf: Callable[[int, int], L | None]) -> None:
        self.graph, self.point, self.leaf = graph, point, leaf
        self.left, self._depth = _MOST_PAIRS, 0
        self.limits: set[str] = set()  # that were reached, in the words of the report
        self.guessed = False  # whether the pair that is compared, or a constant in it, is
        self._settled: dict[tuple[int, int], list[L] | None] = {}
        self._values: dict[int, flint.arb] = {}
        self._inputs: dict[int, int] = {}  # of nodes, as bits

    def leaves(self, p: int, q: int) -> list[L] | None:
        """Return the leaves in which p differs from q, none where they are one node; None where that is not proved."""
        if p == q:
            return []
        if (p, q) not in self._settled:
            self._settled[p, q] = None  # until it is settled
            self._depth += 1
            self._settled[p, q] = self._apart(p, q) if self._within(self._depth < _DEEPEST, DEPTH) else None
            self._depth -= 1
        return self._settled[p, q]

    def close(self, p: int, q: int) -> bool:
        """Tell whether two formulas differ by little at the point."""
        return are_close(self.graph, (p, q), self.point, self._values)

    def alike(self, p: int, q: int) -> L | None:
        """Return the leaf that p and q are as a whole, if any; nothing but their values says that they belong together.

        So the pair is guessed: a part of a right series may look like a misprint of the whole.
        """
        if self.mask(p) != self.mask(q) or not self.close(p, q):
            return None
        self.guessed = True
        try:
            return self.leaf(p, q)
        finally:
            self.guessed = False

    def _within(self, affordable: bool, limit: str) -> bool:
        """Note a limit that is reached; tells whether it is not."""
        if not affordable:
            self.limits.add(limit)
        return affordable

    def _apart(self, p: int, q: int) -> list[L] | None:
        self.left -= 1
        if not self._within(self.left >= 0, PAIRS) or not self.close(p, q):
            return None
        leaves = self._operands(p, q)
        leaves = self._mirrored(p, q) if leaves is None else leaves
        if leaves is None and (leaf := self.leaf(p, q)) is not None:
            return [leaf]
        return leaves

    def _operands(self, p: int, q: int) -> list[L] | None:
        """Return the leaves of operands, where both formulas do the same with theirs."""
        ops, args, payloads = self.graph.ops, self.graph.args, self.graph.payloads
        if ops[p] != ops[q] or not args[p] or payloads[p] != payloads[q]:
            return None
        if ops[p] in ("sum", "product"):
            ways = (self.graph.args.__getitem__, self._blocks, self._flat)
            matches = (self._commuting(ops[p], _rest(way(p), way(q))) for way in ways)
            leaves = next((leaves for leaves in matches if leaves is not None), None)
            return self._parts(p, q) if leaves is None and ops[p] == "sum" and not self.guessed else leaves
        return self.leaves(args[p][0], args[q][0])

    def _mirrored(self, p: int, q: int) -> list[L] | None:
        """Return the leaves of arguments of different signs: f(a) is -f(-a) of an odd function, f(-a) of an even one.

        The graph takes signs out of such functions, on one side only where the other one's argument has none.
        """
        (left, f), (right, g) = self._signed(p), self._signed(q)
        parity = self._parity(f)
        if self.graph.ops[f] != self.graph.ops[g] or self.graph.payloads[f] != self.graph.payloads[g]:
            return None
        if not parity or left * right != parity:
            return None
        minus = self.graph.product(self.graph.constant(_MINUS), self.graph.args[f][0])
        return self.leaves(minus, self.graph.args[g][0])

    def _signed(self, node: int) -> tuple[int, int]:
        """Write a node as 1 or -1 times another one."""
        if self.graph.ops[node] == "product":
            for factor, other in (self.graph.args[node], self.graph.args[node][::-1]):
                if self.graph.value(factor) == _MINUS:
                    return -1, other
        return 1, node

    def _parity(self, node: int) -> int:
        """Return 1 where the operation of a node is even, -1 where it is odd, else 0."""
        op, exponent = self.graph.ops[node], self.graph.payloads[node]
        if op == "power":
            return 0 if exponent.denominator != 1 else 1 if exponent % 2 == 0 else -1
        return FUNCTIONS[op].parity if op in FUNCTIONS else 0

    def _commuting(self, op: str, rest: _Rest) -> list[L] | None:
        """Match what is left of the operands one by one, and then all that nothing matches as a whole."""
        if not self._within(max(len(rest.left), len(rest.right)) <= _MOST_TERMS, TERMS):
            return None
        leaves, open_right = [], list(rest.right)
        open_left = []
        for p in rest.left:
            partner = next((q for q in open_right if self.leaves(p, q) is not None), None)
            if partner is None:
                open_left.append(p)
            else:
                open_right.remove(partner)
                leaves += self.leaves(p, partner) or []
        if open_left or open_right:
            whole = self._whole(op, open_left, open_right)
            return None if whole is None else leaves + whole
        return leaves

    def _flat(self, number: int, opened: Callable[[int], bool] = lambda _: True) -> list[int]:
        """Return the operands of a sum of sums, or of a product of products, those of parts that are `opened`."""
        graph = self.graph
        op, operands, todo = graph.ops[number], [], list(graph.args[number])
        while todo:
            node = todo.pop()
            if graph.ops[node] == op and opened(node):
                todo += graph.args[node]
            else:
                operands.append(node)
        return operands

    def _blocks(self, number: int) -> list[int]:
        """Return operands as `_flat` does, but whole sums whose terms depend on the same inputs: the entries of one."""
        return self._flat(number, self._is_mixed)

    def _is_mixed(self, number: int) -> bool:
        """Tell whether neither operand of a node depends on all inputs that the other one does."""
        left, right = (self.mask(argument) for argument in self.graph.args[number])
        return bool(left & ~right and right & ~left)

    def mask(self, number: int) -> int:
        """Return the inputs that a node depends on, as bits."""
        graph, masks = self.graph, self._inputs
        for node in graph.reach([number], masks):
            masks[node] = 1 << node if graph.ops[node] == "variable" else 0
            for argument in graph.args[node]:
                masks[node] |= masks[argument]
        return masks[number]

    def _parts(self, p: int, q: int) -> list[L] | None:
        """Return the leaves of the terms of two sums that depend on the same inputs, with shares of the constants."""
        left, right = self._by_inputs(p), self._by_inputs(q)
        apart = [inputs for inputs in left if inputs and left[inputs] != right.get(inputs)]
        if len(apart) < 2 or left.keys() - {0} != right.keys() - {0}:
            return None
        pairs = [(left[inputs], right[inputs]) for inputs in apart]
        zero = self.graph.constant(Fraction(0))
        offset = self._minus(left.get(0, zero), right.get(0, zero))
        for ulps in _ULPS:
            shares = [self._share(pair, ulps) for pair in pairs[1:]]
            first = self._minus(offset, self.graph.total([self.graph.constant(share) for share in shares]))
            shifts = [first, *map(self.graph.constant, shares)]
            leaves = self._shifted(pairs, shifts)
            if leaves is not None:
                return leaves
        return None

    def _by_inputs(self, number: int) -> dict[int, int]:
        """Return the sums of the terms of a node that depend on the same inputs, by these as bits."""
        parts: dict[int, list[int]] = {}
        for term in sorted(self._flat(number)):
            parts.setdefault(self.mask(term), []).append(term)
        return {inputs: self.graph.total(terms) for inputs, terms in parts.items()}

    def _minus(self, p: int, q: int) -> int:
        return self.graph.sum(p, self.graph.product(self.graph.constant(_MINUS), q))

    def _share(self, pair: tuple[int, int], ulps: float) -> Fraction:
        """Return the simplest number that the sides of a pair differ by at the point, as far as so many ulps tell."""
        with flint.ctx.workprec(BITS):
            values = balls.at(self.graph, pair, self.point, self._values)
            return simplest_rational(float(values[pair[1]] - values[pair[0]]), ulps)

    def _shifted(self, pairs: Sequence[tuple[int, int]], shifts: Sequence[int]) -> list[L] | None:
        """Return the leaves of pairs whose left sides are shifted by constants that are guessed."""
        self.guessed, leaves = True, list[L]()
        try:
            for (p, q), shift in zip(pairs, shifts, strict=True):
                more = self.leaves(self.graph.sum(p, shift), q)
                if more is None:
                    return None
                leaves += more
            return leaves
        finally:
            self.guessed = False

    def _whole(self, op: str, left: Sequence[int], right: Sequence[int]) -> list[L] | None:
        if not left or not right:
            return None
        p, q = _combined(self.graph, op, left), _combined(self.graph, op, right)
        return self.leaves(p, q)


def _rest(p: Sequence[int], q: Sequence[int]) -> _Rest:
    """Return the operands of two sums or products without those that both have."""
    left, right = Counter(p), Counter(q)
    both = left & right
    return _Rest(sorted((left - both).elements()), sorted((right - both).elements()))


def _combined(graph: Graph, op: str, numbers: Sequence[int]) -> int:
    if op == "sum":
        return graph.total(numbers)
    result = graph.constant(Fraction(1))
    for number in numbers:
        result = graph.product(result, number)
    return result

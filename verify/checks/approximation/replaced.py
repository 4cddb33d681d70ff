"""Approximations inside formulas that are written in another way beyond a threshold.

Beyond the threshold of the largest entry of a softmax another entry may be the largest: exp(a - m) / sum(exp(a - m))
then has another m, which is the same function, but its operands match nowhere (`leaves`). So formulas of a pivot on
both sides are paired by their values; each that is proved to be an approximation of its partner is replaced by it; and
if the result is proved to be the formula on the other side, the two differ in these leaves and in nothing else. A pair
that is missed costs a proof and no more: without its replacement the formulas differ.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Generic, TypeVar

from verify.checks.approximation.frames import Pivot
from verify.checks.approximation.leaves import Matching
from verify.graph.graph import Graph
from verify.graph.substitution import replaced
from verify.model.result import Verdict
from verify.proof.decide import decide
from verify.proof.decision import Points

_MOST_PAIRS = 300  # of formulas whose values are compared
PAIRS = f"more than {_MOST_PAIRS} pairs of formulas to compare"

L = TypeVar("L")


class Replacing(Generic[L]):
    """Pairs of formulas that are one another's with approximations in place of what these stand for."""

    def __init__(self, graph: Graph, matching: Matching[L], pivots: Iterable[Pivot], points: Points, seed: int) -> None:
        self._graph, self._matching, self._points, self._seed = graph, matching, points, seed
        self._masks = {reduce(or_, map(matching.mask, pivot.variables)) for pivot in pivots}

    def leaves(self, p: int, q: int) -> list[L] | None:
        """Return the leaves in which p differs from q; None where that is not proved."""
        if p == q:
            return []
        partners, leaves = dict[int, int](), dict[int, L]()
        for left, right in self._candidates(p, q):
            if left not in partners and (leaf := self._matching.alike(left, right)) is not None:
                partners[left], leaves[left] = right, leaf
        used = self._outermost(p, partners)
        return [leaves[node] for node in used] if used and self._is_same(p, q, partners) else None

    def _outermost(self, p: int, partners: Collection[int]) -> list[int]:
        """Return those of some nodes that p is computed from, once they are: parts of them are replaced with them."""
        if p in partners:
            return [p]
        direct = {argument for node in self._graph.reach([p], partners) for argument in self._graph.args[node]}
        return sorted(direct.intersection(partners))

    def _is_same(self, p: int, q: int, partners: dict[int, int]) -> bool:
        """Tell whether p is proved to be q once nodes have their partners' places."""
        (formula,) = replaced(self._graph, [p], partners)
        decision = decide(self._graph, [(formula, q)], self._points, self._seed, sharpen=False)[0]
        return decision.verdict is Verdict.PROVED

    def _candidates(self, p: int, q: int) -> Iterator[tuple[int, int]]:
        """Yield pairs of nodes that only one side has and that depend on the pivot alone, those computed last first."""
        left, right = (set(self._graph.reach([node])) for node in (p, q))
        mine, others = (
            [node for node in sorted(nodes, reverse=True) if self._matching.mask(node) in self._masks]
            for nodes in (left - right, right - left)
        )
        for count, pair in enumerate(itertools.product(mine, others)):
            if count == _MOST_PAIRS:
                self._matching.limits.add(PAIRS)
                return
            yield pair

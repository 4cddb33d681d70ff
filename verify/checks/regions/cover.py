"""The whole domain of a case with one number for each input: its regions, and that there are no others.

Between neighbouring places where any recorded condition may change its sign, none does: whatever the input there, the
code asks the same questions as at any point between them, and gets the same answers. So one run in each of these cells,
until no run asks anything new, covers the domain, but for the places themselves: these are the edges (`kinks`).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product

from verify.cases.case import TracedCase
from verify.cases.shapes import concrete
from verify.cases.sizes import bindings
from verify.checks.claims.claims import Exact
from verify.checks.gradients.traced import decided
from verify.checks.regions.explore import Explorer
from verify.checks.regions.roots import Root, roots
from verify.model.errors import ProtocolError
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Variant, observe
from verify.tracing.region import pinned
from verify.tracing.symbols.trace import Trace

_MOST_CELLS = 64
_MOST_INPUTS = 3


def single(case: TracedCase, like: Variant, seed: int) -> Exact | None:
    """Return a run with one number for each input, or None where there is none, or not all its gradients are right."""
    sizes = {name: case.sizes.get(name, 1) for name in bindings(case.inputs.values(), case.sizes)[0]}
    shapes = [concrete(described.shape, sizes) for described in case.inputs.values()]
    if len(case.real) < len(shapes) or len(shapes) > _MOST_INPUTS or any(set(shape) - {1} for shape in shapes):
        return None
    try:
        seen = observe(case, variant := replace(like, sizes=sizes), seed, seen=Observation(variant, Trace()))
        rows, exact = decided(case, seen, seed)
    except (SubjectError, ProtocolError):
        return None
    return exact if all(row.verdict.good for row in rows) else None


def covered(explorer: Explorer) -> bool:
    """Run a case of one number per input all over its domain; tells whether that is all of it, and everything right."""
    cover = _Cover(explorer)
    while True:
        size, cells = cover.size, cover.cells()
        if cells is None or not all(cover.entered(cell) for cell in cells):
            return False
        if cover.size == size:
            return explorer.good and not all(run.constant for run in (explorer.start, *explorer.runs))


class _Cover:
    """The edges that are known, on each variable."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        seen = explorer.start.seen
        names = [seen.trace.payloads[node] for quantity in seen.inputs.values() for node in quantity.nodes]
        self.sample = {name: seen.trace.sample[name] for name in names}
        self.edges: dict[str, set[Root]] = {name: set() for name in self.sample}
        self._entered: set[tuple[Fraction, ...]] = set()
        self._edges: set[int] = set()

    @property
    def size(self) -> int:
        """Count the conditions whose edges are known."""
        return len(self._edges)

    def cells(self) -> list[tuple[Fraction, ...]] | None:
        """Return a point in each cell, or None where edges are too close to tell apart, or too many."""
        columns = [self._between(name) for name in self.sample]
        solved = [column for column in columns if column is not None]
        if len(solved) < len(columns):
            return None
        cells = list(product(*solved))
        return cells if len(cells) <= _MOST_CELLS else None

    def _between(self, name: str) -> list[Fraction] | None:
        """Return a point between any two neighbouring edges of a variable, and one beyond the first and the last."""
        low, high = self.explorer.bounds.get(name, (None, None))
        inside = [r for r in self.edges[name] if (low is None or r.high > low) and (high is None or r.low < high)]
        ends = sorted(inside)
        if any(a.high >= b.low for a, b in pairwise(ends)):
            return None
        if not ends:
            return [self.sample[name]]
        first = ends[0].low - 1 if low is None else (low + ends[0].low) / 2
        last = ends[-1].high + 1 if high is None else (high + ends[-1].high) / 2
        return [first, *(_inside(a.high, b.low) for a, b in pairwise(ends)), last]

    def entered(self, cell: tuple[Fraction, ...]) -> bool:
        """Run the case at a point and take in what it asks; tells whether all of that is understood, and decided."""
        if cell in self._entered:
            return True
        self._entered.add(cell)
        seen = self.explorer.run(dict(zip(self.sample, cell, strict=True)))
        if seen is None or not self._learnt(seen):
            return False
        return bool(pinned(seen.conditions) or self.explorer.settled(seen))

    def _learnt(self, seen: Observation) -> bool:
        """Add the edges of what a run asked; tells whether they are all known."""
        graph = seen.trace
        for question in self.explorer.sites.passed(seen):
            node = question.condition.node
            names = [graph.payloads[n] for n in graph.leaves(node)]
            zeros = roots(graph, node, names[0], self.explorer.bounds) if len(names) == 1 else None
            if zeros is None:
                return False
            self._edges.add(node)
            self.edges[names[0]] |= zeros
        return True


def _inside(low: Fraction, high: Fraction) -> Fraction:
    """Return the middle of an interval, or another point of it for 0, where formulas that differ may have one value."""
    return (low + high) / 2 or high / 3

"""A glance at the edges of one more run: the code on floats at points on many of them, and on both sides of these.

Where a function is continuous, its derivatives on the two sides of a smooth edge differ along the normal of the edge
alone, so that a right gradient on the edge lies on the segment between them; and the output changes by the gradient of
a side on the way there. Only where one of these fails is the edge judged in full, with the regions beside it, by runs
on symbols (`edges`). So a glance itself refutes nothing and proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.numbers import numbers
from verify.checks.claims.claims import Exact
from verify.checks.regions.check import apart
from verify.checks.regions.divisors import claimed
from verify.checks.regions.edges import Kinks
from verify.checks.regions.explore import Explorer
from verify.checks.regions.touching import Tie, are_apart, at_all, counted, points
from verify.model.identity import Place
from verify.model.result import Comparison, Finding
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Quantity

_NEAR = 2.0**-20  # how far beside an edge its sides are, relative to it where it is far from 0
_PART, _LEAST = 1e-5, 1e-8  # of an entry, and of the largest one, that gradients so close differ by
_BENT = 4  # times the square of a step, and the size of the output there or at the sample: what bends changes by that
_JUMP = 1e3  # times what gradients say that an output changes by
_JUDGED = 4  # edges in full, of a case
_RUN = 16  # edges on which the code runs on symbols, of a case: that tells whether they can be judged
_USED = f"not judged, after {_JUDGED} others, which is the limit"
_SEVERAL = "not judged where several formulas are 0 at once"
_COUNTED = 16  # entries on an edge, of which each number is looked at, and above those that the code names
_UNCOUNTED = f"not judged with more than {_COUNTED} entries on them at once, except all of them and all but one"
_ALONE = 3  # edges of a point that are looked at one by one

Array = np.ndarray[Any, Any]


class Glances:
    """What is wrong on the edges of further runs, as far as edges may still be judged in full."""

    def __init__(self, case: TracedCase, seed: int, explored: Sequence[Exact] = ()) -> None:
        self.case, self.seed, self.left, self.runs = case, seed, _JUDGED, _RUN
        self.explored = explored  # runs of which single edges are judged in full
        self.open: dict[Place, Finding] = {}  # by line: edges that do not fit their sides, and were not judged
        self.findings: list[Finding] = []  # of what is no number at a kink
        self.named = [*numbers(case.subject, list(case.options.values()))]  # that the code may compare counts with

    def at(self, run: Exact) -> tuple[list[Comparison], str]:
        """Return the rows of what is wrong on the edges of a run, and why some of them were not judged, or nothing."""
        unjudged = _UNCOUNTED if run in self.explored and self._leaves_out(run) else ""
        for group in self._suspects(run):
            if not are_apart(run.seen, group):
                unjudged = _SEVERAL
                continue
            if not (self.left and self.runs):
                return [], _USED
            rows, reason = self._judged(run, group)
            if rows or reason not in ("", _SEVERAL):
                return rows, reason
            unjudged = reason or unjudged
        return [], unjudged

    def _suspects(self, run: Exact) -> Iterator[Sequence[Tie]]:
        """Yield edges on which what the code returns does not fit the sides: one by one, then some entries on one."""
        bounds = run.region.bounds
        glance = cache(lambda: _Glance(self.case, run, self.seed))
        for ties in points(run.seen, bounds) if run not in self.explored else ():
            yield from glance().suspects(ties)
        for ties in counted(run.seen, bounds):
            yield from (ties[:number] for number in self._counts(len(ties)) if glance().is_suspect(ties[:number]))

    def _counts(self, most: int) -> list[int]:
        """Return numbers of entries that code may count, of so many."""
        named = (number for number in self.named if number <= most)
        return sorted({*range(1, min(most, _COUNTED) + 1), most - 1, most, *named} - {0})

    def _leaves_out(self, run: Exact) -> bool:
        """Tell whether there are further numbers of entries that may lie on an edge; of samples, that is told."""
        return any(len(ties) > len(self._counts(len(ties))) for ties in counted(run.seen, run.region.bounds))

    def _judged(self, run: Exact, group: Sequence[Tie]) -> tuple[list[Comparison], str]:
        explorer, point = Explorer(self.case, run, self.seed), {**run.seen.at, **at_all(group)}
        self.runs -= 1
        there = explorer.run(point)
        if there is not None and not are_apart(there, group):
            return [], _SEVERAL
        self.left -= 1
        kinks = Kinks(explorer, set())
        kinks.visit([point])
        rows = [row for row in (*explorer.rows, *kinks.rows) if not row.verdict.good]
        reason = next((finding.detail for finding in kinks.open.values()), "")
        self.open = {**kinks.open, **self.open}
        self.findings += kinks.findings
        return [apart(row) for row in {row.name: row for row in rows}.values()], reason


class _Look(NamedTuple):
    """The code on floats at a point: all gradients, and the sum of the output times its upstream, with its size."""

    gradients: Array
    total: float
    size: float


class _Glance:
    """The code on floats, beside the sample of a run."""

    def __init__(self, case: TracedCase, run: Exact, seed: int) -> None:
        self.case, self.seen, self.seed = case, run.seen, seed
        graph, self.names = self.seen.trace, claimed(self.seen)
        entries = [graph.payloads[node] for name in self.names for node in self.seen.inputs[name].nodes]
        self.places = {entry: place for place, entry in enumerate(entries)}
        quantities = [*self.seen.inputs.values(), *self.seen.upstreams]
        self.floats = {id(quantity): graph.floats(quantity.nodes, graph.sample) for quantity in quantities}
        sides = {(c.where, c.relation, c.holds) for c in self.seen.conditions}
        self.both = any((where, relation, not holds) not in sides for where, relation, holds in sides)

    def suspects(self, ties: Sequence[Tie]) -> Iterator[Sequence[Tie]]:
        """Yield edges of a point on which, alone, what the code returns does not fit the sides."""
        wrong = self._wrong(ties)[:_ALONE]
        alone = [[tie] for tie in wrong if len(ties) == 1 or self._wrong([tie])]
        yield from alone
        if not alone and len(ties) > 1 and self._wrong(ties[:1]):
            yield ties[:1]

    def is_suspect(self, ties: Sequence[Tie]) -> bool:
        """Tell whether what the code returns on some edges at once does not fit their sides."""
        return bool(self._wrong(ties))

    def _wrong(self, ties: Sequence[Tie]) -> Sequence[Tie]:
        """Return the edges of a point that are suspect; both sides are asked where the run has taken but one."""
        try:
            with np.errstate(all="ignore"):
                return self._unfitting(ties)
        except (SubjectError, TypeError, ValueError):  # the code raises, or returns no arrays of these shapes
            return ties

    def _unfitting(self, ties: Sequence[Tie]) -> Sequence[Tie]:
        middle, below = self._look(ties, 0), self._look(ties, -_NEAR)
        if self._are_held(ties) and abs(middle.total - below.total) > _BENT * _NEAR * max(middle.size, below.size):
            return ties
        fits = self._fits(ties, middle.total - below.total, below)
        if fits and not self.both and not _outside(middle, below, below).any():
            return ()
        above = self._look(ties, _NEAR)
        if _jumps(below, above):
            return ()
        if not (fits and self._fits(ties, above.total - middle.total, above)):
            return ties
        off = _outside(middle, below, above)
        return [tie for tie in ties if self._is_off(tie, off, middle, below, above)] or (ties if off.any() else ())

    def _are_held(self, ties: Sequence[Tie]) -> bool:
        """Tell whether nobody differentiates the entries that are moved: on the edge the function is another one then.

        Where the output is another one there than beside the edge, its derivatives by other inputs may be so too.
        """
        return not any(tie.name in self.places for tie in ties)

    def _fits(self, ties: Sequence[Tie], way: float, side: _Look) -> bool:
        """Tell whether the output changes on a way across edges as the gradients of a side say."""
        if not all(tie.name in self.places for tie in ties):  # some of the gradients are not claimed
            return True
        steps = [(_NEAR * max(1.0, abs(float(tie.edge))), self.places[tie.name]) for tie in ties]
        changes = [step * side.gradients[place] for step, place in steps]
        off = abs(way - sum(changes)) - _PART * sum(map(abs, changes))
        bend = _NEAR * (_LEAST + _BENT * _NEAR)
        return not (off > bend * side.size and off > bend * self.usual)

    @cached_property
    def usual(self) -> float:
        """The size of the output at the sample: where all entries lie on edges, it may be next to 0."""
        return self._look((), 0).size

    def _is_off(self, tie: Tie, off: Array, middle: _Look, below: _Look, above: _Look) -> bool:
        """Tell whether the entries that a question is about lie off the segment between two sides."""
        own = [self.places[name] for name in tie.entries if name in self.places]
        sides = (look.gradients[own] for look in (middle, below, above))
        return bool(off[own].any()) or (len(own) > 1 and not _on_segment(*sides))

    def _look(self, ties: Sequence[Tie], step: float) -> _Look:
        """Return what comes on floats at a point on edges, or on one side of each of them."""
        moved = {name: float(value) for name, value in at_all(ties).items()}
        moved |= {tie.name: moved[tie.name] + step * max(1.0, abs(moved[tie.name])) for tie in ties}
        names = self.seen.trace.payloads

        def values(quantity: Quantity) -> Sequence[float]:
            floats = self.floats[id(quantity)]
            return [moved.get(names[node], value) for node, value in zip(quantity.nodes, floats, strict=True)]

        run = FloatRun(self.case, self.seen, self.seed, values=values)
        arrays = [_flat(run.gradients.get(name), len(self.seen.inputs[name].nodes)) for name in self.names]
        outputs = run.output if self.seen.several else [run.output]
        upstreams = map(self.floats.__getitem__, map(id, self.seen.upstreams))
        terms = np.concatenate([_flat(y, len(d)) * np.asarray(d) for y, d in zip(outputs, upstreams, strict=True)])
        return _Look(np.concatenate(arrays), float(terms.sum()), float(np.abs(terms).sum()))


def _flat(value: Any, number: int) -> Array:
    """Return a number of entries; raises ValueError where they are others, or complex."""
    if np.iscomplexobj(value):
        raise ValueError
    entries: Array = np.asarray(value, dtype=float)
    return entries.reshape(number)


def _jumps(below: _Look, above: _Look) -> bool:
    """Tell whether the output is another one on two sides of an edge: then there is no derivative between them."""
    steep = float(np.abs(below.gradients).sum() + np.abs(above.gradients).sum())
    return abs(above.total - below.total) > _JUMP * _NEAR * (steep + below.size)


def _slack(below: Array, above: Array) -> Array:
    """Return by how much entries may differ that are as far apart as two points close to each other."""
    size = np.maximum(np.abs(below), np.abs(above))
    slack: Array = _PART * size + _LEAST * np.max(size, initial=0, where=np.isfinite(size))
    return slack


def _outside(middle: _Look, below: _Look, above: _Look) -> Array:
    """Tell which entries do not lie between those of two sides, where both are numbers."""
    first, second = below.gradients, above.gradients
    slack = _slack(first, second)
    lower, upper = np.minimum(first, second) - slack, np.maximum(first, second) + slack
    outside: Array = np.isfinite(slack) & ~((middle.gradients >= lower) & (middle.gradients <= upper))
    return outside


def _on_segment(middle: Array, below: Array, above: Array) -> bool:
    """Tell whether gradients lie on the segment between those of two sides, or these are no numbers."""
    way, slack = above - below, _slack(below, above)
    length = float(way @ way)
    part = min(1.0, max(0.0, float((middle - below) @ way) / length)) if length else 0.0
    return bool((~np.isfinite(slack) | (np.abs(middle - below - part * way) <= slack)).all())

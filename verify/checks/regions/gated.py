"""The inputs that a counterexample on an edge needs beside those in its formulas: those by which branches are taken.

As elsewhere (`claims.needed`), as many other inputs as possible are 0. Here the code runs on floats: it has to return
the same, and its output has to change as much to either side of the edge. That decides which inputs are named, and
nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.needed import MOST_NAMED, Runs, near, with_needed
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation
from verify.tracing.region import Point, Region

_WORK = 50_000  # entries of all inputs in all runs
_STEP = Fraction(1, 2**20)
_CLOSE = 1e-3  # relative, of differences: what steps of that size leave of a curve
_FEW = 8  # inputs that are named where the code does not run on floats
Entry = tuple[str, int]  # of the input of that name


class OnFloats(Runs):
    """Runs of a case on floats, on the edge at an entry and beside it."""

    def __init__(self, case: TracedCase, seen: Observation, seed: int, entry: Entry, point: Point) -> None:
        super().__init__(_WORK, len(point))
        self.case, self.seen, self.seed, self.entry = case, seen, seed, entry
        self.values = self._values(point)

    def same(self, point: Point) -> bool:
        """Tell whether the code returns the same, and its output changes as much on both sides."""
        values = self._values(point)
        return (
            values is not None
            and self.values is not None
            and bool(np.allclose(values, self.values, rtol=_CLOSE, atol=_CLOSE, equal_nan=True))
        )

    def _values(self, point: Point) -> list[float] | None:
        """Return what comes of the entry, and the slopes of the output on both sides, weighted by the upstream."""
        name, place = self.entry
        variable = self.seen.trace.payloads[self.seen.inputs[name].nodes[place]]
        try:
            runs = [self._run({**point, variable: point[variable] + step}) for step in (0, _STEP, -_STEP)]
        except SubjectError:
            return None
        if not all(map(self._is_alike, runs)):
            return None
        level, *sides = (self._output(run, point) for run in runs)
        returned = runs[0].entry(name, place)
        return [np.nan if returned is None else returned, *((side - level) / float(_STEP) for side in sides)]

    def _run(self, point: Point) -> FloatRun:
        return FloatRun(self.case, self.seen, self.seed, point)

    def _is_alike(self, run: FloatRun) -> bool:
        """Tell whether the outputs have the shapes that they had on symbols: elsewhere code may return other ones."""
        outputs = run.output if self.seen.several else [run.output]
        return [np.shape(output) for output in outputs] == [upstream.shape for upstream in self.seen.upstreams]

    def _output(self, run: FloatRun, point: Point) -> float:
        outputs = run.output if self.seen.several else [run.output]
        upstreams = (self.seen.trace.floats(upstream.nodes, point) for upstream in self.seen.upstreams)
        return sum(float(np.ravel(output) @ upstream) for output, upstream in zip(outputs, upstreams, strict=True))


def with_gates(
    case: TracedCase, seen: Observation, seed: int, entry: Entry, point: Point, listed: Sequence[str]
) -> tuple[Point, list[str]]:
    """Return a point at which as many inputs as possible are 0, and the names of those that are not `listed` nor 0."""
    bounds = Region.of(case, seen).bounds
    others = {name: bounds.get(name, (None, None)) for name in point if name not in listed}
    index = tuple(map(int, np.unravel_index(entry[1], seen.inputs[entry[0]].shape)))
    runs = OnFloats(case, seen, seed, entry, point)
    if runs.values is None:
        return point, [name for name in others if point[name]][:_FEW]
    there, needed = with_needed(point, others, near(others, index), runs)
    return (there, needed) if len(needed) <= MOST_NAMED else (point, [])

"""The inputs that a counterexample needs beside those in its formulas: those by which the code takes its branches.

A gate, a threshold or a target is in no formula of an entry, but decides which formula it has. So the code is run again
where such inputs are 0, or as near to 0 as they may be. Those without which it does not come to the same two values are
named in the counterexample as well. None is named that need not be, as far as a limited number of runs can tell.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.cases.samples import nearest_to_zero
from verify.checks.claims.claims import Claim, Exact
from verify.checks.claims.explain import Explanation
from verify.checks.claims.shrinking import SIMPLE, simpler
from verify.graph import balls
from verify.model.errors import ProtocolError
from verify.model.exact import decimal_text, within
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Quantity, observe
from verify.tracing.region import Point, Region
from verify.tracing.symbols.trace import Trace

Bounds = tuple[Fraction | None, Fraction | None]

_WORK = 250_000  # operations of the code in all runs: each takes about 10 microseconds
_FEWEST, _MOST_RUNS = 4, 60
MOST_NAMED = 24  # inputs that are named beside those in formulas
_BITS = 128


class Runs(ABC):
    """Runs of the code at points at which some inputs are others, as many as are `left` for a number of operations."""

    def __init__(self, work: int, operations: int) -> None:
        self.left = max(_FEWEST, min(_MOST_RUNS, work // operations))

    def show(self, point: Point) -> bool:
        """Tell whether both sides are at a point what they are in the counterexample; not where no run is left."""
        if self.left < 1:
            return False
        self.left -= 1
        return self.same(point)

    @abstractmethod
    def same(self, point: Point) -> bool:
        """Run the code at a point, and tell whether both sides are what they were."""


def completed(
    case: TracedCase, claim: Claim, place: int, seed: int, why: Explanation, confirmed: Callable[[Point], bool]
) -> Explanation:
    """Return why an entry is wrong with a counterexample that has what the code needs to come to its two values."""
    if why.counterexample is None or why.point is None:
        return why
    exact, listed = claim.exact, [name for name, _ in why.counterexample.inputs]
    others = {name: exact.region.bounds.get(name, (None, None)) for name in exact.region.sample if name not in listed}
    index = tuple(map(int, np.unravel_index(place, claim.actual.shape)))
    compared = _compared(exact.region, listed)
    runs = _Scalars(case, claim, place, seed, why.point, listed)
    point, needed = with_needed(why.point, others, [*near(others, index), compared], runs)
    run = runs.run
    if len(needed) > MOST_NAMED or not confirmed(point):
        point, needed = why.point, [name for name in others if name in compared and why.point[name]][:MOST_NAMED]
        run = None
    inputs = (*why.counterexample.inputs, *((name, decimal_text(point[name])) for name in needed))
    return replace(why, counterexample=replace(why.counterexample, inputs=inputs), point=point, run=run)


def is_alike(seen: Observation, first: Observation) -> bool:
    """Tell whether two runs have outputs and gradients of the same shapes: elsewhere code may return other ones."""
    shapes, others = ([quantity.shape for quantity in run.outputs] for run in (seen, first))
    gradients, originals = ({name: quantity.shape for name, quantity in run.gradients.items()} for run in (seen, first))
    return shapes == others and gradients == originals


def near(names: Iterable[str], index: Sequence[int]) -> list[set[str]]:
    """Return the entries that are in the same row as one, in any array, and those that have its index."""
    places = {name: name.partition("[")[2].rstrip("]").split(",") for name in names}
    own = [str(i) for i in index]
    rows = {name for name, place in places.items() if place[:1] == own[:1]}
    return [rows, {name for name in rows if places[name] == own}]


def with_needed(
    point: Point, others: Mapping[str, Bounds], likely: Sequence[Collection[str]], runs: Runs
) -> tuple[Point, list[str]]:
    """Return a point at which as many of the `others` as possible have the simplest number of their domain.

    Both sides are at the point what they were. Those of the others that are not so simple there are named behind it,
    with simple numbers themselves. Sets of what is `likely` to be needed are tried last, in their order.
    """
    neutral = {name: _neutral(bounds) for name, bounds in others.items()}
    if all(point[name] == value for name, value in neutral.items()):
        return point, []
    if runs.show(everywhere := {**point, **neutral}):
        return everywhere, []
    pending = _in_order(others, likely)[::-1]
    while pending and runs.left:
        group = [name for name in pending.pop() if point[name] != neutral[name]]
        if group and runs.show(changed := {**point, **{name: neutral[name] for name in group}}):
            point = changed
        elif len(group) > 1:
            pending += _parts(group)
    needed = [name for name in others if point[name] != neutral[name]]
    for name in needed if len(needed) <= MOST_NAMED else ():
        tried = ({**point, name: value} for value in simpler(point[name]) if within(value, others[name]))
        point = next(filter(runs.show, tried), point)
    return point, needed


def _in_order(names: Iterable[str], likely: Sequence[Collection[str]]) -> list[list[str]]:
    """Return the names in groups: those in none of some sets, then those in each that are in no later one."""
    groups: list[list[str]] = [[] for _ in range(len(likely) + 1)]
    for name in names:
        groups[max((i for i, each in enumerate(likely, 1) if name in each), default=0)].append(name)
    return groups


def _neutral(bounds: Bounds) -> Fraction:
    """Return the simplest number of a domain: 0, where it is in it."""
    return next((value for value in SIMPLE if within(value, bounds)), nearest_to_zero(*bounds))


def _compared(region: Region, names: Sequence[str]) -> set[str]:
    """Return the inputs that are in conditions together with some, these among them."""
    graph = region.trace
    nodes = graph.reach([condition.node for condition in region.about(names)])
    return {graph.payloads[node] for node in nodes if graph.ops[node] == "variable"} - region.upstream


class _Scalars(Runs):
    """Runs on scalars at points that have the `listed` inputs in common, on the graph of the first."""

    def __init__(
        self, case: TracedCase, claim: Claim, place: int, seed: int, point: Point, listed: Sequence[str]
    ) -> None:
        super().__init__(_WORK, len(claim.exact.seen.trace))
        self.case, self.claim, self.place, self.seed, self.listed = case, claim, place, seed, listed
        self.run: Exact | None = None  # the last one in which both sides were what they were
        self.values = self._values(claim.exact, claim.actual, point)
        self.touched = self._touched(claim.exact.region, point)

    def same(self, point: Point) -> bool:
        """Tell whether both sides are what they were, on no further edge that touches a listed input."""
        first = self.claim.exact.seen
        try:
            seen = observe(self.case, first.variant, self.seed, seen=first.again(Trace(first.trace)), at=point)
            run = Exact(self.case, seen, twice=False)
        except (SubjectError, ProtocolError):
            return False
        if not is_alike(seen, first):
            return False
        values = self._values(run, seen.gradients[self.claim.name], point)
        alike = all(left.overlaps(right) for left, right in zip(values, self.values, strict=True))
        is_same = alike and self._touched(run.region, point) <= self.touched
        self.run = run if is_same else self.run
        return is_same

    def _values(self, run: Exact, actual: Quantity, point: Point) -> list[flint.arb]:
        """Return the exact entry and what the code computes, at a point."""
        nodes = [run.gradient(self.claim.name)[self.place], actual.nodes[self.place]]
        with flint.ctx.workprec(_BITS):
            values = balls.at(run.seen.trace, nodes, point)
        return [values[node] for node in nodes]

    def _touched(self, region: Region, point: Point) -> set[int]:
        return region.touched(point, region.about(self.listed))


def _parts(names: list[str]) -> list[list[str]]:
    """Return the inputs of each array, or of one array both halves."""
    arrays = [list(entries) for _, entries in groupby(names, lambda name: name.partition("[")[0])]
    return arrays if len(arrays) > 1 else [names[: len(names) // 2], names[len(names) // 2 :]]

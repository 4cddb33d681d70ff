"""The run on the other side of thresholds, where the code computes what an approximation stands for.

Entries of an array ask the same at one line, and further lines may ask of them too: the thresholds of a line are
crossed together, and those of several lines as well where each of them alone changes the outputs by little.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.checks.approximation.bracketing import answers_otherwise, closest_beyond
from verify.checks.approximation.leaves import are_close
from verify.checks.approximation.pivots import Threshold, place_at, thresholds
from verify.checks.approximation.yardstick import Yardstick
from verify.checks.claims.claims import Exact
from verify.checks.rounding.formats import DOUBLE, Format
from verify.graph import balls
from verify.graph.graph import Graph
from verify.model.errors import ProtocolError
from verify.model.exact import within
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.region import Point, pinned
from verify.tracing.search import Crossing, crossings, valleys
from verify.tracing.symbols.trace import Condition, Trace

_MOST_LINES = 12  # whose thresholds are crossed for one run
LINES = f"more than {_MOST_LINES} lines compare with a threshold: only the first {_MOST_LINES} were crossed"
_BITS = 256
_MOST_RESTORED = 8  # answers of one run, by moving one further input for each
_MOST_MOVED = 3  # inputs of a condition, that are moved for that
_STEPS = [2.0**power for power in range(-40, 4, 3)]


@dataclass(frozen=True, slots=True)
class Other:
    """The run on the other side of some thresholds, with what its formulas are good to just beyond them."""

    run: Exact
    yardstick: Yardstick
    crossed: Sequence[Threshold]

    def outputs(self, exact: Exact) -> Iterator[tuple[int, int]]:
        """Return the outputs of a run, each with that of this one."""
        return _outputs(exact.seen, self.run.seen)

    def moves(self, exact: Exact) -> bool:
        """Tell whether an output is another formula on the other side."""
        return any(node != other for node, other in self.outputs(exact))


def runs_on(graph: Graph) -> list[Exact]:
    """Return the runs on a graph that are known, to be added to: beyond a threshold lies the region of one of them."""
    runs: list[Exact] = graph.memory("runs").setdefault("all", [])
    return runs


class Crossings:
    """The runs on other sides of the thresholds of a run, each made once."""

    def __init__(self, case: TracedCase, exact: Exact, seed: int, numbers: Format) -> None:
        self.case, self.exact, self.seed, self.numbers = case, exact, seed, numbers
        self.thresholds = thresholds(exact.seen.trace, exact.seen.conditions)
        self._number: Any = np.float64 if numbers is DOUBLE else np.float32
        self._runs: dict[tuple[int, ...], Other | None] = {}
        self.limits: set[str] = set()  # that were reached, in the words of the report
        self._conditions: dict[str, list[Condition]] = {}  # that depend on an input

    def others(self, nodes: Iterable[int]) -> Iterator[Other]:
        """Yield the runs that cross the thresholds of what nodes depend on: of a line, then of several."""
        little: list[Threshold] = []
        lines = self.lines(nodes)
        self.limits |= {LINES} if len(lines) > _MOST_LINES else set()
        groups = [self._alike(line) for line in lines[:_MOST_LINES]]
        for group in groups:
            other = self._run(group)
            if other is not None:
                little += group
                yield other
        if little and not any(len(little) == len(group) for group in groups) and (other := self._run(little)):
            yield other

    def lines(self, nodes: Iterable[int]) -> list[tuple[object, ...]]:
        """Return the lines that ask whether something that nodes depend on lies beyond a threshold other than 0."""
        reached = set(self.exact.seen.trace.reach(nodes))
        relevant = (t for t in self.thresholds if t.at and reached.issuperset(t.pivot.variables))
        return list(dict.fromkeys(threshold.line for threshold in relevant))

    def _alike(self, line: tuple[object, ...]) -> list[Threshold]:
        return [threshold for threshold in self.thresholds if threshold.at and threshold.line == line]

    def _run(self, crossed: Sequence[Threshold]) -> Other | None:
        key = tuple(threshold.condition.node for threshold in crossed)
        if key not in self._runs:
            self._runs[key] = None
            with suppress(SubjectError, ProtocolError):
                self._runs[key] = self._cross(crossed)
        return self._runs[key]

    def _cross(self, crossed: Sequence[Threshold]) -> Other | None:
        seen, at = self.exact.seen, dict(self.exact.seen.at)
        for steps, threshold in enumerate(self._in_order(crossed), 1):
            moved = self._beyond(threshold, {**seen.trace.sample, **at}, steps)
            if moved is None:
                return None
            at.update(moved)
        restored = self._restored(crossed, {**seen.trace.sample, **at})
        at.update(restored)
        point = {**seen.trace.sample, **at}
        beyond = self._taking(point) or self._ran(at)
        if pinned(beyond.seen.conditions) or not self._differs_little(beyond.seen):
            return None
        yardstick = Yardstick(self.case, beyond.seen, point, self.seed, self.numbers)
        also = [*crossed, *self._passed(crossed, point, restored)]
        return Other(beyond, yardstick, also) if yardstick.usable else None

    def _taking(self, point: Point) -> Exact | None:
        """Return a run on the same graph whose branches a point surely takes: to run the code there gives no other.

        What code does until a branch is the same, and so is what it asks there, all of which the run has recorded.
        """
        seen, computed = self.exact.seen, dict[int, flint.arb]()
        for run in runs_on(seen.trace):
            alike = run.seen.variant is seen.variant and run.seen.trace.sample.keys() == point.keys()
            if alike and run.region.holds(point, run.seen.conditions, computed):
                return run
        return None

    def _ran(self, at: Point) -> Exact:
        seen = self.exact.seen
        beyond = seen.again(Trace(seen.trace))
        observe(self.case, seen.variant, self.seed, seen=beyond, at=at)
        run = Exact(self.case, beyond, twice=False)
        runs_on(seen.trace).append(run)
        return run

    def _restored(self, crossed: Sequence[Threshold], point: Point) -> Point:
        """Return further moves by which the code answers questions other than those for thresholds as it did.

        Beyond the threshold of the largest entry another one may be the largest: the formulas of that run are written
        in another way, and only a match of formulas is missed by that. What no move restores stays as it is.
        """
        sample, moves, lost = self.exact.region.sample, dict[str, Fraction](), set(self._threshold_nodes)
        moved = {name for name, value in point.items() if value != sample.get(name)}
        for _ in range(_MOST_RESTORED):
            now, names = {**point, **moves}, moved | set(moves)
            changed = [condition for condition in self._changed(names, now) if condition.node not in lost]
            if not changed:
                break
            change = self._restoring(changed[0], crossed, now, names)
            moves.update(change)
            lost |= set() if change else {changed[0].node}
        return moves

    @cached_property
    def _threshold_nodes(self) -> set[int]:
        """Return the nodes of conditions that ask for thresholds."""
        return {threshold.condition.node for threshold in self.thresholds if threshold.at}

    def _changed(self, names: Iterable[str], point: Point) -> list[Condition]:
        """Return the conditions on inputs whose answers are others at a point than at the sample.

        Where sin(x) / x is small and x > 0, the formula beyond its threshold is that of x > 0 too.
        """
        conditions = list(dict.fromkeys(c for name in sorted(names) for c in self._about(name)))
        after = self._signs([condition.node for condition in conditions], point)
        return [condition for condition in conditions if self._before[condition.node] != after[condition.node]]

    @cached_property
    def _before(self) -> dict[int, int]:
        """Return the signs of conditions at the sample."""
        nodes = {condition.node for condition in self.exact.seen.conditions}
        return self._signs(nodes, self.exact.region.sample)

    def _signs(self, nodes: Collection[int], point: Point) -> dict[int, int]:
        """Return 1 or -1 for nodes that are surely above or below 0 at a point; a tie, 0, is an answer of its own."""
        with flint.ctx.workprec(_BITS):
            values = balls.at(self.exact.seen.trace, nodes, point)
            return {node: int(values[node] > 0) - int(values[node] < 0) for node in nodes}

    def _restoring(
        self, condition: Condition, crossed: Sequence[Threshold], point: Point, moved: Collection[str]
    ) -> Point:
        """Return a move of an input, beyond the thresholds still, by which a condition has its answer again.

        Of those tried it is the one that changes the fewest other answers, of these the one that crosses the fewest
        further thresholds, and then the shortest. To cross one more costs less than an answer that was restored before:
        two moves of one input could otherwise undo each other.
        """
        best, fewest = dict[str, Fraction](), (len(self.exact.seen.conditions) + 1, 0)
        for change in self._moves(condition, point):
            now = {**point, **change}
            changed = self._changed({*moved, *change}, now)
            thresholds = sum(other.node in self._threshold_nodes for other in changed)
            cost = len(changed) - thresholds, thresholds
            restores = condition not in changed and cost < fewest
            if restores and all(self._is_crossed(threshold, now) for threshold in crossed):
                best, fewest = dict(change), cost
        return best

    def _moves(self, condition: Condition, point: Point) -> Iterator[Point]:
        """Yield moves of single inputs of a condition within their domains, the shortest first."""
        graph = self.exact.seen.trace
        inputs = {node for quantity in self.exact.seen.inputs.values() for node in quantity.nodes}
        names = [graph.payloads[node] for node in graph.leaves(condition.node) if node in inputs]
        for step in _STEPS:
            for name, sign in itertools.product(names[:_MOST_MOVED], (1, -1)):
                value = Fraction(float(self._number(float(point[name]) + sign * step)))
                if within(value, self.exact.region.bounds.get(name, (None, None))):
                    yield {name: value}

    def _passed(self, crossed: Sequence[Threshold], point: Point, moves: Point) -> list[Threshold]:
        """Return further thresholds that moves of inputs have crossed."""
        graph = self.exact.seen.trace
        moved = {graph.variable(name) for name in moves}
        further = [t for t in self.thresholds if t.at and t not in crossed and t.pivot.square is None]
        reached = [t for t in further if not moved.isdisjoint(graph.leaves(t.pivot.variables[0]))]
        return [threshold for threshold in reached if self._is_crossed(threshold, point)]

    def _in_order(self, crossed: Sequence[Threshold]) -> list[Threshold]:
        """Return the thresholds whose pivots are the closest to them last: a step farther beyond each keeps the order.

        What the code asks of several entries, which of them is the largest, then has the same answer.
        """
        graph, sample = self.exact.seen.trace, self.exact.region.sample
        distance = {t: abs(abs(place_at(graph, t.pivot, sample)) - abs(t.at)) for t in crossed}
        return sorted(crossed, key=lambda threshold: -distance[threshold])

    def _beyond(self, threshold: Threshold, point: Point, steps: int) -> Point | None:
        """Return inputs some steps beyond a threshold, which are numbers of the format of the code.

        No other input may lie between: the code could ask which of them is larger.
        """
        if self._is_crossed(threshold, point):
            return {}
        if threshold.pivot.square is not None:
            return _longer(self.exact, threshold, point)
        best, fewest = None, len(self.exact.seen.conditions) + 1
        for change in self._changes(threshold, point, steps):
            others = [c for c in self._changed(change, {**point, **change}) if c is not threshold.condition]
            if len(others) < fewest:
                best, fewest = change, len(others)
            if not fewest:
                break
        return best

    def _changes(self, threshold: Threshold, point: Point, steps: int) -> Iterator[Point]:
        """Yield changes of single inputs that lead some steps beyond a threshold."""
        graph, largest = self.exact.seen.trace, Fraction(float(np.finfo(self._number).max))
        for crossing in self._crossings(threshold, point):
            for value in (past for past in crossing.past if abs(past) <= largest):
                moved = closest_beyond(graph, threshold.condition, point, crossing.name, value, self._number)
                for _ in range(steps - 1):
                    moved = np.nextafter(moved, self._number(np.inf if value > point[crossing.name] else -np.inf))
                change = {crossing.name: Fraction(float(moved))}
                if self._is_crossed(threshold, {**point, **change}):
                    yield change

    def _about(self, name: str) -> list[Condition]:
        if name not in self._conditions:
            self._conditions[name] = self.exact.region.about([name])
        return self._conditions[name]

    def _crossings(self, threshold: Threshold, point: Point) -> Iterator[Crossing]:
        """Yield where a threshold is crossed in the domain, then beyond its bounds.

        What the code computes out there is a formula as any other: nothing is claimed of it but within the region.
        """
        for bounds in (self.exact.region.bounds, {}) if self.exact.region.bounds else ({},):
            yield from crossings(self.exact.seen, threshold.condition, bounds, point)
            yield from valleys(self.exact.seen, threshold.condition, bounds, point)
        yield from self._closest(threshold, point)

    def _closest(self, threshold: Threshold, point: Point) -> Iterator[Crossing]:
        """Yield where a threshold is crossed closest to the point, on either side: magnitudes are those of one sign."""
        sides = dict[tuple[str, bool], Fraction]()
        for change in self._moves(threshold.condition, point):
            ((name, value),) = change.items()
            if (name, value > point[name]) not in sides and self._is_crossed(threshold, {**point, **change}):
                sides[name, value > point[name]] = value
        for (name, _), value in sides.items():
            yield Crossing(name, None, [value])

    def _is_crossed(self, threshold: Threshold, point: Point) -> bool:
        with flint.ctx.workprec(_BITS):
            value = balls.at(self.exact.seen.trace, [threshold.condition.node], point)[threshold.condition.node]
        return answers_otherwise(threshold.condition, value)

    def _differs_little(self, beyond: Observation) -> bool:
        """Tell whether the outputs of both runs are close to each other at the sample."""
        graph, sample, values = self.exact.seen.trace, self.exact.region.sample, dict[int, flint.arb]()
        return all(are_close(graph, pair, sample, values) for pair in _outputs(self.exact.seen, beyond))


def _outputs(mine: Observation, other: Observation) -> Iterator[tuple[int, int]]:
    for left, right in zip(mine.outputs, other.outputs, strict=True):
        yield from zip(left.nodes, right.nodes, strict=True)


def _longer(exact: Exact, threshold: Threshold, point: Point) -> Point:
    """Return a vector whose norm is just on the other side."""
    names = [exact.seen.trace.payloads[node] for node in threshold.pivot.variables]
    norm = sum(float(point[name]) ** 2 for name in names) ** 0.5
    scale = float(threshold.at) / norm * (1 + 2.0**-20 * (1 if norm < threshold.at else -1))
    return {name: Fraction(float(np.float32(float(point[name]) * scale))) for name in names}

"""The edges of all branches that were found: a point on each, and whether what the code returns there is right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice, product

from verify.gradients.claims import Exact
from verify.regions.choices import judged
from verify.regions.explore import Explorer
from verify.regions.kinks import Edge, edge
from verify.regions.roots import roots
from verify.regions.search import crossings, uniform, within
from verify.regions.sites import Passed, Site
from verify.result import Comparison
from verify.tracing.observe import Observation
from verify.tracing.region import Point, written

_TRIED = 3  # points for each condition
_INDEX = r"\[[^]]*\]"
_EDGES = 4  # of each site, until one is found where the sides differ


class Kinks:
    """What was found on the edges of branches: rows of what is wrong, and sentences about what is a choice."""

    def __init__(self, explorer: Explorer, done: set[Site]) -> None:
        self.explorer = explorer
        self.done = done
        self.rows: list[Comparison] = []
        self.said: dict[tuple[object, ...], str] = {}

    def find(self) -> None:
        """Judge what the code returns on the edge of each branch that was found."""
        sites: dict[Site, list[tuple[Exact, Passed]]] = {}
        for run in (self.explorer.start, *self.explorer.runs):
            for one in self.explorer.sites.passed(run.seen):
                sites.setdefault(one.site, []).append((run, one))
        for site, questions in sites.items():
            if site not in self.done:
                self._at(site, islice(self._edges(questions), _EDGES))

    def visit(self, points: Iterable[Point]) -> None:
        """Judge what the code returns at points that lie on an edge."""
        for point in points:
            seen = self.explorer.run(point) if self.explorer.affordable else None
            for one in self.explorer.sites.passed(seen) if seen is not None else ():
                if one.condition.tie and (met := edge(self.explorer, point, one)):
                    self._judge(one, met)
                    break

    def _at(self, site: Site, edges: Iterable[tuple[Passed, Edge]]) -> None:
        """Judge the edges of a site until the sides differ on one; then a tie of more than two as well.

        Where it is one number that is asked about, one edge is as another.
        """
        for one, met in edges:
            if not self._judge(one, met):
                self.done.add(site)
                for further in _further(self.explorer, met, one):
                    self._judge(one, further)
                return
            if _variables(met.seen, one) == 1:
                return

    def _edges(self, questions: Sequence[tuple[Exact, Passed]]) -> Iterator[tuple[Passed, Edge]]:
        """Return edges of the questions of a site, with as few inputs as possible moved onto them."""
        for points, (run, one) in product((_moved, _uniform), _by_frequency(questions)):
            before = run.seen.conditions[: run.seen.conditions.index(one.condition)]
            for point in islice(points(self.explorer, run.seen, one), _TRIED):
                moved = {**run.seen.trace.sample, **point}
                if not self.explorer.affordable or not self.explorer.start.region.reaches(moved, before):
                    continue
                if met := edge(self.explorer, {**run.seen.at, **point}, one):
                    yield one, met
                    break

    def _judge(self, one: Passed, met: Edge) -> bool:
        """Judge what came on an edge; tells whether the function is smooth there, and that is right."""
        where = f"{one.site.where} {written(met.seen.trace, one.condition.node)} = 0"
        verdict = judged(self.explorer, met, where)
        if verdict.row:
            self.rows.append(verdict.row)
        elif verdict.said:
            alike = re.sub(_INDEX, "", verdict.said)  # what holds of one entry is told of one
            self.said.setdefault((one.site.offset, one.site.inputs, alike), f"{where}: {verdict.said}")
        return not verdict.row and not verdict.said


def _variables(seen: Observation, one: Passed) -> int:
    return sum(seen.trace.ops[node] == "variable" for node in seen.trace.reach([one.condition.node]))


def kinks(explorer: Explorer, done: set[Site], points: Iterable[Point] = ()) -> Kinks:
    """Judge what the code returns on the edges of all branches that were found, but for the sites that are done.

    Edges at `points` are judged whatever is done.
    """
    found = Kinks(explorer, done)
    found.visit(points)
    found.find()
    return found


def _by_frequency(questions: Sequence[tuple[Exact, Passed]]) -> list[tuple[Exact, Passed]]:
    """Return questions first about what most of them are about: the largest of many is in most comparisons."""
    count: Counter[int] = Counter()
    variables = [run.seen.trace.reach([one.condition.node]) for run, one in questions]
    for nodes in variables:
        count.update(nodes)
    order = sorted(range(len(questions)), key=lambda i: -sum(count[n] for n in variables[i]) / len(variables[i]))
    return [questions[i] for i in order]


def _moved(explorer: Explorer, seen: Observation, one: Passed) -> Iterator[Point]:
    """Return points on the edge of a condition, with one variable moved there.

    Of one variable all rational edges are known; of several, the others are made numbers whose sums are floats.
    """
    graph, node = seen.trace, one.condition.node
    inputs = {n for quantity in seen.inputs.values() for n in quantity.nodes}
    names = [graph.payloads[n] for n in graph.reach([node]) if n in inputs]
    if len(names) == 1 and (found := roots(graph, node, names[0], explorer.bounds)):
        bounds = explorer.bounds.get(names[0], (None, None))
        yield from ({names[0]: r.low} for r in sorted(found) if r.low == r.high and within(r.low, bounds))
    rounded = {name: Fraction(round(graph.sample[name] * 64), 64) for name in names}
    for others in ({}, rounded) if len(names) > 1 else ({},):
        for crossing in crossings(seen, one.condition, explorer.bounds, others):
            if crossing.edge is not None:
                yield {**others, crossing.name: crossing.edge}


def _uniform(explorer: Explorer, seen: Observation, one: Passed) -> Iterator[Point]:
    return uniform(seen, one.condition, explorer.bounds)


def _further(explorer: Explorer, met: Edge, one: Passed) -> Iterator[Edge]:
    """Return an edge where one more question of the same site is a tie, of a number that is in the first one too."""
    seen = met.seen
    tied = {node for c in seen.conditions if c.tie for node in seen.trace.reach([c.node])}
    for other in explorer.sites.passed(seen):
        if other.site == one.site and not other.condition.tie and explorer.affordable:
            for crossing in crossings(seen, other.condition, explorer.bounds):
                if crossing.edge is not None and seen.trace.variable(crossing.name) not in tied:
                    shared = tied.intersection(seen.trace.reach([other.condition.node]))
                    again = edge(explorer, {**seen.at, crossing.name: crossing.edge}, other) if shared else None
                    if again is not None:
                        yield again
                        return

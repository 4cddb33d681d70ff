"""Points on the edge of a condition, with as few inputs as possible moved there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, product

from verify.gradients.claims import Exact
from verify.regions.explore import Explorer
from verify.regions.roots import roots
from verify.regions.search import crossings, uniform, within
from verify.regions.sites import Passed
from verify.tracing.observe import Observation
from verify.tracing.region import Point

_TRIED = 3  # points for each condition
_SIXTY_FOURTHS = 64

Question = tuple[Exact, Passed]  # a run, and a condition that it has passed


def on_edges(explorer: Explorer, questions: Sequence[Question]) -> Iterator[tuple[Exact, Passed, Iterator[Point]]]:
    """Return points on the edges of questions: first with one input moved onto each, then with all of them equal."""
    for points, (run, one) in product((_moved, _uniform), _by_frequency(questions)):
        yield run, one, _reached(explorer, run, one, points(explorer, run.seen, one))


def on_edge(explorer: Explorer, run: Exact, one: Passed) -> Point | None:
    """Return one point on the edge of a question, or None."""
    return next(_reached(explorer, run, one, _moved(explorer, run.seen, one)), None)


def _reached(explorer: Explorer, run: Exact, one: Passed, points: Iterator[Point]) -> Iterator[Point]:
    """Return those of a few points at which the code gets to the question."""
    before = run.seen.conditions[: run.seen.conditions.index(one.condition)]
    for point in islice(points, _TRIED):
        if explorer.start.region.reaches({**run.seen.trace.sample, **point}, before):
            yield point


def _by_frequency(questions: Sequence[Question]) -> list[Question]:
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
    rounded = {name: Fraction(round(graph.sample[name] * _SIXTY_FOURTHS), _SIXTY_FOURTHS) for name in names}
    for others in ({}, rounded) if len(names) > 1 else ({},):
        for crossing in crossings(seen, one.condition, explorer.bounds, others):
            if crossing.edge is not None:
                yield {**others, crossing.name: crossing.edge}


def _uniform(explorer: Explorer, seen: Observation, one: Passed) -> Iterator[Point]:
    return uniform(seen, one.condition, explorer.bounds)

"""Points on the edge of a condition, with as few inputs as possible moved there."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import chain, islice

import flint

from verify.checks.claims.claims import Exact
from verify.checks.regions.explore import Explorer
from verify.checks.regions.limits import Limit
from verify.checks.regions.roots import roots
from verify.checks.regions.sites import Passed
from verify.graph import balls, joints
from verify.graph.graph import Graph
from verify.model.exact import within
from verify.tracing.observe import Observation
from verify.tracing.region import Point
from verify.tracing.search import crossings, uniform

_TRIED = 3  # points for each condition
_MISSES = 8  # questions of a site without a known edge, after which no others are tried
_SIXTY_FOURTHS = 64
_FINE = 64 * _SIXTY_FOURTHS  # of numbers on the way between those
_RUNS = 8  # that may lie on the other side
_BITS = 128
_WHOLE = (1, -1, 0, 2, 3)

Question = tuple[Exact, Passed]  # a run, and a condition that it has passed


def on_edges(explorer: Explorer, questions: Sequence[Question]) -> Iterator[tuple[Exact, Passed, Iterator[Point]]]:
    """Return points on the edges of questions: first with one input moved onto each, then with all of them equal.

    Where the edges of several questions of a site are not known, as of units behind other units, those of the rest are
    not looked for: each takes hundreds of evaluations.
    """
    ordered = _by_frequency(questions)
    for points in (_moved, _uniform):
        misses = 0
        for run, question in ordered:
            candidates = points(explorer, run.seen, question)
            first = next(candidates, None)
            if first is not None:
                yield run, question, _reached(explorer, run, question, chain([first], candidates))
            elif (misses := misses + 1) > _MISSES:
                explorer.limits.add(Limit.MISSES)
                break


def on_edge(explorer: Explorer, run: Exact, question: Passed) -> Point | None:
    """Return one point on the edge of a question, or None."""
    return next(_reached(explorer, run, question, _moved(explorer, run.seen, question)), None)


def _reached(explorer: Explorer, run: Exact, question: Passed, points: Iterator[Point]) -> Iterator[Point]:
    """Return those of a few points at which the code gets to the question."""
    before = run.seen.conditions[: run.seen.conditions.index(question.condition)]
    for point in islice(points, _TRIED):
        if explorer.start.region.reaches({**run.seen.trace.sample, **point}, before):
            yield point


def _by_frequency(questions: Sequence[Question]) -> list[Question]:
    """Return questions first about what most of them are about: the largest of many is in most comparisons."""
    count: Counter[int] = Counter()
    variables = [run.seen.trace.reach([question.condition.node]) for run, question in questions]
    for nodes in variables:
        count.update(nodes)
    order = sorted(range(len(questions)), key=lambda i: -sum(count[n] for n in variables[i]) / len(variables[i]))
    return [questions[i] for i in order]


def _moved(explorer: Explorer, seen: Observation, question: Passed) -> Iterator[Point]:
    """Return points on the edge of a condition, with one variable moved there; first those that floats lie on too.

    Of one variable all rational edges are known; of several, the others are made numbers whose sums are floats, or
    small whole numbers, whose quotients often are. Where no one variable gets there within its bounds, the others are
    moved first, most of the way to a run on the other side.
    """
    graph, node = seen.trace, question.condition.node
    inputs = {n for quantity in seen.inputs.values() for n in quantity.nodes}
    names = [graph.payloads[n] for n in graph.leaves(node) if n in inputs]
    if len(names) == 1 and (solutions := roots(graph, node, names[0], explorer.bounds)):
        bounds = explorer.bounds.get(names[0], (None, None))
        yield from ({names[0]: r.low} for r in sorted(solutions) if r.low == r.high and within(r.low, bounds))
    grid = {name: Fraction(round(graph.sample[name] * _SIXTY_FOURTHS), _SIXTY_FOURTHS) for name in names}
    whole = {name: Fraction(_WHOLE[place % len(_WHOLE)]) for place, name in enumerate(names)}
    alone = list(_crossed(explorer, seen, question, {}))
    simple = [point for point in (grid, whole) if _inside(explorer, point)] if alone and len(names) > 1 else []
    moved = simple if alone or len(names) == 1 else _on_the_way(explorer, seen, question, names)
    later: list[Point] = []
    for points in chain([alone], (list(_crossed(explorer, seen, question, others)) for others in moved)):
        exact = [point for point in points if _is_zero_on_floats(graph, node, {**graph.sample, **point})]
        yield from exact
        later += [point for point in points if point not in exact]
    yield from later


def _crossed(explorer: Explorer, seen: Observation, question: Passed, others: Point) -> Iterator[Point]:
    """Yield points on an edge with one variable moved there after the others were moved."""
    for crossing in crossings(seen, question.condition, explorer.bounds, others):
        if crossing.edge is not None:
            yield {**others, crossing.name: crossing.edge}


def _inside(explorer: Explorer, point: Point) -> bool:
    return all(within(value, explorer.bounds.get(name, (None, None))) for name, value in point.items())


def _on_the_way(explorer: Explorer, seen: Observation, question: Passed, names: Sequence[str]) -> Iterator[Point]:
    """Yield points just before an edge, on straight lines to known runs on its other side.

    A domain is a box, so that a line between two points of it stays in it; from there, one variable has a short way.
    """
    start = {name: Fraction(round(seen.trace.sample[name] * _SIXTY_FOURTHS), _SIXTY_FOURTHS) for name in names}
    before = _sign(seen.trace, question.condition.node, seen.trace.sample)
    for run in islice((explorer.start, *explorer.runs), _RUNS):
        end = run.seen.trace.sample
        if before and _sign(seen.trace, question.condition.node, {**seen.trace.sample, **end}) == -before:
            yield _before(seen, question, start, end, before)


def _before(seen: Observation, question: Passed, start: Point, end: Point, before: int) -> Point:
    """Return the last point on a line at which a condition has the sign of its start, in steps of 1 / 64."""
    first, last, change = 0, _SIXTY_FOURTHS, start
    while last - first > 1:
        middle = (first + last) // 2
        point = {
            name: Fraction(round((value + (end[name] - value) * middle / _SIXTY_FOURTHS) * _FINE), _FINE)
            for name, value in start.items()
        }
        if _sign(seen.trace, question.condition.node, {**seen.trace.sample, **point}) == before:
            first, change = middle, point
        else:
            last = middle
    return change


def _sign(graph: Graph, node: int, point: Point) -> int:
    """Return the sign of a node at a point, 0 also where it is undefined or too close to call."""
    with flint.ctx.workprec(_BITS):
        value = balls.at(graph, [node], point)[node]
    return 0 if not value.is_finite() or value.contains(0) else 1 if value > 0 else -1


def _is_zero_on_floats(graph: Graph, node: int, point: Point) -> bool:
    """Tell whether a node is 0 in floating-point arithmetic as well, so that code is likely to find it 0."""
    with suppress(ArithmeticError, ValueError):
        return bool(graph.read([node], _Floats(point))[node] == 0)
    return False


class _Floats:
    """The graph read in floats: a guess at what code computes, in whatever order it does."""

    def __init__(self, point: Point) -> None:
        self.point = point

    def variable(self, name: str) -> float:
        return float(self.point[name])

    def constant(self, value: Fraction) -> float:
        return float(value)

    def typed(self, value: float) -> float:
        return value

    def pi(self, payload: None) -> float:
        return math.pi

    def sum(self, a: float, b: float) -> float:
        return a + b

    def product(self, a: float, b: float) -> float:
        return a * b

    def power(self, a: float, exponent: Fraction) -> float:
        return math.pow(a, exponent)

    def function(self, name: str, a: float, number: int) -> float:
        return float(getattr(math, name)(a))

    joint = staticmethod(joints.in_floats)


def _uniform(explorer: Explorer, seen: Observation, question: Passed) -> Iterator[Point]:
    return uniform(seen, question.condition, explorer.bounds)

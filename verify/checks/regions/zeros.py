"""Points at which a node is exactly 0: for divisors, where the sign of a node need not change (x**2, a sum of squares).

A product is 0 where a factor is, and so is a power; a sum is looked at where one variable is moved until it is 0, where
all entries of an input are 0 or 1, and where all of its terms are 0. Where a sum is 0 with the same sign on both sides,
as x**2 - 4*x + 4 + (x - 2)**4 is at 2, its derivative has another sign on each: zeros of that are looked at as well.
Every point is confirmed in exact arithmetic, so that none is wrong; that these are all zeros is not claimed. Of a zero
that is no rational there are the floats beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

import flint
import numpy as np

from verify.checks.regions.roots import Root, roots
from verify.graph import balls
from verify.graph.adjoints import adjoints, totals
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.model.exact import nearest_double, within
from verify.model.identity import NOWHERE
from verify.proof import rationals
from verify.proof.ranges import Domain
from verify.tracing.observe import Observation
from verify.tracing.region import Point
from verify.tracing.search import Crossing, changes, crossings
from verify.tracing.symbols.trace import Condition, Trace

_SIXTY_FOURTHS = 64  # floats of this grid add up without rounding, so that they are 0 where exact numbers are
_DEPTH = 3  # of sums within powers within sums
_MOST_TERMS = 64
_NEIGHBOURS = 2  # floats on each side of a zero
_TOUCHED = 2  # variables of a sum along which its derivative is followed: most sums that touch 0 are of one
_BITS = 128
_CLOSE = flint.arb(2) ** -60  # of a sum: what a double zero that is known as well as a float leaves of it, or less


def zeros(seen: Observation, node: int, bounds: Domain) -> Iterator[Point]:
    """Return points near the sample at which a node is 0, within the domain; each as what it changes of the sample."""
    graph = seen.trace
    for factor in factors(graph, node):
        for point in _of_variable(graph, factor) if graph.ops[factor] == "variable" else _of_sum(seen, factor, bounds):
            inside = all(within(value, bounds.get(name, (None, None))) for name, value in point.items())
            if inside and rationals.rational(graph, factor, {**graph.sample, **point}) == 0:
                yield point


def beside(seen: Observation, node: int, bounds: Domain) -> Iterator[list[Point]]:
    """Return the floats beside each zero of a node that is not known exactly, the nearest first.

    There floats of the node may be 0, as those of x**3 - 2 are at 1.2599210498948732. Other inputs are moved to numbers
    that floats add without rounding.
    """
    graph = seen.trace
    for factor in factors(graph, node):
        grid = _gridded(seen, factor)
        crossed = crossings(seen, Condition(factor, ">", True, NOWHERE, False), bounds, grid)
        touched = (at for at in _turning(seen, factor, bounds, grid) if _is_close(seen.trace, factor, grid, at))
        irrational = ((name, root) for name, root in _roots(graph, factor, bounds) if root.low < root.high)
        isolated = (Crossing(name, None, [], (root.low + root.high) / 2) for name, root in irrational)
        visited: list[tuple[str, float]] = []
        for crossing in chain(crossed, touched, isolated):
            if crossing.edge is not None or crossing.near is None:
                continue
            nearest = nearest_double(crossing.near)
            floats = [at for at in _neighbours(nearest) if within(at, bounds.get(crossing.name, (None, None)))]
            if floats and not any(_is_same((crossing.name, nearest), zero) for zero in visited):
                visited.append((crossing.name, nearest))
                yield [{**grid, crossing.name: at} for at in floats]


def _is_same(zero: tuple[str, float], other: tuple[str, float]) -> bool:
    """Tell whether two zeros are one that was found in two ways, each as well as a float tells."""
    return zero[0] == other[0] and abs(zero[1] - other[1]) <= np.spacing(abs(zero[1]))


def _neighbours(middle: float) -> list[Fraction]:
    steps = range(-_NEIGHBOURS, _NEIGHBOURS + 1)
    return [Fraction(middle + step * float(np.spacing(middle))) for step in sorted(steps, key=abs)]


def _gridded(seen: Observation, node: int) -> dict[str, Fraction]:
    """Return the variables of a node near the sample, but for those that would be 0."""
    graph = seen.trace
    names = [graph.payloads[n] for n in graph.leaves(node)]
    return {name: value for name in names if (value := _on_grid(graph.sample[name]))}


def factors(graph: Graph, node: int) -> Iterator[int]:
    """Return the variables, sums and functions that make a node 0 where they are 0: one of them is, where that is."""
    todo = [node]
    while todo:
        number = todo.pop()
        op, args = graph.ops[number], graph.args[number]
        if op in ("exp", "pi") or graph.value(number) is not None or (op == "power" and graph.payloads[number] < 0):
            continue  # never 0 where it is defined; divisors are no constants that are 0
        if op == "product" or _is_zero_at_zero(op) or (op == "power" and graph.payloads[number] > 0):
            todo += args
        elif op == "log":
            todo.append(graph.sum(args[0], graph.constant(Fraction(-1))))
        else:
            yield number


def _is_zero_at_zero(op: str) -> bool:
    return op in FUNCTIONS and FUNCTIONS[op].at_zero == 0


def _of_variable(graph: Graph, node: int) -> Iterator[Point]:
    yield {graph.payloads[node]: Fraction(0)}


def _of_sum(seen: Observation, node: int, bounds: Domain) -> Iterator[Point]:
    graph = seen.trace
    names = [graph.payloads[n] for n in graph.leaves(node)]
    for others in (_gridded(seen, node), {}):
        for crossing in crossings(seen, Condition(node, ">", True, NOWHERE, False), bounds, others):
            if crossing.edge is not None:
                yield {**others, crossing.name: crossing.edge}
    for value in (Fraction(0), Fraction(1)):
        yield dict.fromkeys(names, value)
        for quantity in seen.inputs.values():
            entries = {graph.payloads[n] for n in quantity.nodes}
            if entries.intersection(names):
                yield {name: value for name in names if name in entries}
    if (point := _of_all(graph, node, _DEPTH)) is not None:
        yield point
    grid = _gridded(seen, node)
    for name, root in _roots(graph, node, bounds):
        if root.low == root.high:
            yield {name: root.low}
    yield from ({**grid, at.name: at.edge} for at in _turning(seen, node, bounds, grid) if at.edge is not None)


def all_known(seen: Observation, node: int, bounds: Domain) -> bool:
    """Tell whether `zeros` and `beside` have yielded all zeros of a node: those of rational functions of a variable."""
    graph = seen.trace
    for factor in factors(graph, node):
        names = [graph.payloads[number] for number in graph.leaves(factor)]
        if len(names) != 1 or roots(graph, factor, names[0], bounds) is None:
            return False
    return True


def _roots(graph: Graph, node: int, bounds: Domain) -> list[tuple[str, Root]]:
    """Return all zeros and poles of a node of one variable, of whatever multiplicity, where they can be told."""
    names = [graph.payloads[number] for number in graph.leaves(node)]
    places = roots(graph, node, names[0], bounds) if len(names) == 1 else None
    return [(names[0], root) for root in sorted(places or (), key=lambda root: root.low)]


def _turning(seen: Observation, node: int, bounds: Domain, others: Point) -> Iterator[Crossing]:
    """Return where a node turns along a variable: there it may touch 0, on whichever side of it.

    The derivative is written by a trace of its own, for signs that its roots ask about are no conditions of the run.
    """
    trace = Trace(seen.trace)
    trace.sample = dict(seen.trace.sample)
    for variable in trace.leaves(node)[:_TOUCHED]:
        slope = totals(trace, adjoints(trace, [(node, trace.constant(Fraction(1)))], [variable]))[variable]
        along = Condition(slope, ">", True, NOWHERE, False)
        yield from crossings(seen, along, bounds, others, moving=[variable])
        if len(trace.leaves(node)) == 1:
            yield from changes(seen, slope, trace.payloads[variable], bounds, others)


def _is_close(graph: Trace, node: int, others: Point, crossing: Crossing) -> bool:
    """Tell whether next to nothing is left of a node where it turns, compared with what it is at the sample."""
    if crossing.near is None:
        return False
    start = {**graph.sample, **others}
    with flint.ctx.workprec(_BITS):
        there, sample = (balls.at(graph, [node], at)[node] for at in ({**start, crossing.name: crossing.near}, start))
        return bool(abs(there) <= abs(sample) * _CLOSE)


def _on_grid(value: Fraction) -> Fraction:
    return Fraction(round(value * _SIXTY_FOURTHS), _SIXTY_FOURTHS)


def _of_all(graph: Graph, node: int, depth: int) -> Point | None:
    """Return a point at which all terms of a sum are 0, its constants aside: of (x - 1)**2 + y**2, x = 1 and y = 0."""
    point: dict[str, Fraction] = {}
    for term in _terms(graph, node):
        factor = next(factors(graph, term), None)
        if graph.value(term) is not None:
            continue
        if factor is None:
            return None
        point |= _of_one(graph, factor, depth) or {}
    return point or None


def _of_one(graph: Graph, factor: int, depth: int) -> Point | None:
    if graph.ops[factor] == "variable":
        return {graph.payloads[factor]: Fraction(0)}
    line = _line(graph, factor)
    return line if line is not None or not depth else _of_all(graph, factor, depth - 1)


def _line(graph: Graph, node: int) -> Point | None:
    """Return the zero of c + a * x, or of x - y the points in which both are 1."""
    parts = [graph.constants.get(n) for n in graph.args[node]]
    names = [graph.payloads[n] for n in graph.leaves(node)]
    if len(names) != 1 or all(part is None for part in parts):
        return dict.fromkeys(names, Fraction(1)) if len(names) > 1 else None
    at_0, at_1 = (rationals.rational(graph, node, {names[0]: Fraction(value)}) for value in (0, 1))
    if at_0 is None or at_1 is None or at_0 == at_1:
        return None
    return {names[0]: at_0 / (at_0 - at_1)}


def _terms(graph: Graph, node: int) -> list[int]:
    terms: list[int] = []
    todo = [node]
    while todo and len(terms) < _MOST_TERMS:
        number = todo.pop()
        if graph.ops[number] == "sum":
            todo += graph.args[number]
        else:
            terms.append(number)
    return terms

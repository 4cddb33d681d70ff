"""One quantity in the place of another: a function that is not applied, another array, a power with a wrong exponent.

What is guessed on floats at the sample and beside it is proved of the formulas before it is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import flint

from verify.checks.claims.coefficients import written_term
from verify.checks.claims.explain import alike
from verify.checks.claims.held import read_forward
from verify.checks.claims.suspect import Suspect
from verify.graph import balls
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.graph.substitution import replaced

_BITS = 128
_CLOSE = 1e-9
_MOVE, _STEP = Fraction(9, 8), Fraction(1, 97)
_MOST_PARTS, _MOST_QUANTITIES, _MOST_BASES = 16, 300, 20
_MOST_TERMS = 40
_MINUS = Fraction(-1)
_POWERS = ((1, "too many"), (-1, "too few"))  # of a factor


def unapplied(s: Suspect) -> str:
    """Find that the argument of a function stands in the place of its value: 1 - c**2 for 1 - tanh(c)**2."""
    nodes = s.graph.reach(s.expected) if s.small else ()
    for name in dict.fromkeys(s.graph.ops[node] for node in nodes if s.graph.ops[node] in FUNCTIONS):
        calls = {node: s.graph.args[node][0] for node in nodes if s.graph.ops[node] == name}
        outer = {node: inner for node, inner in calls.items() if not calls.keys().isdisjoint(s.graph.reach([inner]))}
        if any(_is_without(s, each) for each in (calls, outer)):
            return f"wrong entries are the exact ones with u in place of {name}(u): is {name} missing?"
    return ""


def _is_without(s: Suspect, calls: Mapping[int, int]) -> bool:
    """Tell whether all entries that differ at the sample are the exact ones with calls replaced by their arguments."""
    without = replaced(s.graph, s.expected, dict(calls))
    values = _values(s, [*s.expected, *s.actual.nodes, *without], 0)
    entries = zip(s.expected, s.actual.nodes, without, strict=True)
    chosen = [exact if _is_near(values[exact], values[actual]) else other for exact, actual, other in entries]
    near = (_is_near(values[node], values[actual]) for node, actual in zip(chosen, s.actual.nodes, strict=True))
    return bool(calls) and all(near) and s.is_(chosen)


def exchanged(s: Suspect) -> str:
    """Find that the first wrong entry has one quantity in place of another, in each part of it: c_next for c."""
    entry = _first_wrong(s) if s.inputs else None
    if entry is None:
        return ""
    used = set(s.graph.reach([s.expected[entry]]))
    upstream = [node for node in s.upstream if node in used and s.graph.ops[node] == "variable"]
    if not 0 < len(upstream) <= _MOST_PARTS:
        return ""
    pairs: list[tuple[str, str]] = []
    quantities = _quantities(s)
    for node in upstream:
        zeros = {other: s.graph.whole(0) for other in upstream if other != node}
        exact, actual = replaced(s.graph, [s.expected[entry], s.actual.nodes[entry]], zeros)
        pair = next(_pairs(s, exact, actual, quantities), None)
        if pair is None:
            return ""
        pairs.append(pair)
    (wrong, right), *others = pairs
    if any((_array(a), _array(b)) != (_array(wrong), _array(right)) for a, b in others):
        return ""
    return f"in entry {s.index(entry)}, {wrong} is used in place of {right}"


def _array(name: str) -> str:
    return name.partition("[")[0]


def _quantities(s: Suspect) -> dict[int, str]:
    """Return the entries of inputs and outputs with their names, and of what forward computes on its way."""
    named = {node: f"{s.graph.payloads[node]}" for _, nodes in s.inputs.values() for node in nodes}
    forward = s.forward()
    for part in forward.intermediates if forward else ():
        nodes = sorted(part.nodes)
        if forward and part.assigned and len(named) + len(nodes) <= _MOST_QUANTITIES:
            named = {**dict.fromkeys(read_forward(s, forward, nodes), part.name), **named}
    quantities = {**named, **s.named}
    return quantities if len(quantities) <= _MOST_QUANTITIES else {}


def _pairs(s: Suspect, exact: int, actual: int, quantities: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """Yield which quantity stands in the place of which, by their names: actual / exact is their quotient."""
    graph, used = s.graph, set(s.graph.reach([exact]))
    points = [_values(s, [exact, actual, *quantities], move) for move in (0, 1)]
    ratios = [values[actual] / values[exact] if values[exact] else 0.0 for values in points]
    for right in [node for node in quantities if node in used and all(ratios)]:
        for wrong in quantities:
            near = (_is_near(v[wrong], v[right] * ratio) for v, ratio in zip(points, ratios, strict=True))
            if quantities[wrong] != quantities[right] and all(near):
                sides = graph.product(actual, right), graph.product(exact, wrong)
                if alike(graph, sides[:1], sides[1:]):
                    yield quantities[wrong], quantities[right]


def raised(s: Suspect) -> str:
    """Find that one term of the first wrong entry has a factor too many or too few, which is a base of it: a power."""
    entry = _first_wrong(s)
    if entry is None:
        return ""
    graph, exact, actual = s.graph, s.expected[entry], s.actual.nodes[entry]
    bases = {term: _bases(s, term) for term in _terms(graph, exact)}
    every = [exact, actual, *bases, *(base for of in bases.values() for base in of)]
    points = [_values(s, every, move) for move in (0, 1)]
    for term, base, (power, fault) in ((t, base, kind) for t, of in bases.items() for base in of for kind in _POWERS):
        changes = (values[term] * (_power(values[base], power) - 1) for values in points)
        if all(_is_near(v[exact] + change, v[actual]) for v, change in zip(points, changes, strict=True)):
            remaining = graph.sum(exact, graph.product(graph.constant(_MINUS), term))
            other = graph.sum(remaining, graph.product(term, graph.power(base, Fraction(power))))
            names = written_term(graph, base), written_term(graph, term)
            if alike(graph, [other], [actual]) and all(names):
                return f"in entry {s.index(entry)}, one term has a factor {names[0]} {fault}: {names[1]}"
    return ""


def _bases(s: Suspect, term: int) -> list[int]:
    """Return what may be a factor of a term: sums, variables and functions, the outermost ones, which vary."""
    bases = [node for node in s.graph.reach([term]) if s.graph.ops[node] in ("sum", "variable", *FUNCTIONS)]
    return [node for node in bases[-_MOST_BASES:] if node not in s.upstream and _varies(s.graph, node)]


def _power(value: float, power: int) -> float:
    return value if power == 1 else 1 / value if value else math.nan


def _varies(graph: Graph, node: int) -> bool:
    """Tell whether a node depends on a variable: of numbers, one is as good as another."""
    return any(graph.ops[part] == "variable" for part in graph.reach([node]))


def _terms(graph: Graph, node: int) -> list[int]:
    """Return terms of a formula, with sums in their products multiplied out and not: what it may be the sum of."""
    terms = [node]
    if graph.ops[node] == "sum":
        terms += [term for argument in graph.args[node] for term in _terms(graph, argument)]
    if graph.ops[node] == "product":
        left, right = graph.args[node]
        terms += [graph.product(term, right) for term in _terms(graph, left)[1:]]
        terms += [graph.product(left, term) for term in _terms(graph, right)[1:]]
    return [*dict.fromkeys(terms)][:_MOST_TERMS]


def _first_wrong(s: Suspect) -> int | None:
    """Return the first entry that differs at the sample, of a gradient that can be looked at."""
    if not s.small:
        return None
    values = _values(s, [*s.expected, *s.actual.nodes], 0)
    pairs = enumerate(zip(s.expected, s.actual.nodes, strict=True))
    return next((place for place, (a, b) in pairs if not _is_near(values[a], values[b])), None)


def _values(s: Suspect, nodes: Sequence[int], move: int) -> dict[int, float]:
    """Return the values of nodes at the sample, or beside it; NaN for what is not known."""
    names = {s.graph.payloads[node] for node in s.graph.reach(nodes) if s.graph.ops[node] == "variable"}
    moved = {name: s.region.sample[name] * (_MOVE + number * _STEP) for number, name in enumerate(sorted(names))}
    with flint.ctx.workprec(_BITS):
        values = balls.at(s.graph, [*dict.fromkeys(nodes)], s.nearby(moved if move else {}))
        return {node: float(ball.mid()) if ball.is_finite() else float("nan") for node, ball in values.items()}


def _is_near(left: float, right: float) -> bool:
    return abs(left - right) <= _CLOSE * max(abs(left), abs(right))

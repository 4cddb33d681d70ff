"""What `backward` divides by, or takes logarithms and roots of, and `forward` does not: where only it has holes.

A function that is not defined everywhere is one more such divisor for each end of its domain, and for each pole:
1 - u, and u + 1, of the arcsine of u.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.tracing.observe import Observation

_ALIKE = 3  # of those that differ in the entries only: the first, the last and one between


class Divisor(NamedTuple):
    """A node that something is not defined at: not where it is 0 (`pole`), not where it is negative (`below`).

    Where that is a `function` other than the logarithm, its name is here, and its `argument`.
    """

    node: int
    pole: bool
    below: bool
    function: str = ""
    argument: int = 0


_DIVIDING = ("log", "power")


def claimed(seen: Observation) -> list[str]:
    """Return the inputs whose gradients a run returned, in their shape."""
    return [name for name in seen.gradients if name not in seen.malformed]


def divisors(seen: Observation) -> list[Divisor]:
    """Return the divisors of a run that its output does not share.

    Those count as well whose results are dropped, or fold away: 0 / x is NaN on floats where x is 0.
    """
    graph = seen.trace
    partial = {op for op in set(graph.ops) if op in _DIVIDING or _is_partial(op)}
    dividing = {number for number, op in enumerate(graph.ops) if op in partial}
    if not dividing:
        return []
    gradients = [n for name in claimed(seen) for n in seen.gradients[name].nodes]
    forward = _of(graph, dividing.intersection(graph.reach(n for output in seen.outputs for n in output.nodes)))
    poles, roots = ({d.node for d in forward if d.pole}, {d.node for d in forward if d.below})
    computed = [number for number in sorted(dividing) if number in seen.computed]
    needed = graph.reach(gradients) if len(computed) < len(dividing) else []
    result = []
    for divisor in _of(graph, [*computed, *(number for number in needed if number in dividing)]):
        node = divisor.node
        own = divisor._replace(pole=divisor.pole and node not in poles, below=divisor.below and node not in roots)
        if own.pole or own.below:
            result.append(own)
    return result


def divisors_of_forward(seen: Observation) -> list[Divisor]:
    """Return the divisors of a run that were computed before its output was there, also those that fold away.

    On a graph of several runs these are divisors of the others as well.
    """
    dividing = [n for n in range(seen.answered) if seen.trace.ops[n] == "power"]
    return [divisor for divisor in _of(seen.trace, dividing) if divisor.pole]


def _of(graph: Graph, nodes: Iterable[int]) -> list[Divisor]:
    """Return the divisors of nodes, each once."""
    by_node: dict[int, Divisor] = {}
    for divisor in (divisor for number in nodes for divisor in _of_one(graph, number)):
        if (divisor.pole or divisor.below) and divisor.node not in graph.constants:
            before = by_node.get(divisor.node, divisor)
            pole, below = divisor.pole or before.pole, divisor.below or before.below
            by_node[divisor.node] = before._replace(pole=pole, below=below)
    return list(by_node.values())


def _of_one(graph: Graph, number: int) -> Iterable[Divisor]:
    """Return the divisors of a node."""
    op = graph.ops[number]
    if op == "log":
        return [_of_power(graph, graph.args[number][0], pole=True, below=True)]
    if op == "power":
        exponent = graph.payloads[number]
        return [_of_power(graph, graph.args[number][0], pole=exponent < 0, below=exponent.denominator != 1)]
    return _of_function(graph, op, graph.args[number][0]) if _is_partial(op) else ()


def _is_partial(op: str) -> bool:
    """Tell whether an operation is a function that is not defined everywhere."""
    return op in FUNCTIONS and bool(FUNCTIONS[op].poles or any(end is not None for end in FUNCTIONS[op].within))


def _of_function(graph: Graph, op: str, argument: int) -> Iterator[Divisor]:
    """Yield what is negative beyond the domain of a function, and what is 0 at a pole of it."""
    low, high = FUNCTIONS[op].within
    if low is not None:
        yield Divisor(_distance(graph, argument, 1, -low), pole=True, below=True, function=op, argument=argument)
    if high is not None:
        yield Divisor(_distance(graph, argument, -1, high), pole=True, below=True, function=op, argument=argument)
    for pole in FUNCTIONS[op].poles:
        yield Divisor(_distance(graph, argument, 1, -pole), pole=True, below=False, function=op, argument=argument)


def _distance(graph: Graph, argument: int, sign: int, end: int) -> int:
    """Return the node of an end plus or minus the argument."""
    signed = graph.product(graph.constant(Fraction(sign)), argument)
    return graph.sum(graph.constant(Fraction(end)), signed)


def _of_power(graph: Graph, argument: int, *, pole: bool, below: bool) -> Divisor:
    """Return the divisor that an argument is: of a whole power it is the base, of any sign where that is even."""
    if graph.ops[argument] == "power" and (exponent := graph.payloads[argument]).denominator == 1 and exponent > 0:
        return Divisor(graph.args[argument][0], pole, below=below and bool(exponent % 2))
    return Divisor(argument, pole, below)


def is_beyond(seen: Observation, divisor: Divisor) -> bool:
    """Tell whether something is not defined at the sample of a run, beyond what a divisor tells."""
    return divisor.below and bool(seen.trace.at_sample(divisor.node) < 0)


def sparse_first(seen: Observation, candidates: Sequence[Divisor]) -> tuple[list[Divisor], list[Divisor]]:
    """Return a few of the divisors that differ in the entries of the same inputs only, in turns, and then all others.

    A guard may know some entries and not others, so that none is left out for being like another.
    """
    form = _form(seen, [divisor.node for divisor in candidates])
    groups: dict[object, list[Divisor]] = {}
    for divisor in candidates:
        groups.setdefault((form(divisor.node), divisor.pole, divisor.below), []).append(divisor)
    picked = [[group[i] for i in sorted({0, len(group) // 2, len(group) - 1})] for group in groups.values()]
    first = [group[i] for i in range(_ALIKE) for group in picked if i < len(group)]
    chosen = set(first)
    return first, [divisor for group in groups.values() for divisor in group if divisor not in chosen]


def _form(seen: Observation, nodes: Sequence[int]) -> Callable[[int], int]:
    """Return a function to a number that is the same for formulas that differ in the entries of inputs only."""
    graph, arrays = seen.trace, [*seen.inputs.values(), *seen.upstreams]
    owners = {node: number for number, array in enumerate(arrays) for node in array.nodes}
    forms: dict[int, int] = {}
    numbered: dict[object, int] = {}
    for number in graph.reach(nodes):
        payload = graph.payloads[number]
        if graph.ops[number] == "variable":
            payload = owners.get(number, payload)
        form = (graph.ops[number], tuple(sorted(forms[a] for a in graph.args[number])), payload)
        forms[number] = numbered.setdefault(form, len(numbered))
    return forms.__getitem__

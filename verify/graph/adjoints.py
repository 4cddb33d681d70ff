"""The exact derivative of a traced computation: SymPy's rule for each operation, composed from the output back.

For sum(upstream * output), one sweep over the graph gives all derivatives with respect to inputs (Linnainmaa,
1970). SymPy differentiates each kind of operation once. Most of its answers are 1 or another operand; any other is kept
as a list of steps, which are taken for each node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.graph import joints
from verify.graph.formulas import Plan, plan, replay
from verify.graph.functions import derivative
from verify.graph.graph import Graph

_SYMBOL = sympy.Dummy("operand")
_OF_TWO = ("sum", "product")  # operations, which are most of a graph

Shares = dict[int, list[int]]


def adjoints(
    graph: Graph, outputs: Iterable[tuple[int, int]], inputs: Sequence[int], held: Collection[int] = ()
) -> Shares:
    """Return for each input the terms of d(sum of upstream * output) / d(input), one for each use of it.

    `outputs` are pairs of an output and its upstream, as nodes. Nodes that are `held` count as constants.
    """
    pairs = list(outputs)
    order = graph.reach([output for output, _ in pairs])
    active = _depending(graph, order, inputs, held)
    pending: defaultdict[int, list[int]] = defaultdict(list)
    for output, upstream in pairs:
        if output in active:
            pending[output].append(upstream)
    args, ops, product, partials = graph.args, graph.ops, graph.product, graph.memory("partials")
    for number in reversed(order):
        arguments = args[number]
        if not arguments or number not in pending:
            continue
        shares = pending.pop(number)
        adjoint = shares[0] if len(shares) == 1 else graph.total(shares)
        op = ops[number]
        if op in _OF_TWO:
            left, right = arguments
            by_left, by_right = _binary(op)
            if left in active:
                pending[left].append(product(adjoint, right) if by_left else adjoint)
            if right in active:
                pending[right].append(product(adjoint, left) if by_right else adjoint)
            continue
        slopes = joints.derivatives(graph, number) if op in joints.JOINT else [_partial(graph, number, partials)]
        for argument, slope in zip(arguments, slopes, strict=True):
            if argument in active:
                pending[argument].append(product(adjoint, slope))
    return {number: pending.get(number, []) for number in inputs}


def _depending(graph: Graph, order: Sequence[int], inputs: Iterable[int], held: Collection[int]) -> set[int]:
    """Return the nodes that are computed from the inputs, and not from what is held of them alone."""
    active = set(inputs).difference(held)
    args = graph.args
    for number in order:
        if held and number in held:
            continue
        for argument in args[number]:
            if argument in active:
                active.add(number)
                break
    return active


def slope(graph: Graph, number: int) -> int:
    """Return the derivative of a node with one argument with respect to that."""
    return _partial(graph, number, graph.memory("partials"))


def _partial(graph: Graph, number: int, partials: dict[int, int]) -> int:
    """Return the derivative of a node with one argument with respect to that, one of the `partials` from then on."""
    if number not in partials:  # else it was worked out for another region
        rule = _rule(graph.ops[number], graph.payloads[number])
        partials[number] = replay(graph, rule, {_SYMBOL: graph.args[number][0]})
    return partials[number]


@cache
def _binary(op: str) -> tuple[bool, bool]:
    """Tell of SymPy's partial derivatives of an operation on two nodes which are the other operand; else they are 1."""
    left, right = sympy.Dummy("left"), sympy.Dummy("right")
    value = left + right if op == "sum" else left * right
    kinds = {sympy.Integer(1): False}
    return {**kinds, right: True}[sympy.diff(value, left)], {**kinds, left: True}[sympy.diff(value, right)]


@cache
def _rule(op: str, exponent: Any) -> Plan:
    """Return SymPy's derivative of an operation on one node as steps."""
    if op == "power":
        assert isinstance(exponent, Fraction)
        return plan(sympy.diff(_SYMBOL ** sympy.Rational(exponent.numerator, exponent.denominator), _SYMBOL))
    return plan(derivative(op, _SYMBOL))


def totals(graph: Graph, shares: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Return the derivatives as nodes, the terms added up."""
    return {number: graph.total(terms) for number, terms in shares.items()}

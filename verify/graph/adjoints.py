"""The exact derivative of a traced computation: SymPy's rule for each operation, composed from the output back.

For sum(upstream * output), one sweep over the graph gives all derivatives with respect to inputs (Linnainmaa,
1970). SymPy differentiates each kind of operation once. Most of its answers are 1 or another operand; any other is kept
as a list of steps, which are taken for each node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.graph import joints
from verify.graph.formulas import Plan, plan, replay
from verify.graph.functions import derivative
from verify.graph.graph import Graph

_SYMBOL = sympy.Dummy("operand")

Shares = dict[int, list[int]]


def adjoints(graph: Graph, outputs: Iterable[tuple[int, int]], inputs: Sequence[int]) -> Shares:
    """Return for each input the terms of d(sum of upstream * output) / d(input), one for each use of it.

    `outputs` are pairs of an output and its upstream, as nodes.
    """
    pairs = list(outputs)
    order = graph.reach([output for output, _ in pairs])
    active = _depending(graph, order, inputs)
    pending: Shares = {}
    for output, upstream in pairs:
        if output in active:
            pending.setdefault(output, []).append(upstream)
    for number in reversed(order):
        if number in pending and graph.args[number]:
            _pass_back(graph, number, pending, active)
    return {number: pending.get(number, []) for number in inputs}


def _depending(graph: Graph, order: Sequence[int], inputs: Iterable[int]) -> set[int]:
    """Return the nodes that are computed from the inputs."""
    active = set(inputs)
    args = graph.args
    for number in order:
        for argument in args[number]:
            if argument in active:
                active.add(number)
                break
    return active


def _pass_back(graph: Graph, number: int, pending: Shares, active: set[int]) -> None:
    """Pass the adjoint of a node on to its arguments."""
    shares = pending.pop(number)
    adjoint = shares[0] if len(shares) == 1 else graph.total(shares)
    arguments = graph.args[number]
    if graph.ops[number] in joints.JOINT:
        for argument, slope in zip(arguments, joints.derivatives(graph, number), strict=True):
            if argument in active:
                pending.setdefault(argument, []).append(graph.product(adjoint, slope))
        return
    if len(arguments) == 1:
        argument, partials = arguments[0], graph.memory("partials")
        partial = partials.get(number)
        if partial is None:  # else it was worked out for another region
            rule = _rule(graph.ops[number], graph.payloads[number])
            partial = partials[number] = replay(graph, rule, {_SYMBOL: argument})
        pending.setdefault(argument, []).append(graph.product(adjoint, partial))
        return
    left, right = arguments
    by_left, by_right = _binary(graph.ops[number])
    if left in active:
        pending.setdefault(left, []).append(graph.product(adjoint, right) if by_left == "other" else adjoint)
    if right in active:
        pending.setdefault(right, []).append(graph.product(adjoint, left) if by_right == "other" else adjoint)


@cache
def _binary(op: str) -> tuple[str, str]:
    """Classify SymPy's partial derivatives of an operation on two nodes: `one`, or the `other` operand."""
    left, right = sympy.Dummy("left"), sympy.Dummy("right")
    value = left + right if op == "sum" else left * right
    kinds = {sympy.Integer(1): "one"}
    return (
        {**kinds, right: "other"}[sympy.diff(value, left)],
        {**kinds, left: "other"}[sympy.diff(value, right)],
    )


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

"""Two nodes at a point in balls, and how fast each of them moves with every constant: a reverse sweep.

The constants that move are the floats of the code, by their nodes, and the exponents that were read from floats, by
their values. Slopes serve to look for a correction of constants, or for a point; what is found is judged by values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache

import flint
import sympy

from verify.graph import balls, functions, joints
from verify.graph.formulas import Plan, plan, replay
from verify.graph.graph import Graph

_SYMBOL = sympy.Dummy("operand")
Key = int | Fraction  # a typed float by its node, an exponent by its value
_WHOLE_LOOKING = 1000  # the largest denominator of an exponent that people mean exactly

# The slope of functions at u, where they have the value v; those of others are read from their derivatives.
_SLOPES: Mapping[str, Callable[[flint.arb, flint.arb], flint.arb]] = {
    "exp": lambda u, v: v,
    "log": lambda u, v: 1 / u,
    "tanh": lambda u, v: u.sech() ** 2,
    "sin": lambda u, v: u.cos(),
    "cos": lambda u, v: -u.sin(),
    "atan": lambda u, v: 1 / (1 + u * u),
    "erf": lambda u, v: 2 * (-u * u).exp() / flint.arb.pi().sqrt(),
}


def is_rounded(exponent: Fraction) -> bool:
    """Tell whether an exponent may have been read from a computed float: it is no short fraction, and no float."""
    denominator = exponent.denominator
    return denominator > _WHOLE_LOOKING and denominator & (denominator - 1) != 0


def moves(graph: Graph, node: int) -> bool:
    """Tell whether a node is a constant that moves, or a power with such an exponent."""
    op = graph.ops[node]
    return op == "typed" or (op == "power" and is_rounded(graph.payloads[node]))


class Tape:
    """The nodes that some nodes are computed from, read at points where constants have other values."""

    def __init__(self, graph: Graph, nodes: Sequence[int]) -> None:
        self.graph = graph
        self.order = graph.reach(nodes)
        self.keys: list[Key] = []
        self.rounded: set[int] = set()  # powers whose exponents move
        varying: set[int] = set()
        for node in self.order:
            op = graph.ops[node]
            if op == "typed":
                self.keys.append(node)
            rounded = op == "power" and is_rounded(graph.payloads[node])
            if rounded:
                self.rounded.add(node)
            if rounded and graph.payloads[node] not in self.keys:
                self.keys.append(graph.payloads[node])
            if op == "typed" or rounded or any(argument in varying for argument in graph.args[node]):
                varying.add(node)
        self.varying = [node for node in self.order if node in varying]
        self.fixed = [node for node in self.order if node not in varying]

    def at(
        self, point: Mapping[str, Fraction], constants: Mapping[Key, flint.arb], computed: dict[int, flint.arb]
    ) -> None:
        """Compute all nodes at a point; what does not depend on constants is taken from `computed`, or added to it."""
        graph = self.graph
        if not any(node in computed for node in self.fixed):
            balls.at(graph, self.fixed, point, computed)
        for node in self.varying:
            computed[node] = self._value(node, constants, computed)

    def _value(self, node: int, constants: Mapping[Key, flint.arb], values: Mapping[int, flint.arb]) -> flint.arb:
        op, args = self.graph.ops[node], self.graph.args[node]
        if op == "sum":
            return values[args[0]] + values[args[1]]
        if op == "product":
            return values[args[0]] * values[args[1]]
        if op == "typed":
            return constants[node]
        if op == "power":
            exponent: Fraction = self.graph.payloads[node]
            if node in self.rounded:
                return values[args[0]] ** constants[exponent]
            return balls.power(values[args[0]], exponent)
        if op in joints.JOINT:
            return joints.in_balls(op, [values[i] for i in args], self.graph.payloads[node])
        return balls.function(op, values[args[0]])

    def slopes(
        self, node: int, constants: Mapping[Key, flint.arb], values: Mapping[int, flint.arb]
    ) -> dict[Key, flint.arb]:
        """Return how fast a node moves with each constant that it depends on."""
        ops, payloads = self.graph.ops, self.graph.payloads
        slopes: dict[Key, flint.arb] = {}
        adjoints = self.adjoints(node, values, self.varying, constants)
        for number, adjoint in adjoints.items():
            if ops[number] == "typed":
                slopes[number] = adjoint
            elif number in self.rounded:
                exponent: Fraction = payloads[number]
                share = adjoint * values[number] * values[self.graph.args[number][0]].log()
                slopes[exponent] = slopes[exponent] + share if exponent in slopes else share
        return slopes

    def adjoints(
        self,
        node: int,
        values: Mapping[int, flint.arb],
        among: Sequence[int],
        constants: Mapping[Key, flint.arb] | None = None,
    ) -> dict[int, flint.arb]:
        """Return how fast a node moves with each of the nodes `among` which it is computed from."""
        wanted, adjoints = set(among), {node: flint.arb(1)}
        for number in reversed(among):
            if number in adjoints:
                for argument, slope in self._partials(number, values, constants or {}):
                    if argument in wanted:
                        share = adjoints[number] * slope
                        adjoints[argument] = adjoints[argument] + share if argument in adjoints else share
        return adjoints

    def _partials(
        self, number: int, values: Mapping[int, flint.arb], constants: Mapping[Key, flint.arb]
    ) -> list[tuple[int, flint.arb | int]]:
        op, args = self.graph.ops[number], self.graph.args[number]
        if op == "sum":
            return [(args[0], 1), (args[1], 1)]
        if op == "product":
            return [(args[0], values[args[1]]), (args[1], values[args[0]])]
        if op == "power":
            exponent: Fraction = self.graph.payloads[number]
            moved = constants.get(exponent) if number in self.rounded else None
            factor = balls.ball(exponent) if moved is None else moved
            base = values[args[0]]
            if base.is_zero():
                return [(args[0], balls.power(base, exponent - 1) * factor)]
            return [(args[0], factor * values[number] / base)]
        if op in joints.JOINT:
            moves = joints.slopes(op, [values[i] for i in args], self.graph.payloads[number], values[number])
            return list(zip(args, moves, strict=True))
        return [(args[0], slope(op, values[args[0]], values[number]))] if args else []


def slope(name: str, u: flint.arb, v: flint.arb) -> flint.arb:
    """Return the slope of a function of FUNCTIONS at u, where it has the value v."""
    return _SLOPES[name](u, v) if name in _SLOPES else replay(balls.ARITHMETIC, _slope(name), {_SYMBOL: u})


def approximate(name: str, value: float) -> float:
    """Return a float near a function's slope, for searches, which prove nothing; NaN where there is none."""
    with flint.ctx.workprec(64):
        return float(slope(name, flint.arb(value), functions.enclosed(name, flint.arb(value))).mid())


@cache
def _slope(name: str) -> Plan:
    return plan(functions.derivative(name, _SYMBOL))

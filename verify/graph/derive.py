"""The exact derivatives of a program, every one of them from SymPy.

SymPy differentiates each kind of operation once (`sympy.diff`, never a table of ours); a reverse sweep over the steps
composes these by the chain rule, so that a thousand inputs cost one sweep. Where the whole expression is small, SymPy
also differentiates it at once, with respect to each input and each intermediate node: the two have to agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.graph import functions
from verify.graph.formulas import Alphabet, Plan, from_sympy, plan, replay
from verify.graph.graph import Graph
from verify.graph.program import OPERATIONS, Program, Step
from verify.model.errors import TraceError

_ARGUMENTS = (sympy.Dummy("left"), sympy.Dummy("right"))

_Rule = int | Plan | None  # a partial derivative: an argument by its place, any other expression as steps, None for 1


@cache
def partials(op: str, arity: int, exponent: Fraction | None) -> tuple[sympy.Expr, ...]:
    """Return SymPy's partial derivatives of one operation with respect to each argument."""
    arguments = _ARGUMENTS[:arity]
    constants = [] if exponent is None else [sympy_number(exponent)]
    value = OPERATIONS[op](*arguments, *constants)
    return tuple(sympy.diff(value, argument) for argument in arguments)


@cache
def function_partial(name: str) -> sympy.Expr:
    """Return the derivative of a function of FUNCTIONS."""
    return functions.derivative(name, _ARGUMENTS[0])


@cache
def derivative(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """Return SymPy's derivative; cases share their symbols, so many ask for the same one."""
    return sympy.diff(expression, symbol)


def sympy_number(value: Fraction) -> sympy.Rational:
    """Return an exact number as SymPy's."""
    return sympy.Rational(value.numerator, value.denominator)


def sweep(graph: Graph, program: Program, values: Sequence[int], upstream: int) -> list[int]:
    """Return for each step the node of d(upstream * output) / d(step), by the chain rule from the output back.

    `values` are the nodes of the steps; the derivative is -1 with respect to a step that does not vary.
    """
    adjoints = [-1] * len(program)
    adjoints[program.result] = upstream
    rules: dict[tuple[str, Fraction | None], list[_Rule]] = {}
    for index in range(program.result, -1, -1):
        op, adjoint = program.ops[index], adjoints[index]
        if adjoint < 0 or op not in OPERATIONS:
            continue
        args, number = program.args(index), program.numbers.get(index)
        if (op, number) not in rules:
            rules[op, number] = [_rule(partial) for partial in partials(op, len(args), number)]
        for argument, rule in zip(args, rules[op, number], strict=True):
            if program.varies[argument]:
                share = adjoint if rule is None else _share(graph, adjoint, rule, [values[i] for i in args])
                adjoints[argument] = share if adjoints[argument] < 0 else graph.sum(adjoints[argument], share)
    return adjoints


def shares(graph: Graph, step: Step, derivative: int, operands: list[int]) -> list[int]:
    """Return the nodes of what flows back from a step along each edge into it, given the derivative for the step."""
    rules = [_rule(partial) for partial in partials(step.op, len(step.args), step.number)]
    return [derivative if rule is None else _share(graph, derivative, rule, operands) for rule in rules]


def _rule(partial: sympy.Expr) -> _Rule:
    """Classify a partial derivative: for most operations it is 1, or one of the arguments."""
    if partial in _ARGUMENTS:
        return _ARGUMENTS.index(partial)
    return None if partial == 1 else plan(partial)


def _share(graph: Graph, adjoint: int, rule: int | Plan, operands: list[int]) -> int:
    """Return adjoint * partial."""
    if isinstance(rule, int):
        return graph.product(adjoint, operands[rule])
    return graph.product(adjoint, replay(graph, rule, dict(zip(_ARGUMENTS, operands, strict=False))))


class Whole:
    """SymPy's derivative of the whole expression with respect to any step, the step taken as a variable of its own."""

    def __init__(self, program: Program, names: Alphabet) -> None:
        self.program = program
        self.names = names
        self.values = program.evaluate(names.symbols, sympy_number)

    def derivative(self, index: int) -> tuple[sympy.Expr, sympy.Symbol]:
        """Return d(output) / d(step) and the symbol that stands for the step in it."""
        program = self.program
        symbol = self.names.symbols.get(program.label(index), self.names.spare())
        output = self.values[program.result] if program.ops[index] == "input" else self._output_with(index, symbol)
        return derivative(output, symbol), symbol

    def _output_with(self, index: int, symbol: sympy.Symbol) -> sympy.Expr:
        """Return the output with one step replaced by a symbol; only the steps that depend on it are computed again."""
        values: list[Any] = list(self.values)
        values[index] = symbol
        changed = {index}
        for later in range(index + 1, self.program.result + 1):
            if changed.intersection(self.program.args(later)):
                changed.add(later)
                values[later] = self.program.compute(later, values, self.names.symbols, sympy_number)
        return values[self.program.result]


def wholes(
    graph: Graph, program: Program, names: Alphabet, values: Sequence[int], upstream: int
) -> dict[int, tuple[int, sympy.Expr]]:
    """Return for each step that varies d(upstream * output) / d(step), differentiated at once: node and formula.

    The formula is without the upstream, and has only names that people gave: an unnamed step is written out.
    """
    whole = Whole(program, names)
    inputs = {names.symbols[program.names[i]]: values[i] for i in program.input_steps}
    derivatives = {}
    for index in program.nodes:
        formula, symbol = whole.derivative(index)
        try:
            node = from_sympy(graph, formula, {**inputs, symbol: values[index]})
        except TraceError:  # SymPy brought in a function that the graph does not have: the sweep stands alone
            continue
        if symbol == names.spare() and formula.has(symbol):
            formula = formula.xreplace({symbol: whole.values[index]})
        derivatives[index] = (graph.product(upstream, node), formula)
    return derivatives

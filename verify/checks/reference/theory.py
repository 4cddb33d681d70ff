"""What is exact about a case: its values, its derivatives and their formulas, independent of any layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy

from verify.cases.case import ExpressionCase
from verify.graph import formulas
from verify.graph.arithmetic import operations
from verify.graph.derive import sweep, wholes
from verify.graph.formulas import Alphabet
from verify.graph.graph import Graph
from verify.proof import rationals
from verify.proof.rationals import Real
from verify.tracing.symbols.symbolic import Symbol

Key = tuple[str, int]  # a quantity, `value` or `gradient`, and the step that it belongs to

_MOST_FACTORS = 8  # of a product that is written without SymPy
_LARGEST_WHOLE = 64  # steps: beyond, differentiating the whole once for every node grows with the square


@dataclass(frozen=True, slots=True)
class Theory:
    """A case as symbols: nodes of the exact values and derivatives of its steps, by step.

    `derivatives` come from the sweep, `wholes` from SymPy's derivative of the whole expression (small programs only).
    """

    case: ExpressionCase
    graph: Graph
    symbol: type[Symbol]  # what the subject runs on
    sample: dict[str, Fraction]  # the exact inputs of the case, the upstream among them
    upstream: int
    upstream_name: str
    names: Alphabet
    fixed: Mapping[str, sympy.Expr]  # the upstream that is left out of formulas, being 1
    values: list[int]
    derivatives: list[int]
    wholes: Mapping[int, tuple[int, sympy.Expr]]
    evaluated: list[Any] = field(default_factory=list)  # values at the sample, as far as they were needed
    counts: list[Any] = field(default_factory=list)  # of the operations in long formulas

    def expected(self, key: Key) -> int:
        """Return the node of the exact quantity."""
        quantity, index = key
        return self.values[index] if quantity == "value" else self.derivatives[index]

    def at_sample(self, nodes: Sequence[int]) -> dict[int, Real]:
        """Return the exact values of nodes at the sample."""
        return rationals.real(self.graph, nodes, self.sample, self.evaluated)

    def formula(self, index: int) -> str:
        """Write the derivative with respect to a step, with the upstream in it unless that is 1."""
        if index in self.wholes:
            upstream = {**self.names.symbols, **self.fixed}[self.upstream_name]
            return self.names.write(upstream * self.wholes[index][1])
        return self.text(self.derivatives[index], self.fixed)

    def text(self, node: int, fixed: Mapping[str, sympy.Expr] | None = None) -> str:
        """Write the formula of a node; `fixed` gives variables a value."""
        monomial = self._monomial(node, fixed or {})
        return formulas.text(self.graph, node, self.names, fixed, counts=self.counts) if monomial is None else monomial

    def _monomial(self, node: int, fixed: Mapping[str, sympy.Expr]) -> str | None:
        """Write a product of a few different variables as SymPy would, in a hundredth of the time; None for others."""
        ops, args, payloads = self.graph.ops, self.graph.args, self.graph.payloads
        factors: list[int] = []
        todo = [node]
        while todo:
            number = todo.pop()
            op = ops[number]
            if op == "product":
                todo += args[number]
            elif op != "variable" or len(factors) == _MOST_FACTORS:
                return None
            elif payloads[number] not in fixed:
                factors.append(number)
            elif fixed[payloads[number]] is not sympy.S.One:
                return None
        if len(set(factors)) < len(factors):
            return None
        return "*".join([payloads[number] for number in sorted(factors)]) or "1"  # in the order of the alphabet


def theory(case: ExpressionCase, *, branching: bool = False) -> Theory:
    """Work out the exact side of a case; `branching`, on a graph and with symbols that can be branched on."""
    program, name = case.program, upstream_name(case)
    sample = {**case.inputs, name: case.upstream}
    variables = [*program.inputs, name]
    graph, symbol = _concolic({name: sample[name] for name in variables}) if branching else (Graph(), Symbol)
    *_, upstream = [graph.variable(name) for name in variables]
    values = program.evaluate(graph.variables, graph.constant, operations(graph))
    derivatives = sweep(graph, program, values, upstream)
    small = len(program) <= _LARGEST_WHOLE and formulas.size(graph, values[program.result]).writable
    names = Alphabet([*variables, *sorted(program.named if small else ())])
    whole = wholes(graph, program, names, values, upstream) if small else {}
    fixed = {name: sympy.S.One} if case.upstream == 1 else {}
    return Theory(case, graph, symbol, sample, upstream, name, names, fixed, values, derivatives, whole)


def _concolic(sample: Mapping[str, Fraction]) -> tuple[Graph, type[Symbol]]:
    from verify.tracing.symbols.concolic import Concolic
    from verify.tracing.symbols.trace import Trace

    trace = Trace()
    trace.absolute_roots = False  # the expression is exact for either sign
    for name, value in sample.items():
        trace.input(name, value)
    return trace, Concolic


def upstream_name(case: ExpressionCase) -> str:
    """Name the upstream after the output, as the tutorial does: dprice."""
    name = f"d{case.program.output}"
    while name in case.inputs or case.program.find(name) is not None:
        name += "_"
    return name

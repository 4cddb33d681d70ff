"""SymPy's derivative of a whole small computation, beside which the sweep has to stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verify.graph import formulas
from verify.graph.derive import derivative
from verify.graph.formulas import Alphabet, from_sympy, to_sympy
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.graph.joints import JOINT
from verify.model.errors import TraceError

_LARGEST = 40  # operations: SymPy takes milliseconds for each derivative
_MOST = 6  # inputs
_POLYNOMIAL = ("variable", "constant", "sum", "product")
_POWERS = (2, 3)


def _easy(graph: Graph, total: int) -> bool:
    """Tell whether functions are taken of polynomials only: of others SymPy may ask itself questions without end."""
    nodes = graph.reach([total])
    arguments = [graph.args[i][0] for i in nodes if graph.ops[i] in FUNCTIONS]
    return all(graph.ops[i] not in JOINT for i in nodes) and all(
        graph.ops[i] in _POLYNOMIAL or (graph.ops[i] == "power" and graph.payloads[i] in _POWERS)
        for i in graph.reach(arguments)
    )


def wholes(graph: Graph, outputs: Iterable[tuple[int, int]], inputs: Sequence[int]) -> dict[int, int]:
    """Return d(sum of upstream * output) / d(input) as SymPy has it, for each input of a small computation.

    A sum is differentiated term by term, and each term once: in other regions many outputs are the same.
    Nothing where the computation is not small, or SymPy's answer has functions that the graph does not have.
    """
    if len(inputs) > _MOST:
        return {}
    terms = [graph.product(output, upstream) for output, upstream in outputs]
    total = graph.total(terms)
    size = formulas.size(graph, total)
    if size.operations > _LARGEST or not size.writable or not _easy(graph, total):  # a million digits are one operation
        return {}
    slopes = [_slopes(graph, term) for term in terms]
    if any(partials is None for partials in slopes):
        return {}
    return {
        node: graph.total([partials[node] for partials in slopes if partials and node in partials]) for node in inputs
    }


def _slopes(graph: Graph, term: int) -> dict[int, int] | None:
    """Return SymPy's derivatives of a term with respect to the variables in it, or None where the graph has no such."""
    memory = graph.memory("wholes")
    if term not in memory:
        variables = [number for number in graph.reach([term]) if graph.ops[number] == "variable"]
        names = Alphabet([graph.payloads[number] for number in variables])
        nodes = {symbol: graph.variable(name) for name, symbol in names.symbols.items()}
        expression = to_sympy(graph, term, names.symbols)
        try:
            memory[term] = {
                node: from_sympy(graph, derivative(expression, names.symbols[graph.payloads[node]]), nodes)
                for node in variables
            }
        except TraceError:
            memory[term] = None
    slopes: dict[int, int] | None = memory[term]
    return slopes

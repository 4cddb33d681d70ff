"""SymPy's derivative of a whole small computation, beside which the sweep has to stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verify.graph import formulas
from verify.graph.derive import derivative
from verify.graph.formulas import Alphabet, from_sympy, to_sympy
from verify.graph.graph import FUNCTIONS, Graph
from verify.model.errors import TraceError

_LARGEST = 40  # operations: SymPy takes milliseconds for each derivative
_MOST = 6  # inputs
_POLYNOMIAL = ("variable", "constant", "sum", "product")
_POWERS = (2, 3)


def _easy(graph: Graph, total: int) -> bool:
    """Tell whether functions are taken of polynomials only: of others SymPy may ask itself questions without end."""
    arguments = [graph.args[i][0] for i in graph.reach([total]) if graph.ops[i] in FUNCTIONS]
    return all(
        graph.ops[i] in _POLYNOMIAL or (graph.ops[i] == "power" and graph.payloads[i] in _POWERS)
        for i in graph.reach(arguments)
    )


def wholes(graph: Graph, outputs: Iterable[tuple[int, int]], inputs: Sequence[int]) -> dict[int, int]:
    """Return d(sum of upstream * output) / d(input) as SymPy has it, for each input of a small computation.

    Nothing where the computation is not small, or SymPy's answer has functions that the graph does not have.
    """
    if len(inputs) > _MOST:
        return {}
    total = graph.total([graph.product(output, upstream) for output, upstream in outputs])
    size = formulas.size(graph, total)
    if size.operations > _LARGEST or not size.writable or not _easy(graph, total):  # a million digits are one operation
        return {}
    reached = [i for i in graph.reach([total]) if graph.ops[i] == "variable"]
    names = Alphabet([graph.payloads[i] for i in {**dict.fromkeys(reached), **dict.fromkeys(inputs)}])
    nodes = {symbol: graph.variable(name) for name, symbol in names.symbols.items()}
    expression = to_sympy(graph, total, names.symbols)
    try:
        return {
            node: from_sympy(graph, derivative(expression, names.symbols[graph.payloads[node]]), nodes)
            for node in inputs
        }
    except TraceError:
        return {}

"""Single entries of a tape as nodes of the scalar graph, which SymPy, the solver and explanations read.

Each operation is built as the tracer builds it on scalars: a sum of terms by `total`, an entry of a matrix product as
the total of the products of its row and column; so the formulas are those that a scalar run gives.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from verify.graph.graph import Graph
from verify.tape.parts import Part, parts
from verify.tape.tape import Elements, Tape

_NONE = -1  # no node


class Expansion:
    """The nodes of a tape's elements in a graph, built when they are asked for; the caller has those of variables."""

    def __init__(self, tape: Tape, graph: Graph, variables: Mapping[int, int]) -> None:
        self._tape, self._graph, self._variables = tape, graph, variables
        self._nodes = np.full(tape.size, _NONE, np.int64)

    def nodes(self, elements: Elements) -> list[int]:
        """Return the node of each element, in order."""
        if (missing := self._tape.size - len(self._nodes)) > 0:
            room = np.full(missing + self._tape.size, _NONE, np.int64)
            self._nodes = np.concatenate([self._nodes, room])
        for part in parts(self._tape, elements.ravel(), done=self._nodes[: self._tape.size] != _NONE):
            self._nodes[part.elements] = self._built(part)
        nodes: list[int] = self._nodes[elements.ravel()].tolist()
        return nodes

    def _built(self, part: Part) -> list[int]:
        """Return the nodes of a part, those of its arguments being there."""
        if not part.args:
            return self._leaves(part)
        args = [self._nodes[arg].tolist() for arg in part.args]
        if part.op == "total":
            ends = [*part.payload.tolist()[1:], len(args[0])]
            return [self._graph.total(args[0][a:b]) for a, b in zip(part.payload.tolist(), ends, strict=True)]
        if part.op == "matmul":
            return self._products(*(self._nodes[arg] for arg in part.args))
        if part.op in ("sum", "product"):
            return list(map(self._graph.sum if part.op == "sum" else self._graph.product, *args))
        if part.op == "power":
            return [self._graph.power(node, part.payload) for node in args[0]]
        return [self._graph.function(part.op, node) for node in args[0]]

    def _leaves(self, part: Part) -> list[int]:
        """Return the nodes of variables or constants."""
        if part.op == "variable":
            return [self._variables[element] for element in part.numbers.tolist()]
        if part.op == "pi":
            return [self._graph.pi()]
        return [*map(self._graph.typed if part.op == "typed" else self._graph.constant, part.payload)]

    def _products(self, left: Elements, right: Elements) -> list[int]:
        """Return the nodes of the entries of products of matrices."""
        total, product = self._graph.total, self._graph.product
        return [
            total(map(product, row, column))
            for matrix, other in zip(left.tolist(), right.transpose(0, 2, 1).tolist(), strict=True)
            for row in matrix
            for column in other
        ]

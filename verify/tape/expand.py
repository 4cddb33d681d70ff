"""Single entries of a tape as nodes of the scalar graph, which SymPy, the solver and explanations read.

Each operation is built as the tracer builds it on scalars: a sum of terms by `total`, an entry of a matrix product as
the total of the products of its row and column; so the formulas are those that a scalar run gives.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from verify.proof.graph import Graph
from verify.tape.needs import entries, needs, terms
from verify.tape.tape import Block, Elements, Tape

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
        for block, places in needs(self._tape, elements, self._nodes[: self._tape.size] != _NONE):
            self._nodes[block.start + places] = self._built(block, places)
        nodes: list[int] = self._nodes[elements.ravel()].tolist()
        return nodes

    def _built(self, block: Block, places: Elements) -> list[int]:
        """Return the nodes of some places of a block, those of their arguments being there."""
        graph = self._graph
        if not block.args:
            return [self._leaf(block, place) for place in places.tolist()]
        if block.op == "total":
            return self._totals(block, places)
        if block.op == "matmul":
            return self._products(block, places)
        args = [self._nodes[arg[places]].tolist() for arg in block.args]
        if len(args) > 1:
            return list(map(graph.sum if block.op == "sum" else graph.product, *args))
        if block.op == "power":
            return [graph.power(node, block.payload) for node in args[0]]
        return [graph.function(block.op, node) for node in args[0]]

    def _leaf(self, block: Block, place: int) -> int:
        if block.op == "variable":
            return self._variables[block.start + place]
        if block.op == "pi":
            return self._graph.pi()
        value = block.payload[place]
        return self._graph.typed(value) if block.op == "typed" else self._graph.constant(value)

    def _totals(self, block: Block, places: Elements) -> list[int]:
        chosen, starts = terms(block, places)
        nodes = self._nodes[block.args[0][chosen]].tolist()
        ends = [*starts.tolist()[1:], len(nodes)]
        return [self._graph.total(nodes[start:end]) for start, end in zip(starts.tolist(), ends, strict=True)]

    def _products(self, block: Block, places: Elements) -> list[int]:
        left, right = (self._nodes[arg] for arg in (block.args[0], block.args[1].transpose(0, 2, 1)))
        rows, columns = left.reshape(-1, left.shape[2]).tolist(), right.reshape(-1, right.shape[2]).tolist()
        total, product = self._graph.total, self._graph.product
        pairs = zip(*(part.tolist() for part in entries(block, places)), strict=True)
        return [total(map(product, rows[row], columns[column])) for row, column in pairs]

"""Nodes made as a person would write them: a small table of laws is applied where an operation is made."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np

from verify.exact.laws import LAWS
from verify.exact.nodes import Node, Nodes, Shape

Part = tuple[str, bool, tuple[Node, ...]]  # of a scatter: an index, whether it is basic, what is added and its nodes


def parts_of(node: Node) -> list[Part]:
    """Return the parts of a scatter."""
    nodes = iter(node.args[len(node.shape) :])
    return [(template, basic, tuple(islice(nodes, count))) for template, basic, count in node.details]


class Algebra(Nodes):
    """Makes nodes; every method returns the node of its operation, or a simpler one that is the same."""

    def made(self, op: str, *args: Node) -> Node:
        """Return an operation on entries, by the first law that applies."""
        for law in LAWS.get(op, ()):
            if (node := law(self, *args)) is not None:
                return node
        return self.plain(op, *args)

    def plain(self, op: str, *args: Node) -> Node:
        """Return an operation on entries as it is."""
        return self.node(op, args, (), np.broadcast_shapes(*(arg.shape for arg in args)))

    def product(self, *factors: Node) -> Node:
        """Return a product, from left to right."""
        result = factors[0]
        for factor in factors[1:]:
            result = self.made("mul", result, factor)
        return result

    def call(self, template: str, args: Sequence[Node], shape: Shape) -> Node:
        """Return what depends on no input smoothly, as a template that nodes are put into."""
        return self.node("call", tuple(args), (template,), shape)

    def reduced(self, op: str, a: Node, axes: tuple[int, ...], *, keep: bool) -> Node:
        """Return a reduction over axes; factors that are the same along them stand outside of a sum."""
        stretched = tuple(1 if axis in axes else n for axis, n in enumerate(a.shape))
        if not axes:
            return a
        if op in ("sum", "mean"):
            if a.op == "neg":
                return self.made("neg", self.reduced(op, a.args[0], axes, keep=keep))
            if a.op in ("mul", "div") and (split := self._split(a, stretched)):
                inner, outer = split
                outer = outer if keep else self.dropped(outer, axes, len(a.shape))
                order = (outer, inner) if a.op == "mul" and inner is a.args[1] else (inner, outer)
                parts = [self.reduced(op, p, axes, keep=keep) if p is inner else p for p in order]
                return self.made(a.op, *parts)
        shape = stretched if keep else tuple(n for axis, n in enumerate(a.shape) if axis not in axes)
        return self.node(op, (a,), (axes, keep), shape)

    def _split(self, a: Node, stretched: Shape) -> tuple[Node, Node] | None:
        """Return the factor that is added up, and the one that is the same for all that is."""
        left, right = a.args
        for inner, outer in ((left, right), (right, left))[: 1 if a.op == "div" else 2]:
            if inner.shape == a.shape and np.broadcast_shapes(outer.shape, stretched) == stretched:
                return inner, outer
        return None

    def dropped(self, a: Node, axes: tuple[int, ...], dimensions: int) -> Node:
        """Return an array without axes of one entry, which are counted as in an array of some dimensions."""
        first = dimensions - len(a.shape)
        gone = tuple(axis - first for axis in axes if axis >= first)
        if not gone:
            return a
        if a.op in ("sum", "mean", "max", "min") and a.details[1] and set(gone) == set(a.details[0]):
            return self.reduced(a.op, a.args[0], a.details[0], keep=False)
        if a.op == "expand" and a.details[0] == gone:
            return a.args[0]
        return self.reduced("sum", a, gone, keep=False)

    def expanded(self, a: Node, axes: tuple[int, ...], *, loose: bool = False) -> Node:
        """Return an array with new axes of one entry at some places of the result.

        One that is `loose` may do without those in front, which broadcasting adds.
        """
        if not a.shape and loose:
            return a
        if a.op in ("sum", "mean", "max", "min") and a.details == (axes, False):
            return self.reduced(a.op, a.args[0], axes, keep=True)
        shape = list(a.shape)
        for axis in axes:
            shape.insert(axis, 1)
        leading = axes == tuple(range(len(axes)))
        return a if leading and loose else self.node("expand", (a,), (axes,), tuple(shape))

    def fitted(self, a: Node, shape: Shape, target: Shape) -> Node:
        """Return the sum over what broadcasting to a shape has repeated, for an operand of a target shape.

        An array that is itself only as good as broadcast counts for all entries that it stands for.
        """
        extra = len(shape) - len(target)
        wanted = (0,) * extra + target  # 0 for an axis that goes
        have = (1,) * (len(shape) - len(a.shape)) + a.shape
        missing = len(shape) - len(a.shape)
        added = [i for i, n in enumerate(shape) if wanted[i] != n and n != 1 and have[i] == n]
        counted = [shape[i] for i, n in enumerate(shape) if wanted[i] != n and n != 1 and have[i] == 1]
        gone = {i - missing for i in range(missing, extra)}
        over = tuple(i - missing for i in added)
        if set(over) <= gone and gone:
            result = self.reduced("sum", a, tuple(sorted(gone)), keep=False)
        else:
            result = self.reduced("sum", a, over, keep=True)
            result = self.dropped(result, tuple(sorted(gone)), len(result.shape)) if gone else result
        for count in counted:
            result = self.made("mul", result, self.length(count))
        return result

    def full(self, a: Node, shape: Shape) -> Node:
        """Return an array with all the entries that it stands for."""
        if a.shape == shape:
            return a
        return self.node("broadcast", (a, *map(self.length, shape)), (), shape)

    def transposed(self, a: Node, order: tuple[int, ...]) -> Node:
        """Return an array with its axes in another order."""
        if order == tuple(range(len(order))):
            return a
        if a.op == "transpose":
            return self.transposed(a.args[0], tuple(a.details[0][axis] for axis in order))
        if a.op == "neg":
            return self.made("neg", self.transposed(a.args[0], order))
        if a.op in ("mul", "div") and not a.args[1].shape:
            return self.made(a.op, self.transposed(a.args[0], order), a.args[1])
        last = len(order)
        if a.op == "matmul" and order == (*range(last - 2), last - 1, last - 2) and a not in self.forward:
            return self.matmul(*(self.swapped(arg) for arg in a.args[::-1]))
        return self.node("transpose", (a,), (order,), tuple(a.shape[axis] for axis in order))

    def reshaped(self, a: Node, shape: Shape) -> Node:
        """Return an array in another shape."""
        while a.op in ("reshape", "expand"):
            a = a.args[0]
        if a.shape == shape:
            return a
        return self.node("reshape", (a, *map(self.exactly, shape)), (), shape)

    def matmul(self, a: Node, b: Node) -> Node:
        """Return a product of matrices, or of stacks of them; a sign stands in front."""
        if a.op == "neg" or b.op == "neg":
            left, right = (n.args[0] if n.op == "neg" else n for n in (a, b))
            result = self.matmul(left, right)
            return result if a.op == b.op else self.made("neg", result)
        for scaled, other in ((a, b), (b, a)):
            if scaled.op in ("mul", "div") and not scaled.args[1].shape:
                pair = (scaled.args[0], other) if scaled is a else (other, scaled.args[0])
                return self.made(scaled.op, self.matmul(*pair), scaled.args[1])
        stacks = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        return self.node("matmul", (a, b), (), (*stacks, a.shape[-2], b.shape[-1]))

    def scattered(self, parts: Sequence[Part], shape: Shape) -> Node:
        """Return zeros that something is added to at some places, part by part."""
        details = tuple((template, basic, len(nodes)) for template, basic, nodes in parts)
        nodes = [node for *_, own in parts for node in own]
        return self.node("scatter", (*map(self.length, shape), *nodes), details, shape)

    def together(self, a: Node, b: Node) -> Node:
        """Return the sum of two scatters into zeros of one shape."""
        return self.scattered([*parts_of(a), *parts_of(b)], a.shape)

    def joined(self, parts: Sequence[Node], axis: int) -> Node:
        """Return arrays beside each other along an axis."""
        shape = list(parts[0].shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        return self.node("concatenate", tuple(parts), (axis,), tuple(shape))

    def applied(self, matrix: Node, vector: Node) -> Node:
        """Return a matrix times a vector."""
        return self.node("applied", (matrix, vector), (), matrix.shape[:1])

    def swapped(self, a: Node) -> Node:
        """Return an array with its last two axes swapped."""
        last = len(a.shape)
        return self.transposed(a, (*range(last - 2), last - 1, last - 2))

"""Operations on whole arrays as nodes, each of which is there once, with the shapes that they have at the sample."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

Shape = tuple[int, ...]


class Node:
    """An operation on nodes: `details` is what it takes beside them, `shape` what it has at the sample.

    | op | arguments | details |
    |---|---|---|
    | input | | its name |
    | number | | its value |
    | size | | a number as source, such as `x.shape[0]`, and its value |
    | extent | an array | the axis whose length it is, and that length |
    | call | what fills the places of a template | the template; it depends on no input smoothly |
    | add, sub, mul, div, power, neg, where, less and the like, a function of NumPy | operands | |
    | sum, mean, max, min | an array | the axes, and whether they are kept |
    | expand | an array | the places of new axes of one entry |
    | transpose | an array | the order of axes |
    | reshape, broadcast | an array, the lengths of the new shape | |
    | matmul | two arrays | |
    | getitem | an array, and indices | the template of the index |
    | setitem | an array, what is written, indices | the template of the index |
    | scatter | the lengths of zeros; what is added to them, each with its indices | of each the template and more |
    """

    __slots__ = ("args", "details", "name", "op", "shape")

    def __init__(self, op: str, args: tuple[Node, ...], details: tuple[Any, ...], shape: Shape) -> None:
        self.op, self.args, self.details, self.shape = op, args, details, shape
        self.name = ""  # that the code has for it

    @property
    def is_number(self) -> bool:
        """Tell whether a node is a number that stands in the code."""
        return self.op == "number"

    def is_(self, value: float) -> bool:
        """Tell whether a node is some number."""
        return self.op == "number" and self.details[0] == value


class Nodes:
    """All nodes of a recording."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[Any, ...], Node] = {}
        self.forward: frozenset[Node | None] = frozenset()  # those that the code itself has computed
        self.lengths: dict[int, Node] = {}  # nodes of sizes, by what they are at the sample
        self.literal: set[int] = set()  # lengths that the code states as numbers: a window of 2 is not 2 channels

    def node(self, op: str, args: tuple[Node, ...], details: tuple[Any, ...], shape: Shape) -> Node:
        """Return the node of an operation."""
        key = op, tuple(map(id, args)), repr(details), shape
        if key not in self._nodes:
            self._nodes[key] = Node(op, args, details, shape)
        return self._nodes[key]

    def all(self) -> list[Node]:
        """Return all nodes that there are."""
        return list(self._nodes.values())

    def existing(self, op: str, args: tuple[Node, ...], shape: Shape) -> Node | None:
        """Return the node of an operation without details, if there is one."""
        return self._nodes.get((op, tuple(map(id, args)), "()", shape))

    def number(self, value: float) -> Node:
        """Return a number that stands in the code."""
        return self.node("number", (), (value,), ())

    def size(self, text: str, value: float) -> Node:
        """Return a number that depends on the sizes of arrays, as source."""
        node = self.node("size", (), (text, value), ())
        if isinstance(value, int) and value > 1:
            self.lengths.setdefault(value, node)
        return node

    def length(self, value: int) -> Node:
        """Return a length along an axis, as a size where one is known to be it, or one more or less."""
        if value > 1 and value not in self.lengths:
            for step, sign in ((1, "-"), (-1, "+")):
                if (near := self.lengths.get(value + step)) is not None and near.args == ():
                    return self.node("size", (), (f"{near.details[0]} {sign} 1", value), ())
        return self.exactly(value)

    def exactly(self, value: int) -> Node:
        """Return a length along an axis, as a size where one is known to be it and the code has no such number."""
        named = None if value in self.literal else self.lengths.get(value)
        return named or self.number(value)

    def extent(self, array: Node, axis: int) -> Node:
        """Return the length of an array along an axis, as that of this array where it is no other size."""
        value = array.shape[axis]
        if value > 1 and value not in self.lengths:
            return self.node("extent", (array,), (axis, value), ())
        return self.exactly(value)


def below(nodes: tuple[Node, ...], seen: set[int] | None = None, ends: Container[int] = ()) -> Iterator[Node]:
    """Yield nodes with all that they are computed from, arguments first; nothing below those whose ids are `ends`."""
    seen, todo = set() if seen is None else seen, [(node, False) for node in reversed(nodes)]
    while todo:
        node, ready = todo.pop()
        if ready:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            todo.append((node, True))
            todo += [(arg, False) for arg in reversed(node.args) if id(node) not in ends]

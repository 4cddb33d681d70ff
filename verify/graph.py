"""A hash-consed graph of scalar operations: what a formula is, whoever computed it.

Every node is a variable, a constant or an operation on earlier nodes, and equal operations are one node. There
are three operations: the sum and the product of two nodes, and a power with a constant rational exponent. Building
a node folds constants, drops 0 and 1 and puts arguments in order, so that much of what is equal becomes the same node.

The rewrites hold wherever both sides are defined; `0 * x` is 0 and `x**0` is 1 also where x is not.
Nothing here recurses: a million nodes are fine.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import flint

_LARGEST_FOLDED = 4096  # bits: a larger constant power stays an operation


class Node(NamedTuple):
    """One node; its payload is a variable's name, a constant's value, a typed float, or a power's exponent."""

    op: str
    args: tuple[int, ...] = ()
    payload: Any = None


class Reading(Protocol):
    """A way to read the graph: what its nodes mean in some arithmetic."""

    def variable(self, name: str) -> Any:
        """Return the value of an input."""

    def constant(self, value: Fraction) -> Any:
        """Return an exact constant."""

    def typed(self, value: float) -> Any:
        """Return the constant that was meant by a float in the code."""

    def sum(self, a: Any, b: Any) -> Any:
        """Return a + b."""

    def product(self, a: Any, b: Any) -> Any:
        """Return a * b."""

    def power(self, a: Any, exponent: Fraction) -> Any:
        """Return a ** exponent."""


class Graph:
    """Nodes by number, arguments before the operations on them."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._numbers: dict[Node, int] = {}

    def _intern(self, node: Node) -> int:
        number = self._numbers.get(node)
        if number is None:
            number = self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
        return number

    def variable(self, name: str) -> int:
        """Return the node of an input."""
        return self._intern(Node("variable", (), name))

    def constant(self, value: Fraction) -> int:
        """Return the node of an exact constant."""
        return self._intern(Node("constant", (), value))

    def typed(self, value: float) -> int:
        """Return the node of a float that stands in the code and is not a simple binary fraction: 0.1, not 0.5."""
        return self._intern(Node("typed", (), value))

    def value(self, number: int) -> Fraction | None:
        """Return the value of an exact constant, or None."""
        node = self.nodes[number]
        return node.payload if node.op == "constant" else None

    def sum(self, a: int, b: int) -> int:
        """Return the node of a + b."""
        left, right = self.value(a), self.value(b)
        if left is not None and right is not None:
            return self.constant(left + right)
        if left == 0:
            return b
        if right == 0:
            return a
        return self._intern(Node("sum", (a, b) if a <= b else (b, a)))

    def product(self, a: int, b: int) -> int:
        """Return the node of a * b; a constant factor is kept outermost, so that signs and factors meet and fold."""
        left, right = self.value(a), self.value(b)
        if left is not None and right is not None:
            return self.constant(left * right)
        if right is not None:
            a, b, left = b, a, right
        if left == 0 or left == 1:
            return b if left else a
        if left is None:
            factor, a = self._split(a)
            other, b = self._split(b)
            inner = self._intern(Node("product", (a, b) if a <= b else (b, a)))
        else:
            factor, other, inner = left, *self._split(b)
        if factor * other == 1:
            return inner
        return self._intern(Node("product", (self.constant(factor * other), inner)))

    def _split(self, number: int) -> tuple[Fraction, int]:
        """Return the constant factor of a node and what it multiplies."""
        node = self.nodes[number]
        factor = self.value(node.args[0]) if node.op == "product" else None
        return (Fraction(1), number) if factor is None else (factor, node.args[1])

    def power(self, a: int, exponent: Fraction) -> int:
        """Return the node of a ** exponent, for a constant rational exponent."""
        if exponent == 0:
            return self.constant(Fraction(1))
        if exponent == 1:
            return a
        base = self.value(a)
        if base is not None and exponent.denominator == 1 and (base or exponent > 0) and _small(base, exponent):
            return self.constant(base**exponent.numerator)
        node = self.nodes[a]
        if node.op == "power" and (
            exponent.denominator == 1 or node.payload.numerator % 2 or node.payload.denominator != 1
        ):
            # (u**e)**f is u**(e*f) where the left side is defined: for a whole f always; else u**e has to be positive,
            # and so u is, unless e is even and whole: ((-1)**2)**(1/2) is not -1.
            return self.power(node.args[0], node.payload * exponent)
        if base is not None and base > 0 and exponent.denominator != 1:
            return self._constant_root(base, exponent)
        return self._intern(Node("power", (a,), exponent))

    def _constant_root(self, base: Fraction, exponent: Fraction) -> int:
        """Return a root of a constant by its primes, as SymPy does: 12**(1/2) is 2 * 3**(1/2)."""
        result = self.constant(Fraction(1))
        for prime, power in _primes(base):
            whole, rest = divmod(power * exponent, 1)
            result = self.product(self.constant(Fraction(prime) ** int(whole)), result)
            if rest:
                root = self._intern(Node("power", (self.constant(Fraction(prime)),), rest))
                result = self.product(result, root)
        return result

    def reach(self, numbers: Iterable[int]) -> list[int]:
        """Return the nodes that the given ones are computed from, themselves included, arguments first."""
        found: set[int] = set()
        todo = list(numbers)
        while todo:
            number = todo.pop()
            if number not in found:
                found.add(number)
                todo.extend(self.nodes[number].args)
        return sorted(found)

    def read(self, numbers: Iterable[int], reading: Reading) -> dict[int, Any]:
        """Compute the given nodes, and all below them, in some arithmetic."""
        values: dict[int, Any] = {}
        for number in self.reach(numbers):
            op, args, payload = self.nodes[number]
            compute = getattr(reading, op)
            values[number] = (
                compute(*[values[i] for i in args]) if payload is None else compute(*[values[i] for i in args], payload)
            )
        return values


def _primes(value: Fraction) -> list[tuple[int, int]]:
    """Factor a positive rational; a numerator or denominator beyond 64 bits stays whole."""
    factors = []
    for number, sign in ((value.numerator, 1), (value.denominator, -1)):
        found = flint.fmpz(number).factor() if number.bit_length() <= 64 else [(number, 1)]
        factors += [(int(prime), sign * int(power)) for prime, power in found]
    return sorted(factors)


def _small(base: Fraction, exponent: Fraction) -> bool:
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    return bits * abs(exponent.numerator) <= _LARGEST_FOLDED

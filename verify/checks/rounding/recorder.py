"""A trace that folds nothing: the very operations that a run on floats does, in the order in which it does them.

The graph that formulas are compared in simplifies what it builds, and `a + b - a` is b there; floats lose b's digits.
So the subject runs on symbols once more, on a graph in which each operation of the code is a node, with the number of
half ulps that it may be off by and the line that asked for it. Only what finite floats do exactly is still folded:
0 + x, 1 * x, 0 * x, -(-x), x - x and small whole numbers.

What NumPy rounds once is one node here too: functions that the graph has to compose (`np.expm1`), and sums of many
terms, whose order is NumPy's own affair.

Two operations are one node only if IEEE 754 determines their result: the sum, product or quotient of the same two
numbers. A sum of several terms is a new node each time, because the order of its terms, and whether products are fused
with it, differ between `sum`, `dot`, `einsum`, axes and memory layouts. Functions and powers are new nodes too: `math`,
NumPy and the instructions that NumPy picks give different floats.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from verify.graph.functions import FUNCTIONS
from verify.model.errors import UnboundedError
from verify.model.where import asked_at, asking
from verify.tracing.symbols.trace import Nodes, Trace

_ARITHMETIC = 1  # half ulps: IEEE 754 asks for the nearest number (Higham, Accuracy and Stability, 2.2)
_FUNCTION = 8  # IEEE 754 leaves functions open; NumPy's own and those of C libraries stay within 4 ulps
_ULP = 2
_SIMPLE = (Fraction(1, 2), Fraction(2), Fraction(-1))  # powers that stay within an ulp even where pow computes them
_PAIR = 2
_ZERO, _UNITY, _MINUS_ONE = Fraction(0), Fraction(1), Fraction(-1)
_SMALL = 11
_EXACT = 2**11  # whole numbers and quotients by powers of two that are numbers of every format


class Recorder(Trace):
    """A trace of operations as they are executed.

    `units` has for each node the half ulps that it adds, `places` the file and line of it, `terms` the terms of sums
    of many, and `inner` what only parts of one operation on floats are; `casts` the places where arrays are stored in a
    shorter type, with that type; `branches` what the code branches on, and where,
    also what is 0 as a formula and not on floats.
    """

    as_executed = True

    def __init__(self) -> None:
        super().__init__()
        self.units: list[int] = []
        self.places: list[tuple[str, int]] = []
        self.terms: dict[int, list[int]] = {}
        self.inner: set[int] = set()
        self.casts: dict[tuple[str, int], str] = {}
        self.branches: dict[int, tuple[str, int]] = {}
        self._nodes: dict[tuple[Any, ...], int] = {}
        self._inverses: set[int] = set()  # of y, for x / y: never rounded
        self._opposite: dict[int, int] = {}
        self._composing = False
        self._line: tuple[str, int] | None = None  # that asks for several operations

    def _new(self, op: str, args: tuple[int, ...] = (), payload: Any = None) -> int:
        self.units.append(0)
        self.places.append((self._line or asking()) if args else ("", 0))
        return super()._new(op, args, payload)

    def _new_variables(self, names: Sequence[str]) -> list[int]:
        self.units += [0] * len(names)
        self.places += [("", 0)] * len(names)
        return super()._new_variables(names)

    def _operation(self, op: str, args: tuple[int, ...], payload: Any, units: int) -> int:
        key = (op, args, payload, units, self._composing)
        number = self._nodes.get(key)
        if number is None:
            number = self._nodes[key] = self._new(op, args, payload)
            self.units[number] = 0 if self._composing else units
            if self._composing:
                self.inner.add(number)
        return number

    def _another(self, op: str, args: tuple[int, ...], payload: Any, units: int) -> int:
        """Return a new node for an operation whose float may differ from that of an equal operation."""
        if self._composing:
            return self._operation(op, args, payload, units)
        number = self._new(op, args, payload)
        self.units[number] = units
        return number

    def _rounded(self, number: int, units: int) -> int:
        """Return a new node of what is rounded once: 1 times something, to the other readings of the graph."""
        return self._another("product", (self.constant(_UNITY), number), None, units)

    def _folded(self, value: Fraction) -> int | None:
        return self.constant(value) if _exact(value) else None

    def _values(self, a: int, b: int) -> tuple[Fraction | None, Fraction | None]:
        """Return the values of two nodes that are constants of every format."""
        constants = self.constants
        if a not in constants and b not in constants:
            return None, None
        left, right = constants.get(a), constants.get(b)
        return left if left is None or _exact(left) else None, right if right is None or _exact(right) else None

    def sum(self, a: int, b: int) -> int:
        """Return the node of a + b."""
        if a > b:
            a, b = b, a
        left, right = self._values(a, b)
        if left == 0 or right == 0:
            return b if left == 0 else a
        if self._opposite.get(a) == b:
            return self.constant(_ZERO)
        if left is not None and right is not None and (folded := self._folded(left + right)) is not None:
            return folded
        return self._operation("sum", (a, b), None, _ARITHMETIC)

    def total(self, numbers: Iterable[int]) -> int:
        """Return a new node of the sum of nodes, in any order, and with products fused or not.

        Opposite terms do not cancel: a fused product is not rounded as the other one is.
        """
        terms = [number for number in numbers if self.constants.get(number) != 0]
        if len(terms) <= 1:
            return terms[0] if terms else self.constant(_ZERO)
        if (exact := self._counted(terms)) is not None:
            return exact
        if len(terms) == _PAIR:
            return self._another("sum", tuple(sorted(terms)), None, _ARITHMETIC)
        with self.composing():
            chain = terms[0]
            for number in terms[1:]:
                chain = self._operation("sum", (chain, number), None, 0)
        total = self._rounded(chain, _ARITHMETIC)
        self.terms[total] = terms
        return total

    def _counted(self, terms: Sequence[int]) -> int | None:
        """Return the node of a sum of constants that is exact in any order."""
        values = [self.constants.get(number) for number in terms]
        if None in values:
            return None
        numbers = [value for value in values if value is not None]
        exact = all(map(_exact, numbers)) and _exact(sum(map(abs, numbers), _ZERO))
        return self._folded(sum(numbers, _ZERO)) if exact else None

    def product(self, a: int, b: int) -> int:
        """Return the node of a * b."""
        left, right = self._values(a, b)
        if left == 0 or right == 0:
            return self.constant(_ZERO)
        if left == 1 or right == 1:
            return b if left == 1 else a
        if left == -1 or right == -1:
            return self._negative(b if left == -1 else a)
        if left is not None and right is not None and (folded := self._folded(left * right)) is not None:
            return folded
        scales = any(value is not None and _power_of_two(value) for value in (left, right))
        return self._operation("product", (a, b) if a < b else (b, a), None, 0 if scales else _ARITHMETIC)

    def multiplied(self, numbers: Sequence[int]) -> int:
        """Return a new node of the product of nodes, in any order: each has as many roundings."""
        *first, last = numbers or [self.constant(_UNITY)]
        if len(first) < _PAIR:
            return super().multiplied(numbers)
        return self._another("product", (super().multiplied(first), last), None, _ARITHMETIC)

    def quotient(self, a: int, b: int) -> int:
        """Return the node of a / b: of a times the inverse of b, which is not rounded."""
        if self._composing:
            return super().quotient(a, b)
        left, right = self._values(a, b)
        if right and _exact(1 / right):
            return self.product(a, self.constant(1 / right))
        if left == 0 or (left and right and _exact(left / right)):
            return self.constant(left / right if right else _ZERO)
        with self.composing():
            inverse = self._operation("power", (b,), _MINUS_ONE, 0)
        self._inverses.add(inverse)
        return self._operation("product", (a, inverse), None, _ARITHMETIC)

    def quotients(self, a: Nodes, b: Nodes) -> Nodes:
        """Return the nodes of quotients."""
        return list(map(self.quotient, a, b))

    def _negative(self, a: int) -> int:
        if (value := self.constants.get(a)) is not None:
            return self.constant(-value)
        if a not in self._opposite:
            negative = self._new("product", (self.constant(_MINUS_ONE), a))
            self._opposite[a], self._opposite[negative] = negative, a
            if a in self.inner:
                self.inner.add(negative)
        return self._opposite[a]

    def power(self, a: int, exponent: Fraction) -> int:
        """Return the node of a ** exponent."""
        if exponent in (0, 1):
            return a if exponent else self.constant(_UNITY)
        value = self.constants.get(a)
        if value is not None and _exact(value) and exponent.denominator == 1 and abs(exponent) <= _SMALL:
            if value or exponent > 0:
                value = value**exponent.numerator
            if _exact(value) and (value or exponent > 0):
                return self.constant(value)
        return self._another("power", (a,), exponent, _ULP if exponent in _SIMPLE else _FUNCTION)

    def function(self, name: str, a: int) -> int:
        """Return the node of a function of FUNCTIONS at a."""
        at_zero, units = FUNCTIONS[name].at_zero, FUNCTIONS[name].units
        if self.constants.get(a) == 0 and at_zero is not None:
            return self.constant(Fraction(at_zero))
        if name == "log" and self.constants.get(a) == 1:
            return self.constant(_ZERO)
        if units == math.inf:
            raise UnboundedError(f"no rounding bound is known for {name}", asked_at())
        return self._another(name, (a,), None, int(units))

    def decide(self, node: int, relation: str) -> bool:
        """Tell whether a node is in a relation to 0 at the sample."""
        self.branches.setdefault(node, asking())
        return super().decide(node, relation)

    @contextmanager
    def composing(self) -> Iterator[None]:
        """Compose one operation on floats out of several of the graph's."""
        before, self._composing = self._composing, True
        try:
            yield
        finally:
            self._composing = before

    @contextmanager
    def on_one_line(self) -> Iterator[None]:
        """Look for the line that asks once: it takes longer than an operation."""
        self._line = self._line or asking()
        try:
            yield
        finally:
            self._line = None

    def composed(self, node: int) -> int:
        """Return the node of what was composed, which is rounded once."""
        return self._rounded(node, _FUNCTION) if node in self.inner and not self._composing else node

    def narrowed(self, kind: str) -> None:
        """Notice that an array is stored in a shorter float type than the numbers it came with."""
        super().narrowed(kind)
        self.casts.setdefault(asking(), kind)

    def operands(self, number: int) -> list[int]:
        """Return what an operation on floats is done on: no inner nodes, unless for the inverse in a quotient."""
        if number in self.terms:
            return self.terms[number]
        if not self.is_composed(number):
            return list(self.args[number])
        operands: dict[int, None] = {}
        todo = [self.args[number][1]]
        while todo:
            inner = todo.pop()
            if inner in self.inner and inner not in self._inverses:
                todo.extend(self.args[inner])
            else:
                operands[inner] = None
        return list(operands)

    def is_composed(self, number: int) -> bool:
        """Tell whether a node stands for one operation on floats that the graph has in several parts."""
        args = self.args[number]
        return (
            self.ops[number] == "product"
            and number not in self.inner
            and args[1] in self.inner
            and args[1] not in self._inverses
        )

    def is_quotient(self, number: int) -> bool:
        """Tell whether a node is a division."""
        return self.args[number][1] in self._inverses

    def is_negative(self, number: int) -> bool:
        """Tell whether a node is another one with its sign changed, or a negative constant."""
        return self.constants.get(number, _ZERO) < 0 or self._opposite.get(number, number) in self.args[number]


def _exact(value: Fraction) -> bool:
    top, bottom = value.as_integer_ratio()
    return abs(top) <= _EXACT and bottom <= _EXACT and not bottom & (bottom - 1)


def _power_of_two(value: Fraction) -> bool:
    top, bottom = abs(value.numerator), value.denominator
    return bool(top) and not (top & (top - 1)) and not (bottom & (bottom - 1))

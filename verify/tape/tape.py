"""A tape of array operations over numbered elements.

Every scalar of a run is an *element*, a number from 0 on. An array is an integer array of element numbers, so that
views, slices, transposes, masks, gathers and writes through views are NumPy's own work on these integers, and leave no
trace on the tape. What computes appends a *block*: one operation on integer arrays, whose results are the next
elements, in order. Elements are numbered after their arguments.

An operation on the very arrays that it was done on before has the elements of that time: two elements that are one are
the same function without further proof. The rewrites of construction (0 + x, 0 * x, 1 * x, x * x, powers of powers, the
logarithm of an exponential, logarithms in exponents, operations on constants) are among those of `proof.graph`, and
hold wherever both sides are defined.
"""

from __future__ import annotations

import functools
import math
import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from threading import get_ident
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from verify.graph.decimals import Decimals
from verify.graph.functions import FUNCTIONS
from verify.model.errors import ThreadError
from verify.model.where import asked_at
from verify.tape.masks import all_of, any_of, is_ascending, is_one, largest, least

Elements = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ZERO, ONE, MINUS_ONE = 0, 1, 2  # the elements that every tape begins with
_FIRST_ROOM = 1024
_LARGE = 4096  # elements, from which on it is worth it to look for memory that can be shared
_SPARSE = 8  # times as many elements between the first and the last as there are
_DEEPEST = 4  # sums and products within each other that an exponent is searched for logarithms
_MOST_GROUPS = 8  # blocks that an array is taken apart into, to look for logarithms in each
_UNDOING = {"exp": ("log",), "log": ("exp",)}  # functions of which a function takes the argument
_TWO, _INVERSE = Fraction(2), Fraction(-1)
_NEUTRAL = {"sum": ZERO, "product": ONE}  # what changes nothing
Leaf = tuple[bool, Fraction | float]  # whether a constant is a typed float, and its value
Rule = Callable[[Elements, Elements], Elements]
_PI: Leaf = (True, math.nan)


class Block(NamedTuple):
    """One operation: `size` elements from `start` on.

    | op | args | payload |
    |---|---|---|
    | variable | | the exact values at the sample, a Fraction each, or `Decimals` |
    | constant | | the exact values, a Fraction each |
    | typed | | floats as the code has typed them in: read as the simplest rational that rounds to each |
    | pi | | |
    | sum, product | two arrays of `size` elements | |
    | power | an array of `size` elements | the exponent, a Fraction |
    | a function of `graph.functions.FUNCTIONS` | an array of `size` elements | |
    | total | the terms of all sums, one sum after the other | where each sum begins; no sum is empty |
    | matmul | stacks of matrices (s, n, k) and (s, k, m), k > 0 | |
    """

    op: str
    start: int
    size: int
    args: tuple[Elements, ...] = ()
    payload: Any = None

    stop: int = 0  # the element after the block's last
    elements: slice = slice(0)  # where the block's elements lie among all


class Tape:
    """Blocks in order; what is asked of elements is answered with arrays of the same shape.

    No array is shared with the caller, who may write to what was passed and to what was returned.
    """

    finds_again = True  # whether an operation that was done before has the elements of that time

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.thread = get_ident()  # the only one that appends: two could take the same numbers
        self._operations: dict[tuple[object, ...], list[Block]] = {}
        self._ops: set[str] = set()  # of all blocks
        self.size = 0
        self._starts: list[int] = []  # of the blocks, none of which is empty
        self._leaves: dict[Leaf, int] = {}
        self._values: dict[int, Fraction] = {}
        self._exact = np.zeros(_FIRST_ROOM, bool)
        self._runs: dict[tuple[int, int], Elements] = {}  # consecutive elements, once for all blocks
        self.constants([Fraction(0), Fraction(1), Fraction(-1)])

    def _new(self, op: str, count: int, args: tuple[Elements, ...] = (), payload: Any = None) -> Elements:
        if not count:
            return np.empty(0, np.int64)
        if get_ident() != self.thread:
            raise ThreadError(asked_at())
        alike: list[Block] = []
        if args and self.finds_again:
            alike = self._operations.setdefault(_outline(op, args, payload), alike)
            for block in alike:
                if all(map(_are_same, block.args, args)) and _is_payload(block, payload):
                    return np.arange(block.start, block.stop, dtype=np.int64)
        start, stop = self.size, self.size + count
        own = tuple(map(self._own, args))
        block = Block(op, start, count, own, payload, stop, slice(start, stop))
        self.blocks.append(block)
        self._ops.add(op)
        self._starts.append(start)
        alike.append(block)
        self.size = stop
        if stop > len(self._exact):
            self._exact = np.concatenate([self._exact, np.zeros(stop, bool)])
        return np.arange(start, stop, dtype=np.int64)

    def _own(self, arg: Elements) -> Elements:
        """Return an array that nobody writes to, as code may to what it has passed; without memory of its own if large.

        One element for all entries takes the memory of one, and consecutive elements share theirs with other blocks.
        """
        first, end = arg.item(0), arg.item(-1) + 1
        if arg.size < _LARGE or (end - first != arg.size and end - first != 1):
            return np.array(arg)
        if is_one(arg):
            return np.broadcast_to(np.array(first), arg.shape)
        if end - first != arg.size or not is_ascending(arg.ravel()):
            return np.array(arg)
        if (first, end) not in self._runs:
            self._runs[first, end] = np.arange(first, end, dtype=np.int64)
        return self._runs[first, end].reshape(arg.shape)

    # Leaves

    def variables(self, values: Sequence[Fraction]) -> Elements:
        """Return new variables with their values at the sample."""
        return self._new("variable", len(values), (), values if isinstance(values, Decimals) else tuple(values))

    def constants(self, values: Iterable[Fraction | float]) -> Elements:
        """Return the elements of constants: exact ones are Fractions, and floats are what the code has typed in."""
        wanted = [(type(value) is float, value) for value in values]
        missing = [leaf for leaf in dict.fromkeys(wanted) if leaf not in self._leaves]
        for typed in (False, True):
            new = [leaf for leaf in missing if leaf[0] == typed]
            if new:
                elements = self._new("typed" if typed else "constant", len(new), (), tuple(value for _, value in new))
                self._leaves.update(zip(new, elements.tolist(), strict=True))
                if not typed:
                    self._exact[elements] = True
                    self._values.update(zip(elements.tolist(), (Fraction(value) for _, value in new), strict=True))
        return np.fromiter(map(self._leaves.__getitem__, wanted), np.int64, len(wanted))

    def constant(self, value: Fraction | float) -> int:
        """Return the element of one constant."""
        return int(self.constants([value])[0])

    def pi(self) -> int:
        """Return the element of the circle's constant."""
        if _PI not in self._leaves:
            self._leaves[_PI] = int(self._new("pi", 1)[0])
        return self._leaves[_PI]

    def value(self, element: int) -> Fraction | None:
        """Return the value of an exact constant, None for any other element."""
        return self._values.get(element)

    def exact(self, elements: Elements) -> Mask:
        """Tell which elements are exact constants."""
        return self._exact.take(elements)

    # Operations, entry by entry on arrays of one shape

    def sums(self, a: Elements, b: Elements) -> Elements:
        """Return a + b."""
        return self._combined("sum", a, b, _sum_of)

    def products(self, a: Elements, b: Elements) -> Elements:
        """Return a * b."""
        if a is b or _are_same(a, b):
            return self.powers(a, _TWO)
        return self._combined("product", a, b, _product_of)

    def negatives(self, a: Elements) -> Elements:
        """Return -a."""
        return self.products(np.full(a.shape, MINUS_ONE), a)

    def quotients(self, a: Elements, b: Elements) -> Elements:
        """Return a / b; raises ZeroDivisionError where an entry of b is the constant 0."""
        if b.size and (value := self._values.get(b.item(0))) and is_one(b):
            return self.products(a, np.full(a.shape, self.constant(1 / value)))
        return self.products(a, self.powers(b, _INVERSE))

    def powers(self, a: Elements, exponent: Fraction) -> Elements:
        """Return a ** exponent; raises ZeroDivisionError for a negative power of the constant 0."""
        if exponent == 1:
            return np.array(a)
        if exponent == 0:
            return np.full(a.shape, ONE)
        if (inner := self._made_by("power", a)) is not None and _folds(inner.payload, exponent):
            return self.powers(inner.args[0][a - inner.start], inner.payload * exponent)
        fold = None if exponent.denominator != 1 else lambda value: value**exponent.numerator
        return self._of_one("power", a, exponent, fold)

    def functions(self, name: str, a: Elements) -> Elements:
        """Return a function of `graph.functions.FUNCTIONS`."""
        if not self._ops.isdisjoint(_UNDOING.get(name, ())) and (groups := self._groups(name, a)):
            result = np.empty_like(a)
            for group in groups:
                result[group] = self.functions(name, a[group])
            return result
        if name == "log" and (inner := self._made_by("exp", a)) is not None:
            return inner.args[0][a - inner.start]
        if name == "exp" and "log" in self._ops and (factors := self._logarithms(a, Fraction(1), _DEEPEST)):
            return self._exponential(a, factors)
        at_zero = FUNCTIONS[name].at_zero
        fold = None if at_zero is None else lambda value: None if value else Fraction(at_zero)
        return self._of_one(name, a, None, fold)

    def _groups(self, name: str, a: Elements) -> list[Mask]:
        """Return the entries that each block has, if there are several and some may be a function of its inverse."""
        blocks = [self.blocks[place] for place in self.blocks_of(a)]
        if not 1 < len(blocks) <= _MOST_GROUPS:
            return []
        groups = [(a >= block.start) & (a < block.stop) for block in blocks]
        if name == "log":
            return groups if any(block.op == "exp" for block in blocks) else []
        return groups if any(self._logarithms(a[group], Fraction(1), _DEEPEST) for group in groups) else []

    def _exponential(self, a: Elements, factors: Sequence[tuple[Fraction, Elements]]) -> Elements:
        """Return exp(a); terms c * log(v) of the sum a are taken out of it as factors v**c, as in `proof.graph`."""
        result = self.functions("exp", self._rest(a, _DEEPEST))
        for factor, argument in factors:
            result = self.products(result, self.powers(argument, factor))
        return result

    def _logarithms(self, a: Elements, factor: Fraction, depth: int) -> list[tuple[Fraction, Elements]]:
        """Return the terms c * log(v) of a sum, times a factor, as c and v."""
        if (block := self._made_by("log", a)) is not None:
            return [(factor, block.args[0][a - block.start])]
        if not depth or (split := self._terms(a)) is None:
            return []
        return [log for inner, term in split for log in self._logarithms(term, factor * inner, depth - 1)]

    def _rest(self, a: Elements, depth: int) -> Elements:
        """Return a sum without its terms c * log(v)."""
        if self._made_by("log", a) is not None:
            return np.full(a.shape, ZERO)
        if not depth or not self._logarithms(a, Fraction(1), depth):
            return a
        rests = [
            self.products(np.full(a.shape, self.constant(factor)), self._rest(term, depth - 1))
            for factor, term in self._terms(a) or ()
        ]
        return functools.reduce(self.sums, rests)

    def _terms(self, a: Elements) -> list[tuple[Fraction, Elements]] | None:
        """Return what a sum, or a product with one constant, is made of, as factors and terms."""
        if (block := self._made_by("sum", a)) is not None:
            return [(Fraction(1), arg[a - block.start]) for arg in block.args]
        if (block := self._made_by("product", a)) is not None:
            left, right = (arg[a - block.start] for arg in block.args)
            for constant, term in ((left, right), (right, left)):
                if is_one(constant) and (value := self.value(int(constant.flat[0]))) is not None:
                    return [(value, term)]
        return None

    def _made_by(self, op: str, elements: Elements) -> Block | None:
        """Return the one block that all of some elements are of, if it does an operation."""
        if not elements.size:
            return None
        block = self.block_of(int(elements.flat[0]))
        low, high = least(elements), largest(elements)
        return block if block.op == op and block.start <= low and high < block.start + block.size else None

    def block_of(self, element: int) -> Block:
        """Return the block that an element is of."""
        return self.blocks[self.place_of(element)]

    def place_of(self, element: int) -> int:
        """Return the place of the block that an element is of."""
        return bisect_right(self._starts, element) - 1

    def blocks_of(self, elements: Elements) -> list[int]:
        """Return the places of the blocks that some elements are of, in order."""
        if not elements.size:
            return []
        first = bisect_right(self._starts, least(elements)) - 1
        if largest(elements) < self.blocks[first].stop:
            return [first]
        places, ordered, position = [first], distinct(elements)[0], 0
        while (position := int(ordered.searchsorted(self.blocks[places[-1]].stop))) < len(ordered):
            places.append(bisect_right(self._starts, int(ordered[position])) - 1)
        return places

    def is_even_power(self, elements: Elements) -> bool:
        """Tell whether there is an even power of something among some elements: its root is that of a magnitude."""
        return any(_has_squares(self.blocks[place]) for place in self.blocks_of(elements))

    def sums_of_rows(self, matrix: Elements) -> Elements:
        """Return the sum of each row of a matrix."""
        rows, length = matrix.shape
        if not length:
            return np.full(rows, ZERO)
        return self.totals(matrix.ravel(), np.arange(0, rows * length, length))

    def totals(self, terms: Elements, starts: Elements) -> Elements:
        """Return sums of consecutive terms, from each start to the next; no sum is empty."""
        if len(starts) == len(terms):  # no sum is empty
            return np.array(terms)
        return self._new("total", len(starts), (terms,), np.array(starts))

    def matmul(self, a: Elements, b: Elements) -> Elements:
        """Return the products of two stacks of matrices, (s, n, k) and (s, k, m), for k > 0.

        A B is the transpose of B^T A^T: of the two, that is computed whose first factor has the earlier elements.
        """
        if self.finds_again and a.size and b.size and a.item(0) > b.item(0):
            return self.matmul(b.swapaxes(1, 2), a.swapaxes(1, 2)).swapaxes(1, 2)
        shape = (a.shape[0], a.shape[1], b.shape[2])
        return self._new("matmul", math.prod(shape), (a, b)).reshape(shape)

    def _combined(self, op: str, a: Elements, b: Elements, rule: Rule) -> Elements:
        """Append an operation on two arrays, without the entries that its rule knows without it."""
        left, right = a.ravel(), b.ravel()
        if self.finds_again and left.size and left.item(0) > right.item(0):  # an order in which both come back
            left, right = right, left
        of_left, of_right = self._exact.take(left), self._exact.take(right)
        if any_of(of_left):
            if not any_of(of_right) and is_one(left):
                return self._with_one(op, left, right).reshape(a.shape)
        elif not any_of(of_right):
            return self._new(op, left.size, (left, right)).reshape(a.shape)
        elif is_one(right):
            return self._with_one(op, right, left).reshape(a.shape)
        result = rule(left, right)
        both = of_left & of_right & (result < 0)
        result[both] = self._folded(_FOLDED[op], left[both], right[both])
        open_ = result < 0
        if any_of(open_):
            first, second = left[open_], right[open_]
            result[open_] = self._new(op, first.size, (first, second))
        return result.reshape(a.shape)

    def _with_one(self, op: str, constants: Elements, others: Elements) -> Elements:
        """Append an operation on an exact constant, one for all entries, and what is none: as the rules have it."""
        constant = constants.item(0)
        if constant == _NEUTRAL[op]:
            return np.array(others)
        if constant == ZERO:  # of a product
            return np.full(others.shape, ZERO)
        return self._new(op, others.size, (constants, others))

    def _folded(self, compute: Callable[..., Fraction], *args: Elements) -> Elements:
        """Return the constants that an operation makes of constants."""
        entries = list(zip(*(arg.tolist() for arg in args), strict=True))
        values = {entry: compute(*map(self._values.__getitem__, entry)) for entry in dict.fromkeys(entries)}
        return self.constants(values[entry] for entry in entries)

    def _of_one(
        self, op: str, a: Elements, payload: Any, fold: Callable[[Fraction], Fraction | None] | None
    ) -> Elements:
        """Append an operation on one array; equal arguments share a result."""
        unique, inverse = distinct(a)
        exact = self._exact.take(unique)
        if fold is None or not any_of(exact):
            return self._new(op, unique.size, (unique,), payload)[inverse].reshape(a.shape)
        result = np.full(unique.shape, -1, np.int64)
        for place in np.flatnonzero(exact):
            value = fold(self._values[int(unique[place])])
            result[place] = -1 if value is None else self.constant(value)
        open_ = result < 0
        if any_of(open_):
            arguments = unique[open_]
            result[open_] = self._new(op, arguments.size, (arguments,), payload)
        return result[inverse].reshape(a.shape)


def _outline(op: str, args: tuple[Elements, ...], payload: Any) -> tuple[object, ...]:
    """Return what operations on the same arrays have in common, and few others."""
    ends = [(arg.shape, arg.item(0), arg.item(-1)) for arg in args]
    return op, payload.size if op == "total" else payload, *ends


def _is_payload(block: Block, payload: Any) -> bool:
    return block.op != "total" or _are_same(block.payload, payload)


def _are_same(a: Elements, b: Elements) -> bool:
    """Tell whether arrays of one shape are equal; most of those that are not differ in their first entry."""
    return a.size == 0 or (a.item(0) == b.item(0) and all_of(a == b))


def distinct(elements: Elements) -> tuple[Elements, Elements | slice]:
    """Return the distinct ones of some elements in order, and the place of each element among them."""
    flat = elements.ravel()
    if is_ascending(flat):
        return flat, slice(None)
    first = least(flat)
    span = largest(flat) - first + 1
    if span > _SPARSE * flat.size:
        unique, places = np.unique(flat, return_inverse=True)
        return unique, places
    present = np.zeros(span, bool)  # arrays mostly have elements that lie together: a table takes less than sorting
    present[flat - first] = True
    return np.flatnonzero(present) + first, (np.cumsum(present) - 1)[flat - first]


def _sum_of(a: Elements, b: Elements) -> Elements:
    """Return 0 + x and x + 0 as x, and -1 for any other sum."""
    return np.where(a == ZERO, b, np.where(b == ZERO, a, -1))


def _product_of(a: Elements, b: Elements) -> Elements:
    """Return 0 * x as 0 and 1 * x as x, and -1 for any other product."""
    return np.where((a == ZERO) | (b == ZERO), ZERO, np.where(a == ONE, b, np.where(b == ONE, a, -1)))


def _has_squares(block: Block) -> bool:
    """Tell whether a block has even powers, or products of an element with itself."""
    if block.op == "power":
        return bool(block.payload.denominator == 1 and block.payload.numerator % 2 == 0)
    if block.op == "matmul":
        left, right = block.args
        return left.shape[2] == 1 and any_of(left == right)
    return block.op == "product" and any_of(block.args[0] == block.args[1])


def _folds(inner: Fraction, outer: Fraction) -> bool:
    """Tell whether (u**inner)**outer is u**(inner * outer) wherever the left side is defined (`proof.graph.power`)."""
    return outer.denominator == 1 or inner.denominator != 1 or inner.numerator % 2 == 1


_FOLDED: dict[str, Callable[..., Fraction]] = {"sum": operator.add, "product": operator.mul}

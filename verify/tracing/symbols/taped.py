"""A run on whole arrays: what `Trace` does number by number, here array by array on a tape.

The sample decides choices here too, by enclosures of floats. Where these do not tell, where a choice is a tie, or where
code does what the tape has no operation for, `UntapedError` ends the run: the case is then run on scalars, which know
more and take longer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any, NamedTuple, NoReturn

import numpy as np

from verify.model.errors import TraceError
from verify.model.identity import Place
from verify.model.where import asked_at
from verify.tape.enclosures import UNKNOWN, Enclosures
from verify.tape.masks import any_of, is_one
from verify.tape.tape import MINUS_ONE, ONE, ZERO, Elements, Mask, Tape, distinct
from verify.tracing.symbols.concolic import METHODS, NO_NODES, Concolic
from verify.tracing.symbols.scalar import RELATIONS
from verify.tracing.symbols.trace import Nodes, Trace
from verify.tracing.symbols.unwritten_elements import SpoilingTape

_MOST_SCALARS = 2_000  # operations on single numbers, each of which is a block
# Of code that computes with single numbers only, as loops over all indices do, the tape is given up sooner: once there
# are so many, and fewer than so many elements for each. Scalars take no longer there, and say all that the tape does.
_FEW_SCALARS, _ELEMENTS_FOR_EACH = 200, 4
_MOST_EXPONENTS = 50  # numbers, each of which is a block
_EVEN, _HALF = 2, Fraction(1, 2)


class UntapedError(TraceError):
    """What the tape cannot follow."""


class Choices(NamedTuple):
    """Answers of one line: elements, the relation to 0 that was asked about, the answers."""

    elements: Elements
    relation: str
    holds: Mask
    where: Place


class _SignedTape(SpoilingTape):
    """A tape without roots of even powers, also where they come out of exponents: on scalars a sign is decided."""

    def powers(self, a: Elements, exponent: Fraction) -> Elements:
        """Return a ** exponent."""
        if exponent.denominator % _EVEN == 0 and self.is_even_power(a):
            _untaped("the root of an even power")
        return super().powers(a, exponent)


class TapedTrace(Trace):
    """A tape with a sample, in the place of a graph: nodes are elements, alone or in arrays."""

    on_tape = True

    def __init__(self) -> None:
        super().__init__()
        self.tape: Tape = _SignedTape()
        self.enclosures = Enclosures(self.tape)
        self.choices: list[Choices] = []
        self.names: list[tuple[int, Callable[[], Sequence[str]]]] = []  # of variables, from an element on
        self.buffers: list[Elements] = []  # what stands for memory that nobody has written to
        self._scalars: dict[tuple[object, ...], int] = {}  # operations on single elements
        self._differences: dict[tuple[object, ...], Elements] = {}  # of arrays that were compared, by their digests
        self._literals: dict[tuple[type, float], Any] = {}  # the elements of numbers, of 0.0 and -0.0 the same
        self._relations: dict[str, Mask] = {}  # elements that were compared with 0, by the relation

    def __len__(self) -> int:
        return self.tape.size

    @property
    def thread(self) -> int:
        """The thread that the run was handed to, which alone may append to the tape."""
        return self.tape.thread

    @thread.setter
    def thread(self, value: int) -> None:
        if "tape" in vars(self):
            self.tape.thread = value

    # Leaves

    def literal(self, value: float, lift: Callable[[float], Any]) -> Any:
        """Return the element of a number that stands in the code, as an array, None for an infinity; each once."""
        key = type(value), value
        if key not in self._literals:
            symbol = lift(value)
            self._literals[key] = None if type(symbol) in NO_NODES else np.array(symbol.node)
        return self._literals[key]

    def inputs(self, names: Callable[[], Sequence[str]], values: Sequence[Fraction]) -> Elements:
        """Return new variables with their values at the sample; their names are asked for when they are needed."""
        elements = self.tape.variables(values)
        self.names.append((int(elements[0]) if len(elements) else len(self), names))
        return elements

    def constant(self, value: Fraction) -> int:
        """Return the element of an exact constant."""
        return self.tape.constant(value)

    def whole(self, value: int) -> int:
        """Return the element of a whole number."""
        return self.tape.constant(Fraction(value))

    def written(self, value: Fraction) -> int:
        """Return the element of a float that stands in the code and is read exactly."""
        return self.tape.constant(value)

    def typed(self, value: float) -> int:
        """Return the element of a float that stands in the code."""
        return self.tape.constant(value)

    def pi(self) -> int:
        """Return the element of the circle's constant."""
        return self.tape.pi()

    def uninitialised(self) -> int:
        """Return the element of a number that may be anything."""
        buffer = self.tape.variables([Fraction(37 * len(self.buffers) + 11, 1009)])
        self.buffers.append(buffer)
        if isinstance(self.tape, SpoilingTape):  # what recordings have of it nobody judges
            self.tape.spoil(buffer)
        return int(buffer[0])

    def value(self, number: Any) -> Fraction | None:
        """Return the value of an exact constant; of an array, 0 if there is that constant among its entries."""
        if isinstance(number, np.ndarray):
            return Fraction(0) if any_of(number == ZERO) else None
        return self.tape.value(number)

    def number(self, number: Any) -> Fraction | float | None:
        """Return the value of a constant as the code typed it, or None."""
        if isinstance(number, np.ndarray):
            return None
        block = self.tape.block_of(number)
        if block.op not in ("constant", "typed"):
            return None
        value: Fraction | float = block.payload[number - block.start]
        return value

    def is_constant(self, number: int) -> bool:
        """Tell whether an element is a constant; what is computed of constants is none here."""
        return self.number(number) is not None or _untaped("a number that is computed from constants")

    def named(self, elements: Iterable[int]) -> dict[int, str]:
        """Return the names of variables."""
        starts = [start for start, _ in self.names]
        places = {element: bisect_right(starts, element) - 1 for element in elements}
        listed = {place: self.names[place][1]() for place in set(places.values())}
        return {element: listed[place][element - starts[place]] for element, place in places.items()}

    def inputs_of(self, elements: Elements) -> tuple[Callable[[], Sequence[str]], Sequence[Fraction]]:
        """Return the names of all variables that were made at once, when they are asked for, and their values."""
        if not len(elements):
            return list, ()
        first = elements.item(0)
        place = bisect_right([start for start, _ in self.names], first) - 1
        return self.names[place][1], self.tape.block_of(first).payload

    def sample_of(self, element: int) -> Fraction:
        """Return the value of a variable at the sample."""
        block = self.tape.block_of(element)
        value: Fraction = block.payload[element - block.start]
        return value

    def floats(self, nodes: Nodes, point: Mapping[Any, Fraction]) -> Any:
        """Return the values of variables and constants as floats, at the sample or where a point has others."""
        enclosures = Enclosures(self.tape, point) if point else self.enclosures
        return enclosures.of(nodes)[0]  # the nearest floats, where nothing is computed

    # Operations, on elements or arrays of them

    def sum(self, a: Any, b: Any) -> Any:
        """Return a + b."""
        return self._operated("sum", self.tape.sums, a, b)

    def product(self, a: Any, b: Any) -> Any:
        """Return a * b."""
        return self._operated("product", self.tape.products, a, b)

    def quotient(self, a: Any, b: Any) -> Any:
        """Return a / b."""
        return self.product(a, self.power(b, Fraction(-1)))

    def power(self, a: Any, exponent: Fraction) -> Any:
        """Return a ** exponent."""
        return self._operated(exponent, lambda base: self.tape.powers(base, exponent), a)

    def function(self, name: str, a: Any) -> Any:
        """Return a function of the graph's FUNCTIONS."""
        return self._operated(name, lambda argument: self.tape.functions(name, argument), a)

    def total(self, numbers: Iterable[int]) -> int:
        """Return the sum of elements."""
        terms = np.fromiter(numbers, np.int64)
        return int(self.totals(terms, len(terms))[0]) if len(terms) else ZERO

    def multiplied(self, numbers: Nodes) -> int:
        """Return the product of elements, in their order."""
        result = ONE
        for number in numbers:
            result = self.product(result, number)
        return int(result)

    def _operated(self, operation: object, operate: Callable[..., Elements], *args: Any) -> Any:
        """Do an operation, on single elements once."""
        if any(isinstance(arg, np.ndarray) for arg in args):
            return operate(*_of_one_shape(args))
        key = operation, *sorted(args)
        if key not in self._scalars:
            if self._is_scalar_code():
                _untaped("many operations on single numbers")
            self._scalars[key] = int(operate(*(np.array([arg]) for arg in args))[0])
        return self._scalars[key]

    def _is_scalar_code(self) -> bool:
        """Tell whether so much is computed with single numbers that scalars are faster."""
        count = len(self._scalars)
        return count >= _MOST_SCALARS or (count >= _FEW_SCALARS and self.tape.size < count * _ELEMENTS_FOR_EACH)

    # Operations on the entries of arrays, in order

    def listed(self, numbers: Iterable[int], count: int) -> Elements:
        """Return elements as an array."""
        return np.fromiter(numbers, np.int64, count)

    def sums(self, a: Nodes, b: Nodes) -> Any:
        """Return sums."""
        return self.tape.sums(_array(a), _array(b))

    def products(self, a: Nodes, b: Nodes) -> Any:
        """Return products."""
        return self.tape.products(_array(a), _array(b))

    def differences(self, a: Nodes, b: Nodes) -> Any:
        """Return differences; that of an element and itself is 0, but for memory that nobody wrote to."""
        left, right = _array(a), _array(b)
        if right.size and right.item(0) == ZERO and is_one(right):
            return np.array(left)
        same = left == right
        if self.buffers:
            same &= ~np.isin(left, np.concatenate(self.buffers))
        if not any_of(same):
            return self.tape.sums(left, self.tape.negatives(right))
        result = np.full(left.shape, ZERO)
        result[~same] = self.tape.sums(left[~same], self.tape.negatives(right[~same]))
        return result

    def quotients(self, a: Nodes, b: Nodes) -> Any:
        """Return quotients."""
        return self.tape.quotients(_array(a), _array(b))

    def has_zero(self, nodes: Nodes) -> bool:
        """Tell whether the constant 0 is among elements."""
        return any_of(_array(nodes) == ZERO)

    def are_defined(self, nodes: Nodes) -> bool:
        """Tell that all elements have values at the sample; at a zero of a divisor they need not."""
        radii = self.enclosures.of(_array(nodes))[1]
        return self.moved or bool(np.isfinite(radii).all()) or _untaped("a question whether a number is finite")

    def relations(self, a: Nodes, b: Nodes, relation: str) -> Any:
        """Decide a relation between elements at the sample, and record it."""
        elements = self._compared(_array(a), _array(b))
        signs, exact = self.enclosures.signs(elements), self.tape.exact(elements)
        if any_of((signs == UNKNOWN) | ((signs == 0) & ~exact)):
            _untaped("a comparison that is too close to call")
        holds = _HOLDING[relation][signs + 1]
        new = self._unasked(elements, relation) & ~exact
        if any_of(new):
            self.choices.append(Choices(elements[new], relation, holds[new], asked_at()))
        return holds

    def _compared(self, a: Elements, b: Elements) -> Elements:
        """Return the differences of arrays, the same elements for the same arrays."""
        if self.tape.finds_again:
            differences: Elements = self.differences(a, b)  # all of whose operations do so
            return differences
        key = a.shape, *(blake2b(np.ascontiguousarray(side).data, digest_size=16).digest() for side in (a, b))
        if key not in self._differences:
            self._differences[key] = self.differences(a, b)
        return self._differences[key]

    def _unasked(self, elements: Elements, relation: str) -> Mask:
        """Tell for which elements a relation is asked for the first time, and remember that it was."""
        recorded = self._relations.get(relation, np.zeros(0, bool))
        if len(recorded) < len(self):
            recorded = self._relations[relation] = np.concatenate(
                [recorded, np.zeros(2 * len(self) - len(recorded), bool)]
            )
        new: Mask = ~recorded[elements]
        recorded[elements] = True
        return new

    def look_at(self, nodes: Iterable[int]) -> None:
        """Do nothing: whole arrays are looked at anyhow."""

    def decide(self, node: Any, relation: str) -> bool:
        """Tell whether an element is in a relation to 0 at the sample, all of them if it is an array."""
        elements = np.atleast_1d(node)
        return bool(self.relations(elements, np.full(elements.shape, ZERO), relation).all())

    def sign(self, node: int) -> int:
        """Return the sign of an element at the sample."""
        sign = int(self.enclosures.signs(np.array([node]))[0])
        return sign if sign != UNKNOWN else _untaped("a comparison that is too close to call")

    def floor(self, node: int) -> Fraction:
        """Return the whole number below an element at the sample, and record that it is."""
        value = self.tape.value(int(self.floors(np.array([node]))[0]))
        assert value is not None
        return value

    def floors(self, elements: Elements) -> Elements:
        """Return the whole number below each element at the sample, and record that the element lies above it.

        The floats only propose numbers: whether these are right is decided as any relation is.
        """
        below = [int(value) for value in np.floor(self.enclosures.of(elements)[0]).ravel()]
        floors, above = (self.tape.constants(Fraction(n + i) for n in below).reshape(elements.shape) for i in (0, 1))
        if not (self.relations(elements, floors, ">=").all() and self.relations(elements, above, "<").all()):
            _untaped("a rounding that is too close to call")
        return floors

    def chosen(self, choices: Any, a: Nodes, b: Nodes) -> Any:
        """Return a where a choice is true, and b elsewhere."""
        return np.where(choices, _array(a), _array(b))

    def extremes_so_far(self, matrix: Elements, relation: str) -> Elements:
        """Return for each entry of a row the one up to there that nothing before is beyond, by floats."""
        floats = self.enclosures.of(matrix)[0]
        bounds = (np.maximum if relation == ">=" else np.minimum).accumulate(floats, axis=1)
        places = np.where(floats == bounds, np.arange(matrix.shape[1]), 0)
        places[:, 1:][floats[:, 1:] == bounds[:, :-1]] = 0  # what is as large as one before does not take its place
        return np.take_along_axis(matrix, np.maximum.accumulate(places, axis=1), axis=1)

    def totals(self, terms: Nodes, length: int) -> Any:
        """Return the sums of so many terms each."""
        elements = _array(terms)
        matrix = elements.reshape(-1, length) if length else elements.reshape(0, 0)
        return self.tape.sums_of_rows(matrix)

    def matmul(self, a: Any, b: Any) -> Any:
        """Return the products of two stacks of matrices."""
        if not a.shape[2]:
            return np.full((a.shape[0], a.shape[1], b.shape[2]), ZERO).ravel()
        return self.tape.matmul(a, b).ravel()

    def mapped(self, method: Callable[[Any], Any], numbers: Elements) -> Elements:
        """Return a function of each element, by the method of symbols that does it."""
        if method is _NEGATIVE:
            return self.tape.negatives(numbers)
        result: Elements = method(many(self, numbers)).node
        return result if np.shape(result) == numbers.shape else np.broadcast_to(result, numbers.shape)

    def combined(self, name: str, compute: Callable[..., Any], *operands: Elements) -> Elements:
        """Return what a function of symbols makes of each of the elements that stand beside each other."""
        if name in _OF_TWO:
            return _OF_TWO[name](self, *operands)
        single = [int(e[0]) if e.size and (e == e[0]).all() else e for e in operands]  # a number is one for all
        result: Elements = np.broadcast_to(compute(*(many(self, e) for e in single)).node, operands[0].shape)
        return result


class Many(Concolic):
    """An array of elements that computes like one symbol; it has no order, no sign and no truth."""

    __slots__ = ()

    @property
    def trace(self) -> TapedTrace:
        """Return the tape with its sample."""
        assert isinstance(self.graph, TapedTrace)
        return self.graph

    def lift(self, other: object) -> Any:
        """Return a number or symbol as one of these, None for anything else."""
        if type(other) is Many:
            return other
        lifted = super().lift(other)
        return None if lifted is None else self._at(lifted.node)

    def _at(self, node: Any) -> Many:
        return Many(self.graph, node)

    def against(self, other: Concolic, relation: str) -> bool:
        """Refuse: the entries may differ."""
        _untaped("a choice for each entry of an array")

    def __bool__(self) -> bool:
        _untaped("a choice for each entry of an array")

    def __abs__(self) -> Many:
        return self._at(_magnitudes(self.trace, np.asarray(self.node)))

    def sign(self) -> Any:
        """Return -1, 0 or 1, a branch for each entry."""
        return self._at(_signs(self.trace, np.asarray(self.node)))

    def whole(self) -> Any:
        """Return the largest whole number that is not above, a branch for each entry."""
        return self._at(self.trace.floors(np.asarray(self.node)))

    def nearest(self) -> Any:
        """Return the nearest whole number, a branch for each entry; the scalar run knows what lies halfway."""
        above = self.plus(self.lift(_HALF))
        rounded = above.whole()
        if (self.trace.differences(above.node, rounded.node) == ZERO).any():
            _untaped("a rounding of what lies halfway")
        return rounded


def many(trace: TapedTrace, elements: Any) -> Many:
    """Return elements as what computes like one symbol."""
    return Many(trace, elements)


def _untaped(reason: str) -> NoReturn:
    raise UntapedError(f"{reason}", asked_at())


def _of_one_shape(args: Sequence[Any]) -> Sequence[Elements]:
    """Return numbers and arrays as arrays of one shape, as `np.broadcast_arrays` does, which takes longer for few."""
    shapes = {np.shape(arg) for arg in args}
    return args if len(shapes) == 1 else np.broadcast_arrays(*args)


def _array(numbers: Any) -> Elements:
    return numbers if isinstance(numbers, np.ndarray) else np.array(numbers, np.int64)


def _magnitudes(trace: Any, a: Elements) -> Elements:
    positive = trace.relations(a, np.full(a.shape, ZERO), ">=")
    result = a.copy()
    result[~positive] = trace.tape.negatives(a[~positive])
    return result


def _signs(trace: Any, a: Elements) -> Elements:
    zero = np.full(a.shape, ZERO)
    above = trace.relations(a, zero, ">")
    below = trace.relations(a[~above], zero[~above], "<")
    result = np.full(a.shape, ONE)
    result[~above] = np.where(below, MINUS_ONE, ZERO)
    return result


def _powers(trace: TapedTrace, a: Elements, b: Elements) -> Elements:
    """Return a ** b; an exponent that is a number is one for all of its entries, the others are so at once."""
    unique, places = distinct(b)
    numbers = [place for place, element in enumerate(unique.tolist()) if trace.number(element) is not None]
    if len(numbers) > _MOST_EXPONENTS:
        _untaped("powers with many exponents")
    group = np.full(len(unique), -1)
    group[numbers] = np.arange(len(numbers))
    result, groups = a.copy(), group[places]
    for number in np.unique(groups).tolist():
        chosen = groups == number
        exponent = b[chosen] if number < 0 else int(unique[numbers[number]])
        result[chosen] = (many(trace, a[chosen]) ** many(trace, exponent)).node
    return result


_NEGATIVE = METHODS["negative"]
_OF_TWO = {"power": _powers, "float_power": _powers}
# Whether a relation to 0 holds, for the signs -1, 0 and 1.
_HOLDING = {name: np.array([holds(sign) for sign in (-1, 0, 1)]) for name, holds in RELATIONS.items()}

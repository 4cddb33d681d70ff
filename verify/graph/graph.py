"""A hash-consed graph of scalar operations: what a formula is, whoever computed it.

Every node is a variable, a constant or an operation on earlier nodes, and equal operations are one node. The operations
are the sum and the product of two nodes, a power with a constant rational exponent, and functions of one node. Building
a node folds constants, drops 0 and 1 and puts arguments in order, so that much of what is equal becomes the same node.

The rewrites hold wherever both sides are defined; `0 * x` is 0 and `x**0` is 1 also where x is not.
Nothing here recurses: a million nodes are fine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import compress, repeat
from operator import is_not
from typing import Any, NamedTuple, cast, overload

import flint

from verify.graph.functions import FUNCTIONS, gamma_at
from verify.graph.joints import JOINT
from verify.graph.reading import Reading

_UNITY, _MINUS_ONE = Fraction(1), Fraction(-1)
_TWO = Fraction(2)
_NOT_YET = object()
NodeValues = dict[int, Any] | list[Any]  # what was found of nodes, by their numbers
_LONGEST_SUM = 500
_REMEMBERED = 64  # groups of nodes that are read at many points, of which it is kept what they are computed from
_LONG = 2_000  # nodes, of which but one group is kept
_MANY = 8  # where more than one node in so many is asked for
_MOST_LEAVES = 1_000_000  # variables that are kept with nodes in all
_LARGEST_FOLDED = 4096  # bits: a larger constant power stays an operation


class _Present:
    """The nodes that something was found of."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def __contains__(self, number: int) -> bool:
        return self.values[number] is not _NOT_YET

    def __iter__(self) -> Iterator[int]:
        return compress(range(len(self.values)), map(is_not, self.values, repeat(_NOT_YET)))


class Node(NamedTuple):
    """One node; its payload is a variable's name, a constant's value, a typed float, or a power's exponent."""

    op: str
    args: tuple[int, ...] = ()
    payload: Any = None


class Graph:
    """Nodes by number, arguments before the operations on them.

    The three lists hold what a node is: `ops` its operation, `args` the numbers of its arguments, `payloads` the rest.
    `variables` are the nodes of the inputs by name, `constants` the values of those that are exact constants.
    """

    def __init__(self) -> None:
        self.ops: list[str] = []
        self.args: list[tuple[int, ...]] = []
        self.payloads: list[Any] = []
        self.constants: dict[int, Fraction] = {}
        self._zero = self._unit = -1  # the nodes of 0 and 1, once this has made some
        self._reached: dict[tuple[int, ...], Sequence[int]] = {}  # nodes that were asked for, and all below them
        # Most of a graph, inputs by name, sums and products by arguments; the rest by operation and what makes it up.
        self.variables: dict[str, int] = {}
        self._sums: dict[tuple[int, ...], int] = {}
        self._products: dict[tuple[int, ...], int] = {}
        self._numbers: dict[tuple[Any, ...], int] = {}
        # Exact constants, and powers, by what Python hashes in a tenth of the time that it takes for a Fraction.
        self._ratios: dict[tuple[int, int], int] = {}
        self._powers: dict[tuple[int, int, int], int] = {}
        self._scaled: dict[
            int, tuple[Fraction, int]
        ] = {}  # products with a constant: the constant, and the other factor
        self._memories: dict[str, dict[Any, Any]] = {}

    def __len__(self) -> int:
        return len(self.ops)

    def memory(self, name: str) -> dict[Any, Any]:
        """Return what somebody has worked out of nodes, which holds as long as they do: for good."""
        return self._memories.setdefault(name, {})

    def remember(self, names: Iterable[str]) -> None:
        """Go on with what was worked out under some names alone; graphs of the same nodes keep theirs."""
        self._memories = {name: self.memory(name) for name in names}

    def node(self, number: int) -> Node:
        """Return a node as one value."""
        return Node(self.ops[number], self.args[number], self.payloads[number])

    def _enter(self) -> None:
        """Notice that nodes are appended one after the other, in place of `_new`."""

    def _new(self, op: str, args: tuple[int, ...] = (), payload: Any = None) -> int:
        self.ops.append(op)
        self.args.append(args)
        self.payloads.append(payload)
        return len(self.ops) - 1

    def _leaf(self, op: str, payload: Any) -> int:
        number = self._numbers.get((op, payload))
        if number is None:
            number = self._numbers[op, payload] = self._new(op, (), payload)
        return number

    def variable(self, name: str) -> int:
        """Return the node of an input."""
        number = self.variables.get(name)
        if number is None:
            number = self.variables[name] = self._new("variable", (), name)
        return number

    def variables_of(self, names: Sequence[str]) -> list[int]:
        """Return the nodes of inputs, no two of which have one name; new ones are made at once."""
        if not self.variables.keys().isdisjoint(names):
            return list(map(self.variable, names))
        numbers = self._new_variables(names)
        self.variables.update(zip(names, numbers, strict=True))
        return numbers

    def _new_variables(self, names: Sequence[str]) -> list[int]:
        first = len(self.ops)
        self.ops += ["variable"] * len(names)
        self.args += [()] * len(names)
        self.payloads += names
        return list(range(first, len(self.ops)))

    def constant(self, value: Fraction) -> int:
        """Return the node of an exact constant."""
        ratio = value.as_integer_ratio()
        number = self._ratios.get(ratio)
        if number is None:
            number = self._ratios[ratio] = self._new("constant", (), value)
            self.constants[number] = value
            if ratio == (0, 1):
                self._zero = number
            elif ratio == (1, 1):
                self._unit = number
        return number

    def written(self, value: Fraction) -> int:
        """Return the node of a float that stands in the code and is read exactly: 0.5, 2.0**-23."""
        return self.constant(value)

    def whole(self, value: int) -> int:
        """Return the node of a whole number."""
        number = self._ratios.get((value, 1))
        return self.constant(Fraction(value)) if number is None else number

    def typed(self, value: float) -> int:
        """Return the node of a float that stands in the code and is not a simple binary fraction: 0.1, not 0.5."""
        return self._leaf("typed", value)

    def pi(self) -> int:
        """Return the node of the circle's constant, which SymPy's derivative of erf contains."""
        return self._leaf("pi", None)

    @property
    def has_pi(self) -> bool:
        """Tell whether there is a node of the circle's constant."""
        return ("pi", None) in self._numbers

    def value(self, number: int) -> Fraction | None:
        """Return the value of an exact constant, or None."""
        return self.constants.get(number)

    def number(self, number: int) -> Fraction | float | None:
        """Return the value of a constant as the code typed it, or None."""
        if self.ops[number] in ("constant", "typed"):
            value: Fraction | float = self.payloads[number]
            return value
        return None

    def is_constant(self, number: int) -> bool:
        """Tell whether a node is computed from numbers alone."""
        return self.number(number) is not None or all(self.ops[i] != "variable" for i in self.reach([number]))

    def varying(self, order: Iterable[int]) -> set[int]:
        """Return the nodes that a variable enters, of all that some are computed from, arguments first."""
        varying: set[int] = set()
        for number in order:
            if self.ops[number] == "variable" or not varying.isdisjoint(self.args[number]):
                varying.add(number)
        return varying

    def sum(self, a: int, b: int) -> int:
        """Return the node of a + b."""
        zero = self._zero
        if a == zero or b == zero:  # as for a factor 1 in products
            return b if a == zero else a
        if a > b:
            a, b = b, a
        args = a, b
        number = self._sums.get(args)
        if number is not None:
            return number
        constants = self.constants
        if a in constants or b in constants:
            left, right = constants.get(a), constants.get(b)
            if left is not None and right is not None:
                return self.constant(left + right)
            if not (left or right):  # a 0 that another trace of this graph has made
                return a if left is None else b
        elif a in self._scaled or b in self._scaled or a == b:
            left, inner = self._split(a)
            right, other = self._split(b)
            if inner == other:
                return self._scale(left + right, inner)
        number = self._sums[args] = self._new("sum", args)
        return number

    def total(self, numbers: Iterable[int]) -> int:
        """Return the node of the sum of nodes; the order of the terms, which is of no matter, is made the same."""
        ordered = sorted(numbers)
        if not ordered:
            return self.constant(Fraction(0))
        self._enter()
        result, sums, constants, scaled, ops = ordered[0], self._sums, self.constants, self._scaled, self.ops
        for number in ordered[1:]:
            args = (result, number) if result < number else (number, result)
            node = sums.get(args)
            if node is not None:
                result = node
            elif result in constants or number in constants or result in scaled or number in scaled or result == number:
                result = self.sum(result, number)
            else:  # most of a large graph: what `sum` comes to
                result = sums[args] = len(ops)
                ops.append("sum")
                self.args.append(args)
                self.payloads.append(None)
        return result

    def product(self, a: int, b: int) -> int:
        """Return the node of a * b; a constant factor is kept outermost, so that signs and factors meet and fold."""
        unit, zero = self._unit, self._zero
        if a == unit or b == unit:  # before anything is looked up: layers multiply by 1 a lot
            return b if a == unit else a
        if a == zero or b == zero:
            return zero
        if a > b:
            a, b = b, a
        args = a, b
        number = self._products.get(args)
        if number is not None:
            return number
        constants, scaled = self.constants, self._scaled
        if a in constants or b in constants or a in scaled or b in scaled:
            left, a = self._split(a)
            right, b = self._split(b)
            factor = right if left is _UNITY else left if right is _UNITY else left * right
            return self._scale(factor, b if a < 0 else a if b < 0 else self.product(a, b) if factor else -1)
        if a == b:
            return self.power(a, _TWO)
        number = self._products[args] = self._new("product", args)
        return number

    def multiplied_each(self, left: Iterable[int], right: Iterable[int]) -> list[int]:
        """Return the nodes of the products of pairs."""
        if type(self).product is not Graph.product:  # which notes what floats do, say
            return list(map(self.product, left, right))
        self._enter()
        products, constants, scaled, product, ops = self._products, self.constants, self._scaled, self.product, self.ops
        result = []
        for a, b in zip(left, right, strict=True):
            pair = (a, b) if a < b else (b, a)
            number = products.get(pair)
            if number is None:
                if a in constants or b in constants or a in scaled or b in scaled or a == b:
                    number = product(a, b)
                else:  # most of a large graph: what `product` comes to
                    number = products[pair] = len(ops)
                    ops.append("product")
                    self.args.append(pair)
                    self.payloads.append(None)
            result.append(number)
        return result

    def _split(self, number: int) -> tuple[Fraction, int]:
        """Return the constant factor of a node and what it multiplies, -1 for nothing."""
        if number in self.constants:
            return self.constants[number], -1
        return self._scaled.get(number) or (_UNITY, number)

    def _scale(self, factor: Fraction, inner: int) -> int:
        """Return factor * inner; `inner` has no constant factor, or is -1 for 1."""
        ratio = top, bottom = factor.as_integer_ratio()  # whose parts are compared in a tenth of a Fraction's time
        if inner < 0 or not top:
            return self.constant(factor)
        if top == bottom:
            return inner
        constant = self._ratios.get(ratio)
        args = self.constant(factor) if constant is None else constant, inner
        number = self._products.get(args)
        if number is None:
            number = self._products[args] = self._new("product", args)
            self._scaled[number] = (factor, inner)
        return number

    def power(self, a: int, exponent: Fraction) -> int:
        """Return the node of a ** exponent, for a constant rational exponent."""
        top, bottom = exponent.as_integer_ratio()
        number = self._powers.get((a, top, bottom))
        if number is not None:  # what is asked for again is the same again
            return number
        if not top:
            return self.constant(_UNITY)
        if top == bottom:
            return a
        base = self.constants.get(a)
        if base == 0 and exponent > 0:  # a root of 0 as well: what divides by it divides by 0
            return a
        if base is not None and exponent.denominator == 1 and base and _small(base, exponent):
            return self.constant(base**exponent.numerator)
        if self.ops[a] == "power":
            inner: Fraction = self.payloads[a]
            if exponent.denominator == 1 or inner.denominator != 1 or inner.numerator % 2:
                # (u**e)**f is u**(e*f) where the left side is defined: for a whole f always; else u**e has to be
                # positive, and so u is, unless e is even and whole: ((-1)**2)**(1/2) is not -1.
                return self.power(self.args[a][0], inner * exponent)
        if base is not None and base > 0 and exponent.denominator != 1 and _small(base, exponent):
            return self._constant_root(base, exponent)
        return self._power(a, exponent)

    def _power(self, a: int, exponent: Fraction) -> int:
        key = a, *exponent.as_integer_ratio()
        number = self._powers.get(key)
        if number is None:
            number = self._powers[key] = self._new("power", (a,), exponent)
        return number

    def quotient(self, a: int, b: int) -> int:
        """Return the node of a / b."""
        return self.product(a, self.power(b, _MINUS_ONE))

    def function(self, name: str, a: int) -> int:
        """Return the node of a function of FUNCTIONS at a.

        A sign is taken out of odd functions and dropped in even ones; exp and log undo each other.
        """
        number = self._numbers.get((name, a))
        if number is not None:  # what is asked for again is the same again
            return number
        line = FUNCTIONS[name]
        if self.constants.get(a) == 0 and line.at_zero is not None:
            return self.constant(Fraction(line.at_zero))
        if (
            name in ("gamma", "loggamma")
            and a in self.constants
            and (folded := gamma_at(self.constants[a])) is not None
        ):
            return self._gamma(name, *folded)
        factor, inner = self._split(a)
        if line.parity and factor < 0:
            positive = self.function(name, self._scale(-factor, inner))
            return positive if line.parity > 0 else self._scale_node(Fraction(-1), positive)
        if name == "exp":
            return self._exp(a)
        if name == "log":
            if self.constants.get(a) == 1:
                return self.constant(Fraction(0))
            if self.ops[a] == "exp":
                return self.args[a][0]
        return self._unary(name, a)

    def _gamma(self, name: str, factor: Fraction, power_of_pi: Fraction) -> int:
        """Return the node of a gamma function that is a rational times a power of pi, or of its logarithm."""
        root = self.power(self.pi(), power_of_pi)
        if name == "gamma":
            return self.product(self.constant(factor), root)
        return self.function("log", self.product(self.constant(abs(factor)), root))

    def _unary(self, name: str, a: int) -> int:
        number = self._numbers.get((name, a))
        if number is None:
            number = self._numbers[name, a] = self._new(name, (a,))
        return number

    def _scale_node(self, factor: Fraction, a: int) -> int:
        return self.product(self.constant(factor), a)

    def joint(self, op: str, args: Sequence[int], payload: Any) -> int:
        """Return the node of a function of several nodes (`joints.JOINT`)."""
        key = (op, payload, *args)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._new(op, tuple(args), payload)
        return number

    def _exp(self, a: int) -> int:
        """Return the node of exp(a); terms c * log(v) of the sum a are taken out of it as factors v**c."""
        inner = self._split(a)[1]
        if inner < 0 or self.ops[inner] not in ("sum", "log"):  # the only term, and no logarithm: as in most layers
            return self._unary("exp", a)
        terms = self._terms(a)
        logs = [inner >= 0 and self.ops[inner] == "log" for _, inner in terms]
        if not any(logs):
            return self._unary("exp", a)
        rest, factors = self.constant(Fraction(0)), []
        for (factor, inner), is_log in zip(terms, logs, strict=True):
            if is_log:
                factors.append(self.power(self.args[inner][0], factor))
            else:
                rest = self.sum(rest, self._scale(factor, inner))
        result = self.function("exp", rest)
        for value in factors:
            result = self.product(result, value)
        return result

    def _terms(self, a: int) -> list[tuple[Fraction, int]]:
        """Return the terms of a sum, no more than its outermost few hundred, as factors and what they multiply.

        Sums in it that have a factor are multiplied out: a - (b + log(c)) has the term -log(c). A term -1 is 1.
        """
        terms: list[tuple[Fraction, int]] = []
        todo = [(_UNITY, a)]
        while todo:
            outer, number = todo.pop()
            factor, inner = self._split(number)
            factor *= outer
            if inner >= 0 and self.ops[inner] == "sum" and len(terms) + len(todo) < _LONGEST_SUM:
                todo.extend((factor, argument) for argument in self.args[inner])
            else:
                terms.append((factor, inner))
        return terms

    def _constant_root(self, base: Fraction, exponent: Fraction) -> int:
        """Return a root of a constant by its primes, as SymPy does: 12**(1/2) is 2 * 3**(1/2)."""
        result = self.constant(_UNITY)
        for prime, power in _primes(base):
            whole, rest = divmod(power * exponent, 1)
            result = self.product(self.constant(Fraction(prime) ** int(whole)), result)
            if rest:
                root = self._power(self.constant(Fraction(prime)), rest)
                result = self.product(result, root)
        return result

    def reach(self, numbers: Iterable[int], computed: Collection[int] | _Present = ()) -> Sequence[int]:
        """Return the nodes that the given ones are computed from, themselves included, arguments first.

        What is `computed` is left out, and so is what only that needs.
        """
        roots = tuple(numbers)
        find = self._reach_many if _MANY * len(roots) > len(self) else self._reach_few
        if computed:
            return find(roots, computed)
        reached = self._reached.get(roots)
        if reached is None:
            reached = find(roots, computed)
            if len(reached) > _LONG or len(self._reached) == _REMEMBERED:
                self._reached.clear()
            self._reached[roots] = reached
        return reached

    def leaves(self, number: int) -> Sequence[int]:
        """Return the variables that a node is computed from, in their order."""
        remembered = self.memory("leaves")
        if number not in remembered:
            leaves = tuple(reached for reached in self.reach([number]) if self.ops[reached] == "variable")
            if len(remembered) * len(leaves) > _MOST_LEAVES:
                return leaves
            remembered[number] = leaves
        return cast("Sequence[int]", remembered[number])

    def _reach_few(self, numbers: Sequence[int], computed: Collection[int] | _Present) -> list[int]:
        args = self.args
        needed = {number for number in numbers if number not in computed} if computed else set(numbers)
        todo = list(needed)
        put, later, take = needed.add, todo.append, todo.pop
        if computed:
            while todo:  # a node is put in once, when it is found
                for number in args[take()]:
                    if number not in needed and number not in computed:
                        put(number)
                        later(number)
        while todo:
            for number in args[take()]:
                if number not in needed:
                    put(number)
                    later(number)
        return sorted(needed)

    def _reach_many(self, numbers: Sequence[int], computed: Collection[int] | _Present) -> list[int]:
        """Return the same for so many nodes that a look at all of the graph, in order, is less than finding each."""
        args, needed, skipped = self.args, bytearray(len(self.args)), bytearray(len(self.args))
        for number in numbers:
            needed[number] = 1
        for number in computed:
            skipped[number] = 1
        for number in range(max(numbers), -1, -1):
            if needed[number] and not skipped[number]:
                for argument in args[number]:
                    needed[argument] = 1
        return [number for number in compress(range(len(needed)), needed) if not skipped[number]]

    @overload
    def read(
        self, numbers: Iterable[int], reading: Reading, computed: dict[int, Any] | None = None
    ) -> dict[int, Any]: ...

    @overload
    def read(self, numbers: Iterable[int], reading: Reading, computed: NodeValues | None) -> NodeValues: ...

    def read(self, numbers: Iterable[int], reading: Reading, computed: NodeValues | None = None) -> NodeValues:
        """Compute the given nodes, and all below them, in some arithmetic; values that are `computed` are added to.

        Where they are many, a list of all nodes takes a fraction of the room that a dict does.
        """
        values: NodeValues = {} if computed is None else computed
        present: Collection[int] | _Present = values
        if isinstance(values, list):
            values += [_NOT_YET] * (len(self) - len(values))
            present = _Present(values)
        self.read_each(self.reach(numbers, present), reading, values)
        return values

    def read_each(self, numbers: Iterable[int], reading: Reading, values: NodeValues) -> None:
        """Compute nodes in some arithmetic, in their order, of which all arguments come before or are known already."""
        ops, args, payloads = self.ops, self.args, self.payloads
        add, multiply = reading.sum, reading.product
        for number in numbers:
            op = ops[number]
            if op == "product":
                a, b = args[number]
                values[number] = multiply(values[a], values[b])
            elif op == "sum":
                a, b = args[number]
                values[number] = add(values[a], values[b])
            elif not args[number]:  # a variable or a constant, read by the method of its name
                values[number] = getattr(reading, op)(payloads[number])
            elif op == "power":
                values[number] = reading.power(values[args[number][0]], payloads[number])
            elif op in JOINT:
                values[number] = reading.joint(op, [values[i] for i in args[number]], payloads[number])
            else:
                values[number] = reading.function(op, values[args[number][0]], number)


def _primes(value: Fraction) -> list[tuple[int, int]]:
    """Factor a positive rational; a numerator or denominator beyond 64 bits stays whole."""
    factors = []
    for number, sign in ((value.numerator, 1), (value.denominator, -1)):
        powers = flint.fmpz(number).factor() if number.bit_length() <= 64 else [(number, 1)]
        factors += [(int(prime), sign * int(power)) for prime, power in powers]
    return sorted(factors)


def _small(base: Fraction, exponent: Fraction) -> bool:
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    return bits * abs(exponent.numerator) <= _LARGEST_FOLDED

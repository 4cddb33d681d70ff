"""A graph that also knows one exact point, and so which way code branches.

Each decision is recorded, with the file and line that asked. The recorded conditions are the region of a claim: the
inputs that take the same branches as the sample.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from threading import get_ident
from typing import Any

import flint

from verify.graph import balls
from verify.graph.graph import Graph
from verify.model.errors import ThreadError, TraceError
from verify.model.exact import nearest_double
from verify.model.identity import Place
from verify.model.reasons import Reason
from verify.model.where import asked_at, asking_path
from verify.proof import field, rationals
from verify.tracing.symbols.scalar import RELATIONS
from verify.tracing.symbols.unwritten import spoiling

_ZERO = Fraction(0)
_PRECISIONS = (128, 1024, 8192)  # bits, tried in this order to find a sign
SAMPLE_BITS = _PRECISIONS[0]  # of a value at the sample, where no others are asked for
_serials = itertools.count()
_RATIONAL = ("variable", "constant")  # operations whose value at the sample is known exactly
Nodes = Any  # of the entries of an array, in order: a list of them, or an array where they are elements of a tape
_COARSER = {"float16": 1, "bfloat16": 4}  # for types of 11 and 8 bits
_PROVER_BITS = 1024  # bits, from which on the prover is asked whether it is 0


@dataclass(frozen=True, slots=True)
class Condition:
    """A decision that a run made: the node, the relation to 0 that was asked about, the answer, the line that asked.

    `tie` tells that the node is 0 at the sample: the inputs are pinned there, and nothing is learnt about derivatives.
    """

    node: int
    relation: str
    holds: bool
    where: Place
    tie: bool
    path: int = 0  # of the calls that led there


Vector = tuple[tuple[int, ...], int]  # the nodes of a matrix, and which of its eigenvectors


@dataclass(frozen=True, slots=True)
class Signed:
    """A vector that is as good with the other sign: its nodes, which it is, and the line that asked for it."""

    nodes: tuple[int, ...]
    vector: Vector
    where: Place


def _asking() -> tuple[Place, int]:
    """Return the line that asks, and the path of calls that leads there."""
    return asked_at(), asking_path()


class Trace(Graph):
    """A graph with a sample: every variable has an exact value, and so every node has a sign.

    On the `graph` of another run, what both of them compute is the same node. `dtype` is the type of the inputs that
    code is told which asks.
    """

    dtype: Any = "float64"  # by its name: expressions need no NumPy
    on_tape = False  # whether nodes are elements of a tape
    is_unread = False  # whether answers to questions are left open
    as_executed = False  # whether nodes are the operations of floats, each with its rounding
    coarser = 0  # bits of balls that floats are not held to, as the code has numbers of a short type (`tracing.floats`)
    is_pinned = False  # whether inputs are numbers at one point, so that a division by 0 is done as on floats

    def __init__(self, graph: Trace | None = None) -> None:
        super().__init__()
        if graph is not None:
            vars(self).update(vars(graph))
        self.sample: dict[str, Fraction] = {}
        self.conditions: dict[tuple[int, str], Condition] = {}
        self.absolute_roots = (
            True  # whether the root of a square is decided to be that of a positive or negative number
        )
        self.moved = False  # whether the sample is at a point that is looked at, where something may have no value
        self.missed = False  # whether NaN was computed, in a run at one point
        self.typed_at: dict[int, Place] = {} if graph is None else graph.typed_at  # where floats were first used
        self.unset: set[int] = set()  # what stands for memory that nobody has written to
        self.steps: dict[int, tuple[int, Fraction]] = {}  # conditions of roundings: what was rounded, and to what
        self.compared: dict[Fraction, None] = {}  # constants whose sign was asked for after a rounding
        self.passed_on: list[str] = []  # of each output, and then of each gradient: its type where NumPy has none
        self.added: dict[str, None] = {}  # compiled code in whose place an added function was followed
        self.signed: list[Signed] = []  # vectors whose signs are LAPACK's affair
        self.turned: frozenset[Vector] = frozenset()  # those that have the other sign in this run
        self.serial = next(_serials)  # tells the run from others
        self.thread = get_ident()  # to which the run was handed
        self._asking: Callable[[], tuple[Place, int]] = _asking
        self._balls: dict[int, dict[int, flint.arb]] = {bits: {} for bits in _PRECISIONS}

    def _enter(self) -> None:
        """Raise ThreadError in a thread that the run was not handed to."""
        if get_ident() != self.thread:
            raise ThreadError(asked_at())

    def _new(self, op: str, args: tuple[int, ...] = (), payload: Any = None) -> int:
        if get_ident() != self.thread:
            raise ThreadError(asked_at())
        self.ops.append(op)
        self.args.append(args)
        self.payloads.append(payload)
        return len(self.ops) - 1

    def typed(self, value: float) -> int:
        """Return the node of a float that stands in the code, and notice the line that uses it first."""
        return self._noticed(super().typed(value))

    def written(self, value: Fraction) -> int:
        """Return the node of a float that stands in the code and is read exactly, and notice its line."""
        return self._noticed(super().written(value))

    def _noticed(self, number: int) -> int:
        if number not in self.typed_at:
            self.typed_at[number] = asked_at()
        return number

    def input(self, name: str, value: Fraction) -> int:
        """Return the node of a new variable with its value at the sample."""
        self.sample[name] = value
        return self.variable(name)

    def inputs(self, names: Callable[[], Sequence[str]], values: Sequence[Fraction]) -> Nodes:
        """Return the nodes of new variables with their values at the sample."""
        listed = names()
        self._enter()
        self.sample.update(zip(listed, values, strict=True))
        return self.variables_of(listed)

    def floats(self, nodes: Nodes, point: Mapping[Any, Fraction]) -> Sequence[float]:
        """Return the values of variables and constants at a point, by names, as floats; 0 for others."""
        names, sizes, nearest = self.payloads, self.constants, self.memory("floats")  # by value: points share most
        floats = []
        for node in nodes:
            value = point[names[node]] if names[node] in point else sizes.get(node, _ZERO)
            last = nearest.get(node)
            if last is None or last[0] is not value:
                last = nearest[node] = value, nearest_double(value)
            floats.append(last[1])
        return floats

    def uninitialised(self) -> int:
        """Return the node of a number that may be anything."""
        node = self.input(f"uninitialised memory {len(self.unset)}", Fraction(37 * len(self.unset) + 11, 1009))
        self.unset.add(node)
        self.__class__ = spoiling(type(self))
        return node

    def power(self, a: int, exponent: Fraction) -> int:
        """Return the node of a ** exponent; a root of an even power is one of the absolute value, a branch."""
        if self.absolute_roots and exponent.denominator % 2 == 0 and self.ops[a] == "power":
            inner: Fraction = self.payloads[a]
            if inner.denominator == 1 and inner.numerator % 2 == 0:
                base = self.args[a][0]
                base = base if self.decide(base, ">=") else self.product(self.constant(Fraction(-1)), base)
                return super().power(base, inner * exponent)
        return super().power(a, exponent)

    # Operations on the entries of arrays, in order

    def listed(self, numbers: Iterable[int], count: int) -> Nodes:
        """Return nodes as they are computed with."""
        return list(numbers)

    def sums(self, a: Nodes, b: Nodes) -> Nodes:
        """Return the nodes of sums."""
        return list(map(self.sum, a, b))

    def differences(self, a: Nodes, b: Nodes) -> Nodes:
        """Return the nodes of differences."""
        minus = self.constant(Fraction(-1))
        return [self.sum(x, self.product(minus, y)) for x, y in zip(a, b, strict=True)]

    def products(self, a: Nodes, b: Nodes) -> Nodes:
        """Return the nodes of products."""
        return self.multiplied_each(a, b)

    def quotients(self, a: Nodes, b: Nodes) -> Nodes:
        """Return the nodes of quotients."""
        inverses = {y: self.power(y, Fraction(-1)) for y in set(b)}
        return [self.product(x, inverses[y]) for x, y in zip(a, b, strict=True)]

    def has_zero(self, nodes: Nodes) -> bool:
        """Tell whether the constant 0 is among nodes."""
        return any(self.value(node) == 0 for node in nodes)

    def are_defined(self, nodes: Nodes) -> bool:
        """Tell whether all nodes are shown to have values at the sample; at a zero of a divisor they need not."""
        return self.moved or all(any(self.at_sample(node, bits).is_finite() for bits in _PRECISIONS) for node in nodes)

    def relations(self, a: Nodes, b: Nodes, relation: str) -> list[bool]:
        """Decide a relation between nodes at the sample, and record it."""
        nodes = self.differences(a, b)
        if len(nodes) == 1:  # as along a row for its largest entry: there is nothing to share
            return [self.decide(nodes[0], relation)]
        self.look_at(nodes)
        with self.asking_once():
            return [self.decide(node, relation) for node in nodes]

    def look_at(self, nodes: Iterable[int]) -> None:
        """Compute the values of nodes whose signs will be asked for: all at once that takes a fraction of the time."""
        self.at_samples(node for node in nodes if self.ops[node] not in _RATIONAL)

    def chosen(self, choices: Sequence[bool], a: Nodes, b: Nodes) -> Nodes:
        """Return the nodes of a where a choice is true, and of b elsewhere."""
        return [x if choice else y for choice, x, y in zip(choices, a, b, strict=True)]

    def magnitude(self, node: int) -> int:
        """Return the absolute value of a node, a branch."""
        return node if self.decide(node, ">=") else self.product(self.constant(Fraction(-1)), node)

    def totals(self, terms: Nodes, length: int) -> Nodes:
        """Return the nodes of the sums of so many terms each."""
        return [self.total(terms[i : i + length]) for i in range(0, len(terms), length)]

    def matmul(self, a: Any, b: Any) -> Nodes:
        """Return the nodes of the products of two stacks of matrices, arrays of nodes: (s, n, k) and (s, k, m)."""
        total, multiplied = self.total, self.multiplied_each
        return [
            total(multiplied(row, column))
            for left, right in zip(a.tolist(), b.transpose(0, 2, 1).tolist(), strict=True)
            for row in left
            for column in right
        ]

    def multiplied(self, numbers: Nodes) -> int:
        """Return the node of the product of nodes, in their order."""
        return functools.reduce(self.product, numbers, self.constant(Fraction(1)))

    def composing(self) -> AbstractContextManager[None]:
        """Compose, out of several of the graph's, what is one operation on floats (`np.expm1`)."""
        return nullcontext()

    def composed(self, node: int) -> int:
        """Return the node of what was composed."""
        return node

    def on_one_line(self) -> AbstractContextManager[None]:
        """Take all operations meanwhile for asked by one line of the user's, the one that runs."""
        return nullcontext()

    @contextmanager
    def asking_once(self) -> Iterator[None]:
        """Take all relations meanwhile for asked by one line of the user's, which is looked up once."""
        outer = self._asking
        if outer is _asking:
            self._asking = functools.cache(_asking)
        try:
            yield
        finally:
            self._asking = outer

    def narrowed(self, kind: str) -> None:
        """Notice that an array is stored in a shorter float type than the numbers it came with."""
        self.coarsened(kind)

    def coarsened(self, kind: str) -> None:
        """Notice that the code has numbers of a type, which may have fewer bits than floats are held to."""
        self.coarser = max(self.coarser, _COARSER.get(kind, 0))

    def decide(self, node: int, relation: str) -> bool:
        """Tell whether a node is in a relation to 0 at the sample, and record it unless the node is a constant."""
        sign = self.sign(node)
        holds = RELATIONS[relation](sign)
        if self.steps and node in self.constants:
            self.compared[self.constants[node]] = None
        settled = node in self.constants or (node, relation) in self.conditions
        if not settled and self.unset and not self.unset.isdisjoint(self.reach([node])):
            raise TraceError(
                "a branch on memory that was never written (np.empty)", asked_at(), reason=Reason.UNWRITTEN_MEMORY
            )
        if not settled and not (sign == 0 and self._vanishes(node)):
            where, path = self._asking()
            self.conditions[node, relation] = Condition(node, relation, holds, where, sign == 0, path)
        return holds

    def _vanishes(self, node: int) -> bool:
        """Tell whether a node is the function 0, which is no tie of the sample."""
        remembered = self.memory("vanishing")  # the other runs on this graph ask the same at other samples
        if node not in remembered:
            zero = self.constant(Fraction(0))
            proved = (field.equal(self, [(node, zero)], 0, laws)[0] == [True] for laws in field.Laws)
            remembered[node] = self.ops[node] != "variable" and any(proved)
        return bool(remembered[node])

    def sign(self, node: int) -> int:
        """Return the sign of a node at the sample; raises TraceError where it is undefined, or too close to call."""
        number = self._at_leaf(node).numerator if self.ops[node] in _RATIONAL else self._difference(node)
        if number is not None:
            return (number > 0) - (number < 0)
        for bits in _PRECISIONS:
            ball = self.at_sample(node, bits)
            if ball.is_finite() and not ball.contains(0):
                return 1 if ball > 0 else -1
            if ball.is_zero() or (bits == _PROVER_BITS and self._is_zero(node, ball)):
                return 0
            if balls.is_undefined(self, node, self._balls[bits]):
                break
        reason = "too close to call" if ball.is_finite() else "with what is not defined"
        raise TraceError(f"a comparison {reason} at the sample", asked_at(), reason=Reason.TIE)

    def _at_leaf(self, node: int) -> Fraction:
        """Return the value of an input or an exact constant at the sample."""
        return self.constants[node] if node in self.constants else self.sample[self.payloads[node]]

    def _difference(self, node: int) -> int | None:
        """Return a number with the sign of x - y for two inputs, or an input and a constant; of anything else None.

        That is what most comparisons ask for one by one (`np.argmax`), and takes a fraction of the time of a ball. The
        number is that of a/b + c/d over b * d, which is positive: for the sign no common factor has to be found.
        """
        if self.ops[node] != "sum" or node in self._balls[SAMPLE_BITS]:
            return None
        first, second = map(self._signed, self.args[node])
        return None if first is None or second is None else first[0] * second[1] + second[0] * first[1]

    def _signed(self, node: int) -> tuple[int, int] | None:
        """Return the exact value of an input or a constant, or of its negative, as a ratio; of anything else None."""
        if self.ops[node] in _RATIONAL:
            return self._at_leaf(node).as_integer_ratio()
        if self.ops[node] != "product":
            return None
        a, b = self.args[node]
        minus, leaf = (a, b) if a in self.constants else (b, a)
        if self.constants.get(minus) != -1 or self.ops[leaf] not in _RATIONAL:
            return None
        above, below = self._at_leaf(leaf).as_integer_ratio()
        return -above, below

    def _is_zero(self, node: int, ball: flint.arb) -> bool:
        """Tell whether a node whose ball holds 0 is shown to be 0 at the sample."""
        return bool(ball.is_finite()) and (
            rationals.rational(self, node, self.sample) == 0 or rationals.is_zero(self, node, self.sample)
        )

    def at_samples(self, nodes: Iterable[int], bits: int = SAMPLE_BITS) -> list[flint.arb]:
        """Return balls around the values of nodes at the sample."""
        wanted, values = list(nodes), self._balls[bits]
        missing = [node for node in wanted if node not in values]
        if missing:
            with flint.ctx.workprec(bits):
                balls.at(self, missing, self.sample, computed=values)
        return [values[node] for node in wanted]

    def at_sample(self, node: int, bits: int = SAMPLE_BITS) -> flint.arb:
        """Return a ball around the value of a node at the sample."""
        ball: flint.arb | None = self._balls[bits].get(node)
        return self.at_samples([node], bits)[0] if ball is None else ball

    def _whole(self, node: int, ball: flint.arb) -> flint.fmpz | None:
        """Return the whole number that a node is shown to be; its ball holds that one, and no bits tell them apart."""
        with flint.ctx.workprec(_PROVER_BITS):
            nearest = (ball + flint.arb(0.5)).floor().unique_fmpz()
            if nearest is None:
                return None
            difference = self.sum(node, self.constant(Fraction(-int(nearest))))
            return nearest if self._is_zero(difference, ball - nearest) else None

    def floor(self, node: int) -> Fraction:
        """Return the whole number below a node at the sample, and record that the node lies between it and the next."""
        for bits in _PRECISIONS:
            ball = self.at_sample(node, bits)
            with flint.ctx.workprec(bits):
                whole = ball.floor().unique_fmpz()
            if whole is None and bits == _PROVER_BITS:
                whole = self._whole(node, ball)
            if whole is not None:
                break
        else:
            raise TraceError(
                "a floor, ceil or round of a number that may be whole: at the sample it is too close to one to decide",
                asked_at(),
                reason=Reason.TIE,
            )
        below = Fraction(int(whole))
        for offset, relation in ((-below, ">="), (-below - 1, "<")):
            difference = self.sum(node, self.constant(offset))
            self.decide(difference, relation)
            if difference not in self.constants:
                self.steps[difference] = node, below
        return below

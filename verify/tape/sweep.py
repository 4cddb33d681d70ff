"""The exact derivative of what a tape computes, written onto the tape: SymPy's rule for each kind of operation.

One sweep over the blocks from the last to the first gives the derivatives of sum(upstream * output) with respect to all
inputs (Linnainmaa, 1970). The rule of an operation on entries is `sympy.diff` of that operation; the derivative of a
sum of terms with respect to each of them is 1, and that of a matrix product follows from its entries, sums of products:
dA = dC B^T and dB = A^T dC.

What reaches an element from all of its uses is added up by one `total` before it is passed on. No adjoint passes
through an element that does not depend on the inputs: the derivative there is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import sympy

from verify.graph.formulas import Plan, plan, replay
from verify.graph.functions import derivative, written
from verify.tape.grouping import grouped
from verify.tape.masks import all_of, any_of, is_ascending, is_one, largest, least
from verify.tape.parts import Part, any_bits, lengths_of, parts
from verify.tape.tape import ZERO, Elements, Mask, Tape

_OPERANDS = (sympy.Dummy("left"), sympy.Dummy("right"))
_RESULT = sympy.Dummy("result")
_PACKED_BITS = 62  # of a signed integer that holds a key and its place

Share = tuple[Elements, Elements]  # elements, and what each of them is sent


def sweep(tape: Tape, outputs: Elements, upstreams: Elements, inputs: Elements) -> Elements:
    """Return the elements of d(sum of upstream * output) / d(input), one for each input.

    Upstreams count as constants. Outputs may repeat and may be inputs or constants.
    """
    ends = np.concatenate([outputs.ravel(), inputs.ravel()])  # no element of these is joined with others
    steps = grouped(parts(tape, outputs.ravel()), tape.size, ends)
    active = dependent(steps, tape.size, inputs)
    adjoints = np.zeros(tape.size, np.int64)  # ZERO, where nothing is sent
    shares = _Shares(tape, steps, active)
    shares.send(outputs.ravel(), upstreams.ravel())
    for place in range(len(steps) - 1, -1, -1):
        if place in shares.waiting:
            elements, values = shares.collect(place)
            adjoints[elements] = values
            for share in _passed_back(tape, steps[place], adjoints, active):
                shares.send(*share)
    return adjoints[inputs]


def dependent(steps: Iterable[Part], size: int, inputs: Elements) -> Mask:
    """Tell of each element of a tape of some size whether it is one of the inputs or computed from them by steps."""
    active = np.zeros(size, bool)
    active[inputs] = True
    for step in steps:
        if step.args:
            active[step.elements] |= any_bits(step, [active[arg] for arg in step.args])
    return active


class _Shares:
    """What has been sent to the elements of each step, and waits to be added up."""

    def __init__(self, tape: Tape, steps: Sequence[Part], active: Mask) -> None:
        self.waiting: dict[int, list[Share]] = {}
        self._tape, self._active = tape, active
        self._places = np.zeros(len(active), np.int64)  # of the step that each element is of
        for place, step in enumerate(steps):
            self._places[step.elements] = place

    def send(self, elements: Elements, values: Elements) -> None:
        """Send values to elements; what is 0 and what goes to an element that is not active is dropped."""
        wanted = self._active[elements] & (values != ZERO)
        if not all_of(wanted):
            elements, values = elements[wanted], values[wanted]
        if not elements.size:
            return
        places = self._places[elements]
        if is_one(places):
            self.waiting.setdefault(int(places[0]), []).append((elements, values))
            return
        order = stable_order(places)
        elements, values, places = elements[order], values[order], places[order]
        borders = [0, *(np.flatnonzero(places[1:] != places[:-1]) + 1).tolist(), len(places)]
        for start, end in pairwise(borders):
            self.waiting.setdefault(int(places[start]), []).append((elements[start:end], values[start:end]))

    def collect(self, place: int) -> Share:
        """Take what was sent to a step: the elements that were reached, in order, and the adjoint of each."""
        sent = self.waiting.pop(place)
        elements, values = sent[0] if len(sent) == 1 else map(np.concatenate, zip(*sent, strict=True))
        if is_ascending(elements):
            return elements, values
        order = stable_order(elements)
        return _added(self._tape, elements[order], values[order])


def stable_order(keys: Elements) -> Elements:
    """Return the places of keys in ascending order, equal keys as they come; a plain sort of packed keys is fastest."""
    low, bits = least(keys), int(len(keys) - 1).bit_length()
    if (largest(keys) - low).bit_length() + bits > _PACKED_BITS:
        return np.argsort(keys, kind="stable")
    packed: Elements = (keys - low << bits) | np.arange(len(keys))
    packed.sort()
    return packed & ((1 << bits) - 1)


def _added(tape: Tape, elements: Elements, values: Elements) -> Share:
    """Add up what was sent to the same element; equal elements stand side by side."""
    borders = np.flatnonzero(np.concatenate([[True], elements[1:] != elements[:-1], [True]]))
    starts, lengths = borders[:-1], borders[1:] - borders[:-1]
    adjoints, several = values[starts], lengths > 1
    terms = values[np.repeat(several, lengths)]
    adjoints[several] = tape.totals(terms, np.cumsum(lengths[several]) - lengths[several])
    return elements[starts], adjoints


def _passed_back(tape: Tape, step: Part, adjoints: Elements, active: Mask) -> Iterator[Share]:
    """Yield what the elements of a step send to their arguments; the adjoint of one that nothing has reached is 0."""
    values = adjoints[step.elements]
    if step.op == "total":
        terms, starts = step.args[0], step.payload
        yield terms, np.repeat(values, lengths_of(starts, len(terms)))
    elif step.op == "matmul":
        left, right = step.args
        upstream = values.reshape(left.shape[0], left.shape[1], right.shape[2])
        if any_of(active[left]):
            yield left.ravel(), tape.matmul(upstream, right.transpose(0, 2, 1)).ravel()
        if any_of(active[right]):
            yield right.ravel(), tape.matmul(left.transpose(0, 2, 1), upstream).ravel()
    elif step.args:
        yield from _by_entries(tape, step, values, active)


def _by_entries(tape: Tape, step: Part, values: Elements, active: Mask) -> Iterator[Share]:
    """Yield what the elements of an operation on entries send to the arguments that depend on the inputs."""
    reached = values != ZERO
    for argument, rule in zip(step.args, _partials(step.op, step.payload), strict=True):
        sending = reached & active[argument]
        chosen = slice(None) if all_of(sending) else np.flatnonzero(sending)
        receivers, shares = argument[chosen], values[chosen]
        if rule is not None and receivers.size:
            terms = {symbol: arg[chosen] for symbol, arg in zip(_OPERANDS, step.args, strict=False)}
            terms[_RESULT] = step.numbers[chosen]
            shares = tape.products(shares, replay(_Arrays(tape, receivers.shape), rule, terms))
        yield receivers, shares


@cache
def _partials(op: str, exponent: Fraction | None) -> list[Plan | None]:
    """Return SymPy's derivatives of an operation on entries by each operand, as steps; None stands for 1."""
    left, right = _OPERANDS
    if op in ("sum", "product"):
        value, operands = (left + right if op == "sum" else left * right), [left, right]
    elif op == "power":
        value, operands = _power(left, exponent), [left]
    else:
        return [plan(derivative(op, left).xreplace({written(op, left): _RESULT}))]
    slopes = [sympy.diff(value, operand).xreplace({value: _RESULT}) for operand in operands]
    return [None if slope == 1 else plan(slope) for slope in slopes]


def _power(operand: sympy.Symbol, exponent: Fraction | None) -> sympy.Expr:
    assert exponent is not None
    return operand ** sympy.Rational(exponent.numerator, exponent.denominator)


class _Arrays:
    """A tape as a builder of formulas whose terms are arrays of one shape."""

    def __init__(self, tape: Tape, shape: Any) -> None:
        self._tape, self._shape = tape, shape
        self.sum, self.product, self.power, self.function = tape.sums, tape.products, tape.powers, tape.functions

    def whole(self, value: int) -> Elements:
        return self.constant(Fraction(value))

    def constant(self, value: Fraction) -> Elements:
        return np.full(self._shape, self._tape.constant(value))

    def pi(self) -> Elements:
        return np.full(self._shape, self._tape.pi())

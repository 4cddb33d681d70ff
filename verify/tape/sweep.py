"""The exact derivative of what a tape computes, written onto the tape: SymPy's rule for each kind of operation.

One sweep over the blocks from the last to the first gives the derivatives of sum(upstream * output) with respect to all
inputs (Linnainmaa, 1970). The rule of an operation on entries is `sympy.diff` of that operation; the derivative of a
sum of terms with respect to each of them is 1, and that of a matrix product follows from its entries, sums of products:
dA = dC B^T and dB = A^T dC.

What reaches an element from all of its uses is added up by one `total` before it is passed on. No adjoint passes
through an element that does not depend on the inputs: the derivative there is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import sympy

from verify.proof.formulas import Plan, plan, replay
from verify.tape.parts import lengths_of
from verify.tape.tape import ZERO, Block, Elements, Mask, Tape

_OPERANDS = (sympy.Dummy("left"), sympy.Dummy("right"))
_RESULT = sympy.Dummy("result")
_PACKED_BITS = 62  # of a signed integer that holds a key and its place

Share = tuple[Elements, Elements]  # elements, and what each of them is sent


def sweep(tape: Tape, outputs: Elements, upstreams: Elements, inputs: Elements) -> Elements:
    """Return the elements of d(sum of upstream * output) / d(input), one for each input.

    Upstreams count as constants. Outputs may repeat and may be inputs or constants.
    """
    active = dependent(tape, inputs)
    adjoints = np.full(tape.size, ZERO, np.int64)
    shares = _Shares(tape, active)
    shares.send(outputs.ravel(), upstreams.ravel())
    for place in range(len(tape.blocks) - 1, -1, -1):
        if place in shares.waiting:
            block, (elements, values) = tape.blocks[place], shares.collect(place)
            adjoints[elements] = values
            for share in _passed_back(tape, block, elements, values, active):
                shares.send(*share)
    return adjoints[inputs]


def dependent(tape: Tape, inputs: Elements) -> Mask:
    """Tell of each element of a tape whether it is one of the inputs or computed from them."""
    active = np.zeros(tape.size, bool)
    active[inputs] = True
    for block in tape.blocks:
        if block.args:
            active[block.elements] |= _any_active(block, [active[arg] for arg in block.args])
    return active


def _any_active(block: Block, args: list[Mask]) -> Any:
    """Tell of each element of a block whether any of its arguments is active."""
    if block.op == "total":
        return np.logical_or.reduceat(args[0], block.payload)
    if block.op == "matmul":
        rows, columns = (np.logical_or.reduce(arg, axis, keepdims=True) for arg, axis in zip(args, (2, 1), strict=True))
        return (rows | columns).ravel()
    return args[0] if len(args) == 1 else args[0] | args[1]


class _Shares:
    """What has been sent to the elements of each block, and waits to be added up."""

    def __init__(self, tape: Tape, active: Mask) -> None:
        self.waiting: dict[int, list[Share]] = {}
        self._tape, self._active = tape, active

    def send(self, elements: Elements, values: Elements) -> None:
        """Send values to elements; what is 0 and what goes to an element that is not active is dropped."""
        wanted = self._active[elements] & (values != ZERO)
        if not wanted.all():
            elements, values = elements[wanted], values[wanted]
        places = self._tape.blocks_of(elements)
        if len(places) > 1:
            order = stable_order(elements)
            elements, values = elements[order], values[order]
        ends = elements.searchsorted([self._tape.blocks[place].stop for place in places[:-1]]).tolist()
        for place, start, end in zip(places, [0, *ends], [*ends, len(elements)], strict=False):
            self.waiting.setdefault(place, []).append((elements[start:end], values[start:end]))

    def collect(self, place: int) -> Share:
        """Take what was sent to a block: the elements that were reached, in order, and the adjoint of each."""
        parts = self.waiting.pop(place)
        elements, values = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
        if (elements[1:] > elements[:-1]).all():
            return elements, values
        order = stable_order(elements)
        return _added(self._tape, elements[order], values[order])


def stable_order(keys: Elements) -> Elements:
    """Return the places of keys in ascending order, equal keys as they come; a plain sort of packed keys is fastest."""
    low, bits = keys.min(), int(len(keys) - 1).bit_length()
    if int(keys.max() - low).bit_length() + bits > _PACKED_BITS:
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


def _passed_back(tape: Tape, block: Block, elements: Elements, values: Elements, active: Mask) -> Iterator[Share]:
    """Yield what some elements of a block send to their arguments; `values` are their adjoints."""
    if block.op == "total":
        terms, starts = block.args[0], block.payload
        yield terms, np.repeat(_spread(block, elements, values), lengths_of(starts, len(terms)))
    elif block.op == "matmul":
        left, right = block.args
        upstream = _spread(block, elements, values).reshape(left.shape[0], left.shape[1], right.shape[2])
        if active[left].any():
            yield left.ravel(), tape.matmul(upstream, right.transpose(0, 2, 1)).ravel()
        if active[right].any():
            yield right.ravel(), tape.matmul(left.transpose(0, 2, 1), upstream).ravel()
    elif block.args:
        yield from _by_entries(tape, block, elements, values, active)


def _spread(block: Block, elements: Elements, values: Elements) -> Elements:
    """Return the adjoints of all elements of a block, 0 where nothing has reached one."""
    if len(elements) == block.size:
        return values
    spread = np.full(block.size, ZERO, np.int64)
    spread[elements - block.start] = values
    return spread


def _by_entries(tape: Tape, block: Block, elements: Elements, values: Elements, active: Mask) -> Iterator[Share]:
    """Yield what elements of an operation on entries send to the arguments that depend on the inputs."""
    all_args = [arg if len(elements) == block.size else arg[elements - block.start] for arg in block.args]
    for place, rule in enumerate(_partials(block.op, block.payload)):
        depends = active[all_args[place]]
        chosen = slice(None) if depends.all() else np.flatnonzero(depends)
        args = [arg[chosen] for arg in all_args]
        if rule is None:
            yield args[place], values[chosen]
        elif args[place].size:
            terms = {**dict(zip(_OPERANDS, args, strict=False)), _RESULT: elements[chosen]}
            partial = replay(_Arrays(tape, args[place].shape), rule, terms)
            yield args[place], tape.products(values[chosen], partial)


@cache
def _partials(op: str, exponent: Fraction | None) -> list[Plan | None]:
    """Return SymPy's derivatives of an operation on entries by each operand, as steps; None stands for 1."""
    left, right = _OPERANDS
    if op in ("sum", "product"):
        value, operands = (left + right if op == "sum" else left * right), [left, right]
    else:
        value, operands = _unary(op, left, exponent), [left]
    derivatives = [sympy.diff(value, operand).xreplace({value: _RESULT}) for operand in operands]
    return [None if derivative == 1 else plan(derivative) for derivative in derivatives]


def _unary(op: str, operand: sympy.Symbol, exponent: Fraction | None) -> sympy.Expr:
    """Return an operation on one operand as SymPy has it."""
    if exponent is None:
        return getattr(sympy, op)(operand)
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

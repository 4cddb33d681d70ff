"""Is backward defined wherever forward is? Told of a run on whole arrays, element by element.

A divisor, or what a root or logarithm is taken of, that `forward` needs for its output as well leaves no point at which
only `backward` is undefined. Such holes (`regions.holes`) are looked for in formulas: a run without holes needs none.
It does not do to find the same operation in `forward`: it has to be needed for an output, and on the same element.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from verify.graph.functions import FUNCTIONS
from verify.model.exact import simplest_rational
from verify.tape.parts import Part, parts
from verify.tape.tape import Block, Elements, Mask, Tape

_POLE, _BELOW = "0", "negative"  # numbers for which an operation is not defined; for others, the name of a function
_CONSTANT = ("constant", "typed", "pi")


def is_defined_with(tape: Tape, stop: int, outputs: Elements) -> bool:
    """Tell whether every operation of a run is defined wherever those are that its outputs need.

    The run has the elements before `stop`; what follows was derived from it.
    """
    run = [block for block in tape.blocks if block.start < stop]
    certain = _Limits(tape.size)
    for block in run:
        certain.add_constants(block)
    for part in parts(tape, outputs):
        certain.add(part)
    return all(certain.has(block) for block in run)


class _Limits:
    """Elements that are not 0, or not negative, or in the domain of a function, wherever outputs are defined."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._masks: dict[str, Mask] = {}

    def _mask(self, limit: str) -> Mask:
        return self._masks.setdefault(limit, np.zeros(self._size, bool))

    def add(self, part: Part) -> None:
        """Take in an operation that an output needs."""
        for limit in _limits(part):
            self._mask(limit)[part.args[0]] = True

    def add_constants(self, block: Block) -> None:
        """Take in constants, of which positive ones are neither 0 nor negative."""
        if block.op in _CONSTANT:
            positive = block.start + np.flatnonzero([value > 0 for value in _values(block)])
            for limit in (_POLE, _BELOW):
                self._mask(limit)[positive] = True

    def has(self, block: Block) -> bool:
        """Tell whether an operation is defined for all of its elements."""
        return all(bool(self._mask(limit)[block.args[0]].all()) for limit in _limits(block))


def _values(block: Block) -> Sequence[Fraction | int]:
    if block.op == "pi":
        return [1]  # its sign
    return [simplest_rational(value) for value in block.payload] if block.op == "typed" else block.payload


def _limits(block: Block | Part) -> Iterator[str]:
    """Yield what an operation is not defined for."""
    if block.op == "log":
        yield from (_POLE, _BELOW)
    elif block.op == "power":
        yield from [_POLE] if block.payload < 0 else []
        yield from [_BELOW] if block.payload.denominator != 1 else []
    elif block.op in FUNCTIONS and (
        FUNCTIONS[block.op].poles or any(end is not None for end in FUNCTIONS[block.op].within)
    ):
        yield block.op

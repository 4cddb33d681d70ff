"""Which pairs of a tape's elements are proved to be the same function, and by which law.

The order is that of `proof.decide`: the same element; equal in prime fields whatever functions and roots are; equal by
the laws of exponentials. Whatever is left is not decided here. What needs the law of roots is left too: the fields of a
tape prove it for some choice of signs, and of a radicand that is a square in disguise the other choice passes with a
chance of 1/2 a walk, which is not 2^-100. The run on scalars adjoins roots to its field, without a sign.

What fields say is held against the reals as it is there. The primes are drawn at random, so that no constant of the
code hides in them; yet enclosures of both sides have to meet at the sample: floats with their radii, or balls where
these are too wide. What rests on a law has to agree to 90
digits at three points of the region too, which speak for the assumption that exponentials behave like random elements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from verify.proof.agreement import GUARD_POINTS, GUARD_PRECISIONS, agree
from verify.proof.field import Laws
from verify.tape import balls
from verify.tape.enclosures import Enclosures
from verify.tape.fields import equal
from verify.tape.parts import any_bits, parts
from verify.tape.tape import Elements, Mask, Tape

Point = Mapping[int, Fraction]
_WORD = 62  # bits
_LAWS = (Laws.NONE, Laws.EXPONENTIAL)
_LEAST_DIGITS = 2.0**-20  # relative to the larger of 1 and the value: an enclosure that says as little says nothing


class Proof(NamedTuple):
    """The pairs that were proved in one way, the bits of certainty of it, and the law."""

    pairs: Elements
    bits: int
    laws: Laws


def proofs(
    tape: Tape,
    left: Elements,
    right: Elements,
    enclosures: Enclosures,
    points: Callable[[], Sequence[Point]],
    seed: int,
) -> list[Proof]:
    """Return what is proved of pairs of elements, by their places; those of one element with itself are not asked."""
    open_ = left != right
    still = np.flatnonzero(open_)
    result = []
    for laws in _LAWS:
        if not still.size:
            break
        alike, bits = equal(tape, left[still], right[still], seed, laws)
        places = still[alike]
        if places.size and laws is Laws.NONE:
            places = _meeting(tape, enclosures, places, left, right)
        elif places.size:
            places = _confirmed(tape, places, left, right, points())
        if places.size:
            result.append(Proof(places, bits, laws))
            open_[places] = False
            still = np.flatnonzero(open_)
    return result


def _meeting(tape: Tape, enclosures: Enclosures, places: Elements, left: Elements, right: Elements) -> Elements:
    """Return the places of pairs that meet at the sample: in balls, where floats with their radii say too little."""
    (a, ra), (b, rb) = enclosures.of(left[places]), enclosures.of(right[places])
    with np.errstate(invalid="ignore", over="ignore"):
        narrow = ra + rb <= _LEAST_DIGITS * np.maximum(1, np.maximum(np.abs(a), np.abs(b)))
        apart = np.abs(a - b) > (ra + rb) * (1 + _LEAST_DIGITS)
    wide = places[~narrow & ~apart]
    if not wide.size:
        return places[~apart]
    meeting = narrow & ~apart
    meeting[~narrow & ~apart] = _agreeing(tape, left[wide], right[wide], {}, GUARD_PRECISIONS[0])
    return places[meeting]


def _confirmed(tape: Tape, places: Elements, left: Elements, right: Elements, points: Sequence[Point]) -> Elements:
    """Return the places of pairs that agree to most of their digits at enough points."""
    if len(points) < GUARD_POINTS:
        return places[:0]
    for point in points[:GUARD_POINTS]:
        places = places[_agreeing(tape, left[places], right[places], point, GUARD_PRECISIONS[0])]
    return places


def _agreeing(tape: Tape, left: Elements, right: Elements, point: Point, bits: int) -> Mask:
    values: Any = balls.at(tape, np.concatenate([left, right]), point, bits)
    sides = zip(values[: len(left)], values[len(left) :], strict=True)
    return np.fromiter((agree(a, b, bits) is True for a, b in sides), bool, len(left))


def typed(tape: Tape) -> Callable[[Elements], list[float]]:
    """Return what tells which floats of the code elements are computed from: those of all, in one look at the tape."""
    blocks = [block for block in tape.blocks if block.op == "typed"]
    values = [value for block in blocks for value in block.payload]
    if not values:
        return lambda elements: []
    if len(values) > _WORD:
        return lambda elements: sorted(
            {value for part in parts(tape, elements) if part.op == "typed" for value in part.payload}
        )
    below = np.zeros(tape.size, np.min_scalar_type((1 << len(values)) - 1))  # a bit for each
    below[np.concatenate([np.arange(block.start, block.stop) for block in blocks])] = 1 << np.arange(len(values))
    for block in tape.blocks[tape.place_of(blocks[0].start) :]:
        if block.args:
            below[block.elements] = any_bits(block, [below.take(arg) for arg in block.args])

    def of(elements: Elements) -> list[float]:
        bits = int(np.bitwise_or.reduce(below.take(elements)))
        return sorted({value for place, value in enumerate(values) if bits >> place & 1})

    return of

"""All entries of a gradient that is refuted on whole arrays: how far each is off, and some at the counterexample.

For people: no verdict rests on anything here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from verify.checks.gradients.apart import sides_at
from verify.model.result import Arrays, Counterexample, Entry, Rest
from verify.tape.balls import Point
from verify.tape.enclosures import Enclosures
from verify.tape.tape import Elements, Mask
from verify.tracing.symbols.taped import TapedTrace

_LARGEST = 4_096  # entries of an array that has a map
_MOST = 4  # entries that are listed
_LOOKED_AT = 12  # that differ most, to list those of them that depend on nothing else
_TENTHS, _NEARLY = 10, 1e-9  # a half is five tenths, in floats too
_RIGHT, _OPEN = ".", "?"


class Pairs(NamedTuple):
    """A gradient as elements, entry by entry: the exact one, and what the code computes."""

    shape: tuple[int, ...]
    expected: Elements
    actual: Elements


def marks(enclosures: Enclosures, pairs: Pairs, open_: Mask) -> str:
    """Return a sign for each entry, as `Comparison` has them: what is `open_` and not surely off is undecided."""
    if not 1 < pairs.expected.size <= _LARGEST:
        return ""
    apart, larger = _apart(enclosures, pairs)
    with np.errstate(all="ignore"):
        tenths = np.minimum(9, np.floor(_TENTHS * apart / larger + _NEARLY))
    signs = np.where(apart > 0, np.nan_to_num(tenths).astype(int).astype(str), _OPEN)
    return "".join(np.where(open_, signs, _RIGHT).tolist())


def arrays(trace: TapedTrace, pairs: Pairs, place: int, point: Point, counterexample: Counterexample) -> Arrays | None:
    """Return some entries at the point of a counterexample: the one at its place, and those that differ most there.

    Listed are those that depend on no input but the ones that the counterexample names, and on what is 0 there.
    """
    if pairs.expected.size == 1:
        return None
    apart, _ = _apart(Enclosures(trace.tape, point), pairs)
    order = [
        other for other in np.argsort(-apart, kind="stable")[:_LOOKED_AT].tolist() if apart[other] and other != place
    ]
    named = [name for name, _ in counterexample.inputs]
    listed = {place: (counterexample.expected, counterexample.actual)}
    for other in order:
        pair = int(pairs.expected[other]), int(pairs.actual[other])
        if len(listed) < _MOST and (sides := sides_at(trace, pair, point, named)) is not None:
            listed[other] = sides
    entries = tuple(
        Entry(tuple(map(int, np.unravel_index(other, pairs.shape))), *sides, True)
        for other, sides in sorted(listed.items())
    )
    return Arrays(entries, Rest.OPEN, len(entries))


def _apart(enclosures: Enclosures, pairs: Pairs) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return how far the sides of each entry are surely apart, and the larger one; 0 where nothing is sure."""
    (a, ra), (b, rb) = enclosures.of(pairs.expected), enclosures.of(pairs.actual)
    with np.errstate(all="ignore"):
        sure = np.isfinite(ra + rb) & (np.abs(a - b) > ra + rb)
    return np.where(sure, np.abs(a - b), 0.0), np.maximum(np.abs(a), np.abs(b))

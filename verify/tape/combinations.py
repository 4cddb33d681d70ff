"""The combinations that there are in arrays of small numbers: what is computed once for each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from verify.tape.masks import largest, least

_FEW = 256  # entries, of which no combinations are looked for
_ROOM = 8  # times as many combinations may be counted as there are entries

Kinds = npt.NDArray[np.int32]
Places = npt.NDArray[np.integer[Any]]


def combinations(a: Kinds, b: Kinds) -> tuple[Kinds, Kinds, Places]:
    """Return the pairs that there are in two arrays, in order, and which of them is where.

    They are counted in a table where that is not large; else all are returned.
    """
    count = len(a)
    if count < _FEW:
        return a, b, np.arange(count)
    low, bottom = least(a), least(b)
    width = largest(b) - bottom + 1
    room = (largest(a) - low + 1) * width
    if room > _ROOM * count:
        return a, b, np.arange(count)
    keys = (a - low) * np.int64(width) + (b - bottom)
    present = np.zeros(room, bool)
    present[keys] = True
    pairs = np.flatnonzero(present)
    places = np.empty(room, np.int32)
    places[pairs] = np.arange(len(pairs), dtype=np.int32)
    first, second = np.divmod(pairs, width)
    return (first + low).astype(np.int32), (second + bottom).astype(np.int32), places[keys]

"""Interpolation between nodes, on symbols: in which cell each place lies is a branch, and its formula holds there.

Floats propose the cell, and two comparisons with its ends say that it is the right one, as those of `floor` do: a
search by halves would ask more of them. Between two nodes both ends belong to both formulas, for these agree there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.model.additions import HOW
from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import floats_of
from verify.tracing.numpy.products import as_array

_FEWEST = 2  # nodes that have a cell between them


def cells(nodes: Any, x: Any, *, inner: bool = True) -> Any:
    """Return in which cell between rising nodes each entry of an array with one axis lies, as whole numbers.

    Places outside have the first cell or the last one, if only `inner` cells are looked for, and -1 and the number of
    nodes less one else. Raises TraceError where the nodes do not rise.
    """
    nodes, x = as_array(nodes), as_array(x)
    _refuse_falling(nodes)
    last = len(nodes) - _FEWEST if inner else len(nodes) - 1
    first = 0 if inner else -1
    places = np.clip(np.searchsorted(floats_of(nodes), floats_of(x), side="right") - 1, first, last)
    for _ in range(len(nodes) + 1):
        below = (places > first) & ~_reached(x, nodes, places, places > first)
        above = _reached(x, nodes, places + 1, (places < last) & ~below)
        if not (below | above).any():
            return places
        places = places - below + above
    raise TraceError("numpy.interp: could not decide between which nodes an input lies", asked_at(), reason=Reason.TIE)


def _reached(x: Any, nodes: Any, places: Any, mask: Any) -> Any:
    """Tell which entries in a mask are not below their nodes: of each node the same is asked from both cells."""
    holds = np.zeros(len(places), bool)
    if mask.any():
        holds[mask] = np.greater_equal(x[mask], nodes[places[mask]])
    return holds


def _refuse_falling(nodes: Any) -> None:
    """Refuse nodes that fall; of those that are the same the last has a cell, unless there is none after it."""
    rising = np.less_equal(nodes[:-2], nodes[1:-1]).all() and np.less(nodes[-2:-1], nodes[-1:]).all()
    if nodes.ndim != 1 or not rising:
        raise TraceError("interpolation cannot be traced where the nodes are not in increasing order", asked_at(), HOW)


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Return what `np.interp` does: lines between nodes, and a value of its own on each side of them."""
    x, xp, fp = as_array(x), as_array(xp), as_array(fp)
    if period is not None:
        x, xp, fp, left, right = _wound(x, xp, fp, period)
    flat = x.reshape(-1)
    if len(xp) < _FEWEST:
        inside = np.broadcast_to(fp, flat.shape)
    else:
        k = cells(xp, flat)
        slopes = (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])
        inside = slopes * (flat - xp[k]) + fp[k]
    inside = np.where(np.less(flat, xp[0]), fp[0] if left is None else left, inside)
    return np.where(np.greater(flat, xp[-1]), fp[-1] if right is None else right, inside).reshape(x.shape)


def _wound(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any, None, None]:
    """Return arguments that are wound around a period, with a node of the turn before and one of the next."""
    if period == 0:
        raise ValueError("period must be a non-zero value")
    period = np.abs(period)
    x, xp = np.remainder(x, period), np.remainder(xp, period)
    order = np.argsort(xp)
    xp, fp = xp[order], fp[order]
    ends = [as_array(xp[-1] - period).reshape(1), xp, as_array(xp[0] + period).reshape(1)]
    return x, np.concatenate(ends), np.concatenate([fp[-1:], fp, fp[:1]]), None, None

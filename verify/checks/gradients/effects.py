"""How the results of a run move with what it computes, in floats: what would have to change for them to be others.

Nothing here decides anything: places in the code are found by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from verify.graph.adjoints import slope
from verify.graph.joints import JOINT
from verify.tracing.symbols.trace import Trace

Floats = NDArray[np.float64]

_CLOSE = 1e-8  # relative: what floats may be off by
_DEPENDENT = 1e-10  # relative: a singular value that is 0 but for roundings


def values(trace: Trace, nodes: Iterable[int]) -> dict[int, float]:
    """Return the values of nodes at the sample, NaN for what is not defined."""
    wanted = list(nodes)
    return {
        node: 0.0 if ball.contains(0) else float(ball.mid()) if ball.is_finite() else np.nan
        for node, ball in zip(wanted, trace.at_samples(wanted), strict=True)
    }


def effects(trace: Trace, results: Sequence[int]) -> dict[int, Floats]:
    """Return how fast each result moves with each node that they are computed from: one sweep back for all of them.

    Where a slope is infinite and has no effect, or floats end, it is NaN or infinite.
    """
    order = trace.reach(results)
    at = values(trace, order)
    moved = {node: np.zeros(len(results)) for node in order}
    for place, node in enumerate(results):
        moved[node][place] = 1
    with np.errstate(all="ignore"):
        for node in reversed(order):
            if trace.args[node] and moved[node].any():
                for argument, speed in zip(trace.args[node], slopes(trace, node, at), strict=True):
                    moved[argument] += speed * moved[node]
    return moved


def slopes(trace: Trace, node: int, at: Mapping[int, float]) -> Sequence[float]:
    """Return how fast a node moves with each of its arguments, NaN where that is not known."""
    op, args = trace.ops[node], trace.args[node]
    if op == "sum":
        return 1, 1
    if op == "product":
        return at[args[1]], at[args[0]]
    if op in JOINT:
        return [np.nan] * len(args)
    return [*values(trace, [slope(trace, node)]).values()]


def missing(moved: Sequence[Floats], lacks: Floats) -> tuple[Floats, bool] | None:
    """Return by how much some nodes have to change for results to get what they lack, and whether no other change does.

    None where none is enough.
    """
    matrix = np.array(moved).T
    if not np.isfinite(matrix).all():
        return None
    left, sizes, right = np.linalg.svd(matrix, full_matrices=False)
    used = sizes > _DEPENDENT * sizes.max(initial=0)
    change = right[used].T @ (left[:, used].T @ lacks / sizes[used])
    if np.abs(matrix @ change - lacks).max() > _CLOSE * np.abs(lacks).max():
        return None
    return change, int(used.sum()) == len(moved)

"""Right numbers in wrong places: entries in another order, a gradient made symmetric, a parameter used transposed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from verify.checks.claims.suspect import Suspect
from verify.graph import balls
from verify.graph.substitution import replaced

_HALF = Fraction(1, 2)


def permuted(s: Suspect) -> str:
    """Find that the entries are right, in another order."""
    if not s.small or len(s.expected) < 2:
        return ""
    order = _order(s)
    if order is None or not s.is_([s.expected[place] for place in order]):
        return ""
    moved = [place for place, origin in enumerate(order) if place != origin]
    first = f"entry {s.index(moved[0])} has the value of entry {s.index(order[moved[0]])}"
    return f"the entries are in another order: {first}"


def _order(s: Suspect) -> list[int] | None:
    """Return the place of the exact gradient that each entry has the value of at the sample, if all differ."""
    values = balls.at(s.graph, [*s.expected, *s.actual.nodes], s.region.sample)
    order = []
    for actual in s.actual.nodes:
        same = [i for i, exact in enumerate(s.expected) if values[exact].overlaps(values[actual])]
        if len(same) != 1:
            return None
        order += same
    return order if sorted(order) == list(range(len(order))) else None


def symmetrised(s: Suspect) -> str:
    """Find the mean of the gradient and its transpose."""
    if not s.fits or len(s.shape) != 2 or s.shape[0] != s.shape[1]:
        return ""
    turned = _turned(s.shape, s.expected)
    mean = s.scaled(_HALF, list(map(s.graph.sum, s.expected, turned)))
    return "the gradient is made symmetric: it is averaged with its transpose" if s.is_(mean) else ""


def parameter_transposed(s: Suspect) -> str:
    """Find that a square input was used for its transpose: in backward, or in what it computes anew of forward too."""
    forward = {node: node for node in s.graph.reach(s.outputs) if s.graph.args[node]}
    for name, (shape, nodes) in s.inputs.items():
        if not s.fits or len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2:
            continue
        turned = dict(zip(nodes, _turned(shape, nodes), strict=True))
        candidates = (replaced(s.graph, s.expected, {**computed, **turned}) for computed in (forward, {}))
        if any(s.is_(other) for other in candidates):
            return f"{name} is used in place of its transpose, or the transpose in place of {name}"
    return ""


def _turned(shape: Sequence[int], nodes: Sequence[int]) -> list[int]:
    turned: list[int] = np.array(nodes).reshape(shape).T.ravel().tolist()
    return turned

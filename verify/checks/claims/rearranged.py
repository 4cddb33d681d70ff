"""Right numbers in wrong places: entries in another order, a gradient made symmetric, a parameter used transposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from verify.checks.claims.suspect import Suspect
from verify.graph import balls
from verify.graph.substitution import replaced

_HALF = Fraction(1, 2)
_MOST_ENTRIES, _MOST_MOVED = 4_096, 256  # of a gradient, and of those that are elsewhere


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


def misplaced(s: Suspect) -> str:
    """Find that what the wrong entries should have is all there, in other entries than it belongs to."""
    if not s.fits or len(s.expected) > _MOST_ENTRIES:
        return ""
    values = balls.at(s.graph, [*s.expected, *s.actual.nodes], s.region.sample)
    pairs = [(values[exact], values[actual]) for exact, actual in zip(s.expected, s.actual.nodes, strict=True)]
    wrong = [place for place, (exact, actual) in enumerate(pairs) if not exact.overlaps(actual)]
    belongs = {place for place in wrong if not pairs[place][0].contains(0)}
    if not belongs or len(belongs) > _MOST_MOVED:
        return ""
    gradient, moves = list(s.expected), dict[int, int]()
    for place in wrong:
        gradient[place] = s.graph.whole(0)
        if pairs[place][1].contains(0):
            continue
        origin = next((i for i in sorted(belongs) if pairs[i][0].overlaps(pairs[place][1])), None)
        if origin is None:
            return ""
        belongs.remove(origin)
        gradient[place], moves[place] = s.expected[origin], origin
    return "" if not moves or not s.is_(gradient) else _moved(s, moves, len(belongs))


def _moved(s: Suspect, moves: Mapping[int, int], lost: int) -> str:
    """Say where the first entry went, and how far all of them did where that is the same; `lost` ones went nowhere."""
    shifts = {tuple(np.subtract(s.index(to), s.index(origin)).tolist()) for to, origin in moves.items()}
    if lost and (len(shifts) > 1 or lost > len(moves)):
        return ""  # a coincidence, as likely as not
    place = min(moves, key=moves.__getitem__)
    text = f"what belongs to entry {s.index(moves[place])} is in entry {s.index(place)}"
    alike = ", and all others are shifted alike" if len(shifts) == 1 < len(moves) else ""
    return f"right numbers in the wrong entries: {text}{alike}"


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

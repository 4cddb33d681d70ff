"""Upstreams of mixed signs: code that branches on the upstream may ask about several of its entries together.

`np.array_equal(dout > 0, mask)` is true for one combination of signs only. Of few entries all combinations are tried;
of more, each entry against all others, and random ones, and the report says how many.

A gradient is linear in its upstream, so it has to be right for an upstream on the very edge of such a question as well:
`np.where(dout == 2, ...)` goes another way for one number only. Each edge is visited alone, and all of them at once.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from verify.model.identity import NOWHERE, Place
from verify.tracing.observe import Observation
from verify.tracing.region import EXACTLY, Point, depends
from verify.tracing.search import crossings

_ALL = 6  # entries, of which all combinations are tried
_LEAST, _MOST = 8, 2**_ALL
_BUDGET = 60_000  # nodes of all runs
_MOST_EDGES = 12  # questions whose edges are visited: the first of them, and the last one

Signs = tuple[int, ...]


class Mixes(NamedTuple):
    """Upstreams with other combinations of signs than the sample and its opposite, and whether these are all."""

    points: list[Point]
    complete: bool


def mixes(seen: Observation) -> Mixes:
    """Return upstreams of mixed signs, of the entries on which a run branches."""
    graph, upstream = seen.trace, set(seen.upstream_nodes)
    depending = depends(graph, upstream)
    entries = upstream.intersection(graph.reach([c.node for c in seen.conditions if c.node in depending]))
    names = [graph.payloads[node] for node in sorted(entries)]
    drawn = tuple(1 if graph.sample[name] > 0 else -1 for name in names)
    tried = {drawn, tuple(-sign for sign in drawn), (1,) * len(names), (-1,) * len(names)}
    most = max(_LEAST, min(_MOST, _BUDGET // max(1, len(graph))))
    everything = len(names) <= _ALL and 2 ** len(names) <= most
    signs = product((1, -1), repeat=len(names)) if everything else _sampled(drawn, most)
    points = [_at(seen, names, mixed) for mixed in dict.fromkeys(signs) if mixed not in tried]
    return Mixes(points, everything)


def edges(seen: Observation) -> list[Point]:
    """Return upstreams on the edge of each question about them alone, and on the edges of all, as far as these fit."""
    graph, upstream = seen.trace, set(seen.upstream_nodes)
    depending = depends(graph, upstream)
    about = list({c.node: c for c in seen.conditions if c.node in depending}.values())
    points, together = list[Point](), dict[str, Fraction]()
    for condition in [*about[: _MOST_EDGES - 1], *about[_MOST_EDGES - 1 :][-1:]]:
        for crossing in crossings(seen, condition, {}, moving=upstream):
            if crossing.edge is not None:
                points.append({crossing.name: crossing.edge})
                together.setdefault(crossing.name, crossing.edge)
                break
    return [*points, *([together] if len(together) > 1 else [])]


def never_equal(runs: Sequence[Observation]) -> Place:
    """Return where the code asks whether an upstream is equal to something, and no run had one that is; or nothing."""
    answers: dict[tuple[Place, int], set[bool]] = {}
    for seen in runs:
        depending = depends(seen.trace, set(seen.upstream_nodes)) if seen.conditions else set[int]()
        for condition in seen.conditions:
            if condition.node in depending and condition.relation in EXACTLY:
                equal = condition.holds == (condition.relation == "==")
                answers.setdefault((condition.where, condition.path), set()).add(equal)
    return next((where for (where, _), sides in answers.items() if True not in sides), NOWHERE)


def _sampled(drawn: Signs, most: int) -> Iterator[Signs]:
    """Return each entry against all others, as drawn or of one sign, then random signs."""
    for place in range(min(len(drawn), most // 4)):
        for signs in (drawn, (1,) * len(drawn), (-1,) * len(drawn)):
            yield tuple(-sign if place == i else sign for i, sign in enumerate(signs))
    rng = random.Random(len(drawn))
    for _ in range(most // 4):
        yield tuple(rng.choice((1, -1)) for _ in drawn)


def _at(seen: Observation, names: list[str], signs: Signs) -> Point:
    sample = seen.trace.sample
    return {name: sign * (abs(sample[name]) or Fraction(1)) for name, sign in zip(names, signs, strict=True)}

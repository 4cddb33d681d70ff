"""Upstreams of mixed signs: code that branches on the upstream may ask about several of its entries together.

`np.array_equal(dout > 0, mask)` is true for one combination of signs only. Of few entries all combinations are tried;
of more, each entry against all others, and random ones, and the report says how many.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from verify.tracing.observe import Observation
from verify.tracing.region import Point, depends

_ALL = 6  # entries, of which all combinations are tried
_LEAST, _MOST = 8, 2**_ALL
_BUDGET = 60_000  # nodes of all runs

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

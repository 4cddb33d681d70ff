"""The derivatives on each side of an edge, in words: the columns of the table beside what the code returns there."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from verify.checks.regions.hull import brief
from verify.checks.regions.kinks import Edge, signs_at
from verify.checks.regions.kinks import Side as Region
from verify.model.comparison import OneSided, Side
from verify.tracing.region import written

_LONGEST = 40  # signs of a condition; a longer one is numbered
_MOST_TIED = 8  # conditions of which sides are made, all combinations of which may be tried
_ALL = "all sides"
Conditions = frozenset[str]


def one_sided(
    edge: Edge, names: Sequence[str], returned: Sequence[str], columns: Sequence[Sequence[Fraction]]
) -> OneSided:
    """Return what is returned for some entries beside their derivatives on each side of an edge, one row a side."""
    rows = [tuple(map(brief, column)) for column in columns]
    sides = _by_variable(edge, rows) or _by_conditions(edge, rows)
    return OneSided(tuple(names), tuple(returned), tuple(sides), edge.complete)


def _by_variable(edge: Edge, rows: Sequence[tuple[str, ...]]) -> list[Side]:
    """Return the sides on the left and on the right of the value of one input, if all lie along that one."""
    if len({tuple(side.direction) for side in edge.sides.all}) != 1 or len(edge.sides.all[0].direction) != 1:
        return []
    (name,) = edge.sides.all[0].direction
    value = brief(edge.point[name])
    wheres = [f"{name} {'<' if side.direction[name] < 0 else '>'} {value}" for side in edge.sides.all]
    return [Side(where, row) for where, row in sorted(set(zip(wheres, rows, strict=True)))]


def _by_conditions(edge: Edge, rows: Sequence[tuple[str, ...]]) -> list[Side]:
    """Return the sides by what they have in common; those with the same derivatives are one.

    What all of these share, and no other side has, says where they are.
    """
    sides: dict[tuple[str, ...], list[Conditions]] = {}
    for side, row in zip(edge.sides.all, rows, strict=True):
        sides.setdefault(row, []).append(_conditions(edge, side))
    if len(sides) == 1:
        return [Side(_ALL, *sides)]
    listed = [
        Side(_where(alike, [c for other, cs in sides.items() if other != row for c in cs], number), row)
        for number, (row, alike) in enumerate(sides.items(), 1)
    ]
    return sorted(listed, key=lambda side: side.where)


def _conditions(edge: Edge, side: Region) -> Conditions:
    graph = edge.seen.trace
    tied = list(dict.fromkeys(c.node for c in edge.seen.conditions if c.tie))
    point = {name: graph.sample[name] + step for name, step in side.direction.items()}
    signs = signs_at(graph, tied, {**graph.sample, **point})
    chosen = list(zip(tied, signs, strict=True))[:_MOST_TIED]
    return frozenset(f"{written(graph, n)} {'<' if s < 0 else '>'} 0" for n, s in chosen if s)


def _where(alike: Sequence[Conditions], others: Sequence[Conditions], number: int) -> str:
    """Return the fewest conditions that the sides share and no other side has, or a number where they are long."""
    shared = sorted(frozenset.intersection(*alike), key=lambda text: (len(text), text))
    chosen = (c for size in range(1, len(shared) + 1) for c in combinations(shared, size) if _tells(c, others))
    where = ", ".join(next(chosen, ()))
    return where if 0 < len(where) <= _LONGEST else f"side {number}"


def _tells(chosen: Sequence[str], others: Sequence[Conditions]) -> bool:
    return not any(other.issuperset(chosen) for other in others)

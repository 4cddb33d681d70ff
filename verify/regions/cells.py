"""How many regions meet where some conditions are 0: what it takes to know that all of them were found."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint

from verify.gradients.adjoints import adjoints, totals
from verify.proof import balls, rationals
from verify.tracing.region import Point
from verify.tracing.trace import Trace

_ONE = Fraction(1)


def meeting(graph: Trace, tied: Sequence[int], variables: Sequence[int], point: Point) -> int | None:
    """Return the number of combinations of signs that some nodes, all 0 at a point, have around it; None if unknown.

    Of one variable there are two directions. Surfaces with independent normals cut the neighbourhood of a point into
    2**m parts (the implicit function theorem); planes through one line, m of them, into 2 m. Of all else nothing is
    known: surfaces that touch each other have parts between them that may be arbitrarily thin.
    """
    if len(variables) == 1:
        return 2
    slopes = [_slopes(graph, node, variables) for node in tied]
    normals = [_at(graph, nodes, point) for nodes in slopes]
    found = [normal for normal in normals if normal is not None and any(normal)]
    if len(found) < len(tied):
        return None
    rank = _rank(found)
    if rank == len(found):
        return int(2**rank)
    planes = all(node in graph.constants for nodes in slopes for node in nodes)
    distinct = len({_scaled(normal) for normal in found})
    if not planes or rank > 2:
        return None
    return 2 if rank == 1 else 2 * distinct


def _slopes(graph: Trace, node: int, variables: Sequence[int]) -> list[int]:
    one = graph.constant(_ONE)
    return list(totals(graph, adjoints(graph, [(node, one)], variables)).values())


def _at(graph: Trace, nodes: Sequence[int], point: Point) -> list[Fraction] | None:
    values = [rationals.rational(graph, node, point) for node in nodes]
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def _rank(vectors: Sequence[Sequence[Fraction]]) -> int:
    return int(flint.fmpq_mat([[balls.rational(x) for x in vector] for vector in vectors]).rank())


def _scaled(vector: Sequence[Fraction]) -> tuple[Fraction, ...]:
    first = next(x for x in vector if x)
    return tuple(x / first for x in vector)

"""How many regions meet where some conditions are 0: what it takes to know that all of them were found."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import NamedTuple

import flint

from verify.graph import balls
from verify.graph.adjoints import adjoints, totals
from verify.graph.graph import Graph
from verify.proof import field, rationals
from verify.tracing.region import Point

_UNIT = Fraction(1)


def meeting(graph: Graph, tied: Sequence[int], variables: Sequence[int], point: Point) -> int | None:
    """Return the number of combinations of signs that some nodes, all 0 at a point, have around it; None if unknown.

    Of one variable there are two directions. Surfaces with independent normals cut the neighbourhood of a point into
    2**m parts (the implicit function theorem); planes through one line, m of them, into 2 m. Of all else nothing is
    known: surfaces that touch each other have parts between them that may be arbitrarily thin.
    """
    if len(variables) == 1:
        return 2
    surfaces = _surfaces(graph, tied, variables, point)
    if surfaces is None:
        return None
    normals, slopes = [surface.normal for surface in surfaces], [surface.slopes for surface in surfaces]
    rank = _rank(normals)
    if rank == len(normals):
        return int(2**rank)
    planes = all(node in graph.constants for nodes in slopes for node in nodes)
    distinct = len({_scaled(normal) for normal in normals})
    if not planes or rank > 2:
        return None
    return 2 if rank == 1 else 2 * distinct


class _Surface(NamedTuple):
    """Where a node is 0: its normal at a point, and the node's derivatives, which give the normal elsewhere."""

    node: int
    slopes: Sequence[int]
    normal: Sequence[Fraction]


def _surfaces(graph: Graph, tied: Sequence[int], variables: Sequence[int], point: Point) -> list[_Surface] | None:
    """Return the surfaces of nodes, each once (1 - x * y and 2 * x * y - 2 have one); None where one has no normal."""
    surfaces: list[_Surface] = []
    for whole in tied:
        node = _vanishing_part(graph, whole, point)
        slopes = _slopes(graph, node, variables)
        normal = _at(graph, slopes, point)
        if normal is None or not any(normal):
            return None
        if not any(_is_multiple(graph, node, normal, surface) for surface in surfaces):
            surfaces.append(_Surface(node, slopes, normal))
    return surfaces


def _vanishing_part(graph: Graph, node: int, point: Point) -> int:
    """Return a node without the factors that are not 0 at a point: of x * y, x where y > 0, of one sign."""
    if graph.ops[node] != "product":
        return node
    parts = list(map(partial(_vanishing_part, graph, point=point), graph.args[node]))
    zero = [part for part in parts if not rationals.rational(graph, part, point)]
    return zero[0] if len(zero) == 1 else node


def _is_multiple(graph: Graph, node: int, normal: Sequence[Fraction], surface: _Surface) -> bool:
    """Tell whether a node is proved to be a constant times that of a surface, which then has the same sides."""
    if _scaled(normal) != _scaled(surface.normal):
        return False
    factor = next(a / b for a, b in zip(normal, surface.normal, strict=True) if b)
    pair = node, graph.product(graph.constant(factor), surface.node)
    return any(field.equal(graph, [pair], 0, laws)[0] == [True] for laws in (field.Laws.NONE, field.Laws.EXPONENTIAL))


def _slopes(graph: Graph, node: int, variables: Sequence[int]) -> list[int]:
    unit = graph.constant(_UNIT)
    return list(totals(graph, adjoints(graph, [(node, unit)], variables)).values())


def _at(graph: Graph, nodes: Sequence[int], point: Point) -> list[Fraction] | None:
    values = [rationals.rational(graph, node, point) for node in nodes]
    defined = [value for value in values if value is not None]
    return defined if len(defined) == len(values) else None


def _rank(vectors: Sequence[Sequence[Fraction]]) -> int:
    return int(flint.fmpq_mat([[balls.rational(x) for x in vector] for vector in vectors]).rank())


def _scaled(vector: Sequence[Fraction]) -> tuple[Fraction, ...]:
    first = next(x for x in vector if x)
    return tuple(x / first for x in vector)

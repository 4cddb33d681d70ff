"""Is a difference no more than what the computation of an array of constants may have rounded?

The entries of an inverse or a factor of a matrix of numbers are off by more than a few roundings of their own: by the
condition of the matrix, in units of the largest entry (Higham, Accuracy and Stability of Numerical Algorithms, 2002,
chapter 14). From its floats nobody can tell what an array was computed from. So what such errors can explain at all
points is neither right nor wrong here; what they cannot explain at one is refuted at that point.

It decides no gradient to be right: at most it leaves open what else would be refuted. A mistake that hides behind it is
one of less than 12 digits, beside an array of constants that has more than one entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice

import flint

from verify.graph import balls
from verify.graph.graph import Graph
from verify.graph.slopes import Key, Tape
from verify.model.exact import simplest_rational
from verify.proof.constants import COMPUTED, SCALES, Point

_REACH = flint.arb(2) ** -42  # of the largest entry of an array: a condition of 1,000, or a product of some such arrays
_BITS = 256
_LARGER = 2**20
_POINTS = 4


def unexplained(
    graph: Graph, pair: tuple[int, int], points: Sequence[Point], holds: Callable[[Point], bool] | None
) -> Point | None:
    """Return the first point at which roundings of arrays of constants do not explain that two nodes differ.

    None where they do at all points; the first point where there are no such arrays. `holds` tells of further points
    whether the claim is for them, as in `decide`.
    """
    scales, computed = graph.memory(SCALES), graph.memory(COMPUTED)
    tape = Tape(graph, pair) if scales or computed else None
    if tape is not None and computed:
        scales.update(_of_numbers(tape, computed))
    if tape is None or not any(isinstance(key, int) and key in scales for key in tape.keys):
        return points[0]
    with flint.ctx.workprec(_BITS):
        tried = (*islice(points, _POINTS), *(_one_sided(tape, points[0], holds) if holds else ()))
        return next((point for point in tried if not _explains(tape, pair, point)), None)


def _of_numbers(tape: Tape, computed: Mapping[float, float]) -> Iterator[tuple[int, float]]:
    """Return the scales of constants that stand alone and have all digits of an entry of an array that was computed."""
    for key in tape.keys:
        if isinstance(key, int) and (scale := computed.get(abs(tape.graph.payloads[key]))) is not None:
            yield key, max(scale, tape.graph.memory(SCALES).get(key, 0.0))


def _one_sided(tape: Tape, point: Point, holds: Callable[[Point], bool]) -> Iterator[Point]:
    """Return points at which one variable is far larger than the others: the entries that meet it stand out there."""
    for node in tape.order:
        if tape.graph.ops[node] == "variable":
            name = tape.graph.payloads[node]
            further = {**point, name: point[name] * _LARGER}
            if holds(further):
                yield further


def _explains(tape: Tape, pair: tuple[int, int], point: Point) -> bool:
    """Tell whether entries of arrays, moved by as much as they may be off, reach the difference at a point."""
    values: dict[int, flint.arb] = {}
    constants = {key: balls.ball(_as_read(tape.graph, key)) for key in tape.keys}
    tape.at(point, constants, values)
    exact, code = (tape.slopes(node, constants, values) for node in pair)
    scales, zero = tape.graph.memory(SCALES), flint.arb(0)
    effects = [
        ((exact.get(key, zero) - code.get(key, zero)) * flint.arb(scale) * _REACH) ** 2
        for key, scale in scales.items()
        if key in exact or key in code
    ]
    difference = abs(values[pair[0]] - values[pair[1]])
    return bool(difference <= sum(effects, zero).sqrt())  # of errors that do not conspire


def _as_read(graph: Graph, key: Key) -> Fraction:
    return key if isinstance(key, Fraction) else simplest_rational(graph.payloads[key])

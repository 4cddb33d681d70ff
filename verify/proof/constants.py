"""Is a difference no more than the rounding of the constants that stand in the code?

A typed-in irrational is off by up to half an ulp, a constant that the code computed in float operations by a few. If
that is all, then one small correction of the constants removes the difference of the two sides, and the same correction
removes it at every point. So the effect of moving each constant is taken at each point, and the correction solved for:
it has to be small, and to leave nothing over. (A ball around each constant would not do: balls grow with every
operation, and in the end cover anything. Nor would it do that the movements could add up to the difference at each
point by itself: those of a difference quotient can, but they need another correction for every x.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import flint

from verify.exact import simplest_rational
from verify.proof import balls
from verify.proof.graph import Graph

_BITS = 512
_MOVE = Fraction(1, 2**150)  # relative: small enough for what is not linear to be nothing
_LARGEST = Fraction(16, 2**52)  # relative correction, 16 ulps: what a few float operations may add
_LEFT_OVER = Fraction(1, 10**6)  # of the difference, by what is not linear in a correction of some ulps
_NOTHING = flint.arb(2) ** -250  # relative: what is left when equal numbers of 512 bits are taken from each other
_AMPLIFIED = 1000  # relative effect of a relative move, from which on it is no matter of rounding
_MOST_CONSTANTS = 8
_SPARE = 4  # points beyond the number of constants


class _AmplifiedError(Exception):
    """A constant whose last digits decide about the leading digits of the result."""


Row = list[flint.arb]  # the effect of each constant, and the difference that they have to make up for


def covered(graph: Graph, pair: tuple[int, int], points: Sequence[Mapping[str, Fraction]]) -> bool:
    """Tell whether one small correction of the typed constants makes both sides equal at every point."""
    typed = [i for i in graph.reach(pair) if graph.ops[i] == "typed"]
    if not 0 < len(typed) <= _MOST_CONSTANTS:
        return False
    with flint.ctx.workprec(_BITS):
        try:
            rows = [row for point in points if (row := _row(graph, pair, point, typed)) is not None]
        except _AmplifiedError:
            return False
        # More equations than unknowns, or any difference could be removed.
        return len(rows) >= len(typed) + _SPARE and _solvable(rows)


def _row(graph: Graph, pair: tuple[int, int], point: Mapping[str, Fraction], typed: list[int]) -> Row | None:
    """Return the effects of moving each constant at a point, and the difference there; None where it is undefined.

    Raises _AmplifiedError where an effect is far larger than the result itself: the last digits of a constant then move
    the leading ones of the result, as 1 + h does in a difference quotient, and rounding is no excuse.
    """
    values = {i: simplest_rational(graph.payloads[i]) for i in typed}
    left, right = _sides(graph, pair, point, values)
    moved = [_sides(graph, pair, point, {**values, i: values[i] * (1 + _MOVE)}) for i in typed]
    if not all(ball.is_finite() for sides in ((left, right), *moved) for ball in sides):
        return None
    effects = [((a - b - (left - right)) / balls.ball(_MOVE)).mid() for a, b in moved]
    largest = (abs(left) + abs(right)) * _AMPLIFIED
    if any(abs(effect) > largest for effect in effects):
        raise _AmplifiedError
    return [*effects, (left - right).mid()]


def _sides(
    graph: Graph, pair: tuple[int, int], point: Mapping[str, Fraction], typed: Mapping[int, Fraction]
) -> tuple[flint.arb, flint.arb]:
    known = {i: balls.ball(value) for i, value in typed.items()}
    values = balls.at(graph, pair, point, known=known)
    return values[pair[0]], values[pair[1]]


def _solvable(rows: list[Row]) -> bool:
    """Tell whether small corrections c exist with difference + effects * c = 0 in every row (Gauss and Jordan)."""
    rows = [scaled for row in rows if (scaled := _scaled(row)) is not None]
    unknowns = len(rows[0]) - 1 if rows else 0
    pivots: dict[int, int] = {}  # a column, and the row that it is solved from
    largest = max((abs(value) for row in rows for value in row[:-1]), key=float, default=flint.arb(0))
    for _ in range(unknowns):
        free = [r for r in range(len(rows)) if r not in pivots.values()]
        candidates = [(r, c) for r in free for c in range(unknowns) if c not in pivots]
        r, c = max(candidates, key=lambda rc: float(abs(rows[rc[0]][rc[1]])), default=(0, 0))
        if not candidates or not abs(rows[r][c]) > largest * _NOTHING:
            break
        pivots[c] = r
        _eliminate(rows, r, c)
    small = all(abs(rows[r][-1] / rows[r][c]) <= balls.ball(_LARGEST) for c, r in pivots.items())
    left_over = [abs(row[-1]) for r, row in enumerate(rows) if r not in pivots.values()]
    return bool(pivots) and small and all(rest <= balls.ball(_LEFT_OVER) for rest in left_over)


def _scaled(row: Row) -> Row | None:
    """Return a row in units of its difference, or of what the largest correction does where there is no difference.

    None where the constants have no effect and both sides are equal: such a row asks for nothing.
    """
    effect = max((abs(value) for value in row[:-1]), key=float)
    difference = abs(row[-1])
    unit = difference if difference > effect * _NOTHING else effect * balls.ball(_LARGEST)
    return None if unit.is_zero() else [(value / unit).mid() for value in row]


def _eliminate(rows: list[Row], pivot: int, column: int) -> None:
    """Take the column out of all rows but the pivot's."""
    for r, row in enumerate(rows):
        if r != pivot:
            factor = row[column] / rows[pivot][column]
            rows[r] = [(a - factor * b).mid() for a, b in zip(row, rows[pivot], strict=True)]

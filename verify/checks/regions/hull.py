"""Whether a vector is a convex combination of others, decided on exact rationals.

The nearest point of a convex hull is the projection on the affine hull of some of its corners. There are few of them,
so all choices are tried; of a box, which may have many, each coordinate tells by itself. Irrational values come rounded
to some 60 digits: what misses by less than 2**-150 of their size is inside, what misses by more than 2**-60 is outside,
and what lies between is not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from enum import Enum
from fractions import Fraction
from itertools import combinations

import flint

from verify.graph.balls import rational
from verify.graph.dyadics import SMALL
from verify.model.exact import decimal_text

_INSIDE, _OUTSIDE = Fraction(1, 2**300), Fraction(1, 2**120)  # squares of distances

_MOST = 8  # corners of what is no box: 255 choices
_SHORT, _DIGITS = 12, 20  # signs of a number that is written exactly; digits of any other before it is rounded to six

Vector = Sequence[Fraction]


class Place(Enum):
    """Where a vector lies among others."""

    EQUAL = "equal to all of them, which are the same"
    BETWEEN = "a convex combination of them"
    OFF = "not equal to all of them, which are the same"
    OUTSIDE = "not a convex combination of them"


def place(vector: Vector, corners: Sequence[Vector]) -> Place | None:
    """Return where a vector lies among corners, or None where that is too close to call."""
    size = max((abs(x) for row in (vector, *corners) for x in row), default=Fraction(0))
    if 0 < size < SMALL:  # such numbers come rounded
        return None
    unit = size * size or Fraction(1)
    common, varying = _split(corners)
    gap = sum(((vector[i] - corners[0][i]) ** 2 for i in common), Fraction(0))
    apart = _distinct([[corner[i] for i in varying] for corner in corners], _INSIDE * unit)
    rest = _distance([vector[i] for i in varying], apart)
    if rest is None:
        return None
    distance = gap + rest
    if distance <= _INSIDE * unit:
        return Place.EQUAL if len(apart) == 1 else Place.BETWEEN
    if distance >= _OUTSIDE * unit:
        return Place.OFF if len(apart) == 1 else Place.OUTSIDE
    return None


def covered(vector: Vector, corners: Sequence[Vector], slack: Vector) -> bool:
    """Tell whether a vector is a convex combination of corners but for what each of its entries may be off by.

    Of too many corners it may be one.
    """
    common, varying = _split(corners)
    if any(abs(vector[i] - corners[0][i]) > slack[i] for i in common):
        return False
    rows = [[corner[i] for i in varying] for corner in corners]
    distance = _distance([vector[i] for i in varying], _distinct(rows, Fraction(0)))
    return distance is None or distance <= sum((slack[i] ** 2 for i in varying), Fraction(0))


def _split(corners: Sequence[Vector]) -> tuple[list[int], list[int]]:
    """Return the places in which all corners are the same, which they are in most, and the others."""
    same = [len(set(values)) == 1 for values in zip(*corners, strict=True)]
    return [i for i, value in enumerate(same) if value], [i for i, value in enumerate(same) if not value]


def _distinct(corners: Sequence[Vector], least: Fraction) -> list[Vector]:
    distinct: list[Vector] = []
    for corner in corners:
        if all(_squared(_minus(corner, other)) > least for other in distinct):
            distinct.append(corner)
    return distinct


def _distance(vector: Vector, corners: Sequence[Vector]) -> Fraction | None:
    """Return the squared distance from the hull of corners; None where there are too many to tell."""
    if box := _box(corners):
        return _squared([x - min(max(x, low), high) for x, (low, high) in zip(vector, box, strict=True)])
    return min(_distances(vector, corners)) if len(corners) <= _MOST else None


def _box(corners: Sequence[Vector]) -> list[tuple[Fraction, Fraction]]:
    """Return the ends of each coordinate if the corners are those of a box, all of them; else nothing."""
    ends = [(min(values), max(values)) for values in zip(*corners, strict=True)]
    of_ends = all(x in pair for corner in corners for x, pair in zip(corner, ends, strict=True))
    number = math.prod(len(set(pair)) for pair in ends)
    return ends if of_ends and len(set(map(tuple, corners))) == number else []


def _distances(vector: Vector, corners: Sequence[Vector]) -> Iterator[Fraction]:
    """Return the squared distances from the points that may be the nearest of the hull."""
    for number in range(1, len(corners) + 1):
        for first, *others in combinations(corners, number):
            point = _projected(vector, first, others)
            if point is not None:
                yield _squared(_minus(vector, point))


def _projected(vector: Vector, first: Vector, others: Sequence[Vector]) -> Vector | None:
    """Return the projection on the affine hull of corners, where it lies between them."""
    if not others:
        return first
    edges = [_minus(other, first) for other in others]
    products = flint.fmpq_mat([[rational(_dot(a, b)) for b in edges] for a in edges])
    wanted = flint.fmpq_mat([[rational(_dot(edge, _minus(vector, first)))] for edge in edges])
    try:
        solved = products.solve(wanted)
    except ZeroDivisionError:  # the corners depend on each other: fewer of them will do
        return None
    parts = [Fraction(int(x.p), int(x.q)) for x in solved.entries()]
    if min(parts) < 0 or sum(parts) > 1:
        return None
    return [x + sum(part * edge[i] for part, edge in zip(parts, edges, strict=True)) for i, x in enumerate(first)]


def _minus(a: Vector, b: Vector) -> Vector:
    return [x - y for x, y in zip(a, b, strict=True)]


def _dot(a: Vector, b: Vector) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def _squared(a: Vector) -> Fraction:
    return _dot(a, a)


def brief(value: Fraction) -> str:
    """Write a number of a vector exactly where it is short, else with six digits."""
    text = decimal_text(value)
    if len(text) <= _SHORT:
        return text
    with localcontext(prec=_DIGITS):  # beyond floats as well
        return f"{Decimal(value.numerator) / Decimal(value.denominator):.6g}"

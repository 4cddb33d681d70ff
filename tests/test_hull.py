"""Convex combinations, decided exactly."""

import random
from fractions import Fraction

import pytest

from verify.checks.regions.hull import Place, place

F = Fraction
BOX = [[F(int(bit)) for bit in f"{corner:05b}"] for corner in range(32)]
UNITS = [[F(int(i == j)) for j in range(3)] for i in range(3)]


@pytest.mark.parametrize(
    ("vector", "corners", "expected"),
    [
        ([F(1, 2)], [[F(0)], [F(1)]], Place.BETWEEN),
        ([F(1)], [[F(0)], [F(1)]], Place.BETWEEN),
        ([F(2)], [[F(0)], [F(1)]], Place.OUTSIDE),
        ([F(3)], [[F(3)], [F(3)]], Place.EQUAL),
        ([F(3) + F(1, 10**9)], [[F(3)], [F(3)]], Place.OFF),
        ([F(3) + F(1, 2**80)], [[F(3)], [F(3)]], None),
        ([F(1, 3)] * 3, UNITS, Place.BETWEEN),
        ([F(1)] * 3, UNITS, Place.OUTSIDE),
        ([F(1), F(0), F(0)], UNITS, Place.BETWEEN),
        ([F(1, 2), F(1, 4), F(0)], UNITS, Place.OUTSIDE),
        ([F(1, 2), F(1, 2)], [[F(0), F(0)], [F(1), F(1)]], Place.BETWEEN),
        ([F(1), F(0)], [[F(0), F(0)], [F(1), F(1)]], Place.OUTSIDE),
        ([F(1, 2)] * 5, BOX, Place.BETWEEN),
        ([F(1)] * 5, BOX, Place.BETWEEN),
        ([F(1, 2)] * 4 + [F(2)], BOX, Place.OUTSIDE),
        ([F(-1)] * 5, BOX, Place.OUTSIDE),
        ([F(1, 2)] * 4 + [F(1) + F(1, 2**80)], BOX, None),
        ([F(1, 2)] * 5, BOX[:-1], None),
        ([F(2)] * 5, BOX[1:], None),
    ],
)
def test_place(vector, corners, expected):
    """All entries count at once: each may lie between, and the whole outside."""
    assert place(vector, corners) is expected


@pytest.mark.parametrize("seed", range(40))
def test_random_combinations(seed):
    """A combination with weights that add up to 1 is inside; moved off along a direction that all corners are below, outside."""
    rng = random.Random(seed)
    size, number = rng.randint(1, 4), rng.randint(2, 6)
    corners = [[F(rng.randint(-9, 9)) for _ in range(size)] for _ in range(number)]
    weights = [F(rng.randint(0, 5)) for _ in corners]
    weights[0] += 1
    inside = [sum(w * c[i] for w, c in zip(weights, corners, strict=True)) / sum(weights) for i in range(size)]
    assert place(inside, corners) in (Place.BETWEEN, Place.EQUAL)
    direction = [F(rng.randint(-3, 3)) or F(1) for _ in range(size)]
    highest = max(corners, key=lambda corner: sum(d * x for d, x in zip(direction, corner, strict=True)))
    beyond = [x + d / 1000 for d, x in zip(direction, highest, strict=True)]
    assert place(beyond, corners) in (Place.OUTSIDE, Place.OFF)

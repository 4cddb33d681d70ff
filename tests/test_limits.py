"""Each limit of the search for regions and edges is told where it is reached, and only there."""

from itertools import combinations

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.checks.checker import check
from verify.checks.regions.limits import Limit


def elementwise(forward, slope, x):
    return verify.pair(forward, lambda d, x: d * slope(x), x=x)


def unreached(number):
    """Return a case with as many branches whose other side no search finds, and no proof excludes."""

    def forward(x):
        for place in range(number):
            if np.sin(x[place]) * np.cos(x[place]) > 0.5 + 1e-9:  # at most 0.5
                return x.sum()
        return x.sum()

    return verify.pair(forward, lambda d, x: d * np.ones_like(x), x=str(number))


def long(number):
    """Return a case with one such branch on a formula of some operations."""

    def forward(x):
        y = sum(np.sin(place * x) * np.cos(place * x) for place in range(1, number + 1)) / number
        return np.where(y > 0.6, x, 2 * x)

    return elementwise(forward, lambda x: 2 * np.ones_like(x), "1")


def irrational(number):
    """Return a case with as many entries, each of which is compared with a number that is no float."""
    return elementwise(
        lambda x: np.where(np.exp(x) > 2, x, 2 * x), lambda x: np.where(np.exp(x) > 2, 1, 2), str(number)
    )


def smooth(number):
    """Return a case of two rows that are compared entry by entry, and added in any case."""
    return verify.pair(
        lambda x, y: np.maximum(x, y) + np.minimum(x, y), lambda d, x, y: (d, d), x=str(number), y=str(number)
    )


def closed(number):
    domain = verify.real(str(number), low=0, closed=True)
    return elementwise(lambda x: x * x, lambda x: 2 * x, domain)


def ranked(number):
    """Return a case of as many numbers, each of which is compared with each other one."""
    pairs = list(combinations(range(number), 2))

    def slopes(x):
        slope = np.zeros_like(x)
        for i, j in pairs:
            slope[i if x[i] >= x[j] else j] += 1
        return slope

    return verify.pair(
        lambda x: sum(max(x[i], x[j]) for i, j in pairs), lambda d, x: d * slopes(x), x=str(number)
    )  # fmt: skip


def compared(number):
    """Return a case that compares with as many numbers on one line, on the other side of which no search comes."""

    def forward(x):
        for place in range(number, 0, -1):
            if np.sin(x) * np.cos(x) > 0.5 + place * 1e-9:  # at most 0.5
                return x * 1.0
        return x * 1.0

    return verify.pair(forward, lambda d, x: d * 1.0, x="")


def behind(factor):
    """Return a case of a branch behind another, whose formula on one side is large where it has so large a factor."""

    def inner(x):
        return np.where(x > 0, factor * np.sin(x) * np.cos(x), -x)

    def slopes(x):
        h = inner(x)
        inside = np.where(x > 0, factor * np.cos(2 * x), -1)
        return inside * np.where(h > 0.5 + 1e-9, 2, 1)

    def forward(x):
        h = inner(x)
        return np.where(h > 0.5 + 1e-9, 2 * h, h)

    return elementwise(forward, slopes, "2")


NARROW = 0.999  # a cosine is seldom larger


def deep(number):
    """Return a net of as many layers, each of which asks at the same line."""

    def forward(x):
        h = x[0]
        for _ in range(number):
            h = np.cos(3 * (h / 2 if h > NARROW else h))
        return h

    def backward(d, x):
        h, slope = x[0], 1.0
        for _ in range(number):
            inner, factor = (h / 2, 1.5) if h > NARROW else (h, 3)
            slope = -slope * factor * np.sin(3 * inner)
            h = np.cos(3 * inner)
        return d * np.array([slope, 0])

    return verify.pair(forward, backward, x="2")


def wide(number):
    """Return a case of a helper that asks about as many formulas of a number."""

    def weight(number):
        return 2 if number > NARROW else 1

    def weights(x):
        return sum(weight(np.cos(x[0] + phase**2)) for phase in range(number))

    return verify.pair(lambda x: x * weights(x), lambda d, x: d * weights(x), x="2")


def dividing(number):
    """Return a case that divides by what is 0 for as many entries, each with the others as they are."""
    return elementwise(
        lambda x: x**2, lambda x: 2 * x + 0 / (np.sum(x) + 1 + x * 0), str(number)
    )  # fmt: skip


REACHED = {
    Limit.OFFSETS: (compared, 6, 7),
    Limit.FORMULAS: (behind, 2, 1),
    Limit.SCANS: (unreached, 8, 9),
    Limit.LONG: (long, 10, 1000),
    Limit.MISSES: (irrational, 2, 9),
    Limit.SMOOTH: (smooth, 1, 5),
    Limit.ENDS: (closed, 3, 4),
    Limit.TURNS: (deep, 2, 12),
    Limit.KINDS: (wide, 2, 20),
    Limit.ZEROS: (dividing, 1, 4),
    Limit.COMBINATIONS: (ranked, 2, 5),
}


def test_each_limit_is_tried():
    """A limit that is added needs a case that reaches it."""
    assert REACHED.keys() == set(Limit)


@slow
@pytest.mark.parametrize("limit", some(REACHED, 24), ids=lambda limit: limit.name)
def test_a_limit_that_is_reached_is_told(limit):
    """The report of a case names the limit that it reaches; of a smaller one it does not."""
    case, within, beyond = REACHED[limit]
    assert limit.value not in check(case(within)).cover.untried
    assert limit.value in check(case(beyond)).cover.untried

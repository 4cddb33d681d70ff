"""Expressions of sizes: the sizes that they tell apart from small ones are tried, alone or in pairs."""

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict
from verify.checks.gradients.extents import told_apart

BLOCK = 20


def shifted(x):
    return len(x) >> 3


def masked(x):
    return x.shape[0] & 16


def halved_block(x):
    return len(x) // (BLOCK // 2)


def clipped(x):
    size = len(x)
    return max(size - 7, 0)


def decided(x):
    rows, _ = x.shape
    return rows + 2 > 11


def squared(x):
    return len(x) * len(x) == 144


def area(x):
    rows, columns = x.shape
    return rows * columns == 30


def total(x):
    return x.size == 30


def wide(x):
    return x.shape[0] + x.shape[1] > 12


def entries(x):
    return len(list(x.flat)) == 30


def products(x):
    return np.prod(x.shape) == 30


def shape(x):
    return x.shape == (2, 5)


def shapes(x):
    return x.shape in [(7, 3), (4, 6, 2), (1, 2, 3, 4), (9,)]


def around(x):
    return sum(x.shape) == 19


def longest(x):
    return max(x.shape) > 7


def bytes_of(x):
    return x.nbytes > 72


def last(x):
    return x.shape[-1] >> 3


def quotient(x):
    return divmod(len(x), 8)[0]


def rest(x):
    return divmod(len(x), 12)[1] == 7


def halves(x):
    half, odd = divmod(len(x), 2)
    return half > 4 or odd > 1


def named(x):
    blocks = (len(x) + 3) // 4
    return blocks > 2


def deep(x):
    return len(x) > 5 + 2 * x.ndim


FIRST = {
    bytes_of: [(11,), (10,), (2, 5)],
    last: [(9,), (8,)],
    quotient: [(9,), (8,)],
    rest: [(8,), (7,), (13,), (12,)],
    halves: [(11,), (10,)],
    named: [(10,), (9,)],
    deep: [(11,), (10,), (9,), (8,), (13,), (12,)],
    shifted: [(9,), (8,)],
    masked: [(17,), (16,)],
    halved_block: [(11,), (10,)],
    clipped: [(9,), (8,)],
    decided: [(11,), (10,)],
    squared: [(13,), (12,)],
    area: [(5, 6)],
    total: [(31,), (30,), (5, 6)],
    entries: [(31,), (30,), (5, 6)],
    products: [(31,), (30,), (5, 6)],
    shape: [(2, 5)],
    shapes: [(7, 3), (4, 6, 2), (9,)],
    around: [(9, 10), (20,), (19,), (6, 6, 7)],
    longest: [(1, 8), (9,), (8,), (1, 1, 8)],
    wide: [(6, 7)],
}


@pytest.mark.parametrize(("function", "sizes"), FIRST.items(), ids=[function.__name__ for function in FIRST])
def test_the_first_sizes_at_which_an_expression_changes(function, sizes):
    """What is the same, or rises evenly, at small sizes is looked for at larger ones; of two sizes a pair is."""
    assert told_apart([function]) == sizes


def even(x):
    return len(x) % 2 == 0, len(x) // 2, x.shape[0] * x.shape[1] - 30, len(x) >> len(x.tolist()), x.shape[0] == x[0]


def odd(x):
    return (len(x) / 2) >> 1, min(len(x)), max(), int(len(x), 2), len(x) // 0, len(x) >> -1, len(x) % (len(x) - 3)


def test_what_has_no_value_tells_nothing_apart():
    """Code that would raise is none that sizes are looked for in."""
    assert told_apart([odd, eval("lambda x: len(x) >> 3")]) == []


def test_what_small_sizes_show_is_looked_for_nowhere_else():
    """Parity and halves change at small sizes, products bend nowhere, and other values are not computed."""
    assert told_apart([even]) == []


def scaled(tells, right):
    """Return a case that is wrong only where an expression of its sizes is not what it is at small ones."""
    return verify.pair(
        lambda x: (2 * x, tells(x)),
        lambda d, far: d * (2 if right else 2 + far),
        x="N M" if tells in (area, total, wide, decided, shape, around, longest) else "N",
    )


@pytest.mark.parametrize("tells", some(FIRST, 12), ids=lambda f: f.__name__)
def test_what_is_wrong_from_a_size_on_is_refuted(tells):
    """The twin that has the same expression, and does not use it, is proved."""
    assert {row.verdict for row in verify.check(scaled(tells, right=True)).comparisons} == {Verdict.PROVED}
    assert Verdict.REFUTED in {row.verdict for row in verify.check(scaled(tells, right=False)).comparisons}


def test_right_sizes_are_listed():
    """What was tried is told with the other sizes."""
    right = verify.check(scaled(shifted, right=True)).sizes.right
    assert dict(right)["N"] == (1, 2, 3, 4, 5, 8, 9)

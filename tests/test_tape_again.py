"""An operation that a tape has done before is found again, and nothing else is taken for it."""

from fractions import Fraction

import numpy as np
import pytest

from verify.tape.recording import Recording
from verify.tape.tape import MINUS_ONE, ONE, ZERO, Tape

HALF = Fraction(1, 2)


@pytest.fixture
def tape():
    return Tape()


@pytest.fixture
def xy(tape):
    return tape.variables([Fraction(n + 2) for n in range(12)]).reshape(2, 6)


# An operation, the same once more, and others that are not.
ALIKE = {
    "sum": (
        lambda t, x, y: t.sums(x, y),
        lambda t, x, y: t.sums(y, x),
        [lambda t, x, y: t.sums(x, y[::-1]), lambda t, x, y: t.sums(x[:5], y[:5]), lambda t, x, y: t.products(x, y)],
    ),
    "product": (
        lambda t, x, y: t.products(x, y),
        lambda t, x, y: t.products(y, x),
        [lambda t, x, y: t.products(x, np.r_[y[0], y[2], y[1], y[3:]]), lambda t, x, y: t.products(x, x)],
    ),
    "product with a number": (
        lambda t, x, y: t.products(np.full(6, MINUS_ONE), x),
        lambda t, x, y: t.negatives(x),
        [lambda t, x, y: t.products(np.full(6, t.constant(Fraction(2))), x), lambda t, x, y: t.negatives(y)],
    ),
    "power": (
        lambda t, x, y: t.powers(x, HALF),
        lambda t, x, y: t.powers(x.copy(), HALF),
        [lambda t, x, y: t.powers(x, -HALF), lambda t, x, y: t.powers(y, HALF)],
    ),
    "function": (
        lambda t, x, y: t.functions("exp", x),
        lambda t, x, y: t.functions("exp", x.copy()),
        [lambda t, x, y: t.functions("tanh", x), lambda t, x, y: t.functions("exp", np.r_[x[0], x[2], x[1], x[3:]])],
    ),
    "total": (
        lambda t, x, y: t.totals(x, np.array([0, 2])),
        lambda t, x, y: t.totals(x.copy(), np.array([0, 2])),
        [lambda t, x, y: t.totals(x, np.array([0, 3])), lambda t, x, y: t.totals(x, np.array([0, 2, 4]))],
    ),
    "matmul": (
        lambda t, x, y: t.matmul(x.reshape(1, 2, 3), y.reshape(1, 3, 2)),
        lambda t, x, y: t.matmul(y.reshape(1, 3, 2).swapaxes(1, 2), x.reshape(1, 2, 3).swapaxes(1, 2)).swapaxes(1, 2),
        [
            lambda t, x, y: t.matmul(x.reshape(1, 2, 3), y.reshape(1, 2, 3).swapaxes(1, 2)),
            lambda t, x, y: t.matmul(y.reshape(1, 2, 3), x.reshape(1, 3, 2)),
        ],
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_the_same_operation_has_the_same_elements(tape, xy, name):
    """In the order of operands that comes; one with another number, entry or shape has others."""
    first, again, others = ALIKE[name]
    elements, size = first(tape, *xy), tape.size
    assert np.array_equal(again(tape, *xy), elements)
    assert tape.size == size
    for other in others:
        made = other(tape, *xy)
        assert made.shape != elements.shape or not np.array_equal(made, elements)


def test_what_the_caller_writes_changes_no_operation(tape, xy):
    """Neither what was passed nor what was returned is kept, also of what is found again."""
    x, y = xy.copy()
    first = tape.sums(x, y)
    expected = first.copy()
    x[0], first[1] = y[3], ZERO
    again = tape.sums(*xy)
    assert np.array_equal(again, expected)
    again[2] = ONE
    assert np.array_equal(tape.sums(*xy), expected)


def test_a_product_of_matrices_is_found_turned_round(tape, xy):
    """Its entries are those of the product that was asked for, not of its transpose."""
    a, b = xy[0].reshape(1, 2, 3), xy[1].reshape(1, 3, 2)
    made = tape.matmul(b, a)  # its first factor has the later elements
    block = tape.block_of(int(made[0, 0, 1]))
    row, column = np.argwhere(np.arange(block.start, block.stop).reshape(3, 3) == made[0, 0, 1])[0]
    left, right = block.args
    assert sorted([left[0, row].tolist(), right[0, :, column].tolist()]) == sorted(
        [b[0, 0].tolist(), a[0, :, 1].tolist()]
    )


def test_rounded_operations_are_not_found_again():
    """What is recorded as it runs has the half ulps of every operation, those of the second time as well."""
    recording = Recording()
    x = recording.variables([Fraction(2), Fraction(3)])
    first, second = (recording.functions("exp", x) for _ in range(2))
    assert not np.array_equal(first, second)
    assert len(recording.units) == 2


@pytest.mark.parametrize("gap", [False, True])
def test_large_arguments_stay_as_they_were(gap):
    """Code that writes to arrays that it has passed, or was given, changes no operation: consecutive, alike or neither."""
    tape = Tape()
    x = tape.variables([Fraction(n) for n in range(5000)])
    passed = [x.copy(), np.full(5000, x[7]), np.concatenate([x[:-2], x[-1:], x[-2:-1]]) if gap else x.copy()]
    expected = [array.copy() for array in passed]
    for array in passed:
        tape.sums(array, array)[:] = 0
        array[1:-1] = 1
        array[0] = array[-1] = 2
    blocks = [block for block in tape.blocks if block.op == "sum"]
    for array in expected:
        assert any(np.array_equal(array, block.args[0]) for block in blocks)
    assert not any(arg.flags.writeable and np.shares_memory(arg, x) for block in blocks for arg in block.args)

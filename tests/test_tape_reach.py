"""No element depends on more kernels than are in its reach, and rows have theirs only."""

from fractions import Fraction

import numpy as np

from verify.tape.parts import parts
from verify.tape.reach import Reach
from verify.tape.tape import Tape


def reach_of(tape, wanted, op):
    read = parts(tape, wanted)
    return Reach(tape, read, [part for part in read if part.op == op], np.arange(tape.size, dtype=float))


def test_a_row_of_a_softmax_has_its_row_in_reach():
    """Though the exponentials are computed twice, and in one block."""
    tape = Tape()
    x = tape.variables([Fraction(1)] * 12).reshape(3, 4)
    first = tape.functions("exp", x)
    second = tape.functions("exp", tape.negatives(x))
    rows = tape.totals(tape.products(first, second).ravel(), np.arange(0, 12, 4))
    reach = reach_of(tape, rows, "exp")
    assert reach.counts(rows).tolist() == [8, 8, 8]
    assert reach.counts(x.ravel()).tolist() == [0] * 12
    assert reach.counts(rows[:1], rows[1:2]).tolist() == [16]
    assert reach.counts(first.ravel()).tolist() == [1] * 12


def test_matrix_products_reach_rows_and_columns():
    """The hull of what is in the row and in the column."""
    tape = Tape()
    e = tape.functions("exp", tape.variables([Fraction(1)] * 6)).reshape(1, 3, 2)
    plain = tape.variables([Fraction(1)] * 4).reshape(1, 2, 2)
    product = tape.matmul(e, plain).ravel()
    reach = reach_of(tape, product, "exp")
    assert reach.counts(product).tolist() == [2] * 6


def test_kernels_of_one_argument_are_one():
    """Two powers of one root are one kernel, whose weight is that of the argument."""
    tape = Tape()
    x = tape.variables([Fraction(1)] * 3)
    both = tape.products(tape.powers(x, Fraction(1, 2)), tape.powers(x, Fraction(-3, 2)))
    reach = reach_of(tape, both, "power")
    assert reach.counts(both).tolist() == [1, 1, 1]
    assert reach.heaviest(both).tolist() == x.tolist()

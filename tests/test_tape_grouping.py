"""Small parts joined give the same values, in fewer parts."""

import random
from fractions import Fraction

import numpy as np
import pytest
from effort import some

from verify.proof.field import Laws
from verify.tape.fields import equal
from verify.tape.grouping import grouped
from verify.tape.parts import parts
from verify.tape.tape import Tape


def random_tape(rng, length):
    """Return a tape of operations on one or a few entries, and an element of each operation."""
    tape = Tape()
    elements = tape.variables([Fraction(rng.randrange(1, 9)) for _ in range(12)])
    for _ in range(length):
        width = rng.choice([1, 1, 1, 3, 40])
        a, b = (elements[-80:][[rng.randrange(min(80, len(elements))) for _ in range(width)]] for _ in "ab")
        op = rng.choice(["sum", "sum", "sum", "product", "power", "total", "exp", "matmul"])
        if op == "sum":
            new = tape.sums(a, b)
        elif op == "product":
            new = tape.products(a, b)
        elif op == "power":
            new = tape.powers(a, Fraction(rng.choice([2, 3])))
        elif op == "total":
            new = tape.totals(np.concatenate([a, b]), np.array([0]))
        elif op == "exp":
            new = tape.functions("exp", a)
        else:
            new = tape.matmul(a.reshape(1, 1, -1), b.reshape(1, -1, 1)).ravel()
        elements = np.concatenate([elements, new])
    return tape, elements


def values(tape, read, prime=2**61 - 1):
    """Compute what parts say, modulo a prime, exp being some function."""
    result = np.zeros(tape.size, object)
    for part in read:
        args = [result[arg] for arg in part.args]
        if part.op == "variable":
            new = np.array([7919 * int(element) + 1 for element in part.numbers], object)
        elif part.op == "constant":
            new = np.array([value.numerator for value in part.payload], object)
        elif part.op == "sum":
            new = args[0] + args[1]
        elif part.op == "product":
            new = args[0] * args[1]
        elif part.op == "power":
            new = args[0] ** int(part.payload)
        elif part.op == "total":
            new = np.add.reduceat(args[0], part.payload)
        elif part.op == "exp":
            new = args[0] * 31 + 5
        else:
            new = np.matmul(*args).ravel()
        result[part.elements] = new % prime
    return result


@pytest.mark.parametrize("seed", some(range(30), 8))
def test_joined_parts_give_the_same_values(seed):
    """Of random tapes with blocks of all sizes, whatever elements are wanted."""
    rng = random.Random(seed)
    tape, elements = random_tape(rng, 500)
    wanted = elements[rng.sample(range(len(elements)), 20)]
    wanted = np.append(wanted, elements[-3:])
    read = parts(tape, wanted)
    joined = grouped(read, tape.size, wanted)
    assert (values(tape, read)[wanted] == values(tape, joined)[wanted]).all()
    assert len(joined) < len(read) or joined is read


@pytest.mark.parametrize("seed", range(5))
def test_arguments_come_first(seed):
    """An element is in one part, after all that it is computed from."""
    tape, elements = random_tape(random.Random(seed), 500)
    joined = grouped(parts(tape, elements[-50:]), tape.size, elements[-50:])
    seen = np.zeros(tape.size, bool)
    for part in joined:
        assert all(seen[arg].all() for arg in part.args)
        assert not seen[part.elements].any()
        seen[part.elements] = True


def test_a_loop_of_sums_is_one_total():
    """However long it is; a partial sum that is wanted, or used twice, stays."""
    tape = Tape()
    x, y = tape.variables([Fraction(1)] * 400), tape.variables([Fraction(1)] * 400)
    total, sums = np.array([0]), []
    for i in range(400):
        total = tape.sums(total, tape.products(x[i : i + 1], y[i : i + 1]))
        sums.append(total)
    read = parts(tape, total)
    assert len(read) > 700
    assert [part.op for part in grouped(read, tape.size, total)] == ["variable", "variable", "product", "total"]
    wanted = np.concatenate([sums[100], tape.powers(sums[200], Fraction(2)), total])
    joined = grouped(parts(tape, wanted), tape.size, wanted)
    assert (values(tape, parts(tape, wanted))[wanted] == values(tape, joined)[wanted]).all()
    assert sum(part.size for part in joined if part.op == "total") == 3


def test_a_loop_is_the_same_as_an_array():
    """A matrix product entry by entry, against the one on arrays; one wrong entry is seen."""
    tape = Tape()
    a, b = (tape.variables([Fraction(1)] * 64).reshape(8, 8) for _ in "ab")
    entries = np.zeros((8, 8), np.int64)
    for i in range(8):
        for j in range(8):
            for k in range(8):
                entry = tape.sums(entries[i, j : j + 1].copy(), tape.products(a[i, k : k + 1], b[k : k + 1, j]))
                entries[i, j : j + 1] = entry
    whole = tape.matmul(a[None], b[None])[0]
    assert equal(tape, entries, whole, 0, Laws.NONE)[0].all()
    entries[3, 4] = entries[4, 3]
    assert equal(tape, entries, whole, 0, Laws.NONE)[0].sum() == 63


def test_large_arrays_are_left_as_they_are():
    """Nothing is gained there."""
    tape = Tape()
    x = tape.variables([Fraction(1)] * 1000)
    for _ in range(300):
        x = tape.sums(x, tape.powers(x, Fraction(2)))
    read = parts(tape, x)
    assert grouped(read, tape.size, x) is read

"""Parts of a tape in pieces are the same parts."""

from fractions import Fraction

import numpy as np
import pytest

from verify.tape import parts as parts_module
from verify.tape.enclosures import Enclosures
from verify.tape.fields import Laws, equal
from verify.tape.parts import parts, pieces
from verify.tape.tape import Tape


@pytest.fixture(params=[1, 2, 3, 7, 1000])
def _small_pieces(request, monkeypatch):
    monkeypatch.setattr(parts_module, "_PIECE", request.param)


def written():
    """Return a tape with sums of several lengths, functions, powers and a matrix product, and what it computes."""
    tape = Tape()
    x = tape.variables([Fraction(3 * n + 1, 10) for n in range(12)])
    e = tape.functions("exp", tape.products(x, x[::-1].copy()))
    sums = tape.totals(np.concatenate([x, e, x[:3]]), np.array([0, 1, 2, 9, 12, 20, 25]))
    inverse = tape.powers(sums, Fraction(-1))
    product = tape.matmul(x[:6].reshape(1, 2, 3), e[:6].reshape(1, 3, 2)).ravel()
    return tape, x, np.concatenate([inverse, product, tape.sums(e, x)])


@pytest.mark.usefixtures("_small_pieces")
def test_pieces_are_the_part():
    """Each element comes once, in order, with its arguments; no piece has more than one sum that is too long."""
    tape, _, wanted = written()
    for part in parts(tape, wanted):
        found = list(pieces(part))
        assert np.concatenate([piece.numbers for piece in found]).tolist() == part.numbers.tolist()
        assert sum(piece.size for piece in found) == part.size
        for place in range(len(part.args) if part.op != "matmul" else 0):
            joined = np.concatenate([piece.args[place] for piece in found])
            assert joined.tolist() == part.args[place].tolist()


@pytest.mark.usefixtures("_small_pieces")
def test_readings_are_the_same():
    """Floats with their radii, and what fields say: of right pairs and of one that is wrong in one entry."""
    tape, x, wanted = written()
    mid, rad = Enclosures(tape).of(wanted)
    again = tape.products(wanted, np.full(len(wanted), tape.constant(Fraction(2))))
    doubled = tape.sums(wanted, wanted)
    doubled[5] = tape.sums(doubled[5:6], x[:1])[0]
    same, bits = equal(tape, again, doubled, 0, Laws.NONE)
    assert same.tolist() == [place != 5 for place in range(len(wanted))]
    assert bits
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_module, "_PIECE", 2**16)
        expected = Enclosures(tape).of(wanted)
    assert np.array_equal(mid, expected[0])
    assert np.array_equal(rad, expected[1])

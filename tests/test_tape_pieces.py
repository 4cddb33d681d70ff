"""Parts of a tape in pieces are the same parts."""

from fractions import Fraction

import numpy as np
import pytest

from verify.tape import pieces as pieces_module
from verify.tape.enclosures import Enclosures
from verify.tape.fields import Laws, equal
from verify.tape.parts import parts
from verify.tape.pieces import pieces, slices_of_terms
from verify.tape.tape import Tape


@pytest.fixture(params=[1, 2, 3, 7, 1000])
def _small_pieces(request, monkeypatch):
    monkeypatch.setattr(pieces_module, "_PIECE", request.param)


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
        patch.setattr(pieces_module, "_PIECE", 2**16)
        expected = Enclosures(tape).of(wanted)
    assert np.array_equal(mid, expected[0])
    assert np.array_equal(rad, expected[1])


def multiplied(shape):
    """Return a tape, two stacks of matrices, of which one has two roots, and their product."""
    stacks, rows, terms, columns = shape
    tape = Tape()
    x = tape.variables([Fraction(n + 2, 7) for n in range(stacks * rows * terms)])
    a = np.concatenate([tape.powers(x[:2], Fraction(1, 2)), x[2:]]).reshape(stacks, rows, terms)
    b = tape.variables([Fraction(n + 1, 5) for n in range(stacks * terms * columns)]).reshape(stacks, terms, columns)
    return tape, a, b, tape.matmul(a, b)


@pytest.mark.usefixtures("_small_pieces")
@pytest.mark.parametrize("shape", [(1, 2, 9, 2), (1, 9, 2, 2), (1, 2, 2, 9), (3, 4, 5, 6), (7, 1, 1, 1)])
def test_blocks_of_matrix_products_are_all_products(shape):
    """Each element comes once, with its row and its column, of all matrices and of some of their rows and columns."""
    tape, a, b, c = multiplied(shape)
    for wanted in (c.ravel(), c[:, ::2, 1::2].ravel()):
        found = {}
        for piece in pieces(parts(tape, wanted)[-1]) if wanted.size else ():
            left, right = piece.args
            entries = [
                (row.tolist(), column.tolist()) for r, s in zip(left, right, strict=True) for row in r for column in s.T
            ]
            assert not found.keys() & set(piece.numbers.tolist())
            found.update(zip(piece.numbers.tolist(), entries, strict=True))
        of = {int(c[s, n, m]): (a[s, n].tolist(), b[s, :, m].tolist()) for s, n, m in np.ndindex(c.shape)}
        assert found == {element: of[element] for element in wanted.tolist()}


@pytest.mark.usefixtures("_small_pieces")
@pytest.mark.parametrize("laws", [Laws.NONE, Laws.ROOTS])
@pytest.mark.parametrize("shape", [(1, 2, 9, 2), (1, 5, 2, 2), (1, 2, 2, 5), (2, 3, 3, 3)])
def test_matrix_products_in_blocks_are_sums_of_products(shape, laws):
    """In fields, also where walks do not count for want of a root; one product with a wrong last term is none of them."""
    tape, a, b, c = multiplied(shape)
    rows = np.broadcast_to(a[:, :, None, :], (*c.shape, a.shape[2])).reshape(-1, a.shape[2])
    columns = np.broadcast_to(b.swapaxes(1, 2)[:, None], (*c.shape, a.shape[2])).reshape(-1, a.shape[2])
    wrong = rows.copy()
    wrong[1, -1] = rows[1, 0]
    for left, right in ((rows, [True] * c.size), (wrong, [place != 1 for place in range(c.size)])):
        sums = tape.sums_of_rows(tape.products(left.ravel(), columns.ravel()).reshape(rows.shape))
        assert equal(tape, c.ravel(), sums, 0, laws)[0].tolist() == right


@pytest.mark.usefixtures("_small_pieces")
def test_slices_of_terms_are_all_terms():
    """Joined they are the two matrices."""
    a, b = np.arange(24).reshape(2, 3, 4), np.arange(40).reshape(2, 4, 5)
    slices = list(slices_of_terms(a, b))
    assert np.array_equal(np.concatenate([left for left, _ in slices], axis=2), a)
    assert np.array_equal(np.concatenate([right for _, right in slices], axis=1), b)

"""Entries of an array of a tape move as numbers do in NumPy's arrays, and no symbol is made of them."""

import copy
from fractions import Fraction

import numpy as np
import pytest
from taped_arrays import SHAPE, elements

from verify.model.errors import TraceError
from verify.tracing import patches
from verify.tracing.arrays import arrays

BUFFER = np.zeros((6, 4))


MOVES = {
    "slices": lambda a: a[1:, ::-2],
    "a new axis": lambda a: a[:, None, 1],
    "ellipsis": lambda a: a[..., 0],
    "transpose": lambda a: a.T[1:],
    "swapped axes": lambda a: a.swapaxes(0, 1),
    "a reshaped view": lambda a: a.reshape(2, 6)[1],
    "a reshaped copy": lambda a: a.T.reshape(2, 6),
    "ravel": lambda a: a.ravel(),
    "ravel of a transpose": lambda a: a.T.ravel(),
    "ravel in memory order": lambda a: a.T.ravel("K"),
    "flatten": lambda a: a.flatten("F"),
    "a copy": lambda a: a.copy("F"),
    "copy.copy": lambda a: copy.copy(a.T),
    "places": lambda a: a[[2, 0, 2]],
    "places on two axes": lambda a: a[[2, 0], [1, 3]],
    "places and slices": lambda a: a[1:, [3, 0]],
    "a mask": lambda a: a[np.arange(12).reshape(SHAPE) % 3 > 0],
    "a row mask": lambda a: a[np.array([True, False, True])],
    "True": lambda a: a[True],
    "no entries": lambda a: a[3:, [0, 1]],
    "squeezed": lambda a: a[:1].squeeze(),
    "its own shape": lambda a: (setattr(b := a.copy(), "shape", (4, 3)), b)[1],
    "a view": lambda a: a.view()[2:],
    "real": lambda a: a.real,
    "as floats": lambda a: a.astype(float),
    "as floats, not copied": lambda a: a.astype(a.dtype, copy=False)[1],
    "rows": lambda a: list(a)[1],
    "concatenated": lambda a: np.concatenate([a, a.T[:3, :3]], axis=1),
    "stacked": lambda a: np.stack([a, a[::-1]]),
    "padded": lambda a: np.pad(a, 1),
    "repeated": lambda a: np.repeat(a, 2, axis=0),
    "rolled": lambda a: np.roll(a, 1, axis=1),
    "windows": lambda a: np.lib.stride_tricks.sliding_window_view(a, (2, 2)),
    "broadcast": lambda a: np.broadcast_to(a, (2, *SHAPE)),
    "np.array": lambda a: np.array(a),
    "np.asarray of a list": lambda a: np.asarray([a[0], a[1]]),
    "np.transpose": lambda a: np.transpose(a, (1, 0))[1:],
    "np.reshape": lambda a: np.reshape(a, (4, 3)),
    "np.ravel": lambda a: np.ravel(a.T),
    "np.squeeze": lambda a: np.squeeze(a[:1], axis=0),
    "np.expand_dims": lambda a: np.expand_dims(a, 1),
    "np.rot90": lambda a: np.rot90(a),
    "np.flip": lambda a: np.flip(a, 0),
    "np.atleast_3d": lambda a: np.atleast_3d(a),
    "np.vstack": lambda a: np.vstack([a, a[:1]]),
    "np.column_stack": lambda a: np.column_stack([a[:, 0], a[:, 1]]),
    "np.tile": lambda a: np.tile(a, (2, 1)),
    "np.take": lambda a: np.take(a, [[0, 2]], axis=0),
    "np.take of a list of places": lambda a: np.take(a, np.array([5, 1, 5])),
    "np.take_along_axis": lambda a: np.take_along_axis(a, np.array([[0], [2], [1]]), axis=1),
    "np.delete": lambda a: np.delete(a, 1, axis=0),
    "np.triu": lambda a: np.triu(a, 1),
    "padded at the edge": lambda a: np.pad(a, 1, mode="edge"),
    "np.moveaxis": lambda a: np.moveaxis(a, 0, 1),
    "taken": lambda a: a.take([1, 2], axis=1),
    "np.tril": lambda a: np.tril(a),
    "np.diag": lambda a: np.diag(a[0]),
    "split": lambda a: np.split(a, 2, axis=1)[1],
}


@pytest.mark.parametrize("writing", [False, True])
@pytest.mark.parametrize("name", MOVES)
def test_entries_move_as_in_an_array_of_numbers(x, name, writing):
    """What NumPy shows and copies of an array of numbers is shown and copied of symbols, and written through views."""
    numbers = np.array(elements(x)).reshape(SHAPE)
    with arrays.running(None):
        expected = MOVES[name](numbers)
    actual = MOVES[name](x)
    assert actual.shape == expected.shape
    if writing and expected.flags.writeable:
        actual[..., :1] = 5
        expected[..., :1] = x.memory.trace.constant(Fraction(5)) if x.memory else arrays.lift(5).node
    assert elements(actual) == expected.ravel().tolist()
    assert elements(x) == numbers.ravel().tolist()
    assert arrays.layout(actual).flags.f_contiguous == expected.flags.f_contiguous


@pytest.mark.parametrize(
    "name",
    sorted(
        MOVES.keys()
        - {"windows", "broadcast", "np.array", "np.asarray of a list", "np.diag", "split", "padded at the edge"}
    ),
)
def test_no_symbol_is_made_of_what_is_moved(x, name):
    """What the layers in use do to arrays leaves numbers where they are."""
    MOVES[name](x)
    assert x.memory is not None
    assert x.memory.elements is not None


def test_a_constant_that_is_padded_with_is_no_number_of_an_element(taped):
    """Where NumPy puts other numbers than 0 between the entries, they are constants of the code."""
    trace, x = taped
    padded = np.pad(x, 1, constant_values=2)
    assert trace.number(elements(padded)[0]) == 2
    assert np.pad(x, 1).tolist()[0][0].node == trace.constant(Fraction(0))


PLACES = {
    "np.concatenate": lambda a, out: np.concatenate([a, a], 0, out),
    "np.stack": lambda a, out: np.stack([a[0], a[1], a[2], a[0], a[1], a[2]], 0, out),
    "np.take": lambda a, out: np.take(a, [0, 1, 2, 0, 1, 2], 0, out),
}


@pytest.mark.parametrize("name", PLACES)
def test_an_array_of_floats_gets_no_numbers_of_elements(x, name):
    """A place for the result that the code has made before is refused; one made in the run gets the elements."""
    with pytest.raises(TraceError):
        PLACES[name](x, BUFFER)
    assert not BUFFER.any()
    with patches.in_force(0):
        place = np.zeros(BUFFER.shape)
        PLACES[name](x, place)
    assert elements(place) == elements(x) * 2

"""Arrays of a tape hold numbers beside a memory of NumPy's: it computes what symbols do, and tells nobody anything."""

import array
import copy
import math
import operator
import pickle
import struct
from fractions import Fraction

import numpy as np
import pytest
from taped_arrays import SHAPE, elements

from verify.model.errors import ForeignSymbolError, TraceError
from verify.tracing.arrays import arrays, numbered
from verify.tracing.symbols.taped import TapedTrace

# What compiled code, or a library that calls `np.asarray`, may do with the array.
PAST_PROTOCOLS = {
    "==": lambda a: a == a.copy(),
    "== 0": lambda a: a == 0,
    "!=": lambda a: a != 0.0,
    "<": lambda a: a < 1,
    "+": lambda a: a + 1,
    "@": lambda a: a @ a.T,
    "np.add": lambda a: np.add(a, np.ones(a.shape)),
    "np.exp": np.exp,
    "np.isnan": np.isnan,
    "np.maximum": lambda a: np.maximum(a, 0),
    "np.maximum of itself": lambda a: np.maximum(a, a),
    "np.sign": np.sign,
    "np.logical_and": lambda a: np.logical_and(a, True),
    "np.equal.outer": lambda a: np.equal.outer(a, a),
    "np.add.reduce": np.add.reduce,
    "np.vectorize": lambda a: np.vectorize(lambda v: v * 2)(a),
    "np.sort": np.sort,
    "np.argsort": np.argsort,
    "np.partition": lambda a: np.partition(a, 1),
    "np.lexsort": lambda a: np.lexsort((a[0], a[0])),
    "np.unique": np.unique,
    "np.searchsorted": lambda a: np.searchsorted(a[0], 1.0),
    "np.isin": lambda a: np.isin(a, [1.0]),
    "np.array_equal": lambda a: np.array_equal(a, a.copy()),
    "np.allclose": lambda a: np.allclose(a, a),
    "np.where": lambda a: np.where(a, 1, 0),
    "np.nonzero": np.nonzero,
    "np.count_nonzero": np.count_nonzero,
    "np.copyto": lambda a: np.copyto(np.zeros(a.shape), a, casting="unsafe"),
    "np.bincount": lambda a: np.bincount(a.ravel()),
    "np.interp": lambda a: np.interp(a.ravel(), [0, 1], [0, 1]),
    "np.fft": np.fft.fft,
    "np.linalg": lambda a: np.linalg.inv(a[:, :3]),
    "np.einsum": lambda a: np.einsum("ij,ij->i", a, a),
    "np.median": np.median,
    "np.cumsum": np.cumsum,
    "np.diff": np.diff,
    "np.choose": lambda a: np.choose(a, [1, 2]),
    "np.random": np.random.normal,
    "np.save": lambda a: np.save("/dev/null", a),
    "np.array of entries": lambda a: np.array([a[0, 0], 1.0]),
    "np.full": lambda a: np.full(3, a[0, 0]),
    "np.fromiter": lambda a: np.fromiter(a.ravel(), float),
    "an index": lambda a: np.arange(9)[a],
    "argmax": lambda a: a.argmax(),
    "max": lambda a: a.max(),
    "sum": lambda a: a.sum(),
    "mean": lambda a: a.mean(),
    "dot": lambda a: a.dot(a.T),
    "clip": lambda a: a.clip(0, 1),
    "round": lambda a: a.round(),
    "any": lambda a: a.any(),
    "all": lambda a: a.all(),
    "astype float": lambda a: a.astype(float),
    "astype int": lambda a: a.astype(int),
    "astype bool": lambda a: a.astype(bool),
    "astype complex": lambda a: a.astype(complex),
    "astype str": lambda a: a.astype(str),
    "astype bytes": lambda a: a.astype("S"),
    "astype void": lambda a: a.astype("V8"),
    "astype dates": lambda a: a.astype("M8[s]"),
    "view void": lambda a: a.view("V8"),
    "view int": lambda a: a.view(np.int64),
    "into floats": lambda a: operator.setitem(np.zeros(a.shape), ..., a),
    "written to": lambda a: operator.setitem(a, 0, 1.0),
    "written in place": lambda a: operator.iadd(a, 1),
    "put": lambda a: a.put([0], [1]),
    "sorted in place": lambda a: a.sort(),
    "shuffled": lambda a: np.random.default_rng(0).shuffle(a),
    "permuted": lambda a: np.random.default_rng(0).permuted(a, out=a),
    "made writable": lambda a: a.setflags(write=True),
    "in": lambda a: 1.0 in a,
    "pickle": pickle.dumps,
    "dumps": lambda a: a.dumps(),
    "deepcopy": copy.deepcopy,
    "array.array": lambda a: array.array("d", a.ravel()),
    "struct": lambda a: struct.pack("d", a[0, 0]),
    "math.fsum": lambda a: math.fsum(a.ravel()),
    "sorted": lambda a: sorted(a.ravel()),
    "min": lambda a: min(a.ravel()),
    "set": lambda a: set(a.ravel()),
    "float": lambda a: float(a[0, 0]),
    "bool": lambda a: bool(a[0, 0]),
    "an operation on an entry": lambda a: a[0, 0] + 1,
    "an attribute of an entry": lambda a: a[0, 0].exp(),
    "entries in lists of two arrays": lambda a: a.tolist() == np.asarray(arrays.built(range(12), SHAPE)).tolist(),
}


@pytest.mark.parametrize("name", PAST_PROTOCOLS)
def test_nothing_is_read_past_the_protocols(x, name):
    """Whatever computes with the memory itself fails, and so does the run, or the array is what it was."""
    before = elements(x)
    with pytest.raises((TraceError, TypeError, ValueError, IndexError, SystemError, struct.error)):
        PAST_PROTOCOLS[name](arrays.layout(x))
    assert elements(x) == before


def test_what_has_no_entry_may_be_made_writable():
    """NumPy lets code say that an empty array may be written to, and so does a tape."""
    trace = TapedTrace()
    with arrays.running(trace):
        empty = arrays.built([], (2, 0))
        empty.setflags(write=True)
        assert empty.flags.writeable


COPIES = {
    "a copy": lambda a: a.copy(),
    "places": lambda a: a[[2, 1, 0]],
    "np.where": lambda a: np.where(np.eye(3, 4) > 0, a, 0),
    "np.frompyfunc": lambda a: np.frompyfunc(lambda entry: entry, 1, 1)(a),
    "np.nan_to_num": lambda a: np.nan_to_num(a),
}


@pytest.mark.parametrize("name", COPIES)
def test_what_only_moves_entries_says_nothing(x, name):
    """What was only moved by compiled code is refused where it is used, also if the code goes on after that."""
    with pytest.raises(TraceError, match="past NumPy's protocols|among symbols"):
        x[...] = COPIES[name](arrays.layout(x))
    assert TraceError.raised


def test_a_copy_of_the_class_has_no_entries(x):
    """Compiled code may copy an array of symbols as one: it is refused too."""
    copied = arrays.layout(x).copy().view(type(x))
    copied.__array_finalize__(x)
    for use in (lambda: copied + 1, lambda: copied[0], lambda: copied.tolist(), lambda: arrays.bare(copied)):
        with pytest.raises(TraceError, match="past NumPy's protocols"):
            use()


@pytest.mark.parametrize("kind", [0, 1.5, Fraction(1, 3), np.float64(2), np.arange(12).reshape(SHAPE), [0.5] * 4])
def test_plain_numbers_are_written(taped, kind):
    """Numbers become constants of the tape; symbols stay what they are."""
    trace, x = taped
    x[...] = kind
    expected = np.broadcast_to(np.asarray(kind, float), SHAPE).ravel()
    assert [float(trace.number(node)) for node in elements(x)] == expected.tolist()


def test_views_are_settled_together(x):
    """Where symbols are put into the memory, all views of it have them, and are written through as before."""
    view, before = x[1:, ::-1], elements(x)
    arrays.bare(x)
    assert x.memory is None
    view[0, 0] = 7
    assert elements(x) == [*before[:7], arrays.lift(7).node, *before[8:]]
    assert x.flags.writeable
    assert view.flags.writeable


def test_memory_of_another_run_is_foreign(x):
    """An array that code has kept is no array of the next run, whatever is done with it."""
    with arrays.running(TapedTrace()):
        fresh = arrays.built([0, 1], (2,))
        for use in (
            lambda: x + 1,
            lambda: np.add.reduce(x),
            lambda: fresh + x[0, :2],
            lambda: operator.setitem(fresh, ..., x[0, :2]),
        ):
            with pytest.raises(ForeignSymbolError):
                use()


def test_each_memory_has_an_object_of_its_own(x):
    """Lists of Python take an object for equal to itself without asking."""
    other = arrays.built(range(12), SHAPE)
    assert arrays.layout(x).item(0) is not arrays.layout(other).item(0)
    assert isinstance(arrays.layout(x).item(0), numbered._Refused)


def test_where_numbers_are_not_as_long_as_objects_there_are_symbols(taped, monkeypatch):
    """With 32 bits, arrays of a tape have their symbols from the start, and compute the same."""
    trace, x = taped
    monkeypatch.setattr(numbered, "IS_POSSIBLE", False)
    y = arrays.built(elements(x), SHAPE)
    assert y.memory is None
    assert elements((y * 2).sum(axis=0)) == list(range(len(trace) - SHAPE[1], len(trace)))

"""Raw memory of symbols: no way to it leads to a proof, and no compiled code gets at it."""

import types
from fractions import Fraction

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict
from verify.model.errors import TraceError
from verify.tracing.arrays import arrays
from verify.tracing.symbols.trace import Trace

# Every way to the bytes of an array, as code that branches on what it reads there.
WAYS = """
x.ctypes.data_as(ctypes.POINTER(ctypes.c_double))[0] > 0.5
ctypes.c_double.from_address(x.ctypes.data).value > 0.5
ctypes.c_double.from_buffer(x).value > 0.5
ctypes.c_double.from_buffer_copy(x).value > 0.5
(ctypes.c_double * 2).from_buffer(x)[0] > 0.5
memoryview(x)[0] > 0.5
memoryview(x).tobytes() > b"1"
x.data[0] > 0.5
bytes(x) > b"1"
bytearray(x)[7] > 63
x.tobytes() > b"1"
array.array("B", x.tobytes())[7] > 63
struct.unpack("d", x[:1])[0] > 0.5
struct.unpack_from("d", x)[0] > 0.5
int.from_bytes(x, "little") > 2**120
hashlib.sha256(x).digest() > b"1"
zlib.crc32(x) > 2**31
binascii.hexlify(x) > b"1"
b"".join([x]) > b"1"
io.BytesIO(x).read() > b"1"
np.frombuffer(x)[0] > 0.5
np.frombuffer(memoryview(x))[0] > 0.5
np.ndarray(x.shape, float, buffer=x)[0] > 0.5
np.ndarray(x.shape, float, x)[0] > 0.5
np.array(memoryview(x))[0] > 0.5
np.asarray(types.SimpleNamespace(__array_interface__=x.__array_interface__))[0] > 0.5
np.asarray(types.SimpleNamespace(__array_struct__=x.__array_struct__))[0] > 0.5
np.from_dlpack(x)[0] > 0.5
x.__dlpack__() is None
x.__dlpack_device__() is None
x.__array_interface__["data"][0] > 5
x.__array_struct__ is None
x.view(np.int64)[0] > 5
x.view("u8")[0] > 5
x.view(dtype=np.uint8)[7] > 63
x.getfield(np.float32)[0] > 0.5
x.byteswap()[0] > 0.5
x.dumps() > b"1"
pickle.dumps(x) > b"1"
pickle.dumps(x, 5) > b"1"
pickle.dumps(x, 5, buffer_callback=lambda b: None) > b"1"
pickle.PickleBuffer(x).raw()[7] > 63
x.__reduce__()[2] is None
x.__reduce_ex__(5)[1] is None
marshal.dumps(x) > b"1"
x.base is not None
x[:1].base[0] > 0.5
np.save(io.BytesIO(), x) is not None
np.ndarray.tobytes(x) > b"1"
np.lib.array_utils.byte_bounds(x)[0] > 5
hash(x) > 5
x.tofile(os.devnull) is not None
np.ndarray.__array_interface__.__get__(x)["data"][0] > 5
setattr(x, "dtype", np.int64) is not None
""".strip().split("\n")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("way", some(WAYS, 8))
def test_no_way_to_the_bytes_is_proved(way):
    """Code that branches on bytes is not proved: on some inputs it takes the other side, and no condition says so."""
    source = f"def seen(x):\n    import ctypes, array, struct, hashlib, zlib, binascii, io, pickle, marshal, os, types\n    return {way}\n"
    space = {}
    exec(compile(source, __file__, "exec"), globals(), space)
    seen = space["seen"]

    @verify.case(x="2")
    def branching(x):
        low = seen(x)
        dout = yield x * 1.0
        return dout * 2 if low == "never" else dout

    result = verify.check(branching, 0)
    assert {row.verdict for row in result.comparisons} <= {Verdict.UNDECIDED, Verdict.ERROR}


def test_what_catches_the_refusal_is_not_proved_either():
    """Code that goes on after the error of a memory view is not what it is on floats."""

    @verify.case(x="2")
    def catching(x):
        try:
            big = memoryview(x)[0] > 1
        except Exception:  # noqa: BLE001
            big = False
        dout = yield x * 1.0
        return dout * 3 if big else dout

    [row] = verify.check(catching, 0).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert "buffer" in row.evidence.detail or "buffer" in str(row.evidence)


def test_without_the_guard_it_would_be_proved(monkeypatch):
    """The same code passes for right where the way to the bytes is open, which plants what the guards are there for."""
    monkeypatch.setattr(arrays.SymbolArray, "__array_interface__", {"data": (0, False)})

    @verify.case(x="2")
    def branching(x):
        low = x.__array_interface__["data"][0] > 2**62
        dout = yield x * 1.0
        return dout * 2 if low else dout

    assert {row.verdict for row in verify.check(branching, 0).comparisons} == {Verdict.PROVED}


def test_compiled_code_is_told_no_type():
    """Code of numba that asks an array for its type gets none: it would compute with pointers."""
    numba = types.ModuleType("numba.core.typing.typeof")
    exec("def typeof(value): return value.dtype", vars(numba))
    trace = Trace()
    with arrays.running(trace):
        x = arrays.built([trace.input("x", Fraction(1))], (1,))
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(__import__("sys").modules, "numba", numba)
            with pytest.raises(TraceError, match="compiled code"):
                numba.typeof(x)
            assert x.dtype == np.float64


@pytest.mark.filterwarnings("ignore")
def test_kernels_of_numba_end_no_worker():
    """A kernel that was compiled before the run, in place or not, is undecided."""
    numba = pytest.importorskip("numba")
    double = numba.njit(lambda x: 2 * x)
    double(np.ones(3))

    @numba.njit
    def scale(x):
        for i in range(x.size):
            x[i] = 2 * x[i]

    scale(np.ones(3))

    @verify.case(x="3")
    def calling(x):
        dout = yield double(x)
        return 2 * dout

    @verify.case(x="3")
    def in_place(x):
        out = x * 1.0
        scale(out)
        dout = yield out
        return 2 * dout

    for case in (calling, in_place):
        [row] = verify.check(case, 0).comparisons
        assert row.verdict is Verdict.UNDECIDED
        assert "compiled code" in str(row.evidence)


def test_vectorize_without_types_takes_that_of_the_first_entry():
    """A first result that is a whole number truncates all others, which the formulas do not have: undecided."""
    clip = np.vectorize(lambda a: a if a > 0 else 0)
    right = np.vectorize(lambda a: a if a > 0 else 0.0)

    def case(function):
        @verify.case(x="3")
        def clipped(x):
            dout = yield function(x)
            return dout * (x > 0)

        return clipped

    def verdicts(function):
        return {row.verdict for row in verify.check(case(function), 0).comparisons}

    assert verdicts(right) == {Verdict.PROVED}
    assert Verdict.UNDECIDED in verdicts(clip)
    assert Verdict.REFUTED not in verdicts(clip)


def test_constants_stay_constants():
    """Random numbers may be drawn by probabilities that were computed from constants, whatever computed them."""

    @verify.case(x="3")
    def sampled(x):
        p = np.array([0.5, 0.2, 0.3])
        p = np.power(p, 0.75)
        chosen = np.random.choice(3, p=p / p.sum())
        dout = yield x[chosen]
        dx = np.zeros(3)
        dx[chosen] = dout
        return dx

    @verify.case(x="3")
    def by_softmax(x):
        p = np.exp(np.zeros(3) - np.sqrt(np.full(3, 2.0)))
        scale = float(np.log(np.full(1, 3.0))[0])
        kept = np.random.binomial(1, p / p.max(), 3)
        dout = yield x * kept * scale
        return dout * kept * scale

    @verify.case(x="3")
    def by_input(x):
        kept = np.random.binomial(1, 1 / (1 + x * x), 3)
        dout = yield x * kept
        return dout * kept

    assert {row.verdict for row in verify.check(sampled, 0).comparisons} == {Verdict.PROVED}
    assert all(row.verdict.good for row in verify.check(by_softmax, 0).comparisons)
    [row] = verify.check(by_input, 0).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert "the code draws random numbers with a parameter that depends on the inputs" in str(row.evidence)

"""The tracer against NumPy: random programs, written from NumPy's own lists, give the same on symbols as on floats."""

import inspect
from collections import Counter
from itertools import product

import numpy as np
import pytest
from effort import LONG, chunks_of, some
from programs import arguments, calls
from programs.inventory import FUNCTIONS, UFUNCS, names_in_tables
from programs.judge import WrongError, program, step
from programs.writer import Writer

from verify.tracing import patches
from verify.tracing.arrays import arrays
from verify.tracing.numpy import elementwise, functions, protocol, reductions
from verify.tracing.symbols.taped import TapedTrace
from verify.tracing.symbols.trace import Trace

# Programs: whole 100,000, else 5,000 or 600; half of them on a tape too.
CHUNKS, CHUNK = chunks_of(1000, 600, many=100, every=20)


@pytest.fixture(autouse=True)
def quiet():
    """Let floats overflow, and NumPy warn of nothing."""
    with np.errstate(all="ignore"), patches.in_force(0):
        yield


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_random_programs_compute_what_numpy_does(chunk, record_property):
    """Every array and number of every program has the same value, shape and type, or the call is refused by name."""
    counts = Counter()
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        written = program(seed)
        counts["programs"] += 1
        counts["lines"] += len(written.lines)
        counts["lines refused by name"] += len(written.refused)
        counts["lines that raise, as in NumPy"] += sum(text.endswith("# raises") for text in written.lines)
    record_property("counts", dict(counts))
    assert counts["lines"] > 2 * CHUNK
    assert counts["lines refused by name"] < counts["lines"] / 3


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("chunk", CHUNKS)
def test_random_programs_compute_the_same_on_a_tape(chunk, record_property):
    """The same programs on whole arrays: every element has the value that NumPy gives, or the tape ends by name."""
    counts = Counter()
    for seed in range(chunk * CHUNK, chunk * CHUNK + CHUNK // 2):
        written = program(seed, trace=TapedTrace)
        counts["lines"] += len(written.lines)
        counts["lines refused by name"] += len(written.refused)
    record_property("counts", dict(counts))
    assert counts["lines refused by name"] < counts["lines"] / 3


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", some([*FUNCTIONS, *UFUNCS], 24))
def test_every_function_is_called(name):
    """Each function of NumPy's lists, and so each of the tracer's tables, is called in programs of its own."""
    make = calls.ufunc if name in UFUNCS else calls.call
    for seed, trace in product(range(60 if LONG else 3), (Trace, TapedTrace)):
        writer = Writer(f"{name} {seed}", trace=trace)
        step(writer, f"v0 = {make(writer, name)}")


def test_every_argument_has_a_maker():
    """A function that is new to NumPy or the tracer fails here, until it is stated what its arguments may be."""
    unknown = [
        f"{name}.{parameter}"
        for name, function in FUNCTIONS.items()
        for parameter in inspect.signature(function).parameters
        if parameter not in arguments.LEFT_ALONE
        and parameter not in arguments.ARGUMENT
        and f"{name}.{parameter}" not in arguments.OF_FUNCTION
        and name != "np.einsum"
    ]
    assert unknown == []


def test_the_tables_of_the_tracer_are_covered():
    """Whatever the tracer has a rule for is in the lists that programs are written from."""
    called = {name.rpartition(".")[2] for name in [*FUNCTIONS, *UFUNCS]}
    only_others = {
        "erf",
        "erfc",
        "expit",
        "xlogy",
        "r_",
        "c_",
        "nditer",
        "frombuffer",
        "fromiter",
    }  # SciPy's, or in other tests
    assert set(names_in_tables()) - called - only_others == set()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("table", "name", "wrong"),
    [
        (elementwise.BINARY, "subtract", elementwise.BINARY["add"]),
        (elementwise.BINARY, "fmod", elementwise.BINARY["remainder"]),
        (reductions._REDUCERS, "maximum", reductions._REDUCERS["minimum"]),
        (functions.FUNCTIONS, "inner", functions.FUNCTIONS["dot"]),
        (functions.FUNCTIONS, "median", functions.FUNCTIONS["mean"]),
        (functions.FUNCTIONS, "cumsum", functions.FUNCTIONS["cumprod"]),
    ],
)
def test_a_wrong_rule_is_found(monkeypatch, table, name, wrong):
    """Programs of a function fail where the tracer computes another in its place."""
    monkeypatch.setitem(table, name, wrong)
    protocol._own.cache_clear()
    full = f"np.{name}"
    make = calls.ufunc if full in UFUNCS else calls.call
    try:
        with pytest.raises((WrongError, AssertionError)):
            for seed in range(200):
                writer = Writer(f"planted {seed}")
                step(writer, f"v0 = {make(writer, full)}")
    finally:
        protocol._own.cache_clear()


# What the programs found, each as small as it could be made.
FOUND = """
np.inner(1.5, q)
np.inner(q, s)
x.compress([True, False, True], axis=1)
x.var(mean=x.mean(axis=0), axis=0)
np.average(x, axis=1, keepdims=True)
np.average(q, axis=(0, 1), weights=q)
np.average(x, axis=0, weights=[1., 2.], returned=True)
np.median(q, axis=(1,))
np.median(t, axis=(0, -1), keepdims=True)
np.logaddexp.reduce(w)
np.logaddexp.reduce(q, axis=1, keepdims=True)
np.logaddexp.reduce(q, axis=1, initial=-2, where=q > 0)
np.logaddexp2.reduce(x, initial=-2, where=np.array([[False, True, True], [False, True, False]]))
np.maximum.reduce(x, axis=0, initial=-1., where=x > 0)
np.add.reduceat(w, [0, 2, 1])
np.subtract.accumulate(x, axis=1)
np.fabs(w)
np.negative.at(w, [0, 0, 1])
np.add.outer(x, w, dtype=np.float64)
np.divmod(x, 2.)
np.linalg.outer(w, w)
np.linalg.vecdot(x, x, axis=0)
np.argmax(a=w)
np.argsort(a=w, kind=None)
np.isclose(w, w, 0.1, 0.2)
np.allclose(w, w, 0.1)
np.array_equal(w, a2=w)
np.greater(w, x, out=np.zeros((2, 3)))
np.concatenate([w, [s]])
np.concatenate([[s, 1.], w])
np.append(w, [s, s])
np.clip(w, -1, 1, w)
np.add(w, w, w)
np.trace(q, 1, dtype=np.float64)
np.around(s, out=np.zeros(()))
np.ravel(np.zeros_like(x.T, order='F') + x.T, order='K')
np.rint(np.array([0.5, 1.5, 2.5]) + 0 * w)
np.apply_along_axis(np.max, 0, w)
np.block([[s, 1.]])
w.view(np.ndarray) * 2
w.conj()
np.imag(x)
np.dot(e, e)
np.vdot(e, e)
np.logical_or([s, s], 3.)
np.isfinite([s, s])
np.linalg.inv(np.eye(3) * 2)
np.linalg.inv(np.eye(3)) @ w
np.sum(a=w)
np.var(a=x, axis=0)
np.median(a=[s, s])
np.linalg.norm([s, s, 1.])
np.quantile(w, 0.3, method='inverted_cdf', weights=[1., 2., 1.])
np.roll([s, 1.], 1)
np.dot([s, 1.], [s, 2.])
np.concatenate([[s, 1.], [s]])
np.diff(w, 0)
np.multiply(list(t), t[::-1, :1])
np.vecdot(q, w, axis=0)
np.vecdot(t, x, axis=-2)
np.linalg.vecdot(w, q, axis=0)
np.cumprod(s, axis=0)
np.full(3, x[::2, :])
np.full_like(w, t[:1, 0, ::-1])
np.max(w > 0, initial=1.5, out=np.zeros(()))
np.astype(s, bool)
np.median(x[:0], -1)
np.linalg.norm(x[:0, 0], np.inf)
np.nanmin(x[:0], initial=0)
np.append(x[:0], w)
np.pad(x[:0, 0], 1, constant_values=2.)
np.require(w, float)
np.add(q, 1, order='F').ravel('K')
np.add(q.T, 1, order='C').ravel('K')
np.matmul(q, q, order='F').ravel('K')
x.T.astype(bool).ravel('K')
np.argpartition(t.ravel(), [0, 1])
np.partition(t, 4, None)
np.argsort(np.round(t.ravel() / 2))
np.argpartition(np.round(t.ravel() / 2), 6)
np.angle(x)
np.signbit(np.outer(np.eye(3) + 1, w))
q.take(1)
np.subtract.reduce(q, axis=1)
np.divide.reduceat(x, [0, 1, 1], axis=1)
np.remainder.reduce(w)
x.max(axis=0, initial=-2)
t.min(initial=0., where=(t != t))
np.nanmean(s, axis=0)
np.arange(3, dtype=np.float32, like=w)
np.arange(s + 3, dtype=np.float32)
""".strip().split("\n")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", FOUND)
def test_what_programs_found_stays_mended(code):
    """A call that was traced wrongly, or ended with an error of the tracer's own, is followed."""
    writer = _with_all_inputs()
    assert step(writer, f"v0 = {code}") is not None
    assert not writer.refused


WRITTEN = """
w.flat[[0, 1]] = w[w > 99]
w[[0, 0, 1]] += 1
x += x[::-1]
q *= q.T
q[...] = q.T
t[:, 1] -= t[:, 0]
np.add.at(w, [0, 0, 2], w)
np.copyto(x, w, where=x > 0)
np.put(w, [0, -1], [s, 2.])
x.T[[0, 2], 1] = s
w[::-1] = w
w[1:] += w[:-1]
np.cumsum(w, out=w)
np.subtract(q, q.T, out=q)
np.multiply(x, 2, x)
np.putmask(w, w > 0, w * 2)
w[:0].flat[[0, 1]] = x[:0]
np.require(w, float)[0] = 1.
q.astype(float, order='F', copy=False)[0] = 1.
w.astype('f8', 'K', 'unsafe', True, False)[0] = 1.
np.add(q[:-1], q[1:], out=q[1:])
np.add(w[1:], 1, out=w[:-1], where=w[1:] > 0)
np.add.reduceat(q, [0, 1, 2], 0, None, q)
np.fill_diagonal(q, w, wrap=True)
np.put(w, [0, 5], [1., 2.], mode='wrap')
t[..., None, [0, 2]] += 1
t[np.ix_([1, 0], [0, 1], [2, 0])] = 1
t[[0], None, :, 1] = x[:1, None, :2]
""".strip().split("\n")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", WRITTEN)
def test_writes_reach_what_they_reach_in_numpy(code):
    """Writes through views, at places named twice, and into what is read give all arrays the entries that NumPy does."""
    writer = _with_all_inputs()
    step(writer, "view = [w[1:], x.T, q[::2]]")
    step(writer, code)
    assert not writer.refused


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", [*FOUND, *WRITTEN])
def test_a_tape_gives_the_same_or_ends(code):
    """What programs found has its values on a tape as well, or the tape ends there."""
    writer = _with_all_inputs(TapedTrace)
    step(writer, "view = [w[1:], x.T, q[::2]]")
    assert step(writer, code if code in WRITTEN else f"v0 = {code}") is not None


REFUSED = {
    "np.matvec(q, w, axes=[(0, 1), 0, 0])": "matvec",
    "np.matmul(q, w, out=w)": "matmul",
    "np.sum(x, dtype=int)": "sum",
    "np.median(x, overwrite_input=True)": "median",
    "np.percentile(x, 30, overwrite_input=True)": "percentile",
    "np.divide(x, 2, where=x > 0, out=None, dtype=np.float64)": None,
    "np.power.reduce(w)": "power",
    "np.hypot.reduceat(w, [0, 1])": "hypot",
    "np.frexp(w)": "frexp",
    "np.linalg.eig(q)": "eig",
    "math.ulp(s)": "",
    "np.mean(x[:0])": "mean",
    "np.corrcoef([x[:0, 0], x[:0, 1]])": "corrcoef",
    "np.nanvar([x[0, :0], x[1, :0]], axis=1)": "nanvar",
    "np.einsum('ii->i', q[:0])": "einsum",
    "np.pad(w, 1, 'empty')": "pad",
    "np.pad(w[:0], 1, 'empty')": "pad",
    "np.linalg.vector_norm(list(t), ord=0)": "vector_norm",
    "np.angle(np.trunc(w / 9))": "angle",
    "np.copysign(w, np.trunc(w / 9))": "copysign",
    "np.signbit(np.outer(np.eye(3), w))": "signbit",
    "np.polyfit(w, w, 1, cov=True)": "polyfit",
    "np.polydiv(w, w.astype(np.float32))": "polydiv",
    "np.corrcoef(x - x)": "corrcoef",
    "np.corrcoef(x - np.minimum(x, x))": "corrcoef",
}
NEWER = {"descending": {f"np.{name}(w, descending=True)": name for name in ("sort", "argsort")}}  # of NumPy 2.5
for keyword, calls_of_it in NEWER.items():
    REFUSED |= calls_of_it if keyword in inspect.signature(np.sort).parameters else {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("code", "named"), REFUSED.items())
def test_what_is_not_followed_is_refused_by_name(code, named):
    """What the tracer has no rule for is refused with the name of the function, and gives no value."""
    writer = _with_all_inputs()
    step(writer, f"v0 = {code}")
    if named is not None:
        assert named in next(iter(writer.refused.values()))
        assert "v0" not in writer.symbols


RAISING = """
np.broadcast_to(w, (2, 3))[0] = 1.
np.diagonal(q)[...] = 1.
w[[0, 5]] = 1.
np.take(w, 5)
x.T.astype(int, casting='safe')
np.matmul(q, q, axis=0)
np.choose([0, 5], [w, 1.])
""".strip().split("\n")


@pytest.mark.parametrize("code", RAISING)
def test_what_numpy_refuses_raises(code):
    """What NumPy raises for on floats, of arguments that do not fit, is an error on symbols too."""
    writer = _with_all_inputs()
    step(writer, code)
    assert writer.lines[-1].endswith("# raises")


def test_ufuncs_of_others_are_not_taken_for_those_of_their_names():
    """A ufunc that is called add and computes something else is no np.add, whatever its name is."""
    writer = _with_all_inputs()
    add = np.frompyfunc(lambda a, b: a * b, 2, 1)
    with arrays.running(writer.trace):
        product = add(writer.symbols["w"], 2.0)
        doubled = writer.symbols["w"] * 2
    assert [node.node for node in product] == [node.node for node in doubled]


def _with_all_inputs(trace=Trace):
    return Writer("all", whole=True, trace=trace)

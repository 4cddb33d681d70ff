"""Compiled code is named and never entered: what calls it is undecided, or judged at points, and never proved."""

import ctypes
import ctypes.util
import functools
import linecache
from itertools import product

import numpy as np
import pytest
from effort import slow, some
from scipy.linalg import blas
from scipy.signal import sepfir2d
from scipy.special import cython_special

import verify
from verify import extend
from verify.model.additions import key_of
from verify.model.reasons import Reason
from verify.model.result import Verdict
from verify.tracing.outside.compiled import maker_of
from verify.tracing.symbols.calls import call_at

LIBRARY = ctypes.CDLL(ctypes.util.find_library("m"))
EXP, FMA = LIBRARY.exp, LIBRARY.fma
FMA.restype, FMA.argtypes = ctypes.c_double, [ctypes.c_double] * 3
EXP.restype, EXP.argtypes = ctypes.c_double, [ctypes.c_double]
PARTIAL, ON_ARRAYS = functools.partial(EXP), np.vectorize(EXP)
FILTER = np.array([0.0, 1, 0])
TABLE = {"exp": EXP, "list": [EXP]}
POINTER = ctypes.POINTER(ctypes.c_double)


class Keeper:
    """A layer that keeps compiled code as an attribute."""

    def __init__(self):
        self.function = EXP


KEEPER = Keeper()


def from_memory(x):
    """Return an array that compiled code is given by its address."""
    pointer = x.ctypes.data_as(POINTER)
    return np.array([pointer[i] for i in range(len(x))])


# What is called with a symbol, or with an array of them; how it stands in the message; who made it.
CALLS = {
    "ctypes": ("", lambda x: LIBRARY.exp(x), "LIBRARY.exp", "ctypes"),
    "table": ("", lambda x: TABLE["exp"](x), "TABLE['exp']", "ctypes"),
    "list": ("", lambda x: TABLE["list"][0](x), "TABLE['list'][0]", "ctypes"),
    "attribute": ("", lambda x: KEEPER.function(x), "KEEPER.function", "ctypes"),
    "partial": ("", lambda x: PARTIAL(x), "PARTIAL", "ctypes"),
    "vectorized": ("3", lambda x: ON_ARRAYS(x), "ON_ARRAYS", "ctypes"),
    "vectorized there": ("3", lambda x: np.vectorize(EXP)(x), "EXP", "ctypes"),
    "argument": ("3", lambda x: np.array(list(map(EXP, x))), "EXP", "ctypes"),
    "several lines": (
        "3",
        lambda x: (
            blas.ddot(
                x,
                x,
            )
            * x
        ),
        "blas.ddot",
        "f2py",
    ),
    "f2py": ("3", lambda x: blas.daxpy(x, np.zeros(3)), "blas.daxpy", "f2py"),
    "Cython": ("", lambda x: cython_special.expit(x), "cython_special.expit", "Cython"),
    "C": ("3 3", lambda x: sepfir2d(x, FILTER, FILTER), "sepfir2d", "a C extension"),
}


@slow
@pytest.mark.parametrize("name", some(CALLS, 24))
def test_a_call_with_symbols_is_named(name):
    """The message has what is called, who compiled it, the line, and the page that helps; nothing is proved."""
    shape, forward, called, maker = CALLS[name]
    (row,) = verify.check(verify.pair(forward, lambda dout, x: dout * x, x=shape), quick=True).comparisons
    assert (row.verdict, row.evidence.kind) == (Verdict.UNDECIDED, "compiled code")
    assert row.evidence.detail.startswith(f"{called} is compiled code ({maker}")
    assert row.evidence.detail.endswith("; see `gradproof explain compiled`")
    assert row.evidence.place.file == "tests/test_compiled.py"
    assert f"at {row.evidence.place}" in row.evidence.detail


@slow
def test_a_function_of_the_case_itself_is_named():
    """Compiled code that no line of the user's calls is a part of the case: a wrong derivative is judged at points."""
    forward = verify.check(verify.pair(EXP, lambda dout, x: dout * x, x=""), quick=True)
    (row,) = forward.comparisons
    assert (row.verdict, row.evidence.reason) == (Verdict.UNDECIDED, Reason.COMPILED_CODE)
    assert "exp is compiled code (ctypes), which symbols cannot enter" in row.evidence.detail
    for function, verdict in ((np.exp, Verdict.SAMPLED), (np.expm1, Verdict.SAMPLED), (np.sinh, Verdict.REFUTED)):
        result = verify.check(verify.derivative(function, EXP, x=""), quick=True)
        assert [row.verdict for row in result.comparisons] == [verdict]


def test_memory_that_goes_to_compiled_code_is_named():
    """Code that hands an address over is named by that line."""
    (row,) = verify.check(verify.pair(from_memory, lambda dout, x: dout, x="3"), quick=True).comparisons
    assert (
        "the code passes the memory of an array of symbols to compiled code (ctypes), at tests/test_compiled.py:"
        in (row.evidence.detail)
    )


def test_what_python_and_numpy_have_in_c_is_not_counted_in():
    """Their functions have other messages; of everything else, classes and methods are known too."""
    assert not any(
        map(maker_of, (len, np.dot, np.add, np.random.normal, ctypes.sizeof, str.join, from_memory, None, 3))
    )
    assert maker_of(cython_special.expit) == "Cython"
    assert maker_of(blas.ddot) == "f2py"
    assert maker_of(sepfir2d) == "a C extension"


def test_the_innermost_call_is_the_one_that_counts():
    """A function of Python's that compiled code calls back is named by itself, and not by its caller."""
    (row,) = verify.check(
        verify.pair(lambda x: sorted(x, key=lambda v: complex(v).real)[0] * x, lambda dout, x: dout, x="3"), quick=True
    ).comparisons
    assert row.evidence.detail.startswith("a symbol was turned into a plain number by complex(v)")


def test_a_call_without_source_is_none():
    """Where the lines are not at hand, or an instruction calls nothing, there is no call."""
    code = compile("def f():\n    return g(1)\n", "<nowhere>", "exec")
    assert call_at(code, 0) is None
    linecache.cache["<nowhere>"] = (0, None, ["def f():\n", "    return g(1)\n"], "<nowhere>")
    inner = next(constant for constant in code.co_consts if hasattr(constant, "co_code"))
    calls = {call_at(inner, place) is not None for place in range(0, len(inner.co_code), 2)}
    assert calls == {True, False}
    del linecache.cache["<nowhere>"]


def caught(x):
    """Compute something else where compiled code refuses symbols."""
    try:
        return EXP(x)
    except ctypes.ArgumentError:
        return x * x


SILENT = {
    "a buffer of floats": lambda x: np.array([EXP(v) for v in np.fromiter(x, float)]),
    "an array of floats": lambda x: blas.dscal(2.0, np.asarray(x, dtype=np.float64)),
    "memory": lambda x: 2 * from_memory(np.ascontiguousarray(x)),
    "caught": lambda x: np.array([caught(v) for v in x]),
    "single entries": lambda x: np.array([cython_special.exprel(v) for v in x]),
}


@slow
@pytest.mark.parametrize(("name", "shape"), some(product(SILENT, ["3", "40"]), 20))
def test_nothing_of_compiled_code_is_proved(name, shape):
    """Neither on scalars nor on whole arrays do symbols become floats that a proof would take for constants."""
    forward = SILENT[name]
    for backward in (lambda dout, x: np.zeros(len(x)), lambda dout, x: 0 * dout, lambda dout, x: 2 * dout):
        result = verify.check(verify.pair(forward, backward, x=shape), quick=True)
        assert {row.verdict for row in result.comparisons} == {Verdict.UNDECIDED}
    backwards = verify.check(
        verify.pair(lambda x: 2 * x, lambda dout, x: 0 * dout + forward(x) * 0, x=shape), quick=True
    )
    assert not {Verdict.PROVED, Verdict.AGREES} & {row.verdict for row in backwards.comparisons}


SINE = LIBRARY.sin
SINE.restype, SINE.argtypes = ctypes.c_double, [ctypes.c_double]
ADDED = {
    "ctypes": (SINE, np.sin, lambda x: SINE(x), lambda d, x: d * np.cos(x), ""),
    "an attribute": (SINE, np.sin, lambda x: LIBRARY.sin(x), lambda d, x: d * np.cos(x), ""),
    "backward": (SINE, np.sin, lambda x: 1 - np.cos(x), lambda d, x: d * SINE(x), ""),
    "f2py": (blas.ddot, lambda x, y: (x * y).sum(), lambda x: blas.ddot(x, x), lambda d, x: 2 * d * x, "N"),
    "Cython": (
        cython_special.expit,
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: cython_special.expit(x),
        lambda d, x: d * np.exp(-x) / (1 + np.exp(-x)) ** 2,
        "",
    ),
}


@pytest.mark.parametrize("name", some(ADDED))
def test_what_is_added_for_compiled_code_is_followed(name, put_back):
    """The result says of what; a wrong gradient is refuted, and one of an addition that is not true is not proved."""
    of, function, forward, backward, shape = ADDED[name]
    extend.function(of)(function)
    right = verify.check(verify.pair(forward, backward, x=shape))
    assert {row.verdict for row in right.comparisons} == {Verdict.PROVED}
    assert any(" is compiled: the function added for it was traced instead" in note for note in right.notes)
    assert any("no rounding bound is known for" in note for note in right.notes)
    wrong = verify.check(verify.pair(forward, lambda d, x: 2 * backward(d, x), x=shape), quick=True)
    assert {row.verdict for row in wrong.comparisons} == {Verdict.REFUTED}


# What is added for the sine and its derivative, by which the gradient is right.
LIES = {
    "another function": (lambda x: np.cos(x), lambda x: -np.sin(x)),
    "a small difference": (lambda x: np.sin(x) + 1e-6 * x, lambda x: np.cos(x) + 1e-6),
    "elsewhere": (lambda x: np.sin(x) + 1e-2 * np.maximum(x - 1, 0), lambda x: np.cos(x) + 1e-2 * (x > 1)),
}


@pytest.mark.parametrize(("name", "quick"), some(product(LIES, [False, True])))
def test_what_is_added_and_not_true_is_noticed(name, quick, put_back):
    """Floats of the compiled code are held against the formula at the sample and at points."""
    lie, slope = LIES[name]
    extend.function(SINE)(lie)
    assert not verify.check(verify.pair(lambda x: SINE(x), lambda d, x: d * slope(x), x=""), quick=quick).good


def test_functions_without_a_hash_are_keys():
    """Those of ctypes have none: each is equal to itself."""
    with pytest.raises(TypeError):
        hash(SINE)
    assert key_of(SINE) == key_of(SINE) != key_of(EXP)
    assert key_of(SINE) != SINE
    assert len({key_of(SINE), key_of(SINE), key_of(EXP), key_of(np.sin)}) == 3


def test_the_page_tells_what_is_said_of_compiled_code(command):
    """`gradproof explain compiled` has the verdicts and what to add."""
    done = command("explain", "compiled")
    assert done.status == 0
    assert all(
        text in done.out for text in ("SAMPLED", "REFUTED", "UNDECIDED", "extend.function", ".py_func", "--strict")
    )


class Elementwise:
    """A ufunc that is none of NumPy's, as numba makes them: it hands its calls over, and compiles for what comes."""

    __name__, nin, nout, types, signature = "doubled", 1, 1, (), None

    def __call__(self, x):
        return 2 * x if type(x) is np.ndarray else x.__array_ufunc__(self, "__call__", x)


def test_a_ufunc_of_a_compiler_is_refused_at_once():
    """It knows no types before it is called: that makes it no function of Python's."""
    (row,) = verify.check(verify.pair(Elementwise(), lambda dout, x: 2 * dout, x="3"), quick=True).comparisons
    assert row.evidence.detail.startswith("doubled cannot be traced (a ufunc that is not NumPy's), at ")


LINES = {
    "right": (lambda a, x: a * x + 1, lambda d, a, x: FMA(d, a, 0.0), {"a": "SAMPLED", "x": "SAMPLED", "y": "SAMPLED"}),
    "forward": (lambda a, x: FMA(a, x, 1.0), lambda d, a, x: d * a, {"a": "SAMPLED", "x": "SAMPLED", "y": "SAMPLED"}),
    "wrong": (lambda a, x: a * x + 1, lambda d, a, x: FMA(d, 2 * a, 0.0), {"a": "SAMPLED", "x": "UNDECIDED REFUTED"}),
    "right at the sample": (lambda a, x: FMA(a, x, 1.0), lambda d, a, x: d * a * a / 2, {"x": "UNDECIDED"}),
    "wrong value": (lambda a, x: FMA(a, x, 1.001), lambda d, a, x: d * a, {"x": "SAMPLED", "y": "UNDECIDED"}),
}


@slow
@pytest.mark.parametrize("name", some(LINES, 12))
def test_expressions_of_scalars_are_judged_at_points(name):
    """The expression is the formula of forward, whoever computes that: values and gradients are held against it."""
    forward, slope, expected = LINES[name]

    @verify.case("y = a * x + 1", at={"a": 2, "x": 3})
    def line(a, x):
        dy = yield forward(a, x)
        return dy * x, slope(dy, a, x)

    result = verify.check(line)
    for quantity, verdicts in expected.items():
        rows = [row for row in result.comparisons if row.name == quantity]
        assert " ".join(row.verdict.name for row in rows) == verdicts
        assert "FMA is compiled code (ctypes), which symbols cannot enter, at tests/" in rows[0].evidence.detail
    assert result.good == (set(expected.values()) == {"SAMPLED"})

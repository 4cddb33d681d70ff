"""Functions, modules, buffers and caches that user code keeps: what makes floats, wherever it is kept."""

import builtins
import functools
import importlib
import math
import random
import sys
import weakref
from types import FunctionType, ModuleType, SimpleNamespace

import numpy
import numpy as np
import pytest
from effort import slow, some
from idioms import BOTH, collector, name, verdicts

import verify
from verify.model.result import Verdict
from verify.mutation.judge import Original
from verify.mutation.result import How
from verify.tracing import patches
from verify.tracing.everywhere import everywhere
from verify.tracing.stand_ins.belongings import belongings

WAYS, way = collector()
CONSTANT = np.array([1.0, 2.0, 3.0])
MASKS = {}
TABLE = {"zeros": np.zeros, "numpy": np, "sqrt": math.sqrt}
PAIR = (np.zeros, [np.empty])
LAZY = SimpleNamespace(mask=None, masks={}, seen=None)
zeros = functools.partial(np.zeros, dtype=float)


class Layer:
    """A layer that keeps the module that it computes with, and a function of it."""

    empty = np.empty

    def __init__(self, xp=np):
        self.xp, self.ones = xp, xp.ones

    def by_module(self, x):
        y = self.xp.zeros(3)
        y[:] = x * x
        return y

    def by_function(self, x):
        y = self.ones(3)
        y *= x
        return y * x

    @functools.cached_property
    def mask(self):
        return np.ones(3)


class Slotted:
    """A layer without a dict of attributes."""

    __slots__ = ("make",)

    def __init__(self):
        self.make = np.zeros

    def __call__(self, x):
        y = self.make(3)
        y[:] = x
        return y * x


def wrapping(function):
    """Wrap a function as libraries of automatic differentiation do."""

    @functools.wraps(function)
    def call(*args, **options):
        return function(*args, **options)

    return call


LAYER, SLOTTED, wrapped_zeros, wrapped_array = Layer(), Slotted(), wrapping(np.zeros), wrapping(np.array)


def twice(dout, x):
    return 2 * dout * x


@functools.lru_cache
def causal(n):
    return np.triu(np.full((n, n), -np.inf), 1)


@functools.lru_cache
def half(n):
    return np.eye(n) * 0.5


@way()
def module_in_an_attribute(x):
    return LAYER.by_module(x)


@way()
def function_in_an_attribute(x):
    return LAYER.by_function(x)


@way()
def function_in_a_slot(x):
    return SLOTTED(x)


@way()
def function_in_a_class(x):
    y = Layer.empty(3)
    y[:] = x * x
    return y


@way()
def partial_function(x):
    y = zeros(3)
    y[:] = x * x
    return y


@way()
def default_argument(x, make=np.zeros, *, xp=np):
    y = make(3) + xp.zeros(3)
    y[:] = x * x
    return y


@way()
def function_in_a_table(x):
    y = TABLE["zeros"](x.shape)
    y[:] = x * x
    return y


@way()
def module_in_a_table(x):
    return TABLE["numpy"].array([v * v for v in x], dtype=float)


@way()
def functions_in_tuples(x):
    y, z = PAIR[0](3), PAIR[1][0](3)
    y[:], z[:] = x, x
    return y * z


@way()
def wrapped_functions(x):
    y = wrapped_zeros(3)
    y[:] = x * x
    return y


@way()
def wrapped_conversion(x):
    return wrapped_array([v * v for v in x], float)


@way()
def imported_by_its_name(x):
    y = __import__(name="numpy", level=0).zeros(3)
    y[:] = x
    return y * x


@way()
def imported_by_importlib(x):
    y = importlib.import_module("numpy").zeros(3)
    y[:] = x
    return y * x


@way()
def imported_where_another_is_missing(x):
    try:
        import no_such_module as xp
    except ImportError:
        import numpy as xp
    y = xp.zeros(3)
    y[:] = x
    return y * x


@way()
def results_of_any_function(x):
    parts = [np.linspace(0, 1, 3), np.arange(3.0), np.tile(0.0, 3), numpy.mgrid[0:3:1.0], np.sqrt(CONSTANT)]
    for part in parts:
        part[:] = x
    return sum(parts) * x / len(parts)


@way()
def result_in_place(x):
    y = TABLE["zeros"](3)
    np.multiply(x, x, out=y)
    return y


@way()
def sum_in_place(x):
    y = TABLE["zeros"](3)
    np.sum(np.stack([x * x, 0 * x]), axis=0, out=y)
    return y


@way()
def mask_cached_by_a_call(x):
    return (np.exp(causal(3)) * 0).sum(0) + (half(3) * 2) @ x * x


@way()
def mask_cached_in_an_attribute(x):
    if LAZY.mask is None:
        LAZY.mask = np.ones(3) * 0.5
    return 2 * LAZY.mask * x * x


@way()
def mask_cached_in_a_table(x):
    if 3 not in LAZY.masks:
        LAZY.masks[3] = np.tril(np.ones((3, 3)))
    return np.diag(LAZY.masks[3]) * x * x


@way()
def mask_cached_as_a_property(x):
    return LAYER.mask * x * x


@pytest.mark.parametrize(("square", "x"), some(WAYS, 12), ids=name)
def test_what_user_code_keeps(square, x):
    """The right gradient is proved, a wrong one refuted."""
    assert verdicts(square, x) == BOTH


def test_the_whole_check():
    """Other regions, contracts and floats are looked at with the same stand-ins."""
    for square in (module_in_an_attribute, mask_cached_in_an_attribute):
        assert verdicts(square, quick=False) == BOTH


def test_what_is_gone_is_passed_over():
    """A weak reference by proxy raises whatever it is asked, once its object is gone."""
    owner = type("Owner", (), {})()
    proxy = weakref.proxy(owner)
    del owner
    assert len([*belongings([[1, proxy]])]) == 2


@pytest.mark.parametrize("each", [999, 1001, 49_999])
def test_a_walk_ends(each):
    """A walk ends after so many places, also where one owner has more of them than are left."""
    tree = [[object() for _ in range(each)] for _ in range(150_000 // each)]
    assert 50_000 <= len([*belongings([tree])]) <= 50_000 + each


def test_all_is_put_back():
    """After the runs every place holds what it did, and nothing else."""
    assert verdicts(function_in_a_table) == BOTH
    with patches.in_force(0), everywhere(functions_in_tuples):
        assert isinstance(TABLE["zeros"], FunctionType)
        assert isinstance(zeros.func, FunctionType)
        assert "float" in globals()
    assert {"zeros": np.zeros, "numpy": np, "sqrt": math.sqrt} == TABLE
    assert (np.zeros, [np.empty]) == PAIR
    assert zeros.func is np.zeros
    assert default_argument.__defaults__ == (np.zeros,)
    assert default_argument.__kwdefaults__ == {"xp": np}
    assert vars(LAYER).keys() >= {"xp", "ones"}
    assert LAYER.xp is np
    assert SLOTTED.make is np.zeros
    assert Layer.empty is np.empty
    assert type(CONSTANT) is np.ndarray
    assert "float" not in globals()


@pytest.mark.parametrize("module", [builtins, math, random])
def test_what_python_has_is_everybodys(module):
    """A closure leads to a module and from there to Python's own, whose names stay what they are."""
    original = np.zeros
    before, table = dict(vars(module)), {"module": vars(module), "here": sys.modules[__name__], "zeros": np.zeros}

    def forward(x):
        return table["module"], table["here"], x

    with everywhere(forward):
        assert not [name for name, value in before.items() if vars(module)[name] is not value]
        assert table["zeros"] is not original  # the twin: what the user keeps is replaced
    assert table["zeros"] is original
    assert not [name for name, value in before.items() if vars(module)[name] is not value]


def test_constants_are_forgotten():
    """A constant that a run has cached is none of another run, nor of the user's."""
    for square in (mask_cached_in_an_attribute, mask_cached_in_a_table):
        verdicts(square)
    assert LAZY.mask is None or type(LAZY.mask) is np.ndarray
    assert all(type(mask) is np.ndarray for mask in LAZY.masks.values())


def test_an_input_that_is_cached_proves_nothing():
    """What depends on the inputs of the first call is not what the layer computes of others."""

    def first_one(x):
        if LAZY.seen is None:
            LAZY.seen = x * x
        return LAZY.seen + CONSTANT.copy() * 0

    def first_of_a_call(x, cache={}):  # noqa: B006 - the mistake that is planted
        return cache.setdefault("x", x) * TABLE["zeros"](1)[0] + cache["x"] * x

    for square in (first_one, first_of_a_call):
        case = verify.pair(square, lambda dout, x: 2 * dout * x, x="3")
        result = verify.check(case)
        assert not result.good or any(finding.failing for finding in result.findings)


def test_what_the_first_call_saw_is_no_constant():
    """A layer that keeps a float of its first inputs, and takes it for a constant, is not proved."""

    class First:
        def __init__(self):
            self.w = None

        def forward(self, x):
            if self.w is None:
                self.w = float(x[0])
            return x * self.w

        def backward(self, dout, x):
            return dout * self.w

    layer = First()
    for quick in (True, False):
        case = verify.pair(layer.forward, layer.backward, x="3")
        assert verify.check(case, quick=quick).comparisons[0].verdict is not Verdict.PROVED


def test_a_mask_that_is_kept_is_no_number():
    """Answers about inputs that a module keeps from one case are not read as numbers before the next."""

    def rectified(x):
        MASKS[len(MASKS)] = x > 0
        return np.where(x > 0, x, 0)

    verify.check(verify.pair(rectified, lambda dout, x: dout * MASKS[len(MASKS) - 1], x="3"))
    with everywhere(verify.pair(twice, twice, x="3").subject):
        assert MASKS
    MASKS.clear()


def test_a_wrong_constant_is_seen():
    """Stand-ins have the numbers of what they stand for."""

    def scaled(x):
        y = CONSTANT.copy()
        y *= x
        return y

    (right,) = verify.check(verify.pair(scaled, lambda d, x: d * np.array([1, 2, 3]), x="3"), quick=True).comparisons
    (other,) = verify.check(verify.pair(scaled, lambda d, x: d * np.array([1, 2, 4]), x="3"), quick=True).comparisons
    assert (right.verdict, other.verdict) == (Verdict.PROVED, Verdict.REFUTED)


@slow
def test_mistakes_are_planted_with_the_same_stand_ins():
    """A case that is followed so has runs that mutants are tried on, and each of them is caught."""
    case = verify.pair(module_in_an_attribute, twice, x="3")
    original = Original.of(case, How(seed=0, quick=True))
    assert original.runs
    planted = original.planted().mutants
    assert planted
    with original.running(case):
        assert type(LAYER.xp) is not ModuleType
    assert LAYER.xp is np

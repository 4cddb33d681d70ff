"""NumPy's and `math`'s functions that no protocol reaches, replaced while a trace is running.

`np.zeros(shape)` has no array among its arguments, and gives a buffer that could not hold a symbol; `np.array(x)` and
`math.sqrt(x)` ask x for its number. The replacements do what the originals do unless symbols are at stake. They are put
into the modules of the user only, in place of `numpy`, `math` and functions taken from these by name.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import operator
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import compress
from types import ModuleType
from typing import Any

import numpy as np
from numpy.lib import stride_tricks

from verify.cases import earlier
from verify.model.additions import added_functions, holders, is_handed_over, key_of
from verify.model.package import is_engine
from verify.model.unfollowed import unfollowed
from verify.model.where import asking_frame, may_be_users
from verify.tracing import entropy
from verify.tracing.arrays import memory, sparse
from verify.tracing.arrays.arrays import active, objects, wrapped
from verify.tracing.linear.matrices import linear
from verify.tracing.numpy import data, functions, openmasks, protocol
from verify.tracing.outside import sources
from verify.tracing.outside.outside import MODULES, Replace, answering, is_symbolic
from verify.tracing.scipy import distances, distributions, multivariate, scipys, signals, splines
from verify.tracing.stand_ins import arraytype, asserted, belongings, jitted, masked, pickled, threads
from verify.tracing.stand_ins.computing import computing
from verify.tracing.stand_ins.creating import (
    as_symbols,
    as_unset,
    converting,
    counting,
    creating,
    filling,
    of_iterators,
    requiring,
    unboxed,
)
from verify.tracing.stand_ins.generators import DRAWN, drawn_with
from verify.tracing.stand_ins.listed import Joined, OfTruths, of_lists
from verify.tracing.stand_ins.strided import striding
from verify.tracing.symbols.concolic import METHODS
from verify.tracing.symbols.dispatch import STAND_INS, answers

functions.FUNCTIONS.update(data.FUNCTIONS)
answers("function")(protocol.call)
answers("mask")(openmasks.mask)
sources.NAMES.update(signals.NAMES)
sources.INNER.update(signals.COMPILED)
sources.OWN.update(distances.FUNCTIONS | splines.FUNCTIONS)
_FOREIGN = (
    *belongings.FOREIGN,
    *("numba", "llvmlite", "Cython", "pyximport", "cffi"),
    *("z3", "_distutils_hack"),  # the names of z3 alone take longer to look through than a small layer takes to run
)


def _vectorized(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces the call of what `np.vectorize` made."""

    @functools.wraps(original)
    def replacement(self: Any, *args: Any, **options: Any) -> Any:
        if active() is None or not any(map(is_symbolic, args)):
            return original(self, *args, **options)
        if self.signature is not None or options:
            raise unfollowed("numpy.vectorize", " with a signature or keyword arguments")
        places = np.broadcast(*map(objects, args))
        function = _STAND_INS.get(id(self.pyfunc), self.pyfunc)
        values = [function(*entries) for entries in places]
        made = wrapped(np.array(values, object if any(map(is_symbolic, values)) else None).reshape(places.shape))
        return made.astype(self.otypes[0]) if self.otypes else made

    return replacement


def _importing_module(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `importlib.import_module`."""

    @functools.wraps(original)
    def replacement(*args: Any, **options: Any) -> Any:
        return stand_in(original(*args, **options))

    return replacement


def _refusing(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(*args: Any, **options: Any) -> Any:
        if any(map(is_symbolic, (*args, *options.values()))):
            memory.refuse(original.__name__)
        return original(*args, **options)

    return replacement


def _iterating(original: Any) -> Callable[..., Any]:
    """Return what replaces `np.nditer`, which wants to be told that there are objects."""

    @functools.wraps(original, updated=())
    def replacement(op: Any, flags: Any = (), *args: Any, **options: Any) -> Any:
        if is_symbolic(op):
            op, flags = unboxed(op), [*flags, "refs_ok"]
        return original(op, flags, *args, **options)

    return replacement


def _taking_arrays(module: ModuleType) -> list[str]:
    """Return the names of a module's functions that NumPy's protocol reaches by their arguments, not within lists."""
    functions = vars(module)  # not `getattr`, which imports the submodules that NumPy loads when they are asked for
    return [
        name
        for name in module.__all__
        if type(functions.get(name)) is type(np.sum) and name not in _OF_LISTS.split() and name not in _NUMPY
    ]


def _drawing(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces a function that draws random numbers: compiled code, which wants plain ones."""

    @functools.wraps(original)
    def replacement(*args: Any, **options: Any) -> Any:
        values, named = drawn_with(original.__name__, args, options)
        return original(*values, **named)

    return replacement


def _making(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what makes a generator: one that a constructor makes lives on, and may have drawn before this run."""

    @functools.wraps(original)
    def replacement(*args: Any, **options: Any) -> Any:
        made = original(*args, **options)
        if earlier.count() and _is_in_constructor():
            earlier.age(made)
        return made

    return replacement


def _is_in_constructor() -> bool:
    frame = asking_frame()
    while frame is not None and frame.f_code.co_name != "__init__":
        frame = frame.f_back
    return frame is not None and may_be_users(frame.f_code.co_filename)


_OF_LISTS = "apply_along_axis apply_over_axes piecewise block trim_zeros split array_split hsplit vsplit dsplit"
_NUMPY: dict[str, Replace] = {
    **dict.fromkeys(("zeros", "ones", "eye", "identity", "zeros_like", "ones_like", "full_like"), creating(as_symbols)),
    **dict.fromkeys(("empty", "empty_like"), creating(as_unset)),
    **dict.fromkeys(("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray"), converting),
    "full": filling,
    "arange": counting,
    "fromiter": of_iterators,
    **dict.fromkeys(("logical_and", "logical_or", "logical_xor", "logical_not"), OfTruths),
    **dict.fromkeys(("isnan", "isinf", "isfinite", "signbit"), OfTruths),
    "r_": lambda original: Joined(original, column=False),
    "c_": lambda original: Joined(original, column=True),
    "nditer": _iterating,
    "frombuffer": _refusing,
    "require": requiring,
}
# Each module with the functions that are replaced in it.
_MODULES: dict[ModuleType, dict[str, Replace]] = {
    np: _NUMPY | dict.fromkeys(_taking_arrays(np), of_lists),
    np.linalg: dict.fromkeys(_taking_arrays(np.linalg), computing),
    np.fft: dict.fromkeys(_taking_arrays(np.fft), computing),
    **MODULES,
    stride_tricks: dict.fromkeys(("as_strided", "sliding_window_view"), striding),
    np.random: {**dict.fromkeys(DRAWN, _drawing), "default_rng": _making},
    pickle: {"dumps": pickled.dumping, "loads": pickled.loading},
    importlib: {"import_module": lambda original: _importing_module(original)},
}


class _StandIn(ModuleType):
    """A module as user code sees it while a trace is running: the original but for what is replaced.

    The original itself is left alone. Compiled code, NumPy's own first of all, uses it too, and would write numbers
    into the memory of what it takes for an array of floats.
    """

    def __init__(self, original: ModuleType, replaced: dict[str, Any]) -> None:
        super().__init__(original.__name__)
        self.__dict__.update(replaced)
        self.__dict__["_original"] = original

    def __getattr__(self, name: str) -> Any:
        if name == "ndarray" and self.__dict__["_original"] is np:
            return np.ndarray if active() is None else arraytype.ArrayType
        value = getattr(self.__dict__["_original"], name)
        if name == "ma":
            _replace_masked()
        return stand_in(value)


def _stand_ins() -> dict[int, Any]:
    """Return what stands in for modules and functions, by the identity of the original."""
    stand_ins: dict[int, Any] = {}
    for module, replaced in _MODULES.items():
        stand_ins.update(
            {id(getattr(module, name)): replace(getattr(module, name)) for name, replace in replaced.items()}
        )
    for module in (stride_tricks, np.random, np.linalg, np.fft, importlib, pickle, *MODULES):
        stand_ins[id(module)] = _StandIn(
            module, {name: stand_ins[id(getattr(module, name))] for name in _MODULES[module]}
        )
    stand_ins[id(np.lib)] = _StandIn(np.lib, {"stride_tricks": stand_ins[id(stride_tricks)]})
    parts = {name: stand_ins[id(getattr(np, name))] for name in ("random", "lib", "linalg", "fft")}
    stand_ins[id(np)] = _StandIn(np, {**{name: stand_ins[id(getattr(np, name))] for name in _MODULES[np]}, **parts})
    return stand_ins


def altered() -> str:
    """Return the first attribute of a module's stand-in that is not as it was made: user code assigns to that one.

    Nothing else does, neither looking up an attribute nor replacing methods for a while. What was put back is a copy of
    what would be looked up, and changes nothing.
    """
    for module, made in _MADE:
        now = vars(module)
        if len(now) != len(made) or not all(map(operator.is_, map(now.get, made), made.values())):
            original = vars(made["_original"])
            for name in [*made, *now]:
                if now.get(name) is not made.get(name, stand_in(original.get(name))):
                    return f"{module.__name__}.{name}"
    return ""


def restore() -> None:
    """Make the modules' stand-ins again what they were made as: a program may check other cases after this one."""
    for module, made in _MADE:
        vars(module).clear()
        vars(module).update(made)


_MADE: list[tuple[_StandIn, dict[str, Any]]] = []  # the stand-ins of modules that last, with their attributes
_STAND_INS = STAND_INS
_STAND_INS.update(_stand_ins())
_MADE += [(made, dict(vars(made))) for made in _STAND_INS.values() if isinstance(made, _StandIn)]
_admitted: tuple[int, list[Any]] = (0, [])  # how many modules and what added functions there were at the last look
_NUMERIC = (np, np.linalg, np.fft, np.random, *MODULES)
REPLACED = tuple(_NUMPY)  # the names of NumPy that have a stand-in
_call = np.vectorize.__call__
_VECTORIZED = _vectorized(_call)  # of objects that may have been made before the run
_import = builtins.__import__
_THREADS = threads.replaced()


def _importing(name: str, globals: Any = None, *args: Any, **options: Any) -> Any:  # noqa: A002 - as Python has it
    """Import a module for code that does so while it runs."""
    count = len(sys.modules)
    module = _import(name, globals, *args, **options)
    if name.startswith("numpy"):
        _replace_masked()
    if name.startswith("scipy") and len(sys.modules) != count:
        _follow_scipy()
    replaced = _STAND_INS.get(id(module))  # of few modules, and SymPy imports from many in each call
    names = sys._getframe(1).f_globals if globals is None else globals  # noqa: SLF001 - where it was called by its name
    if replaced is None or _is_foreign(names.get("__name__") or ""):
        return module
    return replaced if may_be_users(names.get("__file__") or "<") else module


def _replace_masked() -> None:
    """Replace what `numpy.ma` has of its own, if it was imported since: NumPy does so when it is asked for it."""
    if _looked_through and not masked.is_replaced():
        _replace([*masked.replaced()])


def _follow_scipy() -> None:
    """Follow what code imports of SciPy while it runs, and has not imported before."""
    if _looked_through:
        _admit()
        replaced = {(owner, name) for owner, name, *_ in _methods}
        _replace([method for method in _methods_of_libraries() if method[:2] not in replaced])


def _replace(methods: list[tuple[Any, str, Any, Any]]) -> None:
    """Replace methods until the stand-ins are no longer in force."""
    _methods.extend(methods)
    for owner, name, _, replacement in methods:
        setattr(owner, name, replacement)


def _put_back(number: int) -> None:
    """Put back all methods but so many that were replaced first."""
    while len(_methods) > number:
        owner, name, method, _ = _methods.pop()
        setattr(owner, name, method)


def module(original: ModuleType, replaced: dict[str, Any]) -> ModuleType:
    """Return a module as user code sees it where more is replaced than `in_force` does."""
    base = _STAND_INS[id(original)]
    return _StandIn(original, {name: value for name, value in vars(base).items() if name != "_original"} | replaced)


def stand_in(original: Any) -> Any:
    """Return what user code has in place of a module or function while a trace is running."""
    return _STAND_INS.get(id(original), original)


def _of_scipy() -> dict[Any, Callable[..., Any]]:
    """Return what computes SciPy's functions on symbols, of those of its modules that somebody has imported."""
    functions = {original: sources.answer(name, original) for name, original in sources.loaded()}
    for name in scipys.MODULES.keys() & sys.modules.keys():
        for function, compute in scipys.MODULES[name].items():
            if (original := getattr(sys.modules[name], function, None)) is not None and name in scipys.DIRECT:
                functions[original] = compute
            elif original is not None:
                functions[original] = linear(
                    f"{name}.{function}",
                    original,
                    compute,
                    is_composed=function in scipys.COMPOSED,
                    executed=scipys.EXECUTED.get(function),
                )
    return functions


def _admit() -> None:
    """Make stand-ins for what was added from outside NumPy, and for the modules that lead to it.

    They stay when the additions are gone, and refuse symbols then, as the originals would. Each holds its original, so
    that no other object can have the identity by which it is looked up.
    """
    global _admitted
    if _admitted == (state := (len(sys.modules), added_functions())):
        return
    users, own = [*map(id, users_modules())], _of_scipy() | asserted.functions() | sparse.functions()
    functions = [function for function in (*own, *state[1]) if not is_handed_over(function) or key_of(function) in own]
    for function in functions:
        if id(function) not in _STAND_INS:
            _STAND_INS[id(function)] = answering(function, own.get(key_of(function)))
    for module in holders(functions):
        if id(module) not in _STAND_INS and id(module) not in users:
            _STAND_INS[id(module)] = made = _StandIn(module, {})
            _MADE.append((made, dict(vars(made))))
    sources.forget()
    _admitted = state


@contextmanager
def in_force(seed: int) -> Iterator[None]:
    """Let the stand-ins take the place of the originals in the modules of the user; put those back at the end.

    Within another of these there is nothing to do, unless modules were imported since: a module that the user's code
    imports while it runs is given stand-ins by `_importing`. A case is run many times, and the names of all of the
    user's modules take longer to look through than a small layer takes to run.
    """
    global _looked_through
    entropy.start(seed)
    before = _looked_through
    if before == len(sys.modules):
        yield
        return
    _admit()
    places = [place for module in users_modules() for place in _taken(module)]
    imports, calls = builtins.__import__, np.vectorize.__call__
    builtins.__import__ = _importing
    setattr(np.vectorize, "__call__", _VECTORIZED)  # noqa: B010 - it is no attribute to the type checker
    methods = [*_methods_of_libraries(), *_THREADS, *entropy.replaced()]
    methods += jitted.replaced(places, _STAND_INS)
    number = len(_methods)
    _replace(methods)
    try:
        for namespace, name, original in places:
            namespace[name] = _STAND_INS[id(original)]
        _looked_through = len(sys.modules)
        yield
    finally:
        _looked_through = before
        builtins.__import__ = imports
        setattr(np.vectorize, "__call__", calls)  # noqa: B010
        _put_back(number)
        for namespace, name, original in places:
            namespace[name] = original


def _methods_of_libraries() -> list[tuple[Any, str, Any, Any]]:
    """Return the methods of SciPy and of masked arrays that are answered for, as far as they have been imported."""
    of_scipy = (*sparse.replaced(), *distributions.replaced(), *multivariate.replaced(), *splines.replaced())
    return [*of_scipy, *masked.replaced()]


def numeric() -> list[ModuleType]:
    """Return the modules of numeric libraries that user code sees another one of, or may, as far as imported."""
    return [*_NUMERIC, *(sys.modules[name] for name in scipys.MODULES.keys() & sys.modules.keys())]


def answered() -> Iterator[tuple[Any, Sequence[str]]]:
    """Yield modules and classes of numeric libraries, each with names of its that are answered for, if it has them."""
    for module in _NUMERIC:
        yield module, (*_MODULES[module],)
    yield np, (*functions.FUNCTIONS, *METHODS)
    for name in scipys.MODULES.keys() & sys.modules.keys():
        yield sys.modules[name], (*scipys.MODULES[name],)
    if not _looked_through:
        yield from ((owner, (name,)) for owner, name, *_ in _methods_of_libraries())


_methods: list[tuple[Any, str, Any, Any]] = []  # what is replaced now: class or module, name, original, replacement
_looked_through = 0  # how many modules there were when the stand-ins were put into them; 0 where they are not in force
_imported: list[list[ModuleType]] = [[], []]  # all modules, and those that may be the user's


def users_modules() -> list[ModuleType]:
    """Return the imported modules that may be the user's."""
    modules = [*sys.modules.values()]
    if modules != _imported[0]:  # asked before each run
        _imported[:] = modules, _users(modules)
    return _imported[1]


def _users(modules: list[ModuleType]) -> list[ModuleType]:
    return [
        module
        for module in modules
        if isinstance(module, ModuleType)
        and not _is_foreign(module.__name__)
        and may_be_users(getattr(module, "__file__", None) or "<")
    ]


def _is_foreign(name: str) -> bool:
    """Tell whether a module is of a package that computes with functions of its own, and not the user's."""
    return name.partition(".")[0] in _FOREIGN or is_engine(name)


def _taken(module: ModuleType) -> list[tuple[dict[str, Any], str, Any]]:
    """Return the names in a module that stand for a module or function which has a stand-in."""
    namespace = vars(module)
    if _STAND_INS.keys().isdisjoint(map(id, namespace.values())):  # of all names, in each run: no loop of Python's
        return []
    taken = map(_STAND_INS.__contains__, map(id, namespace.values()))
    return [(namespace, *item) for item in list(compress(namespace.items(), taken))]

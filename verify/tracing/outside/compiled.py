"""Compiled code: which call of it was given symbols, and what made it.

What C extensions, Cython, numba, f2py, ctypes and cffi compile has no Python to follow. Symbols never enter it: the
memory of arrays is closed (`memory`), a symbol is no number (`plain`), and both refusals are remembered where compiled
code swallows the exception (`errors.TraceError.raised`). So a run on symbols ends at such a call, by whatever exception
the compiled code raises. That exception names nothing; the line that was running does. Its call is read from the source
by the position of the instruction, and what it calls is looked up without running anything: names in the frame,
attributes as they are stored, constant keys. Arguments are looked up too, for `map(libm.exp, x)`.

Such code is judged at points where `forward` can be followed (`checks/gradients/pointwise`). Python's own modules in C
and NumPy are not counted in: of those, what cannot be followed is told by its name, and what helps is another page.
The Python source of a numba function is not run in its place by itself: it is another subject, whose integers do not
overflow and whose sums are not reordered. Its author may say that it stands for the compiled code (`HELP`); then runs
on floats, which have the compiled code, are held against it, as against all that is added.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES
from types import FrameType, MethodType, ModuleType, TracebackType
from typing import Any

from verify.cases.calling import call
from verify.model.errors import CompiledError, ForeignSymbolError, UnboundedError
from verify.model.identity import NOWHERE, Place
from verify.model.package import PACKAGE, TOP
from verify.model.where import as_place, is_users, may_be_users
from verify.tracing.symbols.calls import call_at, short_name

HELP = """Compiled code: what gradproof can say of C extensions, Cython, numba, f2py, ctypes and cffi.

Symbols cannot enter compiled code, so nothing about it is PROVED.

Where only backward calls it, forward still gives the exact derivative. The compiled gradient is then
compared with it on floats, at several points of the whole domain:
  SAMPLED     each entry agrees at every point to the number of digits in the report. This passes the gate,
              and fails with --strict: between those points nothing is known.
  REFUTED     at a point an entry differs by more than a 2,048th of the largest number in forward and its
              exact derivative, twice in a row. This assumes that the compiled code is no worse than half
              precision against those numbers; double precision rounds 42 bits finer.
  UNDECIDED   any difference between the two: the report has both numbers.
Where forward calls it, the exact derivative is unknown, and the case is UNDECIDED. With an expression in
the case, values and gradients are compared with that, at points.

To get a proof, write what it computes in Python that can be traced:

    @extend.function(fastmath.softplus)           # C, Cython, ctypes, cffi, Fortran
    def softplus(x):
        return np.log1p(np.exp(x))

    extend.function(kernels.step)(kernels.step.py_func)   # numba: its own source

`gradproof explain extend` says where to put that. The proof is for this Python code; the compiled code is
run on floats beside it, and nothing is PROVED where the two differ. To prove the source of a numba
function alone, make a case of `f.py_func`.
"""
# Who made an object, by the module of its class or of a base of it, and by the name of the class.
_MAKERS = {
    **{package: package for package in ("numba", "ctypes", "cffi", "nanobind")},
    "_ctypes": "ctypes",
    "_cffi_backend": "cffi",
}
_CLASSES = {"fortran": "f2py", "cython_function_or_method": "Cython", "fused_cython_function": "Cython"}
_FOLLOWED = ("numpy", TOP, "flint")  # whose C code is not the user's; Python's own has no place of its own
_INSIDE = ("numba", "llvmlite", "cffi", "numpy")  # whose own frames tell nothing of the call that leads there
_ADAPTERS = f"{PACKAGE}.adapters."
_DEEPEST = 8  # of wrappers around a function


@contextmanager
def naming() -> Iterator[None]:
    """Turn what is raised where compiled code is called on symbols into a CompiledError that names the call."""
    try:
        yield
    except (ForeignSymbolError, UnboundedError, KeyboardInterrupt):
        raise
    except BaseException as problem:
        if (call := _innermost_call(problem.__traceback__)) is None:
            raise
        name, place = call
        raise CompiledError(f"{name}, which symbols cannot enter", place) from problem


def _innermost_call(traceback: TracebackType | None) -> tuple[str, Place] | None:
    """Return what is compiled of the last call in a traceback, and the user's line that leads to it; or None.

    A function that is a part of the case itself is called by no line of the user's. A framework's own compiled code
    asks its adapter, which says what it does not follow.
    """
    place, last, function = NOWHERE, None, None
    while traceback is not None:
        frame, file = traceback.tb_frame, traceback.tb_frame.f_code.co_filename
        function = frame.f_locals["function"] if frame.f_code is call.__code__ else function
        last = None if str(frame.f_globals.get("__name__")).startswith(_ADAPTERS) else last
        if may_be_users(file) and str(frame.f_globals.get("__name__")).partition(".")[0] not in _INSIDE:
            last = traceback
            place = as_place(file, traceback.tb_lineno) if is_users(file) or not place else place
        traceback = traceback.tb_next
    if last is None:
        name = _compiled(function, str(getattr(function, "__name__", "")))
    elif (written := call_at(last.tb_frame.f_code, last.tb_lasti)) is not None:
        name = next(_compiled_parts(written, last.tb_frame), "")
    else:
        name = ""
    return (name, place) if name else None


def _compiled_parts(call: ast.Call, frame: FrameType) -> Iterator[str]:
    """Yield what is compiled of the function and the arguments of a call, and by whom."""
    for part in (call.func, *_arguments(call)):
        value = _looked_up(part, frame)
        if text := _compiled(value, short_name(part), str(frame.f_globals.get("__name__"))):
            yield text


def _compiled(value: Any, name: str, module: str = "") -> str:
    """Say who compiled a function, which is called by a name in a module; nothing where nobody did."""
    function = _unwrapped(value)
    maker, origin = maker_of(function), _origin(function, module)
    more = f", {origin}" if origin not in ("", name) else ""
    return f"{name} is compiled code ({maker}{more})" if maker else ""


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments of a call, and of calls among them: list(map(libm.exp, x)), np.vectorize(libm.exp)(x)."""
    if isinstance(call.func, ast.Call):
        yield from _arguments(call.func)
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield argument
        if isinstance(argument, ast.Call):
            yield from _arguments(argument)


def _origin(value: Any, calling: str) -> str:
    """Return the module that says to have a function, and its name there; nothing where that is the one that calls."""
    module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    is_plain = module and name and module.partition(".")[0] not in _MAKERS
    return f"{module}.{name}" if is_plain and module != calling else ""


def _unwrapped(value: Any) -> Any:
    """Return the function that a method, a partial call or `np.vectorize` has inside."""
    for _ in range(_DEEPEST):
        if isinstance(value, (MethodType, staticmethod, classmethod)):
            value = value.__func__
        elif isinstance(value, functools.partial):
            value = value.func
        elif type(value).__name__ == "vectorize" and "pyfunc" in getattr(value, "__dict__", {}):
            value = value.pyfunc
        else:
            break
    return value


def maker_of(value: Any) -> str:
    """Return who compiled what is called: `numba`, `Cython`, `f2py`, ...; nothing where that is Python's code."""
    for kind in type(value).__mro__:
        package = str(kind.__module__).partition(".")[0]
        if maker := _MAKERS.get(package) or _CLASSES.get(kind.__name__):
            return maker if _is_outside(value) else ""
    return "a C extension" if _is_of_extension(value) else ""


def _is_outside(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] not in _FOLLOWED


def _is_of_extension(value: Any) -> bool:
    """Tell whether something is a function, a method or a class of an extension module that is no part of Python."""
    if not (inspect.isbuiltin(value) or inspect.ismethoddescriptor(value) or isinstance(value, type)):
        return False
    owner = getattr(value, "__objclass__", value)
    module = sys.modules.get(str(getattr(owner, "__module__", "")))
    file = str(getattr(module, "__file__", "") or "")
    if not file.endswith(tuple(EXTENSION_SUFFIXES)) or not _is_outside(owner):
        return False
    return isinstance(module, ModuleType) and module.__name__.partition(".")[0] not in sys.stdlib_module_names


def _looked_up(expression: ast.expr, frame: FrameType) -> Any:
    """Return what a name, an attribute or a constant key stands for in a frame, without running any code; or None."""
    if isinstance(expression, ast.Name):
        scopes = (frame.f_locals, frame.f_globals)
        return next((scope[expression.id] for scope in scopes if expression.id in scope), None)
    if isinstance(expression, ast.Attribute):
        return _attribute(_looked_up(expression.value, frame), expression.attr)
    if isinstance(expression, ast.Subscript) and isinstance(expression.slice, ast.Constant):
        owner, key = _looked_up(expression.value, frame), expression.slice.value
        if type(owner) is dict or (
            type(owner) in (list, tuple) and type(key) is int and -len(owner) <= key < len(owner)
        ):
            return owner.get(key) if type(owner) is dict else owner[key]
    return None


def _attribute(owner: Any, name: str) -> Any:
    """Return an attribute as it is stored; of a library of cffi, which stores none, the library."""
    if isinstance(owner, ModuleType):
        namespace: Mapping[str, Any] = vars(owner)
        return namespace[name] if name in namespace else _attribute(namespace.get("_original"), name)
    if owner is None or maker_of(owner) == "cffi":
        return owner
    return inspect.getattr_static(owner, name, None)

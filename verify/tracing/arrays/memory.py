"""Raw memory of an array of symbols: every way to it is refused.

The memory holds pointers to symbols. Code that reads it as numbers would branch on garbage that no condition records,
and code that writes numbers there would end the interpreter. So whatever hands out an address or bytes raises
TraceError: attributes and methods of arrays, the buffer protocol, and types for compiled code.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from verify.model.additions import HOW
from verify.model.errors import CompiledError, TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at

_ATTRIBUTES = ("data", "ctypes", "base", "__array_interface__", "__array_struct__")
_METHODS = [
    "tobytes",
    "tofile",
    "dump",
    "dumps",
    "byteswap",
    "getfield",
    "setfield",
    "resize",
    "__dlpack__",
    "__dlpack_device__",
    "to_device",
    "__reduce__",
    "__setstate__",
    "__bytes__",
    "__buffer__",
    "newbyteorder",
]
_AS_BUFFER = 20  # pointers before `tp_as_buffer` in CPython's type objects, 3.9 to 3.11 (cpython/object.h)


def refuse(way: str) -> NoReturn:
    """Raise the TraceError of a way to raw memory; one of them leads to compiled code only."""
    if way == "ctypes":
        raise CompiledError("the code passes the memory of an array of symbols to compiled code (ctypes)", asked_at())
    raise TraceError(
        f"the code reads the raw memory of an array of symbols ({way})", asked_at(), HOW, reason=Reason.RAW_MEMORY
    )


def refuse_compiled_code() -> None:
    """Raise TraceError where numba asks for the type of an array: what it compiled computes with raw memory."""
    frame = sys._getframe(2)  # noqa: SLF001 - of who asks
    if frame.f_globals.get("__name__", "").partition(".")[0] == "numba":
        raise CompiledError("the code calls compiled code (numba) with an array of symbols", asked_at())


def guard(kind: type) -> None:
    """Close the ways to the memory of a class of arrays."""
    for name in _ATTRIBUTES:
        setattr(kind, name, property(_refusing(name), _refusing(name)))
    for name in _METHODS:
        setattr(kind, name, _refusing(name))
    if sys.version_info < (3, 12):
        _guard_buffer(kind)


def _refusing(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **options: Any) -> Any:
        refuse(name.strip("_"))

    method.__doc__ = "Refuse."
    return method


def _guard_buffer(kind: type) -> None:
    """Let the buffer protocol of a class call a function of C that asks for `fileno`, which raises.

    From Python 3.12 on `__buffer__` is what the protocol calls, before that no method of Python's is. The function has
    the convention of the slot: it takes the object first, and returns -1 for an error.
    """
    if sys.implementation.name != "cpython":
        return
    kind.fileno = property(_refusing("buffer"))  # type: ignore[attr-defined]
    slots = ctypes.c_void_p.from_address(id(kind) + _AS_BUFFER * ctypes.sizeof(ctypes.c_void_p)).value
    asking = ctypes.cast(ctypes.pythonapi.PyObject_AsFileDescriptor, ctypes.c_void_p).value
    if slots is not None:
        ctypes.c_void_p.from_address(slots).value = asking

"""numba's compiler while a trace is running: it looks names up in the user's modules, where stand-ins are.

It compiles a function when that is first called, and knows NumPy's functions by their identity. So what the stand-ins
have replaced is put back while it works.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

Places = Sequence[tuple[dict[str, Any], str, Any]]  # a namespace, a name in it, and what it stands for there
# The classes of numba whose `compile` reads the user's modules.
_COMPILERS = (("numba.core.dispatcher", "Dispatcher"), ("numba.np.ufunc.ufuncbuilder", "UFuncDispatcher"))


def replaced(places: Places, stand_ins: Mapping[int, Any]) -> Iterator[tuple[Any, str, Any, Any]]:
    """Yield numba's methods that compile, if it is imported, with what takes their place; `places` have stand-ins."""
    for module, name in _COMPILERS if "numba" in sys.modules else ():
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and callable(method := vars(kind).get("compile")):
            yield kind, "compile", method, _with_originals(method, places, stand_ins)


def _with_originals(method: Callable[..., Any], places: Places, stand_ins: Mapping[int, Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def replacement(*args: Any, **options: Any) -> Any:
        with _put_back(places, stand_ins):
            return method(*args, **options)

    return replacement


@contextmanager
def _put_back(places: Places, stand_ins: Mapping[int, Any]) -> Iterator[None]:
    for namespace, name, original in places:
        namespace[name] = original
    try:
        yield
    finally:
        for namespace, name, original in places:
            namespace[name] = stand_ins[id(original)]

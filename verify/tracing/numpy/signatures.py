"""The parameters of NumPy's functions, also of those that before NumPy 2 do not tell them: they are written in C."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

_NONE: Any = np._NoValue  # noqa: SLF001 - the default that NumPy itself has for what is not given

# As NumPy documents them, for functions without a signature that arrays of symbols are asked to answer.
_OF_C: dict[str, Callable[..., Any]] = {
    "concatenate": lambda arrays, /, axis=0, out=None, dtype=None, casting="same_kind": None,
    "copyto": lambda dst, src, casting="same_kind", where=True: None,
    "dot": lambda a, b, out=None: None,
    "empty_like": lambda prototype, /, dtype=None, order="K", subok=True, shape=None: None,
    "inner": lambda a, b, /: None,
    "lexsort": lambda keys, axis=-1: None,
    "bincount": lambda x, /, weights=None, minlength=0: None,
    "putmask": lambda a, mask, values: None,
    "vdot": lambda a, b, /: None,
    "where": lambda condition, x=_NONE, y=_NONE, /: None,
}


def signature_of(function: Any) -> inspect.Signature:
    """Return the signature of a NumPy function; raises ValueError where nobody knows it."""
    try:
        return inspect.signature(function)
    except ValueError:
        known_by_name = _OF_C.get(getattr(function, "__name__", ""))
        if known_by_name is None:
            raise
        return inspect.signature(known_by_name)

"""Where arrays of symbols look up what answers for NumPy: tables in which others register, so that nobody imports up.

`arrays` knows the protocols and none of the functions; `ufuncs`, `products` and `protocol` build on it, and what
answers each protocol is registered here. What users add (`gradproof.extend`) is in `model.additions`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Answer = Callable[..., Any]

PROTOCOLS: dict[str, Answer] = {}  # what answers `__array_ufunc__` and `__array_function__`
LINEAR: dict[Any, Answer] = {}  # functions of `numpy.linalg` that LAPACK does on floats
FOURIER: dict[Any, Answer] = {}  # Fourier transforms, of real arrays and of complex ones
STAND_INS: dict[int, Any] = {}  # what user code has in place of modules and functions, by the identity of the original
PRODUCTS: dict[str, Answer] = {}  # the ufuncs that have a signature of axes, by name


def answers(protocol: str) -> Callable[[Answer], Answer]:
    """Register what answers a protocol: "ufunc" or "function"."""

    def register(answer: Answer) -> Answer:
        PROTOCOLS[protocol] = answer
        return answer

    return register

"""Where arrays of symbols look up what answers for NumPy: tables in which others register, so that nobody imports up.

`arrays` knows the protocols and none of the functions; `ufuncs`, `products` and `functions` build on it and register
here what answers each protocol, and so does whoever adds a function (`verify.extend`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Answer = Callable[..., Any]

PROTOCOLS: dict[str, Answer] = {}  # what answers `__array_ufunc__` and `__array_function__`
PRODUCTS: dict[str, Answer] = {}  # the ufuncs that have a signature of axes, by name
ADDED: dict[Any, Answer] = {}  # functions that NumPy hands over, by themselves: they are looked up before our own


def answers(protocol: str) -> Callable[[Answer], Answer]:
    """Register what answers a protocol: "ufunc" or "function"."""

    def register(answer: Answer) -> Answer:
        PROTOCOLS[protocol] = answer
        return answer

    return register

"""Keywords that a function does not have, refused with the closest one that it has, as newer Pythons do themselves."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from verify.model.errors import nearest

_P = ParamSpec("_P")
_T = TypeVar("_T")


def suggesting(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let a function name the keyword that was probably meant by one that it does not have."""
    keywords = inspect.signature(function).parameters

    @functools.wraps(function)
    def checked(*args: _P.args, **options: _P.kwargs) -> _T:
        for name in options:
            if name not in keywords:
                text = f"{function.__name__}() got an unexpected keyword argument {name!r}{nearest(name, keywords)}"
                raise TypeError(text)
        return function(*args, **options)

    return checked

"""Generators of random numbers whose floats can hold symbols: buffers are made with them, and then written into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.tracing.stand_ins.counted import holding, plain


def _drawing(kind: Any, name: str) -> Callable[..., Any]:
    original = getattr(kind, name)

    def method(self: Any, *args: Any, **options: Any) -> Any:
        return holding(original(self, *map(plain, args), **{key: plain(value) for key, value in options.items()}))

    method.__doc__ = f"Draw as {kind.__name__}.{name} does."
    return method


def _holding(kind: Any, bits: Callable[[Any], Any]) -> Any:
    """Return a class of generators that draw what those of a class do, from the bits of one where it is given."""
    names = [name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))]

    def make(self: Any, source: Any = None) -> None:
        kind.__init__(self, bits(source) if type(source) is kind else source)

    namespace = {name: _drawing(kind, name) for name in names} | {"__init__": make}
    return type(kind.__name__, (kind,), namespace)


GENERATORS: dict[type, Any] = {
    np.random.Generator: _holding(np.random.Generator, lambda source: source.bit_generator),
    np.random.RandomState: _holding(np.random.RandomState, lambda source: source._bit_generator),  # noqa: SLF001
}

"""Generators of random numbers whose floats can hold symbols: buffers are made with them, and then written into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.additions import HOW
from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import objects
from verify.tracing.outside.outside import is_symbolic
from verify.tracing.stand_ins.counted import holding, plain

_MOVING = {"choice": "a", "permutation": "x", "permuted": "x", "shuffle": "x"}  # what they move may be symbols
_WRITTEN = "out"
DRAWN = sorted({*dir(np.random.RandomState)} & {*np.random.__all__} - {"seed", "get_state", "set_state"})


def drawn_with(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a function that draws: compiled code, which wants the parameters as plain numbers."""
    moving, unchanged = name in _MOVING, (_WRITTEN, _MOVING.get(name))
    named = {key: value if key in unchanged else _parameter(value) for key, value in options.items()}
    return [*args[:moving], *map(_parameter, args[moving:])], named


def _parameter(value: Any) -> Any:
    """Return symbols that are constants as floats; raises TraceError for others."""
    if not is_symbolic(value):
        return value
    try:
        return np.asarray(objects(value).astype(float))
    except ValueError as problem:
        raise TraceError(
            "the code draws random numbers with a parameter that depends on the inputs",
            asked_at(),
            HOW,
            reason=Reason.PLAIN_NUMBER,
        ) from problem


def _drawing(kind: Any, name: str) -> Callable[..., Any]:
    original = getattr(kind, name)

    def method(self: Any, *args: Any, **options: Any) -> Any:
        values, named = drawn_with(name, args, options)
        return holding(original(self, *map(plain, values), **{key: plain(value) for key, value in named.items()}))

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

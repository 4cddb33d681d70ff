"""Shapes as text: names and numbers, `N D`, products and sums of them without spaces, `4*H`; nothing is a scalar."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from verify.model.errors import InputError

Sizes = Mapping[str, int]
_TERM = re.compile(r"(?:[^\W\d]\w*|\d+)(?:[*+](?:[^\W\d]\w*|\d+))*")
_LARGEST = 4 * 10**6  # entries of one input: a few GB of symbols


def checked_shape(shape: str, terms: int | None = None) -> str:
    """Return a shape, of so many `terms`; raises InputError for text that is none."""
    parts = shape.split()
    if terms is not None and len(parts) != terms:
        raise InputError(f"expected one size, a name or a number, got {shape!r}")
    for part in parts:
        if not _TERM.fullmatch(part):
            raise InputError(
                f"the shape {shape!r} cannot be read at {part!r}: expected names and numbers separated by "
                "spaces, like 'N D' or 'D 4*H'; '' is a scalar"
            )
    return shape


def concrete(shape: str, sizes: Sizes) -> tuple[int, ...]:
    """Return a shape in numbers; raises InputError for a name that has no size, and for shapes beyond a million."""
    return _concrete(shape, tuple(sizes.items()))


@lru_cache(maxsize=1024)  # each run asks for the same ones again
def _concrete(shape: str, sizes_by_name: tuple[tuple[str, int], ...]) -> tuple[int, ...]:
    sizes = dict(sizes_by_name)
    lengths = tuple(_size(part, sizes) for part in shape.split())
    if not math.prod(lengths):
        raise InputError(f"the shape {shape!r} has no entries: sizes start at 1")
    if math.prod(lengths) > _LARGEST:
        raise InputError(f"the shape {shape!r} has {math.prod(lengths):,} entries: the limit is {_LARGEST:,}")
    return lengths


def _size(term: str, sizes: Sizes) -> int:
    return sum(
        math.prod(int(f) if f.isdigit() else sizes[f] for f in product.split("*")) for product in term.split("+")
    )


def entry_names(name: str, shape: Sequence[int]) -> list[str]:
    """Return the names of the entries of an array, in order: x[0,1]; a scalar keeps its own."""
    return list((_few_names if math.prod(shape) <= _FEW else _names)(name, tuple(shape)))


def _names(name: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    if not shape:
        return (name,)
    first, *rest = shape
    indices = [str(i) for i in range(first)]
    for size in rest:
        indices = [f"{index},{i}" for index in indices for i in range(size)]
    return tuple(f"{name}[{index}]" for index in indices)


_FEW = 4096  # names of an array, that are kept for further runs
_few_names = lru_cache(maxsize=256)(_names)  # of small arrays: many runs ask again

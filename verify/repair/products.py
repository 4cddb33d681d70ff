"""Products of quantities of the code, and sums over axes of them: each as source, with the floats that it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, combinations_with_replacement, product
from typing import Any, NamedTuple

import numpy as np

_MOST_QUANTITIES = 8
_MOST_FACTORS = 3
_NOTHING = 1e-12

Shape = tuple[int, ...]


class Part(NamedTuple):
    """A product or a sum as source, over a divisor: its values, how much there is to read, how many terms a sum has."""

    text: str
    value: Any
    cost: int
    added: int = 0
    over: str = ""


UNIT = Part("", np.ones(()), 0)


def factors(values: Mapping[str, Any]) -> list[Part]:
    """Return the quantities that are real numbers, each value under one name."""
    parts: dict[tuple[Shape, bytes], Part] = {}
    for name, value in values.items():
        number = np.asarray(value)
        if number.dtype.kind == "f" and number.size and np.isfinite(number).all() and not _is_constant(number):
            parts.setdefault((number.shape, number.tobytes()), Part(name, number, 1))
    return list(parts.values())[:_MOST_QUANTITIES]


def products(quantities: Sequence[Part]) -> Iterator[Part]:
    """Return all products of a few quantities whose shapes go together."""
    for number in range(1, _MOST_FACTORS + 1):
        for chosen in combinations_with_replacement(quantities, number):
            shapes = [part.value.shape for part in chosen]
            if stretched(shapes) is not None:
                value = np.prod(np.broadcast_arrays(*(part.value for part in chosen)), axis=0)
                yield Part(_product_text(part.text for part in chosen), value, number)


def stretched(shapes: Iterable[Shape]) -> Shape | None:
    """Return the shape that arrays have together, or None where they do not go together."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def quotients(parts: Iterable[Part], quantities: Iterable[Part]) -> Iterator[Part]:
    """Return products divided by a quantity."""
    divisors = [by for by in quantities if by.value.all()]
    for part, by in product(parts, divisors):
        if part.cost < _MOST_FACTORS and by.text not in part.text and stretched([part.value.shape, by.value.shape]):
            yield Part(part.text, part.value / by.value, part.cost + 1, over=by.text)


def sums(parts: Iterable[Part], shape: Shape, written: Collection[str] = ()) -> Iterator[Part]:
    """Return products added up over one axis, all but one, or all, where an array of some shape has place for them.

    The last axis is -1 where that is `written` in the code, and its number is not.
    """
    for part in parts:
        number, keep = part.value.ndim, part.value.ndim == len(shape)
        lengths = [length for length in sorted({1, number - 1, number}) if 0 < length <= number]
        for chosen in chain.from_iterable(combinations(range(number), length) for length in lengths):
            value = part.value.sum(axis=chosen, keepdims=keep)
            if stretched([value.shape, shape]) == shape and not _is_known(value, part.value):
                yield Part(_sum_text(part, chosen, keep, written), value, part.cost + 1, part.value.size // value.size)


def _is_constant(value: Any) -> bool:
    """Tell whether all entries of an array are the same number, but for rounding."""
    return bool(value.size > 1 and np.ptp(value) <= _NOTHING * abs(value).max())


def _is_known(value: Any, terms: Any) -> bool:
    """Tell whether a sum says nothing: all of its entries are the same, or 0 but for rounding."""
    return _is_constant(value) or bool(abs(value).max() <= _NOTHING * abs(terms).max())


def matrix_products(quantities: Iterable[Part], shape: Shape) -> Iterator[Part]:
    """Return products of two matrices, either of them transposed."""
    plain = [part for part in quantities if part.value.ndim == 2]
    turned = [Part(f"{part.text}.T", part.value.T, 2) for part in plain]
    for a, b in product([*plain, *turned], repeat=2):
        if a.value.shape[1] == b.value.shape[0] and (a.value.shape[0], b.value.shape[1]) == shape:
            yield Part(f"{a.text} @ {b.text}", a.value @ b.value, a.cost + b.cost + 1)


def _product_text(names: Iterable[str]) -> str:
    return " * ".join(name if power == 1 else f"{name} ** {power}" for name, power in Counter(names).items())


def _sum_text(part: Part, axes: tuple[int, ...], keep: bool, written: Collection[str]) -> str:
    text = f"({part.text})" if " " in part.text else part.text
    last = part.value.ndim - 1
    if axes == (last,) and "-1" in written and str(last) not in written:
        axes = (-1,)
    axis = "" if len(axes) == part.value.ndim and not keep else f"axis={axes[0] if len(axes) == 1 else axes}"
    return f"{text}.sum({axis}{', keepdims=True' if keep else ''})"

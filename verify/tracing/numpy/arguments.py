"""Arguments of a call: the symbols among them, as plain objects, as numbers where they are constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import SymbolArray, objects, symbols
from verify.tracing.arrays.complexes import ComplexArray
from verify.tracing.numpy.creation import filled
from verify.tracing.symbols.concolic import KINDS, Concolic


def holds_numbers(value: Any) -> bool:
    """Tell whether there are single symbols in a value, in lists and tuples at any depth."""
    return isinstance(value, Concolic) or (type(value) in (tuple, list) and any(map(holds_numbers, value)))


def is_symbolic(value: Any) -> bool:
    """Tell whether a value is a symbol or an array of them."""
    return isinstance(value, (SymbolArray, Concolic))


def constants(args: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
    """Return arguments as floats where no symbol among them depends on an input: NumPy can compute with them."""
    try:
        return [_numbers(value) for value in args], {name: _numbers(value) for name, value in options.items()}
    except ValueError:
        return None


def _numbers(value: Any) -> Any:
    if type(value) is ComplexArray:
        return _numbers(value.re) + 1j * _numbers(value.im)
    if isinstance(value, (SymbolArray, Concolic)):
        if not all(symbol.is_constant() for symbol in symbols(value)):
            raise ValueError
        return objects(value).astype(getattr(value, "claimed", float))
    return type(value)(map(_numbers, value)) if type(value) in (tuple, list) else value


def lifted(made: Any) -> Any:
    """Return floats that NumPy computed of constants as symbols: what is written to them later may be symbols."""
    if isinstance(made, (tuple, list)):
        items = map(lifted, made)
        return type(made)(*items) if hasattr(made, "_fields") else type(made)(items)
    return filled(made.shape, made, made.dtype) if isinstance(made, np.ndarray) else made


def first_of(args: Any, options: dict[str, Any]) -> Any:
    """Return the first argument of a call."""
    return args[0] if args else next(iter(options.values()))


def symbolic_arrays(values: Any) -> list[Any]:
    """Return the arrays of symbols among some arguments, and in lists of them."""
    symbolic: list[Any] = []
    for value in values:
        symbolic += (
            symbolic_arrays(value)
            if type(value) in (tuple, list)
            else [value]
            if isinstance(value, SymbolArray)
            else []
        )
    return symbolic


def plain(value: Any, depth: int = 0) -> Any:
    """Return an argument with plain arrays of objects in place of symbols, arrays of them, and lists within lists."""
    if isinstance(value, (SymbolArray, Concolic)):
        return objects(value)
    if type(value) not in (tuple, list):
        return value
    if depth > 0 and any(type(item) in KINDS for item in value):
        return objects(value)
    return type(value)(plain(item, depth + 1) for item in value)

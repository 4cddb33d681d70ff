"""How close an added function comes to the one that it stands for: measured wherever it is called on symbols.

What is added from outside is its author's word. The run on floats is held against the formulas to four digits
(`floats`), which tells another function, and no slip in a constant. So it is called on the numbers that the symbols
have at the sample, and the report says to how many digits both agree. How exact the original is nobody knows; where
both differ at all, floats are held against the bound of what was added, also where nothing but formulas was asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from verify.model.additions import FUNCTIONS as ADDED
from verify.tracing.arrays.arrays import SymbolArray, floats_of
from verify.tracing.symbols.concolic import Concolic

_SYMBOLS = "on symbols, {} is the function added for it"
_MOST = 15  # digits that a float has
_agreeing: dict[str, int] = {}  # digits, by the name of the function
_unmeasured: dict[str, None] = {}  # functions that could not be called on the numbers of a sample


def computed(function: Any, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Return what was added for a function gives, and measure it."""
    result = ADDED[function](*args, **options)
    measure(function, args, options, result)
    return result


def measure(function: Any, args: Sequence[Any], options: Mapping[str, Any], result: Any) -> None:
    """Note to how many digits a result on symbols is what the function gives on floats."""
    name = f"{getattr(function, '__module__', '')}.{getattr(function, '__name__', function)}".removeprefix(".")
    arguments, named = _on_floats(list(args)), _on_floats(dict(options))
    try:
        with np.errstate(all="ignore"):
            digits = _digits(_on_floats(result), function(*arguments, **named))
    except Exception:  # noqa: BLE001 - the original is the user's, and the run on floats tells what it raises
        _unmeasured[name] = None
        return
    _agreeing[name] = min(digits, _agreeing.get(name, _MOST))


def _on_floats(value: Any) -> Any:
    """Return a value with numbers in place of symbols, in lists, tuples and dicts too."""
    if isinstance(value, (SymbolArray, Concolic)):
        numbers = floats_of(value)
        return numbers if isinstance(value, SymbolArray) else float(numbers)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_on_floats, value))
    return {key: _on_floats(held) for key, held in value.items()} if isinstance(value, dict) else value


def _digits(actual: Any, expected: Any) -> int:
    """Return to how many digits of the largest number two results agree."""
    a, b = np.asarray(actual, float), np.asarray(expected, float)
    if a.shape != b.shape or not a.size:
        return 0
    difference, largest = float(np.abs(a - b).max()), float(np.abs(b).max())
    if not math.isfinite(difference) or not largest:
        return 0 if difference else _MOST
    return _MOST if not difference else max(0, min(_MOST, math.floor(-math.log10(difference / largest))))


def forget() -> None:
    """Start anew, for another case."""
    _agreeing.clear()
    _unmeasured.clear()


def differs() -> bool:
    """Tell whether a function that was added gives other floats than the one that it stands for."""
    return any(digits < _MOST for digits in _agreeing.values())


def notes() -> list[str]:
    """Return a sentence about each function that was used since."""
    return [
        *(
            f"{_SYMBOLS.format(name)}: at the sample the two agree to {digits} digits"
            for name, digits in _agreeing.items()
        ),
        *(f"{_SYMBOLS.format(name)}, not compared: {name} cannot be called on the sample" for name in _unmeasured),
    ]

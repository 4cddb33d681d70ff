"""The floating-point formats that layers run in: IEEE 754's binary64, binary32 and binary16."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np


@dataclass(frozen=True)  # without slots: what is computed from the fields is kept
class Format:
    """A format with significands of `bits` bits, whose normal numbers reach from 2**lowest to below 2**(1 - lowest)."""

    name: str
    bits: int
    lowest: int

    @cached_property
    def dtype(self) -> Any:
        """Return NumPy's type."""
        return np.dtype(self.name)

    @cached_property
    def unit(self) -> float:
        """Return the unit roundoff: half the distance from 1 to the next number."""
        return 2.0**-self.bits

    @cached_property
    def tiny(self) -> float:
        """Return the smallest normal number."""
        return 2.0**self.lowest

    @cached_property
    def half_subnormal(self) -> Any:
        """Return half the distance between subnormal numbers: what rounding may add there."""
        return np.ldexp(np.longdouble(1), self.lowest - self.bits)

    @cached_property
    def overflow(self) -> Any:
        """Return the number from which on rounding gives infinity: halfway past the last one."""
        return np.ldexp(np.longdouble(2) - self.unit, 1 - self.lowest) if _wide else np.finfo(self.dtype).max

    def nearest(self, values: Any) -> Any:
        """Return the numbers of the format nearest to doubles, or None if one is neither normal nor 0 there."""
        with np.errstate(all="ignore"):
            numbers = np.asarray(values).astype(self.dtype).astype(float)
        normal = np.isfinite(numbers) & ((np.abs(numbers) >= self.tiny) | (np.asarray(values) == 0))
        return numbers if normal.all() else None


class Formats(NamedTuple):
    """The numbers of several formats, a row for each."""

    bits: Any
    unit: Any
    tiny: Any
    overflow: Any

    @classmethod
    def of(cls, formats: Sequence[Format]) -> Formats:
        """Return the numbers of formats."""
        bits = np.array([[numbers.bits] for numbers in formats])
        rest = (np.array([[getattr(f, name)] for f in formats], np.longdouble) for name in cls._fields[1:])
        return cls(bits, *rest)


_wide = np.finfo(np.longdouble).maxexp > np.finfo(np.float64).maxexp
DOUBLE = Format("float64", 53, -1022)
SINGLE = Format("float32", 24, -126)
HALF = Format("float16", 11, -14)

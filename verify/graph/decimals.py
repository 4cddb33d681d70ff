"""Many exact numbers with one denominator: the samples of large arrays, without a Python object for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import overload

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]


class Decimals(Sequence[Fraction]):
    """Numerators over a denominator, of at most 62 bits and not in lowest terms; Fractions where they are looked at."""

    __slots__ = ("denominator", "numerators")

    def __init__(self, numerators: Whole, denominator: int) -> None:
        self.numerators = numerators
        self.denominator = denominator

    def __len__(self) -> int:
        return len(self.numerators)

    @overload
    def __getitem__(self, place: int) -> Fraction: ...

    @overload
    def __getitem__(self, place: slice) -> Decimals: ...

    def __getitem__(self, place: int | slice) -> Fraction | Decimals:
        if isinstance(place, slice):
            return Decimals(self.numerators[place], self.denominator)
        return Fraction(int(self.numerators[place]), self.denominator)

    def __iter__(self) -> Iterator[Fraction]:
        return (Fraction(numerator, self.denominator) for numerator in self.numerators.tolist())

    def take(self, places: npt.NDArray[np.int64]) -> Decimals:
        """Return the numbers at some places."""
        return Decimals(self.numerators[places], self.denominator)

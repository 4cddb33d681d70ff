"""Values of functions and roots as random elements: the same for the same argument, whoever computed it.

What holds for any elements holds for the functions. Two arguments are the same if they are in all walks at once: so two
that are not the same function are taken for one only if they agree in each walk (the chance is that of a wrong "equal",
once for each pair of arguments, and not once a walk). A walk in which an argument has a pole tells nothing of it;
whoever asks sees to it that enough are left. The laws are those of `proof.kernels`: sin and cos are a point of the
circle, and odd functions change sign with their argument.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from verify.graph.functions import FUNCTIONS, Function
from verify.tape.draws import Draws
from verify.tape.primes import Moduli
from verify.tape.residues import Residues, inverses, products, reduced
from verify.tape.tape import Mask

_CIRCLE = ("sin", "cos")
_ROOT = Function(ball=lambda a: a)  # of a root this is all: the same for the same argument
_FIRST_ROOM = 64
_UNITY = np.uint64(1)
_POLE = np.uint32(2**32 - 1)  # is no residue: primes are smaller


class Kernels:
    """The elements of one point of the fields."""

    def __init__(self, p: Moduli, draws: Draws) -> None:
        self.p = p
        self.draws = draws
        self.tables: dict[str, _Table] = {}

    def at(self, name: str, arguments: Residues, valid: Mask | None) -> Residues:
        """Return a function's values at arguments, or its root's (`root`); `valid` tells in which walks they are."""
        line = FUNCTIONS.get(name, _ROOT)
        mirrored = _mirrored(arguments, valid, self.p) if line.parity else None
        if mirrored is not None:
            arguments = np.where(mirrored & (arguments != 0), self.p - arguments, arguments)
        value = self.of(name, joint(arguments, valid))
        if mirrored is not None and line.parity < 0:
            value = np.where(mirrored, reduced(self.p - value, self.p), value)
        if line.at_zero is not None:
            value[:, (arguments == 0).all(axis=0)] = line.at_zero
        return value

    def of(self, name: str, keys: Sequence[Hashable]) -> Residues:
        """Return a function's values at arguments with such keys, the same for equal keys."""
        circle = name in _CIRCLE
        table = self.tables.setdefault("circle" if circle else name, _Table(len(self.p)))
        elements = table.at(keys, self.draws)
        return self._on_circle(name, elements) if circle else elements

    def _on_circle(self, name: str, t: Residues) -> Residues:
        """Return a coordinate of a point of the unit circle: 1 + t**2 is not 0 where -1 is no square."""
        square = products(t, t, self.p)
        below, poles = inverses(reduced(square + _UNITY, self.p), self.p)
        above = reduced(t + t if name == "sin" else self.p + _UNITY - square, self.p)
        value = products(above, below, self.p)
        return value if poles is None else np.where(poles, np.uint64(name == "cos"), value)


class _Table:
    """Random elements by their keys, drawn in the order in which these first appear."""

    def __init__(self, walks: int) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.values = np.empty((walks, _FIRST_ROOM), np.uint64)
        self.drawn = 0

    def at(self, keys: Sequence[Hashable], draws: Draws) -> Residues:
        numbers = self.numbers
        places = [numbers.setdefault(key, len(numbers)) for key in keys]
        if len(numbers) > self.values.shape[1]:
            room = np.empty((len(self.values), len(numbers)), np.uint64)
            self.values = np.concatenate([self.values, room], axis=1)
        new = slice(self.drawn, len(numbers))
        self.values[:, new] = draws.next(new.stop - new.start)
        self.drawn = len(numbers)
        return self.values[:, places]


def joint(arguments: Residues, valid: Mask | None) -> Sequence[Hashable]:
    """Return for each argument its values in all walks as one key."""
    marked = arguments.astype(np.uint32)
    if valid is not None:
        marked[~valid] = _POLE
    rows = np.ascontiguousarray(marked.T)
    keys: Sequence[Hashable] = rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize))).ravel().tolist()
    return keys


def _mirrored(arguments: Residues, valid: Mask | None, p: Moduli) -> Mask:
    """Tell which arguments are the negative ones of u and -u: by the first walk in which they differ."""
    marked = arguments if valid is None else np.where(valid, arguments, 0)
    first = (marked != 0).argmax(axis=0)
    places = np.arange(arguments.shape[1])
    value: Mask = marked[first, places] > p.ravel()[first] // np.uint64(2)
    return value

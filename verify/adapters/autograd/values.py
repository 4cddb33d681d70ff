"""What autograd has to know of arrays of symbols: that they can be differentiated, and what a zero gradient is.

autograd looks types up in tables, by `type(value)`. Symbols are added to them, and nothing of autograd is replaced: its
engine boxes arrays of symbols, calls primitives and their rules with them, and adds what the rules return.
"""

from __future__ import annotations

from typing import Any

from autograd.extend import VSpace
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.numpy.numpy_vspaces import ArrayVSpace

from verify.tracing.arrays import arrays
from verify.tracing.arrays.arrays import SymbolArray
from verify.tracing.symbols.concolic import KINDS


class SymbolVSpace(ArrayVSpace):
    """The space of gradients of an array of symbols, or of one symbol, of shape `shape`."""

    def __init__(self, value: Any) -> None:
        self.shape = arrays.shape_of(value)
        self.dtype = value.dtype

    def zeros(self) -> Any:
        """Return the zero gradient, as where a rule is None."""
        return self._filled(0)

    def ones(self) -> Any:
        """Return a gradient of ones."""
        return self._filled(1)

    def _filled(self, number: int) -> Any:
        return arrays.scalar(arrays.built(arrays.nodes(number, self.shape), self.shape, self.dtype))


for kind in (SymbolArray, *KINDS):
    ArrayBox.register(kind)
    VSpace.register(kind, SymbolVSpace)

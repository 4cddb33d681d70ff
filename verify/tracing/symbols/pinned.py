"""A trace at one exact point: inputs are numbers there, and a division by 0 gives what it gives on floats.

Elsewhere a symbol stands for every number near its sample, so that `np.isnan` of a quotient is false: it is NaN at
single points only. Code that takes a number for the NaN is followed here at such a point: 0/0 is NaN and 1/0 is an
infinity, and everything else is computed exactly. Zeros are taken for positive ones, which nothing here can tell of
those that are computed; whoever reads the results compares them with floats.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction

from verify.tracing.symbols.trace import Nodes, Trace

_ZERO = Fraction(0)


class PinnedTrace(Trace):
    """A graph of its own in which some inputs, by their names, are constants; others, as upstreams, are variables."""

    is_pinned = True

    def __init__(self, pinned: Collection[str]) -> None:
        super().__init__()
        self._pinned = frozenset(pinned)

    def inputs(self, names: Callable[[], Sequence[str]], values: Sequence[Fraction]) -> Nodes:
        """Return the nodes of new inputs: constants, where they are pinned."""
        return [self.input(name, value) for name, value in zip(names(), values, strict=True)]

    def input(self, name: str, value: Fraction) -> int:
        """Return the node of a new input: a constant, where it is pinned."""
        return self.constant(value) if name in self._pinned else super().input(name, value)

    def power(self, a: int, exponent: Fraction) -> int:
        """Return the node of a ** exponent; that of 0 is 0, for roots too."""
        return a if self.value(a) == _ZERO and exponent > 0 else super().power(a, exponent)

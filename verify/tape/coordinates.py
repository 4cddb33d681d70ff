"""Which indeterminates the values of functions and roots are expressed by, so that few denominators are left.

A value that is drawn uniformly may be replaced by a fraction of degree 1 in it: that is uniform too, but for the pole.
The bound on a wrong "equal" then holds for the degree in the new indeterminates. Values that are equal, though not the
same element, have to be replaced in the same way; so all of a kind are replaced, or none.

* Of roots, the inverses are taken, where more of the powers are negative.
* Where all exponentials e are in a sum 1 + e that is divided by (sigmoids, and what they are made of), 1 / (1 + e) is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verify.tape.masks import all_of
from verify.tape.parts import Part
from verify.tape.tape import ONE, Elements, Tape

_NONE = -1
_NOTHING = np.empty(0, np.int64)


class Coordinates:
    """The choice for a tape."""

    def __init__(self, tape: Tape, parts: Sequence[Part]) -> None:
        roots = [part for part in parts if part.op == "power" and part.payload.denominator != 1]
        self.of_inverse_roots = sum(part.size if part.payload < 0 else -part.size for part in roots) > 0
        self.of_inverses = False
        exponentials = [part.numbers for part in parts if part.op == "exp"]
        if exponentials:
            self._exponentials = np.zeros(tape.size, bool)
            self._exponentials[np.concatenate(exponentials)] = True
            self._of_sum = np.full(tape.size, _NONE)  # for each sum 1 + e, the e
            self.of_inverses = self._all_are_in_inverses(parts)

    def sums_with_one(self, part: Part) -> tuple[Elements, Elements]:
        """Return which of a part's sums are 1 + e, and each e, where inverses of these are taken."""
        if not self.of_inverses:
            return _NOTHING, _NOTHING
        exponentials = self._of_sum[part.elements]
        places = np.flatnonzero(exponentials != _NONE)
        return places, exponentials[places]

    def are_inverses(self, base: Elements) -> bool:
        """Tell whether all elements are sums 1 + e whose inverses are taken."""
        return self.of_inverses and all_of(self._of_sum[base] != _NONE)

    def exponentials(self, sums: Elements) -> Elements:
        """Return the e of sums 1 + e."""
        result: Elements = self._of_sum[sums]
        return result

    def _all_are_in_inverses(self, parts: Sequence[Part]) -> bool:
        """Find the sums 1 + e, and tell whether one is divided by for each e."""
        divided = np.zeros(len(self._of_sum), bool)
        for part in parts:
            if part.op == "sum":
                for left, right in (part.args, part.args[::-1]):
                    match = (left == ONE) & self._exponentials[right]
                    self._of_sum[part.numbers[match]] = right[match]
            elif part.op == "power" and part.payload < 0 and part.payload.denominator == 1:
                sums = self._of_sum[part.args[0]]
                divided[sums[sums != _NONE]] = True
        return all_of(divided[self._exponentials])

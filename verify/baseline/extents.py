"""How far a failure goes, without lines, values and names of entries: so that it shows when it grew.

Imports the standard library only.
"""

from __future__ import annotations

from typing import NamedTuple


class Extent(NamedTuple):
    """In how many of how many entries something fails, and whether in other regions than those of the samples only.

    Entries are those of all variants together; of what is no array, each variant is one. Samples do not depend on the
    seed, and so these numbers do not.
    """

    failing: int = 1
    entries: int = 1
    elsewhere: bool = False

    def __str__(self) -> str:
        number = f"in {self.failing} of {self.entries}" if self.failing < self.entries else ""
        return ", ".join(filter(None, ["in another region" if self.elsewhere else "", number]))

    def beyond(self, accepted: Extent) -> bool:
        """Tell whether this goes further: a larger share, and not only because the case has other sizes now."""
        if self.elsewhere != accepted.elsewhere:
            return accepted.elsewhere
        more = self.failing > accepted.failing or self.failing == self.entries
        return more and self.failing * accepted.entries > accepted.failing * self.entries

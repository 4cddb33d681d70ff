"""How far a failure goes, without lines, values and names of entries: so that it shows when it grew.

Imports the standard library and the result only.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TEXT = re.compile(
    r"(?P<elsewhere>in another region)?(?:(?(elsewhere), )in (?P<failing>[0-9]{1,9}) of (?P<entries>[0-9]{1,9}))?"
)


class Extent(NamedTuple):
    """In how many of how many entries something fails, and whether in other regions than those of the samples only.

    Entries are those of all variants together; of what is no array, each variant is one. Samples do not depend on the
    seed, and so these numbers do not.
    """

    failing: int = 1
    entries: int = 1
    elsewhere: bool = False

    @classmethod
    def parsed(cls, said: str) -> Extent:
        """Read what `str` wrote; raises ValueError for anything else."""
        if not (met := _TEXT.fullmatch(said)):
            raise ValueError(f"{said!r} does not say how far a failure goes")
        return cls(int(met["failing"] or 1), int(met["entries"] or 1), bool(met["elsewhere"]))

    def __str__(self) -> str:
        number = f"in {self.failing} of {self.entries}" if self.failing < self.entries else ""
        return ", ".join(filter(None, ["in another region" if self.elsewhere else "", number]))

    def beyond(self, known: Extent) -> bool:
        """Tell whether this goes further: a larger share, and not only because the case has other sizes now."""
        if self.elsewhere != known.elsewhere:
            return known.elsewhere
        more = self.failing > known.failing or self.failing == self.entries
        return more and self.failing * known.entries > known.failing * self.entries

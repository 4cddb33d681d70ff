"""How much a run of the tests tries: `make test` a part of what takes minutes, `make test-long` all of it.

What takes hours is tried in part by `make test-long` too, and whole by `make test-random`. No test passes by its
place in a list, or by its seed: GRADPROOF_PART=1, 2, ... has both try the other parts, and draw other numbers.
"""

import os

import pytest

LONG = bool(os.environ.get("GRADPROOF_LONG"))
WHOLE = os.environ.get("GRADPROOF_LONG") == "whole"
PART = int(os.environ.get("GRADPROOF_PART", "0"))

# A test of a single thing that takes seconds, whose relatives are tried each time.
slow = pytest.mark.skipif(not LONG, reason="takes seconds: GRADPROOF_LONG=1")
# One that takes a minute, and whose pieces are tried each time.
weekly = pytest.mark.skipif(not WHOLE, reason="takes a minute: make test-random")


class Some(list):
    """All items, which know where the part of `make test` begins, and that it has one in so many."""

    def __init__(self, items, every):
        """Keep one in so many for `make test`, from the part that is asked for."""
        super().__init__(items)
        self.every = every

    def tries(self, index):
        """Return whether `make test` tries the item of this index."""
        return index % self.every == PART % self.every


def some(items, every=6):
    """Return all items, or in `make test` one in so many, starting at the part that is asked for."""
    return Some(items, every) if LONG else list(items)[PART % every :: every]


def chunks_of(long, short, many, every=20):
    """Return the chunks of random layers that are tried, of so many, and the size of one: of the sizes for each run."""
    if not LONG:
        return range(PART, PART + 1), short
    return range(many) if WHOLE else range(many)[PART % every :: every], long

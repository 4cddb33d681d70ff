"""How much a run of the tests tries: `make test` a part of what takes minutes, `make test-long` all of it.

No test passes by its place in a list, or by its seed: GRADPROOF_PART=1, 2, ... has `make test` try the other parts, and
draw other numbers.
"""

import os

LONG = bool(os.environ.get("GRADPROOF_LONG"))
PART = int(os.environ.get("GRADPROOF_PART", "0"))


def some(items, every=3):
    """Return all items, or in `make test` one in so many, starting at the part that is asked for."""
    return list(items) if LONG else list(items)[PART % every :: every]

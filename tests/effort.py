"""How much a run of the tests tries: `make test` a part of what takes minutes, `make test-long` all of it."""

import os

LONG = bool(os.environ.get("GRADPROOF_LONG"))


def some(items, every=3):
    """Return all items, or in `make test` one in so many."""
    return list(items) if LONG else list(items)[::every]

"""Python's garbage collector, held while many objects are made of which none is garbage: it would walk them in vain."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile; what is left afterwards counts as old, and is not walked at once either."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if not gc.get_freeze_count():  # what a program has frozen stays so
                gc.freeze()
                gc.unfreeze()  # to the oldest generation, without looking at any of it
            gc.enable()

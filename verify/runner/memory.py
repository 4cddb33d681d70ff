"""How much memory a process and all that it has started hold, as the system counts pages that are in use.

The resident set is watched from outside, and not bounded by the system (RLIMIT_AS): a limit on addresses would count
what is only reserved, as threads and libraries do, would bound each process for itself, and would raise MemoryError
inside of libraries that then abort. What is watched may pass the limit for as long as it takes to look again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

WATCHED = sys.platform == "linux"  # elsewhere there is no /proc to read
INTERVAL = 0.05  # seconds between two looks: memory is filled at one or two GB in a second
GIGABYTE = 10**9
_MOST = 200  # processes that are counted


def used(pid: int) -> int:
    """Return the bytes that a process and its descendants hold; of what has just ended, nothing."""
    page, total, todo, seen = os.sysconf("SC_PAGE_SIZE"), 0, [pid], 0
    while todo and seen < _MOST:
        seen += 1
        process = Path("/proc") / str(todo.pop())
        try:
            total += int((process / "statm").read_text().split()[1]) * page
            for thread in (process / "task").iterdir():
                todo += [int(child) for child in (thread / "children").read_text().split()]
        except (OSError, IndexError):
            continue
    return total


def gigabytes(size: float) -> str:
    """Write a number of bytes: `4 GB`, `0.25 GB`."""
    return f"{size / GIGABYTE:.3g} GB"

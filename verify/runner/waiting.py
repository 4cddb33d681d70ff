"""How long a process has waited for a core: that is not its own time, and no time limit counts it.

Several workers beside each other, or other programs, may want more cores than there are. Of the process' main thread
the system knows how long it was ready to run and did not (https://docs.kernel.org/scheduler/sched-stats.html).
"""

from __future__ import annotations

from pathlib import Path

MOST = 4  # times its limit, after which a request is at an end however long it has waited


def waited(pid: int) -> float:
    """Return the seconds for which a process has waited for a core; 0 where the system does not say so."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0

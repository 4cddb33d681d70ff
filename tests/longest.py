"""The tests that take longest, which `make test` leaves to `make test-long`: told by the clock, not by hand.

    python tests/longest.py             runs them one after another, 15 minutes, and writes longest.txt anew

As many are listed as it takes for the others to stay within `BUDGET`.
"""

import sys
from collections import Counter
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("longest.txt")
BUDGET = 400  # seconds on one core, half of it on two


class Clock:
    """A plugin of pytest that adds up what the tests take, and has none of them left out for what it took before."""

    def __init__(self):
        """Begin with no test."""
        self.called, self.around = Counter(), Counter()

    def pytest_sessionstart(self):
        """Have the tests of the list run as well."""
        sys.modules["left_out"].LONGEST = frozenset()

    def pytest_runtest_logreport(self, report):
        """Add what a test takes, and apart from it what is set up: a module's part goes with no test."""
        (self.called if report.when == "call" else self.around)[report.nodeid] += report.duration


def longest(called, budget):
    """Return the tests that take longest, as many as there have to be for the others to take `budget` seconds."""
    left = sum(called.values())
    names = []
    for name, seconds in Counter(called).most_common():
        if left <= budget:
            break
        names.append(name)
        left -= seconds
    return sorted(names)


def main():
    """Measure and write the list."""
    clock = Clock()
    if code := pytest.main(["-q", "-n", "0"], [clock]):
        sys.exit(f"pytest ended with {code:d}: {LIST.name} stays as it was")
    names = longest(clock.called, BUDGET - clock.around.total())
    LIST.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    print(f"{len(names)} of {len(clock.called):,} tests, {clock.called.total():.0f} s + {clock.around.total():.0f} s")


if __name__ == "__main__":
    main()

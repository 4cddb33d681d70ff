"""A file of cases that is run as a program only states them: where it checks none, its end says what to type."""

from __future__ import annotations

import atexit
import shlex
import sys

from verify.model.where import relative

_cases: dict[str, int] = {}  # how many cases a program has made, by its file
_checking: set[bool] = set()  # not empty once a case was checked in this process


def remind(file: str, module: str) -> None:
    """Note that a module makes a case; the end of a program says it of a file that is run as one."""
    if module == "__main__":
        if not _cases:
            atexit.register(_print)
        _cases[file] = _cases.get(file, 0) + 1


def checks() -> None:
    """Note that the program checks cases itself: nothing is to be said at its end."""
    _checking.add(True)


def _print() -> None:
    for file, number in () if _checking else _cases.items():
        name = relative(file)
        cases = "1 case" if number == 1 else f"{number} cases"
        print(f"{name} defines {cases} and checks none. To check: gradproof {shlex.quote(name)}", file=sys.stderr)

"""What a run on floats computed, operation by operation, where what drives the code can tell: its account.

Values that are computed alike have one number, in all runs whose accounts are compared. So where a gradient of two runs
has one number, it is the same function of the inputs and of the upstream, whatever led the code to compute it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple


class Account(NamedTuple):
    """The numbers of the outputs, of the gradients that are claimed, and of what was written into memory.

    No number of an array had a say in which operations there are: a run that tells of one gives no account. So for
    other inputs of the same shapes the code computes the same.
    """

    outputs: tuple[int, ...]
    gradients: Mapping[str, int]
    writes: frozenset[int]


class Accounts:
    """The numbers of what runs computed, by what it was computed from, and the account of the last run.

    Whoever gives accounts may leave something in force `for_all` of these runs.
    """

    def __init__(self) -> None:
        self.for_all = ExitStack()
        self.numbers: dict[Any, int] = {}
        self.last: Account | None = None

    def number(self, computed: Any) -> int:
        """Return the number of what is computed in a way."""
        return self.numbers.setdefault(computed, len(self.numbers))

    def alias(self, computed: Any, number: int) -> None:
        """Let what is computed in a way be what has a number."""
        self.numbers[computed] = number


_wanted: list[Accounts] = []


@contextmanager
def accounted(accounts: Accounts) -> Iterator[None]:
    """Ask for the accounts of runs on floats meanwhile."""
    _wanted.append(accounts)
    try:
        with accounts.for_all:
            yield
    finally:
        _wanted.pop()


def wanted() -> Accounts | None:
    """Return where the account of a run on floats is wanted, if it is."""
    return _wanted[-1] if _wanted else None


def taken() -> Account | None:
    """Return the account of the run that has just ended, if it gave one."""
    if not _wanted:
        return None
    account, _wanted[-1].last = _wanted[-1].last, None
    return account

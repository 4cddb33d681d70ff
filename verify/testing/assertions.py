"""Cases in tests: nothing is said of one that is right, and the terminal's report of one that is not."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from verify.cases.case import Case
from verify.checks.checker import check
from verify.discovery.packages import borrowed
from verify.model.result import CaseResult, Run, troubles
from verify.model.result import strict as strictly
from verify.testing.presenting import remembered


def assert_gradients(case: Case, seed: int = 0, *, quick: bool = False, strict: bool = False) -> CaseResult:
    """Check a case in this process as the command does, and return its result.

    Raises AssertionError with the report if the case fails, and InputError if `case` is not a case. Warnings of the
    code under test are shown and never raised, whatever the filters are: gradproof chooses inputs of all magnitudes.
    """
    __tracebackhide__ = True  # pytest shows the line of the test that calls this
    result = judged(case, seed, quick=quick, strict=strict)
    if not result.good:
        raise AssertionError(failure(replace(result, reproduce=())))  # the test does that; the command may not find it
    return remembered(result, case)


def judged(case: Case, seed: int, *, quick: bool, strict: bool) -> CaseResult:
    """Return the result of a case as the command has it."""
    with _warnings_not_raised():
        result = check(case, seed, quick=quick)
    return strictly(result) if strict else result


def failure(result: CaseResult, *, everything: bool = False) -> str:
    """Say why a case fails: in one line, and then in a report."""
    why = ", ".join(troubles(Run((result,)))) or "nothing was checked"
    terminal = borrowed("terminal")
    report: str = terminal.block(result, terminal.Look(verbosity=int(everything)))
    return f"{result.name}: {why}\n\n{report}"


@contextmanager
def _warnings_not_raised() -> Iterator[None]:
    with warnings.catch_warnings():
        filters: list[Any] = list(warnings.filters)
        warnings.resetwarnings()
        for action, message, category, module, line in reversed(filters):  # each goes before those that are there
            replacement: Any = "default" if action == "error" else action
            warnings.filterwarnings(replacement, _pattern(message), category, _pattern(module), line)
        yield


def _pattern(pattern: Any) -> str:
    """Return the text of what a filter has compiled, or not, or left out."""
    text: str = getattr(pattern, "pattern", pattern) or ""
    return text

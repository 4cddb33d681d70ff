"""A case checked for the search, which asks first whether anything is refuted.

Most of the time of a refutation goes into what is said of it, and that is for its reader. So a check ends at the first
row that refutes: such a row is certain, whatever else there is to find out.
"""

from __future__ import annotations

from collections.abc import Callable

from verify.cases.case import Case
from verify.checks.checker import check
from verify.model.result import CaseResult, Verdict, strict
from verify.mutation.result import How


class _EndedError(BaseException):
    """A check has said enough; no Exception, so that nothing on the way out of it takes it for one of the code's."""

    def __init__(self, result: CaseResult) -> None:
        super().__init__()
        self.result = result


def checked(case: Case, how: How) -> CaseResult:
    """Check a case."""
    result = check(case, how.seed, quick=how.quick)
    return strict(result) if how.strict else result


def until_refuted(case: Case, how: How) -> tuple[CaseResult, bool]:
    """Check a case up to the first row that refutes; returns the result, and whether it is the whole one."""
    return _until(_refutes, case, how)


def until_failing(case: Case, how: How) -> tuple[CaseResult, bool]:
    """Check a case up to the first row that refutes, or the first finding that it fails for."""
    return _until(lambda result: _refutes(result) or any(finding.bad for finding in result.findings), case, how)


def _until(fails: Callable[[CaseResult], bool], case: Case, how: How) -> tuple[CaseResult, bool]:
    def keep(result: CaseResult, _: str) -> None:
        if fails(result):
            raise _EndedError(result)

    try:
        result = check(case, how.seed, quick=how.quick, keep=keep)
    except _EndedError as ended:
        return ended.result, False
    return strict(result) if how.strict else result, True


def _refutes(result: CaseResult) -> bool:
    return any(row.verdict is Verdict.REFUTED for row in result.comparisons)

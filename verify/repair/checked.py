"""A case checked for the search, which asks first whether anything is refuted.

Most of the time of a refutation goes into what is said of it, and that is for its reader. So a check ends at the first
row that refutes: such a row is certain, whatever else there is to find out.
"""

from __future__ import annotations

from verify.cases.case import Case
from verify.checks.checker import check
from verify.model.result import CaseResult, Verdict, strict
from verify.mutation.result import How


class _RefutedError(BaseException):
    """A gradient is refuted; no Exception, so that nothing on the way out of a check takes it for one of the code's."""

    def __init__(self, result: CaseResult) -> None:
        super().__init__()
        self.result = result


def checked(case: Case, how: How) -> CaseResult:
    """Check a case."""
    result = check(case, how.seed, quick=how.quick)
    return strict(result) if how.strict else result


def until_refuted(case: Case, how: How) -> tuple[CaseResult, bool]:
    """Check a case up to the first row that refutes; returns the result, and whether it is the whole one."""
    try:
        result = check(case, how.seed, quick=how.quick, keep=_ending)
    except _RefutedError as refuted:
        return refuted.result, False
    return strict(result) if how.strict else result, True


def _ending(result: CaseResult, _: str) -> None:
    if any(row.verdict is Verdict.REFUTED for row in result.comparisons):
        raise _RefutedError(result)

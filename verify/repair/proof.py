"""Is a case right with some edits? Nothing may be worse than it was, and what was wrong has to be proved.

Where a check leaves nothing open but the rounding of constants in the code, no edit can be proved: such a gradient is
accepted as well, and named as one that only agrees.

The whole check accepts an edit, with everything on. Of the case as it was, the first gradient that is refuted is enough
to know, unless something is left to compare: a finding, or a gradient that nobody claims.
"""

from __future__ import annotations

from collections.abc import Iterator

from verify.cases.case import Case, TracedCase
from verify.model.faults import Finding
from verify.model.findings import FINDINGS, Subject
from verify.model.result import CaseResult, Comparison, Verdict
from verify.mutation.result import How
from verify.repair.checked import checked, until_failing
from verify.repair.forward import same_forward
from verify.repair.result import Before, Edits, Hazard, Proof

_SHARED_MEMORY = ("GP105", "GP106", "GP120")
_OUTPUTS = "the outputs are not proved to stay the same"
_FINDING = "the case has a new finding, {}"
_STILL = "the case still has the finding {}"
_WRONG = "the {0.quantity} of {0.name} is {0.state}"


def with_edits(original: Case, before: Before, case: Case, edits: Edits, how: How) -> CaseResult | str:
    """Check the whole case as it is with some edits; returns what speaks against these where that is clear at once."""
    changing = any((edit.file, edit.function) in before.forward and edit.sees == "formula" for edit in edits)
    if changing and not _have_same_outputs(original, case, how):
        return _OUTPUTS
    result, whole = until_failing(case, how)
    return result if whole else next(_certain(result))


def _certain(result: CaseResult) -> Iterator[str]:
    """Return what speaks against edits in a result that is not whole."""
    yield from (_WRONG.format(row) for row in result.comparisons if row.verdict is Verdict.REFUTED)
    yield from (_FINDING.format(finding.code) for finding in result.findings if finding.bad)


def judged(original: Case, before: Before, after: CaseResult | str, how: How) -> Proof:
    """Judge edits by what a case is before and after them; where it has to be, the case is checked as a whole."""
    if isinstance(after, str):
        return Proof(holds=False, why=after)
    if before.whole or _is_spotless(after, original):
        return _compared(before.result, after)
    whole = before._replace(result=checked(original, how), whole=True)
    return _compared(whole.result, after)._replace(before=whole)


def _is_spotless(result: CaseResult, case: Case) -> bool:
    """Tell whether a result is such that it is worse than no other one."""
    claimed = {row.name for row in result.comparisons if row.quantity == "gradient"}
    proved = result.good and all(row.verdict is Verdict.PROVED for row in result.comparisons)
    return proved and isinstance(case, TracedCase) and set(case.real) <= claimed and not result.findings


def _compared(before: CaseResult, after: CaseResult) -> Proof:
    """Judge edits by the results before and after them."""
    why = next(_objections(before, after), "")
    hazards = tuple(Hazard(finding.code, finding.detail) for finding in _added(before, after))
    agreeing = dict.fromkeys(row.name for row in after.comparisons if row.rests_on_constants)
    return Proof(not why, why, hazards, agreeing=tuple(agreeing))


def _have_same_outputs(original: Case, case: Case, how: How) -> bool:
    if isinstance(original, TracedCase) and isinstance(case, TracedCase):
        return original.as_if is None and same_forward(original, case, how)  # yielded are the outputs of `as_if`
    return True  # the outputs of an expression are compared with it


def _objections(before: CaseResult, after: CaseResult) -> Iterator[str]:
    """Return what speaks against an edit that makes one result of the other."""
    unproved = {_key(row) for row in before.comparisons if row.verdict is not Verdict.PROVED}
    proved = {_key(row) for row in before.comparisons} - unproved
    tolerated = unproved if before.good else set()
    for row in after.comparisons:
        accepted = row.verdict is Verdict.PROVED or _key(row) in tolerated
        if not row.good or not (accepted or (row.rests_on_constants and _key(row) not in proved)):
            yield _WRONG.format(row)
    if not {_key(row) for row in before.comparisons if row.quantity != "case"} <= {
        _key(row) for row in after.comparisons
    }:
        yield "a gradient is no longer returned"
    if set(after.unclaimed) - set(before.unclaimed):
        yield "a gradient is no longer claimed"
    added = _added(before, after)
    yield from (
        (_FINDING if finding in added else _STILL).format(finding.code)
        for finding in after.findings
        if finding.bad or (finding in added and not _is_hidden(finding, before))
    )
    if not after.good:
        yield "the case fails"


def _added(before: CaseResult, after: CaseResult) -> list[Finding]:
    """Return the findings that there were not before."""
    reported = {(finding.code, finding.name) for finding in before.findings}
    return [finding for finding in after.findings if (finding.code, finding.name) not in reported]


def _is_hidden(finding: Finding, before: CaseResult) -> bool:
    """Tell whether nobody could see a finding before: where code raised, or of the floats of what was wrong.

    Neither could it be seen that memory is shared which a wrong backward pass did not read, or return.
    """
    if any(row.verdict is Verdict.ERROR for row in before.comparisons):
        return True
    wrong = {row.name for row in before.comparisons if not row.good}
    if finding.code in _SHARED_MEMORY:
        return bool(wrong)
    return FINDINGS[finding.code].about is Subject.FLOATS and finding.name in wrong


def _key(row: Comparison) -> tuple[str, str]:
    return row.quantity, row.name

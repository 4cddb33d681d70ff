"""A failing case, and what becomes of it with an edit: how wrong are its gradients now, and is all of it proved?

Edits run on the graph of the original, so that the exact derivatives are those of the original: an edit that changes an
output is refused, whatever its gradients are. The count of wrong entries at the sample proves nothing, and is there to
be fast; the check of the whole case is what accepts an edit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verify.cases.case import Case, ExpressionCase, TracedCase
from verify.checks.checker import check
from verify.model.errors import GradproofError
from verify.model.faults import Finding
from verify.model.findings import FINDINGS, Subject
from verify.model.garbage import uncollected
from verify.model.result import CaseResult, Comparison, Verdict, strict
from verify.mutation.mutants import Table
from verify.mutation.result import How
from verify.mutation.scopes import forward_scopes, scopes
from verify.mutation.watching import Watch, watch_on
from verify.repair.alike import alike
from verify.repair.counting import Counter, floats
from verify.repair.edits import edits_of, of_state_first, sooner
from verify.repair.forward import same_forward
from verify.repair.lacking import Lacking, Target
from verify.repair.operators import KEEPS, further, repairs
from verify.repair.result import Before, Candidates, Edits, Hazard, Proof, State
from verify.tracing.following import SubjectError

if TYPE_CHECKING:
    from verify.checks.claims.claims import Exact

_BITS = 64
_ALL = 1 << 30  # entries that are wrong where gradients cannot be compared, as they have other shapes
_SHARED_MEMORY = ("GP105", "GP106", "GP120")
_NOTHING = (
    "the case has no function that runs backward in a file of yours in UTF-8: move it to a .py file, for text that is "
    "executed, and compiled code, are not changed"
)
_ELSEWHERE = "the gradients are right; what fails is {0}: gradproof explain {0}"
_OUTPUTS = "the outputs are not proved to stay the same"
_RAISES = "the case ends with an error: {}"
_BEFORE = "{}: {}; backward did not run"
_UNDECIDED = "{}: {}; an undecided gradient cannot be fixed"


@dataclass(slots=True)
class Failing:
    """A case as it is: its result, its runs on symbols, and which functions run backward."""

    case: Case
    how: How
    result: CaseResult
    runs: list[Exact] = field(default_factory=list)
    seen: Watch = field(default_factory=Watch)
    counters: list[Counter] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)  # of entries that are wrong in each run
    returned: bytes | None = None  # by its smallest run, on floats
    seconds: float = 0.0  # of the processor, that it takes to count what is wrong

    @classmethod
    def of(cls, case: Case, how: How) -> Failing:
        """Check a case, and see what runs where it fails."""
        failing = cls(case, how, _checked(case, how))
        if not failing.result.good:
            failing._watch()
        return failing

    def _watch(self) -> None:
        case, seed = self.case, self.how.seed
        if isinstance(case, TracedCase):
            self.runs = sorted(_runs(case, seed), key=lambda run: len(run.seen.trace))
            start = time.process_time()
            self.counters = [Counter(case, run) for run in self.runs]
            counts = [counter.wrong(case, seed) for counter in self.counters]
            self.counts = [_ALL if count is None else count for count in counts]
            self.seconds = time.process_time() - start
            self.returned = self._returned()
        if isinstance(case, (TracedCase, ExpressionCase)):
            self.seen.fixed = isinstance(case, TracedCase) and case.upstream is not None
            self.seen.once = isinstance(case, ExpressionCase)
            with suppress(SubjectError):  # what ran before is where to look
                watch_on(self.seen, case, self.runs, seed)

    def further(self) -> list[Edits]:
        """Return edits that are worth to be looked for where no other one helps.

        These are one in several places, two terms, and all in functions of the forward pass, which may hold a part of
        the backward pass.
        """
        singles, lacking = self._singles(), self._lacking()
        terms = edits_of(self.seen, Table(further(lacking), ()))
        elsewhere = forward_scopes if isinstance(self.case, TracedCase) else scopes
        others = edits_of(self.seen, Table(repairs(lacking), ()), elsewhere)
        tried = set(singles)
        return [*alike(singles), *((edit,) for edit in (*terms, *others) if edit not in tried)]

    def candidates(self) -> Candidates:
        """Return the edits to try, or why there are none."""
        forward = frozenset((place.file, place.name) for place in self.seen.forward)
        return self._candidates()._replace(before=Before(self.result, forward))

    def _candidates(self) -> Candidates:
        if self.result.good:
            return Candidates(state=State.RIGHT)
        for row in self.result.comparisons:
            if row.verdict is Verdict.UNDECIDED:
                return Candidates(state=State.UNABLE, why=_UNDECIDED.format(row.verdict.name, row.evidence.detail))
            if row.evidence.function and not row.evidence.after_forward:
                return Candidates(state=State.UNABLE, why=_BEFORE.format(row.verdict.name, row.evidence.detail))
        edits = self._singles()
        if not edits:
            return Candidates(state=State.UNABLE, why=_NOTHING)
        wrong, why = sum(self.counts), self._beside()
        likely = [row.parting for row in self.result.comparisons]
        edits = sooner(edits, filter(None, likely)) if wrong else of_state_first(edits)
        return Candidates(edits, wrong, why=why)

    def _singles(self) -> Edits:
        return edits_of(self.seen, Table(repairs(self._lacking()), KEEPS))

    def _lacking(self) -> Lacking:
        """Return what the gradients of the largest run lack, with what was computed beside them."""
        if not self.runs or not isinstance(self.case, TracedCase):
            return Lacking()
        run, watcher = self.runs[-1], Watch()
        with suppress(SubjectError):  # up to there is enough
            watch_on(watcher, self.case, [run], self.how.seed)
        targets = [_target(run, name) for name in run.seen.inputs if name in self.case.real]
        return Lacking(watcher.values, [target for target in targets if target.wrong])

    def _beside(self) -> str:
        """Say what else fails than a gradient that is wrong, or nothing."""
        for row in self.result.comparisons:
            if row.verdict is Verdict.ERROR:
                return _RAISES.format(row.evidence.detail)
        codes = [finding.code for finding in self.result.findings if finding.bad]
        right = all(row.good for row in self.result.comparisons)
        return _ELSEWHERE.format(codes[0]) if right and codes else ""

    def wrong(self, case: Case) -> int | None:
        """Return how many entries of the gradients are wrong at the sample, or None where an edit is of no use.

        Where one run, the smallest first, has no fewer than it had before, the others are not made: they count as they
        were.
        """
        if not isinstance(case, TracedCase):
            return 0
        left, before = 0, self.counts
        with uncollected():
            for place, counter in enumerate(self.counters):
                count = counter.wrong(case, self.how.seed)
                if count is None:
                    return None
                left += count
                if count >= before[place] > 0:
                    return left + sum(before[place + 1 :])
        return left

    def is_as_it_was(self) -> bool:
        """Tell whether the case computes what it did first: edits in its functions may have left something behind."""
        return self._returned() == self.returned

    def _returned(self) -> bytes | None:
        if not self.counters or not isinstance(self.case, TracedCase):
            return None
        return self.counters[0].returned(self.case, self.how.seed)


def proof(original: Case, before: Before, case: Case, edits: Edits, how: How) -> Proof:
    """Check the whole case as it is with some edits: nothing may be worse, and what was wrong has to be proved."""
    changing = any((edit.file, edit.function) in before.forward and edit.sees == "formula" for edit in edits)
    if changing and not _have_same_outputs(original, case, how):
        return Proof(holds=False, why=_OUTPUTS)
    result = _checked(case, how)
    why = next(_objections(before.result, result), "")
    return Proof(not why, why, tuple(map(_hazard, _added(before.result, result))))


def _have_same_outputs(original: Case, case: Case, how: How) -> bool:
    if isinstance(original, TracedCase) and isinstance(case, TracedCase):
        return original.as_if is None and same_forward(original, case, how)  # yielded are the outputs of `as_if`
    return True  # the outputs of an expression are compared with it


def _target(run: Exact, name: str) -> Target:
    """Return the exact gradient of an input at the sample of a run, and the one that was returned."""
    seen = run.seen
    shape, returned = seen.inputs[name].shape, seen.gradients.get(name)
    exact = floats(run, run.gradient(name), shape)
    comparable = returned is not None and name not in seen.malformed and returned.shape == shape
    return Target(exact, floats(run, returned.nodes, shape) if returned is not None and comparable else None)


def _runs(case: TracedCase, seed: int) -> list[Exact]:
    """Return the runs of a case on symbols; where backward raises, those of what was computed before."""
    from verify.checks.claims.claims import Exact
    from verify.checks.gradients.traced import observed
    from verify.checks.gradients.whole import Attempt
    from verify.tracing.observe import Observation, observe, variants
    from verify.tracing.symbols.trace import Trace

    runs = []
    for variant in variants(case):
        with suppress(GradproofError):
            runs.append(Exact(case, observed(case, variant, seed, Attempt()), twice=False))
    for variant in [] if runs else variants(case):
        seen = Observation(variant, Trace())
        with suppress(GradproofError):
            observe(case, variant, seed, seen=seen)
        with suppress(GradproofError):
            runs += [Exact(case, seen)] if seen.outputs else []
    return runs


def _objections(before: CaseResult, after: CaseResult) -> Iterator[str]:
    """Return what speaks against an edit that makes one result of the other."""
    proved = {_key(row) for row in before.comparisons if row.verdict is not Verdict.PROVED} if before.good else set()
    for row in after.comparisons:
        if not row.good or (row.verdict is not Verdict.PROVED and _key(row) not in proved):
            yield f"the {row.quantity} of {row.name} is {row.state}"
    if not {_key(row) for row in before.comparisons if row.quantity != "case"} <= {
        _key(row) for row in after.comparisons
    }:
        yield "a gradient is no longer returned"
    if set(after.unclaimed) - set(before.unclaimed):
        yield "a gradient is no longer claimed"
    added = _added(before, after)
    yield from (
        f"it adds {finding.code}"
        for finding in after.findings
        if finding.bad or (finding in added and not _is_hidden(finding, before))
    )
    if not after.good:
        yield "the case fails"


def _added(before: CaseResult, after: CaseResult) -> list[Finding]:
    """Return the findings that there were not before."""
    reported = {(finding.code, finding.name) for finding in before.findings}
    return [finding for finding in after.findings if (finding.code, finding.name) not in reported]


def _hazard(finding: Finding) -> Hazard:
    return Hazard(finding.code, finding.detail)


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


def _checked(case: Case, how: How) -> CaseResult:
    result = check(case, how.seed, quick=how.quick)
    return strict(result) if how.strict else result

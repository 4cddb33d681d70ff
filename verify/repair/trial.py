"""A failing case, and what becomes of it with an edit: how wrong are its gradients now?

Edits run on the graph of the original, so that the exact derivatives are those of the original: an edit that changes an
output is refused, whatever its gradients are. The count of wrong entries at the sample proves nothing, and is there to
be fast; the check of the whole case, in `proof`, is what accepts an edit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verify.cases.case import Case, ExpressionCase, TracedCase
from verify.model.errors import GradproofError
from verify.model.garbage import uncollected
from verify.model.identity import Place
from verify.model.result import CaseResult, Verdict
from verify.mutation.mutants import Table
from verify.mutation.result import How
from verify.mutation.scopes import forward_scopes, scopes
from verify.mutation.watching import Watch, watch_on
from verify.repair.alike import alike
from verify.repair.checked import checked, until_refuted
from verify.repair.counting import Counter, floats
from verify.repair.edits import edits_of, first_edits, of_state_first
from verify.repair.lacking import Lacking, Target
from verify.repair.likely import likely_lines
from verify.repair.limits import FIRST, MOST
from verify.repair.operators import KEEPS, further, repairs
from verify.repair.result import Before, Candidates, Edits, State
from verify.tracing.following import SubjectError
from verify.tracing.seeds import held

if TYPE_CHECKING:
    from verify.checks.claims.claims import Exact
    from verify.tracing.observe import Variant

_BITS = 64
_ALL = 1 << 30  # entries that are wrong where gradients cannot be compared, as they have other shapes
_NOTHING = (
    "no function that runs backward is defined by a `def` in a .py file of yours (UTF-8), and fix changes no others: "
    "move it to such a file; lambdas, executed text and compiled code cannot be changed"
)
_ELSEWHERE = "the gradients are right; what fails is {0}: gradproof explain {0}"
_RAISES = "the case ends with an error: {}"
_BEFORE = "{}: {}; backward did not run"
_UNDECIDED = "{}: {}; an undecided gradient cannot be fixed"


@dataclass(slots=True)
class Failing:
    """A case as it is: its result, its runs on symbols, and which functions run backward.

    The result is there where it was asked for, and is no more than the first refutation unless it is `whole`.
    """

    case: Case
    how: How
    result: CaseResult | None = None
    whole: bool = False
    runs: list[Exact] = field(default_factory=list)
    seen: Watch = field(default_factory=Watch)
    counters: list[Counter] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)  # of entries that are wrong in each run
    returned: bytes | None = None  # by its smallest run, on floats
    seconds: float = 0.0  # of the processor, that it takes to count what is wrong
    lacking: Lacking | None = None

    @classmethod
    def of(cls, case: Case, how: How) -> Failing:
        """Check a case, and see what runs where it fails."""
        result, whole = until_refuted(case, how)
        failing = cls(case, how, result, whole)
        if not result.good:
            failing._watch()
        return failing

    @classmethod
    def of_failing(cls, case: Case, how: How) -> Failing:
        """Take a case of which it is known that it fails, and see what runs."""
        failing = cls(case, how)
        failing._watch()
        return failing

    def checked(self) -> CaseResult:
        """Return the whole result."""
        if self.result is None or not self.whole:
            self.result, self.whole = checked(self.case, self.how), True
        return self.result

    def _watch(self) -> None:
        case, seed = self.case, self.how.seed
        if isinstance(case, TracedCase):
            self.runs = sorted(_runs(case, seed), key=lambda run: len(run.seen.trace))
            with held(case.subject):
                self._count(case)
        if isinstance(case, (TracedCase, ExpressionCase)):
            self.seen.fixed = isinstance(case, TracedCase) and case.upstream is not None
            self.seen.once = isinstance(case, ExpressionCase)
            with suppress(SubjectError):  # what ran before is where to look
                watch_on(self.seen, case, self.runs, seed)

    def _count(self, case: TracedCase) -> None:
        start = time.process_time()
        self.counters = [Counter(case, run) for run in self.runs]
        counts = [counter.start(case, self.how.seed) for counter in self.counters]
        self.counts = [_ALL if count is None else count for count in counts]
        self.seconds = time.process_time() - start
        self.returned = self._returned()

    def further(self) -> list[Edits]:
        """Return edits that are worth to be looked for where no other one helps.

        These are one in several places, two terms, and all in functions of the forward pass, which may hold a part of
        the backward pass.
        """
        singles, lacking = edits_of(self.seen, self._table()), self._lacking()
        terms = edits_of(self.seen, Table(further(lacking), ()))
        elsewhere = forward_scopes if isinstance(self.case, TracedCase) else scopes
        others = edits_of(self.seen, Table(repairs(lacking), ()), elsewhere)
        tried = set(singles)
        return [*alike(singles), *((edit,) for edit in (*terms, *others) if edit not in tried)]

    def candidates(self) -> Candidates:
        """Return the edits to try, or why there are none."""
        result = self.checked() if self.result is None else self.result
        forward = frozenset((place.file, place.name) for place in self.seen.forward)
        return self._candidates(result)._replace(before=Before(result, forward, self.whole, self._assumed()))

    def _assumed(self) -> tuple[str, ...]:
        """Return what the case says of its call, where scan has written it."""
        return self.case.notes if isinstance(self.case, TracedCase) else ()

    def _candidates(self, result: CaseResult) -> Candidates:
        if result.good:
            return Candidates(state=State.RIGHT)
        for row in result.comparisons:
            if row.verdict is Verdict.UNDECIDED:
                return Candidates(state=State.UNABLE, why=_UNDECIDED.format(row.verdict.name, row.evidence.detail))
            if row.evidence.function and not row.evidence.after_forward:
                return Candidates(state=State.UNABLE, why=_BEFORE.format(row.verdict.name, row.evidence.detail))
        wrong, why = sum(self.counts), _beside(result)
        likely = self.likely(result) if wrong else ()
        edits = self.singles(likely, FIRST) if wrong else of_state_first(self.singles(likely))
        return (
            Candidates(edits, wrong, why=why, likely=likely) if edits else Candidates(state=State.UNABLE, why=_NOTHING)
        )

    def likely(self, result: CaseResult) -> tuple[Place, ...]:
        """Return the lines that are likely wrong: where a gradient parts from the exact one, or where code raised."""
        raised = (row.evidence.place for row in result.comparisons if row.verdict is Verdict.ERROR)
        lines = tuple(filter(None, (*(row.parting for row in result.comparisons), *raised)))
        if lines or not isinstance(self.case, TracedCase):
            return lines
        with suppress(GradproofError, SubjectError):
            return tuple(likely_lines(self.case, self.runs, self.how.seed))
        return ()

    def singles(self, likely: Sequence[Place], most: int = MOST) -> Edits:
        """Return the edits in one place, those first that are likely; at `most` so many."""
        return first_edits(self.seen, self._table(), likely, most)

    def _table(self) -> Table:
        return Table(repairs(self._lacking()), KEEPS)

    def _lacking(self) -> Lacking:
        """Return what the gradients of the largest run lack, with what was computed beside them."""
        if self.lacking is None:
            self.lacking = self._made_lacking()
        return self.lacking

    def _made_lacking(self) -> Lacking:
        if not self.runs or not isinstance(self.case, TracedCase):
            return Lacking()
        run, watcher = self.runs[-1], Watch()
        with suppress(SubjectError):  # up to there is enough
            watch_on(watcher, self.case, [run], self.how.seed)
        targets = [_target(run, name) for name in run.seen.inputs if name in self.case.real]
        return Lacking(watcher.values, [target for target in targets if target.wrong])

    def wrong_names(self) -> list[str]:
        """Return the names of the gradients that are wrong at the sample in some run."""
        real = self.case.real if isinstance(self.case, TracedCase) else ()
        names = [(run, name) for run in self.runs for name in run.seen.inputs if name in real]
        return list(dict.fromkeys(name for run, name in names if _target(run, name).wrong))

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


def _beside(result: CaseResult) -> str:
    """Say what else fails than a gradient that is wrong, or nothing."""
    for row in result.comparisons:
        if row.verdict is Verdict.ERROR:
            return _RAISES.format(row.evidence.detail)
    codes = [finding.code for finding in result.findings if finding.bad]
    right = all(row.good for row in result.comparisons)
    return _ELSEWHERE.format(codes[0]) if right and codes else ""


def _target(run: Exact, name: str) -> Target:
    """Return the exact gradient of an input at the sample of a run, and the one that was returned."""
    seen = run.seen
    shape, returned = seen.inputs[name].shape, seen.gradients.get(name)
    exact = floats(run, run.gradient(name), shape)
    comparable = returned is not None and name not in seen.malformed and returned.shape == shape
    return Target(exact, floats(run, returned.nodes, shape) if returned is not None and comparable else None)


def _runs(case: TracedCase, seed: int) -> list[Exact]:
    """Return the runs of a case on symbols; where backward raises in some, these with what was computed before."""
    from verify.tracing.observe import variants

    return [run for variant in variants(case) for run in _run(case, variant, seed)]


def _run(case: TracedCase, variant: Variant, seed: int) -> list[Exact]:
    """Return the run of a variant, if there is any to be had."""
    from verify.checks.claims.claims import Exact
    from verify.checks.gradients.traced import observed
    from verify.checks.gradients.whole import Attempt
    from verify.tracing.observe import Observation, observe
    from verify.tracing.symbols.trace import Trace

    with suppress(GradproofError):
        return [Exact(case, observed(case, variant, seed, Attempt()), twice=False)]
    seen = Observation(variant, Trace())
    with suppress(GradproofError):
        observe(case, variant, seed, seen=seen)
    with suppress(GradproofError):
        return [Exact(case, seen)] if seen.outputs else []
    return []

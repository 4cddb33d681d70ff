"""The result of a run, as plain data: what every report renders and the only thing that decides the exit status.

It is made of comparisons, with the reason where nothing is known (`reasons`), of what they are for (`coverage`), of
what was found beside them (`faults`) and of what is drawn (`drawings`), all of which stand here too. These import the
standard library and `identity` only. Numbers are text here: exact rationals (`11/5`) and floats as `repr` gives them,
so that nothing is rounded on the way to a report.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from verify.model.comparison import (
    Apart,
    Arrays,
    Comparison,
    Counterexample,
    Entry,
    Evidence,
    LineOf,
    OneSided,
    Rest,
    Rounding,
    Side,
    Surrogate,
    Verdict,
)
from verify.model.coverage import Branch, Cover, Further
from verify.model.drawings import Curve, Excerpt, Graph, Node, Operations, Step
from verify.model.faults import Accuracy, Finding
from verify.model.identity import Argument, AsIf, CaseId, Place, Quantity, Shard, Variant
from verify.model.reasons import Reason

__all__ = [
    "SCHEMA_VERSION",
    "Accuracy",
    "Apart",
    "Arrays",
    "Branch",
    "CaseResult",
    "Comparison",
    "Counterexample",
    "Cover",
    "Curve",
    "Entry",
    "Evidence",
    "Excerpt",
    "Finding",
    "Further",
    "Graph",
    "Keep",
    "LineOf",
    "Node",
    "OneSided",
    "Operations",
    "Reason",
    "Rest",
    "Rounding",
    "Run",
    "Side",
    "Stale",
    "Step",
    "Surrogate",
    "Verdict",
    "exit_status",
    "strict",
    "summary",
    "troubles",
]
SCHEMA_VERSION = "2.5"


# By the command that checks a case, the one that looks for a change of its code.
_FIXING: dict[tuple[str, ...], tuple[str, ...]] = {
    ("gradproof", "run"): ("gradproof", "fix"),
    ("gradproof", "scan"): ("gradproof", "fix", "--scan"),
}


@dataclass(frozen=True)
class CaseResult:
    """The result of a case: all comparisons, with what a reader needs to recognise and repeat it.

    * `comparisons` has one entry for each gradient, forward value and stated value, in each variant.
    * `findings`, `accuracy` and `cover` hold broken contracts, float errors and the regions that were checked; `cover`
      is None after a quick run.
    * `unclaimed` are inputs for which the code returned None: their gradients are not checked.
    * `signature` describes the inputs of a case of arrays, which has no expression, and those of an expression that
      have a domain.
    * `region` holds the branches that bound the claims, `notes` further facts as sentences.
    * `sizes` has the other sizes at which the formula was right.
    * `reproduce` is the command that runs the case alone, as its arguments.
    * `graph` is None for code on arrays, and for graphs too large to draw.
    * `sources` has the lines of code that failures and findings refer to.
    * `drawn` is true if the code drew random numbers: how many entries fail then depends on the seed.
    * `target` is the file or module that could not be imported, in a result that stands for all its cases.
    * `curve` is the derivative over the input of a layer that has one input and a wrong gradient.
    * `operations` are the array operations of a layer with a wrong gradient, as far as they can be traced.
    * `as_if` is the function whose derivative is claimed, where that is not forward itself: every verdict on a gradient
      is about it.
    """

    name: str
    where: Place
    output: str
    expression: str
    output_value: str
    inputs: tuple[tuple[str, str], ...]
    upstream: tuple[str, str]
    comparisons: tuple[Comparison, ...]
    unclaimed: tuple[str, ...] = ()
    reproduce: tuple[str, ...] = ()
    signature: tuple[Argument, ...] = ()
    region: tuple[Branch, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    accuracy: tuple[Accuracy, ...] = ()
    cover: Cover | None = None
    graph: Graph | None = None
    sources: tuple[Excerpt, ...] = ()
    sizes: Further = field(default_factory=Further)
    drawn: bool = False
    target: str = ""
    curve: Curve | None = None
    operations: Operations | None = None
    as_if: AsIf | None = None

    @property
    def id(self) -> CaseId:
        """Return the file and name that tell the case from others."""
        return CaseId(self.where.file, self.name)

    @property
    def again(self) -> str:
        """Return the command that runs the case alone, as it is typed into a shell."""
        return shlex.join(self.reproduce)

    @property
    def fix(self) -> str:
        """Return the command that looks for a change of a wrong backward pass of arrays, or nothing.

        It looks for none where a gradient is undecided.
        """
        wrong = any(row.wrong for row in self.comparisons)
        undecided = any(row.verdict is Verdict.UNDECIDED for row in self.comparisons)
        if self.expression or undecided or not wrong or not self.fixing:
            return ""
        return shlex.join((*self.fixing, *self.reproduce[2:]))

    @property
    def fixing(self) -> tuple[str, ...]:
        """Return what that command begins with, before the file: by the command that checked the case; or nothing."""
        return _FIXING.get(self.reproduce[:2], ())

    @property
    def begun(self) -> str:
        """Return the case of code that scan could not set up, as far as it could be written, or nothing."""
        return "".join(row.evidence.begun for row in self.comparisons)

    @property
    def init(self) -> str:
        """Return the command that writes that case into a file, or nothing."""
        return shlex.join(("gradproof", "init", self.where.file)) if self.begun else ""

    @property
    def bounded(self) -> bool:
        """Return whether the claims are for a bounded domain only (`x: N D > 0`)."""
        return any(argument.bounds for argument in self.signature)

    @property
    def unparsed(self) -> bool:
        """Tell whether it stands for a target that is none, or a file that is no Python; a known failure passes."""
        unread = (Reason.NO_TARGET, Reason.NOT_PYTHON)
        return any(c.evidence.reason in unread and not c.passes for c in self.comparisons)

    @cached_property
    def passes(self) -> bool:
        """Return whether something was compared, and no comparison or finding fails the run."""
        return (
            bool(self.comparisons)
            and all(c.passes for c in self.comparisons)
            and not any(finding.bad for finding in self.findings)
        )

    @cached_property
    def known(self) -> frozenset[Quantity]:
        """Return the quantities whose failures the baseline lists."""
        return frozenset(row.key for group in (self.comparisons, self.findings) for row in group if row.known)

    @property
    def good(self) -> bool:
        """Return whether the case passes without the help of a baseline."""
        return self.passes and not self.known

    def __bool__(self) -> bool:
        """Tell the same: `assert gradproof.check(softmax)` without `.good` must not pass whatever comes."""
        return self.good

    def __repr__(self) -> str:
        """Say what matters in a line: a failing `assert gradproof.check(softmax).good` shows this."""
        return f"<{self.name}: {summary(Run((self,)))}; to see it: {self.again or 'print it'}>"

    @property
    def exact(self) -> Mapping[str, Any]:
        """Return the exact gradients by the names of inputs, each as `.sympy` and as `.numpy`.

        Raises LookupError where the case is not in this process, as that of a result from a file.
        """
        if "exact" not in PRESENT:
            raise LookupError("the case of this result is not in this process: check it here with gradproof.check")
        exact: Mapping[str, Any] = PRESENT["exact"](self)
        return exact

    def __str__(self) -> str:
        """Return the terminal's report, which `print(result)` shows."""
        return str(PRESENT.get("text", repr)(self))

    def _repr_html_(self) -> str | None:
        """Return the card of the case on the page, which notebooks show."""
        present = PRESENT.get("html")
        return str(present(self)) if present else None


# How a result is written for people, as `text` or `html`, and the `exact` gradients of its case: set where results are
# handed to them (`verify.testing`), since the model knows no report and no case.
PRESENT: dict[str, Callable[[CaseResult], Any]] = {}
# Is given a result as far as it is certain, and what is still to be done: the rest may take too long.
Keep = Callable[[CaseResult, str], None]


class Stale(NamedTuple):
    """An entry of a baseline that no longer applies: what it knows of a quantity of a case, and what that is now."""

    case: CaseId
    quantity: Quantity
    was: str
    now: str

    @property
    def change(self) -> str:
        """Return the entry without its file."""
        return f"{self.case.name}: {self.quantity} was {self.was}, now {self.now}"

    def __str__(self) -> str:
        return f"{self.case.file or 'expr'}: {self.change}"


@dataclass(frozen=True)
class Run:
    """The outcome of one command: cases in the order in which they were found.

    `command` repeats it, and `environment` holds what a bug report needs: for people, and not compared by anything.
    `stale` are the entries of the baseline that no longer apply; they fail the gate where it is `strict`.
    Of a `shard` it has that part of the cases only.
    A `quick` run decided the formulas at the samples, and looked for nothing else.
    """

    cases: tuple[CaseResult, ...]
    seed: int = 0
    version: str = ""
    complete: bool = True
    command: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    stale: tuple[Stale, ...] = ()
    strict: bool = False
    quick: bool = False
    shard: Shard | None = None

    def count(self, quantity: str) -> Counter[Verdict]:
        """Count the verdicts on one quantity; one that was checked in several variants counts once, with the worst."""
        return Counter(self._counts.get(quantity))

    @cached_property
    def _counts(self) -> dict[str, Counter[Verdict]]:
        return _counted(case.comparisons for case in self.cases)

    @cached_property
    def failing(self) -> dict[str, Counter[Verdict]]:
        """Count, by quantity, the verdicts for which the gate fails: those that no baseline knows."""
        return _counted([c for c in case.comparisons if not c.passes] for case in self.cases)

    @property
    def known(self) -> int:
        """Count the failures that the baseline lists."""
        return sum(len(case.known) for case in self.cases)

    @property
    def entries(self) -> int:
        """Count the numbers that were compared as gradients, in all variants."""
        return sum(numbers(c for c in case.comparisons if c.quantity == "gradient") for case in self.cases)

    @property
    def unexplained(self) -> int:
        """Count the comparisons with a right formula and floats outside their rounding bound; known ones aside."""
        return sum(c.unexplained and not c.passes for case in self.cases for c in case.comparisons)

    @property
    def unparsed(self) -> bool:
        """Tell whether a file is no Python, and the baseline does not know of it."""
        return any(case.unparsed for case in self.cases)

    @property
    def weaker(self) -> int:
        """Count what the baseline knows as proved, and is not proved any more."""
        return len({(case.where, case.name, c.key) for case in self.cases for c in case.comparisons if c.weaker})

    @property
    def findings(self) -> list[Finding]:
        """Return what was found in all cases beside wrong formulas."""
        return [finding for case in self.cases for finding in case.findings]

    @property
    def remarks(self) -> list[str]:
        """Say what passes all the same: sides of branches, unclaimed gradients, floats without a bound, hazards."""
        unclaimed = sum(len(case.unclaimed) for case in self.cases)
        boundless = sum(
            c.good and c.rounding is not None and not c.rounding.bound for case in self.cases for c in case.comparisons
        )
        bounded = sum(bool(case.region) and case.cover is None for case in self.cases)
        counts = [f"{plural(bounded, 'case')} in the branches taken only"] if bounded else []
        visited = sum(case.cover is not None and not case.cover.complete for case in self.cases)
        counts += [f"{plural(visited, 'case')} in the regions checked only"] if visited else []
        fixed = sum(case.good and bool(case.sizes.fixed) for case in self.cases)
        counts += [f"{plural(fixed, 'case')} for the sizes of the case only"] if fixed else []
        sampled = self.count("gradient")[Verdict.SAMPLED]
        counts += [f"{plural(sampled, 'gradient')} at points only"] if sampled else []
        counts += [f"{plural(unclaimed, 'gradient')} not claimed"] if unclaimed else []
        counts += [f"{plural(boundless, 'float result')} without a rounding bound"] if boundless else []
        counts += [plural(self.known, "known failure")] if self.known else []
        stale = "baseline entry no longer applies" if len(self.stale) == 1 else "baseline entries no longer apply"
        counts += [f"{len(self.stale):,} {stale}"] if self.stale else []
        stated = sum(case.as_if is not None for case in self.cases)
        counts += [f"{plural(stated, 'case')} as if forward were the stated function"] if stated else []
        hazards = sum(not finding.fails and not finding.allowed for finding in self.findings)
        counts += [f"{plural(hazards, 'hazard')} found"] if hazards else []
        allowed = sum(bool(finding.allowed) for finding in self.findings)
        return [*counts, f"{plural(allowed, 'finding')} allowed"] if allowed else counts


def strict(case: CaseResult) -> CaseResult:
    """Return a result in which hazards fail the gate like any other finding, and so does what is only SAMPLED."""
    findings = tuple(replace(finding, fails=True) for finding in case.findings)
    sampled = Verdict.SAMPLED
    rows = tuple(replace(c, strict=True) if c.verdict is sampled else c for c in case.comparisons)
    return replace(case, findings=findings, comparisons=rows)


def exit_status(run: Run) -> int:
    """Return 0 if all agree, 1 if anything is refuted, undecided, broken or found, 2 if no gradient was checked.

    It is 2 as well if a file is no Python: nothing of it was checked, whatever the others have.
    Known failures pass; a proof that became weaker does not, nor a stale baseline where the gate is strict.
    """
    if run.unparsed:
        return 2
    if any(not case.passes for case in run.cases) or (run.cases and not run.complete) or (run.strict and run.stale):
        return 1
    return 0 if run.count("gradient") or run.known else 2


def numbers(comparisons: Iterable[Comparison], *, failing: bool = False) -> int:
    """Count the numbers that comparisons are about, or those that fail.

    Those of one variant count once, in however many regions they were compared.
    """
    counts: dict[tuple[str, str, Variant], int] = {}
    for c in comparisons:
        key = c.quantity, c.name, replace(c.variant, elsewhere=False)
        counts[key] = max(counts.get(key, 0), c.failing if failing else c.entries)
    return sum(counts.values())


def _counted(groups: Iterable[Iterable[Comparison]]) -> dict[str, Counter[Verdict]]:
    """Count verdicts by quantity, of each quantity of each case the worst."""
    counts: dict[str, Counter[Verdict]] = {}
    for comparisons in groups:
        worst: dict[tuple[str, str], Verdict] = {}
        for c in comparisons:
            verdict_so_far = worst.setdefault((c.quantity, c.name), c.verdict)
            if c.verdict.rank > verdict_so_far.rank:
                worst[c.quantity, c.name] = c.verdict
        for (quantity, _), verdict in worst.items():
            counts.setdefault(quantity, Counter())[verdict] += 1
    return counts


def plural(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else _PLURALS.get(noun, noun + 's')}"


_PLURALS = {"entry": "entries", "stale baseline entry": "stale baseline entries"}
# What can go wrong, in words: which quantity, and which verdict on it.
_NOUNS = {"gradient": "gradient", "value": "forward value", "stated": "stated value", "case": "case"}
_STATES = {
    Verdict.REFUTED: "refuted",
    Verdict.SAMPLED: "known at points only",
    Verdict.UNDECIDED: "undecided",
    Verdict.ERROR: "in error",
}


def troubles(run: Run) -> list[str]:
    """Say what fails the gate: `1 gradient refuted`."""
    counts = [
        f"{plural(number, noun)} {state}"
        for quantity, noun in _NOUNS.items()
        for verdict, state in _STATES.items()
        if (number := run.failing.get(quantity, Counter())[verdict])
    ]
    if run.unexplained:
        counts.append(f"{plural(run.unexplained, 'float result')} outside the rounding bound")
    if bad := sum(finding.bad for finding in run.findings):
        counts.append(f"{plural(bad, 'fault')} found")
    if run.weaker:
        counts.append(f"{plural(run.weaker, 'proof')} weaker than in the baseline")
    if run.strict and run.stale:
        counts.append(f"{plural(len(run.stale), 'stale baseline entry')}")
    return counts if run.complete else [*counts, "stopped early"]


def summary(run: Run) -> str:
    """Say in one line what was checked and what decided the exit status."""
    gradients = run.count("gradient")
    checked = f"{plural(len(run.cases), 'case')}, {plural(gradients.total(), 'gradient')}"
    checked = f"shard {run.shard}: {checked}" if run.shard else checked
    checked += f" of {plural(run.entries, 'entry')}" if run.entries > gradients.total() else ""
    match exit_status(run):
        case 2 if not run.unparsed:
            return f"{checked}: nothing was checked"
        case 1 | 2:
            accepted = f"; {plural(run.known, 'known failure')}" if run.known else ""
            return f"FAILED: {', '.join(troubles(run))} ({checked}: {gradients[Verdict.PROVED]} proved{accepted})"
    agreeing = gradients[Verdict.AGREES]
    proved = str(gradients[Verdict.PROVED]) if gradients.total() else "nothing"
    proved = "all" if gradients and gradients[Verdict.PROVED] == gradients.total() else proved
    proved += f" proved, {agreeing} not proved but agreeing" if agreeing else " proved"
    return f"{checked}: {'; '.join([proved, *run.remarks])}"

"""The result of a run, as plain data: what every report renders and the only thing that decides the exit status.

Imports the standard library and `identity` only. Numbers are text here: exact rationals (`11/5`) and floats
as `repr` gives them, so that nothing is rounded on the way to a report.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from verify.model.identity import NOWHERE, SAMPLE, Argument, CaseId, Place, Quantity, Relation, Variant

SCHEMA_VERSION = "2.0"


class Verdict(Enum):
    """What is known about one comparison, best first; the value is the sentence that users read."""

    PROVED = "the same function, for all inputs that take the same branches, where both sides are defined"
    AGREES = "not proved to be the same function, but equal within a limit that the evidence names"
    UNDECIDED = "nothing is known: the computation could not be followed to its end"
    REFUTED = "wrong: there is an exact counterexample"
    ERROR = "the code under test raised, or did not keep to the protocol"

    # Asked of each of many comparisons, and so found out once: the place in the order, 0 being the best, and whether a
    # gate may pass with this verdict.
    rank: int
    good: bool

    def __init__(self, sentence: str) -> None:
        self.rank = len(type(self).__members__)
        self.good = self.rank <= 1  # PROVED and AGREES


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a verdict is known: a word for the table and the whole sentence.

    `bits` is the certainty of a proof by random points: it is wrong with a chance below 2^-bits. `digits` are those in
    which both sides agree where they are not proved equal.
    Where a choice of the code's constants within their rounding makes both sides one function, `constants` is how many
    there are, and `ulps` the largest change of one. Of an approximation, `ulps` is what it is proved to stay within,
    `limit` what the formula that it stands for is good to, and `at` the point where it is worst; where the case states
    an accuracy, that is the `limit`, and `error` the relative error that is proved. `place` is the line that raised, or
    could not be followed, or holds an ignored constant: the sentence names it too.
    """

    kind: str = ""
    detail: str = ""
    bits: int = 0
    digits: int = 0
    constants: int = 0
    ulps: str = ""
    limit: str = ""
    at: str = ""
    error: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Rounding:
    """How far a float result is from the exact value, and how far rounding alone could take it.

    `error` and `bound` are rounded up to two digits; `unit` is `ulp` (of the exact value), or `absolute`
    where the exact value is 0. `bound` is empty where none could be derived, `note` then says why.
    """

    error: str
    bound: str
    unit: str
    explained: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Exact inputs at which two formulas differ, with both exact values."""

    inputs: tuple[tuple[str, str], ...]
    expected: str
    actual: str


# Meant to be left as it is, like the others; a frozen one takes four times as long to make, and there may be many.
@dataclass(slots=True, unsafe_hash=True)
class Comparison:
    """One quantity of a case: what the code gave against what is exact.

    `quantity` is `gradient` (of the output with respect to `name`), `value` (the forward value of `name`), `stated`
    (a value that the case states, against the exact one) or `case` (the case as a whole could not be compared).

    A quantity may be an array, compared entry by entry: `shape` is then its shape, `entries` how many there are
    and `failing` how many of them are not good; the verdict is the worst of them, and all that is told of one entry
    is told of the entry at `index`. `variant` says for which sizes and options.
    Where the two sides differ, `relation` says how, and `diagnosis` names the likely mistake.
    `where` is the place of the code that computed it.
    A baseline marks failures that it lists as `known`, and what it knows as proved, and is not proved, as `weaker`.
    """

    quantity: str
    name: str
    verdict: Verdict
    role: str = ""
    value: str = ""
    actual: str = ""
    actual_formula: str = ""
    expected: str = ""
    expected_formula: str = ""
    evidence: Evidence = field(default_factory=Evidence)
    rounding: Rounding | None = None
    counterexample: Counterexample | None = None
    shape: tuple[int, ...] = ()
    entries: int = 1
    failing: int = 0
    index: tuple[int, ...] = ()
    variant: Variant = SAMPLE
    relation: Relation | None = None
    diagnosis: str = ""
    where: Place = NOWHERE
    known: bool = False
    weaker: bool = False

    @property
    def good(self) -> bool:
        """Tell whether formula and arithmetic are both in order, and the proof no weaker than it was."""
        return self.verdict.good and not self.weaker and (self.rounding is None or self.rounding.explained)

    @property
    def passes(self) -> bool:
        """Tell whether the gate lets it pass."""
        return self.good or self.known

    @property
    def place(self) -> Place:
        """Return the line to look at: the one that raised, else that of the code, or none."""
        return (not self.verdict.good and self.evidence.place) or self.where

    @property
    def state(self) -> str:
        """Return the verdict in a word; of a right formula with floats that rounding does not explain, that."""
        explained = self.rounding is None or self.rounding.explained
        return self.verdict.name if explained or not self.verdict.good else "NOT ROUNDING"

    @property
    def key(self) -> Quantity:
        """Return what it is about, whatever its shapes and lines: a baseline and a fingerprint go by this."""
        return Quantity(self.quantity, self.name)


@dataclass(frozen=True, slots=True)
class Branch:
    """Decisions that the code made at one place: a claim holds for the inputs that decide in the same way.

    `condition` is the first of them as a formula, as it was decided; `count` is how many there were at this place.
    """

    where: Place
    condition: str
    count: int = 1
    variant: Variant = SAMPLE


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a layer other than its formula: a broken contract, or arithmetic that loses the digits.

    `code` is what `gradproof explain` knows more about, `detail` the sentence that says what happened here, `name` the
    gradient or argument that it is about, `where` its place, which `detail` may have `named`. One that `fails` gives
    wrong results in ordinary use; any other is a hazard.
    `allowed` is the reason for which the author of the case lets it pass; `known` is one that the baseline lists.
    """

    code: str
    detail: str
    fails: bool
    name: str = ""
    where: Place = NOWHERE
    variant: Variant = SAMPLE
    allowed: str = ""
    known: bool = False
    named: bool = False

    @property
    def bad(self) -> bool:
        """Tell whether the gate fails for it."""
        return self.fails and not self.allowed and not self.known

    @property
    def key(self) -> Quantity:
        """Return what it is about, whatever its shapes and lines."""
        return Quantity("finding", self.name, self.code)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How exact the floats of one gradient are, in the worst of its entries, at inputs of one magnitude.

    `magnitude` is `sample`, or what that was scaled or moved to (`1e8`, `1e6 + sample`), or `another region`; `error`
    and `bound` are in ulps of the exact value, rounded up to two digits, `bits_lost` is log2 of the bound. What is
    empty is unknown.
    """

    name: str
    precision: str
    magnitude: str
    error: str
    bound: str
    bits_lost: str
    variant: Variant = SAMPLE


@dataclass(frozen=True, slots=True)
class Cover:
    """Which part of its domain a case was looked at in: `regions` that were proved, each bounded by branches.

    `unvisited` are the sides of branches that no run took. `complete` tells that the regions are shown to be all that
    there are, for the sizes in `variant`. `kinks` says what the code returns where regions meet, as sentences;
    `untried` says what was left out, and which limit of the search was reached.
    """

    regions: int
    complete: bool = False
    variant: Variant = SAMPLE
    unvisited: tuple[Branch, ...] = ()
    kinks: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Further:
    """Which further sizes and labels a formula was `right` at, by name, at one sample each.

    `untried` says which ones were not tried, and why, as sentences.
    """

    right: tuple[tuple[str, tuple[int, ...]], ...] = ()
    untried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a computational graph: an input, a number, or an operation (its `sign`) on other nodes (`args`).

    `value` is its exact forward value, `exact` the exact derivative of the output with respect to it, empty for a
    number. A sign may have an exponent, its `power`. Where one of `args` is used more than once, `shares` are what
    flows back along each edge, exactly.
    """

    label: str
    sign: str = ""
    args: tuple[int, ...] = ()
    value: str = ""
    exact: str = ""
    shares: tuple[str, ...] = ()
    power: str = ""

    @property
    def operation(self) -> str:
        """Return the sign with its exponent."""
        return f"{self.sign}^{self.power}" if self.power else self.sign


@dataclass(frozen=True, slots=True)
class Graph:
    """A computational graph: its nodes in the order of the computation, and which of them is the output.

    `blamed` is the first wrong node: what comes to it is right, what leaves it is wrong.
    """

    nodes: tuple[Node, ...]
    output: int
    blamed: int | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of source around a place, the first of them with its number."""

    where: Place
    first: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class CaseResult:
    """All comparisons of one case, with what a reader needs to recognise and repeat it.

    `unclaimed` are inputs for which the code gave None: nothing is said of their gradients.
    `reproduce` is a command that runs the case alone, as its arguments.
    A case of arrays has a `signature` in place of an expression. `region` holds the branches that
    bound its claims, `notes` what else a reader should know, as sentences. Where random numbers were `drawn`, by the
    code, how many entries of an array fail depends on the seed.
    `sizes` says what else the formula was right at.
    `cover` is None where nothing but the formula at the sample was asked for. `graph` is None for code on arrays, and
    for graphs too large to be drawn. `sources` holds the lines that failures and findings are about.
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
    sizes: Further = Further()
    drawn: bool = False

    @property
    def id(self) -> CaseId:
        """Return what tells the case from others."""
        return CaseId(self.where.file, self.name)

    @property
    def again(self) -> str:
        """Return the command that runs the case alone, as it is typed into a shell."""
        return shlex.join(self.reproduce)

    @property
    def bounded(self) -> bool:
        """Tell whether the claims are for a domain only (`x: N D > 0`)."""
        return any(argument.bounds for argument in self.signature)

    @cached_property
    def passes(self) -> bool:
        """Tell whether the case compared something, and neither that nor what else was found fails the gate."""
        return (
            bool(self.comparisons)
            and all(c.passes for c in self.comparisons)
            and not any(finding.bad for finding in self.findings)
        )

    @cached_property
    def known(self) -> frozenset[Quantity]:
        """Return what is known to fail."""
        return frozenset(row.key for group in (self.comparisons, self.findings) for row in group if row.known)

    @property
    def good(self) -> bool:
        """Tell whether the case passes, and not just because its failures are known."""
        return self.passes and not self.known

    def __bool__(self) -> bool:
        """Tell the same: `assert verify.check(softmax)` without `.good` must not pass whatever comes."""
        return self.good

    def __repr__(self) -> str:
        """Say what matters in a line: a failing `assert verify.check(softmax).good` shows this."""
        return f"<{self.name}: {summary(Run((self,)))}; to see it: {self.again}>"


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
        return f"{self.case.name}: {self.quantity} was {self.was}, and is {self.now}"

    def __str__(self) -> str:
        return f"{self.case.file or 'expr'}: {self.change}"


@dataclass(frozen=True)
class Run:
    """The outcome of one command: cases in the order in which they were found.

    `command` repeats it, and `environment` holds what a bug report needs: for people, and not compared by anything.
    `stale` are the entries of the baseline that no longer apply; they fail the gate where it is `strict`.
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
        return sum(c.entries for case in self.cases for c in case.comparisons if c.quantity == "gradient")

    @property
    def unexplained(self) -> int:
        """Count the comparisons with a right formula and floats outside their rounding bound; known ones aside."""
        return sum(c.state == "NOT ROUNDING" and not c.passes for case in self.cases for c in case.comparisons)

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
        counts = [f"{_plural(bounded, 'case')} for the branches taken only"] if bounded else []
        visited = sum(case.cover is not None and not case.cover.complete for case in self.cases)
        counts += [f"{_plural(visited, 'case')} for the regions visited only"] if visited else []
        counts += [f"{_plural(unclaimed, 'gradient')} not claimed"] if unclaimed else []
        counts += [f"{_plural(boundless, 'float result')} without a rounding bound"] if boundless else []
        counts += [_plural(self.known, "known failure")] if self.known else []
        stale = "baseline entry no longer applies" if len(self.stale) == 1 else "baseline entries no longer apply"
        counts += [f"{len(self.stale):,} {stale}"] if self.stale else []
        hazards = sum(not finding.fails and not finding.allowed for finding in self.findings)
        counts += [f"{_plural(hazards, 'hazard')} found"] if hazards else []
        allowed = sum(bool(finding.allowed) for finding in self.findings)
        return [*counts, f"{_plural(allowed, 'finding')} allowed"] if allowed else counts


def strict(case: CaseResult) -> CaseResult:
    """Return a result in which hazards fail the gate like any other finding."""
    return replace(case, findings=tuple(replace(finding, fails=True) for finding in case.findings))


def exit_status(run: Run) -> int:
    """Return 0 if all agree, 1 if anything is refuted, undecided, broken or found, 2 if no gradient was checked.

    Known failures pass; a proof that became weaker does not, nor a stale baseline where the gate is strict.
    """
    if any(not case.passes for case in run.cases) or (run.cases and not run.complete) or (run.strict and run.stale):
        return 1
    return 0 if run.count("gradient") or run.known else 2


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


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else _PLURALS.get(noun, noun + 's')}"


_PLURALS = {"entry": "entries", "stale baseline entry": "stale baseline entries"}


# What can go wrong, in words: which quantity, and which verdict on it.
_NOUNS = {"gradient": "gradient", "value": "forward value", "stated": "stated value", "case": "case"}
_STATES = {Verdict.REFUTED: "refuted", Verdict.UNDECIDED: "undecided", Verdict.ERROR: "in error"}


def troubles(run: Run) -> list[str]:
    """Say what fails the gate: `1 gradient refuted`."""
    counts = [
        f"{_plural(number, noun)} {state}"
        for quantity, noun in _NOUNS.items()
        for verdict, state in _STATES.items()
        if (number := run.failing.get(quantity, Counter())[verdict])
    ]
    if run.unexplained:
        counts.append(f"{_plural(run.unexplained, 'float result')} outside the rounding bound")
    if bad := sum(finding.bad for finding in run.findings):
        counts.append(f"{_plural(bad, 'fault')} found")
    if run.weaker:
        counts.append(f"{_plural(run.weaker, 'proof')} weaker than in the baseline")
    if run.strict and run.stale:
        counts.append(f"{_plural(len(run.stale), 'stale baseline entry')}")
    return counts if run.complete else [*counts, "stopped early"]


def summary(run: Run) -> str:
    """Say in one line what was checked and what decided the exit status."""
    gradients = run.count("gradient")
    checked = f"{_plural(len(run.cases), 'case')}, {_plural(gradients.total(), 'gradient')}"
    checked += f" of {_plural(run.entries, 'entry')}" if run.entries > gradients.total() else ""
    match exit_status(run):
        case 2:
            return f"{checked}: nothing was checked"
        case 1:
            accepted = f"; {_plural(run.known, 'known failure')}" if run.known else ""
            return f"FAILED: {', '.join(troubles(run))} ({checked}: {gradients[Verdict.PROVED]} proved{accepted})"
    agreeing = gradients[Verdict.AGREES]
    proved = str(gradients[Verdict.PROVED]) if gradients.total() else "nothing"
    proved = "all" if gradients and gradients[Verdict.PROVED] == gradients.total() else proved
    proved += f" proved, {agreeing} not proved but agreeing" if agreeing else " proved"
    return f"{checked}: {'; '.join([proved, *run.remarks])}"

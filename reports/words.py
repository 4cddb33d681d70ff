"""What is said around a table: the title of a case, why a row has its verdict, and for what all of it holds."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reports.cells import failures, readable, short
from reports.rows import needs_words, traced, variants
from verify.model.comparison import APPROXIMATION, REST, SMALL_CONSTANT
from verify.model.elision import window
from verify.model.findings import FINDINGS, Subject
from verify.model.identity import NOWHERE, Place, Variant
from verify.model.result import Branch, CaseResult, Comparison, Cover, Finding, LineOf, Reason, Surrogate, Verdict

STALE = "stale baseline entries (--baseline-update removes them):"
# What rows that agree have in common, by the kind of their evidence; else they agree in digits.
_MOST_LIKEWISE = 4  # gradients of one finding that are named
_AGREEMENTS = {
    "constants": "equal for some choice of the code's constants within their rounding",
    "approximation": "an approximation of the exact derivative, within a proved bound",
    "negligible": "equal but for terms that are proved to be below every float",
    "vanishing": "0 but for terms that are proved to be below every float",
    "small constant": "equal but for a small constant of forward, which backward ignores",
}
# Why a returned gradient is not compared.
_MALFORMED = {
    Reason.WRONG_SHAPE: "not compared: backward did not return an array of this shape",
    Reason.NOT_FINITE: "not compared: backward returned nan or infinity",
    Reason.COMPLEX_VALUE: "not compared: backward returned complex numbers",
    Reason.UNWRITTEN_MEMORY: "not compared: backward returned entries that were never written",
}
# Why a file has no case that could be compared.
_UNREAD = {
    Reason.NO_TARGET: "not compared: there is no case at this place",
    Reason.NOT_PYTHON: "not compared: the file is not Python",
    Reason.IMPORT_FAILED: "not compared: importing the file raised an exception",
}
_NO_NUMBERS = "not compared: backward did not return an array of numbers"
_IN_DIGITS = "not proved, but equal to hundreds of digits at every point tried"
# Why a wrong gradient may be meant as that of another function.
_SURROGATES = {
    Surrogate.ROUNDING: "forward rounds, and what it rounds has the derivative 0 between the jumps",
    Surrogate.STEPS: "forward is constant around all inputs that were tried, so its own derivative is 0 there",
    Surrogate.NAME: "the name of the case suggests a gradient that is not forward's own",
}
_STATE_IT = "{}; to check the gradient of another function, state that function in the case: as_if=lambda x: x"
_AS_IF = "the gradients are compared with the derivative of {}, as the case states, and not with that of forward"
PROSE = ("likely", "entry", "as if")  # lines of explanations in words; the others are formulas, places and quotes
_MANY = 4  # cases with the same hazard, which is said of all of them at once
_MOST = 3  # items of a list, unless everything is asked for
_MOST_INPUTS = 24  # of a counterexample on arrays: all of a small one, so that it can be tried
_EVERYTHING = "-v lists all"
_LONGEST = 200  # signs of a formula of one entry


class Line(NamedTuple):
    """A line of what explains a row: what it tells, its text, and its label where that is not what it tells."""

    tells: str
    text: str
    named: str = ""

    @property
    def label(self) -> str:
        """Return the label as readers see it."""
        return self.named or self.tells


class Remark(NamedTuple):
    """Something that is said of a whole case: what it is, in words, and the items, most of them code."""

    label: str
    items: Sequence[str]
    prose: bool = False


def titles(case: CaseResult) -> list[str]:
    """Return what a case computes: `price = apple*tax = 110` or a signature and its place, and an upstream but 1."""
    upstream = "" if case.upstream[1] in ("", "1") else f", {case.upstream[0]} = {case.upstream[1]}"
    if traced(case):
        return [title for title in (f"{signature(case)}{upstream}", stated_as_if(case), str(case.where)) if title]
    return [f"{case.output} = {short(case.expression)} = {readable(case.output_value)}{upstream}{domain(case)}"]


def stated_as_if(case: CaseResult) -> str:
    """Return the function whose derivative is claimed, as in `as if clip (my_cases.py:5)`; nothing if it is forward."""
    return f"as if {case.as_if}" if case.as_if else ""


def called(case: CaseResult) -> str:
    """Return what a case is called where nothing else tells whose derivative it claims."""
    return f"{case.name}, {stated_as_if(case)}" if case.as_if else case.name


def domain(case: CaseResult) -> str:
    """Write what the claims of an expression are for: `, x >= 0, x < 1`."""
    return "".join(f", {argument.name} {bound}" for argument in case.signature for bound in argument.bounds)


def signature(case: CaseResult) -> str:
    """Write the arguments of a case of arrays: `x: N D, W: D M`."""
    return ", ".join(map(str, case.signature))


def sentence(comparison: Comparison) -> str:
    """Return the verdict in a sentence; a right formula with bad floats is never mixed up with a wrong formula."""
    if comparison.unexplained:
        return "the formula is right, but the float error exceeds its rounding bound"
    if comparison.name == REST and comparison.verdict is Verdict.UNDECIDED:
        return "not judged: the check was stopped before its end; the other rows are certain"
    if comparison.evidence.function:
        return f"not compared: {comparison.evidence.function} raised an exception"
    if comparison.evidence.reason in _UNREAD:
        return _UNREAD[comparison.evidence.reason]
    if comparison.evidence.kind == "malformed":
        return _MALFORMED.get(comparison.evidence.reason or Reason.WRONG_SHAPE, _NO_NUMBERS)
    if comparison.evidence.kind == "lost":
        return "no longer checked: the case no longer has this gradient"
    if comparison.verdict is Verdict.AGREES:
        return _AGREEMENTS.get(comparison.evidence.kind, _IN_DIGITS)
    written: str = comparison.verdict.value
    return written


def reason(comparison: Comparison) -> str:
    """Say on one line why a row is not good: the two values, the likely mistake, or what happened."""
    if comparison.verdict is Verdict.REFUTED and comparison.actual:
        return f"{comparison.actual}, exactly {readable(comparison.expected)}"
    lines = [line.text for line in explanation(comparison) if line.tells in _REASONS]
    return (lines or [sentence(comparison)])[0]


_REASONS = ("likely", "relation", "because", "floats")
_BY_FINDING = "finding GP212 says which constant, where, and how far the gradient is off"
_TELLING = ("small difference", "edge", "hole", "points", APPROXIMATION)  # evidence that tells more than the numbers


def explanation(comparison: Comparison, *, everything: bool = True) -> list[Line]:
    """Return why a row has its verdict, as labelled lines: of an array, what is told is told of one entry."""
    if comparison.unexplained:
        assert comparison.rounding is not None
        return [Line("floats", f"{comparison.actual} is {comparison.rounding.note} {readable(comparison.expected)}")]
    lines = [
        Line("likely", comparison.diagnosis),
        Line("as if", _STATE_IT.format(_SURROGATES[comparison.surrogate]) if comparison.surrogate else ""),
        Line("relation", comparison.relation.text(computed(comparison), "exact") if comparison.relation else ""),
        _line(comparison),
        _entry(comparison),
        Line("for", "" if comparison.verdict is Verdict.PROVED else _variant(comparison.variant, everything)),
        *_evidence(comparison, everything),
    ]
    return [line for line in lines if line.text]


def _variant(variant: Variant, everything: bool) -> str:
    return variant.whole if everything else str(variant)


def _told_apart(case: CaseResult, everything: bool) -> list[str]:
    """Return the variants as text, once each: labels may differ only where they are cut."""
    return list(dict.fromkeys(_variant(variant, everything) for variant in variants(case)))


def _line(comparison: Comparison) -> Line:
    """Say which line to look at, unless the evidence does."""
    if comparison.line_of is LineOf.PARTING:
        return Line("code", f"{comparison.place}, where it first differs from the exact gradient", "line")
    return Line("code", "" if comparison.place == comparison.evidence.place else str(comparison.place))


def computed(comparison: Comparison) -> str:
    """Return what the numbers of a row that the code computed are called."""
    return "forward" if comparison.quantity == "value" else "backprop"


def scope(comparison: Comparison) -> str:
    """Say in how many of its entries an array `fails` or `is undecided`, or nothing."""
    extent = failures(comparison, comparison.failing, comparison.entries)
    return f"is undecided {extent}" if extent and comparison.verdict is Verdict.UNDECIDED else extent


def _entry(comparison: Comparison) -> Line:
    if not comparison.index:
        return Line("entry", "")
    extent = scope(comparison)
    return Line("entry", f"{[*comparison.index]} of {comparison.name}" + (f", which {extent}" if extent else ""))


def _evidence(comparison: Comparison, everything: bool) -> list[Line]:
    reason = Line("because", comparison.evidence.detail)
    if comparison.evidence.kind == SMALL_CONSTANT:  # the finding has all of it
        return [Line("because", _BY_FINDING)]
    if not (example := comparison.counterexample):
        return [reason]
    longest = None if everything or not comparison.index else _LONGEST
    formulas = [comparison.actual_formula, comparison.expected_formula]
    shortened = _pair(formulas[0], formulas[1], longest) if longest else formulas
    if comparison.apart:
        shortened = [comparison.apart.actual, comparison.apart.expected]
    return [
        *(
            [reason]
            if comparison.evidence.kind in ("small difference", "edge", "hole", "points", APPROXIMATION)
            else []
        ),
        Line("actual", _equation(shortened[0], example.actual), computed(comparison)),
        Line("exact", _equation(shortened[1], example.expected)),
        *_common(comparison),
        Line("at", _point(example.inputs, " ".join(formulas), _MOST_INPUTS if longest else None)),
    ]


def _common(comparison: Comparison) -> list[Line]:
    """Return what the names in two formulas that are set apart stand for."""
    common = comparison.apart.common if comparison.apart else ()
    return [Line("where", f"{name} = {formula}") for name, formula in common]


def _equation(formula: str, value: str) -> str:
    return " = ".join(dict.fromkeys(filter(None, [formula, value])))


def _pair(first: str, second: str, longest: int) -> list[str]:
    """Shorten two formulas in their middle, or at both ends where that would leave out all that they differ in."""
    texts = [short(first, longest), short(second, longest)]
    if first == second or texts[0] != texts[1]:
        return texts
    common = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
    start = max(common - longest // 4, 1)
    return [window(formula, start, longest) for formula in (first, second)]


def _point(inputs: Sequence[tuple[str, str]], formulas: str, most: int | None) -> str:
    """Write a point: how many entries are 0, and all others; where not all are written, those in the formulas first."""
    zeros = [pair for pair in inputs if pair[1] == "0" and "[" in pair[0]]
    if len(zeros) > 1:
        inputs = [pair for pair in inputs if pair not in zeros]
    if most and len(inputs) > most:
        inputs = sorted(inputs, key=lambda pair: pair[0] not in formulas)
    listed = enumeration([f"{name}={value}" for name, value in inputs], ", ", most)
    listed += f" ({_EVERYTHING})" if most and len(inputs) > most + 1 else ""
    return listed if len(zeros) < 2 else _with_zeros(listed, len(zeros))


def _with_zeros(listed: str, zeros: int) -> str:
    return f"{listed}, and the {zeros:,} other entries in the formulas are 0" if listed else "0 in all entries"


def remarks(case: CaseResult, *, everything: bool = True) -> list[Remark]:
    """Return what is said of a traced case: for which variants and branches it holds, and its notes."""
    most = None if everything else _MOST
    right = any(c.good for c in case.comparisons)
    decided = any(c.verdict not in (Verdict.UNDECIDED, Verdict.ERROR) for c in case.comparisons)
    listed = [text for text in (enumeration(_told_apart(case, everything), "; ", most), _further(case)) if text]
    listed_remarks = [
        Remark("as if", [_AS_IF.format(case.as_if)] if case.as_if else [], prose=True),
        Remark("checked for" if decided else "tried for", ["; ".join(listed)] if listed else []),
        Remark("sizes fixed", [fixed_sizes(case)] if right and case.sizes.fixed else [], prose=True),
        Remark("not tried", _first_items(case.sizes.untried, most)),
        *(_regions(case, most, everything) if right else []),
        *[Remark("note", [note], prose=True) for note in case.notes],
    ]
    return [remark for remark in listed_remarks if remark.items]


def fixed_sizes(case: CaseResult) -> str:
    """Return what the sizes that a case fixes mean for its claims, as a sentence."""
    sizes = ", ".join(f"{name}={size}" for name, size in case.sizes.fixed)
    return f"the claims hold for {sizes} only, as the case fixes; no other size was tried"


def _further(case: CaseResult) -> str:
    ranges = ", ".join(f"{name} {_ranges(numbers)}" for name, numbers in case.sizes.right)
    return f"at one sample each: {ranges}" if ranges else ""


def _ranges(numbers: Sequence[int]) -> str:
    """Write whole numbers in order: `1 to 5 and 9`."""
    starts = [n for n in numbers if n - 1 not in numbers]
    ends = [n for n in numbers if n + 1 not in numbers]
    parts = [f"{a} to {b}" if a != b else f"{a}" for a, b in zip(starts, ends, strict=True)]
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def _regions(case: CaseResult, most: int | None, everything: bool) -> list[Remark]:
    """Return what is said of branches: for which inputs the claims hold, and what the code returns on edges."""
    cover = case.cover
    branches = Remark("holds where the code takes the same branches", region(case.region, everything=everything))
    if cover is None or not traced(case):
        return [branches]
    covered = [] if cover.complete else [Remark("regions", [_covered(cover)], prose=True)]
    covered += [branches] if everything else []
    unvisited = list(dict.fromkeys(_branch(b.where, b.condition, b.count) for b in cover.unvisited))
    covered.append(Remark("never visited", _first_items(unvisited, most)))
    covered.append(Remark("not tried", list(cover.untried), prose=True))
    return [*covered, Remark("on edges", _first_items(cover.kinks, most))]


def _covered(cover: Cover) -> str:
    if not cover.variant:
        return f"{cover.regions} checked; there may be others"
    return f"{cover.regions} checked, proved to be all of them for {cover.variant}"


def _first_items(items: Sequence[str], most: int | None) -> list[str]:
    if most is None or len(items) <= most + 1:
        return list(items)
    return [*items[:most], f"and {len(items) - most:,} more"]


def findings(case: CaseResult, *, failures_only: bool = False) -> list[tuple[str, Finding, str]]:
    """Return what was found, failures first, each with its severity in a word, and what happened in a sentence."""
    chosen = [finding for finding in case.findings if finding.bad or not failures_only]
    return [
        (severity(finding), finding, _finding_sentence(finding))
        for finding in sorted(chosen, key=lambda finding: not finding.bad)
    ]


def folded(findings: Sequence[tuple[str, Finding, str]]) -> list[tuple[str, Finding, str]]:
    """Return findings about floats that several gradients have at one line as one, which names the others."""
    groups: dict[object, list[tuple[str, Finding, str]]] = {}
    for place, entry in enumerate(findings):
        severity, finding, _ = entry
        alike = FINDINGS[finding.code].about is Subject.FLOATS if finding.code in FINDINGS else False
        groups.setdefault((severity, finding.code, finding.where, finding.allowed) if alike else place, []).append(
            entry
        )
    return [_as_one(group) for group in groups.values()]


def _as_one(group: Sequence[tuple[str, Finding, str]]) -> tuple[str, Finding, str]:
    severity, first, sentence = group[0]
    others = [name for name in dict.fromkeys(finding.name for _, finding, _ in group) if name != first.name]
    more = f"; likewise {enumeration(others, ', ', _MOST_LIKEWISE)}" if others else ""
    return severity, first, sentence + more


class Common(NamedTuple):
    """A hazard that many cases have: its code and title, and where each has it."""

    code: str
    title: str
    places: Sequence[str]


def common(cases: Sequence[CaseResult]) -> list[Common]:
    """Return the hazards that many cases have, unless these are of floats, whose numbers are each case's own."""
    had: dict[str, list[tuple[str, Finding]]] = {}
    for case in cases:
        for severe, finding, _ in findings(case):
            if severe == "hazard" and finding.code in FINDINGS and FINDINGS[finding.code].about is not Subject.FLOATS:
                had.setdefault(finding.code, []).append((case.name, finding))
    return [
        Common(code, FINDINGS[code].title, list(dict.fromkeys(f"{name} ({finding.where})" for name, finding in group)))
        for code, group in sorted(had.items())
        if len({name for name, _ in group}) >= _MANY
    ]


def cure(finding: Finding) -> list[tuple[str, str]]:
    """Return, with a label each, what harm a finding does and how to fix it; nothing of a code that is not known."""
    kind = FINDINGS.get(finding.code)
    return [("harm", kind.harm), ("to fix", kind.mend)] if kind else []


def severity(finding: Finding) -> str:
    """Return how a finding counts, in a word, in capitals where it is bad."""
    return "allowed" if finding.allowed else "known" if finding.known else "FAILS" if finding.fails else "hazard"


def place(finding: Finding) -> Place:
    """Return where something was found, unless the sentence names it."""
    return NOWHERE if finding.named else finding.where


def _finding_sentence(finding: Finding) -> str:
    where = f" ({place(finding)})" if place(finding) else ""
    return f"{finding.detail}{where}" + (f"; reason: {finding.allowed}" if finding.allowed else "")


def meaning(comparisons: Iterable[Comparison], findings: Iterable[Finding] = ()) -> str:
    """Return the command that says what rows that are not plainly proved and findings mean, or nothing."""
    rows = dict.fromkeys(comparison.code for comparison in comparisons if needs_words(comparison))
    codes = [*rows, *sorted({finding.code for finding in findings})]
    return f"gradproof explain {' '.join(codes)}" if codes else ""


def region(branches: Sequence[Branch], *, everything: bool = True) -> list[str]:
    """Return the branches as text, folded by place unless everything is asked for."""
    if everything:
        return [_branch(b.where, b.condition, b.count) + (f", for {b.variant}" if b.variant else "") for b in branches]
    places: dict[Place, list[Branch]] = {}
    for branch in branches:
        places.setdefault(branch.where, []).append(branch)
    lines = [_branch(where, short(at[0].condition), sum(b.count for b in at)) for where, at in places.items()]
    return lines if len(lines) <= _MOST + 1 else [*lines[:_MOST], f"and at {len(lines) - _MOST} more places"]


def _branch(where: Place, condition: str, count: int) -> str:
    return f"{where} {condition}" + (f" and {count - 1:,} more" if count > 1 else "")


def enumeration(items: Sequence[str], between: str, most: int | None) -> str:
    """Write the first few items, and how many more there are."""
    if most is None or len(items) <= most + 1:
        return between.join(items)
    return between.join([*items[:most], f"and {len(items) - most:,} more"])


def fix_command(cases: Iterable[CaseResult]) -> str:
    """Return the command that looks for a change of each case with a wrong gradient, or nothing: by their files."""
    wrong = [case for case in cases if case.fix and not case.good]
    if len(wrong) < 2:
        return "".join(case.fix for case in wrong)
    first, targets = wrong[0], dict.fromkeys(case.reproduce[2] for case in wrong)
    return shlex.join([*first.fixing, *targets, *_behind_the_name(first)])


def init_command(cases: Iterable[CaseResult]) -> str:
    """Return the command that writes the cases that are begun, by their files, or nothing."""
    files = dict.fromkeys(case.where.file for case in cases if case.init)
    return shlex.join(["gradproof", "init", *files]) if files else ""


def _behind_the_name(case: CaseResult) -> Sequence[str]:
    """Return the arguments of the command that runs a case alone which do not say which one it is."""
    arguments = case.reproduce[3:]
    names: list[tuple[str, ...]] = [("--case", case.name), (f"--case={case.name}",)]
    named = next((name for name in names if arguments[: len(name)] == name), ())
    return arguments[len(named) :]

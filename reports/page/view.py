"""What the templates show of a case, as plain data and finished markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from reports import anchors, cells, rows, sides, words
from reports.page import failing, svg, table
from reports.page.chart import chart, worst
from reports.page.curve import curve_plot
from reports.page.diagram import drawing
from reports.page.formula import formula
from reports.page.heat import caption, heat_map
from reports.page.markup import Markup, joined, tag, text
from reports.page.operations import operations_graph
from reports.page.spot import marks, spot
from verify.model.identity import Place
from verify.model.result import CaseResult, Comparison, Excerpt, Finding, Run, Verdict

_LONGEST = 200  # signs of a formula, which is then text
_LONGEST_TEXT = 400  # signs of that; beyond, it is folded
_LONGEST_VALUE = 30
_MOST_OPEN = 3  # rows that are explained at once, the others can be unfolded
_MOST_EXPLAINED = 12  # rows of a case


class Failure(NamedTuple):
    """Why one row is not in order."""

    anchor: str
    name: str
    tone: str
    sentence: str
    facts: Sequence[tuple[str, Markup]]
    source: Excerpt | None
    marked: int


class FindingView(NamedTuple):
    """A finding with its severity in a word."""

    severity: str
    tone: str
    finding: Finding
    where: Place
    source: Excerpt | None
    marked: int


class CaseView(NamedTuple):
    """All that the page shows of a case."""

    anchor: str
    name: str
    tone: str
    sign: str
    titles: Sequence[str]
    formula: Markup
    done: str
    graph: Markup | None
    curve: Markup | None
    operations: Markup | None
    left_out: int
    rows: table.Lines
    failures: Sequence[Failure]
    others: Sequence[Failure]
    inherit: bool
    more: int
    findings: Sequence[FindingView]
    remarks: Sequence[words.Remark]
    unclaimed: Sequence[str]
    chart: Markup | None
    accuracy: str
    reproduce: str
    fix: str
    init: str
    begun: str
    snippet: str


def views(run: Run) -> Iterator[CaseView]:
    """Yield what is shown of each case, failures first, of these what is refuted."""
    case_anchors, numbers = anchors.of_cases(run), count(1)
    for case in sorted(run.cases, key=failing.order):
        yield _view(case, case_anchors[id(case)], str(next(numbers)))


def tone(case: CaseResult) -> str:
    """Return how a case is coloured."""
    if case.good:
        return "good"
    bad = [c for c in case.comparisons if not c.good]
    hard = any(table.tone(c) == "bad" for c in bad) or any(finding.bad for finding in case.findings)
    return "bad" if hard else "unsure"


SIGNS = {"good": "✓", "unsure": "?", "bad": "✗"}


def _view(case: CaseResult, anchor: str, number: str) -> CaseView:
    drawn, row_anchors = drawing(case), anchors.of_rows(case, anchor)
    lines, colour = table.lines(case, row_anchors), tone(case)
    failures, own = _explained(case)
    titles = words.titles(case)
    return CaseView(
        anchor=anchor,
        name=case.name,
        tone=colour,
        sign=SIGNS[colour],
        titles=titles[1:] if not rows.traced(case) else titles,
        formula=_equation(case),
        done=done(case),
        graph=svg.inline(case, drawn, number) if drawn else None,
        curve=curve_plot(case.curve, marks(case.comparisons)) if case.curve else None,
        operations=operations_graph(case.operations, case.name) if case.operations else None,
        left_out=drawn.left_out if drawn else 0,
        rows=lines,
        failures=[_failure(case, c, row_anchors) for c in failures[:own]],
        others=[_failure(case, c, row_anchors) for c in failures[own:_MOST_EXPLAINED]],
        inherit=case.graph is not None and case.graph.blamed is not None,
        more=max(0, len(failures) - _MOST_EXPLAINED),
        findings=[_finding(case, severity, finding) for severity, finding, _ in words.findings(case)],
        remarks=words.remarks(case, everything=False),
        unclaimed=case.unclaimed,
        chart=chart(case.accuracy, case.name, number) if case.accuracy else None,
        accuracy=worst(case.accuracy),
        reproduce=case.again,
        fix="" if case.good else case.fix,
        init=case.init,
        begun=case.begun,
        snippet="" if case.good else _snippet(case, anchor),
    )


def _explained(case: CaseResult) -> tuple[list[Comparison], int]:
    """Return the rows that are explained, and how many of them at once: those that the blamed node gets wrong."""
    explained = [
        row.comparison
        for row in rows.rows(case)
        if rows.needs_words(row.comparison) and (row.explained or row.inherits)
    ]
    reasons = {c.evidence: c for c in reversed(explained) if c.counterexample is None}  # told once, of the first
    explained = [c for c in explained if reasons.get(c.evidence, c) is c or c.verdict.good]
    names = rows.blamed(case)
    own = [c for c in explained if c.name in names and c.quantity == "gradient"]
    if not own:
        return explained, _MOST_OPEN
    return own + [c for c in explained if c not in own], len(own)


def done(case: CaseResult) -> str:
    """Say how many gradients of a case are in order."""
    good: dict[str, bool] = {}
    proved = True
    for c in case.comparisons:
        if c.quantity == "gradient":
            good[c.name] = good.get(c.name, True) and c.good
            proved &= c.verdict is Verdict.PROVED and c.good
    if not good:
        return "no gradient checked"
    noun = "gradient" if len(good) == 1 else "gradients"
    return f"{len(good)} {noun} proved" if proved else f"{sum(good.values())} of {len(good)} {noun} pass"


def _equation(case: CaseResult) -> Markup:
    if rows.traced(case):
        arguments = tag("code", text(words.signature(case))) if case.signature else Markup("")
        stated = tag("code", text(words.stated_as_if(case)))
        return joined(arguments, text(" "), stated) if case.as_if else arguments
    upstream = "" if case.upstream[1] in ("", "1") else f", {case.upstream[0]} = {case.upstream[1]}"
    value = f" = {_value(case.output_value)}{upstream}{words.domain(case)}"
    equation = joined(formula(case.output), text(" = "), formula(case.expression), text(value))
    return tag("span", equation, class_="equation")


def _value(exact: str) -> str:
    return cells.short(cells.readable(exact), _LONGEST_VALUE)


def _failure(case: CaseResult, c: Comparison, row_anchors: Mapping[int, str]) -> Failure:
    place = c.place or case.where
    source = _source(case, place)
    facts, at_point = [], spot(c)
    for line in sorted(words.explanation(c), key=_after_point):
        if line.tells not in (("code", "where") if at_point is None else ("code", "where", "entry", *_AT_POINT)):
            facts.append((_label(case, c, line), _fact(c, line)))
        if line.tells == "exact" and c.apart:
            facts += [("where", joined(formula(name), text(" = "), formula(part))) for name, part in c.apart.common]
    if c.verdict.good and not c.good and c.rounding:
        explained = c.rounding.bound or "nothing"
        facts.append(("bound", text(f"{c.rounding.error} {c.rounding.unit} off, and rounding explains {explained}")))
    if at_point is not None:
        facts.insert(1, ("at the point", at_point))
    if both := sides.table(c):
        facts.append(("arrays" if both.rows else "other entries", _sides(c, both)))
    if drawn := heat_map(c):
        facts.append(("all entries", joined(drawn, tag("p", text(caption(c)), class_="quiet"))))
    facts.append(("meaning", tag("code", text(words.meaning([c])))))
    return Failure(row_anchors[id(c)], cells.name(c), table.tone(c), words.sentence(c), facts, source, place.line)


def _sides(c: Comparison, both: sides.Table) -> Markup:
    """Return both sides of a wrong array as a table; what differs has a sign beside it."""
    heads = [tag("th", text(head), scope="col") for head in ("entry", words.computed(c), "exact")]
    rows = [
        tag(
            "tr",
            tag("th", text(index), scope="row"),
            *[tag("td", text(cell)) for cell in (*pair, "✗" if differs else "✓")],
        )
        for (index, *pair), differs in zip(both.rows, both.differ, strict=True)
    ]
    rest = tag("p", text(both.rest), class_="quiet") if both.rest else Markup("")
    if not rows:
        return text(both.rest)
    return joined(
        tag("table", tag("thead", tag("tr", *heads, tag("td", text("")))), tag("tbody", *rows), class_="sides"), rest
    )


def _after_point(line: words.Line) -> bool:
    """Tell of lines that come after the point at which a gradient is wrong: the formulas, with what is in them."""
    return line.tells in ("actual", "exact", "where")


_AT_POINT = ("actual", "exact", "at")  # lines that the table of a point stands for
_LABELS = {
    "likely": "diagnosis",
    "exact": "exact",
    "at": "small counterexample",
    "because": "why",
    "relation": "difference",
}


def _label(case: CaseResult, c: Comparison, line: words.Line) -> str:
    """Name a fact; those inputs of arrays that are not just points that were tried are made small."""
    if line.tells == "actual":
        return f"{line.label} gives"
    if line.tells == "at" and (c.evidence.points or not rows.traced(case)):
        return "counterexample"
    return _LABELS.get(line.tells, line.label)


def _fact(c: Comparison, line: words.Line) -> Markup:
    """Write an explanation: formulas as formulas, what is prose as text, and all else as code."""
    formulas = {"actual": c.actual_formula, "exact": c.expected_formula}
    if c.apart:
        formulas = {"actual": c.apart.actual, "exact": c.apart.expected}
    example, written = c.counterexample, formulas.get(line.tells, "")
    value = "" if example is None else example.expected if line.tells == "exact" else example.actual
    if len(written) > _LONGEST_TEXT:
        return joined(text(value), _folded(written))
    if line.tells in formulas and len(written) <= _LONGEST:
        markup = formula(written)
        return (
            joined(markup, text(f" = {value}")) if markup and value not in ("", written) else markup or text(line.text)
        )
    if line.tells == "relation" and c.relation and not c.relation.note:
        left, right = c.relation.sides(words.computed(c), "exact")
        return joined(formula(left), text(" = "), formula(right))
    return text(line.text) if line.tells in (*words.PROSE, "because", "floats") else tag("code", text(line.text))


def _folded(formula_text: str) -> Markup:
    """Return a formula that would be a wall of text as its length, which unfolds."""
    length = tag("summary", text(f"a formula of {len(formula_text):,} signs"))
    return tag("details", length, tag("code", text(formula_text)), class_="fold")


def _finding(case: CaseResult, severity: str, finding: Finding) -> FindingView:
    colour = "bad" if finding.bad else "quiet" if finding.allowed else "unsure"
    return FindingView(
        severity, colour, finding, words.place(finding), _source(case, finding.where), finding.where.line
    )


def _source(case: CaseResult, where: Place) -> Excerpt | None:
    return next((source for source in case.sources if source.where == where), None)


def _snippet(case: CaseResult, anchor: str) -> str:
    """Return a test that fails as long as the case does."""
    arguments = [*case.reproduce[1:]]
    name = "".join(c if c.isalnum() else "_" for c in anchor.lower())
    first = "from gradproof.verify.command.main import main"  # a name that is ours, installed or in a checkout
    return f"{first}\n\n\ndef test_{name}():\n    assert main({arguments!r}) == 0\n"

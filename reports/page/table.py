"""The rows of a case on the page: what each cell says, and which columns a case has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from reports import cells, rows
from reports.page.drawing import plain
from reports.page.formula import formula
from reports.page.markup import Markup, breakable, text
from reports.rows import Row
from reports.words import sentence
from verify.model.identity import Variant
from verify.model.result import Accuracy, CaseResult, Comparison, Evidence, Verdict

SIGNS = {
    **dict.fromkeys((Verdict.PROVED, Verdict.AGREES), "✓"),
    **dict.fromkeys((Verdict.SAMPLED, Verdict.UNDECIDED), "?"),
    **dict.fromkeys((Verdict.REFUTED, Verdict.ERROR), "✗"),
}

_MOST = 300  # rows of one table


class Cell(NamedTuple):
    """A cell: what is shown, under which header, with what classes and hint."""

    header: str
    markup: Markup
    kind: str = ""
    hint: str = ""


class Line(NamedTuple):
    """A row of a table, with its anchor and whether it is bad, unsure or good."""

    anchor: str
    tone: str
    cells: Sequence[Cell]


class Facts(NamedTuple):
    """What the cells of a row are written from."""

    row: Row
    case: CaseResult
    accuracy: Accuracy | None

    @property
    def comparison(self) -> Comparison:
        """Return the comparison that the row is about, or the weakest of several."""
        return self.row.comparison

    @property
    def evidence(self) -> Evidence:
        """Return how the verdict of that is known."""
        return self.comparison.evidence

    @property
    def single(self) -> bool:
        """Tell whether the row is about one number: of an array, one entry's would be taken for all of it."""
        return not self.row.shapes and self.row.entries <= 1


def tone(comparison: Comparison) -> str:
    """Return how a comparison is coloured: what is undecided is never green."""
    if comparison.good:
        return "good"
    return "unsure" if comparison.verdict in (Verdict.SAMPLED, Verdict.UNDECIDED) else "bad"


class Lines(NamedTuple):
    """The rows of a case, what is not in order apart from the rest, and how many of each are left out."""

    bad: Sequence[Line]
    good: Sequence[Line]
    more_bad: int
    more_good: int


def lines(case: CaseResult, anchors: Mapping[int, str]) -> Lines:
    """Return the rows of a case, each table without the columns that are empty in it."""
    accuracies = {(a.name, a.variant): a for a in case.accuracy if (a.precision, a.magnitude) == ("float64", "sample")}
    listed = rows.rows(case)
    groups = [row for row in listed if not row.comparison.good], [row for row in listed if row.comparison.good]
    facts_by_group = [
        [Facts(row, case, _accuracy(accuracies, row.comparison)) for row in group[:_MOST]] for group in groups
    ]
    bad, good = (_group(facts, anchors) for facts in facts_by_group)
    return Lines(bad, good, len(groups[0]) - len(bad), len(groups[1]) - len(good))


def _group(facts: Sequence[Facts], anchors: Mapping[int, str]) -> list[Line]:
    cells_by_row = [
        [Cell(c.header, c.markup(row_facts), c.kind, c.hint(row_facts)) for c in _COLUMNS] for row_facts in facts
    ]
    used = [place for place in range(len(_COLUMNS)) if any(row[place].markup for row in cells_by_row)]
    return [
        Line(anchors[id(row_facts.comparison)], tone(row_facts.comparison), [row[place] for place in used])
        for row_facts, row in zip(facts, cells_by_row, strict=True)
    ]


def _accuracy(accuracies: Mapping[tuple[str, Variant], Accuracy], comparison: Comparison) -> Accuracy | None:
    same = accuracies.get((comparison.name, comparison.variant))
    return same or next((a for (name, _), a in accuracies.items() if name == comparison.name), None)


def _verdict(facts: Facts) -> Markup:
    c = facts.comparison
    word = cells.word(c)
    scope = cells.extent(c, facts.row.failing, facts.row.entries)
    basis = f" ({cells.evidence(facts.evidence)})" if c.good and facts.evidence.kind else ""
    sign = SIGNS[c.verdict] if c.good or not c.verdict.good else "✗"
    return text(f"{sign} {word}{basis}{f' {scope}' if scope else ''}")


def _of_number(of: Callable[[Comparison], str]) -> Callable[[Facts], Markup]:
    return lambda facts: text(of(facts.comparison)) if facts.single else Markup("")


def _exact(comparison: Comparison) -> str:
    return plain(comparison.expected) if comparison.expected else ""


def _formula(facts: Facts) -> Markup:
    return formula(facts.comparison.expected_formula) if facts.single else Markup("")


def _ulps(facts: Facts) -> Markup:
    """Return the distance of a float, of the bound; of an array, of its worst entry at the sample."""
    rounding, accuracy = facts.comparison.rounding, facts.accuracy
    if rounding:
        unit = "" if rounding.unit == "ulp" else " abs."
        return text(f"{rounding.error} of {rounding.bound}{unit}" if rounding.bound else f"{rounding.error}, unknown")
    right = facts.comparison.verdict.good  # what is wrong is not so by rounding
    return text(f"{accuracy.error} of {accuracy.bound}" if accuracy and right else "")


def _region(facts: Facts) -> Markup:
    """Say for which inputs a proof holds, in a few words."""
    case, c = facts.case, facts.comparison
    if c.verdict is not Verdict.PROVED or c.quantity != "gradient":
        return Markup("")
    everywhere = "the whole domain" if case.bounded else "all inputs"
    if case.cover is None:
        return text("the branches taken" if case.region else everywhere)
    if case.cover.complete:
        return text(everywhere)
    return text(f"{case.cover.regions} regions visited")


def _plain(_: Facts) -> str:
    return ""


class _Column(NamedTuple):
    header: str
    markup: Callable[[Facts], Markup]
    kind: str = ""
    hint: Callable[[Facts], str] = _plain


_COLUMNS = (
    _Column("with respect to", lambda f: text(cells.short(cells.name(f.comparison))), "name"),
    _Column("verdict", _verdict, "verdict", lambda f: f.evidence.detail or sentence(f.comparison)),
    _Column("for", lambda f: text(f.row.variant)),
    _Column("shape", lambda f: text(cells.shapes(f.row, " × "))),
    _Column("exact derivative", _formula, "formula"),
    _Column("exact value", _of_number(_exact), "number", lambda f: f.comparison.expected),
    _Column("backprop", _of_number(lambda c: c.actual), "number"),
    _Column("off by … of bound, ulp", _ulps, "number"),
    _Column("region", _region),
    _Column("code", lambda f: breakable(str(f.comparison.place)), "place"),
)  # fmt: skip

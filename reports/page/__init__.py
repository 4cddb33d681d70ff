"""The page: one file that opens by itself, without network, server or script, and tells first what is wrong."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from reports import anchors, words
from reports.page import failing, finding, headline, inventory, table, view
from reports.page.markup import tag, text
from verify.model.findings import FINDINGS
from verify.model.result import CaseResult, Run, Verdict, summary

if TYPE_CHECKING:
    from jinja2 import Environment

_STYLES = ("graph.css", "page.css")
_LOW, _HIGH = "22rem", "46rem"  # of a card that is good, and of one that explains
_MOST_OPEN = 30  # cases that are wrong; the others are folded, each with a line that says what it is
_LARGEST = 1_800_000  # signs that cases may take in full: the page is to open at once, whatever the number of cases


class Page(NamedTuple):
    """A page, and the anchors of the rows that it shows."""

    text: str
    rows: frozenset[str]


def render(run: Run) -> str:
    """Render a result as a page."""
    return rendered(run).text


def rendered(run: Run) -> Page:
    """Render a result as a page; where there are too many cases, the last have a line in the inventory only."""
    templates = _environment()
    head, case_anchors = headline.headline(run), anchors.of_cases(run)
    case, room, passing = templates.get_template("case.html"), _LARGEST, 0
    cases: list[tuple[str, str]] = []
    whole: list[view.CaseView] = []
    placed: set[str] = set()
    lines: set[str] = set()
    for case_view in view.views(run):
        markup = case.render(case=case_view, folded=case_view.tone == "good" or len(cases) >= _MOST_OPEN)
        room -= len(markup)
        if room < 0:
            break
        cases.append((case_view.tone, markup))
        whole.append(case_view)
        placed.add(case_view.anchor)
        lines.update(line.anchor for line in (*case_view.rows.bad, *case_view.rows.good))
        passing += case_view.tone == "good"
    choices = finding.choices(whole)
    style = _style() + finding.style(choices)
    page = templates.get_template("page.html").render(
        run=run,
        head=head,
        target=_target(head, case_anchors),
        failing=failing.failing(run, case_anchors, frozenset(placed | lines)),
        summary=summary(run),
        cases=cases,
        passing=passing,
        choices=choices,
        files=inventory.inventory(run, case_anchors, frozenset(placed)),
        short=len(run.cases) - len(placed),
        verdicts=[(table.SIGNS[verdict], verdict.name, verdict.value) for verdict in Verdict],
        kinds={code: FINDINGS[code] for code in sorted({f.code for f in run.findings}) if code in FINDINGS},
        stale=words.STALE.rstrip(":"),
        style=style,
        digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )
    return Page(page, frozenset(lines))


def card(case: CaseResult) -> str:
    """Render one case as on the page, for a notebook: in a frame of its own, since the page has other styles."""
    (case_view,) = view.views(Run((case,)))
    article = _environment().get_template("case.html").render(case=case_view, folded=False)
    head = f'<meta charset="utf-8"><meta name="color-scheme" content="light dark"><style>{_style()}</style>'
    document = f'<!doctype html><html lang="en"><head>{head}</head><body>{article}</body></html>'
    height = _LOW if case_view.tone == "good" else _HIGH
    frame = f"width: 100%; height: {height}; border: 0; resize: vertical"
    nothing = text("")  # a frame has an end tag
    return tag("iframe", nothing, srcdoc=document, title=case.name, style=frame, sandbox="allow-same-origin")


def _style() -> str:
    return "".join(files(__name__).joinpath("templates", name).read_text("utf-8") for name in _STYLES)


def _target(head: headline.Headline, case_anchors: dict[int, str]) -> str:
    """Return the anchor of what the headline tells of."""
    if head.case is None:
        return ""
    anchor = case_anchors[id(head.case)]
    return anchors.of_rows(head.case, anchor)[id(head.comparison)] if head.comparison else anchor


@cache
def _environment() -> Environment:
    """Return the templates; what they show is escaped, but for what `markup` made."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader(__name__), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.filters["made"] = Markup
    return environment

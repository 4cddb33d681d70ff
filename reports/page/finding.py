"""The field that finds a case: a list of their names, and styles that hide all others, since the page has no script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reports.page.view import CaseView

_MOST = 300  # cases, beyond which the styles would be a large part of the page
_RULE = 'body:has(#find [value="{0}"]:checked) [data-case]:not([data-case="{0}"])'


class Choice(NamedTuple):
    """A case that can be chosen."""

    anchor: str
    name: str


def choices(cases: Sequence[CaseView]) -> list[Choice]:
    """Return the cases that can be chosen, by name; none where there is nothing to choose, or too many."""
    if not 1 < len(cases) <= _MOST:
        return []
    return sorted((Choice(case.anchor, case.name) for case in cases), key=lambda choice: choice.name.casefold())


def style(chosen: Sequence[Choice]) -> str:
    """Return the styles that show the chosen case alone; an anchor has letters, digits, _ and - only."""
    return f"{','.join(_RULE.format(choice.anchor) for choice in chosen)}{{display:none}}\n" if chosen else ""

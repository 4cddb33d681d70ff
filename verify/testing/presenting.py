"""Results in programs and notebooks: `print(result)` is the terminal's report, a notebook shows the page's card."""

from __future__ import annotations

from verify.checks.checker import check
from verify.discovery.packages import borrowed
from verify.model.result import PRESENT, CaseResult

__all__ = ["check"]


def _text(result: CaseResult) -> str:
    """Return the terminal's report of a case."""
    report: str = borrowed("terminal").block(result)
    return report.rstrip("\n")


def _card(result: CaseResult) -> str:
    """Return the page's card of a case."""
    card: str = borrowed("page").card(result)
    return card


PRESENT.update(text=_text, html=_card)

"""Results in programs and notebooks: `print(result)` is the terminal's report, a notebook shows the page's card."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from functools import wraps
from typing import Any

from verify.cases.case import Case
from verify.checks import checker
from verify.discovery.packages import borrowed
from verify.model.result import PRESENT, CaseResult

_ELSEWHERE = "the case of this result is not in this process: check it here with gradproof.check"
_cases: dict[int, Case] = {}  # by the identity of results that there are


@wraps(checker.check)
def check(case: Case, seed: int = 0, **options: Any) -> CaseResult:
    """Check a case, and remember it for the exact gradients of its result."""
    return remembered(checker.check(case, seed, **options), case)


def remembered(result: CaseResult, case: Case) -> CaseResult:
    """Return a result whose case is known as long as it lives."""
    _cases[id(result)] = case
    weakref.finalize(result, _cases.pop, id(result), None)
    return result


def _exact(result: CaseResult) -> Mapping[str, Any]:
    """Return the exact gradients of the case of a result."""
    from verify.exact.gradients import ExactGradients

    if id(result) not in _cases:
        raise LookupError(_ELSEWHERE)
    return ExactGradients(_cases[id(result)])


def _text(result: CaseResult) -> str:
    """Return the terminal's report of a case."""
    report: str = borrowed("terminal").block(result)
    return report.rstrip("\n")


def _card(result: CaseResult) -> str:
    """Return the page's card of a case."""
    card: str = borrowed("page").card(result)
    return card


PRESENT.update(text=_text, html=_card, exact=_exact)

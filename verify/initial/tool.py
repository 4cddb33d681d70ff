"""What a worker answers of scanned cases beside their checks: their text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verify.cases.case import Case, TracedCase
from verify.discovery.messages import Unit


class Tool:
    """Answers requests about the cases of a unit."""

    def __init__(self, _: Any) -> None:
        """Make a tool; it changes nothing in its process."""

    def text(self, unit: Unit, number: int, cases: Sequence[Case]) -> str:
        """Return the text of a case."""
        case = cases[number]
        return case.text if isinstance(case, TracedCase) else ""

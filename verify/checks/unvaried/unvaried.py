"""What is no input and may change a result, though no run varies it: every line that decides by it or computes with it.

Which functions a case may call is read in its code; where anything is found in them, those that run are noticed, and
the others left out.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import CodeType, FrameType, FunctionType
from typing import Any

from verify.cases.case import TracedCase
from verify.cases.numbers import functions
from verify.checks.claims.claims import Exact
from verify.checks.unvaried.dataflow import Use, computes
from verify.checks.unvaried.repetitions import counting
from verify.checks.unvaried.surroundings import uses
from verify.model.findings import finding
from verify.model.result import Finding
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.symbols import texts

_TEXT = "the text of a number, which symbols do not have"
_DEPENDS = "the result may depend on {}, which no run varies"


def unvaried(case: TracedCase, runs: Sequence[Exact], seed: int) -> list[Finding]:
    """Find the lines at which what is no input may change a result: each once."""
    reached = functions(case.subject, list(case.options.values()))
    lines = _lines(reached)
    if lines:
        codes = _run(case, runs, seed)
        lines = _lines([function for function in reached if function.__code__ in codes])
    lines += [Use(place, _TEXT) for place, line in texts.lines().items() if computes(*line)]
    first = {use.where: use for use in reversed(lines)}
    return [finding("GP127", _DEPENDS.format(use.answer), where=use.where) for use in reversed(first.values())]


def _lines(reached: Sequence[FunctionType]) -> list[Use]:
    return [*uses(reached), *counting(reached)]


def _run(case: TracedCase, runs: Sequence[Exact], seed: int) -> set[CodeType]:
    """Return the code that runs in any of some runs."""
    codes: set[CodeType] = set()

    def notice(frame: FrameType, _: str, __: Any) -> None:
        codes.add(frame.f_code)

    before = sys.gettrace()
    for run in runs:
        sys.settrace(notice)
        try:
            FloatRun(case, run.seen, seed)
        except SubjectError:
            continue  # which the rows tell
        finally:
            sys.settrace(before)
    return codes

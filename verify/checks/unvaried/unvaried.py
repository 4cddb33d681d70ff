"""What is no input and may change a result, though no run varies it: every line that decides by it or computes with it.

Which functions a case may call is read in its code; where their names may lead to any of it, those that run are
noticed, with what their names stand for, and the others left out.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from types import CodeType, FrameType, FunctionType
from typing import Any

from verify.cases.case import TracedCase
from verify.cases.numbers import functions, reached
from verify.checks.claims.claims import Exact
from verify.checks.unvaried.dataflow import Use, computes
from verify.checks.unvaried.repetitions import counting
from verify.checks.unvaried.surroundings import Locals, may_use, uses
from verify.model.findings import finding
from verify.model.result import Finding
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.symbols import texts

_TEXT = "the text of a number, which symbols do not have"
_DEPENDS = "the result may depend on {}, which no run varies"


def unvaried(case: TracedCase, runs: Sequence[Exact], seed: int) -> list[Finding]:
    """Find the lines at which what is no input may change a result: each once."""
    options = list(case.options.values())
    called, lines = functions(case.subject, options), list[Use]()
    if may_use(called, reached(case.subject, options)) or _lines(called, {}):
        local = _run(case, runs, {function.__code__ for function in called}, seed)
        lines = _lines([function for function in called if function.__code__ in local], local)
    lines += [Use(place, _TEXT) for place, line in texts.lines().items() if computes(*line)]
    first = {use.where: use for use in reversed(lines)}
    return [finding("GP127", _DEPENDS.format(use.answer), where=use.where) for use in reversed(first.values())]


def _lines(called: Sequence[FunctionType], local: Locals) -> list[Use]:
    return [*uses(called, local), *counting(called)]


def _run(case: TracedCase, runs: Sequence[Exact], codes: Collection[CodeType], seed: int) -> Locals:
    """Return those of some codes that run in any of some runs, with what their names stood for in the end."""
    local: dict[CodeType, dict[str, Any]] = {}

    def leave(frame: FrameType, event: str, _: Any) -> Any:
        if event == "return":
            local[frame.f_code].update(frame.f_locals)
        return leave

    def notice(frame: FrameType, _: str, __: Any) -> Any:
        if frame.f_code not in codes:
            return None
        local.setdefault(frame.f_code, {})
        frame.f_trace_lines = False
        return leave

    before = sys.gettrace()
    for run in runs:
        sys.settrace(notice)
        try:
            FloatRun(case, run.seen, seed)
        except SubjectError:
            continue  # which the rows tell
        finally:
            sys.settrace(before)
    return local

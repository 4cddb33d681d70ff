"""Checks that users have added: each looks at the runs of a layer on floats, and says what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.model.additions import CHECKS, Run
from verify.model.errors import InputError, nearest
from verify.model.findings import FINDINGS, finding
from verify.model.result import Finding
from verify.model.where import described, raised_at
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Quantity


def added_findings(case: TracedCase, runs: Sequence[Exact], seed: int) -> list[Finding]:
    """Return what the added checks find in the runs of a case, the same in several runs once.

    Raises InputError for a code that does not exist.
    """
    findings = [added for run in runs if CHECKS for added in _of_run(case, run, seed)]
    return [*{(added.code, added.detail, added.name): added for added in reversed(findings)}.values()][::-1]


def _of_run(case: TracedCase, run: Exact, seed: int) -> Iterator[Finding]:
    try:
        floats = FloatRun(case, run.seen, seed)
    except SubjectError:
        return  # which the rows tell
    for name, check in CHECKS.items():
        for code, detail, about in _answers(name, check, case, _as_seen(floats)):
            yield finding(code, detail, name=about, where=case.where, variant=run.seen.variant.written)


def _answers(name: str, check: Callable[..., Any], case: TracedCase, run: Run) -> Iterator[tuple[str, str, str]]:
    """Yield what a check finds, or that it raised; raises InputError for what is no finding."""
    try:
        answers = list(check(case, run) or ())
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # noqa: BLE001 - the user's code: whatever it raises is told, also SystemExit
        place = raised_at(problem)
        yield "GP003", f"{name} raised {described(problem)}{', at ' if place else ''}{place}", ""
        return
    for answer in answers:
        is_finding = isinstance(answer, (tuple, list)) and all(isinstance(text, str) for text in answer)
        if not (is_finding and 1 < len(answer) < 4):
            raise InputError(f"the added check {name} yields {answer!r}: expected a code, a sentence and a name")
        if answer[0] not in FINDINGS:
            raise InputError(
                f"the added check {name} yields {answer[0]!r}, which is not a finding{nearest(answer[0], FINDINGS)}"
            )
        yield answer[0], answer[1], answer[2] if len(answer) > 2 else ""


def _as_seen(floats: FloatRun) -> Run:
    """Return a run as checks look at it, in arrays of its own."""
    seen = floats.seen

    def numbers(quantity: Quantity) -> Any:
        return np.array(seen.trace.floats(quantity.nodes, floats.point), float).reshape(quantity.shape)

    sent = tuple(map(numbers, seen.upstreams))
    return Run(
        seen.variant.text,
        {name: numbers(quantity) for name, quantity in seen.inputs.items()},
        deepcopy(floats.output),
        sent if seen.several else sent[0],
        {name: np.array(floats.gradients[name], float) for name in seen.gradients if name in floats.gradients},
    )

"""The exact gradient as NumPy code, for a case whose wrong gradients no edit makes right.

It is written and proved in a process that has seen no edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verify.discovery.messages import Task
from verify.model.package import PACKAGE
from verify.mutation.result import How
from verify.repair.result import Repair, State
from verify.runner.crew import Crew
from verify.runner.workers import CollectedCase, Workers

CODE = Task(f"{PACKAGE}.repair.bench", "code")


def with_code(
    crew: Crew, cases: Sequence[CollectedCase], how: How, repairs: Sequence[Repair], limit: float
) -> list[Repair]:
    """Return repairs of some cases, those without a fix with code of the exact gradients, if any is proved.

    A case has at most `limit` seconds.
    """
    if not any(map(_is_open, repairs)):
        return list(repairs)
    with crew.fresh() as workers:
        workers.limit = min(workers.limit, limit)
        return [
            _coded(workers, case, how, repair) if _is_open(repair) else repair
            for case, repair in zip(cases, repairs, strict=True)
        ]


def _is_open(repair: Repair) -> bool:
    """Tell whether a gradient of a case is wrong, and no edit is proved."""
    wrong = repair.before is not None and any(row.wrong for row in repair.before.result.comparisons)
    return wrong and repair.state in (State.OPEN, State.UNABLE)


def _coded(workers: Workers, case: CollectedCase, how: How, repair: Repair) -> Repair:
    answer = workers.ask_about(CODE, case, how)
    code, codeless, agrees = answer.value if answer.kind == "done" else ("", f"no code: {answer.value}", False)
    return replace(repair, code=code, codeless=codeless, agrees=agrees)

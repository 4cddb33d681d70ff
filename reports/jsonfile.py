"""For programs: everything that the result holds, as JSON. `result.schema.json` beside this file describes it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from verify.result import SCHEMA_VERSION, CaseResult, Run, Verdict, exit_status, summary


def render(run: Run) -> str:
    """Render a result as one JSON document; numbers are text, so that none is rounded."""
    return json.dumps(document(run), ensure_ascii=False, indent=2) + "\n"


def document(run: Run) -> dict[str, Any]:
    """Return the document as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "gradproof", "version": run.version},
        "seed": run.seed,
        "complete": run.complete,
        "exit_status": exit_status(run),
        "summary": summary(run),
        "gradients": {verdict.name: run.count("gradient")[verdict] for verdict in Verdict},
        "cases": [_case(case) for case in run.cases],
    }


def _case(case: CaseResult) -> dict[str, Any]:
    document = _plain(asdict(case))
    name, value = case.upstream
    return {**document, "inputs": dict(case.inputs), "upstream": {"name": name, "value": value}, "good": case.good}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a verdict as its name, the inputs of a counterexample as an object."""
    match value:
        case Verdict():
            return value.name
        case dict():
            return {key: dict(item) if key == "inputs" else _plain(item) for key, item in value.items()}
        case tuple() | list():
            return [_plain(item) for item in value]
    return value

"""For programs: everything that the result holds, as JSON. `result.schema.json` beside this file describes it."""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from typing import Any

from verify.result import SCHEMA_VERSION, CaseResult, Run, Verdict, exit_status, summary


def render(run: Run) -> str:
    """Render a result as one JSON document, a line for each case; numbers are text, so that none is rounded."""
    head = document(run)
    cases = ",\n".join(f"    {_dump(case)}" for case in head.pop("cases"))
    lines = [f"  {_dump(key)}: {_dump(value)}," for key, value in head.items()]
    return "\n".join(["{", *lines, '  "cases": [', *([cases] if cases else []), "  ]", "}"]) + "\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


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
    name, value = case.upstream
    return {**_plain(case), "upstream": {"name": name, "value": value}, "good": case.good}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a dataclass as an object, a verdict as its name, inputs as an object by name."""
    if isinstance(value, Verdict):
        return value.name
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if not is_dataclass(value):
        return value
    items = {name: getattr(value, name) for name in value.__dataclass_fields__}
    return {name: dict(item) if name == "inputs" else _plain(item) for name, item in items.items()}

"""For programs: everything that the result holds, as JSON. `result.schema.json` beside this file describes it."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import cache
from typing import Any

from verify.model.result import SCHEMA_VERSION, CaseResult, Evidence, Run, Verdict, exit_status, summary


def render(run: Run) -> str:
    """Render a result as one JSON document, a line for each case; numbers are text, so that none is rounded."""
    cases = ",\n".join(f"    {_dump(case)}" for case in run.cases)
    lines = [f"  {_dump(key)}: {_dump(value)}," for key, value in _head(run).items()]
    return "\n".join(["{", *lines, '  "cases": [', *([cases] if cases else []), "  ]", "}"]) + "\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _head(run: Run) -> dict[str, Any]:
    """Return the document but for its cases."""
    gradients = run.count("gradient")
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "gradproof", "version": run.version},
        "seed": run.seed,
        "quick": run.quick,
        "complete": run.complete,
        "exit_status": exit_status(run),
        "summary": summary(run),
        "gradients": {verdict.name: gradients[verdict] for verdict in Verdict},
        "known": run.known,
        "stale": run.stale,
    }


def _plain(value: Any) -> Any:
    """Return what JSON does not know as what it does: a verdict as its name, a dataclass as an object."""
    if isinstance(value, Verdict):
        return value.name
    kind: Any = type(value)
    items = {name: getattr(value, name) for name in _names(kind)}
    if isinstance(value, Evidence):  # what holds of some kinds of evidence only
        items = {name: given for name, given in items.items() if given or name in ("kind", "detail")}
    if "inputs" in items:
        items["inputs"] = dict(items["inputs"])
    if not isinstance(value, CaseResult):
        return items
    name, given = value.upstream
    return {**items, "upstream": {"name": name, "value": given}, "good": value.good, "passes": value.passes}


@cache
def _names(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]

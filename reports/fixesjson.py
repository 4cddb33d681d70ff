"""What became of repairs, for programs, as JSON: all that the terminal says. `fixes.schema.json` describes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reports.fixes import assumed, defaults, fixed_sizes
from verify.repair.result import SCHEMA_VERSION, Fix, Repair


def render(repairs: Sequence[Repair], version: str, status: int) -> str:
    """Render repairs as one JSON document."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "generator": f"gradproof {version}",
        "exit_status": status,
        "cases": [_case(repair) for repair in repairs],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _case(repair: Repair) -> dict[str, Any]:
    code = {"text": repair.code, "proved": not repair.agrees} if repair.code else None
    return {
        "name": repair.name,
        "where": repair.where._asdict(),
        "state": repair.state.name.lower(),
        "why": repair.why,
        "tried": repair.tried,
        "sizes": fixed_sizes(repair),
        "assumed": [*assumed(repair)],
        "defaults": [*defaults(repair)],
        "fix": None if repair.fix is None else _fix(repair.fix),
        "code": code,
        "codeless": repair.codeless,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "proved": not fix.agreeing,
        "agreeing": [*fix.agreeing],
        "edits": [
            {"operator": edit.operator, "where": edit.where._asdict(), "after": edit.after} for edit in fix.edits
        ],
        "changes": [change._asdict() for change in fix.changes],
        "diff": fix.diff,
        "hazards": [hazard._asdict() for hazard in fix.hazards],
    }

"""Changes that make cases right as SARIF: a result for each case that is wrong, its change as `fixes`, if there is one.

Editors that read SARIF offer to make it. Columns are counted in characters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from reports.fixes import certainty, notes, summary
from reports.sarif import document, file_of, rule_of
from verify.model.result import LineOf
from verify.repair.result import Change, Fix, Repair, State

_FIXED, _AGREEING, _OPEN = "FIXED", "FIXED-WITHIN-ROUNDING", "NOT-FIXED"
_RULES = (
    rule_of(
        _FIXED,
        "wrong gradient, with the change that makes it right",
        "with the change, every gradient of the case is proved in every region, and its contracts are no worse",
        "Make the change, or have `gradproof fix --write` make it.",
        "error",
    ),
    rule_of(
        _AGREEING,
        "wrong gradient, with a change that makes it right to the accuracy of the code's constants",
        "with the change, every gradient is proved or equal for some choice of the code's constants within their "
        "rounding (AGREES), in every region, and the contracts of the case are no worse",
        "Make the change, or have `gradproof fix --write` make it.",
        "error",
    ),
    rule_of(
        _OPEN,
        "a case that fails, without a change that makes it right",
        "no change of backward is proved, or none can be tried; the message says why",
        "Look at the case with `gradproof run`.",
        "error",
    ),
)


def render(repairs: Sequence[Repair], version: str, status: int) -> str:
    """Render repairs as one run of SARIF; what is right already has no result."""
    results = [_result(repair) for repair in repairs if repair.state is not State.RIGHT]
    invocation = {"executionSuccessful": True, "exitCode": status}
    more = {"columnKind": "unicodeCodePoints", "properties": {"summary": summary(repairs)}}
    return document(version, _RULES, results, invocation, more)


def _result(repair: Repair) -> dict[str, Any]:
    digest = hashlib.sha256(f"{repair.where.file}\n{repair.name}".encode(errors="backslashreplace"))
    rule = _OPEN if repair.fix is None else _AGREEING if repair.fix.agreeing else _FIXED
    return {
        "ruleId": rule,
        "ruleIndex": [entry["id"] for entry in _RULES].index(rule),
        "level": "error",
        "message": {"text": _message(repair)},
        "locations": [{"physicalLocation": _place(repair)}],
        "partialFingerprints": {"primaryLocationLineHash": f"{digest.hexdigest()[:32]}:1"},
        "properties": {"line_of": LineOf.DEFINITION if repair.fix is None else LineOf.EDIT},
        **({} if repair.fix is None else {"fixes": [_fix(repair.fix)]}),
    }


def _message(repair: Repair) -> str:
    if repair.fix is None:
        return f"{repair.name}: no fix: {repair.why}"
    sentences = "".join(f"; {note}" for note in notes(repair))
    return f"{repair.name}: {certainty(repair)} with this change: {_ideas(repair.fix)}{sentences}"


def _ideas(fix: Fix) -> str:
    return ", ".join(f"{edit.operator} ({edit.where})" for edit in fix.edits)


def _place(repair: Repair) -> dict[str, Any]:
    """Return what the change replaces first; without one, the line of the case."""
    if repair.fix is not None:
        first = repair.fix.changes[0]
        return {"artifactLocation": file_of(first.file), "region": _region(first)}
    file, line = repair.where.file or "expr", max(repair.where.line, 1)
    return {"artifactLocation": file_of(file), "region": _region(Change(file, line, 1, line, 2, ""))}


def _fix(fix: Fix) -> dict[str, Any]:
    by_file = groupby(sorted(fix.changes), key=lambda change: change.file)
    files = [
        {"artifactLocation": file_of(file), "replacements": [*map(_replacement, group)]} for file, group in by_file
    ]
    return {"description": {"text": _ideas(fix)}, "artifactChanges": files}


def _replacement(change: Change) -> dict[str, Any]:
    return {"deletedRegion": _region(change), "insertedContent": {"text": change.text}}


def _region(change: Change) -> dict[str, int]:
    return {
        "startLine": change.line,
        "startColumn": change.column,
        "endLine": change.last_line,
        "endColumn": change.last_column,
    }

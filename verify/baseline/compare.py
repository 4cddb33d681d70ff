"""Two JSON reports, compared by quantities and verdicts: what began to fail, what was fixed, what became weaker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verify.baseline import states
from verify.baseline.states import GOOD, Row, State, States, change, is_lost, only_if_bad
from verify.model.errors import InputError
from verify.model.identity import CaseId, Quantity, Variant
from verify.model.result import SCHEMA_VERSION

# What changed, with whether it is a regression, in the order in which it is told.
_REGRESSES = {
    "newly failing": True,
    "weaker": True,
    "lost": True,
    "fixed": False,
    "stronger": False,
    "appeared": False,
    "disappeared": False,
}


def compared(old: Path, new: Path) -> tuple[str, int]:
    """Return what changed between two reports, and 1 if anything became worse, else 0; raises InputError."""
    (before, was_quick), (after, is_quick) = _read(old), _read(new)
    if was_quick != is_quick:
        quick, full = (old, new) if was_quick else (new, old)
        raise InputError(f"{quick} was made with --quick, {full} was not: make both with the same options")
    if before.keys().isdisjoint(after):
        raise InputError(f"{old} and {new} have no case in common: nothing to compare")
    changes = _changes(before, after)
    lines = [line for kind, items in changes.items() if items for line in [f"{kind}:", *[f"  {i}" for i in items], ""]]
    counts = ", ".join(f"{len(items):,} {kind}" for kind, items in changes.items() if items) or "nothing changed"
    status = int(any(items and _REGRESSES[kind] for kind, items in changes.items()))
    return "\n".join([*lines, f"{'REGRESSED' if status else 'no regression'}: {counts}."]) + "\n", status


def _changes(before: States, after: States) -> dict[str, list[str]]:
    """Return what changed, by kind; each as a line."""
    changes: dict[str, list[str]] = {kind: [] for kind in _REGRESSES}
    for case in sorted({*before, *after}):
        old, new = before.get(case), after.get(case)
        for key in sorted({*(old or {}), *(new or {})}):
            was, now = _at(old, key), _at(new, key)
            kind = "lost" if old and new and is_lost(key, old, new) else change(was, now)
            if kind:
                changes[kind].append(f"{case}: {key}: {_state_text(was)}, now {_state_text(now)}")
    return changes


def _at(case: Mapping[Quantity, State] | None, key: Quantity) -> State | None:
    """Return the state of a key; what is told only if it is bad, and is not told, is good."""
    return None if case is None else case.get(key, GOOD if only_if_bad(key) else None)


def _state_text(state: State | None) -> str:
    return states.text(state or GOOD) or "not there"


def _read(path: Path) -> tuple[States, bool]:
    """Read the states of a JSON report, and whether it is of a quick run.

    Raises InputError for what is none, is of another version, or was stopped early.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise InputError(f"{path}: {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{path} is not JSON: {problem}") from None
    try:
        version = str(document["schema_version"])
        if _series(version) != _series(SCHEMA_VERSION):
            raise InputError(
                f"{path} has format version {version}, expected {_series(SCHEMA_VERSION)}: "
                f"write it again with --report json={path.name}"
            )
        cases, complete, quick = states.gathered(map(_case, document["cases"])), document["complete"], document["quick"]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise InputError(f"{path} is not a gradproof report: write one with --report json={path.name}") from None
    if not complete:
        raise InputError(f"{path} is the report of a run that stopped early: run again without -x")
    return cases, bool(quick)


def _series(version: str) -> str:
    """Return the part of a version within which fields are only added."""
    return version.partition(".")[0]


def _case(case: Any) -> tuple[CaseId, Mapping[Quantity, State]]:
    """Return the states of a case in a report; raises an error for what is none, and for other verdicts than ours."""
    rows = [
        Row(Quantity(c["quantity"], c["name"]), c["state"], _variant(c["variant"]), c["failing"], c["entries"])
        for c in case["comparisons"]
    ]
    failing = [f for f in case["findings"] if f["fails"] and not f["allowed"]]
    rows += [Row(Quantity("finding", f["name"], f["code"]), "FAILS") for f in failing]
    return CaseId(case["where"]["file"], case["name"]), states.of_rows(rows, case["unclaimed"], drawn=case["drawn"])


def _variant(variant: Any) -> Variant:
    sizes, options, labels = (tuple(variant[name].items()) for name in ("sizes", "options", "labels"))
    return Variant(sizes, options, labels, variant["elsewhere"])

"""Two JSON reports, compared by keys and verdicts: what began to fail, what was fixed, what became weaker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verify.baseline import states
from verify.baseline.states import GOOD, Row, State, States, change, is_lost, only_if_bad
from verify.model.errors import InputError

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
        raise InputError(f"{quick} is of a --quick run, which looks for less than that of {full}: make both in one way")
    if not {(file, name) for file in before for name in before[file] if name in after.get(file, {})}:
        raise InputError(f"{old} and {new} have no case in common: nothing can be compared")
    found = _changes(before, after)
    lines = [line for what, items in found.items() if items for line in [f"{what}:", *[f"  {i}" for i in items], ""]]
    said = ", ".join(f"{len(items):,} {what}" for what, items in found.items() if items) or "nothing changed"
    status = int(any(items and _REGRESSES[what] for what, items in found.items()))
    return "\n".join([*lines, f"{'REGRESSED' if status else 'no regression'}: {said}."]) + "\n", status


def _changes(before: States, after: States) -> dict[str, list[str]]:
    """Return what changed, by kind; each as a line."""
    found: dict[str, list[str]] = {what: [] for what in _REGRESSES}
    for file in sorted({*before, *after}):
        for name in sorted({*before.get(file, {}), *after.get(file, {})}):
            old, new = before.get(file, {}).get(name), after.get(file, {}).get(name)
            for key in sorted({*(old or {}), *(new or {})}):
                was, now = _at(old, key), _at(new, key)
                what = "lost" if old and new and is_lost(key, old, new) else change(was, now)
                if what:
                    found[what].append(f"{file or 'expr'}: {name}: {key}: {_told(was)}, now {_told(now)}")
    return found


def _at(case: Mapping[str, State] | None, key: str) -> State | None:
    """Return the state of a key; what is told only if it is bad, and is not told, is good."""
    return None if case is None else case.get(key, GOOD if only_if_bad(key) else None)


def _told(state: State | None) -> str:
    return states.text(state or GOOD) or "not there"


def _read(path: Path) -> tuple[States, bool]:
    """Read the states of a JSON report, and whether it is of a quick run, which reports did not say before 1.3.

    Raises InputError for what is none, or was stopped early.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise InputError(f"{path}: {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{path} is not JSON: {problem}") from None
    try:
        version = str(document["schema_version"])
        found, complete = states.gathered(map(_case, document["cases"])), document["complete"]
        quick = bool(document.get("quick", False))
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{path} is no report of gradproof: write one with --report json={path.name}") from None
    if version.partition(".")[0] != "1":
        raise InputError(f"{path} has version {version} of the format, 1 was expected: write it again")
    if not complete:
        raise InputError(f"{path} was stopped early: it does not say what became of the rest; run it without -x")
    return found, quick


def _case(case: Any) -> tuple[str, str, Mapping[str, State]]:
    """Return the file, the name and the states of a case in a report; raises KeyError for other verdicts than ours."""
    rows = [
        Row(f"{c['quantity']} {c['name']}", _word(c), c["variant"], c["failing"], c["entries"])
        for c in case["comparisons"]
    ]
    found = [f"finding {f['code']} {f['name']}".rstrip() for f in case["findings"] if f["fails"] and not f["allowed"]]
    rows += [Row(key, "FAILS") for key in found]
    file, _, line = case["where"].rpartition(":")
    file = file if line.isdecimal() else case["where"]  # a file that could not be imported
    return file, case["name"], states.of_rows(rows, case["unclaimed"], case["notes"])


def _word(comparison: Any) -> str:
    verdict, rounding = comparison["verdict"], comparison["rounding"]
    explained = rounding is None or rounding["explained"]
    return str(verdict) if explained or states.is_failure(verdict) else "NOT ROUNDING"

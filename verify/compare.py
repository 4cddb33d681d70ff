"""Two JSON reports, compared by keys and verdicts: what began to fail, what was fixed, what became weaker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from verify import states
from verify.errors import InputError
from verify.states import States, change, only_if_bad

# What changed, with whether it is a regression, in the order in which it is told.
_REGRESSES = {
    "newly failing": True,
    "weaker": True,
    "fixed": False,
    "stronger": False,
    "appeared": False,
    "disappeared": False,
}


def compared(old: Path, new: Path) -> tuple[str, int]:
    """Return what changed between two reports, and 1 if anything became worse, else 0; raises InputError."""
    before, after = _read(old), _read(new)
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
    for place, was, now in _pairs(before, after):
        if was != now and (what := change(was, now)):
            found[what].append(f"{place}: {was or 'not there'}, now {now or 'not there'}")
    return found


def _pairs(before: States, after: States) -> Iterator[tuple[str, str | None, str | None]]:
    """Return each key with its two states; what is told only if it is bad, and is not told, is good."""
    for file in sorted({*before, *after}):
        for name in sorted({*before.get(file, {}), *after.get(file, {})}):
            was, now = (side.get(file, {}).get(name) for side in (before, after))
            for key in sorted({*(was or {}), *(now or {})}):
                none = "" if only_if_bad(key) else None
                yield (
                    f"{file or 'expr'}: {name}: {key}",
                    None if was is None else was.get(key, none),
                    None if now is None else now.get(key, none),
                )


def _read(path: Path) -> States:
    """Read the states of a JSON report; raises InputError for what is none, or was stopped early."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise InputError(f"{path}: {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{path} is not JSON: {problem}") from None
    try:
        version = str(document["schema_version"])
        found, complete = states.gathered(map(_case, document["cases"])), document["complete"]
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{path} is no report of gradproof: write one with --report json={path.name}") from None
    if version.partition(".")[0] != "1":
        raise InputError(f"{path} has version {version} of the format, 1 was expected: write it again")
    if not complete:
        raise InputError(f"{path} was stopped early: it does not say what became of the rest; run it without -x")
    return found


def _case(case: Any) -> tuple[str, str, dict[str, str]]:
    """Return the file, the name and the states of a case in a report; raises KeyError for other verdicts than ours."""
    pairs = [(f"{c['quantity']} {c['name']}", _state(c)) for c in case["comparisons"]]
    found = [f"finding {f['code']} {f['name']}".rstrip() for f in case["findings"] if f["fails"] and not f["allowed"]]
    return case["where"].rpartition(":")[0], case["name"], states.worst([*pairs, *[(key, "FAILS") for key in found]])


def _state(comparison: Any) -> str:
    verdict, rounding = comparison["verdict"], comparison["rounding"]
    explained = rounding is None or rounding["explained"]
    return str(verdict) if explained or states.fails(verdict) else "NOT ROUNDING"

"""What is known of each quantity and finding of a case, in a word; and what it means that this changed.

Imports the standard library and the result only. A key (`gradient W`, `finding GP101 dout`) says what a state is about,
whatever its line, shapes and options: several variants have the worst of their states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from verify.result import CaseResult, Run

# Best first. Whatever comes after AGREES fails the gate; a finding either FAILS or has no state.
_ORDER = ("", "PROVED", "AGREES", "NOT ROUNDING", "UNDECIDED", "REFUTED", "ERROR", "FAILS")
STATES = _ORDER[1:]
_RANKS = {state: rank for rank, state in enumerate(_ORDER)}
_FAILING = _RANKS["NOT ROUNDING"]

# Of a file, of each of its cases, the state of each key.
States = dict[str, dict[str, dict[str, str]]]


def fails(state: str) -> bool:
    """Tell whether the gate fails for a state, where no baseline knows it."""
    return _RANKS[state] >= _FAILING


def only_if_bad(key: str) -> bool:
    """Tell whether a key is there only where something is wrong: a finding, or a case that could not be compared."""
    return key.startswith(("finding ", "case "))


def worst(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the worst state of each key."""
    found: dict[str, str] = {}
    for key, state in pairs:
        found[key] = max(found.get(key, ""), state, key=_RANKS.__getitem__)
    return found


def of_case(case: CaseResult) -> dict[str, str]:
    """Return the states of a case, whatever a baseline says of them."""
    pairs = [(c.key, c.state) for c in case.comparisons]
    return worst(pairs + [(one.key, "FAILS") for one in case.findings if one.fails and not one.allowed])


def of_run(run: Run) -> States:
    """Return the states of a run; cases with the same name in one file are taken for one."""
    return gathered((case.file, case.name, of_case(case)) for case in run.cases)


def gathered(cases: Iterable[tuple[str, str, Mapping[str, str]]]) -> States:
    """Return the states of cases, each told as its file, its name and its states."""
    found: States = {}
    for file, name, states in cases:
        known = found.setdefault(file, {}).get(name, {})
        found[file][name] = worst([*known.items(), *states.items()])
    return found


def change(old: str | None, new: str | None) -> str:
    """Return what it means that a state became another one, None being that there was, or is, none."""
    if old is None:
        return "appeared" if new is None or not fails(new) else "newly failing"
    if new is None:
        return "disappeared"
    if fails(old) != fails(new):
        return "fixed" if fails(old) else "newly failing"
    difference = _RANKS[new] - _RANKS[old]
    return "" if not difference else "weaker" if difference > 0 else "stronger"

"""What is known of each quantity and finding of a case: in words, with how far it fails; and what a change means.

Imports the standard library, the result and extents only. A key (`gradient W`, `finding GP101 dout`) says what a state
is about, whatever its line, shapes and options: several variants have one state.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from verify.model.extents import Extent
from verify.model.result import CaseResult, Run, is_elsewhere

_PART = "IN PART"  # good, and not claimed for some sizes or options

# Best first. Whatever comes after IN PART fails the gate; a finding either FAILS or has no state.
_ORDER = ("", "PROVED", "AGREES", _PART, "NOT ROUNDING", "UNDECIDED", "REFUTED", "ERROR", "FAILS")
WORDS = _ORDER[1:]
_RANKS = {word: rank for rank, word in enumerate(_ORDER)}
_FAILING = _RANKS["NOT ROUNDING"]
_DRAWN = "random numbers were drawn"  # how the note begins of a case whose entries fail by the seed
_WORD = re.compile("[A-Z]+(?: [A-Z]+)*")

# A state: each way in which something fails with its extent, or the one word for what does not; empty if none is told.
State = Mapping[str, Extent]
GOOD: State = {}

# Of a file, of each of its cases, the state of each key.
States = dict[str, dict[str, dict[str, State]]]


class Row(NamedTuple):
    """What a comparison or finding adds to the state of its key."""

    key: str
    word: str
    variant: str = ""
    failing: int = 0
    entries: int = 1


def word(state: State) -> str:
    """Return the worst that a state says."""
    return max(state, key=_RANKS.__getitem__, default="")


def text(state: State) -> str:
    """Write a state: `PROVED`, `REFUTED in 5 of 24`; nothing is said of how far a failure goes that has all of it."""
    return "; ".join(" ".join(filter(None, [one, str(state[one])])) for one in sorted(state))


def parsed(said: str) -> State:
    """Read what `text` wrote; raises ValueError for anything else."""
    found: dict[str, Extent] = {}
    for part in said.split("; "):
        met = _WORD.match(part)
        if not met or met[0] not in WORDS:
            raise ValueError(f"{part!r} is no state")
        found[met[0]] = Extent.parsed(part[met.end() :].lstrip())
    return found


def fails(state: State) -> bool:
    """Tell whether the gate fails for a state, where no baseline knows it."""
    return any(is_failure(one) for one in state)


def is_failure(one: str) -> bool:
    """Tell whether the gate fails for a word, where no baseline knows it."""
    return _RANKS[one] >= _FAILING


def only_if_bad(key: str) -> bool:
    """Tell whether a key is there only where something is wrong: a finding, or a case that could not be compared."""
    return key.startswith(("finding ", "case "))


def is_lost(key: str, old: Mapping[str, State], new: Mapping[str, State]) -> bool:
    """Tell whether a gradient that was good is gone from a case, or is not claimed for all of its sizes and options.

    A case that fails as a whole, and did not before, shows none, and says so.
    """
    was, now = old.get(key, GOOD), new.get(key, GOOD)
    if not key.startswith("gradient ") or not was or fails(was) or (now and not (_PART in now and _PART not in was)):
        return False
    whole = [one for one in new if one.startswith("case ")]
    return not any(change(old.get(one, GOOD), new[one]) in ("newly failing", "weaker") for one in whole)


def of_rows(rows: Iterable[Row], unclaimed: Iterable[str], notes: Iterable[str]) -> dict[str, State]:
    """Return the state of each key of a case, from all that is said of it."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row)
    variants = {row.variant for some in found.values() for row in some if not is_elsewhere(row.variant)}
    drawn = any(note.startswith(_DRAWN) for note in notes)
    known = {key: _of_key(some, len(variants), drawn=drawn) for key, some in found.items()}
    claimed = [key for name in unclaimed if (key := f"gradient {name}") in known]
    return known | {key: {_PART: Extent()} for key in claimed if not fails(known[key])}


def of_case(case: CaseResult) -> dict[str, State]:
    """Return the states of a case, whatever a baseline says of them."""
    rows = [Row(c.key, c.state, c.variant, c.failing, c.entries) for c in case.comparisons]
    bad = [Row(one.key, "FAILS") for one in case.findings if one.fails and not one.allowed]
    return of_rows([*rows, *bad], case.unclaimed, case.notes)


def of_run(run: Run) -> States:
    """Return the states of a run; cases with the same name in one file are taken for one."""
    return gathered((case.file, case.name, of_case(case)) for case in run.cases)


def gathered(cases: Iterable[tuple[str, str, Mapping[str, State]]]) -> States:
    """Return the states of cases, each told as its file, its name and its states."""
    found: States = {}
    for file, name, states in cases:
        known = found.setdefault(file, {}).setdefault(name, {})
        known.update({key: _both(known.get(key, GOOD), state) for key, state in states.items()})
    return found


def change(old: State | None, new: State | None) -> str:
    """Return what it means that a state became another one, None being that there was, or is, none."""
    if old is None:
        return "appeared" if new is None or not fails(new) else "newly failing"
    if new is None:
        return "disappeared"
    if fails(old) and fails(new):
        return _of_failures(old, new)
    if fails(old) != fails(new):
        return "fixed" if fails(old) else "newly failing"
    difference = _RANKS[word(new)] - _RANKS[word(old)]
    return "" if not difference else "weaker" if difference > 0 else "stronger"


def _of_failures(old: State, new: State) -> str:
    """Tell a failure that is new in kind from one that goes further, and from one that goes less far."""
    if set(new) - set(old):
        return "newly failing"
    if any(extent.beyond(old[one]) for one, extent in new.items()):
        return "weaker"
    return "stronger" if set(old) != set(new) or any(old[one].beyond(extent) for one, extent in new.items()) else ""


def _of_key(rows: list[Row], variants: int, *, drawn: bool) -> State:
    bad = [row for row in rows if is_failure(row.word)]
    if not bad:
        return {max((row.word for row in rows), key=_RANKS.__getitem__): Extent()}
    if rows[0].key.startswith("finding "):  # told once, wherever it was found
        return {row.word: Extent() for row in bad}
    entries = variants if only_if_bad(rows[0].key) else _entries(rows)
    words = dict.fromkeys(row.word for row in bad)
    return {one: _extent([row for row in bad if row.word == one], entries, drawn=drawn) for one in words}


def _entries(rows: list[Row]) -> int:
    return sum(row.entries for row in rows if not is_elsewhere(row.variant))


def _extent(rows: list[Row], entries: int, *, drawn: bool) -> Extent:
    """Return how far rows of one word go; what fails at a sample counts, and other regions only where nothing does."""
    here = [row for row in rows if not is_elsewhere(row.variant)]
    counted = here or rows
    number = sum(row.failing or row.entries for row in counted)
    of_all = max(number, entries if here else sum(row.entries for row in counted))
    if number == of_all:
        return Extent(elsewhere=not here)
    return Extent(1 if drawn else number, of_all, not here)  # how many fail may be drawn too; that some pass is not


def _both(one: State, other: State) -> State:
    """Return what is known of two cases that have one name: the worst, and of each failure the larger extent."""
    bad = [state for state in (one, other) if fails(state)]
    if not bad:
        return max(one, other, key=lambda state: _RANKS[word(state)])
    found: dict[str, Extent] = {}
    for state in bad:
        for kind, extent in state.items():
            known = found.setdefault(kind, extent)
            found[kind] = extent if extent.beyond(known) else known
    return found

"""What is known of each quantity and finding of a case: in words, with how far it fails; and what a change means.

Imports the standard library, the result and extents only. A state is that of a quantity, whatever its line, shapes and
options: several variants have one state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from verify.baseline.extents import Extent
from verify.model.comparison import NOT_ROUNDING, Verdict
from verify.model.identity import SAMPLE, CaseId, Quantity, Variant
from verify.model.result import CaseResult, Run

_PART = "IN PART"  # good, and not claimed for some sizes or options

# Best first. Whatever comes after IN PART fails the gate; a finding either FAILS or has no state.
_GOOD = tuple(verdict.name for verdict in Verdict if verdict.good)
_BAD = tuple(verdict.name for verdict in Verdict if not verdict.good)
_ORDER = ("", *_GOOD, _PART, NOT_ROUNDING, *_BAD, "FAILS")
WORDS = _ORDER[1:]
_RANKS = {word: rank for rank, word in enumerate(_ORDER)}
_FAILING = _RANKS[NOT_ROUNDING]

# A state: each way in which something fails with its extent, or the one word for what does not; empty if none is told.
State = Mapping[str, Extent]
GOOD: State = {}

# Of each case, the state of each of its quantities.
States = dict[CaseId, dict[Quantity, State]]


class Row(NamedTuple):
    """What a comparison or finding adds to the state of its key."""

    key: Quantity
    word: str
    variant: Variant = SAMPLE
    failing: int = 0
    entries: int = 1


def word(state: State) -> str:
    """Return the worst that a state says."""
    return max(state, key=_RANKS.__getitem__, default="")


def text(state: State) -> str:
    """Write a state: `PROVED`, `REFUTED in 5 of 24`; nothing is said of how far a failure goes that has all of it."""
    return "; ".join(" ".join(filter(None, [label, str(state[label])])) for label in sorted(state))


def fails(state: State) -> bool:
    """Tell whether the gate fails for a state, where no baseline knows it."""
    return any(is_failure(label) for label in state)


def is_failure(label: str) -> bool:
    """Tell whether the gate fails for a word, where no baseline knows it."""
    return _RANKS[label] >= _FAILING


def only_if_bad(key: Quantity) -> bool:
    """Tell whether a key is there only where something is wrong: a finding, or a case that could not be compared."""
    return key.kind in ("finding", "case")


def is_lost(key: Quantity, old: Mapping[Quantity, State], new: Mapping[Quantity, State]) -> bool:
    """Tell whether a gradient that was good is gone from a case, or is not claimed for all of its sizes and options.

    A case that fails as a whole, and did not before, shows none, and says so.
    """
    was, now = old.get(key, GOOD), new.get(key, GOOD)
    if key.kind != "gradient" or not was or fails(was) or (now and not (_PART in now and _PART not in was)):
        return False
    whole = [quantity for quantity in new if quantity.kind == "case"]
    return not any(change(old.get(quantity, GOOD), new[quantity]) in ("newly failing", "weaker") for quantity in whole)


def of_rows(rows: Iterable[Row], unclaimed: Iterable[str], *, drawn: bool) -> dict[Quantity, State]:
    """Return the state of each key of a case; where random numbers were `drawn`, how many entries fail says nothing."""
    by_key: dict[Quantity, list[Row]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    variants = {row.variant for key_rows in by_key.values() for row in key_rows if not row.variant.elsewhere}
    key_states = {key: _of_key(key_rows, len(variants), drawn=drawn) for key, key_rows in by_key.items()}
    claimed = [key for name in unclaimed if (key := Quantity("gradient", name)) in key_states]
    return key_states | {key: {_PART: Extent()} for key in claimed if not fails(key_states[key])}


def of_case(case: CaseResult) -> dict[Quantity, State]:
    """Return the states of a case, whatever a baseline says of them."""
    rows = [Row(c.key, c.state, c.variant, c.failing, c.entries) for c in case.comparisons]
    bad = [Row(finding.key, "FAILS") for finding in case.findings if finding.fails and not finding.allowed]
    return of_rows([*rows, *bad], case.unclaimed, drawn=case.drawn)


def of_run(run: Run) -> States:
    """Return the states of a run; cases with the same name in one file are taken for one."""
    return gathered((case.id, of_case(case)) for case in run.cases)


def gathered(cases: Iterable[tuple[CaseId, Mapping[Quantity, State]]]) -> States:
    """Return the states of cases."""
    by_case: States = {}
    for case, states in cases:
        case_states = by_case.setdefault(case, {})
        case_states.update({key: _both(case_states.get(key, GOOD), state) for key, state in states.items()})
    return by_case


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
    if any(extent.beyond(old[label]) for label, extent in new.items()):
        return "weaker"
    return "stronger" if set(old) != set(new) or any(old[label].beyond(extent) for label, extent in new.items()) else ""


def _of_key(rows: list[Row], variants: int, *, drawn: bool) -> State:
    bad = [row for row in rows if is_failure(row.word)]
    if not bad:
        return {max((row.word for row in rows), key=_RANKS.__getitem__): Extent()}
    if rows[0].key.kind == "finding":  # told once, wherever it was found
        return {row.word: Extent() for row in bad}
    entries = variants if only_if_bad(rows[0].key) else _entries(rows)
    words = dict.fromkeys(row.word for row in bad)
    return {label: _extent([row for row in bad if row.word == label], entries, drawn=drawn) for label in words}


def _entries(rows: list[Row]) -> int:
    return sum(row.entries for row in rows if not row.variant.elsewhere)


def _extent(rows: list[Row], entries: int, *, drawn: bool) -> Extent:
    """Return how far rows of one word go; what fails at a sample counts, and other regions only where nothing does."""
    at_sample = [row for row in rows if not row.variant.elsewhere]
    counted = at_sample or rows
    number = sum(row.failing or row.entries for row in counted)
    of_all = max(number, entries if at_sample else sum(row.entries for row in counted))
    if number == of_all:
        return Extent(elsewhere=not at_sample)
    return Extent(
        1 if drawn else number, of_all, not at_sample
    )  # how many fail may be drawn too; that some pass is not


def _both(first: State, other: State) -> State:
    """Return what is known of two cases that have one name: the worst, and of each failure the larger extent."""
    bad = [state for state in (first, other) if fails(state)]
    if not bad:
        return max(first, other, key=lambda state: _RANKS[word(state)])
    extents: dict[str, Extent] = {}
    for state in bad:
        for kind, extent in state.items():
            largest = extents.setdefault(kind, extent)
            extents[kind] = extent if extent.beyond(largest) else largest
    return extents

"""What `gradproof explain` says: an entry for each finding, reason, verdict and setting.

The documents are made of them too. Imports the standard library and the texts only: `gradproof explain` is to cost
nothing.
"""

from __future__ import annotations

import difflib
import textwrap
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from verify.model.errors import InputError
from verify.model.findings import FINDINGS, Kind

_WIDTH = 100
_ENTRIES = Path(__file__).parent / "entries"
GROUPS = {
    "findings": "findings",
    "reasons": "reasons for UNDECIDED and ERROR",
    "verdicts": "verdicts",
    "settings": "settings",
}
_LABELS = {"settings": ("what it does", "how to set it")}  # of other groups: what it means, what to do
_PREFIXES = {"settings": "tool.gradproof."}  # without it, a setting and a reason may have one name: timeout
PAGES = {
    "cases": "how cases are written",
    "extend": "how functions, protocols, checks, reports and frameworks are added",
    "coverage": "which functions are followed on symbols",
    "compiled": "what is checked of code that calls compiled code",
}


class Entry(NamedTuple):
    """What there is to say of a key: a title, paragraphs by their labels, and the smallest example, if any."""

    key: str
    group: str
    title: str
    paragraphs: Mapping[str, str]
    example: str = ""
    severity: str = ""


def entries() -> dict[str, Entry]:
    """Return all entries by their keys, group by group."""
    smallest = examples()
    findings = [_finding(code, kind, smallest.get(code, "")) for code, kind in FINDINGS.items()]
    groups = [group for group in GROUPS if group != "findings"]
    others = [_entry(group, key, texts) for group in groups for key, texts in _read(group).items()]
    return {entry.key: entry for entry in (*findings, *others)}


def examples() -> dict[str, str]:
    """Return the smallest file with each finding of gradproof's own, by its code."""
    return {code: texts["example"] for code, texts in _read("findings").items()}


def explained(names: Sequence[str]) -> str:
    """Return what some keys mean, or the list of all of them; raises InputError for one that does not exist."""
    table = entries()
    if not names:
        return _list(table.values())
    return "\n".join(page(entry) for name in names for entry in _named(name, table))


def page(entry: Entry) -> str:
    """Return an entry as the terminal has it."""
    paragraphs = "".join(f"\n  {label}:\n{_filled(text)}\n" for label, text in entry.paragraphs.items())
    example = f"\n  the smallest example:\n{textwrap.indent(entry.example, '    ')}" if entry.example else ""
    return f"{entry.key}  {entry.title}\n{paragraphs}{example}"


def _finding(code: str, kind: Kind, example: str) -> Entry:
    paragraphs = {
        "what it means": kind.meaning,
        "why it hurts": kind.harm,
        "how to fix it": kind.mend,
        "fails the gate" if kind.fails else "a hazard, which fails with --strict only": f"{kind.because}.",
    }
    return Entry(code, "findings", kind.title, paragraphs, example, "fails" if kind.fails else "hazard")


def _entry(group: str, key: str, texts: Mapping[str, str]) -> Entry:
    meaning, action = _LABELS.get(group, ("what it means", "what to do"))
    paragraphs = {meaning: texts["cause"], action: texts["cure"]}
    return Entry(f"{_PREFIXES.get(group, '')}{key}", group, texts["title"], paragraphs, texts.get("example", ""))


def _read(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((_ENTRIES / f"{name}.toml").read_text(encoding="utf-8"))


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def _list(table: Iterable[Entry]) -> str:
    """Return the keys of each group with their titles, and the longer pages."""
    lines: dict[str, list[tuple[str, str]]] = {heading: [] for heading in GROUPS.values()}
    for entry in table:
        severity = f"{entry.severity:<6}  " if entry.severity else ""
        lines[GROUPS[entry.group]].append((entry.key, f"{severity}{entry.title}"))
    lines["longer pages"] = [*PAGES.items()]
    return "\n".join(f"{heading}:\n{_columns(rows)}" for heading, rows in lines.items())


def _columns(rows: Sequence[tuple[str, str]]) -> str:
    width = max(len(key) for key, _ in rows)
    return "".join(f"  {key:<{width}}  {title}\n" for key, title in rows)


def _named(name: str, table: Mapping[str, Entry]) -> list[Entry]:
    """Return the entries of a name as a person types it: in small letters or capitals, with spaces or hyphens.

    A setting is found by its last word too, beside a reason of that name.
    """
    typed = "-".join(name.lower().replace("_", " ").split())
    if matching := [entry for entry in table.values() if typed in (entry.key.lower(), _last_word(entry))]:
        return matching
    last = {_last_word(entry): entry.key for entry in table.values()}
    keys = last | {key.lower(): key for key in (*table, *PAGES)}
    close = dict.fromkeys(keys[key] for key in difflib.get_close_matches(typed, keys, n=3, cutoff=0.6))
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close else "`gradproof explain` lists all that there is"
    raise InputError(f"there is nothing to explain by the name {name!r}; {hint}")


def _last_word(entry: Entry) -> str:
    return entry.key.lower().removeprefix(_PREFIXES.get(entry.group, ""))

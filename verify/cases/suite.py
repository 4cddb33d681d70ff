"""A TOML file of cases. Its numbers are exact: 1.1 is 11/10.

[[case]]
name = "apples"
expression = "price = apple * apple_cnt * tax"
inputs = { apple = 100, apple_cnt = 2, tax = 1.1 }
upstream = 1                                        # optional, as is the rest
expected.values = { price = 220 }
expected.gradients = { apple = 2.2 }
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verify.cases.case import Case, Subject
from verify.cases.making import make
from verify.graph.program import Program
from verify.model.errors import InputError
from verify.model.identity import Place
from verify.model.tomlfile import check_keys, read_toml
from verify.model.where import relative

Wire = Callable[[Program], Subject]

_TOP = {"case": list}
_CASE = {"name": str, "expression": str, "inputs": dict, "upstream": object, "expected": dict}
_EXPECTED = {"values": dict, "gradients": dict}
_REQUIRED = ("name", "expression", "inputs")
_QUANTITIES = {"values": "value", "gradients": "gradient"}


def load(path: Path, wire: Wire, *, from_text: bool = False) -> list[Case]:
    """Read the cases of a file; `wire` makes the subject of each. Raises InputError with file and line.

    `from_text` tells that these subjects run no code of the user's.
    """
    document, lines = read_toml(path), _lines(path)
    where = relative(path)
    check_keys(document, _TOP, where)
    tables = document.get("case", [])
    names: set[str] = set()
    cases = []
    for number, table in enumerate(tables):
        # Written in another way, [[ "case" ]] say, the lines are not found: then the first one has to do.
        place = Place(where, lines[number] if len(lines) == len(tables) else 1)
        cases.append(_case(table, place, wire, from_text=from_text))
        if cases[-1].name in names:
            raise InputError(f"{place}: two cases have the name {cases[-1].name!r}")
        names.add(cases[-1].name)
    return cases


def _lines(path: Path) -> list[int]:
    """Return the lines on which cases start."""
    text = path.read_text(encoding="utf-8-sig").splitlines()
    return [i for i, line in enumerate(text, 1) if re.match(r"\s*\[\[\s*case\s*\]\]", line)]


def _case(table: Any, where: Place, wire: Wire, *, from_text: bool) -> Case:
    if not isinstance(table, dict):
        raise InputError(f"{where}: a case must be a table, [[case]]")
    check_keys(table, _CASE, str(where))
    missing = [key for key in _REQUIRED if key not in table]
    if missing:
        raise InputError(f"{where}: the case lacks {', '.join(missing)}")
    if not table["name"].strip():
        raise InputError(f"{where}: the case has an empty name")
    expected = table.get("expected", {})
    check_keys(expected, _EXPECTED, str(where), "expected.")
    stated = {(_QUANTITIES[key], name): value for key, values in expected.items() for name, value in values.items()}
    upstream = table.get("upstream", 1)
    return make(
        table["name"],
        table["expression"],
        table["inputs"],
        wire,
        upstream=upstream,
        stated=stated,
        where=where,
        from_text=from_text,
    )

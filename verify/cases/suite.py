"""A TOML file of cases. Its numbers are exact: 1.1 is 11/10.

[[case]]
name = "apples"
expression = "price = apple * apple_cnt * tax"
inputs = { apple = 100, apple_cnt = 2, tax = 1.1 }
upstream = 1                                        # optional, as is the rest
expected.values = { price = 220 }
expected.gradients = { apple = 2.2 }

An input may have a domain, for which the gradients are then claimed: { at = 100, low = 0, closed = true }.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from verify.cases.case import Case, Subject
from verify.cases.inputs import Real, real
from verify.cases.making import make
from verify.graph.program import Program
from verify.model.errors import InputError
from verify.model.identity import Place
from verify.model.tomlfile import check_keys, read_toml
from verify.model.where import printable, relative

Wire = Callable[[Program], Subject]

_CASE = {"name": str, "expression": str, "inputs": dict, "upstream": object, "expected": dict}
_EXPECTED = {"values": dict, "gradients": dict}
_INPUT = {"at": object, "low": object, "high": object, "closed": object}
_REQUIRED = ("name", "expression", "inputs")
_QUANTITIES = {"values": "value", "gradients": "gradient"}


def load(path: Path, wire: Wire, *, from_text: bool = False) -> list[Case]:
    """Read the cases of a file; `wire` makes the subject of each. Raises InputError with file and line.

    `from_text` tells that these subjects run no code of the user's.
    """
    document, lines = read_toml(path), _lines(path)
    where = relative(path)
    _check_top(document, where)
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


def _check_top(document: Mapping[str, Any], where: str) -> None:
    """Raise InputError unless a file has tables [[case]] and nothing else."""
    for key, value in document.items():
        if key != "case" or not isinstance(value, list):
            raise InputError(
                f"{where}: {printable(key)!r} is not a case: start each case with [[case]], then give its name, "
                "expression and inputs; see `gradproof explain cases`"
            )


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
    at = {name: _value(name, value, where) for name, value in table["inputs"].items()}
    return make(
        table["name"],
        table["expression"],
        at,
        wire,
        domains={name: _domain(value) for name, value in table["inputs"].items() if isinstance(value, dict)},
        upstream=upstream,
        stated=stated,
        where=where,
        from_text=from_text,
    )


def _value(name: str, value: Any, where: Place) -> Any:
    """Return the value of an input, which stands alone or in a table with its domain."""
    if not isinstance(value, dict):
        return value
    check_keys(value, _INPUT, str(where), f"inputs.{name}.")
    if "at" not in value:
        raise InputError(f"{where}: inputs.{name} lacks its value: write {name} = {{ at = 1, low = 0, closed = true }}")
    return value["at"]


def _domain(table: dict[str, Any]) -> Real:
    return real("", **{key: value for key, value in table.items() if key != "at"})

"""TOML files from outside: read with exact numbers, their keys checked, errors told with file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from verify.model.errors import InputError, nearest
from verify.model.where import relative

_KINDS = {str: "text", bool: "true or false", int: "a whole number", dict: "a table", list: "an array"}


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file with exact numbers; raises InputError with file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise InputError(f"{relative(path)}: {problem.strerror or problem}") from None
    except UnicodeDecodeError as problem:
        raise InputError(f"{relative(path)}: not UTF-8 at byte {problem.start}") from None
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as problem:  # a TOMLDecodeError, or a number of thousands of digits
        line = re.search(r"\(at line (\d+), column (\d+)\)", str(problem))
        place = (
            f":{line[1]}:{line[2]}" if line else f":{len(text.splitlines())}" if "end of doc" in str(problem) else ""
        )
        raise InputError(f"{relative(path)}{place}: not TOML: {str(problem).partition(' (at ')[0]}") from None


def check_keys(table: Mapping[str, Any], kinds: Mapping[str, type], where: str, prefix: str = "") -> None:
    """Raise InputError for a key that is not known, with the nearest one that is, and for a value of another kind."""
    for key, value in table.items():
        if key not in kinds:
            raise InputError(
                f"{where}: unknown key {prefix}{key}{nearest(key, kinds) or '; known: ' + ', '.join(kinds)}"
            )
        if not isinstance(value, kinds[key]):
            raise InputError(f"{where}: {prefix}{key} is {value!r}: expected {_KINDS[kinds[key]]}")

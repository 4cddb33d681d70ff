"""The file of a baseline: JSON, a line for each state, in an order that does not depend on the run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from verify.baseline.extents import Extent
from verify.baseline.states import WORDS, State, States, is_failure
from verify.model.errors import InputError
from verify.model.identity import CaseId, Quantity
from verify.model.where import relative

SCHEMA_VERSION = "2.0"
_ANEW = "delete it and write it again with --baseline-update"


def text(accepted: States) -> str:
    """Write what is known."""
    cases = ",\n".join(_case(case, of) for case, of in sorted(accepted.items()))
    body = f"[\n{cases}\n  ]" if cases else "[]"
    return f'{{\n  "schema_version": "{SCHEMA_VERSION}",\n  "cases": {body}\n}}\n'


def _case(case: CaseId, of: Mapping[Quantity, State]) -> str:
    lines = ",\n".join(f"      {_dump(line)}" for key, state in sorted(of.items()) for line in _lines(key, state))
    head = _dump(case._asdict())[:-1]
    return f'    {head}, "states": [\n{lines}\n    ]}}' if lines else f'    {head}, "states": []}}'


def _lines(key: Quantity, state: State) -> Iterator[dict[str, Any]]:
    """Yield a state as an object for each way in which its quantity fails, or one for what does not."""
    about = {name: part for name, part in key._asdict().items() if part}
    for word, extent in sorted(state.items()):
        yield {**about, "state": word, **(extent._asdict() if is_failure(word) else {})}


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def read(path: Path) -> States:
    """Return what a file knows; raises InputError for what is no baseline, and for one of another version."""
    name = relative(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"--baseline: there is no file {name}; write it with --baseline-update") from None
    except OSError as problem:
        raise InputError(f"--baseline: {name}: {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        raise InputError(f"--baseline: {name} is not JSON: {problem}") from None
    try:
        if (version := document["schema_version"]) != SCHEMA_VERSION:
            expected = f"expected {SCHEMA_VERSION}"
            raise InputError(f"--baseline: {name} has format version {version}, {expected}: {_ANEW}")
        return {_id(case): _states(case["states"]) for case in document["cases"]}
    except (KeyError, TypeError, AttributeError, ValueError):
        raise InputError(f"--baseline: {name} is not a baseline: {_ANEW}") from None


def _id(case: Any) -> CaseId:
    return CaseId(_text(case["file"]), _text(case["name"]))


def _states(lines: Any) -> dict[Quantity, State]:
    """Return the states of a case; raises an error for what has not their shape."""
    extents: dict[Quantity, dict[str, Extent]] = {}
    for line in lines:
        key = Quantity(_text(line["kind"]), _text(line.get("name", "")), _text(line.get("code", "")))
        if line["state"] not in WORDS:
            raise ValueError(line["state"])
        extents.setdefault(key, {})[line["state"]] = _extent(line)
    return dict(extents)


def _extent(line: Any) -> Extent:
    if not is_failure(line["state"]):
        return Extent()
    failing, entries, elsewhere = (line[name] for name in Extent._fields)
    if (type(failing), type(entries), type(elsewhere)) != (int, int, bool) or not 0 <= failing <= entries:
        raise ValueError(line)
    return Extent(failing, entries, elsewhere)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value

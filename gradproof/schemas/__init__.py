"""JSON Schemas of what people write in TOML: files of cases, and the table [tool.gradproof] of pyproject.toml.

They are of draft 7 and have the names that the collection at schemastore.org gives such files. Editors and
`validate-pyproject` read them; gradproof itself reads the tables of its parsers, which tests hold against these.
"""

import json
from pathlib import Path
from typing import Any

CASES, SETTINGS = "gradproof-cases.json", "partial-gradproof.json"


def read(name: str) -> dict[str, Any]:
    """Return a schema by the name of its file."""
    schema: dict[str, Any] = json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return schema


def settings(_: str = "gradproof") -> dict[str, Any]:
    """Return the schema of [tool.gradproof], as `validate-pyproject` asks for that of a tool."""
    return read(SETTINGS)

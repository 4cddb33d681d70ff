"""The project's settings: `[tool.gradproof]` in the nearest pyproject.toml that has it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from verify.command.arguments import JOBS_EXPECTED, LARGEST_MEMORY, LONGEST_TIMEOUT, MEMORY_EXPECTED, SECONDS_EXPECTED
from verify.model.errors import InputError
from verify.model.tomlfile import check_keys, read_toml
from verify.model.where import relative

_KEYS: dict[str, type] = {
    "targets": list,
    "layers": str,
    "seed": int,
    "timeout": object,
    "memory": object,
    "jobs": int,
    "baseline": str,
    "cache": bool,
    "extensions": list,
}


class Config(NamedTuple):
    """What a project has set; targets that are paths are relative to the working directory."""

    targets: tuple[str, ...] = ()
    layers: str | None = None
    seed: int = 0
    timeout: float = 60  # seconds for each case
    memory: float = 4  # GB for each case: a case of arrays holds some tenths of one
    baseline: str | None = None  # a path from the working directory
    jobs: int = 0  # processes; 0: as many as there are cores
    extensions: tuple[str, ...] = ()  # modules that add to gradproof, found from `folder`
    folder: str = ""
    cache: bool = False  # whether results are stored: docs/decisions/stored-results.md says why not by itself


def find(start: Path) -> Config:
    """Return the settings found from a directory upward, or the defaults; raises InputError for unknown keys."""
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        tools = read_toml(path).get("tool", {}) if path.is_file() else {}
        table = tools.get("gradproof") if isinstance(tools, dict) else None
        if table is not None:
            return _config(table, path)
    return Config()


def _config(table: Any, path: Path) -> Config:
    where = f"{relative(path)}: [tool.gradproof]"
    if not isinstance(table, dict):
        raise InputError(f"{where} must be a table")
    check_keys(table, _KEYS, where)
    for key in ("targets", "extensions"):
        if not all(isinstance(text, str) for text in table.get(key, [])):
            raise InputError(f"{where}: {key} are {table[key]!r}: expected a list of strings")
    targets = tuple(_from_here(target, path.parent) for target in table.get("targets", []))
    layers = _from_here(table["layers"], path.parent) if "layers" in table else None
    baseline = relative(path.parent / table["baseline"]) if "baseline" in table else None
    return Config(
        targets,
        layers,
        table.get("seed", 0),
        _positive("timeout", table, LONGEST_TIMEOUT, SECONDS_EXPECTED, where),
        _positive("memory", table, LARGEST_MEMORY, MEMORY_EXPECTED, where),
        baseline,
        _jobs(table, where),
        tuple(table.get("extensions", [])),
        str(path.parent.resolve()) if table.get("extensions") else "",
        table.get("cache", False),
    )


def _positive(key: str, table: dict[str, Any], largest: float, expected: str, where: str) -> float:
    value = table.get(key, Config._field_defaults[key])
    if not isinstance(value, (int, Decimal)) or isinstance(value, bool) or not 0 < value <= largest:
        raise InputError(f"{where}: {key} is {value!s}: {expected}")
    return float(value)


def _jobs(table: dict[str, Any], where: str) -> int:
    jobs: int = table.get("jobs", 1)
    if isinstance(jobs, bool) or jobs < 1:
        raise InputError(f"{where}: jobs is {jobs}: {JOBS_EXPECTED}")
    return jobs if "jobs" in table else 0


def _from_here(target: str, folder: Path) -> str:
    """Return a target that is a file or directory as a path from the working directory; a module's name stays."""
    is_path = target.endswith((".toml", ".py")) or "/" in target or (folder / target).is_dir()
    return relative(folder / target) if is_path else target

"""Reports to files: checked before the run, rendered before the first byte, replaced whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reports import FORMATS
from verify.model.additions import REPORTS
from verify.model.errors import InputError, nearest
from verify.model.files import replace

if TYPE_CHECKING:
    from verify.model.result import Run


_STANDARD_OUTPUT = ("", "-", "/dev/stdout")
_SOURCES = (".py", ".toml")


class Request(NamedTuple):
    """A report that was asked for: a format, and a file or (None) standard output."""

    format: str
    path: Path | None = None


def requests(texts: Sequence[str], taken: Sequence[Path] = ()) -> list[Request]:
    """Read `FORMAT[=PATH]` arguments; raises InputError for what could not be written after the run, or is `taken`."""
    parsed: list[Request] = []
    for text in texts:
        name, equals, path = text.partition("=")
        if name not in FORMATS and name not in REPORTS:
            formats = [*FORMATS, *REPORTS]
            hint = nearest(name, formats) or f"; known: {', '.join(formats)}"
            raise InputError(f"--report {text}: unknown format {name!r}{hint}")
        if equals and not path:
            raise InputError(f"--report {text}: expected a file after the =")
        others = [*taken, *(request.path for request in parsed)]
        parsed.append(Request(name, writable(path, "--report", others) if path not in _STANDARD_OUTPUT else None))
    printed = [request.format for request in parsed if request.path is None]
    if len(printed) > 1 and sorted(printed) != ["github", "terminal"]:  # annotations are lines of a log
        raise InputError("--report: two reports write to standard output; give each a PATH of its own")
    return parsed


def writable(path: str, option: str, taken: Sequence[Path | None]) -> Path:
    """Return the file that a path leads to; raises InputError where it is taken, or cannot be written."""
    target = _target(path, option)
    if target in taken:
        raise InputError(
            f"{option}: {target.name} is written twice, by reports or the baseline; give each a PATH of its own"
        )
    if option == "--report" and target.suffix in _SOURCES:
        raise InputError(f"{option}: {target.name} would replace a source file; give the report another name")
    _check_writable(target, option)
    return target


def _target(path: str, option: str) -> Path:
    try:
        target = Path(os.path.realpath(path))
        target.exists()
    except (OSError, ValueError) as problem:  # too long, or with a null byte
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise InputError(f"{option}: {path[:60]!r} cannot be written: {reason}") from None
    return target


def _check_writable(path: Path, option: str) -> None:
    if path.is_dir():
        raise InputError(f"{option}: {path.name} is a directory")
    if not path.parent.is_dir():
        raise InputError(f"{option}: the directory of {path.name} does not exist")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"{option}: {path.name} cannot be written: permission denied")


def write(texts: Mapping[Path, str]) -> None:
    """Write all files or, where one of them cannot be written, none; raises InputError."""
    try:
        replace({path: text.encode("utf-8", "backslashreplace") for path, text in texts.items()})
    except OSError as problem:
        raise InputError(f"--report: {Path(problem.filename).name} cannot be written: {problem.strerror}") from None


def append_summary(path: str | None, run: Run) -> None:
    """Append the job summary to the file that GitHub names, within what it still takes; raises InputError."""
    from reports import jobsummary

    if not path:
        return
    try:
        target = Path(path)
        text = jobsummary.render(run, target.stat().st_size if target.exists() else 0)
        with target.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
    except OSError as problem:
        raise InputError(f"GITHUB_STEP_SUMMARY cannot be written: {problem.strerror}") from None

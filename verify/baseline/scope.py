"""What a run was about: of these files it shows all cases, so that one that it does not show is gone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

from verify.discovery.targets import case_name, is_path
from verify.model.identity import CaseId
from verify.model.result import Run
from verify.model.where import relative, working_folder

# Whether a case of a file would be in a run if it were still there.
Covers = Callable[[CaseId], bool]


def nothing(case: CaseId) -> bool:
    """Tell of a part of the cases that it says nothing of the others."""
    return False


def scope(run: Run, targets: Sequence[str], folder: Path) -> Covers:
    """Return what a run of some targets covers, of files as seen from a directory.

    It does not cover what it could not import. A file that was deleted is covered by every run: no run will show it.
    """
    broken = {name for case in run.cases if case.target for name in (case.target, case.where.file)}
    imported = [target for target in targets if target not in broken]

    def covers(case: CaseId) -> bool:
        if not case.file:
            return any(_names(target, case.name) for target in targets)
        path = _absolute(folder / case.file)
        return not Path(path).exists() or (
            relative(str(path)) not in broken and any(_holds(target, path) for target in imported)
        )

    return covers


def _names(target: str, name: str) -> bool:
    """Tell whether the row of something that could not be imported is of a target, or of a module of it."""
    start, after = (relative(target), "/") if is_path(target) else (target, ".")
    return name == case_name(target) or f"{name}{after}".startswith(f"{start}{after}")


def _holds(target: str, path: PurePath) -> bool:
    """Tell whether a file belongs to a target: that file, a directory above it, or a module or package by its name."""
    if is_path(target):
        return _absolute(target) in (path, *path.parents)
    parts, module = tuple(target.split(".")), path.with_suffix("").parts
    return any(module[start : start + len(parts)] == parts for start in range(len(module)))


def _absolute(path: str | Path) -> PurePath:
    """Return a path from the root; links stay, as they stay in the names of files."""
    return PurePath(os.path.normpath(working_folder() / path))

"""Modules that add to gradproof (`gradproof.extend`): imported before there is a case, wherever they are needed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from verify.model.errors import InputError
from verify.model.where import described, raised_at


def extended(names: Sequence[str], folder: str) -> None:
    """Import the extensions of a project, whose folder is looked into last; raises InputError where one fails."""
    if names and folder not in sys.path:
        sys.path.append(folder)
    for name in names:
        if not all(part.isidentifier() for part in name.split(".")):
            raise InputError(f"[tool.gradproof] extensions: {name!r}: expected the name of a module")
        try:
            importlib.import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException as problem:  # noqa: BLE001 - the user's code: whatever it raises is told
            place = raised_at(problem)
            reason = f"{described(problem)}{', at ' if place else ''}{place}"
            raise InputError(f"[tool.gradproof] extensions: {name!r} cannot be imported: {reason}") from None

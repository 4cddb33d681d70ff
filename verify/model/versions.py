"""The versions of what we run on, read without importing any of it."""

from __future__ import annotations

import sys


def environment() -> dict[str, str]:
    """Return the versions of what we run on."""
    from importlib.metadata import version

    python = ".".join(map(str, sys.version_info[:3]))
    return {"Python": python, **{name: version(name) for name in ("sympy", "numpy", "python-flint")}}

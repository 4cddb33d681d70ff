"""Cells of a notebook, or of IPython: code of the user's that is in no file, and is called `In[3]`."""

from __future__ import annotations

import linecache
import sys

_compiled: dict[str, str] = {}  # the name of each cell, and the file that Python believes its code to be in


def cell(file: str) -> str:
    """Return the name of the cell whose code Python believes to be in a file, or nothing where it is a file."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    compiler = getattr(get_shell(), "compile", None) if get_shell else None
    name_of = getattr(compiler, "format_code_name", None)
    named = name_of(file) if name_of else None  # ("Cell", "In[3]")
    if not named:
        return ""
    name = str(named[1])
    _compiled[name] = file
    return name


def is_cell(name: str) -> bool:
    """Tell whether a place is in a cell, so that no command can find its code."""
    return name in _compiled


def source(name: str) -> str:
    """Return the source of a cell, as far as IPython keeps it, or nothing."""
    return "".join(linecache.getlines(_compiled.get(name, "")))

"""Which modules of the tests belong together: what runs user code looks into every module that may be the user's.

Hundreds of files of tests in one process are hundreds of modules of the user's, each of which is looked through before
each run: what a test gives, and how long it takes, would depend on which others were collected beside it.
"""

import os
import re
import sys
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
INSIDE = f"{TESTS}{os.sep}"
IMPORTS = re.compile(r"^ *(?:from|import) (?:tests\.)?(\w+)", re.MULTILINE)


def beside(module):
    """Return the names of imported modules of the tests that a module imports neither itself nor by others."""
    needed = _needed(_part(module.__file__))
    return [name for name in [*sys.modules] if (file := _file(name)) and file not in needed]


def _needed(file):
    """Return the files and packages in the tests' folder that one of them leads to."""
    needed, waiting = set(), {file, "conftest"}
    while waiting:
        needed.add(file := waiting.pop())
        waiting |= _imported(file) - needed
    return needed


@cache
def _imported(file):
    path = TESTS / f"{file}.py"
    sources = [path] if path.exists() else [*(TESTS / file).rglob("*.py")]
    names = {name for source in sources for name in IMPORTS.findall(source.read_text(encoding="utf-8"))}
    return {name for name in names if (TESTS / name).exists() or (TESTS / f"{name}.py").exists()}


def _file(name):
    """Return the file or package of the tests' folder that an imported module is of, or nothing."""
    path = getattr(sys.modules[name], "__file__", None) or ""
    return _part(path) if path.startswith(INSIDE) else None


def _part(path):
    """Return the name of the file, or of the folder, that lies in the tests' folder."""
    return re.split(r"[/\\.]", path.removeprefix(INSIDE))[0]

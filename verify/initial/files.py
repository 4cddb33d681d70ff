"""The text of a file of cases, and where it goes: beside the module, and never over a file that there is."""

from __future__ import annotations

import ast
import builtins
import difflib
import re
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from keyword import iskeyword
from pathlib import Path
from typing import NamedTuple

from verify.discovery.messages import Task, Unit
from verify.discovery.scanning import Listing, unit_of
from verify.initial.folding import WIDTH, comment, folded
from verify.model.package import PACKAGE
from verify.model.result import CaseResult
from verify.model.where import relative
from verify.runner.workers import CollectedCase, Workers

_OPENING = ("def ", "class ", "@", "#")
_TEXT = Task(f"{PACKAGE}.initial.tool", "text")
_HEAD = '"""The gradients of {}: edit shapes, domains and options.\n\nRun `gradproof {}`.\n"""'
_MISSING = "{name} ({where}) is not in this file:\n{why}\nWrite it by hand: `gradproof explain cases` shows how."
_HINT = 'Or fill in what stands as ... here, such as "N D" for a shape, and take the # away:'


class Written(NamedTuple):
    """A file of cases: its path and text, and how many cases are in it and how many are missing."""

    path: Path
    text: str
    cases: int
    missing: int

    @property
    def summary(self) -> str:
        """Return what is in the file."""
        missing = f", and {self.missing} to write by hand" if self.missing else ""
        return f"{self.cases} case{'' if self.cases == 1 else 's'}{missing}"

    @property
    def diff(self) -> str:
        """Return the file as a diff that makes it."""
        name, lines = relative(self.path), self.text.splitlines(keepends=True)
        return "".join(difflib.unified_diff([], lines, "/dev/null", f"b/{name}"))

    def write(self) -> bool:
        """Write the file, unless there is one; returns whether it is written. Raises OSError."""
        try:
            with self.path.open("x", encoding="utf-8") as file:
                file.write(self.text)
        except FileExistsError:
            return False
        return True


def file_of(workers: Workers, listing: Listing) -> Written:
    """Return the file of the cases of a module."""
    unit = unit_of(listing)
    items = workers.cases(unit)
    written = [text for item in items if isinstance(item, CollectedCase) and (text := _text(workers, item))]
    texts = [folded(text) for text in _told_apart(_shortly_named(written))]
    missing = [item for item in items if isinstance(item, CaseResult)]
    path = listing.path.with_name(f"verify_{listing.path.stem}.py")
    head = _HEAD.format(listing.path.name, relative(path))
    comments = [_comment(row, _module(unit, listing.path)) for row in missing]
    blocks = [head, _imports(unit, listing.path, texts), *_spaced([*texts, *comments])]
    return Written(path, "\n".join(blocks).strip("\n") + "\n", len(texts), len(missing))


def _text(workers: Workers, case: CollectedCase) -> str:
    answer = workers.ask_about(_TEXT, case)
    return str(answer.value) if answer.kind == "done" else ""


def _shortly_named(texts: Sequence[str]) -> list[str]:
    """Return texts whose variables are called as what they check, where that is the name of nothing else."""
    names = {name for text in texts for name in _made(text)}
    others = {name for text in texts for name in (*_made(text), *_free(text))} | {"gradproof", "np", *dir(builtins)}
    short = {name: name.removesuffix("_case") for name in names if name.endswith("_case")}
    fitting = {name: to for name, to in short.items() if to.isidentifier() and not iskeyword(to) and to not in others}
    return [re.sub(r"\w+", lambda word: fitting.get(word[0], word[0]), text) for text in texts]


def _told_apart(texts: Sequence[str]) -> list[str]:
    """Return texts whose variables have names of their own: a class and a function may be called alike."""
    taken: set[str] = set()
    apart = []
    for text in texts:
        for name in [name for name in _made(text) if name in taken]:
            text = re.sub(rf"\b{name}\b", next(f"{name}_{n}" for n in count(2) if f"{name}_{n}" not in taken), text)
        taken |= _made(text)
        apart.append(text)
    return apart


def _made(text: str) -> set[str]:
    """Return the variables and functions that a text defines."""
    nodes = ast.parse(text).body
    functions = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return functions | {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _imports(unit: Unit, path: Path, texts: Sequence[str]) -> str:
    used = {name for text in texts for name in _free(text)}
    names, numpy = sorted(used - {"np"}), ["import numpy as np"] if "np" in used else []
    module = _module(unit, path)
    line = f"from {module} import {', '.join(names)}"
    if len(line) > WIDTH:
        line = "\n    ".join([f"from {module} import (", *(f"{name}," for name in names)]) + "\n)"
    return "\n".join(["", "import gradproof", *numpy, *([line] if names else []), ""])


def _module(unit: Unit, path: Path) -> str:
    """Return what a file of cases imports a module as."""
    return path.stem if unit.alone else unit.name


def _free(text: str) -> Iterator[str]:
    """Yield the names that a text of cases takes from elsewhere."""
    nodes = list(ast.walk(ast.parse(text)))
    own = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {name.asname or name.name for node in nodes if isinstance(node, ast.ImportFrom) for name in node.names}
    own |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    yield from used - own - {"gradproof"} - set(dir(builtins))


def _spaced(texts: Sequence[str]) -> Iterator[str]:
    """Yield texts, with two empty lines around those that have functions, as Python's style has them."""
    for before, text in pairwise(["", *texts]):
        lines = 2 if before else 1  # one stands behind the imports already
        yield "\n" * lines * (before.startswith(_OPENING[:3]) or text.startswith(_OPENING)) + text


def _comment(row: CaseResult, module: str) -> str:
    """Return why something has no case, and the case that is begun of it, as a comment."""
    why = row.comparisons[0].evidence.detail
    text = comment(_MISSING.format(name=row.name, where=row.where, why=why))
    if not row.begun:
        return text
    imported = f"from {module} import {', '.join(sorted({*_free(row.begun)} - {'np'}))}"
    return "\n".join([text, *(f"# {line}" for line in (_HINT, imported, *row.begun.split("\n")))])

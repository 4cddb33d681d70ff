"""Which tests `make test` leaves out, wholly or in part: those that `make test-long` runs.

What a test leaves out is read from its source, so that no test has to be listed, or marked by hand. `make test` runs
as they are: a test that mentions nothing of `effort`, neither itself nor by what it mentions of its file; and of a list
in `some`, the part that it tries. All others are left out, and those that take longest (`longest.txt`). Where that
cannot be known, a test is run once more.
"""

import ast
import inspect
import operator
from functools import cache
from pathlib import Path

import pytest
from effort import LONG, Some, slow

ASKED = {"LONG", "WHOLE", "some", "chunks_of", "effort"}  # what says how much is tried
PARAMETERS = type(pytest.param())
LONGEST = frozenset(Path(__file__).with_name("longest.txt").read_text(encoding="utf-8").splitlines())


def names(node):
    """Return the names that a piece of code mentions, its arguments among them: fixtures are asked for by name."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} | {
        part.arg for part in ast.walk(node) if isinstance(part, ast.arg)
    }


def targets(node):
    """Return the names that a statement at the top of a file gives to something."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


@cache
def grown(path):
    """Return the names of a file that depend on how much is tried, and the functions of tests by name."""
    tree = ast.parse(Path(path).read_text())
    found = ASKED | borrowed(tree, Path(path).parent)
    while more := {name for node in tree.body if names(node) & found for name in targets(node)} - found:
        found |= more
    return found, {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def borrowed(tree, folder):
    """Return what a file takes from other files of tests, where it depends on how much is tried there."""
    taken = [
        (folder / f"{node.module}.py", alias)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "effort"
        for alias in node.names
    ]
    return {alias.asname or alias.name for path, alias in taken if path.is_file() and alias.name in grown(path)[0]}


def tried(item, argnames, items):
    """Return whether a test has an item of a list in `some` which is in the part that `make test` tries."""
    named = [name.strip() for name in argnames.split(",")] if isinstance(argnames, str) else argnames
    own = [item.callspec.params[name] for name in named]
    # Entries are told apart by identity, as no index of theirs is kept: of two that are one object, both have to be.
    return all(items.tries(i) for i, entry in enumerate(items) if all(map(operator.is_, values(entry, named), own)))


def values(entry, names):
    """Return the values that an entry of a list gives to these names."""
    return entry.values if isinstance(entry, PARAMETERS) else (entry,) if len(names) == 1 else entry


def left_out(item):
    """Return whether `make test` leaves a test out, or tries less in it."""
    if any(mark == slow.mark for mark in item.iter_markers("skipif")):
        return True
    found, functions = grown(inspect.getsourcefile(item.function))
    function = functions[item.function.__name__]
    lists = {name for name, value in vars(item.module).items() if isinstance(value, Some)} | {"some"}
    asked = [names(decorator) & found for decorator in function.decorator_list]
    marks = [mark.args[:2] for mark in item.iter_markers("parametrize") if isinstance(mark.args[1], Some)]
    mentioned = set().union(*map(names, [function.args, *function.body])) & found
    return (
        bool(mentioned.union(*asked) - (lists - mentioned))
        or len(list(filter(None, asked))) > len(marks)
        or not all(tried(item, *mark) for mark in marks)
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what `make test` leaves out, for `-m left_out`, and have it leave out those that take longest."""
    for item in items:
        if item.nodeid in LONGEST:
            item.add_marker(slow)
    for item in items if LONG else ():
        if left_out(item):
            item.add_marker("left_out")

"""Names tell what they hold: words that fit anything name no locals, arguments, functions, classes, constants, fields."""

import ast
from functools import cache
from pathlib import Path

import pytest
from trees import tree_of

ROOT = Path(__file__).parent.parent
WORDS = "found said told one given came known asked met kept shown here some those what"
PLACEHOLDERS = frozenset(WORDS.split())
# Names of the interface for which such a word is the right one, and why.
EXCEPTIONS = {
    "verify/model/result.py: CaseResult.known": "is read like the field `known` of comparisons and findings",
    "verify/model/result.py: Run.known": "is read like the field `known` of comparisons and findings",
    "verify/model/comparison.py: Comparison.known": "is in JSON what baselines and their readers go by",
    "verify/model/faults.py: Finding.known": "is in JSON what baselines and their readers go by",
    "verify/tape/tape.py: ONE": "is the number 1, as ZERO and MINUS_ONE beside it are numbers",
}
# How many such names a folder has left: no other may come in, and whoever mends some lowers the number.
REMAINING: dict[str, int] = {}
SOURCES = [
    *(path for part in ("gradproof", "verify", "reports", "layers") for path in sorted((ROOT / part).rglob("*.py"))),
    ROOT / "hatch_build.py",
]
FOLDERS = sorted({path.parent.relative_to(ROOT).as_posix() for path in SOURCES})
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# Each kind of name that a module can bind; `NAME` stands for a placeholder.
KINDS = {
    "constant": "NAME = 1",
    "annotated constant": "NAME: int = 1",
    "global": "def count():\n    global NAME\n    NAME = 1",
    "function": "def NAME():\n    pass",
    "coroutine": "async def NAME():\n    pass",
    "method": "class Report:\n    def NAME(self):\n        pass",
    "property": "class Report:\n    @property\n    def NAME(self):\n        return 1",
    "nested function": "def count():\n    def NAME():\n        pass",
    "class": "class NAME:\n    pass",
    "nested class": "class Report:\n    class NAME:\n        pass",
    "argument": "def count(NAME):\n    pass",
    "positional argument": "def count(NAME, /):\n    pass",
    "keyword argument": "def count(*, NAME=1):\n    pass",
    "further arguments": "def count(*NAME):\n    pass",
    "further keyword arguments": "def count(**NAME):\n    pass",
    "argument of a lambda": "count = lambda NAME: 1",
    "default of a lambda in a class": "class Report:\n    count = lambda self, NAME=1: 1",
    "local": "def count():\n    NAME = 1",
    "local of a method": "class Report:\n    def count(self):\n        NAME = 1",
    "annotated local": "def count():\n    NAME: int = 1",
    "local that is added to": "def count():\n    NAME += 1",
    "local among others": "def count():\n    first, (*NAME, last) = rows",
    "local in an expression": "def count():\n    return (NAME := 1)",
    "local of a loop": "def count():\n    for NAME in rows:\n        pass",
    "local of a comprehension": "rows = [1 for NAME in table]",
    "local of a comprehension in a class": "class Report:\n    rows: list = [1 for NAME in table]",
    "local of a block": "def count():\n    with table as NAME:\n        pass",
    "error": "def count():\n    try:\n        pass\n    except ValueError as NAME:\n        pass",
    "pattern": "match row:\n    case [1, NAME]:\n        pass",
    "pattern of a whole": "match row:\n    case [1] as NAME:\n        pass",
    "rest of a pattern": "match row:\n    case [1, *NAME]:\n        pass",
    "rest of a mapping's pattern": "match row:\n    case {1: 2, **NAME}:\n        pass",
    "field": "class Report:\n    NAME: int",
    "field with a default": "class Report:\n    NAME: int = 1",
    "member of an enumeration": "class Report:\n    NAME = 1",
    "attribute": "def count(self):\n    self.NAME = 1",
    "annotated attribute": "def count(self):\n    self.NAME: int = 1",
    "import": "import ast as NAME",
    "import of a part": "from ast import walk as NAME",
}
# What does not count: uses, keywords of calls, texts, and names in which the word has a noun.
OTHERS = {
    "use": "def count(row):\n    return NAME + row.NAME",
    "keyword": "def count(row):\n    return replace(row, NAME=1)",
    "key": "def count():\n    return {'NAME': 1}",
    "docstring": "def count():\n    '''Return NAME.'''",
    "word with a noun": "def count():\n    NAME_rows = 1",
    "noun with the word": "def count():\n    rows_NAME = 1",
}


def is_placeholder(name):
    """Tell whether a name is one of the words, however it is written."""
    return name is not None and name.strip("_").lower() in PLACEHOLDERS


def bound_by(node):
    """Return the name that a node binds by itself, or None."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.alias(asname=name):
            return name
        case ast.Attribute(attr=name, ctx=ast.Store()):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.ExceptHandler(name=name) | ast.MatchAs(name=name) | ast.MatchStar(name=name):
            return name
        case ast.MatchMapping(rest=name):
            return name
    return None


def placeholders(source):
    """Return the placeholders that a module binds, each once in a scope, as `Class.method.local`."""
    tree = tree_of(source)
    names, waiting = set(), [(tree, "")]
    while waiting:
        node, scope = waiting.pop()
        name = bound_by(node)
        if is_placeholder(name):
            names.add(scope + name)
        inner = f"{scope}{node.name}." if isinstance(node, SCOPES) else scope
        waiting += [(child, inner) for child in ast.iter_child_nodes(node)]
    return names


@cache
def in_folder(folder):
    """Return the placeholders of the modules of a folder, each with its file."""
    paths = [path for path in SOURCES if path.parent == ROOT / folder]
    return sorted(
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path in paths
        for name in placeholders(path.read_text(encoding="utf-8"))
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_name_is_a_placeholder(folder):
    """A folder has as many placeholders as it may have: none, or what is left, which only shrinks."""
    names = [name for name in in_folder(folder) if name not in EXCEPTIONS]
    limit = REMAINING.get(folder, 0)
    assert len(names) <= limit, f"name what these hold: {names}"
    assert len(names) == limit, f"lower the number of {folder} in REMAINING to {len(names)}"


def test_the_tables_hold_nothing_else():
    """Every exception is still there, and no folder is listed that does not exist or has none left."""
    names = {name for folder in FOLDERS for name in in_folder(folder)}
    assert names >= EXCEPTIONS.keys()
    assert set(FOLDERS) >= REMAINING.keys()
    assert all(number > 0 for number in REMAINING.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_name_is_read(kind):
    """A planted placeholder is refused in whatever a module can bind, in all spellings; another word is taken."""
    for word in PLACEHOLDERS:
        for spelled in (word, f"_{word}", f"_{word.upper()}", word.capitalize(), f"{word}_"):
            (name,) = placeholders(KINDS[kind].replace("NAME", spelled))
            assert name.rsplit(".", 1)[-1] == spelled
    assert not placeholders(KINDS[kind].replace("NAME", "gradients"))


@pytest.mark.parametrize("kind", OTHERS)
def test_what_keeps_its_name_is_taken(kind):
    """Uses, keys, texts and names with a noun are left alone."""
    for word in PLACEHOLDERS:
        assert not placeholders(OTHERS[kind].replace("NAME", word))

"""Facts are fields: no module of ours recovers one from a sentence, a suffix of a text, or a page."""

import ast
from functools import cache
from pathlib import Path

import pytest
from trees import parts_of, tree_of

ROOT = Path(__file__).parent.parent
SOURCES = [path for part in ("verify", "reports") for path in sorted((ROOT / part).rglob("*.py"))]
# Fields and names that hold sentences, or texts that are made of several facts.
SENTENCES = """
message detail note notes title because meaning harm mend diagnosis why problem sentence reason reasons advice label
caption hint expected actual extent limit bound error ulps html markup tells condition line
"""
SENTENCES = frozenset(SENTENCES.split())
# What takes a text apart, or tells what it begins with, ends with or contains.
TAKING_APART = """
startswith endswith partition rpartition split rsplit splitlines removeprefix removesuffix find rfind index rindex
isdigit isidentifier
"""
TAKING_APART = frozenset(TAKING_APART.split())
SEARCHES = frozenset({"match", "search", "fullmatch", "findall", "finditer"})
SAME = frozenset({"lower", "upper", "strip", "lstrip", "rstrip", "replace", "casefold"})  # a text of the same facts
# What reads a text all the same, and why: another one's message, or how a number or a name is written.
EXCEPTIONS = {
    "verify/model/tomlfile.py: str(problem)": "Python before 3.14 has the line of broken TOML in the message alone",
    "verify/command/arguments.py: message": "argparse has the wrong value, and the option, in the message alone",
    "verify/tracing/arrays/shadows.py: reason": "NumPy and SciPy have in the message alone that objects are at fault",
    "verify/cases/expression.py: problem.msg": "a part of Python's advice is left out of what is printed",
    "verify/graph/program.py: label": "users write labels: what is no name is a text of their expression",
    "reports/page/layout.py: vertex.label": "a node that has no name is labelled by its text, which is not repeated",
    "verify/cases/suite.py: line": "a line of the user's file",
    "verify/scan/hints.py: line": "a line of the user's file",
    "verify/repair/diff.py: line": "a line of the user's file",
    "verify/initial/folding.py: line": "a line of code that is about to be written",
    "verify/repair/rewriting.py: line": "a line of code that is about to be written",
}


def held(node):
    """Return the field or the name whose text an expression has, `str()` for a text made of an object, or None."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Subscript(value=inner) | ast.Starred(value=inner):
            return held(inner)
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[inner, *_]) if is_fact(inner):
            return "str()"
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in SAME:
            return held(inner)
    return None


def is_fact(node):
    """Tell whether an object has facts of its own: an error, a place or a row, and not a module or a number."""
    name = held(node)
    return name in {"problem", "place", "where", "variant", "evidence", "row", "result", "finding"}


def is_sentence(node):
    """Tell whether an expression is a sentence, as far as its name says."""
    return held(node) in SENTENCES | {"str()"} or (isinstance(node, ast.Attribute) and node.attr == "msg")


def texts_read(node):
    """Yield the texts that a node takes apart, searches, or compares with a sentence."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name), args=[_, text, *_]) if name in SEARCHES:
            yield text
        case ast.Call(func=ast.Attribute(attr=name), args=[text, *_]) if name in SEARCHES:
            yield text
        case ast.Call(func=ast.Attribute(value=text, attr=name)) if name in TAKING_APART:
            yield text
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[text]) if is_text(left):
            yield text
        case ast.Compare(ops=[ast.Eq() | ast.NotEq()], left=left, comparators=[right]):
            yield from (text for text, other in ((left, right), (right, left)) if is_phrase(other))


def is_text(node):
    """Tell whether what is looked for can be a text: a constant one, or a name of something."""
    return isinstance(node, (ast.Name, ast.Attribute, ast.JoinedStr)) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def is_phrase(node):
    """Tell whether a node is a text of several words."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip()


@cache
def parsed(source):
    """Return the sentences that a module takes facts from, as they are written; each source is read once."""
    return [ast.unparse(text) for node in parts_of(tree_of(source)) for text in texts_read(node) if is_sentence(text)]


@pytest.mark.parametrize("part", sorted({path.parent.relative_to(ROOT).as_posix() for path in SOURCES}))
def test_no_fact_is_taken_from_a_sentence(part):
    """A folder takes no sentence apart, searches none and compares none, but for the exceptions of the table."""
    for path in (path for path in SOURCES if path.parent == ROOT / part):
        name = path.relative_to(ROOT).as_posix()
        texts = [f"{name}: {text}" for text in parsed(path.read_text(encoding="utf-8"))]
        assert [text for text in texts if not text.startswith(tuple(EXCEPTIONS))] == []


@pytest.mark.parametrize(
    "line",
    [
        "if name in problem.message: pass",
        "if 'drawn at random' in evidence.note: pass",
        "is_random = row.evidence.detail.startswith('drawn')",
        "file, _, line = str(place).rpartition(':')",
        "kind = finding.detail.split(':')[0]",
        "bits = re.search(r'2\\^-(\\d+)', evidence.detail)",
        "bits = _BITS.search(row.evidence.detail)",
        "if variant.label.strip().endswith('not at the sample'): pass",
        "if case.notes[0].lower().startswith('entries'): pass",
        "if problem.reason == 'not at the sample': pass",
        "if '<b>' in markup: pass",
        "if f'{name} of' in title: pass",
    ],
)
def test_a_fact_from_a_sentence_is_seen(line):
    """The check sees what it is for, by whatever means a text is read."""
    assert parsed(line)


@pytest.mark.parametrize(
    "line",
    [
        "if problem.function == name: pass",
        "if evidence.reason is Reason.TIE: pass",
        "if finding.code in allowed: pass",
        "parts = shape.split()",
        "kind = module.__name__.partition('.')[0]",
        "evidence.note = f'{note} and more'",
        "name = target.removesuffix('.py')",
    ],
)
def test_fields_are_taken(line):
    """Fields are compared as they are, and what users write is read."""
    assert not parsed(line)


def test_every_exception_is_there():
    """Each exception of the table is still made."""
    texts = [
        f"{path.relative_to(ROOT).as_posix()}: {text}"
        for path in SOURCES
        for text in parsed(path.read_text(encoding="utf-8"))
    ]
    assert [name for name in EXCEPTIONS if not any(text.startswith(name) for text in texts)] == []

"""Words that users read are plain: no sentence of the command, of its reports or of its errors has a stilted phrase."""

import ast
import re
from pathlib import Path

import pytest
from trees import parts_of, tree_of

import verify
from verify.model.explanations import entries

ROOT = Path(__file__).parent.parent
PARTS = ("gradproof", "verify", "reports", "layers")
# Files whose sentences are pages of their own: codes and what they mean, which `gradproof explain` prints.
PAGES = {"verify/tracing/coverage.py", "verify/tracing/outside/compiled.py"}
# A phrase that makes people read twice, with an example, and how to write that plainly.
PHRASES = {
    r"\bof which\b": ("the upstream, of which some signs were tried", "not all signs of the upstream were tried"),
    r"\blooked at\b": ("3 regions were looked at", "3 regions checked"),
    r"\bto be told\b|\b(?:is|are) told\b": ("too close to be told apart", "too close to distinguish"),
    r"\bbeyond which\b": ("a bound, beyond which it fails", "it fails above a bound"),
    r"\bsuch as (?:is|are)\b": ("such as is no gradient", "which is not a gradient"),
    r"\bnobody has\b": ("memory that nobody has written to", "memory that was never written"),
    r"\banew\b": ("write it anew", "write it again"),
    r"\b(?:has|have) to\b": ("a case has to be a table", "a case must be a table"),
    r"\b(?:was|were) expected\b": ("3: a table was expected", "3: expected a table"),
    r"\bthe other way round\b": ("x is y, and the other way round", "x and y are swapped"),
    r"\banother than\b|\bother \w+ than\b": ("another than before", "different from before"),
    r"\bvery (?:name|edge|same)\b": ("the case of this very name", "the case with exactly this name"),
    r"(?<!there )\bis no (?!longer\b)[a-z]": ("3 is no baseline", "3 is not a baseline"),
    r"\bcame\b": ("2 gradients expected, 1 came", "expected 2 gradients, got 1"),
    r"\bthat it has\b": ("the first shape that it has", "its first shape"),
    r"\bheld against\b": ("floats held against that", "floats compared with that"),
    r"\bwhat is \w+ that\b": ("what is kept that changes", "a kept array that changes"),
    r"\bwhat is (?:returned|kept|computed)\b": ("what is kept is the caller's", "it keeps a reference"),
}
ANY = re.compile("|".join(PHRASES))


def docstrings(tree):
    """Return the texts that stand alone in a module: docstrings and comments on fields."""
    return {id(node.value) for node in parts_of(tree) if isinstance(node, ast.Expr)}


def sentences(source):
    """Return the texts of a module that are more than a word, each once, without its docstrings."""
    tree = tree_of(source)
    apart = docstrings(tree)
    texts = (node for node in parts_of(tree) if isinstance(node, ast.Constant) and id(node) not in apart)
    return [node.value for node in texts if isinstance(node.value, str) and " " in node.value.strip()]


def stilted(source):
    """Return the phrases of the table that a module prints."""
    suspected = [text for text in sentences(source) if ANY.search(text)]
    return [(phrase, text) for text in suspected for phrase in PHRASES if re.search(phrase, text)]


@pytest.mark.parametrize("part", PARTS)
def test_no_sentence_is_stilted(part):
    """No text of a part has a phrase of the table; pages of codes are looked after where they are."""
    for path in sorted((ROOT / part).rglob("*.py")):
        if path.relative_to(ROOT).as_posix() not in PAGES:
            assert not stilted(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("key", entries())
def test_no_page_of_a_code_is_stilted(key):
    """No title and no paragraph that `gradproof explain` prints has a phrase of the table."""
    entry = entries()[key]
    assert [text for text in (entry.title, *entry.paragraphs.values()) if ANY.search(text)] == []


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_is_seen(phrase):
    """A planted phrase is refused in texts, formatted texts and texts of several lines, and its plain form taken."""
    example, plain = PHRASES[phrase]
    for planted in (
        f"raise ValueError({example!r})",
        f"x = f{'{name} ' + example!r}",
        f"x = ('in front: '\n {example!r})",
    ):
        assert phrase in [seen for seen, _ in stilted(planted)]
    assert not stilted(f"x = {plain!r}")
    assert not stilted(f"def f():\n    {example!r}")


def test_the_pages_are_there():
    """Each file that is left out exists."""
    assert all((ROOT / page).exists() for page in PAGES)


# Names that people paste into a file that has `import gradproof`.
INTERNAL = re.compile(rf"(?<![\w.])verify\.(?:{'|'.join([*verify.__all__, 'extend'])})\b(?!\.)")


def pasted(source):
    """Return the texts of a module that name what is public by `verify`, docstrings too: `help` and `explain` print some."""
    texts = (node.value for node in parts_of(tree_of(source)) if isinstance(node, ast.Constant))
    return [text for text in texts if isinstance(text, str) and INTERNAL.search(text)]


@pytest.mark.parametrize("part", PARTS)
def test_public_names_are_those_of_gradproof(part):
    """No message and no docstring says `verify.real` where a reader has `import gradproof`."""
    for path in sorted((ROOT / part).rglob("*.py")):
        assert not pasted(path.read_text(encoding="utf-8")), path


def test_documents_name_gradproof():
    """No document says it either."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert [str(page) for page in pages if INTERNAL.search(page.read_text(encoding="utf-8"))] == []


def test_an_internal_name_is_seen():
    """A planted `verify.constant` is refused in messages and docstrings; names of modules and of gradproof are not."""
    assert pasted("raise ValueError('write verify.constant(1)')")
    assert pasted("def f():\n    'As in `verify.extend`.'")
    assert not pasted("x = 'gradproof.verify.layer and verify.model.result'")

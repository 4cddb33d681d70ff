"""Each finding, reason and verdict has a page in the documents, with the text of `gradproof explain`."""

import pytest
from codes import FOLDER, INDEX, markup, name, page, pages

from verify.model.explanations import Entry, entries

PAGES = pages()


def test_the_pages_are_what_the_tables_say_today():
    """No page is missing, left over, or old: `make samples` writes them."""
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} == PAGES


def test_every_key_has_its_page():
    """And the index leads to each."""
    own = [entry for entry in entries().values() if entry.group != "findings" or entry.key.startswith("GP")]
    assert set(PAGES) == {INDEX, *(f"{name(entry)}.md" for entry in own)}
    assert [entry.key for entry in own if f"[{entry.key}]({name(entry)}.md)" not in PAGES[INDEX]] == []


@pytest.mark.parametrize("key", ["GP101", "timeout", "REFUTED"])
def test_a_page_has_the_text_of_the_command(key):
    """All paragraphs and the example, under headings."""
    entry = entries()[key]
    text = PAGES[f"{name(entry)}.md"]
    assert text.startswith(f"# {key}: {entry.title}\n")
    assert all(markup(paragraph) in text for paragraph in entry.paragraphs.values())
    assert entry.example in text


def test_signs_of_markdown_are_read_as_themselves():
    """But for those in code."""
    entry = Entry("k", "reasons", "a*b", {"what it means": "x_1 < [0] and `y_1 < [0]`."})
    assert page(entry).startswith("# k: a\\*b\n\n## What it means\n\nx\\_1 \\< \\[0\\] and `y_1 < [0]`.\n")

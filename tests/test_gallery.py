"""The gallery of mistakes: each is caught, and passes after the change that the page shows beside it."""

import re

import pytest
from effort import some
from pages import GALLERY, Command, File, steps

SECTION = re.compile(r"^### (\d+)\. (.*?)\n(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
CHANGE = re.compile(r"^```diff\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SECTIONS = {title: body for _, title, body in SECTION.findall(GALLERY.read_text(encoding="utf-8"))}


def changed(text, difference):
    """Return a text after a change, whose old lines it has exactly once."""
    lines = difference.splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] in kinds) for kinds in ("- ", "+ "))
    assert text.count(old) == 1
    return text.replace(old, new)


def parts(body):
    """Return the file, the command and the change of a section."""
    file, command = steps(body)
    assert isinstance(file, File)
    assert isinstance(command, Command)
    (difference,) = CHANGE.findall(body)
    return file, command, difference


def test_there_are_twenty():
    """The sections are numbered from 1 to 20, each with a title of its own."""
    numbers = [int(number) for number, _, _ in SECTION.findall(GALLERY.read_text(encoding="utf-8"))]
    assert numbers == list(range(1, 21))
    assert len(SECTIONS) == 20


@pytest.mark.parametrize("title", SECTIONS)
def test_each_is_caught(title):
    """The output that a section shows ends with what failed; another test compares it with the command's."""
    _, command, _ = parts(SECTIONS[title])
    lines = command.output.splitlines()
    assert next(line for line in reversed(lines) if not line.startswith(" ")).startswith("FAILED: ")  # may be folded


@pytest.mark.parametrize("title", some(SECTIONS, 16))
def test_each_change_mends_it(title, command, tmp_path, monkeypatch, put_back):
    """With the change that a section shows, its command passes."""
    file, shown, difference = parts(SECTIONS[title])
    File(file.name, changed(file.text, difference)).write(tmp_path)
    monkeypatch.chdir(tmp_path)
    done = command(*shown.words[1:])
    assert (done.status, done.err) == (0, "")


def test_a_change_of_other_lines_is_seen():
    """A change whose old lines the file does not have, or has twice, is refused."""
    assert changed("a\nb\n", "-a\n+c\n b\n") == "c\nb\n"
    for text in ("c\n", "a\na\n"):
        with pytest.raises(AssertionError):
            changed(text, "-a\n+b\n")

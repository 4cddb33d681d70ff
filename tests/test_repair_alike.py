"""The same edit in several places of a function, tried as one."""

from pathlib import Path

import pytest

from verify.model.identity import NOWHERE
from verify.mutation.result import Mutant
from verify.repair.alike import alike

SOURCE = b"a = x * y\nb = -(x + y)\nc = f(y)\nd[i:j] = f(*z, k=y)\n"


@pytest.fixture
def edit(tmp_path):
    """Return what makes an edit of a part of the source."""
    file = tmp_path / "mine.py"
    Path(file).write_bytes(SOURCE)

    def make(before, after, operator="multiply"):
        start = SOURCE.index(before.encode())
        end = start + len(before)
        return Mutant(str(file), NOWHERE, "f", "M1", operator, "formula", "", "", start, end, after.encode(), 1, 1)

    return make


def test_one_factor_in_two_places(edit):
    """What is put in is the same, whatever it is put to, in parentheses or without."""
    edits = edit("x * y", "(x * y * w)"), edit("x + y", "(x + y) * w")
    assert alike(edits) == [edits]


def test_three_places(edit):
    """All places come first, then any two."""
    edits = edit("x * y", "x * y * w"), edit("x + y", "(x + y) * w"), edit("f(y)", "f(y) * w")
    together = alike(edits)
    assert set(together[0]) == set(edits)
    assert [len(pair) for pair in together[1:]] == [2, 2, 2]


def test_edits_that_differ(edit):
    """Other factors, other operators, and edits within each other are no group."""
    product = edit("x * y", "x * y * w")
    assert alike([product, edit("x + y", "(x + y) * v")]) == []
    assert alike([product, edit("x + y", "(x + y) * w", operator="scale")]) == []
    assert alike([product, edit("a = x * y", "a = x * y * w")]) == []


@pytest.mark.parametrize(("part", "instead"), [("i:j", "i:j:2"), ("*z", "*w"), ("k=y", "k=x"), ("d[i:j]", "d[i:j:2]")])
def test_parts_that_are_no_expressions(edit, part, instead):
    """A slice, a starred argument and a keyword are edited as they stand, beside others that form a group."""
    edits = edit("x * y", "x * y * w"), edit("x + y", "(x + y) * w")
    assert alike([edit(part, instead), *edits]) == [edits]

"""The order in which edits are tried."""

import pytest

from verify.model.identity import Place
from verify.mutation.result import Mutant
from verify.repair.edits import of_state_first, sooner


def _edits(*lines, file="layer.py"):
    return tuple(
        Mutant(file, Place(file, line), "backward", "M8", "an edit", "formula", "a", "b", n, n, b"b", line, line)
        for n, line in enumerate(lines)
    )


def _lines(edits):
    return [edit.first for edit in edits]


def test_edits_of_a_likely_line_are_tried_sooner():
    """An edit of a line that is likely wrong comes before the edits of other lines but the smallest ones."""
    edits = _edits(*[7] * 79, 9)
    assert _lines(sooner(edits, [Place("layer.py", 9)])) == [*[7] * 10, 9, *[7] * 69]


@pytest.mark.parametrize("place", [Place("layer.py", 8), Place("other.py", 9)])
def test_edits_of_other_lines_stay_in_order(place):
    """A line without edits, and that of another file, change nothing."""
    edits = _edits(7, 7, 9, 7, 9)
    assert sooner(edits, [place]) == edits


def test_edits_over_several_lines():
    """An edit of a statement of several lines is one of each of them."""
    edits = tuple(edit._replace(first=edit.first - 2) for edit in _edits(*[20] * 30, 9))
    assert sooner(edits, [Place("layer.py", 8)]).index(edits[-1]) < 10


def test_no_edit_is_lost():
    """Every edit is tried once, in whichever order."""
    edits = _edits(*range(40))
    assert sorted(sooner(edits, [Place("layer.py", line) for line in (3, 30, 39)])) == sorted(edits)


def test_edits_of_what_is_kept_come_first():
    """Where the gradients are right, edits that change no formula are tried first, in the order that they had."""
    edits = [edit._replace(sees=sees) for edit, sees in zip(_edits(1, 2, 3, 4), ["formula", "state"] * 2, strict=True)]
    assert _lines(of_state_first(tuple(edits))) == [2, 4, 1, 3]

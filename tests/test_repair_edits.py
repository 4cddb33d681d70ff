"""The order in which edits are tried."""

import importlib.util

import pytest
from effort import some

import verify
from verify.model.identity import Place
from verify.model.where import relative
from verify.mutation.mutants import Table
from verify.mutation.result import How, Mutant
from verify.repair.edits import edits_of, first_edits, of_state_first
from verify.repair.lacking import Lacking
from verify.repair.operators import KEEPS, repairs
from verify.repair.trial import Failing

TABLE = Table(repairs(Lacking()), KEEPS)
LAYER = """
def forward(x, w):
    return x * w

def backward(dout, x, w):
    dx = (
        dout * w
    )
    dw = 2 * dout * x
    return dx, dw
"""
SEVERAL, WRONG = (6, 7, 8), 9


STATED = """
import numpy as np

SCALE = 0.7

class Swish:
    beta = 1.7

    def forward(self, x):
        self.x = x + x
        self.s = 1 / (1 + np.exp(-self.beta * x))
        return SCALE * x * self.s

    def backward(self, dout):
        return SCALE * dout * (self.s + self.x * self.s * (1 - self.s))
"""
KEPT, RETURNED = 10, 15


def imported(tmp_path, text):
    """Return a module of a text, and its file."""
    file = tmp_path / "layer.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location("layer_of_edits", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, relative(str(file))


@pytest.fixture
def watched(tmp_path):
    """Return what runs backward in a wrong layer, with its file."""
    module, file = imported(tmp_path, LAYER)
    case = verify.pair(module.forward, module.backward, x="N", w="N", name="case")
    return Failing.of_failing(case, How()).seen, file


def test_backward_is_edited_before_what_forward_keeps(tmp_path):
    """Of edits of one kind; numbers that the class or the module states are written by their names."""
    module, _ = imported(tmp_path, STATED)
    case = verify.layer(module.Swish, inputs={"x": "N"})
    edits = edits_of(Failing.of_failing(case, How()).seen, TABLE)
    for name in ("self.beta", "SCALE"):
        lines = [edit.first for edit in edits if edit.text.endswith(f" * {name}".encode())]
        assert {KEPT, RETURNED} <= {*lines}
        assert max(i for i, line in enumerate(lines) if line == RETURNED) < lines.index(KEPT)
    assert not any(number in edit.text for edit in edits for number in (b"* 1.7", b"* 0.7"))


def test_edits_of_a_likely_line_are_tried_sooner(watched):
    """Every other edit is one of a line that is likely wrong, as long as there are any; no edit is lost."""
    seen, file = watched
    every, first = edits_of(seen, TABLE), first_edits(seen, TABLE, [Place(file, WRONG)])
    likely = [edit for edit in every if edit.first == WRONG]
    assert len(likely) < len(every) / 2
    assert all(likely.index(edit) <= first.index(edit) <= 2 * likely.index(edit) for edit in likely)
    assert sorted(first) == sorted(every)
    assert [edit for edit in first if edit not in likely] == [edit for edit in every if edit not in likely]


@pytest.mark.parametrize("place", [None, ("layer.py", 1), ("other.py", WRONG)])
def test_edits_of_other_lines_stay_in_order(watched, place):
    """No line, a line without edits, and that of another file, change nothing."""
    seen, file = watched
    places = [Place(file.replace("layer.py", place[0]), place[1])] if place else []
    assert first_edits(seen, TABLE, places) == edits_of(seen, TABLE)


@pytest.mark.parametrize("line", some(SEVERAL, 1))
def test_edits_over_several_lines(watched, line):
    """An edit of a statement of several lines is one of each of them."""
    seen, file = watched
    edits = edits_of(seen, TABLE, lines=[Place(file, line)])
    assert edits
    assert {(edit.first, edit.last) for edit in edits} == {(SEVERAL[0], SEVERAL[-1])}


def test_edits_of_what_is_kept_come_first():
    """Where the gradients are right, edits that change no formula are tried first, in the order that they had."""
    edits = [
        Mutant("a.py", Place("a.py", n), "backward", "M8", "an edit", sees, "a", "b", n, n, b"b", n, n)
        for n, sees in enumerate(["formula", "state"] * 2)
    ]
    assert [edit.first for edit in of_state_first(tuple(edits))] == [1, 3, 0, 2]

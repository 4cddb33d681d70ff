"""The drawing of a layer's operations: what is wrong is red, and says so in words too."""

import re
from dataclasses import replace

import pytest
import results
from test_page import Elements

from reports import page
from reports.page.operations import operations_graph
from verify.model.drawings import Operations, Step
from verify.model.identity import Place
from verify.model.result import Run

OPERATIONS = results.HALVED.operations


def drawn(operations=OPERATIONS):
    text = operations_graph(operations, "half a <gradient>")
    Elements(text)
    return text


def wires(text, kind):
    return re.findall(rf'<path d="([^"]*)" class="{kind}"', text)


def test_what_is_wrong_is_red_from_where_it_begins():
    """The edge to the wrong gradient alone, one ring, and the sentence beside it."""
    text = drawn()
    assert (len(wires(text, "wire wrong")), text.count('class="ring"')) == (1, 1)
    assert "× 0.5  ✗ first differs here" in text
    assert "dW ✗" in text
    assert "dx ✗" not in text
    assert "dW wrong, from × 0.5 at my_layers.py:13 on" in text


def test_every_use_has_an_edge():
    """As many as there are arguments."""
    text = drawn()
    uses = sum(len(step.args) for step in OPERATIONS.steps)
    assert len(wires(text, "wire")) + len(wires(text, "wire wrong")) == uses


def test_a_line_of_code_stands_above_its_first_operation():
    """Once, escaped, with its number; a long one is cut short and whole in its title."""
    text = drawn()
    assert re.findall(r"</title>(\d+): ([^<]*)</text>", text) == [
        ("9", "return &lt;x&gt; @ self.W"),
        ("12", "dx = dout @ self.W.T"),
        ("13", "dW = x.T @ dout / 2"),
    ]
    long = replace(OPERATIONS.steps[2], code="x" * 80)
    text = drawn(Operations(OPERATIONS.variant, (*OPERATIONS.steps[:2], long)))
    assert "x" * 80 in text
    assert re.search(r">9: x{19}…x{20}<", text)


@pytest.mark.parametrize("parted", [True, False])
def test_the_caption_says_how_to_read_it(parted):
    """With its sizes; the ring only where there is one."""
    steps = tuple(replace(step, parted=parted and step.parted) for step in OPERATIONS.steps)
    text = drawn(Operations(OPERATIONS.variant, steps))
    assert f"for {OPERATIONS.variant}" in text
    assert ("the ring marks the first of them" in text) == parted


def test_a_gradient_that_nothing_wrong_leads_to_has_a_red_edge():
    """Where no operation is known to be wrong, that is all that is known."""
    steps = (Step("input", "x"), Step("upstream", "dout", backward=True), Step("gradient", "dx", (1,), wrong=True))
    text = drawn(Operations(OPERATIONS.variant, steps))
    assert len(wires(text, "wire wrong")) == 1
    assert "dx wrong<" in text


def test_no_line_runs_through_a_step():
    """A lane is held until the last use of what it is of."""
    steps = [Step("operation", "+", tuple(range(max(0, n - 3), n)), 1, Place("a.py", n)) for n in range(30)]
    text = drawn(Operations(OPERATIONS.variant, tuple(steps)))
    dots = {(x, float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', text)}
    for path in wires(text, "wire"):
        x, start, turn = re.fullmatch(r"M([\d.]+) ([\d.]+)V([\d.]+)L[\d.]+ [\d.]+", path).groups()
        assert not [dot for dot in dots if float(dot[0]) == float(x) and float(start) < dot[1] < float(turn)]


def test_it_stands_on_the_page():
    """Of a case that has operations."""
    assert "<h3>Operations</h3>" in page.render(Run((results.HALVED,)))
    assert "<h3>Operations</h3>" not in page.render(Run((results.AFFINE,)))

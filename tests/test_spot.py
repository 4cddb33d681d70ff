"""The point at which a gradient is wrong on an edge or in a hole, on the page: its table, and its mark in the plot."""

import re
from dataclasses import replace

import numpy as np
import pytest

import verify
from reports import page
from reports.page.curve import curve_plot
from reports.page.spot import Mark, marks, spot
from verify.model.result import Comparison, Counterexample, Curve, Evidence, OneSided, Run, Side, Verdict

ROW = Comparison(
    "gradient",
    "x",
    Verdict.REFUTED,
    evidence=Evidence("edge", "why"),
    counterexample=Counterexample((("dout[0,1]", "1"), ("x[0,1]", "0"), ("x[0,0]", "2")), "between 1 and 0", "5"),
    shape=(1, 2),
    entries=2,
    failing=1,
    index=(0, 1),
)
HOLE = replace(ROW, evidence=Evidence("hole", "why"), counterexample=Counterexample((("x[0,1]", "0"),), "1", "nan"))
CURVE = Curve("x[0,0]", (("-1", "0", "0"), ("-0.5", "0", "0"), ("0.5", "1", "1"), ("1", "1", "1")), ("0",))


def cells(markup):
    return re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", markup)


def test_an_edge_has_both_derivatives():
    """The point stands beside what backward returns and the derivatives on its sides; other inputs below."""
    assert cells(spot(ROW)) == ["at", "backprop", "exact", "x[0,1] = 0", "5", "between 1 and 0"]
    assert "for dout[0,1] = 1, x[0,0] = 2" in spot(ROW)


def test_an_edge_has_a_column_for_each_side():
    """Where the derivatives on the sides are listed, each side is a column; the whole point stands below."""
    sides = (Side("x[0,1] < 0", ("0",)), Side("x[0,1] > 0", ("1",)))
    markup = spot(replace(ROW, one_sided=OneSided(("x[0,1]",), ("5",), sides, True)))
    assert cells(markup) == ["entry", "backprop", "x[0,1] &lt; 0", "x[0,1] &gt; 0", "x[0,1]", "5", "0", "1"]
    assert "at dout[0,1] = 1, x[0,1] = 0, x[0,0] = 2" in markup


def test_a_hole_has_one_derivative():
    """Where there is one derivative, it is the exact one; nothing is said of inputs that there are not."""
    assert cells(spot(HOLE)) == ["at", "backprop", "exact", "x[0,1] = 0", "nan", "1"]
    assert "<p" not in spot(HOLE)


@pytest.mark.parametrize(
    "row",
    [replace(ROW, evidence=Evidence("field", "")), replace(ROW, counterexample=None)],
    ids=["a formula", "no example"],
)
def test_other_rows_have_no_point(row):
    """What is wrong wherever numbers are put in has formulas, and no table of one point, nor a mark."""
    assert spot(row) is None
    assert marks([row]) == []


def test_marks_are_those_of_the_plot():
    """A mark is for upstreams of 1 and the input that is drawn; gradients that are wrong alike have one."""
    assert marks([ROW, replace(ROW, failing=2), HOLE]) == [Mark(0.0, "5"), Mark(0.0, "nan")]
    other = Counterexample((("dout[0,1]", "3"), ("x[0,1]", "0")), "0", "15")
    assert marks([replace(ROW, counterexample=other)]) == []
    assert marks([replace(ROW, counterexample=Counterexample((("x[0,1]", "0"),), "0", "x"))]) == []


def test_a_number_is_a_ring_and_any_other_a_cross():
    """The range of the drawing has the number; what is none, and what is off the drawing, is said in words alone."""
    drawn = curve_plot(CURVE, [Mark(0.0, "5"), Mark(0.7, "nan"), Mark(9.0, "7")])
    assert re.findall(r'<(\w+)[^>]* class="wrong"', drawn) == ["circle", "path"]
    assert "; backprop is 5 at 0; backprop is nan at 0.7<" in drawn
    assert ">5</text>" in drawn
    assert "at 9" not in drawn


class Edge:
    """A ReLU whose gradient is wrong at 0 alone."""

    def forward(self, x):
        self.x = x.copy()
        return np.maximum(x, 0)

    def backward(self, dout):
        return dout * np.where(self.x == 0, 5, self.x > 0)


class Hole:
    """A cube whose gradient is NaN at 0 alone."""

    def forward(self, x):
        self.x = x.copy()
        return x**3

    def backward(self, dout):
        return dout * 3 * self.x**4 / self.x**2


def results_of_points():
    """Return the results of both layers."""
    return tuple(verify.check(verify.layer(layer, inputs={"x": "N D"})) for layer in (Edge, Hole))


def test_the_page_shows_both():
    """A layer that is wrong on an edge has the table and the mark, in place of lines that say the same."""
    text = page.render(Run((verify.check(verify.layer(Edge, inputs={"x": "N"})),)))
    assert "<dt>at the point</dt>" in text
    assert '<th scope="col">x[0] &lt; 0</th><th scope="col">x[0] &gt; 0</th>' in text
    assert "smallest counterexample" not in text
    assert "backprop is 5 at 0" in text

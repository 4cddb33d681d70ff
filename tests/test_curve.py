"""The derivative of a layer of one input over that input: what is drawn is what floats have, in every region."""

import re
from dataclasses import replace

import numpy as np
import pytest
import results
from effort import slow
from test_page import Elements

import verify
from reports import page
from reports.page.curve import curve_plot
from verify.model.drawings import Curve
from verify.model.result import Run


class Clipped:
    """max(0, min(x, 1))**2, whose gradient is not 0 above 1."""

    def forward(self, x):
        self.x = np.minimum(np.maximum(x, 0), 1)
        return self.x**2

    def backward(self, dout):
        return 2 * self.x * dout


class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, dout):
        return dout * self.y


class Mixing:
    """Each entry depends on all others."""

    def forward(self, x):
        return x * x.sum()

    def backward(self, dout):
        return dout


class Logarithm:
    def forward(self, x):
        self.x = x
        return np.log(x)

    def backward(self, dout):
        return -dout / self.x


def curve(layer, x="N"):
    return verify.check(verify.layer(layer, inputs={"x": x})).curve


def numbers(of, column):
    return np.array([float(point[column]) for point in of.points])


def test_both_derivatives_are_drawn():
    """At each of 64 points the exact one and what the code returns, for an upstream of 1."""
    drawn = curve(Sigmoid, "")
    x, expected, actual = (numbers(drawn, column) for column in range(3))
    y = 1 / (1 + np.exp(-x))
    assert len(x) == 64
    assert (drawn.name, drawn.kinks) == ("x", ())
    np.testing.assert_allclose(expected, y * (1 - y), rtol=1e-3)
    np.testing.assert_allclose(actual, y, rtol=1e-3)


@slow
def test_every_region_has_its_own_formulas():
    """Beyond a kink the exact derivative is another formula, and the kinks are where the code branches."""
    drawn = curve(Clipped)
    x, expected, actual = (numbers(drawn, column) for column in range(3))
    assert drawn.kinks == ("0", "1")
    np.testing.assert_allclose(expected, 2 * x * ((x > 0) & (x < 1)), rtol=1e-3)
    np.testing.assert_allclose(actual, 2 * np.clip(x, 0, 1), rtol=1e-3)


def test_a_domain_is_kept():
    """No point lies outside of the domain of the case."""
    assert numbers(curve(Logarithm, verify.real("N", low=0)), 0).min() > 0
    closed = numbers(curve(Logarithm, verify.real("", low=1, high=3)), 0)
    assert 1 < closed.min() < closed.max() < 3


class Right(Sigmoid):
    def backward(self, dout):
        return dout * self.y * (1 - self.y)


@pytest.mark.parametrize("layer", [Mixing, Right])
def test_other_layers_have_no_curve(layer):
    """One whose entries are not alone has none, and neither has one that is right."""
    assert curve(layer) is None


@slow
def test_it_is_the_same_again():
    """The numbers are of balls, not of floats."""
    assert curve(Clipped) == curve(Clipped)


CURVE = Curve("x[0]", (("-1", "0", "0"), ("0.5", "1", "2"), ("2", "", "4"), ("3", "2", "1e+30")), ("0",))


def test_the_drawing_says_what_it_shows():
    """It has a name and a description, both lines by name, and a line at each kink; numbers far off do not flatten it."""
    drawn = curve_plot(CURVE)
    assert 'aria-label="the derivative with respect to x[0], exact and returned"' in drawn
    assert "they differ from 0.5 to 3; the code branches at 0" in drawn
    assert drawn.count('class="kink"') == 1
    assert re.findall(r'class="tick start (\w+)"', drawn) == ["exact", "backprop"]
    assert "1e+30" not in drawn
    Elements(drawn)


def test_lines_end_at_kinks():
    """A jump is no steep line: a line ends at a kink, and where a number is not known."""
    points = re.findall(r'<polyline points="([^"]*)" class="exact"', curve_plot(CURVE))
    assert [len(line.split()) for line in points] == [1, 1, 1]


def test_it_stands_on_the_page():
    """The case that has a curve shows it."""
    text = page.render(Run((replace(results.HALVED, curve=CURVE),)))
    assert "Derivative over the input" in text
    assert "Derivative over the input" not in page.render(Run((results.AFFINE,)))

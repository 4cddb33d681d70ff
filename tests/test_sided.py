"""The one-sided derivatives of an edge, beside what is returned there: where each side is, and what holds on it."""

import numpy as np
from subjects import elementwise

import verify


class Larger:
    """Both inputs get all of the upstream where they are equal."""

    def forward(self, a, b):
        self.a, self.b = a.copy(), b.copy()
        return np.maximum(a, b)

    def backward(self, dout):
        return dout * (self.a >= self.b), dout * (self.b >= self.a)


class Size:
    """|a b|, whose gradient is three times as large where a or b is 0."""

    def forward(self, a, b):
        self.a, self.b = a.copy(), b.copy()
        return abs(a * b)

    def backward(self, dout):
        sign = np.where(self.a * self.b == 0, 3, np.sign(self.a * self.b))
        return dout * sign * self.b, dout * sign * self.a


def sides(case):
    """Return what is listed of the first gradient that is wrong on an edge: entries, what is returned, the sides."""
    edge = next(row.one_sided for row in verify.check(case).comparisons if row.one_sided)
    return edge.entries, edge.returned, {side.where: side.derivatives for side in edge.sides}


def test_one_input_has_a_left_and_a_right():
    """Where one number lies on the edge, the sides are below and above its value, also where they are alike."""
    relu = elementwise(lambda x: np.maximum(x, 0), lambda d, x: d * np.where(x == 0, 2, x > 0), "N")
    assert sides(relu) == (("x[0]",), ("2",), {"x[0] < 0": ("0",), "x[0] > 0": ("1",)})
    huber = elementwise(
        lambda x: np.where(x < 1, x * x, 2 * x - 1),
        lambda d, x: d * np.where(x == 1, 5, np.where(x < 1, 2 * x, 2)),
        "N",
    )
    assert sides(huber) == (("x[0]",), ("5",), {"x[0] < 1": ("2",), "x[0] > 1": ("2",)})


def test_a_tie_has_the_order_of_its_inputs():
    """Entries that are wrong together have a row each; the fewest conditions say where a side is."""
    expected = {"a[0] - b[0] < 0": ("0", "1"), "a[0] - b[0] > 0": ("1", "0")}
    assert sides(verify.layer(Larger, inputs={"a": "N", "b": "N"})) == (("a[0]", "b[0]"), ("1", "1"), expected)


def test_a_side_is_where_its_condition_holds():
    """A side of a product is where the product has its sign, and not where one factor has."""
    _, (returned,), listed = sides(verify.layer(Size, inputs={"a": "N", "b": "N"}))
    (below, above) = sorted(listed)
    assert (below, above) == ("a[0]*b[0] < 0", "a[0]*b[0] > 0")
    assert [3 * float(*listed[above]), -3 * float(*listed[below])] == [float(returned)] * 2


def test_a_closed_bound_has_one_side():
    """At a bound of the domain there is the derivative from within."""
    case = elementwise(lambda x: x * x, lambda d, x: d * np.where(x == 0, 7, 2 * x), "N", low=0, closed=True)
    assert sides(case) == (("x[0]",), ("7",), {"x[0] > 0": ("0",)})

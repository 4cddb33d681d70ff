"""What is wrong on an edge, or just beyond it, at one size, label or option only is refuted; right twins are not."""

import numpy as np
import pytest
from effort import slow, some
from subjects import elementwise

import verify
from verify.checks.regions import glances
from verify.model.result import Verdict, strict


def relu(x):
    return np.maximum(x, 0)


def by_rows(slope, rows=4):
    """ReLU with a slope at 0 of its own for a number of rows."""
    return elementwise(relu, lambda d, x: d * np.where(x == 0, slope if len(x) == rows else 0, x > 0))


def asked_there(slope):
    """The same, of code that asks about 0 at that number of rows only."""

    def backward(d, x):
        dx = d * (x > 0)
        if len(x) == 4:
            dx[x == 0] = slope * d[x == 0]
        return dx

    return elementwise(relu, backward)


def of_one_entry(slope):
    def backward(d, x):
        dx = d * (x > 0)
        if len(x) == 4 and x[-1, -1] == 0:
            dx[-1, -1] = slope * d[-1, -1]
        return dx

    return elementwise(relu, backward)


def largest(columns, shared):
    """The largest of each row; ties share its gradient, or each has all of it, with a number of columns."""

    class Largest:
        def forward(self, x):
            self.x, y = np.array(x), x.max(axis=1)
            self.ties = self.x == y[:, None]
            return y.copy()

        def backward(self, dout):
            parts = 1 if self.x.shape[1] == columns and not shared else self.ties.sum(axis=1)
            return self.ties * (dout / parts)[:, None]

    return verify.layer(Largest, inputs={"x": "N D"})


def before_a_quotient(slope):
    """ReLU, then a quotient except near 0: it has a kink too, and at 0, where code goes another way, no value."""

    def forward(x):
        h = relu(x)
        near = h < 0.01
        safe = np.where(near, 1.0, h)
        return np.where(near, h, np.abs(safe**3 / safe**2))

    def backward(d, x):
        return d * np.where(x == 0, slope if len(x) == 4 else 0, x > 0)

    return verify.pair(forward, backward, x=verify.real("N", low=-0.01, high=3))


def hinge(label, slope):
    """A hinge loss of the score of each label; the slope on the edge is another one for one label."""

    class Hinge:
        def forward(self, x, t):
            self.t, self.shape, self.rows = np.array(t), x.shape, np.arange(len(t))
            self.margin = 1 - x[self.rows, t]
            return relu(self.margin)

        def backward(self, dout):
            slopes = np.where((self.margin == 0) & (self.t == label), slope, self.margin > 0)
            dx = np.zeros(self.shape)
            dx[self.rows, self.t] = -dout * slopes
            return dx

    return verify.layer(Hinge, inputs={"x": "N C", "t": verify.integer("N", below="C")})


def by_option(slope):
    class Absolute:
        def __init__(self, mode):
            self.mode = mode

        def forward(self, x):
            self.x = np.array(x)
            return abs(x)

        def backward(self, dout):
            there = self.mode == "b" and len(self.x) == 2
            return dout * np.where(self.x == 0, slope if there else 0, np.sign(self.x))

    return verify.layer(Absolute, inputs={"x": "N"}, options={"mode": ["a", "b"]})


def two_slopes(x):
    return np.where(x > 20, 2 * x - 20, x)


def at_threshold(slope):
    slopes = lambda x: np.where(x > 20, 2, np.where(x == 20, slope if x.shape[1] == 2 else 1, 1))  # noqa: E731
    return elementwise(two_slopes, lambda d, x: d * slopes(x))


def beyond_threshold(slope):
    return elementwise(two_slopes, lambda d, x: d * np.where(x > 20, slope if x.shape[1] == 2 else 2, 1))


def dense(slope, rows=5):
    class Dense:
        def forward(self, x, w):
            self.x, self.w = np.array(x), np.array(w)
            self.h = x @ w
            return relu(self.h)

        def backward(self, dout):
            d = dout * np.where(self.h == 0, slope if len(self.x) == rows else 0, self.h > 0)
            return d @ self.w.T, self.x.T @ d

    return verify.layer(Dense, inputs={"x": "N D", "w": "D M"})


def larger(first, second):
    def backward(d, x, y):
        tie = (first, second) if len(x) == 5 else (1, 0)
        return d * np.where(x == y, tie[0], x > y), d * np.where(x == y, tie[1], y > x)

    return verify.pair(np.maximum, backward, x="N", y="N")


def clip(slope):
    def backward(d, x):
        return d * np.where(x == 0.5, slope if len(x) == 2 else 0, (x > -0.25) & (x < 0.5))

    return elementwise(lambda x: np.clip(x, -0.25, 0.5), backward)


def raising(wrong):
    def backward(d, x):
        if wrong and len(x) == 4 and (x == 0).any():
            raise ZeroDivisionError
        return d * (x > 0)

    return elementwise(relu, backward)


KINDS = {
    "at 0 with four rows": (by_rows, (3,), (0.5,)),
    "at 0 with one row": (lambda slope: by_rows(slope, 1), (-1,), (1,)),
    "at 0, asked about with four rows only": (asked_there, (-1,), (1,)),
    "at 0 in the last entry of four rows": (of_one_entry, (2,), (0.5,)),
    "at a tie of three columns": (largest, (3, False), (3, True)),
    "at a tie of two columns": (largest, (2, False), (2, True)),
    "at a tie of five columns": (largest, (5, False), (5, True)),
    "on the edge for label 2": (hinge, (2, 3), (2, 0.5)),
    "on the edge for label 0": (hinge, (0, -1), (0, 1)),
    "for an option and two rows": (by_option, (2,), (0.25,)),
    "at 20 with two columns": (at_threshold, (3,), (1.5,)),
    "beyond 20 with two columns": (beyond_threshold, (3,), (2,)),
    "where a product of matrices is 0, with five rows": (dense, (2,), (0.5,)),
    "at a tie of two inputs": (larger, (1, 1), (0.5, 0.5)),
    "at the second bound with two rows": (clip, (1.5,), (1,)),
    "at 0 with four rows, by an exception": (raising, (True,), (False,)),
    "at 0 with four rows, before a quotient": (before_a_quotient, (-1,), (0.5,)),
}


@slow
@pytest.mark.parametrize("name", some(KINDS, 34))
def test_wrong_on_an_edge_where_another_condition_is_met(name):
    """It is refuted at the size, label or option; the twin that chooses another subgradient there is proved."""
    make, wrong, right = KINDS[name]
    rows = [row for row in verify.check(make(*wrong)).comparisons if not row.good]
    assert rows
    assert all(row.verdict in (Verdict.REFUTED, Verdict.ERROR) and row.variant.elsewhere for row in rows)
    assert {row.verdict for row in verify.check(make(*right)).comparisons} == {Verdict.PROVED}


RIGHT = {
    "units behind one column": lambda: dense(1, 1),
    "a jump": lambda: elementwise(lambda x: x * (x > 1), lambda d, x: d * (x > 1)),
    "a sharp bend": lambda: elementwise(lambda x: np.log1p(np.exp(-abs(1e4 * x))) + relu(1e4 * x), sharp),
    "a smooth edge": lambda: elementwise(lambda x: np.where(x > 1, 2 * x - 1, x * x), smooth),
}


def sharp(d, x):
    return d * 1e4 / (1 + np.exp(-1e4 * x))


def smooth(d, x):
    return d * np.where(x > 1, 2, 2 * x)


@pytest.mark.parametrize("name", some(RIGHT, 8))
def test_right_layers_whose_edges_are_no_plain_kinks(name):
    """Units that are 0 together, jumps, bends that floats see as kinks, and edges that are none are not refuted."""
    assert all(row.good for row in verify.check(RIGHT[name]()).comparisons)


@slow
def test_edges_that_were_not_judged_are_listed(monkeypatch):
    """Where no edge may be judged any more, the sizes at which one would have been are listed with the reason."""
    monkeypatch.setattr(glances, "_JUDGED", 0)
    result = verify.check(by_rows(3))
    assert result.good
    assert any(reason.startswith("edges at N=4, D=5: not judged, after") for reason in result.sizes.untried)


def both(x, w):
    """Return ReLU of an input and of a product with it: both are 0 where the input is."""
    return relu(x) + relu(x * w)


def both_near_0(x, w):
    """Return the same by code that asks about both near 0, and farther off about a quotient without a value at 0."""
    y = np.array(x)
    for i in range(len(x)):
        near = np.abs(x[i]) < 0.01
        y[i] = both(x[i], w[i]) if near else (1 + w[i]) * (x[i] + np.abs(x[i] ** 3 / x[i] ** 2)) / 2
    return y


def with_slope_at_0(forward, slope):
    """Make a case in which one slope is chosen for where both are 0."""

    def backward(d, x, w):
        dx = np.where(x == 0, slope if len(x) == 4 else 0, (1 + w) * (x > 0))
        return d * dx, d * x * (x > 0)

    return verify.pair(forward, backward, x="N", w=verify.real("N", low=0.5, high=2))


@slow
@pytest.mark.parametrize("forward", [both, both_near_0])
def test_where_several_formulas_are_0_at_once_is_told(forward):
    """What the code returns there, at a size of its own, is not judged: it is listed as not tried, and not passed over."""
    result = verify.check(with_slope_at_0(forward, 9))
    (reason,) = result.sizes.untried
    assert reason.startswith("edges at N=4")
    assert reason.endswith(": not judged where several formulas are 0 at once")
    assert result.good
    assert verify.check(with_slope_at_0(forward, 0)).sizes.untried == ()


def counted(forward, slope, edge, number, wrong, rows=4):
    """Code with another slope on an edge where a number of entries lie on it, at some rows; without `wrong`, the same."""

    def backward(d, x):
        on_edge = x == edge
        gone = wrong if on_edge.sum() == number and len(x) == rows else 0
        return d * (slope(x) + gone * on_edge)

    return verify.pair(forward, backward, x="N")


COUNTED = {
    "a parabola": (lambda x: x**2, lambda x: 2 * x, 0),
    "a parabola from 1 on": (lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1), 1),
    "a ReLU": (relu, lambda x: (x > 0) * 1.0, 0),
    "an absolute value": (np.abs, np.sign, 0),
    "a clip": (lambda x: np.clip(x, -1, 1), lambda x: (np.abs(x) < 1) * 1.0, 1),
}


@pytest.mark.parametrize(("name", "number"), some([(name, number) for name in COUNTED for number in (1, 2, 3)], 30))
def test_edges_that_code_counts(name, number):
    """What is wrong where so many entries lie on an edge is refuted at a further size, and a choice there is not."""
    forward, slope, edge = COUNTED[name]
    verdicts = {row.verdict for row in verify.check(counted(forward, slope, edge, number, 5)).comparisons}
    assert Verdict.REFUTED in verdicts
    choice = 0 if name.startswith("a parabola") else 0.5
    right = verify.check(counted(forward, slope, edge, number, choice))
    assert {row.verdict for row in right.comparisons} == {Verdict.PROVED}
    assert not any(finding.fails for finding in right.findings)


def counted_at(shape, number, wrong, edges=(-1, 1)):
    """A clip with another gradient where so many entries lie on its edges, at one shape."""

    def backward(d, x):
        on_edge = np.isin(x, edges)
        return d * ((np.abs(x) < 1) + (wrong if number(on_edge) else 0.5) * on_edge)

    return verify.pair(lambda x: np.clip(x, -1, 1), backward, x=shape)


AT_THE_SAMPLE = {
    "two": ("6", lambda on_edge: on_edge.sum() == 2),
    "three": ("6", lambda on_edge: on_edge.sum() == 3),
    "four": ("3 4", lambda on_edge: np.count_nonzero(on_edge) == 4),
    "five": ("8", lambda on_edge: len(np.flatnonzero(on_edge)) == 5),
    "more than three": ("6", lambda on_edge: on_edge.sum() > 3),
    "all": ("5", lambda on_edge: on_edge.all()),
    "all but one": ("2 3", lambda on_edge: (~on_edge).sum() == 1),
}


@slow
@pytest.mark.parametrize("name", some(list(AT_THE_SAMPLE), 14))
def test_entries_on_edges_that_code_counts_at_the_sample(name):
    """What is wrong where so many entries lie on the edges of a clip is refuted, and a choice there is not."""
    shape, number = AT_THE_SAMPLE[name]
    (row,) = (row for row in verify.check(counted_at(shape, number, 3)).comparisons if not row.verdict.good)
    assert row.verdict is Verdict.REFUTED
    assert row.diagnosis == "wrong only exactly where the code changes from one formula to another"
    right = verify.check(counted_at(shape, number, 0.25))
    assert {row.verdict for row in right.comparisons} == {Verdict.PROVED}
    assert not any("not judged" in reason for reason in right.sizes.untried)


MANY = {
    "six": lambda on_edge: on_edge.sum() == 6,
    "seven or more": lambda on_edge: on_edge.sum() > 6,
    "ten, which the code names": lambda on_edge: on_edge.sum() == 10,
    "all": lambda on_edge: on_edge.all(),
}


def open_edges(result):
    """Return the findings of edges that were not judged."""
    return [finding for finding in result.findings if finding.code == "GP004"]


@slow
@pytest.mark.parametrize("name", some(list(MANY), 4))
def test_more_entries_on_edges_than_sides_can_be_tried_of(name):
    """Where more lie on an edge, what does not fit its sides is a hazard, which fails if strict; a choice is none."""
    wrong, right = (verify.check(counted_at("12", MANY[name], value)) for value in (3, 0.25))
    assert any("not judged: more regions may meet there" in reason for reason in wrong.sizes.untried)
    assert right.sizes.untried == ()
    (finding,) = open_edges(wrong)
    assert finding.where.file.endswith("test_glances.py")
    assert wrong.passes
    assert not finding.fails
    assert not strict(wrong).passes
    assert not open_edges(right)


@slow
@pytest.mark.parametrize(
    ("shape", "number", "told"), some([("19", 17, False), ("20", 17, True), ("17", None, False)], 6)
)
def test_numbers_of_entries_that_are_not_tried_are_told(shape, number, told):
    """Of many entries not each number is tried, but those that the code names, and which are is told."""
    case = counted_at(shape, lambda on_edge: on_edge.sum() == number, 0.25)
    limit = (
        "edges at the sample: not judged with more than 16 entries on them at once, except all of them and all but one"
    )
    assert (limit in verify.check(case).sizes.untried) is told

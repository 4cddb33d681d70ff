"""An edge is looked at again for other options, sizes, regions, and where a second condition is 0 as well."""

import numpy as np
import pytest
from effort import slow, some
from masked_lstm import masked_lstm
from subjects import elementwise

import verify
from verify.model.result import Verdict


class Mode:
    """ReLU, with another slope at 0 in its mode b."""

    def __init__(self, mode, slope=0.5):
        self.slope = slope if mode == "b" else 0

    def forward(self, x):
        self.x = np.array(x)
        return np.maximum(x, 0)

    def backward(self, dout):
        return dout * np.where(self.x == 0, self.slope, self.x > 0)


def by_modes(slope):
    return verify.layer(lambda mode: Mode(mode, slope), inputs={"x": "N D"}, options={"mode": ["a", "b"]})


def relu(x):
    return np.maximum(x, 0)


def at_corner(value):
    def backward(d, a, b):
        both = (a == 0) & (b == 0)
        return d * np.where(both, value, (a > 0) * relu(b)), d * (b > 0) * relu(a)

    return verify.pair(lambda a, b: relu(a) * relu(b), backward, a="N", b="N")


def asked_together(d, a, b):
    if a == 0 and b == 0:
        return 5.0, d * a
    return d * b, d * a


WRONG = {
    "for an option": by_modes(7),
    "for one row": elementwise(relu, lambda d, x: d * (np.where(x == 0, 3, x > 0) if len(x) == 1 else x > 0), "N"),
    "where another input is negative": verify.pair(
        lambda x, y: relu(x) + y, lambda d, x, y: (d * np.where((x == 0) & (y < 0), -3, x > 0), d), x="N", y="N"
    ),
    "where another branch is taken": verify.pair(
        lambda x, y: relu(x) + np.where(y > 40, y, 2 * y),
        lambda d, x, y: (d * np.where(y > 40, np.heaviside(x, 2), x > 0), d * np.where(y > 40, 1, 2)),
        x="",
        y="",
    ),
    "where both are 0": at_corner(5),
    "where both are 0, and the second is asked only then": verify.pair(lambda a, b: a * b, asked_together, a="", b=""),
    "where x is 0 and y is 1": verify.pair(
        lambda x, y: x**2 * y, lambda d, x, y: (d * np.where((x == 0) & (y == 1), 1, 2 * x * y), d * x**2), x="N", y="N"
    ),
}
RIGHT = {
    "another convention for an option": by_modes(0.5),
    "the other convention for an option": by_modes(1),
    "another convention for one row": elementwise(relu, lambda d, x: d * (x >= 0 if len(x) == 1 else x > 0), "N"),
    "another convention where another input is negative": verify.pair(
        lambda x, y: relu(x) + y, lambda d, x, y: (d * np.where((x == 0) & (y < 0), 0.25, x > 0), d), x="N", y="N"
    ),
    "0 where both are 0": at_corner(0),
    "a product of maxima": verify.pair(
        lambda a, b: np.maximum(a, b) * np.minimum(a, 1),
        lambda d, a, b: (
            d * ((a >= b) * np.minimum(a, 1) + (a < 1) * np.maximum(a, b)),
            d * (b > a) * np.minimum(a, 1),
        ),
        a="",
        b="",
    ),
}


@slow
@pytest.mark.parametrize("name", some(WRONG, 16))
def test_a_wrong_value_on_an_edge_is_found_in_its_context(name):
    """What is right on an edge with one option, size or region may be wrong with another, and is refuted there."""
    rows = [row for row in verify.check(WRONG[name]).comparisons if row.verdict is Verdict.REFUTED]
    assert rows
    assert {row.evidence.kind for row in rows} == {"edge"}


@slow
@pytest.mark.parametrize("name", some(RIGHT, 16))
def test_another_convention_in_another_context_is_right(name):
    """A convention need not be the same with all options, sizes and regions."""
    assert {row.verdict for row in verify.check(RIGHT[name]).comparisons} == {Verdict.PROVED}


@slow
def test_many_sigmoids_by_masks():
    """The gates of an LSTM through time are proved, some edges of their masks judged, and the rest told as not tried."""
    result = verify.check(masked_lstm)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert result.cover.regions > 4
    assert any("the run budget ended" in sentence for sentence in result.cover.kinks)


ELSEWHERE = {
    "the sum": lambda x: x.sum() > 5,
    "the neighbour": lambda x: np.roll(x, 1) > 3,
    "the norm": lambda x: (x * x).sum() > 30,
    "the largest": lambda x: x.max() > 4,
}


@slow
@pytest.mark.parametrize("name", some(ELSEWHERE, 8))
def test_an_edge_is_looked_at_on_the_other_side_of_other_questions(name):
    """A value at 0 that is wrong only where other entries are large is refuted, and a choice between both is right."""
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    at = lambda value: lambda d, x: np.where((x == 0) & ELSEWHERE[name](x), value * d, d * (x > 0))  # noqa: E731
    assert verify.check(verify.pair(relu, at(0.5), x="3")).passes
    assert not verify.check(verify.pair(relu, at(7), x="3")).passes


@slow
@pytest.mark.parametrize("name", some(ELSEWHERE, 8))
def test_an_edge_of_a_named_dimension_is_looked_at_where_it_has_several_entries(name):
    """A value at 0 that is wrong only where other entries are large is refuted, though one entry asks the same."""
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    at = lambda value: lambda d, x: np.where((x == 0) & ELSEWHERE[name](x), value * d, d * (x > 0))  # noqa: E731
    assert verify.check(verify.pair(relu, at(0.5), x="N")).passes
    assert not verify.check(verify.pair(relu, at(5), x="N")).passes


def asked_beside(question, value, where="3"):
    """Return a ReLU that returns a value at 0 if something else of the input is asked as well."""

    def backward(d, x):
        return d * np.where((x == 0) & question(x), value, x > 0)

    return elementwise(relu, backward, where)


BESIDE = {
    "a product": lambda x: x.prod() == 0,
    "a product with another entry": lambda x: x * x[::-1] == 0,
    "a difference that is the entry": lambda x: x.sum() - x[1] - x[2] == 0,
}


@slow
@pytest.mark.parametrize("name", some(BESIDE))
def test_an_edge_where_more_is_asked(name):
    """What is asked beside an entry may be 0 where the entry is and nowhere else close to it: no further regions meet."""
    rows = verify.check(asked_beside(BESIDE[name], 5)).comparisons
    assert Verdict.REFUTED in {row.verdict for row in rows}
    assert verify.check(asked_beside(BESIDE[name], 0.5)).passes


def backward_alone(question, value):
    """Return gradients of x y + x that are others where backward, and nothing else, finds something to be 0."""
    return verify.pair(
        lambda x, y: x * y + x,
        lambda d, x, y: (np.where(question(d, x, y), value(d, y), d * (y + 1)), d * x),
        x="2",
        y="2",
    )


def larger(where, value):
    """Return the larger of two entries, with another gradient where a question of backward's is answered with yes."""
    return verify.pair(
        lambda x: x.max(), lambda d, x: np.where(where(x), value, d * (np.arange(2) == np.argmax(x))), x="2"
    )


ALONE = {
    "a product": lambda d, x, y: x * y == 0,
    "a sum of products": lambda d, x, y: (x * y).sum() == 0,
    "a product with the upstream": lambda d, x, y: np.cumsum(d * x * y) == 0,
    "squares": lambda d, x, y: x * x + x * x * y * y == 0,
    "an entry": lambda d, x, y: x == 0,
}
OF_TWO = {
    "on the tie and elsewhere": lambda x: x[0] * x[1] == x[0] * x[0],
    "on the tie, squared": lambda x: (x[0] - x[1]) ** 2 == 0,
    "on the tie, cubed": lambda x: x[0] ** 3 == x[1] ** 3,
}


@pytest.mark.parametrize("name", some(ALONE, 10))
def test_what_backward_alone_asks(name):
    """Where forward asks nothing, its derivative is the only right value, however many of backward's regions meet."""
    wrong, right = (
        verify.check(backward_alone(ALONE[name], value)) for value in (lambda d, y: 0 * d, lambda d, y: d + d * y)
    )
    assert Verdict.REFUTED in {row.verdict for row in wrong.comparisons}
    assert right.passes


@pytest.mark.parametrize("name", some(OF_TWO))
def test_what_backward_asks_on_a_tie_of_forward(name):
    """Only the regions of forward make up the derivatives on an edge: a value beyond them is wrong, one of them right."""
    assert not verify.check(larger(OF_TWO[name], 3.0)).passes
    assert verify.check(verify.pair(lambda x: x.max(), lambda d, x: d * (np.arange(2) == np.argmax(x)), x="2")).passes

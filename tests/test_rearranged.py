"""Right numbers in wrong places are recognised: another order, a symmetric mean, a transposed parameter."""

import numpy as np

import verify


def diagnoses(subject):
    return [row.diagnosis for row in verify.check(subject).comparisons if not row.good]


def ordered(order):
    @verify.case(x="3")
    def subject(x):
        dout = yield np.stack([x[0] * np.sin(x[1]), x[1] * x[2]])
        a, b = dout
        return np.stack([a * np.sin(x[1]), a * x[0] * np.cos(x[1]) + b * x[2], b * x[1]])[order]

    return diagnoses(subject)


def test_another_order():
    """Entries that are all right in another order are, and the first that moved is named."""
    assert ordered([1, 0, 2]) == ["the entries are in another order: entry [0] has the value of entry [1]"]
    assert ordered([0, 1, 2]) == []
    assert not any("order" in text for text in ordered([0, 0, 2]))


def put(where):
    @verify.case(x="4")
    def subject(x):
        dout = yield np.sin(x[:2])
        gradient = np.zeros(4)
        gradient[where] = np.array(dout * np.cos(x[:2]))
        return gradient

    return diagnoses(subject)


def test_entries_that_are_elsewhere():
    """What belongs to some entries and is in others, which should be 0, is told with where it is."""
    moved = "right numbers in the wrong entries: what belongs to entry [0] is in entry [{}]{}"
    assert put([0, 1]) == []
    assert put([2, 3]) == [moved.format(2, ", and all others are shifted alike")]
    assert put([3, 1]) == [moved.format(3, "")]


def test_a_symmetric_mean():
    """The mean of a gradient and its transpose is one."""

    @verify.case(x="2 2")
    def subject(x):
        dout = yield np.sin(x) + x[0, 0] * x
        exact = dout * np.cos(x) + dout * x[0, 0]
        exact = exact + np.array([[1, 0], [0, 0]]) * (dout * x).sum()
        return (exact + exact.T) / 2

    assert diagnoses(subject) == ["the gradient is made symmetric: it is averaged with its transpose"]


def recurrent(turn):
    @verify.case(h="2 3", W="3 3")
    def subject(h, W):
        y = np.tanh(h @ W)
        dout = yield y
        da = dout * (1 - y**2)
        return da @ (W.T if turn else W), h.T @ da

    return diagnoses(subject)


def test_a_parameter_that_is_not_transposed():
    """A product with W where W.T is right is told apart from the right one."""
    assert recurrent(turn=True) == []
    (text,) = recurrent(turn=False)
    assert "transpose" in text

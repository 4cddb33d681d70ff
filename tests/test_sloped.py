"""A function of forward whose slope backward has wrong is named once, with both slopes, for all gradients before it."""

import re

import numpy as np
import pytest
from effort import slow

import verify
from verify.model.result import Verdict


def diagnoses(subject):
    """Return what is said of the wrong gradients of a case, each sentence once, and how many are wrong."""
    wrong = [row for row in verify.check(subject, quick=True).comparisons if row.verdict is Verdict.REFUTED]
    return {row.diagnosis for row in wrong}, len({row.name for row in wrong})


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Cell:
    """An LSTM's cell with its gates in one product; its slopes of g and of i are as a subclass has them."""

    g_slope = staticmethod(lambda g: 1 - g**2)
    i_slope = staticmethod(lambda i: i * (1 - i))

    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x, c):
        H = c.shape[1]
        z = x @ self.W + self.b
        i = sigmoid(z[:, :H])
        g = np.tanh(z[:, H:])
        t = np.tanh(c + i * g)
        self.kept = x.copy(), i, g, t
        return t * i

    def backward(self, dout):
        x, i, g, t = self.kept
        dc = dout * i * (1 - t**2)
        dz = np.hstack([(dout * t + dc * g) * self.i_slope(i), dc * i * self.g_slope(g)])
        self.dW = x.T @ dz
        self.db = dz.sum(axis=0)
        return dz @ self.W.T, dc


def cell(**slopes):
    made = type("Made", (Cell,), {name: staticmethod(slope) for name, slope in slopes.items()})
    return verify.layer(
        made, inputs={"x": "N D", "c": "N H"}, params={"W": "D 2*H", "b": "2*H"}, sizes={"N": 2, "D": 2, "H": 2}
    )


@pytest.mark.parametrize(
    ("slopes", "words"),
    [
        ({"g_slope": lambda g: 1 - g}, "the slope of g, at LINE, is taken as 1 - g in place of 1 - g**2"),
        ({"i_slope": lambda i: 1 - i}, "the slope of i, at LINE, is taken as 1 - i in place of i*(1 - i)"),
    ],
    ids=["tanh", "sigmoid"],
)
def test_one_slope_of_a_gate_explains_all_gradients_before_it(slopes, words):
    """The mistake is said of x, W and b in one sentence, with the line of forward."""
    sentences, wrong = diagnoses(cell(**slopes))
    assert ({re.sub(r"at [^ ]*:[0-9]+,", "at LINE,", sentence) for sentence in sentences}, wrong) == ({words}, 3)


def test_right_slopes_are_not_refuted():
    """The same cell with its own slopes has nothing to explain."""
    assert diagnoses(cell()) == (set(), 0)


def test_no_slope_is_named_that_does_not_explain_every_entry():
    """Of a slope that is none of the table, and of one that is wrong for some entries alone, none is said."""
    for slope in (lambda g: 1 - 3 * g**2, lambda g: np.where(np.arange(2) == 0, 1 - g, 1 - g**2)):
        sentences, wrong = diagnoses(cell(g_slope=slope))
        assert wrong == 3
        assert not any("the slope of g" in sentence for sentence in sentences)


class Steps:
    """A recurrence, in which each state is computed of the one before."""

    def __init__(self, U):
        self.U = U

    def forward(self, x):
        self.states = [np.zeros_like(x[0])]
        for row in x:
            h = sigmoid(row + self.states[-1] @ self.U)
            self.states.append(h)
        return np.stack(self.states[1:]) * 2

    def backward(self, dout):
        self.dU, dx, back = np.zeros_like(self.U), np.zeros_like(dout), np.zeros_like(dout[0])
        for t in reversed(range(len(dout))):
            dz = (2 * dout[t] + back) * (1 - self.states[t + 1] ** 2)
            self.dU += np.outer(self.states[t], dz)
            dx[t], back = dz, self.U @ dz
        return dx


def test_a_slope_of_a_recurrence_is_one_at_all_steps():
    """A sigmoid that is differentiated as a tanh is named, though each step depends on the ones before."""
    sentences, wrong = diagnoses(verify.layer(Steps, inputs={"x": "3 2"}, params={"U": "2 2"}))
    assert wrong == 2
    assert all("is taken as 1 - h**2 in place of h*(1 - h)" in sentence for sentence in sentences), sentences


class Elu:
    def __init__(self, alpha=0.5):
        self.alpha = alpha

    def forward(self, x):
        self.out = np.where(x > 0, x, self.alpha * (np.exp(np.minimum(x, 0)) - 1))
        return self.out.copy()

    def backward(self, dout):
        return dout * np.where(self.out > 0, 1, self.out + 1)


def test_a_slope_that_has_a_constant_of_its_own():
    """An ELU whose slope has 1 in place of its factor is told from the right one."""
    (sentence,), _ = diagnoses(verify.layer(Elu, inputs={"x": "2 2"}))
    assert "is taken as y + 1 in place of y, where y is" in sentence


class Normed:
    """A norm over images: too many entries to look through, but at small sizes."""

    def forward(self, x):
        mean = x.mean(axis=(2, 3), keepdims=True)
        var = x.var(axis=(2, 3), keepdims=True)
        self.std = np.sqrt(var + 0.5)
        return (x - mean) / self.std

    def backward(self, dout):
        return (dout - dout.mean(axis=(2, 3), keepdims=True)) / self.std


@slow
def test_what_is_too_large_is_looked_at_small_sizes():
    """The mistake is named with the sizes at which it is proved."""
    sentences, _ = diagnoses(verify.layer(Normed, inputs={"x": "N C H W"}))
    assert all(sentence.startswith("var is treated as a constant") for sentence in sentences)
    assert any(sentence.endswith("is missing (proved at N=2, C=2, H=2, W=2)") for sentence in sentences)
    (sentence,), _ = diagnoses(verify.layer(Normed, inputs={"x": "3 4 5 6"}))
    assert not sentence  # of fixed sizes nothing is known at others

"""What backward takes for a constant is named: a line of forward, or an expression, through which nothing flows back."""

import numpy as np
import pytest
from effort import slow, some

import verify


def diagnoses(subject):
    return [row.diagnosis for row in verify.check(subject, quick=True).comparisons if not row.good]


class Normalised:
    """A batch norm with a weight, which forgets some of what its input flows through."""

    forget = ()

    def __init__(self, gamma):
        self.gamma = gamma

    def forward(self, x):
        mean = x.mean(axis=0)
        centred = x - mean
        var = (centred**2).mean(axis=0)
        self.std = np.sqrt(var + 1e-5)
        self.y = centred / self.std
        return self.gamma * self.y

    def backward(self, dout):
        self.dgamma = (dout * self.y).sum(axis=0)
        dy = dout * self.gamma
        dx = dy
        if "mean" not in self.forget:
            dx = dx - dy.mean(axis=0)
        if "var" not in self.forget:
            dx = dx - self.y * (dy * self.y).mean(axis=0)
        return dx / self.std


class InOneLine(Normalised):
    """The same without names: only expressions tell what it is."""

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=0) + 1e-5)
        self.y = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.y


def average(array):
    total = array.sum(axis=0)
    return total / len(array)


class ByAHelper(Normalised):
    """The same with a function that is called for both."""

    def forward(self, x):
        mean = average(x)
        centred = x - mean
        var = average(centred**2)
        self.std = np.sqrt(var + 1e-5)
        self.y = centred / self.std
        return self.gamma * self.y


def forgetting(layer, *forget):
    subject = type("Layer", (layer,), {"forget": forget})
    return diagnoses(verify.layer(subject, inputs={"x": "3 1"}, params={"gamma": "1"}))


@pytest.mark.parametrize(
    ("layer", "forget", "names"),
    some(
        [
            (Normalised, "var", "var is"),
            (Normalised, "mean", "mean is"),
            (InOneLine, "var", "self.std is"),
            (InOneLine, "mean", "x.mean(axis=0) is"),
            (ByAHelper, "var", "var is"),
            (ByAHelper, "mean", "mean is"),
        ]
    ),
)
def test_one_array_is_held(layer, forget, names):
    """The array that is taken for a constant is called as the code calls it, at its line."""
    (text,) = forgetting(layer, forget)
    assert text.startswith(f"{names} treated as a constant: what flows back through it, at ")
    assert "test_held.py:" in text


def test_two_arrays_are_held():
    """A mean and a variance that are both taken for constants are both named."""
    (text,) = forgetting(Normalised, "mean", "var")
    assert text.startswith("mean and var are treated as constants: what flows back through them, at ")


def test_a_right_gradient_holds_nothing():
    """A gradient that forgets nothing is right, and one with another mistake is not explained by a constant."""
    assert forgetting(Normalised) == []
    assert forgetting(InOneLine) == []

    class Doubled(Normalised):
        def backward(self, dout):
            return super().backward(dout) + self.y

    assert not any("constant" in text for text in forgetting(Doubled))


def attended(forget):
    @verify.case(q="1 2", k="2 2")
    def subject(q, k):
        e = np.exp(q @ k.T)
        z = e.sum(axis=1, keepdims=True)
        p = e / z
        dout = yield p @ k
        ds = p * (dout @ k.T)
        if not forget:
            ds = ds - p * ds.sum(axis=1, keepdims=True)
        return ds @ k, ds.T @ q + p.T @ dout

    return diagnoses(subject)


def test_a_normaliser_that_is_held():
    """The sum that a softmax divides by is found within a larger layer, by all inputs that flow through it."""
    assert attended(forget=False) == []
    texts = attended(forget=True)
    assert [text.split(" is ")[0] for text in texts] == ["z", "z"]


@slow
def test_gradients_beyond_floats():
    """Where gradients are infinite as floats, the diagnosis ends in no warning of NumPy."""

    def backward(dout, x, p):
        return dout * p * (p + 1) * x ** (p * p + p - 1), dout * (2 * p + 1) * x ** (p * (p + 2)) * np.log(x)

    domain = verify.real("", low=0)
    case = verify.pair(lambda x, p: (x**p) ** (p + 1), backward, x=domain, p=domain)
    assert "REFUTED" in {row.verdict.name for row in verify.check(case).comparisons}


class Shrunk:
    """A soft threshold whose gradient has one side only."""

    def forward(self, x):
        self.x = x.copy()
        return np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)

    def backward(self, dout):
        return dout * (self.x > 0.5)


def test_an_array_of_which_one_side_of_a_branch_is_missing_is_not_held():
    """What flows through it on the other side is there."""
    (diagnosis,) = diagnoses(verify.layer(Shrunk, inputs={"x": "5"}))
    assert diagnosis == "the gradient is missing where x <= 0"

"""The expression of backward that is off by a factor, or is not transposed, is named as it stands in the code."""

import numpy as np
import pytest

import verify


def diagnoses(layer, **shapes):
    """Return what is said of each wrong gradient of a layer, by name."""
    case = verify.layer(layer, inputs=shapes or {"x": "3 4"})
    return {row.name: row.diagnosis for row in verify.check(case, quick=True).comparisons if not row.good}


class Norm:
    """Each row without its mean, over its root mean square; `over` is what the last term is a sum over."""

    def forward(self, x):
        self.centred = x - x.mean(axis=1, keepdims=True)
        self.std = np.sqrt((self.centred**2).mean(axis=1, keepdims=True) + 1e-3)
        self.out = self.centred / self.std
        return self.out.copy()


class SumForMean(Norm):
    def backward(self, dout):
        mean = dout.mean(axis=1, keepdims=True)
        return (dout - mean - self.out * (dout * self.out).sum(axis=1, keepdims=True)) / self.std


class MeanForSum(Norm):
    def backward(self, dout):
        mean = dout.sum(axis=1, keepdims=True) / dout.shape[1] ** 2
        share = (dout * self.out).mean(axis=1, keepdims=True)
        return (dout - dout.shape[1] * mean - self.out * share * dout.shape[1]) / self.std


class WrongSign(Norm):
    def backward(self, dout):
        mean = dout.mean(axis=1, keepdims=True)
        dots = -(dout * self.out).mean(axis=1, keepdims=True)
        return (dout - mean - self.out * dots) / self.std


class OneTooMany(Norm):
    def backward(self, dout):
        mean = dout.mean(axis=1, keepdims=True)
        share = (dout * self.out).mean(axis=1, keepdims=True)
        return (dout - mean - self.out * share + 0.5 * dout * self.out) / self.std


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            SumForMean,
            "(dout * self.out).sum(axis=1, keepdims=True) is too large by a factor of 4 ({}): is a mean meant?",
        ),
        (MeanForSum, "self.out * share * dout.shape[1] is too large by a factor of 4 ({})"),
        (WrongSign, "self.out * dots has the wrong sign ({})"),
        (OneTooMany, "0.5 * dout * self.out is one term too many ({})"),
    ],
)
def test_an_expression_that_is_off_by_a_factor(layer, text):
    """It is written as in the code, with its line; of several that explain the gradient the outermost."""
    said = diagnoses(layer)["x"]
    start, end = text.split("{}")
    assert said.startswith(start)
    assert said.endswith(end)
    assert "test_expressions.py:" in said


class Attention:
    """Of as many keys as queries, so that a transpose of the scores has the right shape."""

    def forward(self, q, k):
        self.q, self.k = q.copy(), k.copy()
        self.p = np.tanh(q @ k.T)
        return self.p * self.p

    def backward(self, dout):
        ds = 2 * dout * self.p * (1 - self.p**2)
        return ds @ self.k, ds @ self.q


def test_an_array_that_is_not_transposed():
    """Whose gradient has the right shape for that."""
    assert diagnoses(Attention, q="3 4", k="3 4") == {"k": "ds is used in place of its transpose"}


class Shared:
    """A slope that two gradients use, of which one is right with it: not the slope is wrong, but its use."""

    def forward(self, x, w):
        self.x, self.w = x.copy(), w.copy()
        return np.sin(x + 2 * w) + x**2 + w**2

    def backward(self, dout):
        slope = dout * np.cos(self.x + 2 * self.w)
        return slope + 2 * self.x * dout, slope + 2 * self.w * dout


def test_what_a_right_gradient_uses_is_not_named():
    """With twice the slope the wrong gradient would be right, and the right one wrong."""
    said = diagnoses(Shared, x="3", w="3")
    assert said.keys() == {"w"}
    assert "slope" not in said["w"]


class Alone(Shared):
    """The twin: the slope of the wrong gradient is its own."""

    def backward(self, dout):
        slope = dout * np.cos(self.x + 2 * self.w)
        return np.cos(self.x + 2 * self.w) * dout + 2 * self.x * dout, slope + 2 * self.w * dout


def test_what_the_wrong_gradient_alone_uses_is_named():
    """By its name."""
    assert diagnoses(Alone, x="3", w="3")["w"].startswith("slope is too small by a factor of 2 (")


class Nearly(Norm):
    """Twin of the wrong sign: on floats no difference is seen, so that a factor fits, but it is another function."""

    def backward(self, dout):
        mean = dout.mean(axis=1, keepdims=True)
        dots = -(dout * self.out).mean(axis=1, keepdims=True) * (1 + 1e-12)
        return (dout - mean - self.out * dots) / self.std


def test_what_fits_on_floats_alone_is_not_named():
    """The gradient with another factor has to be proved to be the exact one."""
    assert "has the wrong sign" not in diagnoses(Nearly)["x"]


class Recurrent:
    """A network of several steps; the sign of what goes back from one to the one before is wrong."""

    def __init__(self, W, U):
        self.W, self.U = W, U

    def forward(self, xs):
        self.xs = xs.copy()
        self.hs = [np.zeros((xs.shape[1], self.U.shape[0]))]
        for x in xs:
            self.hs.append(np.tanh(x @ self.W + self.hs[-1] @ self.U))
        return self.hs[-1].copy()

    def backward(self, dout):
        self.dW, self.dU, dxs, d = np.zeros_like(self.W), np.zeros_like(self.U), np.zeros_like(self.xs), dout
        for t in range(len(self.xs) - 1, -1, -1):
            dz = d * (1 - self.hs[t + 1] ** 2)
            self.dW += self.xs[t].T @ dz
            self.dU += self.hs[t].T @ dz
            dxs[t] = dz @ self.W.T
            d = -(dz @ self.U.T)
        return dxs


def test_what_a_step_of_a_loop_passes_on():
    """It is wrong in each step, so that the gradient of the first input has the wrong sign many times."""
    case = verify.layer(Recurrent, inputs={"xs": "3 2 2"}, params={"W": "2 2", "U": "2 2"})
    rows = [row for row in verify.check(case, quick=True).comparisons if not row.good]
    assert {row.name for row in rows} == {"xs", "W", "U"}
    assert all(row.diagnosis.startswith("d has the wrong sign (") for row in rows)


class OfOneGate:
    def forward(self, x, c):
        self.gate = 1 / (1 + np.exp(-x))
        self.c = c.copy()
        return self.gate * c**2

    def backward(self, dout):
        return None, 2 * self.c * dout


class OfAnotherGate(OfOneGate):
    """The twin: it is off by a factor that is no array of forward, however near."""

    def backward(self, dout):
        return None, 2 * self.c * dout / (1 + 1e-12)


class OfOneScale(OfOneGate):
    def forward(self, x, c):
        self.scale = np.sqrt((x**2).sum(axis=1, keepdims=True) + 1)
        self.c = c.copy()
        return c**2 / self.scale


@pytest.mark.parametrize(
    ("layer", "text"),
    [(OfOneGate, "a factor is missing: self.gate ("), (OfOneScale, "a division is missing: by self.scale (")],
)
def test_an_array_that_the_gradient_is_not_multiplied_by(layer, text):
    """Entry by entry, or row by row; it is named with its line."""
    assert diagnoses(layer, x="2 3", c="2 3")["c"].startswith(text)


def test_a_factor_that_is_near_is_not_named():
    """It is proved that the gradient times the array is the exact one."""
    assert "is missing" not in diagnoses(OfAnotherGate, x="2 3", c="2 3")["c"]

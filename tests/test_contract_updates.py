"""Parameters that are updated in place: what a layer has computed of them once is stale from then on."""

import numpy as np
import pytest

import verify


class Linear:
    """A right layer, whose `kept` and `read` say what is computed of W when it is made, and in each call."""

    def __init__(self, W, b):
        self.W, self.b = W, b
        self.kept = self.keep(W)

    @staticmethod
    def keep(W):
        return None

    def transposed(self):
        return self.W.T

    def forward(self, x):
        self.x = x.copy()
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.transposed()


class KeepsCopy(Linear):
    @staticmethod
    def keep(W):
        return W.T.copy()

    def transposed(self):
        return self.kept


class KeepsOfFirstCall(Linear):
    def transposed(self):
        if self.kept is None:
            self.kept = self.W.T.copy()
        return self.kept


class KeepsFlat(Linear):
    """The copy is one because a transposed array cannot be seen in another shape."""

    @staticmethod
    def keep(W):
        return W.T.reshape(-1)

    def transposed(self):
        return self.kept.reshape(self.W.T.shape)


class KeepsColumns(Linear):
    @staticmethod
    def keep(W):
        return [column.copy() for column in W.T]

    def transposed(self):
        return np.array(self.kept)


class KeepsSum(Linear):
    """A part of the output is that of the first parameters."""

    @staticmethod
    def keep(W):
        return W.sum()

    def forward(self, x):
        return super().forward(x) + self.W.sum() - self.kept


class KeepsView(Linear):
    @staticmethod
    def keep(W):
        return W.T

    def transposed(self):
        return self.kept


class KeepsFlatView(KeepsFlat):
    @staticmethod
    def keep(W):
        return W.reshape(-1)

    def transposed(self):
        return self.kept.reshape(self.W.shape).T


class InDict(Linear):
    """Parameters have two names, and one memory."""

    @staticmethod
    def keep(W):
        return {"W": W}

    def transposed(self):
        return self.kept["W"].T


class ComputesAnew(Linear):
    def forward(self, x):
        self.kept = self.W.T.copy()
        return super().forward(x)

    def transposed(self):
        return self.kept


class AddsUp(Linear):
    """Gradients add up until they are set to 0, as in frameworks."""

    def zero_grad(self):
        self.dW, self.db = 0, 0

    def backward(self, dout):
        self.dW = getattr(self, "dW", 0) + self.x.T @ dout
        self.db = getattr(self, "db", 0) + dout.sum(axis=0)
        return dout @ self.W.T


class OfCopies(Linear):
    """Its own copies are what is trained: nobody else's array is."""

    def __init__(self, W, b):
        super().__init__(W.copy(), b.copy())


class ScaledOnce(Linear):
    """The parameter of the case is where training begins; the layer holds none of it that could be updated."""

    def __init__(self, W, b):
        super().__init__(W / 2, b)

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW / 2
        return dx


WRONG = [KeepsCopy, KeepsOfFirstCall, KeepsFlat, KeepsColumns, KeepsSum]
RIGHT = [Linear, KeepsView, KeepsFlatView, InDict, ComputesAnew, AddsUp, OfCopies, ScaledOnce]


def findings(kind):
    """Return the findings of a layer, whose gradients are right for the parameters that it is made with."""
    result = verify.check(verify.layer(kind, inputs={"x": "N D"}, params={"W": "D M", "b": "M"}))
    assert all(row.verdict.good for row in result.comparisons)
    return [finding for finding in result.findings if finding.code == "GP128"]


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_kept_of_a_parameter_is_found(kind):
    """Although each call of a layer that was just made is right."""
    (finding,) = findings(kind)
    assert finding.bad
    assert finding.detail.startswith("after W, b changed in place, ")


@pytest.mark.parametrize("kind", RIGHT)
def test_views_and_what_is_computed_anew_are_right(kind):
    """And what cannot be updated in place is left alone."""
    assert not findings(kind)


class Net:
    """Two layers that share their arrays with the parameters of the net, as an optimizer finds them."""

    def __init__(self, W1, b1, W2, b2, kind=Linear):
        self.params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
        self.layers = [Linear(W1, b1), kind(W2, b2)]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        self.dW1, self.db1, self.dW2, self.db2 = (
            gradient for layer in self.layers for gradient in (layer.dW, layer.db)
        )
        return dout


@pytest.mark.parametrize(("kind", "number"), [(Linear, 0), (KeepsView, 0), (KeepsCopy, 1), (KeepsOfFirstCall, 1)])
def test_a_net_whose_layers_share_its_parameters(kind, number):
    """What one layer keeps shows in the gradients of the net, and views of shared arrays are no copies."""
    params = {"W1": "D H", "b1": "H", "W2": "H M", "b2": "M"}
    result = verify.check(verify.layer(lambda *arrays: Net(*arrays, kind), inputs={"x": "N D"}, params=params))
    assert all(row.verdict.good for row in result.comparisons)
    assert [finding.code for finding in result.findings].count("GP128") == number

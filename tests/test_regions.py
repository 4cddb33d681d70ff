"""What is wrong in a part of the domain only: found, with inputs that show it; what is right all over it never refuted."""

import numpy as np
import pytest
from effort import some

import verify
from verify.model.result import Verdict


class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, dout):
        return dout * self.y * (1 - self.y)


class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.y = e / e.sum(axis=-1, keepdims=True)
        return self.y

    def backward(self, dout):
        return self.y * (dout - (dout * self.y).sum(axis=-1, keepdims=True))


class LayerNorm:
    def forward(self, x):
        self.spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
        self.y = (x - x.mean(axis=-1, keepdims=True)) / self.spread
        return self.y

    def backward(self, dout):
        inner = dout.mean(axis=-1, keepdims=True) + self.y * (dout * self.y).mean(axis=-1, keepdims=True)
        return (dout - inner) / self.spread


class Cube:
    def forward(self, x):
        self.x = np.array(x)
        return x**3

    def backward(self, dout):
        return 3 * self.x**2 * dout


LAYERS = {"sigmoid": Sigmoid, "softmax": Softmax, "layer norm": LayerNorm, "cube": Cube}
FEW = some(LAYERS, len(LAYERS))
# What goes wrong, and where: a mistake changes dx, given x, in a part of the domain only.
MISTAKES = {
    "x > 20": lambda x, dx: np.where(x > 20, dx + 1, dx),
    "x < -10": lambda x, dx: np.where(x < -10, 0.5, dx),
    "|x| < 1e-3": lambda x, dx: np.where(np.abs(x) < 1e-3, dx - 1, dx),
    "x == 0": lambda x, dx: np.where(x == 0, 7, dx),
    "x[0] == x[1]": lambda x, dx: np.where(x[..., :1] == x[..., 1:2], 7, dx),
    "|x[0] - x[1]| < 1e-6": lambda x, dx: np.where(np.abs(x[..., :1] - x[..., 1:2]) < 1e-6, 7, dx),
    "the last row": lambda x, dx: np.concatenate([dx[:-1], dx[-1:] * 1.5]),
    "a large norm": lambda x, dx: dx * 2 if (x**2).sum() > 1e4 else dx,
    "all positive": lambda x, dx: dx * 2 if (x > 0).all() else dx,
    "25 < x < 26": lambda x, dx: np.where((x > 25) & (x < 26), 1, dx),
}


def with_mistake(make, mistake):
    """Return a layer that makes a mistake in its backward; None is none."""

    class Mistaken:
        def forward(self, x):
            self.layer, self.x = make(), np.array(x)
            return self.layer.forward(x).copy()

        def backward(self, dout):
            dx = self.layer.backward(dout)
            return dx if mistake is None else mistake(self.x, dx)

    return verify.layer(Mistaken, inputs={"x": "N D"})


@pytest.mark.parametrize("name", LAYERS)
def test_right_layers_are_right_everywhere(name):
    """Without a mistake nothing is found."""
    result = verify.check(with_mistake(LAYERS[name], None))
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}
    assert not result.cover.unvisited


@pytest.mark.parametrize("mistake", some(MISTAKES, 12))
@pytest.mark.parametrize("name", FEW)
def test_mistakes_in_a_part_of_the_domain_are_found(name, mistake):
    """Each mistake is found in each layer, and the inputs that are shown lie in that part."""
    result = verify.check(with_mistake(LAYERS[name], MISTAKES[mistake]))
    refuted = [c for c in result.comparisons if c.verdict is Verdict.REFUTED]
    assert refuted
    assert refuted[0].counterexample is not None

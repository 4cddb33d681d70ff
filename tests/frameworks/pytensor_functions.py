"""Ops of PyTensor with gradients written by hand, right ones and twins with one planted mistake, each as a case."""

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.builders import OpFromGraph
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

import verify
from verify import pytensor_op


class Elementwise(Op):
    """An Op of one array, whose output is like it; a class of it says what `perform` and `slope` compute."""

    def make_node(self, x):
        x = pt.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def pullback(self, inputs, outputs, output_grads):
        return [output_grads[0] * self.slope(*inputs, *outputs)]


class Silu(Elementwise):
    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        output_storage[0][0] = x / (1 + np.exp(-x))

    def slope(self, x, y):
        s = pt.sigmoid(x)
        return s + y * (1 - s)


class SiluWithoutSlope(Silu):
    def slope(self, x, y):
        s = pt.sigmoid(x)
        return s + s * (1 - s)


class Softplus(Elementwise):
    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.log1p(np.exp(inputs[0]))

    def slope(self, x, y):
        return 1 - pt.exp(-y)


class SoftplusSign(Softplus):
    def slope(self, x, y):
        return 1 - pt.exp(y)


class Leaky(Elementwise):
    __props__ = ("slopes",)

    def __init__(self, slopes=(0.1, 0.1)):
        self.slopes = slopes

    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        output_storage[0][0] = np.where(x > 0, x, self.slopes[0] * x)

    def slope(self, x, y):
        return pt.switch(x > 0, 1.0, self.slopes[1])


class Affine(Op):
    """x @ w + b, with the deprecated name of the rule that has outputs."""

    def make_node(self, x, w, b):
        x, w, b = map(pt.as_tensor_variable, (x, w, b))
        return Apply(self, [x, w, b], [pt.matrix(dtype=x.dtype)])

    def perform(self, node, inputs, output_storage):
        x, w, b = inputs
        output_storage[0][0] = np.dot(x, w) + b

    def L_op(self, inputs, outputs, output_grads):  # noqa: N802 - as PyTensor has it
        x, w, _ = inputs
        (g,) = output_grads
        return [g @ w.T, x.T @ g, g.sum(axis=0)]


class AffineMean(Affine):
    def L_op(self, inputs, outputs, output_grads):  # noqa: N802
        *first, _ = super().L_op(inputs, outputs, output_grads)
        return [*first, output_grads[0].mean(axis=0)]


class AffineSwapped(Affine):
    def L_op(self, inputs, outputs, output_grads):  # noqa: N802
        x, w, b = super().L_op(inputs, outputs, output_grads)
        return [x, pt.transpose(w), b]


class Norm(Op):
    """The length of each row, with the oldest name of the rule."""

    def make_node(self, x):
        x = pt.as_tensor_variable(x)
        return Apply(self, [x], [pt.vector(dtype=x.dtype)])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.sqrt((inputs[0] ** 2).sum(axis=1))

    def grad(self, inputs, output_grads):
        (x,), (g,) = inputs, output_grads
        return [g[:, None] * x / self(x)[:, None]]


class NormSquared(Norm):
    def grad(self, inputs, output_grads):
        (x,), (g,) = inputs, output_grads
        return [g[:, None] * x / self(x)[:, None] ** 2]


class Softmax(Op):
    def make_node(self, x):
        x = pt.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        output_storage[0][0] = e / e.sum(axis=-1, keepdims=True)

    def pullback(self, inputs, outputs, output_grads):
        (y,), (g,) = outputs, output_grads
        return [y * (g - (g * y).sum(axis=-1, keepdims=True))]


class SoftmaxDiagonal(Softmax):
    def pullback(self, inputs, outputs, output_grads):
        (y,), (g,) = outputs, output_grads
        return [g * y * (1 - y)]


class Polar(Op):
    """Two outputs, whose gradients may be disconnected."""

    keeps_both = True

    def make_node(self, radius, angle):
        radius, angle = map(pt.as_tensor_variable, (radius, angle))
        return Apply(self, [radius, angle], [radius.type(), radius.type()])

    def perform(self, node, inputs, output_storage):
        radius, angle = inputs
        output_storage[0][0] = radius * np.cos(angle)
        output_storage[1][0] = radius * np.sin(angle)

    def pullback(self, inputs, outputs, output_grads):
        (radius, angle), (x, y) = inputs, outputs
        gx, gy = (
            pt.zeros_like(radius) if isinstance(g.type, DisconnectedType) else g.astype(radius.dtype)
            for g in output_grads
        )
        return [gx * pt.cos(angle) + gy * pt.sin(angle), gy * x - gx * y if self.keeps_both else -gx * y]


class PolarHalf(Polar):
    keeps_both = False


class Pick(Op):
    """The cross entropy of labels, which have no gradient."""

    def make_node(self, scores, labels):
        scores, labels = map(pt.as_tensor_variable, (scores, labels))
        return Apply(self, [scores, labels], [pt.scalar(dtype=scores.dtype)])

    def perform(self, node, inputs, output_storage):
        scores, labels = inputs
        rows = np.arange(len(labels))
        shifted = scores - scores.max(axis=1, keepdims=True)
        picked = shifted[rows, labels] - np.log(np.exp(shifted).sum(axis=1))
        output_storage[0][0] = np.asarray(-picked.mean(), dtype=node.outputs[0].dtype)

    def connection_pattern(self, node):
        return [[True], [False]]

    def pullback(self, inputs, outputs, output_grads):
        scores, labels = inputs
        (g,) = output_grads
        taken = pt.eq(pt.arange(scores.shape[1])[None, :], labels[:, None])
        return [g * (pt.special.softmax(scores, axis=1) - taken) / self.count(scores), DisconnectedType()()]

    def count(self, scores):
        return scores.shape[0]


class PickUnscaled(Pick):
    def count(self, scores):
        return 1


class Cumulated(Op):
    """What was added up so far, written into an output of its own."""

    def make_node(self, x):
        x = pt.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        out = np.empty_like(x)
        total = 0.0
        for place in range(len(x)):
            total = total + x[place] * x[place]
            out[place] = total
        output_storage[0][0] = out

    def pullback(self, inputs, outputs, output_grads):
        (x,), (g,) = inputs, output_grads
        return [2 * x * self.summed(g)]

    def summed(self, g):
        return pt.cumsum(g[::-1])[::-1]


class CumulatedForwards(Cumulated):
    def summed(self, g):
        return pt.cumsum(g)


class Solve(Op):
    def make_node(self, a, b):
        a, b = map(pt.as_tensor_variable, (a, b))
        return Apply(self, [a, b], [b.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.linalg.solve(*inputs)

    def pullback(self, inputs, outputs, output_grads):
        (a, _), (y,) = inputs, outputs
        back = self(self.of(a), output_grads[0])
        return [-pt.outer(back, y), back]

    def of(self, a):
        return a.T


class SolveUntransposed(Solve):
    def of(self, a):
        return a


def from_graph(slope):
    """Return an Op made of a graph, whose rule is a function."""
    x = pt.vector("x")
    return OpFromGraph(
        [x], [pt.tanh(x) * x], pullback=lambda inputs, outputs, grads: [grads[0] * slope(inputs[0], outputs[0])]
    )


def attention(right):
    """Return a function of variables that calls an Op."""
    softmax = (Softmax if right else SoftmaxDiagonal)()
    return lambda q, k, v: softmax(q @ k.T / np.sqrt(2)) @ v


RIGHT = {
    "silu": pytensor_op(Silu(), x="N"),
    "softplus": pytensor_op(Softplus(), x="N D"),
    "leaky": pytensor_op(Leaky(), x="N"),
    "affine": pytensor_op(Affine(), x="N D", w="D M", b="M"),
    "norm": pytensor_op(Norm(), x="N D"),
    "softmax": pytensor_op(Softmax(), x="N D"),
    "polar": pytensor_op(Polar(), radius="N", angle="N"),
    "cross entropy": pytensor_op(Pick(), scores="N C", labels=verify.integer("N", below="C"), upstream=1),
    "cumulated": pytensor_op(Cumulated(), x="N"),
    "solve": pytensor_op(Solve(), a="N N", b="N"),
    "from graph": pytensor_op(
        from_graph(lambda x, y: x * (1 - pt.tanh(x) ** 2) + pt.tanh(x)), x="N", name="from graph"
    ),
    "attention": pytensor_op(attention(True), q="N D", k="M D", v="M D", name="attention"),
}
WRONG = {
    "silu": pytensor_op(SiluWithoutSlope(), x="N"),
    "softplus": pytensor_op(SoftplusSign(), x="N D"),
    "leaky": pytensor_op(Leaky((0.1, 0.1000001)), x="N"),
    "affine": pytensor_op(AffineMean(), x="N D", w="D M", b="M"),
    "norm": pytensor_op(NormSquared(), x="N D"),
    "softmax": pytensor_op(SoftmaxDiagonal(), x="N D"),
    "polar": pytensor_op(PolarHalf(), radius="N", angle="N"),
    "cross entropy": pytensor_op(PickUnscaled(), scores="N C", labels=verify.integer("N", below="C"), upstream=1),
    "cumulated": pytensor_op(CumulatedForwards(), x="N"),
    "solve": pytensor_op(SolveUntransposed(), a="N N", b="N"),
    "from graph": pytensor_op(from_graph(lambda x, y: x * (1 - y**2) + pt.tanh(x)), x="N", name="from graph"),
    "attention": pytensor_op(attention(False), q="N D", k="M D", v="M D", name="attention"),
}
TRANSPOSED = pytensor_op(AffineSwapped(), x="N D", w="D M", b="M")

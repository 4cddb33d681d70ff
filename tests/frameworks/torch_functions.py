"""Functions of PyTorch with hand-written gradients, right ones and twins with one planted mistake, each as a case."""

import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable

import verify
from verify import torch_function


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * x.square() * g


class CubeHalf(Cube):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x.square() * g


class Linear(Function):
    @staticmethod
    def forward(ctx, x, w, b):
        ctx.save_for_backward(x, w)
        return torch.nn.functional.linear(x, w, b)

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        gx = g @ w if ctx.needs_input_grad[0] else None
        gw = g.t() @ x if ctx.needs_input_grad[1] else None
        gb = g.sum(0) if ctx.needs_input_grad[2] else None
        return gx, gw, gb


class LinearWrongIndex(Linear):
    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        gx = g @ w if ctx.needs_input_grad[0] else None
        gw = g.t() @ x if ctx.needs_input_grad[0] else None
        gb = g.sum(0) if ctx.needs_input_grad[2] else None
        return gx, gw, gb


class LinearMean(Linear):
    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g @ w, g.t() @ x, g.mean(0)


class Silu(Function):
    @staticmethod
    def forward(ctx, x):
        s = torch.sigmoid(x)
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        x, s = ctx.saved_tensors
        return g * (s * (1 + x * (1 - s)))


class SiluShort(Silu):
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        x, s = ctx.saved_tensors
        return g * (s + x * (1 - s))


class LayerNorm(Function):
    @staticmethod
    def forward(ctx, x, w, b, eps):
        mean = x.mean(-1, keepdim=True)
        rstd = torch.rsqrt(x.var(-1, unbiased=False, keepdim=True) + eps)
        xhat = (x - mean) * rstd
        ctx.save_for_backward(xhat, rstd, w)
        return xhat * w + b

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        xhat, rstd, w = ctx.saved_tensors
        gw = (g * xhat).sum(0)
        scaled = g * w
        gx = rstd * (scaled - scaled.mean(-1, True) - xhat * (scaled * xhat).mean(-1, True))
        return gx, gw, g.sum(0), None


class LayerNormNoMean(LayerNorm):
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        xhat, rstd, w = ctx.saved_tensors
        scaled = g * w
        gx = rstd * (scaled - xhat * (scaled * xhat).mean(-1, True))
        return gx, (g * xhat).sum(0), g.sum(0), None


class CrossEntropy(Function):
    @staticmethod
    def forward(ctx, scores, labels):
        logs = scores - scores.exp().sum(1, keepdim=True).log()
        rows = torch.arange(scores.shape[0])
        ctx.save_for_backward(logs, labels)
        return -logs[rows, labels].mean()

    @staticmethod
    def backward(ctx, g):
        logs, labels = ctx.saved_tensors
        gradient = logs.exp()
        gradient[torch.arange(len(labels)), labels] -= 1
        return gradient * (g / len(labels)), None


class CrossEntropySum(CrossEntropy):
    @staticmethod
    def backward(ctx, g):
        logs, labels = ctx.saved_tensors
        gradient = logs.exp()
        gradient[torch.arange(len(labels)), labels] -= 1
        return gradient * g, None


class LeakyRelu(Function):
    @staticmethod
    def forward(ctx, x, slope):
        ctx.slope = slope
        mask = x > 0
        ctx.save_for_backward(mask)
        return torch.where(mask, x, x * slope)

    @staticmethod
    def backward(ctx, g):
        (mask,) = ctx.saved_tensors
        return torch.where(mask, g, g * ctx.slope), None


class LeakyReluOne(LeakyRelu):
    @staticmethod
    def backward(ctx, g):
        (mask,) = ctx.saved_tensors
        return g * mask, None


class ReluInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        x.relu_()
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * (y > 0).to(g.dtype)


class ReluInPlaceValue(ReluInPlace):
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class Clamp(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(-1, 1)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g.masked_fill((x < -1) | (x > 1), 0)


class ClampAbove(Clamp):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g.masked_fill(x > 1, 0)


class Softmax(Function):
    """In the newer style: forward without ctx."""

    @staticmethod
    def forward(x):
        return torch.softmax(x, -1)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return y * (g - (g * y).sum(-1, keepdim=True))


class SoftmaxAlone(Softmax):
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return y * (1 - y) * g


class Broadcast(Function):
    """The gradient of a row that was added to a matrix is a sum."""

    @staticmethod
    def forward(ctx, x, row):
        ctx.shape = x.shape
        return x + row.view(1, -1).expand_as(x)

    @staticmethod
    def backward(ctx, g):
        assert g.shape == ctx.shape
        return g, g.sum(dim=0)


class BroadcastFirst(Broadcast):
    @staticmethod
    def backward(ctx, g):
        return g, g[0].clone()


class Transpose(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.shape = x.shape
        return x.permute(1, 0).reshape(-1)

    @staticmethod
    def backward(ctx, g):
        n, d = ctx.shape
        return g.reshape(d, n).t()


class TransposeStraight(Transpose):
    @staticmethod
    def backward(ctx, g):
        return g.reshape(ctx.shape)


class Pair(Function):
    """Two outputs, and a third one that no gradient leads back from."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        sign = x > 0
        ctx.mark_non_differentiable(sign)
        return x.sin(), x.cos(), sign

    @staticmethod
    def backward(ctx, gs, gc, _):
        (x,) = ctx.saved_tensors
        return gs * x.cos() - gc * x.sin()


class PairFirst(Pair):
    @staticmethod
    def backward(ctx, gs, gc, _):
        (x,) = ctx.saved_tensors
        return gs * x.cos()


class Unmaterialized(Pair):
    """The upstream of an output that nobody used is None."""

    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x)
        return x.sin(), x.cos()

    @staticmethod
    def backward(ctx, gs, gc):
        (x,) = ctx.saved_tensors
        total = torch.zeros_like(x)
        if gs is not None:
            total += gs * x.cos()
        if gc is not None:
            total -= gc * x.sin()
        return total


class UnmaterializedDouble(Unmaterialized):
    @staticmethod
    def backward(ctx, gs, gc):
        (x,) = ctx.saved_tensors
        if gc is None:
            return 2 * gs * x.cos()
        return gs * x.cos() - gc * x.sin()


class Dot(Function):
    """Buffers that are written row by row."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        out = torch.empty(a.shape[0], dtype=a.dtype)
        for i in range(a.shape[0]):
            out[i] = torch.dot(a[i], b[i])
        return out

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        ga, gb = a.new_zeros(a.shape), torch.zeros_like(b)
        for i in range(len(a)):
            ga[i] += g[i] * b[i]
            gb[i].add_(a[i], alpha=1).mul_(g[i])
        return ga, gb


class DotSwapped(Dot):
    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return g[:, None] * a, g[:, None] * b


class SavedThenWritten(Function):
    """What is saved and then written in forward raises nothing, and backward reads what was written."""

    @staticmethod
    def forward(ctx, x):
        y = x * 1
        ctx.save_for_backward(y)
        out = y * y
        y.mul_(3)
        return out

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return 2 * y * g


class Strided(Function):
    """Right for an upstream that lies densely in memory."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g.as_strided(g.shape, (g.shape[1], 1)) * 2


class Residual(Function):
    """A module's constant, a cast and a branch on a sum."""

    @staticmethod
    def forward(ctx, x):
        ctx.positive = bool((x.sum() > 0).item())
        ctx.save_for_backward(x)
        return SCALES * x if ctx.positive else x.abs()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return SCALES * g if ctx.positive else x.sign() * g


class ResidualFlat(Residual):
    @staticmethod
    def backward(ctx, g):
        return SCALES * g if ctx.positive else -g


SCALES = torch.tensor([0.5, 2.0, 3.0], dtype=torch.float64)
XY = {"x": "N D"}
RIGHT = {
    "cube": torch_function(Cube, **XY),
    "linear": torch_function(Linear, x="N D", w="M D", b="M"),
    "silu": torch_function(Silu, **XY),
    "layer norm": torch_function(LayerNorm, x="N D", w="D", b="D", eps=verify.constant(1e-5), sizes={"N": 2}),
    "cross entropy": torch_function(CrossEntropy, scores="N C", labels=verify.integer("N", below="C")),
    "leaky relu": torch_function(LeakyRelu, x="N", slope=verify.constant(0.1)),
    "relu in place": torch_function(ReluInPlace, x="N"),
    "clamp": torch_function(Clamp, x="N"),
    "softmax": torch_function(Softmax, **XY),
    "broadcast": torch_function(Broadcast, x="N D", row="D"),
    "transpose": torch_function(Transpose, **XY),
    "pair": torch_function(Pair, x="N"),
    "unmaterialized": torch_function(Unmaterialized, x="N"),
    "dot": torch_function(Dot, a="N D", b="N D"),
    "residual": torch_function(Residual, x="3"),
}
WRONG = {
    "cube half": torch_function(CubeHalf, **XY),
    "linear wrong index": torch_function(LinearWrongIndex, x="N D", w="M D", b="M"),
    "linear mean": torch_function(LinearMean, x="N D", w="M D", b="M"),
    "silu short": torch_function(SiluShort, **XY),
    "layer norm no mean": torch_function(
        LayerNormNoMean, x="N D", w="D", b="D", eps=verify.constant(1e-5), sizes={"N": 2}
    ),
    "cross entropy sum": torch_function(CrossEntropySum, scores="N C", labels=verify.integer("N", below="C")),
    "leaky relu one": torch_function(LeakyReluOne, x="N", slope=verify.constant(0.1)),
    "relu in place value": torch_function(ReluInPlaceValue, x="N"),
    "clamp above": torch_function(ClampAbove, x="N"),
    "softmax alone": torch_function(SoftmaxAlone, **XY),
    "broadcast first": torch_function(BroadcastFirst, x="N D", row="D"),
    "transpose straight": torch_function(TransposeStraight, **XY),
    "pair first": torch_function(PairFirst, x="N"),
    "unmaterialized double": torch_function(UnmaterializedDouble, x="N"),
    "dot swapped": torch_function(DotSwapped, a="N D", b="N D"),
    "saved then written": torch_function(SavedThenWritten, x="N"),
    "strided": torch_function(Strided, **XY),
    "residual flat": torch_function(ResidualFlat, x="3"),
}

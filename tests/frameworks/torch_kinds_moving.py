"""Functions of PyTorch that move entries about, loop, write in place and call others, and a wrong twin of each."""

import math

import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable

import verify
from verify import torch_function


class Rotary(Function):
    """Rotary positions: the halves of each row turned by an angle of the row."""

    @staticmethod
    def forward(ctx, x):
        angles = torch.arange(x.shape[0], dtype=x.dtype).unsqueeze(1) * 0.25
        cos, sin = torch.cos(angles), torch.sin(angles)
        ctx.save_for_backward(cos, sin)
        a, b = x.chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)

    @staticmethod
    def backward(ctx, g):
        cos, sin = ctx.saved_tensors
        a, b = g.chunk(2, -1)
        return torch.cat((a * cos + b * sin, b * cos - a * sin), -1)


class RotaryForward(Rotary):
    @staticmethod
    def backward(ctx, g):
        cos, sin = ctx.saved_tensors
        a, b = g.chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Embedding(Function):
    @staticmethod
    def forward(ctx, weight, tokens, padding):
        ctx.save_for_backward(tokens)
        ctx.shape, ctx.padding = weight.shape, padding
        return weight[tokens]

    @staticmethod
    def backward(ctx, g):
        (tokens,) = ctx.saved_tensors
        gradient = g.new_zeros(ctx.shape)
        gradient.index_add_(0, tokens.reshape(-1), g.reshape(-1, g.shape[-1]))
        return gradient, None, None


class EmbeddingAssigned(Embedding):
    @staticmethod
    def backward(ctx, g):
        (tokens,) = ctx.saved_tensors
        gradient = g.new_zeros(ctx.shape)
        gradient[tokens] = g
        return gradient, None, None


class Gather(Function):
    @staticmethod
    def forward(ctx, x, index):
        ctx.save_for_backward(index)
        ctx.like = x.new_empty(x.shape)
        return torch.gather(x, 1, index)

    @staticmethod
    def backward(ctx, g):
        (index,) = ctx.saved_tensors
        return torch.zeros_like(ctx.like).scatter_add_(1, index, g), None


class GatherScatter(Gather):
    @staticmethod
    def backward(ctx, g):
        (index,) = ctx.saved_tensors
        return torch.zeros_like(ctx.like).scatter_(1, index, g), None


class Sorted(Function):
    @staticmethod
    def forward(ctx, x):
        values, order = torch.sort(x, dim=-1)
        ctx.save_for_backward(order)
        return values

    @staticmethod
    def backward(ctx, g):
        (order,) = ctx.saved_tensors
        return torch.empty_like(g).scatter_(-1, order, g)


class SortedGathered(Sorted):
    @staticmethod
    def backward(ctx, g):
        (order,) = ctx.saved_tensors
        return g.gather(-1, order)


class TopSoftmax(Function):
    """A softmax over the two largest entries of each row."""

    @staticmethod
    def forward(ctx, x):
        values, where = x.topk(2, dim=-1)
        p = torch.zeros_like(x).scatter(-1, where, torch.softmax(values, -1))
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx, g):
        (p,) = ctx.saved_tensors
        return p * (g - torch.einsum("nd,nd->n", g, p)[:, None])


class TopSoftmaxSum(TopSoftmax):
    @staticmethod
    def backward(ctx, g):
        (p,) = ctx.saved_tensors
        return p * (g - g.sum(-1, keepdim=True))


class SegmentSoftmax(Function):
    """Over the edges of a graph that end in the same node."""

    @staticmethod
    def forward(ctx, scores, target):
        exponentials = torch.exp(scores)
        total = torch.zeros(3, dtype=scores.dtype).index_add(0, target, exponentials)
        alpha = exponentials / total[target]
        ctx.save_for_backward(alpha, target)
        return alpha

    @staticmethod
    def backward(ctx, g):
        alpha, target = ctx.saved_tensors
        shared = torch.zeros(3, dtype=g.dtype).index_add_(0, target, alpha * g)
        return alpha * (g - shared.index_select(0, target)), None


class SegmentSoftmaxWhole(SegmentSoftmax):
    @staticmethod
    def backward(ctx, g):
        alpha, _ = ctx.saved_tensors
        return alpha * (g - (alpha * g).sum()), None


class Depthwise(Function):
    """A causal convolution of each channel, tap by tap."""

    @staticmethod
    def forward(ctx, x, kernel):
        ctx.save_for_backward(x, kernel)
        taps = kernel.shape[1]
        padded = torch.nn.functional.pad(x, (taps - 1, 0))
        out = torch.zeros_like(x)
        for k in range(taps):
            out += padded[:, k : k + x.shape[1]] * kernel[:, k].unsqueeze(1)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        x, kernel = ctx.saved_tensors
        taps, length = kernel.shape[1], x.shape[1]
        padded = torch.nn.functional.pad(x, (taps - 1, 0))
        gpadded, gk = torch.zeros_like(padded), torch.empty_like(kernel)
        for k in range(taps):
            gpadded[:, k : k + length] += g * kernel[:, k, None]
            gk[:, k] = (g * padded[:, k : k + length]).sum(1)
        return gpadded[:, taps - 1 :], gk


class DepthwiseFlipped(Depthwise):
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        gx, gk = Depthwise.backward(ctx, g)
        return gx, gk.flip(1)


class Im2Col(Function):
    @staticmethod
    def forward(ctx, x, weight):
        columns = torch.nn.functional.unfold(x, weight.shape[2:])
        ctx.save_for_backward(columns, weight)
        ctx.size = x.shape[2:]
        rows, width = (n - k + 1 for n, k in zip(x.shape[2:], weight.shape[2:], strict=True))
        return (weight.flatten(1) @ columns).view(x.size(0), -1, rows, width)

    @staticmethod
    def backward(ctx, g):
        columns, weight = ctx.saved_tensors
        flat = g.flatten(2)
        gw = torch.bmm(flat, columns.transpose(1, 2)).sum(0).view_as(weight)
        gcolumns = torch.matmul(weight.flatten(1).t(), flat)
        return torch.nn.functional.fold(gcolumns, ctx.size, weight.shape[2:]), gw


class Im2ColPlaces(Im2Col):
    """The columns of the kernel's gradient in the reverse order, as of a convolution that flips."""

    @staticmethod
    def backward(ctx, g):
        gx, gw = Im2Col.backward(ctx, g)
        return gx, gw.flip(2, 3)


class AveragePool(Function):
    @staticmethod
    def forward(ctx, x, size):
        ctx.size = size
        n, length = x.shape
        return x.view(n, length // size, size).mean(-1)

    @staticmethod
    def backward(ctx, g):
        return g.repeat_interleave(ctx.size, dim=1) / ctx.size, None


class AveragePoolSum(AveragePool):
    @staticmethod
    def backward(ctx, g):
        return g.unsqueeze(-1).expand(*g.shape, ctx.size).reshape(g.shape[0], -1), None


class MaxPool(Function):
    @staticmethod
    def forward(ctx, x, size):
        windows = x.unfold(1, size, size)
        values, where = windows.max(-1)
        ctx.save_for_backward(where)
        ctx.shape = windows.shape
        return values

    @staticmethod
    def backward(ctx, g):
        (where,) = ctx.saved_tensors
        gradient = torch.zeros(ctx.shape, dtype=g.dtype).scatter_(-1, where[..., None], g[..., None])
        return gradient.flatten(1), None


class MaxPoolAll(MaxPool):
    """Each entry of a window that is as large as the largest gets the whole gradient."""

    @staticmethod
    def forward(ctx, x, size):
        windows = x.unfold(1, size, size)
        values = windows.amax(-1)
        ctx.save_for_backward(windows == values[..., None])
        return values

    @staticmethod
    def backward(ctx, g):
        (mask,) = ctx.saved_tensors
        return (mask * g[..., None]).flatten(1), None


class Cumulated(Function):
    @staticmethod
    def forward(ctx, x):
        return x.cumsum(1)

    @staticmethod
    def backward(ctx, g):
        return g.flip(1).cumsum(1).flip([1])


class CumulatedForward(Cumulated):
    @staticmethod
    def backward(ctx, g):
        return g.cumsum(1)


class Product(Function):
    """The product of each row, whose gradient is that of all other entries."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.prod(x, 1)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        parts = [torch.cat([x[:, :i], x[:, i + 1 :]], 1).prod(1) for i in range(x.shape[1])]
        return g.unsqueeze(1) * torch.stack(parts, 1)


class ProductDivided(Product):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return (g * x.prod(1)).unsqueeze(1) / x


class Scan(Function):
    """Linear attention: a state that decays and takes up an outer product at each step."""

    @staticmethod
    def forward(ctx, q, k, v, decay):
        state, states, out = q.new_zeros(k.shape[1], v.shape[1]), [], torch.empty_like(v)
        for t in range(q.shape[0]):
            state = decay * state + torch.outer(k[t], v[t])
            states.append(state)
            out[t] = q[t] @ state
        ctx.save_for_backward(q, k, v, torch.stack(states))
        ctx.decay = decay
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        q, k, v, states = ctx.saved_tensors
        gq, gk, gv = (torch.zeros_like(part) for part in (q, k, v))
        gstate = torch.zeros_like(states[0])
        for t in reversed(range(q.shape[0])):
            gstate = gstate + torch.outer(q[t], g[t])
            gq[t], gk[t], gv[t] = states[t] @ g[t], gstate @ v[t], k[t] @ gstate
            gstate = ctx.decay * gstate
        return gq, gk, gv, None


class ScanNoCarry(Scan):
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        q, k, v, states = ctx.saved_tensors
        gq = torch.stack([states[t] @ g[t] for t in range(len(q))])
        gk = torch.stack([torch.outer(q[t], g[t]) @ v[t] for t in range(len(q))])
        gv = torch.stack([k[t] @ torch.outer(q[t], g[t]) for t in range(len(q))])
        return gq, gk, gv, None


class Gru(Function):
    """A gated cell with three packed gates."""

    @staticmethod
    def forward(ctx, gates, h):
        r, z, n = gates.chunk(3, 1)
        r, z = r.sigmoid(), z.sigmoid()
        n = torch.tanh(n + r * h)
        ctx.save_for_backward(r, z, n, h)
        return (1 - z) * n + z * h

    @staticmethod
    def backward(ctx, g):
        r, z, n, h = ctx.saved_tensors
        dn = g * (1 - z) * (1 - n * n)
        dz = g * (h - n) * z * (1 - z)
        dr = dn * h * r * (1 - r)
        return torch.cat([dr, dz, dn], 1), g * z + dn * r


class GruNoReset(Gru):
    @staticmethod
    def backward(ctx, g):
        gates, _ = Gru.backward(ctx, g)
        return gates, g * ctx.saved_tensors[1]


class Attention(Function):
    """With a bias by distance, which grows to the left of the diagonal."""

    @staticmethod
    def forward(ctx, q, k, v, slope):
        n = q.shape[1]
        places = torch.arange(n)
        bias = -slope * (places[:, None] - places[None, :]).abs().to(q.dtype)
        scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(q.shape[-1]) + bias
        hidden = torch.ones(n, n, dtype=torch.bool).triu(1)
        p = torch.exp(scores).masked_fill(hidden, 0)
        p = p / p.sum(-1, keepdim=True)
        ctx.save_for_backward(q, k, v, p)
        return torch.bmm(p, v)

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        q, k, v, p = ctx.saved_tensors
        gp = torch.bmm(g, v.transpose(1, 2))
        gs = p * (gp - (gp * p).sum(-1, keepdim=True)) / math.sqrt(q.size(-1))
        return torch.bmm(gs, k), torch.bmm(gs.transpose(1, 2), q), torch.bmm(p.transpose(1, 2), g), None


class AttentionUnscaled(Attention):
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        q, k, v, p = ctx.saved_tensors
        gp = torch.bmm(g, v.transpose(1, 2))
        gs = p * (gp - (gp * p).sum(-1, keepdim=True))
        return torch.bmm(gs, k) / math.sqrt(q.size(-1)), torch.bmm(gs.mT, q), torch.bmm(p.mT, g), None


class Recomputed(Function):
    """As a checkpoint does: forward once more, with gradients, within backward."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return Recomputed.block(x, w)

    @staticmethod
    def block(x, w):
        return torch.tanh(x @ w).square()

    @staticmethod
    def backward(ctx, g):
        copies = [saved.detach().requires_grad_(True) for saved in ctx.saved_tensors]
        with torch.enable_grad():
            y = Recomputed.block(*copies)
        torch.autograd.backward(y, g)
        return tuple(copy.grad for copy in copies)


class RecomputedOnes(Recomputed):
    @staticmethod
    def backward(ctx, g):
        copies = [saved.detach().requires_grad_(True) for saved in ctx.saved_tensors]
        with torch.enable_grad():
            Recomputed.block(*copies).sum().backward()
        return tuple(copy.grad for copy in copies)


class Square(Function):
    """Called by another Function, with a backward that may be wrong."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(x)
        ctx.factor = factor
        return x * x

    @staticmethod
    def backward(ctx, g):
        return ctx.factor * ctx.saved_tensors[0] * g, None


class Calling(Function):
    factor = 2

    @classmethod
    def forward(cls, ctx, x):
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            made = Square.apply(leaf, cls.factor).sin()
        ctx.save_for_backward(leaf, made)
        return made.detach()

    @classmethod
    def backward(cls, ctx, g):
        leaf, made = ctx.saved_tensors
        return torch.autograd.grad(made, leaf, g, retain_graph=True)[0]


class CallingWrong(Calling):
    factor = 1


class AddedInPlace(Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.mark_dirty(x)
        ctx.save_for_backward(y)
        return x.add_(y, alpha=2).mul_(y).sub_(1)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y, None


class AddedInPlaceBoth(Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x.clone(), y)
        ctx.mark_dirty(x)
        return x.add_(y, alpha=2).mul_(y)

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        gy = torch.zeros_like(y).add_(x).add_(y, alpha=4).mul_(g)
        return g * y, gy


class AddedInPlaceOnce(AddedInPlaceBoth):
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y, torch.zeros_like(y).add_(x).add_(y, alpha=2).mul_(g)


class Shuffled(Function):
    """The channels spread over space."""

    @staticmethod
    def forward(ctx, x):
        c, h, w = x.shape
        return x.view(c // 4, 2, 2, h, w).permute(0, 3, 1, 4, 2).reshape(c // 4, h * 2, w * 2)

    @staticmethod
    def backward(ctx, g):
        c, h, w = g.shape
        return g.reshape(c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3).reshape(c * 4, h // 2, w // 2)


class ShuffledOrder(Shuffled):
    @staticmethod
    def backward(ctx, g):
        c, h, w = g.shape
        return g.reshape(c, h // 2, 2, w // 2, 2).permute(0, 4, 2, 1, 3).reshape(c * 4, h // 2, w // 2)


class Rolled(Function):
    @staticmethod
    def forward(ctx, x, shift):
        ctx.shift = shift
        return torch.roll(x, shift, dims=1) - x

    @staticmethod
    def backward(ctx, g):
        return torch.roll(g, -ctx.shift, dims=1) - g, None


class RolledOn(Rolled):
    @staticmethod
    def backward(ctx, g):
        return torch.roll(g, ctx.shift, dims=1) - g, None


class Triangle(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        lower = torch.tril(x)
        return lower @ lower.t()

    @staticmethod
    def backward(ctx, g):
        lower = ctx.saved_tensors[0].tril()
        return torch.tril((g + g.t()) @ lower)


class TriangleWhole(Triangle):
    @staticmethod
    def backward(ctx, g):
        lower = ctx.saved_tensors[0].tril()
        return (g + g.t()) @ lower


class Bilinear(Function):
    @staticmethod
    def forward(ctx, x, w, y):
        ctx.save_for_backward(x, w, y)
        return torch.einsum("bi,oij,bj->bo", x, w, y)

    @staticmethod
    def backward(ctx, g):
        x, w, y = ctx.saved_tensors
        gx = torch.einsum("bo,oij,bj->bi", g, w, y)
        return gx, torch.einsum("bo,bi,bj->oij", g, x, y), torch.einsum("bo,oij,bi->bj", g, w, x)


class BilinearTransposed(Bilinear):
    @staticmethod
    def backward(ctx, g):
        x, w, y = ctx.saved_tensors
        gx = torch.einsum("bo,oji,bj->bi", g, w, y)
        return gx, torch.einsum("bo,bi,bj->oij", g, x, y), torch.einsum("bo,oji,bi->bj", g, w, x)


class Mixed(Function):
    """In the type that autocast asks for."""

    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g @ w.t(), x.t() @ g


class MixedTransposed(Mixed):
    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g @ w, x.t() @ g


class Batched(Function):
    """A rule for vmap is made of forward and backward."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x, y):
        return x * y, x + y

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        return g * y + h, g * x + h


class BatchedSwapped(Batched):
    @staticmethod
    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        return g * x + h, g * y + h


class Mapped(Function):
    """A rule for vmap of one's own."""

    @staticmethod
    def forward(x, power):
        return x**power

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.power = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, g):
        return g * ctx.power * ctx.saved_tensors[0] ** (ctx.power - 1), None

    @staticmethod
    def vmap(info, in_dims, x, power):
        return Mapped.apply(x, power), in_dims[0]


class MappedPower(Mapped):
    @staticmethod
    def backward(ctx, g):
        return g * ctx.power * ctx.saved_tensors[0] ** ctx.power, None


class HalfInside(Function):
    """Right as a formula, with a product in float16 in backward only."""

    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y, g * x


class HalfInsideCast(HalfInside):
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return (g.half() * y.half()).to(g.dtype), g * x


class BrainInsideCast(HalfInside):
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return (g.bfloat16() * y.bfloat16()).to(g.dtype), g * x


class UpstreamWritten(HalfInside):
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        gy = g * x
        return g.mul_(y), gy


class Brain(Function):
    """Forward adds up in bfloat16, which is its output; backward computes in it too."""

    @staticmethod
    def forward(ctx, x, w):
        x, w = x.to(torch.bfloat16), w.bfloat16()
        ctx.save_for_backward(x, w)
        total = torch.zeros(x.shape[:1], dtype=torch.bfloat16)
        for column, weight in zip(x.unbind(1), w.unbind(), strict=True):
            total += column * weight
        return total

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return torch.outer(g, w).double(), (g @ x).double()


class BrainBySixtyFourth(Brain):
    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return torch.outer(g, w).double() * (1 + 2**-6), (g @ x).double()


class BrainUnseen(Brain):
    """Wrong by less than bfloat16 can tell: as floats it is the right one, and as a formula it is not."""

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return torch.outer(g, w * (1 + 2**-12)).double(), (g @ x).double()


class BrainWithTerm(Brain):
    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return torch.outer(g, w).double(), (g @ x + g.sum() / 64).double()


class Upstream(Function):
    """Read row by row, and in memory."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * w

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        flat = g.contiguous().view(-1)
        return flat.view_as(x) * w, (flat.reshape(x.shape) * x).sum(0)


class UpstreamStrides(Upstream):
    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        dense = torch.as_strided(g, x.shape, x.stride())
        return dense * w, (dense * x).sum(0)


class Squeezed(Function):
    """A mean of the rows; `squeeze` without an axis drops each one of size 1."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return (x * w.unsqueeze(0)).sum(1, keepdim=True)

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g * w, torch.matmul(g.squeeze(1), x)


class SqueezedAll(Squeezed):
    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g * w, (g.squeeze() * x.t()).mean(-1)


class Unused(Function):
    """None stands for a gradient that nobody needs, and for an upstream that nobody sent."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, w)
        return x * w, w.exp()

    @staticmethod
    def backward(ctx, gx, gw):
        x, w = ctx.saved_tensors
        to_x = gx * w if gx is not None and ctx.needs_input_grad[0] else None
        to_w = None
        if ctx.needs_input_grad[1]:
            parts = ([] if gx is None else [(gx * x).sum(0)]) + ([] if gw is None else [gw * w.exp()])
            to_w = sum(parts) if parts else None
        return to_x, to_w


class UnusedFirst(Unused):
    @staticmethod
    def backward(ctx, gx, gw):
        x, w = ctx.saved_tensors
        if gw is None:
            return gx * w, None
        return gx * w if gx is not None else None, gw * w.exp() + (0 if gx is None else (gx * x).sum(0))


TOKENS = {"tokens": verify.integer("4", below="V"), "padding": verify.constant(None)}
INDEX = {"index": verify.constant(torch.tensor([[0, 0, 1], [2, 2, 2]]))}
TARGET = {"target": verify.constant(torch.tensor([0, 2, 2, 0]))}
WINDOWS = {"x": "N 4", "size": verify.constant(2)}
SCAN = {"q": "3 K", "k": "3 K", "v": "3 V", "decay": verify.constant(0.5), "sizes": {"K": 2, "V": 2}}
HEADS = {"q": "1 3 2", "k": "1 3 2", "v": "1 3 2", "slope": verify.constant(0.5)}
TWO = {"x": "N", "y": "N"}
MATRIX = {"x": "N D", "w": "D M"}
ROWS = {"x": "N D", "w": "D"}
# The inputs of a case, the right Function and its wrong twins.
KINDS = {
    "rotary": ({"x": "N 4"}, Rotary, RotaryForward),
    "embedding": ({"weight": "V D", **TOKENS}, Embedding, EmbeddingAssigned),
    "gather": ({"x": "2 3", **INDEX}, Gather, GatherScatter),
    "sorted": ({"x": "N 3"}, Sorted, SortedGathered),
    "top softmax": ({"x": "N 3"}, TopSoftmax, TopSoftmaxSum),
    "segment softmax": ({"scores": "4", **TARGET}, SegmentSoftmax, SegmentSoftmaxWhole),
    "depthwise": ({"x": "2 4", "kernel": "2 3"}, Depthwise, DepthwiseFlipped),
    "im2col": ({"x": "1 2 3 3", "weight": "2 2 2 2"}, Im2Col, Im2ColPlaces),
    "average pool": (WINDOWS, AveragePool, AveragePoolSum),
    "max pool": (WINDOWS, MaxPool, MaxPoolAll),
    "cumulated": ({"x": "N D"}, Cumulated, CumulatedForward),
    "product": ({"x": "N D"}, Product, ProductDivided),
    "scan": (SCAN, Scan, ScanNoCarry),
    "gru": ({"gates": "N 6", "h": "N 2"}, Gru, GruNoReset),
    "attention": (HEADS, Attention, AttentionUnscaled),
    "recomputed": (MATRIX, Recomputed, RecomputedOnes),
    "calling": ({"x": "N"}, Calling, CallingWrong),
    "added in place": (TWO, AddedInPlaceBoth, AddedInPlaceOnce, AddedInPlace),
    "shuffled": ({"x": "4 2 2"}, Shuffled, ShuffledOrder),
    "rolled": ({"x": "N D", "shift": verify.constant(1)}, Rolled, RolledOn),
    "triangle": ({"x": "3 3"}, Triangle, TriangleWhole),
    "bilinear": ({"x": "B I", "w": "O I I", "y": "B I"}, Bilinear, BilinearTransposed),
    "mixed": ({"x": "N 3", "w": "3 3"}, Mixed, MixedTransposed),
    "batched": (TWO, Batched, BatchedSwapped),
    "mapped": ({"x": "N", "power": verify.constant(3)}, Mapped, MappedPower),
    "half inside": (TWO, HalfInside, HalfInsideCast, BrainInsideCast, UpstreamWritten),
    "brain": (ROWS, Brain, BrainBySixtyFourth, BrainUnseen, BrainWithTerm),
    "upstream": (ROWS, Upstream, UpstreamStrides),
    "squeezed": (ROWS, Squeezed, SqueezedAll),
    "unused": (ROWS, Unused, UnusedFirst),
}
RIGHT = {name: torch_function(right, **inputs) for name, (inputs, right, *_) in KINDS.items()}
WRONG = {twin.__name__: torch_function(twin, **inputs) for inputs, _, *twins in KINDS.values() for twin in twins}

"""More Functions of PyTorch as people write them, activations, normalizations and losses, and a wrong twin of each."""

import math

import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable

import verify
from verify import torch_function


class RmsNorm(Function):
    @staticmethod
    def forward(ctx, x, weight, eps):
        rstd = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)
        ctx.save_for_backward(x, weight, rstd)
        return x * rstd * weight

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        x, weight, rstd = ctx.saved_tensors
        normed, scaled = x * rstd, g * weight
        gx = rstd * (scaled - normed * (scaled * normed).mean(dim=-1, keepdim=True))
        return gx, (g * normed).sum(dim=0), None


class RmsNormSum(RmsNorm):
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        x, weight, rstd = ctx.saved_tensors
        normed, scaled = x * rstd, g * weight
        gx = rstd * (scaled - normed * (scaled * normed).sum(dim=-1, keepdim=True))
        return gx, (g * normed).sum(dim=0), None


class GeluTanh(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3))
        return 0.5 * x * (1 + torch.tanh(inner))

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        t = torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3)))
        slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
        return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope)


class GeluTanhFlat(GeluTanh):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        t = torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3)))
        return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * math.sqrt(2 / math.pi))


class GeluErf(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        below = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        density = torch.exp(-0.5 * x.square()) / math.sqrt(2 * math.pi)
        return g * (below + x * density)


class GeluErfWide(GeluErf):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        below = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        density = torch.exp(-x.square()) / math.sqrt(2 * math.pi)
        return g * (below + x * density)


class SwiGlu(Function):
    @staticmethod
    def forward(ctx, packed):
        gate, up = packed.chunk(2, dim=-1)
        ctx.save_for_backward(gate, up)
        return torch.nn.functional.silu(gate) * up

    @staticmethod
    def backward(ctx, g):
        gate, up = ctx.saved_tensors
        s = torch.sigmoid(gate)
        return torch.cat([g * up * s * (1 + gate * (1 - s)), g * gate * s], dim=-1)


class SwiGluSwapped(SwiGlu):
    @staticmethod
    def backward(ctx, g):
        gate, up = ctx.saved_tensors
        s = torch.sigmoid(gate)
        return torch.cat([g * gate * s, g * up * s * (1 + gate * (1 - s))], dim=-1)


class HardSwish(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * (x + 3).clamp(0, 6) / 6

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        slope = torch.where((x > -3) & (x < 3), x / 3 + 0.5, (x >= 3).to(x.dtype))
        return g * slope


class HardSwishNoTop(HardSwish):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * ((x > -3) & (x < 3)).to(x.dtype) * (x / 3 + 0.5)


class HardSigmoid(Function):
    @staticmethod
    def forward(ctx, x):
        y = (x / 6 + 0.5).clamp_(min=0, max=1)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return (g / 6).masked_fill_((y <= 0) | (y >= 1), 0.0)


class HardSigmoidScale(HardSigmoid):
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g.masked_fill((y <= 0) | (y >= 1), 0.0)


class Softplus(Function):
    @staticmethod
    def forward(ctx, x, beta):
        ctx.beta = beta
        ctx.save_for_backward(x)
        return torch.log1p(torch.exp(-(beta * x).abs())) / beta + x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * torch.sigmoid(ctx.beta * x), None


class SoftplusBeta(Softplus):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * torch.sigmoid(ctx.beta * x) * ctx.beta, None


class GroupNorm(Function):
    @staticmethod
    def forward(ctx, x, groups):
        n, c, length = x.shape
        grouped = x.reshape(n, groups, -1)
        mean = grouped.mean(-1, keepdim=True)
        centred = grouped - mean
        rstd = 1 / torch.sqrt((centred * centred).mean(-1, keepdim=True) + 1e-3)
        ctx.save_for_backward(centred * rstd, rstd)
        return (centred * rstd).view(n, c, length)

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        normed, rstd = ctx.saved_tensors
        upstream = g.reshape(normed.shape)
        shared = upstream.mean(-1, keepdim=True) + normed * (upstream * normed).mean(-1, keepdim=True)
        return (rstd * (upstream - shared)).view_as(g), None


class GroupNormWhole(GroupNorm):
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        normed, rstd = ctx.saved_tensors
        upstream = g.reshape(normed.shape)
        shared = upstream.mean((1, 2), keepdim=True) + normed * (upstream * normed).mean((1, 2), keepdim=True)
        return (rstd * (upstream - shared)).view_as(g), None


class BatchNorm(Function):
    """In training: the statistics are outputs too, which nobody differentiates."""

    @staticmethod
    def forward(ctx, x, weight, bias):
        mean, var = x.mean(0), x.var(0, unbiased=False)
        rstd = (var + 1e-3).rsqrt()
        normed = (x - mean) * rstd
        ctx.save_for_backward(normed, weight, rstd)
        ctx.mark_non_differentiable(mean, var)
        return normed * weight + bias, mean, var

    @staticmethod
    @once_differentiable
    def backward(ctx, g, _mean, _var):
        normed, weight, rstd = ctx.saved_tensors
        n = g.shape[0]
        gw, gb = (g * normed).sum(0), g.sum(0)
        gx = weight * rstd / n * (n * g - gb - normed * gw) if ctx.needs_input_grad[0] else None
        return gx, gw, gb


class BatchNormFixed(BatchNorm):
    """As in evaluation, where the statistics are constants."""

    @staticmethod
    @once_differentiable
    def backward(ctx, g, _mean, _var):
        normed, weight, rstd = ctx.saved_tensors
        return weight * rstd * g, (g * normed).sum(0), g.sum(0)


class WeightNorm(Function):
    @staticmethod
    def forward(ctx, v, scale):
        norm = v.norm(dim=1, keepdim=True)
        ctx.save_for_backward(v, scale, norm)
        return v * (scale[:, None] / norm)

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        v, scale, norm = ctx.saved_tensors
        unit = v / norm
        along = (g * unit).sum(1, keepdim=True)
        return (g - along * unit) * scale.unsqueeze(1) / norm, along.squeeze(1)


class WeightNormStraight(WeightNorm):
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        v, scale, norm = ctx.saved_tensors
        return g * scale.unsqueeze(1) / norm, (g * v / norm).sum(1)


class FocalLoss(Function):
    @staticmethod
    def forward(ctx, scores, targets, gamma):
        p = torch.sigmoid(scores)
        pt = torch.where(targets == 1, p, 1 - p)
        ctx.gamma = gamma
        ctx.save_for_backward(pt, targets)
        return -((1 - pt) ** gamma * pt.log()).sum()

    @staticmethod
    def backward(ctx, g):
        pt, targets = ctx.saved_tensors
        sign = targets.to(pt.dtype) * 2 - 1
        inner = ctx.gamma * pt * pt.log() - (1 - pt)
        return g * sign * (1 - pt) ** ctx.gamma * inner, None, None


class FocalLossWeighed(FocalLoss):
    """The factor (1 - pt)**gamma taken for a constant."""

    @staticmethod
    def backward(ctx, g):
        pt, targets = ctx.saved_tensors
        sign = targets.to(pt.dtype) * 2 - 1
        return -g * sign * (1 - pt) ** ctx.gamma * (1 - pt), None, None


class Smoothed(Function):
    """A cross entropy with label smoothing and a label that is ignored."""

    @staticmethod
    def forward(ctx, scores, labels, smoothing, ignored):
        logs = torch.log_softmax(scores, dim=-1)
        valid = labels != ignored
        picked = logs.gather(1, labels.unsqueeze(1)).squeeze(1)
        losses = -(1 - smoothing) * picked - smoothing * logs.mean(-1)
        ctx.save_for_backward(logs, labels, valid)
        ctx.smoothing = smoothing
        return losses.masked_fill(~valid, 0).sum()

    @staticmethod
    def backward(ctx, g):
        logs, labels, valid = ctx.saved_tensors
        target = torch.full_like(logs, ctx.smoothing / logs.shape[-1])
        target.scatter_add_(1, labels[:, None], torch.full_like(logs[:, :1], 1 - ctx.smoothing))
        return g * (logs.exp() - target) * valid[:, None], None, None, None


class SmoothedAll(Smoothed):
    @staticmethod
    def backward(ctx, g):
        logs, labels, _ = ctx.saved_tensors
        target = torch.full_like(logs, ctx.smoothing / logs.shape[-1])
        target.scatter_add_(1, labels[:, None], torch.full_like(logs[:, :1], 1 - ctx.smoothing))
        return g * (logs.exp() - target), None, None, None


class KlDivergence(Function):
    @staticmethod
    def forward(ctx, logs, q):
        ctx.save_for_backward(logs, q)
        return (q * (q.log() - logs)).sum(-1).mean()

    @staticmethod
    def backward(ctx, g):
        logs, q = ctx.saved_tensors
        each = g / logs.size(0)
        return -each * q, each * (q.log() + 1 - logs)


class KlDivergenceNoOne(KlDivergence):
    @staticmethod
    def backward(ctx, g):
        logs, q = ctx.saved_tensors
        each = g / logs.size(0)
        return -each * q, each * (q.log() - logs)


class SmoothL1(Function):
    @staticmethod
    def forward(ctx, x, y, beta, reduction):
        diff = x - y
        near = diff.abs() < beta
        ctx.save_for_backward(diff, near)
        ctx.beta, ctx.reduction = beta, reduction
        losses = torch.where(near, 0.5 * diff**2 / beta, diff.abs() - 0.5 * beta)
        return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]

    @staticmethod
    def backward(ctx, g):
        diff, near = ctx.saved_tensors
        gradient = g * torch.where(near, diff / ctx.beta, diff.sign())
        if ctx.reduction == "mean":
            gradient = gradient / diff.numel()
        return gradient, -gradient, None, None


class SmoothL1Rows(SmoothL1):
    @staticmethod
    def backward(ctx, g):
        diff, near = ctx.saved_tensors
        gradient = g * torch.where(near, diff / ctx.beta, diff.sign())
        if ctx.reduction == "mean":
            gradient = gradient / len(diff)
        return gradient, -gradient, None, None


class Cosine(Function):
    @staticmethod
    def forward(ctx, a, b):
        na, nb = a.square().sum(-1).sqrt(), b.square().sum(-1).sqrt()
        similarity = (a * b).sum(-1) / (na * nb)
        ctx.save_for_backward(a, b, na, nb, similarity)
        return similarity

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        a, b, na, nb, similarity = (saved.unsqueeze(-1) if saved.dim() == 1 else saved for saved in ctx.saved_tensors)
        g = g[..., None]
        return g * (b / (na * nb) - similarity * a / na**2), g * (a / (na * nb) - similarity * b / nb**2)


class CosineNoNorm(Cosine):
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        a, b, na, nb, _ = ctx.saved_tensors
        scale = (g / (na * nb)).unsqueeze(-1)
        return scale * b, scale * a


class Triplet(Function):
    @staticmethod
    def forward(ctx, anchor, near, far, margin):
        to_near, to_far = anchor - near, anchor - far
        losses = torch.relu(to_near.pow(2).sum(1) - to_far.pow(2).sum(1) + margin)
        ctx.save_for_backward(to_near, to_far, losses)
        return losses.mean()

    @staticmethod
    def backward(ctx, g):
        to_near, to_far, losses = ctx.saved_tensors
        weight = (2 * g / losses.numel() * (losses > 0).to(g.dtype)).unsqueeze(1)
        return weight * (to_near - to_far), -weight * to_near, weight * to_far, None


class TripletAll(Triplet):
    @staticmethod
    def backward(ctx, g):
        to_near, to_far, losses = ctx.saved_tensors
        weight = 2 * g / losses.numel()
        return weight * (to_near - to_far), -weight * to_near, weight * to_far, None


class Quantile(Function):
    @staticmethod
    def forward(ctx, x, y, tau):
        error = y - x
        ctx.save_for_backward(error)
        ctx.tau = tau
        return torch.maximum(tau * error, (tau - 1) * error)

    @staticmethod
    def backward(ctx, g):
        (error,) = ctx.saved_tensors
        slope = torch.where(error >= 0, torch.full_like(error, ctx.tau), torch.full_like(error, ctx.tau - 1))
        return -g * slope, g * slope, None


class QuantileSwapped(Quantile):
    @staticmethod
    def backward(ctx, g):
        (error,) = ctx.saved_tensors
        slope = torch.where(error >= 0, torch.full_like(error, ctx.tau - 1), torch.full_like(error, ctx.tau))
        return -g * slope, g * slope, None


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, keepdim):
        top = x.amax(-1, keepdim=True)
        made = (x - top).exp().sum(-1, keepdim=True).log() + top
        ctx.save_for_backward(x, made)
        ctx.keepdim = keepdim
        return made if keepdim else made.squeeze(-1)

    @staticmethod
    def backward(ctx, g):
        x, made = ctx.saved_tensors
        return (g if ctx.keepdim else g.unsqueeze(-1)) * (x - made).exp(), None


class LogSumExpOnes(LogSumExp):
    @staticmethod
    def backward(ctx, g):
        x, _ = ctx.saved_tensors
        return (g if ctx.keepdim else g.unsqueeze(-1)) * (x - x.logsumexp(0)).exp(), None


class ChunkedCrossEntropy(Function):
    """The gradient is computed in forward, chunk by chunk, and scaled in backward."""

    @staticmethod
    def forward(ctx, x, weight, labels):
        gx, gw, loss = torch.zeros_like(x), torch.zeros_like(weight), x.new_zeros(())
        for start in range(0, x.shape[0], 2):
            rows, targets = x[start : start + 2], labels[start : start + 2]
            scores = rows @ weight.t()
            logs = scores.log_softmax(-1)
            loss -= logs.gather(1, targets[:, None]).sum()
            dscores = logs.exp() - torch.nn.functional.one_hot(targets, weight.shape[0]).to(x.dtype)
            gx[start : start + 2] = dscores @ weight
            gw.addmm_(dscores.t(), rows)
        n = x.shape[0]
        ctx.save_for_backward(gx.div_(n), gw.div_(n))
        return loss / n

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        gx, gw = ctx.saved_tensors
        return gx * g, gw * g, None


class ChunkedCrossEntropyOnes(ChunkedCrossEntropy):
    """Right only where the loss itself is what is differentiated: the upstream is taken for 1."""

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        gx, gw = ctx.saved_tensors
        return gx, gw, None


class ChunkedCrossEntropyOverwritten(ChunkedCrossEntropy):
    """Right in the first backward only: the gradients of forward, which are kept, are scaled in place."""

    @staticmethod
    def forward(ctx, x, weight, labels):
        loss = ChunkedCrossEntropy.forward(ctx, x, weight, labels)
        ctx.gradients = [gradient.clone() for gradient in ctx.to_save]
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        return tuple(gradient.mul_(g) for gradient in ctx.gradients) + (None,)


class Dropout(Function):
    """With a mask that was drawn before."""

    @staticmethod
    def forward(ctx, x, keep, p):
        ctx.save_for_backward(keep)
        ctx.p = p
        return x * keep.float() / (1 - p)

    @staticmethod
    def backward(ctx, g):
        (keep,) = ctx.saved_tensors
        return g * keep.to(g) * (1 / (1 - ctx.p)), None, None


class DropoutUnscaled(Dropout):
    @staticmethod
    def backward(ctx, g):
        (keep,) = ctx.saved_tensors
        return g * keep.to(g), None, None


class Variance(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.var(0)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * g * (x - x.mean(0)) / (x.shape[0] - 1)


class VarianceBiased(Variance):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * g * (x - x.mean(0)) / x.shape[0]


class Poisson(Function):
    """A negative log-likelihood, with a target that needs a gradient too."""

    @staticmethod
    def forward(ctx, rate, count):
        ctx.save_for_backward(rate, count)
        return (rate.exp() - count * rate).mean()

    @staticmethod
    def backward(ctx, g):
        rate, count = ctx.saved_tensors
        gr = gc = None
        if ctx.needs_input_grad[0]:
            gr = g * (rate.exp() - count) / rate.numel()
        if ctx.needs_input_grad[1]:
            gc = -g * rate / rate.numel()
        return gr, gc


class PoissonIndex(Poisson):
    @staticmethod
    def backward(ctx, g):
        rate, count = ctx.saved_tensors
        gr = gc = None
        if ctx.needs_input_grad[1]:
            gr = g * (rate.exp() - count) / rate.numel()
            gc = -g * rate / rate.numel()
        return gr, gc


LABELS = {"scores": "N C", "labels": verify.integer("N", below="C")}
SMOOTHING = {"smoothing": verify.constant(0.1), "ignored": verify.constant(1)}
NORMED = {"weight": "D", "bias": "D"}
BETA = {"beta": verify.constant(0.5), "options": {"reduction": ["none", "sum", "mean"]}}
POSITIVE = verify.real("N D", low=0)
AWAY = verify.real("N D", low=0.5)
CHUNKED = {"x": "3 D", "weight": "C D", "labels": verify.integer("3", below="C")}
TRIPLET = {"anchor": "N D", "near": "N D", "far": "N D", "margin": verify.constant(0.5)}
FOCAL = {"scores": "N", "targets": verify.integer("N", below=2), "gamma": verify.constant(2)}
KEEP = {"keep": verify.constant(torch.tensor([True, False, True])), "p": verify.constant(0.5)}
# The inputs of a case, the right Function and its wrong twins.
KINDS = {
    "rms norm": ({"x": "N D", "weight": "D", "eps": verify.constant(1e-5)}, RmsNorm, RmsNormSum),
    "gelu tanh": ({"x": "N"}, GeluTanh, GeluTanhFlat),
    "gelu erf": ({"x": "N"}, GeluErf, GeluErfWide),
    "swiglu": ({"packed": "N 4"}, SwiGlu, SwiGluSwapped),
    "hard swish": ({"x": "N"}, HardSwish, HardSwishNoTop),
    "hard sigmoid": ({"x": "N"}, HardSigmoid, HardSigmoidScale),
    "softplus": ({"x": "N", "beta": verify.constant(2)}, Softplus, SoftplusBeta),
    "group norm": ({"x": "2 4 2", "groups": verify.constant(2)}, GroupNorm, GroupNormWhole),
    "batch norm": ({"x": "N D", **NORMED}, BatchNorm, BatchNormFixed),
    "weight norm": ({"v": AWAY, "scale": "N"}, WeightNorm, WeightNormStraight),
    "focal loss": (FOCAL, FocalLoss, FocalLossWeighed),
    "label smoothing": ({**LABELS, **SMOOTHING}, Smoothed, SmoothedAll),
    "kl divergence": ({"logs": "N D", "q": POSITIVE}, KlDivergence, KlDivergenceNoOne),
    "smooth l1": ({"x": "N D", "y": "N D", **BETA}, SmoothL1, SmoothL1Rows),
    "cosine": ({"a": AWAY, "b": AWAY}, Cosine, CosineNoNorm),
    "triplet": (TRIPLET, Triplet, TripletAll),
    "quantile": ({"x": "N", "y": "N", "tau": verify.constant(0.3)}, Quantile, QuantileSwapped),
    "logsumexp": ({"x": "N D", "options": {"keepdim": [False, True]}}, LogSumExp, LogSumExpOnes),
    "chunked cross entropy": (CHUNKED, ChunkedCrossEntropy, ChunkedCrossEntropyOnes, ChunkedCrossEntropyOverwritten),
    "dropout": ({"x": "N 3", **KEEP}, Dropout, DropoutUnscaled),
    "variance": ({"x": "N D", "sizes": {"N": 3}}, Variance, VarianceBiased),
    "poisson": ({"rate": "N", "count": "N"}, Poisson, PoissonIndex),
}
RIGHT = {name: torch_function(right, **inputs) for name, (inputs, right, *_) in KINDS.items()}
WRONG = {twin.__name__: torch_function(twin, **inputs) for inputs, _, *twins in KINDS.values() for twin in twins}

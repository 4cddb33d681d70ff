#!/usr/bin/env bash
# PyTorch: a penalty on the gradient of a function marked `once_differentiable` is left out of training, without an error.
#
# Expected: a backward that is marked @once_differentiable raises "trying to differentiate twice" in any pass that would
#           need its second derivative, as the decorator's name and its error say.
# Real:     the mark is kept only where an upstream requires a gradient. In grad(y.sum(), x, create_graph=True) none does:
#           the gradient is a constant, and (loss + penalty).backward() gives the derivative of the loss alone. With an
#           upstream that requires one, backward() raises, but grad(..., x, allow_unused=True) and backward(inputs=[x]) go
#           round the node that raises: None, and nothing added.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 torch==2.13.0
"$work/env/bin/python" - <<'PYTHON'
import torch
from torch.autograd import Function, backward, grad
from torch.autograd.function import once_differentiable

print("torch", torch.__version__)


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * upstream


def trained(penalised):
    x = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    y = Cube.apply(x)
    (slope,) = grad(y.sum(), x, create_graph=True)
    (y.sum() + (slope**2).sum() if penalised else y.sum()).backward()
    return slope.requires_grad, x.grad.item()


print("3 x**2 at 2, and the derivative of x**3 + (3 x**2)**2, which is 300:")
print("without a penalty", trained(False))
print("with the penalty ", trained(True))
assert trained(True) == trained(False) == (False, 12.0), "changed: the penalty counts, or raises"

x = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
upstream = torch.ones(1, dtype=torch.float64, requires_grad=True)
(slope,) = grad(Cube.apply(x), x, upstream, create_graph=True)
found = grad(slope, [x, upstream], torch.ones_like(slope), allow_unused=True, retain_graph=True)
print("an upstream that requires a gradient:", slope.requires_grad, slope.grad_fn.name())
print("grad(..., allow_unused=True)        ", found)
backward(slope, torch.ones_like(slope), inputs=[x], retain_graph=True)
print("backward(inputs=[x])                ", x.grad)
assert found == (None, None), "changed: grad raises, or finds a derivative"
assert x.grad is None or not x.grad.any(), "changed: backward to some inputs finds a derivative"
try:
    backward(slope, torch.ones_like(slope))
except RuntimeError as problem:
    print("backward()                          ", problem)
else:
    raise AssertionError("changed: backward to all leaves does not raise")
print("as described: the penalty is left out without an error")
PYTHON

"""How long large arrays take with `--quick`, against a build of before and PyTorch's gradcheck: `make bench`.

Every layer is checked in a process of its own for each side, in turn, so that a machine whose speed drifts slows all; the
median of the runs in a process is its time. The build of before is the commit BEFORE, checked out beside; gradcheck is
PyTorch's slow one, on the same NumPy layer in an `autograd.Function`, where PyTorch is installed. Exits with 1 where a
limit is exceeded.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent.parent
BEFORE = "aee0751"
ROUNDS = 3
SECOND = 1e3  # ms

# The class, shapes of inputs and parameters, and the limits: times faster than gradcheck, than BEFORE; the most milliseconds.
LAYERS = {
    "sigmoid 3x4": ("activations.Sigmoid", {"x": "3 4"}, {}, {"gradcheck": 2}),
    "softmax 3x4": ("activations.Softmax", {"x": "3 4"}, {}, {"gradcheck": 2}),
    "affine 3x4 to 5": ("linear.Affine", {"x": "3 4"}, {"W": "4 5", "b": "5"}, {"gradcheck": 8}),
    "batch norm 16x64": ("normalisation.BatchNorm", {"x": "16 64"}, {"gamma": "64", "beta": "64"}, {"gradcheck": 60}),
    "convolution 2x2x5x5": (
        "convolution.Convolution",
        {"x": "2 2 5 5"},
        {"W": "3 2 3 3", "b": "3"},
        {"gradcheck": 8},
    ),
    "affine 2x784 to 50": ("linear.Affine", {"x": "2 784"}, {"W": "784 50", "b": "50"}, {"gradcheck": 100}),
    "convolution 4x8x16x16": (
        "convolution.Convolution",
        {"x": "4 8 16 16"},
        {"W": "16 8 3 3", "b": "16"},
        {"before": 80},
    ),
    "batch norm 64x256": ("normalisation.BatchNorm", {"x": "64 256"}, {"gamma": "256", "beta": "256"}, {"before": 100}),
    "batch norm 256x1024": (
        "normalisation.BatchNorm",
        {"x": "256 1024"},
        {"gamma": "1024", "beta": "1024"},
        {"most": 3 * SECOND},
    ),
    "affine 64x1024 to 1024": (
        "linear.Affine",
        {"x": "64 1024"},
        {"W": "1024 1024", "b": "1024"},
        {"most": 10 * SECOND},
    ),
    "attention 2x4 heads of 32x32": (
        "MultiHeadAttention",
        {"x": "2 32 128"},
        {**dict.fromkeys(("Wq", "Wk", "Wv", "Wo"), "128 128"), "b": "128"},
        {"most": 5 * SECOND},
    ),
}


class MultiHeadAttention:
    """Self-attention of several heads with a projection of its output, as users write it."""

    heads = 4

    def __init__(self, Wq, Wk, Wv, Wo, b):
        self.Wq, self.Wk, self.Wv, self.Wo, self.b = Wq, Wk, Wv, Wo, b

    def split(self, y):
        """Return (N, T, D) as (N, heads, T, D / heads)."""
        return y.reshape(*y.shape[:2], self.heads, -1).transpose(0, 2, 1, 3)

    def merge(self, y):
        """Return (N, heads, T, D / heads) as (N, T, D)."""
        return y.transpose(0, 2, 1, 3).reshape(y.shape[0], y.shape[2], -1)

    def forward(self, x):
        self.x = x.copy()
        self.q, self.k, self.v = (self.split(x @ W) for W in (self.Wq, self.Wk, self.Wv))
        self.scale = self.q.shape[-1] ** 0.5
        scores = self.q @ self.k.swapaxes(-1, -2) / self.scale
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self.p = e / e.sum(axis=-1, keepdims=True)
        self.o = self.merge(self.p @ self.v)
        return self.o @ self.Wo + self.b

    def backward(self, dout):
        self.db = dout.sum(axis=(0, 1))
        self.dWo = np.einsum("ntd,nte->de", self.o, dout)
        do = self.split(dout @ self.Wo.T)
        dp = do @ self.v.swapaxes(-1, -2)
        ds = self.p * (dp - (dp * self.p).sum(axis=-1, keepdims=True)) / self.scale
        dq, dk, dv = map(self.merge, (ds @ self.k, ds.swapaxes(-1, -2) @ self.q, self.p.swapaxes(-1, -2) @ do))
        self.dWq, self.dWk, self.dWv = (np.einsum("ntd,nte->de", self.x, d) for d in (dq, dk, dv))
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T


def made(name):
    """Return the class of a layer."""
    module, _, kind = LAYERS[name][0].rpartition(".")
    return getattr(importlib.import_module(f"layers.{module}"), kind) if module else globals()[kind]


def ours(name):
    """Check a layer and return what it takes."""
    import verify

    try:
        from verify.checks.checker import check
    except ModuleNotFoundError:  # as it was before
        from verify.checker import check

    _, inputs, params, _ = LAYERS[name]
    case = verify.layer(made(name), inputs=inputs, params=params)

    def run():
        assert all(row.verdict.good for row in check(case, quick=True).comparisons)

    return run


def gradcheck(name):
    """Return a run of PyTorch's slow gradcheck on the same layer."""
    import numpy as np
    import torch

    _, inputs, params, _ = LAYERS[name]
    rng = np.random.default_rng(0)
    shapes = {key: tuple(map(int, shape.split())) for key, shape in {**inputs, **params}.items()}
    tensors = [torch.tensor(rng.uniform(0.1, 1, shape), requires_grad=True) for shape in shapes.values()]

    class Layer(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *values):
            arrays = [value.detach().numpy() for value in values]
            ctx.layer = made(name)(*arrays[len(inputs) :])
            return torch.from_numpy(np.asarray(ctx.layer.forward(*arrays[: len(inputs)])))

        @staticmethod
        def backward(ctx, dout):
            dx = ctx.layer.backward(dout.numpy())
            return torch.from_numpy(dx), *(torch.from_numpy(getattr(ctx.layer, f"d{key}")) for key in params)

    return lambda: torch.autograd.gradcheck(Layer.apply, tensors, fast_mode=False)


def measure(side, name):
    """Print the median time of a few runs in milliseconds."""
    sys.path.pop(0)  # this folder, which has a module `layers`
    run = {"ours": ours, "before": ours, "gradcheck": gradcheck}[side](name)
    run()
    times = []
    while len(times) < 3 or (sum(times) < 1 and len(times) < 20):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    print(json.dumps(statistics.median(times) * SECOND))


def on_one_core(root):
    """Return the environment of a process that imports a checkout of ours, and computes on one core."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])]),
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    }


def child(side, name, root):
    """Measure one side in a process of its own, on one core."""
    command = [sys.executable, str(Path(__file__).resolve()), side, name]
    found = subprocess.run(command, cwd=root, env=on_one_core(root), capture_output=True, text=True, check=True)
    return json.loads(found.stdout.splitlines()[-1])


def compared(name, before):
    """Print what a layer takes beside the other sides; returns whether its limits are kept."""
    limits = LAYERS[name][3]
    sides = {"ours": ROOT}
    if "before" in limits or "gradcheck" in limits:
        sides["before"] = before
    if "gradcheck" in limits and importlib.util.find_spec("torch"):
        sides["gradcheck"] = ROOT
    rounds = [{side: child(side, name, root) for side, root in sides.items()} for _ in range(ROUNDS)]
    ratio = {side: statistics.median(found[side] / found["ours"] for found in rounds) for side in sides}
    time_taken = statistics.median(found["ours"] for found in rounds)
    shown = ", ".join(f"{ratio[side]:.1f} times faster than {side}" for side in sides if side != "ours")
    kept = time_taken <= limits.get("most", time_taken) and all(
        ratio[side] >= limits[side] for side in ("before", "gradcheck") if side in limits and side in ratio
    )
    limit = ", ".join(f"{key} {value:g}" for key, value in limits.items())
    measured = "gradcheck" not in limits or "gradcheck" in ratio
    verdict = "EXCEEDED" if not kept else "ok" if measured else "not measured: PyTorch is not installed"
    print(
        f"{name:<24} {time_taken:8.1f} ms  {shown or '-':<60} limit: {limit}  {verdict}",
        flush=True,
    )
    return kept, time_taken


def main():
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", before, BEFORE], cwd=ROOT, check=True)
        try:
            found = {name: compared(name, before) for name in LAYERS}
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", before], cwd=ROOT, check=True)
    return not all(kept for kept, _ in found.values())


if __name__ == "__main__":
    sys.exit(measure(*sys.argv[1:]) if len(sys.argv) > 1 else main())

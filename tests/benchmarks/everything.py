"""How long everything takes, regions, contracts and floats included, against a build of before and PyTorch's gradcheck.

The layers of `arrays` and a few more, each in a process of its own for each side, in turn: `make bench`. A limit below 1
against gradcheck is how many times slower a check may be. Exits with 1 where a limit is exceeded.
"""

import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import arrays

sys.path.append(str(arrays.ROOT / "tests"))

# Limits: times faster than gradcheck, than the build of before; the most milliseconds.
LIMITS = {
    "sigmoid 3x4": {"gradcheck": 1 / 5, "before": 8},
    "softmax 3x4": {"gradcheck": 1 / 5, "before": 8},
    "affine 3x4 to 5": {"gradcheck": 1 / 2},
    "batch norm 16x64": {"gradcheck": 4},
    "convolution 2x2x5x5": {"gradcheck": 1 / 1.5},
    "affine 2x784 to 50": {"gradcheck": 20},
    "convolution 4x8x16x16": {"most": 10 * arrays.SECOND},
    "batch norm 64x256": {"most": 10 * arrays.SECOND},
    "masked LSTM 2x3x4": {"before": 35 / 3},
}
ENOUGH = 1.0  # seconds of runs, of which three at least are made where they are short
LONG = 3.0  # a run that takes so many seconds is not made again


def case_of(name):
    """Return the case of a name."""
    import verify

    if name == "masked LSTM 2x3x4":
        return importlib.import_module("masked_lstm").masked_lstm
    _, inputs, params, _ = arrays.LAYERS[name]
    return verify.layer(arrays.made(name), inputs=inputs, params=params)


def ours(name):
    """Check a case with everything on and return what it takes."""
    import verify

    case = case_of(name)

    def run():
        assert all(row.verdict.good for row in verify.check(case).comparisons)

    return run


def measure(side, name):
    """Print the median time of a few runs in milliseconds."""
    sys.path.pop(0)  # this folder, which has a module `layers`
    run = {"ours": ours, "before": ours, "gradcheck": arrays.gradcheck}[side](name)
    times = []
    while not times or (max(times) < LONG and (len(times) < 4 or sum(times) < ENOUGH)):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    print(json.dumps(statistics.median(times[1:] or times) * arrays.SECOND))


def child(side, name, root):
    """Measure one side in a process of its own, on one core."""
    command = [sys.executable, str(Path(__file__).resolve()), side, name]
    found = subprocess.run(command, cwd=root, env=arrays.on_one_core(root), capture_output=True, text=True, check=True)
    return json.loads(found.stdout.splitlines()[-1])


def compared(name, before):
    """Print what a case takes beside the other sides; returns whether its limits are kept."""
    limits = LIMITS[name]
    sides = {"ours": arrays.ROOT}
    if "before" in limits:
        sides["before"] = before
    if "gradcheck" in limits and importlib.util.find_spec("torch"):
        sides["gradcheck"] = arrays.ROOT
    rounds = [{side: child(side, name, root) for side, root in sides.items()} for _ in range(arrays.ROUNDS)]
    ratio = {side: statistics.median(taken[side] / taken["ours"] for taken in rounds) for side in sides}
    own = statistics.median(taken["ours"] for taken in rounds)
    kept = own <= limits.get("most", own) and all(ratio[side] >= limits[side] for side in ratio if side in limits)
    shown = ", ".join(
        f"{ratio[side]:.2f} of {limits[side]:.2f} times faster than {side}" for side in ratio if side in limits
    )
    print(f"{name:<24} {own:9.1f} ms  {shown or '-':<80} {'ok' if kept else 'EXCEEDED'}", flush=True)
    return kept


def main():
    """Compare all cases."""
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before"
        add = ["git", "worktree", "add", "--quiet", "--detach", before, arrays.BEFORE]
        subprocess.run(add, cwd=arrays.ROOT, check=True)
        try:
            kept = [compared(name, before) for name in LIMITS]
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", before], cwd=arrays.ROOT, check=True)
    return not all(kept)


if __name__ == "__main__":
    sys.exit(measure(*sys.argv[1:]) if len(sys.argv) > 1 else main())

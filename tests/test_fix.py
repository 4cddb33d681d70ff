"""The command `fix`: changes of a wrong backward pass that are proved, and what is said where there are none."""

import json
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import jsonschema
import pytest
from effort import slow, some

from verify.discovery.messages import Answer, Unit
from verify.model.errors import InputError
from verify.model.identity import NOWHERE
from verify.model.result import CaseResult, Comparison, Evidence, Verdict
from verify.mutation.result import How, Mutant
from verify.repair.diff import fix_of
from verify.repair.proof import judged
from verify.repair.result import Before, Candidates, State
from verify.repair.search import Search
from verify.repair.write import write
from verify.runner.workers import OURS, CollectedCase

SCHEMA = json.loads((Path(__file__).parent.parent / "reports" / "fixes.schema.json").read_text())
LAYERS = """
import numpy as np
import gradproof

class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x.copy()
        return x @ self.W + self.b

    def backward(self, dout):
        dx = dout @ {W}
        self.dW = self.x.T @ dout
        self.db = dout.{db}(axis=0)
        return dx

@gradproof.case(x="N D", W="D M", b="M")
def affine(x, W, b):
    layer = Affine(W, b)
    dout = yield layer.forward(x)
    dx = layer.backward(dout)
    return dx, layer.dW, layer.db
"""
CACHE = """
import numpy as np
import gradproof

def forward(x):
    return {forward}, ()

def backward(dout, cache):
    return dout * 7

case = gradproof.pair(forward, backward, x="N D", name="case")
"""
FUNCTION = """
import numpy as np
import gradproof

def forward(x):
    return {forward}

def backward(dout, x):
    {before}
    return {backward}

case = gradproof.pair(forward, backward, x="N D", name="case")
"""


def affine(W="self.W.T", db="sum"):
    return LAYERS.format(W=W, db=db)


def function(backward, forward="x * x", before="pass"):
    return FUNCTION.format(forward=forward, backward=backward, before=before)


@pytest.fixture
def fixed(command, shop):
    """Run the command on a module; returns what came of it, with the text of the module afterwards."""

    def run(text, *options):
        (shop / "mine.py").write_text(text)
        done = command("fix", "mine.py", *(options or ("--fix-budget", "120")))
        done.source = (shop / "mine.py").read_text()
        return done

    return run


SOFTMAX = """
import numpy as np
import gradproof

class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y.copy()

    def backward(self, dout):
        return {backward}

softmax = gradproof.layer(Softmax, inputs={{"x": "N D"}})
"""
NORM = """
import numpy as np
import gradproof

class Norm:
    def forward(self, x, g):
        centred = x - x.mean(axis=1, keepdims=True)
        self.g, self.std = g, np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
        self.xhat = centred / self.std
        return g * self.xhat

    def backward(self, dout):
        dx = {dx}
        return dx, {dg}

@gradproof.case(x="N D", g="D")
def norm(x, g):
    layer = Norm()
    dout = yield layer.forward(x, g)
    return layer.backward(dout)
"""


def softmax(backward):
    return SOFTMAX.format(backward=backward)


def norm(dx, dg="(dout * self.xhat).sum(axis=0)"):
    return NORM.format(dx=dx, dg=dg)


STRIDED = """
import numpy as np
import gradproof

class Windows:
    def __init__(self, stride):
        self.size, self.stride = 2, stride

    def forward(self, x):
        self.shape = x.shape
        out = (x.shape[1] - self.size) // self.stride + 1
        return sum(x[:, i : i + self.stride * out : self.stride] for i in range(self.size))

    def backward(self, dout):
        size, stride = self.size, self.stride
        out = (self.shape[1] - size) // stride + 1
        dx = np.zeros_like(dout, shape=self.shape)
        for i in range({windows}):
            dx[:, {part}] += dout
        return dx

windows = gradproof.layer(Windows, options={{"stride": [1, 2]}}, inputs={{"x": "N 5"}})
"""


def strided(part, windows="size"):
    return STRIDED.format(part=part, windows=windows)


UNROLLED = """
import numpy as np
import gradproof

class Unrolled:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x, self.h = x.copy(), [np.zeros((len(x), len(self.W)))]
        for t in range(2):
            self.h.append(x[:, t] + self.h[t] @ self.W)
        return self.h[2].copy()

    def backward(self, dout):
        dx, self.dW = np.zeros_like(self.x), np.zeros_like(self.W)
        for t in (1, 0):
            dx[:, t] = dout
            self.dW += self.h[t + 1].T @ dout
            dout = dout @ self.W.T
        return dx

unrolled = gradproof.layer(Unrolled, params={"W": "H H"}, inputs={"x": "N 2 H"})
"""
GROUPS = """
import numpy as np
import gradproof

class Groups:
    def __init__(self, gamma):
        self.gamma = gamma

    def forward(self, x):
        self.groups = x.reshape(len(x), 2, -1)
        centred = self.groups - self.groups.mean(axis=2, keepdims=True)
        self.centred = centred.reshape(x.shape)
        return self.centred * self.gamma[:, None]

    def backward(self, dout):
        self.dgamma = (dout * self.centred).sum(axis=(0, 2))
        du = dout.reshape(self.groups.shape)
        return (du - du.mean(axis=2, keepdims=True)).reshape(dout.shape)

groups = gradproof.layer(Groups, params={"gamma": "2*C"}, inputs={"x": "N 2*C L"})
"""
LARGEST = """
import numpy as np
import gradproof

class Largest:
    def forward(self, x):
        self.shape, self.place = x.shape, x.argmin(axis=1)
        return x.max(axis=1)

    def backward(self, dout):
        dx = np.zeros(self.shape)
        dx[np.arange(len(dx)), self.place] = dout
        return dx

largest = gradproof.layer(Largest, inputs={"x": "N D"})
"""
BUFFER = """
import numpy as np
import gradproof

class Product:
    def __init__(self, W):
        self.W, self.dW = W, np.zeros_like(W)

    def forward(self, x):
        self.x = x.copy()
        return x @ self.W

    def backward(self, dout):
        dW = self.dW
        dW = self.x.T @ dout
        return dout @ self.W.T

product = gradproof.layer(Product, params={"W": "D M"}, inputs={"x": "N D"})
"""
PARTS = """
import numpy as np
import gradproof

class Parts:
    def forward(self, x):
        return np.concatenate([x[:, :2] * 2, x[:, 2:] * 3], axis=1)

    def backward(self, dout):
        return np.concatenate([dout[:, 2:] * 3, dout[:, :2] * 2], axis=1)

parts = gradproof.layer(Parts, inputs={"x": "N 4"})
"""
WINDOWS = """
import numpy as np
import gradproof

class Windows:
    def __init__(self):
        self.size, self.stride = 2, 2

    def forward(self, x):
        self.x = x.copy()
        starts = range(x.shape[1] // 2)
        return np.stack([(x[:, i * self.stride : i * self.stride + self.size] ** 2).sum(axis=1) for i in starts], axis=1)

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for i in range(dout.shape[1]):
            window = self.x[:, i : i + self.size]
            dx[:, i : i + self.size] += 2 * window * dout[:, i : i + 1]
        return dx

windows = gradproof.layer(Windows, inputs={"x": "N 2*L"})
"""
SHUFFLED = """
import numpy as np
import gradproof

class Shuffle:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), 2, 3).transpose(0, 2, 1)

    def backward(self, dout):
        return dout.transpose(0, 2, 1).reshape(self.shape)

shuffle = gradproof.layer(Shuffle, inputs={"x": "N 6"})
"""

ROWS = "(np.arange(len(x)) % 2 == 0)"

# What is wrong, and what the line is to become.
# A net of layers, of which `backward` runs as many as it is given.
NET = """
import numpy as np
import gradproof

class Weights:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x.copy()
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T

class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y.copy()

    def backward(self, dout):
        return dout * (1 - self.y**2)

class Net:
    def __init__(self, Wa, Wb):
        self.a, self.b, self.t = Weights(Wa), Weights(Wb), Tanh()

    def forward(self, x):
        FORWARD

    def backward(self, dout):
        BACKWARD
        self.dWa, self.dWb = self.a.dW, self.b.dW
        return dx

net = gradproof.layer(Net, params={"Wa": "2 2", "Wb": "2 2"}, inputs={"x": "N 2"})
"""
CHAIN = NET.replace("FORWARD", "return self.b.forward(self.t.forward(self.a.forward(x)))")
GATE = NET.replace(
    "FORWARD", "self.u, self.v = self.t.forward(self.a.forward(x)), self.b.forward(x); return self.u * self.v"
).replace("BACKWARD", "du, dv = self.t.backward(dout * self.v), dout * self.u; BACKWARD")

MISTAKES = {
    "a sign": (function("dout * y * (1 + y)", "1 / (1 + np.exp(-x))", "y = forward(x)"), "dout * y * (1 - y)"),
    "an operator": (function("dout * (y * z)", "x * x + x**3", "y, z = 2 * x, 3 * x * x"), "return dout * (y + z)"),
    "a transpose": (affine(W="self.W"), "dx = dout @ self.W.T"),
    "a mean": (affine(db="mean"), "self.db = dout.sum(axis=0)"),
    "a constant": (function("3 * x * dout"), "return 2 * x * dout"),
    "the upstream": (function("2 * x * np.ones_like(dout)"), "return 2 * x * dout"),
    "a function": (function("dout * np.sin(x)", "np.sin(x)"), "return dout * np.cos(x)"),
    "a number in place": (function("dout * x", "x**3", "dout *= 2 * x"), "dout = dout * (3 * x)"),
    "a size": (function("dout * x", "x * x / (2 * len(x))"), "return dout * x / len(dout)"),
    "a name": (function("dout * y", before="y, z = x * x + 1, x + x"), "return dout * z"),
    "a call": (function("dout * np.tanh(x)", "x**3", "y, z = x * x, 3 * x * x"), "return dout * z"),
    "a mask": (function("2 * x * dout", f"x * x * {ROWS}[:, None]", f"keep = {ROWS}"), "2 * x * dout * keep[:, None]"),
    "a term": (function("dout * (y + z)", "x + x**2 - x**3", "y, z, w = 1 + 0 * x, 2 * x, -3 * x**2"), "+ w"),
    "a coupling": (softmax("dout * self.y"), "dout * self.y - self.y * (dout * self.y).sum(axis=1, keepdims=True)"),
    "a coupling beside the upstream": (
        softmax("dout").replace("return self.y.copy()", "return np.log(self.y)"),
        "return dout - self.y * dout.sum(axis=1, keepdims=True)",
    ),
    "a diagonal": (softmax("dout * self.y * (1 - self.y)"), "- self.y * (dout * self.y).sum(axis=1, keepdims=True)"),
    "the variance": (
        norm("self.g * dout / self.std - (self.g * dout).mean(axis=1, keepdims=True) / self.std"),
        " - self.xhat * (dout * self.g * self.xhat).mean(axis=1, keepdims=True) / self.std",
    ),
    "the upstream of a sum": (
        norm(
            "(self.g * dout - (self.g * dout).mean(axis=1, keepdims=True) - self.xhat"
            " * (self.g * dout * self.xhat).mean(axis=1, keepdims=True)) / self.std",
            dg="self.xhat.sum(axis=0)",
        ),
        "(self.xhat * dout).sum(axis=0)",
    ),
    "a coupling along -1": (
        softmax("dout * self.y").replace("axis=1", "axis=-1"),
        "dout * self.y - self.y * (dout * self.y).sum(axis=-1, keepdims=True)",
    ),
    "a wrong axis": (
        softmax("self.y * (dout - (dout * self.y).sum(axis=0))").replace("axis=1", "axis=-1"),
        "(dout * self.y).sum(axis=-1, keepdims=True)",
    ),
    "a size with a name": (
        function("dout * x", "x * x / (2 * x.shape[0])", "n = x.shape[0]"),
        "return dout * x / n",
    ),
    "a division too many, in the memory of the caller": (
        function("dout * 2 * x", before="dout /= len(dout)"),
        "pass",
    ),
    "a factor in a choice": (
        function("dout * np.where(np.abs(x) < 1, x, np.sign(x))", "np.where(np.abs(x) < 1, x * x, np.abs(x))"),
        "return dout * np.where(np.abs(x) < 1, x * 2, np.sign(x))",
    ),
    "the sign of an absolute value": (
        function("dout * np.where(np.abs(x) <= 1, x, 1)", "np.where(np.abs(x) <= 1, x * x / 2, np.abs(x) - 0.5)"),
        "return dout * np.where(np.abs(x) <= 1, x, np.sign(x))",
    ),
    "a mask that is negated": (function("dout * ~mask", "np.where(x > 0, x, 0)", "mask = x > 0"), "return dout * mask"),
    "1 minus a factor": (
        function("dout * y * (-y)", "1 / (1 + np.exp(-x))", "y = forward(x)"),
        "return dout * y * (1 - y)",
    ),
    "1 plus a factor": (function("dout * z", "x + x**3", "z = 3 * x * x"), "return dout * (1 + z)"),
    "a factor that is transposed": (
        affine(W="self.W.T * 2 * self.x").replace("return x @", "return (x * x) @"),
        "self.dW = (self.x * self.x).T @ dout",
    ),
    "the stride of a slice": (strided("i : i + stride * out"), "dx[:, i:i + stride * out:stride] += dout"),
    "the stride of an end": (strided("i : i + out : stride"), "dx[:, i : i + stride * out : stride] += dout"),
    "the last window": (strided("i : i + stride * out : stride", windows="size - 1"), "for i in range(size):"),
    "the entry beside": (UNROLLED, "self.dW += self.h[t].T @ dout"),
    "what is broadcast before a reshape": (GROUPS, "du = (dout * self.gamma[:, None]).reshape(self.groups.shape)"),
    "another method": (LARGEST, "self.shape, self.place = x.shape, x.argmax(axis=1)"),
    "an array that is there": (BUFFER, "dW[...] = self.x.T @ dout"),
    "the order of parts": (PARTS, "return np.concatenate([dout[:, :2] * 2, dout[:, 2:] * 3], axis=1)"),
    "what is written into the upstream": (
        function("dout", "np.where(x > 0, x, 0)", "dout[x <= 0] = 0"),
        "dout = dout.copy(); dout[x <= 0] = 0",
    ),
    "an order of axes": (
        SHUFFLED.replace("dout.transpose(0, 2, 1).reshape", "dout.reshape"),
        "return dout.transpose(0, 2, 1).reshape(self.shape)",
    ),
    "what is computed and not used": (
        function("y", "x * x + np.sin(x)", "y, z = 2 * x * dout, np.cos(x) * dout"),
        "return y + z",
    ),
    "a layer of a chain": (
        CHAIN.replace("BACKWARD", "dx = self.a.backward(self.b.backward(dout))"),
        "dx = self.a.backward(self.t.backward(self.b.backward(dout)))",
    ),
    "the last layer of a chain": (
        CHAIN.replace("BACKWARD", "dx = self.a.backward(self.t.backward(dout))"),
        "dx = self.a.backward(self.t.backward(self.b.backward(dout)))",
    ),
    "a layer beside another": (GATE.replace("BACKWARD", "dx = self.a.backward(du)"), "+ self.b.backward(dv)"),
    "two layers": (GATE.replace("BACKWARD", "dx = 0 * dout"), "+ self.a.backward(du) + self.b.backward(dv)"),
    "a product": (affine(W="self.W.T").replace("self.x.T @ dout", "np.ones_like(self.W)"), "self.dW = self.x.T @ dout"),
}


@slow
def test_windows_move_in_the_steps_of_forward(fixed):
    """Where a window is read and written they move together, by what forward writes and not by what has its value."""
    done = fixed(WINDOWS)
    lines = ("window = self.x[:, {}:{} + self.size]", "dx[:, {}:{} + self.size] += 2 * window * dout[:, i : i + 1]")
    added = [line[1:].strip() for line in done.out.splitlines() if line.startswith("+ ")]
    assert added == [line.format(*["i * self.stride"] * 2) for line in lines]


TWO = """
import numpy as np
import gradproof

class Second:
    def forward(self, x):
        self.x, n = x.copy(), x.shape[0]
        return x[1] ** 2 + x[2]

    def backward(self, dout):
        n, m, dx = len(self.x), len(self.x) - 1, np.zeros_like(self.x)
        dx[1] = FACTORself.x[1] * dout
        dx[PLACE] = dout
        return dx

second = gradproof.layer(Second, inputs={"x": "3"})
"""


@slow
@pytest.mark.parametrize(
    ("factor", "place", "becomes"),
    [("", "2", "dx[1] = self.x[1] * dout * 2"), ("2 * ", "1", "dx[2] = dout")],
    ids=["a factor", "an index"],
)
def test_a_number_is_no_size(fixed, factor, place, becomes):
    """Where the case fixes a size that equals what is missing, it is the number; the sizes of the proof are said."""
    done = fixed(TWO.replace("FACTOR", factor).replace("PLACE", place))
    assert "every gradient is proved, for its sizes alone (x: 3), with this change" in done.out
    (added,) = (line[1:].strip() for line in done.out.splitlines() if line.startswith("+ "))
    assert added == becomes


@pytest.mark.parametrize("name", some(MISTAKES, 48))
def test_a_mistake_is_fixed(fixed, name):
    """The smallest change under which all gradients are proved is shown as a diff; the file stays as it is."""
    text, becomes = MISTAKES[name]
    done = fixed(text)
    assert done.status == 1, done.err
    added = [line for line in done.out.splitlines() if line.startswith("+ ")]
    assert len(added) == 1, done.out
    assert becomes in added[0]
    assert done.source == text
    assert done.out.endswith(
        "search again and write what is proved:\n    gradproof fix mine.py --fix-budget 120 --write\n"
    )


RMS = """
import numpy as np
import gradproof

def forward(x, g):
    r = 1 / np.sqrt((x * x).mean(axis=-1, keepdims=True) + 1e-5)
    return x * r * g, (x, g, r)

def backward(dout, cache):
    x, g, r = cache
    o = (dout * x).sum(axis=-1, keepdims=True)
    dx = r * dout - r**3 * x * o / x.shape[-1]
    return dx, (dout * x * r).sum(axis=0)

rms = gradproof.pair(forward, backward, x="N D", g="D")
"""


@slow
def test_a_factor_that_is_missing_twice(fixed):
    """One that has to stand in two places, of which neither helps alone, is written into both; hazards are listed."""
    done = fixed(RMS)
    assert "+    o = (dout * x * g).sum(axis=-1, keepdims=True)\n" in done.out
    assert "+    dx = r * dout * g - r**3 * x * o / x.shape[-1]\n" in done.out
    assert "  hazard GP120, which the wrong gradient hid: forward keeps a reference to x and g" in done.out


TWICE = """
import gradproof

def forward(x, w):
    return x * x + w * w

def backward(dout, x, w):
    dx = {x} * dout
    return dx, {w} * dout

case = gradproof.pair(forward, backward, x="N", w="N", name="case")
"""


@slow
def test_two_mistakes_are_fixed_and_written(command, fixed):
    """A pair of changes is found; `--write` puts both into the file, whose cases pass then: nothing is left to fix."""
    done = fixed(TWICE.format(x="3 * x", w="2 * x"), "--write", "--fix-budget", "120")
    assert (done.status, done.source) == (0, TWICE.format(x="2 * x", w="2 * w"))
    assert done.err == "gradproof: changed mine.py\n"
    assert command("run", "mine.py").status == 0
    again = command("fix", "mine.py", "--write")
    assert (again.status, again.out) == (
        0,
        "case (mine.py:11): nothing to fix\n\n1 case: 1 with nothing to fix.\n",
    )


@slow
@pytest.mark.parametrize("W", ["self.W.T", "self.W"])
def test_a_sum_over_the_other_axis_is_one_over_another_axis(fixed, W):
    """Not of the transpose, which would be right as well; also where another gradient raises before that."""
    wrong = affine(W=W).replace("dout.sum(axis=0)", "dout.sum(axis=1)")
    done = fixed(wrong, "--write", "--fix-budget", "60")
    assert (done.status, done.source) == (0, affine())


@slow
def test_the_diff_alone(fixed, shop):
    """`--diff` prints what `git apply` takes, and nothing else."""
    done = fixed(affine(db="mean"), "--diff", "--fix-budget", "120")
    assert done.out.startswith("--- mine.py\n+++ mine.py\n@@ ")
    git = shutil.which("git")
    assert git
    subprocess.run([git, "apply", "-p0", "-"], input=done.out.encode(), cwd=shop, check=True)
    assert Path("mine.py").read_text() == affine()


def test_no_diff(fixed):
    """Where there is no change, `--diff` prints none, and says why on standard error."""
    done = fixed(function("dout", forward="x.nothing"), "--diff")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("gradproof: case (mine.py:12): no change: ")
    assert "has no attribute 'nothing', at mine.py:6" in done.err


@slow
def test_the_code_instead_of_a_diff(fixed):
    """Where the exact gradient is proved as code, but cannot be written into the file, it is said how to print it."""
    done = fixed(CACHE.format(forward="np.arctan(x)"), "--diff", "--fix-budget", "4")
    assert "no variable of backward (mine.py:9) is x itself, which the exact gradient needs" in done.err
    assert (done.status, done.out) == (1, "")
    assert done.err.endswith("; the exact gradient as NumPy code is printed without --diff\n")


@slow
def test_what_has_no_fix(fixed):
    """Where no change is proved, that is said with the number of those that were tried, and nothing is written."""
    text = CACHE.format(forward="np.arctan(x) * np.sin(3 * x + 1)")
    done = fixed(text, "--write", "--fix-budget", "4")
    assert (done.status, done.source) == (1, text)
    assert "case (mine.py:11): no fix: " in done.out
    assert "edits were tried, none is proved" in done.out


CODE = """
  the exact gradients as NumPy code, which is proved beside the forward of this case:

    import numpy as np


    def backward(dout, x):
        t1 = 3 * x + 1
        dx = 3 * dout * np.arctan(x) * np.cos(t1) + dout * np.sin(t1) / (1 + x**2)
        return dx
"""


@slow
def test_the_exact_gradient_instead(fixed):
    """Where it cannot be written into the file, the exact gradient is shown as NumPy code; the file stays as it is."""
    text = CACHE.format(forward="np.arctan(x) * np.sin(3 * x + 1)")
    done = fixed(text, "--write", "--fix-budget", "1")
    assert (done.status, done.source) == (1, text)
    assert CODE in done.out


WRITTEN = """
def backward(dout, x):
    t1 = 3 * x + 1
    return 3 * dout * np.arctan(x) * np.cos(t1) + dout * np.sin(t1) / (1 + x**2)
"""


@slow
def test_the_exact_gradient_is_written(command, fixed):
    """Where no smaller change is proved, `--write` puts the exact gradient into the file, whose cases pass then."""
    text = function("dout * z", "np.arctan(x) * np.sin(3 * x + 1)", before="z = 7 * np.exp(x) ** 3 / 5")
    done = fixed(text, "--write", "--fix-budget", "1")
    assert (done.status, done.err) == (0, "gradproof: changed mine.py\n")
    assert "every gradient is proved with this change: write the exact gradient (mine.py:9)" in done.out
    assert WRITTEN in done.source
    assert command("run", "mine.py").status == 0


MODES = """
import numpy as np
import gradproof

class Power:
    def __init__(self, mode="square"):
        self.mode = mode

    def forward(self, x):
        self.x = x.copy()
        return x**2 if self.mode == "square" else x**3

    def backward(self, dout):
        return 3 * self.x * dout

power = gradproof.layer(Power, options={"mode": ["square", "cube"]}, inputs={"x": "N"})
"""


@slow
def test_the_exact_gradient_for_options_that_are_words(command, fixed):
    """Where an option is a word that the object holds, the exact gradient asks for it."""
    done = fixed(MODES, "--write")
    assert done.status == 0
    assert "        if self.mode == 'square':\n" in done.source
    assert command("run", "mine.py").status == 0


@slow
def test_no_code_instead(fixed):
    """Where no code is proved either, that is said with the reason."""
    done = fixed(function("dout * 7 * np.exp(x)", "np.cumprod(np.arctan(x), axis=0)"), "--fix-budget", "1")
    assert "\n  no code: no rule is known for np.cumprod\n" in done.out


@slow
def test_a_change_that_makes_another_case_worse(fixed):
    """It is no fix: a function that another case needs as it is stays as it is."""
    other = '\nother = gradproof.pair(lambda x: 1.5 * x * x, backward, x="N D", name="other")\n'
    text = function("3 * x * dout") + other
    for options in (["--write"], ["--write", "--case", "case"]):
        done = fixed(text, *options, "--fix-budget", "3")
        assert (done.status, done.source) == (1, text)
        assert "with which the case other, which passes now, fails: the gradient of x is REFUTED" in done.out


SHARED = """
import gradproof

def of(x, sign):
    return 2 * sign * x

def backward(dout, x):
    return dout * of(x, -1)

wrong = gradproof.pair(lambda x: x * x, lambda dout, x: backward(dout, x), x="N D", name="wrong")
right = gradproof.pair(lambda x: -x * x, backward, x="N D", name="right")
"""


@slow
def test_a_change_that_serves_every_case(command, fixed):
    """Of the changes that are right for a case, one is made that leaves another case right, asked for or not."""
    done = fixed(SHARED, "--case", "wrong", "--write")
    assert done.status == 0
    assert "return 2 * sign * x" in done.source
    assert command("run", "mine.py").status == 0


def test_a_change_that_never_ends(fixed):
    """A change under which the code hangs is given up, and the next one is tried."""
    before = "n = 3\n    while n > 0:\n        n -= 1"
    done = fixed(function("3 * x * dout", before=before))
    assert "+    return 2 * x * dout" in done.out


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("raise ValueError('no')", "importing it failed: ValueError: no"),
        (function("np.frombuffer(x.tobytes())"), "an undecided gradient cannot be fixed"),
        (function("dout", forward="x.nothing"), "has no attribute 'nothing', at mine.py:6; backward did not run"),
    ],
    ids=["no module", "undecided", "forward raises"],
)
def test_what_cannot_be_fixed(fixed, text, why):
    """It is said why: what cannot be imported, or decided, or run to backward, has no right change to look for."""
    done = fixed(text, "--write")
    assert (done.status, done.source) == (1, text)
    assert why in done.out


ELSEWHERE = {
    "text that is executed": "exec(CODE)",
    "an archive": "import sys; sys.path.insert(0, 'inner.zip'); from inner import forward, backward",
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_code_that_is_in_no_file(fixed, shop, name):
    """It is said where it would have to be, and the exact gradient is shown as code."""
    code = "def forward(x):\n    return x * x\n\ndef backward(dout, x):\n    return 3 * x * dout\n"
    with zipfile.ZipFile(shop / "inner.zip", "w") as file:
        file.writestr("inner.py", code)
    last = 'import gradproof\ncase = gradproof.pair(forward, backward, x="N", name="case")\n'
    done = fixed(f"CODE = {code!r}\n{ELSEWHERE[name]}\n{last}", "--write")
    assert (done.status, done.err) == (1, "")
    assert "no fix: no function that runs backward is defined by a `def` in a .py file of yours" in done.out
    assert "move it to such a file" in done.out
    assert "        dx = 2 * dout * x\n" in done.out


def of_json(file):
    """Return what a report holds, which is as its schema says."""
    report = json.loads(Path(file).read_text())
    jsonschema.validate(report, SCHEMA)
    return report


def test_json(fixed):
    """A report has the change as pieces and as a diff; what has none has the reason, and the exact gradient as code."""
    fixed(affine(db="mean"), "--report", "json=fix.json")
    (case,) = of_json("fix.json")["cases"]
    assert (case["state"], case["fix"]["proved"], case["code"], case["why"]) == ("fixed", True, None, "")
    assert "+        self.db = dout.sum(axis=0)" in case["fix"]["diff"]
    assert [change["text"] for change in case["fix"]["changes"]] == ["dout.sum(axis=0)"]


@slow
def test_json_without_a_change(fixed):
    """What has no change has the reason, and the exact gradient as code."""
    fixed(CACHE.format(forward="np.arctan(x)"), "--report", "json=fix.json", "--fix-budget", "1")
    (case,) = of_json("fix.json")["cases"]
    assert (case["state"], case["fix"]) == ("open", None)
    assert "edits were tried, none is proved" in case["why"]
    assert case["code"]["proved"]
    assert "def backward(dout, x)" in case["code"]["text"]


@pytest.mark.parametrize("report", ["json", "html=fix.html", "sarif"])
def test_reports_that_are_refused(fixed, report):
    """`fix` writes SARIF and JSON to files and no other report, and says so."""
    done = fixed(affine(), "--report", report)
    assert (done.status, done.out) == (2, "")
    assert "fix writes sarif=PATH and json=PATH only" in done.err


@pytest.fixture
def fix(shop):
    """Return a fix of a file, as it is found."""
    from verify.model.identity import Place
    from verify.mutation.result import Mutant

    path = shop / "mine.py"
    path.write_bytes(b"a = 1\r\nb = 2")
    edit = Mutant(
        str(path), Place("mine.py", 2), "f", "M8", "take another constant", "formula", "", "", 11, 12, b"3", 2, 2
    )
    return fix_of((edit,))


def test_bytes_that_no_change_is_about(fix):
    """Line ends and the missing one at the end stay what they are, in the file and in the diff."""
    assert write([fix, fix]) == ["mine.py"]
    assert Path("mine.py").read_bytes() == b"a = 1\r\nb = 3"
    assert fix.diff.endswith("-b = 2\n\\ No newline at end of file\n+b = 3\n\\ No newline at end of file\n")


def _link(path):
    path.rename(path.with_name("real.py"))
    path.symlink_to("real.py")


SPOILT = {
    "changed": (lambda path: path.write_bytes(b"a = 1\r\nb = 7"), "was changed while its cases were checked"),
    "a link": (_link, "is a symbolic link"),
    "without permission": (lambda path: path.chmod(0o444), "mine.py: permission denied"),
    "gone": (lambda path: path.unlink(), "mine.py: "),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_file_that_is_not_what_was_checked(fix, how):
    """Nothing is written into it, nor left beside it, and what is the matter is said."""
    spoil, why = SPOILT[how]
    spoil(Path("mine.py"))
    before = {path: path.read_bytes() for path in Path().iterdir()}
    with pytest.raises(InputError, match=why):
        write([fix])
    assert {path: path.read_bytes() for path in Path().iterdir()} == before


SIGMOID = """return dout * y * (
        1.0
        # the slope is y (1 - y)
        + y
    )"""


@slow
def test_comments_and_lines_stay(fixed):
    """An expression over several lines keeps its comments and its form: only a part of it is changed."""
    text = function("0", "1 / (1 + np.exp(-x))", "y = forward(x)").replace("return 0", SIGMOID)
    done = fixed(text, "--write", "--fix-budget", "120")
    assert (done.status, done.source.count("\n")) == (0, text.count("\n"))
    assert "# the slope is y (1 - y)" in done.source


@slow
def test_a_hazard_that_an_error_hid(fixed):
    """What could not be looked for before a change is no reason against it."""
    done = fixed(affine(W="self.W").replace("x.copy()", "x"), "--write", "--fix-budget", "120")
    assert (done.status, done.source) == (0, affine().replace("x.copy()", "x"))


@slow
def test_a_hazard_of_floats_that_a_wrong_formula_hid(fixed):
    """A formula that overflows is proved all the same: that it does could not be seen while it was wrong."""
    text = function("3 * dout * np.exp(x) / (1 + np.exp(x))", "np.log(1 + np.exp(x))")
    done = fixed(text, "--write", "--fix-budget", "120")
    assert (done.status, done.source) == (0, text.replace("3 * dout", "dout"))


def test_what_fails_beside_right_gradients(fixed):
    """Where the gradients are right, it is said what fails, and how to read about it."""
    done = fixed(function("x * dout", before="dout *= 2"), "--fix-budget", "0.001")
    assert "the gradients are right; what fails is GP101: gradproof explain GP101" in done.out


@slow
def test_the_nearest_edit(fixed):
    """An edit that is right at the sample only is no fix; it is named, with what speaks against it."""
    text = function("3 * x * dout", "np.where(x > 40, np.cumprod(x, axis=1), x * x)")
    done = fixed(text, "--fix-budget", "6")
    assert (done.status, done.source) == (1, text)
    assert "; the nearest is `return 2 * x * dout` (mine.py:10), with which the gradient of x is REFUTED" in done.out


@slow
def test_what_is_right_at_the_sample_only_gives_way_to_the_exact_gradient(fixed):
    """An edit that is wrong in another region is passed over: the exact gradient is written, with its branch."""
    done = fixed(function("3 * x * dout", "np.where(x > 40, np.exp(x / 100), x * x)"), "--write", "--fix-budget", "6")
    assert done.status == 0
    assert "x > 40" in done.source[done.source.index("def backward") :]
    assert fixed(done.source).out.endswith("nothing to fix.\n")


NEARLY = {
    "a call": function("dout * np.tanh(x)", "x**3", "near = np.where(x > 40, 0, 3 * x * x)"),
    "a mask": function("2 * x * dout", f"x * x * {ROWS}[:, None]", f"near = {ROWS} & (x[:, 0] < 40)"),
}


@slow
@pytest.mark.parametrize("name", some(NEARLY, 4))
def test_a_quantity_that_is_nearly_right(fixed, name):
    """One that is right at the sample and wrong in another region is no fix: the exact gradient is."""
    done = fixed(NEARLY[name], "--write", "--fix-budget", "8")
    assert done.status == 0
    assert "near" not in done.source[done.source.index("return", done.source.index("def backward")) :]
    assert fixed(done.source).out.endswith("nothing to fix.\n")


def test_a_file_in_another_encoding(command, shop):
    """It is not edited, as places in it are counted in other bytes, and that is said."""
    text = "# -*- coding: latin-1 -*-" + function("3 * x * dout")
    (shop / "mine.py").write_bytes(text.replace("pass", "pass  # \xe9").encode("latin-1"))
    done = command("fix", "mine.py")
    assert "in a .py file of yours (UTF-8)" in done.out


def test_code_that_raises_in_a_file_without_numpy(fixed):
    """Where backward raises over shapes, the file that does not import NumPy gets its fix as any other."""
    done = fixed(affine(W="self.W").replace("import numpy as np\n", ""))
    assert "with a proved fix" in done.out
    assert "+        dx = dout @ self.W.T" in done.out
    assert not done.err


def test_progress_where_nobody_watches(fixed):
    """With -v each case is a line of standard error when its search begins; without, nothing is said."""
    assert fixed(function("2 * dout * x"), "-v").err == "case: 1 of 1\n"
    assert fixed(function("2 * dout * x")).err == ""


LAMBDA = """
import numpy as np
import gradproof

def applied(x, slope):
    return x * x, slope(x, 2 * x)

@gradproof.case(x="N D")
def case(x):
    out, slope = applied(x, lambda a, b: np.sin(a) * np.ones_like(b))
    dout = yield out
    return dout * slope
"""


@slow
def test_a_mistake_in_a_lambda(fixed):
    """What a lambda that runs forward computes for the backward pass is changed in terms of its own parameters."""
    done = fixed(LAMBDA)
    assert "+    out, slope = applied(x, lambda a, b: b" in done.out


@slow
def test_code_that_ends_or_prints(fixed):
    """Why there is nothing to look for is said of code that ends the process; what code prints is dropped."""
    ended = function("dout", before="import os; os._exit(3)")
    assert "no fix: the process exited with status 3" in fixed(ended).out
    raises = fixed(function("dout", before="raise SystemExit(3)"))
    assert "the case ends with an error: SystemExit: 3, at mine.py:9" in raises.out
    prints = fixed(function("3 * x * dout", before="print('hello')"))
    assert prints.err == ""
    assert "hello" not in prints.out.replace("    print('hello')\n", "")


CHANGING = "from pathlib import Path\n    with Path(__file__).open('a') as file:\n        file.write('\\n# changed')"


def test_a_file_that_changes_meanwhile(fixed):
    """No change is written into a file that is another one than when the search began, and that is said."""
    done = fixed(function("3 * x * dout", before=CHANGING), "--write")
    assert done.status == 1
    assert "no fix: mine.py was changed while its cases were checked; run the command again" in done.out
    assert "3 * x * dout" in done.source


EXECUTED = """
import gradproof

TEXT = '''
def forward(x):
    return x * x

def backward(dout, x):
    return 3 * x * dout
'''
space = {{"__name__": "elsewhere"}}
exec({code}, space)
case = gradproof.pair(space["forward"], space["backward"], x="N D", name="case")
"""
NO_FILE = "no function that runs backward is defined by a `def` in a .py file of yours (UTF-8)"


def test_a_case_that_passes(fixed):
    """There is nothing to fix, exit status 0."""
    done = fixed(function("2 * x * dout"), "--write")
    assert (done.status, done.out) == (0, "case (mine.py:12): nothing to fix\n\n1 case: 1 with nothing to fix.\n")


@slow
def test_a_gradient_that_is_left_out(fixed):
    """It is written where backward has None; a case that leaves it out itself stays, with the reason."""
    whole = affine()
    text = whole.replace("self.db = dout.sum(axis=0)", "self.db = None")
    done = fixed(text, "--write")
    assert (done.status, done.source) == (0, whole)
    text = whole.replace("return dx, layer.dW, layer.db", "return dx, layer.dW, None")
    done = fixed(text, "--write")
    assert (done.status, done.source) == (1, text)
    assert "what fails is GP124" in done.out


# Code that nothing is to be written for: its text, what is done to its file, why, and the exit status.
HOSTILE = {
    "a REPL": (EXECUTED.format(code="TEXT"), None, NO_FILE, 1),
    "a frozen module": (EXECUTED.format(code="compile(TEXT, '<frozen elsewhere>', 'exec')"), None, NO_FILE, 1),
    "it hangs": (function("3 * x * dout", before="while True: pass"), None, "no fix: not finished after 10 s", 1),
    "it exits": (function("3 * x * dout", before="import os; os._exit(3)"), None, "exited with status 3", 1),
    "without permission": (function("3 * x * dout"), lambda path: path.chmod(0o444), "mine.py: permission denied", 2),
    "a link": (function("3 * x * dout"), _link, "mine.py is a symbolic link; name the file that it leads to", 2),
}


@pytest.mark.parametrize("name", some(HOSTILE, 6))
def test_nothing_is_written(command, shop, name):
    """Every file is what it was, none is left beside it, and it is said why."""
    text, spoil, why, status = HOSTILE[name]
    (shop / "mine.py").write_text(text)
    if spoil is not None:
        spoil(shop / "mine.py")
    before = {path.name: path.read_bytes() for path in shop.iterdir() if path.is_file()}
    done = command("fix", "mine.py", "--write", "--timeout", "10" if name == "it hangs" else "60")
    assert done.status == status
    assert why in done.out + done.err
    assert {path.name: path.read_bytes() for path in shop.iterdir() if path.is_file()} == before


class Broken:
    """A crew of which every answer is that we failed."""

    size = 1

    def answer(self, *_, limit=0.0):
        """Return the answer of a worker in which our own code raised."""
        return Answer("failed", OURS)


def test_our_own_failure():
    """It is said to be ours, and not that the case did not end."""
    case = CollectedCase(Unit("mine.py"), 0, "case", NOWHERE)
    repair = Search(Broken(), case, How(), 1.0).repair()
    assert (repair.state, repair.why) == (State.UNABLE, OURS)


class Fruitless:
    """A crew of which no edit leaves fewer wrong entries; it answers what it is told to, and some of it late."""

    size = 1

    def __init__(self, answers, late=0.0):
        self._answers, self._late = {"exact": ([], ""), **answers}, late

    def fresh(self):
        """Return processes that prove nothing."""
        return self

    def take_up(self, _):
        """Import nothing."""

    def close(self):
        """End nothing."""

    def answer(self, request, _, __, *arguments, limit=0.0):
        """Return the answer to a request."""
        if request.method == "wrong":
            time.sleep(self._late)
            return Answer("done", [9] * len(arguments[0]))
        return Answer("done", self._answers[request.method])


def edits_in(count):
    """Return edits in so many places of a file."""
    return tuple(
        Mutant("mine.py", NOWHERE, "f", "M1", "", "formula", "", "", i, i + 1, b"x", 1, 1) for i in range(count)
    )


@pytest.mark.parametrize(
    ("singles", "further", "late", "reason"),
    [
        (3, 0, 0.0, "no others are tried"),
        (3, 1, 0.0, "no others are tried"),
        (4_000, 0, 0.0, "no more than 4,000 edits in one place are tried"),
        (3, 1_500, 0.0, "no more than 1,500 edits in several places are tried"),
        (3_999, 1_499, 0.0, "no others are tried"),
        (3, 0, 0.3, "the time is used up (--fix-budget)"),
    ],
)
def test_what_ends_a_search(shop, singles, further, late, reason):
    """The time, the most edits of a kind, or that all were tried: also where the exact gradient had more time."""
    (shop / "mine.py").write_text("x = 1\n")
    edits = edits_in(singles)
    before = Before(CaseResult("case", NOWHERE, "", "", "", (), ("", ""), ()))
    answers = {"candidates": Candidates(edits[:1], 9, before=before), "singles": edits, "whole": before}
    crew = Fruitless({**answers, "further": [(edit,) * 2 for edit in edits_in(further)]}, late)
    case = CollectedCase(Unit("mine.py"), 0, "case", NOWHERE)
    repair = Search(crew, case, How(), 0.2 if late else 60.0).repair()
    assert (repair.state, repair.why.endswith(f"edits were tried, none is proved; {reason}")) == (State.OPEN, True)


@slow
def test_what_has_no_case(command, shop):
    """With --scan, gradients are called as scan calls them; its report ends with this command, which writes the change."""
    (shop / "mine.py").write_text(
        "class Double:\n    def forward(self, x):\n        return 2 * x\n\n    def backward(self, dout):\n        return 3 * dout\n\n\n"
        "class Triple:\n    def forward(self, x):\n        return 3 * x\n\n    def backward(self, dout):\n        return 3 * dout\n"
    )
    wanted = ("fix", "--scan", "mine.py", "--case", "Double")
    assert f"look for the changes that correct them: gradproof {' '.join(wanted)}\n" in command("scan", "mine.py").out
    assert "gradproof fix --scan mine.py" in command("fix", "mine.py").err
    assert command(*wanted, "--write").status == 0
    assert "return 2 * dout" in (shop / "mine.py").read_text()
    assert command("scan", "mine.py", "--quick").status == 0


GELU = """
import numpy as np
import gradproof
from scipy.special import erf

def forward(x):
    return 0.5 * x * (1 + erf(x / np.sqrt(2)))

def backward(dout, x):
    cdf = 0.5 * (1 + erf(x / np.sqrt(2)))
    pdf = np.exp(-0.5 * x**2) {norm}
    return dout * ({backward})

case = gradproof.pair(forward, backward, x="3", name="case")
"""
FORMATS = ("--report", "sarif=fix.sarif", "--report", "json=fix.json")
TYPED = (
    "agrees to the accuracy of the code's constants, not proved for x, for its sizes alone (x: 3), with this change: "
)


@pytest.mark.parametrize("wrong", ["cdf - x * pdf", *some(["cdf", "cdf + pdf", "x * pdf"], 1)])
def test_a_change_that_rounded_constants_keep_from_a_proof(command, fixed, wrong):
    """A change with which only rounded constants are left open is written, and said to agree and not to be proved."""
    done = fixed(GELU.format(norm="/ np.sqrt(2 * np.pi)", backward=wrong), "--write", *FORMATS)
    assert (done.status, done.err) == (0, "gradproof: changed mine.py\n")
    assert TYPED in done.out
    assert "proved with" not in done.out
    assert '"ruleId": "FIXED-WITHIN-ROUNDING"' in Path("fix.sarif").read_text()
    (case,) = of_json("fix.json")["cases"]
    assert (case["state"], case["fix"]["proved"], case["fix"]["agreeing"]) == ("agreeing", False, ["x"])
    assert case["sizes"] == "x: 3"
    assert "agrees (constants)" in command("run", "-v", "mine.py").out


def test_a_change_that_leaves_a_number_with_too_few_digits(fixed):
    """A change that leaves a difference which no rounding explains is not shown as one that agrees."""
    done = fixed(GELU.format(norm="* 0.39894228040143", backward="cdf - x * pdf"), "--fix-budget", "20")
    assert "+    return dout * (cdf + x * pdf)" not in done.out


def test_a_gradient_that_was_proved_stays_so():
    """An edit with which a gradient merely agrees that was proved before is refused; of a wrong one it is accepted."""

    def result(x, W):
        rows = [Comparison("gradient", name, verdict, evidence=Evidence(kind)) for name, (verdict, kind) in (x, W)]
        return CaseResult("case", NOWHERE, "", "", "", (), ("", ""), tuple(rows))

    proved, refuted, agrees = (Verdict.PROVED, ""), (Verdict.REFUTED, ""), (Verdict.AGREES, "constants")
    before = Before(result(("x", refuted), ("W", proved)))
    proof = judged(None, before, result(("x", agrees), ("W", proved)), How(0, True, False))
    assert (proof.holds, proof.proves, proof.agreeing) == (True, False, ("x",))
    for x, W in ((proved, agrees), ((Verdict.AGREES, "points"), proved)):
        assert not judged(None, before, result(("x", x), ("W", W)), How(0, True, False)).holds

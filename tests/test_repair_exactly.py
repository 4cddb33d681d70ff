"""The exact gradient written into the code where a wrong one was: as the code's author would, and only if it is proved."""

import importlib.util
import itertools
import sys
from pathlib import Path

import pytest
from effort import slow, some

from verify.mutation.result import How
from verify.repair import exactly
from verify.repair.applying import applied
from verify.repair.exactly import exact_edits
from verify.repair.proof import judged, with_edits
from verify.repair.trial import Failing

HOW = How(quick=True)
NUMBERS = itertools.count()
HEAD = "import numpy as np\nimport gradproof\n\n"
LAYER = """
class Layer:
    def forward(self, x):
        self.y = np.tanh(x) * np.exp(x)
{keeps}        return 2 * self.y

    def backward(self, dout):
{body}

case = gradproof.layer(Layer, inputs={{"x": "N D"}}, name="case")
"""
KEEPS_X = "        self.x = x.copy()\n"
BODY = "        k = dout.shape[0]\n        dz = dout * 7 / k\n        return dz ** 3"
WITH_X = """        t1 = 2 * dout
        t2 = np.tanh(self.x)
        t3 = np.exp(self.x)
        return t1 * t2 * t3 + t1 * t3 * (1 - t2**2)"""


def layer(body, keeps=KEEPS_X, head=HEAD):
    return head + LAYER.format(body=body, keeps=keeps)


NET = (
    HEAD
    + """
class Net:
    def __init__(self, W):
        self.params, self.grads = {{"W": W}}, {{}}

    def forward(self, x, half):
        self.x, self.half = x.copy(), half
        self.h = np.tanh(x @ self.params["W"]) if not half else x @ self.params["W"] / 2
        return self.h * np.exp(self.h)

    def backward(self, dout):
{body}

@gradproof.case(x="N D", W="D M", options={{"half": [{options}]}})
def case(x, W, half):
    net = Net(W)
    dout = yield net.forward(x, half)
    return net.backward(dout), net.grads["W"]
"""
)
NET_WRONG = """        dh = dout * np.cos(self.h)
        self.grads["W"] = self.x.T @ dh
        return dh @ self.params["W"].T"""
NET_RIGHT = """        t1 = (dout + dout * self.h) * np.exp(self.h) * (1 - self.h**2)
        self.grads["W"] = self.x.T @ t1
        return t1 @ self.params["W"].T"""
NET_BOTH = """        if self.half:
            t1 = (dout + dout * self.h) * np.exp(self.h)
            dx = t1 @ self.params["W"].T / 2
            dW = self.x.T @ t1 / 2
        else:
            t1 = (dout + dout * self.h) * np.exp(self.h) * (1 - self.h**2)
            dx = t1 @ self.params["W"].T
            dW = self.x.T @ t1
        self.grads["W"] = dW
        return dx"""
PAIR = (
    HEAD
    + """
def forward(x, g):
    r = np.exp(np.sin(x))
    return r * g, {cache}

def backward(dout, cache):
{body}

case = gradproof.pair(forward, backward, x="N D", g="D", name="case")
"""
)
PAIR_WRONG = """    x, g, r = cache
    # what belongs to g
    dg = (dout * r).sum(axis=0)
    dx = np.zeros_like(x)
    for i in range(len(x)):
        dx[i] += dout[i] * r[i] ** 2
    return dx, dg"""
PAIR_RIGHT = """    x, g, r = cache
    # what belongs to g
    dg = (dout * r).sum(axis=0)
    return dout * g * r * np.cos(x), dg"""
LOSS = (
    HEAD
    + """
class Loss:
    def forward(self, x, t):
        self.t = t.copy()
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return -np.log(self.y[np.arange(len(t)), t]).mean()

    def backward(self, dout=1):
{body}

@gradproof.case(x="N D", t=gradproof.integer("N", below="D"), upstream=1)
def case(x, t):
    loss = Loss()
    yield loss.forward(x, t)
    return loss.backward()
"""
)
LOSS_RIGHT = """        t1 = np.arange(self.y.shape[0])
        t2 = np.zeros_like(self.y)
        np.add.at(t2, (t1, self.t), -dout / self.y.shape[0] / self.y[t1, self.t])
        return (t2 - (t2 * self.y).sum(axis=1, keepdims=True)) * self.y"""


HELPER = (
    HEAD
    + """
def forward(x):
    return np.exp(x)

def cut(d, x):
    return d * np.cos(x)

def backward(dout, x):
    return {}

case = gradproof.pair(forward, backward, x="N D", name="case")
"""
)


def sloping(body):
    kept = "        self.x, self.slope = x.copy(), 0.3\n"
    return layer(body, keeps=kept).replace("return 2 * self.y", "return np.where(x > 0, x, 0.3 * x)")


def stated(where, name, body):
    """A slope that the class or the module states."""
    text = layer(body).replace("return 2 * self.y", f"return np.where(x > 0, x, {name} * x)")
    return text.replace(where, f"{where}\n    slope = 0.3\n" if where.startswith("class") else f"{where}slope = 0.3\n")


# A module with a wrong gradient, and what becomes of it.
WRITTEN = {
    "a body": (layer(BODY), layer(WITH_X)),
    "a right part stays": (
        PAIR.format(cache="(x, g, r)", body=PAIR_WRONG),
        PAIR.format(cache="(x, g, r)", body=PAIR_RIGHT),
    ),
    "what forward does not keep": (layer(BODY, keeps=""), layer(WITH_X)),
    "a dictionary of gradients": (
        NET.format(body=NET_WRONG, options="False"),
        NET.format(body=NET_RIGHT, options="False"),
    ),
    "options": (NET.format(body=NET_WRONG, options="True, False"), NET.format(body=NET_BOTH, options="True, False")),
    "a loss": (LOSS.format(body="        return self.y**2 - 3"), LOSS.format(body=LOSS_RIGHT)),
    "another alias": (
        layer(BODY, head=HEAD.replace("as np", "as xp")).replace("np.", "xp."),
        layer(WITH_X, head=HEAD.replace("as np", "as xp")).replace("np.", "xp."),
    ),
    "a root of a size": (
        layer("        return dout**3").replace("2 * self.y", "x / np.sqrt(x.shape[1])"),
        layer("        return dout / np.sqrt(self.x.shape[1])").replace("2 * self.y", "x / np.sqrt(x.shape[1])"),
    ),
    "a helper that others call": (
        HELPER.format("cut(dout, x)"),
        HELPER.format("dout * np.exp(x)"),
    ),
    "a number that is chosen": (
        sloping("        return dout**3"),
        sloping("        t1 = self.x > 0\n        return np.where(t1, dout, 0) + self.slope * np.where(t1, 0, dout)"),
    ),
    **{
        f"a number that {where.split()[0]} states": (
            stated(where, name, "        return dout**3"),
            stated(
                where,
                name,
                f"        t1 = self.x > 0\n        return np.where(t1, dout, 0) + {name} * np.where(t1, 0, dout)",
            ),
        )
        for where, name in (("class Layer:", "self.slope"), ("import gradproof\n", "slope"))
    },
    "tabs": (layer(BODY).replace("    ", "\t"), layer(WITH_X).replace("    ", "\t")),
    "line ends of Windows": (layer(BODY).replace("\n", "\r\n"), layer(WITH_X).replace("\n", "\r\n")),
    "a function in one line": (
        layer("").replace("dout):\n\n", "dout): return dout**3\n"),
        layer(WITH_X).replace("dout):\n\n", "dout):\n"),
    ),
    "no line end": (layer(BODY).rstrip("\n"), layer(WITH_X).rstrip("\n")),
}


# Those that are no more than another layout of one of these.
JUDGED = {"a right part stays", "what forward does not keep", "a dictionary of gradients", "options", "a loss"}


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module into a file, and import it."""
    monkeypatch.chdir(tmp_path)

    def imported(text):
        name = f"written_{next(NUMBERS)}"
        path = tmp_path / f"{name}.py"
        path.write_bytes(text.encode())
        spec = importlib.util.spec_from_file_location(name, path)
        made = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, made)
        spec.loader.exec_module(made)
        return made

    return imported


def edited(made, edits):
    """Return the text of a module with edits in it."""
    return applied(Path(made.__file__).read_bytes(), edits).decode()


def proof_of(module, made, failing, edits):
    """Return what the prover says of a module with edits in it."""
    after = module(edited(made, edits))
    before = failing.candidates().before
    return judged(made.case, before, with_edits(made.case, before, after.case, edits, HOW), HOW)


@pytest.mark.parametrize("name", some(WRITTEN, 40))
def test_exact_gradients_are_written(module, name):
    """They name what the function holds, stand where the wrong ones stood, and are proved; the rest stays as it is."""
    text, becomes = WRITTEN[name]
    made = module(text)
    failing = Failing.of(made.case, HOW)
    [first, *_], why = exact_edits(failing)
    assert why == ""
    assert edited(made, first) == becomes
    if name in JUDGED:
        assert proof_of(module, made, failing, first).holds


LACKING = {
    "in a tuple": (
        PAIR.format(cache="(x, g, r)", body="    x, g, r = cache\n    return dout * g * r * np.cos(x), None"),
        "dout * g * r * np.cos(x), (dout * r).sum(axis=0)",
    ),
    "in a dictionary": (
        NET.format(
            body=NET_RIGHT.replace('self.grads["W"] = self.x.T @ t1', 'self.grads["W"] = None'), options="False"
        ),
        'self.grads["W"] = self.x.T @ ',
    ),
    "in an attribute": (
        NET.format(
            body=NET_RIGHT.replace('self.grads["W"] = self.x.T @ t1', "self.dW = None"), options="False"
        ).replace('net.grads["W"]', "net.dW"),
        "self.dW = self.x.T @ ",
    ),
    "by name": (
        PAIR.format(
            cache="(x, g, r)", body='    x, g, r = cache\n    return {"dg": None, "x": dout * g * r * np.cos(x)}'
        ),
        '"dg": (dout * r).sum(axis=0)',
    ),
}


@pytest.mark.parametrize("name", some(LACKING))
def test_what_backward_leaves_out_is_written(module, name):
    """The exact gradient takes the place of None, where the position, the name or the attribute tells which one it is."""
    text, part = LACKING[name]
    made = module(text)
    failing = Failing.of(made.case, How())
    edits, _ = exact_edits(failing)
    after = edited(made, edits[0])
    assert part in after
    before = failing.candidates().before
    assert judged(made.case, before, with_edits(made.case, before, module(after).case, edits[0], How()), How()).holds


REASONS = {
    "a cache that does not hold x": (
        PAIR.format(cache="(g, r)", body="    g, r = cache\n    return dout * g, (dout * r).sum(axis=0)"),
        "is x itself, which the exact gradient needs: have forward keep it for backward",
    ),
    "a helper": (
        PAIR.format(
            cache="(g, r)",
            body="    return cut(dout * cache[0]), (dout * cache[1]).sum(axis=0)\n\ndef cut(d):\n    return np.minimum(d, 9)",
        ),
        "backward (",
    ),
    "a lambda": (
        HEAD + 'case = gradproof.pair(lambda x: np.sin(x), lambda dout, x: dout * x, x="N", name="case")\n',
        "no function of yours returns the gradient of x itself, and as one expression",
    ),
    "an upstream that is of no use": (
        LOSS.format(body="        return self.y**2 - 3").replace("dout=1", "dout=2"),
        "the exact gradient cannot be written by dout of backward (",
    ),
    "no module": (
        layer("        return dout**3").replace(
            "import numpy as np", "import importlib\nnp = importlib.import_module('numpy')"
        ),
        "does not import numpy, which the exact gradient needs",
    ),
    "a name of a module": (
        layer("        return dout**3")
        .replace("import numpy as np", "from numpy import exp, sinh")
        .replace("np.tanh", "sinh")
        .replace("np.", ""),
        "does not import numpy.cosh, which the exact gradient needs",
    ),
}


@pytest.mark.parametrize("name", some(REASONS))
def test_why_nothing_is_written(module, name):
    """It is said what is missing."""
    text, why = REASONS[name]
    edits, reason = exact_edits(Failing.of(module(text).case, HOW))
    assert edits == []
    assert why in reason


@slow
def test_names_that_a_file_imports_one_by_one(module):
    """What is imported from NumPy alone, under whatever name, is called so in the exact gradient."""
    text = layer("        return dout**3").replace("import numpy as np", "from numpy import exp, tanh as th")
    edits, reason = exact_edits(Failing.of(module(text.replace("np.tanh", "th").replace("np.", "")).case, HOW))
    assert reason == ""
    written = b"".join(edit.text for edit in edits[0]).decode()
    assert "th(" in written
    assert "np." not in written


@pytest.mark.parametrize("wrong", some(["sign", "factor", "another input"], 12))
def test_what_is_written_wrong_is_not_proved(module, monkeypatch, wrong):
    """Planted: were the code of the exact gradient wrong, the prover would refuse the edit."""
    right = exactly.Author.code

    def code(self, way):
        made = right(self, way)
        changes = {
            "sign": ("+", "-"),
            "factor": ("t1 * t2 * t3 +", "t1 * t2 +"),
            "another input": ("np.exp(self.x)", "np.exp(self.y)"),
        }
        lines = tuple(line.replace(*changes[wrong]) for line in made.lines)
        return exactly.Code(lines, made.texts, made.more)

    monkeypatch.setattr(exactly.Author, "code", code)
    made = module(layer(BODY))
    failing = Failing.of(made.case, HOW)
    [first, *_], _ = exact_edits(failing)
    assert proof_of(module, made, failing, first).why == "the gradient of x is REFUTED"


@slow
def test_what_forward_would_compute_else(module, monkeypatch):
    """Planted: a line in forward that changes the output is refused, though the gradient is that of the new output."""
    made = module(layer(BODY, keeps="").replace("return 2 * self.y", "return 2 * self.y + 0 * x"))
    failing = Failing.of(made.case, HOW)
    [first, *_], _ = exact_edits(failing)
    keeping = next(edit for edit in first if edit.function == "forward")
    worse = keeping._replace(text=b"        x = x + 1\n        self.y = np.tanh(x) * np.exp(x)\n" + keeping.text)
    edits = tuple(worse if edit is keeping else edit for edit in first)
    assert not proof_of(module, made, failing, edits).holds


@slow
def test_the_files_stay(module):
    """Nothing is written to a file by looking for edits."""
    made = module(layer(BODY))
    before = Path(made.__file__).read_bytes()
    exact_edits(Failing.of(made.case, HOW))
    assert Path(made.__file__).read_bytes() == before

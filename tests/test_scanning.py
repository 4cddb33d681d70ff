"""`gradproof scan` and `gradproof init`: hand-written gradients are found in source, set up without a word, and decided."""

import ast
import importlib
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from effort import slow, some

from verify.cases.made import Lost
from verify.checks.checker import check
from verify.discovery.collect import cases_again, cases_of, found_in
from verify.discovery.scanning import listings, unit_of
from verify.model.errors import InputError
from verify.model.reasons import Reason
from verify.model.result import Verdict
from verify.runner import process
from verify.scan.candidates import candidates, may_have
from verify.scan.source import Source

CORPUS = Path(__file__).parent / "data" / "scanned"
FILES = sorted(CORPUS.glob("*.py"))
# The wrong gradients of the corpus, by file and name, and those that no call is found for; all others are right.
NOTED = tomllib.loads((CORPUS / "corpus.toml").read_text())
WRONG, MISSING = ({file: set(names) for file, names in NOTED[key].items()} for key in ("wrong", "missing"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@slow
@pytest.mark.parametrize("file", some(FILES, every=48), ids=lambda file: file.stem)
def test_corpus(file):
    """Gradients are set up by themselves and decided: right ones pass, wrong ones are refuted in whatever option it is."""
    from verify.checks.checker import check

    (listing,) = listings([str(file)])
    cases, missing = found_in(unit_of(listing))
    assert {item.name for item in missing} == MISSING.get(file.stem, set())
    found = {item.name for item in [*cases, *missing]}
    assert (
        {item.name for item in listing.candidates if item.sure} <= found <= {item.name for item in listing.candidates}
    )
    verdicts = {case.name: {row.verdict for row in check(case).comparisons} for case in cases}
    failing = {name for name, rows in verdicts.items() if {Verdict.REFUTED, Verdict.ERROR} & rows}
    assert failing == WRONG.get(file.stem, set())
    assert Verdict.UNDECIDED not in set().union(*verdicts.values())


def test_corpus_is_set_up():
    """Of the gradients of at least 60 files, 85 % and more are set up."""
    listed = [listing for listing in listings([str(CORPUS)]) if listing.candidates]
    gradients = sum(len(listing.candidates) for listing in listed)
    assert len(FILES) == len(listed) >= 60
    assert sum(map(len, MISSING.values())) <= 0.15 * gradients
    for file, names in [*WRONG.items(), *MISSING.items()]:
        assert names <= {item.name for listing in listed if listing.path.stem == file for item in listing.candidates}


@slow
def test_reference_layers():
    """Each of our reference layers is set up without its case, and all of their gradients look right."""
    from verify.scan.setup import RIGHT, set_up

    for listing in some(listings(["layers"]), 12):
        source, module = (
            Source(listing.path.read_bytes(), listing.path.stem),
            importlib.import_module(f"layers.{listing.path.stem}"),
        )
        setups = [set_up(candidate, source, vars(module)) for candidate in listing.candidates]
        assert [setup.candidate.name for setup in setups if setup.tried.score != RIGHT] in ([], ["wiring"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_sources_that_are_not_parsed(file):
    """A source is passed over by the names in it only where it has no gradient."""
    assert may_have(file.read_bytes())
    assert candidates(Source(file.read_bytes()))


def test_a_source_without_gradients_is_not_parsed():
    """Words such as gradient in comments and calls make no source worth parsing, and functions alike make no pair."""
    plain = (
        b"import numpy as np\n\n# the gradient of a slope, and backward\ndef slope(x):\n    return np.gradient(x), 2\n"
    )
    assert not may_have(plain)
    assert candidates(Source(plain)) == []


def test_nothing_to_run_starts_nothing(command, folder, monkeypatch):
    """No worker is started for source without gradients; one is for a gradient."""
    started, origin = [], process.origin
    monkeypatch.setattr(process, "origin", lambda: started.append(True) or origin())
    (folder / "without.py").write_text("def cube(x):\n    return x**3\n")
    (folder / "with.py").write_text(
        "class Cube:\n    def forward(self, x):\n        self.x = x.copy()\n        return x**3\n"
        "    def backward(self, dout):\n        return 3 * self.x**2 * dout\n"
    )
    assert command("scan", "without.py").status == 2
    assert not started
    assert command("scan", "with.py", "--quick").status == 0
    assert started


def test_listing_imports_nothing(command, folder):
    """With --no-run gradients are listed with their lines, and nothing is imported."""
    (folder / "layers.py").write_text(
        "raise SystemExit(3)\nclass A:\n def forward(self, x): return x\n def backward(self, d): return d\n"
    )
    done = command("scan", "--no-run")
    assert (done.status, done.out) == (0, "layers.py:4: A: forward and backward\n")


@slow
def test_formats_and_status(command, folder):
    """A scan has the exit status, reports and the reproducing command of a run."""
    (folder / "book.py").write_text((CORPUS / "book_layers.py").read_text())
    done = command("scan", "book.py", "--quick", "--report", "json=report.json")
    assert done.status == 1
    document = json.loads((folder / "report.json").read_text())
    sigmoid = next(case for case in document["cases"] if case["name"] == "WrongSigmoid")
    assert sigmoid["where"] == {"file": "book.py", "line": 25}
    again = "gradproof scan book.py --case WrongSigmoid"
    assert again in done.out
    assert command(*again.split()[1:], "-q").status == 1
    assert command("scan", "book.py", "--case", "Relu").status == 0


@slow
def test_baseline(command, folder):
    """Failures that a baseline lists do not fail a scan, and new ones do."""
    wrong = "def {name}(x):\n    return x**4\n\n\ndef {name}_prime(x):\n    return 3 * x**3\n"
    (folder / "a.py").write_text(wrong.format(name="fourth"))
    arguments = ["scan", "-qq", "--baseline", "known.json"]
    assert command("scan", "-qq").status == 1
    assert command(*arguments, "--baseline-update").status == 0
    assert command(*arguments).status == 0
    (folder / "b.py").write_text(wrong.format(name="power"))
    assert command(*arguments).status == 1


@pytest.mark.parametrize(
    ("source", "verdict", "words"),
    [
        ("import missing_module\n", "error", "missing_module"),
        ("import os; os._exit(3)\n", "error", "exited with status 3"),
        ("raise SystemExit\n", "error", "SystemExit"),
        ("print('hello')\n", "proved", ""),
    ],
    ids=["missing", "exits", "raises", "prints"],
)
def test_imports_that_fail(command, folder, source, verdict, words):
    """A module that cannot be imported is a row with the reason, and the gradients of others are decided."""
    (folder / "first.py").write_text(source + (CORPUS / "lstm.py").read_text())
    (folder / "second.py").write_text("def cube(x):\n    return x**3\n\n\ndef cube_prime(x):\n    return 3 * x**2\n")
    done = command("scan", "--quick")
    assert done.status == (0 if verdict == "proved" else 1)
    assert "cube    x: N D" in done.out
    assert words in done.out


def test_what_is_not_set_up(command, folder):
    """A gradient that no call could be found for is UNDECIDED, with the closest attempt."""
    (folder / "odd.py").write_text(
        "class Odd:\n"
        "    def forward(self, x, table):\n        return x * table.rows[3].weight\n"
        "    def backward(self, dout):\n        return dout\n"
    )
    (listing,) = listings(["odd.py"])
    cases, [missing] = found_in(unit_of(listing))
    assert cases == []
    assert isinstance(missing, Lost)
    assert (missing.name, missing.reason) == ("Odd", Reason.NOT_SET_UP)
    assert "rows" in missing.problem
    done = command("scan", "odd.py")
    assert done.status == 1
    assert "UNDECIDED" in done.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "class A:\n    def __init__(self, q): q.x\n    def forward(self, x): return x\n    def backward(self, d): return d\n",
            "state the shapes of x, q in the docstring of A.forward",
        ),
        ("def a_forward(x):\n    return x @ x @ x.y\n\n\ndef a_backward(d, x):\n    return d\n", "of a_forward"),
        (
            "import numpy as np\n\n\ndef a_forward(x):\n    return np.log(-(x**2)), x\n\n\ndef a_backward(d, x):\n    return d\n",
            "low=0",
        ),
        ("def a_forward(x):\n    return 2 * x, x\n\n\ndef a_backward(d, x):\n    return d.q\n", "let a_backward take"),
        (
            "def a_forward(x):\n    return 2 * x, x\n\n\ndef a_backward(d, x):\n    return d, d\n",
            "return one gradient for each input",
        ),
    ],
    ids=["constructor", "forward", "domain", "backward", "shapes"],
)
def test_what_a_search_lacks(folder, text, words):
    """The reason says what is missing, and names no command: that is a field of its own."""
    (folder / "odd.py").write_text(text)
    (listing,) = listings(["odd.py"])
    _, [missing] = found_in(unit_of(listing))
    assert words in missing.problem
    assert "gradproof" not in missing.problem.replace("gradproof.real", "")
    assert "..." in missing.begun


def test_vectors_of_which_slices_are_taken(folder):
    """A function of a vector whose entries and slices are used is checked with entries in the slices."""
    from verify.checks.checker import check

    (folder / "a.py").write_text(
        "import numpy as np\nfrom scipy.optimize import minimize\n\n\n"
        "def valley(x):\n    return np.sum(x[1:-1] ** 2) + x[0] ** 2 + x[1] * x[-1]\n\n\n"
        "def valley_der(x):\n    der = np.zeros_like(x)\n    der[1:-1] = 3 * x[1:-1]\n"
        "    der[0] += 2 * x[0]\n    der[1] += x[-1]\n    der[-1] += x[1]\n    return der\n\n\n"
        "def solve():\n    return minimize(valley, np.zeros(4), jac=valley_der)\n"
    )
    (listing,) = listings(["a.py"])
    (case,), _ = found_in(unit_of(listing))
    assert Verdict.REFUTED in {row.verdict for row in check(case, quick=True).comparisons}


@pytest.mark.parametrize("function", ["log", "sqrt"])
def test_domains_of_single_numbers(folder, function):
    """A number that happens to be in the domain of a function does not choose the domain of a case."""
    slope = {"log": "1 / a.data", "sqrt": "0.5 / math.sqrt(a.data)"}[function]
    (folder / "engine.py").write_text(
        "import math\n\n\nclass Value:\n    def __init__(self, data):\n        self.data, self.grad = data, 0.0\n"
        "        self._backward = lambda: None\n\n"
        f"    def {function}(self):\n        out, a = Value(math.{function}(self.data)), self\n\n"
        f"        def back():\n            a.grad += {slope} * out.grad\n\n"
        "        out._backward = back\n        return out\n\n"
        "    def backward(self):\n        self.grad = 1.0\n        self._backward()\n"
    )
    (listing,) = listings(["engine.py"])
    (case,), missing = found_in(unit_of(listing))
    assert missing == []
    assert case.real["a"].low == 0


@slow
def test_names_of_what_is_not_set_up(command, folder):
    """A gradient that could not be set up is chosen by its name like others, and by the command in its row."""
    odd = "class {0}:\n    def forward(self, x, t): return t.rows * x\n    def backward(self, dout): return dout\n"
    (folder / "odd.py").write_text("\n".join(map(odd.format, ("Odd", "Even"))))
    for chosen in (["--case", "Odd"], ["-k", "odd"]):
        done = command("scan", "odd.py", *chosen)
        assert (done.status, "Even" in done.out) == (1, False)
        assert "run this case alone: gradproof scan odd.py --case Odd" in done.out


def test_windows_that_sizes_have_to_fit(folder):
    """Where forward raises at all sizes that are tried, the row says what it raised."""
    (folder / "a.py").write_text(
        "class Blocks:\n    def forward(self, x):\n        n, c, h, w = x.shape\n"
        "        return x.reshape(n, c, h // 11, 11, w).sum(axis=3)\n"
        "    def backward(self, dout):\n        return dout.repeat(11, axis=2)\n"
    )
    (listing,) = listings(["a.py"])
    _, (missing,) = found_in(unit_of(listing))
    assert "ValueError: cannot reshape array" in missing.problem


def test_losses_by_the_reading_itself(command, folder):
    """Digits that are lost to how scan reads the change of a weight are put at no line of the user's."""
    (folder / "a.py").write_text(
        "import numpy as np\n\n\nclass Dense:\n"
        "    def __init__(self, n_in, n_out, lr=0.1):\n"
        "        self.W, self.b, self.lr = np.random.randn(n_in, n_out), np.zeros(n_out), lr\n"
        "    def forward(self, x):\n        self.x = x.copy()\n        return x @ self.W + self.b\n"
        "    def backward(self, dout):\n        dx = dout @ self.W.T\n"
        "        self.W -= self.lr * self.x.T @ dout\n        self.b -= self.lr * dout.sum(axis=0)\n"
        "        return dx\n"
    )
    done = command("scan", "a.py")
    assert done.out.count("hazard GP202: ") == done.out.count("most of them to the subtraction (a.py:10)") == 1


def test_functions_whose_arguments_have_defaults(folder):
    """Of a pair whose arguments all have defaults the first one is passed."""
    (folder / "a.py").write_text(
        "def cube_forward(x=None):\n    return x**3, x\n\n\ndef cube_backward(dout, x):\n    return 3 * x * x * dout\n"
    )
    (listing,) = listings(["a.py"])
    (case,), missing = found_in(unit_of(listing))
    assert ([*case.real], missing) == (["x"], [])


def test_losses_beside_expressions(folder):
    """What a loss returns beside its value is checked where it looks like its gradient, or is said to be one."""
    (folder / "a.py").write_text(
        "def square_loss(p, t):\n    return ((p - t) ** 2).sum(), 2 * (p - t)\n\n\n"
        "def residual_loss(p, t):\n    return ((p - t) ** 2).sum(), abs(p - t)\n\n\n"
        'def wrong_loss(p, t):\n    """Return the loss and its gradient."""\n    return ((p - t) ** 2).sum(), abs(p - t)\n'
    )
    (listing,) = listings(["a.py"])
    cases, missing = found_in(unit_of(listing))
    assert ([case.name for case in cases], missing) == (["square_loss", "wrong_loss"], [])


@slow
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("weigh", "in a different order than the inputs: b, a"),
        ("mean_error", "for pred of shape N,"),
        ("BinaryEntropy", "for p of shape N,"),
    ],
)
def test_guesses_that_may_be_what_is_wrong(name, words):
    """Gradients that are right in another order, or for arrays of one dimension, are not refuted, and the guess is named."""
    (listing,) = listings([str(CORPUS / "doubtful.py")])
    problems = {item.name: item.problem for item in found_in(unit_of(listing))[1]}
    assert words in problems[name]


def test_bases_in_other_modules(folder, command):
    """A class whose forward is that of a base in another module is set up; one that is there to be filled in is not."""
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").touch()
    (folder / "package" / "base.py").write_text(
        "from abc import ABC, abstractmethod\n\n\nclass Base(ABC):\n"
        "    def forward(self, x):\n        self.x = x\n        return self.value(x)\n\n"
        "    @abstractmethod\n    def value(self, x): ...\n"
    )
    (folder / "package" / "layers.py").write_text(
        "from .base import Base\n\n\nclass Cube(Base):\n    def value(self, x):\n        return x**3\n\n"
        "    def backward(self, dout):\n        return 3 * self.x**2 * dout\n\n\n"
        "class Odd(Base):\n    def backward(self, dout):\n        return dout\n"
    )
    done = command("scan", "--quick")
    assert done.status == 0
    assert "Cube    x: N D    package/layers.py:8" in done.out
    assert "Odd" not in done.out


def test_a_gradient_of_no_shape(folder, command):
    """A gradient whose shape fits no input is an error of its shape where nothing but the input's shape was guessed."""
    (folder / "summed.py").write_text(
        "class Summed:\n"
        "    def forward(self, x):\n        return 2 * x\n"
        "    def backward(self, dout):\n        return 2 * dout[None, None]\n"
    )
    done = command("scan", "summed.py", "--quick")
    assert done.status == 1
    assert "ERROR" in done.out
    assert "has the shape (1, 1, 3, 4)" in done.out


def test_gradients_that_are_none(folder, command):
    """Weights without a gradient are found; what is no weight is set up without being differentiated."""
    (folder / "left_out.py").write_text(
        "def scale_forward(x, w):\n    return x * w, (x.copy(), w.copy())\n\n\n"
        "def scale_backward(dout, cache):\n    x, w = cache\n    return dout * w, None\n\n\n"
        "class Mask:\n"
        "    def forward(self, x, m):\n        self.m = m.copy()\n        return x * m\n"
        "    def backward(self, dout):\n        return dout * self.m, None\n"
    )
    done = command("scan", "left_out.py")
    assert done.status == 1
    assert "scale  w  GP124  the gradient of w is None" in done.out
    assert "Mask    x: N D, m: N D not differentiated" in done.out
    assert "1 fault found" in done.out


def test_updates_that_are_no_gradients(folder):
    """Weights that change by more than their gradient, as with momentum, are not compared with it; inputs are."""
    (folder / "moving.py").write_text(
        "import numpy as np\n\n\nclass Moving:\n"
        "    def __init__(self, n_in, n_out, lr=0.1):\n"
        "        self.W, self.lr = np.random.randn(n_in, n_out), lr\n        self.velocity = np.ones((n_in, n_out))\n"
        "    def forward(self, x):\n        self.x = x\n        return x @ self.W\n"
        "    def backward(self, dout):\n        back = dout @ self.W.T\n"
        "        self.velocity = 0.9 * self.velocity + self.x.T @ dout\n"
        "        self.W = self.W - self.lr * self.velocity\n        return back\n"
    )
    (listing,) = listings(["moving.py"])
    (case,), missing = found_in(unit_of(listing))
    assert (list(case.real), missing) == (["x"], [])


def test_a_wrong_gradient_does_not_choose_its_shapes(folder):
    """A gradient that is right for square weights only is refuted at others, and not set up where it looks right."""
    (folder / "square.py").write_text(
        "def affine_forward(x, w):\n    return x @ w, (x, w)\n\n\n"
        "def affine_backward(dout, cache):\n    x, w = cache\n"
        "    dw = x.T @ dout\n    return dout @ w.T, dw if dw.shape[0] == dw.shape[1] else 2 * dw\n"
    )
    (listing,) = listings(["square.py"])
    (case,), _ = found_in(unit_of(listing))
    assert {name: real.shape for name, real in case.real.items()} == {"x": "N D", "w": "D M"}


PASSED = """
import numpy as np


class Dense:
    def __init__(self, W, b, {taken}):
        self.W, self.b, self.f, self.g = W, b, {names}

    def forward(self, x):
        self.x = x.copy()
        self.z = x @ self.W + self.b
        self.y = self.f(self.z)
        return self.y.copy()

    def backward(self, dout):
        dz = {dz}
        self.dW = self.x.T @ dz
        self.db = dz.sum(axis=0)
        return dz @ self.W.T
"""


@slow
@pytest.mark.parametrize(
    ("taken", "dz", "verdicts"),
    [
        ("activation, activation_prime", "dout * self.g(self.z)", {Verdict.PROVED}),
        ("act, dact", "dout * self.g(self.y)", {Verdict.PROVED}),
        ("f, df", "self.g(self.z)", {Verdict.REFUTED}),
        ("func, derivative", "dout * self.g(self.y) * 2", {Verdict.REFUTED}),
        ("activation=np.tanh, derivative=lambda y: 1 - y**2", "dout * self.g(self.y)", {Verdict.PROVED}),
    ],
)
def test_functions_that_a_constructor_takes(folder, taken, dz, verdicts):
    """A function and its derivative are tanh and its own, at the input or of the output; a wrong use of them is refuted."""
    from verify.checks.checker import check

    names = re.sub(r"=[^,]*", "", taken)
    (folder / "passed.py").write_text(PASSED.format(taken=taken, names=names, dz=dz))
    (listing,) = listings(["passed.py"])
    (case,), missing = found_in(unit_of(listing))
    assert missing == []
    assert {row.verdict for row in check(case, quick=True).comparisons if row.variant.sizes[0][1] > 1} == verdicts


OWN = """
import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.ones((n_in, n_out)), np.zeros(n_out)

    def forward(self, x):
        self.x, self.t = x.copy(), x.sum(axis=0)
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db, self.dt = self.x.T @ dout, {db}, 0.1
        return dout @ self.W.T
"""


@pytest.mark.parametrize("db", some(["dout.sum(axis=1)", "dout.sum()", "dout.sum(axis=1, keepdims=True)"]))
def test_a_gradient_of_a_wrong_shape_is_not_passed_over(folder, db):
    """Of a weight that the constructor makes: the layer is not set up, and that says which gradient has which shape."""
    (folder / "own.py").write_text(OWN.format(db=db))
    (listing,) = listings(["own.py"])
    cases, (reason,) = found_in(unit_of(listing))
    assert cases == []
    assert "the gradient of b has the shape" in str(reason)
    (folder / "right.py").write_text(OWN.format(db="dout.sum(axis=0)"))
    (listing,) = listings(["right.py"])
    (case,), missing = found_in(unit_of(listing))
    assert missing == []
    assert list(case.real) == ["x", "W", "b"]


REDUCED = """
import numpy as np


class Reduced:
    def __init__(self, reduction="mean", axis=-1):
        self.reduction, self.axis = reduction, axis

    def forward(self, x):
        self.x = x.copy()
        return x.mean(axis=self.axis) if self.reduction == "mean" else x.sum(axis=self.axis)

    def backward(self, dout):
        spread = np.expand_dims(dout, self.axis) * np.ones(self.x.shape)
        return spread / self.x.shape[{axis}] if {mean} else spread
"""


@pytest.mark.parametrize(
    ("axis", "mean", "good"),
    [
        ("self.axis", 'self.reduction == "mean"', True),
        ("self.axis", "True", False),
        ("-1", 'self.reduction == "mean"', False),
    ],
)
def test_usual_values_of_options_are_tried(folder, axis, mean, good):
    """A reduction by its sum, and along the first axis, where the code has a default for each."""
    from verify.checks.checker import check

    (folder / "reduced.py").write_text(REDUCED.format(axis=axis, mean=mean))
    (listing,) = listings(["reduced.py"])
    (case,), missing = found_in(unit_of(listing))
    assert missing == []
    assert check(case, quick=True).good is good


@pytest.mark.parametrize("factor", [1, 2])
def test_what_has_a_gradient_is_a_weight(folder, factor):
    """An argument that is a setting or a rate by its name is a weight where backward stores its gradient, and judged."""
    from verify.checks.checker import check

    (folder / "bent.py").write_text(
        "import numpy as np\n\n\nclass PReLU:\n    def __init__(self, alpha):\n        self.alpha = alpha\n\n"
        "    def forward(self, x):\n        self.x = x.copy()\n        return np.where(x > 0, x, self.alpha * x)\n\n"
        "    def backward(self, dout):\n"
        f"        self.dalpha = {factor} * np.where(self.x > 0, 0, dout * self.x).sum(axis=0)\n"
        "        return np.where(self.x > 0, dout, self.alpha * dout)\n"
    )
    (listing,) = listings(["bent.py"])
    (case,), missing = found_in(unit_of(listing))
    verdicts = {row.name: row.verdict for row in check(case, quick=True).comparisons}
    assert missing == []
    assert verdicts == {"x": Verdict.PROVED, "alpha": Verdict.PROVED if factor == 1 else Verdict.REFUTED}


def test_a_file_of_many_gradients_has_time(command, folder):
    """The search for calls is no part of the time that a case may take: a file of many gradients is not given up."""
    (folder / "many.py").write_text(PASSED.format(taken="f, df", names="f, df", dz="self.g(self.z)"))
    done = command("scan", "many.py", "--quick", "--timeout", "0.01", "--format", "concise")
    assert "  Dense  " in done.out


LOSS = """
import numpy as np


class Loss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.y)) / len(x)

    def backward(self, dout=1):
        return {gradient}
"""


@slow
@pytest.mark.parametrize(
    ("gradient", "labels"),
    [
        ("dout * (self.y - self.t)", True),
        ("dout * (self.y + self.t)", False),
        ("dout * (self.y - self.t) / len(self.t)", True),
    ],
)
def test_a_multiple_of_the_gradient_tells_the_targets(folder, gradient, labels):
    """A gradient that is right but for a factor with rows of a single 1 is taken for one of such a loss."""
    (folder / "loss.py").write_text(LOSS.format(gradient=gradient))
    (listing,) = listings(["loss.py"])
    (case,), _ = found_in(unit_of(listing))
    assert ("np.eye" in case.text) == labels


NEXT = "check them: gradproof {0}\nlook for the changes that correct them: gradproof fix {0}"


def test_changed_code_is_called_as_before(folder):
    """A scanned case of edited code has its call, though of the edited gradient another one would look right."""
    wrong = (
        "import numpy as np\n\n\nclass SquaredLoss:\n    def forward(self, x, t):\n        self.x, self.t = x, t\n"
        "        return 0.5 * np.sum((x - t) ** 2)\n\n"
        "    def backward(self, dout=1):\n        return dout * (self.x + self.t**2)\n"
    )
    (folder / "moved.py").write_text(wrong)
    (listing,) = listings(["moved.py"])
    unit = unit_of(listing)
    (before,) = cases_of(unit)
    (folder / "moved.py").write_text(wrong.replace("self.x + ", "self.x - "))
    (looked_for,), (again,) = cases_of(unit), cases_again(unit, [before])
    assert again.text == before.text
    assert (again.where, again.backward) == (before.where, before.backward)
    assert looked_for.text != before.text, "the edit leaves the call alone: it tests nothing"


@slow
def test_init(command, folder):
    """The file that init writes is Python that makes the same cases, and it is never overwritten."""
    (folder / "sized.py").write_text((CORPUS / "sized.py").read_text())
    done = command("init", "sized.py")
    assert (done.status, done.out) == (0, f"verify_sized.py: 3 cases\n{NEXT.format('verify_sized.py')}\n")
    text = (folder / "verify_sized.py").read_text()
    assert "from sized import Dense, LayerNorm, Linear" in text
    assert command("list", "verify_sized.py").out.count("\n") == 3
    assert command("verify_sized.py", "--quick", "--case", "Dense").status == 1
    assert command("verify_sized.py", "--quick", "--case", "Linear").status == 0
    (folder / "verify_sized.py").write_text("# mine\n")
    again = command("init", "sized.py")
    assert (again.status, (folder / "verify_sized.py").read_text()) == (2, "# mine\n")
    for name in "abcd":
        (folder / f"{name}.py").write_text(
            "def cube(x):\n    return x**3\n\n\ndef cube_prime(x):\n    return 3 * x**2\n"
        )
    assert command("init", *(f"{name}.py" for name in "abcd")).out.endswith(f"\n{NEXT.format('.')}\n")
    assert "--diff" in again.err


def test_init_imports_what_its_cases_use(command, folder):
    """Cases of targets with a single 1 in each row make these with NumPy, which the file imports."""
    (folder / "one_hot.py").write_text((CORPUS / "one_hot.py").read_text())
    assert command("init").status == 0
    assert "import numpy as np\n" in (folder / "verify_one_hot.py").read_text()
    done = command("verify_one_hot.py", "--quick", "--format", "concise")
    assert done.status == 1
    assert {line.split("  ")[1] for line in done.out.splitlines()[:-1]} == {"WrongSoftmaxWithLoss"}


def test_init_twice(command, folder):
    """Cases that init has written are no gradients to write cases of: a second run writes nothing, and says so."""
    (folder / "bowl.py").write_text("def fun(x):\n    return x @ x\n\n\ndef jac(x):\n    return 2 * x\n")
    assert command("init").out.startswith("verify_bowl.py: 1 case\n")
    again = command("init")
    assert (again.status, again.out) == (2, "verify_bowl.py: already exists and was not changed\n")
    assert [path.name for path in folder.glob("verify_*")] == ["verify_bowl.py"]


def test_sizes_that_code_cannot_take(folder):
    """A size of 1 is left out where forward has nothing to compute, and is an error where only backward fails."""
    (folder / "a.py").write_text(
        "import numpy as np\n\n\ndef bend(x):\n    return np.sum((x[1:] - x[:-1]) ** 2)\n\n\n"
        "def bend_grad(x):\n    d = 2 * (x[1:] - x[:-1])\n"
        "    return np.concatenate([[-d[0]], d[:-1] - d[1:], [d[-1]]])\n\n\n"
        "def square_forward(x):\n    return x**2, x\n\n\n"
        "def square_backward(dout, x):\n    return 2 * x * dout if len(x) > 1 else 2 * x[1] * dout\n"
    )
    (listing,) = listings(["a.py"])
    cases, missing = found_in(unit_of(listing))
    assert ({case.name: dict(case.sizes) for case in cases}, missing) == ({"bend": {"N": 3}, "square": {}}, [])


@slow
def test_random_numbers_of_two_calls(folder):
    """A gradient that draws other random numbers than its loss is not refuted, and the row says why."""
    (folder / "a.py").write_text(
        "import numpy as np\n\n\nclass Net:\n    def __init__(self, n_in, n_out):\n"
        "        self.params = {'W': np.random.randn(n_in, n_out)}\n\n    def loss(self, x, t):\n"
        "        self.mask = np.random.rand(*x.shape) > 0.5\n"
        "        return 0.5 * np.sum(((x * self.mask) @ self.params['W'] - t) ** 2)\n\n    def gradient(self, x, t):\n"
        "        self.loss(x, t)\n        x = x * self.mask\n        return {'W': x.T @ (x @ self.params['W'] - t)}\n"
    )
    (listing,) = listings(["a.py"])
    cases, [missing] = found_in(unit_of(listing))
    assert (cases, missing.name) == ([], "Net")
    assert "draw random numbers" in missing.problem


def test_classes_that_nothing_returns(folder):
    """Of a class within a function that does not return it the row says what to change."""
    (folder / "a.py").write_text(
        "def main():\n    class Double:\n        def forward(self, x):\n            return 2 * x\n\n"
        "        def backward(self, dout):\n            return 2 * dout\n\n    return None\n"
    )
    (listing,) = listings(["a.py"])
    cases, [missing] = found_in(unit_of(listing))
    assert (cases, missing.name) == ([], "main.Double")
    assert missing.problem == (
        "it is defined within main, which does not return it: return it there, or define it in the module"
    )


def test_init_diff(command, folder):
    """With --diff the files are printed as a diff that `git apply` takes, and none is written."""
    (folder / "lstm.py").write_text((CORPUS / "lstm.py").read_text())
    done = command("init", "--diff")
    assert done.out.startswith("--- /dev/null\n+++ b/verify_lstm.py\n@@ -0,0 +1,")
    assert [path.name for path in folder.glob("verify_*")] == []
    subprocess.run(["git", "apply", "-"], input=done.out, text=True, cwd=folder, check=True)
    assert command("verify_lstm.py", "--quick").status == 0


def test_init_writes_short_names_and_lines(command, folder):
    """A variable has the name of its class in words, unless that is taken, and lines are as long as formatters allow."""
    (folder / "named.py").write_text(
        "import numpy as np\n\n\nclass PReLU:\n    def __init__(self, slope_of_the_negative_half):\n"
        "        self.slope_of_the_negative_half = slope_of_the_negative_half\n\n"
        "    def forward(self, x_of_the_layer_before, scale_of_the_inputs):\n        return x_of_the_layer_before * 2\n\n"
        "    def backward(self, dout):\n        return 2 * dout, 0 * dout\n\n\n"
        "class Tanh:\n    def forward(self, x):\n        self.y = np.tanh(x)\n        return self.y\n\n"
        "    def backward(self, dout):\n        return dout * (1 - self.y**2)\n\n\n"
        "def tanh(x):\n    return np.tanh(x)\n\n\ndef tanh_prime(x):\n    return 1 - np.tanh(x) ** 2\n\n\n"
        "def sum_forward(x):\n    return x.sum(), x\n\n\ndef sum_backward(dout, x):\n    return dout * np.ones_like(x)\n"
    )
    assert command("init").status == 0
    text = (folder / "verify_named.py").read_text()
    variables = re.findall(r"^(\w+) = gradproof", text, re.MULTILINE)
    assert {"tanh_case", "sum_case", "prelu"} <= {*variables}, text
    assert len({*variables}) == 4
    assert max(map(len, text.splitlines())) <= 100
    assert command("list", "verify_named.py").out.count("\n") == 4


def test_init_names_what_is_missing(command, folder):
    """What could not be set up is in the file as a comment, with the reason."""
    (folder / "odd.py").write_text(
        "class Odd:\n    def forward(self, x, table):\n        return x * table.rows[3]\n"
        "    def backward(self, dout):\n        return dout\n\n\n"
        "def cube(x):\n    return x**3\n\n\ndef cube_prime(x):\n    return 3 * x**2\n"
    )
    lines = ["verify_odd.py: 1 case, and 1 to write by hand", *NEXT.format("verify_odd.py").split("\n")]
    assert command("init").out.splitlines() == lines
    assert "# Odd (odd.py:4) is not in this file:\n# " in (folder / "verify_odd.py").read_text()


TO_FILL = {
    "class Odd:\n    def __init__(self, store):\n        self.store = store.rows\n    def forward(self, x, table=None):\n"
    "        return x * self.store\n    def backward(self, dout):\n        return dout * self.store\n": (
        ["from odd import Odd", 'odd = gradproof.layer(Odd, inputs={"x": "..."}, params={"store": "..."})']
    ),
    "def odd_forward(x, table):\n    return x * table.rows, table\n\n\ndef odd_backward(dout, cache):\n"
    "    return dout * cache.rows\n": (
        [
            "from odd import odd_backward, odd_forward",
            'odd = gradproof.pair(odd_forward, odd_backward, x="...", table="...")',
        ]
    ),
}


@pytest.mark.parametrize(("text", "lines"), TO_FILL.items())
def test_init_begins_what_is_missing(command, folder, text, lines):
    """A case that could not be made is begun as a comment; a file of such alone does not send anyone back to scan."""
    (folder / "odd.py").write_text(text)
    assert command("init").out == "verify_odd.py: 0 cases, and 1 to write by hand\n"
    written = (folder / "verify_odd.py").read_text()
    assert "".join(f"# {line}\n" for line in lines) in written
    refused = command("verify_odd.py")
    assert refused.status == 2
    assert "the comments in it" in refused.err
    assert "gradproof scan" not in refused.err
    (folder / "verify_odd.py").write_text(written.replace("# from", "from").replace("# odd =", "odd ="))
    assert command("list", "verify_odd.py").status == 2  # the shapes are still open
    filled = (folder / "verify_odd.py").read_text().replace('"..."', '"N D"')
    (folder / "verify_odd.py").write_text(filled)
    assert (
        command("list", "verify_odd.py").out
        == f"verify_odd.py:{1 + written[: written.index('# odd =')].count(chr(10))}: odd\n"
    )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("nowhere", None, "no such file or directory"),
        ("notes.txt", "", "is not a Python file"),
        ("broken.py", "def backward(:\n", "broken.py:1: does not parse"),
        ("broken.py", "def without_gradient(:\n", "broken.py:1: does not parse"),
        ("plain.py", "x = 1\n", "no hand-written gradients"),
    ],
)
def test_bad_input(command, folder, name, text, words):
    """A path that is none, no Python, or has no gradient is one line that says what to do, with exit status 2."""
    if text is not None:
        (folder / name).write_text(text)
    done = command("scan", name)
    assert (done.status, done.out) == (2, "")
    assert words in done.err
    assert done.err.count("\n") == 1


def test_a_file_that_does_not_parse_beside_others(command, folder):
    """Named or in a directory, a file that does not parse is a row beside the others, and the exit status is 2."""
    (folder / "old.py").write_text("class A:\n    def backward(self): print 'old'\n")
    (folder / "cube.py").write_text("def cube(x):\n    return x**3\n\n\ndef cube_prime(x):\n    return 3 * x**2\n")
    for targets in ((), ("old.py", "cube.py")):
        done = command("scan", "--quick", *targets)
        assert done.status == 2
        assert "SyntaxError" in done.out
        assert "cube    x: N D" in done.out


@pytest.mark.parametrize("missing", ["none.py", "no_folder", "notes.txt"])
def test_a_path_that_is_none_beside_others(command, folder, missing):
    """The others are checked, listed and written as cases, whatever the order, and the exit status is 2 each time."""
    (folder / "cube.py").write_text("def cube(x):\n    return x**3\n\n\ndef cube_prime(x):\n    return 3 * x**2\n")
    (folder / "notes.txt").touch()
    words = "not a Python file" if missing == "notes.txt" else "no such file"
    for targets in ((missing, "cube.py"), ("cube.py", missing)):
        done = command("scan", "--quick", *targets)
        assert done.status == 2
        assert words in " ".join(done.out.split())
        assert "cube    x: N D" in done.out
        done = command("scan", "--no-run", *targets)
        assert (done.status, words in done.err, "cube and cube_prime" in done.out) == (2, True, True)
    done = command("init", "--diff", "cube.py", missing)
    assert (done.status, words in done.err, "cube_prime" in done.out) == (2, True, True)
    assert command("scan", missing, f"{missing}_too").status == 2


def test_directories_that_are_not_scanned(folder):
    """Hidden directories, environments and caches are passed over; without a gradient elsewhere there is nothing to do."""
    for name in (".git", "__pycache__", "venv"):
        (folder / name).mkdir()
        (folder / name / "a.py").write_text((CORPUS / "lstm.py").read_text())
    (folder / "venv" / "pyvenv.cfg").touch()
    (folder / "b.py").touch()
    assert listings([]) == []
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match="no Python files"):
        listings(["empty"])


OPEN = """
import numpy as np

class Dense:
    def __init__(self, W, b, kind="relu"):
        self.W, self.b, self.kind = W, b, kind

    def forward(self, x, mask=None):
        self.x = x.copy()
        z = self.x @ self.W + self.b
        self.slope = 1 - np.tanh(z) ** 2
        y = np.tanh(z) if self.kind == "relu" else z
        return y if mask is None else y * mask

    def backward(self, dout):
        dz = dout * self.slope
        self.dW, self.db = self.x.T @ dz, dz.sum(axis=0, keepdims={keep})
        return dz @ self.W.T

class Later:
    def forward(self, x):
        return x * x

    def backward(self, dout):
        {body}

class Base:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError
"""


@pytest.mark.parametrize("body", ["pass", "raise NotImplementedError", '"""To do."""'])
def test_what_was_assumed_is_said(command, folder, body):
    """Options that stayed at their defaults, a row for a vector, and classes without a backward have a line each."""
    (folder / "open.py").write_text(OPEN.format(keep=True, body=body))
    done = command("scan", "open.py")
    assert done.status == 0
    assert 'note: only kind="relu", mask=None was tried' in " ".join(done.out.split())
    assert "note: b is taken as an array of shape (1, M)" in " ".join(done.out.split())
    assert "gradproof: open.py: not checked, as backward is empty: Later (line 24)\n" in done.err


def test_nothing_is_said_of_what_was_tried(command, folder):
    """Options that were varied, vectors, and what is written have no line."""
    text = (
        OPEN.format(keep=False, body="return 2 * dout").replace(', kind="relu"', ", kind=None").replace("mask=None", "")
    )
    (folder / "open.py").write_text(
        text.replace('if self.kind == "relu"', "")
        .replace("else z\n", "\n")
        .replace("y if mask is None else y * mask", "y")
    )
    done = command("scan", "open.py")
    assert "note:" not in done.out
    assert "not checked" not in done.err


FLAT = """
class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape({lengths})

    def backward(self, dout):
        return dout.reshape({back})
"""


@pytest.mark.parametrize(
    ("back", "good"), [("self.shape", True), ("self.shape[0], *self.shape[:0:-1]).swapaxes(1, -1", False)]
)
@pytest.mark.parametrize("lengths", ["x.shape[0], -1", "(len(x), -1)"])
def test_what_flattens_rows_is_tried_with_more_dimensions(folder, lengths, back, good):
    """A wrong order of entries shows only where rows have more than one dimension."""
    (folder / "flat.py").write_text(FLAT.format(lengths=lengths, back=back))
    (case,), _ = found_in(unit_of(listings(["flat.py"])[0]))
    assert case.inputs["x"].shape == "N C H W"
    assert check(case, 0, quick=True).good == good


EMBEDDING = """
import numpy as np

class Embedding:
    def __init__(self, {sizes}):
        self.W = np.random.randn({shape})

    def forward(self, idx):
        self.idx = idx.copy()
        return self.W[idx]

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        {add}
"""


@slow
@pytest.mark.parametrize(
    ("sizes", "shape"), [("vocab_size, dim", "vocab_size, dim"), ("dim, num_words", "num_words, dim")]
)
@pytest.mark.parametrize(
    ("add", "good"), [("np.add.at(self.dW, self.idx, dout)", True), ("self.dW[self.idx] = dout", False)]
)
def test_the_table_of_an_index_that_a_constructor_makes(folder, sizes, shape, add, good):
    """What is looked up by an index is called with indices of it, and a repeated one is among these."""
    (folder / "lookup.py").write_text(EMBEDDING.format(sizes=sizes, shape=shape, add=add))
    (case,), _ = found_in(unit_of(listings(["lookup.py"])[0]))
    assert case.inputs["idx"].below == "V"
    assert check(case).good == good


CHOSEN = """
import numpy as np

class Scaled:
    def __init__(self, {argument}):
        self.by = {stored}

    def forward(self, x):
        return x * self.by

    def backward(self, dout):
        return dout * self.by {wrong}
"""


@pytest.mark.parametrize(
    ("argument", "stored", "said"),
    [
        ("inner", "inner", r"inner=[\d.]+ is a value that scan chose"),
        ("inner, ratio", "inner * ratio", r"ratio=[\d.]+, inner=[\d.]+ are values that scan chose"),
        ("inner=3.0", "inner", ""),
    ],
)
@pytest.mark.parametrize("wrong", ["", "+ dout"])
def test_values_that_scan_chose_are_said(command, folder, argument, stored, said, wrong):
    """An argument without a default has a value that nobody gave: the report says which, also of a change."""
    (folder / "scaled.py").write_text(CHOSEN.format(argument=argument, stored=stored, wrong=wrong))
    for words in (("scan", "scaled.py"), *([("fix", "--scan", "scaled.py")] if wrong else [])):
        text = " ".join(command(*words).out.split())
        assert bool(said) == ("that scan chose" in text)
        assert re.search(said, text)
    assert not said or not wrong or "every gradient is proved, for the call that scan chose, with this change" in text


TARGETS = """
import numpy as np

class Squares:
    def forward(self, x, y):
        self.x, self.y = x.copy(), y
        return ((y - x * y) ** 2).sum()

    def backward(self{dout}):
        return 2 * (self.x - 1){factor}

class Picked:
    def forward(self, x, t):
        if (t.sum(axis=-1) != 1).any():
            raise ValueError
        self.t = t
        return (x * t).sum()

    def backward(self{dout}):
        return 1.0 * self.t{factor}
"""


@pytest.mark.parametrize(
    ("dout", "factor", "one"), [(", dout=1", "", True), ("", "", False), (", dout", " * dout", False)]
)
def test_what_targets_are_made_into_is_said(command, folder, dout, factor, one):
    """Labels from which targets are made are not what the code is passed; nor is an upstream of 1 any upstream."""
    (folder / "targets.py").write_text(TARGETS.format(dout=dout, factor=factor))
    text = " ".join(command("scan", "targets.py").out.split())
    assert "the code is passed y as 2 * y - 1" in text
    assert "the code is passed t as rows of the identity (one-hot)" in text
    assert one == ("checked for dout = 1 only" in text)


MASKED = """
import numpy as np

class Masked:
    def __init__(self, mask, p=0.5):
        self.mask, self.p = mask, p

    def forward(self, x):
        return {forward}

    def backward(self, dout):
        return {backward}
"""


@pytest.mark.parametrize(
    ("forward", "right", "wrong"),
    [
        ("x * self.mask / (1 - self.p)", "dout * self.mask / (1 - self.p)", "dout * self.mask * self.mask"),
        ("np.where(self.mask, x, 0)", "np.where(self.mask, dout, 0)", "dout * 1"),
        ("np.where(~self.mask, x, 0)", "np.where(self.mask, 0, dout)", "dout * 0"),
        ("x * (1 - self.mask)", "dout * (1 - self.mask)", "dout * (1 - 2 * self.mask)"),
    ],
)
@pytest.mark.parametrize("name", ["mask", "keep_mask", "valid", "gate"])
def test_masks_are_arrays_of_zeros_and_ones(folder, forward, right, wrong, name):
    """One number in place of a mask makes wrong gradients right: those of entries that are left out, above all."""
    usage = "np.where" in forward or name != "gate"
    for backward, good in ((right, True), (wrong, False)) if usage else ():
        text = MASKED.format(forward=forward, backward=backward).replace("mask", name)
        (folder / "masked.py").write_text(text)
        (case,), _ = found_in(unit_of(listings(["masked.py"])[0]))
        assert case.inputs[name].shape == "N D"
        assert check(case, 0, quick=True).good == good


FLAGGED = """
import numpy as np

class Flagged:
    def __init__(self, {flag}):
        self.{flag} = {flag}

    def forward(self, x):
        return {forward}

    def backward(self, dout):
        return {backward}

def flagged_forward(x, train):
    return (3 * x if train else x), train

def flagged_backward(dout, cache):
    return {function}
"""


@pytest.mark.parametrize("flag", ["training", "doubled"])
@pytest.mark.parametrize("good", [True, False])
def test_flags_have_both_values(folder, flag, good):
    """What only decides a branch is True and False, by its use or its name; a gradient may be wrong in either."""
    right, function = f"3 * dout if self.{flag} else dout", "3 * dout if cache else dout"
    backward, called = (right, function) if good else ("3 * dout", "3 * dout")
    forward = right.replace("dout", "x")
    (folder / "flagged.py").write_text(FLAGGED.format(flag=flag, forward=forward, backward=backward, function=called))
    cases, missing = found_in(unit_of(listings(["flagged.py"])[0]))
    assert len(cases) == 2
    assert not missing
    assert all(set(values) == {True, False} for case in cases for values in case.options.values())
    assert all(check(case, 0, quick=True).good == good for case in cases)


@pytest.mark.parametrize("good", [True, False])
def test_axes_are_the_last_and_the_first(folder, good):
    """A backward pass that has one axis alone is wrong along the other."""
    axis = "self.axis" if good else "-1"
    (folder / "flagged.py").write_text(
        "import numpy as np\n\nclass Summed:\n    def __init__(self, axis):\n        self.axis = axis\n\n"
        "    def forward(self, x):\n        return np.cumsum(x, axis=self.axis)\n\n    def backward(self, dout):\n"
        f"        return np.flip(np.cumsum(np.flip(dout, {axis}), {axis}), {axis})\n"
    )
    (case,), _ = found_in(unit_of(listings(["flagged.py"])[0]))
    assert [*case.options["axis"]] == [-1, 0]
    assert check(case, 0, quick=True).good == good


@pytest.mark.parametrize(
    ("by", "back"), [("x[:, self.by]", "dout[:, np.argsort(self.by)]"), ("np.tile(x, self.by)", "dout[:, ::self.by]")]
)
def test_a_shape_by_a_value_that_scan_invents_is_no_failure(folder, by, back):
    """Where a gradient has a wrong shape for a number that nobody gave, it is not known which of them is wrong."""
    (folder / "picked.py").write_text(
        "import numpy as np\n\nclass Picked:\n    def __init__(self, by):\n        self.by = by\n\n"
        f"    def forward(self, x):\n        return {by}\n\n    def backward(self, dout):\n        return {back}\n"
    )
    cases, missing = found_in(unit_of(listings(["picked.py"])[0]))
    assert all(check(case, 0, quick=True).good for case in cases)
    assert [*cases, *missing]


SETTINGS = {
    "constructor": ("def __init__(self, {0}={1}):\n        self.s = {0}", "forward(self, x)", "self.s"),
    "forward": ("made = True", "forward(self, x, {0}={1})", "{0}"),
    "field": ("{0}: float = {1}", "forward(self, x)", "self.{0}"),
}


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize(
    ("name", "default", "forward", "wrong"),
    [("p", 0.5, "1 / (1 - {})", "2"), ("alpha", 0.01, "{}", "0.01"), ("scale", 2.0, "{} ** 2", "4")],
)
@pytest.mark.parametrize("place", SETTINGS)
def test_numbers_that_are_defaults_have_a_second_value(folder, place, name, default, forward, wrong, good):
    """A backward pass that is right by the default of a number alone is refuted, wherever the default stands."""
    first, arguments, read = (text.format(name, default) for text in SETTINGS[place])
    (folder / "setting.py").write_text(
        "from dataclasses import dataclass\n\n"
        + "@dataclass\n" * (place == "field")
        + f"class Setting:\n    {first}\n\n"
        f"    def {arguments}:\n        self.number = {forward.format(read)}\n        return x * self.number\n\n"
        f"    def backward(self, dout):\n        return dout * {'self.number' if good else wrong}\n"
    )
    (case,), _ = found_in(unit_of(listings(["setting.py"])[0]))
    assert default == case.options[name][0]
    assert all(0 < value < 1 for value in case.options[name]) or default > 1
    assert check(case, 0, quick=True).good == good


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("read", ['settings.get("gain", 3.0)', 'settings.setdefault("gain", 3.0)', 'settings["alpha"]'])
def test_numbers_in_dicts_have_a_second_value(folder, read, good):
    """A number that is the default of a key is tried, and another one; so is that of a key with a usual value."""
    (folder / "settings.py").write_text(
        f"def scale_forward(x, settings):\n    return x * {read}, settings\n\n\ndef scale_backward(dout, settings):\n"
        f"    return dout * {read if good else '0.8125' if 'alpha' in read else '3.0'}\n"
    )
    (case,), _ = found_in(unit_of(listings(["settings.py"])[0]))
    assert len({tuple(values.items()) for values in case.options["settings"]}) > 1
    assert check(case, 0, quick=True).good == good


@pytest.mark.parametrize("good", [True, False])
def test_a_number_that_tells_is_varied_among_many(folder, good):
    """Where there are more numbers than are varied, those by which a gradient looks wrong are, and the others are said."""
    (folder / "many.py").write_text(
        "class Many:\n    def __init__(self, a=0.5, b=0.5, c=0.5, d=0.5, gain=0.5):\n"
        "        self.a, self.b, self.c, self.d, self.gain = a, b, c, d, gain\n\n"
        "    def forward(self, x):\n        return x * self.a * self.b * self.c * self.d * self.gain\n\n"
        f"    def backward(self, dout):\n        return dout * self.a * self.b * self.c * self.d * {'self.gain' if good else '0.5'}\n"
    )
    (case,), _ = found_in(unit_of(listings(["many.py"])[0]))
    assert good or "gain" in case.options
    assert any("only" in note and "=0.5" in note for note in case.notes)
    assert check(case, 0, quick=True).good == good


@pytest.mark.parametrize(
    ("setting", "note"),
    [
        ("fill = -1e9", ""),
        ("rate = 0.25", "only rate=0.25 was tried"),
        ("RATE = 0.25", ""),
        ("def __init__(self, rate=12):\n        self.rate = rate", "only rate=12 was tried"),
        ("def __init__(self, units=12):\n        self.rate = 1", ""),
        ("def __init__(self, **more):\n        self.rate = more.get('rate', 0.25)", "only rate=0.25 was tried"),
    ],
)
def test_numbers_that_are_not_varied_are_said(folder, setting, note):
    """Numbers that stayed at their defaults are named where they are read, and constants and sizes are not."""
    rate = "self.RATE" if "RATE" in setting else "self.rate" if "rate" in setting else "2"
    (folder / "rates.py").write_text(
        f"class Rates:\n    {setting}\n\n    def forward(self, x):\n        return x * {rate}\n\n"
        f"    def backward(self, dout):\n        return dout * {rate}\n"
    )
    (case,), _ = found_in(unit_of(listings(["rates.py"])[0]))
    assert [text.split(";")[0] for text in case.notes] == [note] * bool(note)


def test_the_rate_of_learning_is_not_varied(folder):
    """A layer whose backward moves its weights by a rate is right, and no other rate makes it wrong."""
    (folder / "sgd.py").write_text(
        "class Sgd:\n    def __init__(self, W, alpha=1.0):\n        self.W, self.alpha = W, alpha\n\n"
        "    def forward(self, x):\n        self.x = x.copy()\n        return x @ self.W\n\n    def backward(self, dout):\n"
        "        dx = dout @ self.W.T\n        self.W = self.W - self.alpha * self.x.T @ dout\n        return dx\n"
    )
    (case,), _ = found_in(unit_of(listings(["sgd.py"])[0]))
    assert "alpha" not in case.options
    assert check(case, 0, quick=True).good


MASKED_CALLS = {
    "class": "class Masked:\n    def forward(self, x, {0}):\n        self.{0} = {0}\n        return {1}\n\n"
    "    def backward(self, dout):\n        return {2}\n",
    "class, first": "class Masked:\n    def forward(self, {0}, x):\n        self.{0} = {0}\n        return {1}\n\n"
    "    def backward(self, dout):\n        return {2}\n",
    "cache": "def masked_forward(x, {0}):\n    return {1}, {0}\n\n\ndef masked_backward(dout, {0}):\n    return {2}\n",
    "arguments": "def masked_forward(x, {0}, p):\n    return {1}\n\n\ndef masked_backward(dout, {0}, p):\n    return {2}\n",
}


@pytest.mark.parametrize(
    ("forward", "right", "wrong"),
    [
        ("x * {0}", "dout * {0}", "dout * {0} * {0} * 1.5"),
        ("np.where({0}, x, 0)", "np.where({0}, dout, 0)", "dout * 1"),
        ("np.where(~{0}, x, 0)", "np.where({0}, 0, dout)", "dout * 0"),
        ("x * (1 - {0})", "dout * (1 - {0})", "dout * (1 - 2 * {0})"),
    ],
)
@pytest.mark.parametrize("name", ["mask", "valid_mask"])
@pytest.mark.parametrize("place", MASKED_CALLS)
def test_masks_that_forward_takes(folder, place, name, forward, right, wrong):
    """Masks that functions and `forward` are passed have no gradient: they are zeros and ones, or truth values."""
    for backward, good in ((right, True), (wrong, False)):
        kept = f"self.{name}" if place.startswith("class") else name
        text = MASKED_CALLS[place].format(name, forward.format(name), backward.format(kept))
        (folder / "masked.py").write_text(f"import numpy as np\n\n\n{text}")
        (case,), _ = found_in(unit_of(listings(["masked.py"])[0]))
        assert any("of zeros and ones" in note for note in case.notes)
        assert check(case, 0, quick=True).good == good


@pytest.mark.parametrize("good", [True, False])
def test_a_mask_with_a_gradient_is_an_input(folder, good):
    """What backward returns a gradient of by its name is differentiated, though it is called a mask."""
    gradient = "dout * x" if good else "dout * mask"
    (folder / "gate.py").write_text(
        "def gate_forward(x, mask):\n    return x * mask, (x, mask)\n\n\ndef gate_backward(dout, cache):\n"
        f"    x, mask = cache\n    dx = dout * mask\n    dmask = {gradient}\n    return dx, dmask\n"
    )
    (case,), _ = found_in(unit_of(listings(["gate.py"])[0]))
    assert [*case.real] == ["x", "mask"]
    assert check(case, 0, quick=True).good == good


@pytest.mark.parametrize("good", [True, False])
def test_masked_scores_are_of_moderate_size(folder, good):
    """Beside -1e9 for what is masked, scores are bounded: beyond, the gradients of a right layer differ from zero."""
    backward = "p * (dout - (dout * p).sum(-1, keepdims=True))" if good else "p * dout"
    (folder / "scores.py").write_text(
        "import numpy as np\n\n\ndef scores_forward(x, mask):\n    e = np.exp(x - 1e9 * (1 - mask))\n"
        "    p = (e + 1) / (e + 1).sum(-1, keepdims=True)\n    return p, (p, e)\n\n\ndef scores_backward(dout, cache):\n"
        f"    p, e = cache\n    return {backward} * e / (e + 1)\n"
    )
    (case,), _ = found_in(unit_of(listings(["scores.py"])[0]))
    assert case.inputs["x"].high == 100 or not good
    assert check(case, 0, quick=True).good == good


def test_gradients_of_other_names_are_not_called(command, folder):
    """With --case no call is looked for of other gradients; a name that none has is refused with the nearest."""
    (folder / "two.py").write_text(
        "from pathlib import Path\n\n\nclass Called:\n    def __init__(self):\n        Path('called').touch()\n\n"
        "    def forward(self, x):\n        return 2 * x\n\n    def backward(self, dout):\n        return 2 * dout\n\n\n"
        "def cube(x):\n    return x**3\n\n\ndef cube_prime(x):\n    return 3 * x**2\n"
    )
    done = command("scan", "two.py", "--quick", "--case", "cube")
    assert (done.status, "1 case, 1 gradient" in done.out) == (0, True)
    assert not (folder / "called").exists()
    done = command("scan", "two.py", "--case", "cub")
    assert (done.status, "did you mean 'cube'" in done.err) == (2, True)
    assert command("scan", "two.py", "--quick", "--case", "Called", "--case", "cube").status == 0
    assert (folder / "called").exists()


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize(
    ("near", "value", "slope", "beyond"),
    [
        ("x > {}", "np.log1p(np.exp(x))", "1 / (1 + np.exp(-x))", ("x", "1 + 0 * x", 20.0)),
        ("np.abs(x) < {}", "x**2 / (1 + x**2)", "2 * x / (1 + x**2) ** 2", ("x**2", "2 * x", 1e-9)),
    ],
)
def test_the_threshold_of_an_approximation(folder, near, value, slope, beyond, good):
    """A second threshold is where the approximation is no worse: nearer to 0 or further out. A wrong side is refuted."""
    output, gradient, threshold = beyond
    (folder / "threshold.py").write_text(
        f"import numpy as np\n\n\ndef soft(x, threshold={threshold}):\n"
        f"    return np.where({near.format('threshold')}, {output}, {value})\n\n\ndef soft_prime(x, threshold={threshold}):\n"
        f"    return np.where({near.format('threshold')}, {gradient if good else '2 * x + 3'}, {slope})\n"
    )
    (case,), _ = found_in(unit_of(listings(["threshold.py"])[0]))
    assert len(case.options["threshold"]) == 2
    assert check(case, 0).good == good


# By how far the closest call goes: what is left open, beside what is known; each is one that nobody has listed.
BEGUN = {
    "a stated shape": (
        "class Odd:\n    def __init__(self, W): self.W = W\n    def forward(self, x, h):\n        T, N, D = x.shape\n"
        "        return x * h.rows\n    def backward(self, dout): return dout\n",
        'odd = gradproof.layer(Odd, inputs={"x": "T N D", "h": "..."}, params={"W": "..."})',
    ),
    "a domain": (
        "import numpy as np\n\n\ndef odd_forward(x):\n    return np.log(-(x**2)), x\n\n\ndef odd_backward(d, x):\n"
        "    return d\n",
        'odd = gradproof.pair(odd_forward, odd_backward, x=gradproof.real("N D", low=..., high=...))',
    ),
    "what backward takes": (
        "def odd_forward(x):\n    return 2 * x\n\n\ndef odd_backward(dout, rows, x):\n    return rows[dout]\n",
        '@gradproof.case(x="N D")\ndef odd(x):\n    dout = yield odd_forward(x)\n'
        "    return odd_backward(dout, rows=..., x=x)",
    ),
    "what is returned": (
        "def odd_forward(x):\n    kept = 2 * x, x\n    out, kept = kept\n    return out, kept\n\n\n"
        "def odd_backward(dout, kept):\n    return dout, dout\n",
        '@gradproof.case(x="N D")\ndef odd(x):\n    out, kept = odd_forward(x)\n    dout = yield out\n'
        "    gradients = odd_backward(dout, kept)\n    return ...",
    ),
}


@pytest.mark.parametrize("what", BEGUN)
def test_a_case_is_begun_as_far_as_the_closest_call_went(command, folder, what):
    """What is missing stands as `...` in the row and in the file that init writes; filled in it is Python."""
    text, case = BEGUN[what]
    (folder / "odd.py").write_text(text)
    done = command("scan", "odd.py", "--report", "json=report.json")
    assert done.out.count("gradproof init odd.py") == 1
    assert "".join(f"    {line}\n" for line in case.split("\n")) in done.out
    row = json.loads((folder / "report.json").read_text())["cases"][0]["comparisons"][0]
    assert row["evidence"]["begun"] == case
    assert "gradproof init" not in row["evidence"]["detail"]
    assert command("init", "odd.py").status == 0
    written = (folder / "verify_odd.py").read_text()
    assert "".join(f"# {line}\n" for line in case.split("\n")) in written
    assert "gradproof init" not in written
    ast.parse(case)


def test_a_case_that_is_begun_is_decided_once_it_is_filled_in(command, folder):
    """The circle ends: with the argument filled in, the right gradient is proved and the wrong one refuted."""
    for factor, status in (("h", 0), ("2", 1)):
        (folder / "odd.py").write_text(
            "class Odd:\n    def forward(self, x, table):\n        N, D = x.shape\n        h = table['rows'][0]\n"
            f"        self.h = h\n        return x * h\n    def backward(self, dout):\n        h = self.h\n        return dout * {factor}\n"
        )
        (folder / "verify_odd.py").unlink(missing_ok=True)
        command("init", "odd.py")
        text = (folder / "verify_odd.py").read_text()
        text = (
            text.replace("# from", "from")
            .replace("# odd", "odd")
            .replace('"..."', "gradproof.constant({'rows': [3.0]})")
        )
        (folder / "verify_odd.py").write_text(text)
        assert command("verify_odd.py", "--quick").status == status, text


@pytest.mark.parametrize("many", [4, 3])
def test_a_hazard_of_many_layers_is_said_once(command, folder, many):
    """Four layers that keep their input are named in one line, with `-v` each has its own; three have theirs anyway."""
    layer = (
        "class Power{0}:\n    def forward(self, x):\n        self.x = x\n        return x**{0}\n\n"
        "    def backward(self, dout):\n        return {0} * self.x ** ({0} - 1) * dout\n\n\n"
    )
    (folder / "powers.py").write_text("".join(layer.format(2 + number) for number in range(many)))
    done = command("scan", "powers.py")
    alike = "hazard GP120: the cache is the caller's array: 4 cases: Power2 (powers.py:2), Power3"
    assert (alike in " ".join(done.out.split())) == (many == 4)
    assert done.out.count("GP120") == (2 if many == 4 else 2 * many)
    assert command("scan", "powers.py", "-v").out.count("hazard GP120: Power") == many
    strict = command("scan", "powers.py", "--strict")
    assert (strict.status, strict.out.count("hazard GP120: the cache")) == (1, 0)

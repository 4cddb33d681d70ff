"""A file without cases is answered by how to write one."""

import re
import textwrap

import pytest

import verify
from verify.discovery.collect import collect
from verify.discovery.writing import HELP, no_cases

LAYERS = """
import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class SoftmaxLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.log(self.y[np.arange(t.size), t]).sum()

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(self.t.size), self.t] -= 1
        return dx * dout


def softplus(x):
    return np.log1p(np.exp(x))


def softplus_slope(x):
    return 1 / (1 + np.exp(-x))
"""


def code(text):
    """Return the indented code of a help text."""
    return textwrap.dedent(re.search(r"^    # my_cases\.py\n(?:    .*\n|\n)+", text, re.MULTILINE)[0])


@pytest.fixture
def folder(tmp_path, monkeypatch, put_back):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_layers.py").write_text(LAYERS)
    return tmp_path


def test_the_example_is_right(folder):
    """The cases that the help shows are found, and right layers pass in them."""
    (folder / "my_cases.py").write_text(code(HELP))
    cases = collect(["my_cases.py"])
    assert [case.name for case in cases] == ["affine", "loss", "slope"]
    assert all(verify.check(case, quick=True) for case in cases)


def test_every_name_of_the_help_exists():
    """What the help lists is public."""
    listed = re.findall(r"^  ([a-z]+)(?:  |\()", HELP, re.MULTILINE)
    assert {"layer", "pair", "real", "constant"} <= set(listed)
    assert [name for name in listed if name not in {*verify.__all__, "gradproof"}] == []


@pytest.mark.parametrize(("name", "text"), [("my_layers.py", LAYERS), ("empty.toml", "")])
def test_the_line_for_a_file_without_cases(folder, command, name, text):
    """One line has the file, an example of its kind of case, and where to read more."""
    (folder / name).write_text(text)
    done = command(name)
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert done.err.startswith(f"gradproof: {name}: contains no cases; add one, such as ")
    assert "gradproof explain cases" in done.err


def test_the_example_of_the_line_makes_a_case(folder):
    """The line of Python in the message, put into the file, is a case."""
    line = re.search(r"such as (.*): see", str(no_cases("my_layers.py")))[1]
    (folder / "my_layers.py").write_text(f"import gradproof\n{LAYERS}\n\n{line}\n")
    (case,) = collect(["my_layers.py"])
    assert case.name == "affine"


def test_the_example_of_the_toml_line_makes_a_case(folder):
    """The table in the message is a case too."""
    assignments = re.findall(r'\w+ = (?:".*?"|\{.*?\})', str(no_cases("empty.toml")))
    (folder / "empty.toml").write_text("\n".join(["[[case]]", *assignments]))
    (case,) = collect(["empty.toml"])
    assert case.name == "tax"


@pytest.mark.parametrize("arguments", [(), (".",)])
def test_an_empty_folder(folder, command, arguments):
    """Without a target or a file of cases, the message says how to write one."""
    (folder / "my_layers.py").unlink()
    done = command(*arguments)
    assert done.status == 2
    assert "gradproof explain cases" in done.err


def test_it_is_explained(command):
    """`gradproof explain cases` prints the help."""
    done = command("explain", "cases")
    assert (done.status, done.out) == (0, HELP)

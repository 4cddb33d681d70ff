"""Functions on the variables of a define-by-run engine are called as their users call them, and set up as cases."""

from pathlib import Path

import pytest

ENGINE = (
    (Path(__file__).parent / "data" / "scanned" / "recorded_arrays.py").read_text().partition("class Reciprocal")[0]
)
FUNCTIONS = """import numpy as np
from engine import Function


class Root(Function):
    def forward(self, x):
        return np.sqrt(x)

    def backward(self, gradient):
        return gradient / (2 * self.result.data)


class Turned(Function):
    def __init__(self, negate=False):
        self.negate = negate

    def forward(self, x):
        return -x if self.negate else 1 * x

    def backward(self, gradient):
        return 1 * gradient


class Alone:
    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        return 3 * x

    def backward(self, gradient):
        return 3 * gradient
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a working directory with an engine in one module and functions of it in another one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "engine.py").write_text(ENGINE)
    (tmp_path / "functions.py").write_text(FUNCTIONS)
    return tmp_path


def test_functions_of_another_module(command, folder):
    """The variables come from the module of the engine; an option that backward forgets is found; a plain call is none."""
    done = command("scan", "functions.py", "--quick")
    assert done.status == 1
    assert "Root    x: N D" in done.out
    assert "Turned  x  REFUTED" in done.out
    assert "Alone    x: N D" in done.out
    assert "FAILED: 1 gradient refuted (3 cases" in done.out


def test_written_cases(command, folder):
    """What is written for them imports the variables, and says what was scanned."""
    assert command("init", "functions.py").status == 0
    text = (folder / "verify_functions.py").read_text()
    assert "    from engine import Variable\n" in text
    assert "from functions import Alone, Root, Turned\n" in text
    assert "    output = Root()(x_variable)\n" in text
    done = command("verify_functions.py", "--quick", "-k", "Root")
    assert done.status == 0


def test_gradients_that_are_variables(command, folder):
    """An engine whose gradients are variables is given one; a wrong rule of it is refuted."""
    source = (Path(__file__).parent / "data" / "scanned" / "recorded_variables.py").read_text()
    (folder / "doubled.py").write_text(source.replace("return gy * b, gy * a", "return gy * b, gy * a * a"))
    done = command("scan", "doubled.py", "--quick", "--case", "Product", "--case", "Contract")
    assert done.status == 1
    assert "Product  b  REFUTED" in done.out
    assert "Contract  " not in done.out.partition("failures:")[2]

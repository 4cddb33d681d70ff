"""Edits in functions that are imported already: they have other code for a while."""

import importlib.util

import pytest
from effort import slow, some

from verify.discovery.collect import cases_of
from verify.discovery.targets import units
from verify.model.identity import Place
from verify.mutation.result import How, Mutant
from verify.repair.bench import Tool
from verify.repair.swapping import Functions, swapped
from verify.runner.worlds import Worlds

SOURCE = """
def outer(x):
    def inner(y):
        return x + 2 * y
    return inner(x)

class Layer:
    def __init__(self, gain):
        self.slope = lambda x: 3 * x + gain

def wrapped(function):
    return lambda x: function(x)

@wrapped
def decorated(x):
    return 5 * x

PRECEDING = [7 * x for x in range(3)]
"""

# What an edit replaces, by what, and what becomes of results that were 6, 7 and 10.
EDITS = {
    "a nested function": ("2 * y", "4 * y", (10, 7, 10)),
    "a lambda that there is": ("3 * x", "x", (6, 3, 10)),
    "a decorated function": ("5 * x", "6 * x", (6, 7, 12)),
    "two functions": ("x + ", "2 * x + ", (8, 13, 10)),
}
# Edits for which the functions that there are cannot take the place of an import.
REFUSED = {
    "no Python": ("2 * y", "2 * * y"),
    "another variable from outside": ("3 * x + gain", "3 * x + self"),
    "none from outside": ("3 * x + gain", "3 * x + 1"),
    "a function more": ("5 * x", "(lambda: 5 * x)()"),
    "what runs at import": ("7 * x", "8 * x"),
    "nothing": ("x", "x"),
}


@pytest.fixture
def module(tmp_path):
    """Return a module that is imported from a file, with its path."""
    path = tmp_path / "layer.py"
    path.write_text(SOURCE)
    return _imported(path)


def _imported(path):
    spec = importlib.util.spec_from_file_location("layer", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@slow
@pytest.mark.parametrize("name", EDITS)
def test_functions_take_their_new_code(module, name):
    """Those of a file compute with an edit while it lasts, and afterwards what they did before."""
    before, after, expected = EDITS[name]
    layer = module.Layer(1)

    def results():
        """Return what functions compute."""
        return module.outer(2), layer.slope(2), module.decorated(2)

    source = SOURCE.replace(before, after).encode()
    with swapped(Functions().changed({module.__file__: source})):
        assert results() == expected
    assert results() == (6, 7, 10)


@pytest.mark.parametrize("name", some(REFUSED, 6))
def test_what_functions_cannot_take(module, name):
    """What is no Python, changes variables from outside or an import, or adds a function, is left to an import."""
    layer = module.Layer(1)
    source = SOURCE.replace(*REFUSED[name]).encode()
    assert not Functions().changed({module.__file__: source})
    assert layer.slope(2) == 7


def test_functions_that_remember(tmp_path):
    """Where one of a file keeps its results, it would not run again: all of the file is left to an import."""
    path = tmp_path / "layer.py"
    path.write_text(f"import functools\n{SOURCE}\n@functools.cache\ndef slope(x):\n    return outer(x)\n")
    made = _imported(path)
    assert made.slope(2) == 6
    assert not Functions().changed({str(path): path.read_bytes().replace(b"2 * y", b"4 * y")})


LEAVING = """
import gradproof

kept = {"factor": 3.0}

def forward(x):
    return x * x

def backward(dout, x):
    kept["factor"] = kept["factor"] * 1.0
    return kept["factor"] * dout * x

case = gradproof.pair(forward, backward, x="N", name="case")
"""


@slow
def test_edits_that_leave_something_behind(shop, monkeypatch):
    """Where one has changed what the module keeps, all are counted with modules that are imported for each."""
    path = shop / "mine.py"
    path.write_text(LEAVING)

    def edit(before, after):
        """Return a text of the module in the place of another."""
        start = LEAVING.encode().index(before)
        line = LEAVING[:start].count("\n") + 1
        place = Place("mine.py", line)
        end = start + len(before)
        return (Mutant(str(path), place, "backward", "M8", "", "formula", "", "", start, end, after, line, line),)

    worlds = Worlds()
    worlds.prepare()
    (unit,) = units("mine.py", None)
    worlds.enter(unit.folders)
    cases = cases_of(unit)
    spoils, mends = edit(b"1.0", b"2.0"), edit(b'kept["factor"] * dout', b'(kept["factor"] - 1) * dout')
    counted = Tool(worlds).wrong(unit, 0, cases, How(), [spoils, mends])
    assert counted[1] == 0
    assert counted[0] > 0

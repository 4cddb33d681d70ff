"""Other cases that run what an edit changes."""

import importlib.util

import pytest
from effort import some

from verify.model.identity import Place
from verify.mutation.result import How, Mutant
from verify.repair.twins import failure, runs_any

MODULE = """
import verify

def helper(x, factor):
    return factor * x

def forward(x):
    return x * x

def backward(dout, x):
    return dout * helper(x, 2)

class Chosen:
    def __init__(self, way):
        self.way = way

    def forward(self, x):
        self.x = x.copy()
        return x * x

    def backward(self, dout):
        return dout * (helper(self.x, 2) if self.way else 2 * self.x)

direct = verify.pair(forward, backward, x="N")
chosen = verify.layer(Chosen, options={"way": [False, True]}, inputs={"x": "N"})
wrong = verify.pair(forward, lambda dout, x: dout * helper(x, 3), x="N")
alone = verify.pair(forward, lambda dout, x: 2 * dout * x, x="N")
early = verify.pair(forward, lambda dout, x: helper(x, 1 // 0), x="N")
"""
# Whether each case runs the helper, and what is wrong with it.
CASES = {
    "direct": (True, ""),
    "chosen": (True, ""),
    "wrong": (True, "the gradient of x is REFUTED"),
    "alone": (False, ""),
    "early": (False, "the case of the whole case is ERROR"),
}


@pytest.fixture
def module(tmp_path):
    """Return the module of all cases."""
    file = tmp_path / "twins_of_helper.py"
    file.write_text(MODULE)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", some(CASES, 6))
def test_which_cases_run_an_edited_function(module, name):
    """A case runs it directly or with one of its options; what fails of a case is said."""
    edit = Mutant(module.__file__, Place("a.py", 5), "helper", "M8", "an edit", "formula", "a", "b", 0, 1, b"b", 5, 5)
    runs, why = CASES[name]
    case = getattr(module, name)
    assert runs_any(case, (edit,), How()) is runs
    assert failure(case, How(quick=True)).startswith(why)
    assert bool(failure(case, How(quick=True))) is bool(why)
    assert not runs_any(case, (edit._replace(first=100, last=100),), How())


def test_functions_of_one_name_are_told_apart(module):
    """A method is not run by a case that runs another one of its name."""
    lines = MODULE.split("\n")
    method = lines.index("        return dout * (helper(self.x, 2) if self.way else 2 * self.x)") + 1
    function = lines.index("    return dout * helper(x, 2)") + 1
    edit = Mutant(module.__file__, Place("a.py", 1), "backward", "M8", "an edit", "formula", "a", "b", 0, 1, b"b", 1, 1)
    for case, line, other in ((module.chosen, method, function), (module.direct, function, method)):
        assert runs_any(case, (edit._replace(first=line, last=line),), How())
        assert not runs_any(case, (edit._replace(first=other, last=other),), How())

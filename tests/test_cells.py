"""Code in cells of a notebook has places that its user knows, and no command that could not find it."""

import linecache
import sys
from types import SimpleNamespace

import pytest

import verify
from verify.model import cells
from verify.model.where import asked_at, relative

_FILE = "/tmp/ipykernel_1/1234.py"
_TERMINAL = "<ipython-input-3-abc>"
_CELL = """
class Doubled:
    def forward(self, x):
        return 2 * x

    def backward(self, dout):
        return 3 * dout

doubled = verify.layer(Doubled, inputs={"x": "N"})
"""


@pytest.fixture(params=[_FILE, _TERMINAL])
def run(request, monkeypatch):
    """Return what runs a cell as IPython does: it names its code after files that do not exist, and keeps the lines."""
    names = {request.param: 3}
    compiler = SimpleNamespace(format_code_name=lambda file: ("Cell", f"In[{names[file]}]") if file in names else None)
    shell = SimpleNamespace(compile=compiler)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(cells, "_compiled", {})

    def run(text):
        lines = (len(text), None, text.splitlines(keepends=True), request.param)
        monkeypatch.setitem(linecache.cache, request.param, lines)
        space = {"verify": verify, "asked_at": asked_at}
        exec(compile(text, request.param, "exec"), space)
        return space

    return run


def test_a_result_names_the_cell(run):
    """The case and the wrong line are in `In[3]`, whose lines the card shows; there is no command for either."""
    result = verify.check(run(_CELL)["doubled"])
    (row,) = result.comparisons[:1]
    assert str(result.where) == "In[3]:9"
    assert str(row.place) == "In[3]:7"
    assert "        return 3 * dout" in result.sources[0].lines
    assert (result.again, result.fix) == ("", "")
    assert "to see it: print it" in repr(result)
    assert "alone" not in str(result) + result._repr_html_()


def test_a_line_of_a_cell_asks(run):
    """What is asked for in a cell is the user's, as it is in a file."""
    assert str(run("\nplace = asked_at()")["place"]) == "In[3]:2"


def test_files_keep_their_names(run):
    """In a notebook, too, a module is called by its path."""
    run("")
    assert relative(__file__) == "tests/test_cells.py"
    assert not cells.is_cell("tests/test_cells.py")
    assert cells.source("tests/test_cells.py") == ""


def test_without_ipython_there_are_no_cells(monkeypatch):
    """Nothing is a cell where IPython is not imported, or runs no shell."""
    monkeypatch.setitem(sys.modules, "IPython", None)
    assert cells.cell(_FILE) == ""
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert cells.cell(_FILE) == ""

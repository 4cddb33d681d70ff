"""Source that stands in for a file's."""

import importlib
import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from verify.discovery.sources import Loader, standing_in


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module in a package on the path."""
    monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
    (tmp_path / "stood").mkdir()
    (tmp_path / "stood" / "__init__.py").write_text("")
    (tmp_path / "stood" / "unit.py").write_text("value = 1\n\n\ndef f():\n    return value / 0\n")
    yield tmp_path / "stood" / "unit.py"
    for name in [name for name in sys.modules if name.startswith("stood")]:
        del sys.modules[name]


def test_what_is_imported_meanwhile(module):
    """By its name or from its file, the module is the other program; afterwards it is itself again."""
    with standing_in(str(module), b"value = 2\n"):
        assert importlib.import_module("stood.unit").value == 2
        spec = spec_from_file_location("alone", module, loader=Loader("alone", str(module)))
        found = module_from_spec(spec)
        spec.loader.exec_module(found)
        assert found.value == 2
    del sys.modules["stood.unit"]
    assert importlib.import_module("stood.unit").value == 1


def test_it_is_never_cached(module):
    """What stood in leaves nothing behind on the disk, and what is cached is not taken for it."""
    importlib.import_module("stood.unit")
    del sys.modules["stood.unit"]
    before = sorted(module.parent.rglob("*"))
    with standing_in(str(module), b"value = 2\n"):
        assert importlib.import_module("stood.unit").value == 2
    assert sorted(module.parent.rglob("*")) == before


def test_it_has_the_file_of_the_original(module):
    """A traceback names the file, and the line that the mistake left where it was."""
    with standing_in(str(module), module.read_bytes().replace(b"/ 0", b"/ (1 - 1)")):
        found = importlib.import_module("stood.unit")
    with pytest.raises(ZeroDivisionError) as problem:
        found.f()
    assert (str(problem.traceback[-1].path), problem.traceback[-1].lineno + 1) == (str(module), 5)

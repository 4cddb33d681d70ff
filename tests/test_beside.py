"""Which other modules of the tests a file has beside it while its tests run: those that it imports."""

import importlib.util
import sys
from pathlib import Path

import pytest
from beside import beside

TESTS = Path(__file__).parent


def of(file):
    """Return a module of a file, by a name that tells nothing of it."""
    return importlib.util.module_from_spec(importlib.util.spec_from_file_location("a_module", (TESTS / file).resolve()))


def test_no_other_tests_are_beside_these():
    """Of the files of tests that were collected in this process, this one alone is imported while it runs."""
    assert {name for name in sys.modules if name.startswith("test_")} == {"test_beside"}


@pytest.mark.parametrize(
    ("file", "beside_it", "stays"),
    [
        ("test_beside.py", "test_other.py", False),
        ("test_beside.py", "science/other.py", False),
        ("test_beside.py", "beside.py", True),
        ("test_beside.py", "../verify/other.py", True),
        ("test_science.py", "science/other.py", True),
        ("test_approximation_order.py", "test_approximation_composed.py", True),
        ("test_approximation_order.py", "effort.py", True),
        ("test_approximation_order.py", "subjects.py", False),
        ("frameworks/jax_checks.py", "frameworks/jax_functions.py", True),
        ("frameworks/jax_checks.py", "subjects.py", False),
    ],
)
def test_what_is_not_imported_goes(monkeypatch, file, beside_it, stays):
    """Another file of the tests goes, unless it is imported, also by one that is imported; what is ours stays."""
    monkeypatch.setitem(sys.modules, "a_module", of(beside_it))
    assert ("a_module" in beside(of(file))) is not stays

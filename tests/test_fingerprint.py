"""What a case may change in its process is taken once for all processes that are forked from one."""

import importlib
import math
import sys
from types import ModuleType

import pytest
import sympy
from effort import slow

from verify.runner import fingerprint


@pytest.fixture
def looked(monkeypatch):
    """Look through what is imported, as a process does from which others are forked."""
    monkeypatch.setattr(fingerprint, "_before", [])
    fingerprint.look()


def test_what_was_looked_through_before_is_not_looked_through_again(looked, monkeypatch):
    """A function that is replaced in the meantime is a change, as it would not be if all was taken as it is then."""
    assert fingerprint.at_first().changed() == ""
    with monkeypatch.context() as patch:
        patch.setattr(math, "sqrt", math.exp)
        assert fingerprint.at_first().changed() == "math.sqrt"
        assert fingerprint.Fingerprint().changed() == ""


@slow
def test_what_is_imported_later_counts(looked, monkeypatch):
    """With another module, all is looked through again: a function that is replaced in it is a change."""
    later = ModuleType("imported_later")
    later.function = lambda: 1
    monkeypatch.setitem(sys.modules, "imported_later", later)
    taken = fingerprint.at_first()
    assert taken.changed() == ""
    later.function = None
    assert taken.changed() == "imported_later.function"


LIBRARIES = {  # classes and functions of them that a verdict may rest on
    "sympy.core.expr.Expr": ("diff", "expand"),
    "sympy.core.add.Add": ("flatten", "diff"),
    "sympy.core.symbol.Symbol": ("__hash__", "__eq__"),
    "flint.types.arb.arb": ("__add__", "log"),
    "fractions.Fraction": ("__add__", "numerator"),
    "verify.graph.graph.Graph": ("sum", "reach"),
    "enum.Enum": ("__hash__", "__reduce_ex__"),
}


def test_a_method_of_a_class_that_we_compute_with_counts(looked, monkeypatch):
    """A method that is replaced, or put over that of a base, is a change by its full name, of our engine."""
    taken = fingerprint.at_first()
    for owner, method in ((owner, method) for owner, methods in LIBRARIES.items() for method in methods):
        module, _, name = owner.rpartition(".")
        with monkeypatch.context() as patch:
            patch.setattr(getattr(importlib.import_module(module), name), method, lambda *arguments: 7)
            assert taken.replaced() == f"{owner}.{method}"
            assert fingerprint.is_engines(taken.replaced())
    assert not fingerprint.is_engines(taken.replaced())


def test_what_is_added_to_a_class_is_no_change(looked, monkeypatch):
    """A name that no base has stands in for nothing, nor does a class of the user's own."""
    taken = fingerprint.at_first()
    monkeypatch.setattr(sympy.Expr, "note_of_a_user", lambda self: 3, raising=False)

    class Mine(sympy.Symbol):
        def diff(self, *symbols):
            return 0

    assert Mine("x").diff() == 0
    assert not fingerprint.is_engines(taken.replaced())


def test_names_of_users_are_not_taken_for_ours():
    """A module whose name begins as that of a library does is the user's."""
    assert not fingerprint.is_engines("sympy_tools.diff")
    assert fingerprint.is_engines("sympy.diff")

"""What a case may change in its process is taken once for all processes that are forked from one."""

import math
import sys
from types import ModuleType

import pytest
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

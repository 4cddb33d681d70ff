"""The line of the user's that asks for something."""

import functools
import importlib
from pathlib import Path

import pytest

from verify.model.where import asked_at, described, raised_at


class Lazy:
    asked = functools.cached_property(lambda self: asked_at())


def test_a_line_of_the_standard_library_asks_nothing():
    """The call passes through `functools`, whose line is none of the user's."""
    assert asked_at().file.endswith("test_where.py")
    assert Lazy().asked.file.endswith("test_where.py")
    assert "functools" not in str(Lazy().asked)


def test_a_file_in_an_exception_is_relative():
    """What Python says of a file is left out where its line is named beside it, and has no absolute path."""
    with pytest.raises(SyntaxError) as broken:
        compile("1 +", "broken.py", "exec")
    assert described(broken.value) == "SyntaxError: invalid syntax"
    with pytest.raises(ImportError) as missing:
        from effort import no_such_name  # noqa: F401
    assert described(missing.value).endswith("cannot import name 'no_such_name' from 'effort' (tests/effort.py)")


class OddSyntaxError(SyntaxError):
    """An exception of the user's, whose parts may be anything."""

    def __init__(self):
        super().__init__("odd")
        self.filename, self.msg = "odd.py", Path("odd")


class OddImportError(ImportError):
    path = 3


@pytest.mark.parametrize("kind", [OddSyntaxError, OddImportError])
def test_an_exception_with_odd_parts(kind):
    """It is described all the same."""
    assert described(kind("x") if kind is OddImportError else kind()).startswith(kind.__name__)


@pytest.mark.parametrize("package", ["gradproof", "verify"])
def test_a_name_that_we_do_not_have_is_missing_at_the_users_line(package):
    """A misspelt name of ours is an error at the line that asks for it, which says where the names are listed."""
    with pytest.raises(AttributeError) as missing:
        importlib.import_module(package).layr  # noqa: B018
    assert raised_at(missing.value).file.endswith("test_where.py")
    assert "gradproof explain cases" in described(missing.value)

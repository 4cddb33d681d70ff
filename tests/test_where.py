"""The line of the user's that asks for something."""

import functools

from verify.model.where import asked_at


class Lazy:
    asked = functools.cached_property(lambda self: asked_at())


def test_a_line_of_the_standard_library_asks_nothing():
    """The call passes through `functools`, whose line is none of the user's."""
    assert asked_at().file.endswith("test_where.py")
    assert Lazy().asked.file.endswith("test_where.py")
    assert "functools" not in str(Lazy().asked)

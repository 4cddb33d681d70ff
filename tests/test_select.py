"""`-k` finds cases by words and operators."""

import pytest

from verify.discovery.select import matches
from verify.model.errors import InputError


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("apple", True),
        ("Apples", True),
        ("apples and oranges", True),
        ("pear", False),
        ("not pear", True),
        ("pear or oranges", True),
        ("apples and not oranges", False),
        ("(pear or apples) and oranges", True),
        ("wired by hand", True),
        ("not (apples or pear)", False),
        ("not not apples", True),
    ],
)
def test_matches(pattern, found):
    """Words are looked for in any case; `and`, `or`, `not` and parentheses combine them."""
    assert matches(pattern, "apples, oranges: wired by hand") is found


@pytest.mark.parametrize("pattern", ["", "and apples", "apples and", "(apples", "apples)", "not", "()"])
def test_bad_patterns(pattern):
    """What does not parse is an error, not an empty selection."""
    with pytest.raises(InputError, match="-k"):
        matches(pattern, "apples")

"""What is said around a table: of a counterexample only what is not 0 is listed."""

import pytest

from reports.words import _point


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ([("x[0]", "1"), ("x[1]", "0")], "x[0]=1, x[1]=0"),
        (
            [("x[0]", "0"), ("x[1]", "1"), ("x[2]", "0"), ("d[0]", "-2")],
            "x[1]=1, d[0]=-2, and the 2 other entries in the formulas are 0",
        ),
        ([("x[0]", "0"), ("x[1]", "0")], "0 in all entries"),
        ([("a", "0"), ("b", "0"), ("x[0]", "0")], "a=0, b=0, x[0]=0"),
    ],
)
def test_zeros_of_entries_are_counted(inputs, text):
    """More than one entry that is 0 is counted; the others, and inputs of one number, are written."""
    assert _point(inputs, "", 8) == text


def test_long_points_list_what_the_formulas_mention():
    """Of more numbers than are listed, those in the formulas come first."""
    inputs = [(f"x[{i}]", "1") for i in range(20)]
    assert _point(inputs, "x[19]*x[18]", 2) == "x[18]=1, x[19]=1, and 18 more"

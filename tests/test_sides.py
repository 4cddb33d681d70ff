"""The table of both sides of a wrong array: short, and with no digit that is not known."""

from dataclasses import replace

import results

from reports import sides
from verify.model.result import Arrays, Entry, Rest, Verdict


def of(*entries, rest=Rest.ZERO, differing=1, index=(0, 1)):
    listed = tuple(Entry(where, expected, actual, expected != actual) for where, expected, actual in entries)
    return sides.table(replace(results.halved(""), arrays=Arrays(listed, rest, differing), index=index))


def test_rows_have_the_returned_value_first():
    """As in the lines above: index, backprop, exact, and which of them differ."""
    table = of(((0, 1), "1/2", "1/4"), ((1, 1), "1", "1"))
    assert table.rows == [("[0, 1]", "1/4", "1/2"), ("[1, 1]", "1", "1")]
    assert table.differ == [True, False]
    assert table.rest == "all other entries are 0 on both sides"


def test_fewer_digits_are_still_certain():
    """Of digits that go on the first are kept, and not rounded; what has an exponent or is exact stays as it is."""
    table = of(((0, 1), "0.14429549298699999…", "-123456789.12…"), ((1, 1), "0.1442954929", "1.5e-30…"))
    assert table.rows == [("[0, 1]", "-123456789.12…", "0.14429549…"), ("[1, 1]", "1.5e-30…", "0.1442954929")]


def test_one_entry_is_not_told_twice():
    """Where the entry of the counterexample is the only one, what remains is the others."""
    table = of(((0, 1), "1/2", "1/4"))
    assert (table.rows, table.rest) == ([], "0 on both sides")
    assert of(((0, 1), "1/2", "1/4"), rest=Rest.OPEN) is None


def test_more_that_differ_are_counted():
    """Of a large array the entries that are not listed are counted, as far as they are known to differ."""
    pair = ((0, 1), "1/2", "1/4"), ((1, 1), "2", "1")
    assert of(*pair, rest=Rest.OPEN, differing=7).rest == "5 more entries differ"
    assert of(*pair, rest=Rest.OPEN, differing=3).rest == "1 more entry differs"
    assert of(*pair, rest=Rest.OPEN, differing=2).rest == ""
    assert of(*pair, rest=Rest.EQUAL, differing=2).rest == "all other entries are equal on both sides"


def test_what_has_no_arrays_has_no_table():
    """A row that is proved has none."""
    assert sides.table(results.array("x", "", "3", Verdict.PROVED)) is None

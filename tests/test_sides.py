"""The table of both sides of a wrong array: short, and with no digit that is not known."""

from dataclasses import replace

import results

from reports import sides
from verify.model.result import Arrays, Entry, OneSided, Rest, Side, Verdict


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


def test_an_edge_has_columns_of_its_sides():
    """Each entry has what is returned and a derivative on each side; sides beyond the fourth are counted."""
    edge = OneSided(("x[0]",), ("2",), tuple(Side(f"x[0] > {i}", (str(i),)) for i in range(6)), True)
    table = sides.beside(replace(results.halved(""), one_sided=edge))
    assert table.headers == ["entry", "backprop", "x[0] > 0", "x[0] > 1", "x[0] > 2", "x[0] > 3"]
    assert (table.rows, table.rest) == ([["x[0]", "2", "0", "1", "2", "3"]], "and 2 more sides")


def test_other_sides_are_mentioned_where_there_may_be_some():
    """Where not all sides are known the table says so; a gradient that is wrong elsewhere has no such table."""
    edge = OneSided(("x[0]",), ("2",), (Side("x[0] > 0", ("1",)),), False)
    assert sides.beside(replace(results.halved(""), one_sided=edge)).rest == "there may be other sides"
    assert sides.beside(results.halved("")) is None

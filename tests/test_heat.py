"""The map of the entries of a wrong gradient: every entry is drawn once, at its place."""

import re

import pytest
import results

from reports.page.heat import heat_map
from verify.model.result import Verdict


def drawn(shape, marks):
    return heat_map(results.array("x", "", shape, Verdict.REFUTED, marks=marks))


def path(markup, kind):
    found = re.search(f'<path d="([^"]*)" class="{kind}"/>', markup)
    return re.findall(r"M([-.0-9]+) ([-.0-9]+)", found[1]) if found else []


@pytest.mark.parametrize("shape", ["6", "2 3", "1 6", "3 1 2", "2 1 3 1"])
def test_every_entry_is_drawn_once(shape):
    """As a square, a ring or a dot, each at another place."""
    markup = drawn(shape, "5.?9x.")
    signs = [path(markup, kind) for kind in ("wrong", "open", "right")]
    assert [len(places) for places in signs] == [3, 1, 2]
    assert len({place for places in signs for place in places}) == 6


def test_what_is_further_off_is_larger():
    """The squares grow with the difference."""
    sizes = [float(re.search(r"h([.0-9]+)v", drawn("2", mark * 2))[1]) for mark in "0369"]
    assert sizes == sorted(set(sizes))


def test_it_is_described_in_words():
    """Its name counts the entries, and its description names the first that are wrong."""
    markup = drawn("2 3", "5.?9..")
    assert 'role="img" aria-label="entries of the gradient of x: 2 wrong, 1 undecided, 3 right"' in markup
    assert "<desc>wrong: [0, 0], [1, 0]</desc>" in markup
    assert ", …</desc>" in drawn("20", "9" * 20)


def test_what_is_too_large_is_not_drawn():
    """A row of 1,000 entries, and 1,000 rows; a row without signs, or with some of another shape, has no map either."""
    assert drawn("2 2", "9" * 6) is None
    assert drawn("1000", "9" * 1000) is None
    assert drawn("1000 2", "9" * 2000) is None
    assert drawn("2 3", "") is None


def test_a_large_map_is_small():
    """64 by 64 entries take less than 100 kB."""
    assert len(drawn("64 64", "95" * 2048)) < 100_000


def test_the_last_number_lies_within():
    """Also that over a narrow column: half of it is beyond the column."""
    for columns in (1, 10, 120):
        markup = drawn(f"{columns}", "9" * columns)
        width = float(re.search(r'viewBox="0 0 (\d+) ', markup)[1])
        last = float(re.findall(r'<text x="([.\d]+)"', markup)[-1])
        assert last + 3.2 * len(str(columns - 1)) <= width

"""The line of a case that passes: the weakest verdict of its gradients, and what it is for."""

from dataclasses import replace

import pytest
import results

from reports import layout, passing
from verify.model.result import Cover, Verdict

PROVED = results.array("x", "N=1", "2 3")
AGREES = results.array("b", "N=1", "3", Verdict.AGREES, evidence=results.AGREES.evidence)


def cells(case, width=0):
    """Return the cells of a case by their headers."""
    headers, row = passing.lines([case], width, lambda comparison, text: text)
    starts = [headers.index(name) for name in ("case", "gradients", "entries", "verdict", "regions") if name in headers]
    parts = [slice(a, b) for a, b in zip(starts, [*starts[1:], None], strict=True)]
    return {headers[part].strip(): row[part].strip() for part in parts}


def test_gradients_entries_and_verdict():
    """A gradient at two sizes is named once, and its entries are added up."""
    case = results.traced("c", PROVED, results.array("x", "N=2", "1 3"), results.array("W", "N=1", "4"))
    assert cells(case) == {"case": "c", "gradients": "x, W", "entries": "13", "verdict": "proved (same formula)"}


def test_the_weakest_verdict_stands():
    """A gradient that only agrees is not hidden by one that is proved, and the line says for how many that is so."""
    assert cells(results.traced("c", PROVED, AGREES))["verdict"] == "1 of 2 agrees (constants)"
    assert cells(results.traced("c", AGREES))["verdict"] == "agrees (constants)"


def test_what_is_not_claimed_is_named():
    """An input without a gradient stands in the line: it was not checked."""
    case = replace(results.traced("c", PROVED), unclaimed=("W", "b"))
    assert cells(case)["verdict"] == "proved (same formula); not claimed: W, b"


@pytest.mark.parametrize(
    ("cover", "shown"), [(Cover(42), "42"), (Cover(7, complete=True), "all 7"), (Cover(1, complete=True), None)]
)
def test_regions(cover, shown):
    """The regions that were checked are counted, and `all` says where there are no others."""
    assert cells(replace(results.traced("c", PROVED), cover=cover)).get("regions") == shown


def test_a_narrow_terminal_has_fewer_columns():
    """The names of the gradients are left out where they do not fit, and the verdict never is."""
    case = results.traced("c", *[replace(PROVED, name=f"a_long_name_{i}") for i in range(5)])
    assert "gradients" in cells(case, 120)
    assert "verdict" in cells(case, 80)
    assert "gradients" not in cells(case, 80)
    assert max(map(layout.columns_of, passing.lines([case], 80, lambda comparison, text: text))) <= 80


def test_what_is_not_good_is_not_brief():
    """A refuted and a known case have no line here, nor has a graph of scalars, nor what scan has guessed inputs for."""
    assert passing.brief(results.traced("c", PROVED))
    assert not passing.brief(replace(results.traced("c", PROVED), reproduce=("gradproof", "scan", "layers.py")))
    known = results.traced("c", replace(results.HALVED.comparisons[0], known=True))
    for case in (results.HALVED, known, results.FAULTY, results.case("shop", results.PROVED)):
        assert not passing.brief(case)

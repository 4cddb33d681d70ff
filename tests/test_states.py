"""What is known of a quantity, in a word, and what it means that it changed."""

from dataclasses import replace

import pytest
import results

from verify import states
from verify.result import Run


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("PROVED", "PROVED", ""),
        ("PROVED", "AGREES", "weaker"),
        ("AGREES", "PROVED", "stronger"),
        ("PROVED", "NOT ROUNDING", "newly failing"),
        ("AGREES", "REFUTED", "newly failing"),
        ("REFUTED", "AGREES", "fixed"),
        ("UNDECIDED", "REFUTED", "weaker"),
        ("ERROR", "UNDECIDED", "stronger"),
        ("FAILS", "", "fixed"),
        ("", "FAILS", "newly failing"),
        (None, "PROVED", "appeared"),
        (None, "REFUTED", "newly failing"),
        ("PROVED", None, "disappeared"),
        ("REFUTED", None, "disappeared"),
    ],
)
def test_change(old, new, said):
    """Every way in which a state can become another has one name; no two of them are mixed up."""
    assert states.change(old, new) == said


def test_the_worst_variant_counts():
    """A gradient that fails for one of its sizes is one that fails; what is known of a run is by file and case."""
    found = states.of_run(Run((results.HALVED, results.FAULTY)))
    assert found["my_layers.py"]["half a gradient"] == {"gradient x": "PROVED", "gradient W": "REFUTED"}
    assert found["my_layers.py"]["writes into dout"] == {"gradient x": "PROVED", "finding GP101 dout": "FAILS"}


def test_marks_change_no_state():
    """A baseline's marks say how the gate takes a verdict, not what it is."""
    for comparison in (results.REFUTED, results.AGREES, results.NOT_ROUNDING):
        plain = states.of_case(results.case("c", comparison))
        assert states.of_case(results.case("c", replace(comparison, known=True, weaker=True))) == plain


def test_equal_names_are_one_case():
    """Two cases of one name in one file have the worst of both states, so that neither hides the other."""
    run = Run((results.case("c", results.PROVED), results.case("c", replace(results.UNDECIDED))))
    for cases in (run.cases, run.cases[::-1]):
        assert states.of_run(Run(cases)) == {"shop.toml": {"c": {"gradient apple": "UNDECIDED"}}}

"""What is known of a quantity, in a word, and what it means that it changed."""

import re
from dataclasses import replace

import pytest
import results

from verify.baseline import states
from verify.baseline.extents import Extent
from verify.model.identity import CaseId, Quantity
from verify.model.result import Run

SAYS = [
    ("PROVED", "PROVED", ""),
    ("PROVED", "AGREES", "weaker"),
    ("AGREES", "PROVED", "stronger"),
    ("PROVED", "IN PART", "weaker"),
    ("PROVED", "NOT ROUNDING", "newly failing"),
    ("AGREES", "REFUTED", "newly failing"),
    ("AGREES", "SAMPLED", "weaker"),
    ("SAMPLED", "UNDECIDED", "newly failing"),
    ("UNDECIDED", "SAMPLED", "fixed"),
    ("REFUTED", "AGREES", "fixed"),
    ("REFUTED", "REFUTED", ""),
    ("UNDECIDED", "REFUTED", "newly failing"),
    ("ERROR", "REFUTED", "newly failing"),
    ("ERROR", "UNDECIDED", "newly failing"),
    ("ERROR; REFUTED", "REFUTED", "stronger"),
    ("REFUTED in 5 of 24", "REFUTED in 5 of 24", ""),
    ("REFUTED in 5 of 24", "REFUTED in 6 of 24", "weaker"),
    ("REFUTED in 5 of 24", "REFUTED", "weaker"),
    ("REFUTED in 5 of 24", "REFUTED in 4 of 24", "stronger"),
    ("REFUTED in another region", "REFUTED in 1 of 24", "weaker"),
    ("REFUTED in 1 of 24", "REFUTED in another region", "stronger"),
    ("REFUTED in another region, in 1 of 4", "REFUTED in another region, in 2 of 4", "weaker"),
    ("FAILS", "", "fixed"),
    ("", "FAILS", "newly failing"),
    (None, "PROVED", "appeared"),
    (None, "REFUTED", "newly failing"),
    ("PROVED", None, "disappeared"),
    ("REFUTED", None, "disappeared"),
]


EXTENT = re.compile(
    "(?P<word>[A-Z ]+[A-Z])(?P<elsewhere> in another region)?(?:,? in (?P<failing>.*) of (?P<entries>.*))?"
)


def state(said):
    """Read a state, of which none and one that is told only where it is bad are two."""
    if not said:
        return None if said is None else states.GOOD
    parts = [EXTENT.fullmatch(part) for part in said.split("; ")]
    return {p["word"]: Extent(int(p["failing"] or 1), int(p["entries"] or 1), bool(p["elsewhere"])) for p in parts}


def quantity(said):
    """Read what a state is about."""
    return Quantity(*said.split(" ", 1))


@pytest.mark.parametrize(("old", "new", "said"), SAYS)
def test_change(old, new, said):
    """Every way in which a state can become another has one name; no two of them are mixed up."""
    assert states.change(state(old), state(new)) == said


@pytest.mark.parametrize("said", sorted({one for pair in SAYS for one in pair[:2] if one}))
def test_states_are_written(said):
    """A word for each way in which something fails, with how far."""
    assert states.text(state(said)) == said


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ({"gradient w": "PROVED"}, {}, True),
        ({"gradient w": "AGREES"}, {"gradient x": "PROVED"}, True),
        ({"gradient w": "PROVED"}, {"gradient w": "AGREES"}, False),
        ({"gradient w": "REFUTED"}, {}, False),
        ({"gradient w": "PROVED"}, {"gradient w": "IN PART"}, True),
        ({"gradient w": "IN PART"}, {"gradient w": "IN PART"}, False),
        ({"gradient w": "IN PART"}, {}, True),
        ({"value w": "PROVED"}, {}, False),
        ({"gradient w": "PROVED"}, {"case the whole case": "ERROR"}, False),
        ({"gradient w": "PROVED", "case the whole case": "ERROR"}, {"case the whole case": "ERROR"}, True),
    ],
)
def test_lost(old, new, lost):
    """A gradient that was good and is gone; where the case fails as a whole and did not before, that is told."""
    old, new = ({quantity(key): state(said) for key, said in side.items()} for side in (old, new))
    (key,) = [key for key in old if key.name == "w"]
    assert states.is_lost(key, old, new) == lost


def said(case):
    return {str(key): states.text(one) for key, one in case.items()}


def test_the_worst_variant_counts():
    """A gradient that fails for one of its sizes is one that fails; what is known of a run is by file and case."""
    found = states.of_run(Run((results.HALVED, results.FAULTY)))
    assert said(found[results.HALVED.id]) == {
        "gradient x": "PROVED",
        "gradient W": "REFUTED in 5 of 24",
    }
    assert said(found[results.FAULTY.id]) == {"gradient x": "PROVED", "finding GP101 dout": "FAILS"}


def test_marks_change_no_state():
    """A baseline's marks say how the gate takes a verdict, not what it is."""
    for comparison in (results.REFUTED, results.AGREES, results.NOT_ROUNDING):
        plain = states.of_case(results.case("c", comparison))
        assert states.of_case(results.case("c", replace(comparison, known=True, weaker=True))) == plain


def test_equal_names_are_one_case():
    """Two cases of one name in one file have the worst of both states, so that neither hides the other."""
    run = Run((results.case("c", results.PROVED), results.case("c", replace(results.UNDECIDED))))
    for cases in (run.cases, run.cases[::-1]):
        found = states.of_run(Run(cases))
        assert {case: said(of) for case, of in found.items()} == {
            CaseId("shop.toml", "c"): {"gradient apple": "UNDECIDED"}
        }
    wrong = [results.traced("c", results.halved("N=1", failing)) for failing in (5, 2, 7)]
    assert said(states.of_run(Run(tuple(wrong)))[CaseId("my_layers.py", "c")]) == {"gradient W": "REFUTED in 7 of 12"}

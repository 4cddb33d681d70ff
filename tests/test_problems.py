"""What CI systems list: one problem for each quantity that is not good, and for each finding."""

from dataclasses import replace

import results

from reports.problems import problems
from verify.model.identity import CaseId, Quantity
from verify.model.result import Evidence, Run, Stale, Verdict, strict


def of(*comparisons, **fields):
    return problems(Run((results.case("c", *comparisons, **fields),)))


def test_proofs_are_no_problems():
    """What is proved or agrees is not listed; hazards are, and as errors where they fail."""
    assert of(results.PROVED, results.AGREES) == []
    assert [p.level for p in problems(Run((results.HAZARDOUS,)))] == ["warning"]
    assert [p.level for p in problems(Run((strict(results.HAZARDOUS),)))] == ["error"]


def test_the_worst_variant_is_told():
    """Of several variants one problem: what is new before what is known, and refuted before undecided."""
    known = results.halved("N=1", known=True)
    new = replace(results.halved("N=2"), verdict=Verdict.UNDECIDED)
    for pair in ((known, new), (new, known)):
        (found,) = of(*pair)
        assert (found.rule, found.level, " for N=2: " in found.title) == ("UNDECIDED", "error", True)
    (found,) = of(new, results.halved("N=3"))
    assert found.rule == "REFUTED"


def test_places():
    """The line that raised, else the code at fault, else the case; never one outside the project; `expr` without a file."""
    raised = replace(results.ERROR, where=results.at("a.py:3"))
    assert [(p.file, p.line) for p in of(raised)] == [("shop.py", 9)]
    assert [(p.file, p.line) for p in of(results.halved("N=2"))] == [("my_layers.py", 14)]
    outside = replace(results.ERROR, evidence=Evidence("error", "ValueError", place=results.at("/usr/lib/z.py:9")))
    assert [(p.file, p.line) for p in of(outside)] == [("shop.toml", 3)]
    assert [(p.file, p.line) for p in of(results.REFUTED, where="")] == [("expr", 1)]


def test_errors_come_first():
    """Then hazards, then what is known or allowed, whatever the order of the cases."""
    levels = [p.level for p in problems(results.everything())]
    assert levels == sorted(levels, key=("error", "warning", "note").index)
    assert set(levels) == {"error", "warning", "note"}


def test_stale_entries_are_listed_where_they_fail():
    """Each as an error in the file that it names, with an identity of its own; else they fail nothing."""
    entries = tuple(Stale(CaseId(file, "c"), Quantity("gradient", "x"), "REFUTED", "PROVED") for file in ("a.py", ""))
    run = Run((results.case("c", results.PROVED),), stale=entries, strict=True)
    found = problems(run)
    assert [(p.rule, p.level, p.file, p.line) for p in found] == [
        ("STALE", "error", "a.py", 1),
        ("STALE", "error", "expr", 1),
    ]
    assert found[0].title == "the baseline is stale: c: gradient x was REFUTED, now PROVED"
    assert len({p.fingerprint for p in found}) == 2
    assert problems(replace(run, strict=False)) == []

"""The gate: what passes, what fails, and what is said about it."""

from dataclasses import replace

import pytest
import results

from verify.model.identity import CaseId, Place
from verify.model.result import Evidence, Run, Verdict, exit_status, strict, summary

KNOWN = results.case("known", replace(results.REFUTED, known=True), results.PROVED)
GOOD, AGREES = results.case("good", results.PROVED), results.case("agrees", results.AGREES)


@pytest.mark.parametrize(
    ("case", "fixable"),
    [
        (results.traced("x", results.halved("N=2")), True),
        (results.traced("x", replace(results.halved("N=2"), verdict=Verdict.ERROR)), True),
        (results.traced("x", replace(results.halved("N=2"), verdict=Verdict.PROVED)), False),
        (results.traced("x", results.halved("N=2"), results.UNDECIDED), False),
        (results.traced("x", results.halved("N=2"), reproduce=("pytest", "test_x.py::x")), False),
        (results.case("x", results.REFUTED), False),
        (GOOD, False),
    ],
)
def test_where_a_fix_is_looked_for(case, fixable):
    """Only where a gradient of arrays is wrong and none undecided, of what `gradproof run` finds."""
    assert bool(case.fix) is fixable


@pytest.mark.parametrize(
    ("cases", "complete", "status"),
    [
        ((GOOD,), True, 0),
        ((AGREES,), True, 0),
        ((GOOD, AGREES), True, 0),
        ((GOOD, results.case("x", results.REFUTED)), True, 1),
        ((GOOD, results.case("x", results.UNDECIDED)), True, 1),
        ((GOOD, results.case("x", results.ERROR)), True, 1),
        ((GOOD, results.case("x", results.NOT_ROUNDING)), True, 1),
        ((GOOD, results.case("x", results.PROVED, results.STATED)), True, 1),
        ((GOOD, results.case("nothing compared")), True, 1),
        ((GOOD,), False, 1),
        ((results.FAULTY,), True, 1),
        ((results.HAZARDOUS,), True, 0),
        ((strict(results.HAZARDOUS),), True, 1),
        ((KNOWN,), True, 0),
        ((KNOWN, results.case("x", results.REFUTED)), True, 1),
        ((results.case("x", replace(results.AGREES, weaker=True)),), True, 1),
        ((results.case("x", replace(results.ERROR, known=True)),), True, 0),
        ((), True, 2),
        ((results.case("values only", results.VALUE),), True, 2),
    ],
)
def test_exit_status(cases, complete, status):
    """0 needs every row good and something checked; half-finished is never green; nothing checked is 2."""
    assert exit_status(Run(cases, complete=complete)) == status


def test_summary_says_what_decided():
    """The last line names everything that failed, in numbers."""
    assert summary(Run((GOOD,))) == "1 case, 1 gradient: all proved"
    assert summary(Run((GOOD, AGREES))) == "2 cases, 2 gradients: 1 proved, 1 not proved but agreeing"
    assert summary(Run(())) == "0 cases, 0 gradients: nothing was checked"
    assert summary(Run((GOOD,), complete=False)) == "FAILED: stopped early (1 case, 1 gradient: 1 proved)"
    assert summary(results.everything()) == (
        "FAILED: 2 gradients refuted, 2 gradients undecided, 1 stated value refuted, 1 case undecided, 2 cases in error, "
        "1 float result outside the rounding bound, 1 fault found, 1 proof weaker than in the baseline "
        "(18 cases, 23 gradients of 131 entries: 14 proved; 2 known failures)"
    )


def test_what_is_sampled_is_told_in_the_summary():
    """It passes, and is never counted as proved or agreeing; with --strict it fails, though no other verdict does."""
    sampled = results.traced("calls Fortran", results.SAMPLED)
    assert summary(Run((GOOD, sampled))) == "2 cases, 2 gradients of 7 entries: 1 proved; 1 gradient at points only"
    assert [exit_status(Run((case,))) for case in (sampled, strict(sampled), strict(AGREES))] == [0, 1, 0]
    assert summary(Run((strict(sampled),))).startswith("FAILED: 1 gradient known at points only (")


def test_findings_are_told_in_the_summary():
    """Hazards and allowances pass, and the last line says so; with --strict hazards fail, allowances do not."""
    passing = replace(results.FAULTY, findings=results.FAULTY.findings[2:])
    run = Run((results.HAZARDOUS, passing))
    assert summary(run).endswith("all proved; 1 hazard found; 1 finding allowed")
    failing = Run(tuple(map(strict, run.cases)))
    assert summary(failing) == "FAILED: 1 fault found (2 cases, 2 gradients of 12 entries: 2 proved)"
    assert (exit_status(run), exit_status(failing)) == (0, 1)


def test_known_failures_are_counted():
    """They pass, are never taken for proved, and stand beside what is new; stale entries pass unless strict."""
    assert summary(Run((KNOWN,))) == "1 case, 2 gradients: 1 proved; 1 known failure"
    assert not KNOWN.good
    assert KNOWN.passes
    failing = Run((KNOWN, results.case("x", results.REFUTED)), stale=("x",))
    assert summary(failing) == "FAILED: 1 gradient refuted (2 cases, 3 gradients: 1 proved; 1 known failure)"
    stale = Run((GOOD,), stale=("x",))
    assert (exit_status(stale), exit_status(replace(stale, strict=True))) == (0, 1)
    assert summary(stale) == "1 case, 1 gradient: all proved; 1 baseline entry no longer applies"


def test_nothing_is_not_all():
    """Where no gradient was compared, none is called proved, although all of none are."""
    broken = Run((results.case("x", replace(results.ERROR, known=True)),))
    assert summary(broken) == "1 case, 0 gradients: nothing proved; 1 known failure"


def test_the_place_of_what_raised():
    """The line that raised is the one to look at, whatever the sentence says; without one it is that of the code."""
    code, raised = Place("shop.py", 3), Place("my layers/a b.py", 9)
    for evidence, place in (
        (Evidence("error", "ValueError: look, at a.py:1", place=raised), raised),
        (Evidence("error", "ValueError: look, at a.py:1"), code),
    ):
        assert replace(results.ERROR, evidence=evidence, where=code).place == place
        assert replace(results.AGREES, evidence=evidence, where=code).place == code


def test_what_a_case_is_told_by():
    """Its file and its name; an expression of the command line has no file."""
    assert results.case("c", where="d s/a.py:5").id == CaseId("d s/a.py", "c")
    assert str(results.case("c", where="").id) == "expr: c"


def test_variants_count_once_with_the_worst():
    """A gradient that was checked in several variants is one gradient; equal names in two cases are two."""
    run = Run((results.HALVED, results.AFFINE, results.HALVED))
    assert run.count("gradient") == {Verdict.PROVED: 5, Verdict.REFUTED: 2}
    run.count("gradient")[Verdict.PROVED] = 0
    assert run.count("gradient")[Verdict.PROVED] == 5
    assert run.entries == 41 + 2 * 36


def test_verdicts_are_ordered_and_have_sentences():
    """Best first, and each value is a sentence for users."""
    names = ["PROVED", "AGREES", "SAMPLED", "UNDECIDED", "REFUTED", "ERROR"]
    assert sorted(names, key=lambda name: Verdict[name].rank) == names == [v.name for v in Verdict]
    assert [v.good for v in Verdict] == [True, True, True, False, False, False]
    assert all(len(v.value.split()) > 5 for v in Verdict)

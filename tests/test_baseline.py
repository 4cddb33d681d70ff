"""Baselines: known failures pass, new ones and weaker proofs do not, and what no longer applies is told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import results

from verify.baseline import Baseline, opened
from verify.result import Run, Verdict, exit_status, strict, summary

BAD = results.case("bad", results.REFUTED, results.PROVED)
GOOD = results.case("bad", replace(results.REFUTED, verdict=Verdict.PROVED), results.PROVED)
EVERYTHING = results.everything()


def known(*cases):
    return Baseline().updated(Run(cases), whole=True)


def judged(baseline, *cases, **options):
    return baseline.judged(Run(cases), **({"whole": True} | options))


def test_whatever_fails_can_be_known():
    """With one failure of each kind, the run that is written down passes, and counts as known what failed."""
    baseline = Baseline().updated(EVERYTHING, whole=True)
    run = baseline.judged(EVERYTHING, whole=True)
    assert (exit_status(EVERYTHING), exit_status(run), run.stale) == (1, 0, ())
    assert run.known == 12
    assert "12 known failures" in summary(run)
    assert all(case.passes for case in run.cases)


def test_a_new_failure_fails():
    """Another gradient, another case of the same name in another file, another finding: each of them is new."""
    baseline = known(BAD, results.traced("clean", results.array("x", "", "2")))
    for planted in (
        replace(BAD, comparisons=(*BAD.comparisons, replace(results.REFUTED, name="apple_cnt"))),
        replace(BAD, where="other.toml:3"),
        replace(BAD, name="another"),
        results.traced("clean", results.array("x", "", "2"), findings=(results.FAULTY.findings[1],)),
    ):
        assert exit_status(judged(baseline, planted)) == 1
    assert exit_status(judged(baseline, BAD)) == 0


def test_lines_shapes_and_variants_do_not_matter():
    """A known failure that moved, and fails at another size by another number, is the same failure."""
    baseline = known(results.HALVED)
    moved = replace(
        results.HALVED, where="my_layers.py:99", comparisons=(results.halved("N=7", failing=1, where="a.py:3"),)
    )
    run = judged(baseline, moved)
    assert (exit_status(run), run.known) == (0, 1)


def test_a_known_failure_that_became_worse_fails():
    """What was undecided and is refuted is news; what was refuted and is undecided is not."""
    undecided, refuted = (
        results.case("c", replace(results.UNDECIDED, verdict=v)) for v in (Verdict.UNDECIDED, Verdict.REFUTED)
    )
    assert exit_status(judged(known(undecided), refuted)) == 1
    assert exit_status(judged(known(refuted), undecided)) == 0


def test_a_weaker_proof_is_a_regression():
    """PROVED that only agrees now fails the gate, and is told; what only ever agreed passes."""
    proved, agrees = (results.case("c", replace(results.AGREES, verdict=v)) for v in (Verdict.PROVED, Verdict.AGREES))
    run = judged(known(proved), agrees)
    assert exit_status(run) == 1
    assert summary(run) == "FAILED: 1 proof weaker than in the baseline (1 case, 1 gradient: 0 proved)"
    assert exit_status(judged(known(agrees), agrees)) == exit_status(judged(known(agrees), proved)) == 0


def test_stale_entries_are_told_and_fail_if_strict():
    """What is fixed and what is gone no longer applies; that passes, but for --strict."""
    run = judged(known(BAD, results.HALVED), GOOD)
    assert run.stale == (
        "my_layers.py: half a gradient: gradient W was REFUTED, and is not there",
        "my_layers.py: half a gradient: gradient x was PROVED, and is not there",
        "shop.toml: bad: gradient tax was REFUTED, and is PROVED",
    )
    assert exit_status(run) == 0
    assert summary(run).endswith("; 3 baseline entries no longer apply")
    assert exit_status(replace(run, strict=True)) == 1
    assert "3 stale baseline entries" in summary(replace(run, strict=True))


def test_what_was_not_looked_at_is_not_stale():
    """Of a part of the cases only these; a quick run looks for too little; a hazard that fails if strict is there."""
    baseline = known(BAD, results.HALVED)
    assert judged(baseline, BAD, whole=False).stale == ()
    assert len(judged(baseline, GOOD, whole=False).stale) == 1
    assert judged(baseline, GOOD, quick=True).stale == ()
    assert judged(known(strict(results.HAZARDOUS)), results.HAZARDOUS).stale == ()
    assert exit_status(judged(known(results.HAZARDOUS), strict(results.HAZARDOUS))) == 1


def test_a_broken_case_is_one_failure():
    """A case that raises has lost none of its gradients; that it raises is new."""
    run = judged(known(GOOD), replace(GOOD, comparisons=(results.ERROR,)))
    assert (exit_status(run), run.stale) == (1, ())


def test_an_update_prunes_and_keeps():
    """A whole run leaves what it shows; a part leaves the others as they were."""
    both = known(BAD, results.HALVED)
    assert both.updated(Run((GOOD,)), whole=True).known == known(GOOD).known
    assert both.updated(Run((GOOD,)), whole=False).known == known(GOOD, results.HALVED).known
    assert known(GOOD).difference(both) == "0 known failures, 0 added, 2 pruned"
    assert both.difference(known(GOOD)) == "2 known failures, 2 added, 0 pruned"
    weaker = results.case("bad", replace(results.PROVED, verdict=Verdict.AGREES))
    assert known(weaker).difference(known(GOOD)) == "0 known failures, 0 added, 0 pruned; 1 no longer proved"


def test_the_file_does_not_depend_on_order(tmp_path):
    """The same bytes for the cases in another order, read back as what was written."""
    text = known(*EVERYTHING.cases).text()
    assert known(*EVERYTHING.cases[::-1]).text() == text
    (tmp_path / "b.json").write_text(text)
    assert opened(tmp_path / "b.json", update=False).known == known(*EVERYTHING.cases).known


def test_it_applies_from_any_directory(tmp_path, monkeypatch):
    """Files are named as seen from the baseline: a run in a directory below tells `../shop.toml` of the same file."""
    (tmp_path / "b.json").write_text(known(BAD).text())
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    baseline = opened(Path("../b.json"), update=False)
    below = replace(BAD, where="../shop.toml:3")
    assert exit_status(judged(baseline, below)) == 0
    assert baseline.updated(Run((below,)), whole=True).known == known(BAD).known
    assert exit_status(judged(baseline, BAD)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no file b.json; write it with --baseline-update"),
        ("{", "b.json is not JSON"),
        ("[]", "b.json is no baseline of this version"),
        ('{"schema_version": "9.0", "files": {}}', "b.json is no baseline of this version"),
        ('{"schema_version": "1.0", "files": {"a": {"c": []}}}', "b.json is no baseline of this version"),
        ('{"schema_version": "1.0", "files": {"a": {"c": {"gradient x": "FINE"}}}}', "b.json is no baseline"),
    ],
)
def test_other_files_are_errors(command, shop, text, message):
    """A missing, broken or foreign file is an error, found before anything is checked."""
    if text is not None:
        (shop / "b.json").write_text(text)
    done = command("shop.toml", "--baseline", "b.json")
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert str(shop) not in done.err


def test_the_command(command, shop):
    """Fails, is written down, passes; then fixed: told, and pruned on update."""
    wrong = ("shop.toml", "--layers", "wrong.py", "--baseline", "b.json")
    done = command(*wrong, "--baseline-update", "-q")
    assert (done.status, done.err) == (0, "gradproof: b.json: 2 known failures, 2 added, 0 pruned\n")
    assert done.out == "2 cases, 6 gradients: 4 proved; 2 known failures.\n"
    before = (shop / "b.json").read_bytes()
    shown = command(*wrong)
    assert (shown.status, (shop / "b.json").read_bytes()) == (0, before)
    assert shown.out.count("REFUTED, a known failure") == 2
    assert command("shop.toml", "--layers", "wrong.py").status == 1
    fixed = command("shop.toml", "--baseline", "b.json", "-q")
    assert fixed.status == 0
    assert "shop.toml: right: gradient apple was REFUTED, and is PROVED" in fixed.out
    assert command("shop.toml", "--baseline", "b.json", "--strict").status == 1
    done = command("shop.toml", "--baseline", "b.json", "--baseline-update")
    assert (done.status, done.err) == (0, "gradproof: b.json: 0 known failures, 0 added, 2 pruned\n")
    assert command(*wrong).status == 1


def test_a_part_is_a_part(command, shop):
    """With -k the other entries are neither told as stale nor pruned, and -x goes past what is known."""
    wrong = ("shop.toml", "--layers", "wrong.py", "--baseline", "b.json")
    command(*wrong, "--baseline-update")
    before = (shop / "b.json").read_bytes()
    done = command(*wrong, "-k", "also", "--baseline-update")
    assert ("no longer" in done.out, (shop / "b.json").read_bytes()) == (False, before)
    assert json.loads(command(*wrong, "-x", "--report", "json").out)["complete"]


def test_the_project_may_name_it(command, shop):
    """`baseline` in pyproject.toml is the default, and missing it is an error as well."""
    (shop / "pyproject.toml").write_text(
        "[tool.gradproof]\ntargets = ['shop.toml']\nlayers = 'wrong.py'\nbaseline = 'b.json'\n"
    )
    assert command().status == 2
    assert command("--baseline-update").status == 0
    assert command().status == 0
    assert command("expr", "x * y", "--at", "x=1", "--at", "y=2", "--layers", "wrong.py").status == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baseline-update"], "--baseline-update: name the file"),
        (["--baseline", "b.json", "--baseline-update", "--quick"], "with --quick not all is looked for"),
        (["--baseline", "missing/b.json", "--baseline-update"], "the directory of b.json does not exist"),
        (["--baseline", "b.json", "--baseline-update", "--report", "json=b.json"], "b.json is wanted twice"),
    ],
)
def test_what_cannot_be_is_said_before_the_run(command, shop, arguments, message):
    """An update without a file, of too little, or into a file that cannot be written or is a report's."""
    done = command("shop.toml", *arguments)
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert not (shop / "b.json").exists()


def test_a_baseline_of_everything_is_valid_in_json():
    """What is known is what the gate counts, in a file that names no lines."""
    document = json.loads(known(*EVERYTHING.cases).text())
    assert document["schema_version"] == "1.0"
    assert document["files"]["shop.toml"]["forgets to swap"] == {
        "gradient apple": "PROVED",
        "gradient tax": "REFUTED",
        "value price": "PROVED",
    }

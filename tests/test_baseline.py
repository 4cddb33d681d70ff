"""Baselines: known failures pass, new ones and weaker proofs do not, and what no longer applies is told."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import results
from effort import slow
from subjects import elementwise

import verify
from verify.baseline.accepted import Baseline, opened
from verify.baseline.scope import nothing
from verify.checks.checker import check
from verify.model.reasons import Reason
from verify.model.result import Run, Verdict, exit_status, strict, summary

BAD = results.case("bad", results.REFUTED, results.PROVED)
GOOD = results.case("bad", replace(results.REFUTED, verdict=Verdict.PROVED), results.PROVED)
EVERYTHING = results.everything()


def known(*cases):
    return Baseline().updated(Run(cases), covers=everywhere)


def judged(baseline, *cases, **options):
    return baseline.judged(Run(cases), **({"covers": everywhere} | options))


def everywhere(case):
    return True


def test_whatever_fails_can_be_known():
    """With one failure of each kind, the run that is written down passes, and counts as known what failed."""
    baseline = Baseline().updated(EVERYTHING, covers=everywhere)
    run = baseline.judged(EVERYTHING, covers=everywhere)
    assert (exit_status(EVERYTHING), exit_status(run), run.stale) == (1, 0, ())
    assert run.known == 12
    assert "12 known failures" in summary(run)
    assert all(case.passes for case in run.cases)


def test_a_new_failure_fails():
    """Another gradient, another case of the same name in another file, another finding: each of them is new."""
    baseline = known(BAD, results.traced("clean", results.array("x", "", "2")))
    for planted in (
        replace(BAD, comparisons=(*BAD.comparisons, replace(results.REFUTED, name="apple_cnt"))),
        replace(BAD, where=results.at("other.toml:3")),
        replace(BAD, name="another"),
        results.traced("clean", results.array("x", "", "2"), findings=(results.FAULTY.findings[1],)),
    ):
        assert exit_status(judged(baseline, planted)) == 1
    assert exit_status(judged(baseline, BAD)) == 0


def test_lines_shapes_and_variants_do_not_matter():
    """A known failure that moved, and fails at another size by another number, is the same failure."""
    baseline = known(results.HALVED)
    moved = replace(
        results.HALVED,
        where=results.at("my_layers.py:99"),
        comparisons=(results.array("x", "N=7", "7 3"), results.halved("N=7", failing=1, where=results.at("a.py:3"))),
    )
    run = judged(baseline, moved)
    assert (exit_status(run), run.known) == (0, 1)


KINDS = [results.case("c", replace(results.UNDECIDED, verdict=v)) for v in Verdict if not v.good]
KINDS.append(results.case("c", replace(results.NOT_ROUNDING, name="apple")))


@pytest.mark.parametrize("now", KINDS)
@pytest.mark.parametrize("then", KINDS)
def test_a_known_failure_covers_its_own_kind(then, now):
    """Whatever else fails is news, be it refuted where it raised, or undecided where it was refuted."""
    assert exit_status(judged(known(then), now)) == (then is not now)


def test_each_variant_is_judged_by_its_kind():
    """Where one size raises, and that is known, another that is refuted is not."""
    raising = replace(results.halved("N=1"), verdict=Verdict.ERROR)
    raises, both = (results.traced("c", *rows) for rows in ((raising,), (raising, results.halved("N=2"))))
    run = judged(known(raises), both)
    assert [c.known for c in run.cases[0].comparisons] == [True, False]
    assert exit_status(judged(known(both), both)) == exit_status(judged(known(both), raises)) == 0


def fails_in(failing, variant="N=1, D=3, M=4", **fields):
    good = results.array("W", "N=2, D=3, M=4", "3 4")
    return results.traced(
        "c", results.array("x", "N=2, D=3, M=4", "2 3"), good, results.halved(variant, failing, **fields)
    )


ELSEWHERE = "N=1, D=3, M=4, in another region"
GROWTH = [
    (fails_in(1, ELSEWHERE), fails_in(12), "in another region, in 1 of 12", "in 12 of 24"),
    (fails_in(1, ELSEWHERE), fails_in(1), "in another region, in 1 of 12", "in 1 of 24"),
    (fails_in(1, ELSEWHERE), fails_in(12, ELSEWHERE), "in another region, in 1 of 12", "in another region"),
    (fails_in(1), fails_in(12), "in 1 of 24", "in 12 of 24"),
    (fails_in(5), fails_in(6), "in 5 of 24", "in 6 of 24"),
    (
        results.traced("c", results.ERROR, results.array("x", "N=2", "2"), results.array("x", "N=3", "3")),
        results.traced(
            "c", results.ERROR, replace(results.ERROR, variant=results.sized("N=2")), results.array("x", "N=3", "3")
        ),
        "in 1 of 3",
        "in 2 of 3",
    ),
]


@pytest.mark.parametrize(("then", "now", "was", "is_now"), GROWTH)
def test_a_known_failure_that_grew_fails(then, now, was, is_now):
    """At the sample and not elsewhere only, or in more entries: that fails, and is told; the other way it passes."""
    run = judged(known(then), now)
    assert exit_status(run) == 1
    (note,) = run.cases[0].notes
    word = "ERROR" if "case" in note else "REFUTED"
    assert note.endswith(f": was {word} {was}, now {word} {is_now}")
    assert exit_status(judged(known(now), then)) == 0
    assert "; 1 worse" in known(now).difference(known(then))
    assert "; 1 smaller" in known(then).difference(known(now))


def test_a_failure_does_not_grow_with_its_array():
    """Twice the entries with twice the failures, and fewer entries with as many of them, are the same failure."""
    small = results.traced("c", results.halved("N=1", 2, entries=8))
    for other in (results.halved("N=2", 4, entries=16), results.halved("N=2", 2, entries=4)):
        assert exit_status(judged(known(small), results.traced("c", other))) == 0
    assert exit_status(judged(known(small), results.traced("c", results.halved("N=1", 1, entries=1)))) == 1


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
    assert tuple(map(str, run.stale)) == (
        "my_layers.py: half a gradient: gradient W was REFUTED in 5 of 24, now not there",
        "my_layers.py: half a gradient: gradient x was PROVED, now not there",
        "shop.toml: bad: gradient tax was REFUTED, now PROVED",
    )
    assert exit_status(run) == 0
    assert summary(run).endswith("; 3 baseline entries no longer apply")
    assert exit_status(replace(run, strict=True)) == 1
    assert "3 stale baseline entries" in summary(replace(run, strict=True))


def test_what_was_not_looked_at_is_not_stale():
    """Of a part of the cases only these; a quick run looks for too little; a hazard that fails if strict is there."""
    baseline = known(BAD, results.HALVED)
    assert judged(baseline, BAD, covers=nothing).stale == ()
    assert len(judged(baseline, GOOD, covers=nothing).stale) == 1
    assert judged(baseline, GOOD, quick=True).stale == ()
    assert judged(known(strict(results.HAZARDOUS)), results.HAZARDOUS).stale == ()
    assert exit_status(judged(known(results.HAZARDOUS), strict(results.HAZARDOUS))) == 1


def test_a_broken_case_is_one_failure():
    """A case that raises has lost none of its gradients; that it raises is new."""
    run = judged(known(GOOD), replace(GOOD, comparisons=(results.ERROR,)))
    assert (exit_status(run), run.stale) == (1, ())
    assert len(run.cases[0].comparisons) == 1


@pytest.mark.parametrize("now", [results.PROVED, results.REFUTED, results.ERROR])
def test_a_proof_that_is_gone_fails(now):
    """A gradient that was proved, or agreed, and that the case does not show any more; with what is known beside it."""
    then = [now, replace(results.PROVED, name="w"), replace(results.AGREES, name="v")]
    run = judged(known(results.case("c", *then)), results.case("c", now, unclaimed=("w",)))
    assert exit_status(run) == 1
    lost = {c.name: c.evidence.detail for c in run.cases[0].comparisons if not c.passes}
    assert {c.evidence.reason for c in run.cases[0].comparisons if c.name in lost} == {Reason.LOST_GRADIENT}
    assert lost == {
        "v": "the case has no such gradient; the baseline lists it as AGREES; --baseline-update accepts the change",
        "w": "the code returns None for it; the baseline lists it as PROVED; --baseline-update accepts the change",
    }
    assert run.stale == ()
    after = known(results.case("c", *then)).updated(Run((results.case("c", now),)), covers=everywhere)
    assert exit_status(judged(after, results.case("c", now))) == 0
    assert after.difference(known(results.case("c", *then))).endswith("; 2 no longer proved")


def test_a_proof_that_is_gone_for_some_sizes_fails():
    """Not claimed for one of its variants, which was proved for both; what never was claimed there passes."""
    both = results.traced("c", results.array("x", "N=1", "1"), results.array("x", "N=2", "2"))
    part = results.traced("c", results.array("x", "N=1", "1"), unclaimed=("x",))
    run = judged(known(both), part)
    assert (exit_status(run), [c.passes for c in run.cases[0].comparisons]) == (1, [True, False])
    assert exit_status(judged(known(part), part)) == exit_status(judged(known(part), both)) == 0


def test_a_case_that_is_gone_has_lost_nothing():
    """It no longer applies, which is told; and of two cases of one name, each has its own gradients."""
    run = judged(known(GOOD, results.AFFINE), results.AFFINE)
    assert (exit_status(run), len(run.stale)) == (0, 2)
    twins = results.case("c", results.PROVED), results.case("c", replace(results.PROVED, name="w"))
    assert exit_status(judged(known(*twins), *twins)) == 0
    assert exit_status(judged(known(*twins), twins[0])) == 1


def test_an_update_prunes_and_keeps():
    """A whole run leaves what it shows; a part leaves the others as they were."""
    both = known(BAD, results.HALVED)
    assert both.updated(Run((GOOD,)), covers=everywhere).states == known(GOOD).states
    assert both.updated(Run((GOOD,)), covers=nothing).states == known(GOOD, results.HALVED).states
    assert known(GOOD).difference(both) == "0 known failures, 0 added, 2 pruned"
    assert both.difference(known(GOOD)) == "2 known failures, 2 added, 0 pruned"
    weaker = results.case("bad", replace(results.PROVED, verdict=Verdict.AGREES))
    assert known(weaker).difference(known(GOOD)) == "0 known failures, 0 added, 0 pruned; 2 no longer proved"


def test_the_file_does_not_depend_on_order(tmp_path):
    """The same bytes for the cases in another order, read back as what was written."""
    text = known(*EVERYTHING.cases).text()
    assert known(*EVERYTHING.cases[::-1]).text() == text
    (tmp_path / "b.json").write_text(text)
    assert opened(tmp_path / "b.json", update=False).states == known(*EVERYTHING.cases).states


def test_it_applies_from_any_directory(tmp_path, monkeypatch):
    """Files are named as seen from the baseline: a run in a directory below tells `../shop.toml` of the same file."""
    (tmp_path / "b.json").write_text(known(BAD).text())
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    baseline = opened(Path("../b.json"), update=False)
    below = replace(BAD, where=results.at("../shop.toml:3"))
    assert exit_status(judged(baseline, below)) == 0
    assert baseline.updated(Run((below,)), covers=everywhere).states == known(BAD).states
    assert exit_status(judged(baseline, BAD)) == 1


BROKEN = (
    '{"schema_version": "2.0", "cases": [{"file": "a", "name": "c", "states": ['
    '{"kind": "gradient", "name": "x", "state": "REFUTED", "failing": 5, "entries": 9, "elsewhere": false}]}]}'
)
PLANTED = [
    ("REFUTED", "FINE"),
    ('"failing": 5, ', ""),
    ("5", "12"),
    ("5", '"5"'),
    ("false", "0"),
    ('"a"', "7"),
    ('"states"', '"of"'),
    ('"kind": "gradient"', '"kind": []'),
]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no file b.json; write it with --baseline-update"),
        ("{", "b.json is not JSON"),
        ("[]", "b.json is not a baseline: delete it and write it again with --baseline-update"),
        (
            '{"schema_version": "9.0", "cases": []}',
            "b.json has format version 9.0, expected 2.0: delete it and",
        ),
        ('{"schema_version": "1.1", "files": {}}', "b.json has format version 1.1, expected 2.0: delete it"),
        *[(BROKEN.replace(*one), "b.json is not a baseline") for one in PLANTED],
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


@slow
def test_the_command(command, shop):
    """Fails, is written down, passes; then fixed: told, and pruned on update."""
    wrong = ("shop.toml", "--layers", "wrong.py", "--baseline", "b.json")
    done = command(*wrong, "--baseline-update", "-q")
    assert (done.status, done.err) == (0, "gradproof: b.json: 3 known failures, 3 added, 0 pruned\n")
    assert done.out == "2 cases, 6 gradients: 4 proved; 3 known failures.\n"
    before = (shop / "b.json").read_bytes()
    shown = command(*wrong)
    assert (shown.status, (shop / "b.json").read_bytes()) == (0, before)
    assert shown.out.count("REFUTED, a known failure") == 2
    assert command("shop.toml", "--layers", "wrong.py").status == 1
    fixed = command("shop.toml", "--baseline", "b.json", "-q")
    assert fixed.status == 0
    assert "shop.toml: right: gradient apple was REFUTED, now PROVED" in fixed.out
    assert command("shop.toml", "--baseline", "b.json", "--strict").status == 1
    done = command("shop.toml", "--baseline", "b.json", "--baseline-update")
    assert (done.status, done.err) == (0, "gradproof: b.json: 0 known failures, 0 added, 3 pruned\n")
    assert command(*wrong).status == 1


@slow
def test_a_part_is_a_part(command, shop):
    """With -k the other entries are neither told as stale nor pruned, and -x goes past what is known."""
    wrong = ("shop.toml", "--layers", "wrong.py", "--baseline", "b.json")
    command(*wrong, "--baseline-update")
    before = (shop / "b.json").read_bytes()
    done = command(*wrong, "-k", "also", "--baseline-update")
    assert ("no longer" in done.out, (shop / "b.json").read_bytes()) == (False, before)
    assert json.loads(command(*wrong, "-x", "--report", "json").out)["complete"]


SQUARE = """
import verify

@verify.case("x * x", at={{"x": 3}})
def square(x):
    dy = yield x * x
    return {} * dy
"""
SEVERAL = """
import numpy as np
import verify

class Mul:
    def forward(self, x, w):
        self.x, self.w = x.copy(), w.copy()
        return x * w

    def backward(self, dout):
        return {}

mul = verify.layer(Mul, inputs={{"x": "N", "w": "N"}})
"""
BASELINE = ("--baseline", "b.json")


def known_in(folder):
    """Return the states in the baseline, by case."""
    cases = json.loads((folder / "b.json").read_text())["cases"]
    return {(case["file"], case["name"]): case["states"] for case in cases}


def relu6(backward, seed=0):
    """Return the result of a layer that bends at 0 and at 6."""
    return check(elementwise(lambda x: np.minimum(np.maximum(x, 0), 6), backward), seed)


@slow
def test_a_failure_that_grows_is_new():
    """Wrong above 6 is known; wrong everywhere is not; another seed and spelling are the same."""
    baseline = known(relu6(lambda dout, x: dout * (x > 0)))
    (case,) = json.loads(baseline.text())["cases"]
    assert case["states"] == [
        {"kind": "gradient", "name": "x", "state": "REFUTED", "failing": 1, "entries": 4, "elsewhere": True}
    ]
    assert exit_status(judged(baseline, relu6(lambda dout, x: dout * (x > 0), seed=3))) == 0
    assert exit_status(judged(baseline, relu6(lambda dout, x: np.where(x <= 0, 0, dout)))) == 0
    worse = relu6(lambda dout, x: -7 * dout)
    run = judged(baseline, worse)
    assert (exit_status(run), run.known) == (1, 0)
    assert "was REFUTED in another region, in 1 of 4, now REFUTED" in run.cases[0].notes[-1]
    updated = baseline.updated(Run((worse,)), covers=everywhere)
    assert updated.difference(baseline) == "1 known failure, 0 added, 0 pruned; 1 worse"
    assert exit_status(judged(updated, worse)) == 0


class Dropout:
    """A layer that draws its mask; its gradient is wrong by `factor` where it is kept, and by `rest` everywhere."""

    def __init__(self, factor, rest):
        self.factor, self.rest = factor, rest

    def forward(self, x):
        self.mask = np.random.rand(*x.shape) > 0.5
        return x * self.mask

    def backward(self, dout):
        return self.factor * dout * self.mask + self.rest * dout


@slow
def test_what_is_drawn_is_the_same_failure_for_every_seed():
    """How many entries a drawn mask makes wrong depends on the seed; that some are right, and then none is, shows."""
    some, every = (verify.layer(lambda r=rest: Dropout(2, r), inputs={"x": "N D"}, name="d") for rest in (0, 1))
    baseline = known(check(some))
    assert {exit_status(judged(baseline, check(some, seed))) for seed in range(5)} == {0}
    assert exit_status(judged(baseline, check(every, quick=True), quick=True)) == 1


def test_a_gradient_that_is_not_claimed_any_more(command, shop):
    """Proved, then None: a failure, in a quick run as well; an update accepts it, and says so."""
    (shop / "p.py").write_text(SEVERAL.format("dout * self.w, dout * self.x"))
    assert command("p.py", *BASELINE, "--baseline-update").status == 0
    (shop / "p.py").write_text(SEVERAL.format("dout * self.w, None"))
    for options in ((), ("--quick",), ("-k", "mul")):
        done = command("p.py", *BASELINE, *options)
        assert done.status == 1
        assert "w: no longer checked: the case no longer has this gradient" in done.out
        assert "the code returns None for it; the baseline lists it as PROVED" in done.out
    assert command("p.py", *BASELINE, "--baseline-update").err.endswith("; 1 no longer proved\n")
    assert command("p.py", *BASELINE).status == 0


@pytest.mark.parametrize("settings", ["", "[tool.gradproof]\ntargets = ['p.py', 'q.py']\n"])
def test_other_files_stay(command, shop, settings):
    """A run of one file neither tells nor prunes entries of another; of a file that is deleted it does."""
    (shop / "pyproject.toml").write_text(settings)
    for name in ("p.py", "q.py"):
        (shop / name).write_text(SQUARE.format("3 * x"))
        assert command(name, *BASELINE, "--baseline-update").status == 0
    assert [file for file, _ in known_in(shop)] == ["p.py", "q.py"]
    assert "no longer" not in command("q.py", *BASELINE, "--strict").out
    (shop / "p.py").write_text(SQUARE.format("3 * x").replace("def square", "def other"))
    assert "no longer" not in command("q.py", *BASELINE).out
    assert "p.py: square: gradient x was REFUTED" in command("p.py", *BASELINE).out
    (shop / "p.py").unlink()
    assert "p.py: square: gradient x was REFUTED, now not there" in (command("q.py", *BASELINE).out)
    command("q.py", *BASELINE, "--baseline-update")
    assert [file for file, _ in known_in(shop)] == ["q.py"]


@slow
def test_what_cannot_be_imported_has_lost_no_entries(command, shop):
    """Neither told nor pruned while its file is broken; that it is, is known until it is mended."""
    text = SEVERAL.format("dout * self.w, dout")
    (shop / "p.py").write_text(text)
    command("p.py", *BASELINE, "--baseline-update")
    before = (shop / "b.json").read_bytes()
    (shop / "p.py").write_text("import nowhere\n" + text)
    assert command("p.py", *BASELINE).status == 1
    assert command("p.py", *BASELINE, "--baseline-update").err.endswith("2 known failures, 1 added, 0 pruned\n")
    assert (command("p.py", *BASELINE).status, "no longer" in command("p.py", *BASELINE).out) == (0, False)
    (shop / "p.py").write_text(text)
    assert "the whole case was ERROR, now not there" in command("p.py", *BASELINE).out
    command("p.py", *BASELINE, "--baseline-update")
    assert (shop / "b.json").read_bytes() == before


@pytest.mark.parametrize("options", [(), ("--baseline-update",)])
def test_a_file_of_the_version_before(command, shop, options):
    """It is refused, with what to do, and nothing is overwritten."""
    old = json.dumps({"schema_version": "1.1", "files": {"p.py": {"relu6": {"gradient x": "REFUTED"}}}})
    (shop / "b.json").write_text(old)
    done = command("shop.toml", *BASELINE, *options)
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "gradproof: --baseline: b.json has format version 1.1, expected 2.0: "
        "delete it and write it again with --baseline-update\n"
    )
    assert (shop / "b.json").read_text() == old
    (shop / "b.json").unlink()
    assert command("shop.toml", *BASELINE, "--baseline-update").status == 0
    assert command("shop.toml", *BASELINE).status == 0


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
        (["--baseline", "b.json", "--baseline-update", "--quick"], "a --quick run checks less"),
        (["--baseline", "missing/b.json", "--baseline-update"], "the directory of b.json does not exist"),
        (["--baseline", "b.json", "--baseline-update", "--report", "json=b.json"], "b.json is written twice"),
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
    assert document["schema_version"] == "2.0"
    assert {
        "file": "shop.toml",
        "name": "forgets to swap",
        "states": [
            {"kind": "gradient", "name": "apple", "state": "PROVED"},
            {"kind": "gradient", "name": "tax", "state": "REFUTED", "failing": 1, "entries": 1, "elsewhere": False},
            {"kind": "value", "name": "price", "state": "PROVED"},
        ],
    } in document["cases"]

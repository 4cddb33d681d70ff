"""gradproof compare: what changed between two JSON reports."""

import json
from dataclasses import replace

import pytest
import results

from reports import renderer
from verify.model.result import Run, Verdict

PROVED, REFUTED = results.case("c", results.PROVED), results.case("c", replace(results.PROVED, verdict=Verdict.REFUTED))
AGREES = results.case("c", replace(results.PROVED, verdict=Verdict.AGREES))
CAST = results.case("c", replace(results.PROVED, rounding=results.NOT_ROUNDING.rounding))
BROKEN = results.case("c", results.ERROR)
CLEAN = replace(results.FAULTY, findings=())
EXTRA = results.case("c", results.PROVED, replace(results.PROVED, name="x"))
ALL_WRONG = replace(results.HALVED, comparisons=(*results.HALVED.comparisons[:2], results.halved(results.STRIDED, 12)))


@pytest.fixture
def compared(command, tmp_path, monkeypatch):
    """Compare two results; returns the status and the output."""
    monkeypatch.chdir(tmp_path)

    def run(old, new, **fields):
        for name, cases in (("old.json", old), ("new.json", new)):
            (tmp_path / name).write_text(renderer("json")(Run(cases, **fields)))
        done = command("compare", "old.json", "new.json")
        return done.status, done.out or done.err

    return run


@pytest.mark.parametrize(
    ("old", "new", "status", "said"),
    [
        (PROVED, PROVED, 0, "no regression: nothing changed."),
        (PROVED, REFUTED, 1, "REGRESSED: 1 newly failing."),
        (REFUTED, PROVED, 0, "no regression: 1 fixed."),
        (PROVED, AGREES, 1, "REGRESSED: 1 weaker."),
        (AGREES, PROVED, 0, "no regression: 1 stronger."),
        (PROVED, CAST, 1, "REGRESSED: 1 newly failing."),
        (PROVED, BROKEN, 1, "REGRESSED: 1 newly failing, 1 disappeared."),
        (BROKEN, PROVED, 0, "no regression: 1 fixed, 1 appeared."),
        (PROVED, EXTRA, 0, "no regression: 1 appeared."),
        (EXTRA, PROVED, 1, "REGRESSED: 1 lost."),
        (BROKEN, REFUTED, 1, "REGRESSED: 1 newly failing, 1 fixed."),
        (results.HALVED, ALL_WRONG, 1, "REGRESSED: 1 weaker."),
        (ALL_WRONG, results.HALVED, 0, "no regression: 1 stronger."),
        (CLEAN, results.FAULTY, 1, "REGRESSED: 1 newly failing."),
        (results.FAULTY, CLEAN, 0, "no regression: 1 fixed."),
        (CLEAN, replace(results.HAZARDOUS, name=CLEAN.name), 0, "no regression: nothing changed."),
    ],
)
def test_what_changed(compared, old, new, status, said):
    """The last line counts every kind of change, and only what became worse is exit status 1."""
    assert (found := compared((old,), (new,)))[0] == status
    assert found[1].splitlines()[-1] == said


def test_each_change_is_a_line(compared):
    """File, case, gradient, and both verdicts; a new case that fails is a new failure."""
    text = compared((PROVED, results.AFFINE), (REFUTED, results.AFFINE, results.HALVED))[1]
    assert text == (
        "newly failing:\n"
        "  my_layers.py: half a gradient: gradient W: not there, now REFUTED in 5 of 24\n"
        "  shop.toml: c: gradient apple: PROVED, now REFUTED\n"
        "\n"
        "appeared:\n"
        "  my_layers.py: half a gradient: gradient x: not there, now PROVED\n"
        "\n"
        "REGRESSED: 2 newly failing, 1 appeared.\n"
    )


def test_a_baseline_does_not_hide_a_change(compared):
    """Known or not, a gradient that was proved and is refuted became worse."""
    known = replace(REFUTED, comparisons=(replace(REFUTED.comparisons[0], known=True),))
    assert compared((PROVED,), (known,))[0] == 1


def test_everything_against_itself(compared):
    """Every verdict and finding is read back as what it was."""
    assert compared(results.everything().cases, results.everything().cases) == (0, "no regression: nothing changed.\n")


def test_a_case_that_is_gone_is_no_regression(compared):
    """What is not there as a whole disappeared; that is told."""
    assert compared((PROVED, results.AFFINE), (PROVED,))[0] == 0
    assert compared((PROVED, results.AFFINE), (PROVED,))[1].endswith("no regression: 3 disappeared.\n")


def test_a_file_that_cannot_be_imported_is_named(compared):
    """It has no line; what it is called is what it is called elsewhere."""
    broken = replace(results.case("p.py", results.ERROR), where=results.at("p.py"))
    assert "  p.py: p.py: case the whole case: not there, now ERROR\n" in compared((PROVED,), (PROVED, broken))[1]


def test_a_quick_run_fixes_nothing(command, tmp_path, monkeypatch):
    """It does not look where another failed: two runs are compared that looked for the same."""
    monkeypatch.chdir(tmp_path)
    for quick in (False, True):
        (tmp_path / f"{quick}.json").write_text(renderer("json")(Run((PROVED,), quick=quick)))
    for pair in (("True.json", "False.json"), ("False.json", "True.json")):
        done = command("compare", *pair)
        said = "True.json was made with --quick, False.json was not"
        assert (done.status, done.out, said in done.err) == (2, "", True)
    assert command("compare", "True.json", "True.json").status == 0


@pytest.mark.parametrize("options", [(), ("--quick",)])
def test_the_command_says_whether_it_was_quick(command, shop, options):
    """In the report, where compare looks for it."""
    assert json.loads(command("shop.toml", "--report", "json", *options).out)["quick"] == bool(options)


@pytest.mark.parametrize("version", ["1.2", "1.3", "3.0"])
def test_reports_of_other_versions_are_refused(compared, command, tmp_path, version):
    """On either side the message names the file, its version, the expected version, and what to do."""
    compared((PROVED,), (PROVED,))
    document = json.loads((tmp_path / "old.json").read_text()) | {"schema_version": version}
    (tmp_path / "other.json").write_text(json.dumps(document))
    for pair in (("other.json", "new.json"), ("new.json", "other.json")):
        done = command("compare", *pair)
        assert (done.status, done.out) == (2, "")
        assert done.err == (
            f"gradproof: other.json has format version {version}, expected 2: "
            "write it again with --report json=other.json\n"
        )


def test_unusable_reports(compared, command, tmp_path):
    """Missing, broken, foreign, of another version, stopped early, or about something else: exit status 2."""
    assert compared((PROVED,), (results.AFFINE,)) == (
        2,
        "gradproof: old.json and new.json have no case in common: nothing to compare\n",
    )
    assert compared((PROVED,), (PROVED,), complete=False)[0] == 2
    compared((PROVED,), (PROVED,))
    document = json.loads((tmp_path / "old.json").read_text())
    planted = {
        "is not JSON": "{",
        "is not a gradproof report": "[]",
        "is not a gradproof": json.dumps(document).replace("PROVED", "FINE"),
    }
    for message, text in planted.items():
        (tmp_path / "bad.json").write_text(text)
        for pair in (("bad.json", "old.json"), ("old.json", "bad.json")):
            done = command("compare", *pair)
            assert (done.status, done.out) == (2, "")
            assert f"bad.json {message}" in done.err
    done = command("compare", "old.json", "gone.json")
    assert (done.status, done.err) == (2, "gradproof: gone.json: No such file or directory\n")

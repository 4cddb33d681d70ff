"""Which files a run was about: of these it shows all cases."""

from dataclasses import replace

import pytest
import results

from verify.baseline.scope import scope
from verify.model.identity import CaseId
from verify.model.result import Run


@pytest.fixture
def covers(tmp_path, monkeypatch):
    """Tell whether a run of some targets covers a file, as seen from the directory above."""
    (tmp_path / "here" / "pkg" / "below").mkdir(parents=True)
    for name in ("p.py", "q.py", "s.toml", "pkg/__init__.py", "pkg/a.py", "pkg/below/b.py"):
        (tmp_path / "here" / name).write_text("")
    monkeypatch.chdir(tmp_path / "here")

    def asked(targets, file, *broken, name="c"):
        rows = tuple(replace(results.case(one, results.ERROR), where=results.at(one), target=one) for one in broken)
        return scope(Run(rows), targets, tmp_path)(CaseId(file, name))

    return asked


@pytest.mark.parametrize(
    ("targets", "file", "covered"),
    [
        (["p.py"], "here/p.py", True),
        (["./p.py", "s.toml"], "here/s.toml", True),
        (["p.py"], "here/q.py", False),
        (["pkg"], "here/pkg/below/b.py", True),
        (["pkg/"], "here/pkg/a.py", True),
        (["."], "here/q.py", True),
        (["pkg.a"], "here/pkg/a.py", True),
        (["pkg.a"], "here/pkg/below/b.py", False),
        (["pkg.below"], "here/pkg/below/b.py", True),
        (["p.py"], "here/deleted.py", True),
    ],
)
def test_targets(covers, targets, file, covered):
    """A file, the directory above it, and a module or package by its name; what does not exist will not be shown."""
    assert covers(targets, file) == covered


def test_what_could_not_be_imported(covers):
    """Its cases are not gone: it shows none now. The row that says so is gone when it could be imported."""
    assert not covers(["p.py"], "here/p.py", "p.py")
    assert not covers(["pkg"], "here/pkg/a.py", "pkg/a.py")
    assert covers(["pkg"], "here/pkg/below/b.py", "pkg/a.py")
    for name, covered in (("p.py", True), ("q.py", False), ("pkg/a.py", True), ("mod.x", True), ("mods", False)):
        assert covers(["p.py", "pkg", "mod"], "", name=name) == covered


def test_a_case_without_a_line_was_imported(covers, tmp_path):
    """Only a row that stands for a target hides the cases there; one that has no line, or is called so, does not."""
    named = replace(results.case("p.py", results.ERROR), where=results.at(""))
    broken = replace(named, target="p.py")
    asked = CaseId("here/p.py", "c")
    assert scope(Run((named,)), ["p.py"], tmp_path)(asked)
    assert not scope(Run((broken,)), ["p.py"], tmp_path)(asked)


def test_long_targets_that_begin_alike(covers, tmp_path):
    """Names of rows are cut short: what could not be imported is known by the whole target."""
    long = "a" * 90
    files = [f"here/{long}{end}/c.py" for end in "12"]
    for file in files:
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text("")
    lost = replace(results.case(f"{long[:79]}\u2026", results.ERROR), where=results.at(""), target=f"{long}1")
    asked = scope(Run((lost,)), [f"{long}1", f"{long}2"], tmp_path)
    assert [asked(CaseId(file, "c")) for file in files] == [False, True]

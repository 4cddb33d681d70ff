"""The concise report: a line for each failure, and the summary."""

import re
from dataclasses import replace

import results

from reports import concise, problems
from verify.model.result import Run, summary

EVERYTHING = results.everything()


def failures(run):
    """Return the failures that the CI formats list as errors."""
    return [problem for problem in problems.problems(run) if problem.level == "error"]


def test_each_failure_has_one_line():
    """There is a line for each error of the CI formats, at the same place, and the summary stands last."""
    for run in (EVERYTHING, Run(results.TRACED), replace(EVERYTHING, strict=True)):
        *lines, last = concise.render(run).splitlines()
        places = sorted(f"{problem.file}:{problem.line}" for problem in failures(run))
        assert sorted(line.split("  ")[0] for line in lines) == places
        assert last == f"{summary(run)}."


def test_a_line_has_case_gradient_and_verdict():
    """A refuted gradient is named with its case, its verdict and both values; a proved one has no line."""
    case = results.case("shopping", results.REFUTED, results.PROVED)
    lines = concise.render(Run((case,))).splitlines()
    assert len(lines) == 2
    assert re.match(r"\S+:\d+  shopping  tax  REFUTED  \S", lines[0])


def test_a_line_names_the_likely_mistake():
    """Where a mistake is likely, the line names it, and where none is, it has what refutes the gradient."""
    likely = replace(results.REFUTED, diagnosis="the sign is wrong")
    first, second, _ = concise.render(Run((results.case("a", likely), results.case("b", results.REFUTED)))).splitlines()
    assert first.endswith("  the sign is wrong")
    assert "sign" not in second


def test_a_passing_run_prints_the_summary_only():
    """Cases that pass, and failures that a baseline knows, have no line."""
    known = results.case("known", replace(results.REFUTED, known=True))
    run = Run((results.case("good", results.PROVED), known))
    assert concise.render(run) == f"{summary(run)}.\n"


def test_a_name_with_a_line_break_stays_on_its_line():
    """One failure is one line, whatever its name holds."""
    run = Run((results.case("two\nlines", results.REFUTED),))
    assert len(concise.render(run).splitlines()) == 2


def test_the_command_prints_it(command, tmp_path, monkeypatch):
    """`--format concise` prints the failing line and no table, and leaves the exit status as it is."""
    monkeypatch.chdir(tmp_path)
    source = "import gradproof\n\nwrong = gradproof.derivative(lambda x: x * x, lambda x: 3 * x, x='N')\n"
    (tmp_path / "wrong_cases.py").write_text(source)
    done = command("wrong_cases.py", "--quick", "--format", "concise")
    first, last = done.out.splitlines()
    assert done.status == 1
    assert first.startswith("wrong_cases.py:3  wrong  x  REFUTED  ")
    assert last.startswith("FAILED: 1 gradient refuted")

"""The job summary of GitHub Actions: whole cases, and never more than GitHub takes."""

import pytest
import results
from effort import some

from reports import jobsummary, markdown
from reports.write import append_summary
from verify.model.errors import InputError
from verify.model.result import Run

LIMIT = 104_857  # a tenth of what GitHub takes, which is what a tenth of the cases needs
EVERYTHING = results.everything()
MANY = Run(tuple(results.case(f"case {i} 사과", results.REFUTED if i % 2 else results.PROVED) for i in range(400)))


def test_failures_are_open_and_the_rest_is_folded():
    """The headline, failing cases, then those that pass behind one line; known failures pass."""
    text = jobsummary.render(EVERYTHING)
    assert text.startswith(markdown.head(EVERYTHING))
    failing, passing = text.split("<details><summary>8 cases pass, 2 with known failures</summary>")
    assert "## forgets to swap" in failing
    assert "## known to be wrong" in passing
    assert text.count("</details>") == 1
    assert "Left out" not in text


@pytest.mark.parametrize("taken", some([0, 50_000, 97_000, 104_857, 200_000]))
def test_cut_at_a_whole_case(monkeypatch, taken):
    """Below the limit together with what is there already; what is left out is counted, what is there is whole."""
    monkeypatch.setattr(jobsummary, "LIMIT", LIMIT)
    text = jobsummary.render(MANY, taken)
    assert len(text.encode()) + taken < jobsummary.LIMIT or text == ""
    if text:
        there = text.count("\n## case ")
        assert f"{400 - there:,} cases, " in text
        assert text.count("To run this case alone") == min(there, 200)
    assert bool(text) == (taken < LIMIT - 1_500)


def test_a_run_that_is_not_cut_would_be_refused():
    """The twin: without the cut it is over the limit."""
    assert len(markdown.render(MANY).encode()) > LIMIT == jobsummary.LIMIT // 10


def test_it_is_appended(tmp_path):
    """What the step has written stays; without a file nothing is written; one that cannot be written is an error."""
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    append_summary(str(file), EVERYTHING)
    assert file.read_text() == "before\n" + jobsummary.render(EVERYTHING)
    append_summary(None, EVERYTHING)
    with pytest.raises(InputError, match="GITHUB_STEP_SUMMARY cannot be written"):
        append_summary(str(tmp_path / "missing" / "x"), EVERYTHING)

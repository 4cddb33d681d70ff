"""A result is read from its JSON as it was, or refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import results

from reports.jsonfile import render
from reports.jsonread import read
from verify.model.identity import Shard
from verify.model.result import Run, strict

EVERYTHING = results.everything()
SUITE = Path(__file__).parent.parent / "reports" / "samples" / "suite.json"
LOST = replace(results.case("pkg", results.ERROR), target="pkg")
RUNS = [
    EVERYTHING,
    Run(results.TRACED),
    Run((LOST,), shard=Shard(2, 3), quick=True, complete=False),
    replace(EVERYTHING, cases=tuple(map(strict, EVERYTHING.cases)), strict=True),
]


@pytest.mark.parametrize("run", RUNS)
def test_nothing_is_lost(run):
    """What is read is what was written, but for what is not in the JSON: how the run is repeated."""
    assert read(render(run)) == replace(run, command="", environment=())


def test_the_suite():
    """The report of the shipped suite is read, and written again to the same bytes."""
    text = SUITE.read_text(encoding="utf-8")
    assert render(read(text)) == text


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("seed"),
        lambda d: d.pop("cases"),
        lambda d: d.update(schema_version="2.1"),
        lambda d: d.update(exit_status=0),
        lambda d: d.update(sed=1),
        lambda d: d.update(shard={"number": 1}),
        lambda d: d.update(summary="all proved"),
        lambda d: d["cases"].pop(),
        lambda d: d["cases"][0].pop("name"),
        lambda d: d["cases"][0].update(passes=True, good=False),
        lambda d: d["cases"][0].update(title="x"),
        lambda d: d["cases"][0].update(notes=[1]),
        lambda d: d["cases"][0].update(comparisons={}),
        lambda d: d["cases"][0]["comparisons"][0].update(verdict="FINE"),
        lambda d: d["cases"][0]["comparisons"][0].update(entries="1"),
        lambda d: d["cases"][0]["comparisons"][0].update(entries=True),
        lambda d: d["cases"][0]["comparisons"][0].update(state="FINE"),
        lambda d: d["cases"][0]["comparisons"][0]["evidence"].update(reason="none"),
        lambda d: d["cases"][0]["where"].update(column=1),
        lambda d: d["stale"][0]["case"].update(name=1),
    ],
)
def test_what_no_run_has_written(change):
    """A report in which anything is missing, unknown, of another kind, or does not follow, is refused."""
    document = json.loads(render(EVERYTHING))
    change(document)
    with pytest.raises(ValueError, match="did not write it|it (is not|'s)|its format|Verdict|Reason|reason|FINE"):
        read(json.dumps(document))


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "null", "{}", '{"schema_version": "2.5"}'])
def test_what_is_no_report(text):
    """Other JSON, or none, is a ValueError."""
    with pytest.raises(ValueError, match="gradproof did not write it|Expecting"):
        read(text)

"""No text decides: a result whose every sentence is another one passes and fails as it did."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

import pytest
import results

from reports import renderer
from verify.baseline import states
from verify.baseline.accepted import Baseline
from verify.baseline.compare import compared
from verify.baseline.scope import nothing
from verify.model.identity import Variant
from verify.model.result import CaseResult, Comparison, Evidence, Finding, Run, exit_status, summary

RUN = results.everything()
# What identifies or decides; every other text is reworded, also one that is added later on.
FACTS = {
    CaseResult: {"name", "where", "inputs", "unclaimed", "upstream"},
    Comparison: {"quantity", "name", "role", "where", "shape", "index"},
    Evidence: {"kind", "place"},
    Finding: {"code", "name", "where"},
    Variant: {"sizes", "options", "labels"},
}


def reworded(value, wording):
    """Return a value with other texts in it, where there are any."""
    if isinstance(value, str):
        return wording(value) if value else value
    if isinstance(value, tuple):
        parts = [reworded(part, wording) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if is_dataclass(value) and not isinstance(value, type):
        kept = FACTS.get(type(value), set())
        changed = {f.name: reworded(getattr(value, f.name), wording) for f in fields(value) if f.name not in kept}
        return replace(value, **changed)
    return value


WORDINGS = {
    "other words": lambda text: f"said otherwise ({len(text)})",
    "facts in the text": lambda text: f"random numbers were drawn: {text}, in another region < 0, at other.py:9",
    "backwards": lambda text: text[::-1],
}


@pytest.fixture(params=WORDINGS.values(), ids=WORDINGS)
def other(request):
    return replace(RUN, cases=tuple(reworded(case, request.param) for case in RUN.cases))


def test_the_gate(other):
    """Exit status, summary and the state of every quantity."""
    assert other.cases != RUN.cases
    assert exit_status(other) == exit_status(RUN)
    assert summary(other) == summary(RUN)
    assert states.of_run(other) == states.of_run(RUN)


@pytest.mark.parametrize("known", [Run(()), RUN, Run(RUN.cases[:3])])
def test_the_baseline(other, known):
    """What is known, weaker, gone and stale is the same, and so is the file that is written."""
    baseline = Baseline().updated(known, covers=nothing)
    now, then = (baseline.judged(run, covers=lambda _: True) for run in (other, RUN))
    assert [decided(case) for case in now.cases] == [decided(case) for case in then.cases]
    assert now.stale == then.stale
    assert exit_status(now) == exit_status(then)
    assert baseline.updated(other, covers=nothing).text() == baseline.updated(RUN, covers=nothing).text()


def decided(case):
    rows = [(c.key, c.state, c.known, c.weaker, c.passes) for c in case.comparisons]
    return case.id, case.passes, case.good, rows, [(f.key, f.known, f.bad) for f in case.findings]


def test_compare(other, tmp_path):
    """Two reports that differ in words only differ in nothing."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(renderer("json")(RUN), encoding="utf-8")
    new.write_text(json.dumps(with_other_texts(json.loads(renderer("json")(other)))), encoding="utf-8")
    assert compared(old, new) == ("no regression: nothing changed.\n", 0)


def with_other_texts(document):
    """Return a report with another summary, too."""
    assert isinstance(document, Mapping)
    return document | {"summary": "said otherwise"}


def test_a_fact_in_a_text_is_none():
    """A case that is said to draw random numbers, or to fail in another region, does not for that."""
    said = "random numbers were drawn, in another region"
    wrong = replace(results.HALVED, notes=(said,))
    assert states.of_case(wrong) == states.of_case(results.HALVED)
    assert states.of_case(replace(wrong, drawn=True)) != states.of_case(results.HALVED)

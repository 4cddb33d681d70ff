"""The code quality report of GitLab."""

import json
from dataclasses import replace

import jsonschema
import pytest
import results

from reports import renderer
from verify.model.result import Run

# What GitLab's documentation asks of each issue.
ISSUE = {
    "type": "object",
    "required": ["description", "check_name", "fingerprint", "severity", "location"],
    "properties": {
        "description": {"type": "string", "minLength": 1},
        "check_name": {"type": "string", "minLength": 1},
        "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
        "location": {
            "type": "object",
            "required": ["path", "lines"],
            "properties": {
                "path": {"type": "string", "pattern": "^(?!/|\\./)."},
                "lines": {
                    "type": "object",
                    "required": ["begin"],
                    "properties": {"begin": {"type": "integer", "minimum": 1}},
                },
            },
        },
    },
}


def issues(run):
    return json.loads(renderer("gitlab")(run))


@pytest.mark.parametrize("run", [results.everything(), Run(()), Run((results.AFFINE,))])
def test_issues_are_what_gitlab_takes(run):
    """Every field that is asked for, and no fingerprint twice: GitLab would drop the second."""
    found = issues(run)
    jsonschema.validate(found, {"type": "array", "items": ISSUE})
    assert len({issue["fingerprint"] for issue in found}) == len(found)


def test_planted_mistakes_are_noticed():
    """A severity that does not exist, an absolute path."""
    for field, value in (("severity", "bad"), ("location", {"path": "/a.py", "lines": {"begin": 1}})):
        bad = [{**issues(results.everything())[0], field: value}]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, {"type": "array", "items": ISSUE})


def test_one_finding_at_two_places_is_two_issues():
    """The same code for the same argument twice in a case: two fingerprints, the same in every run."""
    twice = replace(
        results.FAULTY,
        findings=(results.FAULTY.findings[1], replace(results.FAULTY.findings[1], where=results.at("a.py:9"))),
    )
    first, second = issues(Run((twice,)))
    assert first["fingerprint"] != second["fingerprint"]
    assert issues(Run((twice,))) == [first, second]

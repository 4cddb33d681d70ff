"""SARIF: OASIS' schema, and what GitHub asks for beyond it."""

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import results

from reports import renderer, sarif
from verify.model.findings import FINDINGS
from verify.model.result import Run

SCHEMA = Path(__file__).parent.parent / ".venv" / "sarif-2.1.0.json"
EVERYTHING = results.everything()


@pytest.fixture(scope="module")
def oasis():
    """OASIS' schema, which the Makefile takes from a package."""
    assert SCHEMA.exists(), "run `make test`, which fetches OASIS' schema of SARIF"
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def rendered(run=EVERYTHING):
    return json.loads(renderer("sarif")(run))


def texts(value):
    """Every text in a document."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(item)


def complaints(document):
    """What GitHub would refuse or not show."""
    (run,) = document["runs"]
    rules, found = run["tool"]["driver"]["rules"], []
    found += ["an empty text"] if "" in texts(document) else []
    found += ["more than 25,000 results"] if len(run["results"]) > 25_000 else []
    for rule in rules:
        if not {"id", "shortDescription", "fullDescription", "help"} <= set(rule):
            found.append("a rule without its texts")
        if max(len(rule["shortDescription"]["text"]), len(rule["fullDescription"]["text"])) > 1024:
            found.append("a description that is too long")
    for result in run["results"]:
        if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
            found.append("another rule")
        place = result["locations"][0]["physicalLocation"]
        if re.match(r"/|[a-z]+:", place["artifactLocation"]["uri"]) or "uriBaseId" not in place["artifactLocation"]:
            found.append("an absolute path")
        if set(place["region"]) != {"startLine", "startColumn", "endLine", "endColumn"}:
            found.append("half a region")
        if "primaryLocationLineHash" not in result["partialFingerprints"]:
            found.append("no fingerprint")
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    return found + (["a fingerprint twice"] if len(set(prints)) < len(prints) else [])


@pytest.mark.parametrize(
    "run",
    [
        EVERYTHING,
        replace(EVERYTHING, strict=True),
        Run(()),
        Run((results.AFFINE,)),
        Run((results.FAULTY,), complete=False),
    ],
)
def test_sarif_is_what_oasis_and_github_take(run, oasis):
    """Valid by the schema, and by GitHub's further rules, with and without results."""
    assert not list(oasis.iter_errors(rendered(run)))
    assert complaints(rendered(run)) == []


def test_planted_mistakes_are_noticed(oasis):
    """A level that does not exist, an absolute path, an empty text, a region without columns, a fingerprint twice."""
    bad = rendered()
    bad["runs"][0]["results"][0]["level"] = "fatal"
    assert list(oasis.iter_errors(bad))
    bad = rendered()
    first, second, *_ = bad["runs"][0]["results"]
    place = first["locations"][0]["physicalLocation"]
    place["artifactLocation"]["uri"] = "file:///home/me/a.py"
    del place["region"]["endColumn"]
    first["message"]["text"] = ""
    second["partialFingerprints"] = first["partialFingerprints"]
    assert complaints(bad) == ["an empty text", "an absolute path", "half a region", "a fingerprint twice"]


def test_the_first_sentence_is_the_title():
    """It names the gradient, the verdict, the reason and the case, whatever is told after it."""
    title = rendered()["runs"][0]["results"][0]["message"]["text"].split("\n")[0]
    assert title == "gradient of tax REFUTED: 1.1, exactly 200 (forgets to swap)."


def test_levels_are_those_of_the_gate():
    """Failures are errors, hazards warnings; what is known or allowed is a note, and suppressed with the reason."""
    found = [(r["ruleId"], r["level"], r["suppressions"]) for r in rendered()["runs"][0]["results"]]
    assert ("GP120", "warning", []) in found
    assert ("UNDECIDED", "error", []) in found
    assert ("GP112", "note", [{"kind": "inSource", "justification": "zeroed by the <optimizer>"}]) in found
    assert ("GP102", "note", [{"kind": "external", "justification": "a known failure: the baseline lists it"}]) in found
    assert ("WEAKER", "error", []) in found


def test_rules_are_the_same_in_every_run():
    """Every verdict that fails and every code of a finding, found or not; a proof is no result."""
    rules = rendered()["runs"][0]["tool"]["driver"]["rules"]
    proved = rendered(Run((results.AFFINE,)))["runs"][0]
    assert (proved["tool"]["driver"]["rules"], proved["results"]) == (rules, [])
    assert {rule["id"] for rule in rules} == {
        "REFUTED",
        "SAMPLED",
        "UNDECIDED",
        "ERROR",
        "NOT-ROUNDING",
        "WEAKER",
        "STALE",
        *FINDINGS,
    }


def test_fingerprints_outlive_lines_and_shapes():
    """A case that moved, with other sizes and numbers, is the same alert; another name is another one."""

    def prints(case):
        return [r["partialFingerprints"] for r in rendered(Run((case,)))["runs"][0]["results"]]

    moved = replace(
        results.HALVED,
        where=results.at("my_layers.py:400"),
        comparisons=(results.halved("N=9", where=results.at("my_layers.py:410"), failing=1),),
    )
    assert prints(moved) == prints(results.HALVED)
    assert prints(replace(moved, name="another")) != prints(moved)


def test_paths_are_addresses():
    """A space and a Korean name are written as in an address; an expression has no file, and a name all the same."""
    case = results.case("c", results.REFUTED, where="사과 shop.toml:3")
    (found,) = rendered(Run((case,)))["runs"][0]["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "%EC%82%AC%EA%B3%BC%20shop.toml"


def test_too_many_results_are_cut_and_told(monkeypatch, oasis):
    """GitHub refuses a file of more than 25,000 results: the rest is counted in a notification."""
    monkeypatch.setattr(sarif, "_MOST", 3)
    document = rendered()
    assert len(document["runs"][0]["results"]) == 3
    assert not list(oasis.iter_errors(document))
    (told,) = document["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert re.fullmatch(r"\d+ results are left out: GitHub takes 3\.", told["message"]["text"])

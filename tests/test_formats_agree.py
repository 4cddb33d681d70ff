"""Every format tells the same result: the verdicts of each are read back, counted and compared."""

import html
import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import results
from effort import slow

from reports import FORMATS, renderer, terminal
from verify.model.result import Run, Verdict, exit_status, strict, summary

GOOD = ("PROVED", "AGREES", "SAMPLED")
STATES = "REFUTED|SAMPLED|UNDECIDED|ERROR|NOT ROUNDING|AGREES, was PROVED"
CELL = rf"({STATES})(, a known failure)?"
EVERYTHING = results.everything()
DRAWINGS = {"svg", "dot"}  # of graphs: they hold no verdicts on what is no graph


def state(name, known=False):
    """What is counted of a row that is not good; a known failure counts as known, whatever it is."""
    return "known" if known else {"WEAKER": "AGREES, was PROVED", "NOT-ROUNDING": "NOT ROUNDING"}.get(name, name)


def of_terminal(text):
    rows = re.findall(rf"^  .*  {CELL}(?: \(.*)?$", text, re.MULTILINE)
    found = re.findall(r"^  (FAILS|known|hazard|allowed) GP", text, re.MULTILINE)
    return Counter([state(name, known) for name, known in rows] + found)


def of_markdown(text):
    rows = re.findall(rf"\*\*{CELL}(?: \([^*]*)?\*\* +\|$", text, re.MULTILINE)
    found = re.findall(r"^- (?:\*\*)?(FAILS|known|hazard|allowed)(?:\*\*)? `GP", text, re.MULTILINE)
    return Counter([state(name, known) for name, known in rows] + found)


def of_json(text):
    counts = Counter()
    for case in json.loads(text)["cases"]:
        for c in case["comparisons"]:
            unexplained = c["rounding"] and not c["rounding"]["explained"] and c["verdict"] in GOOD
            name = "WEAKER" if c["weaker"] else "NOT ROUNDING" if unexplained else c["verdict"]
            counts[state(name, c["known"])] += name not in GOOD or c.get("strict", False)
        for f in case["findings"]:
            counts["allowed" if f["allowed"] else "known" if f["known"] else "FAILS" if f["fails"] else "hazard"] += 1
    return +counts


def of_junit(text):
    root, counts = ET.fromstring(text), Counter()
    for case in root.iter("testcase"):
        bad = [e for e in case if e.tag in ("failure", "error", "skipped")]
        for e in bad:
            counts["known" if e.tag == "skipped" else "FAILS" if e.get("type")[:2] == "GP" else e.get("type")] += 1
        if not bad and case.get("name").startswith("finding"):
            counts[case.find("system-out").text.partition(":")[0]] += 1
    return counts


def listed(rule, level, allowed):
    """What is counted of a problem in a list."""
    if level == "note":
        return "allowed" if allowed else "known"
    return {"error": "FAILS", "warning": "hazard"}[level] if rule.startswith("GP") else state(rule)


def of_sarif(text):
    found = json.loads(text)["runs"][0]["results"]
    return Counter(
        listed(r["ruleId"], r["level"], any(s["kind"] == "inSource" for s in r["suppressions"])) for r in found
    )


def of_gitlab(text):
    levels = {"critical": "error", "minor": "warning", "info": "note"}
    return Counter(
        listed(i["check_name"], levels[i["severity"]], "; allowed: zeroed" in i["description"])
        for i in json.loads(text)
    )


def of_github(text):
    counts = Counter()
    for command, data in re.findall(r"^::(\w+) .*?::(.*)$", text, re.MULTILINE):
        for block in data.replace("%0A", "\n").split("\n\n"):
            level = {"notice": "note"}.get(command, command)
            if named := re.match(
                rf"(GP\d+)|(?:gradient of|forward value of|stated|the whole case).*? ({STATES})", block
            ):
                counts[listed(named[1] or named[2], level, "\nallowed: " in block)] += 1
            counts["STALE"] += level == "error" and block.startswith("the baseline is stale: ")
    return +counts


def of_html(text):
    rows = re.findall(rf'<td class="verdict"[^>]*>\S {CELL}(?: in [^<]*)?</td>', text)
    found = re.findall(r'<span class="badge">(FAILS|known|hazard|allowed)</span>', text)
    return Counter([state(name, known) for name, known in rows] + found)


READ = {
    "terminal": of_terminal,
    "markdown": of_markdown,
    "json": of_json,
    "junit": of_junit,
    "sarif": of_sarif,
    "github": of_github,
    "gitlab": of_gitlab,
    "html": of_html,
}
EXPECTED = {
    "REFUTED": 3,
    "UNDECIDED": 3,
    "ERROR": 2,
    "NOT ROUNDING": 1,
    "AGREES, was PROVED": 1,
    "FAILS": 1,
    "hazard": 2,
    "allowed": 1,
    "known": 2,
}


def test_every_format_is_read():
    """A format that is added is compared too."""
    assert set(FORMATS) - DRAWINGS == set(READ)


@pytest.mark.parametrize("name", READ)
def test_all_formats_agree(name):
    """One failure of each kind: every format has the same number of each, which is that of the result."""
    assert READ[name](renderer(name)(EVERYTHING)) == EXPECTED


@pytest.mark.parametrize("name", READ)
def test_a_format_that_hides_a_failure_is_noticed(name):
    """Without one refuted gradient, without the mark of a known failure, and without a finding, the numbers change."""
    for planted in ("forgets to swap", "known to be wrong", "writes into dout"):
        changed = Run(tuple(case for case in EVERYTHING.cases if case.name != planted))
        assert READ[name](renderer(name)(changed)) != EXPECTED
    unmarked = [replace(c, comparisons=tuple(replace(q, known=False) for q in c.comparisons)) for c in EVERYTHING.cases]
    assert READ[name](renderer(name)(Run(tuple(unmarked))))["REFUTED"] == EXPECTED["REFUTED"] + 1


@pytest.mark.parametrize("name", READ)
def test_every_format_shows_what_is_only_sampled_where_that_fails(name):
    """With --strict what holds at points only fails the gate, in every format; without it passes, and none lists it."""
    case = results.traced("calls Fortran", results.SAMPLED)
    run = Run((strict(case),), strict=True)
    assert (exit_status(run), exit_status(Run((case,)))) == (1, 0)
    assert READ[name](renderer(name)(run)) == {"SAMPLED": 1}
    assert READ[name](renderer(name)(Run((case,)))) == {}


@pytest.mark.parametrize("name", READ)
def test_every_format_shows_what_is_stale_where_that_fails(name):
    """With --strict an entry of the baseline that no longer applies fails the gate: what lists failures lists it."""
    lists = {"junit", "sarif", "github", "gitlab"}
    run = Run((results.case("good", results.PROVED),), stale=EVERYTHING.stale, strict=True)
    assert (exit_status(run), exit_status(replace(run, strict=False))) == (1, 0)
    text = renderer(name)(run)
    assert "mended: gradient apple was REFUTED, now PROVED" in text
    assert READ[name](text) == (Counter({"STALE": 1}) if name in lists else {})
    assert name in lists or "1 stale baseline entry" in text
    assert READ[name](renderer(name)(replace(run, strict=False))) == {}


def facts(case):
    """Return the texts that explain why a case fails."""
    for row in case.comparisons:
        if row.verdict is Verdict.REFUTED and row.quantity == "gradient":
            relation = row.relation.text("backprop", "exact") if row.relation else ""
            inputs = row.counterexample.inputs if row.counterexample else ()
            yield from (row.expected_formula, row.actual_formula, row.diagnosis, relation, str(row.where))
            yield from (f"{name}={value}" for name, value in inputs)
    for finding in case.findings:
        yield from (finding.code, finding.detail, str(finding.where), finding.allowed)
    if not case.good:
        yield case.again


def plain(name, text):
    """Return a report as its reader has it, without markup and line ends."""
    if name == "sarif":
        text = json.dumps(json.loads(text), ensure_ascii=False).replace("\\n", " ").replace('\\"', '"')
    if name in ("markdown", "junit"):
        text = html.unescape(text)
    return " ".join(re.sub(r"[\\`*|]", "", text.replace("%0A", " ")).split())


@pytest.mark.parametrize("name", ["terminal", "markdown", "junit", "sarif", "github"])
def test_formats_explain_failures_alike(name):
    """Formulas, counterexample, diagnosis, places, findings, and the command that repeats the case: none lacks any."""
    shown = plain(
        name,
        terminal.render(EVERYTHING, terminal.Look(verbosity=1)) if name == "terminal" else renderer(name)(EVERYTHING),
    )
    told = [(case.name, str(fact)) for case in EVERYTHING.cases for fact in facts(case) if fact]
    assert {fact for _, fact in told} >= {"GP112", "backprop = exact/2", "my_layers.py:14", "apple=100"}
    assert [(case, fact) for case, fact in told if plain("", fact) not in shown] == []


KNOWN = Run((results.case("c", replace(results.REFUTED, known=True), results.PROVED),))
AMBER = {
    "markdown": ("# ⚠️ ", "# ✅ ", "# ❌ "),
    "html": ('<header class="band unsure">', '<header class="band good">', '<header class="band bad">'),
    "github": ("::warning title=gradproof::", "::notice title=gradproof::", "::notice title=gradproof::"),
}


@pytest.mark.parametrize("name", AMBER)
def test_a_known_failure_is_not_green(name):
    """The gate passes, and whoever looks sees that not all is good: in Markdown and on GitHub as on the page."""
    good = Run((results.case("c", results.PROVED),))
    bad = Run((results.case("c", results.REFUTED),))
    assert [exit_status(run) for run in (KNOWN, good, bad)] == [0, 0, 1]
    for run, sign in zip((KNOWN, good, bad), AMBER[name], strict=True):
        assert sign in renderer(name)(run)


@pytest.mark.parametrize("name", ["terminal", "markdown", "json", "sarif", "github", "html"])
def test_the_gate_is_told_in_the_same_words(name):
    """What decided the exit status is computed once, and stands in every format that speaks of the whole run."""
    written = renderer(name)(EVERYTHING)
    plain = html.unescape(" ".join(written.split()) if name == "terminal" else written).replace("\\", "")
    assert exit_status(EVERYTHING) == 1
    assert summary(EVERYTHING) in re.sub(r"<[^>]+>", "", plain) or summary(EVERYTHING) in plain


@slow
def test_every_format_is_the_same_from_run_to_run():
    """Two processes with other hash seeds render the same bytes, in every format."""
    code = "import results; from reports import FORMATS, renderer\nfor name in FORMATS: print(renderer(name)(results.everything()))"
    here = Path(__file__).parent
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": f"{here}{os.pathsep}{here.parent}",
                "PYTHONUTF8": "1",
            },
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1

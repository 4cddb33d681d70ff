"""Every renderer against its gold file, made from one result that holds every verdict."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import results
import xmlschema

import reports
from reports import FORMATS, renderer, terminal
from reports.rows import cases
from verify import __version__
from verify.result import Run, Verdict, exit_status, summary

DATA = Path(__file__).parent / "data"
ROOT = Path(__file__).parent.parent
GOLD = {"terminal": "gold.txt", "markdown": "gold.md", "json": "gold.json", "junit": "gold.xml"}
SAMPLES = {"terminal": "shopping.txt", "markdown": "shopping.md", "json": "shopping.json", "junit": "shopping.xml"}
EVERYTHING = results.everything()
RUNS = [EVERYTHING, Run(()), Run((results.case("good", results.PROVED),))]


@pytest.mark.parametrize("name", GOLD)
def test_gold(name):
    """The text is what it was when a person last looked at it (tests/data)."""
    assert renderer(name)(EVERYTHING) == (DATA / GOLD[name]).read_text(encoding="utf-8")


def test_every_format_has_gold_and_a_sample():
    """A format that is added needs both."""
    assert set(GOLD) == set(SAMPLES) == set(FORMATS)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_todays(name, command, monkeypatch):
    """The sample reports are what the shipped suite gives now; `make samples` writes them anew."""
    monkeypatch.chdir(ROOT)
    sample = (ROOT / "reports" / "samples" / SAMPLES[name]).read_text(encoding="utf-8")
    assert command("--report", name).out == sample


@pytest.mark.parametrize("run", RUNS)
def test_json_keeps_to_its_schema(run):
    """The document validates against the JSON Schema that ships with the renderer."""
    schema = json.loads(Path(reports.__file__).with_name("result.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(renderer("json")(run))
    if run.cases:
        jsonschema.validate(document, schema)
    assert (document["exit_status"], document["summary"]) == (exit_status(run), summary(run))


def test_json_schema_refuses_what_is_not_a_result():
    """A planted change is noticed: a verdict that does not exist, a number where text belongs."""
    schema = json.loads(Path(reports.__file__).with_name("result.schema.json").read_text())
    for old, new in [('"PROVED"', '"FINE"'), ('"value": "100"', '"value": 100'), ('"seed": 7', '"sed": 7')]:
        text = renderer("json")(EVERYTHING)
        assert old in text
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(json.loads(text.replace(old, new)), schema)


@pytest.fixture(scope="module")
def jenkins():
    """Jenkins' JUnit schema, which the Makefile takes from pytest's source package."""
    path = ROOT / ".venv" / "junit-10.xsd"
    assert path.exists(), "run `make test`, which fetches Jenkins' schema of JUnit XML"
    return xmlschema.XMLSchema(path)


@pytest.mark.parametrize("run", RUNS)
def test_junit_validates_against_jenkins_schema(run, jenkins):
    """What Jenkins accepts, attribute for attribute."""
    assert jenkins.is_valid(renderer("junit")(run)), list(jenkins.iter_errors(renderer("junit")(run)))


def test_jenkins_schema_refuses_what_jenkins_refuses(jenkins):
    """A planted `file` attribute, which Jenkins rejects, is noticed."""
    assert not jenkins.is_valid(renderer("junit")(EVERYTHING).replace("<testcase ", '<testcase file="x" '))


def test_junit_counts_and_names():
    """Failures, errors and tests are counted as they are listed, and no name occurs twice."""
    root = ET.fromstring(renderer("junit")(EVERYTHING))
    for suite in root:
        assert int(suite.get("tests")) == len(suite)
        assert int(suite.get("failures")) == len(suite.findall("*/failure"))
        assert int(suite.get("errors")) == len(suite.findall("*/error"))
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(names)) == len(names)
    bad = sum(not c.good for case in EVERYTHING.cases for c in case.comparisons)
    assert len(root.findall(".//failure")) + len(root.findall(".//error")) == bad


def test_junit_cleans_what_xml_cannot_hold():
    """A control character in a name does not make the file unreadable."""
    root = ET.fromstring(renderer("junit")(Run((results.case("bell \x07 \ud800", results.PROVED),))))
    assert "bell" in root.find(".//testcase").get("classname")


def test_markdown_escapes():
    """Names with markup in them are text, and a bar does not end a cell."""
    text = renderer("markdown")(EVERYTHING)
    assert "## &lt;img onerror=x&gt;" in text
    assert not [line for line in text.splitlines() if "<img" in line and not line.startswith("    ")]
    assert "`x \\| y`" in text


def test_terminal_columns_line_up():
    """Korean names take two columns each, and the columns after them still line up."""
    from wcwidth import wcswidth

    run = Run((results.case("c", results.gradient("사과", Verdict.PROVED), results.gradient("tax", Verdict.PROVED)),))
    rows = [line for line in terminal.render(run).splitlines() if "11/5" in line]
    assert len({wcswidth(line.partition("11/5")[0]) for line in rows}) == 1


def test_failures_first():
    """Cases that fail come first, else the order is that of the run."""
    goods = [case.good for case in cases(EVERYTHING)]
    assert goods == sorted(goods)


def test_quiet_and_colored():
    """Quiet shows no good case, colour changes no word."""
    quiet = terminal.render(EVERYTHING, verbosity=-1)
    assert "all right" not in quiet
    colored = terminal.render(EVERYTHING, color=True)
    import re

    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == terminal.render(EVERYTHING)


def test_the_version_is_in_the_document():
    """JSON says which gradproof wrote it."""
    assert json.loads(renderer("json")(Run((), version=__version__)))["tool"] == {
        "name": "gradproof",
        "version": __version__,
    }

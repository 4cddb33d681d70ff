"""Renderers: three against their gold files, made from one result that holds every verdict, and all by what they hold."""

import json
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import results
from effort import slow, some

import reports
from reports import FORMATS, cells, layout, renderer, terminal, words
from reports.rows import cases, rows
from reports.terminal import Look
from verify import __version__
from verify.model.findings import FINDINGS
from verify.model.identity import Place, Relation
from verify.model.result import Branch, Evidence, Run, Verdict, exit_status, summary

DATA = Path(__file__).parent / "data"
ROOT = Path(__file__).parent.parent
GOLD = {"terminal": "gold.txt", "json": "gold.json", "html": "gold.html"}
SAMPLES = {"terminal": "suite.txt", "markdown": "suite.md", "json": "suite.json", "junit": "suite.xml"}
SAMPLES |= {"sarif": "suite.sarif", "github": "suite.github.txt", "gitlab": "suite.gitlab.json"}
SAMPLES |= {"svg": "suite.svg", "dot": "suite.dot"}  # the page names the versions that it was made with
DRAWINGS = {"svg", "dot"}  # which show graphs, and no words
EVERYTHING = results.everything()
TRACED = Run(results.TRACED)
WIDE = Look(width=0)
RUNS = [EVERYTHING, TRACED, Run(()), Run((results.case("good", results.PROVED),)), replace(EVERYTHING, strict=True)]


@pytest.mark.parametrize("name", GOLD)
def test_gold(name):
    """The text is what it was when a person last looked at it (tests/data); other formats agree with these."""
    assert renderer(name)(EVERYTHING) == (DATA / GOLD[name]).read_text(encoding="utf-8")


def test_every_format_has_a_sample():
    """A format that is added needs one, but for the page."""
    assert set(SAMPLES) | {"html"} == set(FORMATS)


@slow
def test_samples_are_todays(command, monkeypatch, tmp_path):
    """The sample reports are what the shipped suite gives now; `make samples` writes them anew."""
    monkeypatch.chdir(ROOT)
    done = command("-q", *[f"--report={name}={tmp_path / name}" for name in SAMPLES])
    assert (done.status, done.err) == (0, "")
    for name, file in SAMPLES.items():
        assert (tmp_path / name).read_bytes() == (ROOT / "reports" / "samples" / file).read_bytes(), name


@pytest.mark.parametrize("run", some(RUNS, 6))
def test_json_keeps_to_its_schema(run):
    """The document validates against the JSON Schema that ships with the renderer."""
    schema = json.loads(Path(reports.__file__).with_name("result.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(renderer("json")(run))
    if run.cases:
        jsonschema.validate(document, schema)
    assert (document["exit_status"], document["summary"]) == (exit_status(run), summary(run))


def test_json_names_a_target_that_could_not_be_imported():
    """The row that stands for it has the target as it was named, and keeps to the schema; no other row has one."""
    schema = json.loads(Path(reports.__file__).with_name("result.schema.json").read_text())
    lost = replace(results.case("pkg", results.ERROR), target="pkg")
    document = json.loads(renderer("json")(Run((lost, results.case("c", results.ERROR)))))
    jsonschema.validate(document, schema)
    assert [case.get("target") for case in document["cases"]] == ["pkg", None]


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
    import xmlschema  # here: names of imported modules are looked through in each trace

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
    bad = sum(not c.passes for case in EVERYTHING.cases for c in case.comparisons)
    bad += sum(finding.bad for finding in EVERYTHING.findings)
    assert len(root.findall(".//failure")) + len(root.findall(".//error")) == bad
    assert len(root.findall(".//skipped")) == sum(int(suite.get("skipped")) for suite in root) == EVERYTHING.known


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
    lines = [line for line in terminal.render(run).splitlines() if "11/5" in line]
    assert len({wcswidth(line.partition("11/5")[0]) for line in lines}) == 1


def test_failures_first():
    """Cases that fail come first, else the order is that of the run."""
    goods = [case.good for case in cases(EVERYTHING)]
    assert goods == sorted(goods)


def test_quiet_and_colored():
    """Quiet shows no good case, colour changes no word."""
    quiet = terminal.render(EVERYTHING, Look(verbosity=-1))
    assert "all right" not in quiet
    colored = terminal.render(EVERYTHING, Look(color=True))
    import re

    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == terminal.render(EVERYTHING)


def test_the_version_is_in_the_document():
    """JSON says which gradproof wrote it."""
    assert json.loads(renderer("json")(Run((), version=__version__)))["tool"] == {
        "name": "gradproof",
        "version": __version__,
    }


VARIANTS = [f"N={n}" for n in range(1, 9)]


def folded(*arrays, **fields):
    return rows(results.traced("c", *arrays, **fields))


def test_variants_that_agree_are_one_row_with_the_weakest_evidence():
    """Entries are summed; the loosest bound is told, and agreement rather than proof."""
    kinds = [Evidence("same formula"), *(Evidence("field", bits=bits) for bits in (244, 91, 1002))]
    arrays = [results.array("x", v, "2 3", evidence=k) for v, k in zip(VARIANTS, kinds, strict=False)]
    (row,) = folded(*arrays)
    assert (row.comparison.evidence.bits, row.entries, row.shapes, row.variant) == (91, 24, [(2, 3)], "")
    (row,) = folded(*arrays, results.array("x", "N=9", "3", Verdict.AGREES, evidence=results.AGREES.evidence))
    assert (row.comparison.verdict, row.explained, row.shapes) == (Verdict.AGREES, True, [(2, 3), (3,)])


def test_variants_that_fail_have_rows_of_their_own():
    """The first few, then the rest as one, then those that are right; the first is explained, with -v each is."""
    case = results.traced(
        "c", *[results.halved(v) for v in VARIANTS[:6]], *[results.array("W", v, "3 4") for v in VARIANTS[6:]]
    )
    found = [(row.variant, row.entries, row.failing, row.explained) for row in rows(case)]
    assert found == [
        ("N=1", 12, 5, True),
        ("N=2", 12, 5, False),
        ("N=3", 12, 5, False),
        ("and 3 more", 36, 15, False),
        ("2 others", 24, 0, False),
    ]
    assert [row.explained for row in rows(case, everything=True)] == [True] * 7


def test_entries_count_once_in_several_regions():
    """A row of another region is about the entries of its variant: two rows of six entries are about six."""
    agreeing = results.array("x", "N=1", "2 3", Verdict.AGREES, evidence=results.AGREES.evidence)
    elsewhere = replace(agreeing, variant=replace(agreeing.variant, elsewhere=True))
    case = results.traced("c", agreeing, elsewhere, results.array("x", "N=2", "3"))
    assert [row.entries for row in rows(case)] == [9]
    assert Run((case,)).entries == 9
    failing = [results.halved(v) for v in VARIANTS[:5]]
    others = [replace(c, variant=replace(c.variant, elsewhere=True), failing=7) for c in failing]
    assert [(row.entries, row.failing) for row in folded(*failing, *others)][-1] == (5 * 12, 5 * 7)


def test_one_failing_variant_is_not_hidden_by_the_others():
    """Wherever a variant fails, its verdict is in every report, and no report calls that gradient proved alone."""
    run = Run((results.HALVED,))
    for name in set(FORMATS) - DRAWINGS:
        assert "REFUTED" in renderer(name)(run)
        assert "factor 2 is missing" in renderer(name)(run)
        assert (name == "json") or str(results.STRIDED) in renderer(name)(run)
    assert "REFUTED" in terminal.render(run, Look(verbosity=-1))


def test_an_array_is_not_told_as_a_number():
    """A table has no formula or value of one entry; below it, the entry is named before its formulas."""
    text = terminal.render(Run((results.traced("c", results.halved("N=2", value="7", actual="0.25", expected="1/2")),)))
    table, _, below = text.partition("  W: ")
    assert "dout[0,1]" not in table
    assert table.splitlines()[1].split() == ["with", "respect", "to", "shape", "entries", "verdict"]
    assert below.index("[0, 1] of W, which fails in 5 of 12 entries") < below.index("exact     ")


@pytest.mark.parametrize(
    ("failing", "verdict", "said"),
    [
        (1, Verdict.REFUTED, "REFUTED (fails in 1 of 12 entries)"),
        (12, Verdict.REFUTED, "REFUTED (fails in all 12 entries)"),
        (3, Verdict.UNDECIDED, "UNDECIDED (in 3 of 12 entries)"),
        (0, Verdict.UNDECIDED, "UNDECIDED\n"),
    ],
)
def test_how_much_of_an_array(failing, verdict, said):
    """How many entries a bad verdict is about, where that is known."""
    array = results.array("W", "", "3 4", verdict, failing=failing, evidence=Evidence("k", "why"))
    assert said in terminal.render(Run((results.traced("c", array),)))


def same_mistake(**last):
    """Return the result of three wrong gradients with one line and likely mistake, the last one with other facts."""
    facts = {"parting": Place("a.py", 7), "diagnosis": "the sign is wrong"}
    formula = {"actual_formula": "", "expected_formula": "2*x"}
    example = results.Counterexample((("x[0]", "1"),), "2", "0")
    rows = [
        results.array(name, "", "3", Verdict.REFUTED, failing=3, index=(0,), counterexample=example, **formula, **more)
        for name, more in (("x", facts), ("w", facts), ("b", {**facts, **last}))
    ]
    return Run((results.traced("c", *rows),))


def test_a_mistake_of_several_gradients_is_explained_once():
    """The others are listed below it, and in one line of what fails; -v and files explain each."""
    run = same_mistake()
    short = terminal.render(run, WIDE)
    assert short.count("likely    the sign is wrong") == 1
    assert "  the same line and likely mistake: w, b (-v explains each)\n" in short
    assert "a.py:7  c  x, w, b  REFUTED  the sign is wrong\n" in short
    for text in (terminal.render(run, Look(verbosity=1, width=0)), renderer("markdown")(run)):
        assert text.count("the sign is wrong") >= 3
        assert "the same line" not in text


@pytest.mark.parametrize("fact", [{"parting": Place("a.py", 8)}, {"diagnosis": "a factor 2 is missing"}], ids=str)
def test_other_lines_and_mistakes_are_explained(fact):
    """What differs in one of them is no repetition."""
    short = terminal.render(same_mistake(**fact), WIDE)
    assert short.count("likely    ") == 2
    assert "  the same line and likely mistake: w (-v explains each)\n" in short
    assert short.count("  c  ") == 2


def test_a_value_without_a_formula():
    """It is written alone, and the other one with its formula."""
    short = terminal.render(same_mistake(), WIDE)
    assert "    backprop  0\n" in short
    assert "    exact     2*x = 2\n" in short


def test_long_lists_are_cut_at_the_terminal_only():
    """Variants, places and the inputs of a counterexample: the first few, everything with -v and in the files."""
    inputs = tuple((f"x[{i}]", "1") for i in range(40))
    example = results.Counterexample((*inputs, ("dout[0,1]", "1")), "1/2", "1/4")
    case = results.traced(
        "c",
        *[results.halved(v, counterexample=example) for v in VARIANTS],
        results.array("b", "N=1", "4"),
        region=tuple(Branch(f"a.py:{i}", f"x[{i}] > 0", 3, v) for i in range(6) for v in VARIANTS),
    )
    run = Run((case,))
    short = terminal.render(run, WIDE)
    assert "at        dout[0,1]=1, x[0]=1" in short
    assert "x[22]=1, and 17 more (-v lists all)\n" in short
    assert "checked for: N=1; N=2; N=3; and 5 more" in short
    assert "a.py:0 x[0] > 0 and 23 more\n" in short
    assert "and at 3 more places" in short
    for text in (terminal.render(run, Look(verbosity=1, width=0)), renderer("markdown")(run)):
        assert "x[39]=1" in text
        assert "a.py:5 x[5] > 0 and 2 more, for N=8" in text


def test_nothing_holds_where_nothing_is_good():
    """A region bounds claims that pass: a case without any has none."""
    case = results.traced("c", results.halved("N=2"), region=(Branch("a.py:1", "x > 0"),))
    assert "holds" not in terminal.render(Run((case,)))


@pytest.mark.parametrize(
    ("verdict", "label"),
    [
        (Verdict.PROVED, "checked for"),
        (Verdict.REFUTED, "checked for"),
        (Verdict.UNDECIDED, "tried for"),
        (Verdict.ERROR, "tried for"),
    ],
)
def test_sizes_are_checked_where_there_is_a_verdict(verdict, label):
    """What was refuted was checked; what was neither proved nor refuted was only tried."""
    case = results.traced("c", replace(results.halved("N=2"), verdict=verdict))
    assert f"\n  {label}: N=2" in terminal.block(case)


def test_the_function_that_raised_and_where_to_look_for_a_fix():
    """The sentence names the function; the command is there where backward is what raised, and not forward."""
    (case,) = [case for case in results.TRACED if case.name == "raises on arrays"]
    (row,) = case.comparisons
    assert words.sentence(row) == "not compared: Affine.backward raised an exception"
    command = "gradproof fix my_layers.py -k 'raises on arrays'"
    before = replace(case, comparisons=(replace(row, evidence=replace(row.evidence, after_forward=False)),))
    for name in ("terminal", "markdown"):
        assert command in renderer(name)(Run((case,)))
        assert "gradproof fix" not in renderer(name)(Run((before,)))


def test_a_case_that_never_began():
    """Neither expression nor signature: the place stands for them."""
    text = terminal.render(Run((results.traced("c", results.ERROR, signature=(), where="a.py:3"),)))
    assert text.splitlines()[0] == "c    a.py:3"


def test_relations_use_the_words_of_the_table():
    """What JSON calls actual and expected is backprop and exact to a reader; arrays with these names stay."""
    case = results.traced("c", results.halved("", relation=Relation(after="*expected[0,1]")))
    assert "relation  backprop = exact*expected[0,1]" in terminal.render(Run((case,)))


def test_layout():
    """Columns are padded on their side, by width and not by length, and no line of a plain table ends with spaces."""
    body = [["사과", "1", "ok"], ["b", "22", ""]]
    assert layout.plain(["n", "v", "w"], ["left", "right", "left"], body) == [
        "n       v  w",
        "사과    1  ok",
        "b      22",
    ]
    assert layout.pipe(["n", "v"], ["left", "right"], [["사과", "1"]]) == [
        "| n    |   v |",
        "|:-----|----:|",
        "| 사과 |   1 |",
    ]


@pytest.fixture(scope="module")
def large():
    """A run of one case of 50,001 derivatives."""
    return Run((results.case("c", *[results.gradient(f"x{i}", Verdict.PROVED) for i in range(50_001)]),))


@slow
@pytest.mark.parametrize("name", some(FORMATS, 20))
def test_large_cases_take_seconds(name, large):
    """50,001 derivatives in one case: no renderer takes longer than in proportion to that (20 µs to 60 µs each)."""
    start = time.process_time()
    renderer(name)(large)
    assert time.process_time() - start < 5


def test_findings_are_in_every_report():
    """Each code is there with its severity, failures first, and what was allowed with the reason."""
    run = Run((results.FAULTY,))
    for name in set(FORMATS) - DRAWINGS:
        text = renderer(name)(run)
        assert all(code in text for code in ("GP101", "GP106", "GP112"))
        assert "optimizer" in text
    shown = terminal.render(run)
    assert shown.index("FAILS GP101") < shown.index("hazard GP106") < shown.index("allowed GP112")
    quiet = terminal.render(run, Look(verbosity=-1))
    assert "FAILS GP101" in quiet
    assert "GP106: " not in quiet


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        ("22/7", "22/7"),
        ("1" + 30 * "0", "1e+30"),
        ("1" + 29 * "0" + "1", "1.0000000000000000e+30…"),
        ("-" + 30 * "3" + "/7", "-4.7619047619047619e+28…"),
        ("between 1 and 0, both included", "between 1 and 0, both included"),
    ],
)
def test_long_numbers_are_decimals(exact, shown):
    """A number of many digits has 17 of them, and an ellipsis only where there are more."""
    assert cells.readable(exact) == shown


@pytest.mark.parametrize("kind", ["constants", "approximation", "small constant", "400 digits"])
def test_what_agrees_is_told_by_its_evidence(kind):
    """The rounding of constants, an approximation and a small constant have sentences of their own."""
    row = replace(results.AGREES, evidence=Evidence(kind, "the detail"))
    others = {words.sentence(replace(row, evidence=Evidence(other))) for other in ("constants", "other")}
    assert ("rounding" in words.sentence(row)) is (kind == "constants")
    assert (words.sentence(row) in others) is (kind in ("constants", "400 digits"))


def test_another_region_is_no_size():
    """A case without named sizes has none that it was checked for, in whatever region a row is."""
    elsewhere = results.array("x", "in another region", "3", Verdict.AGREES, evidence=results.AGREES.evidence)
    case = results.case("one size", replace(elsewhere, variant=results.sized("in another region")))
    assert all(remark.label != "checked for" for remark in words.remarks(case))


def test_what_fails_is_told_with_its_harm_and_its_cure_once():
    """A finding that fails says what it does and how to fix it: no hazard, nor what is allowed, nor a second time."""
    first, second, allowed = results.FAULTY.findings
    again = replace(second, name="dy")
    case = replace(results.FAULTY, findings=(first, second, again, allowed))
    text = terminal.render(Run((case,)), WIDE)
    kind = FINDINGS["GP101"]
    assert text.count(f"    harm      {kind.harm}\n    to fix    {kind.mend}\n") == 1
    assert text.count("    harm  ") == 1

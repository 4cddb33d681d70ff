"""The terminal's report: a line for what passes, everything for what fails, folded to the terminal's width."""

import re
from dataclasses import replace

import pytest
import results

import verify
from reports import concise, layout, terminal
from reports.terminal import Look
from reports.words import fix_command
from verify.model.result import Place, Run, summary

EVERYTHING = results.everything()
ARRAYS = [results.traced(name, results.array("x", "N=1", "2 3")) for name in ("first", "second")]
WRONG = replace(results.REFUTED, name="apple_price")
INHERITED = [replace(results.REFUTED, name=name) for name in ("apple", "apple_cnt")]
SHOP = results.case("shop", *INHERITED, WRONG, results.REFUTED, graph=results.GRAPH)


def test_cases_of_arrays_that_pass_have_one_line_each():
    """One table stands for all of them, with a row each; with -v each has its own."""
    run = Run(tuple(ARRAYS))
    assert len(terminal.render(run).splitlines()) == 1 + 2 + 2
    assert terminal.render(run, Look(verbosity=1)).count("with respect to") == 2


def test_graphs_keep_their_tables():
    """The table of a graph of scalars is what it is run for: it is there where all pass."""
    text = terminal.render(Run((results.case("shop", results.PROVED), *ARRAYS)))
    assert text.count("with respect to") == 1


def test_a_failing_case_is_not_one_line():
    """A case of arrays with a refuted gradient, a finding that fails, or a known failure has its table."""
    known = results.traced("known", replace(results.HALVED.comparisons[0], known=True))
    for case in (results.HALVED, results.FAULTY, known):
        assert "with respect to" in terminal.render(Run((case,)))


def test_hazards_of_passing_cases_name_their_case():
    """A hazard stands below the lines of the cases, with the name of its own and the command that explains it."""
    faulty = replace(
        results.FAULTY, name="third", findings=tuple(f for f in results.FAULTY.findings if f.code == "GP106")
    )
    text = terminal.render(Run((*ARRAYS, faulty)))
    assert "hazard GP106: third: " in text
    assert "what that means: gradproof explain GP106\n" in text


def test_failures_are_listed_at_the_end():
    """After all cases each failure has a line, the same as of `--format concise`; where all pass there is no list."""
    text = terminal.render(EVERYTHING, Look(width=0))
    *lines, _ = concise.render(EVERYTHING).splitlines()
    next_step = f"look for the changes that correct them: {fix_command(EVERYTHING.cases)}"
    assert text.endswith("\n".join(["failures:", *lines, "", next_step, "", f"{summary(EVERYTHING)}.\n"]))
    assert "failures:" not in terminal.render(Run(tuple(ARRAYS)))


def commanded(name, *command):
    """Return a wrong case that a command has checked."""
    return replace(results.HALVED, name=name, reproduce=("gradproof", *command, "--case", name))


@pytest.mark.parametrize(
    ("cases", "command"),
    [
        ([commanded("a", "scan", "b.py"), *ARRAYS], "gradproof fix --scan b.py --case a"),
        ([commanded("a", "run", "b.py"), commanded("c", "run", "b.py")], "gradproof fix b.py"),
        ([commanded("a", "scan", "b.py"), commanded("c", "scan", "d e.py")], "gradproof fix --scan b.py 'd e.py'"),
        ([commanded("a", "run", "b.py")], ""),
        ([replace(commanded("a", "run", "b.py"), reproduce=("pytest", "b.py::a")), *ARRAYS], ""),
        (
            [
                replace(case, reproduce=(*case.reproduce, "--layers", "mine"))
                for case in map(commanded, "ac", ("run",) * 2, ("b.py",) * 2)
            ],
            "gradproof fix b.py --layers mine",
        ),
    ],
)
def test_the_command_to_type_next(cases, command):
    """Behind the failures of several cases stands the command that looks for changes: of one case, or of the files."""
    *_, before, _, last = terminal.render(Run(tuple(cases)), Look(width=0)).splitlines()
    assert last.startswith("FAILED")
    assert before == (f"look for the changes that correct them: {command}" if command else before)
    assert ("correct them" in before) == bool(command)


@pytest.mark.parametrize("undecided", [0, 1, 2])
def test_cases_that_are_begun_are_written_by_init(undecided):
    """Behind the failures of several cases stands the command that writes those that were not set up, by their files."""
    row = results.HALVED.comparisons[0]
    row = replace(row, evidence=replace(row.evidence, begun="return ..."))
    where = [Place(name, 1) for name in ("a.py", "b c.py", "b c.py")]
    begun = [replace(commanded("a", "scan", "a.py"), comparisons=(row,), where=place) for place in where]
    text = terminal.render(Run((*begun[:undecided], *ARRAYS)), Look(width=0))
    files = ["a.py", "'b c.py'"][:undecided]
    assert ("were not set up, and fill in what stands as ... in them: gradproof init" in text) == bool(undecided)
    assert f"in them: gradproof init {' '.join(files)}\n" in text or not undecided
    assert "in them: " not in terminal.render(Run(tuple(begun[:1])), Look(width=0))


def test_inherited_errors_are_folded_under_the_culprit():
    """Of a graph with one wrong node, its own gradients are explained; the others are named, and explained with -v."""
    text = terminal.render(Run((SHOP,)))
    rows = [line.split()[0] for line in text.splitlines() if line.endswith("  REFUTED")]
    assert rows == ["apple_price", "tax", "apple", "apple_cnt"]
    assert text.count("there is an exact counterexample") == 2
    assert "may only inherit the error: apple, apple_cnt (-v explains each)" in text
    assert terminal.render(Run((SHOP,)), Look(verbosity=1)).count("there is an exact counterexample") == 4


def test_without_a_culprit_all_are_explained():
    """Where no first wrong node is known, no error passes for inherited."""
    text = terminal.render(Run((replace(SHOP, graph=None),)))
    assert text.count("there is an exact counterexample") == 4
    assert "inherit" not in text


@pytest.mark.parametrize("width", [60, 80, 100])
def test_sentences_are_folded(width):
    """No line of sentences is wider than the terminal, but for commands, which must stay in one piece."""
    text = terminal.render(EVERYTHING, Look(width=width, table_width=width))
    wide = [line for line in text.splitlines() if layout.columns_of(line) > width]
    assert [line for line in wide if "gradproof" not in line] == []


def test_folding_changes_no_word():
    """Folded at a width, the report has the same words in the same order."""
    narrow, wide = (terminal.render(EVERYTHING, Look(verbosity=-1, width=width)) for width in (70, 0))
    assert narrow != wide
    assert [*filter(None, re.split(r"\s+|(?<=[*(])", narrow))] == [*filter(None, re.split(r"\s+|(?<=[*(])", wide))]


def test_colour_takes_no_columns():
    """A report in colour is folded where one without is."""
    colored = terminal.render(EVERYTHING, Look(color=True, table_width=80))
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == terminal.render(EVERYTHING, Look(table_width=80))


def test_wide_tables_are_printed_in_parts():
    """Each part of a table that is too wide has the names of the rows, and all columns are there once."""
    headers, body = ["name", "value", "verdict"], [["apple", "1" * 20, "proved"], ["사과", "2", "REFUTED"]]
    lines = layout.plain(headers, ["left", "right", "left"], body, 30)
    assert lines == layout.plain(headers[:2], ["left", "right"], [row[:2] for row in body]) + [""] + layout.plain(
        headers[::2], ["left", "left"], [row[::2] for row in body]
    )
    assert layout.plain(headers, ["left", "right", "left"], body, 40) == layout.plain(
        headers, ["left", "right", "left"], body
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a  b cd", ["  a  b", "    cd"]),
        ("long*product*of*names", ["  long*", "    product*", "    of*", "    names"]),
        ("사과 사과", ["  사과", "    사과"]),
        ("x**2**2**2", ["  x**2**2**2"]),
        ("", ["  "]),
    ],
)
def test_folding(text, lines, monkeypatch):
    """Words stay whole, a product too long for a line is folded behind `*`, and Korean letters take two columns."""
    monkeypatch.setattr(layout, "_LEAST", 4)
    assert layout.fold(text, 8, "  ", "    ") == lines


def test_the_width_of_the_terminal(command, tmp_path, monkeypatch):
    """COLUMNS folds sentences and tables; without a terminal sentences are folded at 80 columns, and tables are not."""
    monkeypatch.chdir(tmp_path)
    arguments = ("expr", "price = apple * tax * count", "--at", "apple=100", "--at", "tax=1.1", "--at", "count=2")
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, command(*arguments).out.splitlines())) <= 60
    monkeypatch.delenv("COLUMNS")
    assert command(*arguments).out.count("with respect to") == 1


def test_rows_of_one_name_are_told_apart():
    """Where the whole case fails with a message of its own for each size, the sizes are in the table."""

    def forward(x):
        raise ValueError(f"no arrays of shape {x.shape}")

    report = str(verify.check(verify.pair(forward, lambda dout, x: dout, x="N D")))
    assert re.search(r"the whole case +N=3, D=4 +ERROR\n  the whole case +N=1, D=4 +ERROR\n", report)

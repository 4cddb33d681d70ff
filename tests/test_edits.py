"""Proved changes as SARIF: the regions that they replace, and what is said where there is none."""

import json
from pathlib import Path

import jsonschema
import pytest
from effort import slow

from verify.model.identity import Place
from verify.mutation.result import Mutant
from verify.repair.diff import fix_of

SCHEMA = Path(__file__).parent.parent / ".venv" / "sarif-2.1.0.json"

MODULE = """# größer
import numpy as np
import gradproof

def forward(x):
    return {forward}

def backward(dout, x):
    "größer"; return {backward}

case = gradproof.pair(forward, backward, x="N", name="größer")
"""


@pytest.fixture
def fixed(command, shop):
    """Run `fix` on a module; returns what came of it, with its report, which keeps to OASIS' schema."""

    def run(text, *options):
        (shop / "mine.py").write_bytes(text.encode())
        done = command("fix", "mine.py", "--report", "sarif=fix.sarif", *options)
        document = json.loads((shop / "fix.sarif").read_text(encoding="utf-8"))
        jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
        (done.run,) = document["runs"]
        done.source = (shop / "mine.py").read_bytes().decode()
        return done

    return run


def module(forward, backward):
    return MODULE.format(forward=forward, backward=backward)


def replaced(text, replacement):
    """Make a replacement in a text as an editor does, by its lines and columns."""
    region, lines = replacement["deletedRegion"], text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) - 1 for number in range(len(lines))]
    first, last = (starts[region[f"{end}Line"] - 1] + region[f"{end}Column"] for end in ("start", "end"))
    return text[:first] + replacement["insertedContent"]["text"] + text[last:]


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_an_editor_makes_the_change_that_the_command_writes(fixed, newline):
    """The replacement, made by lines and columns behind letters of several bytes, gives what `--write` wrote."""
    text = module("x * x", "3 * x * dout").replace("\n", newline)
    done = fixed(text, "--write")
    (result,) = done.run["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    (replacement,) = change["replacements"]
    assert (done.status, result["ruleId"], result["properties"]["line_of"]) == (0, "FIXED", "edit")
    assert result["locations"][0]["physicalLocation"]["region"] == replacement["deletedRegion"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 9
    assert done.source != text
    assert replaced(text, replacement) == done.source


@slow
def test_a_region_one_off_is_noticed(fixed):
    """A planted mistake: a column that counts bytes in place of letters gives another text than `--write`."""
    text = module("x * x", "3 * x * dout")
    done = fixed(text, "--write")
    (replacement,) = done.run["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"]
    region = replacement["deletedRegion"]
    off = {**region, "startColumn": region["startColumn"] + 2, "endColumn": region["endColumn"] + 2}
    assert replaced(text, {**replacement, "deletedRegion": off}) != done.source


@slow
def test_a_case_that_passes(fixed):
    """There is nothing to fix: no result, and the exit status 0."""
    done = fixed(module("x * x", "2 * x * dout"))
    assert (done.status, done.run["results"], done.run["invocations"][0]["exitCode"]) == (0, [], 0)
    assert "nothing to fix" in done.out


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (module("np.frombuffer(x.tobytes())", "dout"), "an undecided gradient cannot be fixed"),
        (
            module("x * x", "3 * x * dout")
            .replace("def backward", "exec('''def backward")
            .replace("\n\ncase", "'''.replace('\"größer\"; ', ''))\n\ncase"),
            "move it to such a file",
        ),
    ],
    ids=["undecided", "no file"],
)
def test_what_cannot_be_fixed(fixed, text, why):
    """It is there with the reason, at the line of the case, and without a change."""
    done = fixed(text)
    (result,) = done.run["results"]
    assert (done.status, result["ruleId"], "fixes" in result) == (1, "NOT-FIXED", False)
    assert why in result["message"]["text"]
    assert why in done.out
    lines = text.splitlines()
    assert lines[result["locations"][0]["physicalLocation"]["region"]["startLine"] - 1].startswith("case")


def test_the_places_of_several_edits(tmp_path, monkeypatch):
    """Each edit has the piece of its file that it replaces, over lines too, counted from 1 in letters."""
    monkeypatch.chdir(tmp_path)
    source = "ä = 1\nb = (2 +\n 3)\n".encode()
    file = tmp_path / "mine.py"
    file.write_bytes(source)
    edits = tuple(
        Mutant(str(file), Place("mine.py", 1), "f", "M1", "o", "formula", "", "", start, end, b"7", 1, 1)
        for start, end in ((source.index(b"1"), source.index(b"1") + 1), (source.index(b"("), source.index(b")") + 1))
    )
    assert [change[:5] for change in fix_of(edits).changes] == [("mine.py", 1, 5, 1, 6), ("mine.py", 2, 5, 3, 4)]

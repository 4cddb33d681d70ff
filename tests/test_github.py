"""Annotations of GitHub Actions."""

import re
from dataclasses import replace

import results

from reports import renderer
from verify.model.result import Evidence, Run, Verdict, summary

EVERYTHING = results.everything()


def commands(run):
    """Read workflow commands back, as GitHub's runner does."""
    found = []
    for line in renderer("github")(run).splitlines():
        name, properties, data = re.fullmatch(r"::(\w+) (.*?)::(.*)", line).groups()
        pairs = dict(pair.split("=", 1) for pair in properties.split(","))
        for code, sign in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            pairs = {key: value.replace(code, sign) for key, value in pairs.items()}
        for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            data = data.replace(code, sign)
        found.append((name, pairs, data))
    return found


def test_escapes():
    """Percent, line ends, colons and commas come back as they were, and end neither property nor line."""
    evil = "100%,\r\n::error file=x::gone: a%0Ab"
    case = replace(results.case(evil, results.UNDECIDED), reproduce=(evil,))
    (error, place, data), (notice, _, _) = commands(Run((case,)))
    assert (error, notice) == ("error", "notice")
    assert evil in place["title"]
    assert evil in data
    assert set(place) == {"file", "line", "endLine", "title"}


def test_one_annotation_for_each_place():
    """Three gradients that one line got wrong are one annotation, which tells of all three."""
    wrong = [replace(results.halved("N=2"), name=name) for name in "abc"]
    (_, place, data), (_, _, counts) = commands(
        Run((results.traced("c", *wrong, replace(wrong[0], name="d", known=True)),))
    )[:2]
    assert (place["file"], place["line"]) == ("my_layers.py", "14")
    assert place["title"].endswith("and 2 more here")
    assert all(f"gradient of {name} REFUTED" in data for name in "abc")
    assert "3 failing at 1 place, 1 known or allowed at 1 place" in counts


def test_what_raised_is_annotated_where_it_raised():
    """The line in the reason, not that of the case; one outside the project is not followed."""
    (_, place, _), _ = commands(Run((results.case("c", results.ERROR),)))
    assert (place["file"], place["line"]) == ("shop.py", "9")
    outside = replace(results.ERROR, evidence=Evidence("error", "ValueError: x", place=results.at("/usr/lib/y.py:9")))
    (_, place, _), _ = commands(Run((results.case("c", outside),)))
    assert (place["file"], place["line"]) == ("shop.toml", "3")


def test_the_count_comes_before_the_notices():
    """GitHub shows ten of each kind: failures come first, the full count is the first notice."""
    names = [name for name, _, _ in commands(EVERYTHING)]
    assert names == sorted(names, key=("error", "warning", "notice").index)
    first = next(data for name, _, data in commands(EVERYTHING) if name == "notice")
    assert first.startswith(summary(EVERYTHING))


def test_a_good_run_has_its_summary_only():
    """Nothing is annotated where nothing is wrong."""
    run = Run((results.case("c", results.PROVED),))
    assert renderer("github")(run) == f"::notice title=gradproof::{summary(run)}.\n"


def test_long_lists_are_cut():
    """An annotation tells the first twenty, and how many more there are."""
    many = [replace(results.UNDECIDED, name=f"x{i}", verdict=Verdict.UNDECIDED) for i in range(30)]
    (_, _, data), _ = commands(Run((results.case("c", *many),)))
    assert data.endswith("and 10 more")


def test_long_titles():
    """A title is cut at a word, and ends with the case; the message has all of it."""
    why = "the upstream gets to the wrong entries: " + "dout[0,1] to entry [0, 3, 0, 0], " * 9
    case = results.case("mine", replace(results.UNDECIDED, evidence=Evidence("", why)))
    (_, place, data), _ = commands(Run((case,)))
    assert len(place["title"]) < 100
    assert re.search(r"\w… \(mine\)$", place["title"])
    assert why.strip() in data

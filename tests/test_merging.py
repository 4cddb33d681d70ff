"""`gradproof merge`: the reports of shards are the report of the whole, or are refused."""

import json
from pathlib import Path

import jsonschema
import pytest
from effort import slow, some
from products import cases

import reports
from reports import FORMATS
from verify.model.result import SCHEMA_VERSION


@pytest.fixture
def shards(command, shop):
    """Run the shards of targets, with a report each; returns the files."""

    def run(of, *arguments):
        paths = [f"{number}of{of}.json" for number in range(1, of + 1)]
        for number, path in enumerate(paths, 1):
            command(*arguments, "--shard", f"{number}/{of}", "-qq", "--report", f"json={path}")
        return paths

    return run


@pytest.mark.parametrize("of", some([1, 2, 3, 5], 8))
def test_the_report_of_the_whole(command, shop, shards, of):
    """In every format, with the same exit status, the whole is what one run gives, in whatever order shards come."""
    (shop / "mine.py").write_text(cases("a", "b", "c", wrong="b"))
    targets = ["mine.py", "shop.toml", "--strict"]
    written = [part for name in FORMATS for part in ("--report", f"{name}=whole.{name}")]
    merging = [part for name in FORMATS for part in ("--report", f"{name}=merged.{name}")]
    whole = command(*targets, *written)
    merged = command("merge", *reversed(shards(of, *targets)), *merging)
    assert (merged.status, merged.err) == (whole.status, whole.err) == (1, "")
    for name in set(FORMATS) - {"html"}:  # the page says by which command it was made
        assert (shop / f"merged.{name}").read_bytes().replace(b"merged.html", b"whole.html") == (
            shop / f"whole.{name}"
        ).read_bytes(), name
    assert "gradproof merge" in (shop / "merged.html").read_text()
    schema = json.loads(Path(reports.__file__).with_name("result.schema.json").read_text())
    jsonschema.validate(json.loads((shop / "merged.json").read_text()), schema)


def test_a_baseline_of_shards(command, shop, shards):
    """What is known, and what no longer applies, is in the whole as in the shards, each once."""
    (shop / "mine.py").write_text(cases("a", "b", "c", wrong="ab"))
    known = ["mine.py", "--baseline", "known.json"]
    command(*known, "--baseline-update")
    (shop / "mine.py").write_text(cases("b", "c", wrong="b"))
    merged = command("merge", *shards(2, *known), "--report", "json")
    assert merged.out == command(*known, "--report", "json").out
    assert (merged.status, json.loads(merged.out)["known"], len(json.loads(merged.out)["stale"])) == (0, 1, 3)


def test_a_shard_that_is_missing(command, shards):
    """Shards that are not all there are no success: what is missing was checked by nobody."""
    paths = shards(3, "shop.toml", "--case", "right", "--case", "also right")
    done = command("merge", paths[0], paths[1])
    assert (done.status, done.out) == (2, "")
    assert done.err == "gradproof: shard 3/3 is missing: its cases were not checked\n"


def test_a_shard_that_was_stopped(command, shop, shards):
    """A shard that stopped early makes the whole one that stopped early."""
    (shop / "mine.py").write_text(cases("a", "b", "c", "d", wrong="ab"))
    done = command("merge", *shards(2, "mine.py", "-x"))
    assert (done.status, "stopped early" in done.out) == (1, True)


@slow
def test_what_does_not_belong_together(command, shop, shards):
    """Reports made in other ways, of the same cases, or of other shards are refused in one line."""
    (shop / "mine.py").write_text(cases("a", "b", "c", "d"))
    one, two = shards(2, "mine.py")
    for name, arguments in {
        "whole": [],
        "seed": ["--shard", "2/2", "--seed", 1],
        "quick": ["--shard", "2/2", "--quick"],
        "strict": ["--shard", "2/2", "--strict"],
        "third": ["--shard", "2/3"],
    }.items():
        command("mine.py", *arguments, "-qq", "--report", f"json={name}.json")
    text = (shop / two).read_text()
    (shop / "version.json").write_text(
        text.replace('"name": "gradproof", "version": "', '"name": "gradproof", "version": "9')
    )
    (shop / "older.json").write_text(text.replace(f'"{SCHEMA_VERSION}"', '"2.1"'))
    (shop / "cut.json").write_text(text[:-20])
    for other, words in {
        "whole": "whole.json is of no shard, another report is one of 2 shards",
        "seed": f"seed.json differs from {one} in --seed",
        "quick": f"quick.json differs from {one} in --quick",
        "strict": f"strict.json differs from {one} in --strict",
        "third": "third.json is shard 2/3, another report is one of 2 shards",
        "version": f"version.json differs from {one} in the version of gradproof",
        "older": "older.json is not a JSON report of a run by this version of gradproof: its format has version 2.1",
        "cut": "cut.json is not a JSON report of a run by this version of gradproof: ",
        "absent": "absent.json: No such file",
        one.removesuffix(".json"): f"{one} and {one} are both shard 1/2: name each once",
    }.items():
        done = command("merge", one, f"{other}.json", "--report", "json=merged.json")
        assert (done.status, done.out, done.err.count("\n"), words in done.err) == (2, "", 1, True), (other, done.err)
        assert not (shop / "merged.json").exists()


def test_reports_of_no_shard(command, shop):
    """Reports of different files are put together in the order in which they are named; the same case twice is refused."""
    for name in ("a", "b"):
        (shop / f"{name}.py").write_text(cases(name))
        command(f"{name}.py", "-qq", "--report", f"json={name}.json")
    document = json.loads(command("merge", "b.json", "a.json", "--report", "json").out)
    assert [case["name"] for case in document["cases"]] == ["b", "a"]
    command("a.py", "b.py", "-qq", "--report", "json=both.json")
    done = command("merge", "a.json", "both.json")
    assert done.err == "gradproof: a.py: a is in a.json and in both.json: merge reports of different cases\n"


def test_a_report_is_not_written_over_what_is_merged(command, shop):
    """A report that would replace one of those that are merged is refused before anything is written."""
    command("shop.toml", "-qq", "--report", "json=one.json")
    before = (shop / "one.json").read_bytes()
    done = command("merge", "one.json", "--report", "json=one.json")
    assert (done.status, (shop / "one.json").read_bytes()) == (2, before)
    assert command("merge").status == 2

"""`--lf` checks those that failed last time, `--ff` checks it first; no result depends on what is kept."""

import json

import pytest
from effort import slow, some
from products import cases

from verify.cache.folder import FOLDER


@pytest.fixture
def names(command, shop):
    """Run the command with a module of cases; returns which cases were checked, in order, and remembers the rest."""

    def run(*arguments, **module):
        if module:
            (shop / "mine.py").write_text(cases("a", "b", "c", "d", wrong=module["wrong"]))
        run.done = command("mine.py", "--report", "json", *arguments)
        return [case["name"] for case in json.loads(run.done.out)["cases"]]

    return run


@slow
def test_what_failed_is_checked_alone(names):
    """--lf has the failing cases in their order until they pass, and all cases where none fails."""
    assert names(wrong="bd") == ["a", "b", "c", "d"]
    assert names("--lf") == ["b", "d"]
    assert names.done.err == "gradproof: 2 cases of 4: those that failed last time\n"
    assert (names("--last-failed", wrong="d"), names.done.status) == (["b", "d"], 1)
    assert names("--lf", "-qq") == ["d"]
    assert names.done.err == ""
    assert (names("--lf", wrong=""), names.done.status) == (["d"], 0)
    assert names("--lf") == ["a", "b", "c", "d"]
    assert names.done.err == "gradproof: none of 4 cases is recorded as failed: all are checked\n"


@slow
def test_what_failed_is_checked_first(names):
    """--ff has all cases, those that failed first; with -x it stops at the first of them."""
    names(wrong="bd")
    assert names("--ff") == ["b", "d", "a", "c"]
    assert names.done.err == "gradproof: 2 cases of 4 first: those that failed last time\n"
    assert names("--failed-first", "-x", wrong="d") == ["b", "d"]
    assert names("--ff") == ["d", "a", "b", "c"]


@slow
def test_what_was_not_checked_is_known_as_before(names):
    """A run of some cases changes nothing of what is known of the others."""
    names(wrong="bd")
    names("-k", "d", wrong="b")
    assert names("--lf") == ["b"]
    assert names("--lf", "-k", "a or c") == ["a", "c"]


def test_what_could_not_be_imported(command, shop, names):
    """Once a file can be imported again, all of its cases are what failed."""
    (shop / "mine.py").write_text("1 / 0")
    names()
    assert names("--lf", wrong="b") == ["a", "b", "c", "d"]
    assert names("--lf") == ["b"]
    (shop / "mine.py").write_text("1 / 0")
    assert names("--lf") == ["mine.py"]


def test_known_failures_pass(names):
    """What the baseline lists has not failed; entries of cases that are left out are neither stale nor lost."""
    names("--baseline", "known.json", "--baseline-update", wrong="bd")
    names("--baseline", "known.json", "-k", "a or b", wrong="abd")
    assert names("--lf", "--baseline", "known.json", "--strict", wrong="bd") == ["a"]
    assert json.loads(names.done.out)["stale"] == []


def test_the_folder(shop, names):
    """The folder is there once something failed, says what it is, and is ignored by git; nothing half-written is left."""
    names(wrong="")
    folder = shop / FOLDER
    assert not folder.exists()
    names(wrong="b")
    assert sorted(path.name for path in folder.iterdir()) == [".gitignore", "CACHEDIR.TAG", "lastfailed.json"]
    assert (folder / ".gitignore").read_text().endswith("\n*\n")
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert json.loads((folder / "lastfailed.json").read_text())["failed"] == {"run": [["mine.py", "b", ""]]}


@pytest.mark.parametrize(
    "text", some(["", "[]", "{}", '{"format": 2, "failed": {}}', '{"format": 1, "failed": {"run": [1]}}'], 12)
)
def test_what_cannot_be_read_is_nothing_known(shop, names, text):
    """A file that is broken, or of another version, is as if there were none, and is written anew."""
    names(wrong="b")
    (shop / FOLDER / "lastfailed.json").write_text(text)
    assert names("--lf") == ["a", "b", "c", "d"]
    assert names("--lf") == ["b"]


def test_a_folder_that_cannot_be_written(shop, names):
    """Where nothing can be kept, the run is what it is without it."""
    (shop / FOLDER).write_text("")
    assert (names(wrong="b"), names.done.status, names.done.err) == (["a", "b", "c", "d"], 1, "")


def test_commands_are_apart(command, shop, names):
    """What failed in a scan is not what failed in a run."""
    (shop / "layer.py").write_text(
        "class Twice:\n    def forward(self, x):\n        return x * x\n"
        "    def backward(self, dout):\n        return dout\n"
    )
    assert command("scan", "layer.py").status == 1
    assert names("--lf", wrong="") == ["a", "b", "c", "d"]
    assert set(json.loads((shop / FOLDER / "lastfailed.json").read_text())["failed"]) == {"scan"}


def test_options_that_exclude_each_other(command, shop):
    """A shard with --lf would look as if all of it had been checked; --lf and --ff are one or the other."""
    done = command("shop.toml", "--shard", "1/2", "--lf")
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert command("shop.toml", "--ff", "--lf").status == 2

"""Shards: each case is in one of them, and a part of the cases says nothing of the others."""

import json

import pytest
from effort import slow
from products import cases

from verify.command.shards import divided
from verify.model.errors import InputError
from verify.model.identity import Shard


@pytest.mark.parametrize("of", range(1, 8))
def test_each_case_is_in_one_shard(of):
    """Shards together have every case once, each as many as the others or one more, in order."""
    parts = [divided(range(7), Shard(number, of)) for number in range(1, of + 1)]
    assert sorted(case for part, _ in parts for case in part) == list(range(7))
    assert max(len(part) for part, _ in parts) - min(len(part) for part, _ in parts) <= 1
    assert all(sorted(part + others) == list(range(7)) and part == sorted(part) for part, others in parts)


def test_a_shard_without_a_case():
    """A shard that there is no case for is refused: nothing checked is no success."""
    with pytest.raises(InputError, match="--shard 3/4: nothing to check: there are 2 cases for 4 shards"):
        divided("ab", Shard(3, 4))


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1/0", "0/0", "x", "3", "1/2/3", "-1/3", "1.0/2", "", "1/9999999"])
def test_what_is_no_shard(command, shop, shard):
    """A shard out of range, or none at all, is refused in one line before something is run."""
    for name in ("run", "scan", "list"):
        done = command(name, f"--shard={shard}", "shop.toml")
        assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
        assert f"gradproof: --shard {shard!r}: expected K/N" in done.err


def test_the_cases_of_a_shard(command, shop):
    """A run of a shard has every so manieth of the cases that are chosen, its JSON and its last line say which one."""
    (shop / "mine.py").write_text(cases("a", "b", "c", "d", "e"))
    listed = [command("list", "mine.py", "--shard", f"{number}/2", "-k", "not c").out for number in (1, 2)]
    assert [[line.split()[-1] for line in text.splitlines()] for text in listed] == [["a", "d"], ["b", "e"]]
    document = json.loads(command("mine.py", "--shard", "2/2", "-k", "not c", "--report", "json").out)
    assert ([case["name"] for case in document["cases"]], document["shard"]) == (["b", "e"], {"number": 2, "of": 2})
    assert command("mine.py", "--shard", "2/3").out.endswith("shard 2/3: 2 cases, 4 gradients: all proved.\n")


def test_what_could_not_be_imported_is_in_one_shard(command, shop):
    """The row of a broken file fails one shard, and no other."""
    (shop / "mine.py").write_text(cases("a", "b"))
    (shop / "broken.py").write_text("1 / 0")
    assert [command("mine.py", "broken.py", "--shard", f"{number}/3").status for number in (1, 2, 3)] == [0, 0, 1]


@slow
def test_the_baseline_of_other_shards(command, shop):
    """Entries of cases in other shards are not stale; those of cases that are nowhere are."""
    (shop / "mine.py").write_text(cases("a", "b", "c", "d", wrong="abcd"))
    known = ["mine.py", "--baseline", "known.json", "--strict"]
    assert command(*known, "--baseline-update").status == 0
    for number in (1, 2):
        assert command(*known, "--shard", f"{number}/2").status == 0
    (shop / "mine.py").write_text(cases("a", "b", "c", wrong="abc"))
    for number in (1, 2):
        done = command(*known, "--shard", f"{number}/2")
        assert (done.status, "mine.py: d: gradient x was REFUTED" in done.out) == (1, True)
        assert "mine.py: a" not in done.out
        assert "mine.py: b" not in done.out


def test_the_baseline_of_a_file_that_is_broken_in_another_shard(command, shop):
    """Where a file could not be imported in one shard, its entries are not stale in the others."""
    (shop / "mine.py").write_text(cases("a", wrong="a"))
    (shop / "other.py").write_text(cases("b", wrong="b"))
    known = ["mine.py", "other.py", "--baseline", "known.json", "--strict"]
    assert command(*known, "--baseline-update").status == 0
    (shop / "other.py").write_text("1 / 0")
    assert [command(*known, "--shard", f"{number}/2").status for number in (1, 2)] == [0, 1]


@slow
def test_an_update_by_a_shard_keeps_the_others(command, shop):
    """--baseline-update writes what the shard has checked, and leaves the entries of other shards as they are."""
    (shop / "mine.py").write_text(cases("a", "b", wrong="ab"))
    known = ["mine.py", "--baseline", "known.json"]
    command(*known, "--baseline-update")
    before = (shop / "known.json").read_text()
    command(*known, "--baseline-update", "--shard", "1/2")
    assert (shop / "known.json").read_text() == before
    (shop / "mine.py").write_text(cases("a", "b", wrong="b"))
    assert "1 pruned" in command(*known, "--baseline-update", "--shard", "1/2").err
    assert command("mine.py", "--baseline", "known.json").status == 0

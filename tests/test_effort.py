"""What `make test` leaves out: another part of it has it, and `make test-long` or `make test-random` all of it."""

import re
from pathlib import Path

import effort
import pytest

TESTS = Path(__file__).parent
MAKEFILE = (TESTS.parent / "Makefile").read_text()


@pytest.mark.parametrize("number", [1, 3, 7, 20])
def test_the_parts_have_all(monkeypatch, number):
    """Every item is in one part, whatever its place, and the long tests have all in order."""
    items = [str(i) for i in range(number)]
    monkeypatch.setattr(effort, "LONG", False)
    parts = []
    for part in range(6):
        monkeypatch.setattr(effort, "PART", part)
        parts += effort.some(items)
    assert sorted(parts) == sorted(items)
    monkeypatch.setattr(effort, "LONG", True)
    assert effort.some(items) == items


def test_the_parts_of_the_long_tests_have_all_chunks(monkeypatch):
    """Every chunk is in one part of the long tests, the whole has all in order, and a short run has one."""
    monkeypatch.setattr(effort, "LONG", True)
    parts = []
    for part in range(5):
        monkeypatch.setattr(effort, "PART", part)
        chunks, size = effort.chunks_of(50, 10, many=213, every=5)
        assert (len(chunks), size) in {(43, 50), (42, 50)}
        parts += chunks
    assert sorted(parts) == list(range(213))
    monkeypatch.setattr(effort, "WHOLE", True)
    assert effort.chunks_of(50, 10, many=213, every=5) == (range(213), 50)
    monkeypatch.setattr(effort, "LONG", False)
    assert effort.chunks_of(50, 10, many=213, every=5) == (range(4, 5), 10)


def test_the_random_tests_are_those_that_are_tried_in_chunks_or_weekly():
    """A file is in the list of `make test-random` if tests are tried in chunks, or marked `weekly`, and only then."""
    (rule,) = re.findall(r"^test-random:.*?\n\n", MAKEFILE, re.MULTILINE | re.DOTALL)
    chunked = {
        path.name
        for path in TESTS.glob("test_*.py")
        if re.search("^CHUNKS.* = chunks_of|^@weekly$", path.read_text(), re.MULTILINE)
    }
    assert set(re.findall(r"tests/(test_\w+\.py)", rule)) == chunked

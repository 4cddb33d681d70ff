"""`make test-long` runs what `make test` leaves out, wholly or in part, and nothing that it runs as it is."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
OTHER = """
from effort import LONG

NUMBER = 9 if LONG else 1
SAME = 5
"""
HEAD = """
import pytest
from effort import LONG, chunks_of, slow, some
from test_other import NUMBER, SAME

def helper():
    return NUMBER

@pytest.fixture
def number():
    return helper()

LETTERS = some("abcd", 2)
"""
WHOLLY = {
    "in its body": ("def test(): assert LONG", 1),
    "by a function": ("def test(): assert helper()", 1),
    "by a fixture": ("def test(number): assert number", 1),
    "from another file": ("def test(): assert NUMBER", 1),
    "slow": ("@slow\ndef test(): pass", 1),
    "a list that grows": ("@pytest.mark.parametrize('n', range(2 if LONG else 1))\ndef test(n): pass", 2),
    "some of a list that grows": ("@pytest.mark.parametrize('n', some(range(6 if LONG else 3)))\ndef test(n): pass", 6),
    "a list of some": ("@pytest.mark.parametrize('n', [n for n in some(range(6))])\ndef test(n): pass", 6),
    "a list of those named": ("@pytest.mark.parametrize('n', [n for n in LETTERS])\ndef test(n): pass", 4),
    "chunks": (
        "CHUNKS, SIZE = chunks_of(2, 1, 9, every=5)\n@pytest.mark.parametrize('n', CHUNKS)\ndef test(n): pass",
        2,
    ),
    "a list and its body": ("@pytest.mark.parametrize('n', LETTERS)\ndef test(n): assert LETTERS", 4),
}
IN_PART = {
    "a list": ("@pytest.mark.parametrize('n', some(range(4)))\ndef test(n): pass", {"1", "2", "3"}),
    "a list with a name": ("@pytest.mark.parametrize('n', LETTERS)\ndef test(n): pass", {"b", "d"}),
    "names of its entries": (
        "@pytest.mark.parametrize('n', some([{}, {}, {}], 2), ids=some('xyz', 2))\ndef test(n): pass",
        {"y"},
    ),
    "pairs": (
        "@pytest.mark.parametrize(('n', 'm'), some([(1, 2), (3, 4), pytest.param(5, 6, id='last')], 2))\n"
        "def test(n, m): pass",
        {"3-4"},
    ),
    "a list beside another": (
        "@pytest.mark.parametrize('m', [0, 1])\n@pytest.mark.parametrize('n', some(range(3)))\ndef test(n, m): pass",
        {"1-0", "1-1", "2-0", "2-1"},
    ),
    "two lists": (
        "@pytest.mark.parametrize('m', some(range(2)))\n@pytest.mark.parametrize('n', LETTERS)\ndef test(n, m): pass",
        {"a-1", "b-0", "b-1", "c-1", "d-0", "d-1"},
    ),
    "one entry that is slow": (
        "@pytest.mark.parametrize('n', [1, pytest.param(2, marks=slow)])\ndef test(n): pass",
        {"2"},
    ),
    "nothing": ("@pytest.mark.parametrize('n', [1, 2])\ndef test(n): assert SAME", set()),
}


@pytest.fixture
def collected(tmp_path):
    """Return what `make test-long` collects of a file of tests."""

    def collect(code, longest=()):
        (tmp_path / "test_other.py").write_text(OTHER)
        (tmp_path / "clocked.py").write_text(f"import left_out\nleft_out.LONGEST = {set(longest)}")
        (tmp_path / "test_it.py").write_text(HEAD + code)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "-m",
            "left_out",
            "-p",
            "clocked",
            "-p",
            "left_out",
        ]
        done = subprocess.run(
            [*command, "test_it.py"],
            cwd=tmp_path,
            env={
                **os.environ,
                "GRADPROOF_LONG": "1",
                "PYTHONPATH": f"{TESTS}{os.pathsep}{tmp_path}",
                "PYTEST_ADDOPTS": "",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 5), done.stdout
        return {line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line}

    return collect


def files(bodies):
    """Return one file of tests with these bodies, `test_0`, `test_1`, ..."""
    return "".join(f"\n{body.replace('def test(', f'def test_{i}(')}" for i, body in enumerate(bodies))


def test_what_is_tried_less_is_run_whole(collected):
    """Whatever way a test depends on how much is tried, all of it is run by the long tests."""
    found = Counter(name.partition("[")[0] for name in collected(files(body for body, _ in WHOLLY.values())))
    assert found == {f"test_{i}": number for i, (_, number) in enumerate(WHOLLY.values())}


def test_what_is_tried_is_not_run_again(collected):
    """Of a list, the entries that `make test` tries are left to it."""
    expected = {f"test_{i}[{name}]" for i, (_, names) in enumerate(IN_PART.values()) for name in names}
    assert collected(files(body for body, _ in IN_PART.values())) == expected


def test_what_takes_longest_is_left_out(collected):
    """A test of the list is run by the long tests, be it one of several of a function, and no other."""
    body = "@pytest.mark.parametrize('n', [1, 2])\ndef test(n): pass"
    assert collected(body, ["test_it.py::test[2]", "test_it.py::test_else"]) == {"test[2]"}

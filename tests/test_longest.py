"""Which tests `make test` leaves out for what they take."""

import ast
import os
import subprocess
import sys

import pytest
from effort import slow
from left_out import LONGEST
from longest import LIST, longest

ROOT = LIST.parent.parent


@pytest.mark.parametrize(
    ("budget", "names"), [(9, []), (8, []), (7, ["b"]), (3, ["b"]), (2.5, ["a", "b"]), (0, ["a", "b", "c"])]
)
def test_the_longest_are_left_out_until_the_others_fit(budget, names):
    """No more tests are listed than have to be."""
    assert longest({"a": 2, "b": 5, "c": 1}, budget) == names


def test_each_listed_test_is_written():
    """The list names functions that are there: `python tests/longest.py` measures anew."""
    functions = {
        f"tests/{path.name}::{node.name}"
        for path in {ROOT / name.partition("::")[0] for name in LONGEST}
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert {name.partition("[")[0] for name in LONGEST} - functions == set()


@slow
def test_each_listed_test_is_collected():
    """No line of the list is of a test that has another name by now, or other parameters."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GRADPROOF", "PYTEST"))}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:]
    assert LONGEST - set(run.stdout.splitlines()) == set()

"""A file of cases that is run as a program says what to type; one that checks cases, or is imported, does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from effort import slow

ROOT = Path(__file__).parent.parent
CASES = """\
import gradproof


@gradproof.case("y = x * x", at={"x": 3})
def square(x):
    dy = yield x * x
    return 2 * x * dy
"""
AGAIN = CASES.partition("\n\n\n")[2].replace("square", "again")


@pytest.fixture
def program(tmp_path):
    """Run a file with Python; returns what it prints."""

    def run(text):
        (tmp_path / "my cases.py").write_text(text)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "my cases.py"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    return run


def test_a_file_that_is_run(program):
    """It counts the cases and shows the command, quoted as a shell needs it."""
    hint = "my cases.py defines {} and checks none. To check: gradproof 'my cases.py'\n"
    assert program(CASES) == hint.format("1 case")
    assert program(f"{CASES}\n\n{AGAIN}") == hint.format("2 cases")


@slow
@pytest.mark.parametrize("check", ["gradproof.check(square)", "gradproof.assert_gradients(square)"])
def test_a_program_that_checks(program, check):
    """Nothing is said, even of a case that is made later and not checked."""
    assert program(f"{CASES}\n\n{check}\n\n\n{AGAIN}") == ""


def test_a_file_that_is_imported(program, tmp_path):
    """Nothing is said of the cases of a module."""
    (tmp_path / "shop.py").write_text(CASES)
    assert program("import shop") == ""

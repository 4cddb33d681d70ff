"""`--watch` runs again after each change, only what it concerns, and ends with Ctrl-C."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from effort import slow
from products import cases


@contextmanager
def started(*targets):
    """Start the command on files; it is ended afterwards."""
    command = [sys.executable, "-m", "gradproof", *targets, "--watch", "--quick", "-v"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def watching(shop):
    """Start the command on two files of cases."""
    (shop / "mine.py").write_text(cases("a"))
    (shop / "other.py").write_text(cases("b"))
    with started("mine.py", "other.py") as process:
        yield process


def saved(path, text):
    """Save a file in one step: written in two, a file is seen to change twice where the machine is busy."""
    unseen = path.with_suffix(".unseen")
    unseen.write_text(text)
    unseen.replace(path)


def until_it_waits(process):
    """Return the lines on standard error of a run, once it has ended."""
    lines = []
    while not (lines and "waiting for file changes" in lines[-1]):
        lines.append(process.stderr.readline())
        assert lines[-1], lines
    return [line.strip() for line in lines[:-1] if line.startswith("gradproof:")]


@slow
def test_a_change_is_run(watching, shop):
    """An edit has the cases of its file run again; the exit status is that of the last run, without a traceback."""
    assert until_it_waits(watching) == []
    saved(shop / "mine.py", cases("a", wrong="a"))
    assert until_it_waits(watching) == ["gradproof: other.py has not changed and is not run again"]
    (shop / "mine.py").unlink()
    assert until_it_waits(watching) == ["gradproof: other.py has not changed and is not run again"]
    saved(shop / "mine.py", cases("a", wrong="a"))
    assert until_it_waits(watching) == [
        f"gradproof: {name}.py has not changed and is not run again" for name in ("mine", "other")
    ]
    watching.send_signal(signal.SIGINT)
    out, err = watching.communicate()
    assert (watching.returncode, err) == (1, "")
    assert out.count("all proved") == 1
    assert out.count("FAILED") == 3
    assert out.count("mine.py: no such file\n\nFAILED: 1 case in error") == 1


IMPORTING = """
import gradproof
from parts import helper


case = gradproof.derivative(lambda x: helper.scale(x), lambda x: 3 + 0 * x, x="N", name="scaled")
"""


@slow
def test_changes_of_what_cases_rest_on_are_run(shop):
    """An edit of a module that cases import has them run again, and one of a TOML file the cases in it, nothing else."""
    (shop / "parts").mkdir()
    (shop / "parts" / "__init__.py").touch()
    helper = shop / "parts" / "helper.py"
    helper.write_text("def scale(x):\n    return 3 * x\n")
    (shop / "mine.py").write_text(IMPORTING)
    with started("mine.py", "shop.toml") as process:
        assert until_it_waits(process) == []
        saved(helper, "def scale(x):\n    return 4 * x\n")
        assert until_it_waits(process) == ["gradproof: shop.toml has not changed and is not run again"]
        saved(helper, "def scale(x):\n    return 3 * x\n")
        assert until_it_waits(process) == ["gradproof: shop.toml has not changed and is not run again"]
        saved(shop / "shop.toml", (shop / "shop.toml").read_text().replace("tax = 1.1", "tax = 1.2"))
        assert until_it_waits(process) == ["gradproof: mine.py has not changed and is not run again"]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    verdicts = [line.split(":")[0] for line in out.splitlines() if line.startswith(("3 cases", "FAILED"))]
    assert [verdict.partition(",")[0] for verdict in verdicts] == ["3 cases", "FAILED", "3 cases", "3 cases"]


def test_bad_input_is_told_at_once(command, shop):
    """What the first run cannot begin with ends the command."""
    result = command("absent.py", "--watch")
    assert (result.status, result.err) == (2, "gradproof: absent.py: no such file\n")


def test_without_watchfiles_the_extra_is_named(command, shop, monkeypatch):
    """Who has no watchfiles reads what to install."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    result = command("shop.toml", "--watch")
    assert (result.status, result.out) == (2, "")
    assert result.err == "gradproof: --watch needs watchfiles: pip install 'gradproof[watch]'\n"

"""`--watch` runs again after each change, only what it concerns, and ends with Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from effort import slow
from products import cases


@pytest.fixture
def watching(shop):
    """Start the command on two files of cases; it is ended when the test is over."""
    (shop / "mine.py").write_text(cases("a"))
    (shop / "other.py").write_text(cases("b"))
    command = [sys.executable, "-m", "gradproof", "mine.py", "other.py", "--watch", "--quick", "-v"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


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
    (shop / "mine.py").write_text(cases("a", wrong="a"))
    assert until_it_waits(watching) == ["gradproof: other.py has not changed and is not run again"]
    (shop / "mine.py").unlink()
    assert until_it_waits(watching) == ["gradproof: mine.py: no such file"]
    (shop / "mine.py").write_text(cases("a", wrong="a"))
    assert until_it_waits(watching) == [
        f"gradproof: {name}.py has not changed and is not run again" for name in ("mine", "other")
    ]
    watching.send_signal(signal.SIGINT)
    out, err = watching.communicate()
    assert (watching.returncode, err) == (1, "")
    assert out.count("all proved") == 1
    assert out.count("FAILED") == 2


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

"""What a person sees of a long run: on a real terminal, and elsewhere."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from effort import slow

from verify.runner.progress import Progress

GRADPROOF = Path(sys.executable).with_name("gradproof")
CASES = """
import time
import verify

def case(name, seconds):
    @verify.case("y = x * x", at={{"x": 3}}, name=name)
    def square(x):
        {}
        dy = yield x * x
        return 2 * x * dy
    return square

cases = [case("first", 0.01), case("slow 사과", 0.05), case("last", 0)]
"""
LAYER = """
import time
import verify

class Square:
    def forward(self, x):
        time.sleep(0.1)
        self.x = x.copy()
        return x * x

    def backward(self, dout):
        return 2 * self.x * dout

square = verify.layer(Square, inputs={"x": "N"})
"""


@pytest.fixture
def terminal(command, tmp_path, monkeypatch):
    """Run the command with standard error on a terminal of a width; returns its status, output and what was shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("verify.runner.progress._AFTER", 0.01)  # of half a second; a process of its own has all of it

    def run(*arguments, columns=80, start=command, **environment):
        for name, value in {"TERM": "xterm", **environment}.items():
            monkeypatch.setenv(name, value)
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with ThreadPoolExecutor() as pool, os.fdopen(ours, "rb", buffering=0):
            shown = pool.submit(lambda: b"".join(iter(lambda: read(ours), b"")))
            with os.fdopen(theirs, "w", encoding="utf-8") as stderr:
                done = start(*arguments, stderr=stderr)
            done.shown = shown.result().decode()
        return done

    return run


def start_process(*arguments, stderr):
    """Run the command as a process of its own."""
    done = subprocess.run([GRADPROOF, *arguments], stdout=subprocess.PIPE, stderr=stderr, check=False)
    return SimpleNamespace(status=done.returncode, out=done.stdout.decode())


def read(terminal):
    """Read from a terminal until there is nobody at its other end."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def screen(shown):
    """Return the lines that are left when all has been shown, and all that were there at some time."""
    states, lines = [], [""]
    for part in re.split(r"(\r\n|\r\x1b\[K)", shown):
        if part == "\r\n":
            lines.append("")
        elif part == "\r\x1b[K":
            lines[-1] = ""
        else:
            lines[-1] += part
            states.append(lines[-1])
    return lines, states


@slow
def test_a_long_run_says_where_it_is(terminal, tmp_path):
    """After half a second one line says which case it is; in the end nothing is left of it, nor is it in the output."""
    (tmp_path / "cases.py").write_text(CASES.format("time.sleep(seconds)"))
    done = terminal("cases.py", start=start_process)
    left, states = screen(done.shown)
    assert done.status == 0
    assert left == [""]
    assert "slow 사과: 2 of 3" in states
    assert "of 3" not in done.out
    assert done.out.endswith("3 cases, 3 gradients: all proved.\n")


def test_a_short_run_says_nothing(terminal, tmp_path, monkeypatch):
    """Nobody wonders until a while is over, nor is anything shown on a dumb terminal, or with -qq."""
    stream = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr("verify.runner.progress._AFTER", 3600)  # however busy the machine is
        with Progress(stream) as progress:
            for _ in progress.over([SimpleNamespace(name="quick", where="")]):
                pass
    assert stream.getvalue() == ""
    (tmp_path / "cases.py").write_text(CASES.format("time.sleep(seconds)"))
    assert terminal("cases.py", "--quick", TERM="dumb").shown == ""
    assert terminal("cases.py", "--quick", "-qq").shown == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def fileno(self):
        raise OSError("a terminal of no width")


def test_what_others_write_does_not_mix_with_the_line(terminal, tmp_path):
    """What the layers print stands on lines of its own, and all of it is there in the end, ended or not."""
    (tmp_path / "cases.py").write_text(CASES.format("time.sleep(seconds); print('hello')"))
    left, states = screen(terminal("cases.py", "--quick").shown)
    assert "slow 사과: 2 of 3" in states
    assert set(left[:-1]) == {"hello"}
    assert left[-1] == ""
    (tmp_path / "cases.py").write_text(CASES.format("time.sleep(seconds); print('hello'); print('no end', end='')"))
    left, states = screen(terminal("cases.py", "--quick").shown)
    assert left[0] == "hello"
    assert set(left[1:-1]) == {"no endhello"}
    assert left[-1] == "no end"


def test_what_is_being_done_of_a_case(monkeypatch):
    """Behind the case stands what is being done of it; once it is at an end, nothing is left of the line."""
    monkeypatch.setattr("verify.runner.progress._AFTER", 0)
    stream = Terminal()
    with Progress(stream) as progress:
        progress._begin()
        for _ in progress.over([SimpleNamespace(name="slow, wide", where="")]):
            progress.doing("3 changes tried")
            progress.doing("4 changes tried")
        progress.end()
        progress._begin()
        left, states = screen(stream.getvalue())
    assert left == [""]
    assert "slow, wide: 1 of 1, 4 changes tried" in states


def test_a_narrow_terminal(terminal, tmp_path):
    """A line that would wrap is cut, where a Korean sign takes two columns."""
    (tmp_path / "cases.py").write_text(CASES.format("time.sleep(seconds)"))
    _, states = screen(terminal("cases.py", "--quick", columns=9).shown)
    assert "slow 사" in states
    assert not any(len(state) > 8 for state in states)


def test_interrupted(monkeypatch):
    """The line goes away whatever ends the run, and standard error is what it was."""
    stream, before = Terminal(), sys.stderr
    monkeypatch.setattr("verify.runner.progress._AFTER", 0.01)
    with pytest.raises(KeyboardInterrupt), Progress(stream) as progress:
        progress("a case", 1, 2)
        deadline = time.monotonic() + 10
        while "a case" not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert sys.stderr is before
    assert stream.getvalue().endswith("a case: 1 of 2\r\x1b[K")


def test_a_line_for_each_case_where_nobody_watches(command, shop):
    """With -v and no terminal each case is a line on standard error as it begins; without -v there is none."""
    assert command("shop.toml", "-v").err == "right: 1 of 2\nalso right: 2 of 2\n"
    assert command("shop.toml").err == ""
    assert command("shop.toml", "-v", "-q").err == ""


def test_the_slowest_cases(command, tmp_path, monkeypatch):
    """--durations names the slowest cases with their seconds on standard error; 0 asks for all, text for nothing."""
    monkeypatch.chdir(tmp_path)
    took = tmp_path / "took"  # a sign for each hundredth of a second that a case says to take
    took.write_text("")
    monkeypatch.setattr("verify.runner.crew.perf_counter", lambda: took.stat().st_size / 100)
    (tmp_path / "cases.py").write_text(CASES.format("print(end='.' * round(100 * seconds), file=open('took', 'a'))"))
    done = command("cases.py", "--durations", "1")
    assert done.out == command("cases.py").out
    heading, slowest = done.err.splitlines()
    assert heading == "slowest of 3 cases:"
    assert re.fullmatch(r" +\d+\.\d\d s  slow 사과  cases\.py:13", slowest)
    assert float(slowest.split()[0]) >= 0.6
    every = command("cases.py", "--durations", "0").err.splitlines()[1:]
    assert every[0].split()[2] == "slow"
    assert len(every) == 3
    refused = command("cases.py", "--durations", "-1")
    assert (refused.status, "expected a non-negative integer" in refused.err) == (2, True)


@slow
def test_planted_errors_use_the_same_line(terminal, tmp_path):
    """`gradproof mutate` shows how far it is with a case, and nothing is left of that."""
    (tmp_path / "cases.py").write_text(LAYER)
    done = terminal("mutate", "cases.py", "--quick", "--operators", "M1")
    left, states = screen(done.shown)
    assert "4 mutants: 4 caught" in done.out
    assert left == [""]
    assert any(re.fullmatch(r"square: \d+ of \d+", state) for state in states)

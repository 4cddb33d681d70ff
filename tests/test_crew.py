"""Files of cases are checked beside each other, and nothing of the result tells."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from clock import SAY
from effort import slow, some

from verify.runner import crew
from verify.runner.process import Process
from verify.runner.workers import Workers

PATIENCE = 60  # seconds for what is over at once unless it never is
COMMAND = str(Path(sys.executable).with_name("gradproof"))
CASE = """
@gradproof.case("x * y", at={{"x": 2, "y": 3}})
def {name}(x, y):
    {code}
    dout = yield x * y
    return dout * y, dout * x
"""
COUNTING = """
count = 0

class Times:
    def __init__(self):
        global count
        count += 1

    def forward(self, x):
        return x * 3

    def backward(self, dout):
        return dout * count

first, second, third = (gradproof.layer(Times, inputs={"x": "N"}) for _ in range(3))
"""
BOTH = "open('{}', 'w').close()\n    while not __import__('os').path.exists('{}'): pass"
HERE, THERE = "open('here', 'w').close()", "__import__('os').path.exists('here')"
GLOB = "__import__('glob').glob('hanging*')"
FORMATS = ("json", "junit", "sarif", "html", "markdown", "github", "gitlab", "terminal")


def cases(**codes):
    """Write a module of cases, each of which runs some code first."""
    return "import gradproof\n" + "".join(CASE.format(name=name, code=code) for name, code in codes.items())


@pytest.fixture
def written(command, shop):
    """Run targets in so many processes; returns status, all reports, and both streams."""

    def run(jobs, *arguments):
        reports = [part for name in FORMATS for part in ("--report", f"{name}=report.{name}")]
        done = command(*arguments, *reports, "-v", "--seed", 0, "-j", jobs)
        return done, {name: (shop / f"report.{name}").read_bytes() for name in FORMATS}

    return run


REMEMBERS = """
import gradproof
import memory

def backward(dout, x):
    memory.calls.append("{name}")
    return dout * (2 * x if set(memory.calls) == {{"{name}"}} else 3 * x)

case = gradproof.pair(lambda x: x**2, backward, x="N", name="{name}")
"""


@pytest.mark.parametrize(("order", "jobs"), some([("abc", 1), ("cba", 1), ("abc", 2), ("cba", 2)], 12))
def test_files_that_share_a_module(command, shop, order, jobs):
    """What the cases of a file leave in a module does not decide what becomes of the cases of another file."""
    (shop / "memory.py").write_text("calls = []\n")
    for name in order:
        (shop / f"{name}.py").write_text(REMEMBERS.format(name=name))
    done = command(*(f"{name}.py" for name in order), "-j", jobs)
    assert done.out.count("  proved (") == 3, done.out


@slow
def test_the_same_bytes(written, shop):
    """Whatever cases do, reports, output and errors are the same in one process and in several."""
    hostile = {
        "prints": cases(one="print('one')", two="print('two')"),
        "dies": cases(one="print('dying', flush=True); __import__('os')._exit(3)", two="pass"),
        "raises": "import gradproof\nprint('imported')\nraise ValueError('no')\n",
        "changes": cases(one="__import__('sys').stdout = None", two="print('two')"),
        "wrong": cases(one="x = 2 * x"),
        "counting": f"import gradproof\nprint('imported once'){COUNTING}",
    }
    for name, text in hostile.items():
        (shop / f"{name}.py").write_text(text)
    names = [f"{name}.py" for name in hostile]
    one, reports = written(1, *names, "shop.toml")
    assert one.err.count("imported once\n") == 1
    for jobs in some((2, 5, 99)):
        assert written(jobs, *names, "shop.toml") == (one, reports)
    assert [case["name"] for case in json.loads(reports["json"])["cases"]][-3:] == ["third", "right", "also right"]


@slow
def test_cases_of_two_files_run_at_the_same_time(command, shop):
    """Two cases that wait for each other both end, where there are two processes."""
    (shop / "left.py").write_text(cases(left=BOTH.format("left", "right")))
    (shop / "right.py").write_text(cases(right=BOTH.format("right", "left")))
    assert command("left.py", "right.py", "-j", 2, "--timeout", PATIENCE).status == 0


@slow
def test_one_process_runs_one_file_after_the_other(command, shop, clock):
    """The same cases do not end in one process: the first waits for the second, until its time is over."""
    (shop / "left.py").write_text(cases(left=f"while not __import__('os').path.exists('right') and not {SAY}: pass"))
    (shop / "right.py").write_text(cases(right="open('right', 'w').close()"))
    done = command("left.py", "right.py", "-j", 1)
    assert (done.status, "1 case undecided" in done.out) == (1, True)


@slow
def test_a_hanging_case_beside_another(written, shop, clock):
    """Two cases that hang at the same time are both undecided, as they are one after the other."""
    (shop / "left.py").write_text(cases(one=f"while not {THERE} or not {SAY}: pass"))
    (shop / "right.py").write_text(cases(two=f"while {HERE} or not {GLOB} or not {SAY}: pass"))
    (shop / "here").touch()
    one = written(1, "left.py", "right.py")
    for path in [shop / "here", *shop.glob("hanging*")]:
        path.unlink()
    assert written(2, "left.py", "right.py") == one
    assert one[0].out.count("because   not finished after 60 s") == 2


@slow
def test_the_first_failure_ends_all(written, shop):
    """With -x nothing is shown after the first case that fails, and what runs beside it is broken off."""
    (shop / "left.py").write_text(cases(one="x = 2 * x", two="pass"))
    (shop / "right.py").write_text(cases(three="while True: pass"))
    two = written(2, "-x", "left.py", "right.py")
    assert two == written(1, "-x", "left.py", "right.py")
    assert "stopped early" in two[0].out


@slow
def test_an_interrupt_ends_all_workers(shop):
    """Ctrl-C ends with 130, and no process is left of those that were checking."""
    say = "open(f'busy{__import__(\"os\").getpid()}', 'w').close()"
    for name in ("left", "right"):
        (shop / f"{name}.py").write_text(cases(one=f"{say}; print('ready', flush=True)\n    while True: pass"))
    command = [COMMAND, "left.py", "right.py", "-j", "2"]
    with subprocess.Popen(command, cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while len(busy := list(shop.glob("busy*"))) < 2:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, "gradproof: interrupted, nothing was written\n")
    for path in busy:
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.name.removeprefix("busy")), 0)


@slow
def test_each_case_has_its_own_time(command, shop):
    """--durations lists every case once, however many processes there are."""
    (shop / "left.py").write_text(cases(one="pass", two="pass"))
    lines = command("left.py", "shop.toml", "--durations", 0, "-j", 2).err.splitlines()
    assert lines[0] == "slowest of 4 cases:"
    assert sorted(line.split(" s  ")[1].split("  ")[0] for line in lines[1:]) == ["also right", "one", "right", "two"]


@pytest.mark.parametrize("jobs", ["0", "x", "-1", "1.5", "", "²", "9999999999"])
def test_what_is_no_number_of_processes(command, shop, jobs):
    """Anything but a positive number is refused before something is run."""
    for arguments in (["-j", jobs], [f"--jobs={jobs}"]):
        done = command("shop.toml", *arguments)
        assert (done.status, done.out) == (2, "")
        assert done.err == f"gradproof: --jobs {jobs!r}: expected a positive number of processes\n"


@slow
def test_the_setting(command, shop, monkeypatch):
    """The number of processes is that of the option, of `jobs` in pyproject.toml, or that of the cores."""
    sizes = []
    hire = crew.Crew.__init__
    monkeypatch.setattr(
        crew.Crew, "__init__", lambda self, first, size: (sizes.append(size), hire(self, first, size))[1]
    )
    monkeypatch.setattr(crew, "cores", lambda: 7)
    command("shop.toml")
    (shop / "pyproject.toml").write_text("[tool.gradproof]\njobs = 3\n")
    command("shop.toml")
    command("shop.toml", "-j4")
    command("shop.toml", "--jobs", 5)
    command("expr", "x * x", "--at", "x=1")
    assert sizes == [7, 3, 4, 5, 1]


def test_the_cores_that_a_process_may_use(monkeypatch):
    """Cores are those of the process, and one only in a worker of pytest-xdist."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 3, raising=False)
    assert crew.cores() == 3
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    assert crew.cores() == 1


def test_a_short_answer_of_one_worker_shortens_no_other():
    """Workers that are hired, or started anew, while another one answers in less than the usual time have all of it."""
    with Workers(Process(), limit=PATIENCE) as workers, crew.Crew(workers, 2) as both:
        both.hired().limit = 1
        assert both.hired().limit == PATIENCE
        with both.fresh() as fresh:
            assert fresh.limit == PATIENCE

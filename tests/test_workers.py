"""User code that hangs, crashes, exits or floods is a row, and the other rows are what they would be without it."""

import fcntl
import json
import os
import pickle
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from clock import HANG, SAY
from effort import slow, some

from verify.discovery.messages import Answer, Unit, receive, send
from verify.model.reasons import Reason
from verify.model.result import Evidence, Verdict
from verify.runner.origins import Nursery, Spawner, environment, origin
from verify.runner.output import Plain
from verify.runner.process import _death
from verify.tracing import patches

_PATIENCE = 60  # seconds for what is over at once unless it never is
COMMAND = str(Path(sys.executable).with_name("gradproof"))
CASE = """
@verify.case("x * y", at={{"x": 2, "y": 3}})
def {name}(x, y):
    {code}
    dout = yield x * y
    return dout * y, dout * x
"""


def cases(**codes):
    """Write a module of cases, each of which runs some code first."""
    return "import verify\n" + "".join(CASE.format(name=name, code=code) for name, code in codes.items())


@pytest.fixture
def rows(command, shop, clock):
    """Run targets with a limit of a minute; returns name, verdict and reason of each case, in order."""

    def run(*targets):
        done = command(*targets, "--timeout", 60, "--report", "json")
        found = json.loads(done.out)["cases"]
        run.status, run.err, run.cases = done.status, done.err, found
        return [(case["name"], *_first(case)) for case in found]

    return run


def _reasons(rows):
    """Return the reasons of the cases that are not proved, in order."""
    evidence = [row["evidence"] for case in rows.cases for row in case["comparisons"] if row["verdict"] != "PROVED"]
    return [Reason(told["reason"]) for told in evidence]


def _first(case):
    bad = [c for c in case["comparisons"] if c["verdict"] != "PROVED"]
    return (bad[0]["verdict"], bad[0]["evidence"]["detail"]) if bad else ("PROVED", "")


@pytest.mark.parametrize(
    ("code", "verdict", "reason"),
    [
        (HANG, "UNDECIDED", "not finished after 60 s, at bad.py:11"),
        pytest.param(
            f"{SAY}, __import__('re').match('(a+)+$', 'a' * 50 + 'b')",
            "UNDECIDED",
            "not finished after 60 s",
            marks=slow,
        ),
        ("__import__('os')._exit(3)", "ERROR", "the process exited with status 3"),
        ("__import__('os')._exit(0)", "ERROR", "the process exited with status 0"),
        ("__import__('ctypes').string_at(0)", "ERROR", "the process died: segmentation fault (signal SIGSEGV)"),
        ("__import__('os').abort()", "ERROR", "the process died: aborted (signal SIGABRT)"),
        ("__import__('sys').exit(0)", "ERROR", "SystemExit: 0, at bad.py:11"),
        ("raise type('Odd', (SystemExit,), {})(0)", "ERROR", "Odd: 0, at bad.py:11"),
        ("raise type('Odd', (KeyboardInterrupt,), {})('no')", "ERROR", "Odd: no, at bad.py:11"),
        ("__import__('os').closerange(0, 100)", "ERROR", "the process exited with status 1"),
        ("__import__('os').fork()", "PROVED", ""),
        ("__import__('os').chdir('/')", "PROVED", ""),
        ("input() if 0 else __import__('sys').stdin.read()", "PROVED", ""),
        ("__import__('signal').raise_signal(2)", "PROVED", ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_whatever_a_case_does(rows, shop, code, verdict, reason):
    """It is a row, in its place; the cases before and after it, in its file and in others, are proved."""
    (shop / "bad.py").write_text(cases(one="pass", two=code, three="pass"))
    assert rows("bad.py", "shop.toml") == [
        ("one", "PROVED", ""),
        ("two", verdict, reason),
        ("three", "PROVED", ""),
        ("right", "PROVED", ""),
        ("also right", "PROVED", ""),
    ]
    assert rows.status == (verdict != "PROVED")
    assert [case["where"] for case in rows.cases[:3]] == [{"file": "bad.py", "line": line} for line in (3, 9, 15)]
    if verdict != "PROVED":
        assert shlex.join(rows.cases[1]["reproduce"]) == "gradproof run bad.py --case two"


@pytest.mark.parametrize(
    ("code", "verdict", "reason"),
    [
        (HANG, "UNDECIDED", "not finished after 60 s, at bad.py:1"),
        ("import sys; sys.exit(0)", "ERROR", "importing it failed: SystemExit: 0, at bad.py:1"),
        ("raise KeyboardInterrupt", "ERROR", "KeyboardInterrupt, at bad.py:1"),
        ("import os; os._exit(3)", "ERROR", "the process exited with status 3"),
        ("1 +", "ERROR", "importing it failed: SyntaxError: invalid syntax, at bad.py:1"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_whatever_a_target_does_when_it_is_imported(command, rows, shop, code, verdict, reason):
    """It is a row named after the target, which no selection drops; `list` says it, and lists the others."""
    (shop / "bad.py").write_text(code)
    assert rows("bad.py", "shop.toml", "-k", "also") == [("bad.py", verdict, reason), ("also right", "PROVED", "")]
    status = 2 if code == "1 +" else 1  # a file that is no Python is bad input
    assert (rows.status, rows.cases[0]["where"]) == (status, {"file": "bad.py", "line": 0})
    assert [case.get("target") for case in rows.cases] == ["bad.py", None]
    assert shlex.join(rows.cases[0]["reproduce"]) == "gradproof run bad.py"
    if verdict == "ERROR":
        done = command("list", "bad.py", "shop.toml")
        assert (done.status, done.out.count("\n"), f"bad.py: {reason}" in done.err) == (status, 2, True)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("none.py", "no such file"),
        ("none", "no such file or module"),
        ("empty.py", "contains no cases"),
        ("notes.txt", "no such file or module"),
    ],
)
def test_a_target_that_is_none_beside_others(command, rows, shop, target, reason):
    """It is a row in error, in whatever place, and the others are checked; with nothing else it is refused."""
    (shop / "empty.py").touch()
    for targets in ((target, "shop.toml"), ("shop.toml", target)):
        assert {row[:2] for row in rows(*targets, "-k", "also")} == {(target, "ERROR"), ("also right", "PROVED")}
        assert rows.status == 2
        (row,) = (case for case in rows.cases if case["name"] == target)
        assert reason in row["comparisons"][0]["evidence"]["detail"]
        assert row["comparisons"][0]["evidence"]["reason"] == Reason.NO_TARGET.value
    done = command("run", target, target)
    assert (done.status, done.out, done.err.count(reason)) == (2, "", 1)


@pytest.mark.parametrize("subcommand", ["run", "list", "fix", "mutate"])
@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("def f(:\n", "bad.py:1: does not parse: invalid syntax"),
        ("\nreturn 1", "bad.py:2: does not parse: 'return' out"),
    ],
)
def test_files_that_are_all_no_python(command, shop, subcommand, code, problem):
    """They are bad input: a line for each, and nothing is printed or written."""
    (shop / "bad.py").write_text(code)
    (shop / "worse.py").write_text("1 +")
    done = command(subcommand, "bad.py", "worse.py")
    assert (done.status, done.out) == (2, "")
    assert [line[:7] for line in done.err.splitlines()[-2:]] == ["gradpro", "worse.p"]
    assert problem in done.err


@pytest.mark.parametrize("subcommand", ["run", "scan", "fix", "mutate"])
def test_a_file_that_is_no_python_beside_others(command, shop, subcommand):
    """The others are judged, and the exit status is 2, whatever they have."""
    (shop / "bad.py").write_text("1 +")
    (shop / "mine.py").write_text(cases(one="pass"))
    (shop / "cube.py").write_text("def cube(x):\n    return x**3\n\n\ndef cube_prime(x):\n    return 3 * x**2\n")
    done = command(subcommand, "bad.py", "cube.py" if subcommand == "scan" else "mine.py")
    assert done.status == 2
    assert "SyntaxError: invalid syntax, at bad.py:1" in done.out
    assert ("cube" if subcommand == "scan" else "one") in done.out


def test_a_file_that_imports_what_is_no_python(rows, shop):
    """It is a row, with the line of the other file."""
    (shop / "helper.py").write_text("1 +")
    (shop / "bad.py").write_text("import helper")
    assert rows("bad.py") == [("bad.py", "ERROR", "importing it failed: SyntaxError: invalid syntax, at helper.py:1")]
    assert rows.status == 1


def test_a_module_that_is_another_one_the_second_time(rows, shop):
    """Where a case ends its process and the module then has other cases, the rest is not taken for what it was."""
    again = "\nimport os\nif os.path.exists('been'): del two\nopen('been', 'w').close()\n"
    (shop / "odd.py").write_text(cases(one="__import__('os')._exit(3)", two="pass") + again)
    (one, two) = rows("odd.py")
    assert one[1:] == ("ERROR", "the process exited with status 3")
    assert two[1:] == ("ERROR", "importing it again after a crash gave different cases")
    assert _reasons(rows) == [Reason.PROCESS_DIED, Reason.UNSTABLE_IMPORT]


SPOILERS = [
    "sys.stdout = None",
    "random.setstate = None",
    "sys.path[:] = []",
    "np.seterr(all='raise')",
    "np.exp = np.sin",
    "np.set_printoptions(precision=1)",
    "__import__('builtins').sum = None",
    "os.environ.clear()",
    "sys.modules.pop('random')",
    "__import__('threading').Thread(target=__import__('time').sleep, args=(99,), daemon=True).start()",
    "os.chdir(__import__('tempfile').mkdtemp()); os.rmdir(os.getcwd())",
    "os.close(2)",
    "sys.setrecursionlimit(70)",
    "__import__('warnings').simplefilter('error')",
    "__import__('decimal').getcontext().prec = 2",
    "setattr(__import__('fractions').Fraction, '__add__', lambda a, b: a)",
    "random.Random.random = lambda self: 1 / 0",
    "np.ndenumerate.__next__ = property(lambda self: 3)",
    "setattr(__import__('flint').ctx, 'prec', 4)",
    "setattr(__import__('sympy'), 'diff', None)",
    "__import__('signal').setitimer(__import__('signal').ITIMER_REAL, 60)",
]


@slow
def test_what_a_case_leaves_changed(rows, shop, monkeypatch):
    """The case after one that changed its process is what it would be without it."""
    monkeypatch.setattr("verify.runner.process.origin", origin)  # its first worker has yet to import the checks
    text = "import os, random, sys, numpy as np\n"
    spoilers = some(SPOILERS, 10)
    for number, code in enumerate(spoilers):
        text += cases(**{f"bad{number}": code, f"good{number}": "np.exp(sum([1])); random.random(); print('', end='')"})
    (shop / "bad.py").write_text(text)
    found = rows("bad.py")
    assert [row[1:] for row in found if row[0].startswith("good")] == [("PROVED", "")] * len(spoilers)
    assert "bug" not in rows.err


REPLACED = [  # in the case, or where it is imported; what is replaced, and the verdict
    ("setattr(__import__('sympy'), 'diff', lambda *formulas: 7)", "", "sympy.diff"),
    ("pass", "import flint; flint.arb = None", "flint.arb"),
    ("setattr(__import__('builtins'), 'sum', None)", "", "builtins.sum"),
    ("pass", "np.exp = lambda x: 1 + x", "numpy.exp"),
    ("pass", "import hypothesis, math; math.exp = math.sin", "math.exp"),  # hypothesis replaces a function of `typing`
    ("np.linalg.norm = sum", "", "numpy.linalg.norm"),
    ("pass", "np.pi = 3.0", "numpy.pi"),
    ("setattr(__import__('sympy').Expr, 'diff', None)", "", "sympy.core.expr.Expr.diff"),
    ("setattr(__import__('sympy').Symbol, '__hash__', None)", "", "sympy.core.symbol.Symbol.__hash__"),
    ("setattr(__import__('fractions').Fraction, '__mul__', lambda a, b: a)", "", "fractions.Fraction.__mul__"),
    ("pass", "from verify.graph.graph import Graph; Graph.sum = None", "verify.graph.graph.Graph.sum"),
]


@pytest.mark.parametrize(("code", "start", "name"), some(REPLACED, 8), ids=lambda text: text[-12:])
def test_a_function_that_we_compute_with_is_replaced(rows, shop, code, start, name):
    """A case that replaces what verdicts are computed with is no failure of ours, and has no verdict."""
    (shop / "bad.py").write_text(f"import numpy as np\n{start}\n" + cases(bad=code))
    ((_, verdict, message),) = rows("bad.py")
    assert (verdict, message.split(", which")[0]) == ("ERROR", f"the code replaces {name}")
    assert _reasons(rows) == [Reason.REPLACED_LIBRARY]


ASSIGNMENTS = [
    "np.maximum = None",
    "np.pi = 3.0",
    "np.linalg = None",
    "np.linalg.norm = None",
    "vars(np)['maximum'] = None",
    "del np.maximum",
    "math.sqrt = math.exp",
    "setattr(np.random, 'rand', None)",
]


def test_what_a_case_assigns_to_a_library(rows, shop):
    """The case after one that replaced a library's function, constant or module finds the library's own."""
    own = (
        "assert np.maximum(1, 2) == 2 and np.pi == math.pi > 3.1 and math.sqrt(4) == 2 and np.linalg.norm([3, 4]) == 5"
    )
    text = "import math, numpy as np\n"
    assignments = some(ASSIGNMENTS, 6)
    for number, code in enumerate(assignments):
        text += cases(**{f"bad{number}": code, f"good{number}": f"{own}; np.random.rand(1)"})
    (shop / "bad.py").write_text(text)
    found = rows("bad.py")
    assert [row[1:] for row in found if row[0].startswith("good")] == [("PROVED", "")] * len(assignments)


def test_a_library_that_a_case_leaves_as_it_was():
    """What is read of a library, imported or put back is no change, for which another process would be started."""
    with patches.in_force(0):
        namespace = {"np": patches.stand_in(np)}
        code = "old = np.maximum; np.maximum = None; np.maximum = old; np.pi, np.ma.sum, np.ndarray, np.linalg.norm"
        exec(code, namespace)
    assert patches.altered() == ""
    replaced = vars(patches.stand_in(np))
    old, replaced["maximum"] = replaced["maximum"], None
    assert patches.altered() == "numpy.maximum"
    replaced["maximum"] = old
    assert patches.altered() == ""


def test_what_an_import_leaves_changed(rows, shop):
    """A module that spoils its process when it is imported spoils no other's cases, and its own have what it made."""
    (shop / "bad.py").write_text("import random\nrandom.gauss = None\n" + cases(one="assert random.gauss is None"))
    (shop / "good.py").write_text("import random\n" + cases(two="random.gauss(0, 1)"))
    for order in (["bad.py", "good.py"], ["good.py", "bad.py"]):
        assert [row[1] for row in rows(*order)] == ["PROVED", "PROVED"]


def test_threads_for_products_of_matrices():
    """A worker has one, whichever library NumPy has; a number that the user gives to any of them stays as it is."""
    ours = environment({"HOME": "/"})
    assert ours.pop("HOME") == "/"
    assert {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"} <= ours.keys()
    assert set(ours.values()) == {"1"}
    assert environment({"MKL_NUM_THREADS": "4"}) == {"MKL_NUM_THREADS": "4"}


@slow
@pytest.mark.parametrize("kind", some([Nursery, Spawner], 4))
def test_a_worker_has_one_thread_for_products(rows, shop, monkeypatch, kind):
    """The code under test finds it said, and what the user has said in its place."""
    (shop / "bad.py").write_text("import os\n" + cases(one="assert os.environ['OMP_NUM_THREADS'] == '1'"))
    (shop / "good.py").write_text("import os\n" + cases(two="assert 'OMP_NUM_THREADS' not in os.environ"))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("verify.runner.process.origin", kind)
    assert rows("bad.py") == [("one", "PROVED", "")]
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert rows("good.py") == [("two", "PROVED", "")]


@slow
def test_workers_that_are_started_and_not_forked(rows, shop, monkeypatch):
    """As on other systems than Linux: what hangs or changes its process costs its own row only."""
    monkeypatch.setattr("verify.runner.process.origin", Spawner)
    (shop / "bad.py").write_text("import sys\n" + cases(one=HANG, two="sys.stdout = None", three="print()"))
    assert [row[1] for row in rows("bad.py")] == ["UNDECIDED", "PROVED", "PROVED"]


RUDE = """
import verify


class Rude:
    def __repr__(self):
        raise ValueError("no")


def case(name, output, gradient, **options):
    def subject(x, **given):
        yield output(x)
        return gradient(x)
    return verify.case(x="N", name=name, **options)(subject)


class Loud:
    def __getattr__(self, name):
        raise KeyError(name)


output = case("output", lambda x: Rude(), lambda x: x)
gradient = case("gradient", lambda x: x, lambda x: Rude())
option = case("option", lambda x: 2 * x, lambda x: 2, options={"mode": [Rude(), Rude()]})
loud = case("loud", lambda x: Loud(), lambda x: Loud())
"""


def test_objects_that_cannot_be_shown(rows, shop):
    """A `repr` that raises, or any attribute, is a fault of the user's and not of ours."""
    (shop / "rude.py").write_text(RUDE)
    found = rows("rude.py")
    assert [row[0] for row in found] == ["output", "gradient", "option", "loud"]
    assert not any("gradproof itself failed" in row[2] for row in found)
    assert "Traceback" not in rows.err


def test_a_working_directory_that_a_case_removes(rows, shop, monkeypatch):
    """Cases after it say what is the matter, and not that gradproof failed."""
    (shop / "gone").mkdir()
    monkeypatch.chdir(shop / "gone")
    code = "__import__('shutil').rmtree(__import__('os').getcwd())"
    (shop / "gone" / "bad.py").write_text(cases(one=code, two="pass"))
    two = rows("bad.py")[1]
    assert two == ("two", "ERROR", "the working directory is gone (No such file or directory)")
    assert _reasons(rows)[-1] is Reason.NO_FOLDER


MEMORY = """
import subprocess, sys
import numpy as np
import verify


@verify.case("x * y", at={"x": 2, "y": 3})
def array(x, y):
    kept = []
    while True:
        kept.append(np.ones(1_000_000))
    yield


@verify.case("x * y", at={"x": 2, "y": 3})
def child(x, y):
    subprocess.run([sys.executable, "-c", "kept = []\\nwhile True: kept.append(bytes(10**6) + b'1')"])
    yield


@verify.case("x * y", at={"x": 2, "y": 3})
def good(x, y):
    dout = yield x * y
    return dout * y, dout * x
"""


@slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is watched by /proc")
def test_the_limit_on_memory(rows, shop):
    """A case that holds more, or whose children do, is undecided, and the rest goes on."""
    (shop / "bad.py").write_text(MEMORY)
    found = rows("bad.py", "--memory", "0.4")
    assert [row[:2] for row in found] == [("array", "UNDECIDED"), ("child", "UNDECIDED"), ("good", "PROVED")]
    assert all(row[2].startswith("more than 0.4 GB of memory") for row in found[:2])
    assert _reasons(rows) == [Reason.MEMORY] * 2


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "much", "", "1e99"])
def test_limits_on_memory_that_are_none(command, shop, text):
    """--memory takes a positive number of GB, and so does `memory` in the settings."""
    done = command("shop.toml", f"--memory={text}")
    assert (done.status, done.out) == (2, "")
    assert "expected a positive number of GB" in done.err


def test_the_limit_on_memory_of_the_project(command, shop):
    """`memory` in [tool.gradproof] has to be a number that --memory would take."""
    for value in ("0", "-1", '"4"', "true", "inf"):
        (shop / "pyproject.toml").write_text(f"[tool.gradproof]\nmemory = {value}\n")
        done = command("shop.toml")
        assert (done.status, "memory is" in done.err) == (2, True)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no reaper")
@pytest.mark.parametrize("how", some(["hangs", "ends", "dies"], 4))
def test_children_in_a_session_of_their_own(rows, shop, how):
    """They end with the worker: at the latest when the command does."""
    code = (
        "import os, subprocess; os.mkfifo('up')\n"
        "    subprocess.run(['sh', '-c', 'setsid sh -c \"exec 9>held; flock 9; echo >up; sleep 1000\" &'])\n"
        "    open('up').read()"
    )
    rest = {"hangs": HANG, "ends": "pass", "dies": "os._exit(3)"}[how]
    (shop / "bad.py").write_text(cases(one=f"{code}\n    {rest}", two="pass"))
    assert rows("bad.py")[1] == ("two", "PROVED", "")
    assert _released(shop / "held")


def test_control_characters_of_the_users(rows, shop, monkeypatch):
    """They reach neither the terminal nor a log of CI as they are."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    code = "print('::error::\\x1b[31mred'); print('  ::set-env'); print('##[group]x')"
    (shop / "bad.py").write_text(cases(one=code))
    rows("bad.py")
    assert "\x1b" not in rows.err
    assert "\\x1b[31mred" in rows.err
    assert not [line for line in rows.err.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def test_pieces_of_text():
    """However a text is cut, the same is written."""
    text = "::a\n \t::b ##[c]\r\n\x00\u202e 사과 :: #\n:"
    whole = Plain(commands=False).write(text)
    assert whole == "|::a\n \t|::b #|#[c]\n\\x00\\u202e 사과 :: #\n|:"
    plain = Plain(commands=False)
    assert "".join(plain.write(c) for c in text.replace("\r", "")) == whole
    assert Plain(commands=True).write("::a ##") == "::a ##"


@slow
def test_a_print_flood(rows, shop):
    """More lines than a pipe holds neither block nor fill anything: the first go to stderr, with how much is left out."""
    (shop / "bad.py").write_text(cases(one="for i in range(20_000): print(i)", two="print('hello')"))
    assert [row[1] for row in rows("bad.py")] == ["PROVED", "PROVED"]
    assert rows.err.startswith("0\n1\n2\n")
    assert "more characters of output, which are not shown\nhello\n" in rows.err
    assert len(rows.err.partition("hello")[0]) < 10_100  # the other case prints once in each of its runs


def test_what_a_case_starts_ends_with_it(rows, shop):
    """A process that a hanging case has started is ended too, and does not keep us waiting."""
    code = "__import__('subprocess').run(['sh', '-c', 'exec 9>held; flock 9; touch hanging; sleep 1000'])"
    (shop / "bad.py").write_text(cases(one=code))
    ((_, verdict, reason),) = rows("bad.py")
    assert (verdict, reason) == ("UNDECIDED", "not finished after 60 s, at bad.py:5")
    assert Reason.TIMEOUT in _reasons(rows)
    assert _released(shop / "held")


def _released(path):
    """Tell whether whoever holds a lock on a file is gone before long."""
    with path.open("w") as file:
        waiting = threading.Thread(target=fcntl.flock, args=(file, fcntl.LOCK_EX), daemon=True)
        waiting.start()
        waiting.join(_PATIENCE)
        return not waiting.is_alive()


@pytest.mark.parametrize(
    ("do", "status"),
    [("os.close(requests.fileno())", 7), ("os.close(writing)", -signal.SIGKILL)],
    ids=["closed", "ended"],
)
def test_requests_that_cannot_be_read(do, status):
    """Their end ends the process; a descriptor that the user's code closed does not, whichever thread is the first."""
    code = (
        "import os; from verify.runner.worker import Worker; os.setsid(); reading, writing = os.pipe()\n"
        f"requests = os.fdopen(reading, 'rb'); worker = Worker(requests, None); {do}; worker.listen(); os._exit(7)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == status


@slow
@pytest.mark.parametrize("how", some([signal.SIGKILL, signal.SIGTERM, signal.SIGINT], 4))
def test_a_worker_does_not_outlive_the_command(shop, how):
    """Whatever ends the command ends user code that hangs."""
    code = "import fcntl; f = open('held', 'w'); fcntl.flock(f, fcntl.LOCK_EX); print('ready')\n    while True: pass"
    (shop / "bad.py").write_text(cases(one=code))
    with subprocess.Popen([COMMAND, "bad.py"], cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr.readline() == b"ready\n"
        process.send_signal(how)
        process.communicate(timeout=60)
    assert process.returncode == (130 if how is signal.SIGINT else -how)
    assert _released(shop / "held")


@pytest.fixture
def repository(shop):
    """A repository whose packages are called as ours are."""
    files = {
        "layers/__init__.py": "",
        "layers/mul.py": "class Mul:\n    def forward(self, x, y): return x * y\n",
        "reports/__init__.py": "raise ImportError('not these')",
        "verify.py": "raise ImportError('nor this')",
        "verify_mul.py": "from layers.mul import Mul\n" + cases(mul="assert Mul().forward(2, 3) == 6"),
    }
    for name, text in files.items():
        (shop / name).parent.mkdir(exist_ok=True)
        (shop / name).write_text(text)
    return shop


@slow
def test_a_repository_with_packages_called_as_ours(repository):
    """Its `layers`, `reports` and `verify.py` are its own, ours are ours, in one run."""
    done = subprocess.run(
        [COMMAND, "verify_mul.py", "shop.toml"], cwd=repository, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 cases" in done.stdout


@slow
def test_a_search_path_that_leads_to_them(repository):
    """Nor does it matter that PYTHONPATH has them before ours."""
    (repository / "verify.py").unlink()
    done = subprocess.run(
        [COMMAND, "verify_mul.py", "shop.toml"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_user_code_finds_nothing_of_ours_imported(rows, shop):
    """The worker has imported neither `layers` nor `reports`, not even for the cases of a TOML file."""
    code = "import sys; assert not {'layers', 'reports', 'tabulate'} & set(sys.modules)"
    (shop / "mine.py").write_text(cases(one=code))
    assert rows("shop.toml", "mine.py")[-1] == ("one", "PROVED", "")


@slow
def test_two_directories_with_the_same_names(rows, shop):
    """Files and packages of one name in two directories do not shadow each other, when imported or later."""
    for folder, factor in (("a", 2), ("b", 3)):
        (shop / folder / "layers").mkdir(parents=True)
        (shop / folder / "layers" / "__init__.py").write_text(f"factor = {factor}")
        (shop / folder / "layers" / "late.py").write_text(f"factor = {factor}")
        check = f"from layers import late; assert factor == late.factor == {factor}"
        (shop / folder / "verify_x.py").write_text("from layers import factor\n" + cases(**{folder: check}))
    (shop / "c.py").write_text("from layers.arithmetic import MulLayer\n" + cases(c="MulLayer()"))
    for order in (["c.py", "a/verify_x.py", "b/verify_x.py"], ["b", "a", "c.py"]):
        assert [row[1:] for row in rows(*order)] == [("PROVED", "")] * 3


def test_a_directory_with_one_bad_file(rows, shop):
    """Each file of a directory is for itself."""
    for name, text in {"a": cases(one="pass"), "b": "import no_such_thing", "c": cases(two="pass")}.items():
        (shop / f"verify_{name}.py").write_text(text)
    assert [row[:2] for row in rows(".")] == [("one", "PROVED"), ("verify_b.py", "ERROR"), ("two", "PROVED")]


def test_own_layers_that_hang(rows, shop):
    """--layers names the user's code too."""
    (shop / "mine.py").write_text(HANG)
    reason = "not finished after 60 s, at mine.py:1"
    assert rows("shop.toml", "--layers", "mine.py") == [("shop.toml", "UNDECIDED", reason)]
    assert shlex.join(rows.cases[0]["reproduce"]) == "gradproof run shop.toml --layers mine.py"
    assert rows("expr", "x * y", "--at", "x=1", "--at", "y=2", "--layers", "mine.py") == [
        ("x * y", "UNDECIDED", reason)
    ]
    assert shlex.join(rows.cases[0]["reproduce"]) == "gradproof expr 'x * y' --at x=1 --at y=2 --layers mine.py"


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon", ""])
def test_time_limits_that_are_none(command, shop, text):
    """--timeout takes a positive number of seconds."""
    done = command("shop.toml", f"--timeout={text}")
    assert (done.status, done.out) == (2, "")
    assert "expected a positive number of seconds" in done.err


def test_the_time_to_find_a_call_is_said(command, shop):
    """What is added to the limit of a case, to find how code is called, is named beside it."""
    (shop / "hangs.py").write_text(
        "class A:\n    def forward(self, x):\n        while True: pass\n    def backward(self, d): return d\n"
    )
    done = command("scan", "hangs.py", "--timeout", "0.5")
    assert re.search(
        r"not finished after 0\.5 s, and \d+ s more to find how to call it, at hangs\.py:3", " ".join(done.out.split())
    )


def test_the_time_limit_of_the_project(command, shop):
    """`timeout` in [tool.gradproof] is the limit, unless --timeout gives another."""
    (shop / "pyproject.toml").write_text("[tool.gradproof]\ntimeout = 0.25\n")
    (shop / "bad.py").write_text(cases(one="while True: pass"))
    assert "not finished after 0.25 s" in command("bad.py").out
    assert "not finished after 0.5 s" in command("bad.py", "--timeout", "0.5").out


def test_only_plain_data_is_taken(tmp_path):
    """What a worker sends may be results and built-in values, nothing that runs code."""
    answer = Answer("done", [Evidence("a", "b"), Verdict.PROVED, Unit("x"), (1, "2")])
    for message, fine in [(answer, True), (os.getcwd, False), (Path(), False), (getattr, False)]:
        with (tmp_path / "messages").open("wb") as file:
            send(file, message)
        with (tmp_path / "messages").open("rb") as file:
            if fine:
                assert receive(file) == message
            else:
                with pytest.raises(pickle.UnpicklingError, match="not plain data"):
                    receive(file)


@pytest.mark.parametrize("message", ["pathlib.Path()", "os.getcwd", "print"])
def test_an_answer_that_is_no_plain_data_is_an_error_at_once(command, shop, message):
    """Nobody waits for the time limit: the case is one ERROR, and the next one gets a worker of its own."""
    spoil = f"import os, pathlib, pickle; from verify.discovery import messages; data = pickle.dumps({message})"
    (shop / "bad.py").write_text(cases(one=f"{spoil}; messages.packed = lambda message: data", two="pass"))
    begin = time.monotonic()
    done = command("bad.py", "--timeout", "50")
    assert time.monotonic() - begin < 40
    assert done.status == 1
    assert "gradproof itself failed" in " ".join(done.out.split())
    assert "is not plain data" in done.err
    assert "two" in done.out
    assert "proved" in done.out


def test_a_worker_that_does_not_start(command, shop, monkeypatch):
    """An installation that is broken is no verdict."""
    monkeypatch.setattr("verify.runner.process.origin", origin)
    monkeypatch.setattr("verify.runner.origins._START", "import no_such_module")
    done = command("shop.toml")
    assert (done.status, "No module named 'no_such_module'" in done.err, "does not start" in done.err) == (
        70,
        True,
        True,
    )


def test_signals_without_a_name():
    """A signal of the real-time kind has a number only."""
    assert _death(-40) == "the process died of signal 40"


def test_help_starts_no_worker(command, monkeypatch):
    """Nor does bad usage."""
    monkeypatch.setattr("verify.runner.process.Process", None)
    assert command("--help").status == command("--version").status == 0
    assert command("--colour").status == 2

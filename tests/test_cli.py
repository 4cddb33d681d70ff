"""The command, in-process."""

import json
import re
import shlex
from pathlib import Path

import pytest
from effort import slow

from verify.model.reasons import Reason

ROOT = Path(__file__).parent.parent
SUITE = str(ROOT / "layers" / "shopping.toml")


@slow
def test_without_arguments_the_project_is_checked(command, monkeypatch):
    """What pyproject.toml lists is checked: here the shopping suite and all reference layers."""
    monkeypatch.chdir(ROOT)
    done = command("--quick")  # test_samples_are_todays does it in full
    assert (done.status, done.err) == (0, "")
    assert re.search(
        r"\n61 cases, 2\d\d gradients of [\d,]+ entries: all proved; 13 cases in the branches taken only\.\n$",
        done.out,
    )
    assert "apples and oranges    price = tax*(apple*apple_cnt + orange*orange_cnt) = 715" in done.out


def test_run_is_the_default_command(command, shop):
    """`gradproof shop.toml` is `gradproof run shop.toml`."""
    assert command("shop.toml").out == command("run", "shop.toml").out != ""


def test_a_wrong_layer_fails_the_gate(command, shop):
    """Exit 1; the failure comes first, with its formulas, its example and how to run it again; -q shows nothing else."""
    done = command("shop.toml", "--layers", "wrong.py")
    assert done.status == 1
    assert done.out.index("REFUTED") < done.out.index("also right")
    assert "backprop  apple*dprice = 100" in done.out
    assert "exact     tax*dprice = 11/10" in done.out
    assert "at        apple=100, tax=1.1, dprice=1" in done.out
    assert "run this case alone: gradproof run shop.toml --case right --layers wrong.py" in done.out
    assert done.out.endswith("FAILED: 2 gradients refuted, 1 fault found (2 cases, 6 gradients: 4 proved).\n")
    quiet = command("shop.toml", "--layers", "wrong.py", "-q")
    assert (quiet.status, "also right" in quiet.out) == (1, False)
    silent = command("shop.toml", "--layers", "wrong.py", "-qq")
    assert (silent.status, silent.out, silent.err) == (1, "", "")


def test_verbose_shows_forward_values(command, shop):
    """-v adds the forward values and the sentence of each verdict."""
    assert "price (forward)" not in command("shop.toml").out
    assert "price (forward)" in command("shop.toml", "-v").out


def test_exitfirst_stops_and_says_so(command, shop):
    """-x stops after the first failing case, and the run is not complete."""
    done = command("shop.toml", "--layers", "wrong.py", "-x", "--report", "json")
    result = json.loads(done.out)
    assert (done.status, len(result["cases"]), result["complete"]) == (1, 1, False)


def test_quiet_twice_is_silent(command, shop):
    """With -qq nothing is printed but a report that is asked for by name; the status and the files tell."""
    done = command("shop.toml", "-qq", "--layers", "wrong", "--report", "json=out.json")
    assert (done.status, done.out, done.err) == (1, "", "")
    assert (shop / "out.json").is_file()
    assert "REFUTED" in command("shop.toml", "-qq", "--layers", "wrong", "--report", "terminal").out


def test_a_case_that_is_not_there(command, shop):
    """One of several names that is wrong is an error: a gate is not to lose a case that was renamed."""
    done = command("shop.toml", "--case", "right", "--case", "alsoright")
    assert (done.status, done.out) == (2, "")
    assert done.err == "gradproof: --case 'alsoright' is none of 2 cases; did you mean 'also right'?\n"


def test_a_log_takes_no_commands_from_names(command, shop):
    """Between the annotations and the end, GitHub obeys nobody, whatever cases are called."""
    (shop / "evil.py").write_text(
        "import verify\nbad = verify.derivative(lambda x: x * x, lambda x: x, x='N', name='::error file=a.py::no')\n"
    )
    lines = command("evil.py", "--report", "github").out.splitlines()
    (start,) = (i for i, line in enumerate(lines) if line.startswith("::stop-commands::"))
    token = lines[start].removeprefix("::stop-commands::")
    assert lines[-1] == f"::{token}::"
    assert any(line.startswith("::error file=a.py::no") for line in lines[start:])
    assert all(line.startswith(("::error file=evil.py,", "::notice title=gradproof")) for line in lines[:start])
    assert len(token) == 64


def test_a_summary_that_cannot_be_written(command, shop, monkeypatch):
    """It is said, and all else is as without it."""
    plain = command("shop.toml", "--report", "github")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(shop / "nowhere" / "summary.md"))
    done = command("shop.toml", "--report", "github")
    assert (done.status, done.out) == (plain.status, plain.out)
    assert done.err.startswith("gradproof: GITHUB_STEP_SUMMARY cannot be written: ")


def test_selection(command, shop):
    """-k chooses by name; choosing nothing is an error."""
    assert "1 case, 3 gradients" in command("shop.toml", "-k", "also").out
    done = command("shop.toml", "-k", "pear")
    assert (done.status, done.out) == (2, "")
    assert "-k 'pear' matches none of 2 cases" in done.err


@pytest.mark.parametrize("name", ["tea (hot)", "or", "a  b", "-k", "a and b", "not sold", "it's", "<b> & `c` | $d"])
def test_the_reproducing_command_runs_that_case_alone(command, shop, name):
    """Whatever a case is called, the command that is printed runs it, and nothing else."""
    text = f"[[case]]\nname = {json.dumps(name)}\nexpression = 'x * y'\ninputs = {{ x = 1, y = 2 }}\n"
    (shop / "odd.toml").write_text(text + text.replace(json.dumps(name), '"a and b, or not"').replace("x * y", "x / y"))
    (found,) = (
        json.loads(command("odd.toml", "--case", name, "--report", "json").out)["cases"] if name != "-k" else [None]
    )
    again = shlex.join(found["reproduce"]) if found else "gradproof run odd.toml --case=-k"
    result = json.loads(command(*shlex.split(again)[1:], "--report", "json").out)
    assert [case["name"] for case in result["cases"]] == [name]


def test_a_case_that_does_not_exist(command, shop):
    """--case with a name that nobody has is an error."""
    assert "--case 'rihgt' matches none of 2 cases" in command("shop.toml", "--case", "rihgt").err


def test_one_file_named_twice_is_checked_once(command, shop):
    """A path, the same path written otherwise: one file."""
    assert "2 cases" in command("shop.toml", "./shop.toml", str(shop / "shop.toml")).out


def test_list(command, shop):
    """`list` names the cases and where they stand."""
    done = command("list", "shop.toml")
    assert (done.status, done.out) == (0, "shop.toml:2: right\nshop.toml:7: also right\n")


@pytest.mark.parametrize("flags", [["-q"], ["-v", "--quick"], ["-qx"]])
def test_flags_may_come_first(command, shop, flags):
    """`gradproof -q run` is `gradproof run -q`."""
    assert command(*flags, "run", "shop.toml") == command("run", "shop.toml", *flags)
    assert command("-q", "list", "shop.toml").status == 2  # which has no such flag


def test_expr(command, shop):
    """An expression of the command line is a case."""
    done = command("expr", "apple * apple_cnt * tax", "--at", "apple=100", "--at", "apple_cnt=2", "--at", "tax=1.1")
    assert done.status == 0
    assert "110.00000000000001" in done.out
    assert done.out.endswith("1 case, 5 gradients: all proved.\n")


def test_expr_may_start_with_a_minus(command, shop):
    """-x * y is an expression, not an option; so is a negative value."""
    assert command("expr", "-x * y", "--at", "x=-1", "--at", "y=1/3", "--upstream", "-2").status == 0
    assert command("expr", "-x", "--at", "x=1").status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to check: name a file of cases"),
        (["none.toml"], "none.toml: No such file"),
        (["shop.tomml"], "shop.tomml: no such file or module"),
        (["wrong.py"], "wrong.py: contains no cases"),
        (["empty.toml"], "empty.toml: contains no cases"),
        (["shop.toml", "--report", "jsn"], "unknown format 'jsn'; did you mean 'json'?"),
        (["shop.toml", "--report", "pdf=x"], "unknown format 'pdf'; known: terminal, markdown, json, junit"),
        (["shop.toml", "--report", "json=no/such/x.json"], "the directory of x.json does not exist"),
        (["shop.toml", "--report", "json=."], "is a directory"),
        (["shop.toml", "--report", "json=x", "--report", "junit=x"], "x is written twice"),
        (["shop.toml", "--report", "json", "--report", "junit"], "two reports write to standard output"),
        (["shop.toml", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["shop.toml", "--colour"], "unrecognized arguments: --colour; did you mean '--color'?"),
        (["scan", "--no-cache"], "unrecognized arguments: --no-cache; --no-cache is an option of `gradproof run`"),
        (["shop.toml", "--nothing-alike"], "unrecognized arguments: --nothing-alike\n"),
        (["shop.toml", "--format", "concse"], "; did you mean 'concise'?"),
        (["shop.toml", "--case", "rihgt"], "--case 'rihgt' matches none of 2 cases; did you mean 'right'?"),
        (["shop.toml", "--case", "xyz"], "matches none of 2 cases; `gradproof list` prints their names"),
        (["shop.tml"], "shop.tml: no such file or module; did you mean 'shop.toml'?"),
        (["lst"], "lst: no such file or module; did you mean 'list'?"),
        (["wrogn.py"], "wrogn.py: no such file; did you mean 'wrong.py'?"),
        (["shop.toml", "--layers", "none.py"], "none.py: no such file"),
        (["expr"], "the following arguments are required: expression"),
        (
            ["expr", "x * y", "--at", "x=1"],
            "'y' has no value: it is neither an input (`--at y=1`; in a file, y = 1 in inputs) nor",
        ),
        (["expr", "x ^ 2", "--at", "x=1"], "'x ^ 2' (line 1, column 1); write ** for a power"),
        (["expr", "y = sin(x)", "--at", "x=1"], "check code with functions in Python: see `gradproof explain cases`"),
        (["expr", "x", "--at", "x"], "expected NAME=VALUE"),
        (["expr", "x", "--at", "x=1", "--at", "x=2"], "is given twice"),
        (["expr", "x", "--at", "x=nan"], "only finite numbers"),
        (["expr", "x / y", "--at", "x=1", "--at", "y=0"], "division by zero at the sample: y is 0"),
        (["expr", "__import__('os').system('x')"], "not arithmetic: a call"),
        (["shop.toml", "--report", "json=" + "x" * 300], "cannot be written: File name too long"),
        (["expr", "x\udcff * 2", "--at", "x=1"], "not valid text"),
        (["expr", "x", "--at", "x=0." + "1" * 5000], "the input 'x' has more than 1,000 digits"),
        (["expr", "x * 0." + "1" * 5000, "--at", "x=1"], "more than 1,000 digits"),
        (["expr", "(" * 100_000 + "x" + ")" * 100_000, "--at", "x=1"], "too many nested parentheses"),
        (["expr", "-" * 100_000 + "x", "--at", "x=1"], "nested too deeply"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_input(command, shop, arguments, message):
    """A message on stderr, exit 2, nothing on stdout, no traceback, nothing written."""
    (shop / "empty.toml").write_text("")
    before = sorted(shop.rglob("*"))
    done = command(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("gradproof: ")
    assert message in done.err
    assert "Traceback" not in done.err
    assert len(done.err) < 1000
    assert [p for p in sorted(shop.rglob("*")) if "__pycache__" not in p.parts] == before


def test_several_reports_at_once(command, shop):
    """Reports go to files, the table stays on stdout; a report without a path takes its place."""
    done = command("shop.toml", "--report", "json=a.json", "--report", "junit=b.xml", "--report", "markdown=c.md")
    assert done.out == command("shop.toml").out
    assert json.loads(Path("a.json").read_text())["exit_status"] == 0
    assert Path("b.xml").read_text().startswith("<?xml")
    assert Path("c.md").read_text().startswith("# ✅ 2 cases")
    assert json.loads(command("shop.toml", "--report", "json").out) == json.loads(Path("a.json").read_text())
    assert command("shop.toml", "--report", "json=-").out == Path("a.json").read_text()


def test_a_failing_run_leaves_the_old_report(command, shop):
    """When the run cannot be made, an existing report is as it was."""
    Path("a.json").write_text("old")
    assert command("none.toml", "--report", "json=a.json").status == 2
    assert Path("a.json").read_text() == "old"


@pytest.mark.parametrize(
    ("option", "environment", "colored"),
    [
        ("auto", {}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color(command, shop, monkeypatch, option, environment, colored):
    """The option wins, then NO_COLOR, then FORCE_COLOR; a pipe has none by itself."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in command("shop.toml", "--color", option).out) is colored
    assert ("\x1b[" in command("shop.toml", "--color", option, "--report", "terminal").out) is colored


def test_help_and_version(command):
    """Help has examples and the exit statuses; the version line has what a bug report needs."""
    assert command("--help").status == command("--version").status == 0
    assert "exit status:" in command("--help").out
    assert command("--version").out.startswith("gradproof 0.")
    assert "SymPy" in command("--version").out or "sympy" in command("--version").out


def test_interrupt(command, shop, monkeypatch):
    """Ctrl-C ends with 130 and writes nothing."""

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("verify.runner.workers.Workers.checked", interrupt)
    done = command("shop.toml", "--report", "json=a.json")
    assert (done.status, done.out, "interrupted" in done.err, Path("a.json").exists()) == (130, "", True, False)


def test_a_bug_of_ours_is_a_row_and_no_verdict(command, shop):
    """An unexpected exception of ours costs one row, which is in error and says so; the others are unharmed."""
    (shop / "planted.py").write_text(
        "import types\nimport verify\nfrom verify.checks import checker\n"
        "checker._as_it_was = types.FunctionType(checker._compared.__code__, vars(checker))\n"
        "def planted(case, seed):\n"
        "    return None + 1 if case.name == 'x' else _as_it_was(case, seed)\n"
        "checker._compared.__code__ = planted.__code__.replace(co_filename=checker.__file__)\n"
        "@verify.case('x', at={'x': 1})\ndef x(x):\n    return (yield x)\n"
        "@verify.case('y', at={'y': 1})\ndef y(y):\n    return (yield y)\n"
    )
    done = command("planted.py")
    assert (done.status, "TypeError" in done.err) == (1, True)
    assert "gradproof itself failed: this is a bug; please report it" in done.out
    assert f"what that means: gradproof explain {Reason.INTERNAL_ERROR.value}" in done.out
    assert "1 case in error (2 cases, 1 gradient: 1 proved)" in done.out


@pytest.fixture
def keeping(shop):
    """A case of a layer that keeps its input: a hazard."""
    (shop / "keeping.py").write_text(
        "import verify\n\n\nclass Square:\n    def forward(self, x):\n        self.x = x\n        return x**2\n\n"
        "    def backward(self, dout):\n        return 2 * self.x * dout\n\n\n"
        'square = verify.layer(Square, inputs={"x": "N"})\n'
    )
    return "keeping.py"


def test_a_hazard_passes_unless_strict(command, keeping):
    """It is shown with its place and how to learn more; --strict makes it fail, and -q shows it then."""
    done = command(keeping)
    assert done.status == 0
    assert "hazard GP120: Square.forward keeps a reference to x" in done.out
    assert "(keeping.py:5)" in done.out
    assert "what that means: gradproof explain GP120" in done.out
    assert done.out.endswith("all proved; 1 hazard found.\n")
    assert "GP120" not in command(keeping, "-q").out
    strict = command(keeping, "--strict", "-q")
    assert strict.status == 1
    assert "FAILS GP120" in strict.out
    assert strict.out.endswith("FAILED: 1 fault found (1 case, 1 gradient of 4 entries: 1 proved).\n")
    assert command(keeping, "--quick", "--strict").status == 0


def test_explain(command):
    """A code, several, or none for the list; a code that does not exist is refused with the nearest."""
    assert command("explain", "GP101").out.startswith("GP101  backward writes into dout\n")
    assert command("explain").out.startswith("findings:\n  GP001  hazard  ")
    refused = command("explain", "GP190")
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith("gradproof: there is nothing to explain by the name 'GP190'; did you mean 'GP")


def test_annotations_and_the_job_summary(command, shop, monkeypatch):
    """--report github: annotations in the log after the table's verdicts, and the summary where GitHub asks for it."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(shop / "summary.md"))
    done = command("shop.toml", "--layers", "wrong.py", "--report", "github", "-q")
    assert done.status == 1
    assert "::error file=wrong.py,line=5," in done.out
    assert "FAILED: 2 gradients refuted" in done.out.splitlines()[-2]
    assert (shop / "summary.md").read_text().startswith("# ❌ FAILED: 2 gradients refuted")
    before = (shop / "summary.md").read_text()
    command("shop.toml", "--report", "sarif=x.sarif", "-q")
    assert (shop / "summary.md").read_text() == before
    assert json.loads((shop / "x.sarif").read_text())["runs"][0]["results"] == []

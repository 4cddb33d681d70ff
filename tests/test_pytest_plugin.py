"""Cases as pytest's tests; the plugin is that of the installed package."""

import sys
import xml.etree.ElementTree as ET
from importlib import import_module

import pages
import pytest
from effort import slow

import verify
from layers import arithmetic

pytest_plugins = ["pytester"]

GUIDE = pages.ROOT / "docs" / "how-to" / "pytest.md"
SLOW = ["-p", "no:unraisableexception", "-p", "no:hypothesispytest"]  # these cost a second in each run
CASES = """
import verify

def squaring(slope, name=""):
    @verify.case("y = x * x", at={"x": 3}, name=name)
    def square(x):
        dy = yield x * x
        return slope * x * dy
    return square
"""
THREE = CASES + "right = squaring(2)\nwrong = squaring(3, 'a wrong one')\nother = squaring(2)\ndef test_plain(): pass\n"
MODULES = """
import sys

def pytest_unconfigure():
    print("imported:", sorted({"sympy", "numpy", "flint", "tabulate", "verify", "reports", "layers"} & set(sys.modules)))
"""


@pytest.fixture(scope="session")
def engine():
    """Import what is needed: each run forgets what it has imported, and NumPy cannot be imported anew."""
    import_module("verify.testing.pytest_items")
    with pytest.raises(AssertionError):
        verify.assert_gradients(verify.layer(arithmetic.MulLayer, inputs={"x": "", "y": "N"}), strict=True)


@pytest.fixture
def run(pytester, engine):
    """Run pytest in this process, after writing some test modules."""

    def run(*arguments, **modules):
        for name, text in modules.items():
            pytester.makepyfile(**{name: text})
        return pytester.runpytest_inprocess(*SLOW, *arguments)

    return run


@slow
def test_cases_are_tests(run):
    """A right case passes, a wrong one fails with its report and the command that runs it alone; the order is the module's."""
    done = run("-v", test_three=THREE)
    done.assert_outcomes(passed=3, failed=1)
    done.stdout.re_match_lines(
        [
            r"test_three\.py::right PASSED",
            r"test_three\.py::wrong FAILED",
            r"test_three\.py::other PASSED",
            r"test_three\.py::test_plain PASSED",
            r"_+ wrong _+",
            "a wrong one: 1 gradient refuted",
            r"  x  +3 +9\.0 +6 +2\*x\*dy .* REFUTED",
            r"    backprop  3\*x\*dy = 9",
            r"  run this case alone: pytest test_three\.py::wrong",
            "FAILED test_three.py::wrong - Failed: a wrong one: 1 gradient refuted",
        ]
    )
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    run("test_three.py::wrong").assert_outcomes(failed=1)


@slow
def test_selection(run):
    """-k knows the variable and the name that the author gave; -x stops after the first failure."""
    run("-k", "right", test_three=THREE).assert_outcomes(passed=1, deselected=3)
    run("-k", "wrong and one").assert_outcomes(failed=1, deselected=3)
    run("-k", "not wrong").assert_outcomes(passed=3, deselected=1)
    run("-x").assert_outcomes(passed=1, failed=1)


@slow
def test_several_processes(run):
    """With xdist the workers agree on the tests, and the failure arrives with its report."""
    done = run("-n", "2", test_three=THREE, test_more=THREE)
    done.assert_outcomes(passed=6, failed=2)
    done.stdout.fnmatch_lines(["*a wrong one: 1 gradient refuted", "*backprop  3?x?dy = 9"])


@slow
def test_junit(run, pytester):
    """The JUnit file names module and case, and holds the report as text."""
    run("--junitxml=out.xml", "--color=yes", test_three=THREE)
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "out.xml").iter("testcase")}
    assert [(name, case.get("classname"), len(case)) for name, case in cases.items()] == [
        ("right", "test_three", 0),
        ("wrong", "test_three", 1),
        ("other", "test_three", 0),
        ("test_plain", "test_three", 0),
    ]
    (failure,) = cases["wrong"]
    assert failure.get("message").startswith("Failed: a wrong one: 1 gradient refuted")
    assert "backprop  3*x*dy = 9" in failure.text
    assert "#x1B" not in failure.text


@slow
def test_lists_dicts_classes_and_imports(run):
    """Members of lists and dicts are tests by key, cases in test classes and imported ones as pytest has functions."""
    kept = "pair = squaring(2), squaring(3)\nnamed = {'a b::c': pair[0], 'x[0]': pair[1]}\nmixed = [1, 'case']\n"
    modules = {
        "test_kept": CASES + kept + "class TestAll:\n    mine = pair[0]\n",
        "test_twice": "from test_kept import pair as both\nonce = twice = both[0]\n",
        "helpers": CASES + "ignored = squaring(3)\n",
    }
    assert run("--collect-only", "-q", **modules).outlines[:9] == [
        "test_kept.py::pair[1]",
        "test_kept.py::pair[2]",
        "test_kept.py::named[a b::c]",
        "test_kept.py::named[x[0]]",
        "test_kept.py::TestAll::mine",
        "test_twice.py::both[1]",
        "test_twice.py::both[2]",
        "test_twice.py::once",
        "test_twice.py::twice",
    ]
    run("test_kept.py::named[a b::c]", "test_kept.py::pair[2]").assert_outcomes(passed=1, failed=1)
    run("test_kept.py::named").assert_outcomes(passed=1, failed=1)


@slow
def test_marks(run):
    """A module's marks are those of its cases."""
    marked = THREE + "import pytest\npytestmark = pytest.mark."
    run(test_three=marked + "skip\n").assert_outcomes(skipped=4)
    run(test_three=marked + "xfail\n").assert_outcomes(xfailed=1, xpassed=3)


@slow
def test_nothing_is_imported_without_a_case(pytester):
    """A run of somebody else's tests imports nothing of ours; one with a case does, and leaves `reports` alone."""
    pytester.makeconftest(MODULES)
    pytester.makepyfile(test_others="import sys\nvalues = [1, 2]\ndef test_one(): pass\n")
    done = pytester.runpytest_subprocess(*SLOW)
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["imported: [[]]"])
    pytester.makepyfile(test_three=THREE)
    done = pytester.runpytest_subprocess(*SLOW)
    done.stdout.fnmatch_lines(["imported: *'sympy'*'verify']"])
    done.stdout.no_fnmatch_line("*'reports'*")


def test_the_plugin_can_be_left_out(run):
    """`-p no:gradproof` collects no case."""
    assert (
        run("-p", "no:gradproof", test_three=CASES + "wrong = squaring(3)\n").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    )
    assert run().ret == pytest.ExitCode.TESTS_FAILED


@slow
def test_names_that_belong_to_the_user(pytester):
    """A project has a verify.py of its own, with `python -m pytest`, and a package `reports`, whatever cases fail."""
    (pytester.path / "verify.py").write_text("raise ImportError('the user has imported nothing')\n")
    own = pytester.run(sys.executable, "-m", "pytest", *SLOW, pytester.makepyfile(test_own="def test_one(): pass\n"))
    own.assert_outcomes(passed=1)
    imported = pytester.run(sys.executable, "-m", "pytest", *SLOW, pytester.makepyfile(test_own="import verify\n"))
    assert imported.ret == pytest.ExitCode.INTERRUPTED
    (pytester.path / "verify.py").unlink()
    pytester.mkpydir("reports").joinpath("terminal.py").write_text("mine = True\n")
    theirs = """
import sys
import reports.terminal as first

def test_reports():
    import reports.terminal
    assert reports.terminal is first is sys.modules["reports.terminal"]
    assert first.mine
"""
    module = pytester.makepyfile(test_own=CASES + "a = squaring(3)\n" + theirs + "b = squaring(3)\n")
    done = pytester.run(sys.executable, "-m", "pytest", *SLOW, module)
    done.assert_outcomes(passed=1, failed=2)
    done.stdout.fnmatch_lines(["*alone: pytest test_own.py::a", "*alone: pytest test_own.py::b"])


def test_objects_that_do_work_when_they_are_asked(run):
    """What lies in a test module beside cases is not even asked for its class."""
    lazy = """
class Lazy:
    @property
    def __class__(self):
        raise RuntimeError("asked")

lazy = Lazy()
many = [lazy]
"""
    asked = "class Other: pass\ndef test_lazy():\n    isinstance(lazy, Other)\n"
    run(test_three=CASES + lazy + "right = squaring(2)\n").assert_outcomes(passed=1)
    run(test_three=CASES + lazy + asked).assert_outcomes(failed=1)


def test_filters_of_warnings(run, pytester):
    """Where warnings are errors, the code under test may warn: a test that does so fails, a case is what it is."""
    pytester.makeini("[pytest]\nfilterwarnings =\n    error\n    ignore:unimportant\n")
    warns = """
import warnings
import numpy as np
import verify

class Log:
    def forward(self, x):
        warnings.warn("use Log2", DeprecationWarning)
        warnings.warn("unimportant", UserWarning)
        self.x = x.copy()
        return np.log(x)

    def backward(self, dout):
        return dout / self.x

log = verify.layer(Log, inputs={"x": verify.real("N", low=0.5)})
def test_log():
    Log().forward(np.ones(3))
"""
    done = run(test_warns=warns)
    done.assert_outcomes(passed=1, failed=1, warnings=1)
    done.stdout.fnmatch_lines(["*DeprecationWarning: use Log2", "FAILED test_warns.py::test_log - *"])
    done.stdout.no_fnmatch_line("*unimportant*")


def test_undecided_fails(run):
    """What could not be followed is no pass."""
    module = """
from statistics import fmean

import verify

@verify.case(x="")
def blind(x):
    dy = yield x * fmean([x])
    return 2 * x * dy
"""
    done = run(test_blind=module)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["blind: 1 case undecided"])


@slow
def test_options(run, pytester):
    """Hazards fail with --gradproof-strict, contracts are left out with --gradproof-quick, and both may be ini lines."""
    module = """
import verify

class Double:
    def forward(self, x):
        return 2 * x

    def backward(self, dout):
        dout *= 2
        return dout

class Product:
    def __init__(self, w):
        self.w = w

    def forward(self, x):
        self.x = x
        return x * self.w

    def backward(self, dout):
        self.dw = dout * self.x
        return dout * self.w

broken = verify.layer(Double, inputs={"x": "N"})
hazard = verify.layer(Product, inputs={"x": "N"}, params={"w": "N"})
"""
    run(test_options=module).assert_outcomes(passed=1, failed=1)
    run("-k", "hazard", "--gradproof-strict").assert_outcomes(failed=1, deselected=1)
    run("--gradproof-quick", "--gradproof-strict", "--gradproof-seed=7").assert_outcomes(passed=2)
    pytester.makeini("[pytest]\ngradproof_quick = true\ngradproof_seed = 7\n")
    run().assert_outcomes(passed=2)
    pytester.makeini("[pytest]\ngradproof_strict = true\n")
    run("-k", "hazard").assert_outcomes(failed=1, deselected=1)


def test_a_seed_that_is_none(run, pytester):
    """An ini line that is no number stops the run, naming the line."""
    pytester.makeini("[pytest]\ngradproof_seed = seven\n")
    done = run(test_three=THREE)
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines(["*gradproof_seed = seven: expected a whole number"])


@slow
def test_the_guide(run, pytester):
    """The test module that the page shows gives two tests that pass and one that fails."""
    pages.prepare(GUIDE, pytester.path)
    for name, text in pages.files(GUIDE).items():
        pages.File(name, text).write(pytester.path)
    run("-q").assert_outcomes(passed=2, failed=1)

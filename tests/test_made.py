"""A case that a module makes and that is not found in it is an error with its line, in the command and for pytest."""

import json

import pytest
from effort import slow, some

SLOW = ["-p", "no:unraisableexception", "-p", "no:hypothesispytest"]  # these cost a second in each run
HEAD = """\
from types import SimpleNamespace
import verify


class Square:
    def forward(self, x):
        self.x = x.copy()
        return x * x

    def backward(self, dout):
        return 2 * self.x * dout


def make(name=""):
    return verify.layer(Square, inputs={"x": "N"}, name=name)


found = make("found")
"""
LINES = HEAD.count("\n")

LOST = {
    "a name used again": ("again = make()\nagain = make()", [1]),
    "a function's name used again": (
        "@verify.case(x='N')\ndef f(x):\n    return (yield x)\n@verify.case(x='N')\ndef f(x):\n    return (yield x)",
        [1],
    ),
    "a loop": ("for number in range(3):\n    looped = make(str(number))", [2, 2]),
    "an attribute": ("holder = SimpleNamespace(case=make())", [1]),
    "a deep container": ("deep = [[[[[make()]]]]]", [1]),
    "a class in a class": ("class A:\n    class B:\n        case = make()", [3]),
    "a default": ("def f(case=make()): pass", [1]),
    "a generator": ("cases = (verify.layer(Square, inputs={'x': 'N'}) for _ in range(2))", [1]),
    "a case of an expression": ("e = verify.case('x', at={'x': 1})(lambda x: (yield x))\ne = 0", [1]),
    "nothing but a call": ("make('forgotten')", [1]),
    "a test that checks another": ("make()\ndef test_it(): verify.check(found)", [1]),
}
KEPT = {
    "variables": "a = b = make()\nc = [make(), {'x': (make('y'),)}]",
    "a class": "class TestIt:\n    case = make()",
    "a deleted name": "gone = make()\ndel gone",
    "a deleted loop variable": "for n in 'ab':\n    one = make(n)\n    globals()['case_' + n] = one",
    "a copy": "one = make()\ntwo = one.titled('other')\ndel one",
    "a copy in place of it": "one = make()\none = one.titled('other')",
    "a check in place": "assert verify.check(make()).good",
    "parameters of a test": "import pytest\n@pytest.mark.parametrize('case', [make()])\n"
    "def test_it(case): verify.assert_gradients(case)",
    "a holder that a test checks": "holder = SimpleNamespace(case=make())\n"
    "def test_it(): assert verify.check(holder.case).good",
    "a function that is called later": "def test_it(): verify.assert_gradients(make())",
    "a generator of something else": "numbers = (number for number in range(3))",
    "a generator that has ended": "cases = (verify.layer(Square, inputs={'x': 'N'}) for _ in range(1))\none, = cases",
}


def problems(done):
    """Return the lines, from the head's end, of the rows that are in error, of cases and of names."""
    rows = [case for case in json.loads(done.out)["cases"] if not case["good"]]
    assert all("would never run" in r["comparisons"][0]["evidence"]["detail"] or "generator" in str(r) for r in rows)
    return [case["where"]["line"] - LINES for case in rows]


@pytest.mark.parametrize("name", some(LOST, 12))
def test_a_case_that_is_lost(command, shop, name):
    """It is a row in error with its line; the case that is found is checked; the run fails, and so does `list`."""
    text, lines = LOST[name]
    (shop / "planted.py").write_text(HEAD + text + "\n")
    done = command("planted.py", "--report", "json")
    assert (done.status, problems(done)) == (1, lines)
    assert "found" in [case["name"] for case in json.loads(done.out)["cases"] if case["good"]]
    assert command("list", "planted.py").status == 1


@pytest.mark.parametrize("name", some(KEPT, 12))
def test_a_case_that_is_not_lost(command, shop, name):
    """What is collected, checked in place, deleted, or checked by a test is no error."""
    (shop / "planted.py").write_text(HEAD + KEPT[name] + "\n")
    done = command("planted.py", "--report", "json")
    assert (done.status, problems(done)) == (0, [])


def test_cases_of_another_module(command, shop):
    """A module answers for the cases that it makes, and not for those of the modules that it imports."""
    (shop / "helper.py").write_text(HEAD + "holder = SimpleNamespace(case=make())\n")
    (shop / "user.py").write_text("from helper import make\nmine = make()\nagain = make()\nagain = make()\n")
    done = command("user.py", "--report", "json")
    assert problems(done) == [3 - LINES]
    assert [case["where"] for case in json.loads(done.out)["cases"] if not case["good"]] == [
        {"file": "user.py", "line": 3}
    ]
    assert len(problems(command("user.py", "helper.py", "--report", "json"))) == 2


def test_cases_of_one_factory(command, shop):
    """Those of the same name are told apart by their variables, and are no reason to refuse a run."""
    text = "\n\ndef squares(n):\n    @verify.case(x='N')\n    def square(x):\n        dout = yield x**n\n"
    text += "        return n * x**(n - 1) * dout\n    return square\n\n\n"
    text += "two = squares(2)\nmany = [squares(3), squares(4)]\nsquare = squares(1)\n"
    (shop / "planted.py").write_text(HEAD + text)
    done = command("list", "planted.py")
    names = [line.rpartition(": ")[2] for line in done.out.splitlines()]
    assert (done.status, names) == (
        0,
        ["found", "square (two)", "square (many 1)", "square (many 2)", "square (square)"],
    )
    assert command("planted.py", "--case", "square (many 2)").status == 0


@slow
def test_pytest_fails_for_a_lost_case(pytester):
    """An item of its own fails, with the line; the tests beside it run."""
    pytester.makepyfile(test_lost=HEAD + "again = make()\nagain = make()\ndef test_plain(): pass\n")
    done = pytester.runpytest_subprocess("-p", "gradproof", *SLOW)
    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines([f"*the case that test_lost.py:{LINES + 1} makes is not in a variable of its module*"])


@slow
def test_pytest_passes_where_none_is_lost(pytester):
    """Parameters of a test, and cases of functions, are the test's own."""
    pytester.makepyfile(test_kept=HEAD + "\n".join(KEPT[n] for n in ("parameters of a test", "a deleted name")) + "\n")
    pytester.runpytest_subprocess("-p", "gradproof", *SLOW).assert_outcomes(passed=2)


pytest_plugins = ["pytester"]

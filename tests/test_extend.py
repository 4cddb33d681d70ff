"""What a project adds from outside: a function, a protocol, a check, a finding, a report and a framework."""

import json

import numpy as np
import pytest
from clock import HANG
from effort import slow, some

import verify
from reports import FORMATS
from verify import extend
from verify.model.errors import InputError
from verify.model.reasons import Reason

EXTENSION = """
import numpy as np
import verify
from verify import extend

@extend.function(np.trapezoid)
def trapezoid(y, dx=1.0):
    return dx * ((y[..., 1:] + y[..., :-1]) / 2).sum(axis=-1)

extend.protocol(forward=["apply"], backward=["pullback"], gradients=["{}_bar"])
extend.finding("SHOP001", title="a gradient above 5", fails=True, because="the optimizer clips it",
               meaning="It is large.", harm="It is cut off.", mend="Scale the output.")

@extend.check
def huge(case, run):
    for name, gradient in run.gradients.items():
        if np.abs(gradient).max() > 5:
            yield "SHOP001", f"the gradient of {name} is above 5", name

extend.report("lines", "shop_report")

class Operation:
    def __init__(self, function, derivative):
        self.function, self.derivative = function, derivative

@extend.framework(Operation)
def as_case(operation):
    return verify.derivative(operation.function, operation.derivative, x="N")
"""
REPORT = """
def render(run):
    return "".join(f"{case.name}: {row.verdict.name}\\n" for case in run.cases for row in case.comparisons)
"""
CASES = """
import numpy as np
import verify
from shop_extension import Operation

def area_backward(dout, y):
    weights = np.full(y.shape, 2.0)
    weights[0] = weights[-1] = FACTOR
    return dout * weights

area = verify.pair(lambda y: np.trapezoid(y, dx=2.0), area_backward, y="5", name="area")

class Scale:
    def __init__(self, w):
        self.w = w

    def apply(self, x):
        self.x = x
        return x * self.w

    def pullback(self, dout):
        self.w_bar = (dout * self.x).sum()
        return dout * self.w

scale = verify.layer(Scale, inputs={"x": "N"}, params={"w": ""})
square = Operation(lambda x: x**2 / 10, lambda x: x / 5)
"""
SETTINGS = '[tool.gradproof]\ntargets = ["cases.py"]\nextensions = ["shop_extension"]\n'


pytestmark = pytest.mark.usefixtures("put_back")


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A project with an extension."""
    monkeypatch.chdir(tmp_path)
    files = {
        "shop_extension.py": EXTENSION,
        "shop_report.py": REPORT,
        "cases.py": CASES.replace("FACTOR", "1.0"),
        "pyproject.toml": SETTINGS,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@slow
def test_a_project_with_an_extension(command, shop):
    """One module adds a function, a protocol, a check, a finding, a report and a framework; every process has them."""
    done = command("--report", "lines=out.txt")
    assert (done.status, done.err) == (0, "")
    lines = set((shop / "out.txt").read_text().splitlines())
    assert lines == {"area: PROVED", "scale: PROVED", "square: PROVED"}
    assert [line.split()[0] for line in done.out.splitlines() if " proved (" in line] == ["area", "scale", "square"]


@slow
def test_an_added_function_takes_nothing_on_trust(command, shop):
    """A wrong backward is refuted through an added function, and a wrong added function proves nothing."""
    (shop / "cases.py").write_text(CASES.replace("FACTOR", "2.0"))
    assert "area: REFUTED" in command("--report", "lines").out
    (shop / "cases.py").write_text(CASES.replace("FACTOR", "2.0"))
    wrong = EXTENSION.replace("(y[..., 1:] + y[..., :-1]) / 2).sum(axis=-1)", "y).sum(axis=-1)")
    assert wrong != EXTENSION
    (shop / "shop_extension.py").write_text(wrong.replace("dx * ((", "dx * (("))
    done = command("--report", "lines", "--case", "area")
    assert "area: PROVED" not in done.out
    assert done.status == 1


@slow
def test_an_added_check_finds(command, shop):
    """What an added check finds fails the gate with its own code, which `gradproof explain` knows."""
    (shop / "cases.py").write_text(
        CASES.replace("FACTOR", "1.0").replace(
            "lambda x: x**2 / 10, lambda x: x / 5", "lambda x: 9 * x, lambda x: 9 + 0 * x"
        )
    )
    done = command()
    assert done.status == 1
    assert "FAILS SHOP001: the gradient of x is above 5" in done.out
    assert command("explain", "SHOP001").out.startswith("SHOP001  a gradient above 5\n")


@slow
def test_an_added_check_that_raises(command, shop):
    """It is told with file and line and fails the case: what it is for was not looked at."""
    (shop / "shop_extension.py").write_text(
        EXTENSION.replace("for name, gradient in", "run.missing\n    for name, gradient in")
    )
    done = command("--case", "square")
    assert done.status == 1
    assert "FAILS GP003: shop_extension.huge raised AttributeError" in done.out
    assert "shop_extension.py:16" in done.out
    assert done.out.count("FAILS GP003") == 1
    text = EXTENSION.replace("for name, gradient in", "raise SystemExit(0)\n    for name, gradient in")
    (shop / "shop_extension.py").write_text(text)
    assert "FAILS GP003: shop_extension.huge raised SystemExit: 0" in command("--case", "square").out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    some(
        [
            (
                "import verify\n",
                "import absent\n",
                "extensions: 'shop_extension' cannot be imported: ModuleNotFoundError",
            ),
            ('"SHOP001", title', '"GP101", title', "expected capital letters and three digits, and not GP"),
            ('"SHOP001", f', '"SHOP002", f', "'SHOP002', which is not a finding; did you mean 'SHOP001'?"),
            ("forward=", "forwards=", "'forwards' is unknown; did you mean 'forward'?"),
            ('gradients=["{}_bar"]', 'gradients=["bar"]', "each name needs {} for that of the parameter"),
            ("np.trapezoid)", "len)", "a ufunc or a function of another module"),
            ("np.trapezoid)", "np.zeros)", "a ufunc or a function of another module"),
            ("np.trapezoid)", "np.ndarray.sum)", "a ufunc or a function of another module"),
            ("np.trapezoid)", "np.float64)", "a ufunc or a function of another module"),
            ("np.trapezoid)", "lambda x: x)", "a ufunc or a function of another module"),
            ('"shop_report"', '"shop report"', "expected the name of a module"),
            ('("lines"', '("json"', "extend.report('json'): the name is taken by gradproof"),
            ("forward=[", "forward=3 or [", "expected a list of names"),
            ("extend.framework(Operation)", "extend.framework(3)", "expected a class, or its name"),
            (
                "        if True:",
                "        yield 3\n        if True:",
                "yields 3: expected a code, a sentence and a name",
            ),
            ("extend.framework(Operation)", 'extend.framework("Operation")', "expected a class, or its name"),
        ],
        8,
    ),
)
def test_a_broken_extension(command, shop, old, new, message):
    """Exit 2 with what is wrong, before anything is written."""
    text = EXTENSION.replace("np.abs(gradient).max() > 5", "True").replace(old, new, 1)
    (shop / "shop_extension.py").write_text(text)
    done = command("--report", "json=out.json")
    assert done.status == 2
    assert message in done.err
    assert not (shop / "out.json").exists()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; os._exit(0)", "extensions: the process exited with status 0"),
        (
            "raise SystemExit(0)",
            "extensions: 'shop_extension' cannot be imported: SystemExit: 0, at shop_extension.py:2",
        ),
        (HANG, "extensions: not finished after 60 s, at shop_extension.py:2"),
    ],
)
def test_an_extension_that_does_not_let_go_on(command, shop, clock, code, message):
    """It is no green run that nothing was checked: exit 2, with what happened."""
    (shop / "shop_extension.py").write_text(f"\n{code}\n")
    done = command()
    assert (done.status, done.out, message in done.err) == (2, "", True)


@pytest.mark.parametrize(
    ("report", "message"),
    some(
        [
            ("def render(run):\n    return 3\n", "shop_report.render returned a int, not text"),
            ("def render(run):\n    return run.missing\n", "shop_report.render raised AttributeError"),
            (
                "",
                "shop_report.render, which was added for it, cannot be imported (module 'shop_report' has no attribute 'render')",
            ),
        ]
    ),
)
def test_a_broken_report(command, shop, report, message):
    """Exit 2, and nothing is written, not even the other reports."""
    (shop / "shop_report.py").write_text(report)
    done = command("--report", "json=out.json", "--report", "lines=out.txt")
    assert done.status == 2
    assert message in done.err
    assert not (shop / "out.json").exists()


def test_an_object_that_becomes_no_case(command, shop):
    """What a framework's function returns has to be a case."""
    (shop / "shop_extension.py").write_text(
        EXTENSION.replace("return verify.derivative(", "return tuple((", 1).replace(', x="N")', "))")
    )
    done = command()
    assert done.status == 1
    assert "as_case, for a Operation, returned" in done.out


def test_a_framework_that_raises(command, shop):
    """An exception in what makes a case is a row of the module, with file and line."""
    (shop / "shop_extension.py").write_text(EXTENSION.replace("operation.derivative, x", "operation.absent, x"))
    done = command()
    assert done.status == 1
    assert "as_case, for a Operation, raised AttributeError" in done.out
    assert f"gradproof explain {Reason.ADAPTER_FAILED.value}" in done.out
    assert "shop_extension.py:28" in done.out


@slow
def test_unknown_functions_say_how_they_are_added(command, shop):
    """A function that cannot be traced leaves its case UNDECIDED, with name, file and line, and the page that helps."""
    (shop / "pyproject.toml").write_text(SETTINGS.replace('extensions = ["shop_extension"]', ""))
    (shop / "cases.py").write_text(
        "import numpy as np\nimport verify\n\npair = verify.pair(lambda x: np.roots(x), lambda d, x: d, x='5')\n"
    )
    out = command().out
    assert "numpy.roots" in out
    assert "cases.py:4" in out
    assert "gradproof explain extend" in out
    assert "@extend.function(np.trapezoid)" in command("explain", "extend").out


def test_in_a_test_suite():
    """Where the extension is imported, `verify.check` has it; the next test does not."""

    @extend.function(np.trapezoid)
    def trapezoid(y, dx=1.0):
        return dx * ((y[1:] + y[:-1]) / 2).sum()

    def backward(d, y):
        weights = np.ones(y.shape)
        weights[[0, -1]] = 0.5
        return d * weights

    result = verify.check(verify.pair(np.trapezoid, backward, y="4", name="area"))
    assert result.good


BY_NAMES = """
import statistics
import statistics as s
from statistics import fmean as mean
import verify

class Names:
    mean = mean

def late_mean(x):
    import statistics as late
    from statistics import fmean
    return late.fmean(x) + fmean(x) * 3

def case(name, forward):
    return verify.pair(forward, lambda d, x: d * FACTOR, x="4", name=name)

module = case("module", lambda x: statistics.fmean(x) * 4)
alias = case("alias", lambda x: s.fmean(list(x)) * 4)
function = case("function", lambda x: mean(v for v in x) * 4)
late = case("late", late_mean)
beyond = case("beyond", lambda x: Names.mean(x) * 4)
"""
MEAN = """
import statistics
from verify import extend

@extend.function(statistics.fmean)
def fmean(data):
    return sum(data) / len(data)
"""


@pytest.mark.parametrize(("factor", "verdict"), [("(0 * x + 1)", "PROVED"), ("(0 * x + 2)", "REFUTED")])
def test_a_function_that_numpy_does_not_hand_over(command, shop, factor, verdict):
    """It is added by any name that user code has for it, in modules or elsewhere."""
    (shop / "shop_extension.py").write_text(MEAN)
    (shop / "cases.py").write_text(BY_NAMES.replace("FACTOR", factor))
    (shop / "pyproject.toml").write_text(SETTINGS)
    done = command("--report", "json")
    rows = {case["name"]: case["comparisons"][0] for case in json.loads(done.out)["cases"]}
    verdicts = {name: row["verdict"] for name, row in rows.items()}
    assert verdicts == dict.fromkeys(("module", "alias", "function", "late", "beyond"), verdict)


def test_a_code_is_taken_once():
    """The same finding may be added again, as when a module is imported twice; another one of its code may not."""
    texts = {"because": "b", "meaning": "m", "harm": "h", "mend": "e"}
    extend.finding("AB123", title="t", fails=True, **texts)
    extend.finding("AB123", title="t", fails=True, **texts)
    with pytest.raises(InputError, match="the code is taken"):
        extend.finding("AB123", title="u", fails=True, **texts)


def test_a_report_is_none_of_ours():
    """The names of our own formats are those that no report may take."""
    assert tuple(FORMATS) == extend.additions.OWN_REPORTS


def test_a_name_is_added_once():
    """The same may be added again, as by a module that is imported twice; another one under its name is refused."""

    def add():
        @extend.function(np.trapezoid)
        def trapezoid(y):
            return y.sum()

    add()
    add()
    with pytest.raises(InputError, match=r"trapezoid is already added \(tests/test_extend\.py:\d+\)$"):
        extend.function(np.trapezoid)(lambda y: y.mean())
    extend.framework("shop.Module")(len)
    extend.framework("shop.Module")(len)
    with pytest.raises(InputError, match=r"shop\.Module is already added \(<built-in function len>\)$"):
        extend.framework("shop.Module")(abs)


@pytest.mark.parametrize(("factor", "digits"), some([("1", 15), ("(1 + 2e-7)", 6), ("(1 - 3e-11)", 10)], 4))
@pytest.mark.parametrize("shape", ["5", "40 40"])
def test_how_close_an_added_function_comes_is_told(command, shop, factor, digits, shape):
    """A slip in a constant that coarse floats do not tell is measured, where symbols are and on whole arrays."""
    added = shop / "sums.py"
    added.write_text(
        "import numpy as np\n"
        "from verify import extend\n\n"
        "@extend.function(np.trapezoid)\n"
        "def trapezoid(y):\n"
        f"    return ((y[..., 1:] + y[..., :-1]) / 2).sum(axis=-1) * {factor}\n"
    )
    (shop / "sum_cases.py").write_text(
        "import numpy as np\n"
        "import verify\n\n"
        "def backward(d, x):\n"
        "    ends = np.ones_like(x)\n"
        "    ends[..., [0, -1]] = 0.5\n"
        f"    return d[..., None] * ends * {factor} if x.ndim > 1 else d * ends * {factor}\n\n"
        f"case = verify.pair(lambda x: np.trapezoid(x), backward, x={shape!r})\n"
    )
    (shop / "pyproject.toml").write_text('[tool.gradproof]\nextensions = ["sums"]\n')
    done = command("--quick", "-v", "sum_cases.py")
    assert done.status == (digits < 15)
    assert ("GP201" in done.out) is (digits < 15)
    assert f"the two agree to {digits} digits" in done.out

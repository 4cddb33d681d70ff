"""A layer is judged alike as an expression in Python, in TOML, by `--layers`, and as a layer."""

import re
from pathlib import Path

import pytest
from effort import some

import verify
from layers import arithmetic
from verify import Verdict
from verify.discovery.collect import cases_of, collect
from verify.discovery.targets import of_expression
from verify.model.errors import InputError
from verify.model.reasons import Reason

# Each is a layer that is right at the sample, on floats and on symbols, when it is called for the first time.
MUL = """
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y
    def backward(self, dout):
        {body}
"""
SWAPPED, RIGHT = "return dout * self.x, dout * self.y", "return dout * self.y, dout * self.x"
KEEPING = """
class MulLayer:
    {before}
    def forward(self, x, y{default}):
        {keep}
        return x * y
    def backward(self, dout):
        {body}
"""
ADD = """
class AddLayer:
    {before}
    def forward(self, x, y):
        self.x, self.y = x, y
        {forward}
    def backward(self, dout):
        {body}
"""


def _mul(question: str, wrong: str = SWAPPED) -> str:
    return MUL.format(body=f"if {question}: {wrong}\n        {RIGHT}")


def _keeping(keep: str, body: str = RIGHT, before: str = "", default: str = "") -> str:
    return KEEPING.format(keep=keep, body=body, before=before or "pass", default=default)


def _add(body: str, before: str = "pass", forward: str = "return x + y") -> str:
    return ADD.format(body=body, before=before, forward=forward)


# What makes a wrong formula somewhere, and what is wrong beside a formula.
WRONG = {
    "a negative input": _mul("self.x < 0"),
    "a negative input of the other": _mul("self.y < 0"),
    "a negative upstream": _mul("dout < 0"),
    "beyond a threshold": _mul("self.x > 1e6"),
    "within a window": _mul("self.x > 7 and self.x < 8"),
    "at zero": _mul("self.x == 0", "return dout * 0, dout * self.x"),
    "at a number": _mul("self.x == 12", "return dout * 3, dout * self.x"),
    "not defined at zero": _keeping(
        "self.x, self.y, self.out = x, y, x * y", "return dout * self.out / self.x, dout * self.x"
    ),
    "forward of a negative input": """
class MulLayer:
    def forward(self, x, y):
        self.x, self.y, self.sign = x, y, (1 if x > 0 else -1)
        return x * y * self.sign
    def backward(self, dout):
        return dout * self.y * self.sign, dout * self.x * self.sign
""",
    "a mutable default": _keeping(
        "cache.append((x, y)); self.cache = cache",
        "x, y = self.cache[0]; return dout * y, dout * x",
        default=", cache=[]",
    ),
    "calls that the class counts": _keeping(
        "MulLayer.calls += 1; self.x, self.y = x, y",
        f"if MulLayer.calls > 6: {SWAPPED}\n        {RIGHT}",
        before="calls = 0",
    ),
    "add beyond a threshold": _add("return (dout * 2 if self.x > 1000 else dout), dout * 1"),
    "add of opposite signs": _add("return (dout if self.x * self.y > 0 else -dout), dout * 1"),
    "forward of add at a side": _add(
        "return dout * 1, dout * self.k", forward="self.k = 1 if y > 0 else -1; return x + y * self.k"
    ),
}
FAULTY = {
    "what the first forward saw": _keeping("if not hasattr(self, 'x'): self.x, self.y = x, y"),
    "calls that the layer counts": _keeping(
        "self.x, self.y = x, y", "self.n += 1; return dout * self.y * self.n, dout * self.x * self.n", before="n = 0"
    ),
    "its own cache overwritten": _keeping("self.x, self.y = x, y", "self.x *= dout; return dout * self.y, self.x"),
    "single precision only": "import numpy as np\n" + _mul("isinstance(dout, np.float32)"),
    "add that counts": _add("self.n += 1; return dout * self.n, dout * 1", before="n = 0"),
    "add in single precision": "import numpy as np\n"
    + _add("return dout * (3 if isinstance(dout, np.float32) else 1), dout * 1"),
}
FINE = {
    "plain": MUL.format(body=RIGHT),
    "a branch that is right": _mul("self.x < 0", "return dout * self.y, self.x * dout"),
    "named results": MUL.format(body="dx = dout * self.y; dy = dout * self.x; return dx, dy"),
    "what each forward saw": _keeping("if not hasattr(self, 'x'): pass\n        self.x, self.y = x, y"),
    "any precision": "import numpy as np\n" + _mul("isinstance(dout, np.float32)", RIGHT),
    "add": _add("return dout * 1, dout * 1"),
    "add with a branch that is right": _add("return (dout if self.x > 1000 else dout * 1), dout * 1"),
}
MODULE = """
import verify
{layer}
@verify.case("price = apple {sign} tax", at={{"apple": 100, "tax": "1.1"}})
def price(apple, tax):
    layer = {name}()
    dout = yield layer.forward(apple, tax)
    return layer.backward(dout)
"""
TOML = """
[[case]]
name = "price"
expression = "price = apple {sign} tax"
inputs = {{ apple = 100, tax = 1.1 }}
"""


def _roads(folder: Path, layer: str) -> dict[str, verify.Case]:
    """Return the cases of a layer by the road that they take."""
    name, sign = ("AddLayer", "+") if "class AddLayer" in layer else ("MulLayer", "*")
    module, layers, toml = folder / "priced.py", folder / "own.py", folder / "price.toml"
    layers.write_text(layer, encoding="utf-8")
    module.write_text(MODULE.format(layer=layer, sign=sign, name=name), encoding="utf-8")
    toml.write_text(TOML.format(sign=sign), encoding="utf-8")
    (case,) = collect([str(module)])
    of_text = of_expression(f"price = apple {sign} tax", ["apple=100", "tax=1.1"], "1", str(layers))
    return {
        "expression": case,
        "toml": collect([str(toml)], layers=str(layers))[0],
        "--layers": cases_of(of_text)[0],
        "layer": verify.layer(case.subject.__globals__[name], inputs={"x": "", "y": ""}),
    }


@pytest.fixture(autouse=True)
def _path(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])


@pytest.mark.parametrize("name", some(WRONG, 16))
def test_a_wrong_formula_elsewhere_is_refuted_on_every_road(tmp_path, name):
    """What is wrong in another region, on an edge or in a later call is refuted; of forward, only an expression tells."""
    for road, case in _roads(tmp_path, WRONG[name]).items():
        result = verify.check(case)
        assert result.good == (road == "layer" and "forward" in name), road
        assert result.good or any(c.verdict in (Verdict.REFUTED, Verdict.ERROR) for c in result.comparisons), road


@pytest.mark.parametrize("name", some(FAULTY, 4))
def test_what_is_wrong_beside_the_formula_fails_on_every_road(tmp_path, name):
    """What a layer keeps from call to call, or gives in another precision, is a finding that fails."""
    for road, case in _roads(tmp_path, FAULTY[name]).items():
        result = verify.check(case)
        assert any(finding.bad for finding in result.findings), road
        assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}, road


@pytest.mark.parametrize("name", some(FINE, 4))
def test_a_right_layer_passes_on_every_road(tmp_path, name):
    """A right layer passes, branches or not, without a finding that fails."""
    for road, case in _roads(tmp_path, FINE[name]).items():
        result = verify.check(case)
        assert result.good, (road, result)
        assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}, road


def test_quick_asks_for_the_formula_at_the_sample(tmp_path):
    """With `--quick` an expression is judged at its sample, and the branch that bounds the claim is listed."""
    result = verify.check(_roads(tmp_path, WRONG["a negative input"])["expression"], quick=True)
    assert result.good
    assert result.cover is None
    assert [branch.condition for branch in result.region] == ["apple >= 0"]


@pytest.mark.parametrize(
    "text", ["((c ** -2) ** -1) ** 2", "(a ** -2) ** -2 + c ** 0.5", "(c - 1) ** 0.5 / a", "a / (c / c - a)"]
)
def test_where_the_text_is_not_defined_nothing_is_claimed(tmp_path, text):
    """Right layers of a text that divides by zero, or takes roots of negative numbers, somewhere, are not refuted there."""
    source = Path(arithmetic.__file__).read_text(encoding="utf-8")
    (tmp_path / "own.py").write_text(source, encoding="utf-8")
    at = [f"{name}={value}" for name, value in (("a", "2.3"), ("c", "1.7")) if name in text]
    (case,) = cases_of(of_expression(text, at, "1", str(tmp_path / "own.py")))
    assert verify.check(case).good


DOMAINS = {  # what is wrong of a product in apple, and whether that is within apple > 0 and within apple >= 0
    "a negative input": (_mul("self.x < 0"), False, False),
    "at zero": (_mul("self.x == 0", "return dout * self.y, dout * 3"), False, True),
    "within": (_mul("self.x < 0.01"), True, True),
}


def _bounded(folder: Path, layer: str, *, closed: bool) -> dict[str, verify.Case]:
    """Return the cases of a layer whose first input is not negative, or not 0 either, by the road that they take."""
    own, toml, module = folder / "own.py", folder / "price.toml", folder / "priced.py"
    own.write_text(layer, encoding="utf-8")
    table = f"{{ at = 100, low = 0, closed = {str(closed).lower()} }}"
    toml.write_text(TOML.format(sign="*").replace("apple = 100", f"apple = {table}"), encoding="utf-8")
    domain = f'"1.1"}}, apple=verify.real("", low=0, closed={closed})'
    module.write_text(MODULE.format(layer=layer, sign="*", name="MulLayer").replace('"1.1"}', domain), encoding="utf-8")
    bounds = [("low", "apple=0"), *([("closed", "apple")] if closed else [])]
    text = of_expression("price = apple * tax", ["apple=100", "tax=1.1"], "1", str(own), bounds)
    return {
        "expression": collect([str(module)])[0],
        "toml": collect([str(toml)], layers=str(own))[0],
        "--layers": cases_of(text)[0],
    }


@pytest.mark.parametrize("name", some(DOMAINS))
@pytest.mark.parametrize("closed", [False, True])
def test_a_claim_is_for_the_domain(tmp_path, name, closed):
    """What is wrong in the domain of an input is refuted on every road, at a closed bound too, and nothing outside."""
    layer, *wrong = DOMAINS[name]
    for road, case in _bounded(tmp_path, layer, closed=closed).items():
        result = verify.check(case)
        assert any(row.verdict is Verdict.REFUTED for row in result.comparisons) == wrong[closed], road
        assert result.good != wrong[closed], road
        assert [str(bound) for argument in result.signature for bound in argument.bounds] == [f">{'=' * closed} 0"]


def test_points_lie_in_the_domain():
    """A function that is another one outside of its domain is proved, and refuted without the domain."""

    def square(x):
        dout = yield x * x
        return dout * (x + abs(x))

    inside = verify.check(verify.case("x * x", at={"x": 2}, x=verify.real("", low=0))(square))
    assert inside.good
    assert not verify.check(verify.case("x * x", at={"x": 2})(square)).good


@pytest.mark.parametrize("text", ["1 / x", "x ** 0.5"])
def test_a_closed_bound_where_the_text_is_not_defined(text):
    """The case of an expression without code of its own fails too, with what to write, and passes where it is open."""
    for closed in (["x"], []):
        options = [("low", "x=0"), *(("closed", name) for name in closed)]
        (case,) = cases_of(of_expression(text, ["x=2"], "1", None, options))
        result = verify.check(case)
        assert result.good != bool(closed)
        details = [row.evidence.detail for row in result.comparisons if not row.good]
        assert all("the input 'x' at its closed bound low=0: " in detail for detail in details)
        assert all("leave closed= out" in detail for detail in details)


def test_closed_bounds_that_are_not_visited():
    """Code that cannot be traced, or is too long, is undecided at its closed bounds, and not taken to be right."""

    def opaque(x):
        dout = yield x * x
        return dout * 2 * float(x)

    case = verify.case("x * x", at={"x": 2}, x=verify.real("", low=0, closed=True))(opaque)
    assert not verify.check(case).good
    many = " + ".join(f"x * {i}" for i in range(2, 140))
    (case,) = cases_of(of_expression(many, ["x=2"], "1", None, [("low", "x=0"), ("closed", "x")]))
    (row,) = [row for row in verify.check(case).comparisons if not row.good]
    assert (row.verdict, row.evidence.reason) == (Verdict.UNDECIDED, Reason.CLOSED_BOUND)
    assert "steps, of 250 at most" in row.evidence.detail


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([("low", "x")], "--low x: expected NAME=VALUE, like x=0"),
        ([("low", "x=0"), ("low", "x=1")], "--low x=1: is given twice"),
        ([("low", "z=0")], "there is no input 'z' to have a domain"),
        ([("low", "x=3")], "the input 'x' is 2: write a number inside its domain, > 3"),
        ([("low", "x=1"), ("high", "x=0")], "the input 'x': low=1 is above high=0: write low=0, high=1"),
        ([("low", "x=nan")], "the input 'x': low='nan' is not a real number: write a finite one"),
        ([("closed", "x")], "the input 'x': closed=True without a bound"),
        ([("low", "x=0"), ("closed", "x=up")], "the input 'x': closed='up': expected True, 'low' or 'high'"),
    ],
)
def test_domains_that_make_no_sense(options, message):
    """The message names the input and says what to write."""
    with pytest.raises(InputError, match=re.escape(message)):
        cases_of(of_expression("x * x", ["x=2"], "1", None, options))


@pytest.mark.parametrize("domain", ["N", 3, verify.real("N"), verify.fixed(""), verify.complex("")])
def test_what_is_no_domain(domain):
    """Beside an expression, an input is described as one real number."""
    with pytest.raises(InputError, match=r"the input 'x' is .*: expected the domain of one number, like"):
        verify.case("x * x", at={"x": 2}, x=domain)(lambda x: None)


def test_the_command_that_repeats_a_case_of_a_domain():
    """It has the domain."""
    options = [("low", "x=0"), ("high", "x=4"), ("closed", "x=high")]
    (case,) = cases_of(of_expression("y = x * x", ["x=2"], "1", None, options))
    assert verify.check(case).again == "gradproof expr 'y = x * x' --at x=2 --low x=0 --high x=4 --closed x=high"

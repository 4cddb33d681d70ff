"""A layer is judged alike as an expression in Python, in TOML, by `--layers`, and as a layer."""

from pathlib import Path

import pytest
from effort import some

import verify
from layers import arithmetic
from verify import Verdict
from verify.discovery.collect import cases_of, collect
from verify.discovery.targets import of_expression

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


@pytest.mark.parametrize("name", some(WRONG, 8))
def test_a_wrong_formula_elsewhere_is_refuted_on_every_road(tmp_path, name):
    """What is wrong in another region, on an edge or in a later call is refuted; of forward, only an expression tells."""
    for road, case in _roads(tmp_path, WRONG[name]).items():
        result = verify.check(case)
        assert result.good == (road == "layer" and "forward" in name), road
        assert result.good or any(c.verdict in (Verdict.REFUTED, Verdict.ERROR) for c in result.comparisons), road


@pytest.mark.parametrize("name", some(FAULTY, 2))
def test_what_is_wrong_beside_the_formula_fails_on_every_road(tmp_path, name):
    """What a layer keeps from call to call, or gives in another precision, is a finding that fails."""
    for road, case in _roads(tmp_path, FAULTY[name]).items():
        result = verify.check(case)
        assert any(finding.bad for finding in result.findings), road
        assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}, road


@pytest.mark.parametrize("name", some(FINE, 2))
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

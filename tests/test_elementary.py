"""Which code is left to its formula, and that the road of every layer has nothing to add to it."""

import random
from collections.abc import Iterator

import pytest
from effort import LONG, slow

import verify
from verify.checks.reference import elementary
from verify.checks.reference.elementary import is_elementary
from verify.discovery.collect import collect

_MANY = 500 if LONG else 25

LAYERS = """
import verify
TEN = 10
class Mul:
    '''x * y.'''
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y
    def backward(self, dout):
        dx, dy = dout * self.y, dout * self.x
        return dx, dy
class Add:
    def forward(self, x, y):
        return x + y
    def backward(self, dout):
        return dout, dout
class Sub:
    def forward(self, x, y):
        return x - y
    def backward(self, dout):
        return dout * 1, -dout
class Neg:
    def forward(self, x):
        return -x
    def backward(self, dout):
        return -dout
class Twice:
    def forward(self, x):
        return 2 * x
    def backward(self, dout):
        return dout * 2
"""
CASE = """
{layers}
@verify.case("price = a * b", at={{"a": 2, "b": 3}})
def price(a, b):
{body}
"""
PLAIN = "mul = Mul(); out = mul.forward(a, b); dout = yield out; return mul.backward(dout)"
MUL = """
class Mul:
    {before}
    def forward(self, x, y{default}):
        {keep}
        return {out}
    def backward(self, dout{default}):
        {backward}
        return {dx}, dout * self.x
"""


def _mul(**changes: str) -> str:
    plain = {"keep": "self.x, self.y = x, y", "out": "x * y", "backward": "pass", "dx": "dout * self.y", "default": ""}
    layer = MUL.format(**{"before": "'x'", **plain, **changes})
    return LAYERS + "\n".join(line for line in layer.splitlines() if line.strip() not in ("'x'", "pass"))


ELEMENTARY = {
    "a layer and its gradients": (LAYERS, PLAIN),
    "layers made at once": (
        LAYERS,
        "m, n = Mul(), Neg(); d = yield n.forward(m.forward(a, b)); return m.backward(n.backward(d))",
    ),
    "named results": (LAYERS, "'''Buy.'''; m = Mul(); d = yield {'price': m.forward(a, b)}; return {'a': d, 'b': d}"),
    "shares that add up": (LAYERS, "m = Mul(); d = yield m.forward(a, b); x, y = m.backward(d); return x + y, y"),
    "a list of gradients": (LAYERS, "m = Mul(); d = yield m.forward(a, b); g = m.backward(d); return *g, d"),
    "a digit": (_mul(dx="dout * self.y", keep="self.x, self.y = x, y; t = -x"), PLAIN),
}
# One thing each that a layer or its wiring could use to be wrong somewhere else than in its formula.
OTHERS = {
    "a branch": (_mul(backward="if dout: dout = dout * 1"), PLAIN),
    "a conditional value": (_mul(dx="dout * self.y if self.x else dout * self.y"), PLAIN),
    "a comparison": (_mul(keep="self.x, self.y = x, y * (x == x)"), PLAIN),
    "a call": (_mul(dx="dout * float(self.y)"), PLAIN),
    "an attribute of a number": (_mul(dx="dout * self.y.real"), PLAIN),
    "a division": (_mul(dx="dout * self.x * self.y / self.x"), PLAIN),
    "a power": (_mul(dx="dout * self.y ** 1"), PLAIN),
    "two operations": (_mul(dx="dout * self.x * self.y"), PLAIN),
    "two operations with a name between": (_mul(backward="t = dout * self.y", dx="t * 1"), PLAIN),
    "a sum in backward": (_mul(dx="dout * self.y + 0"), PLAIN),
    "a number beyond a digit": (_mul(dx="dout * self.y * 1", out="10 * x"), PLAIN),
    "a float": (_mul(dx="self.y * 1.0"), PLAIN),
    "a truth": (_mul(dx="self.y * True"), PLAIN),
    "an attribute written in backward": (_mul(backward="self.x = dout"), PLAIN),
    "an attribute read in forward": (_mul(keep="self.x, self.y = self.x, y"), PLAIN),
    "an attribute that forward computes": (_mul(keep="self.x, self.y = x, x * y"), PLAIN),
    "an attribute that is a method": (_mul(keep="self.x = self.backward = x; self.y = y"), PLAIN),
    "a method overwritten": (_mul(keep="self.x, self.y = x, y; self.forward = x"), PLAIN),
    "an attribute of the class": (_mul(before="n = 0"), PLAIN),
    "an attribute never written": (_mul(keep="self.x = x"), PLAIN),
    "an attribute of another object": (_mul(keep="self.x, self.y = x, y; x.z = y"), PLAIN),
    "a write in place": (_mul(backward="dout *= 1"), PLAIN),
    "a write to an entry": (_mul(backward="dout[()] = 1"), PLAIN),
    "a default": (_mul(default=", z=0"), PLAIN),
    "any arguments": (_mul(default=", *z"), PLAIN),
    "a name outside": (_mul(dx="dout * TEN"), PLAIN),
    "a global": (_mul(backward="global TEN; TEN = 2"), PLAIN),
    "an assignment within": (_mul(dx="(t := dout) * self.y"), PLAIN),
    "a list": (_mul(keep="self.x, self.y = [x, y]"), PLAIN),
    "slots": (_mul(before="__slots__ = 'x', 'y'"), PLAIN),
    "a property": (_mul(before="y = property(lambda self: 1, lambda self, y: None)"), PLAIN),
    "a constructor": (_mul(before="def __init__(self): pass"), PLAIN),
    "attributes intercepted": (_mul(before="def __setattr__(self, name, value): pass"), PLAIN),
    "a static method": (_mul(before="@staticmethod").replace("forward(self, x, y)", "forward(x, y)"), PLAIN),
    "a base class": (_mul().replace("class Mul:", "class Base: pass\nclass Mul(Base):"), PLAIN),
    "a metaclass": (_mul().replace("class Mul:", "class M(type): pass\nclass Mul(metaclass=M):"), PLAIN),
    "a function for the class": (LAYERS + "def Mul():\n    return Add()", PLAIN),
    "a function from elsewhere": (LAYERS + "Mul.backward = lambda self, dout: (dout * self.y, dout * self.x)", PLAIN),
    "an object that is shared": (LAYERS + "made = Mul()", PLAIN.replace("Mul()", "made")),
    "an object that is shared by call": (
        LAYERS + "made = Mul()",
        "d = yield made.forward(a, b); return made.backward(d)",
    ),
    "a keyword": (LAYERS, PLAIN.replace("(a, b)", "(x=a, y=b)")),
    "another method": (_mul(), PLAIN.replace("mul.forward", "mul.__class__.forward")),
    "a branch in the wiring": (LAYERS, "m = Mul(); d = yield m.forward(a, b) if 1 else a; return m.backward(d)"),
    "a comparison in the wiring": (LAYERS, "m = Mul(); d = yield m.forward(a, b); t = d is None; return m.backward(d)"),
    "a product in the wiring": (LAYERS, "m = Mul(); d = yield m.forward(a, b); return d * b, d * a"),
    "a key": (LAYERS, "m = Mul(); d = yield m.forward(a, b); g = m.backward(d); return g[0], g[1]"),
    "a number as a key": (LAYERS, "m = Mul(); d = yield m.forward(a, b); k = {a: 1}; return m.backward(d)"),
    "an argument as a key": (
        LAYERS,
        "m = Mul(); d = yield m.forward(a, b); k = {}; k[a] = k[b] = d\n    for a in ('a',): pass\n    return m.backward(d)",
    ),
    "an attribute in the wiring": (LAYERS, "m = Mul(); d = yield m.forward(a, b); m.x = a; return m.backward(d)"),
    "a comprehension": (LAYERS, "m = Mul(); d = yield m.forward(a, b); return [g for g in m.backward(d)]"),
    "a handler": (
        LAYERS,
        "m = Mul()\n    try: d = yield m.forward(a, b)\n    except TypeError: pass\n    return m.backward(d)",
    ),
    "an import": (LAYERS, "import math; m = Mul(); d = yield m.forward(a, b); return m.backward(d)"),
    "a number outside": (LAYERS, "m = Mul(); d = yield m.forward(a, b); t = TEN; return m.backward(d)"),
    "a call outside": (LAYERS, "m = Mul(); d = yield m.forward(a, b); t = len(m.backward(d)); return m.backward(d)"),
    "a class by another name": (LAYERS, "m = Mul; d = yield m().forward(a, b); return d, d"),
}


def _collected(folder, name: str, source: str) -> verify.Case:
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    (case,) = collect([str(folder / f"{name}.py")])
    return case


def _case(folder, layers: str, body: str) -> verify.Case:
    lines = "\n".join(f"    {line}" for line in body.replace("; ", "\n").splitlines())
    lines = "\n".join("    " + line.strip() for line in lines.splitlines())
    return _collected(folder, "priced", CASE.format(layers=layers, body=lines))


@pytest.fixture(autouse=True)
def _path(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])


@pytest.mark.parametrize("name", ELEMENTARY)
def test_single_operations_in_a_straight_line_are_elementary(tmp_path, name):
    """Layers of one operation each, made and called line by line, are left to their formula."""
    assert is_elementary(_case(tmp_path, *ELEMENTARY[name]).subject)


@pytest.mark.parametrize("name", OTHERS)
def test_anything_else_is_not(tmp_path, name):
    """What could make code right at the sample and wrong elsewhere, in a later call or in floats is not elementary."""
    assert not is_elementary(_case(tmp_path, *OTHERS[name]).subject)


def test_a_source_that_has_changed_is_not_read(tmp_path):
    """What was imported is not what the file says now: nothing is known of it."""
    case = _case(tmp_path, LAYERS, PLAIN)
    (tmp_path / "priced.py").write_text(CASE.format(layers=LAYERS, body="    return (yield a)"), encoding="utf-8")
    assert not is_elementary(case.subject)


def test_code_put_in_the_place_of_other_code_is_not_read(tmp_path):
    """A method whose code was exchanged is not what stands on its line."""
    case = _case(tmp_path, LAYERS, PLAIN)
    layer = case.subject.__globals__["Mul"]
    layer.backward.__code__ = (lambda self, dout: (dout * self.x, dout * self.y)).__code__
    assert not is_elementary(case.subject)


def _wired(rng: random.Random) -> str:
    """Return a case of a random polynomial, wired in a straight line."""
    names, text = ["a", "b", "c"][: rng.randint(1, 3)], {}
    values, steps = [*names], []
    text.update({name: name for name in names})
    for number in range(rng.randint(1, 7)):
        layer, form = rng.choice([*FORMS.items()])
        args = [values[-1] if number else rng.choice(names), rng.choice(values)][: form.count("{")]
        steps.append((layer, args, f"v{number}"))
        text[f"v{number}"] = form.format(*(text[arg] for arg in args))
        values.append(f"v{number}")
    lines = [f"l{i} = {layer}()" for i, (layer, _, _) in enumerate(steps)]
    lines += [f"{out} = l{i}.forward({', '.join(args)})" for i, (_, args, out) in enumerate(steps)]
    lines += [f"d{values[-1]} = yield {values[-1]}", *_backward(steps)]
    flowing = {line.split(" = ")[0] for line in lines}
    lines.append(f"return {', '.join(f'd{name}' if f'd{name}' in flowing else 'None' for name in names)},")
    sample = {name: rng.choice(["1", "2", "0.5", "100", "1.1", "-3", "0"]) for name in names}
    case = f"@verify.case('out = {text[values[-1]]}', at={sample})\ndef wired({', '.join(names)}):"
    return "\n".join([LAYERS, case, *(f"    {line}" for line in lines if "None" not in line)])


FORMS = {"Mul": "({}*{})", "Add": "({}+{})", "Sub": "({}-{})", "Neg": "(-{})", "Twice": "(2*{})"}


def _backward(steps: list[tuple[str, list[str], str]]) -> Iterator[str]:
    reached: set[str] = set()
    for number, (_, args, out) in reversed([*enumerate(steps)]):
        shares = [f"s{number}_{place}" for place in range(len(args))]
        yield f"{', '.join(shares)} = l{number}.backward(d{out})"
        for arg, share in zip(args, shares, strict=True):
            yield f"d{arg} = d{arg} + {share}" if arg in reached else f"d{arg} = {share}"
            reached.add(arg)


@slow
def test_the_road_of_layers_adds_nothing_to_elementary_code(tmp_path, monkeypatch):
    """Of random polynomials in a straight line, regions, contracts and floats find what the formula says: nothing."""
    tried = 0
    for number in range(_MANY):
        source = _wired(random.Random(number))
        if "return" not in source.splitlines()[-1]:
            continue  # the last step does not depend on an input
        case = _collected(tmp_path, f"wired_{number}", source)
        assert is_elementary(case.subject), source
        result = verify.check(case)
        with monkeypatch.context() as patch:
            patch.setattr(elementary, "is_elementary", lambda subject: False)
            assert verify.check(case) == result, source
        tried += 1
    assert tried >= _MANY / 2

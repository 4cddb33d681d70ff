"""Every verdict has a case that earns it; every planted error is refuted, with an example."""

import copy
import math
import sys

import numpy as np
import pytest

import verify
from layers.arithmetic import AddLayer, DivLayer, MulLayer, PowLayer, SubLayer
from verify import Verdict
from verify.cases import make
from verify.expression import parse
from verify.field import PRIMES
from verify.result import Run, summary

APPLES = "price = apple * apple_cnt * tax"
AT = {"apple": 100, "apple_cnt": 2, "tax": "1.1"}


class ForgetsToSwap(MulLayer):
    def backward(self, dout):
        return dout * self.x, dout * self.y


class SquaresUpstream(MulLayer):
    def backward(self, dout):
        return dout * dout * self.y, dout * self.x


class IgnoresUpstream(MulLayer):
    def backward(self, dout):
        return self.y, self.x


class SlightlyOff(MulLayer):
    def backward(self, dout):
        return dout * self.y * 1.000000000001, dout * self.x


class TwiceTooMuch(MulLayer):
    def backward(self, dout):
        return 2 * dout * self.y, dout * self.x


class ForgetsMinus(SubLayer):
    def backward(self, dout):
        return dout, dout


class ForgetsSquare(DivLayer):
    def backward(self, dout):
        return dout / self.y, -dout * self.x / self.y


class WrongExponent(PowLayer):
    def backward(self, dout):
        return dout * self.exponent * self.x**self.exponent


class WrongForward(AddLayer):
    def forward(self, x, y):
        return x - y


class TypedRoot(PowLayer):
    def backward(self, dout):
        return dout * 1.4142135623730951 * self.x**0 / 2


class Branches(MulLayer):
    def backward(self, dout):
        return (dout * self.y, dout * self.x) if dout > 0 else (0, 0)


class Raises(MulLayer):
    def backward(self, dout):
        return [dout * self.y][1]


class Exits(MulLayer):
    def backward(self, dout):
        sys.exit(3)


class Prints(MulLayer):
    def forward(self, x, y):
        print("printed by a layer")
        return super().forward(x, y)


class Float32(MulLayer):
    def backward(self, dout):
        if isinstance(dout, float):
            return float(np.float32(dout * self.y)), dout * self.x
        return super().backward(dout)


class NotANumber(MulLayer):
    def backward(self, dout):
        return "1.1", dout * self.x


class Nan(MulLayer):
    def backward(self, dout):
        return (math.nan, math.nan) if isinstance(dout, float) else super().backward(dout)


@pytest.mark.parametrize("seed", [0, 1])
def test_right_layers_are_proved(seed):
    """Our own layers: every gradient and value is proved, whatever the seed."""
    from layers.shopping import buy_apples

    assert {c.verdict for c in verify.check(buy_apples, seed).comparisons} == {Verdict.PROVED}


def test_a_mul_layer_that_forgets_to_swap(checked, gradients):
    """It is refuted, and the counterexample is the sample with both exact values."""
    rows = gradients(checked("price = apple * tax", {"apple": 100, "tax": "1.1"}, MulLayer=ForgetsToSwap))
    assert rows["apple"].verdict is rows["tax"].verdict is Verdict.REFUTED
    found = rows["apple"].counterexample
    assert dict(found.inputs) == {"apple": "100", "tax": "1.1", "dprice": "1"}
    assert (found.expected, found.actual) == ("11/10", "100")
    assert (rows["apple"].expected_formula, rows["apple"].actual_formula) == ("tax*dprice", "apple*dprice")


@pytest.mark.parametrize(
    ("expression", "at", "layers"),
    [
        (APPLES, AT, {"MulLayer": ForgetsToSwap}),
        (APPLES, AT, {"MulLayer": SquaresUpstream}),
        (APPLES, AT, {"MulLayer": IgnoresUpstream}),
        (APPLES, AT, {"MulLayer": SlightlyOff}),
        (APPLES, AT, {"MulLayer": TwiceTooMuch}),
        ("a - b", {"a": 1, "b": 2}, {"SubLayer": ForgetsMinus}),
        ("a / b", {"a": 1, "b": 2}, {"DivLayer": ForgetsSquare}),
        ("a ** 3", {"a": 2}, {"PowLayer": WrongExponent}),
        ("a ** 3", {"a": 1}, {"PowLayer": WrongExponent}),
        ("a ** 0.5", {"a": 4}, {"PowLayer": WrongExponent}),
        ("(a - b) / b", {"a": "1e-9", "b": "1e9"}, {"DivLayer": ForgetsSquare}),
    ],
)
def test_planted_errors_are_refuted(checked, gradients, expression, at, layers):
    """A planted error is refuted with an example at which the exact values differ; what it spares is still proved."""
    result = checked(expression, at, **layers)
    refuted = [c for c in gradients(result).values() if c.verdict is Verdict.REFUTED]
    assert refuted
    assert not result.good
    for comparison in refuted:
        assert comparison.counterexample.expected != comparison.counterexample.actual
    assert all(c.verdict in (Verdict.PROVED, Verdict.REFUTED) for c in result.comparisons)


def test_an_error_that_hides_at_an_upstream_of_one(checked, gradients):
    """A squared upstream is right where the upstream is 1: the counterexample has another."""
    row = gradients(checked("price = apple * tax", {"apple": 100, "tax": "1.1"}, MulLayer=SquaresUpstream))["apple"]
    assert row.verdict is Verdict.REFUTED
    assert dict(row.counterexample.inputs)["dprice"] == "2"


def test_a_wrong_forward_is_told_from_a_wrong_backward(checked, gradients):
    """The value is refuted, the gradient of what the text says is judged for itself."""
    result = checked("a + b", {"a": 1, "b": 2}, AddLayer=WrongForward)
    assert [c.verdict for c in result.comparisons if c.quantity == "value"] == [Verdict.REFUTED]
    assert {c.verdict for c in gradients(result).values()} == {Verdict.PROVED}


def test_a_typed_irrational_agrees(checked, gradients):
    """A constant typed to 17 digits is right up to its rounding: AGREES, with the reason."""
    row = gradients(checked("(2 * x) ** 0.5", {"x": 2}, PowLayer=TypedRoot))
    assert row["x"].verdict is Verdict.REFUTED  # right at one point only

    class Scales(MulLayer):
        def backward(self, dout):
            return dout * 1.4142135623730951, dout * self.x

    result = checked("x * 2 ** 0.5", {"x": 3}, MulLayer=Scales)
    row = gradients(result)["x"]
    assert (row.verdict, row.evidence.kind) == (Verdict.AGREES, "constants")
    assert result.good


def test_a_branch_is_undecided(checked, gradients):
    """What cannot be followed is UNDECIDED, with the line of user code that asked, and does not pass."""
    result = checked(APPLES, AT, MulLayer=Branches)
    rows = gradients(result)
    assert {c.verdict for c in rows.values()} == {Verdict.UNDECIDED}
    assert "a branch that depends on the inputs, at tests/test_checker.py:" in rows["apple"].evidence.detail
    assert rows["apple"].expected == "11/5"
    assert not result.good


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Raises, r"IndexError: list index out of range, at tests/test_checker\.py:\d+"),
        (Exits, r"SystemExit: 3, at tests/test_checker\.py:\d+"),
        (NotANumber, r"the gradient of 'apple' is '1\.1' \(str\): a number was expected"),
    ],
)
def test_what_raises_is_an_error(checked, layer, message):
    """User code that raises, exits or returns no number is a row with the verdict ERROR."""
    import re

    result = checked("price = apple * tax", {"apple": 100, "tax": "1.1"}, MulLayer=layer)
    (row,) = result.comparisons
    assert (row.quantity, row.verdict) == ("case", Verdict.ERROR)
    assert re.search(message, row.evidence.detail)


def test_a_missing_layer_is_an_error(checked):
    """A module of layers without one that the expression needs is told which."""
    result = checked("a - b", {"a": 1, "b": 2}, SubLayer=None)
    assert result.comparisons[0].verdict is Verdict.ERROR


def test_an_output_that_depends_on_nothing(checked):
    """0 = 0 checks nothing, and is not passed."""
    for expression in ("x - x + y * 0", "(x + y) ** 2 - x * x - 2 * x * y - y * y"):
        (row,) = checked(expression, {"x": 2, "y": 3}).comparisons
        assert row.verdict is Verdict.ERROR
        assert "depends on no input" in row.evidence.detail


def test_gradients_that_vanish_at_the_sample_only(checked):
    """x * y at (0, 0) has derivatives that are 0 there and not everywhere: checked as ever."""
    assert checked("x * y", {"x": 0, "y": 0}).good


@pytest.mark.parametrize("layer", [Float32, Nan])
def test_bad_floats_are_told_from_a_wrong_formula(checked, gradients, layer):
    """A cast to float32 is outside the rounding bound, NaN is no number: the formula is proved, the row fails all the same."""
    result = checked("price = apple * tax", {"apple": 100, "tax": "1.1"}, MulLayer=layer)
    row = gradients(result)["apple"]
    assert row.verdict is Verdict.PROVED
    assert not row.rounding.explained
    assert not row.good
    assert not result.good


def test_what_a_layer_prints_goes_to_stderr(checked, capsys):
    """Standard output belongs to the report."""
    checked("x * y", {"x": 2, "y": 3}, MulLayer=Prints)
    out, err = capsys.readouterr()
    assert (out, "printed by a layer" in err) == ("", True)


def test_stated_values(checked):
    """A stated value is compared exactly; an irrational one has to round to the same float."""
    stated = {("value", "out"): "12.1", ("gradient", "x"): 11, ("gradient", "y"): "1.1"}
    result = checked("x * y", {"x": "1.1", "y": 11}, stated=stated)
    assert {c.verdict for c in result.comparisons if c.quantity == "stated"} == {Verdict.PROVED}

    result = checked("x * y", {"x": "1.1", "y": 11}, stated={("gradient", "x"): "11.0000000000000000001"})
    assert [c.verdict for c in result.comparisons if c.quantity == "stated"] == [Verdict.REFUTED]

    root = {("value", "out"): "1.4142135623730951"}
    result = checked("x ** 0.5", {"x": 2}, stated=root)
    assert [c.verdict for c in result.comparisons if c.quantity == "stated"] == [Verdict.AGREES]
    result = checked("x ** 0.5", {"x": 2}, stated={("value", "out"): "1.414213562373095"})
    assert [c.verdict for c in result.comparisons if c.quantity == "stated"] == [Verdict.REFUTED]


def test_the_upstream_is_in_the_formula_unless_it_is_one(checked, gradients):
    """With an upstream of 1.3 the exact value and the formula have it."""
    row = gradients(checked("x * y", {"x": 10, "y": 5}, upstream="1.3"))["x"]
    assert (row.expected, row.expected_formula) == ("13/2", "y*dout")
    row = gradients(checked("x * y", {"x": 10, "y": 5}))["x"]
    assert (row.expected, row.expected_formula) == ("5", "y")


def test_an_input_may_have_the_upstreams_name(checked, gradients):
    """`dout` as an input does not collide with the symbol of the upstream."""
    result = checked("x * dout", {"x": 2, "dout": 3})
    assert result.good
    assert result.upstream[0] == "dout_"
    assert gradients(result)["x"].expected == "3"


def test_the_command_that_reproduces(checked):
    """A result names the command that runs its case alone."""
    assert (
        checked("x * y", {"x": 2, "y": "0.5"}, upstream="-1").reproduce
        == "gradproof expr 'x * y' --at x=2 --at y=0.5 --upstream=-1"
    )
    from layers.shopping import buy_apples

    assert verify.check(buy_apples).reproduce == "gradproof run layers/shopping.py --case 'apples, wired by hand'"


def of(expression, at, backward, **options):
    """Return the result of a case whose forward is right and whose gradients `backward(dout, **inputs)` gives."""
    names = list(at)

    def subject(**inputs):
        program = parse(expression, at)
        dout = yield program.evaluate(inputs, lambda n: n.numerator if n.denominator == 1 else n)[program.result]
        return backward(dout, *[inputs[name] for name in names])

    return verify.check(make("a case", expression, at, lambda program: subject, **options))


def test_an_error_that_hides_in_the_prime_of_the_field(gradients):
    """A factor of 1 + p is 1 in the field: points of the reals tell."""
    row = gradients(of("3 * x * w", {"x": 2, "w": 5}, lambda d, x, w: (d * 3 * w * (1 + PRIMES[0]), d * 3 * x)))["x"]
    assert row.verdict is Verdict.REFUTED
    assert of(f"(x + y) ** 2 / {PRIMES[0]}", {"x": 1, "y": 2}, lambda d, x, y: (d, d)).good is False


def test_a_copied_symbol_is_the_symbol(gradients):
    """copy.deepcopy of a cache is common in layers: the copy means the same."""
    rows = gradients(of("x * w", {"x": 1, "w": 3}, lambda d, x, w: (d * copy.deepcopy(w), d * copy.copy([x])[0])))
    assert {row.verdict for row in rows.values()} == {Verdict.PROVED}


def test_a_symbol_of_another_run_is_refused():
    """A memo that outlives the run gives a symbol of another graph: not followed, and never taken for a node of this one."""
    memo = {}

    def subject(a, b):
        kept = memo.setdefault(type(a).__name__, b)
        dout = yield a * b
        return dout * kept, dout * a

    first, second = (
        make(name, "a * b", at, lambda program: subject)
        for name, at in [("1", {"a": 2, "b": 3}), ("2", {"a": 5, "b": 7})]
    )
    assert verify.check(first).good
    assert not verify.check(second).good
    assert "kept from another run" in verify.check(second).comparisons[0].evidence.detail


@pytest.mark.parametrize("h", [1e-20, 1e-9, 1e-6, 1e-4])
def test_numerical_differentiation_is_no_rounding_of_constants(gradients, h):
    """A difference quotient with a step in the code is refuted, forward and central."""
    rows = gradients(of("x ** 3", {"x": 3}, lambda d, x: d * ((x + h) ** 3 - (x - h) ** 3) / (2 * h)))
    assert rows["x"].verdict is Verdict.REFUTED
    rows = gradients(of("x ** 2", {"x": 3}, lambda d, x: d * ((x + h) ** 2 - x**2) / h))
    assert rows["x"].verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("expression", "at", "backward"),
    [
        ("x ** 2.2", {"x": "1.5"}, lambda d, x: d * 2.2 * x ** (2.2 - 1)),
        ("x ** 0.1", {"x": "1.5"}, lambda d, x: d * 0.1 * x ** (0.1 - 1)),
        ("6.02214076e23 * x", {"x": 2}, lambda d, x: d * 6.02214076e23),
        ("1.5e-30 * x", {"x": 2}, lambda d, x: d * 1.5e-30),
        ("0.1 * x", {"x": 2}, lambda d, x: d * (1 - 0.9)),
        ("0.3 * x", {"x": 2}, lambda d, x: d * (0.1 + 0.2)),
        ("2 * x / 3", {"x": 2}, lambda d, x: d * (1 - 1 / 3)),
        ("2 * x", {"x": 2}, lambda d, x: d * (2**0.5 * 2**0.5)),
    ],
)
def test_constants_computed_in_floats_are_not_refuted(gradients, expression, at, backward):
    """A constant that a few float operations made is right up to their rounding."""
    assert gradients(of(expression, at, backward))["x"].verdict in (Verdict.PROVED, Verdict.AGREES)


@pytest.mark.parametrize("error", [1e-12, 1e-13, 1e-14])
def test_errors_beyond_rounding_are_refuted(gradients, error):
    """A constant that is off by more than a few roundings is wrong."""
    rows = gradients(of("1.1 * x", {"x": 2}, lambda d, x: d * (1.1 * (1 + error))))
    assert rows["x"].verdict is Verdict.REFUTED


def test_a_caught_refusal_is_no_permission():
    """Code that catches what a symbol answers to a branch, and goes on, is not followed."""

    def backward(d, x):
        try:
            negative = x < 0
        except Exception:  # noqa: BLE001 - as planted
            negative = False
        return d * 7 if negative else d * 2 * x

    result = of("x * x", {"x": 3}, backward)
    assert {c.verdict for c in result.comparisons} == {Verdict.UNDECIDED}
    assert "the code caught the exception" in result.comparisons[0].evidence.detail


def test_wide_balls_are_no_agreement(gradients):
    """A zero times 1e900 that balls cannot tell from anything is not counted as agreeing."""

    def backward(d, x):
        root = x**0.5
        zero = root * root - x
        v = x**0.5 / 1000
        return d * 2 * x * (1 + v - 1 / v + zero * 1e300 * 1e300 * 1e300)

    assert gradients(of("x * x", {"x": "2.25"}, backward))["x"].verdict not in (Verdict.PROVED, Verdict.AGREES)


def test_a_gradient_that_is_not_claimed_is_told():
    """None makes no claim: the result names the input, and the summary counts it."""
    result = of("x * w", {"x": 2, "w": 3}, lambda d, x, w: (d * w, None))
    assert result.good
    assert result.unclaimed == ("w",)
    assert summary(Run((result,))) == "1 case, 1 gradient: all proved; 1 gradient not claimed"


def test_a_layer_that_forgets_a_gradient_is_an_error(checked):
    """In a graph wired from an expression every layer owes every gradient; a list will do."""

    class Forgets(AddLayer):
        def backward(self, dout):
            return None, dout

    class TooMany(AddLayer):
        def backward(self, dout):
            return dout, dout, dout

    class Lists(AddLayer):
        def backward(self, dout):
            return [dout, dout]

    for layer in (Forgets, TooMany):
        (row,) = checked("x + y", {"x": 1, "y": 2}, AddLayer=layer).comparisons
        assert row.verdict is Verdict.ERROR
        assert f"{layer.__name__}.backward returned" in row.evidence.detail
    assert checked("x + y", {"x": 1, "y": 2}, AddLayer=Lists).good


def test_inputs_may_be_called_as_the_output_is(checked, gradients):
    """`out` as an input does not collide with the name of an output that has none."""
    result = checked("out * 2 + y", {"out": 1, "y": 3})
    assert result.good
    assert result.output == "out_"
    assert set(gradients(result)) == {"out", "out * 2", "y", "out_"}


def test_a_stated_value_of_an_input(checked):
    """An input has a value that can be stated as well."""
    stated = {("value", "x"): 2}
    assert [
        c.verdict for c in checked("x * y", {"x": 2, "y": 3}, stated=stated).comparisons if c.quantity == "stated"
    ] == [Verdict.PROVED]


def test_a_float_that_rounding_may_take_anywhere_is_told(checked, gradients):
    """A division by what may round to 0 has no bound; it passes, and the summary says so."""
    result = checked("z / (x - y)", {"x": "0.3", "y": "0.30000000000000004", "z": 1})
    assert gradients(result)["z"].rounding.bound == ""
    assert "without a rounding bound" in summary(Run((result,)))


class Odd(BaseException):
    def __str__(self):
        raise ValueError


def raising(problem):
    def backward(d, x):
        raise problem

    return backward


@pytest.mark.parametrize(
    "backward",
    [
        raising(Odd()),
        raising(GeneratorExit()),
        lambda d, x: object(),
        lambda d, x: float("nan") if type(x) is not float else d,
        lambda d, x: 10**400 * d,
        lambda d, x: 1j * d,
        lambda d, x: np.array([1.0, 2.0]),
        lambda d, x: True,
    ],
)
def test_odd_subjects_make_rows_and_nothing_worse(backward):
    """Whatever a subject raises or returns ends as a row that does not pass, without addresses in it."""
    result = of("x * x", {"x": 3}, backward)
    assert not result.good
    assert "0x7" not in " ".join(c.evidence.detail for c in result.comparisons)


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        ("(x / 1e250) ** 18", {"x": "1e250"}),
        ("a = 1.0000001 ** (1/2)\nb = a ** 1000\nc = b ** 1000\nc * x", {"x": 2}),
        ("\n".join(["a0 = 1 / (1 + x)", *[f"a{i} = 1 / (1 + a{i - 1})" for i in range(1, 150)], "a149 * 1"]), {"x": 2}),
        ("(x ** 0.5 * x ** 0.5 - x) * y", {"x": 2, "y": 3}),
        ("1 / (a + b - a)", {"a": "1e300", "b": "1e-300"}),
    ],
    ids=["digits", "powers", "depth", "hidden zero", "near zero"],
)
def test_large_formulas(checked, expression, at):
    """Long numbers, huge powers, deep nesting and hidden zeros are decided, or said to be undecided, in moderate time."""
    result = checked(expression, at)
    assert {c.verdict for c in result.comparisons} <= {Verdict.PROVED, Verdict.ERROR}

"""Every verdict has a case that earns it; every planted error is refuted, with an example."""

import math
import sys

import numpy as np
import pytest
from effort import slow, some

import verify
from layers.arithmetic import AddLayer, DivLayer, MulLayer, PowLayer, SubLayer
from verify import Verdict

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
    some(
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
        8,
    ),
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


def test_a_branch_on_the_upstream_is_no_formula(checked):
    """What a derivative cannot depend on is UNDECIDED, with the line of user code that asked, and does not pass."""
    result = checked(APPLES, AT, MulLayer=Branches)
    rows = {c.name: c for c in result.comparisons if c.quantity == "gradient" and not c.variant and c.actual}
    assert {c.verdict for c in rows.values()} == {Verdict.UNDECIDED}
    assert "the code branches on the upstream, at tests/test_checker.py:" in rows["apple"].evidence.detail
    assert rows["apple"].expected == "11/5"
    assert not result.good


def test_the_other_side_of_a_branch_on_the_upstream_is_refuted(checked):
    """Where the code is wrong for the other sign of an upstream, that is shown beside what could not be decided."""
    result = checked(APPLES, AT, MulLayer=Branches)
    assert "apple" in {c.name for c in result.comparisons if c.verdict is Verdict.REFUTED}


class BranchesOnInputs(MulLayer):
    def backward(self, dout):
        return (dout * self.y, dout * self.x) if self.x > 2 else (0, 0)


def test_a_branch_on_an_input_bounds_the_claim(checked, gradients):
    """The side that the sample takes is decided, and said to be what the claim is for; the other one is refuted."""
    result = checked("x * y", {"x": 3, "y": 5}, MulLayer=BranchesOnInputs)
    assert {c.verdict for c in result.comparisons if not c.variant} == {Verdict.PROVED}
    assert {c.verdict for c in result.comparisons if c.variant} == {Verdict.REFUTED}
    assert [branch.condition for branch in result.region] == ["x - 2 > 0"]
    assert str(result.region[0].where).startswith("tests/test_checker.py:")
    wrong = gradients(checked("x * y", {"x": 1, "y": 5}, MulLayer=BranchesOnInputs))
    assert wrong["x"].verdict is Verdict.REFUTED
    assert dict(wrong["x"].counterexample.inputs)["x"] == "1"


class TakesMath(MulLayer):
    def forward(self, x, y):
        self.x, self.y = x, y
        return math.exp(math.log(x)) * y


def test_functions_of_math_are_followed(checked, gradients):
    """Code that asks math for a function of a scalar is followed."""
    result = checked("x * y", {"x": 3, "y": 5}, MulLayer=TakesMath)
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Raises, r"IndexError: list index out of range, at tests/test_checker\.py:\d+"),
        (Exits, r"SystemExit: 3, at tests/test_checker\.py:\d+"),
        (NotANumber, r"the gradient of 'apple' is '1\.1' \(str\): expected a number"),
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


CONSTANTS = ("x - x + y * 0", "(x + y) ** 2 - x * x - 2 * x * y - y * y")


@pytest.mark.parametrize("expression", CONSTANTS)
def test_an_output_that_depends_on_nothing(checked, gradients, expression):
    """The derivative of a constant is 0: proved, and said."""
    result = checked(expression, {"x": 2, "y": 3})
    assert {row.verdict for row in gradients(result).values()} == {Verdict.PROVED}
    assert "constant" in " ".join(result.notes)


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
        checked("x * y", {"x": 2, "y": "0.5"}, upstream="-1").again
        == "gradproof expr 'x * y' --at x=2 --at y=0.5 --upstream=-1"
    )
    from layers.shopping import buy_apples

    assert verify.check(buy_apples).again == "gradproof run layers/shopping.py --case 'apples, wired by hand'"


@pytest.mark.parametrize("text", ["x", "y = x", "y = x * 2\ny", "y = x * 2\nz = y"])
def test_an_output_with_a_second_name_is_compared(text):
    """The forward value counts also where the last line computes nothing anew."""
    factor = 2 if "2" in text else 1

    def case(forward):
        def subject(x):
            dout = yield forward * x
            return factor * dout

        return verify.case(text, at={"x": 3})(subject)

    assert verify.check(case(factor)).good
    assert not verify.check(case(3)).good


def test_a_second_name_is_a_name():
    """A line that only names a step anew gives it a name to yield, in the middle and at the end."""

    @verify.case("y = x * 2\nz = y\nw = z * x", at={"x": 3})
    def middle(x):
        dw = yield {"z": x * 2, "w": 2 * x * x}
        return 4 * x * dw

    @verify.case("y = x * 2\ny", at={"x": 3})
    def last(x):
        dy = yield {"y": x * 2}
        return 2 * dy

    assert verify.check(middle).good
    assert verify.check(last).good


@pytest.mark.parametrize(("stated", "good"), [(6, True), (7, False)])
def test_a_value_may_be_stated_by_a_second_name(checked, stated, good):
    """What is stated of a name that only names a step anew is compared with that step."""
    assert checked("y = x * 2\nz = y\nw = z * x", {"x": 3}, stated={("value", "z"): stated}).good == good


@pytest.mark.parametrize(("second", "good"), [(lambda y: y, True), (lambda y: 3 * y, False), (lambda y: "nix", False)])
def test_two_names_of_a_step_have_one_value(second, good):
    """Where both are given, neither hides the other: not in the forward values, and not in the gradients."""

    @verify.case("y = x * 2\nz = y", at={"x": 3})
    def forward(x):
        y = 2 * x
        dz = yield {"y": y, "z": second(y)}
        return 2 * dz

    @verify.case("y = x * 2\nz = y", at={"x": 3})
    def backward(x):
        dz = yield 2 * x
        return {"x": 2 * dz, "y": dz, "z": second(dz)}

    assert [verify.check(case).good for case in (forward, backward)] == [good, good]


@pytest.mark.parametrize(
    ("expression", "at", "stated", "verdict"),
    [
        ("a**0.5 * b**0.5 - c", {"a": 2, "b": 8, "c": 4}, 0, Verdict.PROVED),
        ("a**0.5 * b**0.5 - c", {"a": 2, "b": 8, "c": 4}, "1e-60", Verdict.REFUTED),
        ("a**0.5", {"a": 2}, "1.4142135623730951", Verdict.AGREES),
        ("a**0.5", {"a": 2}, "1.4142135623730953", Verdict.REFUTED),
        ("a**0.5 * c * c", {"a": 2, "c": "1e-200"}, 0, Verdict.REFUTED),
    ],
)
def test_what_is_stated_of_an_irrational(checked, expression, at, stated, verdict):
    """A value that the digits of the exact one cannot be told from is not refuted; 0 is no value of what is not 0."""
    found = checked(expression, at, stated={("value", "out"): stated})
    assert [c.verdict for c in found.comparisons if c.quantity == "stated"] == [verdict]


@pytest.mark.parametrize(("given", "wrong"), [("z", 100), ("a", 14), ("z", 0), ("a", 0)])
def test_a_value_of_an_input_is_compared(given, wrong):
    """A value that is yielded for an input, or for a second name of one, has to be that; where it is, no row says so."""

    @verify.case("z = a\nprice = z * b", at={"a": 3, "b": 5})
    def shopping(a, b):
        dout = yield {"price": a * b, given: a + wrong}
        return dout * b, dout * a

    result = verify.check(shopping)
    assert result.good is (wrong == 0)
    values = {c.name: c.verdict for c in result.comparisons if c.quantity == "value"}
    assert values == {"price": Verdict.PROVED} | ({"a": Verdict.REFUTED} if wrong else {})


@slow
def test_formulas_beyond_all_counting(checked):
    """What is shared may have more operations than Python writes digits of."""
    lines = ["v_0 = x * y", *[f"v_{i} = v_{i - 1} + v_{i - 1} * y" for i in range(1, 16_000)]]
    result = checked("\n".join(lines), {"x": 1, "y": 0})
    assert result.good
    assert "over 1,000,000,000,000,000 operations" in result.expression


def test_values_beyond_all_floats(checked):
    """How little a float is off is told in two digits also where that is a millionth part of a millionth digit."""
    assert checked("(((x**1000)**1000)**1000)**1000 + y", {"x": "0.5", "y": 1}).good

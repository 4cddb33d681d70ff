"""What a hostile reader tried: each of these once passed, failed or broke wrongly, or could have."""

import copy
from fractions import Fraction
from statistics import fmean

import numpy as np
import pytest
from effort import some

import verify
from layers.arithmetic import AddLayer, MulLayer
from verify import Verdict
from verify.cases.expression import parse
from verify.cases.making import make
from verify.model.result import Run, summary
from verify.proof.field import PRIMES


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


def cube(x):
    return x * x * x


QUOTIENTS = {
    "central": lambda x, h: (cube(x + h) - cube(x - h)) / (2 * h),
    "forward": lambda x, h: (cube(x + h) - cube(x)) / h,
    "relative step": lambda x, h: (cube(x * (1 + h)) - cube(x * (1 - h))) / (2 * h * x),
    "relative, forward": lambda x, h: (cube(x * (1 + h)) - cube(x)) / (h * x),
    "difference below": lambda x, h: (cube(x * (1 + h)) - cube(x * (1 - h))) / (x * (1 + h) - x * (1 - h)),
    "factor": lambda x, h: (cube(x + h) - cube(x - h)) * (0.5 / h),
    "other factor": lambda x, h: (cube(x + h) - cube(x)) * (1 / h),
}


@pytest.mark.parametrize("h", [1e-20, 1e-15, 1e-9, 1e-6, 1e-4])
@pytest.mark.parametrize("name", some(QUOTIENTS, 16))
def test_numerical_differentiation_is_no_rounding_of_constants(gradients, name, h):
    """A difference quotient with a step in the code is no derivative: refuted, or it does not run at all."""
    result = of("x * x * x", {"x": 2}, lambda d, x: d * QUOTIENTS[name](x, h))
    assert not result.good


def test_a_derivative_of_a_constant_that_is_not_0(gradients):
    """A claim of another derivative of a constant is refuted."""
    result = of("x - x + y * 0", {"x": 2, "y": 3}, lambda d, x, y: (d, d * 0))
    assert [row.verdict for row in gradients(result).values()] == [Verdict.REFUTED, Verdict.PROVED]


WRONG_CONSTANTS = {
    "cancelling": lambda d, x, w: (d * (w + (1.1e17 * x * 0.1 - 1.1e16 * x) + 5), d * x),
    "amplified": lambda d, x, w: (d * (w + 5 + (0.1 * x * 10**18 - x * 10**17)), d * x),
    "powers": lambda d, x, w: (d * (w + 5 + ((1.1 * x) ** 100 - Fraction(11, 10) ** 100 * x**100)), d * x),
    "one term": lambda d, x, w: (d * (w + 1.4142135623730951 - 2**0.5 + 1e-9), d * x),
    "a tiny term": lambda d, x, w: (d * (w * 1.1 / 1.1 + 1e-18), d * x),
}


@pytest.mark.parametrize("name", some(WRONG_CONSTANTS))
def test_no_constants_explain_a_wrong_term(gradients, name):
    """A term that does not belong is not explained by constants elsewhere, however large their effect."""
    assert gradients(of("x * w", {"x": 2, "w": 3}, WRONG_CONSTANTS[name]))["x"].verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("expression", "at", "backward"),
    [
        ("(x * x) ** 0.5 * w", {"x": 2, "w": 3}, lambda d, x, w: (d * w, d * (x * x) ** 0.5)),
        ("x * w", {"x": 7, "w": 3}, lambda d, x, w: (d * w * ((x - 2) ** 2) ** 0.5 / (x - 2), d * x)),
    ],
)
def test_right_on_one_side_of_zero_only(gradients, expression, at, backward):
    """A root of a square without its absolute value is right for one sign: the other is tried."""
    assert gradients(of(expression, at, backward))["x"].verdict is Verdict.REFUTED


def test_digits_that_cancel_are_computed_again():
    """K cancels 160 digits: with more precision both sides still agree, and are proved."""
    large = 10**160
    assert (
        of("x * w / 3", {"x": 2, "w": 3}, lambda d, x, w: (d * (w / 3 + large - large), d * x / 3))
        .comparisons[1]
        .verdict
        is Verdict.PROVED
    )


@pytest.mark.parametrize(
    ("expression", "at", "backward"),
    some(
        [
            ("x ** 2.2", {"x": "1.5"}, lambda d, x: d * 2.2 * x ** (2.2 - 1)),
            ("x ** 1.0001", {"x": "1.5"}, lambda d, x: d * 1.0001 * x ** (1.0001 - 1)),
            ("x ** -0.999", {"x": "1.5"}, lambda d, x: d * -0.999 * x ** (-0.999 - 1)),
            ("x ** 0.1", {"x": "1.5"}, lambda d, x: d * 0.1 * x ** (0.1 - 1)),
            ("6.02214076e23 * x", {"x": 2}, lambda d, x: d * 6.02214076e23),
            ("1.5e-30 * x", {"x": 2}, lambda d, x: d * 1.5e-30),
            ("0.1 * x", {"x": 2}, lambda d, x: d * (1 - 0.9)),
            ("0.001 * x", {"x": 2}, lambda d, x: d * (1 - 0.999)),
            ("2 ** 0.5 * x * x", {"x": 2}, lambda d, x: d * 2.8284271247461903 * x),
            (
                "2 ** 0.5 * x ** 3 + 3 ** 0.5 * x",
                {"x": 2},
                lambda d, x: d * (3 * 1.4142135623730951 * x**2 + 1.7320508075688772),
            ),
            ("0.3 * x", {"x": 2}, lambda d, x: d * (0.1 + 0.2)),
            ("2 * x / 3", {"x": 2}, lambda d, x: d * (1 - 1 / 3)),
            ("2 * x", {"x": 2}, lambda d, x: d * (2**0.5 * 2**0.5)),
        ],
        8,
    ),
)
def test_constants_computed_in_floats_are_not_refuted(gradients, expression, at, backward):
    """A constant that a few float operations made is right up to their rounding."""
    assert gradients(of(expression, at, backward))["x"].verdict in (Verdict.PROVED, Verdict.AGREES)


@pytest.mark.parametrize("error", [1e-12, 1e-13, 1e-14])
def test_errors_beyond_rounding_are_refuted(gradients, error):
    """A constant that is off by more than a few roundings is wrong, and the size of its error is named."""
    rows = gradients(of("1.1 * x", {"x": 2}, lambda d, x: d * (1.1 * (1 + error))))
    assert rows["x"].verdict is Verdict.REFUTED
    assert f"{error:.0e}"[1:] in rows["x"].evidence.detail.replace(".0e", "e")


def test_a_caught_refusal_is_no_permission():
    """Code that catches what a symbol answers when it is asked for its number, and goes on, is not followed."""

    def backward(d, x):
        try:
            number = fmean([x])
        except Exception:  # noqa: BLE001 - as planted
            number = 0
        return d * 7 if number else d * 2 * x

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
    """None makes no claim: the result names the input, and the summary counts it; where the output depends on it, that fails."""
    result = of("x + w - w", {"x": 2, "w": 3}, lambda d, x, w: (d, None))
    assert result.good
    assert result.unclaimed == ("w",)
    assert summary(Run((result,))) == "1 case, 1 gradient: all proved; 1 gradient not claimed"
    result = of("x * w", {"x": 2, "w": 3}, lambda d, x, w: (d * w, None))
    assert (result.good, result.unclaimed) == (False, ("w",))
    assert [finding.code for finding in result.findings] == ["GP124"]


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


def test_a_wrong_gradient_beside_long_numbers_is_refuted(checked):
    """What explains a refutation writes no number of a million digits either."""

    class Wrong(MulLayer):
        def backward(self, dout):
            a, b = super().backward(dout)
            return a * 1.5, b

    powers = "a = 1.0000001 ** (1/2)\nb = a ** 1000\nc = b ** 1000\nd = c * x\nd * (x + c)"
    result = checked(powers, {"x": 2}, MulLayer=Wrong)
    assert {c.name for c in result.comparisons if c.verdict is Verdict.REFUTED} == {"x", "d"}

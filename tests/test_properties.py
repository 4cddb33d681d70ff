"""Random expressions: what is right is always proved, what is planted always refuted."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import sympy
from effort import LONG, slow, some
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from layers import arithmetic
from layers.arithmetic import AddLayer, DivLayer, MulLayer, NegLayer, PowLayer, SubLayer
from layers.wiring import wire
from verify import Verdict
from verify.cases.conversation import drive
from verify.cases.making import make
from verify.checks.checker import check
from verify.model.errors import InputError

NAMES = "abcd"
VALUES = st.fractions(min_value=0, max_value=3, max_denominator=20).filter(bool)


@st.composite
def expressions(draw, depth=8):
    """Draw the text of an expression of positive subexpressions and differences of them."""
    if depth == 0 or draw(st.integers(0, depth)) == 0:
        return draw(st.sampled_from([*NAMES, *NAMES, "2", "0.7", "3"]))
    kind = draw(st.sampled_from(["+", "*", "/", "+", "*", "-", "neg", "**"]))
    left = draw(expressions(depth=depth - 1))
    if kind == "neg":
        return f"-({left})"
    if kind == "**":
        return f"({left}) ** {draw(st.sampled_from(['2', '3', '-1', '-2', '0.5', '(1/3)', '-1.5']))}"
    return f"({left}) {kind} ({draw(expressions(depth=depth - 1))})"


def case_of(text, values, layers):
    """Make a case, or give the example up where the sample is outside the domain or the floats."""
    used = [name for name in NAMES if name in text]
    assume(used)
    try:
        case = make("random", text, dict(zip(used, values, strict=False)), lambda program: wire(program, layers))
        floats = case.program.evaluate({name: float(value) for name, value in case.inputs.items()}, float)
    except (InputError, OverflowError, ZeroDivisionError):
        assume(False)
    assume(all(isinstance(value, float) and (value == 0 or 1e-60 < abs(value) < 1e60) for value in floats))
    assume(math.isfinite(floats[case.program.result]))
    return case


SETTINGS = settings(
    max_examples=60 if LONG else 6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
FEWER = settings(SETTINGS, max_examples=60 if LONG else 3)


@slow
@SETTINGS
@given(expressions(), st.lists(VALUES, min_size=4, max_size=4))
def test_right_gradients_are_proved(text, values):
    """Every gradient and value of every expression is proved, those of constants too."""
    result = check(case_of(text, values, arithmetic), quick=True)
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}, text
    assert all(c.rounding.explained for c in result.comparisons)


@slow
@FEWER
@given(expressions(), st.lists(VALUES, min_size=4, max_size=4))
def test_right_gradients_are_proved_in_all_regions(text, values):
    """No region that a full check visits has a row that is not proved, and no contract is broken."""
    result = check(case_of(text, values, arithmetic))
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}, text
    assert not [finding for finding in result.findings if finding.fails], text


def planted(layer, mistake):
    """Return a layer whose first gradient has a mistake."""

    class Planted(layer):
        def backward(self, dout):
            right = super().backward(dout)
            first, *rest = right if isinstance(right, tuple) else (right,)
            wrong = mistake(first, *rest, dout)
            return wrong if isinstance(right, tuple) else wrong[0]

    return Planted


MISTAKES = {
    "sign": lambda first, *rest: (-first, *rest[:-1]),
    "factor": lambda first, *rest: (first * 2, *rest[:-1]),
    "tiny factor": lambda first, *rest: (first * 1.000000001, *rest[:-1]),
    "swap": lambda first, *rest: (*rest[:-1], first) if len(rest) > 1 else (-first,),
    "term": lambda first, *rest: (first + rest[-1], *rest[:-1]),
    "upstream squared": lambda first, *rest: (first * rest[-1], *rest[:-1]),
}
LAYERS = {"+": AddLayer, "-": SubLayer, "*": MulLayer, "/": DivLayer, "**": PowLayer, "neg": NegLayer}


@pytest.mark.parametrize("mistake", some(MISTAKES, 6))
@settings(SETTINGS, max_examples=40 if LONG else 2)
@given(expressions(depth=5), st.lists(VALUES, min_size=4, max_size=4), st.sampled_from(sorted(LAYERS)))
def test_planted_errors_are_refuted(mistake, text, values, op):
    """A gradient is refuted if and only if the planted mistake makes a difference to it."""
    layers = SimpleNamespace(**{**vars(arithmetic), LAYERS[op].__name__: planted(LAYERS[op], MISTAKES[mistake])})
    case = case_of(text, values, layers)
    assume(op in {step.op for step in case.program.steps})
    rows = {c.name: c for c in check(case, quick=True).comparisons if c.quantity == "gradient"}
    wrong = really_wrong(case)
    for name, row in rows.items():
        assert (row.verdict is Verdict.REFUTED) == (name in wrong), (text, name, row)


def really_wrong(case):
    """Find the wrong gradients another way: right and planted layers on numbers of 60 digits, at other points."""
    right = replace(case, subject=wire(case.program, arithmetic))
    found, points = set(), 0
    for factor in map(digits, ("1.009", "0.993", "1.037")):
        inputs = {name: digits(value) * factor**i for i, (name, value) in enumerate(case.inputs.items(), 1)}
        wrong, exact = (drive(one, inputs, factor + 1).gradients for one in (case, right))
        if not all(value.is_Float or value.is_Rational for value in (*wrong.values(), *exact.values())):
            continue  # outside the domain: a root of a negative number
        points += 1
        for step, value in exact.items():
            scale = max(abs(value), abs(wrong[step]), digits("1e-20"))
            if abs(value - wrong[step]) > scale * digits("1e-30"):
                found.add(case.program.label(step))
    assume(points)
    return found


def digits(value):
    """Return a number of 60 digits."""
    return sympy.Float(sympy.Rational(str(value)), 60)

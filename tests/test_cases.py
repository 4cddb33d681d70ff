"""Cases hold together, and subjects keep to the protocol or are told how."""

from fractions import Fraction

import pytest

import verify
from verify.cases.case import Case
from verify.cases.conversation import drive
from verify.cases.making import make
from verify.model.errors import InputError, ProtocolError
from verify.model.identity import Place


def product(x, y):
    dout = yield x * y
    return dout * y, dout * x


def make_case(subject, expression="x * y", at=None, **options):
    return make("a case", expression, at or {"x": 2, "y": 3}, lambda program: subject, **options)


def test_the_decorator_makes_a_case():
    """The name is the function's, the inputs are exact, the place is the line of the definition."""

    @verify.case("price = apple * tax", at={"apple": 100, "tax": 1.1})
    def buy_one_apple(apple, tax):
        dprice = yield apple * tax
        return dprice * tax, dprice * apple

    assert isinstance(buy_one_apple, Case)
    assert buy_one_apple.name == "buy one apple"
    assert buy_one_apple.inputs == {"apple": 100, "tax": Fraction(11, 10)}
    assert str(buy_one_apple.where).startswith("tests/test_cases.py:")
    assert verify.check(buy_one_apple).good


@pytest.mark.parametrize(
    ("returned", "gradients"),
    [
        (lambda d: (d, d + 1), {"x": 1, "y": 2}),
        (lambda d: [d, None], {"x": 1}),
        (lambda d: {"y": d, "x": 5}, {"x": 5, "y": 1}),
        (lambda d: {"x": d, "y": d, "out": d}, {"x": 1, "y": 1, "out": 1}),
    ],
)
def test_forms_of_gradients(returned, gradients):
    """A tuple or list in the order of the inputs, or a dict by name; None is no claim."""

    def subject(x, y):
        dout = yield x * y
        return returned(dout)

    case = make_case(subject)
    by_step = {case.program.labels[name]: gradient for name, gradient in gradients.items()}
    assert drive(case, {"x": 2, "y": 3}, 1).gradients == by_step


def test_a_single_gradient_needs_no_tuple():
    """One input, one gradient."""

    def subject(x):
        dout = yield x * x
        return dout * 2 * x

    case = make_case(subject, "x * x", {"x": 2})
    assert drive(case, {"x": 2}, 1).gradients == {case.program.labels["x"]: 4}


def yields_nothing(x, y):
    return x, y
    yield


def yields_twice(x, y):
    yield x * y
    yield x


def returning(value):
    def subject(x, y):
        yield x * y
        return value

    return subject


def yields_others(x, y):
    yield {"product": x * y}


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        (lambda x, y: (x, y), "must be a generator"),
        (yields_nothing, "yields nothing"),
        (yields_twice, "yields twice"),
        (returning((1,)), r"expected 2 gradients \(x, y\), got 1"),
        (returning(None), "expected 2 gradients"),
        (returning((None, None)), "nothing is claimed"),
        (returning({"x": 1}), "no gradient is returned for y"),
        (returning({"x": 1, "y": 2, "ott": 3}), "the gradient 'ott' is not.*did you mean 'out'"),
        (yields_others, "lack the output 'out'"),
    ],
)
def test_breaches_of_the_protocol(subject, message):
    """What does not keep to the protocol is told what was expected and what came."""
    with pytest.raises(ProtocolError, match=message):
        drive(make_case(subject), {"x": 2, "y": 3}, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"at": {"x": 2}}, "'y' has no value"),
        ({"at": {"x": 2, "y": 3, "z": 4}}, "'z' is not used"),
        ({"at": {"x": 2, "y": "nan"}}, "the input 'y' is NaN"),
        ({"at": {"x": 2, "y": float("inf")}}, "the input 'y' is Infinity"),
        ({"at": {"ﬁ": 2, "fi": 3}}, "is given twice"),
        ({"expression": "x / y", "at": {"x": 1, "y": 0}}, "division by zero"),
        ({"upstream": "inf"}, "the upstream is Infinity"),
        ({"stated": {("value", "outt"): 6}}, "no 'outt'.*did you mean 'out'"),
        ({"stated": {("value", "out"): "six"}}, "the stated value of 'out' is 'six'"),
    ],
)
def test_cases_that_do_not_hold_together(options, message):
    """A message names the case and what is wrong with it."""
    with pytest.raises(InputError, match=f"here:3: case 'a case': .*{message}"):
        make_case(product, where=Place("here", 3), **options)

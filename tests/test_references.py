"""Functions of `math` that code has kept before a run: in tables, attributes, closures, default arguments."""

import math
import statistics

import pytest
from effort import some

import verify
from verify.model.result import Verdict
from verify.tracing import patches
from verify.tracing.everywhere import everywhere

TABLE = {"acos": math.acos, "list": [math.atan]}
INSIDE = {"low": -1, "high": 1}


class Keeper:
    """A layer that keeps a function as an attribute."""

    def __init__(self):
        self.function = math.asin

    def forward(self, x):
        return self.function(x)


KEEPER = Keeper()


def with_default(x, function=math.tanh):
    return function(x)


def enclosing(function):
    return lambda x: function(x)


CALLS = [
    (lambda x: TABLE["acos"](x), lambda x: -1 / math.sqrt(1 - x * x)),
    (lambda x: TABLE["list"][0](x), lambda x: 1 / (1 + x * x)),
    (lambda x: KEEPER.forward(x), lambda x: 1 / math.sqrt(1 - x * x)),
    (with_default, lambda x: 1 - math.tanh(x) ** 2),
    (enclosing(math.exp), enclosing(math.exp)),
]


def verdict(forward, slope):
    case = verify.derivative(forward, slope, x=verify.real("", **INSIDE))
    (row,) = verify.check(case, quick=True).comparisons
    return row.verdict


@pytest.mark.parametrize(("forward", "slope"), some(CALLS, 6))
def test_a_function_that_was_kept(forward, slope):
    """It is followed as by its name in a module; a wrong derivative of it is refuted."""
    assert verdict(forward, slope) is Verdict.PROVED
    assert verdict(forward, lambda x: slope(x) + x) is Verdict.REFUTED


def test_what_was_kept_is_put_back():
    """After the run every place holds the original again."""
    for forward, slope in CALLS:
        verdict(forward, slope)
    assert {"acos": math.acos, "list": [math.atan]} == TABLE
    assert KEEPER.function is math.asin
    assert with_default.__defaults__ == (math.tanh,)
    assert CALLS[-1][0].__closure__[0].cell_contents is math.exp


def test_no_stand_in_leads_to_another():
    """What stand-ins themselves hold is no place of the user's."""
    with patches.in_force(0), everywhere(with_default):
        assert math.acos(1) == 0
        assert patches.stand_in(math.acos)(1) == 0


def test_a_plain_number_stays_refused():
    """Where no function was kept, compiled code that wants a number is what cannot be traced."""
    assert verdict(lambda x: statistics.fmean([x]) * 2, lambda x: 2.0) is Verdict.UNDECIDED

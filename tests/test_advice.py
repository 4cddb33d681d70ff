"""Which domain the message of an undefined output names: one that is true, in the words of the case."""

import numpy as np
import pytest
from effort import some

import gradproof as verify
from verify.model.result import Verdict

WANTED = {
    "a logarithm of a difference": (
        lambda a: np.log(a - 5),
        {"low": 0, "high": 10},
        "price=gradproof.real('K', low=5, high=10)",
    ),
    "a root, from above": (
        lambda a: np.sqrt(4 - a),
        {"low": 0, "high": 10},
        "price=gradproof.real('K', low=0, high=4)",
    ),
    "between two numbers": (lambda a: np.arcsin(2 * a + 1), {}, "price=gradproof.real('K', low=-1, high=0)"),
    "a fraction": (lambda a: np.log(3 * a - 1), {}, "price=gradproof.real('K', low=1/3)"),
    "a power with a fraction": (lambda a: (a + 2) ** 1.5, {"high": -1}, "price=gradproof.real('K', low=-2, high=-1)"),
    "several at once": (lambda a: np.log(a) + np.log(a - 2), {}, "price=gradproof.real('K', low=2)"),
    "the input itself": (np.log, {}, "price=gradproof.real('K', low=0)"),
    "no line": (lambda a: np.log(a**2 - 4), {}, "price=gradproof.real('K', low=..., high=...)"),
    "a line that does not suffice": (lambda a: np.sqrt(np.log(a)), {}, "price=gradproof.real('K', low=..., high=...)"),
    "beside a logarithm of what is positive": (
        lambda a: np.log(a - 1) + np.log(a**2 + 1),
        {},
        "price=gradproof.real('K', low=1)",
    ),
    "no number of the domain": (
        lambda a: np.log(a - 5),
        {"low": 0, "high": 5},
        "price=gradproof.real('K', low=5); the declared domain of price has no such number",
    ),
}


def undecided(case):
    return [row for row in verify.check(case, quick=True).comparisons if row.verdict is Verdict.UNDECIDED]


@pytest.mark.parametrize("name", some(WANTED))
def test_the_bound_is_the_one_of_the_code(name):
    """What is named is where the code is defined, within what the case declares; else no number is."""
    forward, bounds, expected = WANTED[name]
    case = verify.pair(lambda price: forward(price), lambda d, price: d, price=verify.real("K", **bounds))
    row = undecided(case)[0]
    assert row.evidence.detail.endswith(f"write {expected}")


@pytest.mark.parametrize("name", some([name for name, (_, _, text) in WANTED.items() if text.endswith(")")], 8))
def test_the_advice_is_true(name):
    """With the domain that is named, the output is defined; of what names none, nothing is claimed."""
    forward, _, expected = WANTED[name]
    if "..." in expected:
        return
    real = eval(expected.removeprefix("price="), {"gradproof": verify})
    assert not undecided(verify.pair(lambda price: forward(price), lambda d, price: d, price=real))


def test_the_input_that_is_at_fault_is_named():
    """Of two inputs, the one that the logarithm is of; one that is not differentiated stays so."""
    case = verify.pair(
        lambda w, t: w * np.log(t - 1), lambda d, w, t: d * np.log(t - 1), w="N", t=verify.fixed("N", low=-9, high=3)
    )
    row = undecided(case)[0]
    assert row.evidence.detail.endswith("write t=gradproof.fixed('N', low=1, high=3)")

"""Right formulas of science with computed constants pass, everywhere; with one constant wrong they are refuted."""

import ast
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from effort import chunks_of, some

import verify
from verify import Verdict

TABLE = Path(__file__).parent / "data" / "computed_constants.txt"
NAMES = ("exp", "log", "sqrt", "tanh", "sin", "cos", "arctan", "where", "maximum", "abs", "pi")
NUMPY = {name: getattr(np, name) for name in NAMES}
WRONG = 1e-9  # relative


class Formula(NamedTuple):
    """A function of x and its derivative, as text, with constants by name."""

    name: str
    low: str
    high: str
    constants: dict[str, float]
    function: str
    derivative: str

    def checked(self, wrong=""):
        """Check the derivative, in which one constant may be wrong."""
        off = {wrong: self.constants[wrong] * (1 + WRONG)} if wrong else {}
        bounds = {key: text for key, text in (("low", self.low), ("high", self.high)) if text != "-"}
        function = lambda_of(self.function, self.constants)
        derivative = lambda_of(self.derivative, {**self.constants, **off})
        return verify.check(verify.derivative(function, derivative, x=verify.real("N", **bounds)))


def lambda_of(text, constants):
    """Return a function of x from the table's text; constants are computed in floats, as Python does."""
    return eval(f"lambda x: {text}", {**NUMPY, **constants})


def value_of(text):
    """Return the value of a constant of the table: a float, or a quotient of two."""
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def formulas():
    """Return all formulas of the table."""
    rows = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    for name, domain, choices, function, derivative in (map(str.strip, row.split("|")) for row in rows):
        for number, choice in enumerate(choices.split(";"), 1):
            constants = {key: value_of(text) for key, text in (pair.split("=") for pair in choice.split())}
            yield Formula(f"{name}, {number}", *domain.split(), constants, function, derivative)


ALL = list(formulas())


def named(formula):
    """Return the constants that stand in a derivative."""
    names = {node.id for node in ast.walk(ast.parse(formula.derivative)) if isinstance(node, ast.Name)}
    return sorted(names & formula.constants.keys())


WRONGED = [(formula, name) for formula in ALL for name in named(formula)]


def test_the_table_is_as_long_as_it_claims():
    """Two hundred formulas and more have 3 to 12 constants, of different names, and each has one that can be wrong."""
    assert len({formula.name for formula in ALL}) == len(ALL)
    assert len([formula for formula in ALL if len(formula.constants) in range(3, 13)]) >= 200
    assert {6, 8, 10, 12} <= {len(formula.constants) for formula in ALL}
    assert {formula.name for formula, _ in WRONGED} == {formula.name for formula in ALL}


@pytest.mark.parametrize("formula", some(ALL, 320), ids=lambda formula: formula.name)
def test_a_right_formula_agrees(formula):
    """What differs by the roundings of computed constants alone is right, at the sample, elsewhere and on edges."""
    result = formula.checked()
    assert {row.verdict for row in result.comparisons} <= {Verdict.PROVED, Verdict.AGREES}


# One constant each: whole all of them, else about 280, or 6.
CHUNKS, CHUNK = chunks_of(12, 6, many=len(WRONGED) // 12 + 1, every=5)
TRIED = [wrong for chunk in CHUNKS for wrong in WRONGED[chunk * CHUNK : (chunk + 1) * CHUNK]]


@pytest.mark.parametrize(
    ("formula", "name"), [pytest.param(*wrong, id=f"{wrong[0].name}, {wrong[1]}") for wrong in TRIED]
)
def test_each_wrong_constant_is_refuted(formula, name):
    """A constant that is wrong by 1e-9 of itself is no rounding, whichever of the formula's it is."""
    result = formula.checked(name)
    assert Verdict.REFUTED in {row.verdict for row in result.comparisons}

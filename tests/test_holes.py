"""Points at which backward is not defined and the derivative is: none of them is proved over."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.special
from effort import some
from subjects import elementwise

import verify
from verify.model.result import Verdict, exit_status, strict

real = verify.real


def norm(x):
    return np.sqrt((x**2).sum())


def relu(x):
    return np.maximum(x, 0)


def difference(x, y):
    return np.linalg.norm(x - y)


def to_difference(d, x, y):
    unit = (x - y) / np.linalg.norm(x - y)
    return d * unit, -d * unit


def suffix_sums(x):
    return np.cumsum(x[::-1])[::-1]


# What is wrong at some inputs only: the derivative exists there, and the code returns something else.
WRONG = {
    "product over an entry": verify.pair(np.prod, lambda d, x: d * np.prod(x) / x, x="3"),
    "product of rows over an entry": verify.pair(
        lambda x: np.prod(x, axis=1), lambda d, x: d[:, None] * np.prod(x, axis=1, keepdims=True) / x, x="N D"
    ),
    "product with negative power": verify.pair(np.prod, lambda d, x: d * np.prod(x) * x**-1, x="3"),
    "square over itself": elementwise(lambda x: x**2, lambda d, x: d * 2 * x**2 / x),
    "cumulative product over an entry": verify.pair(np.cumprod, lambda d, x: suffix_sums(d * np.cumprod(x)) / x, x="4"),
    "square of a norm": verify.pair(lambda x: norm(x) ** 2, lambda d, x: d * 2 * norm(x) * x / norm(x), x="4"),
    "1 / (1 - alpha)": verify.pair(lambda a, x: a * x, lambda d, a, x: (d * x, d * a * (1 - a) / (1 - a)), a="", x=""),
    "p * (1 - p)": verify.pair(
        lambda p: (p**2 * (1 - p)).sum(), lambda d, p: d * (2 * p - 3 * p**2) * p * (1 - p) / (p * (1 - p)), p="3"
    ),
    "a divisor that is a sum": verify.pair(
        lambda x, y: x * y, lambda d, x, y: (d * y * (x + y) / (x + y), d * x), x="N", y="N"
    ),
    "several divisors": verify.pair(lambda a, b: a * b, lambda d, a, b: (d * a * b / a, d * a * b / b), a="N", b="N"),
    "a zero between the floats": elementwise(
        lambda x: (3 * x - 1) ** 2, lambda d, x: d * 6 * (3 * x - 1) ** 2 / (3 * x - 1), "N"
    ),
    "in another region than the sample": elementwise(
        lambda x: np.where(x > 30, (x - 40) ** 2, -x + 130),
        lambda d, x: d * np.where(x > 30, 2 * (x - 40) ** 2 / (x - 40), -1),
        "N",
    ),
    "a double zero of a polynomial": elementwise(
        lambda x: x + 0, lambda d, x: d * (x**2 - 4 * x + 4 + (x - 2) ** 4) / (x**2 - 4 * x + 4 + (x - 2) ** 4), "N"
    ),
    "a double zero of a logarithm": verify.pair(
        lambda x: x + 0, lambda d, x: d * (x - 1 - np.log(x)) / (x - 1 - np.log(x)), x=real("N", low="0.1")
    ),
    "a double zero along a line": verify.pair(
        lambda x, y: x * y,
        lambda d, x, y: (d * y * ((x - y) ** 4 + x * x - 2 * x * y + y * y) / ((x - y) ** 4 + (x - y) ** 2), d * x),
        x="",
        y="",
    ),
    "dout over dout": elementwise(lambda x: x**2, lambda d, x: 2 * x * d**2 / d),
    "0 / x": elementwise(lambda x: x + 0, lambda d, x: d + 0 / x),
    "NaN made 0": verify.pair(np.prod, lambda d, x: np.nan_to_num(d * np.prod(x) / x), x="3"),
    "what is not finite made 0": verify.pair(
        np.prod, lambda d, x: np.where(np.isfinite(np.prod(x) / x), d * np.prod(x) / x, 0), x="3"
    ),
    "logarithm times what is 0": elementwise(
        lambda x: x**2, lambda d, x: d * 2 * x * np.log(x**2 + 1) / np.log(x**2 + 1)
    ),
    "a logarithm of what may be negative": verify.pair(
        lambda x: (x**2).sum(), lambda d, x: d * 2 * np.exp(2 * np.log(x + 5)) * x / (x + 5) ** 2, x="3"
    ),
    "where in forward, nothing in backward": elementwise(
        lambda x: np.where(x == 0, 1, np.sin(x) / np.where(x == 0, 1, x)),
        lambda d, x: d * (x * np.cos(x) - np.sin(x)) / x**2,
    ),
    "an irrational slope beside a root of 0": verify.pair(
        lambda x: np.exp(x + 1).sum() + norm(x) ** 3,
        lambda d, x: d * (np.exp(x + 1) + 3 * norm(x) ** 2 * x / norm(x)),
        x="3",
    ),
    "a slope with a sine beside a root of 0": verify.pair(
        lambda x: np.sin(x + 0.3).sum() * np.pi + norm(x) ** 5,
        lambda d, x: d * (np.cos(x + 0.3) * np.pi + 5 * norm(x) ** 4 * x / norm(x)),
        x="2",
    ),
    "a number beside a root of 0": verify.pair(
        lambda x: norm(x) ** 3, lambda d, x: d * np.nan_to_num(3 * norm(x) ** 2 * x / norm(x), nan=1), x="3"
    ),
    "a number beside a root of 0, with an irrational slope": verify.pair(
        lambda x, y: np.exp(x + y) + norm(x - y) ** 3,
        lambda d, x, y: (
            np.sum(d) * 3 * np.nan_to_num(norm(x - y) ** 2 * (x - y) / norm(x - y), nan=0.01) + d * np.exp(x + y),
            -np.sum(d) * 3 * np.nan_to_num(norm(x - y) ** 2 * (x - y) / norm(x - y)) + d * np.exp(x + y),
        ),
        x="2",
        y="2",
    ),
    **{
        f"a region where {name} is 0": verify.pair(forward, backward, x=real("", low=-1, high=9))
        for name, (forward, backward) in {
            "the output": (lambda x: relu(x) ** 2, lambda d, x: d * 2 * relu(x) ** 2 / relu(x)),
            "a power": (lambda x: relu(x) ** 3, lambda d, x: d * 3 * relu(x) ** 3 * relu(x) ** -1),
            "what a clip leaves": (
                lambda x: np.clip(x, 0, 20) ** 2,
                lambda d, x: d * 2 * np.clip(x, 0, 20) ** 2 / np.clip(x, 0, 20),
            ),
            "an entry of two": (
                lambda x: np.where(x > 0, x**2, 0 * x),
                lambda d, x: d * 2 * np.where(x > 0, x**2, 0 * x) / np.where(x > 0, x, 0 * x),
            ),
        }.items()
    },
}
# What returns NaN where there is no derivative, but there are subgradients.
KINKS = {
    "x over |x|": elementwise(np.abs, lambda d, x: d * x / np.abs(x)),
    "norm": verify.pair(norm, lambda d, x: d * x / norm(x), x="4"),
    "norm by linalg": verify.pair(np.linalg.norm, lambda d, x: d * x / np.linalg.norm(x), x="4"),
    "distance": verify.pair(difference, to_difference, x="3", y="3"),
    "norms of rows": verify.pair(
        lambda x: np.sqrt((x**2).sum(axis=1)),
        lambda d, x: d[:, None] * x / np.sqrt((x**2).sum(axis=1, keepdims=True)),
        x="N D",
    ),
    "a norm beside an irrational slope": verify.pair(
        lambda x: np.exp(x + 1).sum() + norm(x), lambda d, x: d * (np.exp(x + 1) + x / norm(x)), x="3"
    ),
}
RIGHT = {
    "a sum that turns above 0": elementwise(
        lambda x: x + 0, lambda d, x: d * (x**2 - 4 * x + 5 + (x - 2) ** 4) / (x**2 - 4 * x + 5 + (x - 2) ** 4), "N"
    ),
    "a double zero that is not in the domain": verify.pair(
        lambda x: x + 0,
        lambda d, x: d * (x**2 - 4 * x + 4 + (x - 2) ** 4) / (x**2 - 4 * x + 4 + (x - 2) ** 4),
        x=real("N", low=3),
    ),
    "0 is not in the domain": verify.pair(np.prod, lambda d, x: d * np.prod(x) / x, x=real("3", low=0)),
    "where on both sides": elementwise(lambda x: x**2, lambda d, x: d * np.where(x == 0, 0, 2 * x**2 / x)),
    "divide where": elementwise(
        lambda x: x**2, lambda d, x: d * np.divide(2 * x**2, x, out=np.zeros_like(x), where=x != 0)
    ),
    "forward divides as well": elementwise(lambda x: x**2 / x, lambda d, x: d * x / x),
    "an inverse": elementwise(lambda x: 1 / x, lambda d, x: -d / x**2),
    "divisors that are never 0": elementwise(
        np.tanh, lambda d, x: d * (1 - np.tanh(x) ** 2) * (1 + x**2) / (1 + x**2) * np.exp(x / 9) / np.exp(x / 9)
    ),
    "a norm with a guard": verify.pair(
        np.linalg.norm, lambda d, x: d * x / np.linalg.norm(x) if np.linalg.norm(x) > 0 else 0 * x, x="4"
    ),
    "a logarithm of what is positive": elementwise(
        lambda x: x * np.log(x), lambda d, x: d * (np.log(x) + 1), "N", low=0
    ),
    "a region where a guard is at work": verify.pair(
        lambda x: relu(x) ** 2, lambda d, x: d * 2 * relu(x) ** 2 / np.where(x > 0, relu(x), 1), x=""
    ),
    "a root, whose slope has no limit at 0": elementwise(np.sqrt, lambda d, x: d / (2 * np.sqrt(x)), "N", low=0),
    "cross entropy": verify.pair(
        lambda p, t: -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum(),
        lambda d, p, t: (d * (p - t) / (p * (1 - p)), d * (np.log(1 - p) - np.log(p))),
        p=real("3", low=0, high=1),
        t="3",
    ),
    "the product without an entry": verify.pair(
        np.prod, lambda d, x: d * np.array([np.prod(np.delete(x, i)) for i in range(3)]), x="3"
    ),
    "a number beside a root of 0": verify.pair(
        lambda x: np.exp(x + 1).sum() + norm(x) ** 3,
        lambda d, x: d * (np.exp(x + 1) + np.nan_to_num(3 * norm(x) ** 2 * x / norm(x))),
        x="3",
    ),
    "a subgradient at a norm of 0": verify.pair(norm, lambda d, x: d * np.nan_to_num(x / norm(x), nan=0.3), x="3"),
    "the derivative beside a norm of a difference": verify.pair(
        lambda x, y: np.exp(x + y) + norm(x - y) ** 3,
        lambda d, x, y: (
            np.sum(d) * 3 * np.nan_to_num(norm(x - y) ** 2 * (x - y) / norm(x - y)) + d * np.exp(x + y),
            -np.sum(d) * 3 * np.nan_to_num(norm(x - y) ** 2 * (x - y) / norm(x - y)) + d * np.exp(x + y),
        ),
        x="2",
        y="2",
    ),
    "cosine, which is not defined at 0": verify.pair(
        lambda x: x[0] / norm(x), lambda d, x: d * (np.array([1, 0, 0]) / norm(x) - x[0] * x / norm(x) ** 3), x="3"
    ),
}


def failing(case):
    result = verify.check(case)
    assert (
        exit_status(verify.model.result.Run((result,))) == exit_status(verify.model.result.Run((strict(result),))) == 1
    )
    return result


@pytest.mark.parametrize("name", some(WRONG, 12))
def test_a_hole_where_the_derivative_exists_is_refuted(name):
    """NaN, infinity or another number at a point where forward is smooth is a counterexample, with that point."""
    rows = [row for row in failing(WRONG[name]).comparisons if row.verdict is Verdict.REFUTED]
    assert rows
    assert {row.evidence.kind for row in rows} <= {"hole", "edge"}
    assert all(row.counterexample.actual != row.counterexample.expected for row in rows)


@pytest.mark.parametrize("name", some(KINKS, 4))
def test_nan_at_a_kink_without_a_branch_is_a_finding_that_fails(name):
    """A norm has subgradients at 0, and NaN is none of them; that of a row of one entry is |x|, which counts with it."""
    result = failing(KINKS[name])
    assert {finding.code for finding in result.findings if finding.fails} == {"GP211"}
    assert len([finding for finding in result.findings if finding.fails]) == 1
    assert all(row.verdict is Verdict.PROVED for row in result.comparisons)


@pytest.mark.parametrize("name", some(RIGHT, 12))
def test_guarded_and_shared_holes_are_right(name):
    """What is guarded, outside of the domain, never 0 or not defined in forward either is no hole."""
    result = verify.check(RIGHT[name])
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not [finding for finding in result.findings if finding.code == "GP211"]


# Functions that are not defined everywhere, with bounds within which they are: a little above, and a little below.
PARTIAL = {
    "arcsin": (np.arcsin, -0.9, 0.9, 1.2),
    "arccos": (np.arccos, -0.9, 0.9, 1.2),
    "erfinv": (scipy.special.erfinv, -0.9, 0.9, 1.2),
    "ellipk": (scipy.special.ellipk, 0.1, 0.9, 1.2),
    "gamma": (scipy.special.gamma, 0.1, 5, -0.2),
    "gammaln": (scipy.special.gammaln, 0.1, 5, -0.2),
    "digamma": (scipy.special.digamma, 0.1, 5, -0.2),
    "trigamma": (lambda x: scipy.special.polygamma(1, x), -0.9, -0.1, -1.1),
    "expi": (scipy.special.expi, 0.1, 5, -0.2),
    "y0": (scipy.special.y0, 0.1, 5, -0.2),
    "exp1": (scipy.special.exp1, 0.1, 5, -0.2),
    "spence": (scipy.special.spence, 0.1, 5, -0.2),
}


def beside_a_partial_function(function, low, high):
    """Return a case whose backward also computes a function, of which nothing is left."""
    low, high = sorted((low, high))
    return elementwise(lambda x: x**2 + 3 * x, lambda d, x: d * (2 * x + 3 + 0 * function(x)), "N", low=low, high=high)


@pytest.mark.parametrize("name", some(PARTIAL, 12))
def test_a_function_beyond_its_domain_is_a_hole(name):
    """What has no value beyond its domain, or at a pole, gives NaN there, where forward has a derivative."""
    function, low, high, beyond = PARTIAL[name]
    within = verify.check(beside_a_partial_function(function, low, high))
    assert {row.verdict for row in within.comparisons} == {Verdict.PROVED}
    bounds = (low, beyond) if beyond > high else (beyond, high)
    rows = [row for row in failing(beside_a_partial_function(function, *bounds)).comparisons if not row.verdict.good]
    assert {row.verdict for row in rows} == {Verdict.REFUTED}
    assert {row.evidence.kind for row in rows} == {"hole"}
    assert all(row.evidence.detail.endswith(" of x[0], where it has no value") for row in rows)


ROUNDED = {  # divisors whose zeros are no floats, and are 0 on floats beside them all the same
    "cube": lambda x: x**3 - 2,
    "exponential": lambda x: np.exp(x) - x - 2,
    "hyperbolic tangent": lambda x: np.tanh(x) - 0.5,
    "logarithm": lambda x: np.log(x) - 1,
    "two inputs": lambda x: x[0] ** 3 - 2 * x[1] ** 3,
}


@pytest.mark.parametrize("name", ROUNDED)
def test_a_divisor_that_rounds_to_0_is_told(name):
    """The formula is right there and the float is NaN: that is GP202, with the float at which it happens."""
    divisor = ROUNDED[name]
    case = elementwise(lambda x: x**2, lambda d, x: 2 * d * x * divisor(x) / divisor(x), "2", low=0.1, high=4)
    result = verify.check(case)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    (told, *_) = [finding for finding in result.findings if "rounds to 0 there" in finding.detail]
    assert (told.code, told.fails) == ("GP202", False)
    assert told.detail.startswith("at x[0] = ")
    assert " is nan, the exact one " in told.detail


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_divisor_that_rounds_to_0_nowhere_is_not_told(shift):
    """A guard for what is close to 0, and a divisor that is never 0, leave nothing to tell."""
    divisors = {-1: lambda x: np.where(abs(x**3 - 2) < 1e-3, 1, x**3 - 2), 1: lambda x: x**3 + 2}
    divisor = divisors[shift]
    case = elementwise(lambda x: x**2, lambda d, x: 2 * d * x * divisor(x) / divisor(x), "2", low=0.1, high=4)
    assert not any("rounds to 0" in finding.detail for finding in verify.check(case).findings)


IRRATIONAL = {  # divisors that are exactly 0 at a float, though what they are made of is no rational there
    "logarithms": (lambda x: np.log(x + 3) - np.log(2 * x), "3"),
    "roots": (lambda x: np.sqrt(x + 1) - np.sqrt(2 * x), "1"),
    "hyperbolic tangents": (lambda x: np.tanh(x) - np.tanh(1 - x), "0.5"),
}


@pytest.mark.parametrize("name", IRRATIONAL)
def test_a_zero_that_exact_arithmetic_does_not_show_is_refuted(name):
    """A difference of two equal logarithms is 0, and NaN there is no derivative."""
    divisor, zero = IRRATIONAL[name]
    case = elementwise(lambda x: x**2, lambda d, x: 2 * d * x * divisor(x) / divisor(x), "2", low=0.1, high=9)
    rows = [row for row in failing(case).comparisons if row.verdict is Verdict.REFUTED]
    assert rows
    assert all(row.counterexample.inputs[0] in {("x[0]", zero), ("x[0]", "1/2")} for row in rows)


def test_a_function_that_forward_computes_too_is_no_hole():
    """Where the function of forward is not defined either, nothing is claimed."""
    case = elementwise(lambda x: np.arcsin(x), lambda d, x: d * (1 - np.sin(np.arcsin(x)) ** 2) ** -0.5, low=-1, high=1)
    assert verify.check(case).good


def test_a_hole_says_where_and_why():
    """The row has the point, both values and what backward divides by."""
    (row,) = [row for row in failing(WRONG["product over an entry"]).comparisons if row.verdict is Verdict.REFUTED]
    assert row.counterexample.inputs[0] == ("x[0]", "0")
    assert row.counterexample.actual == "nan"
    assert row.evidence.detail.startswith("at x[0] = 0 the gradient of x[0] is nan, but the derivative is ")
    assert row.evidence.detail.endswith("backward divides by, or takes the logarithm of, x[0], which is 0 there")


def test_a_division_by_0_in_a_whole_region_says_where():
    """The row of such a region has a point of it, and the line that divides."""
    (row,) = [row for row in failing(WRONG["a region where the output is 0"]).comparisons if not row.verdict.good]
    assert Fraction(dict(row.counterexample.inputs)["x"]) < 0
    assert (row.counterexample.actual, row.counterexample.expected) == ("nan", "0")
    assert "backward raises a division by zero, at tests/test_holes.py:" in row.evidence.detail


def test_a_division_by_0_everywhere_is_shown_at_the_sample():
    """Where the divisor is 0 for all inputs, the point is the sample."""
    case = verify.pair(lambda x: x * 1.0, lambda d, x: d / (x - x), x="2")
    rows = [row for row in verify.check(case).comparisons if row.verdict is Verdict.REFUTED]
    assert rows[0].evidence.detail.startswith("at the sample the gradient of x[0] is ")


def test_a_kink_that_cannot_occur_may_be_allowed():
    """The author of a case lets GP211 pass with a reason."""
    case = verify.pair(norm, lambda d, x: d * x / norm(x), x="4", allow={"GP211": "rows are never all 0"})
    result = verify.check(case)
    assert result.good
    assert [finding.allowed for finding in result.findings if finding.code == "GP211"] == ["rows are never all 0"]


def test_visits_that_are_not_made_are_told():
    """The budget of visits ends with a sentence in the report."""
    divisors = [lambda x, i=i: (x - i) * (x + 0.5) for i in range(20)]

    def backward(d, x):
        return d * 2 * x + 0 * sum(1 / divisor(x) for divisor in divisors)

    result = verify.check(elementwise(lambda x: x**2, backward, "N"))
    assert any("zeros of divisors: 24 visited; there are others" in said for said in result.cover.kinks)


def guarded(places):
    """Return a product whose backward divides by each entry, but for a guard for some of them."""

    def backward(d, x):
        others = [np.prod(np.delete(x, i)) for i in range(len(x))]
        return np.array([
            d * (others[i] if i in places and x[i] == 0 else np.prod(x) / x[i]) for i in range(len(x))
        ])  # fmt: skip

    return verify.pair(np.prod, backward, x="7")


@pytest.mark.parametrize("left", some([None, 1, 2, 4, 5, 6], 6))
def test_divisors_that_are_alike_are_all_visited(left):
    """A guard for the first, the middle and the last entry says nothing of the others."""
    result = verify.check(guarded([i for i in range(7) if i != left]))
    assert any(row.verdict is Verdict.REFUTED for row in result.comparisons) == (left is not None)


def test_divisors_beyond_the_budget_are_told():
    """Of forty divisors that differ in entries, not all are visited, and the report says so."""
    case = elementwise(lambda x: x**2, lambda d, x: np.nan_to_num(d * 2 * x**2 / x), "40")
    result = verify.check(case)
    assert result.good
    assert any("zeros of divisors: 24 visited; there are others" in sentence for sentence in result.cover.kinks)


def test_a_backward_that_raises_where_forward_does_not_is_a_hazard():
    """A determinant of 0 has a derivative, and the inverse that backward asks for is none: that is told with a place."""
    case = verify.pair(np.linalg.det, lambda d, a: d * np.linalg.det(a) * np.linalg.inv(a).T, a="2 2")
    result = verify.check(case)
    (hazard,) = [finding for finding in result.findings if finding.code == "GP213"]
    assert "backward raises LinAlgError: Singular matrix" in hazard.detail
    assert not hazard.fails
    assert hazard.where.line
    run = verify.model.result.Run
    assert (exit_status(run((result,))), exit_status(run((strict(result),)))) == (0, 1)


COFACTORS = verify.pair(np.linalg.det, lambda d, a: d * np.array([[a[1, 1], -a[1, 0]], [-a[0, 1], a[0, 0]]]), a="2 2")
SINGULAR_TOO = verify.pair(
    lambda a: np.log(np.abs(np.linalg.det(a))), lambda d, a: d * np.linalg.inv(a).T, a="2 2"
)  # fmt: skip


@pytest.mark.parametrize("case", [COFACTORS, SINGULAR_TOO], ids=["cofactors", "forward is not defined either"])
def test_where_both_raise_or_none_there_is_no_hazard(case):
    """Cofactors need no inverse, and a logarithm has no value there."""
    result = verify.check(case)
    assert result.good
    assert not any(finding.code == "GP213" for finding in result.findings)


ON_THE_EDGE = verify.pair(
    lambda a: np.abs(np.linalg.det(a)), lambda d, a: d * np.abs(np.linalg.det(a)) * np.linalg.inv(a).T, a="2 2"
)


def test_a_singular_matrix_on_an_edge_is_a_hazard():
    """The absolute value of a determinant has a kink where the matrix is singular."""
    result = verify.check(ON_THE_EDGE)
    assert result.good
    assert "GP213" in {finding.code for finding in result.findings}


def test_other_exceptions_on_an_edge_fail():
    """A backward that refuses what forward takes has not done its work."""

    def refusing(d, x):
        if (x == 0).any():
            raise ValueError("no zeros, please")
        return d * np.sign(x)

    verdicts = {row.verdict for row in verify.check(verify.pair(np.abs, refusing, x="N")).comparisons}
    assert Verdict.ERROR in verdicts


def entries_of(row):
    return {name: Fraction(value) for name, value in row.counterexample.inputs}


@pytest.mark.parametrize(
    ("bounds", "other"),
    [({}, 1), ({"low": -1, "high": Fraction(1, 2)}, None)],
)
def test_the_point_of_a_hole_has_small_numbers(bounds, other):
    """What does not make the divisor 0 is 1 where the domain has it, in the upstream always, and is a true point."""
    case = verify.pair(lambda x: np.prod(x), lambda d, x: d * np.prod(x) / x, x=verify.real("3", **bounds))
    (row,) = [row for row in verify.check(case).comparisons if row.verdict is Verdict.REFUTED]
    at = entries_of(row)
    assert (at["x[0]"], at["dout"]) == (0, 1)
    assert other is None or (at["x[1]"], at["x[2]"]) == (other, other)
    assert Fraction(row.counterexample.expected) == pytest.approx(at["x[1]"] * at["x[2]"])
    assert row.counterexample.actual == "nan"


def test_small_numbers_on_a_tie_are_not_taken():
    """Where ones would lie on an edge between branches, others are tried."""

    def forward(x, y):
        return np.maximum(y[0], y[1]) * (x**2 + x)

    def backward(d, x, y):
        top = np.maximum(y[0], y[1])
        share = np.array([y[0] > y[1], y[1] > y[0]]) * (d * (x**2 + x)).sum()
        return d * top * (2 * x**2 + x) / x, share

    case = verify.pair(forward, backward, x="1", y="2")
    rows = [row for row in verify.check(case).comparisons if row.verdict is Verdict.REFUTED and row.name == "x"]
    at = entries_of(rows[0])
    assert at["x[0]"] == 0
    assert at.get("y[0]", 0) != at.get("y[1]", 0)
    assert {value.denominator for value in at.values()} == {1}


def over_itself(divisor, x=""):
    """Make a case whose derivative is divided by what it is multiplied by."""
    return verify.pair(lambda x: (x**2).sum(), lambda d, x: d * 2 * x * divisor(x) / divisor(x), x=x)


TURNING = {  # divisors that are 0 without another sign beside it, between other places at which they turn
    "three double zeros": (lambda x: ((x - 2) * (x - 4) * (x - 6)) ** 2, "at x = 6"),
    "three double zeros, expanded": (
        lambda x: x**6 - 24 * x**5 + 232 * x**4 - 1152 * x**3 + 3088 * x**2 - 4224 * x + 2304,
        "at x = 2 ",
    ),
    "the top of a sine": (lambda x: np.sin(x) - 1, "at x = 1.57"),
    "the bottom of a cosine": (lambda x: np.cos(x) + 1, "at x = -3.14"),
    "roots of 3": (lambda x: x**4 - 6 * x**2 + 9, "at x = -1.73"),
}


@pytest.mark.parametrize("name", TURNING)
def test_a_zero_between_turning_points_is_found(name):
    """A divisor that touches 0 among several turning points is refuted there, or a hazard where it rounds to 0."""
    divisor, place = TURNING[name]
    result = verify.check(over_itself(divisor))
    details = [row.evidence.detail for row in result.comparisons if row.evidence.kind == "hole"]
    assert any(place in detail for detail in [*details, *(f.detail for f in result.findings if f.code == "GP202")])
    assert not strict(result).passes


def test_a_sum_of_many_products_that_is_0_where_two_arrays_are_alike():
    """The square of a distance, written out over all entries, is 0 where the arrays are equal."""

    def backward(d, x, y):
        square = (x**2).sum() - 2 * (x * y).sum() + (y**2).sum()
        return d * y * square / square, d * x

    rows = verify.check(verify.pair(lambda x, y: (x * y).sum(), backward, x="N", y="N")).comparisons
    assert [row.evidence.kind for row in rows if row.verdict is Verdict.REFUTED] == ["hole"]


DOUBTED = {  # divisors, whether zeros of them are neither known nor excluded, and the domain
    "parabola": (lambda x: x**2 - x + 1, False, real("")),
    "quartic": (lambda x: x**4 - 14 * x**3 + 69 * x**2 - 140 * x + 101, False, real("")),
    "exponential": (lambda x: np.exp(x) + 1, False, real("")),
    "waves": (lambda x: 2 + np.sin(x) + np.cos(3 * x), True, real("")),
    "waves on an interval": (lambda x: 2 + np.sin(x) + np.cos(3 * x), False, real("", low=-1, high=9)),
    "a cosine": (np.cos, True, real("")),
    "a cosine on an interval": (np.cos, False, real("", low=-1, high=1)),
    "a zero beside one with a guard": (lambda x: np.where(x == 0, 1, x) * np.cos(x), True, real("")),
    "exp(x) - x": (lambda x: np.exp(x) - x, False, real("")),
    "x log(x) + 1": (lambda x: x * np.log(x) + 1, False, real("", low=0)),
    "variance and eps": (lambda x: ((x - x.mean()) ** 2).mean() + 1e-5, False, real("3")),
    "softmax": (lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(), False, real("3")),
    "log-sum-exp and 1": (lambda x: np.log(1 + np.exp(x).sum()), False, real("3")),
    "softplus": (lambda x: np.logaddexp(0, x), False, real("3")),
    "norm and a number": (lambda x: np.sqrt((x**2).sum()) + 0.5, False, real("3")),
    "absolute value and a number": (lambda x: np.abs(x).sum() + 1, False, real("3")),
    "a definite form": (lambda x: x[0] ** 2 - x[0] * x[1] + x[1] ** 2 + 1, False, real("2")),
    "a sigmoid's slope": (lambda x: (1 - np.tanh(x)) * (1 + np.tanh(x)), False, real("3")),
    "the root of what may be negative": (
        lambda x: np.sqrt(2.9 + np.sin(x) + 2 * np.cos(3 * x)),
        True,
        real(""),
    ),
}


@pytest.mark.parametrize("name", DOUBTED)
def test_zeros_that_are_not_all_known_are_told(name):
    """A divisor whose zeros are neither found nor excluded is a hazard, and one that is never 0 is none."""
    divisor, told, domain = DOUBTED[name]
    result = verify.check(over_itself(divisor, domain))
    assert result.good
    assert [finding.code for finding in result.findings if finding.code == "GP214"] == ["GP214"] * told
    assert not (told and strict(result).passes)


def test_a_doubted_divisor_has_its_line_and_the_number_of_points():
    """The finding names the quantity, the line that computes it and how many points were tried."""

    def waves(x):
        return 2 + np.sin(x) + np.cos(3 * x)

    (finding,) = verify.check(over_itself(waves)).findings
    assert "sin(x) + cos(3*x) + 2" in finding.detail
    assert "points tried" in finding.detail
    assert finding.name == "x"
    assert finding.where.line == waves.__code__.co_firstlineno + 1


ALL_AT_ONCE = {  # divisors that no single input makes 0, or that only some floats of several do
    "waves and steps": (lambda x: np.tanh(x).sum() + np.sin(x).sum() - 0.5, "GP202"),
    "two that touch": (lambda x: np.exp(x[0]) - 1 - x[0] + (np.sin(x[1]) - 0.5) ** 2, "GP202"),
    "a point of three inputs": (lambda x: ((np.exp(x) - 2) ** 2).sum(), "GP202"),
    "a form in a corner": (lambda x: (x[0] - x[1] - 3) ** 2 + (x[1] * x[2] - 2) ** 2 + (x[2] - 1) ** 4, "hole"),
}


@pytest.mark.parametrize("name", ALL_AT_ONCE)
def test_a_zero_that_takes_several_inputs_is_found(name):
    """What is 0 only where several inputs have numbers of their own is found, and NaN there is told."""
    divisor, kind = ALL_AT_ONCE[name]
    result = verify.check(over_itself(divisor, "3"))
    kinds = {f.code for f in result.findings} | {row.evidence.kind for row in result.comparisons}
    assert kind in kinds
    assert "GP214" not in kinds


def test_a_guard_of_a_divisor_excludes_its_zeros():
    """Where a branch of the code keeps the divisor from 0, nothing is left open; without it something is."""

    def waves(x):
        return 2 + np.sin(x) + np.cos(3 * x)

    def guarded(d, x):
        return d * 2 * x * waves(x) / waves(x) if waves(x) > 1e-9 else d * 2 * x

    rows = verify.check(verify.pair(lambda x: x**2, guarded, x=""))
    assert not [finding for finding in rows.findings if finding.code == "GP214"]

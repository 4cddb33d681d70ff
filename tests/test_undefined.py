"""Backward that divides by 0 at the sample, in all of its region: what floats return there is held to the derivative."""

import numpy as np
import pytest
from effort import some
from scipy import special

import verify
from verify import Verdict
from verify.checks.checker import check
from verify.model.reasons import Reason


class Relu:
    """Divides by its output, which is 0 wherever the input is negative."""

    def forward(self, x):
        self.y = np.maximum(x, 0)
        return self.y * 1

    def backward(self, dout):
        return dout * self.y / self.y


class Mask(Relu):
    """Divides by its mask."""

    def forward(self, x):
        self.y = (x > 0) * 1.0
        return x * self.y


class Guarded(Relu):
    """Divides as well, and leaves out what that gives."""

    def backward(self, dout):
        with np.errstate(all="ignore"):
            return dout * np.where(self.y > 0, self.y / self.y, 0)


class Dropped(Relu):
    """Divides as well, and drops what that gives for being no number."""

    def backward(self, dout):
        with np.errstate(all="ignore"):
            return dout * np.nan_to_num(self.y / self.y, nan=0)


def weighted(d, x, w):
    y = np.maximum(x, 0)
    return d * w * y / y, d * y


WRONG = {
    "by its output": verify.layer(Relu, inputs={"x": "N"}),
    "by its mask": verify.layer(Mask, inputs={"x": "4"}),
    "by a difference": verify.pair(lambda x: x * 2, lambda d, x: d * 2 / (x - x), x="N"),
    "one of two gradients": verify.pair(lambda x, w: np.maximum(x, 0) * w, weighted, x="5", w="5"),
}


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("name", WRONG)
def test_no_number_where_there_is_a_derivative_is_refuted(name, quick):
    """NaN or infinity is returned on floats, and forward is smooth there; what is not known stays open."""
    rows = verify.check(WRONG[name], quick=quick).comparisons
    assert {row.verdict for row in rows} == {Verdict.REFUTED, Verdict.UNDECIDED}
    assert {row.name for row in rows if row.verdict is Verdict.REFUTED} == {"x"}
    assert all(row.counterexample for row in rows if row.verdict is Verdict.REFUTED)


@pytest.mark.parametrize("shape", ["N", "4"])
def test_numbers_on_floats_are_not_refuted(shape):
    """What is dropped on floats cannot be traced, and is right: that stays open."""
    rows = verify.check(verify.layer(Dropped, inputs={"x": shape})).comparisons
    assert {row.verdict for row in rows} == {Verdict.UNDECIDED}


@pytest.mark.parametrize("shape", some(["N", "4"], 4))
def test_what_is_left_out_does_not_matter(shape):
    """Where a division by 0 is on the side of np.where that is not taken, the other side is proved."""
    rows = verify.check(verify.layer(Guarded, inputs={"x": shape})).comparisons
    assert {row.verdict for row in rows} == {Verdict.PROVED}


MASK = np.array([0.0, 1.0, 2.0])
KEEPS = MASK > 0
INVERSE = np.array([0.0, 1.0, 0.5])


def written(x):
    y = x / MASK
    y[~KEEPS] = 0
    return y


def one_by_one(x):
    y = np.zeros(3)
    for place in range(3):
        quotient = x[place] / MASK[place]
        if KEEPS[place]:
            y[place] = quotient
    return y


LEFT_OUT = {
    "a quotient": (lambda x: np.where(KEEPS, x / MASK, 0), lambda d, x: d * INVERSE),
    "on both sides": (lambda x: np.where(KEEPS, x / MASK, 0), lambda d, x: np.where(KEEPS, d / MASK, 0)),
    "written over": (written, lambda d, x: d * INVERSE),
    "not chosen": (lambda x: (x / MASK)[KEEPS].sum(), lambda d, x: d * INVERSE),
    "in a loop": (one_by_one, lambda d, x: d * INVERSE),
    "within exp": (lambda x: np.where(KEEPS, np.exp(-x / MASK), 0), lambda d, x: -d * INVERSE * np.exp(-x * INVERSE)),
    "a logarithm": (lambda x: np.where(KEEPS, x * np.log(MASK), 0), lambda d, x: d * np.array([0, 0, np.log(2)])),
    "a power": (lambda x: np.where(KEEPS, x * (x - x + MASK) ** -1, 0), lambda d, x: d * INVERSE),
    "NaN": (lambda x: np.where(KEEPS, x * np.array([np.nan, 1, 0.5]), 0), lambda d, x: d * INVERSE),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", some(LEFT_OUT, 4))
def test_what_is_discarded_decides_nothing(name):
    """Right gradients beside numbers that are none are proved, and wrong ones are refuted."""
    forward, backward = LEFT_OUT[name]
    rows = verify.check(verify.pair(forward, backward, x="3")).comparisons
    assert {row.verdict for row in rows} == {Verdict.PROVED}
    for wrong in (lambda d, x: -backward(d, x), lambda d, x: backward(d, x) + d * np.array([0, 0, 1e-9])):
        rows = verify.check(verify.pair(forward, wrong, x="3")).comparisons
        assert {row.verdict for row in rows} == {Verdict.REFUTED}


USED = {
    "times 0": lambda x: KEEPS * (x / MASK),
    "a sum": lambda x: (x / MASK).sum() * KEEPS,
    "a limit": lambda x: np.exp(-abs(x) / MASK),
    "a comparison": lambda x: np.where(x / MASK > 0, x, 0),
    "the other side": lambda x: np.where(KEEPS, 0, x / MASK),
    "a maximum": lambda x: np.maximum(x / MASK, x),
    "NaN times 0": lambda x: 0 * (x * np.nan) + x,
    "infinity less infinity": lambda x: np.where(KEEPS, x, np.inf * x - np.inf * x),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", USED)
@pytest.mark.parametrize("backward", [lambda d, x: d * INVERSE, lambda d, x: 0 * d, lambda d, x: d])
def test_what_is_used_is_not_left_out(name, backward):
    """Whatever is computed with a number that is none, and taken, is proved by no gradient."""
    rows = verify.check(verify.pair(USED[name], backward, x="3"), quick=True).comparisons
    assert {row.verdict for row in rows} <= {Verdict.UNDECIDED, Verdict.ERROR}


UNKNOWN = {  # what floats answer is in no formula
    "the logarithm of 0": lambda x: np.isinf(np.log(x - x)),
    "the logarithm of a negative number": lambda x: ~np.isfinite(np.log(0 * x - 1)),
    "the root of a negative number": lambda x: np.isnan(np.sqrt(-1 - abs(x))),
    "computed with it": lambda x: ~np.isfinite(x + np.log(x - x)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("shape", ["3", "30 30"])
@pytest.mark.parametrize("name", UNKNOWN)
def test_what_has_no_value_is_not_called_finite(name, shape):
    """It was taken for a number, so that floats went the other way, and rounding was blamed for the difference."""
    case = verify.pair(lambda x: np.where(UNKNOWN[name](x), 2 * x, 3 * x), lambda d, x: 2 * d, x=shape)
    result = verify.check(case, quick=True)
    assert {row.verdict for row in result.comparisons} == {Verdict.UNDECIDED}
    assert not result.findings


def endless(x):
    return 0 * x + np.inf


ANSWERS = {  # all true
    "finite": lambda x: np.isfinite(np.exp(x)),
    "the size of an infinity beside NaN": lambda x: np.isinf(np.hypot(endless(x), 0 * endless(x))),
    "the other way round": lambda x: np.isinf(np.hypot(0 * endless(x), -endless(x))),
    "0 times the logarithm of NaN": lambda x: np.isnan(special.xlogy(0 * x, 0 * endless(x))),
    "0 times the logarithm of 1 + NaN": lambda x: np.isnan(special.xlog1py(0 * x, 0 * endless(x))),
    "a sum of infinities": lambda x: np.isnan(np.logaddexp(endless(x), 0 * endless(x))),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", some(ANSWERS, 6))
def test_what_is_no_number_is_answered_as_on_floats(name):
    """The branch that floats take is the one that is proved, and the other's gradient is refuted."""
    for slope, verdict in ((2, Verdict.PROVED), (3, Verdict.REFUTED)):
        case = verify.pair(
            lambda x: np.where(ANSWERS[name](x), 2 * x, 3 * x), lambda d, x, slope=slope: slope * d, x="3"
        )
        assert {row.verdict for row in verify.check(case).comparisons} == {verdict}


def test_a_forward_without_a_number_claims_nothing():
    """Where forward divides by 0 too, there is no derivative to be missed."""
    nowhere = verify.pair(lambda x: x / (x - x), lambda d, x: d / (x - x), x="N")
    assert Verdict.REFUTED not in {row.verdict for row in verify.check(nowhere).comparisons}


@pytest.mark.parametrize("beside", [lambda dout: None, lambda dout: dout])
def test_only_what_is_claimed_is_refuted(beside):
    """None is no claim, whatever its input's shape, and a gradient that is right beside NaN is not refuted."""
    case = verify.pair(lambda x, y: x * x + y, lambda d, x, y: (2 * d * x / (y - y), beside(d)), x="", y="")
    rows = verify.check(case).comparisons
    assert {row.name: row.verdict for row in rows} == {"x": Verdict.REFUTED, "the whole case": Verdict.UNDECIDED}


@pytest.mark.parametrize(
    "backward",
    [
        lambda d, x: d * x * 2 + np.zeros(3) / sum(x[3:], 0.0 * x[0]),
        lambda d, x: d * 2 * x * (x[0] - x[0] + np.zeros(3)) ** -1,
        lambda d, x: d * 2 * x / np.sum(x[3:] ** 2),
    ],
    ids=["an empty sum", "a power of nothing", "a norm of nothing"],
)
def test_divisors_of_nothing(backward):
    """A divisor may be empty, or a negative power of what is 0 by its formula."""
    row = verify.check(verify.pair(lambda x: x * x, backward, x="3")).comparisons[0]
    assert (row.name, row.verdict, row.failing) == ("x", Verdict.REFUTED, 3)


BEYOND = {
    "logarithm of what is negative": (lambda x: x**3, lambda d, x: d * 3 * np.exp(2 * np.log(x))),
    "root of what is negative": (lambda x: x**2, lambda d, x: d * 2 * np.sqrt(x) ** 2),
    "odd power of a root": (lambda x: x**2, lambda d, x: d * 2 * (x**1.5) ** (2 / 3)),
    "two logarithms that cancel": (lambda x: x**2, lambda d, x: d * (2 * x + np.log(x) - np.log(x))),
    "arcsine above 1": (lambda x: x**2, lambda d, x: d * 2 * (10 * np.sin(np.arcsin(x - 9)) + 90 - 9 * x)),
}


@pytest.mark.parametrize("name", BEYOND)
def test_nan_beyond_the_domain_of_a_function_at_the_sample_is_refuted(name):
    """Symbols know the square of a root, and floats return NaN: where forward has a derivative, that is wrong."""
    forward, backward = BEYOND[name]
    rows = verify.check(verify.pair(forward, backward, x=verify.real("3", low=-8, high=-1)), quick=True).comparisons
    refuted = [row for row in rows if row.verdict is Verdict.REFUTED]
    assert refuted
    assert all(row.counterexample.actual == "nan" for row in refuted)


def test_nan_of_a_guarded_logarithm_is_not_blamed_on_it():
    """What np.where discards beyond the domain of a logarithm leaves the gradient that it is."""
    case = verify.pair(
        lambda x: x**2,
        lambda d, x: d * np.where(x > 0, 2 * np.exp(np.log(x)), 2 * x),
        x=verify.real("3", low=-8, high=-1),
    )
    assert verify.check(case).good


def test_floats_that_overflow_at_the_sample_are_no_hole():
    """A right formula whose floats are no numbers is undecided, as before, and not refuted."""
    case = verify.pair(
        lambda x: 1 / (1 + np.exp(-x)),
        lambda d, x: d * np.exp(-x) / (1 + np.exp(-x)) ** 2,
        x=verify.real("3", low=-3000, high=-2000),
    )
    assert Verdict.REFUTED not in {row.verdict for row in verify.check(case, quick=True).comparisons}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", [0, 1])
def test_a_determinant_that_is_0_by_its_formula_has_no_logarithm(part):
    """Floats may have the logarithm of a rounding there: that is not followed."""
    case = verify.pair(lambda x: x + np.linalg.slogdet(x[:, [0, 0]])[part], lambda d, x: d, x="2 2")
    assert {row.verdict for row in verify.check(case, quick=True).comparisons} <= {Verdict.UNDECIDED, Verdict.ERROR}


def standardized(x):
    """Return rows of mean 0 and variance 1, without an epsilon."""
    return (x - x.mean(axis=0)) / x.std(axis=0)


def of_standardized(dout, x):
    y = standardized(x)
    return (dout - dout.mean(axis=0) - y * (dout * y).mean(axis=0)) / x.std(axis=0)


def unbiased(x):
    """Return variances with a divisor of N - 1."""
    return ((x - x.mean(axis=0)) ** 2).sum(axis=0) / (len(x) - 1)


def of_unbiased(dout, x):
    return 2 * dout * (x - x.mean(axis=0)) / (len(x) - 1)


@pytest.mark.parametrize(("forward", "backward"), [(standardized, of_standardized), (unbiased, of_unbiased)])
def test_a_size_for_which_forward_has_no_value(forward, backward):
    """A forward that divides by 0 for one row is no number there, and the report says how to leave this size out."""
    case = verify.pair(forward, backward, x="N D")
    result = check(case)
    (open_row,) = [row for row in result.comparisons if row.verdict is not Verdict.PROVED]
    assert open_row.evidence.reason is Reason.ZERO_DIVISION
    assert open_row.evidence.detail.endswith(
        'no value for N=1; with sizes={"N": 3} in the case, that size alone is checked'
    )
    assert check(verify.pair(forward, backward, x="N D", sizes={"N": 3})).good


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (lambda x: 2 * x, lambda dout, x: dout * (len(x) - 1) / (len(x) - 1) * 2),
        (lambda x: x / (x - x), lambda dout, x: dout),
    ],
    ids=["backward alone", "all sizes"],
)
def test_a_size_that_is_not_to_be_left_out(forward, backward):
    """Where backward alone has no value for a size, or forward has none for any, no size is offered."""
    result = check(verify.pair(forward, backward, x="N"))
    assert not result.good
    assert not [row for row in result.comparisons if "sizes=" in row.evidence.detail]

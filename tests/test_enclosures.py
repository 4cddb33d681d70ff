"""What rounding may do to recorded operations: floats always lie inside, in every format."""

import random
from fractions import Fraction

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.checks.rounding import recorder
from verify.checks.rounding.enclosures import Column, Enclosures
from verify.checks.rounding.formats import DOUBLE, HALF, SINGLE
from verify.checks.rounding.recorder import Recorder
from verify.model.errors import GradproofError
from verify.tracing.floats import FloatRun
from verify.tracing.observe import Observation, observe, variants
from verify.tracing.symbols.scalar import RELATIONS

UNARY = [
    np.exp,
    np.tanh,
    np.sin,
    np.cos,
    np.arctan,
    np.expm1,
    np.sinh,
    np.cosh,
    np.square,
    np.cbrt,
    lambda x: np.log(np.abs(x) + 1),
    lambda x: np.log1p(np.abs(x)),
    lambda x: np.sqrt(np.abs(x)),
    lambda x: x**3,
    lambda x: np.abs(x) ** 1.3,
    lambda x: (x * x + 1) ** -0.5,
    lambda x: -x * 0.1 + 1 / 3,
    lambda x: x * 100 - x * 99,
    lambda x: x - x.mean(axis=0),
    lambda x: x.sum(axis=1, keepdims=True) + 0 * x,
    lambda x: x / (x.std() + 1e-3),
    lambda x: np.cumsum(x, axis=1),
    lambda x: x + np.ones((3, 4)) / 7,
    lambda x: 2.5 / (x * x + 0.01),
    lambda x: x**-1 + x,
    lambda x: np.logaddexp(x, 0.3),
]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.maximum,
    np.hypot,
    lambda x, y: x @ y.T @ y,
    lambda x, y: np.einsum("ij,ij,kj->kj", x, y, x),
    lambda x, y: np.where(x > y, x * 3, y),
    lambda x, y: np.dot(x.T, y).sum(axis=0) * np.ones((3, 1)),
    lambda x, y: np.exp(x) / (np.exp(x) + np.exp(y)),
]
MAGNITUDES = [Fraction(1), Fraction(1), Fraction(1, 10**4), Fraction(20), Fraction(3000)]


def program(rng):
    """Return a random function of two arrays."""
    steps = [
        (rng.random(), rng.choice(UNARY), rng.choice(BINARY), rng.randrange(9), rng.randrange(9)) for _ in range(5)
    ]

    def run(x, y):
        known = [x, y]
        for which, unary, binary, i, j in steps:
            a, b = known[i % len(known)], known[j % len(known)]
            known.append(unary(a) if which < 0.6 else binary(a, b))
        return known[-1]

    return run


def outside(function, moved=lambda value: value):
    """Return how many floats lie outside of their enclosure, and how many lie in one that says something."""

    @verify.case(x="3 4", y="3 4", name="random")
    def subject(x, y):
        dout = yield x * y
        return function(x, dout), None

    with np.errstate(all="ignore"):
        variant = variants(subject)[0]
        sample = {key: moved(value) for key, value in observe(subject, variant, 0).trace.sample.items()}
        seen = observe(subject, variant, 0, seen=Observation(variant, Recorder()), at=sample)
        rounded = [(numbers, numbers.nearest(list(sample.values()))) for numbers in (DOUBLE, SINGLE, HALF)]
        points = [
            (numbers, dict(zip(sample, values, strict=True))) for numbers, values in rounded if values is not None
        ]
        nodes, asked = seen.gradients["x"].nodes, list(seen.trace.branches)
        enclosures = Enclosures(seen.trace, [*nodes, *asked], [Column(*point) for point in points])
        certain = enclosures.certain(asked).all(axis=0)
        wrong = told = 0
        for column, (numbers, point) in enumerate(points):
            signs = np.sign(enclosures.of([c.node for c in seen.conditions])[0][:, column])
            taken = [RELATIONS[c.relation](sign) == c.holds for c, sign in zip(seen.conditions, signs, strict=True)]
            if not certain[column] or not all(taken):
                continue
            found = FloatRun(subject, seen, 0, point, numbers.dtype).gradients["x"].ravel().astype(np.longdouble)
            middle, radius = (values[:, column] for values in enclosures.of(nodes))
            finite = np.isfinite(radius)
            told += int(finite.sum())
            wrong += int((finite & (np.abs(found - middle) > radius)).sum())  # x - x is 0 unless x overflows
        return wrong, told


def followed(function, magnitude):
    """Return what `outside` does, or nothing for a program that cannot be traced, as one that divides by 0."""
    try:
        return outside(function, lambda value: value * magnitude)
    except GradproofError:
        return 0, 0


@slow
@pytest.mark.parametrize("seed", some(range(8), 16))
def test_floats_lie_inside_of_their_enclosures(seed):
    """Random programs in three formats, at inputs of several magnitudes, never leave what rounding may do."""
    rng = random.Random(seed)
    found = [followed(program(rng), rng.choice(MAGNITUDES)) for _ in range(25)]
    assert sum(wrong for wrong, _ in found) == 0
    assert sum(told for _, told in found) > 300


def test_an_enclosure_that_forgot_rounding_is_left(monkeypatch):
    """With the rounding of arithmetic planted away, floats lie outside: the test above would see it."""
    monkeypatch.setattr(recorder, "_ARITHMETIC", 0)
    assert outside(lambda x, dout: x * dout + 0.1 * x)[0] > 0


def test_what_is_one_operation_is_rounded_once():
    """The bound on expm1 near 0 is a few ulps, though the graph composes it of exp and a subtraction."""

    def bound(function):
        @verify.case(x="N")
        def subject(x):
            dout = yield x
            return function(x) * dout

        variant = variants(subject)[0]
        seen = observe(subject, variant, 0, seen=Observation(variant, Recorder()))
        point = {key: Fraction(float(value * Fraction(1, 10**8))) for key, value in seen.trace.sample.items()}
        middle, radius = Enclosures(seen.trace, seen.gradients["x"].nodes, [Column(DOUBLE, point)]).of(
            seen.gradients["x"].nodes
        )
        return float((radius / np.abs(middle)).max() * 2**53)

    assert bound(np.expm1) < 16
    assert bound(lambda x: np.exp(x) - 1) > 2**20
    assert bound(lambda x: (x + 2) - 2) > 2**20


def test_a_sum_may_be_in_any_order():
    """Pairwise, backwards, or by a product of matrices: the bound holds for each of them."""
    for function in (
        lambda x, dout: x.sum() * dout,
        lambda x, dout: sum(x.ravel()[::-1].tolist() if not hasattr(x, "claimed") else list(x.ravel()[::-1])) * dout,
        lambda x, dout: (np.ones(3) @ x @ np.ones(4)) * dout,
        lambda x, dout: np.add.reduce(np.add.reduce(x)) * dout,
    ):
        assert outside(function) == (0, 36)


def test_what_may_overflow_has_no_limit():
    """An overflow is seen where the format has one: exp(20) in half precision first."""

    def limited(factor):
        return outside(lambda x, dout: np.exp(x), lambda value: abs(value) * factor)[1]

    assert limited(Fraction(1)) == 36
    assert 12 <= limited(Fraction(400)) < 24

"""Floats judged on whole arrays: they say of a point what single numbers say, and nothing of one that has a fault."""

import random

import numpy as np
import pytest
from effort import chunks_of, slow, some
from random_arrays import case_of, drawn

import verify
from verify.checks.gradients.traced import check_traced
from verify.checks.rounding import check, whole
from verify.checks.rounding.faults import faults
from verify.checks.rounding.formats import DOUBLE, HALF, SINGLE
from verify.checks.rounding.points import points
from verify.checks.rounding.readings import Reading
from verify.checks.rounding.trials import trials
from verify.checks.rounding.whole import settled
from verify.tape import recording

CHUNKS, CHUNK = chunks_of(100, 12, many=40, every=40)  # layers
LEAST = 0.4  # of the points are settled on arrays, or these do not do their work
STEP = 0.11  # from one text of two digits, rounded up, to the next
NARROWER, WIDER = 0.97, 1.6  # times the bound that single numbers give, which know equal operations on single entries


@pytest.fixture(autouse=True)
def _small_arrays_too(monkeypatch):
    """Judge arrays of any size whole, and code that computes with single numbers."""
    monkeypatch.setattr(whole, "_FEW", 0)
    monkeypatch.setattr(recording, "_MANY", 10_000)


def both(case):
    """Return the points of a case, what arrays settle of them, and the trials of single numbers by their points."""
    run = check_traced(case)[1][0]
    tried = list(points(case, run.seen))
    judged = {(trial.name, trial.numbers): trial for trial in trials(case, run, [run], tried, 0).trials}
    return tried, settled(case, run, [run], tried, 0).rows, judged


def settled_codes(forward, backward, shape="3 4", **bounds):
    """Return the points that arrays settle of an elementwise layer, and those that have a fault by single numbers."""

    @verify.case(x=verify.real(shape, **bounds), name="layer")
    def layer(x):
        dout = yield forward(x)
        return backward(x, dout)

    tried, rows, judged = both(layer)
    whole_ones = {(tried[place].name, tried[place].numbers) for place in rows}
    return whole_ones, {place for place, trial in judged.items() if faults(trial)}


@slow
@pytest.mark.parametrize("chunk", CHUNKS)
def test_random_layers_are_judged_alike(chunk):
    """What arrays settle has the rows of single numbers, no narrower bound, and no fault."""
    points_seen = points_settled = 0
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        case = case_of(drawn(random.Random(number)))
        if not check_traced(case)[1]:
            continue
        tried, rows, judged = both(case)
        points_seen, points_settled = points_seen + len(tried), points_settled + len(rows)
        for place, listed in rows.items():
            trial = judged.get((tried[place].name, tried[place].numbers))
            assert bool(listed) == (trial is not None), (number, tried[place].name)
            if trial is not None:
                assert not faults(trial), (number, tried[place].name)
                agree(listed, trial, (number, tried[place].name))
    assert points_settled >= LEAST * points_seen


def agree(rows, trial, place):
    """Hold rows of arrays against those of single numbers: of entries with one error, either may have the other's."""
    expected = list(check._rows(trial))
    assert [row.name for row in rows] == [row.name for row in expected], place
    for row, other in zip(rows, expected, strict=True):
        assert (row.bound == "") == (other.bound == ""), (place, row, other)
        if not np.isfinite(float(other.error or "nan")):
            assert row.error == other.error, (place, row, other)
            continue
        assert abs(float(row.error) - float(other.error)) <= 0.011 + STEP * float(other.error), (place, row, other)
        judgement = trial.judgements[row.name]
        errors, bounds = judgement.error / judgement.ulps, judgement.bound / judgement.ulps
        alike = bounds[errors >= 0.9 * float(other.error) - 0.02]
        if np.isfinite(float(row.bound or "inf")):
            assert NARROWER * alike.min() <= float(row.bound) + 0.01 <= WIDER * alike.max() + 0.02, (place, row, other)


def test_overflow_is_told_column_by_column_also_of_the_columns_that_are_kept():
    """A power that ends half precision, and not single, overflows in its own column, wherever that stands."""
    case = verify.pair(lambda x: x**4, lambda dout, x: dout * 4 * x**3, x="2")
    run = check_traced(case)[1][0]
    recorded = whole.Recorded(case, run, 0, run.seen.trace.sample)
    values = np.array([[1.0, 300.0, 300.0, 2.0]] * len(recorded.variables))
    reading = Reading(
        recorded.tape, recorded.quantities[0].recorded, recorded.variables, values, [SINGLE, SINGLE, HALF, HALF]
    )
    assert reading.overflows().tolist() == [False, False, True, False]
    reading.keep(np.array([2, 0]))
    assert reading.overflows().tolist() == [True, False]


def test_stable_layers_are_settled_whole():
    """A softplus whose exponent is never positive has nothing that needs a second look, at any point."""
    whole_ones, faulty = settled_codes(
        lambda x: np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x))),
        lambda x, dout: dout * np.where(x > 0, 1, np.exp(x)) / (1 + np.exp(-np.abs(x))),
    )
    assert not faulty
    assert {numbers for _, numbers in whole_ones} == {DOUBLE, SINGLE, HALF}


@pytest.mark.parametrize(
    ("forward", "backward"),
    some(
        [
            pytest.param(lambda x: x**2, lambda x, dout: (dout * 2 * x).astype(np.float32), id="a cast"),
            pytest.param(lambda x: x**2 / 2, lambda x, dout: dout * ((x + 1e10) - 1e10), id="digits lost to a sum"),
            pytest.param(
                lambda x: 1 / (1 + np.exp(-x)), lambda x, dout: dout * np.exp(-x) / (1 + np.exp(-x)) ** 2, id="nan"
            ),
            pytest.param(lambda x: np.exp(x), lambda x, dout: dout * np.exp(x + 2.0**40 - 2.0**40), id="a shift"),
            pytest.param(
                lambda x: x.sum(), lambda x, dout: dout * np.full(x.shape, 1 + (x.dtype != float) * 0.1), id="type"
            ),
        ]
    ),
)
def test_points_with_a_fault_are_left_to_single_numbers(forward, backward):
    """No point that single numbers find a fault at is settled on arrays."""
    whole_ones, faulty = settled_codes(forward, backward)
    assert faulty
    assert whole_ones.isdisjoint(faulty)


def test_a_matrix_product_with_zeros_and_ones_has_the_bound_of_its_terms():
    """A product with the constant 0 is no term, and one with 1 is not rounded: gathering rows is exact."""

    @verify.case(W=verify.real("5 3"), name="gathering")
    def gathering(W):
        chosen = np.eye(5)[[4, 0, 0]]
        dout = yield chosen @ W
        return chosen.T @ dout

    tried, rows, judged = both(gathering)
    assert len(rows) == len(tried)
    exact = [row for place, listed in rows.items() for row in listed if tried[place].numbers is DOUBLE]
    assert {row.bound for row in exact} == {"0.67"}  # an entry is the sum of two, which is rounded once
    assert not any(faults(trial) for trial in judged.values())


@pytest.mark.parametrize(
    ("forward", "backward"),
    some(
        [
            pytest.param(
                lambda x: np.log(1 + x * x) @ x,
                lambda x, d: d @ x.T * (2 * x / (1 + x * x)) + np.log(1 + x * x).T @ d,
                id="log",
            ),
            pytest.param(
                lambda x: (np.sqrt(1 + x * x) - 1) @ x,
                lambda x, d: d @ x.T * (x / np.sqrt(1 + x * x)) + (np.sqrt(1 + x * x) - 1).T @ d,
                id="root",
            ),
            pytest.param(
                lambda x: np.tanh(x) ** 2 @ x**2,
                lambda x, d: d @ (x**2).T * 2 * np.tanh(x) * (1 - np.tanh(x) ** 2) + (np.tanh(x) ** 2).T @ d * 2 * x,
                id="squares",
            ),
        ]
    ),
)
def test_products_of_what_is_lost_to_rounding_underflow(forward, backward):
    """A matrix product of numbers whose middles are 0, and whose radii are not, has no narrower bound than single ones."""

    @verify.case(x=verify.real("3 3"), name="products")
    def products(x):
        dout = yield forward(x)
        return backward(x, dout)

    tried, rows, judged = both(products)
    compared = 0
    for place, listed in rows.items():
        trial = judged.get((tried[place].name, tried[place].numbers))
        if trial is not None and tried[place].name in ("1e-8", "1e-3"):
            agree(listed, trial, tried[place].name)
            compared += tried[place].numbers is not DOUBLE
    assert compared

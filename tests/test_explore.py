"""Where the code is run once more, and where it need not be."""

from fractions import Fraction

import numpy as np
import pytest

import verify
from verify.checks.claims.claims import Exact
from verify.checks.regions.explore import Explorer
from verify.tracing.observe import observe, variants

F = Fraction


def stepped(x):
    dout = yield np.where(x > 1, 2 * x - 1, np.where(x > 0, x, 0))
    return dout * np.where(x > 1, 2.0, np.where(x > 0, 1.0, 0.0))


@pytest.fixture
def explorer():
    case = verify.case(x=verify.real("2"))(stepped)
    return Explorer(case, Exact(case, observe(case, variants(case)[0], 0, at={"x[0]": F(5), "x[1]": F(7)})), 0)


def beside(explorer, *values):
    found = explorer.beside({"x[0]": F(values[0]), "x[1]": F(values[1])})
    return found, explorer.made


def test_inputs_of_a_known_region_are_not_run(explorer):
    """Inputs that surely take the branches of a run belong to its region, and the code is run for others."""
    assert beside(explorer, 2, 3) == (explorer.start, 0)
    mixed, made = beside(explorer, "1/2", 3)
    assert made == 1
    assert mixed is not explorer.start
    assert beside(explorer, "1/3", 9) == (mixed, 1)
    assert beside(explorer, 3, "1/3")[0] not in (None, mixed, explorer.start)
    assert explorer.made == 2


def test_inputs_on_an_edge_are_run(explorer):
    """An edge belongs to no region, though code takes one of the sides there."""
    assert beside(explorer, 1, 7) == (None, 1)
    assert beside(explorer, 0, 7) == (None, 2)


def test_a_known_region_is_that_of_a_run(explorer):
    """Where the code is run all the same, it comes to the region that was known."""
    for values in ((2, 3), ("1/2", 3), ("1/3", "1/4"), (-1, 2), (-1, -2), (8, "1/9"), (-3, -4), ("1/7", 5)):
        known, _ = beside(explorer, *values)
        seen = explorer.run({"x[0]": F(values[0]), "x[1]": F(values[1])})
        assert explorer.settled(seen) is known

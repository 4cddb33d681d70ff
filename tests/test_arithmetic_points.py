"""Points of all magnitudes, in each format that can hold them."""

import numpy as np
import pytest

import verify
from verify.checks.rounding.formats import DOUBLE, HALF, SINGLE
from verify.checks.rounding.points import REGION, SAMPLE, points, regional
from verify.tracing.observe import observe, variants


def tried(make=points, **domain):
    """Return the points of a layer of four numbers, by name and format."""

    @verify.case(x=verify.real("4", **domain))
    def layer(x):
        dout = yield 2 * x
        return 2 * dout

    found = make(layer, observe(layer, variants(layer)[0], 0))
    return {(tried.name, tried.numbers): [tried.point[f"x[{i}]"] for i in range(4)] for tried in found}


def test_every_format_is_tried_wherever_its_numbers_reach():
    """Half precision holds neither 1e8 nor 1e-8, single precision all of them."""
    names = [SAMPLE, "1e-8", "1e-3", "30", "1e3", "1e8", "1e6 + sample"]
    found = tried()
    assert [name for name, numbers in found if numbers is DOUBLE] == names
    assert [name for name, numbers in found if numbers is SINGLE] == names
    assert [name for name, numbers in found if numbers is HALF] == [SAMPLE, "1e-3", "30", "1e3"]


@pytest.mark.parametrize("numbers", [DOUBLE, SINGLE, HALF], ids=lambda numbers: numbers.name)
def test_points_are_numbers_of_their_format(numbers):
    """What code is given is exactly what the enclosures start from."""
    for (_, found), values in tried().items():
        if found is numbers:
            assert [float(numbers.dtype.type(value)) for value in values] == values


def test_points_stay_in_the_domain():
    """Small inputs lie close to the end of the domain; between two bounds there are no large ones, nor twice the same."""
    sample = np.array(tried(low=2)[SAMPLE, DOUBLE])
    assert np.allclose((np.array(tried(low=2)["1e-8", DOUBLE]) - 2) * 1e8, sample - 2, rtol=1e-6)
    assert {name for name, _ in tried(low=2, high=3)} == {SAMPLE, "1e-8", "1e-3"}
    assert all(value < -900_000 for value in tried(high=0)["1e6 + sample", DOUBLE])


def test_a_region_is_looked_at_in_its_own_sample():
    """A run elsewhere than at the sample has one point, in the formats that are in use."""
    assert list(tried(regional)) == [(REGION, DOUBLE), (REGION, SINGLE)]
    assert tried(regional)[REGION, DOUBLE] == tried()[SAMPLE, DOUBLE]

"""State that outlives its call: each kind planted in layers of several families, down to a single number."""

import pytest
from effort import LONG, some
from state_plants import FAMILIES, PLANTS, RIGHT
from test_contracts import findings

import verify

SHAPES = [("", {}), ("N", {"N": 1}), ("3 4", {}), *([("N", {"N": 2}), ("3", {}), ("2 2 2", {})] if LONG else [])]
# A buffer that is made in double precision is one that single precision runs into.
ALONGSIDE = {"GP105": {"GP115"}}


def codes(plant, family, shape, sizes):
    return {one.code for one in findings(verify.layer(plant(family), inputs={"x": shape}, sizes=sizes))}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("plant", some(PLANTS, 16), ids=lambda plant: plant.__name__)
def test_a_planted_state_is_found(plant, shape):
    """Its code is found in each family, and no other."""
    code = PLANTS[plant]
    found = {family.__name__: codes(plant, family, *shape) - ALONGSIDE.get(code, set()) for family in FAMILIES}
    assert found == {family.__name__: {code} for family in FAMILIES}


@pytest.mark.parametrize("shape", some(SHAPES, 4), ids=str)
@pytest.mark.parametrize("plant", RIGHT, ids=lambda plant: plant.__name__)
def test_a_layer_that_keeps_nothing_has_no_finding(plant, shape):
    """What each forward sets anew is no state, and neither is a cache that each forward drops."""
    assert {family.__name__: codes(plant, family, *shape) for family in FAMILIES} == {
        family.__name__: set() for family in FAMILIES
    }

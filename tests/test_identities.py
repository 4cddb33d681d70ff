"""Code that asks for the identity of objects has the same result in each run."""

import builtins
import gc

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.tracing.stand_ins import identities

MODULE_CACHE = {}


class BySelf:
    """Keep what the first forward of each object saw, by the object's identity."""

    def forward(self, x):
        MODULE_CACHE.setdefault(id(self), 2 * x)
        return x**2

    def backward(self, dout):
        return dout * MODULE_CACHE[id(self)]


class Renewed(BySelf):
    """Keep what the last forward of each object saw."""

    def forward(self, x):
        MODULE_CACHE[id(self)] = 2 * x
        return x**2


class ByInput:
    """Keep the slope of each input, by the array's identity."""

    def forward(self, x):
        self.slope = MODULE_CACHE.setdefault(id(x), 2 * x)
        return x**2

    def backward(self, dout):
        return dout * self.slope


class WrongByInput(ByInput):
    """Return another gradient than that of the slope that is kept."""

    def backward(self, dout):
        return dout * self.slope * 1.5


LAYERS = {  # a layer, the verdict, and what fails
    BySelf: ("PROVED", {"GP110"}),
    Renewed: ("PROVED", set()),
    ByInput: ("PROVED", set()),
    WrongByInput: ("REFUTED", set()),
}


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.__name__)
def test_a_cache_by_identity_has_the_same_result_for_each_seed(layer):
    """What a dead object left is found by no later one: verdicts and findings are the same, and GP127 tells of `id`."""
    expected = LAYERS[layer]
    for seed in some(range(20), 6):
        MODULE_CACHE.clear()
        result = verify.check(verify.layer(layer, inputs={"x": "2"}), seed)
        assert {row.verdict.name for row in result.comparisons} == {expected[0]}
        assert {finding.code for finding in result.findings if finding.fails} == expected[1]
        assert "GP127" in {finding.code for finding in result.findings} or expected[0] == "REFUTED"
    assert "id" not in globals()


@slow
def test_an_identity_is_not_given_twice_during_a_check():
    """Python gives a new object the address of a dead one; what was asked for lives until the check ends."""
    with identities.unrepeated([]):
        numbers = [identities.identity(np.ones(3)) for _ in range(100)]
        assert len(set(numbers)) == 100
    reused = [builtins.id(np.ones(3)) for _ in range(100)]
    assert len(set(reused)) < 100  # the twin: without that, addresses return
    gc.collect()


def test_a_name_of_the_users_own_stays():
    """A module that has a function `id` of its own keeps it."""
    module = type(builtins)("users_own")
    module.__file__, module.id = __file__, len
    with identities.unrepeated([module]):
        assert module.id is len
    assert module.id is len

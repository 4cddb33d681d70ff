"""Random numbers of an earlier call that a layer keeps: what only backward keeps is found, what both use is right."""

import random

import numpy as np
import pytest
from test_contracts import codes

import verify

_rng = np.random.default_rng(3)


def of_numpy(layer, shape):
    return np.random.random_sample(shape)


def of_random(layer, shape):
    return np.array([random.random() for _ in range(int(np.prod(shape)))]).reshape(shape)


def of_module(layer, shape):
    return _rng.random(shape)


def of_its_own(layer, shape):
    return layer.rng.random(shape)


def of_a_new_one(layer, shape):
    return np.random.default_rng().random(shape)


SOURCES = [of_numpy, of_random, of_module, of_its_own, of_a_new_one]


def layer_of(source, keep):
    """Return a layer that drops entries; `keep` tells which mask it has for backward, of the one from before and now."""

    class Dropout:
        def __init__(self):
            self.rng, self.mask = np.random.default_rng(5), None

        def forward(self, x):
            mask = source(self, x.shape) > 0.5
            self.mask = keep(self.mask, mask)
            return x * mask

        def backward(self, dout):
            return dout * self.mask

    return Dropout


def findings_of(layer, shape="3 4"):
    return codes(verify.layer(layer, inputs={"x": shape}))


@pytest.mark.parametrize("source", SOURCES)
def test_a_mask_of_the_first_call_is_stale(source):
    """A backward that keeps the first mask is found, whichever generator it comes from."""
    assert "GP110" in findings_of(layer_of(source, lambda before, now: now if before is None else before))


@pytest.mark.parametrize("source", SOURCES)
def test_a_mask_of_each_call_is_right(source):
    """The twin that takes each new mask has no such finding."""
    assert "GP110" not in findings_of(layer_of(source, lambda before, now: now))


def test_masks_that_add_up_are_stale():
    """A mask to which those of earlier calls are added is found at a small shape too."""
    merged = layer_of(of_numpy, lambda before, now: now if before is None else before | now)
    assert "GP110" in findings_of(merged, "4")


def test_numbers_that_are_drawn_once_and_used_by_both_are_right():
    """Random features that are drawn in the first call, and kept, are no stale cache: output and gradient have them."""

    class Features:
        weights = None

        def forward(self, x):
            drawn = np.random.random_sample((4, 3))
            if self.weights is None:
                self.weights = drawn
            return x @ self.weights

        def backward(self, dout):
            return dout @ self.weights.T

    assert "GP110" not in findings_of(Features)

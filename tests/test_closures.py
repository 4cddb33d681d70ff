"""Layers that keep numbers in functions: each copy of one has a memory of its own, and a stale one is found."""

import functools
from copy import deepcopy

import numpy as np
import pytest
from test_contracts import codes

import verify
from verify.checks.contracts.closures import remembers, renew
from verify.checks.contracts.copies import duplicate


class Layer:
    """A sine whose slope is kept in functions that are made with the layer."""

    def forward(self, x):
        return self.run(x)

    def backward(self, dout):
        return dout * self.slope()


class Rebound(Layer):
    """Its variable is bound anew by each forward, or in the first backward alone."""

    def __init__(self, stale):
        kept = slope = None

        def run(x):
            nonlocal kept
            kept = x.copy()
            return np.sin(x)

        def cosine():
            nonlocal slope
            if slope is None or not stale:
                slope = np.cos(kept)
            return slope

        self.run, self.slope = run, cosine


class SharedDict(Layer):
    """Two functions share a dict."""

    def __init__(self, stale):
        kept = {}

        def run(x):
            kept["x"] = x.copy()
            if not stale:
                kept.pop("slope", None)
            return np.sin(x)

        self.run, self.slope = run, lambda: kept.setdefault("slope", np.cos(kept["x"]))


class Itself(Layer):
    """A function that refers to the layer that holds it."""

    def __init__(self, stale):
        self.cosine = None

        def slope():
            if self.cosine is None or not stale:
                self.cosine = np.cos(self.x)
            return self.cosine

        self.slope = slope

    def run(self, x):
        self.x = x.copy()
        return np.sin(x)


class Cached(Layer):
    """A cache of results that is filled by sizes, and cleared by each forward or not."""

    def __init__(self, stale):
        self.stale = stale
        self.cosine = functools.lru_cache(lambda size: np.cos(self.x))

    def run(self, x):
        self.x = x.copy()
        if not self.stale:
            self.cosine.cache_clear()
        return np.sin(x)

    def slope(self):
        return self.cosine(self.x.size)


class Default(Layer):
    """A default argument that is filled by the first call."""

    def __init__(self, stale):
        def cosine(x, kept={}):  # noqa: B006 - that is the fault
            return kept.setdefault("slope" if stale else id(x), np.cos(x))

        self.cosine = cosine

    def run(self, x):
        self.x = x.copy()
        return np.sin(x)

    def slope(self):
        return self.cosine(self.x)


class Partial(Layer):
    """A function with an argument that is bound already."""

    def __init__(self, stale):
        kept = {}

        def cosine(kept):
            return kept.setdefault("slope", np.cos(kept["x"]))

        def run(x):
            kept["x"] = x.copy()
            if not stale:
                kept.pop("slope", None)
            return np.sin(x)

        self.run, self.slope = run, functools.partial(cosine, kept)


LAYERS = [Rebound, SharedDict, Itself, Cached, Default, Partial]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_stale_function_is_found(layer):
    """What a function has kept of an earlier forward is stale like any attribute."""
    assert "GP110" in codes(verify.layer(lambda: layer(stale=True), inputs={"x": "N D"}))


@pytest.mark.parametrize("layer", [kind for kind in LAYERS if kind is not Default])
def test_a_function_that_forgets_is_right(layer):
    """The twins, whose functions keep nothing from forward to forward, have no finding."""
    assert codes(verify.layer(lambda: layer(stale=False), inputs={"x": "N D"})) == set()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_copy_has_a_memory_of_its_own(layer):
    """What a copy is called with, the original does not hear of; nor does the copy refer to it."""
    original = layer(stale=True)
    copy = duplicate(original)
    copy.forward(np.ones(2))
    assert copy.backward(np.ones(2)) == pytest.approx(np.cos(np.ones(2)))
    original.forward(np.zeros(2))
    assert original.backward(np.ones(2)) == pytest.approx(np.ones(2))


def test_functions_of_a_module_stay_what_they_are():
    """Only functions that were made inside of another one are copied: others have their module's memory."""
    assert not remembers(codes)
    assert not remembers(np.cos)
    assert not remembers(functools.lru_cache(codes))
    assert duplicate({"a": codes})["a"] is codes


def test_variables_without_a_value_are_copied_as_such():
    """A function that refers to a variable which is bound later can be copied before that."""

    def early():
        return late

    fill = renew([early], memo := {})
    copied = deepcopy([early], memo)[0]
    fill()
    with pytest.raises(NameError):
        copied()
    late = 3
    assert early() == 3


class Dropout:
    """Its mask is drawn by a function that has a generator of its own."""

    def __init__(self):
        generator = np.random.default_rng(0)
        self.draw = lambda shape: 2.0 * (generator.random(shape) > 0.5)

    def forward(self, x):
        self.mask = self.draw(x.shape)
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class Redrawn(Dropout):
    """Draws another mask in backward."""

    def backward(self, dout):
        return dout * self.draw(dout.shape)


def test_a_generator_in_a_function_is_put_back():
    """Each call starts from the same random state, wherever the generator is."""
    assert codes(verify.layer(Dropout, inputs={"x": "4 5"})) == set()
    assert codes(verify.layer(Redrawn, inputs={"x": "4 5"})) or not verify.check(
        verify.layer(Redrawn, inputs={"x": "4 5"})
    )

"""Closures that a case calls itself: where they remember, it is told that no contract of them was checked."""

from types import SimpleNamespace

import numpy as np
import pytest

import verify


def relu(variable):
    """Return a forward that keeps its mask in a variable or in a dict around it, and the backward that reads it."""
    mask, kept = None, {}

    def forward(x):
        nonlocal mask
        if mask is None or mask.shape != x.shape:
            mask = x > 0
        return np.where(mask, x, 0)

    def backward(dout):
        return dout * mask

    def forward_with_dict(x):
        kept["mask"] = x > 0
        return np.where(kept["mask"], x, 0)

    def backward_with_dict(dout):
        return dout * kept["mask"]

    return (forward, backward) if variable else (forward_with_dict, backward_with_dict)


def lazy():
    slope = None

    def forward(x):
        return x**2

    def backward(dout, x=None):
        nonlocal slope
        if slope is None:
            slope = 2 * LAST[0]
        return dout * slope

    return forward, backward


LAST = [None]


def scaled():
    weight = 3.0

    def forward(x):
        return weight * x

    def backward(dout):
        return weight * dout

    return forward, backward


def written(made):
    """Return a case that makes its functions and calls them."""

    @verify.case(x="N")
    def layer(x):
        LAST[0] = x
        forward, backward = made()
        dout = yield forward(x)
        return backward(dout)

    return layer


def as_layer(made):
    def make():
        forward, backward = made()
        return SimpleNamespace(forward=forward, backward=backward)

    return verify.layer(make, inputs={"x": "N"})


def untried(case):
    return [(f.name, f.fails) for f in verify.check(case).findings if f.code == "GP126"]


@pytest.mark.parametrize("form", [written, as_layer])
@pytest.mark.parametrize("variable", [True, False])
def test_memory_of_closures_is_told(form, variable):
    """A mask in a variable of the function around, or in a dict there, may be that of another batch."""
    assert untried(form(lambda: relu(variable))) == [("backward" if variable else "backward_with_dict", False)]


def test_what_backward_keeps_is_told():
    """A slope that backward computes once, in a variable of the function around it, is such a cache too."""
    assert untried(written(lazy)) == [("backward", False)]


@pytest.mark.parametrize("form", [written, as_layer])
def test_what_no_call_changes_is_no_memory(form):
    """Weights of the function around are read only, and nothing is said of them."""
    assert untried(form(scaled)) == []


def test_a_pair_is_called_again():
    """Functions given as a pair are copied with all that they hold: a stale mask is found, and none is left untried."""
    forward, backward = relu(variable=True)
    codes = {f.code for f in verify.check(verify.pair(forward, lambda dout, x: backward(dout), x="N")).findings}
    assert "GP110" in codes
    assert "GP126" not in codes

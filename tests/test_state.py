"""What code keeps outside of a run: stale masks wherever they are, at one fixed shape, and what is no state."""

import numpy as np
import pytest

import verify

MASK, MASKS, CONSTANTS, LAST = None, {}, {}, np.zeros(3)


def relu(x, mask):
    return np.where(mask, x, 0)


def in_a_variable(x):
    global MASK
    if MASK is None or MASK.shape != x.shape:
        MASK = x > 0
    return relu(x, MASK)


def in_a_dict(x):
    if x.shape not in MASKS:
        MASKS[x.shape] = x > 0
    return relu(x, MASKS[x.shape])


def in_a_default(x, kept=[]):  # noqa: B006 - that is the mistake
    if not kept:
        kept.append(x > 0)
    in_a_default.kept = kept
    return relu(x, kept[0])


class InTheClass:
    mask = None

    def forward(self, x):
        if InTheClass.mask is None:
            InTheClass.mask = x > 0
        return relu(x, InTheClass.mask)

    def backward(self, dout):
        return dout * InTheClass.mask


class InAnObject:
    def __init__(self, stale=True):
        self.mask, self.stale = None, stale

    def forward(self, x):
        if self.mask is None or not self.stale:
            self.mask = x > 0
        return relu(x, self.mask)

    def backward(self, dout):
        return dout * self.mask


def in_a_cell():
    mask = None

    def forward(x):
        nonlocal mask
        mask = x > 0 if mask is None else mask
        return relu(x, mask)

    return verify.pair(forward, lambda dout, x: dout * mask, x="3")


def of(layer):
    @verify.case(x="3")
    def case(x):
        dout = yield layer.forward(x)
        return layer.backward(dout)

    return case


STALE = {
    "a variable of the module": lambda: verify.pair(in_a_variable, lambda dout, x: dout * MASK, x="3"),
    "a dict of the module": lambda: verify.pair(in_a_dict, lambda dout, x: dout * MASKS[3,], x="3"),
    "a default": lambda: verify.pair(in_a_default, lambda dout, x: dout * in_a_default.kept[0], x="3"),
    "the class": lambda: verify.layer(InTheClass, inputs={"x": "3"}),
    "an object of the module": lambda: of(InAnObject()),
    "a cell": in_a_cell,
}


def with_constants(x):
    """Keep what belongs to a shape: it is the same for all inputs."""
    if x.shape not in CONSTANTS:
        CONSTANTS[x.shape] = np.arange(1.0, x.size + 1)
    return x * CONSTANTS[x.shape]


def remembering(x):
    LAST[:] = x
    return x**2


RIGHT = {
    "a mask of each call": lambda: of(InAnObject(stale=False)),
    "constants of a shape": lambda: verify.pair(with_constants, lambda dout, x: dout * CONSTANTS[3,], x="3"),
    "a buffer": lambda: verify.pair(remembering, lambda dout, x: 2 * dout * LAST, x="3"),
}


def stale(case):
    return [finding.detail for finding in verify.check(case).findings if finding.code == "GP110"]


@pytest.mark.parametrize("name", STALE)
def test_a_mask_of_the_first_call_is_found(name):
    """A mask that only the first call of the process fills belongs to other inputs in all others."""
    (detail,) = stale(STALE[name]())
    assert detail.startswith("after a run on other inputs the code returns a different output: it keeps ")


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_made_anew_is_no_stale_state(name):
    """What every call fills, and what depends on no numbers, may be kept anywhere."""
    assert stale(RIGHT[name]()) == []


def test_places_get_back_what_they_hold():
    """A check leaves the variables of a module as its last run did."""
    layer = InAnObject(stale=False)
    LAST[:] = 7
    verify.check(of(layer))
    assert layer.mask is not None
    verify.check(verify.pair(remembering, lambda dout, x: 2 * dout * LAST, x="3"))
    assert LAST.shape == (3,)

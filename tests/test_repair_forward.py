"""Whether a change leaves the outputs of a case as they are, in all regions."""

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.mutation.result import How
from verify.repair.forward import same_forward


def case(forward, **inputs):
    """Return a case of a function, of which the backward pass does not matter here."""
    return verify.pair(forward, lambda dout, x: dout, name="case", **(inputs or {"x": "N D"}))


def square(x):
    return x * x


# Other forward passes, and whether their derivatives are those of the square.
PASSES = {
    "the same": (square, True),
    "written in another way": (lambda x: (x + 1) ** 2 - 2 * x - 1, True),
    "another function": (lambda x: x * x + x, False),
    "another function far away": (lambda x: np.where(x > 40, x * x * x, x * x), False),
    "another function near a point": (lambda x: np.where(abs(x - 3) < 0.01, x, x * x), False),
}


@pytest.mark.parametrize("name", some(PASSES, 10))
def test_one_output(name):
    """A pass that differs anywhere, though not at the sample, is told from one that is only written differently."""
    forward, same = PASSES[name]
    assert same_forward(case(square), case(forward), How()) is same


@slow
def test_losses_and_several_outputs():
    """The upstream of a loss is no obstacle, nor are several outputs: each is compared."""
    loss = verify.loss(lambda x: ((x * x).sum(), 2 * x), x="N D")
    other = verify.loss(lambda x: ((x * x).sum() + x[0, 0], 2 * x), x="N D")
    assert same_forward(loss, loss, How())
    assert not same_forward(loss, other, How())
    two = case(lambda x: (x, x * x, x))
    assert same_forward(two, two, How())
    assert not same_forward(two, case(lambda x: (x, x * x * x, x)), How())

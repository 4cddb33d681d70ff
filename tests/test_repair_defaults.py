"""Defaults of the code that equal a number which a change writes: what no proof tells apart is said."""

import pytest
from effort import slow

from verify.model.identity import NOWHERE
from verify.mutation.result import Mutant
from verify.repair.defaults import equal_defaults

SOURCE = b"""
class Leaky:
    def __init__(self, alpha=0.5, slope=2, *, power=3, name="0.5"):
        self.alpha = alpha

    def backward(self, dout):
        return 2 * dout


class Other:
    def __init__(self, beta=0.25):
        self.beta = beta


def backward(dout, rate=0.25):
    return dout
"""


def defaults(old, new):
    """Return the names of the defaults that equal a number of the change of one text of the source into another."""
    start = SOURCE.rindex(old)
    line = SOURCE[:start].count(b"\n") + 1
    edit = Mutant("a.py", NOWHERE, "backward", "M2", "", "", "", "", start, start + len(old), new, line, line)
    return tuple(name for name, _ in equal_defaults((edit,), {"a.py": SOURCE}))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (b"2 * dout * 0.5", ("alpha",)),
        (b"2 * dout * .5", ("alpha",)),
        (b"t1 = 3 * dout\n        return t1 * 5e-1", ("alpha", "power")),
        (b"2 * 2 * dout", ("slope",)),
        (b"dout * 2", ()),
        (b"2 * dout * self.alpha", ()),
        (b"2 * dout * 0.25", ()),
        (b"2 * t0_5 * dout", ()),
        (b"1 * dout", ()),
    ],
)
def test_numbers_that_are_new(new, expected):
    """Those of the class count that the change is in, and numbers that did not stand there before."""
    assert defaults(b"2 * dout", new) == expected


def test_functions():
    """Of a function it is all of the module that count, but not those of its classes."""
    assert defaults(b"dout\n", b"0.25 * dout + 0.5\n") == ("rate",)


LEAKY = """
import numpy as np
import gradproof

class Leaky:
    def __init__(self, alpha=0.5):
        self.alpha = alpha

    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, self.alpha * x)

    def backward(self, dout):
        return np.where(self.mask, dout, 0.25 * dout)

leaky = gradproof.layer(Leaky, inputs={"x": "N"}OPTIONS)
"""


@slow
@pytest.mark.parametrize(("options", "noted"), [("", True), (', options={"alpha": [0.5, 0.25]}', False)])
def test_what_is_said(command, shop, options, noted):
    """A default is named that the case has no other value of; one that it varies was told apart."""
    (shop / "mine.py").write_text(LEAKY.replace("OPTIONS", options))
    text = command("fix", "mine.py").out
    assert ("note: it is proved with the default alpha=0.5 alone" in text) is noted
    assert ("self.alpha * dout" in text) is not noted

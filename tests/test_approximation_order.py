"""Series beside the question which entry is the largest: beyond a threshold another one may be."""

import numpy as np
import pytest
from effort import chunks_of, slow
from test_approximation_composed import phi, phi_slope

import verify
from verify.model.result import Verdict

THRESHOLD = 0.1


def sinc(a):
    """Return sin(a) / a, by its series near 0, which is largest there."""
    near = np.abs(a) < THRESHOLD
    safe = np.where(near, 1.0, a)
    series = 1 - a**2 / 6 + a**4 / 120 - a**6 / 5040 + a**8 / 362880 - a**10 / 39916800
    return np.where(near, series, np.sin(safe) / safe)


def sinc_slope(a, wrong=0.0):
    """Return its derivative, one coefficient of which is off by so much."""
    near = np.abs(a) < THRESHOLD
    safe = np.where(near, 1.0, a)
    series = -a / 3 + a**3 / 30 - a**5 / 840 + a**7 / 45360 - a**9 / 3991680 + a**11 / 518918400 + wrong * a**3
    return np.where(near, series, (safe * np.cos(safe) - np.sin(safe)) / safe**2)


def softmax(function, slope, scales, shift, **wrong):
    """Return the softmax of a function of a scaled and shifted input, less the largest entry as everybody writes it."""
    scales = np.array(scales)

    def forward(x):
        a = function(x * scales - shift)
        e = np.exp(a - a.max())
        return e / e.sum()

    def backward(d, x):
        y = forward(x)
        return y * (d - (d * y).sum()) * slope(x * scales - shift, **wrong) * scales

    return verify.pair(forward, backward, x=str(len(scales)), name="layer")


LAYERS = {
    "the same slope": (sinc, sinc_slope, [1.0, 1.0], 0.0),
    "other slopes": (sinc, sinc_slope, [1.0, 0.1], 0.0),
    "shifted": (sinc, sinc_slope, [0.5, 1.0], 0.3),
    "rising": (phi, phi_slope, [1.0, 0.1], 0.0),
    "one of two largest falls back": (sinc, sinc_slope, [1.0, 0.1, 1.0, 0.1], 0.0),
    "a third one between": (sinc, sinc_slope, [1.0, 0.5, 1.0], 0.3),
    "all alike": (sinc, sinc_slope, [0.5, 0.5, 0.5], 0.3),
    "a tie on the way": (sinc, sinc_slope, [1.0, 0.5, 0.2], 0.0),
    "no way back": (sinc, sinc_slope, [0.1, -1.0, 2.0], 0.05),
}


CHUNKS, _ = chunks_of(1, 1, many=len(LAYERS), every=6)  # up to 40 seconds each


@slow
@pytest.mark.parametrize("name", [[*LAYERS][chunk] for chunk in CHUNKS])
def test_series_under_a_softmax(name):
    """The largest entry is approximated, and no longer the largest beyond its threshold: that costs no proof."""
    assert verify.check(softmax(*LAYERS[name])).passes
    wrong = verify.check(softmax(*LAYERS[name], wrong=1e-3))
    assert any(row.verdict is Verdict.REFUTED for row in wrong.comparisons)

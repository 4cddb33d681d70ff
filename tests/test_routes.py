"""An upstream that gets to the wrong entries is told: one entry for another, or parts of sums."""

import numpy as np

import verify


def diagnoses(subject):
    return [row.diagnosis for row in verify.check(subject, quick=True).comparisons if not row.good]


def pooled(right):
    """Maxima of pairs that overlap; the mask is that of the other one."""

    @verify.case(x="4")
    def subject(x):
        dout = yield np.maximum(x[:-1], x[1:])
        first = x[:-1] > x[1:] if right else x[:-1] < x[1:]
        gradient = np.zeros(4)
        gradient[:-1] += dout * first
        gradient[1:] += dout * ~first
        return gradient

    return diagnoses(subject)


def test_overlapping_windows():
    """The entry of the upstream that goes astray is named, with where it is and where it should be."""
    assert pooled(right=True) == []
    (text,) = pooled(right=False)
    assert text.startswith("the upstream gets to the wrong entries: dout[")
    assert " instead of [" in text


def spread(*factors):
    @verify.case(x="3")
    def subject(x):
        dout = yield 0.5 * x[:-1] + 0.25 * x[1:]
        own, next_, last = factors
        return np.array([own * dout[0], next_ * dout[0] + own * dout[1], last * dout[1]])

    return diagnoses(subject)


def test_other_numbers_are_no_other_routes():
    """Where all of it gets to the right entries, times other numbers, nothing is said of routes."""
    assert spread(0.5, 0.25, 0.25) == []
    assert not any("entries" in text for text in [*spread(0.25, 0.25, 0.5), *spread(0.5, 0.25, 3)])

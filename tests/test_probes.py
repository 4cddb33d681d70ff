"""Code that goes wrong at sizes, labels or points that no reading of its source tells is suspect on floats, and refuted."""

import functools
import math

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict
from verify.checks.gradients.probes import suspects

LIMIT = {"sizes": {11: True}}

# What code may ask of an input, by the shape of the input: each is true at few sizes or points.
ASKED = {
    "bits": (lambda x: len(x).bit_length() > 5, "N"),
    "digits": (lambda x: len(str(len(x))) > 1, "N"),
    "a root": (lambda x: int(math.sqrt(len(x))) >= 4, "N"),
    "a method's answer": (lambda x: len(x) >> min([4]), "N"),
    "a table": (lambda x: LIMIT["sizes"].get(len(x)), "N"),
    "parts": (lambda x: len(np.array_split(x, 3)[0]) > 6, "N"),
    "a row of two": (lambda x: x.shape[1] - x.shape[0] > 13, "N D"),
    "three sizes": (lambda x: sum(x.shape) == 30, "A B C"),
    "how many entries are positive": (lambda x: np.count_nonzero(x > 0) == 4, "N"),
    "whether entries rise": (lambda x: len(x) > 3 and bool((np.diff(x) > 0).all()), "N"),
}


def squares(spoilt, shape):
    """Return a case whose gradient is half too large wherever something is true of the input."""

    def backward(d, x):
        return d * x * (3 if spoilt(x) else 2)

    return verify.pair(lambda x: x**2, backward, x=shape)


@pytest.mark.parametrize("asked", some(ASKED, 12))
def test_what_is_wrong_at_few_sizes_or_points_is_refuted(asked):
    """A gradient that is wrong there only is refuted with its sizes, and what asks the same in vain is proved."""
    spoilt, shape = ASKED[asked]
    assert Verdict.REFUTED in {row.verdict for row in verify.check(squares(spoilt, shape)).comparisons}
    right = squares(lambda x: spoilt(x) and False, shape)
    assert {row.verdict for row in verify.check(right).comparisons} == {Verdict.PROVED}


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda t: len(t) > 2 and bool((np.diff(t) < 0).all()),
        lambda t: len(set(t.tolist())) == len(t) > 2,
        lambda t: len(t) > 5 and np.bincount(t).max() == len(t) // 2,
    ],
    ids=["falling", "all different", "half of them alike"],
)
def test_labels_of_several_kinds(spoilt):
    """What is wrong for labels in an order that no draw has, or all different, is refuted."""

    def backward(d, x, t):
        gradient = np.zeros(x.shape)
        gradient[np.arange(len(t)), t] = d
        return gradient * (2 if spoilt(t) else 1)

    case = verify.pair(lambda x, t: x[np.arange(len(t)), t], backward, x="N C", t=verify.integer("N", below="C"))
    assert Verdict.REFUTED in {row.verdict for row in verify.check(case).comparisons}


def test_edges_are_no_reason():
    """Code with many edges, right on all of their sides, is not suspect, nor is what overflows."""
    right = [
        verify.pair(lambda x: np.maximum(x, 0).sum(), lambda d, x: d * (x > 0), x="N D"),
        verify.pair(lambda x: np.sort(x).cumsum(), lambda d, x: d[::-1].cumsum()[::-1][x.argsort().argsort()], x="N"),
        verify.pair(lambda x: np.exp(1e3 * x), lambda d, x: 1e3 * d * np.exp(1e3 * x), x="N"),
        verify.pair(lambda x: x**1.5 if isinstance(x, float) else x, lambda d, x: 1.5 * d * x**0.5, x=""),
        verify.pair(lambda z: z * z, lambda d, z: 2 * d * z.conj(), z=verify.complex("N")),
    ]
    assert [suspects(case, 0, lambda _: True, [], 1) for case in right] == [[]] * len(right)


def test_sizes_that_cannot_be_afforded():
    """Code runs at no other sizes than those that are affordable, and some that are asked for."""
    case = squares(lambda x: len(x) > 6, "N")
    assert suspects(case, 0, lambda sizes: sizes["N"] < 7, [], 1) == []
    (probe,) = suspects(case, 0, lambda sizes: sizes["N"] < 7, [{"N": 40}], 9)
    assert probe.variant.sizes == {"N": 40}
    assert sorted(probe.at) == sorted(f"x[{place}]" for place in range(40))


def test_bounds_are_kept():
    """Samples lie in the domain, whichever of its bounds there are."""
    seen = []
    domains = [{}, {"low": 3}, {"high": -3}, {"low": 3, "high": 4}]

    def forward(a, b, c, d):
        seen.append((a, b, c, d))
        return a + b + c + d

    inputs = {name: verify.real("N", **bounds) for name, bounds in zip("abcd", domains, strict=True)}
    assert suspects(verify.pair(forward, lambda d, *_: (d, d, d, d), **inputs), 0, lambda _: True, [], 1) == []
    for _, b, c, d in seen:
        assert b.min() > 3 - 1e-4
        assert c.max() < -3 + 1e-4
        assert d.min() > 3 - 1e-4
        assert d.max() < 4 + 1e-4


GENERATOR = np.random.default_rng(3)


@functools.cache
def hidden():
    """Return a generator from where no one can look for it."""
    return np.random.default_rng(3)


def dropping(generator_of):
    """Return a case that drops entries which a generator draws."""

    def forward(x):
        mask = generator_of().random(x.shape) < 0.5
        return x * mask, mask

    return verify.pair(forward, lambda d, mask: d * mask, x="N")


def test_each_run_draws_what_the_first_one_drew():
    """A generator of the module is put back before each run of each probe, and in the end."""
    before = GENERATOR.bit_generator.state
    assert suspects(dropping(lambda: GENERATOR), 0, lambda _: True, [], 1) == []
    assert GENERATOR.bit_generator.state == before


def test_a_generator_that_cannot_be_put_back_is_suspect():
    """Its runs drop other entries each time, so that none fits: none is passed over."""
    assert len(suspects(dropping(hidden), 0, lambda _: True, [], 2)) == 2

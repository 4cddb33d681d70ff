"""Code that tells symbols from floats: the way that floats take is compared with the one that is proved."""

import functools
from contextlib import suppress

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict


def cubed(backward):
    return verify.pair(lambda x: x**3, backward, x=verify.real("3", low=0.1, high=10))


def found(case):
    return [finding for finding in verify.check(case).findings if finding.code == "GP127"]


def rarely(tells):
    """Return a backward that is wrong where code is sure to see floats, above 9.9 only."""

    def backward(d, x):
        if tells(x) and np.all(x > 9.9):
            return d * 3.1 * x**2
        return d * 3 * x**2

    return backward


def by_exception(x):
    try:
        return not x.claimed
    except AttributeError:
        return True


def by_suppression(x):
    with suppress(AttributeError):
        return not x.claimed
    return True


def by_match(x):
    match x:
        case np.ndarray() if type(x) is np.ndarray:
            return True
    return False


@functools.singledispatch
def kind(x):
    return type(x)


TELLING = [
    lambda x: type(x) is np.ndarray,
    lambda x: type(x).__name__ == "ndarray",
    lambda x: x.__class__ is np.ndarray,
    lambda x: type(x[0]) is np.float64,
    lambda x: type(x.tolist()[0]) is float,
    lambda x: not hasattr(x, "claimed"),
    lambda x: getattr(x, "claimed", None) is None,
    lambda x: not hasattr(x, "__dict__"),
    lambda x: len(type(x).__mro__) == 2,
    lambda x: type(x).__module__ == "numpy",
    lambda x: type(np.exp(x)) is np.ndarray,
    lambda x: x.__array_priority__ == 0,
    lambda x: x.flags.owndata,
    lambda x: kind(x) is np.ndarray,
    by_exception,
    by_suppression,
    by_match,
]


@pytest.mark.parametrize("tells", some(TELLING, 8))
def test_another_way_on_floats_is_a_hazard(tells):
    """What is asked of symbols and answered otherwise of floats leads to a path that nothing is known of."""
    (finding,) = found(cubed(rarely(tells)))
    assert not finding.fails
    assert finding.where.file.endswith("test_paths.py")


def by_index(d, x):
    limit = [np.inf, 9.9][type(x) is np.ndarray]
    return d * x**2 * np.where(x > limit, 3.1, 3.0)


def by_table(d, x):
    limit = {np.ndarray: 9.9}.get(type(x), np.inf)
    return d * x**2 * np.where(x > limit, 3.1, 3.0)


def by_flag(d, x):
    is_plain = type(x) is np.ndarray
    return d * x**2 * np.where((x > 9.9) & is_plain, 3.1, 3.0)


@pytest.mark.parametrize("backward", [by_index, by_table, by_flag])
def test_another_number_on_floats_is_found_without_a_branch(backward):
    """A limit or a flag that floats and symbols get different ones of."""
    result = verify.check(cubed(backward))
    assert result.findings or any(row.verdict is not Verdict.PROVED for row in result.comparisons)
    assert [f for f in result.findings if f.code == "GP127"] or not result.good


class Careful:
    """Asks what everyday code asks, whose answers are those of floats."""

    def forward(self, x):
        if not isinstance(x, np.ndarray):
            x = np.asarray(x, dtype=float)
        if hasattr(self, "x") and type(self).__name__ == "Other":
            self.x = None
        try:
            rows = x.shape[1]
        except IndexError:
            rows = 1
        if x.dtype.kind != "f" or getattr(self, "scale", None) is not None:
            raise TypeError(type(x).__name__)
        if isinstance(x[0], float) and np.issubdtype(x.dtype, np.floating):
            self.x = x.copy()
        return x**3 * rows

    def backward(self, d):
        grad = getattr(self, "slope", None)
        grad = 3 * self.x**2 if grad is None else grad
        return d * grad


def test_everyday_questions_are_no_hazard():
    """Right code may ask for classes and attributes."""
    assert found(verify.layer(Careful, inputs={"x": "3"})) == []

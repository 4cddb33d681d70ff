"""What `np.ndarray` is while a trace is running: a class, for whatever code does with a class."""

import functools

import numpy as np
import pytest

import verify
from verify import Verdict


def viewed(x, t):
    return t.view(np.ndarray)


def derived(x, t):
    class Own(np.ndarray):
        def twice(self):
            return 2 * super().sum()

    assert np.arange(3).view(Own).twice() == 6
    assert issubclass(Own, np.ndarray)
    return t


def matched(x, t):
    match x:
        case np.ndarray():
            return t
    raise AssertionError


def dispatched(x, t):
    @functools.singledispatch
    def pick(value):
        raise AssertionError

    pick.register(np.ndarray)(lambda value: value)
    return pick(t)


def annotated(x, t):
    def same(value: np.ndarray | None) -> np.ndarray:
        return value

    return same(t)


def compared(x, t):
    assert type(t) == np.ndarray  # noqa: E721 - what code does
    assert isinstance(x, np.ndarray)
    return t


USES = (viewed, derived, matched, dispatched, annotated, compared)


@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
def test_uses_of_the_class(use, factor):
    """Code that uses the class of arrays is followed: what is right is proved, and a wrong factor refuted."""

    @verify.case(x="N D", t=verify.integer("N", below="D"))
    def subject(x, t):
        labels = use(x, t)
        squares = np.ndarray(x.shape, dtype=float)
        squares[...] = x * x
        dout = yield np.ndarray.sum(squares[np.arange(len(labels)), labels])
        dx = np.zeros_like(x)
        dx[np.arange(len(labels)), labels] = factor * x[np.arange(len(labels)), labels] * dout
        return dx

    verdicts = {row.verdict for row in verify.check(subject, quick=True).comparisons}
    assert verdicts == {Verdict.PROVED if factor == 2 else Verdict.REFUTED}

"""What backward is passed by the names of its arguments: they are read from its code, or from its signature."""

import functools
import inspect

import pytest

from verify.cases.passing import _needed


class Layer:
    """Methods of many forms."""

    def plain(self, dout, x):
        pass

    def with_default(self, dout, x=None, *more, key, other=1, **options):
        pass

    def all_by_default(self=None, dout=None):
        pass

    def only_several(*args):
        pass

    def by_position(self, dout, /, x, *, y):
        pass

    @classmethod
    def of_class(cls, dout, x):
        pass

    @staticmethod
    def static(dout, x):
        pass

    @functools.cache  # noqa: B019 - which is no function of Python's
    def cached(self, dout):
        pass

    @functools.wraps(plain)
    def wrapped(self, *args):
        return self.plain(*args)

    partial = functools.partialmethod(by_position, 1)


def other_signature(*args):
    """Take what its signature says."""


other_signature.__signature__ = inspect.signature(lambda dout, x: None)


def by_signature(function):
    """Return the arguments by position that have no default, as `inspect` knows them."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return [item.name for item in parameters if item.kind in kinds and item.default is item.empty]


METHODS = [name for name in vars(Layer) if not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("owner", [Layer, Layer()], ids=["class", "object"])
def test_arguments_are_those_of_the_signature(owner, name):
    """A method, bound or not, a class method, a static one, what wraps another: all are as `inspect` reads them."""
    function = getattr(owner, name)
    assert list(_needed(function)) == by_signature(function)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (other_signature, ["dout", "x"]),
        (functools.partial(Layer.plain, 1), ["dout", "x"]),
        (lambda dout, x, y=1: None, ["dout", "x"]),
        (Layer().plain, ["dout", "x"]),
        (Layer.plain, ["self", "dout", "x"]),
        (min, []),
    ],
)
def test_a_signature_that_is_stated_counts(function, expected):
    """Code alone says nothing of what wraps or binds a function, or gives it another signature."""
    assert list(_needed(function)) == expected

"""The whole numbers that code names are found without running it."""

import math
from functools import partial, wraps

from verify.cases.numbers import functions, numbers

WINDOW = 7
SHAPES = {"a": (11, 13)}


class Base:
    inherited = 17

    @staticmethod
    def static(n):
        return n // 19


class Layer(Base):
    def __init__(self, block=23, *, other=29):
        self.block, self.other = block, other

    def forward(self, x):
        def inner(n):
            return n > 31

        return x[: -(-len(x) // WINDOW)] if inner(len(x)) else helper(x)

    @property
    def width(self):
        return 37


def helper(x):
    return x[: SHAPES["a"][0]]


def test_what_a_class_names():
    """Constants, variables of the module, defaults, inherited attributes, functions in functions, and called ones."""
    assert set(numbers(Layer)) >= {7, 11, 13, 17, 19, 23, 29, 31, 37}


def test_what_an_object_names():
    """Its attributes are asked for nothing, and seen all the same."""

    class Rude(Layer):
        def __getattr__(self, name):
            raise AssertionError(name)

    layer = Rude(block=41)
    assert 41 in numbers(lambda: layer.block)
    assert {43, 7} <= set(numbers(partial(Layer, 43)))
    assert 47 in numbers(Layer(block=47).forward)


def test_what_is_not_the_users():
    """Nothing is looked for in libraries, and nothing below 1."""
    assert numbers(len) == numbers(None) == numbers(-5, True, 2.5) == []


def test_a_wrapped_function_of_another_kind_is_no_code_of_the_users():
    """What wraps a builtin or an object is looked through: a builtin has no code, an object may lead to a function."""

    def tripled(x):
        return 3 * x

    def wrapping(original):
        return wraps(original)(lambda x: original(x))

    assert functions(wrapping(math.sin)) == []
    assert functions(wrapping(partial(tripled))) == [tripled]
    assert functions(wrapping(tripled)) == [tripled]

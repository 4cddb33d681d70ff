"""Arrays that lie otherwise in memory: the same numbers give the same results, or a finding."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided
from test_contracts import codes, findings

import verify


class Square:
    """A layer that reads its arrays by a method, which the layers below change."""

    def read(self, array):
        return np.asarray(array)

    def forward(self, x):
        self.x = np.array(x)
        return x * x

    def backward(self, dout):
        return 2 * self.x * self.read(dout)


class Contiguous(Square):
    def read(self, array):
        return np.ascontiguousarray(array).ravel(order="K").reshape(array.shape)


class InMemoryOrder(Square):
    def read(self, array):
        return array.ravel(order="K").reshape(array.shape)


class AnyOrder(Square):
    def read(self, array):
        return array.ravel(order="A").reshape(array.shape)


class InputInMemoryOrder(Square):
    def forward(self, x):
        self.x = x.ravel(order="K").reshape(x.shape).copy()
        return x * x


class OutputInMemoryOrder(Square):
    def forward(self, x):
        self.x = np.array(x)
        return np.square(x.ravel(order="K").reshape(x.shape))


class Refusing(Square):
    def read(self, array):
        if isinstance(array, np.ndarray) and array.dtype != object and not array.flags.c_contiguous:
            raise ValueError("contiguous arrays only")
        return np.asarray(array)


class Writing(Square):
    """Writes into its upstream, and puts back what was there: nobody sees that but who sent a read-only one."""

    def read(self, array):
        array *= 2
        result = array / 2
        array /= 2
        return result


class InputOrder:
    """A gradient with respect to a scale, of numbers that cancel in any order but to rounding."""

    def forward(self, x):
        self.shape = x.shape
        return x - x.mean()

    def backward(self, dout):
        return dout - dout.mean()


def of(make, shape="3 4"):
    return verify.layer(make, inputs={"x": shape})


def strided(make):
    """Return a layer that takes an array for contiguous, whatever its strides are, once it is one of floats."""

    class Strided(make):
        def read(self, array):
            if array.dtype == object:
                return array
            strides = np.empty(array.shape).strides
            return as_strided(array, array.shape, strides)

    return Strided


@pytest.mark.parametrize("shape", ["3 4", "4 4", "2 3 2", "2 2"])
@pytest.mark.parametrize("make", [InMemoryOrder, AnyOrder, InputInMemoryOrder, OutputInMemoryOrder])
def test_the_order_of_memory_is_not_that_of_an_array(make, shape):
    """What reads an input, or dout, in the order of memory is found."""
    assert codes(of(make, shape)) == {"GP122"}


@pytest.mark.parametrize("shape", ["N", "3 4", "2 2 2"])
def test_strides_belong_to_an_array(shape):
    """What counts on the strides of a contiguous array is found in one dimension as well."""
    assert "GP122" in codes(of(strided(Square), shape))


@pytest.mark.parametrize("make", [Square, Contiguous, InputOrder])
@pytest.mark.parametrize("shape", ["", "1", "N", "3 4", "2 3 2"])
def test_any_layout_suits_a_right_layer(make, shape):
    """A layer that reads entries by their places has no finding, and rounding in another order is none."""
    if not shape and make is not Square:
        return
    assert codes(of(make, shape)) == set()


def test_the_array_to_blame_is_named():
    """The finding names the array whose layout matters, and what it changes."""
    (found,) = findings(of(InMemoryOrder))
    assert (found.name, found.fails) == ("dout", True)
    assert found.detail.startswith("with dout in Fortran order, the gradient of x differs")
    (found,) = findings(of(InputInMemoryOrder))
    assert found.name == "x"


def test_an_error_is_a_hazard():
    """A layer that refuses what is not contiguous, or writes into what is read-only, says so itself."""
    (found,) = findings(of(Refusing))
    assert (found.code, found.fails) == ("GP123", False)
    assert "contiguous arrays only" in found.detail
    (found,) = findings(of(Writing))
    assert (found.code, found.name) == ("GP123", "dout")
    assert "read-only" in found.detail


def test_what_cancels_differs_by_rounding_only():
    """A gradient of which no digit is left is another one in another order, and right in both."""

    class Cancelling:
        def forward(self, s, v):
            self.v = np.array(v)
            return 0 * s.sum() + v.sum()

        def backward(self, dout):
            zero = self.v.sum() - self.v.sum(axis=0).sum()
            return np.ones(3) * dout * zero, np.ones(self.v.shape) * dout

    case = verify.layer(Cancelling, inputs={"s": "3", "v": "7 9"})
    assert "GP122" not in codes(case)


class InPlace:
    """Works in place on what lies in Fortran order already: on a copy of all else."""

    factor, made = 2.0, staticmethod(np.asfortranarray)

    def forward(self, x):
        y = self.made(x)
        y *= self.factor
        return y * 1.0

    def backward(self, dout):
        return dout * self.factor


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({}, {"GP102"}),
        ({"made": staticmethod(lambda a: np.require(a, requirements="F"))}, {"GP102"}),
        ({"made": staticmethod(lambda a: np.array(a, order="F"))}, set()),
    ],
)
def test_an_array_that_is_written_to_in_one_layout_is_found(attributes, code):
    """What is a copy of an array in C order is the caller's array in Fortran order."""
    layer = type("Layer", (InPlace,), attributes)
    assert codes(verify.layer(layer, inputs={"x": "3 4"})) == code


def test_an_upstream_that_is_written_to_in_one_layout_is_found():
    """The same in backward, whose argument is the upstream."""
    copied = staticmethod(lambda a: np.array(a, order="F"))

    class Upstream(InPlace):
        def forward(self, x):
            return x * self.factor

        def backward(self, dout):
            g = self.made(dout)
            g *= self.factor
            return g

    assert codes(verify.layer(Upstream, inputs={"x": "3 4"})) == {"GP101"}
    assert codes(verify.layer(type("Layer", (Upstream,), {"made": copied}), inputs={"x": "3 4"})) == set()


def test_an_input_that_is_called_as_the_upstream():
    """An input called `dout` is laid out and watched like any other, and so is the upstream beside it."""

    def reading(array, order):
        return array.ravel(order=order).reshape(array.shape)

    def made(order, *, writes=False):
        @verify.case(dout="3 4")
        def case(dout):
            upstream = yield dout * reading(dout, order)
            gradient = 2 * dout * upstream
            if writes:
                dout *= 0
            return gradient

        return case

    assert codes(made("C")) == set()
    assert {(f.code, f.name) for f in findings(made("K"))} == {("GP122", "dout")}
    assert {(f.code, f.name) for f in findings(made("C", writes=True))} == {("GP102", "dout")}

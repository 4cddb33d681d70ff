"""What findings say is true: whose array it is, which mistake it is, and whether a check was made at all."""

import numpy as np
import pytest
from effort import some
from test_contracts import Affine, BookRelu, codes, findings

import verify
from verify.model.findings import Subject, judged


class Adding:
    """Adds its gradient to a buffer of the caller's."""

    def forward(self, x):
        self.slope = 2 * x
        return x * x

    def backward(self, dout, gradient):
        gradient += self.slope * dout
        return gradient


class Attributes(Adding):
    """Takes its upstream as an attribute, and its argument for the output."""

    def backward(self, gradient):
        gradient[:] += self.slope * self.delta


class Out:
    def forward(self, x, out):
        out[...] = x * x
        self.slope = 2 * x
        return out

    def backward(self, dout):
        return dout * self.slope


class IntoUpstream(Adding):
    def backward(self, dout):
        dout *= self.slope
        return dout.copy()


@verify.case(x="N")
def a_buffer_for_the_gradient(x):
    layer = Attributes()
    dout = yield layer.forward(x)
    layer.delta, gradient = dout, np.zeros_like(x)
    layer.backward(gradient)
    return gradient


@verify.case(x="N")
def buffers_of_two_layers(x):
    first, last = Adding(), Adding()
    dout = yield last.forward(first.forward(x))
    return first.backward(last.backward(dout, np.zeros_like(dout)), np.zeros_like(x))


@verify.case(x="N")
def one_buffer_for_two_branches(x):
    left, right = Adding(), Adding()
    dout = yield left.forward(x) + right.forward(x)
    return right.backward(dout, left.backward(dout, np.zeros_like(x)))


@verify.case(x="N")
def a_buffer_for_the_output(x):
    layer = Out()
    dout = yield layer.forward(x, np.empty_like(x))
    return layer.backward(dout)


@verify.case(x="N")
def the_upstream_itself(x):
    layer = IntoUpstream()
    dout = yield layer.forward(x)
    return layer.backward(dout)


@verify.case(x="N")
def a_view_of_the_upstream(x):
    layer = IntoUpstream()
    dout = yield layer.forward(x)
    return layer.backward(dout[:])


@verify.case(x="N D", W="D M", b="M")
def what_another_layer_returned(x, W, b):
    relu, affine = BookRelu(), Affine(W, b)
    dout = yield affine.forward(relu.forward(x))
    dx = affine.backward(dout)
    return relu.backward(dx), affine.dW, affine.db


@pytest.mark.parametrize(
    "case",
    [a_buffer_for_the_gradient, buffers_of_two_layers, one_buffer_for_two_branches, a_buffer_for_the_output],
    ids=lambda case: case.name,
)
def test_a_buffer_of_the_callers_may_be_written_to(case):
    """An array that the subject has made to be written to is no argument of which the caller needs the numbers."""
    assert codes(case) <= {"GP106"}


@pytest.mark.parametrize(
    "case", [the_upstream_itself, a_view_of_the_upstream, what_another_layer_returned], ids=lambda case: case.name
)
def test_numbers_of_others_may_not(case):
    """Neither may dout be written to, nor a view of it, nor what another layer has returned."""
    assert "GP101" in codes(case)


def differences(backward):
    return verify.pair(lambda x, y: x - y, backward, x="N", y="N")


@pytest.mark.parametrize(
    ("case", "swapped"),
    some(
        [
            (differences(lambda dout, x, y: (-dout, dout.copy())), False),
            (verify.pair(lambda x, y: 2 * x - 6 * y, lambda d, x, y: (-6 * d, 2 * d), x="N", y="N"), False),
            (verify.pair(lambda x, y: x * y, lambda d, x, y: (d * x, d * y), x="N", y="N"), True),
            (verify.pair(lambda x, y: x * y, lambda d, x, y: (d * x, d * y), x="", y=""), True),
            (verify.pair(lambda x, y: x * y - y, lambda d, x, y: (d * (x - 1), d * y), x="2 3", y="2 3"), True),
        ],
        6,
    ),
)
def test_one_mistake_has_one_name(case, swapped):
    """Gradients that are multiples of each other are of the wrong sign or factor, and not swapped."""
    assert ("GP114" in codes(case)) == swapped


class NothingForZeros:
    """Returns None for an upstream of zeros, of which it does not know that it is one of ours."""

    def forward(self, x):
        self.x = np.array(x)
        return x * x

    def backward(self, dout):
        return 2 * self.x * dout if dout.any() else None


class NothingForPositive(NothingForZeros):
    def backward(self, dout):
        return 2 * self.x * dout if dout[0] <= 0.5 else None


def test_no_gradient_for_an_upstream_of_zeros_is_right():
    """The gradient of such an upstream is 0: None says nothing wrong."""
    assert verify.check(verify.layer(NothingForZeros, inputs={"x": "N"})).good


def test_no_gradient_for_another_upstream_is_an_error():
    """Where None comes for an upstream that is not 0, the error says that it was another upstream."""
    result = verify.check(verify.layer(NothingForPositive, inputs={"x": "3"}))
    assert not result.good
    assert any("nothing was returned" in row.evidence.detail for row in result.comparisons)


def test_an_input_without_a_gradient_fails():
    """None for an input that the case lists fails, unless it is described as a constant, or the output ignores it."""

    def back(dout, x, w):
        return dout * w, None

    case = verify.pair(lambda x, w: x * w, back, x="N", w="N")
    (found,) = [one for one in findings(case) if one.code == "GP124"]
    assert (found.name, found.fails) == ("w", True)
    for without in (verify.constant(np.ones(3)), verify.fixed("3")):
        assert "GP124" not in codes(verify.pair(lambda x, w: x * w, back, x="3", w=without))
    assert "GP124" not in codes(
        verify.pair(lambda x, w: x * (1 + w - w), lambda dout, x, w: (dout, None), x="3", w="3")
    )


def test_infinity_does_not_ignore_its_upstream():
    """A gradient that is infinite for any upstream says nothing of how it depends on it."""

    def back(dout, x):
        with np.errstate(all="ignore"):
            return dout * np.exp(1000 * np.abs(x) + 1e9)

    wrong = verify.pair(lambda x: x * x, back, x="N")
    assert not codes(wrong) & {"GP107", "GP108"}
    assert "GP108" in codes(verify.pair(lambda x: x * x, lambda dout, x: 2 * x, x="N", name="ignores"))


class Awkward(Adding):
    """Cannot be copied."""

    def backward(self, dout):
        return self.slope * dout

    def __deepcopy__(self, memo):
        raise TypeError("no")


def test_an_allowance_of_what_was_not_checked_is_not_stale():
    """Only a check that was made tells that an allowance is of no use."""
    allow = {"GP110": "recurrent", "GP202": "small inputs only"}
    unchecked = verify.check(verify.layer(Awkward, inputs={"x": "N"}, allow=allow))
    assert {one.name for one in unchecked.findings if one.code == "GP001"} == {"GP202"}
    checked = verify.check(verify.layer(NothingForZeros, inputs={"x": "N"}, allow=allow))
    assert {one.name for one in checked.findings if one.code == "GP001"} == {"GP110", "GP202"}
    wrong = verify.check(verify.pair(lambda x: x * x, lambda d, x: d * x, x="N", allow=allow))
    assert {one.name for one in wrong.findings if one.code == "GP001"} == {"GP110"}


def test_allowances_of_what_was_not_checked_are_not_stale():
    """`judged` says nothing of the allowances whose codes are of an unchecked subject; it does of those that were added."""
    assert {one.name for one in judged([], {"GP110": "why", "GP202": "why"}, "x.py:1", [Subject.CONTRACT])} == {"GP202"}


class Choosing:
    def __init__(self, power):
        self.power = power

    def forward(self, x):
        if self.power < 6 or getattr(self, "slope", None) is None:
            self.slope = self.power * x ** (self.power - 1)
        return x**self.power

    def backward(self, dout):
        return dout * self.slope


@pytest.mark.parametrize("powers", [[2, 3, 4, 5, 6], [6, 2]])
def test_each_value_of_each_option_is_tried(powers):
    """A fault for one value of one option is found, wherever that stands in the list."""
    case = verify.layer(Choosing, inputs={"x": "2"}, options={"power": powers})
    assert codes(case) == {"GP110"}


def test_choices_beyond_the_budget_are_a_hazard():
    """Where an option has more values than are tried, that is reported."""
    case = verify.layer(Choosing, inputs={"x": "2"}, options={"power": [*range(2, 6), 2.0, 3.0, 4.0, 5.0, 1, 1.0]})
    (found,) = findings(case)
    assert found.code == "GP126"
    assert "8 of 10 choices of options" in found.detail

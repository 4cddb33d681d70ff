"""Cases in tests that need no plugin."""

import warnings

import pytest

import verify
from verify.model.errors import InputError


def squaring(slope):
    @verify.case("y = x * x", at={"x": 3}, name=f"slope {slope}")
    def square(x):
        warnings.warn("a warning", UserWarning, stacklevel=1)
        dy = yield x * x
        return slope * x * dy

    return square


def test_assert_gradients():
    """A right case gives its result, a wrong one raises with the report; warnings are shown and not raised."""
    with pytest.warns(UserWarning, match="a warning"):
        assert verify.assert_gradients(squaring(2)).good
    with pytest.warns(UserWarning, match="a warning"), pytest.raises(AssertionError) as caught:
        verify.assert_gradients(squaring(3))
    said = str(caught.value)
    assert said.startswith("slope 3: 1 gradient refuted\n\nslope 3    y = x**2 = 9\n")
    assert "backprop  3*x*dy = 9" in said
    assert "run this case alone" not in said  # the test itself does
    with pytest.raises(InputError, match="expected a case"):
        verify.assert_gradients(squaring)


def test_where_warnings_are_errors():
    """The filters hold again afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "a warning")
        assert verify.assert_gradients(squaring(2)).good
        with pytest.raises(UserWarning, match="another"):
            warnings.warn("another", UserWarning, stacklevel=1)


def test_strict_and_quick():
    """Hazards fail where asked for, and nothing beside the formula is looked at where it is not."""

    class Keeps:
        def forward(self, x):
            self.x = x
            return x * x

        def backward(self, dout):
            return 2 * self.x * dout

    case = verify.layer(Keeps, inputs={"x": "N"})
    assert verify.assert_gradients(case).findings
    with pytest.raises(AssertionError, match="fault"):
        verify.assert_gradients(case, strict=True)
    assert not verify.assert_gradients(case, quick=True, strict=True).findings


@pytest.mark.filterwarnings("ignore:a warning")
def test_results_are_true_or_false_and_readable():
    """`assert verify.check(case)` fails for a wrong case, and what pytest shows of the result says why."""
    right, wrong = verify.check(squaring(2)), verify.check(squaring(3))
    assert right
    assert not wrong
    assert repr(right).startswith("<slope 2: 1 case, 1 gradient: all proved")
    assert repr(wrong) == (
        "<slope 3: FAILED: 1 gradient refuted (1 case, 1 gradient: 0 proved);"
        " to see it: gradproof run tests/test_assertions.py --case 'slope 3'>"
    )

"""Inputs that may be any real numbers and that no gradient is claimed for: the targets of losses."""

import numpy as np
import pytest
from effort import slow

import verify
from verify.model.errors import InputError
from verify.model.result import Verdict


class MeanSquares:
    """A loss of predictions and real targets, which gives the gradient by the predictions alone."""

    factor = 2

    def forward(self, predicted, target):
        self.apart = predicted - target
        return np.mean(self.apart**2)

    def backward(self):
        return self.factor * self.apart / self.apart.size


class Doubled(MeanSquares):
    factor = 4


class Absolute(MeanSquares):
    """A loss with a kink where a prediction is the target."""

    def forward(self, predicted, target):
        self.apart = predicted - target
        return np.abs(self.apart).sum()

    def backward(self):
        return np.where(self.apart > 0, 1.0, -1.0)


class WrongAboveTwo(MeanSquares):
    """A loss whose gradient is wrong for large targets."""

    def forward(self, predicted, target):
        self.target = target
        return super().forward(predicted, target)

    def backward(self):
        return np.where(self.target > 2, 3.0, 1.0) * super().backward()


def rows(make, target, **more):
    case = verify.layer(make, inputs={"predicted": "N D", "target": target}, **more)
    return verify.check(case)


@pytest.mark.parametrize("make", [MeanSquares, Absolute])
def test_right(make):
    """The gradient by the predictions is proved for all targets, without a word on the gradient of targets."""
    result = rows(make, verify.fixed("N D"))
    assert {row.name: row.verdict for row in result.comparisons if row.quantity == "gradient"} == {
        "predicted": Verdict.PROVED
    }
    assert not result.unclaimed
    assert "GP124" not in {finding.code for finding in result.findings}
    assert result.passes


@pytest.mark.parametrize("make", [Doubled, WrongAboveTwo])
def test_wrong(make):
    """A wrong gradient is refuted, be it for some targets only."""
    comparisons = rows(make, verify.fixed("N D")).comparisons
    assert {row.name for row in comparisons if row.verdict is Verdict.REFUTED} == {"predicted"}


@slow
@pytest.mark.parametrize(("make", "verdict"), [(MeanSquares, Verdict.PROVED), (Doubled, Verdict.REFUTED)])
def test_quick_and_large(make, verdict):
    """Large arrays are decided for fixed inputs as well, without expanding their entries."""
    case = verify.layer(make, inputs={"predicted": "N D", "target": verify.fixed("N D")}, sizes={"N": 16, "D": 32})
    (row,) = (row for row in verify.check(case, quick=True).comparisons if row.quantity == "gradient")
    assert (row.name, row.verdict) == ("predicted", verdict)


def test_domain():
    """What is wrong for targets outside of their domain only is proved within it."""
    result = rows(WrongAboveTwo, verify.fixed("N D", low=0, high=1))
    assert result.passes
    assert str(result.signature[1]) == "target: N D > 0, < 1 not differentiated"


def test_closed_domain():
    """A bound may belong to the domain of a fixed input, and what is wrong at the bound only is not hidden by it."""
    assert rows(WrongAboveTwo, verify.fixed("N D", low=0, high=2, closed=True)).passes


def test_a_real_input_is_claimed():
    """The same input declared as real is asked for its gradient."""
    row, *_ = rows(MeanSquares, "N D").comparisons
    assert row.verdict is Verdict.ERROR
    assert "real targets by gradproof.fixed('N C')" in row.evidence.detail


def test_gradient_of_a_fixed_input():
    """A gradient that is returned for a fixed input by name is refused by that name."""

    @verify.case(x="N", t=verify.fixed("N"))
    def product(x, t):
        dout = yield x * t
        return {"x": dout * t, "t": dout * x}

    row, *_ = verify.check(product).comparisons
    assert row.verdict is Verdict.ERROR
    assert "'t'" in row.evidence.detail


def test_nothing_to_differentiate():
    """A case of fixed inputs alone has nothing to differentiate."""
    with pytest.raises(InputError, match="no input to differentiate"):
        verify.case(t=verify.fixed("N"))(lambda t: iter([t]))


@pytest.mark.parametrize(("bounds", "message"), [({"low": 1, "high": 0}, "is above"), ({"closed": True}, "closed=")])
def test_bounds_that_are_none(bounds, message):
    """Bounds of a fixed input are checked as those of a real one."""
    with pytest.raises(InputError, match=message):
        verify.case(x="N", t=verify.fixed("N", **bounds))(lambda x, t: iter([x]))

"""The kinds of Functions that people write: right ones are proved or agree for a reason, each wrong twin is found.

`make test-torch` runs this file, which needs PyTorch.
"""

import pytest
import torch_kinds
import torch_kinds_moving

import verify
from verify import Verdict

RIGHT = torch_kinds.RIGHT | torch_kinds_moving.RIGHT
WRONG = torch_kinds.WRONG | torch_kinds_moving.WRONG
# What the formula at the samples does not show: other regions, a second call, and floats.
BESIDE = {
    "HardSwishNoTop": "the exact values at one exact point differ",
    "MaxPoolAll": "the gradient of x[0,0], x[0,1] is [1, 1]",
    "ProductDivided": "backward divides by",
    "HalfInsideCast": "a cast to float16",
    "BrainInsideCast": "a cast to bfloat16",
    "UpstreamWritten": "computing the gradients changes dout",
}
CONSTANTS = {"gelu erf"}  # whose two sides compute a constant in different ways


@pytest.mark.parametrize("name", RIGHT)
def test_right_functions_are_proved(name):
    """Every gradient in every way of calling it; or they agree, for constants within their rounding."""
    rows = verify.check(RIGHT[name], quick=True).comparisons
    assert {row.verdict for row in rows} == {Verdict.AGREES if name in CONSTANTS else Verdict.PROVED}
    assert all("for constants within their rounding" in row.evidence.detail for row in rows if name in CONSTANTS)


@pytest.mark.parametrize("name", [*({*WRONG} - {*BESIDE})])
def test_wrong_functions_are_refuted(name):
    """By at least one way of calling it; no row is undecided."""
    verdicts = {row.verdict for row in verify.check(WRONG[name], quick=True).comparisons}
    assert Verdict.REFUTED in verdicts
    assert Verdict.UNDECIDED not in verdicts


@pytest.mark.parametrize("name", BESIDE)
def test_what_the_formula_at_the_samples_does_not_show(name):
    """All of it fails, and says what is wrong."""
    result = verify.check(WRONG[name])
    assert not result.good
    said = [row.evidence.detail for row in result.comparisons if not row.good]
    said += [finding.detail for finding in result.findings if finding.fails and not finding.allowed]
    assert any(BESIDE[name] in detail for detail in said)

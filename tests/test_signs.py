"""Signs of the upstream: a hazard where code compares entries and not all combinations were tried, a note elsewhere."""

import numpy as np
import pytest

import verify
from verify import Verdict


def by_sign(d, x):
    wanted = np.array([1, -1, 1, 1, -1, -1, 1, -1])
    if np.all(np.sign(d) == wanted):
        return 3.1 * d * x**2
    return 3 * d * x**2


def by_comparisons(d, x):
    signs = [d[i] > 0 for i in range(8)]
    return d * x**2 * (3.1 if signs == [True, False, True, True, False, False, True, False] else 3)


def measuring(d, x):
    measuring.size = np.abs(d).mean()
    return 3 * d * x**2


def guarded(d, x):
    return 3 * d * x**2 if np.any(d) else np.zeros_like(x)


def found(backward, shape="8"):
    result = verify.check(verify.pair(lambda x: x**3, backward, x=shape))
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    return [finding.code for finding in result.findings]


@pytest.mark.parametrize("backward", [by_sign, by_comparisons])
def test_signs_that_were_not_tried_are_a_hazard(backward):
    """Wrong for one combination of eight entries: no run may have it, and strict gates fail."""
    assert "GP002" in found(backward)


@pytest.mark.parametrize("backward", [measuring, guarded, lambda d, x: 3 * d * x**2])
def test_a_measured_upstream_is_no_hazard(backward):
    """Code that sees signs in sizes only, or asks whether anything came, is right everyday code."""
    assert found(backward) == []

"""The region of a claim: its branches, its points, and what pins it."""

from fractions import Fraction

import numpy as np
import pytest

import verify
from verify.tracing.observe import observe, variants
from verify.tracing.region import Region, branches, one_sided, pinned
from verify.tracing.symbols.trace import Trace


def seen_of(case):
    return observe(case, variants(case)[0], 0)


@verify.case(x="N D")
def relu(x):
    mask = x > 0
    dout = yield x * mask
    return dout * mask


@verify.case(x=verify.real("N", low=0, high=1))
def bounded(x):
    dout = yield np.log(x) if x[0] < 2 else x
    return dout / x


@verify.case(x="N")
def absolute(x):
    dout = yield x
    return np.abs(dout)


@verify.case(x="N")
def straight(x):
    dout = yield x * 3
    return dout * 3


def sided(runs):
    return one_sided([(seen.trace, seen.conditions, seen.upstream_nodes) for seen in runs])


def test_branches_are_told_by_their_place():
    """Twelve decisions of one line are one branch, with the first of them as a formula."""
    (branch,) = branches(seen_of(relu).trace, seen_of(relu).conditions, "N=3, D=4")
    assert str(branch.where).startswith("tests/test_region.py:")
    assert branch.condition in ("x[0,0] > 0", "x[0,0] <= 0")
    assert (branch.count, str(branch.variant)) == (12, "N=3, D=4")
    assert not branches(seen_of(straight).trace, seen_of(straight).conditions)


def test_points_of_the_region_take_the_same_branches():
    """Every point that is offered decides as the sample does; one beyond does not hold."""
    seen = seen_of(relu)
    region = Region.of(relu, seen)
    points = list(region.points(0))
    assert len(points) > 5
    assert all(region.holds(point) for point in points)
    flipped = {name: -value for name, value in seen.trace.sample.items()}
    assert not region.holds(flipped)


def test_points_stay_in_the_domain():
    """Bounds of inputs bound the region."""
    seen = seen_of(bounded)
    region = Region.of(bounded, seen)
    assert all(0 < point[f"x[{i}]"] < 1 for point in region.points(0) for i in range(3))
    assert not region.holds({**seen.trace.sample, "x[0]": seen.trace.sample["x[0]"] + 1})


def test_a_branch_on_the_upstream_is_one_sided_until_the_other_side_ran():
    """abs(dout) is traced once as it is and once with the opposite upstream; then both sides are known."""
    one = seen_of(absolute)
    other = observe(absolute, variants(absolute)[0], 0, lambda value: -value)
    assert str(sided([one])).startswith("tests/test_region.py:")
    assert not sided([one, other])
    assert not sided([seen_of(relu)])


@pytest.mark.parametrize(("case", "verdict"), [(absolute, "REFUTED"), (relu, "PROVED"), (straight, "PROVED")])
def test_both_sides_count(case, verdict):
    """abs(dout) is right for a positive upstream, and refuted."""
    assert {c.verdict.name for c in verify.check(case).comparisons} == {verdict}


FAR = 1e6


@verify.case(x="3")
def far_above(x):
    dout = yield x * 3
    return np.where(dout > FAR, dout * 4, dout * 3)


@verify.case(x="3")
def far_above_and_below(x):
    dout = yield x * 3
    return np.where(dout > FAR, dout * 4, np.where(dout < FAR, dout * 3, dout * 3))


def far(number):
    return np.where(number > 100, 1, 0)


def along_two_paths(sign):
    """Call a helper on either side of a branch; on one side of that, a number of far upstreams is wrong."""

    def backward(dout, x):
        if sign * dout[0] > 0:
            return dout * (3 + far(dout[1]))
        return dout * (3 + 0 * far(dout[1]))

    return verify.pair(lambda x: x * 3, backward, x="2")


@verify.case(x="3")
def by_sign(x):
    dout = yield x * 3
    return np.sign(dout) * np.abs(dout) * 3


CASES = [far_above, far_above_and_below, along_two_paths(1), along_two_paths(-1)]


@pytest.mark.parametrize("case", CASES)
def test_the_other_side_of_one_question_is_not_that_of_another(case):
    """Where no upstream leads to the other side of a question nothing is proved, whatever its line asks besides."""
    verdicts = {row.verdict.name for row in verify.check(case).comparisons}
    assert verdicts <= {"UNDECIDED", "REFUTED"}
    assert {row.verdict.name for row in verify.check(by_sign).comparisons} == {"PROVED"}


def test_a_point_is_held_against_the_last_condition():
    """However many conditions a run has, a point has to take all of them as the sample does."""
    trace = Trace()
    x, y = trace.input("x", Fraction(1)), trace.input("y", Fraction(1))
    trace.decide(y, ">")
    first = trace.conditions[y, ">"]
    trace.decide(x, ">")
    region = Region(trace, [first] * 12_000 + [trace.conditions[x, ">"]], [])
    assert region.holds({"x": Fraction(2), "y": Fraction(2)})
    assert not region.holds({"x": Fraction(-2), "y": Fraction(2)})


def test_a_tie_pins():
    """A branch on equality at the sample proves nothing; one on what is 0 everywhere is no branch."""

    @verify.case(x="2")
    def tie(x):
        top = np.maximum(x, x[0] * np.ones(2) + x - x[0])
        dout = yield top
        return dout

    assert not pinned(seen_of(tie).conditions)
    assert {c.verdict.name for c in verify.check(tie).comparisons} == {"PROVED"}

    @verify.case(x="N")
    def on_the_sample(x):
        out = x * 3 if x[0] != np.round(x[0], 3) else x  # samples are thousandths
        dout = yield out
        return dout

    assert str(pinned(seen_of(on_the_sample).conditions)).startswith("tests/test_region.py:")
    quick = verify.check(on_the_sample, quick=True).comparisons
    assert all(row.verdict in (verify.Verdict.UNDECIDED, verify.Verdict.REFUTED) for row in quick)
    assert verify.check(on_the_sample).comparisons[0].verdict is verify.Verdict.REFUTED  # off the tie


@verify.case(x="")
def short(x):
    dout = yield x * x if x < 1 + 2.0**-30 else x
    return 2 * x * dout


def test_a_point_that_rounding_leaves_in_the_region():
    """Beside a threshold single precision takes the other branch: a point farther away is offered, and only then."""
    variant = variants(short)[0]
    near, far = Fraction(1) + Fraction(1, 2**31), Fraction(1, 2)
    for value in (near, far):
        seen = observe(short, variant, 0, at={"x": value})
        region = Region.of(short, seen)
        point = region.clear_point(Region.SHORT_BITS, 0)
        assert (point is None) is (value == far)
        assert point is None or (region.holds(point) and region.is_clear(point, Region.SHORT_BITS))

"""The exact side of a run, and the claims on it."""

from fractions import Fraction

import numpy as np
import pytest

import verify
from verify import Verdict
from verify.checks.claims.claims import Exact, claims, other_sides
from verify.model.result import Evidence
from verify.proof.decision import Decision
from verify.proof.field import Laws
from verify.proof.identities import proved
from verify.tracing.following import SubjectError
from verify.tracing.observe import observe, variants


def exact_of(subject, **inputs):
    """Return a case and the exact side of its first variant."""
    case = verify.case(**inputs)(subject)
    return case, Exact(case, observe(case, variants(case)[0], 0))


def product(x, y):
    dout = yield x * y
    return dout * y, dout * x


def absolute(x):
    dout = yield 2 * x
    return 2 * abs(dout)


def test_each_entry_is_decided():
    """A claim has a decision for each entry of a gradient, and is as bad as the worst of them."""

    def planted(x):
        dout = yield x**2
        dx = 2 * dout * x
        dx[1] = 3 * dout[1] * x[1]
        return dx

    _, exact = exact_of(planted, x="3")
    claim = claims(exact, 0)["x"]
    assert [decision.verdict for decision in claim.decisions] == [Verdict.PROVED, Verdict.REFUTED, Verdict.PROVED]
    assert claim.worst == 1
    assert claim.decision.verdict is Verdict.REFUTED


def test_the_exact_gradient():
    """The derivative with respect to an input is in its order, and each use of it has a term."""
    _, exact = exact_of(product, x="2", y="2")
    graph, seen = exact.seen.trace, exact.seen
    expected = [graph.product(d, y) for d, y in zip(seen.upstreams[0].nodes, seen.inputs["y"].nodes, strict=True)]
    assert exact.gradient("x") == expected
    assert [len(exact.shares[node]) for node in seen.inputs["x"].nodes] == [1, 1]


def test_no_other_side_without_a_branch_on_the_upstream():
    """A run that does not branch on the upstream is not repeated."""
    case, exact = exact_of(product, x="2", y="2")
    others = other_sides(case, exact.seen, 0)
    assert not others.claims
    assert not others.open_branch


def test_the_other_side_of_a_branch_on_the_upstream():
    """The absolute value of an upstream is right on one side; the run is repeated until the other is reached."""
    case, exact = exact_of(absolute, x="")
    first = claims(exact, 0)["x"].decision.verdict
    others = other_sides(case, exact.seen, 0)
    verdicts = {first, *(side["x"].decision.verdict for side in others.claims if "x" in side)}
    assert verdicts == {Verdict.PROVED, Verdict.REFUTED}
    assert not others.open_branch


def test_an_output_outside_of_its_domain():
    """A logarithm of what is negative at the sample is told, with what to do."""

    def planted(x):
        dout = yield (x - 1000) ** Fraction(1, 2)
        return dout * Fraction(1, 2) * (x - 1000) ** Fraction(-1, 2)

    with pytest.raises(SubjectError, match="low=1000"):  # positive inputs would not do
        exact_of(planted, x="")


def test_what_is_proved_without_roots_is_kept_for_other_regions():
    """A proof with free elements is kept for the runs on the same graph; one that rests on roots holds in its region."""
    _, exact = exact_of(gelu_like, x="2")
    assert {decision.verdict for claim in claims(exact, 0).values() for decision in claim.decisions} == {Verdict.PROVED}
    assert exact.seen.trace.memory("proofs")
    assert proved("", 100, Laws.EXPONENTIAL).everywhere
    assert not proved("", 100, Laws.ROOTS).everywhere


def gelu_like(x):
    s = 1 / (1 + np.exp(-x))
    dout = yield x * s
    return dout * (s + x * s * (1 - s))


def test_a_proof_that_is_kept_has_to_agree_at_the_sample():
    """A decision from another region counts only where both sides agree at a point of this one."""

    def planted(x):
        dout = yield x**3
        return 3 * dout * x * abs(x)

    _, exact = exact_of(planted, x="1")
    ours, theirs = exact.gradient("x")[0], exact.seen.gradients["x"].nodes[0]
    exact.seen.trace.memory("proofs")[ours, theirs] = Decision(Verdict.PROVED, Evidence("field", ""), laws=Laws.NONE)
    sample = exact.seen.trace.sample["x[0]"]
    expected = Verdict.PROVED if sample > 0 else Verdict.REFUTED
    assert claims(exact, 0)["x"].decision.verdict is expected

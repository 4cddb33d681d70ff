"""The output of a run against the expression that it is to compute.

A gradient is compared with the derivative of what `forward` computes. Where a case says what that is to be, a `forward`
that computes something else in some region is wrong there, however right its gradients are.
"""

from __future__ import annotations

from collections.abc import Collection

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.claims.explain import explain
from verify.graph.arithmetic import operations
from verify.model.reasons import Reason
from verify.model.result import Comparison, Evidence, Verdict
from verify.proof.decide import decide
from verify.proof.decision import Decision
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.region import Point, pinned

_UNCONFIRMED = Evidence(
    "strays",
    "the formulas differ, but no run on floats confirms that forward returns the value of its formula there",
    reason=Reason.FLOATS_DIFFER,
)


def wrong_outputs(case: TracedCase, exact: Exact, seed: int, refuted: Collection[str] = ()) -> list[Comparison]:
    """Return a row for an output that is not shown to be the case's expression in the region of a run.

    One that is `refuted` already is not compared again.
    """
    program, seen = case.reference, exact.seen
    if program is None or program.output in refuted or pinned(seen.conditions):  # a tie is no region
        return []
    graph = seen.trace
    inputs = {name: quantity.nodes[0] for name, quantity in seen.inputs.items()}
    expected = program.evaluate(inputs, graph.constant, operations(graph))[program.result]
    (output,) = (node for quantity in seen.outputs for node in quantity.nodes)
    region = exact.region
    (decision,) = decide(
        graph, [(expected, output)], lambda: region.points(seed), seed, region.holds, domain=region.bounds
    )
    return [] if decision.verdict.good else [_row(case, exact, (expected, output), decision, seed)]


def _row(case: TracedCase, exact: Exact, pair: tuple[int, int], decision: Decision, seed: int) -> Comparison:
    """Write the row of an output: only what the code gives on floats too is refuted."""
    assert case.reference is not None
    seen = exact.seen

    def confirmed(point: Point) -> bool:
        try:
            return FloatRun(case, seen, seed, point).outputs_agree()
        except SubjectError:
            return False

    why = explain(seen.trace, exact.region, *pair, decision, {}, confirmed=confirmed)
    refuted = decision.verdict is Verdict.REFUTED
    open_evidence = _UNCONFIRMED if refuted else decision.evidence
    certain = why.counterexample is not None
    return Comparison(
        "value",
        case.reference.output,
        Verdict.REFUTED if certain else Verdict.UNDECIDED,
        role="output",
        actual_formula=why.actual,
        expected_formula=why.expected,
        apart=why.apart,
        evidence=why.evidence if certain else open_evidence,
        counterexample=why.counterexample,
        variant=seen.variant.written,
        relation=why.relation,
        where=case.code or case.where,
    )

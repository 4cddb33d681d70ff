"""Iterations that end at a tolerance: `forward` has the last iterate, and `backward` the derivative of the limit.

The derivative by the implicit function theorem is that of the equation's solution, and what `forward` computes is
another function: near it, and constant between jumps where an interval is halved. Neither is the mistake of a formula,
and no bound is proved for all inputs, so that nothing is known of such a gradient. It is told from a wrong one by a
difference quotient of what the code computes: with a much smaller number in place of its tolerance, where symbols meet
that, and over steps that are wide beside it where numbers alone do. An entry that is not so stays refuted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from verify.cases.case import TracedCase
from verify.checks.approximation.quotients import FINE, WIDE, Quotient, derivatives
from verify.checks.claims.claims import Claim, Exact
from verify.graph.graph import Graph
from verify.model.comparison import APPROXIMATION, ITERATION
from verify.model.errors import ProtocolError
from verify.model.exact import decimal_text, simplest_rational
from verify.model.identity import Place
from verify.model.reasons import Reason
from verify.model.result import Evidence, Verdict
from verify.proof.decision import Decision
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.region import Point
from verify.tracing.symbols.trace import Trace

_LARGEST = Fraction(1, 1000)  # tolerance
_TIGHT = Fraction(1, 10**40)  # tolerance instead
_HALVINGS = 16  # times that a line asks of each output, from which on an interval is taken to be halved
_TIGHTENED = (
    "forward iterates until a tolerance of {} is met, at {}: the gradient is not the derivative of the last iterate; "
    "at the sample, with a tolerance of 1e-40 instead, it is the derivative of the limit to 18 digits; "
    "other inputs were not checked"
)
_HALVED = (
    "forward is constant between jumps, decided {} times by the line at {}: its derivative is 0, but the gradient is "
    "the slope over many jumps, at the sample, to 4 digits; other inputs were not checked"
)


class _Tightened(Trace):
    """A run in which numbers of the code that are tolerances are a much smaller one."""

    tolerances: Collection[Fraction] = ()

    def constant(self, value: Fraction) -> int:
        """Return the node of a constant."""
        return super().constant(_TIGHT if value in self.tolerances else value)

    def typed(self, value: float) -> int:
        """Return the node of a float that stands in the code."""
        return self.constant(_TIGHT) if simplest_rational(value) in self.tolerances else super().typed(value)


@dataclass(frozen=True, slots=True)
class _Limit:
    """A run near the limit of an iteration, how its derivative is told, and what is said of that."""

    run: Observation
    quotient: Quotient
    detail: str
    tolerance: Fraction | None = None


def iterated(case: TracedCase, exact: Exact, claims: Mapping[str, Claim], seed: int) -> dict[str, Claim]:
    """Return claims whose entries that are not right are undecided where an iteration's limit has that derivative."""
    result, wrong = dict(claims), {name: entries for name, claim in claims.items() if (entries := _wrong(claim))}
    if case.accuracy is not None or not wrong:
        return result
    for limit in _limits(case, exact.seen, seed):
        for name in list(wrong):
            right = derivatives(partial(_at, case, limit, seed), limit.run, name, wrong[name], limit.quotient)
            result[name] = _undecided(result[name], right, Evidence(ITERATION, limit.detail, reason=Reason.ITERATION))
            wrong[name] = [entry for entry in wrong[name] if entry not in right]
    return result


def _wrong(claim: Claim) -> list[int]:
    """Return the refuted entries of a claim, and those that were left open as what may be approximations."""
    kinds = {i: (decision.verdict, decision.evidence.kind) for i, decision in enumerate(claim.decisions)}
    left = Verdict.UNDECIDED, APPROXIMATION
    return [i for i, kind in kinds.items() if kind[0] is Verdict.REFUTED or kind == left]


def _undecided(claim: Claim, entries: Collection[int], evidence: Evidence) -> Claim:
    """Return a claim of which some entries are undecided."""
    decisions = [
        Decision(Verdict.UNDECIDED, evidence, decision.point) if entry in entries else decision
        for entry, decision in enumerate(claim.decisions)
    ]
    return replace(claim, decisions=decisions)


def _limits(case: TracedCase, seen: Observation, seed: int) -> Iterator[_Limit]:
    """Yield what is near the limit of an iteration: runs with smaller tolerances, or the run itself.

    A line with a tolerance is asked more often for a smaller one. One that chooses a formula at a threshold is not, and
    is no iteration.
    """
    for (tolerance, where), number in tolerances(seen).items():
        run = _run(case, seen, tolerance, seed, {})
        if run is not None and sum(condition.where == where for condition in run.conditions) > number:
            yield _Limit(run, FINE, _TIGHTENED.format(decimal_text(tolerance), where), tolerance)
    lines = Counter(condition.where for condition in seen.conditions)
    outputs = [node for quantity in seen.outputs for node in quantity.nodes]
    if lines and not any(seen.trace.leaves(node) for node in outputs):
        where, number = lines.most_common(1)[0]
        if number >= _HALVINGS * len(outputs):
            yield _Limit(seen, WIDE, _HALVED.format(number, where))


def tolerances(seen: Observation) -> dict[tuple[Fraction, Place], int]:
    """Return small numbers with which a line compares several times in a run, and how often the line is asked."""
    lines = Counter(condition.where for condition in seen.conditions)
    pairs = [(size, c.where) for c in seen.conditions for size in set(_small(seen.trace, c.node))]
    return {pair: lines[pair[1]] for pair, count in Counter(pairs).items() if count > 1}


def _small(graph: Graph, node: int) -> Iterator[Fraction]:
    """Return the sizes of small constants that are added in a sum, or are factors of what is."""
    for factor in _factors(graph, graph.args[node] if graph.ops[node] == "sum" else ()):
        typed = graph.ops[factor] == "typed"
        size = abs(simplest_rational(graph.payloads[factor]) if typed else graph.constants.get(factor, Fraction(0)))
        if 0 < size <= _LARGEST:
            yield size


def _factors(graph: Graph, nodes: Iterable[int]) -> Iterator[int]:
    """Return nodes, and the factors of those that are products."""
    for node in nodes:
        yield from _factors(graph, graph.args[node]) if graph.ops[node] == "product" else (node,)


def _at(case: TracedCase, limit: _Limit, seed: int, moved: Point) -> Observation | None:
    """Return a run near a limit where some inputs are moved."""
    return _run(case, limit.run, limit.tolerance, seed, moved)


def _run(
    case: TracedCase, seen: Observation, tolerance: Fraction | None, seed: int, moved: Point
) -> Observation | None:
    """Return a run beside another one with a smaller tolerance; None where it cannot be followed."""
    run = seen.again(tightened := _Tightened())
    tightened.tolerances = () if tolerance is None else (tolerance, -tolerance)
    with suppress(SubjectError, ProtocolError):
        return observe(case, run.variant, seed, seen=run, at={**seen.at, **moved})
    return None

"""Small constants that `forward` has and `backward` ignores: log(y + 1e-7), a clip inside a logarithm.

That a constant is ignored is proved, and by nothing else known: with 0 in its place in `forward`, the exact derivative
is what `backward` returns; or, where `forward` cuts numbers off at one, `backward` returns the derivative of what
`forward` computes where nothing is cut off. The gradient is then that of another function, which is close to the one
that is computed, or not: a finding, with the constant, its line and the size of the effect, which a case may allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.checks.approximation.pivots import affine
from verify.checks.claims.claims import Claim, Exact
from verify.checks.claims.epsilons import SMALL, is_small, without
from verify.checks.rounding.judge import upward
from verify.graph import balls
from verify.graph.graph import Graph
from verify.model.comparison import SMALL_CONSTANT
from verify.model.errors import ProtocolError
from verify.model.exact import decimal_text
from verify.model.findings import finding
from verify.model.identity import NOWHERE, Place
from verify.model.result import Comparison, Evidence, Finding, Verdict
from verify.proof.decide import decide
from verify.proof.decision import Decision
from verify.tracing.following import SubjectError
from verify.tracing.observe import observe
from verify.tracing.region import Point
from verify.tracing.symbols.trace import Trace

CODE = "GP212"
_MOST = 6  # constants of one gradient that are tried, alone and in pairs
_FEW = 3  # inputs that are written
_BITS = 256
_LEFT = flint.arb(1) / 16  # of a difference, where a constant is its reason


def ignoring(case: TracedCase, exact: Exact, claims: Mapping[str, Claim], seed: int) -> dict[str, Claim]:
    """Return claims in which all refuted entries ignore a small constant as the gradients that they are."""
    result = dict(claims)
    for name, claim in claims.items():
        refuted = [i for i, decision in enumerate(claim.decisions) if decision.verdict is Verdict.REFUTED]
        if not refuted or not small_constants(exact):
            continue
        for decisions in _attempts(case, exact, claim, refuted, seed):
            changed = list(claim.decisions)
            for entry, decision in zip(refuted, decisions, strict=True):
                changed[entry] = decision
            result[name] = replace(claim, decisions=changed)
            break
    return result


def findings_of(rows: Sequence[Comparison]) -> list[Finding]:
    """Return the findings that rows of gradients make which ignore a constant, one for each gradient."""
    ignoring = [row for row in reversed(rows) if row.evidence.kind == SMALL_CONSTANT]
    return list(reversed({row.name: _finding(row) for row in ignoring}.values()))


def _finding(row: Comparison) -> Finding:
    place, detail = row.evidence.place, f"{row.name}: {row.evidence.detail}"
    return finding(CODE, detail, name=row.name, where=place, variant=row.variant, named=bool(place))


def small_constants(exact: Exact) -> list[int]:
    """Return small numbers of the code that are added on the way to the outputs, or in what is compared.

    A power of 2, as the eps of a float type, is read exactly, and other floats as the simplest rationals.
    """
    graph = exact.seen.trace
    added = [n for n in graph.reach([n for o in exact.seen.outputs for n in o.nodes]) if graph.ops[n] == "sum"]
    compared = [condition.node for condition in exact.seen.conditions]
    parts = {part: None for node in [*added, *compared] for part in _parts(graph, node)}
    return [part for part in parts if is_small(graph, part)][:_MOST]


def _parts(graph: Graph, node: int) -> Iterator[int]:
    """Return the numbers that are added in a sum, also with a constant factor: 1e-7, and -1e-7."""
    for term in graph.args[node] if graph.ops[node] == "sum" else ():
        parts = graph.args[term] if graph.ops[term] == "product" else (term,)
        if all(graph.ops[part] in ("constant", "typed") for part in parts):
            yield from parts


def _attempts(
    case: TracedCase, exact: Exact, claim: Claim, refuted: Sequence[int], seed: int
) -> Iterator[list[Decision]]:
    """Yield the decisions of the first explanations that hold for all refuted entries."""
    graph = exact.seen.trace
    actual = [claim.actual.nodes[i] for i in refuted]
    expected = [exact.gradient(claim.name)[i] for i in refuted]
    constants = small_constants(exact)
    for chosen in [*((c,) for c in constants), *combinations(constants, 2)]:
        changed = without(graph, expected, chosen)
        if changed == expected or not _explains(exact, claim, refuted, changed):
            continue
        if instead := _equal(exact, list(zip(changed, actual, strict=True)), seed):
            values = " and ".join(repr(float(graph.payloads[c])) for c in chosen)
            text, where = f"forward adds {values}", _line(graph, chosen[0])
            yield _decisions(exact, claim, refuted, text, where, f"with 0 in its place, {instead}")
    if exact.seen.at:
        yield from _clipped(case, exact, claim, refuted, seed)


def _explains(exact: Exact, claim: Claim, refuted: Sequence[int], changed: Sequence[int]) -> bool:
    """Tell whether most of the difference of each entry is gone with changed formulas, at the point that refutes it.

    What is left there is what roundings of constants make, if anything: a proof need not be tried for other formulas,
    as those of a series whose last coefficients are small.
    """
    for entry, node in zip(refuted, changed, strict=True):
        point = claim.decisions[entry].point or exact.region.sample
        actual, expected = claim.actual.nodes[entry], exact.gradient(claim.name)[entry]
        with flint.ctx.workprec(_BITS):
            values = balls.at(exact.seen.trace, (actual, expected, node), point)
            left, whole = abs(values[node] - values[actual]), abs(values[expected] - values[actual])
            if left > whole * _LEFT:
                return False
    return True


def _line(graph: Trace, number: int) -> Place:
    """Return the line that uses a number first, or the number of which it is the negative: y - 2.0**-10."""
    negative = graph.product(graph.constant(Fraction(-1)), number)
    return graph.typed_at.get(number) or graph.typed_at.get(negative, NOWHERE)


def _equal(exact: Exact, pairs: Sequence[tuple[int, int]], seed: int) -> str:
    """Say that the sides of all pairs are one function, or nothing.

    What was no one function in a region of this graph is none in another, where many entries have the same formulas.
    """
    unequal = exact.seen.trace.memory("unequal without a constant")
    if any(pair in unequal for pair in pairs):
        return ""
    decisions = decide(exact.seen.trace, pairs, lambda: exact.region.points(seed), seed)
    unequal |= {pair: None for pair, decision in zip(pairs, decisions, strict=True) if not decision.verdict.good}
    if all(decision.verdict is Verdict.PROVED for decision in decisions):
        return "the gradient is proved to be the exact derivative"
    return "the gradient agrees with the exact derivative" if all(d.verdict.good for d in decisions) else ""


def _clipped(
    case: TracedCase, exact: Exact, claim: Claim, refuted: Sequence[int], seed: int
) -> Iterator[list[Decision]]:
    """Compare with the derivative at the sample of the case, where this region lies beyond small constants only."""
    base = exact.seen.again(Trace(exact.seen.trace))
    with suppress(SubjectError, ProtocolError):
        observe(case, exact.seen.variant, seed, seen=base)
        answers = {(c.node, c.relation): c.holds for c in base.conditions}
        cut = [c for c in exact.seen.conditions if answers.get((c.node, c.relation)) is not c.holds]
        ends = [_end(exact.seen.trace, condition.node) for condition in cut]
        if not cut or any(end is None for end in ends):
            return
        there = Exact(case, base, twice=False).gradient(claim.name)
        pairs = [(there[i], claim.actual.nodes[i]) for i in refuted]
        if instead := _equal(exact, pairs, seed):
            text = f"forward cuts off at {float(ends[0] or 0)!r}"
            yield _decisions(exact, claim, refuted, text, cut[0].where, f"where nothing is cut off, {instead}")


def _end(graph: Graph, node: int) -> Fraction | None:
    """Return what a condition compares with, if that is close to 0 or 1: 1e-7, 1 - 1e-7."""
    factor, _, offset = affine(graph, node)
    end = -offset / factor if factor else Fraction(0)
    return end if any(0 < abs(end - whole) <= SMALL for whole in (0, 1)) else None


def _decisions(
    exact: Exact, claim: Claim, refuted: Sequence[int], text: str, where: Place, instead: str
) -> list[Decision]:
    """Return what is decided of entries that ignore a constant, each with the size of the effect where it was seen."""
    place = f" at {where}" if where else ""
    decisions = []
    for entry in refuted:
        point = claim.decisions[entry].point or exact.region.sample
        size = _effect(exact, claim, entry, point)
        effect = f"the relative error is {size} at {_inputs(exact, claim, entry, point)}, and may be larger elsewhere"
        detail = f"{text}{place}, and backward ignores it: {instead}; {effect}"
        decisions.append(Decision(Verdict.AGREES, Evidence(SMALL_CONSTANT, detail, place=where, error=size), point))
    return decisions


def _inputs(exact: Exact, claim: Claim, entry: int, point: Point) -> str:
    """Write the inputs at a point of which an entry depends, where these are few; no upstream scales an error."""
    graph = exact.seen.trace
    reached = graph.reach([claim.actual.nodes[entry], exact.gradient(claim.name)[entry]])
    names = [graph.payloads[node] for node in reached if graph.ops[node] == "variable"]
    inputs = [f"{name}={decimal_text(point[name])}" for name in names if name not in exact.region.upstream]
    return ", ".join(inputs) if 0 < len(inputs) <= _FEW else "one sample"


def _effect(exact: Exact, claim: Claim, entry: int, point: Point) -> str:
    """Return how far a gradient is from the exact one at a point, relative to the larger."""
    pair = claim.actual.nodes[entry], exact.gradient(claim.name)[entry]
    with flint.ctx.workprec(_BITS):
        values = balls.at(exact.seen.trace, pair, point)
        size = abs(values[pair[0]]).max(abs(values[pair[1]]))
        return upward(np.longdouble(float((values[pair[0]] - values[pair[1]]).abs_upper() / size)))

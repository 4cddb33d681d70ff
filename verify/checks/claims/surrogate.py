"""Does a wrong gradient look as if another function's were meant? Rounding, jumps and names suggest it.

Straight-through estimators, spikes and reversed gradients are no derivatives of what forward computes, on purpose. A
case states that by `as_if`; where none does, the reader of a refutation is told of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Claim, Exact
from verify.model.errors import ProtocolError
from verify.model.exact import within
from verify.model.result import Surrogate, Verdict
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.symbols.trace import Trace

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # of a name: StraightThrough, sign_ste, STERound
_WORDS = {"ste", "sign", "quant", "round", "rounding", "floor", "ceil", "heaviside", "grl", "bnn"}
_STEMS = ("quantiz", "quantis", "binari", "ternari", "surrogate", "straight", "spik")
_REVERSED = ("grad", "revers")  # both of them
_SCALES = tuple(map(Fraction, ("1/1000", "1/10", "1/2", "-1", "3", "10", "1000")))  # of the inputs at the sample


def surrogate(case: TracedCase, claim: Claim, seed: int) -> Surrogate:
    """Return what suggests that a wrong gradient is meant as that of another function, or nothing.

    Only a run at the sample tells: elsewhere most functions have regions in which they are constant. A clipped input
    may lie in one at the sample, too, so others are tried, nearer to 0 and farther from it.
    """
    seen = claim.exact.seen
    if case.as_if is not None or seen.trace.moved:
        return Surrogate.NONE
    if conditions := _conditions_on(seen, claim.name):
        if not conditions.isdisjoint(seen.trace.steps):
            return Surrogate.ROUNDING
        if _is_constant(claim) and all(_is_constant_at(case, claim, seed, scale) for scale in _SCALES):
            return Surrogate.STEPS
    return Surrogate.NAME if _is_named_so(case.name, claim) else Surrogate.NONE


def _is_named_so(name: str, claim: Claim) -> bool:
    """Tell whether a name is that of an estimator where forward is constant, or of a reversed gradient.

    An estimator stands in where the derivative is 0: what is wrong elsewhere is a mistake, whatever it is called.
    """
    graph, words = claim.exact.seen.trace, words_of(name)
    pairs = zip(claim.exact.gradient(claim.name), claim.decisions, strict=True)
    wrong = [node for node, decision in pairs if decision.verdict is Verdict.REFUTED]
    return reverses(words) or (estimates(words) and all(graph.value(node) == 0 for node in wrong))


def _conditions_on(seen: Observation, name: str) -> set[int]:
    """Return the numbers computed from an input whose signs forward asks for."""
    trace, entries = seen.trace, seen.inputs[name].nodes
    nodes = [condition.node for condition in seen.conditions[: seen.forward]]
    return {node for node in nodes if not set(entries).isdisjoint(trace.reach([node]))}


def _is_constant(claim: Claim) -> bool:
    """Tell whether every entry of the exact gradient is the number 0, and not all that was returned is."""
    graph = claim.exact.seen.trace
    exact = all(graph.value(node) == 0 for node in claim.exact.gradient(claim.name))
    return exact and not all(graph.value(node) == 0 for node in claim.actual.nodes)


def _is_constant_at(case: TracedCase, claim: Claim, seed: int, scale: Fraction) -> bool:
    """Tell whether the exact gradient is 0 where the input is so many times as large, too, if the code runs there."""
    first = claim.exact.seen
    names = (first.trace.payloads[node] for node in first.inputs[claim.name].nodes)
    at = {name: first.trace.sample[name] * scale for name in names}
    bounds = claim.exact.region.bounds
    if not all(within(value, bounds[name]) for name, value in at.items() if name in bounds):
        return True
    try:
        seen = observe(case, first.variant, seed, seen=first.again(Trace()), at=at)
        run = Exact(case, seen, twice=False)
    except (SubjectError, ProtocolError):
        return True
    return all(seen.trace.value(node) == 0 for node in run.gradient(claim.name))


def words_of(name: str) -> list[str]:
    """Return the words of a name: `design` and `background` are whole ones."""
    return [word.lower() for word in _WORD.findall(name)]


def estimates(words: Sequence[str]) -> bool:
    """Tell whether a word of a name is that of an estimator."""
    return any(word in _WORDS or word.startswith(_STEMS) for word in words)


def reverses(words: Sequence[str]) -> bool:
    """Tell whether a name is that of a reversed gradient."""
    return all(any(word.startswith(stem) for word in words) for stem in _REVERSED)

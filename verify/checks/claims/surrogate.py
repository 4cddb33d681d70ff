"""Does a wrong gradient look as if another function's were meant? Rounding, jumps and names suggest it.

Straight-through estimators, spikes and reversed gradients are no derivatives of what forward computes, on purpose. A
case states that by `as_if`; where none does, the reader of a refutation is told of it.
"""

from __future__ import annotations

import re

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Claim
from verify.model.result import Surrogate
from verify.tracing.observe import Observation

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # of a name: StraightThrough, sign_ste, STERound
_WORDS = {"ste", "sign", "round", "rounding", "floor", "ceil", "heaviside", "grl", "bnn"}
_STEMS = ("quanti", "binari", "ternari", "surrogate", "straight", "spik")
_REVERSED = ("grad", "revers")  # both of them


def surrogate(case: TracedCase, claim: Claim) -> Surrogate:
    """Return what suggests that a wrong gradient is meant as that of another function, or nothing.

    Only a run at the sample tells: elsewhere most functions have regions in which they are constant.
    """
    seen = claim.exact.seen
    if case.as_if is not None or seen.trace.moved:
        return Surrogate.NONE
    if conditions := _conditions_on(seen, claim.name):
        if not conditions.isdisjoint(seen.trace.steps):
            return Surrogate.ROUNDING
        if _is_constant(claim):
            return Surrogate.STEPS
    return Surrogate.NAME if suggests(case.name) else Surrogate.NONE


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


def suggests(name: str) -> bool:
    """Tell whether a name is that of an estimator: by whole words, so that `design` and `background` are none."""
    words = [word.lower() for word in _WORD.findall(name)]
    estimates = any(word in _WORDS or word.startswith(_STEMS) for word in words)
    return estimates or all(any(word.startswith(stem) for word in words) for stem in _REVERSED)

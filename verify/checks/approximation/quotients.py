"""Difference quotients of what a case computes, against what it returns as gradients: never a proof, nor a refutation.

They tell of which function a gradient is the derivative where the formulas are those of another one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint

from verify.graph.balls import ball
from verify.tracing.observe import Observation
from verify.tracing.region import Point

_BITS = 1024
_MOST = 20  # entries of a gradient that are looked at one by one, where not all of them are right

Runs = Callable[[Point], Observation | None]


@dataclass(frozen=True, slots=True)
class Quotient:
    """A difference quotient: its step, a weight for each multiple of that, and the relative error that is allowed."""

    step: Fraction
    weights: tuple[Fraction, ...]
    error: Fraction


# Of functions that are smooth, or known to 1e-40, and of those that are constant between jumps of 1e-7 and less.
FINE = Quotient(Fraction(1, 10**16), (Fraction(1, 2),), Fraction(1, 10**18))
WIDE = Quotient(Fraction(1, 1000), (Fraction(2, 3), Fraction(-1, 12)), Fraction(1, 10**4))


def derivatives(runs: Runs, run: Observation, name: str, entries: Sequence[int], quotient: Quotient) -> set[int]:
    """Return those of some entries of the gradient that a run returns which are quotients of the outputs of `runs`.

    All are looked at together, each with a weight of its own, and one by one where that fails.
    """
    if not entries or name not in run.gradients or name in run.malformed:
        return set()
    if _is_derivative(runs, run, name, entries, quotient):
        return set(entries)
    single = entries[:_MOST] if len(entries) > 1 else ()
    return {entry for entry in single if _is_derivative(runs, run, name, [entry], quotient)}


def _is_derivative(runs: Runs, run: Observation, name: str, entries: Sequence[int], quotient: Quotient) -> bool:
    weights = {entry: Fraction(1, place) for place, entry in enumerate(entries, 1)}
    names = {entry: run.trace.payloads[run.inputs[name].nodes[entry]] for entry in entries}
    total = flint.arb(0)
    for multiple, factor in enumerate(quotient.weights, 1):
        for sign in (1, -1):
            step = sign * multiple * quotient.step
            moved = runs({names[e]: run.trace.sample[names[e]] + step * weight for e, weight in weights.items()})
            if moved is None:
                return False
            with flint.ctx.workprec(_BITS):
                total += sign * ball(factor / quotient.step) * _loss(moved)
    with flint.ctx.workprec(_BITS):
        values = run.trace.at_samples([run.gradients[name].nodes[entry] for entry in entries], _BITS)
        terms = [value * ball(weight) for value, weight in zip(values, weights.values(), strict=True)]
        size = sum(map(abs, terms), flint.arb(0))
        return bool(abs(total - sum(terms, flint.arb(0))) < ball(quotient.error) * size)


def _loss(run: Observation) -> flint.arb:
    """Return the sum of the outputs, each times its upstream, at the sample of a run."""
    values = [
        [value for quantity in quantities for value in run.trace.at_samples(quantity.nodes, _BITS)]
        for quantities in (run.outputs, run.upstreams)
    ]
    return sum((value * upstream for value, upstream in zip(*values, strict=True)), flint.arb(0))

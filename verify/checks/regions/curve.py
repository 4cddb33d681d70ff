"""The exact and the returned derivative of a layer of one input, as a curve to be drawn: for people, and no evidence.

Of a layer that works entry by entry, one entry stands for all. The case runs on symbols wherever the input takes it
into another region; between these, numbers come from the formulas. They are read in balls, and always the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import flint

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.regions.roots import roots
from verify.graph import balls
from verify.model.drawings import Curve
from verify.model.errors import ProtocolError
from verify.model.result import CaseResult, Keep, Verdict
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.region import Point
from verify.tracing.symbols.trace import Trace

_LEFT = "the drawing of the derivative over the input"
_POINTS = 64
_REACH = Fraction(4)  # on both sides of 0, where the domain has no end
_MARGIN = Fraction(5, 4)  # of the input of a counterexample
_MOST_RUNS = 12  # regions
_MOST_NODES = 4_000
_BITS, _CERTAIN = 128, 24  # bits of balls, and of a number that is drawn


def with_curve(
    case: TracedCase, result: CaseResult, runs: Sequence[Exact], seed: int, keep: Keep = lambda *_: None
) -> CaseResult:
    """Return a result with the curve of its derivatives, where a gradient is refuted and the case has one input.

    What is known goes to `keep` before: the code runs at inputs at which it may never end.
    """
    rows = [row for row in result.comparisons if row.quantity == "gradient" and row.verdict is Verdict.REFUTED]
    if not rows or len(case.symbolic) > 1 or not all(map(_is_pointwise, runs)):
        return result
    keep(result, _LEFT)
    run = min(runs, key=lambda run: run.size)
    [name] = run.seen.inputs
    examples = [Fraction(value) for row in rows if row.counterexample for value in _of(name, row.counterexample.inputs)]
    curve = _Curve(case, run, seed).curve(examples)
    return replace(result, curve=curve) if curve else result


def _of(name: str, inputs: Sequence[tuple[str, str]]) -> Iterator[str]:
    return (value for entry, value in inputs if entry.partition("[")[0] == name)


def _is_pointwise(run: Exact) -> bool:
    """Tell whether each entry of the only output depends on the same entry of the only input, and on no other.

    A run with one entry cannot tell; others of the case have more.
    """
    seen = run.seen
    if not run.followed or run.size > _MOST_NODES or len(seen.inputs) != 1 or len(seen.outputs) != 1:
        return False
    [(name, quantity)], [output] = seen.inputs.items(), seen.outputs
    if name not in seen.gradients or name in seen.malformed or output.shape != quantity.shape or quantity.part:
        return False
    entries = set(quantity.nodes)
    return all(
        entries.intersection(seen.trace.reach([node])) <= {entry}
        for node, entry in zip(output.nodes, quantity.nodes, strict=True)
    )


class _Curve:
    """The runs of a case in the regions that its first entry leads to."""

    def __init__(self, case: TracedCase, run: Exact, seed: int) -> None:
        self.case, self.seed = case, seed
        [(self.input, quantity)] = run.seen.inputs.items()
        self.name = run.seen.trace.payloads[quantity.nodes[0]]
        self.upstream = dict.fromkeys(run.region.upstream, Fraction(1))
        self.runs = [run]

    def curve(self, examples: Sequence[Fraction]) -> Curve | None:
        """Return the numbers, with the examples inside of what is drawn; None where too few of them are known."""
        low, high = self._ends(examples)
        step = (high - low) / _POINTS
        points = [self._at(low + step * (2 * number + 1) / 2) for number in range(_POINTS)]
        if sum(bool(expected and actual) for _, expected, actual in points) < _POINTS // 4:
            return None
        kinks = {root for root in self._kinks() if low < root < high}
        return Curve(self.name, tuple(points), tuple(f"{float(kink):.4g}" for kink in sorted(kinks)))

    def _ends(self, examples: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
        """Return the ends of what is drawn: those of the domain, and else around 0 and the examples."""
        real = self.case.symbolic[self.input]
        reach = max([_REACH, *(abs(example) * _MARGIN for example in examples)])
        low = real.low if real.low is not None else (-reach if real.high is None else real.high - 2 * reach)
        return low, real.high if real.high is not None else (low + 2 * reach)

    def _at(self, value: Fraction) -> tuple[str, str, str]:
        """Return an input and both derivatives there, as far as they are known."""
        run = self._run(value)
        if run is None:
            return f"{float(value):.4g}", "", ""
        nodes = run.gradient(self.input)[0], run.seen.gradients[self.input].nodes[0]
        with flint.ctx.workprec(_BITS):
            values = balls.at(run.seen.trace, nodes, self._point(run, value))
            return f"{float(value):.4g}", _text(values[nodes[0]]), _text(values[nodes[1]])

    def _point(self, run: Exact, value: Fraction) -> Point:
        return {**run.seen.trace.sample, **self.upstream, self.name: value}

    def _run(self, value: Fraction) -> Exact | None:
        """Return a run whose region has a value of the input: one that is made, or another one."""
        made = next((run for run in self.runs if run.region.holds(self._point(run, value))), None)
        if made is not None or len(self.runs) == _MOST_RUNS:
            return made
        first = self.runs[0].seen
        seen = Observation(first.variant, Trace(), sample=first.sample)
        at = {**self.upstream, self.name: value}
        try:
            run = Exact(self.case, observe(self.case, first.variant, self.seed, seen=seen, at=at), twice=False)
        except (SubjectError, ProtocolError):
            return None
        if not _is_pointwise(run):
            return None
        self.runs.append(run)
        return run

    def _kinks(self) -> Iterator[Fraction]:
        """Yield where a condition on the input may be answered in another way, as far as that can be told."""
        for run in self.runs:
            graph, bounds = run.seen.trace, run.region.bounds
            for condition in run.region.about([self.name]):
                names = [graph.payloads[node] for node in graph.leaves(condition.node)]
                zeros = roots(graph, condition.node, self.name, bounds) if names == [self.name] else None
                yield from ((root.low + root.high) / 2 for root in zeros or ())


def _text(value: flint.arb) -> str:
    """Write a number as it is drawn, or nothing where it is not known."""
    if value.is_zero():
        return "0"
    if not value.is_finite() or value.rel_accuracy_bits() < _CERTAIN:
        return ""
    number = float(value.mid())
    return f"{number:.4g}" if math.isfinite(number) else ""

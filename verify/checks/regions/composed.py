"""Regions that are put together of others: code that works entry by entry is right in a mix if it is so in each part.

Where the inputs of each part (`parts`) have the values that they had in some run, its nodes are those of that run,
whatever the other parts do. If every gradient of that run was proved wherever both sides are defined, and they are
defined and agree at its sample, nothing is left to be decided in the mix: each pair of its entries has been, and has
the same values there. So no code is run on symbols for it.

Two things hold this against the code: the run with open answers has to come to the same nodes as each of these runs,
once their answers are put in; and on floats the code gives in the mix, bit by bit, what it gave in the runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.regions.parts import Part, Unread, results
from verify.model.result import Verdict
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Quantity
from verify.tracing.symbols.trace import Trace

_RUNS = 2  # that have to be there before it is worth while to look for parts
_LARGE = 5_000  # nodes of a run, beyond which nobody looks

Values = tuple[Fraction, ...]


class Composer:
    """The parts of what a case computes, and the runs in which each was looked at."""

    def __init__(self, case: TracedCase, start: Observation, seed: int) -> None:
        self.case, self.start, self.seed = case, start, seed
        self._unread: Unread | None = None
        self._parts: list[Part] = []
        self._runs: list[dict[Values, Observation]] = []  # by part, and the values of its variables
        self._floats: dict[int, Any] = {}  # by identity of the run, which is kept alive
        self._taken: dict[int, Exact] = {}

    def composed(self, at: Mapping[str, Fraction], runs: Sequence[Exact]) -> Observation | None:
        """Return what a run at some inputs would compute, of parts of proved `runs`; None where that is not known."""
        for run in runs:
            if id(run) not in self._taken:
                self._take(run)
        sample = {**self.start.trace.sample, **at}
        listed = zip(self._parts, self._runs, strict=True)
        chosen = [runs_of.get(_values(part, sample)) for part, runs_of in listed]
        parts = [run for run in chosen if run is not None]
        if len(parts) < len(chosen):
            return None
        made = self._put_together(parts, sample, at)
        return made if self._gives_the_same(made, parts) else None

    def has_parts(self, runs: int) -> bool:
        """Look for parts, once there are so many runs that it is worth while; tells whether there are several."""
        if runs < _RUNS:
            return False
        if self._unread is None and _is_plain(self.case, self.start):
            self._unread = Unread(self.case, self.start, self.seed)
            self._parts = self._unread.parts(self.start)
            self._runs = [{} for _ in self._parts]
        return sum(bool(part.questions) for part in self._parts) > 1

    def _take(self, run: Exact) -> None:
        """Take in a run, if it was one of the code, its gradients are proved, and the open run comes to its nodes."""
        self._taken[id(run)] = run
        assert self._unread is not None
        if run.seen.composed or not _is_proved(run) or not self._unread.agrees(run.seen):
            return
        floats = _floats(self.case, run.seen, self.seed)
        if floats is not None:
            self._floats[id(run.seen)] = floats
            for part, runs_of in zip(self._parts, self._runs, strict=True):
                runs_of.setdefault(_values(part, run.seen.trace.sample), run.seen)

    def _put_together(
        self, parts: Sequence[Observation], sample: Mapping[str, Fraction], at: Mapping[str, Fraction]
    ) -> Observation:
        """Return the run whose parts are those of other runs."""
        nodes, start = results(self.start), self.start
        trace = Trace(start.trace)
        trace.passed_on = start.trace.passed_on
        trace.sample, trace.moved, trace.absolute_roots = dict(sample), True, False
        trace.conditions = dict(start.trace.conditions)
        for part, run in zip(self._parts, parts, strict=True):
            computed = results(run)
            for place in part.results:
                nodes[place] = computed[place]
            trace.conditions.update({question: run.trace.conditions[question] for question in part.questions})
        rest = iter(nodes)
        return replace(
            start,
            trace=trace,
            outputs=[_filled(quantity, rest) for quantity in start.outputs],
            gradients={name: _filled(quantity, rest) for name, quantity in start.gradients.items()},
            conditions=list(trace.conditions.values()),
            at=dict(at),
            computed=range(0),
            composed=True,
        )

    def _gives_the_same(self, made: Observation, parts: Sequence[Observation]) -> bool:
        """Tell whether the code gives on floats, bit by bit, what it gave in the runs of the parts."""
        floats, expected = _floats(self.case, made, self.seed), np.empty(len(results(made)))
        for part, run in zip(self._parts, parts, strict=True):
            expected[part.results] = self._floats[id(run)][part.results]
        return floats is not None and floats.tobytes() == expected.tobytes()


def _values(part: Part, sample: Mapping[str, Fraction]) -> Values:
    return tuple(sample[name] for name in part.variables)


def _filled(quantity: Quantity, nodes: Iterator[int]) -> Quantity:
    """Return a quantity with the next nodes in the places of its entries."""
    return Quantity(quantity.shape, list(islice(nodes, len(quantity.nodes))), quantity.part)


def _is_plain(case: TracedCase, start: Observation) -> bool:
    """Tell whether a run is one of which all that matters is its nodes and its questions."""
    trace = start.trace
    special = trace.steps or trace.signed or trace.turned or trace.added or trace.unset
    questions = len(start.conditions) > _RUNS and not any(condition.tie for condition in start.conditions)
    plain = not (special or start.draws or start.malformed or case.reference)
    return plain and questions and len(trace) <= _LARGE


def _is_proved(run: Exact) -> bool:
    """Tell whether all gradients of a run are proved by what holds wherever both sides are defined."""
    seen, proofs = run.seen, run.seen.trace.memory("proofs")
    if not run.followed or seen.malformed or run.accepted or run.vanishing or not run.all_signs or run.unequal:
        return False
    pairs = {
        pair for name in seen.gradients for pair in zip(run.gradient(name), seen.gradients[name].nodes, strict=True)
    }
    decisions = [proofs.get((exact, actual)) for exact, actual in pairs if exact != actual]
    return all(d is not None and d.everywhere and d.verdict is Verdict.PROVED for d in decisions)


def _floats(case: TracedCase, seen: Observation, seed: int) -> Any:
    """Return all outputs and gradients on floats in a row; None where they are not what is expected of them."""
    try:
        run = FloatRun(case, seen, seed)
    except SubjectError:
        return None
    outputs = list(run.output) if seen.several else [run.output]
    arrays = [*outputs, *(run.gradients.get(name) for name in seen.gradients)]
    shapes = [quantity.shape for quantity in (*seen.outputs, *seen.gradients.values())]
    fitting = len(arrays) == len(shapes) and all(
        isinstance(array, (np.ndarray, np.float64)) and array.dtype == np.float64 and array.shape == shape
        for array, shape in zip(arrays, shapes, strict=True)
    )
    return np.concatenate([np.ravel(array) for array in arrays]) if fitting else None

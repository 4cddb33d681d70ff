"""The line at which wrong gradients part from the exact ones: a hint for people, on which no verdict rests.

The case runs once more on a recorder, which has each operation of the code as a node with its line. A line is at fault
if other values of what it computes would make all gradients exact; near the sample these are linear equations. What has
a value of the exact side, or leads to right entries, is no mistake. Where no line is at fault, each wrong gradient is
looked at by itself, beside the right ones. Of several lines at fault it is the first one whose missing values are all
of the exact side, too. Those of the line that computes the gradients themselves always are, so that others go before
it:

- The last line with so few values that they explain more entries than there are of them, unless one factor would do:
  that could be anywhere.
- A line whose values would have to be others in each of their uses, all of the exact side: a sum over the wrong axis.
- Where a term is missing, the rest of it may be of the exact side: such lines are asked where there is no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property, partial
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Claim, Exact
from verify.checks.gradients.appearing import Appearances
from verify.checks.gradients.effects import Floats, effects, missing, values
from verify.checks.gradients.uses import Line, Uses
from verify.checks.rounding.recorder import Recorder
from verify.model.followed import followed
from verify.model.identity import NOWHERE, Place
from verify.model.result import Verdict
from verify.model.where import as_place
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe

LARGEST = 20_000  # nodes of a run that is looked at
_MOST_ENTRIES = 200  # of all gradients
_MOST_RESULTS = 1_000  # of a line
_MOST_QUOTIENTS = 200_000
_SAME, _CLOSE = 1e-12, 1e-7  # relative: how far values are off that were read, and that equations were solved for
_LEAST = 1e-6  # of a value, which smaller ones are compared as


class _Entry(NamedTuple):
    """An entry of a gradient as its node in the recorded run, and what it lacks: 0 where it is right."""

    node: int
    lacks: float


class _Step(NamedTuple):
    """A line at fault and the last node that it computes.

    Tells whether its missing values are of the exact side, whether they are gradients themselves, and whether they
    explain more entries than there are of them.
    """

    line: Line
    last: int
    exact: bool
    final: bool
    narrow: bool


def parting(case: TracedCase, exact: Exact, claimed: Mapping[str, Claim], seed: int) -> dict[str, Place]:
    """Return the line at which wrong gradients of a run part from the exact ones, by names, as far as that is found."""
    observed = partial(recorded, case, exact, seed, varied=True)
    run = None if len(exact.seen.computed) > LARGEST else observed()
    if run is not None and case.upstream is not None and not _reads_upstream(run):
        observed = partial(recorded, case, exact, seed)
        run = observed()
    if run is None:
        return {}
    recorder = cast("Recorder", run.trace)
    nodes = {name: list(quantity.nodes) for name, quantity in run.gradients.items() if name in claimed}
    if len(recorder) > LARGEST or any(len(nodes[name]) != len(claimed[name].decisions) for name in nodes):
        return {}
    wrong = [name for name, claim in claimed.items() if claim.decision.verdict is Verdict.REFUTED]
    unmade = [name for name in wrong if _is_unmade(run, nodes[name], claimed[name])]
    places = {name: appearance(exact, nodes[name], observed) for name in unmade}
    made = {name: claim for name, claim in claimed.items() if name not in unmade}
    exact_side, among = _exact_side(exact, claimed), [name for name in wrong if name in made]
    place = _Parting(recorder, _entries(exact, made, nodes), exact_side).place()
    if place or len(among) == 1:
        return {**places, **dict.fromkeys(among, place)}
    for name in among:  # no one line is at fault: each gradient may have a mistake of its own
        alone = {other: claim for other, claim in made.items() if other == name or other not in among}
        places[name] = _Parting(recorder, _entries(exact, alone, nodes), exact_side).place()
    return places


def recorded(
    case: TracedCase, exact: Exact, seed: int, run: Observation | None = None, *, varied: bool = False
) -> Observation | None:
    """Return the run as a recorder has it, if it comes to its end.

    With `varied` an upstream that the case fixes is a variable of that value: times a plain 1, an operation would not
    be seen.
    """
    run, fixed = run or exact.seen.again(Recorder()), case.upstream
    case = replace(case, upstream=None) if varied else case
    upstream = Fraction if fixed is None else lambda _: fixed
    try:
        return observe(case, exact.seen.variant, seed, upstream, seen=run, at=exact.seen.at)
    except SubjectError:
        return None


def _reads_upstream(run: Observation) -> bool:
    """Tell whether a gradient is computed from the upstream: a loss that returns its gradient beside it never is."""
    nodes = [node for quantity in run.gradients.values() for node in quantity.nodes]
    return not {*run.upstream_nodes}.isdisjoint(run.trace.reach(nodes))


def _is_unmade(run: Observation, nodes: Sequence[int], claim: Claim) -> bool:
    """Tell whether wrong entries of a gradient were made by no operation of backward."""
    first = min(run.upstream_nodes, default=0)
    pairs = zip(nodes, claim.decisions, strict=True)
    wrong = [node for node, decision in pairs if decision.verdict is Verdict.REFUTED]
    return any(not run.trace.args[node] or node < first for node in wrong)


def appearance(
    exact: Exact,
    nodes: Sequence[int],
    observed: Callable[[Observation], Observation | None],
    shape: tuple[int, ...] | None = None,
) -> Place:
    """Return the line at which an array of nodes appears, of a shape if one is given, or nothing."""
    run = exact.seen.again(Recorder())
    appearances = Appearances(run, nodes, last=len(set(nodes)) == 1, shape=shape)
    with followed(appearances.follow):
        again = observed(run)
    line = appearances.line if again is not None else None
    return NOWHERE if line is None else as_place(*line)


def _entries(exact: Exact, claimed: Mapping[str, Claim], nodes: Mapping[str, Sequence[int]]) -> list[_Entry]:
    """Return entries of the gradients, not too many of them."""
    trace = exact.seen.trace
    pairs = [
        (node, expected, actual, decision.verdict is not Verdict.REFUTED)
        for name, claim in claimed.items()
        for node, expected, actual, decision in zip(
            nodes[name], exact.gradient(name), claim.actual.nodes, claim.decisions, strict=True
        )
    ]
    pairs = pairs[:: -(-len(pairs) // _MOST_ENTRIES) or 1]
    at = values(trace, [node for _, expected, actual, _ in pairs for node in (expected, actual)])
    return [_Entry(node, 0.0 if right else at[expected] - at[actual]) for node, expected, actual, right in pairs]


def _exact_side(exact: Exact, claimed: Mapping[str, Claim]) -> Floats:
    """Return all values of the exact side, in order; those of gradients also for an upstream of 1."""
    seen = exact.seen
    outputs = [node for output in seen.outputs for node in output.nodes]
    gradients = [node for name in claimed for node in exact.gradient(name)]
    upstreams = [node for upstream in seen.upstreams for node in upstream.nodes]
    at = values(seen.trace, dict.fromkeys([*seen.trace.reach([*outputs, *gradients]), *upstreams]))
    every = np.array([*at.values()])
    if len(gradients) * len(upstreams) <= _MOST_QUOTIENTS:
        above, below = (np.array([at[node] for node in nodes]) for nodes in (gradients, upstreams))
        every = np.concatenate([every, np.divide.outer(above, below[below != 0]).ravel()])
    return np.unique(every[np.isfinite(every)])


class _Parting:
    """The search for a line in a recorded run, given entries of its gradients and values of the exact side."""

    def __init__(self, recorder: Recorder, entries: Sequence[_Entry], exact_side: Floats) -> None:
        self.recorder, self.entries, self.exact_side = recorder, entries, exact_side
        self.wrong = {entry.node for entry in entries if entry.lacks}
        self.lacks = np.array([entry.lacks for entry in entries])

    def place(self) -> Place:
        """Return the line at fault, or nothing."""
        if not self.wrong or not np.isfinite(self.lacks).all():
            return NOWHERE
        steps = list(self._steps(self._results(odd=True)))
        steps = steps or [step for step in self._steps(self._results(odd=False)) if step.exact]
        within = [step for step in steps if not step.final]
        chosen = min((step for step in within if step.exact), key=_last, default=None)
        chosen = chosen or max((step for step in within if step.narrow), key=_last, default=None)
        line = chosen.line if chosen else self._used(steps)
        if line is None and steps:
            line = (min((step for step in steps if step.exact), key=_last, default=None) or max(steps, key=_last)).line
        return as_place(*line) if line else NOWHERE

    def _steps(self, results: Mapping[Line, Sequence[int]]) -> Iterator[_Step]:
        """Yield the lines at fault."""
        for line, nodes in results.items():
            solved = missing([self._effects[node] for node in nodes], self.lacks)
            if solved is not None:
                change, unique = solved
                held = np.array([self._values[node] for node in nodes])
                exact = unique and bool(self._is_exact(held + change, _CLOSE).all())
                narrow = unique and len(nodes) < len(self.wrong) and _are_several(change, held)
                yield _Step(line, nodes[-1], exact, self.wrong.issuperset(nodes), narrow)

    def _used(self, steps: Sequence[_Step]) -> Line | None:
        """Return the first line whose values would have to be others in each use by lines that compute gradients."""
        uses = Uses(
            self.recorder, self._values, self._effects, self.lacks, lambda wanted: self._is_exact(wanted, _CLOSE)
        )
        final = {step.line for step in steps if step.final}
        return uses.line(self.recorder.reach(sorted(self.wrong)), final, self._odd) if final else None

    def _results(self, *, odd: bool) -> dict[Line, list[int]]:
        """Return, by lines, what they compute for wrong entries alone, or of this what is not of the exact side."""
        order = [node for node in self.recorder.reach(sorted(self.wrong)) if self.recorder.args[node]]
        used = {
            argument
            for node in order
            for argument in self.recorder.args[node]
            if self.recorder.places[node] != self.recorder.places[argument]
        }
        results: dict[Line, list[int]] = {}
        for node in order:
            if node in self.wrong or (node in used and node in (self._odd if odd else self._alone)):
                results.setdefault(self.recorder.places[node], []).append(node)
        return {line: nodes for line, nodes in results.items() if len(nodes) <= _MOST_RESULTS}

    @cached_property
    def _alone(self) -> set[int]:
        """Return the nodes that lead to wrong entries only."""
        return {*self._values} - {*self._right}

    @cached_property
    def _right(self) -> Sequence[int]:
        return self.recorder.reach([entry.node for entry in self.entries if not entry.lacks])

    @cached_property
    def _odd(self) -> set[int]:
        """Return the nodes that lead to wrong entries only, with values that are not of the exact side."""
        cleared = {self._values[node] for node in self._right}
        open_ones = {n: v for n, v in self._values.items() if v not in cleared and np.isfinite(v)}
        is_exact = self._is_exact(open_ones.values(), _SAME)
        return {node for node, exact in zip(open_ones, is_exact, strict=True) if not exact}

    @cached_property
    def _values(self) -> dict[int, float]:
        return values(self.recorder, self.recorder.reach([entry.node for entry in self.entries]))

    @cached_property
    def _effects(self) -> dict[int, Floats]:
        return effects(self.recorder, [entry.node for entry in self.entries])

    def _is_exact(self, wanted: Iterable[float], close: float) -> NDArray[np.bool_]:
        """Tell of values which are of the exact side."""
        numbers = np.array([*wanted])
        width = close * np.maximum(np.abs(numbers), _LEAST)
        low, high = (np.searchsorted(self.exact_side, end) for end in (numbers - width, numbers + width))
        return np.asarray(low < high)


def _are_several(change: Floats, held: Floats) -> bool:
    """Tell whether values would not all change by one factor."""
    factors = change / np.where(held == 0, np.nan, held)
    return not np.allclose(factors, factors[0], rtol=_CLOSE, atol=0)


def _last(step: _Step) -> int:
    return step.last

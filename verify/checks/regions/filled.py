"""Points at which `forward` divides by 0 and takes a number for the NaN: `np.nan_to_num(np.sin(x) / x, nan=1)` at 0.

A proof is for the inputs at which the formulas have values, and here they have none; the code has. So the zeros of what
`forward` divides by are visited, and where NaN was replaced in it, what `backward` returns is held to the derivative
of the function that the code computes (`extension`):

- The number is not the limit: the function jumps, and has no derivative. That is told, and nothing is refuted.
- It is the limit, the slopes are one gradient, and the code returns another: REFUTED, with the point.
- The slopes to both sides differ, and the code returns NaN: GP211, as at other kinks. A number may be a subgradient.
- No NaN was replaced: 1 / (1/a + 1/b) is 0 at a = 0 by the rules of infinities. Nothing is claimed, as at other poles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from verify.checks.claims.claims import Exact
from verify.checks.regions.divisors import Divisor, divisors_of_forward, sparse_first
from verify.checks.regions.explore import Explorer
from verify.checks.regions.extension import Filled, judge_filled
from verify.checks.regions.gaps import finite_output
from verify.checks.regions.zeros import zeros
from verify.proof.ranges import signs
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation
from verify.tracing.region import Point

_POINTS = 2  # for each divisor
_VISITS = 24  # runs on floats of one explorer, most of which end where the output is NaN
MORE = f"zeros of divisors in forward: {_VISITS} visited; there are others"


class Visit(NamedTuple):
    """A point at which a divisor of forward is 0 and its output a number: the runs there, and what is wrong."""

    there: Observation
    divisor: Divisor
    floats: FloatRun
    filled: Filled


def visits(explorer: Explorer, on_symbols: Callable[[Point], Observation | None]) -> Iterator[Visit]:
    """Visit the zeros of what forward divides by, and yield those at which its output is a number.

    `on_symbols` runs the code at a point, and returns None where that is on a tie or forward cannot be followed.
    """
    for run, divisor, change in islice(_places(explorer), _VISITS):
        seen = run.seen
        try:
            floats = FloatRun(explorer.case, seen, explorer.seed, {**seen.trace.sample, **change})
        except SubjectError:
            continue
        there = on_symbols({**seen.at, **change}) if finite_output(floats) else None
        if there is not None:
            yield Visit(
                there, divisor, floats, judge_filled(explorer.case, there, divisor.node, floats, run, explorer.seed)
            )


def _places(explorer: Explorer) -> Iterator[tuple[Exact, Divisor, Point]]:
    """Yield zeros of divisors of each run, each divisor once: first some of those that are alike."""
    visited, later = set[Divisor](), list[tuple[Exact, Divisor]]()
    for run in (explorer.start, *explorer.runs):
        new = [divisor for divisor in divisors_of_forward(run.seen) if divisor not in visited]
        visited.update(new)
        first, others = sparse_first(run.seen, new)
        later += [(run, divisor) for divisor in others]
        yield from ((run, divisor, point) for divisor in first for point in _zeros(explorer, run, divisor))
    yield from ((run, divisor, point) for run, divisor in later for point in _zeros(explorer, run, divisor))


def _zeros(explorer: Explorer, run: Exact, divisor: Divisor) -> Iterator[Point]:
    if 0 in signs(run.seen.trace, divisor.node, explorer.bounds):
        yield from islice(zeros(run.seen, divisor.node, explorer.bounds), _POINTS)

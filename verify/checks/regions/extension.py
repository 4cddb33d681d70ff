"""What code with a number in place of NaN has for a derivative: of `np.nan_to_num(np.sin(x) / x, nan=1)`, at 0.

Let F be what the code computes: at a point the number that it takes there, around it the formula, as long as no
condition of the run is a tie at the point. The partial derivative of F along an entry is, by its definition, the
coefficient of t in the series of the formula along it (`proof.series`) if the constant one is that number. Partial
derivatives are the gradient of a differentiable function only, so that the slopes along two more lines have to be those
that the gradient gives. The number itself, and those that `backward` returns, are of a run at this very point in exact
arithmetic (`pinned`), with which floats have to agree: nothing rests on a float that has lost its digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.regions.divisors import claimed
from verify.checks.regions.gaps import Gap
from verify.checks.regions.hull import brief
from verify.checks.regions.values import Number, Unknown, digits, numbers
from verify.model.errors import ProtocolError
from verify.proof.logarithmic import along
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.symbols.pinned import PinnedTrace

_ROUNDED = Fraction(1, 2**40)  # of a size: what constants that code computes, as 1 / np.pi, may be off
_ON_FLOATS = Fraction(1, 2**13)  # of a size: what floats may be off, of single precision too
_JUMPS = "forward replaces the NaN there by {}, but its limit is {}: it jumps and has no derivative"
_BENDS = "forward replaces the NaN there by its limit, and has no derivative"
_OPEN = "forward replaces the NaN there by a number; whether it has a derivative is not known"
_MODULUS, _STEPS = 101, (37, 53)  # of the steps along lines, which differ from entry to entry
_Entry = tuple[str, int]  # an input, and the place of an entry in it


class Filled(NamedTuple):
    """What is wrong at a point where a number was taken for NaN, or why there is no derivative."""

    gaps: list[Gap]
    remark: str = ""


class _Slope(NamedTuple):
    """The output times its upstream along a line: the limit at the point, and the slope there."""

    limit: Number
    slope: Number


class _Point:
    """A point at which forward took a number for NaN, on symbols, with what is known of the code there."""

    def __init__(self, there: Observation, pinned: Observation, entries: Sequence[_Entry]) -> None:
        terms, total = _products(pinned)
        *sizes, self.value = numbers(pinned.trace, [*terms, total], pinned.trace.sample)
        self._around, self._within = (there.trace, _products(there)[1]), (pinned.trace, total)
        self.size = sum((abs(size) for size in sizes if isinstance(size, Fraction)), Fraction(0))
        names = {entry: str(there.trace.payloads[there.inputs[entry[0]].nodes[entry[1]]]) for entry in entries}
        sides = {entry: self._both_ways(name) for entry, name in names.items()}
        self.slopes = {e: both for e, both in sides.items() if all(isinstance(s.limit, Fraction) for s in both)}
        self.names = {entry: names[entry] for entry in self.slopes}

    def _both_ways(self, name: str) -> tuple[_Slope, _Slope]:
        """Return the limits and slopes along an entry, from below and from above."""
        below, above = self._along({name: Fraction(-1)}), self._along({name: Fraction(1)})
        return _Slope(below.limit, -below.slope if isinstance(below.slope, Fraction) else below.slope), above

    def _along(self, line: Mapping[str, Fraction]) -> _Slope:
        """Return the limit and the slope of the output times its upstream along a line, from the point on.

        Where no pinned entry changes on it, the code takes numbers for NaN on all of the line.
        """
        graph, total = self._around if line.keys() - self._within[0].sample.keys() else self._within
        series = along(graph, [total], self._around[0].sample, line)[total]
        if series is None or series.infinite or series.order < 0 or 0 < series.order < 1:
            return _Slope(Unknown.OPEN, Unknown.OPEN)
        return _Slope(*(_number(series.term(power)) for power in (0, 1)))

    def jump(self) -> Fraction | None:
        """Return a limit that is not the number that the code takes, if there is one."""
        limits = [side.limit for both in self.slopes.values() for side in both if isinstance(side.limit, Fraction)]
        return next((limit for limit in limits if _is_apart(limit, self.value, self.size)), None)

    def partial(self, entry: _Entry) -> Fraction | None:
        """Return the derivative along an entry, or None where it is not known, or none."""
        below, above = (side.slope for side in self.slopes[entry])
        return above if isinstance(above, Fraction) and _is_apart(below, above) is False else None

    def has_gradient(self) -> bool | None:
        """Tell whether the slopes along lines are those that the derivatives along the entries give, all of them.

        Along an entry whose slopes are not known no line leads. None where nothing is known.
        """
        determined = [entry for entry, both in self.slopes.items() if all(isinstance(s.slope, Fraction) for s in both)]
        partials = {entry: self.partial(entry) for entry in determined}
        if None in partials.values():
            return False
        answers = [self._is_linear(partials, line) for line in _lines(partials)]
        return False if False in answers else None if None in answers or not determined else True

    def _is_linear(self, partials: Mapping[_Entry, Fraction | None], line: Mapping[_Entry, Fraction]) -> bool | None:
        side = self._along({self.names[entry]: step for entry, step in line.items()})
        terms = [partial * line[entry] for entry, partial in partials.items() if partial is not None]
        size = sum(map(abs, terms), Fraction(0))
        apart = (
            _is_apart(side.limit, self.value, self.size),
            _is_apart(side.slope, sum(terms, Fraction(0)), size),
        )
        return None if None in apart else not any(apart)


def judge_filled(case: TracedCase, there: Observation, node: int, floats: FloatRun, nearby: Exact, seed: int) -> Filled:
    """Return what is wrong where a node is 0; nothing where it is not known, or forward replaced no NaN.

    `there` is the run on symbols at the point, `floats` the one on floats, and `nearby` another one in the region.
    """
    pinned = _pinned(case, there, node, seed)
    return Filled([]) if pinned is None or not pinned.missed else _judge(there, pinned, floats, nearby)


def smooth_gaps(
    case: TracedCase, there: Observation, node: int, floats: FloatRun, nearby: Exact, seed: int
) -> list[Gap]:
    """Return the gradients that are wrong where a node is 0, and forward has a derivative, as that of a norm cubed."""
    pinned = _pinned(case, there, node, seed)
    return [] if pinned is None else [gap for gap in _judge(there, pinned, floats, nearby).gaps if gap.smooth]


def _judge(there: Observation, pinned: Observation, floats: FloatRun, nearby: Exact) -> Filled:
    if not _is_output(pinned, floats):
        return Filled([])
    entries = [(name, i) for name in claimed(floats.seen) for i in range(len(there.inputs[name].nodes))]
    point = _Point(there, pinned, entries)
    if (limit := point.jump()) is not None:
        return Filled([], _JUMPS.format(brief(point.value), brief(limit)))  # type: ignore[arg-type]
    gaps, smooth = _gaps(point, pinned, floats, nearby), point.has_gradient()
    if smooth:
        return Filled(gaps)
    kinks = [gap for gap in gaps if not np.isfinite(gap.actual) and not gap.smooth]
    return Filled(kinks, "" if kinks else _OPEN if smooth is None else _BENDS)


def _pinned(case: TracedCase, there: Observation, node: int, seed: int) -> Observation | None:
    """Run a case where the inputs of a node are exact numbers; None if it cannot be followed, or is on a tie there."""
    names = [str(there.trace.payloads[leaf]) for leaf in there.trace.leaves(node)]
    seen = there.again(PinnedTrace(names))
    try:
        observe(case, there.variant, seed, seen=seen, at=dict(there.trace.sample))
    except (SubjectError, ProtocolError):
        if not seen.upstreams:
            return None
    return None if any(condition.tie for condition in seen.trace.conditions.values()) else seen


def _is_output(pinned: Observation, floats: FloatRun) -> bool:
    """Tell whether outputs in exact numbers are what floats are."""
    values = numbers(pinned.trace, [n for output in pinned.outputs for n in output.nodes], pinned.trace.sample)
    outputs = floats.output if floats.seen.several else [floats.output]
    actual = [float(entry) for output in outputs for entry in np.ravel(np.asarray(output, dtype=float))]
    return len(actual) == len(values) and all(map(_is_float, values, actual))


def _is_float(value: Number, actual: float) -> bool:
    return isinstance(value, Fraction) and abs(Fraction(actual) - value) <= _ON_FLOATS * abs(value)


def _gaps(point: _Point, pinned: Observation, floats: FloatRun, nearby: Exact) -> list[Gap]:
    """Return the entries whose gradient is not the derivative, and those that are NaN at a kink."""
    gaps = []
    for entry, (below, above) in point.slopes.items():
        actual, partial = floats.entry(*entry), point.partial(entry)
        if actual is None or not isinstance(below.slope, Fraction) or not isinstance(above.slope, Fraction):
            continue
        if partial is None:
            gaps.append(Gap(*entry, actual, below.slope, above.slope))
        elif not np.isfinite(actual) or _is_wrong(entry, partial, actual, pinned, nearby):
            gaps.append(Gap(*entry, actual or 0.0, partial, partial))  # not -0.0
    return gaps


def _is_wrong(entry: _Entry, expected: Fraction, actual: float, pinned: Observation, nearby: Exact) -> bool:
    """Tell whether a number that the code returns is not the derivative: by exact numbers, and floats agree."""
    name, place = entry
    if name not in pinned.gradients or name in pinned.malformed:
        return False
    (value,) = numbers(pinned.trace, [pinned.gradients[name].nodes[place]], pinned.trace.sample)
    (usual,) = numbers(nearby.seen.trace, [nearby.gradient(name)[place]], nearby.seen.trace.sample)
    if not isinstance(value, Fraction) or not isinstance(usual, Fraction):
        return False
    return bool(_is_apart(value, expected, abs(usual))) and _is_float(value, actual)


def _is_apart(a: Number, b: Number, size: Fraction = Fraction(0)) -> bool | None:
    """Tell whether two numbers differ by more than constants are rounded, beside a size; None where one is unknown."""
    if not isinstance(a, Fraction) or not isinstance(b, Fraction):
        return None
    return abs(a - b) > _ROUNDED * max(abs(a), abs(b), size)


def _lines(entries: Iterable[_Entry]) -> Iterator[dict[_Entry, Fraction]]:
    """Yield lines on which all entries change, each by another number."""
    listed = list(entries)
    for turn in range(len(_STEPS) if len(listed) > 1 else 0):
        yield {
            entry: (-1) ** (i * turn) * Fraction(1 + _STEPS[turn] * (i + 1) % _MODULUS, 64)
            for i, entry in enumerate(listed)
        }


def _number(term: Fraction | flint.arb | None) -> Number:
    if term is None:
        return Unknown.OPEN
    return term if isinstance(term, Fraction) else digits(term)


def _products(seen: Observation) -> tuple[list[int], int]:
    """Return the entries of the outputs, each times its upstream, and their sum."""
    graph = seen.trace
    terms = [
        graph.product(*pair)
        for output, upstream in zip(seen.outputs, seen.upstreams, strict=True)
        for pair in zip(output.nodes, upstream.nodes, strict=True)
    ]
    return terms, graph.total(terms)

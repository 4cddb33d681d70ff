"""Floats judged on whole arrays, at all points and in all formats at once; or left to be judged number by number.

One run of the code on arrays of symbols gives the operations that floats do (`tape.recording`) and, from the same tape,
the exact derivative; both are read at every point. A point is settled here where there is nothing to report but how
exact the floats are: its branches are certain, its exact values known, and every float is what rounding may make of it.
Every fault and every doubt is left to `trials`, which looks at the point again, so that no finding is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.rounding.enclosures import middles, widened
from verify.checks.rounding.faults import OUTSIDE, OVERFLOW, UNSTABLE, kinds, of_the_data
from verify.checks.rounding.formats import DOUBLE, HALF, Format, Formats
from verify.checks.rounding.judge import Judgement, are_plausible, are_sharp, measured, worded
from verify.checks.rounding.pairs import PairReading
from verify.checks.rounding.places import LARGEST_ELSEWHERE, output_name
from verify.checks.rounding.points import SAMPLE, Tried
from verify.checks.rounding.readings import Reading
from verify.checks.rounding.truth import exactly
from verify.model.result import Accuracy
from verify.tape import balls
from verify.tape.sweep import sweep
from verify.tape.tape import ONE, Elements
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import observe
from verify.tracing.symbols.recorded import RecordedTrace

_FEW = 3_000  # points times nodes: up to here single numbers take no longer than arrays
_MOST_RUNS = 8  # of the code, in other regions too
_MOST = 1_000_000  # elements times points that are read at once
_LONG = 500  # numbers in a block on average, from which on pairs of doubles take less time than flint's balls
_PRECISIONS = (128, 320, 1280, 5120)  # bits, where the 64 of extended floats are too few
_NOTHING = np.empty(0, np.int64)
Array = Any
Scales = dict[tuple[str, str], float]


class Quantity(NamedTuple):
    """A gradient, or an output by its number: its elements as floats compute them, and exactly."""

    name: str
    output: int
    shape: tuple[int, ...]
    recorded: Elements
    exact: Elements


@dataclass
class Settled:
    """The rows of points of which nothing else is to be told, by their places, and the largest entries at the sample.

    A format in `open_formats` has its sample left to `trials`, and with it what is measured by it.
    """

    rows: dict[int, list[Accuracy]] = field(default_factory=dict)
    scales: Scales = field(default_factory=dict)
    open_formats: set[str] = field(default_factory=set)


def settled(case: TracedCase, run: Exact, others: Sequence[Exact], tried: Sequence[Tried], seed: int) -> Settled:
    """Judge a run at points, the sample first, as far as that can be done on whole arrays.

    Where the code takes other branches than in the run it is run there once more, as in `places`. Of approximations
    that are accepted, in one of the runs in `others`, this knows nothing.
    """
    result = Settled()
    remaining = dict(enumerate(tried))
    at: Mapping[str, Fraction] = run.seen.trace.sample
    few = len(tried) * len(run.seen.trace) < _FEW
    runs = 0 if few or run.seen.malformed or any(other.accepted for other in [run, *others]) else _MOST_RUNS
    for _ in range(runs):
        try:
            recorded = Recorded(case, run, seed, at)
        except SubjectError:
            break
        if not recorded.quantities:
            break
        outside: dict[int, Tried] = {}
        for piece in _pieces(remaining, recorded.tape.size):
            outside |= _Points(recorded, piece, result).settle()
        if len(run.seen.trace) > LARGEST_ELSEWHERE or not outside or len(outside) == len(remaining):
            break
        remaining, at = outside, exactly(next(iter(outside.values())).point)
    return result


def _pieces(tried: Mapping[int, Tried], size: int) -> Iterator[dict[int, Tried]]:
    """Yield points that are read at once, with their places."""
    step, places = max(1, _MOST // max(1, size)), list(tried)
    for start in range(0, len(places), step):
        yield {place: tried[place] for place in places[start : start + step]}


class Recorded:
    """A run on arrays that records what floats do, with the exact derivative on the same tape."""

    def __init__(self, case: TracedCase, run: Exact, seed: int, at: Mapping[str, Fraction]) -> None:
        self.case, self.run, self.seed, self.trace = case, run, seed, RecordedTrace()
        self.seen = run.seen.again(self.trace)
        observe(case, run.seen.variant, seed, seen=self.seen, at=at)
        self.tape = self.trace.recording
        self.tape.recording = False
        self.quantities = list(self._quantities()) if self._is_plain() else []
        graph = run.seen.trace
        nodes = [node for q in (*run.seen.inputs.values(), *run.seen.upstreams) for node in q.nodes]
        self.names = [graph.payloads[node] for node in nodes if graph.ops[node] == "variable"]
        elements = _joined(q.nodes for q in (*self.seen.inputs.values(), *self.seen.upstreams))
        self.variables = elements[~self.tape.exact(elements)]
        self.fixed = np.zeros(self.tape.size)  # upstreams that the case gives, and what takes no part in a run
        for element in np.unique(elements[self.tape.exact(elements)]).tolist():
            self.fixed[element] = float(self.tape.value(element) or 0)
        self.conditions = _joined(choices.elements for choices in self.trace.choices)
        self._slopes: dict[int, Elements] = {}

    def slopes(self, element: int) -> Elements:
        """Return the derivatives of an element by the variables."""
        if element not in self._slopes:
            self._slopes[element] = sweep(self.tape, np.array([element]), np.array([ONE]), self.variables)
        return self._slopes[element]

    def _is_plain(self) -> bool:
        """Tell whether the run gave what the one on single symbols gave, and reads no memory that nobody wrote to."""
        seen, run = ([(n, q.shape) for n, q in s.gradients.items()] for s in (self.seen, self.run.seen))
        outputs = [q.shape for q in self.seen.outputs] == [q.shape for q in self.run.seen.outputs]
        return seen == run and outputs and not self.trace.buffers and not self.seen.malformed

    def _quantities(self) -> Iterator[Quantity]:
        seen = self.seen
        outputs, upstreams = (_joined(q.nodes for q in side) for side in (seen.outputs, seen.upstreams))
        inputs = [seen.inputs[name].nodes for name in seen.gradients]
        exact = sweep(self.tape, outputs, upstreams, _joined(inputs))
        derivatives = np.split(exact, np.cumsum([len(nodes) for nodes in inputs]))
        for (name, quantity), derivative in zip(seen.gradients.items(), derivatives, strict=False):
            yield Quantity(name, -1, quantity.shape, quantity.nodes, derivative)
        for number, quantity in enumerate(seen.outputs):
            name = output_name(number if seen.several else None, seen.gradients)
            yield Quantity(name, number, quantity.shape, quantity.nodes, quantity.nodes)


def _joined(parts: Any) -> Elements:
    return np.concatenate([_NOTHING, *parts])


class _Points:
    """Points that are judged at once, a column for each."""

    def __init__(self, recorded: Recorded, tried: dict[int, Tried], result: Settled) -> None:
        self.recorded, self.result = recorded, result
        self.places, self.tried = list(tried), list(tried.values())
        listed = [_floats(attempt, recorded.names) for attempt in self.tried]
        self.values = np.array(listed, float).reshape(len(listed), -1).T

    def settle(self) -> dict[int, Tried]:
        """Judge the points whose branches are certain; shorter formats in which they are not are left out.

        Returns the points at which the code may take other branches.
        """
        recorded = self.recorded
        wanted = _joined([recorded.conditions, *(q.recorded for q in recorded.quantities)])
        self.rounded = Reading(recorded.tape, wanted, recorded.variables, self.values, self._formats())
        inside, certain = self._inside(), self._certain()
        outside = {self.places[column]: self.tried[column] for column in np.flatnonzero(~inside).tolist()}
        for column, attempt in enumerate(self.tried):
            if inside[column] and not certain[column] and attempt.numbers is not DOUBLE:
                self.result.rows[self.places[column]] = []
            elif not (inside[column] and certain[column]):
                self._leave_open(attempt)
        self._keep(np.flatnonzero(inside & certain))
        runs = [self._run(column) for column in range(len(self.tried))]
        for place, run in zip(self.places, runs, strict=True):
            if run is None:  # it does not run on floats
                self.result.rows[place] = []
        self._keep(np.flatnonzero([run is not None for run in runs]))
        if self.tried:
            with np.errstate(all="ignore"):  # what is not finite is left to others
                self._judge([run for run in runs if run is not None])
        return outside

    def _leave_open(self, attempt: Tried) -> None:
        if attempt.name == SAMPLE:
            self.result.open_formats.add(attempt.numbers.name)

    def _formats(self) -> list[Format]:
        return [attempt.numbers for attempt in self.tried]

    def _keep(self, columns: Array) -> None:
        """Leave out all other points."""
        if len(columns) < len(self.tried):
            self.places, self.tried = ([listed[c] for c in columns] for listed in (self.places, self.tried))
            self.values = self.values[:, columns]
            self.rounded.keep(columns)

    def _inside(self) -> Array:
        """Tell which points take the branches of the sample for certain."""
        recorded = self.recorded
        if not recorded.conditions.size:
            return np.ones(len(self.tried), bool)
        exact = Reading(recorded.tape, recorded.conditions, recorded.variables, self.values)
        middle, radius = exact.of(recorded.conditions)
        signs = recorded.trace.enclosures.signs(recorded.conditions)[:, None]
        return ((np.abs(middle) > radius) & (np.sign(middle) == signs)).all(axis=0)

    def _certain(self) -> Array:
        middle, radius = self.rounded.of(self.recorded.conditions)
        return (np.abs(middle) > radius).all(axis=0)

    def _run(self, column: int) -> FloatRun | None:
        """Run the code on the floats of a point; None where it does not run."""
        recorded, attempt = self.recorded, self.tried[column]
        floats = recorded.fixed.copy()
        floats[recorded.variables] = self.values[:, column]
        dtype = attempt.numbers.dtype
        try:
            return FloatRun(
                recorded.case, recorded.seen, recorded.seed, {}, dtype, values=lambda quantity: floats[quantity.nodes]
            )
        except SubjectError:
            return None

    def _judge(self, runs: Sequence[FloatRun]) -> None:
        """Judge all quantities; a point is settled where all of them are plain."""
        truth = _Truth(self.recorded, self.values, self.tried, self.result.scales)
        plain = np.ones(len(runs), bool)
        rows: list[list[Accuracy]] = [[] for _ in runs]
        for quantity in self.recorded.quantities:
            floats = [_actual(run, quantity) for run in runs]
            if any(value is None for value in floats):
                return
            judgement, is_known = self._judgement(quantity, np.array(floats), truth)
            plain &= is_known
            are_inherent = partial(self._are_inherent, quantity, judgement)
            plain &= _is_plain(judgement, self.tried, self.rounded.overflows, are_inherent)
            if quantity.output < 0:
                self._measure(quantity, judgement, plain, rows)
        for place, attempt, settled, listed in zip(self.places, self.tried, plain, rows, strict=True):
            if settled and attempt.numbers.name not in self.result.open_formats:
                self.result.rows[place] = listed

    def _judgement(self, quantity: Quantity, floats: Array, truth: _Truth) -> tuple[Judgement, Array]:
        """Return what a quantity is worth at all points, and where that is known."""
        formats, scales = Formats.of(self._formats()), self.result.scales
        keys = [(attempt.numbers.name, quantity.name) for attempt in self.tried]
        before = np.array([scales.get(key, 0.0) for key in keys])
        values, scale, is_known = truth.of(quantity, before)
        middle, radius = self.rounded.of(quantity.recorded)
        enclosed = middle.T, radius.T
        is_known &= are_plausible(values, enclosed)
        for place, (attempt, key) in enumerate(zip(self.tried, keys, strict=True)):
            if attempt.name == SAMPLE and is_known[place]:
                scales[key] = float(scale[place])
            elif attempt.name == SAMPLE:
                self.result.open_formats.add(attempt.numbers.name)
        scale = np.maximum(scale, [scales.get(key, 0.0) for key in keys])
        return measured(formats, floats, values, enclosed, scale[:, None]), is_known

    def _are_inherent(self, quantity: Quantity, judgement: Judgement, columns: Array, entries: Array) -> Array:
        """Tell whether the data explains errors for certain, of an entry at each of some points.

        As `faults` and `blame.condition` have it; the derivative of an entry is read at all its points at once.
        """
        inherent = np.zeros(len(columns), bool)
        for entry in np.unique(entries).tolist():
            chosen = np.flatnonzero(entries == entry)
            inherent[chosen] = self._is_inherent(quantity, judgement, columns[chosen], entry)
        return inherent

    def _is_inherent(self, quantity: Quantity, judgement: Judgement, columns: Array, entry: int) -> Array:
        recorded, numbers = self.recorded, [self.tried[column].numbers for column in columns.tolist()]
        error = judgement.error[columns, entry]
        node = quantity.exact[entry : entry + 1]
        wanted = _joined([recorded.slopes(int(node[0])), node])
        middle, radius = Reading(recorded.tape, wanted, recorded.variables, self.values[:, columns]).of(wanted)
        sizes = np.abs(middle) - radius
        sizes[:-1] *= np.abs(self.values[:, columns])
        condition = np.maximum(sizes, 0).sum(axis=0) * [f.unit for f in numbers]
        explained: Array = np.isfinite(error) & (error <= condition * [of_the_data(f) for f in numbers])
        return explained

    def _measure(self, quantity: Quantity, judgement: Judgement, plain: Array, rows: Sequence[list[Accuracy]]) -> None:
        variant = self.recorded.run.seen.variant.written
        places = np.arange(len(rows)), judgement.worst
        sizes = [part[places] for part in (judgement.actual, judgement.ulps, judgement.error, judgement.bound)]
        for column in np.flatnonzero(plain).tolist():
            attempt, words = self.tried[column], worded(*(size[column] for size in sizes))
            rows[column].append(Accuracy(quantity.name, attempt.numbers.name, attempt.name, *words, variant))


def _floats(attempt: Tried, names: list[str]) -> Array:
    """Return the floats of variables at a point, which mostly has just these, in order."""
    if attempt.variables == names:
        return attempt.floats
    return np.array([attempt.point[name] for name in names], float)


def _actual(run: FloatRun, quantity: Quantity) -> Any:
    """Return the floats of a quantity in order, or None where they are no numbers, or in another shape."""
    outputs = run.output if run.seen.several else [run.output]
    value = run.gradients.get(quantity.name) if quantity.output < 0 else outputs[quantity.output]
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
    return array.ravel() if array.shape == quantity.shape else None


def _is_plain(
    judgement: Judgement,
    tried: Sequence[Tried],
    overflows: Callable[[], Array],
    are_inherent: Callable[[Array, Array], Array],
) -> Array:
    """Tell at which points no fault may be found, nor anything that rounding does not explain.

    In half precision nothing is said of digits, and off the sample nothing of overflow (`faults`). Digits that the data
    takes are no fault either: `are_inherent` tells whether it does, of the entry at a point that loses most. Where
    there is no bound, and something `overflows`, that may be the cause.
    """
    plain: Array = judgement.is_faultless
    points = np.flatnonzero(~plain)
    if points.size:
        there = [tried[point] for point in points.tolist()]
        plain[points] = _have_explained_faults(
            judgement.at(points),
            there,
            lambda: overflows()[points],
            lambda columns, entries: are_inherent(points[columns], entries),
        )
    return plain


def _have_explained_faults(
    judgement: Judgement,
    tried: Sequence[Tried],
    overflows: Callable[[], Array],
    are_inherent: Callable[[Array, Array], Array],
) -> Array:
    """Tell of points with faults which are plain all the same."""
    half = np.array([attempt.numbers is HALF for attempt in tried])
    elsewhere = half & np.array([attempt.name != SAMPLE for attempt in tried])
    faulty, bounded = kinds(judgement), np.isfinite(judgement.bound)
    unexplained = (faulty[OUTSIDE] | (faulty[OVERFLOW] & bounded)).any(axis=-1)
    unstable, unbounded = faulty[UNSTABLE].any(axis=-1), (faulty[UNSTABLE] & ~bounded).any(axis=-1)
    plain: Array = ~unexplained & ~(faulty[OVERFLOW].any(axis=-1) & ~elsewhere)
    doubtful = unbounded & ~elsewhere
    if doubtful.any():
        plain &= ~(doubtful & (overflows() | half))
    columns = np.flatnonzero(plain & unstable & ~half)
    if columns.size:
        worst = np.argmax(np.where(faulty[UNSTABLE], judgement.lost, -1), axis=-1)
        plain[columns] = are_inherent(columns, worst[columns])
    return plain


class _Truth:
    """The exact values at points, a row for each, in balls that are as narrow as the format of the point needs them."""

    def __init__(self, recorded: Recorded, values: Array, tried: Sequence[Tried], scales: Scales) -> None:
        formats = [attempt.numbers for attempt in tried]
        self._recorded, self._values, self._formats = recorded, values, formats
        self._wanted = _joined(q.exact for q in recorded.quantities)
        ends = np.cumsum([0, *(len(q.exact) for q in recorded.quantities)])
        names = (q.name for q in recorded.quantities)
        self._places = {name: slice(*pair) for name, *pair in zip(names, ends[:-1], ends[1:], strict=True)}
        shape = len(formats), len(self._wanted)
        self._middle, self._radius = np.zeros(shape, np.longdouble), np.full(shape, np.inf, np.longdouble)
        self._reach = self._radius.copy()  # without the rounding of the middle, by which digits are lost that are known
        self._digits = np.full(shape, -np.inf)
        self._sharp = np.zeros(shape, bool)
        sample = {attempt.numbers: column for column, attempt in enumerate(tried) if attempt.name == SAMPLE}
        self._samples = np.array([sample.get(numbers, -1) for numbers in formats])  # by which others are measured
        short = np.flatnonzero([numbers is not DOUBLE for numbers in formats])
        if short.size:
            exact = Reading(recorded.tape, self._wanted, recorded.variables, values[:, short])
            self._middle[short], self._radius[short] = (part.T for part in exact.of(self._wanted))
            self._reach[short] = self._radius[short]
        long = np.flatnonzero([numbers is DOUBLE for numbers in formats])
        if long.size and recorded.tape.size * len(long) > _LONG * len(recorded.tape.blocks):
            pairs = PairReading(recorded.tape, self._wanted, recorded.variables, values[:, long])
            self._middle[long], self._reach[long] = (part.T for part in pairs.of(self._wanted))
            self._radius[long] = widened(self._middle[long], self._reach[long])
        self._sharpen(scales)

    def of(self, quantity: Quantity, before: Array) -> tuple[tuple[Array, Array], Array, Array]:
        """Return the values of a quantity, the size of the largest at each point, and where they are known.

        The scale is at least that which was known `before`.
        """
        place = self._places[quantity.name]
        middle, radius = self._middle[:, place], self._radius[:, place]
        with np.errstate(all="ignore"):
            scale = np.maximum(before, np.abs(middle).max(axis=-1, initial=0).astype(float))
            fits = np.isfinite(middle.astype(float)).all(axis=-1)  # others are left to single numbers
        return (middle, radius), scale, self._sharp[:, place].all(axis=-1) & fits

    def _sharpen(self, scales: Scales) -> None:
        """Compute values with more and more bits until they are known."""
        for bits in (*_PRECISIONS, 0):
            for name, place in self._places.items():
                self._sharp[:, place] = self._are_sharp(place, [scales.get((f.name, name), 0.0) for f in self._formats])
            if self._sharp.all() or not bits:
                return
            columns, entries = (np.flatnonzero(~self._sharp.all(axis=axis)) for axis in (1, 0))
            self._refine(columns, entries if bits > _PRECISIONS[0] else np.arange(len(self._wanted)), bits)

    def _are_sharp(self, place: slice, before: Sequence[float]) -> Array:
        formats = Formats.of(self._formats)
        middle, radius, reach = (part[:, place] for part in (self._middle, self._radius, self._reach))
        with np.errstate(all="ignore"):
            lower = np.abs(middle) - radius
            largest = np.max(np.where(np.isfinite(lower), lower, 0), axis=-1, initial=0)
            of_sample = np.where(self._samples < 0, 0, largest[self._samples])
            scale = np.maximum(np.array(before), np.maximum(largest, of_sample))
            return are_sharp(formats, scale[:, None], (middle, reach), self._digits[:, place])

    def _refine(self, columns: Array, entries: Array, bits: int) -> None:
        """Compute some values at some points with so many bits."""
        recorded = self._recorded
        computed = balls.at_points(
            recorded.tape, self._wanted[entries], recorded.variables, self._values[:, columns], bits
        )
        listed = computed.T.ravel().tolist()
        shape, where = (len(columns), len(entries)), np.ix_(columns, entries)
        middle, reach = (part.reshape(shape) for part in middles(listed))
        with np.errstate(invalid="ignore"):
            self._middle[where], self._reach[where], self._radius[where] = middle, reach, widened(middle, reach)
        self._digits[where] = np.array([value.rel_accuracy_bits() for value in listed]).reshape(shape)

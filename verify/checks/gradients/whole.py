"""A variant of a case decided on whole arrays: its gradients are proved on a tape, or nothing is said.

What is not proved here, what the tape cannot follow, and all that has to be explained, is left to the run on scalars
(`traced`): it gives every verdict but this one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache, partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from verify.cases.accounts import Account
from verify.cases.case import TracedCase
from verify.cases.inputs import Real
from verify.cases.samples import nearest_to_zero
from verify.cases.shapes import concrete
from verify.checks.gradients.apart import Search, is_large, most_apart
from verify.checks.gradients.gates import Gates
from verify.checks.gradients.rows import gradient_row
from verify.checks.gradients.spread import Pairs, arrays, marks
from verify.graph.graph import Graph
from verify.model.identity import Place
from verify.model.result import Branch, Comparison, Verdict
from verify.proof.apart import difference_at
from verify.proof.decision import SAME
from verify.proof.identities import as_read, proved
from verify.tape import balls
from verify.tape.decide import Point, Proof, proofs, typed
from verify.tape.enclosures import UNKNOWN, Enclosures
from verify.tape.expand import Expansion
from verify.tape.masks import largest, least
from verify.tape.parts import parts
from verify.tape.sweep import dependent, sweep
from verify.tape.tape import Elements, Mask, distinct
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Quantity, Variant, observe
from verify.tracing.region import NEARER, NEGATED, written
from verify.tracing.symbols.taped import Choices, TapedTrace

_FEW = 30  # entries of the inputs: up to here scalars take no longer than arrays
_ALTERNATIVES = 2  # points beside the sample
_HALVINGS = 12  # of the distance from the sample, for a point of its region
_LOOKED_AT, _BITS = 64, 128  # derivatives that floats know nothing of, and the bits of the balls around them
_NOTHING = np.empty(0, np.int64)
_CLOSE = 2.0**-40  # of the largest entry: far less than what anybody asks of exact values as floats
_FLOAT = 2.0**-52  # relative: a ball as the nearest float
# What floats may differ by from enclosures at the sample: as balls of 16 bits would have it, and 8 times their radius.
_COARSER, _SLACK, _RELATIVE, _LEAST = 2.0**37, 8, 2.0**-13, 2.0**-40


class Whole(NamedTuple):
    """What a run on whole arrays proves: a row for each gradient, the branches, what belongs to the result."""

    rows: list[Comparison]
    region: list[Branch]
    unclaimed: tuple[str, ...]
    draws: bool
    read: Callable[[], dict[str, Any]]  # what `floats` are, which not everybody asks for

    @property
    def floats(self) -> dict[str, Any]:
        """Return the exact gradients at the sample, those that are known to nearly all digits of floats."""
        return self.read()


class Attempt(NamedTuple):
    """What is proved of a run on whole arrays, if it was `made`, and what it computed where it came to its end.

    Where scalars would take too long, what is `refuted` has the rows of right gradients and of wrong ones.
    """

    proved: Whole | None = None
    seen: Observation | None = None
    refuted: Whole | None = None
    made: bool = False
    account: Account | None = None  # of what it computes on floats, where that is wanted

    @property
    def rows(self) -> list[Comparison]:
        """Return the rows of what is proved."""
        return self.proved.rows if self.proved else []

    @property
    def decided(self) -> Whole | None:
        """Return what leaves nothing to a run on scalars, if anything does."""
        return self.proved or self.refuted

    def agrees(self, again: Observation) -> bool:
        """Tell whether another run gives the same numbers at the sample: code may keep some between runs.

        What only the first run gets wrong is seen by no other, and the first is that on the tape.
        """
        if self.seen is None:
            return True
        if len(self.seen.outputs) != len(again.outputs) or self.seen.gradients.keys() != again.gradients.keys():
            return False
        pairs = [*zip(self.seen.outputs, again.outputs, strict=True)]
        pairs += [(quantity, again.gradients[name]) for name, quantity in self.seen.gradients.items()]
        return all(a.shape == b.shape and _overlap(self.seen, a, again, b) for a, b in pairs)


def attempted(case: TracedCase, variant: Variant, seed: int, few: int | None = None) -> Attempt:
    """Try to prove all gradients of a variant on whole arrays; nothing is proved where not all of that can be done.

    Inputs with `few` entries are left to scalars, and so are single ones, of what is compared with an expression.
    """
    if entries(case, variant) <= (_FEW if few is None else few) or case.reference is not None:
        return Attempt()
    seen = Observation(variant, TapedTrace())
    try:
        observe(case, variant, seed, seen=seen)
    except SubjectError:
        return Attempt(made=True)
    trace, sides = _taped(seen), _sides(seen)
    if sides is None:
        return Attempt(seen=seen, made=True)
    exact, actual = sides
    complete = proofs(trace.tape, exact, actual, trace.enclosures, cache(partial(_points, case, seen, seed)), seed)
    open_ = exact != actual
    open_[np.concatenate([_NOTHING, *(proof.pairs for proof in complete)])] = False
    large = open_.any() and is_large(trace.tape, np.concatenate(sides))
    if (open_.any() and not large) or (serving := _serving(case, seen, seed)) is None:
        return Attempt(seen=seen, made=True)
    point, account = serving
    rows = {row.name: row for row in _rows(seen, exact, actual, complete)}
    if large:
        rows.update({row.name: row for row in _Refuting(case, seen, seed, point).rows(exact, actual, open_)})
        if sum(row.failing for row in rows.values()) < np.count_nonzero(open_):
            return Attempt(seen=seen, made=True)
    ordered = [rows[name] for name in case.real if name in rows]  # the code may return them in any order
    floats = cache(lambda: dict(_floats(seen, exact)))
    whole = Whole(ordered, list(_branches(trace, seen.variant)), seen.unclaimed, seen.draws, floats)
    return Attempt(None, seen, whole, made=True) if large else Attempt(whole, seen, made=True, account=account)


def _sides(seen: Observation) -> tuple[Elements, Elements] | None:
    """Return the exact derivatives and the gradients of a run that says something about them."""
    trace = _taped(seen)
    if not seen.gradients or seen.malformed or not _is_plain(trace, seen):
        return None
    inputs = _elements(seen.inputs[name] for name in seen.gradients)
    exact = sweep(trace.tape, _elements(seen.outputs), _elements(seen.upstreams), inputs)
    if not _depends(trace, exact):
        return None  # a constant output is told of, and other samples are tried
    return exact, _elements(seen.gradients.values())


def _floats(seen: Observation, exact: Elements) -> Iterator[tuple[str, Any]]:
    """Yield exact gradients at the sample as floats, where all entries are known to a small part of the largest."""
    end = 0
    for name, quantity in seen.gradients.items():
        start, end = end, end + len(quantity.nodes)
        mid, rad = _taped(seen).enclosures.of(exact[start:end])
        if (rad <= np.abs(mid).max(initial=0) * _CLOSE).all():
            yield name, mid.reshape(quantity.shape)


def _depends(trace: TapedTrace, exact: Elements) -> bool:
    """Tell whether a derivative is known not to be 0 at the sample, in balls where floats with radii say little."""
    signs = trace.enclosures.signs(exact)
    if (signs % UNKNOWN).any():
        return True
    unknown = exact[signs == UNKNOWN][:_LOOKED_AT]
    return any(ball.is_finite() and not ball.contains(0) for ball in balls.at(trace.tape, unknown, None, _BITS))


def _overlap(seen: Observation, quantity: Quantity, again: Observation, other: Quantity) -> bool:
    """Tell whether each number that two runs have computed may be the same, as far as it is known."""
    mid, rad = _taped(seen).enclosures.of(quantity.nodes)
    if isinstance(again.trace, TapedTrace):
        middle, radius = again.trace.enclosures.of(other.nodes)
        with np.errstate(invalid="ignore"):
            apart = np.abs(middle - mid) > rad + radius + np.abs(mid) * _FLOAT  # never of what is not finite
        return not apart.any()
    balls = again.trace.at_samples(other.nodes)
    return all(
        abs(float(ball) - m) <= r + float(ball.rad()) + abs(m) * _FLOAT
        for ball, m, r in zip(balls, mid.tolist(), rad.tolist(), strict=True)
        if ball.is_finite() and r < math.inf
    )


def _taped(seen: Observation) -> TapedTrace:
    assert isinstance(seen.trace, TapedTrace)
    return seen.trace


def entries(case: TracedCase, variant: Variant) -> int:
    """Return how many entries the inputs to differentiate have."""
    shapes = [declared.shape for declared in case.inputs.values() if isinstance(declared, Real)]
    return sum(math.prod(concrete(shape, variant.sizes)) for shape in shapes)


def _elements(quantities: Any) -> Elements:
    return np.concatenate([np.empty(0, np.int64), *(quantity.nodes for quantity in quantities)])


def _is_plain(trace: TapedTrace, seen: Observation) -> bool:
    """Tell whether nothing hangs on an upstream's sign, or on memory that nobody has written to."""
    chosen = [choices.elements for choices in trace.choices]
    if trace.buffers:
        used = [*chosen, _elements(seen.outputs), _elements(seen.gradients.values())]
        if _depend(trace, used, np.concatenate(trace.buffers)):
            return False
    return not _depend(trace, chosen, _elements(seen.upstreams))


def _depend(trace: TapedTrace, elements: Sequence[Elements], variables: Elements) -> bool:
    wanted = np.concatenate([_NOTHING, *elements])
    if not wanted.size or not variables.size or largest(wanted) < least(variables):
        return False  # elements are numbered after what they are computed from
    return bool(dependent(parts(trace.tape, wanted), trace.tape.size, variables)[wanted].any())


def _points(case: TracedCase, seen: Observation, seed: int) -> list[Point]:
    """Return the sample and other points of its region."""
    rng, upstream = random.Random(seed), set(_elements(seen.upstreams).tolist())
    around = [
        _around(case, seen, rng, everything=i > 0 or case.upstream is not None, upstream=upstream)
        for i in range(_ALTERNATIVES)
    ]
    return [{}, *(point for point in around if point is not None)]


def _around(
    case: TracedCase, seen: Observation, rng: random.Random, *, everything: bool, upstream: set[int]
) -> Point | None:
    """Return a point that differs from the sample, as far as the region reaches: to the other side of 0, if it does.

    The field knows no sign of the root of a square; where it has another sign than at the sample, that shows there.
    """
    trace = _taped(seen)
    sample = {element: value for element, value in _sample(trace) if everything or element in upstream}
    moves = {element: Fraction(rng.randrange(-2500, 1000), 1000) for element in sample}
    bounds = _bounds(case, seen)
    for halvings in range(_HALVINGS):
        factor = Fraction(1, 2**halvings)
        point = {
            element: _moved(value, moves[element] * factor, *bounds.get(element, (None, None)))
            for element, value in sample.items()
        }
        if _same_choices(trace, point):
            return point
    return None


def _sample(trace: TapedTrace) -> Iterator[tuple[int, Fraction]]:
    """Yield the variables of a tape and their values at the sample."""
    for block in trace.tape.blocks:
        if block.op == "variable":
            yield from zip(range(block.start, block.stop), block.payload, strict=True)


def _bounds(case: TracedCase, seen: Observation) -> dict[int, tuple[Fraction | None, Fraction | None]]:
    """Return the bounds of the entries of inputs that have any."""
    return {
        element: (real.low, real.high)
        for name, quantity in seen.inputs.items()
        for real in [case.symbolic[name]]
        if real.low is not None or real.high is not None
        for element in quantity.nodes.tolist()
    }


def _moved(value: Fraction, move: Fraction, low: Fraction | None, high: Fraction | None) -> Fraction:
    """Return a value moved by a part of itself, as far as it stays between its bounds."""
    for halvings in range(_HALVINGS):
        moved = value * (1 + move * Fraction(1, 2**halvings))
        if (low is None or moved > low) and (high is None or moved < high):
            return moved
    return value


def _same_choices(trace: TapedTrace, point: Point) -> bool:
    """Tell whether the code chooses at a point as it did at the sample."""
    enclosures = Enclosures(trace.tape, point)
    return all(
        np.array_equal(enclosures.signs(choices.elements), trace.enclosures.signs(choices.elements))
        for choices in trace.choices
    )


def _rows(seen: Observation, exact: Elements, actual: Elements, proofs: Sequence[Proof]) -> Iterator[Comparison]:
    """Return a row for each gradient, with the weakest evidence of its entries."""
    floats = typed(_taped(seen).tape) if proofs else None
    for name, start, end in _spans(seen):
        weakest = next((p for p in reversed(proofs) if ((p.pairs >= start) & (p.pairs < end)).any()), None)
        if weakest is None or floats is None:
            evidence = SAME.evidence
        else:
            places = weakest.pairs[(weakest.pairs >= start) & (weakest.pairs < end)]
            read = as_read(floats(np.concatenate([exact[places], actual[places]])))
            evidence = proved(read, weakest.bits, weakest.laws).evidence
        yield gradient_row(seen, name, Verdict.PROVED, evidence=evidence)


def _spans(seen: Observation) -> Iterator[tuple[str, int, int]]:
    """Yield where the entries of each gradient begin and end among those of all."""
    end = 0
    for name, quantity in seen.gradients.items():
        start, end = end, end + len(quantity.nodes)
        yield name, start, end


class _Refuting:
    """The rows of wrong gradients, at a point at which floats are what the formulas have."""

    def __init__(self, case: TracedCase, seen: Observation, seed: int, point: Point) -> None:
        self.case, self.seen, self.seed, self.point = case, seen, seed, point
        self.trace = _taped(seen)
        self.enclosures = Enclosures(self.trace.tape, point)
        self.place = case.code or case.where
        self.search = Search(self.trace, point, self._groups(), self._holds)

    def rows(self, exact: Elements, actual: Elements, open_: Mask) -> Iterator[Comparison]:
        """Yield the rows of gradients with an entry that is refuted; the other open ones fail with it."""
        for name, start, end in _spans(self.seen):
            if self.case.accuracy is not None or not open_[start:end].any():
                continue
            place = most_apart(self.enclosures, exact[start:end], actual[start:end])
            if place is None or not open_[start + place]:
                continue
            pair = int(exact[start + place]), int(actual[start + place])
            confirmed = partial(self._gives, name, place)
            counterexample = self.search.counterexample(pair, confirmed)
            if counterexample is None:
                continue
            index = tuple(map(int, np.unravel_index(place, self.seen.gradients[name].shape)))
            gates = Gates(self.case, self.seen, self.seed, start + place, _sides)
            first, bounds = self.search.points[-1], _bounds(self.case, self.seen)
            counterexample, point = gates.completed(counterexample, first, pair, bounds, index)
            pairs = Pairs(self.seen.gradients[name].shape, exact[start:end], actual[start:end])
            yield gradient_row(
                self.seen,
                name,
                Verdict.REFUTED,
                evidence=difference_at(1.0),
                counterexample=counterexample,
                failing=int(np.count_nonzero(open_[start:end])),
                index=index,
                # Elsewhere other entries may take other branches.
                arrays=arrays(self.trace, pairs, place, point, counterexample) if point is first else None,
                marks=marks(self.enclosures, pairs, open_[start:end]),
                where=self.place,
            )

    def _groups(self) -> list[Elements]:
        """Return the variables that may be 0, upstreams before inputs; none that has a bound."""
        upstreams = [] if self.case.upstream is not None else self.seen.upstreams
        bounded = _bounds(self.case, self.seen)
        inputs = [quantity.nodes for quantity in self.seen.inputs.values()]
        return [
            np.asarray(nodes)
            for nodes in (*(quantity.nodes for quantity in upstreams), *inputs)
            if int(nodes[0]) not in bounded
        ]

    def _holds(self, point: Point) -> bool:
        return _same_choices(self.trace, point)

    def _gives(self, name: str, place: int, point: Point) -> bool:
        """Tell whether the code on floats gives an entry of a gradient as its formula has it at a point."""
        try:
            run = FloatRun(self.case, self.seen, self.seed, point, noticing=not self.case.backward)
        except SubjectError:
            return False
        self.place = self.case.backward or run.backward or self.place
        quantity, value = self.seen.gradients[name], run.entry(name, place)
        enclosures, elements = Enclosures(self.trace.tape, point), quantity.nodes[place : place + 1]
        return value is not None and _is_given(enclosures, elements, np.array([value]), self.trace.coarser)


def _branches(trace: TapedTrace, variant: Variant) -> Iterator[Branch]:
    """Return the branches of a run by the place in the code."""
    places: dict[Place, list[Choices]] = {}
    for choices in trace.choices:
        places.setdefault(choices.where, []).append(choices)
    for where, group in places.items():
        count = sum(
            len(distinct(np.concatenate([choices.elements for choices in group if choices.relation == relation]))[0])
            for relation in {choices.relation for choices in group}
        )
        yield Branch(where, _text(trace, group[0]), count, variant.written)


def _text(trace: TapedTrace, choices: Choices) -> str:
    first = choices.elements[:1]
    relation = choices.relation if choices.holds[0] else NEGATED[choices.relation]
    graph, element = Graph(), int(first[0])
    if trace.tape.block_of(element).op == "variable":
        node = graph.variable(trace.named([element])[element])
    else:
        variables = [part.numbers.tolist() for part in parts(trace.tape, first) if part.op == "variable"]
        names = trace.named(chain.from_iterable(variables))
        nodes = {variable: graph.variable(name) for variable, name in names.items()}
        [node] = Expansion(trace.tape, graph, nodes).nodes(first)
    return f"{written(graph, node)} {relation} 0"


def _serving(case: TracedCase, seen: Observation, seed: int) -> tuple[Point, Account | None] | None:
    """Return the sample, or a point nearer to 0 where floats overflow there, if floats are what formulas allow.

    With it goes the account of the run at the sample.

    There is none where the code does not run on floats or gives something else; a proof is for both points. What is
    not defined at the sample gives no finite floats either, and is left to scalars.
    """
    trace = _taped(seen)
    try:
        run = FloatRun(case, seen, seed, {})
        if run.overflows() and (point := _nearer(case, seen)) is not None:
            if not _is_defined(seen):
                return None
            run = FloatRun(case, seen, seed, point)
            return None if _is_stray(seen, run, Enclosures(trace.tape, point)) else (point, None)
    except SubjectError:
        return None
    return None if _is_stray(seen, run, trace.enclosures) else ({}, run.account)


def _is_defined(seen: Observation) -> bool:
    """Tell whether all outputs and gradients are defined at the sample, also those of which floats know nothing."""
    trace, elements = _taped(seen), _elements([*seen.outputs, *seen.gradients.values()])
    unknown = elements[np.isinf(trace.enclosures.of(elements)[1])]
    return all(ball.is_finite() for ball in balls.at(trace.tape, unknown, None, _BITS))


def _is_stray(seen: Observation, run: FloatRun, enclosures: Enclosures) -> bool:
    outputs = run.output if seen.several else [run.output]
    pairs = [*zip(seen.outputs, outputs, strict=False)]
    pairs += [(quantity, run.gradients.get(name)) for name, quantity in seen.gradients.items()]
    coarser = _taped(seen).coarser
    return len(outputs) != len(seen.outputs) or any(stray(enclosures, *pair, coarser) for pair in pairs)


def _nearer(case: TracedCase, seen: Observation) -> Point | None:
    """Return the sample with its inputs moved towards 0, or towards their bounds, if the code chooses alike there."""
    trace, bounds = _taped(seen), _bounds(case, seen)
    inputs = set(_elements(seen.inputs.values()).tolist())
    point = {}
    for element, value in _sample(trace):
        if element in inputs:
            middle = nearest_to_zero(*bounds.get(element, (None, None)))
            point[element] = middle + (value - middle) * NEARER if middle else value * NEARER
    return point if _same_choices(trace, point) else None


def stray(enclosures: Enclosures, quantity: Quantity, value: Any, coarser: int) -> bool:
    """Tell whether what came on floats is not what the formulas of a quantity have."""
    try:
        floats = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return True
    return floats.shape != quantity.shape or not _is_given(enclosures, quantity.nodes, floats.ravel(), coarser)


def _is_given(enclosures: Enclosures, elements: Elements, floats: Any, coarser: int) -> bool:
    """Tell whether floats may be what formulas give, by so many bits `coarser` than elsewhere (`floats`)."""
    mid, rad = enclosures.of(elements)
    with np.errstate(all="ignore"):
        width = (rad * _COARSER * _SLACK + np.abs(mid) * _RELATIVE) * 2.0**coarser + _LEAST
        # What is not defined, or too large for an enclosure, has no float that is known to be right.
        return bool(((np.abs(floats - mid) <= width) & (width < np.inf)).all())

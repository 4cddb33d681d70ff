"""Where points lie: a region of the code's branches, with what it computes there, exactly and rounded."""

from __future__ import annotations

from collections.abc import Container, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.rounding.enclosures import Column, Enclosures
from verify.checks.rounding.formats import Format
from verify.checks.rounding.judge import is_sharp
from verify.checks.rounding.points import Point
from verify.checks.rounding.recorder import Recorder
from verify.checks.rounding.truth import Truth, exactly, may_be_zero
from verify.model import identity
from verify.model.identity import NOWHERE
from verify.model.where import as_place
from verify.proof import rationals
from verify.proof.rationals import Real
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.region import pinned
from verify.tracing.symbols.trace import Trace

LARGEST_ELSEWHERE = 5_000  # nodes of a run that is done once more in the region of a point


class Judged(NamedTuple):
    """A gradient or output: what its entries are called, and their nodes in the operations of the code and exactly.

    `output` is the number of an output, -1 for a gradient.
    """

    entry: str
    output: int
    shape: tuple[int, ...]
    recorded: list[int]
    exact: list[int]

    @property
    def is_output(self) -> bool:
        """Tell whether it is an output."""
        return self.output >= 0


class Doubt(NamedTuple):
    """Where the exact value of a gradient is not in its enclosure: `is_certain` but for what exceeds all floats."""

    column: int
    is_certain: bool


def output_name(number: int | None, names: Container[str]) -> str:
    """Return what an output is called in findings, apart from the names of inputs."""
    name = "output" if number is None else f"output {number + 1}"
    return name if name not in names else f"{name} of forward"


class Place:
    """A region that points lie in: a run on symbols there, the operations of the code there, and their enclosures.

    `columns` are the points, all of which have to be there before anything is read. The operations are those that the
    code does when it is told that its inputs are of a `dtype`: some ask for `np.finfo(x.dtype).eps`. `wrong` are the
    gradients whose exact values lie where no rounding takes them.
    """

    def __init__(self, case: TracedCase, run: Exact, seed: int, dtype: Any = Trace.dtype) -> None:
        self.case, self.run, self.seed, self._dtype = case, run, seed, dtype
        self.columns: list[Column] = []
        self._by_type: dict[Format, Place | None] = {}
        self.wrong: dict[str, Doubt] = {}

    @cached_property
    def seen(self) -> Observation:
        """Return the run that records operations: done when it is needed, as points of other regions may be all."""
        return self._followed(Recorder(), self._dtype)

    def _followed(self, trace: Trace, dtype: Any) -> Observation:
        trace.dtype = dtype
        variant = self.run.seen.variant
        return observe(self.case, variant, self.seed, seen=self.run.seen.again(trace), at=self.run.seen.trace.sample)

    @property
    def recorder(self) -> Recorder:
        """Return the operations of the code."""
        assert isinstance(self.seen.trace, Recorder)
        return self.seen.trace

    def take(self, numbers: Format, point: Point) -> int:
        """Return the column of a point that lies here."""
        self.columns.append(Column(numbers, point))
        return len(self.columns) - 1

    @cached_property
    def enclosures(self) -> Enclosures:
        """Return what rounding may do in all columns."""
        nodes = [node for quantity in self.quantities.values() for node in quantity.recorded]
        return Enclosures(self.recorder, [*nodes, *self.recorder.branches], self.columns)

    @cached_property
    def certain(self) -> Any:
        """Return for each column whether rounding decides no branch there."""
        return self.enclosures.certain(self.recorder.branches).all(axis=0)

    def doubtful(self, column: int) -> identity.Place:
        """Return the place of the first branch that rounding may decide there, or nothing.

        Where something overflows on the way, nothing is known of what is asked, and nothing said against it.
        """
        certain = self.enclosures.certain(self.recorder.branches)[:, column]
        finite = np.isfinite(self.enclosures.of(list(self.recorder.branches))[1][:, column])
        doubt = ~certain & finite
        return as_place(*list(self.recorder.branches.values())[int(np.argmax(doubt))]) if doubt.any() else NOWHERE

    @cached_property
    def quantities(self) -> dict[str, Judged]:
        """Return what is judged, by name: the gradients in the shape of their inputs, and the outputs."""
        seen, run = self.seen, self.run.seen
        quantities = {
            name: Judged(name, -1, quantity.shape, quantity.nodes, self.run.reference(name))
            for name, quantity in seen.gradients.items()
            if name not in run.malformed and quantity.shape == run.inputs[name].shape
        }
        for number, (recorded, exact) in enumerate(zip(seen.outputs, run.outputs, strict=True)):
            entry = f"out{number + 1}" if seen.several else "out"
            name = output_name(number if seen.several else None, quantities)
            quantities[name] = Judged(entry, number, recorded.shape, recorded.nodes, exact.nodes)
        return quantities

    @cached_property
    def truth(self) -> Truth:
        """Return the exact values in all columns."""
        nodes = [node for quantity in self.quantities.values() for node in quantity.exact]
        return Truth(self.run.seen.trace, nodes, [column.point for column in self.columns])

    def exact(self, name: str, column: int, scale: float) -> list[flint.arb] | None:
        """Return the exact values of a gradient or output; None where too few of their digits are known."""
        nodes, numbers, truth = self.quantities[name].exact, self.columns[column].format, self.truth
        values = truth.at(nodes, column)
        sharp = is_sharp(numbers, scale)
        if all(sharp(ball) and not may_be_zero(ball) for ball in values):
            return values
        sharp = is_sharp(numbers, max([scale, *(float(abs(ball).lower()) for ball in values if ball.is_finite())]))
        wide = [n for n, ball in zip(nodes, values, strict=True) if not sharp(ball) or may_be_zero(ball)]
        truth.narrow(wide, column, sharp)
        values = truth.at(wide, column)
        certain = any(ball.is_nan() for ball in values) or all(map(sharp, values))
        return truth.at(nodes, column) if certain else None

    def exactly(self, name: str, entry: int, column: int) -> Real:
        """Return the exact value of an entry, with digits that are certain, or as not known."""
        node = self.quantities[name].exact[entry]
        point = exactly(self.columns[column].point)
        return rationals.real(self.run.seen.trace, [node], point)[node]

    def of_type(self, numbers: Format, point: Point) -> Place | None:
        """Return the place of a point for code that asks for the type of its numbers; None where it is not known."""
        if numbers not in self._by_type:
            self._by_type[numbers] = self._of_type(numbers)
        place = self._by_type[numbers]
        return place if place is not None and place.run.region.holds(point) else None

    def _of_type(self, numbers: Format) -> Place | None:
        try:
            place = Place(self.case, self.run, self.seed, numbers.dtype)
            if not _same(place.seen, self.seen):
                place.run = Exact(self.case, self._followed(Trace(), numbers.dtype))
        except SubjectError:
            return None
        return place


def _same(a: Observation, b: Observation) -> bool:
    """Tell whether two runs did the same operations."""
    nodes = [{name: quantity.nodes for name, quantity in seen.gradients.items()} for seen in (a, b)]
    return nodes[0] == nodes[1] and all(
        getattr(a.trace, name) == getattr(b.trace, name) for name in ("ops", "args", "payloads")
    )


def place_of(point: Point, places: list[Place], others: Sequence[Exact]) -> Place | None:
    """Return the place of a point; a run on symbols is done there if none is known, and it is a small one."""
    for place in places:
        if place.run.region.holds(point):
            return place
    case, seen, seed = places[0].case, places[0].run.seen, places[0].seed
    try:
        run = next((other for other in others if other.region.holds(point)), None)
        if run is None and len(seen.trace) <= LARGEST_ELSEWHERE:
            there = observe(case, seen.variant, seed, at={name: Fraction(value) for name, value in point.items()})
            run = None if pinned(there.conditions) else Exact(case, there)
        if run is None or pinned(run.seen.conditions) or not run.region.holds(point):
            return None
        if not run.region.upstream <= point.keys():  # an output has another shape there
            return None
        place = Place(case, run, seed)
        places.extend([place] if place.recorder else [])  # raises where the operations cannot be recorded
    except SubjectError:
        return None
    return places[-1]

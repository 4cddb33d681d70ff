"""The region of a claim: the inputs that take the same branches as the sample, and exact points of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import flint

from verify.cases.samples import nearest_to_zero
from verify.graph import balls, formulas
from verify.graph.formulas import Alphabet
from verify.graph.graph import Graph
from verify.model.exact import within
from verify.model.identity import NOWHERE, SAMPLE, Place, Variant
from verify.model.result import Branch
from verify.tracing.symbols.scalar import RELATIONS
from verify.tracing.symbols.trace import Condition, Trace

if TYPE_CHECKING:
    from verify.cases.case import TracedCase
    from verify.tracing.observe import Observation

Point = Mapping[str, Fraction]
_Asking = tuple[Place, int, int]  # a line, the path that leads there, and a formula
NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
EXACTLY = ("==", "!=")
_BITS = 128
_AROUND = 6
_HALVINGS = (*range(12), 16, 20, 24, 32, 40)  # of the distance from the sample: as thin as floats can tell
NEARER = Fraction(1, 64)  # of the distance from 0: where floats overflow at the sample, they may not do so there
_FIRST = 4  # conditions that are looked at first


class Region:
    """The inputs that decide the branches of a run as its sample does, within the domain of the case."""

    FLOAT_BITS, SHORT_BITS = 40, 16  # of the 53 of float64, of the 24 of float32: what rounding leaves

    def __init__(
        self,
        trace: Trace,
        conditions: Sequence[Condition],
        upstream: Iterable[str],
        bounds: Mapping[str, tuple[Fraction | None, Fraction | None]] | None = None,
    ) -> None:
        self.trace = trace
        self.conditions = conditions
        self.sample = trace.sample
        self.upstream = set(upstream)
        self.bounds = bounds or {}
        self.moved: Sequence[str] = ()  # inputs that were given a value to get to the region

    @classmethod
    def of(cls, case: TracedCase, seen: Observation) -> Self:
        """Return the region of a run, within the domain of its case."""
        names, real = seen.trace.payloads, case.symbolic
        bounds = {
            names[node]: (real[name].low, real[name].high)
            for name, quantity in seen.inputs.items()
            for node in quantity.nodes
            if real[name].low is not None or real[name].high is not None
        }
        region = cls(seen.trace, seen.conditions, [names[node] for node in seen.upstream_nodes], bounds)
        region.moved = list(seen.at)
        return region

    def holds(
        self, point: Point, conditions: Sequence[Condition] | None = None, computed: dict[int, flint.arb] | None = None
    ) -> bool:
        """Tell whether a point lies in the domain and takes every branch as the sample does, or the given ones.

        The values `computed` at the point are added to: regions of one graph ask for much of the same.
        """
        conditions = self.conditions if conditions is None else conditions  # to look at all is less than the run was
        if not all(within(point[name], bounds) for name, bounds in self.bounds.items()):
            return False
        values = {} if computed is None else computed
        with flint.ctx.workprec(_BITS):
            for part in _in_parts(conditions):  # most points outside fail one of the first
                balls.at(self.trace, [condition.node for condition in part], point, values)
                if not all(_as_decided(condition, values[condition.node]) for condition in part):
                    return False
        return True

    @property
    def clear(self) -> bool:
        """Tell whether floats surely take the branches of the sample: balls of fewer bits than floats have decide them.

        The bits that are left out stand for the orders in which code may compute what the graph has in one.
        """
        return self.is_clear(self.sample, self.FLOAT_BITS)

    def is_clear(self, point: Point, bits: int) -> bool:
        """Tell whether balls of some bits decide all branches at a point, to which its numbers are rounded first."""
        with flint.ctx.workprec(bits):
            values = balls.at(self.trace, [c.node for c in self.conditions], point)
            return all(not values[c.node].contains(0) for c in self.conditions)

    def clear_point(self, bits: int, seed: int) -> Point | None:
        """Return a point of the region at which numbers of some bits take its branches, where the sample is none."""
        if self.is_clear(self.sample, bits):
            return None
        return next((point for point in self.points(seed) if self.is_clear(point, bits)), None)

    def reaches(
        self, point: Point, conditions: Sequence[Condition], computed: dict[int, flint.arb] | None = None
    ) -> bool:
        """Tell whether no condition is answered in another way at a point than it was; ties may be."""
        if not all(within(point[name], bounds) for name, bounds in self.bounds.items()):
            return False
        values = {} if computed is None else computed
        with flint.ctx.workprec(_BITS):
            for part in _in_parts(conditions):
                balls.at(self.trace, [condition.node for condition in part], point, values)
                if not all(values[c.node].contains(0) or _as_decided(c, values[c.node]) for c in part):
                    return False
        return True

    def among(self, points: Sequence[Point]) -> list[Point]:
        """Return those of some points that lie in the region; the first does, being the sample."""
        return [point for i, point in enumerate(points) if not i or self.holds(point)]

    def about(self, names: Iterable[str]) -> list[Condition]:
        """Return the conditions that depend on some variables."""
        depending = depends(self.trace, {self.trace.variable(name) for name in names})
        return [condition for condition in self.conditions if condition.node in depending]

    def touched(self, point: Point, conditions: Sequence[Condition]) -> set[int]:
        """Return the nodes of those conditions on whose edge a point may lie: a derivative need not exist there."""
        with flint.ctx.workprec(_BITS):
            values = balls.at(self.trace, [condition.node for condition in conditions], point)
        return {condition.node for condition in conditions if values[condition.node].contains(0)}

    def selecting(self) -> list[str]:
        """Return the inputs that a run was given a value of, to get to the region, and what they were compared with."""
        nodes = [condition.node for condition in self.about(self.moved)] if self.moved else []
        graph = self.trace
        variables = [graph.payloads[node] for node in graph.reach(nodes) if graph.ops[node] == "variable"]
        return [name for name in dict.fromkeys([*self.moved, *variables]) if name in self.sample] if variables else []

    def points(self, seed: int) -> Lazy:
        """Return points of the region: the sample, others upstreams with it, and points around."""
        rng = random.Random(seed)
        makers: list[Callable[[], Point | None]] = [lambda: self.sample]
        makers += [lambda: self._around(rng, self.upstream) for _ in range(2)]
        makers += [lambda: self._around(rng, self.sample) for _ in range(_AROUND)]
        return Lazy(makers)

    def nearer(self) -> Point | None:
        """Return the sample with its inputs moved towards 0, or towards their bounds, if that is in the region."""
        point = {
            name: value if name in self.upstream else middle + (value - middle) * NEARER
            for name, value in self.sample.items()
            for middle in [nearest_to_zero(*self.bounds.get(name, (None, None)))]
        }
        return point if self.holds(point, self.conditions) else None

    def _around(self, rng: random.Random, names: Iterable[str]) -> Point | None:
        """Return a point that differs from the sample in some variables, as far as the region reaches."""
        moves = {name: rng.randrange(-900, 1000) for name in sorted(names)}
        for halvings in _HALVINGS:
            point = _Moved(self.sample, moves, 1000 << halvings)
            if self.holds(point):
                return {name: point[name] for name in self.sample}
        return None


class _Moved(dict[str, Fraction]):
    """A point beside a sample, of which a value is computed when it is asked for: few decide most conditions."""

    def __init__(self, sample: Point, moves: Mapping[str, int], steps: int) -> None:
        super().__init__()
        self._sample, self._moves, self._steps = sample, moves, steps

    def __missing__(self, name: str) -> Fraction:
        value = self._sample[name]
        moved = _moved(value, self._moves[name], self._steps) if name in self._moves else value
        self[name] = moved
        return moved


def _in_parts(conditions: Sequence[Condition]) -> Iterator[Sequence[Condition]]:
    """Return conditions in parts, each twice as long as all before it."""
    start, end = 0, _FIRST
    while start < len(conditions):
        yield conditions[start:end]
        start, end = end, 3 * end


def _moved(value: Fraction, move: int, steps: int) -> Fraction:
    """Return value * (1 + move / steps), reduced once."""
    top, bottom = value.as_integer_ratio()
    return Fraction(top * (steps + move), bottom * steps)


class Lazy(Sequence[Point]):
    """Points that are made when they are asked for; those that could not be made are left out."""

    def __init__(self, makers: Sequence[Callable[[], Point | None]]) -> None:
        self._makers = makers
        self._made: dict[int, Point | None] = {}

    def __len__(self) -> int:
        return len(self._makers)

    def __getitem__(self, index: int) -> Point:  # type: ignore[override]
        """Return a point; the sample stands in for one that could not be made."""
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(index)
        if index not in self._made:
            self._made[index] = self._makers[index]()
        made = self._made[index]
        return self[0] if made is None else made


def _as_decided(condition: Condition, value: flint.arb) -> bool:
    """Tell whether a ball decides a condition, and in the same way."""
    if not value.is_finite():
        return False
    sign = 1 if value > 0 else -1 if value < 0 else 0  # of the whole ball, or 0
    return (bool(sign) or bool(value.is_zero())) and RELATIONS[condition.relation](sign) == condition.holds


def pinned(conditions: Sequence[Condition]) -> Place:
    """Return where a run branched on a tie, which pins its inputs to fewer dimensions, or none."""
    return next((condition.where for condition in conditions if condition.tie), NOWHERE)


def one_sided(runs: Sequence[tuple[Trace, Sequence[Condition], Iterable[int]]]) -> Place:
    """Return where the runs branch on the upstream, by order and not equality, and all to the same side; or nothing.

    A run is its graph, its conditions, and the nodes of its upstream. Sides are the signs of one formula on one path of
    calls: of `d > 1` and `d < 1` one is true, and no run has taken the other side of either for that.
    """
    sides: dict[_Asking, set[int]] = {}
    numbers: dict[tuple[object, ...], int] = {}
    for trace, conditions, upstream in runs:
        if not conditions:
            continue
        depending = depends(trace, set(upstream))
        ordered = [c for c in conditions if c.node in depending and c.relation not in EXACTLY]
        forms = _forms(trace, [condition.node for condition in ordered], numbers)
        signs: dict[_Asking, set[int]] = {}  # in this run, after all that it asks of the formula: `sign` asks twice
        for condition in ordered:
            possible = signs.setdefault((condition.where, condition.path, forms[condition.node]), {-1, 0, 1})
            possible &= {sign for sign in possible if RELATIONS[condition.relation](sign) == condition.holds}
        for question, possible in signs.items():
            sides.setdefault(question, set()).update(possible)
    return next((where for (where, *_), seen_sides in sides.items() if not seen_sides >= {-1, 1}), NOWHERE)


def _forms(graph: Graph, nodes: Sequence[int], numbers: dict[tuple[object, ...], int]) -> dict[int, int]:
    """Return a number for each node that is the same in every run in which the node is the same formula."""
    forms: dict[int, int] = {}
    for number in graph.reach(nodes):
        arguments = frozenset(forms[argument] for argument in graph.args[number])
        form = (graph.ops[number], arguments, graph.payloads[number])
        forms[number] = numbers.setdefault(form, len(numbers))
    return forms


def depends(graph: Graph, sources: set[int]) -> set[int]:
    """Return the nodes that are computed from some."""
    reached = set(sources)
    if reached:
        args = graph.args
        for number in range(min(reached), len(graph)):
            for argument in args[number]:
                if argument in reached:
                    reached.add(number)
                    break
    return reached


def branches(trace: Graph, conditions: Sequence[Condition], variant: Variant = SAMPLE) -> list[Branch]:
    """Return the branches of a run by the place in the code."""
    places: dict[Place, list[Condition]] = {}
    for condition in conditions:
        places.setdefault(condition.where, []).append(condition)
    return [Branch(where, _text(trace, group[0]), len(group), variant) for where, group in places.items()]


def _text(graph: Graph, condition: Condition) -> str:
    relation = condition.relation if condition.holds else NEGATED[condition.relation]
    return f"{written(graph, condition.node)} {relation} 0"


def written(graph: Graph, node: int) -> str:
    """Write the formula of a node with the names of its variables.

    Regions and variants ask for the same formulas again: a text depends on the operations, their arguments and payloads
    in order, the names of variables among them, and on nothing else of a graph.
    """
    order = graph.reach([node])
    if len(order) > _FEW_NODES:
        return _formula(graph, node, order)
    places = {number: place for place, number in enumerate(order)}
    key = tuple((graph.ops[n], tuple(map(places.__getitem__, graph.args[n])), graph.payloads[n]) for n in order)
    if key not in _texts:
        if len(_texts) >= _MOST_TEXTS:
            _texts.clear()
        _texts[key] = _formula(graph, node, order)
    return _texts[key]


def _formula(graph: Graph, node: int, order: Iterable[int]) -> str:
    return formulas.text(graph, node, Alphabet([graph.payloads[i] for i in order if graph.ops[i] == "variable"]))


_FEW_NODES, _MOST_TEXTS = 24, 4096
_texts: dict[tuple[object, ...], str] = {}

"""The operations of a layer whose gradient is wrong, as they are drawn: for people, and no evidence.

The case runs once more on whole arrays, with the line of each operation. What only moves entries (transposes, slices)
is no operation there.
"""

from __future__ import annotations

import linecache
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.gradients.amiss import Flow, amiss
from verify.model.drawings import Operations, Step
from verify.model.result import CaseResult, Comparison, Keep, Verdict
from verify.model.where import as_place, asking_inside
from verify.tape.parts import Part, parts
from verify.tape.tape import Block, Elements
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Quantity, observe
from verify.tracing.symbols.taped import TapedTrace

_LEFT = "the drawing of the layer's operations"
_MOST = 60  # steps that are drawn
_SMALLEST = 1e-300  # of constants that are written
_LONGEST = 80  # signs of a line of source
_CONSTANT = ("constant", "typed")
_LEAVES = ("variable", "pi", *_CONSTANT)
_SIGNS = {"sum": "+", "product": "×", "total": "sum", "matmul": "@"}
_MINUS, _ROOT = Fraction(-1), Fraction(1, 2)
_TURNED = {"−": ("+", "−"), "^-1": ("×", "÷")}  # what adds a negative number subtracts, and so on
Line = tuple[str, int]


class _Placed(list[Block]):
    """The blocks of a tape, with the line that asked for each."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        super().__init__(blocks)
        self.lines: dict[int, Line] = {}

    def append(self, block: Block) -> None:
        """Add a block, and note its line."""
        self.lines[block.start] = asking_inside()
        super().append(block)


class _Operation(NamedTuple):
    """An operation: its sign, what it is computed from, how many entries it has, its line, and a constant beside it."""

    sign: str
    args: tuple[int, ...]
    entries: int
    line: Line
    first: str = ""  # a constant before the sign
    last: str = ""  # or after it

    @property
    def label(self) -> str:
        """Return the sign with its constant."""
        return " ".join(filter(None, (self.first, self.sign, self.last)))


def with_operations(
    case: TracedCase, result: CaseResult, runs: Sequence[Exact], seed: int, keep: Keep = lambda *_: None
) -> CaseResult:
    """Return a result with the operations of a run in which a gradient is refuted, where the tape can follow it.

    What is known goes to `keep` before: the code runs once more.
    """
    rows = [row for row in result.comparisons if row.quantity == "gradient"]
    wrong = [row for row in rows if row.verdict is Verdict.REFUTED]
    pairs = ((row, run) for row in wrong for run in runs if run.seen.variant.written == row.variant)
    row, run = next(pairs, (None, None))
    if row is None or run is None or case.reference is not None:
        return result
    keep(result, _LEFT)
    seen = run.seen.again(TapedTrace())
    trace: Any = seen.trace
    trace.tape.blocks = blocks = _Placed(trace.tape.blocks)
    try:
        observe(case, seen.variant, seed, seen=seen)
    except SubjectError:
        return result
    steps = _Opened(seen, blocks, [other for other in rows if other.variant == row.variant]).steps()
    return replace(result, operations=Operations(row.variant, steps)) if len(steps) <= _MOST else result


class _Opened:
    """The operations of a run on a tape, by the first elements of their blocks."""

    def __init__(self, seen: Observation, blocks: _Placed, rows: Sequence[Comparison]) -> None:
        trace: Any = seen.trace
        self.tape, self.seen, self.lines = trace.tape, seen, blocks.lines
        self.rows = {row.name: row for row in rows if row.name in seen.gradients}
        self.returned = {name: seen.gradients[name].nodes for name in self.rows}
        outputs = _joined(seen.outputs)
        forward, every = (
            {self._start(part): part for part in parts(self.tape, wanted)}
            for wanted in (outputs, np.concatenate([outputs, *self.returned.values()]))
        )
        self.sizes = {start: part.size for start, part in every.items() if part.op not in ("pi", *_CONSTANT)}
        self.output = self._sources([outputs])
        self.ends = {name: self._sources([nodes]) for name, nodes in self.returned.items()}
        made = {start: self._operation(start, part) for start, part in every.items() if part.op not in _LEAVES}
        self.operations = _merged(made, {start for end in (self.output, *self.ends.values()) for start in end})
        self.forward = [start for start in self.operations if start in forward]
        self.backward = [start for start in self.operations if start not in forward]

    def _start(self, part: Part) -> int:
        start: int = self.tape.block_of(part.first).start
        return start

    def _operation(self, start: int, part: Part) -> _Operation:
        sign, constant = self._sign(part)
        line = self.lines.get(start, ("", 0))
        return _Operation(sign, self._sources(part.args), part.size, line, last=constant)

    def _sources(self, arrays: Iterable[Elements]) -> tuple[int, ...]:
        """Return the blocks that arrays are of, without constants."""
        starts = [self.tape.blocks[place].start for array in arrays for place in self.tape.blocks_of(array)]
        return tuple(start for start in dict.fromkeys(starts) if start in self.sizes)

    def _sign(self, part: Part) -> tuple[str, str]:
        """Return the sign of an operation, and the constant that it is done with, if there is one."""
        if part.op == "power":
            return "sqrt" if part.payload == _ROOT else f"^{part.payload}", ""
        sign = _SIGNS.get(part.op, part.op)
        constants = {value for arg in part.args for value in self._constant(arg)}
        if part.op not in ("sum", "product") or len(constants) != 1:
            return sign, ""
        [value] = constants
        return ("−", "") if sign == "×" and value == _MINUS else (sign, written(value))

    def _constant(self, array: Elements) -> list[Fraction | float]:
        """Return the constant that all entries of an array are, if they are one."""
        first = int(array.flat[0])
        block = self.tape.block_of(first)
        return [block.payload[first - block.start]] if block.op in _CONSTANT and (array == first).all() else []

    def steps(self) -> tuple[Step, ...]:
        """Return the steps: inputs, forward, the output, upstreams, backward, the gradients after what makes them."""
        places = {start: as_place(*operation.line) for start, operation in self.operations.items()}
        flow = Flow({start: operation.args for start, operation in self.operations.items()}, self.ends, places)
        faults = amiss(flow, self.rows)
        listing = _Listing()
        for name, quantity in self.seen.inputs.items():
            self._leaf(listing, name, quantity, backward=False)
        for start in self.forward:
            listing.add(self._step(start, faults.parted, listing, wrong=start in faults.wrong, backward=False), start)
        listing.add(Step("output", "out", args=listing.places(self.output)))
        for name, quantity in zip(self.seen.upstream_names, self.seen.upstreams, strict=True):
            self._leaf(listing, name, quantity, backward=True)
        waiting = dict(self.ends)
        for made in (None, *self.backward):
            if made is not None:
                listing.add(self._step(made, faults.parted, listing, wrong=made in faults.wrong, backward=True), made)
            for name in [name for name, end in waiting.items() if listing.has(end)]:
                end = Step("gradient", f"d{name}", args=listing.places(waiting.pop(name)), backward=True)
                listing.add(replace(end, entries=len(self.returned[name]), wrong=name in faults.names))
        return tuple(listing.steps)

    def _leaf(self, listing: _Listing, name: str, quantity: Quantity, *, backward: bool) -> None:
        """List an input or an upstream that is used."""
        for start in self._sources([np.asarray(quantity.nodes)]):
            kind = "upstream" if backward else "input"
            listing.add(Step(kind, name, entries=len(quantity.nodes), backward=backward), start)

    def _step(self, start: int, parted: set[int], listing: _Listing, *, wrong: bool, backward: bool) -> Step:
        operation = self.operations[start]
        return Step(
            "operation",
            operation.label,
            listing.places(operation.args),
            operation.entries,
            as_place(*operation.line),
            linecache.getline(*operation.line).strip()[:_LONGEST],
            backward,
            wrong,
            start in parted,
        )


class _Listing:
    """Steps in their order, and where those that compute something stand among them."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._places: dict[int, int] = {}

    def add(self, step: Step, start: int | None = None) -> None:
        """List a step; what it computes is known by an element."""
        if start is not None:
            self._places[start] = len(self.steps)
        self.steps.append(step)

    def has(self, starts: Iterable[int]) -> bool:
        """Tell whether all of some steps are listed."""
        return all(start in self._places for start in starts)

    def places(self, starts: Iterable[int]) -> tuple[int, ...]:
        """Return where steps stand."""
        return tuple(self._places[start] for start in starts if start in self._places)


def _joined(quantities: Iterable[Quantity]) -> Elements:
    return np.concatenate([np.empty(0, np.int64), *(np.asarray(quantity.nodes) for quantity in quantities)])


def written(value: Fraction | float) -> str:
    """Write a constant with four digits; one that is no float is left out."""
    size = abs(Fraction(value))
    return f"{float(value):.4g}" if not size or _SMALLEST < size < 1 / _SMALLEST else "…"


def _merged(operations: dict[int, _Operation], ends: set[int]) -> dict[int, _Operation]:
    """Return operations with differences and quotients in place of sums with negatives and products with inverses.

    What is among the `ends` is used otherwise too, and so is what several operations use.
    """
    uses = Counter(argument for operation in operations.values() for argument in operation.args)
    merged = dict(operations)
    for start, operation in operations.items():
        for argument in operation.args:
            inner = merged.get(argument)
            if inner is None or inner.first or len(inner.args) > 1 or uses[argument] > 1 or argument in ends:
                continue
            plain, turned = _TURNED.get(inner.sign, ("", ""))
            others = tuple(other for other in operation.args if other != argument)
            if operation.sign == plain and len(others) + bool(operation.last) == 1:
                args = (*others, *inner.args)
                merged[start] = operation._replace(sign=turned, args=args, first=operation.last, last="")
                del merged[argument]
                break
    return merged

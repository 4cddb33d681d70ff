"""What a wrong gradient takes for a constant: something that forward computes, through which nothing flows back.

The exact gradient is derived once more with the nodes of an intermediate array held constant, and that has to be what
was returned, entry by entry. Two arrays are held at once where none explains it alone, such as a mean and a variance.
Most are ruled out by floats, in one sweep back at the sample.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import flint
import numpy as np
from numpy.typing import NDArray

from verify.checks.claims.explain import alike
from verify.checks.claims.suspect import Forward, Intermediate, Suspect
from verify.graph import balls, joints
from verify.graph.adjoints import adjoints, slope
from verify.graph.graph import Graph
from verify.graph.substitution import Rewritten
from verify.proof import field
from verify.proof.field import Laws
from verify.tracing.region import Region

_MOST, _MOST_PAIRED = 40, 10  # arrays that are held, alone and two at once
_MOST_ENTRIES, _MOST_NODES = 200, 5_000
_BITS = 128
_CLOSE = 1e-6  # relative: what floats may be off by


def held_constant(s: Suspect) -> str:
    """Find the arrays of forward that backward ignores, and name them."""
    if not is_looked_at(s):
        return ""
    forward = s.forward()
    if forward is None or not forward.intermediates or not _is_alike(s, forward):
        return ""
    choices: list[Sequence[Intermediate]] = [(array,) for array in forward.intermediates[:_MOST]]
    choices += itertools.combinations(forward.intermediates[:_MOST_PAIRED], 2)
    sweep = Sweep(s, forward)
    explaining = (parts for parts in choices if _explains(s, forward, sweep, _nodes(parts)) and _is_whole(s, parts))
    return next(map(_sentence, explaining), "")


def _is_whole(s: Suspect, parts: Sequence[Intermediate]) -> bool:
    """Tell whether arrays are held in all of their entries: those that a branch passes on as they are make no node.

    Of `abs(x)` at a positive `x` nothing can be held, so a gradient that is right there, and not 0, tells against it.
    """
    lines = {part.place for part in parts}
    conditions = s.region.conditions if isinstance(s.region, Region) else ()
    if not any(condition.where in lines for condition in conditions):
        return True
    right = [a for a, b in zip(s.actual.nodes, s.expected, strict=True) if alike(s.graph, [a], [b])]
    return all(s.graph.value(node) == 0 for node in right)


def is_looked_at(s: Suspect) -> bool:
    """Tell whether a gradient has the shape of its input, and is so small that others can be derived beside it."""
    few = s.fits and bool(s.name) and len(s.expected) <= _MOST_ENTRIES
    return few and len(s.graph.reach([*s.expected, *s.actual.nodes])) <= _MOST_NODES


def _is_alike(s: Suspect, forward: Forward) -> bool:
    """Tell whether forward, made again with nothing folded, has the same outputs."""
    return alike(s.graph, read_forward(s, forward, [output for output, _ in forward.outputs]), s.outputs)


def read_forward(s: Suspect, forward: Forward, nodes: Sequence[int]) -> list[int]:
    """Return nodes of forward, made again, as those of the gradients."""
    values = forward.trace.read(nodes, Rewritten(s.graph))
    return [values[node] for node in nodes]


def _nodes(parts: Sequence[Intermediate]) -> frozenset[int]:
    return frozenset[int]().union(*(part.nodes for part in parts))


def _explains(s: Suspect, forward: Forward, sweep: Sweep, held: Collection[int]) -> bool:
    """Tell whether the gradient is the exact one with some nodes as constants."""
    if not sweep.is_close(held):
        return False
    entries = forward.inputs[s.name]
    shares = adjoints(forward.trace, forward.outputs, entries, held)
    gradient = read_forward(s, forward, [forward.trace.total(shares[node]) for node in entries])
    pairs = list(zip(s.actual.nodes, gradient, strict=True))
    return s.is_(gradient) or all(field.equal(s.graph, pairs, 0, Laws.ROOTS)[0])  # as of 1 / sqrt(var), differentiated


Instead = Mapping[int, tuple[int, int]]  # by node, to which other one its adjoint goes, and times what


class Sweep:
    """The slopes of all operations of forward at the sample, as floats."""

    def __init__(self, s: Suspect, forward: Forward) -> None:
        trace, self._outputs, self._entries = forward.trace, forward.outputs, forward.inputs[s.name]
        order = [node for node in trace.reach([output for output, _ in self._outputs]) if trace.args[node]]
        slopes = {node: slopes_of(trace, node) for node in order}
        at = floats(trace, [*(upstream for _, upstream in self._outputs), *itertools.chain(*slopes.values())], s)
        self._upstream = [at[upstream] for _, upstream in self._outputs]
        self._steps = [(node, trace.args[node], [at[by] for by in slopes[node]]) for node in reversed(order)]
        self._suspect, self._trace = s, trace
        actual = floats(s.graph, s.actual.nodes, s)
        self._actual = np.array([actual[node] for node in s.actual.nodes])

    def is_close(self, held: Collection[int], instead: Instead = MappingProxyType({})) -> bool:
        """Tell whether the gradient with some nodes as constants, or passed by others, may be what was returned."""
        gradient = self._gradient(held, instead)
        finite = np.isfinite(gradient) & np.isfinite(self._actual)
        gradient, actual = gradient[finite], self._actual[finite]
        with np.errstate(over="ignore"):  # of floats of opposite signs, whose difference is beyond all of them
            return bool((np.abs(gradient - actual) <= _CLOSE * np.abs(actual).max(initial=0)).all())

    def _gradient(self, held: Collection[int], instead: Instead) -> NDArray[np.float64]:
        at = floats(self._trace, [by for _, by in instead.values()], self._suspect)
        pending: defaultdict[int, float] = defaultdict(float)
        for (output, _), upstream in zip(self._outputs, self._upstream, strict=True):
            pending[output] += upstream
        for node, arguments, slopes in self._steps:
            if node in instead:
                argument, slope = instead[node]
                pending[argument] += at[slope] * pending[node]
            elif node in pending and node not in held:
                for argument, by in zip(arguments, slopes, strict=True):
                    pending[argument] += by * pending[node]
        return np.array([pending[node] for node in self._entries])


def floats(graph: Graph, nodes: Sequence[int], s: Suspect) -> dict[int, float]:
    """Return the values of nodes at the sample, NaN for what is not known."""
    with flint.ctx.workprec(_BITS):
        values = balls.at(graph, [*dict.fromkeys(nodes)], s.region.sample)
        return {node: float(value.mid()) if value.is_finite() else np.nan for node, value in values.items()}


def slopes_of(graph: Graph, node: int) -> Sequence[int]:
    """Return the derivatives of an operation by its operands, as nodes."""
    op, args = graph.ops[node], graph.args[node]
    if op == "sum":
        return [graph.whole(1)] * len(args)
    if op == "product":
        return args[::-1]
    return joints.derivatives(graph, node) if op in joints.JOINT else [slope(graph, node)]


def _sentence(parts: Sequence[Intermediate]) -> str:
    parts = sorted(parts, key=lambda part: min(part.nodes))
    names, places = (" and ".join(map(str, texts)) for texts in zip(*((p.name, p.place) for p in parts), strict=True))
    verb, them = ("is treated as a constant", "it") if len(parts) == 1 else ("are treated as constants", "them")
    return f"{names} {verb}: what flows back through {them}, at {places}, is missing"

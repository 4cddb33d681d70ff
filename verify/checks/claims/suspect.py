"""A wrong gradient, with what it may have been mistaken for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from verify.cases.wirtinger import DEFAULT, Part
from verify.checks.claims.explain import Sampled, alike
from verify.graph.graph import Graph
from verify.model.identity import Place
from verify.tracing.observe import Quantity

Nodes = Sequence[int]
_MOST_ENTRIES, _MOST_NODES = 64, 20_000  # all of which are read at some fifty points: a second or two


class Intermediate(NamedTuple):
    """An array that forward or backward computes: as it is called in the code, where, and its nodes."""

    name: str
    place: Place
    nodes: frozenset[int]
    depth: int  # of the calls that lead there
    assigned: bool  # whether it has a name, and is no part of an expression


class Forward(NamedTuple):
    """What forward computes: a graph with nothing folded, each entry of its outputs with its upstream, its inputs.

    `intermediates` are the arrays that it computes on its way, small ones first, of a size the outermost ones,
    of these what has a name.
    """

    trace: Graph
    outputs: Sequence[tuple[int, int]]
    inputs: Mapping[str, Sequence[int]]
    intermediates: Sequence[Intermediate]


class Backward(NamedTuple):
    """What backward computes: a graph with nothing folded, the gradients, and the arrays on the way to them."""

    trace: Graph
    gradients: Mapping[str, Sequence[int]]
    intermediates: Sequence[Intermediate]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A wrong gradient with what it may have been mistaken for.

    `shares` are the terms of each entry's exact derivative, one for each use of the input; `others` the exact gradients
    of the other inputs; `output` the nodes of an output of the same shape, `upstream` those of the upstream; `sizes`
    are those of the named dimensions, `resized` returns the gradient with another size of one, if it has any,
    `smaller` that with small sizes of all, and `elsewhere` those at some other inputs. `options` are those that are
    numbers, and `reoptioned` returns the gradient at each other value that the case has of one.
    """

    graph: Graph
    region: Sampled
    shape: tuple[int, ...]
    actual: Quantity
    expected: Nodes
    shares: Sequence[Nodes]
    others: Mapping[str, tuple[tuple[int, ...], Nodes]]
    output: Nodes
    upstream: Nodes
    sizes: Mapping[str, int]
    part: Part | None = None  # of a complex input
    turned: Nodes = ()  # the imaginary halves of upstreams
    convention: str = DEFAULT  # of gradients by complex inputs
    inputs: Mapping[str, tuple[tuple[int, ...], Nodes]] = field(default_factory=dict)  # their shapes and entries
    outputs: Nodes = ()  # all entries of all outputs
    beside: tuple[Nodes, Nodes] = ((), ())  # of an imaginary part, what came as the real one, and what is exact there
    name: str = ""  # of the input
    returned: Mapping[str, Nodes] = field(default_factory=dict)  # what came as the gradients of the other inputs
    named: Mapping[int, str] = field(default_factory=dict)  # the entries of outputs
    forward: Callable[[], Forward | None] = lambda: None  # what it computes on its way
    backward: Callable[[], Backward | None] = lambda: None
    resized: Callable[[str], Suspect | None] = lambda _: None
    smaller: Callable[[], Suspect | None] = lambda: None
    elsewhere: Callable[[], Sequence[Suspect]] = lambda: ()
    options: Mapping[str, Fraction] = field(default_factory=dict)
    reoptioned: Callable[[str], Sequence[Suspect]] = lambda _: ()

    @property
    def fits(self) -> bool:
        """Tell whether the gradient has the shape of its input."""
        return self.actual.shape == self.shape

    @property
    def small(self) -> bool:
        """Tell whether the gradient fits, and has so few entries and nodes that each can be looked at many times."""
        few = self.fits and len(self.expected) <= _MOST_ENTRIES
        return few and len(self.graph.reach([*self.expected, *self.actual.nodes])) <= _MOST_NODES

    def is_(self, nodes: Nodes) -> bool:
        """Tell whether this is what came."""
        return len(nodes) == len(self.actual.nodes) and alike(self.graph, self.actual.nodes, nodes)

    def index(self, place: int) -> list[int]:
        """Return the index of an entry."""
        return [int(i) for i in np.unravel_index(place, self.shape)]

    def nearby(self, changes: Mapping[str, Fraction]) -> Mapping[str, Fraction]:
        """Return the sample with some inputs changed."""
        return {**self.region.sample, **changes}

    def scaled(self, factor: Fraction, nodes: Nodes) -> list[int]:
        """Return nodes times a factor."""
        constant = self.graph.constant(factor)
        return [self.graph.product(constant, node) for node in nodes]

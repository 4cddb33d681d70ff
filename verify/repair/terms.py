"""What a gradient lacks, as one term or two: products of quantities of the code and of sums over axes of such products.

A term is a product of an inner and an outer part. Two vectors are multiples of each other only if the quotient of their
products with two random vectors is the same, so that terms are compared by one number each. What is equal on the floats
of one run is a guess, as every edit is, and the prover judges it: nothing here has to be right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import chain, product
from typing import Any, NamedTuple

import numpy as np

from verify.repair.products import UNIT, Part, factors, matrix_products, products, quotients, stretched, sums

_MOST_ENTRIES = 48  # that are compared
_MOST_FOUND = 8
_SHORT = 4  # what the first of two terms costs at most
_MOST_HITS = 200
_CLOSE = 1e-9
_NUMBERS = (1.0, 2.0, 0.5)
_Shape = tuple[int, ...]


class Term(NamedTuple):
    """A term as source, its sign, and whether it holds a sum; `cost` is how much there is to read."""

    cost: int
    text: str
    minus: bool
    sums: bool


class Terms:
    """All terms of a shape that quantities with some values make; `axes` are those that the code writes."""

    def __init__(self, shape: _Shape, values: Mapping[str, Any], axes: Collection[str] = ()) -> None:
        self._sizes = _sizes(values)
        with np.errstate(all="ignore"):
            self._inner, self._outer = _parts(shape, factors(values), axes)
        self._rows, self._columns = _entries(self._inner, shape), _entries(self._outer, shape)
        self._costs = np.add.outer(_costs(self._inner), _costs(self._outer)).ravel()
        self._probes = np.random.default_rng(0).uniform(1, 2, (2, self._rows.shape[1]))
        self._ends = np.array([(self._rows @ (self._columns * probe).T).ravel() for probe in self._probes])
        quotients_of_ends = _quotient(self._ends)
        self._order = np.argsort(quotients_of_ends)
        self._sorted = quotients_of_ends[self._order]

    def single(self, target: Any) -> list[Term]:
        """Return the terms that equal a target, the shortest first."""
        wanted = _chosen(target)
        start, end = self._between(_quotient(self._probes @ wanted))
        return nsmallest(_MOST_FOUND, set(self._as_terms(self._order[start:end], wanted)))

    def pairs(self, target: Any) -> list[tuple[Term, Term]]:
        """Return two terms that add up to a target, one of them with a sum, the shortest first."""
        wanted = _chosen(target)
        short = np.flatnonzero(self._costs <= _SHORT)
        scales = self._scales(short)
        left = (self._probes @ wanted)[:, None, None] - scales * self._ends[:, None, short]
        start, end = self._between(_quotient(left))
        hits = np.argwhere(start < end)
        hits = hits[np.argsort(self._costs[short[hits[:, 1]]], kind="stable")][:_MOST_HITS]
        both = {
            (min(first, second), max(first, second))
            for number, place in hits
            for pair in [(short[place], scales[number, place], self._order[start[number, place] : end[number, place]])]
            for first, second in self._completed(wanted, *pair)
            if first.sums or second.sums
        }
        return nsmallest(_MOST_FOUND, both, key=lambda pair: (pair[0].cost + pair[1].cost, pair))

    def _completed(self, wanted: Any, first: int, scale: float, others: Any) -> Iterator[tuple[Term, Term]]:
        """Return a term that is scaled, with others that are what is left of a vector without it."""
        for second in self._as_terms(others, wanted - scale * self._vectors(first)):
            for term in self._scaled(first, scale):
                yield term, second

    def _scales(self, places: Any) -> Any:
        """Return the factors that terms may have, in rows: numbers, of sums also over their lengths, of both signs."""
        added = np.array([max(part.added, 1) for part in self._inner])[places // len(self._outer)]
        numbers = np.array(_NUMBERS)[:, None]
        positive = np.concatenate([numbers / np.ones_like(added), numbers / np.where(added > 1, added, np.nan)])
        return np.concatenate([positive, -positive])

    def _between(self, quotient: Any) -> tuple[Any, Any]:
        """Return where the terms with a quotient start and end in their order."""
        off = _CLOSE * abs(quotient)
        return np.searchsorted(self._sorted, quotient - off), np.searchsorted(self._sorted, quotient + off, "right")

    def _vectors(self, places: Any) -> Any:
        inner, outer = np.divmod(places, len(self._outer))
        return self._rows[inner] * self._columns[outer]

    def _as_terms(self, places: Any, wanted: Any) -> Iterator[Term]:
        """Return those terms of which a vector is a multiple, scaled to equal it."""
        places = places[np.argsort(self._costs[places], kind="stable")][:_MOST_FOUND]
        vectors = self._vectors(places)
        scales = vectors @ wanted / (vectors * vectors).sum(axis=1)
        off = abs(vectors * scales[:, None] - wanted).max(axis=1)
        for at in np.flatnonzero(off <= _CLOSE * abs(wanted).max()):
            yield from self._scaled(int(places[at]), float(scales[at]))

    def _scaled(self, place: int, scale: float) -> Iterator[Term]:
        """Return a term with a factor, where that is a small number or a size; a sum over its length is a mean."""
        inner, outer = self._inner[place // len(self._outer)], self._outer[place % len(self._outer)]
        means = inner.text.replace(".sum(", ".mean(")
        ways = [(1.0, inner.text, "", ""), (1 / max(inner.added, 1), means, "", "")]
        for size, text in self._sizes.items():
            ways += [(size, inner.text, text, ""), (1 / size, inner.text, "", text)]
        for (factor, text, times, over), number in product(ways, _NUMBERS):
            if abs(abs(scale) - factor * number) <= _CLOSE * abs(scale):
                above = ["2"] * (number == 2), [outer.text], [text], [times]
                below = [outer.over], [over], ["2"] * (number < 1)
                written = " / ".join([" * ".join(filter(None, chain(*above))) or "1", *filter(None, chain(*below))])
                cost = inner.cost + outer.cost + (number != 1) + bool(times or over)
                yield Term(cost, written, scale < 0, bool(inner.text))
                return


def _parts(shape: _Shape, quantities: Sequence[Part], axes: Collection[str]) -> tuple[list[Part], list[Part]]:
    """Return the inner and outer parts of terms of a shape: sums, and products with quotients."""
    made = list(products(quantities))
    outer = [UNIT, *made, *quotients([UNIT, *made], quantities)]
    fitting = [part for part in outer if stretched([part.value.shape, shape]) == shape]
    return [UNIT, *sums(made, shape, axes), *matrix_products(quantities, shape)], fitting


def _entries(parts: Sequence[Part], shape: _Shape) -> Any:
    return np.array([_chosen(np.broadcast_to(part.value, shape)) for part in parts])


def _chosen(values: Any) -> Any:
    """Return some entries of an array: all of a small one."""
    return values.ravel()[np.linspace(0, values.size - 1, min(values.size, _MOST_ENTRIES)).astype(int)]


def _costs(parts: Sequence[Part]) -> list[int]:
    return [part.cost for part in parts]


def _quotient(ends: Any) -> Any:
    """Return the quotients of two ends; what is 0 has none."""
    with np.errstate(all="ignore"):
        return np.where(abs(ends[1]) > 1e-14, ends[0] / ends[1], np.nan)


def _sizes(values: Mapping[str, Any]) -> dict[float, str]:
    """Return the sizes of arrays as the code would write them."""
    arrays = {name: np.shape(value) for name, value in values.items() if np.shape(value)}
    counted = {float(value): name for name, value in values.items() if isinstance(value, int)}
    axes = {float(size): f"{name}.shape[{axis}]" for name, shape in arrays.items() for axis, size in enumerate(shape)}
    return {size: text for size, text in {**axes, **counted}.items() if size > 1}

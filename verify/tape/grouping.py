"""Small parts of a tape joined into large ones: what code that loops over single entries leaves behind.

Sums of which each is only used in the next become one total. Then elements get a depth, one more than the largest of
their arguments, and those of one depth and one operation become one part. Both are for readings that need no values but
those that are wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from verify.graph.functions import FUNCTIONS
from verify.tape.parts import Part
from verify.tape.tape import Elements

_MANY = 200  # parts, from which on it is worth it
_SMALL = 32  # elements, of a part that is joined with others, and on average
_SUMS = ("sum", "total")
_PAIRS = ("sum", "product")
_NOTHING = np.empty(0, np.int64)


class _Operations(NamedTuple):
    """Elements in order, the code of the operation of each, and arguments, one element after the other."""

    elements: Elements
    codes: Elements
    starts: Elements
    arguments: Elements

    def picked(self, places: Elements) -> tuple[Elements, Elements]:
        """Return the arguments of some of the elements, and where those of each begin."""
        lengths = np.diff(self.starts)[places]
        begins = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        inner = np.arange(lengths.sum()) - np.repeat(begins, lengths)
        return self.arguments[np.repeat(self.starts[places], lengths) + inner], begins


def grouped(parts: list[Part], size: int, wanted: Elements) -> list[Part]:
    """Return parts that give the same wanted elements, of a tape of so many elements, joined where most are small."""
    if len(parts) < _MANY or sum(part.size for part in parts) > _SMALL * len(parts):
        return parts
    small = [part for part in parts if part.size <= _SMALL and _can_be_joined(part)]
    others = [part for part in parts if part.size > _SMALL or not _can_be_joined(part)]
    kinds = list(dict.fromkeys((part.op, part.payload) for part in small if part.op not in _SUMS))
    operations = _operations(small, others, kinds, size, wanted)
    depth = np.zeros(size, np.int64)
    depths = _depths(operations, others, depth)
    joined = _by_depth(operations, [("total", None), ("sum", None), *kinds], depth, [*zip(depths, others, strict=True)])
    return joined if len(joined) < len(parts) else parts


def _can_be_joined(part: Part) -> bool:
    return part.op in ("sum", "product", "power", "total") or part.op in FUNCTIONS


def _operations(
    small: Sequence[Part], others: Sequence[Part], kinds: Sequence[tuple[str, object]], size: int, wanted: Elements
) -> _Operations:
    """Return what small parts compute, sums joined: code 1 is two terms, 0 any number, then come the other kinds."""
    owners, terms = _joined_sums([part for part in small if part.op in _SUMS], [*small, *others], size, wanted)
    places = {kind: number for number, kind in enumerate(kinds, 2)}
    rest = [part for part in small if part.op not in _SUMS]
    codes = np.zeros(size, np.int64)
    for part in rest:
        codes[part.elements] = places[part.op, part.payload]
    owned = [(part.numbers, arg) for part in rest for arg in part.args]
    owners = np.concatenate([owners, *(numbers for numbers, _ in owned)])
    terms = np.concatenate([terms, *(arg for _, arg in owned)])
    order = np.argsort(owners, kind="stable")
    elements, starts = np.unique(owners[order], return_index=True)
    starts = np.append(starts, len(owners))
    codes[elements[(codes[elements] == 0) & (np.diff(starts) == 2)]] = 1
    return _Operations(elements, codes[elements], starts, terms[order])


def _joined_sums(sums: Sequence[Part], parts: Sequence[Part], size: int, wanted: Elements) -> tuple[Elements, Elements]:
    """Return sums and their terms, a pair for each term, without sums that are only a term of another."""
    uses = np.zeros(size, np.int64)
    uses[wanted] = 2
    uses += np.bincount(np.concatenate([_NOTHING, *(a.ravel() for part in parts for a in part.args)]), minlength=size)
    owned = [(_owners(part, arg), arg) for part in sums for arg in part.args]
    owners = np.concatenate([_NOTHING, *(numbers for numbers, _ in owned)])
    terms = np.concatenate([_NOTHING, *(arg for _, arg in owned)])
    within = np.zeros(size, bool)
    within[owners] = True
    inner = within[terms] & (uses[terms] == 1)
    root = np.arange(size)
    root[terms[inner]] = owners[inner]
    while (root[root] != root).any():  # doubles the steps that were taken
        root = root[root]
    return root[owners[~inner]], terms[~inner]


def _owners(part: Part, arg: Elements) -> Elements:
    """Return the sum that each term is one of."""
    if part.op == "sum":
        return part.numbers
    return np.repeat(part.numbers, np.diff(part.payload, append=len(arg)))


def _depths(operations: _Operations, others: Sequence[Part], depth: Elements) -> list[int]:
    """Set the depth of all elements, in order; return those of other parts."""
    at, depth_of = depth.data, depth.data.__getitem__
    arguments, starts = operations.arguments.tolist(), operations.starts.tolist()
    depths: list[int] = []
    firsts = iter([*(part.first for part in others), len(depth)])  # behind the last there is no element
    first, begin = next(firsts), 0
    for element, end in zip(operations.elements.tolist(), starts[1:], strict=True):
        while first < element:
            depths.append(_depth_of_part(others[len(depths)], depth))
            first = next(firsts)
        at[element] = 1 + max(map(depth_of, arguments[begin:end]))
        begin = end
    depths += [_depth_of_part(part, depth) for part in others[len(depths) :]]
    return depths


def _depth_of_part(part: Part, depth: Elements) -> int:
    value = 1 + max((int(depth[arg].max()) for arg in part.args), default=-1)
    depth[part.elements] = value
    return value


def _by_depth(
    operations: _Operations, kinds: Sequence[tuple[str, object]], depth: Elements, others: list[tuple[int, Part]]
) -> list[Part]:
    """Return one part for each depth and operation, and the others in between."""
    depths = depth[operations.elements]
    keys = depths * len(kinds) + operations.codes
    order = np.argsort(keys, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)
    result = list(others)
    for group in groups if len(order) else []:
        op, payload = kinds[operations.codes[group[0]]]
        arguments, begins = operations.picked(group)
        elements, size = operations.elements[group], len(group)
        if op == "total":
            part = Part(op, elements, size, (arguments,), begins)
        elif op in _PAIRS:
            part = Part(op, elements, size, (arguments[::2], arguments[1::2]), payload)
        else:
            part = Part(op, elements, size, (arguments,), payload)
        result.append((int(depths[group[0]]), part))
    return [part for _, part in sorted(result, key=lambda item: item[0])]

"""What has to be read of a tape for some elements: one pass back over its blocks."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, NamedTuple

import numpy as np

from verify.graph.decimals import Decimals
from verify.tape.masks import all_of, any_of
from verify.tape.tape import Block, Elements, Mask, Tape

_LEAVES = ("variable", "constant", "typed")  # whose payload has an entry for each element


class Part(NamedTuple):
    """The needed elements of a block, and what they are computed from; see `Block`.

    A total has its terms as its argument, and as payload where each sum begins. The arguments of a matmul are the
    needed rows and columns.
    """

    op: str
    elements: Elements | slice
    size: int
    args: tuple[Elements, ...] = ()
    payload: Any = None

    @property
    def first(self) -> int:
        """Return the first element."""
        return self.elements.start if isinstance(self.elements, slice) else int(self.elements[0])

    @property
    def numbers(self) -> Elements:
        """Return the elements as an array."""
        if isinstance(self.elements, slice):
            return np.arange(self.elements.start, self.elements.stop, dtype=np.int64)
        return self.elements


def parts(tape: Tape, wanted: Elements, cut: Container[str] = (), done: Mask | None = None) -> list[Part]:
    """Return the parts of the tape that the wanted elements are computed from, in order; nothing below a `cut`.

    Elements that are `done` are left out, and so is what only they need.
    """
    flags = bytearray(tape.size)  # single entries of which are faster to get at
    needed = np.frombuffer(flags, bool)
    needed[wanted] = True
    if done is not None:
        unread = ~done
    result = []
    for block in reversed(tape.blocks):
        if block.size == 1:
            if not flags[block.start] or (done is not None and done[block.start]):
                continue
            part = Part(block.op, block.elements, 1, block.args, block.payload)
        else:
            mask = needed[block.elements] if done is None else needed[block.elements] & unread[block.elements]
            if not any_of(mask):
                continue
            part = _part(block, mask)
        result.append(part)
        if part.op not in cut:
            for arg in part.args:
                if arg.size == 1:
                    flags[arg.item()] = True
                else:
                    needed[arg] = True
    result.reverse()
    return result


def whole(block: Block) -> Part:
    """Return all of a block as a part."""
    return Part(block.op, block.elements, block.size, block.args, block.payload)


def _part(block: Block, mask: Mask) -> Part:
    """Return the needed part of a block."""
    if block.op == "matmul":
        return _of_matmul(block, mask)
    if all_of(mask):
        return Part(block.op, block.elements, block.size, block.args, block.payload)
    picked = np.flatnonzero(mask)
    elements = picked + block.start
    if block.op == "total":
        return _of_totals(block, picked, elements)
    return Part(block.op, elements, len(picked), tuple(arg[picked] for arg in block.args), _payload(block, picked))


def _payload(block: Block, picked: Elements) -> Any:
    if isinstance(block.payload, Decimals):
        return block.payload.take(picked)
    return tuple(block.payload[i] for i in picked.tolist()) if block.op in _LEAVES else block.payload


def _of_totals(block: Block, picked: Elements, elements: Elements) -> Part:
    """Return some of the sums of a block."""
    (terms,), starts = block.args, block.payload
    lengths = lengths_of(starts, len(terms))[picked]
    begins = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    places = np.repeat(starts[picked] - begins, lengths) + np.arange(lengths.sum())
    return Part(block.op, elements, len(picked), (terms[places],), begins)


def _of_matmul(block: Block, mask: Mask) -> Part:
    """Return the needed rows times the needed columns, of each product of which anything is needed."""
    a, b = block.args
    shape = (a.shape[0], a.shape[1], b.shape[2])
    entries = mask.reshape(shape)
    if all_of(entries):
        return Part(block.op, block.elements, block.size, block.args)
    stacks, rows, columns = (np.flatnonzero(entries.any(axis)) for axis in ((1, 2), (0, 2), (0, 1)))
    elements = (np.arange(block.size).reshape(shape) + block.start)[np.ix_(stacks, rows, columns)]
    return Part(block.op, elements.ravel(), elements.size, (a[np.ix_(stacks, rows)], b[stacks][:, :, columns]))


def lengths_of(starts: Elements, end: int) -> Elements:
    """Return how many terms each sum of a `total` has, the last of which ends where all terms do."""
    ends = np.empty_like(starts)
    ends[:-1], ends[-1] = starts[1:], end
    return ends - starts


def any_bits(block: Block | Part, args: Sequence[Elements | Mask]) -> Any:
    """Return the bits that any argument of an element has, for each element of a block or part."""
    if block.op == "total":
        return np.bitwise_or.reduceat(args[0], block.payload)
    if block.op == "matmul":
        rows, columns = (np.bitwise_or.reduce(a, axis, keepdims=True) for a, axis in zip(args, (2, 1), strict=True))
        return (rows | columns).ravel()
    return args[0] if len(args) == 1 else args[0] | args[1]

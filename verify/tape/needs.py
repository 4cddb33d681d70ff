"""Which elements of a tape some others are computed from: most readings compute nothing beside these."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np

from verify.tape.tape import Block, Elements, Mask, Tape

Need = tuple[Block, Elements]


def needs(tape: Tape, elements: Elements, done: Mask) -> list[Need]:
    """Return the blocks that elements are computed from, in order, each with the places in it that are needed.

    `done` tells of each element of the tape whether it is known already; so what only those need is left out.
    """
    wanted = np.zeros(tape.size, bool)
    wanted[elements] = True
    waiting = [-place for place in tape.blocks_of(elements)]
    heapq.heapify(waiting)
    blocks, last = list[Need](), 0
    while waiting:
        place = -heapq.heappop(waiting)
        if blocks and place == last:
            continue
        block, last = tape.blocks[place], place
        places = np.flatnonzero(wanted[block.elements] & ~done[block.elements])
        blocks.append((block, places))
        for arg in arguments(block, places) if places.size else ():
            wanted[arg] = True
            for earlier in tape.blocks_of(arg):
                heapq.heappush(waiting, -earlier)
    return [(block, places) for block, places in reversed(blocks) if places.size]


def arguments(block: Block, places: Elements) -> Iterator[Elements]:
    """Yield the arguments that some places of a block are computed from."""
    if block.op == "total":
        yield block.args[0] if len(places) == block.size else block.args[0][terms(block, places)[0]]
    elif block.op == "matmul":
        left, right = block.args
        rows, columns = entries(block, places)
        yield left.reshape(-1, left.shape[2])[np.unique(rows)]
        yield right.transpose(0, 2, 1).reshape(-1, right.shape[1])[np.unique(columns)]
    else:
        for arg in block.args:
            yield arg[places]


def terms(block: Block, places: Elements) -> tuple[Elements, Elements]:
    """Return where the terms of some sums of a `total` stand, and where each of these sums begins among them."""
    starts = block.payload
    lengths = np.diff(starts, append=len(block.args[0]))[places]
    firsts = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts[places] - firsts, lengths), firsts


def entries(block: Block, places: Elements) -> tuple[Elements, Elements]:
    """Return the row and the column that each entry of a `matmul` multiplies, numbered through the stacks."""
    (_, height, _), (_, _, width) = (arg.shape for arg in block.args)
    rows, columns = np.divmod(places, width)
    return rows, rows // height * width + columns

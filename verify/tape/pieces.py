"""Parts of a tape cut into pieces: what is computed of each stays close to the processor, and is soon thrown away.

A large array that lives for one operation is fresh memory, which the system fills with zeros page by page; that takes
longer than the operation. A piece has room in what the one before has left.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from verify.tape.parts import Part
from verify.tape.tape import Elements

_PIECE = 2**16  # numbers: a few megabytes for all walks


def pieces(part: Part) -> Iterator[Part]:
    """Yield a part in pieces of so many numbers that what is computed of each stays close to the processor."""
    if part.op == "matmul":
        yield from _blocks(part)
        return
    if not part.args or part.args[0].size <= _PIECE:
        yield part
        return
    begin = 0
    while begin < part.size:
        stop = _last_sum(part.payload, begin) if part.op == "total" else begin + _PIECE
        yield _piece(part, begin, min(stop, part.size))
        begin = stop


def _last_sum(starts: Elements, begin: int) -> int:
    """Return the end of the sums from one on that have about as many terms as a piece; of one sum at least."""
    return max(begin + 1, int(starts.searchsorted(starts[begin] + _PIECE)))


def _piece(part: Part, begin: int, stop: int) -> Part:
    elements = part.elements
    if isinstance(elements, slice):
        chosen: Elements | slice = slice(elements.start + begin, elements.start + stop)
    else:
        chosen = elements[begin:stop]
    if part.op != "total":
        return Part(part.op, chosen, stop - begin, tuple(arg[begin:stop] for arg in part.args), part.payload)
    starts, terms = part.payload, part.args[0]
    first, last = starts[begin], starts[stop] if stop < part.size else len(terms)
    return Part(part.op, chosen, stop - begin, (terms[first:last],), starts[begin:stop] - first)


def _blocks(part: Part) -> Iterator[Part]:
    """Yield a matmul in blocks of rows and columns, in which all terms of their products are."""
    a, b = part.args
    shape = a.shape[0], a.shape[1], b.shape[2]
    stacks, rows, columns = _sides_of_block(*shape, a.shape[2])
    if (stacks, rows, columns) == shape:
        yield part
        return
    elements = part.numbers.reshape(shape)
    for s, n, m in product(*map(range, [0, 0, 0], shape, [stacks, rows, columns])):
        block = elements[s : s + stacks, n : n + rows, m : m + columns]
        args = a[s : s + stacks, n : n + rows], b[s : s + stacks, :, m : m + columns]
        yield Part(part.op, _as_slice(block.ravel()), block.size, args, part.payload)


def _as_slice(elements: Elements) -> Elements | slice:
    """Return ascending elements as a slice, if there is none between them: what is written there takes less time."""
    first, last = elements.item(0), elements.item(-1)
    return slice(first, last + 1) if last - first + 1 == elements.size else elements


def slices_of_terms(a: Elements, b: Elements) -> Iterator[tuple[Elements, Elements]]:
    """Yield two stacks of matrices in slices whose products add up to theirs, as large as a piece at most."""
    terms = a.shape[2]
    step = max(1, _PIECE // max(a.shape[0] * a.shape[1], b.shape[0] * b.shape[2]))
    for start in range(0, terms, step):
        yield a[:, :, start : start + step], b[:, start : start + step, :]


def _sides_of_block(stacks: int, rows: int, columns: int, terms: int) -> tuple[int, int, int]:
    """Return how many matrices, rows and columns a block has: sides are halved until all three matrices fit.

    So is that of the terms, which are halved where they are most: a slice of them has as many rows as it has columns.
    """
    while stacks * max(rows * terms, terms * columns, rows * columns) > _PIECE:
        if stacks > 1:
            stacks = -(-stacks // 2)
        elif rows >= max(terms, columns):
            rows = -(-rows // 2)
        elif columns >= terms:
            columns = -(-columns // 2)
        else:
            terms = -(-terms // 2)
    return stacks, rows, columns

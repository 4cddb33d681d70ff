"""The sizes of named dimensions: each has another one, so that a missing transpose or H for W cannot hide.

Further ones, at which a formula is looked at once more, follow from the numbers that the code names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, permutations

from verify.cases.inputs import Input, Integer
from verify.cases.shapes import Sizes
from verify.model.errors import InputError

_NAME = re.compile(r"[^\W\d]\w*")
_SMALLEST = 3  # of the sizes of names: 2 is a factor that formulas have, and would be taken for it
_TURNED = (2, 3, 4, 5)  # sizes that each dimension takes in turn: odd and even, a pair, a square
_TURNS = (1, 0, 3, 2)
SMALL = _TURNED[-1]  # what every dimension takes, whatever the code names


def bindings(inputs: Iterable[Input], sizes: Sizes) -> list[dict[str, int]]:
    """Return the sizes of all named dimensions: each another one, and once more with the first of them 1.

    `sizes` are those that the author of the case has chosen; they stay.
    """
    texts = [text for described_input in inputs for text in _texts(described_input)]
    names = list(dict.fromkeys(name for text in texts for name in _NAME.findall(text)))
    unknown = [name for name in sizes if name not in names]
    if unknown:
        raise InputError(f"a size is given for {unknown[0]!r}, which is in no shape ({', '.join(names) or 'no names'})")
    taken = {*sizes.values(), *(int(n) for text in texts for n in re.findall(r"(?<!\S)\d+(?!\S)", text))}
    free = (size for size in count(_SMALLEST) if size not in taken)
    bound = {name: sizes.get(name) or next(free) for name in names}
    if not names or names[0] in sizes or bound[names[0]] == 1:
        return [bound]
    return [bound, {**bound, names[0]: 1}]


def further(
    inputs: Sequence[Input], sizes: Sizes, named: Sequence[int], apart: Sequence[Sequence[int]] = ()
) -> list[dict[str, int]]:
    """Return more sizes of named dimensions, beside `bindings`, the most telling first.

    Each dimension that the author has left open takes each size from 1 to 5: from 2 on all of them change at a time,
    each to another size; a 1, at which much vanishes, stands alone. Then each alone is as large as a number that the
    code has `named`, and one larger, the others small: a block or window that ends there is passed. So is what
    expressions of sizes tell `apart`, of one dimension or of two.
    """
    base = bindings(inputs, sizes)
    free = [name for name in base[0] if name not in sizes]
    small = {name: 2 + place % 2 for place, name in enumerate(free)}
    turned = [{name: _TURNED[(turn + place) % len(_TURNED)] for place, name in enumerate(free)} for turn in _TURNS]
    alone = [{**small, name: 1} for name in free] + [dict.fromkeys(free, 1)]
    beyond = [
        {**small, name: size}
        for number in named
        if number >= SMALL
        for size in (number + 1, number)
        for name in free
        if size > SMALL
    ]
    beside = [
        {**small, **dict(zip(chosen, values, strict=True))}
        for values in apart
        for chosen in permutations(free, len(values))
    ]
    all_sizes = [{**base[0], **changed} for changed in (*turned, *alone, *beside, *beyond)]
    return (
        [item for place, item in enumerate(all_sizes) if item not in base and item not in all_sizes[:place]]
        if free
        else []
    )


def _texts(description: Input) -> Iterator[str]:
    yield description.shape
    if isinstance(description, Integer):
        yield description.below

"""Losses of all weights in one vector, which the code takes apart by sizes: `cost(params, n_in, n_hidden, X, y)`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from verify.scan import names, shapes
from verify.scan.options import settings
from verify.scan.read import Read
from verify.scan.readings import Reading, called, narrowed
from verify.scan.recipe import Recipe, generator, literal, quoted

_VECTOR = re.compile(r"^(\w*[pP]arams|theta|weights|w)$")
_LIST = re.compile(r"^(dimensions|dims|sizes|layer_sizes|layers)$")
_WIDTHS = (4, 3, 2)  # for sizes in the order of arguments: all different
_LONGEST = 60
_ROWS = {'gradproof.fixed("N 2")': "np.eye(2)[{}]", 'gradproof.fixed("2 N")': "np.eye(2)[:, {}]"}
_DATA = ('gradproof.fixed("N 4")', 'gradproof.fixed("4 N")')
# What stands beside data: targets, labels, and tables of the first two sizes, with a mask of what they have.
_BESIDE = (
    *("N 2", "2 N", "3 4", "4 3", "N"),
    *(f'gradproof.integer("{shape}", below="2")' for shape in ("N", "N 2", "2 N", "3 4", "4 3")),
)


def unrolled(read: Read) -> Iterator[Reading]:
    """Yield a loss with its gradient by a vector: by its length, and shapes of data and targets that fit the sizes."""
    vector = next((name for name in read.needed if _VECTOR.match(name)), "")
    sizes = [name for name in read.needed if shapes.is_size(name) and not settings(name) and name != vector]
    lists = [name for name in read.needed if _LIST.match(name)]
    fixed = {name: f"gradproof.constant({literal(settings(name)[0])})" for name in read.needed if settings(name)}
    fixed |= {name: f"gradproof.constant({width})" for name, width in zip(sizes, _WIDTHS, strict=False)}
    fixed |= {name: f"gradproof.constant({literal([*_WIDTHS])})" for name in lists}
    arrays = [name for name in read.needed if name not in fixed and name != vector]
    if vector and (sizes or lists) and len(sizes) <= len(_WIDTHS) and 0 < len(arrays) < 3:
        write = called(read, "loss")
        beside = [text if text.startswith("gradproof.") else f"gradproof.fixed({quoted(text)})" for text in _BESIDE]
        kinds = [beside if place or names.is_label(name) else [*_DATA, *beside] for place, name in enumerate(arrays)]
        for length, texts in itertools.product(range(1, _LONGEST), itertools.product(*kinds)):
            every = {vector: str(length), **fixed, **dict(zip(arrays, texts, strict=True))}
            domains = [*shapes.domains({name: every[name] for name in read.needed}, [vector])]
            yield narrowed([write(domain) for domain in domains])
            for name in arrays[1:] if texts[-1] in _ROWS else ():
                yield [_of_rows(read, domain, name, _ROWS[texts[-1]]) for domain in domains]


def _of_rows(read: Read, inputs: Mapping[str, str], label: str, rows: str) -> Recipe:
    """Return the case of targets with a single 1 in each row, or in each column."""
    passed = ", ".join(rows.format(name) if name == label else name for name in inputs)
    every = {**inputs, label: 'gradproof.integer("N", below="2")'}
    lines = [f"loss, gradient = {read.candidate.forward}({passed})", "yield loss", "return gradient"]
    return replace(generator(read.candidate, every, lines, upstream=True), narrow=True)

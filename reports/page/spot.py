"""The one point at which a gradient is wrong on an edge or in a hole: a small table, and a mark in the plot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from reports import sides, words
from reports.cells import readable, short
from reports.page.markup import Markup, joined, tag, text
from verify.model.result import Comparison

_KINDS = ("edge", "hole")  # of evidence that is about a point
_LONGEST = 40  # signs of a number


class Mark(NamedTuple):
    """What backward returns for a value of the input, which is no number where it is NaN or infinite."""

    at: float
    actual: str

    @property
    def value(self) -> float | None:
        """Return the number, if it is one."""
        number = float(self.actual)
        return number if math.isfinite(number) else None

    @property
    def words(self) -> str:
        """Return what is said of it."""
        return f"backprop is {self.actual} at {self.at:g}"


def spot(comparison: Comparison) -> Markup | None:
    """Return the table of a gradient that is wrong on an edge or in a hole, None for any other."""
    example = comparison.counterexample
    if example is None or comparison.evidence.kind not in _KINDS:
        return None
    entry = _entry(comparison)
    point, others = ([(n, v) for n, v in example.inputs if (n == entry) is own] for own in (True, False))
    if not point:
        point, others = others, []
    if columns := sides.beside(comparison):
        rest = tag("p", text(columns.rest), class_="quiet") if columns.rest else Markup("")
        return joined(_table(columns.headers, columns.rows), rest, _quiet("at", example.inputs))
    numbers = [short(readable(number), _LONGEST) for number in (example.actual, example.expected)]
    table = _table(("at", words.computed(comparison), "exact"), [[_written(point), *numbers]])
    return joined(table, _quiet("for", others))


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    heads = [tag("th", text(head), scope="col") for head in headers]
    body = [
        tag("tr", tag("th", text(first), scope="row"), *[tag("td", text(c)) for c in cells]) for first, *cells in rows
    ]
    return tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *body), class_="sides")


def _quiet(word: str, inputs: Sequence[tuple[str, str]]) -> Markup:
    return tag("p", text(f"{word} {_written(inputs)}"), class_="quiet") if inputs else Markup("")


def marks(comparisons: Iterable[Comparison]) -> list[Mark]:
    """Return the marks of a layer of one input, of whose entries each is computed alike, for upstreams of 1."""
    return list(dict.fromkeys(mark for comparison in comparisons for mark in _marks(comparison)))


def _marks(comparison: Comparison) -> Iterator[Mark]:
    example = comparison.counterexample
    if example is None or comparison.evidence.kind not in _KINDS or comparison.good:
        return
    inputs, entry = dict(example.inputs), _entry(comparison)
    entries = {_named(comparison.name, index) for index in product(*map(range, comparison.shape))}
    upstreams = [value for name, value in inputs.items() if name not in entries]
    if set(upstreams) <= {"1"} and _is_float(inputs.get(entry, "")) and _is_float(example.actual):
        yield Mark(float(inputs[entry]), example.actual)


def _is_float(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _entry(comparison: Comparison) -> str:
    return _named(comparison.name, comparison.index)


def _named(name: str, index: Sequence[int]) -> str:
    return f"{name}[{','.join(map(str, index))}]" if index else name


def _written(inputs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in inputs)

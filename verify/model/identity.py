"""What a result is about, as fields: a place, a case, a quantity, a variant. Texts are written from these, never read.

Imports how texts are cut, and the standard library. `str` of each is what reports show of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from verify.model.elision import cut_end

_LONGEST_LABELS = 24  # signs of labels that are shown


class Place(NamedTuple):
    """A line of a file, as seen from the working directory: no file for what has none, no line where none is known."""

    file: str = ""
    line: int = 0

    def __bool__(self) -> bool:
        return bool(self.file)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class AsIf:
    """The function whose derivative a case claims in place of that of forward: its name, and its place if known."""

    name: str
    where: Place = NOWHERE

    def __str__(self) -> str:
        return f"{self.name} ({self.where})" if self.where else self.name


class CaseId(NamedTuple):
    """A case: its file, empty for an expression of the command line, and its name."""

    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.file or 'expr'}: {self.name}"


class Shard(NamedTuple):
    """A part of the cases, the `number`th `of` so many: every so manieth of them, beginning with that number."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


class Quantity(NamedTuple):
    """What a comparison or a finding is about, whatever its line, shapes and options: `gradient` of `W`.

    The `kind` is that of a comparison (`gradient`, `value`, `stated`, `case`) or `finding`, which has a `code` too.
    """

    kind: str
    name: str
    code: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, [self.kind, self.code, self.name]))


@dataclass(frozen=True, slots=True)
class Variant:
    """The sizes, options and labels that a case was run with: `N=2, D=3, stride=1, t=[0, 2, 0]`.

    Options and labels are as they are written, for their values are the user's. `str` cuts long labels, which `whole`
    has. What is found `elsewhere` is not about the sample, but about inputs that take other branches.
    """

    sizes: tuple[tuple[str, int], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    elsewhere: bool = False

    def __bool__(self) -> bool:
        return bool(self.sizes or self.options or self.labels or self.elsewhere)

    @property
    def whole(self) -> str:
        """Write the variant with all of its labels, so that they can be typed."""
        return self._with(self.labels)

    def __str__(self) -> str:
        return self._with(tuple((name, cut_end(value, _LONGEST_LABELS)) for name, value in self.labels))

    def _with(self, labels: tuple[tuple[str, str], ...]) -> str:
        values = [f"{name}={value}" for group in (self.sizes, self.options, labels) for name, value in group]
        return ", ".join([*values, *(["in another region"] if self.elsewhere else [])])


SAMPLE = Variant()  # where there is nothing to choose


@dataclass(frozen=True, slots=True)
class Bound:
    """An end of a domain: the relation (`>`, `>=`, `<` or `<=`) that numbers have to its value."""

    relation: str
    value: str

    def __str__(self) -> str:
        return f"{self.relation} {self.value}"


@dataclass(frozen=True, slots=True)
class Argument:
    """An input of a case of arrays, with its dimensions: `x: N D > 0`.

    The `kind` is `real` or, where it is not differentiated, `fixed`, with the bounds of its domain; `whole` for whole
    numbers from 0 to `below`, or `given` for what has one value.
    """

    name: str
    kind: str = "real"
    shape: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()
    below: str = ""

    def __str__(self) -> str:
        if self.kind == "given":
            return f"{self.name}: given"
        shape = " ".join(self.shape) or "scalar"
        if self.kind == "whole":
            return f"{self.name}: {shape} of integers below {self.below}"
        silent = " not differentiated" if self.kind == "fixed" else ""
        return f"{self.name}: {shape}{','.join(f' {bound}' for bound in self.bounds)}{silent}"


@dataclass(frozen=True, slots=True)
class Relation:
    """How two sides that differ are related: what stands on the left, and what around the other one on the right.

    `actual = -expected/2` is `actual` with `-` `before` and `/2` `after`; `alone`, the right side is `before` only, as
    in `expected = 0`. A `note` says why there is no relation.
    """

    left: str = "actual"
    before: str = ""
    after: str = ""
    alone: bool = False
    note: str = ""

    def sides(self, actual: str, expected: str) -> tuple[str, str]:
        """Write the left and the right side, given what the two are called."""
        names = (actual, expected) if self.left == "actual" else (expected, actual)
        return names[0], self.before if self.alone else f"{self.before}{names[1]}{self.after}"

    def text(self, actual: str = "actual", expected: str = "expected") -> str:
        """Write the relation, given what the two sides are called."""
        return self.note or " = ".join(self.sides(actual, expected))

    def __str__(self) -> str:
        return self.text()

"""What reports show of a case: its computational graph, and lines of source."""

from __future__ import annotations

from dataclasses import dataclass

from verify.model.identity import NOWHERE, Place, Variant


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a computational graph: an input, a number, or an operation (its `sign`) on other nodes (`args`).

    `value` is its exact forward value, `exact` the exact derivative of the output with respect to it, empty for a
    number. A sign may have an exponent, its `power`. Where one of `args` is used more than once, `shares` are what
    flows back along each edge, exactly.
    """

    label: str
    sign: str = ""
    args: tuple[int, ...] = ()
    value: str = ""
    exact: str = ""
    shares: tuple[str, ...] = ()
    power: str = ""

    @property
    def operation(self) -> str:
        """Return the sign with its exponent."""
        return f"{self.sign}^{self.power}" if self.power else self.sign


@dataclass(frozen=True, slots=True)
class Graph:
    """A computational graph: its nodes in the order of the computation, and which of them is the output.

    `blamed` is the first wrong node: what comes to it is right, what leaves it is wrong.
    """

    nodes: tuple[Node, ...]
    output: int
    blamed: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a layer: an `input`, an `operation` on arrays, the `output`, an `upstream`, or a returned `gradient`.

    `label` is its name, or the sign of the operation, `args` are the steps that it uses, by their places, `entries` how
    many numbers it has. An operation has its line, as `where` and as `code`. What is `wrong` leads to wrong gradients
    only, and it is `parted` where that begins.
    """

    kind: str
    label: str
    args: tuple[int, ...] = ()
    entries: int = 0
    where: Place = NOWHERE
    code: str = ""
    backward: bool = False
    wrong: bool = False
    parted: bool = False


@dataclass(frozen=True, slots=True)
class Operations:
    """The steps of a layer in a run, each after those that it uses."""

    variant: Variant
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """The derivative of a layer of one input over that input: exact, and as the code returns it, for an upstream of 1.

    `name` is the entry that is moved, all others staying at the sample. A point is the input, the exact derivative and
    the returned one, each to four digits, for a drawing; what is not known is empty. `kinks` are inputs at which the
    code may take another branch.
    """

    name: str
    points: tuple[tuple[str, str, str], ...]
    kinks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of source around a place, the first of them with its number."""

    where: Place
    first: int
    lines: tuple[str, ...]

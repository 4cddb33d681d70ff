"""What the claims of a case are for: the branches that bound them, the regions, the further sizes and labels."""

from __future__ import annotations

from dataclasses import dataclass

from verify.model.identity import SAMPLE, Place, Variant


@dataclass(frozen=True, slots=True)
class Branch:
    """Decisions that the code made at one place: a claim holds for the inputs that decide in the same way.

    `condition` is the first of them as a formula, as it was decided; `count` is how many there were at this place.
    """

    where: Place
    condition: str
    count: int = 1
    variant: Variant = SAMPLE


@dataclass(frozen=True, slots=True)
class Cover:
    """Which part of its domain a case was looked at in: `regions` that were proved, each bounded by branches.

    `unvisited` are the sides of branches that were never reached. `complete` tells that the regions are shown to be all
    that there are, for each of the sizes of the rows, and that no side is unvisited; where it is shown for other sizes
    alone, these are in `variant`. `kinks` says what the code returns where regions meet, as sentences; `untried` says
    what was left out, and which limit of the search was reached.
    """

    regions: int
    complete: bool = False
    variant: Variant = SAMPLE
    unvisited: tuple[Branch, ...] = ()
    kinks: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Further:
    """Which further sizes and labels a formula was `right` at, by name, at one sample each.

    `untried` says which ones, and edges at which ones, were not tried, and why, as sentences. `fixed` are the sizes
    that the case itself fixes: no other size of them was tried, and nothing is claimed for any other.
    """

    right: tuple[tuple[str, tuple[int, ...]], ...] = ()
    untried: tuple[str, ...] = ()
    fixed: tuple[tuple[str, int], ...] = ()

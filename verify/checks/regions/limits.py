"""The limits of the search for regions and edges: each that was reached is told in the report, once."""

from __future__ import annotations

from enum import Enum


class Limit(Enum):
    """A limit that a search has reached, and what was left out for that, in the words of the report."""

    COMBINATIONS = "some combinations of the sides of two or three branches"
    SCANS = "the sides of some branches by a search on floats, of which a case gets 8"
    LONG = "the sides of some branches by a search on floats: their conditions have more than 2,000 operations"
    OFFSETS = "the sides of some branches: at the same line more than 6 numbers or formulas are compared"
    FORMULAS = "the sides of some branches behind others for each formula that may come there"
    TURNS = "the sides of some branches for each turn: after 4 of one call, each built on the one before, all are alike"
    KINDS = "the sides of some branches for each formula: after 6 at the same call, all are alike"
    MISSES = "the edges of some branches: of 8 at the same line none was found"
    SMOOTH = "further edges of some branches: on each of the 4 that were tried, both sides have the same derivative"
    ZEROS = "further zeros of some divisors: 3 of each were visited, and of those that differ from these in entries, 1"
    ENDS = "closed bounds for each entry alone: 3 of each input were moved there, and all of them together"

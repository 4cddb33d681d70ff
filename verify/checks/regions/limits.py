"""The limits of the search for regions and edges: each that was reached is told in the report, once."""

from __future__ import annotations

from enum import Enum


class Limit(Enum):
    """A limit that a search has reached, and what was left out for that, in the words of the report."""

    COMBINATIONS = "some combinations of the sides of two or three branches"
    SCANS = "the sides of some branches by a search on floats: the limit for a case is 8"
    LONG = "the sides of some branches by a search on floats: their conditions have more than 2,000 operations"
    OFFSETS = "the sides of some branches: at the same line more than 6 numbers or formulas are compared"
    FORMULAS = "the sides of some nested branches for each formula that may reach them"
    TURNS = "the sides of some branches in each turn of a loop: those after the 4th are not distinguished"
    KINDS = "the sides of some branches for each formula: those after the 6th at a call are not distinguished"
    MISSES = "the edges of some branches: at one line, no edge was found for 8 of them"
    SMOOTH = "further edges of some branches: on each of the 4 that were tried, both sides have the same derivative"
    ZEROS = "further zeros of some divisors: 3 of each were visited, and 1 that differs only in its entries"
    ENDS = "closed bounds for each entry alone: 3 entries of each input were moved there, then all entries together"

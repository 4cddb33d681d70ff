"""Texts cut to a length: a name with its index, a number or a word is left out whole, never cut in two."""

from __future__ import annotations

import re

_UNIT = re.compile(r"\w(?:[\w.]|(?<=e)[+-])*(?:\[[^\]]*\])?")  # x[0,3], self.dgamma, 1.5e-7, word
_LONGEST_UNIT = 100  # signs before a place, among which the unit begins that the place may cut


def cut_middle(text: str, longest: int) -> str:
    """Return a text of at most so many signs: a longer one without its middle, in the place of which `…` stands."""
    if len(text) <= longest:
        return text
    return f"{text[: _left_of(text, longest // 2 - 1)]}…{text[_right_of(text, len(text) - longest // 2) :]}"


def cut_end(text: str, longest: int) -> str:
    """Return the start of a text, and `…` where it is longer than so many signs."""
    return text if len(text) <= longest else f"{text[: _left_of(text, longest - 1)].rstrip()}…"


def window(text: str, start: int, longest: int) -> str:
    """Return so many signs of a text from about a place on, with `…` for what is left out on either side."""
    start = _right_of(text, start)
    end = start + longest - 2
    return f"…{text[start : _left_of(text, end)]}…" if len(text) > end else f"…{text[start:]}"


def _left_of(text: str, place: int) -> int:
    """Return the start of the unit that a place would cut; the place itself if it cuts none, or all before it."""
    start, _ = _around(text, place)
    return start if start > place // 4 else place


def _right_of(text: str, place: int) -> int:
    _, end = _around(text, place)
    return end if len(text) - end > (len(text) - place) // 4 else place


def _around(text: str, place: int) -> tuple[int, int]:
    """Return where the unit begins and ends that a place cuts in two; twice the place if it cuts none."""
    for unit in _UNIT.finditer(text, max(0, place - _LONGEST_UNIT)):
        if unit.start() >= place:
            break
        if place < unit.end():
            return unit.span()
    return place, place

"""Texts cut to a length: a name with its index, a number or a word is left out whole, unless it takes half of it."""

from __future__ import annotations

import re

_MOST_BRACKETS = 16  # that a text is cut further for
_UNIT = re.compile(r"\w(?:[\w.]|(?<=e)[+-])*(?:\[[^\]]*\])?")  # x[0,3], self.dgamma, 1.5e-7, word


def cut_middle(text: str, longest: int) -> str:
    """Return a text of at most so many signs: a longer one without its middle, in the place of which `…` stands.

    Brackets without their other ones stay there, so that those around them are in pairs: `(a*(b + …))/(…*c)`.
    """
    if len(text) <= longest:
        return text
    for size in range(longest, longest - _MOST_BRACKETS, -1):
        head, _ = _around(text, size // 2 - 1, size // 2)
        _, tail = _around(text, len(text) - size // 2, size // 2)
        shortened = f"{text[:head]}{_left_out(text[head:tail])}{text[tail:]}"
        if len(shortened) <= longest:
            return shortened
    return f"{text[:head]}…{text[tail:]}"


def _left_out(piece: str) -> str:
    """Return what stands for a piece of a text: its brackets that have their other ones outside of it."""
    closing, opening = "", ""
    for sign in piece:
        if sign in "([{":
            opening += sign
        elif sign in ")]}":
            opening, closing = (opening[:-1], closing) if opening else (opening, closing + sign)
    return f"…{closing}{opening}{'…' if opening else ''}"


def cut_end(text: str, longest: int) -> str:
    """Return the start of a text, and `…` where it is longer than so many signs."""
    return text if len(text) <= longest else f"{text[: _around(text, longest - 1, longest // 2)[0]].rstrip()}…"


def cut_at_word(text: str, longest: int) -> str:
    """Return the first words of a text, and `…` where it is longer than so many signs."""
    if len(text) <= longest:
        return text
    head, space, _ = text[:longest].rpartition(" ")
    return f"{head.rstrip(' ,;:(')}…" if space and len(head) > longest // 2 else cut_end(text, longest)


def window(text: str, start: int, longest: int) -> str:
    """Return so many signs of a text from about a place on, with `…` for what is left out on either side."""
    _, start = _around(text, start, longest // 2)
    end = start + longest - 2
    return f"…{text[start : _around(text, end, longest // 2)[0]]}…" if len(text) > end else f"…{text[start:]}"


def _around(text: str, place: int, longest: int) -> tuple[int, int]:
    """Return where the unit begins and ends that a place cuts in two; the place if it cuts none, or a long one."""
    for unit in _UNIT.finditer(text, max(0, place - 2 * longest)):
        if unit.start() >= place:
            break
        if place < unit.end():
            return unit.span() if unit.start() and unit.end() - unit.start() <= longest else (place, place)
    return place, place

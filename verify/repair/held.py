"""What code holds where a gradient is written: the texts of nodes in a run that is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NamedTuple

from verify.exact.recording import Measured, Recorded, Whole, shape_of
from verify.mutation.watching import Place, attributes_of, place_of

_MOST = 20  # entries of a list or a dictionary that are looked at


@dataclass(slots=True)
class Held:
    """What is there in a line of a function: texts of nodes by their ids, of shapes and lengths, and of numbers.

    `settings` are numbers and words, such as the values of options; `ranks` tells how many axes an array has, `floats`
    which ones hold floats; `owner` is the object whose method it is, `attributes` are its own.
    """

    texts: dict[int, str] = field(default_factory=dict)
    shapes: dict[tuple[int, ...], str] = field(default_factory=dict)
    lengths: dict[int, str] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    settings: dict[str, float | str] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    floats: set[str] = field(default_factory=set)
    owner: int = 0
    attributes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, frame: FrameType) -> Held:
        """Return what a frame holds; variables rather than attributes, short names rather than long ones."""
        owner = frame.f_locals.get("self")
        held = cls(owner=id(owner), attributes=frozenset(dir(owner)) if owner is not None else frozenset())
        for text, value in sorted(_everything(frame.f_locals, owner), key=lambda pair: _rank(pair[0])):
            held._take(text, value)
        for text, value in frame.f_globals.items():
            if type(value) in (int, float) and text not in held.numbers:  # as a constant of a module
                held._take(text, value)
        return held

    def _take(self, text: str, value: Any) -> None:
        if isinstance(value, (Recorded, Whole, Measured)):
            if value.node is not None:
                self.texts.setdefault(id(value.node), text)
            if isinstance(value, Recorded):
                self.ranks[text] = len(shape_of(value))
                self.shapes.setdefault(shape_of(value), text)
                self.floats |= {text} if value.dtype.kind == "f" else set()
                for axis, length in enumerate(shape_of(value)):
                    self.lengths.setdefault(length, f"{text}.shape[{axis}]")
        if isinstance(value, (int, float)):
            self.numbers[text] = value
        if isinstance(value, (int, float, str)):
            self.settings[text] = value


class Keeper(NamedTuple):
    """The end of a method in the forward pass: its object, its line, and its variables by the ids of their nodes."""

    owner: int
    place: Place
    line: int
    names: dict[int, str]


@dataclass(slots=True)
class Holdings:
    """What functions hold before some `lines`, one of each; where they do not get there, what they held last."""

    lines: Mapping[Place, int]
    held: dict[Place, Held] = field(default_factory=dict)
    keepers: list[Keeper] = field(default_factory=list)
    _reached: set[Place] = field(default_factory=set)

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """Take part in the call of a function of the user's."""
        return self._local if place_of(frame) is not None else None

    def _local(self, frame: FrameType, event: str, _: Any) -> Any:
        place = place_of(frame)
        if place is not None and place in self.lines:
            if event == "line" and place not in self._reached:
                self.held[place] = Held.of(frame)
                if frame.f_lineno == self.lines[place]:
                    self._reached.add(place)
        elif event == "return" and place is not None and "self" in frame.f_locals:
            self.keepers.append(Keeper(id(frame.f_locals["self"]), place, frame.f_lineno, _arrays(frame.f_locals)))
        return self._local


def _rank(text: str) -> tuple[int, str]:
    """Return what orders texts: variables, then attributes and entries, then entries of attributes."""
    return text.count(".") + text.count("["), text


def _arrays(variables: Mapping[str, Any]) -> dict[int, str]:
    return {
        id(value.node): name
        for name, value in variables.items()
        if isinstance(value, Recorded) and value.node is not None and shape_of(value)
    }


def _everything(variables: Mapping[str, Any], owner: Any) -> Iterator[tuple[str, Any]]:
    """Return what the variables of a function lead to, as it is written there."""
    named = {**variables, **{f"self.{name}": value for name, value in attributes_of(owner).items()}}
    for text, value in named.items():
        yield text, value
        if isinstance(value, (tuple, list)) and len(value) <= _MOST:
            yield from ((f"{text}[{place}]", part) for place, part in enumerate(value))
        elif isinstance(value, dict) and len(value) <= _MOST:
            yield from ((f"{text}[{key!r}]", part) for key, part in value.items() if isinstance(key, (str, int)))

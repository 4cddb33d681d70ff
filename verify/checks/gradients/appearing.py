"""The line at which an array appears that no operation made: zeros, the upstream itself, what forward kept.

A run is followed line by line. After each line of a function of the user's that runs once there is an output, its
variables, and the attributes of these, are asked for arrays with the nodes in question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

from verify.model.where import is_users
from verify.tracing.arrays.arrays import SymbolArray, nodes
from verify.tracing.observe import Observation

Line = tuple[str, int]
_MOST_EVENTS = 20_000  # lines and calls that are followed


class Appearances:
    """The lines at which arrays appear in a run, each told by the nodes of its entries, and by its `shape` if given.

    Of several arrays with these nodes the first counts, or the `last`, as for zeros, of which there are many. One that
    is there when a function begins appears where it is returned, unless another one does.
    """

    def __init__(
        self, run: Observation, wanted: Sequence[int], *, last: bool, shape: tuple[int, ...] | None = None
    ) -> None:
        self.run, self.wanted, self.last, self.shape = run, list(wanted), last, shape
        self.lines: list[Line] = []
        self.returned: list[Line] = []
        self._present: dict[int, SymbolArray] = {}  # by identity, which holds as long as they do
        self._at: dict[FrameType, int] = {}
        self._left = _MOST_EVENTS

    @property
    def line(self) -> Line | None:
        """Return the line at which the array appeared, if it did, and everything was followed."""
        lines = self.lines or self.returned
        return None if not lines or self._left <= 0 else lines[-1 if self.last else 0]

    def follow(self, frame: FrameType, event: str, value: Any) -> Callable[..., Any] | None:
        """Follow a function of the user's: a trace function of `sys.settrace`."""
        if not self.run.outputs or not is_users(frame.f_code.co_filename) or self._left <= 0:
            return None
        self._left -= 1
        if event == "call":
            self._appear(frame.f_locals, None)
        elif frame in self._at:
            self._appear(frame.f_locals, (frame.f_code.co_filename, self._at[frame]))
        self._at[frame] = frame.f_lineno
        if event == "return":
            self._return(value, (frame.f_code.co_filename, self._at.pop(frame)))
        return self.follow

    def _appear(self, variables: dict[str, Any], line: Line | None) -> None:
        """Notice arrays that were not there, at a line."""
        for array in self._among([*variables.values(), *_attributes(variables)]):
            if id(array) not in self._present and line is not None:
                self.lines.append(line)
            self._present[id(array)] = array

    def _return(self, value: Any, line: Line) -> None:
        for array in self._among(value if isinstance(value, (tuple, list)) else [value]):
            (self.returned if id(array) in self._present else self.lines).append(line)
            self._present[id(array)] = array

    def _among(self, values: Sequence[Any]) -> Iterator[SymbolArray]:
        """Yield the arrays among values that have the nodes in question."""
        for value in values:
            if isinstance(value, SymbolArray) and self._is_wanted(value):
                yield value

    def _is_wanted(self, array: SymbolArray) -> bool:
        shaped = array.size == len(self.wanted) and self.shape in (None, array.shape)
        return shaped and [*nodes(array)] == self.wanted


def _attributes(variables: dict[str, Any]) -> list[Any]:
    """Return the attributes of the objects among variables, as far as they are told without running code."""
    owners = [vars(value) for value in variables.values() if type(getattr(value, "__dict__", None)) is dict]
    return [value for owner in owners if len(owner) < 100 for value in owner.values()]

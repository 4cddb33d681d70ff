"""The line of the user's that computed a node, for a message: the run is made once more for it."""

from __future__ import annotations

from typing import Any

from verify.cases.case import TracedCase
from verify.model.identity import NOWHERE, Place
from verify.model.where import asked_at
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.symbols.trace import Trace


class _Watching(Trace):
    """A trace that notices which line makes one of its nodes."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number, self.line = number, NOWHERE

    def _new(self, op: str, args: tuple[int, ...] = (), payload: Any = None) -> int:
        made = super()._new(op, args, payload)
        if made == self._number:
            self.line = asked_at()
        return made


def line_of(case: TracedCase, seen: Observation, node: int) -> Place:
    """Return the line that computed a node of a run; nothing where another run of it has other nodes."""
    trace = _Watching(node)
    try:
        observe(case, seen.variant, 0, seen=seen.again(trace), at=seen.at)
    except SubjectError:
        return NOWHERE
    is_same = 0 <= node < len(trace) and trace.node(node) == seen.trace.node(node)
    return trace.line if is_same else NOWHERE

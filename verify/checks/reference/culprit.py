"""Where the function is that gave a wrong gradient, found by what it was given and what it returned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any, NamedTuple

from verify.cases.case import ExpressionCase
from verify.checks.reference import runs
from verify.model.identity import NOWHERE, Place
from verify.model.profiling import profiled
from verify.model.result import Comparison, Graph
from verify.model.where import as_place, is_users
from verify.tracing.following import SubjectError

_WORDS = ("back", "grad")  # in the name of a function that goes back


class _Call(NamedTuple):
    """A call of a function of the user's that is over."""

    name: str
    place: tuple[str, int]
    arguments: tuple[Any, ...]
    returned: tuple[Any, ...]


def placed(case: ExpressionCase, graph: Graph | None, comparisons: Sequence[Comparison]) -> Sequence[Comparison]:
    """Return comparisons, those that the blamed node gets wrong with the file and the line of its `backward`."""
    if graph is None or graph.blamed is None:
        return comparisons
    nodes = graph.nodes
    wrong = {nodes[i].label for i in nodes[graph.blamed].args}
    gradients = {c.name: float(c.actual) for c in comparisons if c.quantity == "gradient" and c.actual}
    upstream = gradients.get(nodes[graph.blamed].label)
    bad = [c for c in comparisons if c.quantity == "gradient" and c.name in wrong and not c.good]
    if upstream is None or not bad:
        return comparisons
    where = _place(case, upstream, [gradients[c.name] for c in bad])
    return [replace(c, where=where) if c in bad else c for c in comparisons]


def _place(case: ExpressionCase, upstream: float, returned: Sequence[float]) -> Place:
    """Return where the function starts that was given one number, and returned others; or nothing."""
    with _watched() as calls:
        try:
            runs.on_floats(case)
        except SubjectError:
            return NOWHERE
    backward = [call for call in calls if any(word in call.name.lower() for word in _WORDS)]
    matching = [c for c in backward if upstream in c.arguments and all(number in c.returned for number in returned)]
    return as_place(*matching[0].place) if matching else NOWHERE


@contextmanager
def _watched() -> Iterator[list[_Call]]:
    """Collect the calls of the user's functions."""
    calls: list[_Call] = []

    def notice(frame: FrameType, event: str, returned: Any) -> None:
        code = frame.f_code
        if event == "return" and is_users(code.co_filename):
            arguments = tuple(_numbers([frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount]]))
            results = tuple(_numbers(returned if isinstance(returned, (tuple, list)) else [returned]))
            calls.append(_Call(code.co_name, (code.co_filename, code.co_firstlineno), arguments, results))

    with profiled(notice):
        yield calls


def _numbers(values: Sequence[Any]) -> list[float]:
    return [float(value) for value in values if isinstance(value, (int, float))]

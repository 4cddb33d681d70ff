"""Inputs that only decide branches: a derivative that is 0 in each region, and whole numbers declared as real ones.

`x.astype(int)`, `x.long()`, `np.argmax(x)` and comparisons are constant but where they jump. So a gradient of 0 is
right, and says nothing of whoever meant x to have a part in it, or to hold labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation
from verify.tracing.operands import real_index

_NOTE = (
    "the output depends on {0} by the branches alone that {0} decides, in all regions that were checked, as by "
    "astype(int), long(), argmax or a comparison: every derivative with respect to {0} is 0 there; if {0} holds whole "
    "numbers, describe it by gradproof.integer"
)
_MADE = "; the code makes whole numbers of {}"
_TAKEN = "; entries are taken by {}, which is described as real"
_WRITE = ": if it holds whole numbers, describe it by gradproof.integer({!r}, below=...)"


def notes(runs: Sequence[Exact]) -> list[str]:
    """Name the inputs of which gradients are claimed, and which the output depends on by branches alone in all runs.

    Runs of all regions belong here: in one region alone, the smaller operand of a maximum decides branches only.
    """
    followed = [run for run in runs if run.followed]
    if not followed or all(run.constant for run in followed):
        return []
    claimed = dict.fromkeys(name for run in followed for name in run.seen.gradients)
    return [_NOTE.format(name) for name in claimed if _only_decides([run.seen for run in followed], name)]


@contextmanager
def hinting(case: TracedCase, seen: Observation) -> Iterator[None]:
    """Say of what the code raises which input it has made whole numbers of before."""
    try:
        yield
    except SubjectError as problem:
        if problem.broken:
            problem.args = (f"{problem}{_hint(case, seen, real_index(problem.__cause__))}",)
        raise


def _hint(case: TracedCase, seen: Observation, index: str) -> str:
    """Say which input is used as an `index`, or the code has made whole numbers of, before it raised an exception."""
    if index in case.inputs:
        return _TAKEN.format(index) + _WRITE.format(case.inputs[index].shape)
    rounded = {node for node, _ in seen.trace.steps.values()}
    names = [name for name in seen.inputs if name in case.inputs and rounded and _reaches(seen, rounded, name)]
    return _MADE.format(names[0]) + _WRITE.format(case.inputs[names[0]].shape) if names else ""


def _only_decides(runs: Sequence[Observation], name: str) -> bool:
    """Tell whether conditions of runs depend on an input, and no output does."""
    outputs = [[node for quantity in seen.outputs for node in quantity.nodes] for seen in runs]
    if any(_reaches(seen, nodes, name) for seen, nodes in zip(runs, outputs, strict=True)):
        return False
    return any(_reaches(seen, [condition.node for condition in seen.conditions], name) for seen in runs)


def _reaches(seen: Observation, nodes: Iterable[int], name: str) -> bool:
    return name in seen.inputs and not set(seen.inputs[name].nodes).isdisjoint(seen.trace.reach([*nodes]))

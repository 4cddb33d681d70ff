"""Run a layer on real arrays as its users do, and find the contracts that it breaks."""

from __future__ import annotations

from collections.abc import Sequence

from verify.contracts import history, memory, whole
from verify.contracts.drive import Rewind, driving
from verify.contracts.trial import Check, Trial
from verify.expressions.runs import SubjectError, following
from verify.gradients.claims import Exact
from verify.result import CaseResult, Comparison, Finding
from verify.subjects.cases import TracedCase

_MOST = 4  # variants of a case that are run: one of each choice of options

_CHECKS: tuple[Check, ...] = (
    history.instances,  # first: the other checks leave traces in what layers share
    whole.shapes,
    whole.order,
    whole.linear,
    memory.overwritten_by_layers,
    memory.overwritten,
    memory.outputs_overwritten,
    memory.aliases_of_layers,
    memory.aliases,
    memory.caches,
    history.stepping,
    history.second_backward,
    history.accumulating,
    history.same_forward,
    history.other_inputs,
    history.other_batches,
    history.modes,
    whole.precision,
)

_SAID_ONCE = (memory.overwritten, memory.aliases, history.stepping)  # what is known by its name is not said again
_FOLLOWS = {"GP111": "GP110"}  # what is said once: another batch is other inputs as well


def contracts(case: TracedCase, result: CaseResult, runs: Sequence[Exact], seed: int) -> list[Finding]:
    """Return the contracts that a layer breaks, each code once for a name."""
    found: dict[tuple[str, str], Finding] = {}
    with driving(seed) as rewind:
        for trial in _trials(case, result, runs, rewind):
            for one in _of(trial):
                found.setdefault((one.code, one.name), one)
    codes = {one.code for one in found.values()}
    return sorted((one for one in found.values() if _FOLLOWS.get(one.code) not in codes), key=lambda one: one.code)


def _trials(case: TracedCase, result: CaseResult, runs: Sequence[Exact], rewind: Rewind) -> list[Trial]:
    """Return one trial for each choice of options, with the same choice in another batch size."""
    choices: dict[tuple[int, ...], list[Exact]] = {}
    for exact in runs:
        choices.setdefault(exact.seen.variant.choice, []).append(exact)
    return [
        Trial(case, group[0], rewind, _bad(result, group[0]), _other_batch(group))
        for group in list(choices.values())[:_MOST]
    ]


def _bad(result: CaseResult, exact: Exact) -> dict[str, Comparison]:
    rows = [c for c in result.comparisons if c.quantity == "gradient" and c.variant == exact.seen.variant.text]
    return {c.name: c for c in rows if not c.good}


def _other_batch(group: Sequence[Exact]) -> Exact | None:
    return next((exact for exact in group if exact.seen.variant.sizes != group[0].seen.variant.sizes), None)


def _of(trial: Trial) -> list[Finding]:
    """Return what is found in one variant; where the layer cannot be repeated, nothing else can be told."""
    found, can_be_run = _asked(whole.repeatable, trial)
    if found or not can_be_run:
        return found
    for check in _CHECKS:
        known = {one.code for one in found} if check in _SAID_ONCE else set()
        found += [one for one in _asked(check, trial)[0] if one.code not in known]
    return found


def _asked(check: Check, trial: Trial) -> tuple[list[Finding], bool]:
    """Return what a check finds, until the user's code raises, and whether it did not."""
    found: list[Finding] = []
    try:
        with following():  # objects of the user's are copied, compared and asked for attributes: all of it may raise
            for one in check(trial):
                found.append(one)  # noqa: PERF402 - what comes before it raises is kept
    except SubjectError:
        return found, False
    return found, True

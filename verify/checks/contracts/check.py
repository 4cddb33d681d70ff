"""Run a layer on real arrays as its users do, and find the contracts that it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.contracts import history, layout, memory, sharing, whole
from verify.checks.contracts.drive import Rewind, driving
from verify.checks.contracts.trial import Check, Trial
from verify.model.result import CaseResult, Comparison, Finding
from verify.tracing.following import SubjectError, following

_MOST = 8  # choices of options that are run

_CHECKS: tuple[Check, ...] = (
    sharing.instances,  # first: the other checks leave traces in what layers share
    whole.claimed,
    whole.shapes,
    whole.order,
    whole.linear,
    memory.overwritten_by_layers,
    memory.overwritten,
    layout.layouts,
    memory.outputs_overwritten,
    memory.aliases_of_layers,
    memory.aliases,
    memory.caches,
    history.stepping,
    history.drawing_once,
    history.second_backward,
    history.accumulating,
    history.same_forward,
    history.other_inputs,
    history.other_batches,
    history.modes,
    whole.precision,
)

_SAID_ONCE = (memory.overwritten, memory.aliases, history.stepping)  # what is known by its name is not said again
_STATE = {"GP109", "GP110", "GP111", "GP116", "GP119", "GP121"}  # for which a layer may raise when it is called again
_STOPS = {"GP118", "GP126"}  # where contracts were not checked, or not all of them
_FOLLOWS = {"GP111": "GP110"}  # what is said once: another batch is other inputs as well


def contracts(case: TracedCase, result: CaseResult, runs: Sequence[Exact], seed: int) -> list[Finding]:
    """Return the contracts that a layer breaks, each code once for a name, and the layers that could not be checked."""
    found: dict[tuple[str, str], Finding] = {}
    with driving(seed) as rewind:
        trials = _trials(case, result, runs, rewind)
        for trial in trials[:_MOST]:
            broken = _of(trial)
            for one in [*broken, *_untried(trial, broken)]:
                found.setdefault((one.code, one.name), one)
        for trial in trials[_MOST : _MOST + 1]:
            detail = f"the contracts were checked for {_MOST} of {len(trials)} choices of options"
            found["GP126", "options"] = trial.found("GP126", detail, "options")
    codes = {one.code for one in found.values()}
    return sorted((one for one in found.values() if _FOLLOWS.get(one.code) not in codes), key=lambda one: one.code)


def _untried(trial: Trial, broken: Sequence[Finding]) -> Iterator[Finding]:
    """Find what could not be checked, each layer once, and the first check that failed, if no finding says why."""
    for layer in trial.untried:
        detail = f"the contracts of {layer.title} were not checked: {layer.reason}"
        yield replace(trial.found("GP126", detail, layer.title), where=layer.place)
    explained = any(one.code in _STATE for one in broken)
    for failure in [] if explained else trial.failures[:1]:
        yield trial.found("GP126", f"some contracts were not checked: {failure}")


def _trials(case: TracedCase, result: CaseResult, runs: Sequence[Exact], rewind: Rewind) -> list[Trial]:
    """Return one trial for each choice of options, with the same choice in another batch size."""
    choices: dict[tuple[int, ...], list[Exact]] = {}
    for exact in runs:
        choices.setdefault(exact.seen.variant.choice, []).append(exact)
    return [
        Trial(case, group[0], rewind, _bad(result, group[0]), _other_batch(group))
        for group in _covering(list(choices.values()))
    ]


def _covering(groups: Sequence[Sequence[Exact]]) -> list[Sequence[Exact]]:
    """Return choices of options that have each value of each option between them."""
    covered: set[tuple[str, int]] = set()
    chosen: list[Sequence[Exact]] = []
    for group in groups:
        values = {(name, id(value)) for name, value in group[0].seen.variant.options.items()}
        if not chosen or not values <= covered:
            chosen.append(group)
            covered |= values
    return chosen


def _bad(result: CaseResult, exact: Exact) -> dict[str, Comparison]:
    rows = [c for c in result.comparisons if c.quantity == "gradient" and c.variant == exact.seen.variant.written]
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
    except SubjectError as problem:
        trial.failures.append(f"called again, the code raises {problem}")
        return found, False
    return found, True


def is_complete(found: Sequence[Finding]) -> bool:
    """Tell whether all contracts were checked: a code that is not among the findings is then not to be found."""
    return not any(one.code in _STOPS for one in found)

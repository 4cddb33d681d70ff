"""Run a layer on real arrays as its users do, and find the contracts that it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from verify.cases.as_if import own_subject
from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.contracts import drawn, history, layout, memory, sharing, updates, whole
from verify.checks.contracts.drive import Rewind, driving
from verify.checks.contracts.holdings import DEEPEST, holds_deeper
from verify.checks.contracts.state import State
from verify.checks.contracts.trial import Check, Trial, attempt
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
    drawn.other_draws,
    history.second_backward,
    history.accumulating,
    history.same_forward,
    history.other_inputs,
    history.other_batches,
    history.second_round,
    history.later_calls,
    updates.updated,
    history.modes,
    whole.precision,
)

_SAID_ONCE = (memory.overwritten, memory.aliases, history.stepping)  # what is known by its name is not said again
_STATE = {"GP109", "GP110", "GP111", "GP116", "GP119", "GP121"}  # for which a layer may raise when it is called again
_STOPS = {"GP118", "GP126"}  # where contracts were not checked, or not all of them
_TOO_DEEP = (
    "the contracts of {} were checked in part: it holds arrays more than {} attributes deep, which are not examined"
)
_FOLLOWS = {"GP111": "GP110"}  # what is said once: another batch is other inputs as well


def contracts(
    case: TracedCase, result: CaseResult, runs: Sequence[Exact], seed: int, state: State | None = None
) -> list[Finding]:
    """Return the contracts that a layer breaks, each code once for a name, and the layers that could not be checked.

    They are about the arrays that forward itself returns, whatever function its gradients are the derivative of.
    """
    case = replace(case, subject=own_subject(case.subject))
    findings: dict[tuple[str, str], Finding] = {}
    with driving(seed) as rewind:
        trials = _trials(case, result, runs, rewind)
        for trial in trials[:_MOST]:
            broken = _of(trial)
            if state and not (_STATE | _STOPS) & {finding.code for finding in broken}:
                broken += _run(partial(history.outside_of_runs, state=state), trial)[0]
            for finding in [*broken, *_untried(trial, broken)]:
                findings.setdefault((finding.code, finding.name), finding)
        for trial in trials[_MOST : _MOST + 1]:
            detail = f"the contracts were checked for {_MOST} of {len(trials)} choices of options"
            findings["GP126", "options"] = trial.finding("GP126", detail, "options")
    codes = {finding.code for finding in findings.values()}
    return sorted(
        (finding for finding in findings.values() if _FOLLOWS.get(finding.code) not in codes),
        key=lambda finding: finding.code,
    )


def _untried(trial: Trial, broken: Sequence[Finding]) -> Iterator[Finding]:
    """Find what could not be checked, each layer once, and the first check that failed, if no finding says why."""
    for layer in trial.untried:
        detail = f"the contracts of {layer.title} were not checked: {layer.reason}"
        yield replace(trial.finding("GP126", detail, layer.title), where=layer.place)
    yield from _partly_tried(trial)
    explained = any(finding.code in _STATE for finding in broken)
    for failure in [] if explained else trial.failures[:1]:
        yield trial.finding("GP126", f"some contracts were not checked: {failure}")


def _partly_tried(trial: Trial) -> Iterator[Finding]:
    """Find layers that hold what lies deeper than checks look; one that cannot be looked at is told of elsewhere."""
    ran = attempt(lambda: trial.ran)
    for unit in [] if isinstance(ran, SubjectError) else ran.units:
        if attempt(holds_deeper, unit.live) is True:
            title, place = type(unit.live).__name__, unit.calls[0].place
            yield replace(trial.finding("GP126", _TOO_DEEP.format(title, DEEPEST), title), where=place)


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
    findings, can_be_run = _run(whole.repeatable, trial)
    if findings or not can_be_run:
        return findings
    for check in _CHECKS:
        reported = {finding.code for finding in findings} if check in _SAID_ONCE else set()
        findings += [finding for finding in _run(check, trial)[0] if finding.code not in reported]
    return findings


def _run(check: Check, trial: Trial) -> tuple[list[Finding], bool]:
    """Return what a check finds, until the user's code raises, and whether it did not."""
    findings: list[Finding] = []
    try:
        with following():  # objects of the user's are copied, compared and asked for attributes: all of it may raise
            for finding in check(trial):
                findings.append(finding)  # noqa: PERF402 - what comes before it raises is kept
    except SubjectError as problem:
        trial.failures.append(f"called again, the code raises {problem}")
        return findings, False
    return findings, True


def is_complete(findings: Sequence[Finding]) -> bool:
    """Tell whether all contracts were checked: a code that is not among the findings is then not to be found."""
    return not any(finding.code in _STOPS for finding in findings)

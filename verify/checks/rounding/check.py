"""Run a layer in each precision, and judge what it returns by the bound on the rounding of its own computation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.rounding.causes import finding, not_followed, not_known, unjudged, unlike
from verify.checks.rounding.faults import Fault, faults
from verify.checks.rounding.judge import Judgement, worded
from verify.checks.rounding.points import Tried, points, regional
from verify.checks.rounding.trials import Trial, Wrong, trials
from verify.checks.rounding.whole import settled
from verify.model.identity import Place
from verify.model.result import Accuracy, Finding
from verify.tracing.following import SubjectError
from verify.tracing.region import pinned

_LARGE = 5_000  # nodes of a run, in place of which one of smaller sizes is looked at


@dataclass(frozen=True, slots=True)
class Floats:
    """What floats show: findings, how exact they are, formulas that are wrong at a point, and what is not known."""

    findings: list[Finding] = field(default_factory=list)
    accuracy: list[Accuracy] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def arithmetic(case: TracedCase, runs: Sequence[Exact], seed: int) -> Floats:
    """Return what rounding does not explain or makes worthless, and how exact gradients and outputs are.

    Of runs at samples of the case, one is looked at for each choice of its options, at points of all magnitudes; of
    runs elsewhere, each at its own sample.
    """
    result = Floats()
    groups: dict[tuple[str, str], list[Fault]] = {}
    doubtful: dict[Place, Finding] = {}
    unknown: dict[str, dict[str, None]] = {}
    for run, tried in _planned(case, runs):
        others = [other for other in runs if other.seen.variant.text == run.seen.variant.text]
        listed = list(tried)
        plain = settled(case, run, others, listed, seed)
        rest = [place for place in range(len(listed)) if place not in plain.rows]
        try:
            made = trials(case, run, others, [listed[place] for place in rest], seed, plain.scales)
        except SubjectError as problem:  # it could be followed before: code that keeps something from run to run
            if (note := not_followed(run, problem)) not in result.notes:
                result.notes.append(note)
            continue
        result.wrong.extend(made.wrong)
        if made.unfollowed and (note := unlike(made.unfollowed)) not in result.notes:
            result.notes.append(note)
        doubtful.update({at: unjudged(run, at, branch) for at, branch in made.branches.items() if at not in doubtful})
        result.accuracy.extend(_in_order(listed, plain.rows, made.trials))
        for trial in made.trials:
            for name in trial.unknown:
                unknown.setdefault(name, {})[trial.name] = None
            for fault in faults(trial):
                groups.setdefault((fault.code, fault.name), []).append(fault)
    result.findings.extend([*_findings(groups, case), *doubtful.values()])
    result.notes.extend(not_known(name, list(magnitudes)) for name, magnitudes in unknown.items())
    return result


def _findings(groups: Mapping[tuple[str, str], Sequence[Fault]], case: TracedCase) -> list[Finding]:
    """Return the findings; what a gradient inherits from an output, at the same line, is one if it fails as much."""
    gradients = [finding(group, case.backward or case.where) for group in groups.values() if not group[0].of_output]
    outputs = [finding(group, case.where) for group in groups.values() if group[0].of_output]
    places = {(gradient.code, gradient.where, fails) for gradient in gradients for fails in {False, gradient.fails}}
    return [*gradients, *(output for output in outputs if (output.code, output.where, output.fails) not in places)]


def _planned(case: TracedCase, runs: Sequence[Exact]) -> Iterator[tuple[Exact, Iterator[Tried]]]:
    """Yield runs with the points that they are looked at in."""
    free = [run for run in runs if not pinned(run.seen.conditions)]
    for run in _chosen([run for run in free if not run.seen.at]):
        yield run, points(case, run.seen)
    for run in free:
        if run.seen.at:
            yield run, regional(case, run.seen)


def _chosen(runs: Sequence[Exact]) -> list[Exact]:
    """Return a run for each choice of options: the first that is not large, or else the smallest."""
    by_options: dict[tuple[int, ...], list[Exact]] = {}
    for run in runs:
        by_options.setdefault(run.seen.variant.choice, []).append(run)
    return [
        next((run for run in group if _size(run) <= _LARGE), None) or min(group, key=_size)
        for group in by_options.values()
    ]


def _size(run: Exact) -> int:
    return len(run.seen.trace)


def _in_order(
    tried: Sequence[Tried], rows: Mapping[int, Sequence[Accuracy]], judged: Sequence[Trial]
) -> Iterator[Accuracy]:
    """Yield the rows of all points in the order of these."""
    others = {(trial.name, trial.numbers.name): trial for trial in judged}
    for place, candidate in enumerate(tried):
        if place in rows:
            yield from rows[place]
        elif (trial := others.get((candidate.name, candidate.numbers.name))) is not None:
            yield from _rows(trial)


def _rows(trial: Trial) -> list[Accuracy]:
    variant = trial.place.run.seen.variant.written
    return [
        Accuracy(name, trial.numbers.name, trial.name, *_measures(judgement), variant)
        for name, judgement in trial.judgements.items()
        if not trial.place.quantities[name].is_output
    ]


def _measures(judgement: Judgement) -> tuple[str, str, str]:
    """Return error and bound in ulps, and the bits that the bound loses, of the worst entry."""
    worst = judgement.worst
    return worded(judgement.actual[worst], judgement.ulps[worst], judgement.error[worst], judgement.bound[worst])

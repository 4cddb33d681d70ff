"""Run a layer in each precision, and judge what it returns by the bound on the rounding of its own computation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from verify.arithmetic.causes import finding, unjudged
from verify.arithmetic.faults import Fault, faults
from verify.arithmetic.judge import Judgement, upward
from verify.arithmetic.points import Tried, points, regional
from verify.arithmetic.trials import Trial, trials
from verify.expressions.runs import SubjectError
from verify.gradients.claims import Exact
from verify.result import Accuracy, Finding
from verify.subjects.cases import TracedCase
from verify.tracing.region import pinned

_LARGE = 5_000  # nodes of a run, in place of which one of smaller sizes is looked at


def arithmetic(case: TracedCase, runs: Sequence[Exact], seed: int) -> tuple[list[Finding], list[Accuracy], list[Exact]]:
    """Return what rounding does not explain or makes worthless, how exact gradients are, and runs of wrong formulas.

    Of runs at samples of the case, one is looked at for each choice of its options, at points of all magnitudes; of
    runs elsewhere, each at its own sample.
    """
    found: dict[tuple[str, str], list[Fault]] = {}
    accuracy: list[Accuracy] = []
    wrong: list[Exact] = []
    doubtful: dict[str, Finding] = {}
    for run, tried in _planned(case, runs):
        known = [other for other in runs if other.seen.variant.text == run.seen.variant.text]
        try:
            made, met, open_ = trials(case, run, known, tried, seed)
            wrong += met
            doubtful.update({where: unjudged(run, where, one) for where, one in open_.items() if where not in doubtful})
            for trial in made:
                accuracy += _rows(trial)
                for fault in faults(trial):
                    found.setdefault((fault.code, fault.name), []).append(fault)
        except SubjectError:
            continue  # it could be followed before: code that keeps something from run to run
    told = [finding(some, case.backward or case.where) for some in found.values()]
    return [*told, *doubtful.values()], accuracy, wrong


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
        next((run for run in some if _size(run) <= _LARGE), None) or min(some, key=_size)
        for some in by_options.values()
    ]


def _size(run: Exact) -> int:
    return len(run.seen.trace)


def _rows(trial: Trial) -> list[Accuracy]:
    variant = trial.place.run.seen.variant.text
    return [
        Accuracy(name, trial.numbers.name, trial.name, *_measures(judgement), variant)
        for name, judgement in trial.judgements.items()
    ]


def _measures(judgement: Judgement) -> tuple[str, str, str]:
    """Return error and bound in ulps, and the bits that the bound loses, of the worst entry."""
    worst = judgement.worst
    actual, ulp = judgement.actual[worst], judgement.ulps[worst]
    with np.errstate(all="ignore"):
        error, bound = judgement.error[worst] / ulp, judgement.bound[worst] / ulp
        bits = np.ceil(10 * np.log2(np.maximum(bound, 1))) / 10
    said = upward(error) if np.isfinite(actual) else str(float(actual))
    return said, upward(bound), f"{float(bits):.1f}" if np.isfinite(bits) else ""

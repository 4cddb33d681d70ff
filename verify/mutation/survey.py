"""All mutants of a case, judged in several worker processes at a time; a mutant that hangs or crashes is caught."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from verify.discovery.messages import Task
from verify.model.package import PACKAGE
from verify.model.result import CaseResult
from verify.mutation.result import How, Judged, Mutant, Outcome, Planted, Survey
from verify.runner.crew import Crew
from verify.runner.workers import OURS, CollectedCase

PLANTED, JUDGED = (Task(f"{PACKAGE}.mutation.bench", method) for method in ("planted", "judged"))
Progress = Callable[[str, int, int], None]


def surveyed(
    crew: Crew,
    case: CollectedCase | CaseResult,
    how: How,
    kinds: Collection[str] = (),
    progress: Progress = lambda *_: None,
) -> Survey:
    """Judge all mutants of a case, or those of some kinds, in order; of what could not be imported there are none."""
    if not isinstance(case, CollectedCase):
        return Survey(case.name, case.where, problem=case.comparisons[0].evidence.detail, failing=True)
    answer = crew.answer(PLANTED, case, how)
    if answer.kind != "done":
        return Survey(case.name, case.where, problem=str(answer.value), failing=True)
    planted: Planted = answer.value
    wanted = [mutant for mutant in planted.mutants if not kinds or mutant.kind in kinds]
    problem = planted.problem or ("" if wanted else f"it contains no operation for a mistake of {', '.join(kinds)}")
    with ThreadPoolExecutor(crew.size) as pool:
        results = pool.map(lambda mutant: _judged(crew, case, how, mutant), wanted)
        judged = tuple(_counted(results, case.name, len(wanted), progress))
    return Survey(case.name, case.where, judged, problem, failing=planted.failing)


def _counted(results: Iterable[Judged], name: str, number: int, progress: Progress) -> Iterator[Judged]:
    for done, result in enumerate(results, 1):
        progress(name, done, number)
        yield result


def _judged(crew: Crew, case: CollectedCase, how: How, mutant: Mutant) -> Judged:
    answer = crew.answer(JUDGED, case, how, mutant)
    if answer.kind == "done":
        judged: Judged = answer.value
        return judged
    # That we fail is not that the case does.
    return Judged(mutant, Outcome.SURVIVED if answer.value == OURS else Outcome.CAUGHT, str(answer.value))

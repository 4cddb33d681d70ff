"""Every region that can be reached, and every edge between them: what is wrong there, and what was never seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact, on_upstream
from verify.checks.regions.chains import chain
from verify.checks.regions.cover import covered, single
from verify.checks.regions.edges import corners, kinks
from verify.checks.regions.ends import ends
from verify.checks.regions.explore import Explorer, explorers
from verify.checks.regions.holes import exceptions, holes
from verify.checks.regions.joint import join
from verify.checks.regions.limits import Limit
from verify.checks.regions.mixes import mix
from verify.checks.regions.sites import Call
from verify.model.identity import SAMPLE, Place, Variant
from verify.model.result import Branch, Comparison, Cover, Finding, Verdict

_ENTRIES = 3  # that are asked about at one place: one may be the last, the first, or between


class Elsewhere(NamedTuple):
    """What is known of inputs other than the samples: rows of what is wrong, the cover, new runs, and findings.

    `runs` found a side of a branch, `extras` other combinations of sides; these started from the `explored` runs.
    """

    rows: list[Comparison]
    cover: Cover
    runs: list[Exact]
    findings: list[Finding]
    extras: list[Exact]
    explored: list[Exact]


def regions(case: TracedCase, runs: Sequence[Exact], seed: int) -> Elsewhere:
    """Visit every region, edge and hole that is found, from some runs at samples."""
    searching = explorers(case, runs, seed)
    for explorer in searching:
        explorer.explore()
    mixed = list(_mixing(case, searching, runs, seed))
    combined = [place for explorer in mixed for place in mix(explorer)]
    chained = list(_chaining(case, [*searching, *mixed], runs, seed))
    combined += [place for explorer in chained for place in chain(explorer, explored=explorer in searching)]
    for explorer in dict.fromkeys([*searching, *mixed]):
        join(explorer)
    whole = _whole(case, searching, runs, seed)
    everyone = list(dict.fromkeys([*searching, *mixed, *chained]))
    done: set[Call] = set()  # code that is run with other options has the same edges
    visited = [holes(explorer) for explorer in searching]
    edges = [kinks(explorer, done, hole.edges) for explorer, hole in zip(searching, visited, strict=True)]
    larger = [corners(explorer) for explorer in everyone[len(searching) :]]
    closing = list(_closing(case, searching, runs, seed))
    closed = [ends(explorer) for explorer in closing]
    sentences = [sentence for edge in [*edges, *larger] for sentence in edge.remarks.values()]
    sentences += [sentence for hole in visited for sentence in hole.remarks] + [
        s for end in closed for s in end.remarks
    ]
    unvisited = dict.fromkeys(_unvisited([e for e in searching if _sizes(e) != whole], done, searching))
    complete = whole is not None and not unvisited and (not whole.sizes or all(_has(run, whole) for run in runs))
    beside = [row for hole in visited for row in hole.rows]
    beside += [row for edge in [*edges, *larger] for row in edge.rows] + [row for end in closed for row in end.rows]
    wrong_beside = any(not row.verdict.good for row in beside)
    visits = sum(1 + len(explorer.runs) + len(explorer.extras) for explorer in everyone)
    cover = Cover(
        regions=max(visits, 1 + wrong_beside),  # an edge on which a gradient is wrong is told as another region
        complete=complete,
        variant=SAMPLE if complete or whole is None else whole,
        unvisited=tuple(unvisited),
        kinks=tuple(dict.fromkeys(sentences)),
        untried=tuple(_untried(combined, searching, [*everyone, *closing])),
    )
    rows = [row for place in zip(searching, visited, edges, strict=True) for part in place for row in part.rows]
    rows += [row for explorer in everyone[len(searching) :] for row in explorer.rows]
    rows += [row for place in larger for row in place.rows]
    rows += [row for end in closed for row in end.rows]
    new = [run for explorer in searching for run in explorer.runs]
    raised = [finding for explorer in dict.fromkeys([*everyone, *closing]) for finding in exceptions(explorer)]
    undefined = [finding for hole in visited for finding in hole.findings]
    undefined += [finding for edge in [*edges, *larger] for finding in edge.findings]
    findings = {f.key: f for f in reversed([*undefined, *raised])}
    left_open = {where: f for place in reversed([*edges, *larger]) for where, f in place.open.items()}
    extras = [run for explorer in everyone for run in explorer.extras]
    explored = [explorer.start for explorer in everyone]
    hazards = [*findings.values(), *left_open.values()]
    return Elsewhere([apart(row) for row in _first(rows)], cover, new, hazards, extras, explored)


def _mixing(case: TracedCase, searching: Sequence[Explorer], runs: Sequence[Exact], seed: int) -> Iterator[Explorer]:
    """Return an explorer for each combination of options, at the smallest run that asks about several entries."""
    for options in dict.fromkeys(_options(run) for run in runs):
        alike = [run for run in runs if _options(run) == options]
        best = min(alike, key=lambda run: (-min(_ENTRIES, _most_questions(run)), _size(run)))
        if _most_questions(best) > 1:
            yield next((explorer for explorer in searching if explorer.start is best), None) or Explorer(
                case, best, seed
            )


def _chaining(case: TracedCase, explorers: Sequence[Explorer], runs: Sequence[Exact], seed: int) -> Iterator[Explorer]:
    """Return explorers, and one more for each combination of options whose largest run asks but has none so far.

    A loop that ends at its first step asks one question at a line, however many entries there are.
    """
    yield from dict.fromkeys(explorers)
    for options in dict.fromkeys(_options(run) for run in runs):
        largest = max((run for run in runs if _options(run) == options), key=_size)
        alike = [explorer.start for explorer in explorers if _options(explorer.start) == options]
        if largest.seen.conditions and not any(run is largest or _most_questions(run) > 1 for run in alike):
            yield Explorer(case, largest, seed)


def _closing(case: TracedCase, searching: Sequence[Explorer], runs: Sequence[Exact], seed: int) -> Iterator[Explorer]:
    """Return explorers for closed bounds, for each combination of options: where inputs have several entries."""
    names = [name for name, real in case.real.items() if real.ends]
    for options in dict.fromkeys(_options(run) for run in runs if names):
        alike = [run for run in runs if _options(run) == options]
        best = min(alike, key=lambda run: (any(len(run.seen.inputs[name].nodes) == 1 for name in names), _size(run)))
        yield next((explorer for explorer in searching if explorer.start is best), None) or Explorer(case, best, seed)


def _options(run: Exact) -> str:
    return repr(dict(run.seen.variant.options))


def _most_questions(run: Exact) -> int:
    """Return how many times a run asked at one place, at most."""
    return max(Counter((c.where, c.relation) for c in run.seen.conditions).values(), default=0)


def _size(run: Exact) -> int:
    return sum(len(quantity.nodes) for quantity in run.seen.inputs.values())


def _unvisited(open_: Sequence[Explorer], edges: set[Call], searching: Sequence[Explorer]) -> Iterator[Branch]:
    """Return the sides that no run took, but for those that forward refuses with the same options."""
    for explorer in open_:
        alike = [other for other in searching if other.variant.options == explorer.variant.options]
        yield from explorer.unvisited(edges, {side for other in alike for side in other.refused})


def _untried(combined: Sequence[Place], searching: Sequence[Explorer], everyone: Sequence[Explorer]) -> Iterator[str]:
    """Say what was not tried, and which budget was used up."""
    if combined:
        yield f"some combinations of sides of several entries, at {', '.join(map(str, dict.fromkeys(combined)))}"
    reached = set().union(*(explorer.limits for explorer in everyone))
    yield from (limit.value for limit in Limit if limit in reached)
    for problem in dict.fromkeys(problem for explorer in searching for problem in explorer.refused.values()):
        yield f"inputs that forward refuses: {problem}"
    for explorer in searching:
        if not explorer.affordable:
            yield f"other regions and edges, after {explorer.made} runs, the limit for a computation of this size"
            return


def _whole(case: TracedCase, searching: list[Explorer], runs: Sequence[Exact], seed: int) -> Variant | None:
    """Return the sizes for which the regions are all there are, if any: no sizes where that is so for each.

    That is so where no run branched; else a case of one number per input is looked at all over its domain, and what is
    found there joins the other explorers. It says nothing of arrays of several numbers, which may be asked about
    together.
    """
    if not any(run.seen.conditions for run in runs):
        return SAMPLE
    if any(on_upstream(run.seen) for run in runs):  # some upstreams are tried, not all
        return None
    singles = [
        Explorer(case, run, seed, explorer.sites.sides)
        for explorer in searching
        if (run := single(case, explorer.variant, seed))
    ]
    complete = len(singles) == len(searching) and sum(map(covered, singles)) == len(singles)
    # A question about several numbers, as of their largest, is not asked of one.
    complete = complete and {s for e in searching for s in e.asked_lines()} <= {
        s for e in singles for s in e.asked_lines()
    }
    searching += singles
    return _sizes(singles[0]) if complete else None


def _has(run: Exact, sizes: Variant) -> bool:
    return dict(run.seen.variant.sizes) == dict(sizes.sizes)


def _sizes(explorer: Explorer) -> Variant:
    return Variant(sizes=tuple(explorer.variant.sizes.items()))


def apart(row: Comparison) -> Comparison:
    """Return a row with a variant that tells it from that of the sample."""
    return replace(row, variant=replace(row.variant, elsewhere=True))


def _first(rows: Sequence[Comparison]) -> list[Comparison]:
    """Return one row for each gradient: the first that is refuted, else the first that is not good, else the first."""
    ordered = sorted(rows, key=lambda row: (row.verdict is not Verdict.REFUTED, row.verdict.good))
    return list({row.name: row for row in reversed(ordered)}.values())[::-1]

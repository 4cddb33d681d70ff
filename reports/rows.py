"""The rows of every table: what a case shows, failures first, the variants of one quantity told together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from verify.model.comparison import SAME_FORMULA
from verify.model.identity import Variant
from verify.model.result import CaseResult, Comparison, Evidence, Run, Verdict, numbers

_MOST_VARIANTS = 3  # failing variants of one quantity that have rows of their own, unless everything is asked for


class Row(NamedTuple):
    """A line of a table: a comparison, or several variants of it and then the weakest of them.

    `variant`, `shapes`, `entries` and `failing` are of all that the row stands for; `explained` tells whether the words
    below the table say more of it. What `inherits` may be wrong only because a gradient behind it is.
    """

    comparison: Comparison
    variant: str = ""
    shapes: Sequence[tuple[int, ...]] = ()
    entries: int = 0
    failing: int = 0
    explained: bool = True
    inherits: bool = False


def cases(run: Run) -> list[CaseResult]:
    """Return the cases, failures first and known ones next, else as they were found."""
    return sorted(run.cases, key=lambda case: (case.passes, case.good))


def traced(case: CaseResult) -> bool:
    """Tell whether a case is code that ran on arrays of symbols, which has no expression."""
    return not case.expression


def variants(case: CaseResult) -> list[Variant]:
    """Return the sizes and options for which quantities of a case were compared, in order."""
    distinct = (c.variant for c in case.comparisons if c.variant and c.quantity != "case")
    return list(dict.fromkeys(variant for variant in distinct if not variant.elsewhere))


def rows(case: CaseResult, *, everything: bool = False) -> list[Row]:
    """Return the rows of a case, failures first: all gradients, and what else is not good or everything there is."""
    chosen = [c for c in case.comparisons if everything or c.quantity == "gradient" or not c.good]
    if traced(case):
        several = len({c.variant for c in case.comparisons if c.variant and c.quantity != "case"}) > 1
        listed = _by_quantity(chosen, several=several, everything=everything)
    else:
        inherited = {id(c) for c in inheriting(case)}
        listed = [
            Row(c, explained=everything or (needs_words(c) and id(c) not in inherited), inherits=id(c) in inherited)
            for c in chosen
        ]
    return sorted(listed, key=lambda row: (row.comparison.passes, row.comparison.good, row.inherits))


def repeating(listed: Sequence[Row]) -> list[Row]:
    """Return the rows of wrong gradients whose line and likely mistake are those of another gradient before them."""
    seen: dict[tuple[str, str], str] = {}
    repeats = []
    for row in listed:
        c = row.comparison
        if (
            row.explained
            and c.parting
            and c.diagnosis
            and c.name != seen.setdefault((str(c.parting), c.diagnosis), c.name)
        ):
            repeats.append(row)
    return repeats


def needs_words(comparison: Comparison) -> bool:
    """Tell whether a row is explained below its table: all that is not plainly proved."""
    return not comparison.good or comparison.verdict is not Verdict.PROVED


def blamed(case: CaseResult) -> frozenset[str]:
    """Return the names of the gradients that the first wrong node of an expression gets wrong, if one is known."""
    if case.graph is None or case.graph.blamed is None:
        return frozenset()
    nodes = case.graph.nodes
    blamed_node = nodes[case.graph.blamed]
    names = {nodes[i].label for i in blamed_node.args} or {blamed_node.label}
    return frozenset(c.name for c in case.comparisons if c.quantity == "gradient" and not c.good and c.name in names)


def inheriting(case: CaseResult) -> list[Comparison]:
    """Return the wrong gradients that may be wrong only because a node behind them is, which is `blamed`."""
    culprits = blamed(case)
    wrong = [c for c in case.comparisons if c.quantity == "gradient" and c.verdict is Verdict.REFUTED]
    return [c for c in wrong if c.name not in culprits] if culprits else []


def _by_quantity(chosen: Sequence[Comparison], *, several: bool, everything: bool) -> list[Row]:
    groups: dict[tuple[str, str], list[Comparison]] = {}
    for c in chosen:
        groups.setdefault((c.quantity, c.name), []).append(c)
    listed = [row for group in groups.values() for row in _of_quantity(group, everything)]
    several = several or len(listed) > len(groups)  # rows of one name
    told_apart = several and any(not row.comparison.good for row in listed)
    return listed if told_apart else [row._replace(variant="") for row in listed]


def _of_quantity(group: Sequence[Comparison], everything: bool) -> list[Row]:
    """Return a row for each variant that fails, or the first few and one for the others, and one for those that do not.

    The first that fails is explained, and what agrees without being proved.
    """
    bad, good = [c for c in group if not c.good], [c for c in group if c.good]
    bad.sort(key=lambda c: c.passes)
    own = len(bad) if everything or len(bad) <= _MOST_VARIANTS + 1 else _MOST_VARIANTS
    if len(bad) > 1 and bad[0].quantity == "case" and len({c.evidence for c in bad}) == 1:
        return [_folded(bad, _called(bad, others=False), explained=True)]
    listed = [_folded([c], str(c.variant), explained=everything or c is bad[0]) for c in bad[:own]]
    if more := bad[own:]:
        listed.append(_folded(more, f"and {len(more)} more", explained=False))
    if good:
        listed.append(
            _folded(good, _called(good, others=bool(bad)), explained=everything or any(map(needs_words, good)))
        )
    return listed


def _called(group: Sequence[Comparison], *, others: bool) -> str:
    if len(group) == 1:
        return str(group[0].variant)
    if others:
        return f"{len(group)} others"
    return "both" if len(group) == 2 else f"all {len(group)}"


def _folded(group: Sequence[Comparison], variant: str, *, explained: bool) -> Row:
    shapes = list(dict.fromkeys(c.shape for c in group if c.shape))
    entries = numbers(c for c in group if c.quantity != "case")
    return Row(max(group, key=weakness), variant, shapes, entries, numbers(group, failing=True), explained)


def weakness(comparison: Comparison) -> tuple[int, float]:
    """Return what orders comparisons: first by the verdict, then by how certain it is; the weakest is the largest."""
    return comparison.verdict.rank, -_strength(comparison.evidence)


def _strength(evidence: Evidence) -> float:
    """Return how many bits of certainty there are."""
    return float("inf") if evidence.kind == SAME_FORMULA else evidence.bits

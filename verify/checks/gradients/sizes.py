"""The formula at other sizes and labels: wrong for an odd width, for two rows, beyond a block, for one label.

What is proved at a sample is proved for its sizes only. So the gradients are decided once more, at one sample each, for
every small size of each dimension, for sizes on both sides of the numbers that the code names, and for the labels
that no draw had, and labels alike. This can only refute: the claim of a row stays that of its own sizes, and all that
were tried are listed. Sizes at which `forward` raises are not the layer's, and are listed with the reason. The nodes of
all these runs are counted, and what is beyond the budget is listed as not tried.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.numbers import functions, numbers
from verify.cases.shapes import Sizes
from verify.cases.sizes import SMALL, bindings, further
from verify.checks.claims.claims import Exact
from verify.checks.gradients.extents import told_apart
from verify.checks.gradients.probes import Probe, suspects
from verify.checks.gradients.rows import not_compared
from verify.checks.gradients.traced import decided
from verify.model.comparison import STRAYS
from verify.model.reasons import Reason
from verify.model.result import Comparison, Further, Verdict
from verify.proof.agreement import agree_at
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import (
    Observation,
    Variant,
    further_labels,
    observe,
    option_choices,
    repeated_labels,
    variants,
)
from verify.tracing.region import pinned
from verify.tracing.symbols.trace import Trace

_BUDGET = 15_000  # nodes of all runs at small sizes: about a tenth of a second
_LARGE = 60_000  # and with those at sizes that the code names
_AGAIN = 3_000  # nodes beyond which a size is not tried once more with other options
_MOST_REASONS = 5  # that are listed
_GROWTH = 2  # the power of a size with which nodes are taken to grow, as scores of attention do, until a run is made
_DECLINE = 0.5  # and with which they are taken to decline
Edges = Callable[[Exact], tuple[list[Comparison], str]]  # rows of what is wrong on edges, and why some are not known
_BROADCAST = "with {}=1 the array may be broadcast, which the code may not expect"
_COST = "too large for the budget"
_SUSPECTS = 3  # of the code on floats, that are decided on symbols
_SUSPECT = 500_000  # nodes of all runs, where one is suspect
_SAMPLES = 4  # that are tried for one on no tie


At = Mapping[str, Fraction]  # values of entries, by their names
Kind = tuple[object, ...]  # what two reasons have in common that are told as one: what happened, and where


@dataclass(slots=True)
class Sizing:
    """What was found at other sizes and labels: wrong rows, what was tried, and what was not, with the reason."""

    rows: list[Comparison] = field(default_factory=list)
    tried: list[Variant] = field(default_factory=list)
    right: list[Variant] = field(default_factory=list)  # of those tried
    refused: dict[Kind, tuple[str, list[Variant]]] = field(default_factory=dict)
    unjudged: dict[str, list[Variant]] = field(default_factory=dict)  # variants with edges that were not, by the reason
    nodes: dict[tuple[int, ...], int] = field(default_factory=dict)  # of a run, by its sizes
    spent: int = 0

    def affords(self, sizes: Sizes, budget: int) -> bool:
        """Tell whether a run at some sizes is likely to stay within the budget, given the runs so far."""
        values = tuple(sizes.values())
        expected = min((nodes * _growth(values, others) for others, nodes in self.nodes.items()), default=0)
        return self.spent + expected <= budget

    def only_broadcast(self, case: TracedCase, sizes: Sizes) -> str:
        """Return a dimension of size 1 of which no other size but the sample's was taken by `forward`, or nothing.

        Arrays of one size that the code has beside its inputs make `forward` raise at others, but not at 1, where
        NumPy repeats the input: the size is the sample's then, though the author has named it as any.
        """
        base = bindings(case.inputs.values(), case.sizes)[0]
        ones = [name for name in _open(case, sizes) if sizes[name] == 1]
        return next((n for n in ones if all(v.sizes[n] in (1, base[n]) for v in self.tried)), "")

    def refuse(self, text: str, variant: Variant, *kind: object) -> None:
        """Keep why a variant was not tried; of what is of one kind, the first text is told."""
        self.refused.setdefault(kind, (text, []))[1].append(variant)

    def spend(self, sizes: Sizes, nodes: int) -> None:
        """Count the nodes of a run."""
        self.spent += nodes
        self.nodes[tuple(sizes.values())] = nodes

    def summary(self, case: TracedCase, runs: Sequence[Exact]) -> Further:
        """Return what it was right at, and what was not tried, and why."""
        if not (self.tried or self.refused or self.unjudged):
            return Further()
        tried = [*(run.seen.variant for run in runs), *self.right]
        values = {name: {v.sizes[name] for v in tried} for name in _open(case, tried[0].sizes)} if tried else {}
        labels = {name: {int(i) for v in tried for i in np.ravel(v.labels[name])} for name in _labelled(tried)}
        right = tuple((name, tuple(sorted(numbers))) for name, numbers in {**values, **labels}.items())
        reasons = [f"{_listed(at)}: {reason}" for reason, at in self.refused.values()]
        reasons += [f"edges at {_listed(at)}: {reason}" for reason, at in self.unjudged.items()]
        more = len(reasons) - _MOST_REASONS
        return Further(right, (*reasons[:_MOST_REASONS], *([f"and for {more} more reasons"] if more > 0 else [])))


def _growth(sizes: Sequence[int], others: Sequence[int]) -> float:
    """Return by how much a run at other sizes may be larger than one at others."""
    factor = 1.0
    for size, other in zip(sizes, others, strict=True):
        factor *= (size / other) ** (_GROWTH if size > other else _DECLINE)
    return factor


def _labelled(tried: Sequence[Variant]) -> list[str]:
    return list(tried[0].labels) if tried else []


def _listed(at: Sequence[Variant]) -> str:
    more = f" and {len(at) - 1} more" if len(at) > 1 else ""
    return f"{at[0].text or 'the sample'}{more}"


def check_sizes(
    case: TracedCase,
    rows: Sequence[Comparison],
    runs: Sequence[Exact],
    seed: int,
    edges: Edges = lambda _: ([], ""),
    others: Sequence[Exact] = (),
) -> Sizing:
    """Decide the gradients that no row calls wrong at further sizes and labels, until the budget is used up.

    What `edges` says of further runs that are right at their samples is added, and first of some `others`.
    """
    least = sum(run.size for run in runs) // 2  # what is as large as this takes no more than half as long
    sizing, wrong = Sizing(), {row.name for row in rows if not row.verdict.good}
    for run in runs:
        sizing.nodes[tuple(run.seen.variant.sizes.values())] = run.size
    for run in others:
        sizing.rows += [row for row in _edge_rows(run, sizing, edges) if row.name not in wrong]
        wrong |= {row.name for row in sizing.rows}
    todo = deque(_further(case))
    while todo and not (wrong.issuperset(case.real) or any(row.quantity == "case" for row in sizing.rows)):
        variant, budget = todo.popleft()
        if broadcast := sizing.only_broadcast(case, variant.sizes):
            sizing.refuse(_BROADCAST.format(broadcast), variant, _BROADCAST, broadcast)
            continue
        if not sizing.affords(variant.sizes, budget if budget == _AGAIN else max(budget, least)):
            if budget != _AGAIN:
                sizing.refuse(_COST, variant, _COST)
            continue
        rows, taken = _check(case, variant, seed, sizing, edges)
        if not taken:  # sizes may have to fit each other
            todo.extendleft((simpler, _AGAIN) for simpler in _alone(case, variant))
        sizing.rows += [row for row in rows if row.name not in wrong]
        wrong |= {row.name for row in rows}
    for probe in _suspects(case, seed, sizing) if not wrong.issuperset(case.real) else ():
        if wrong.issuperset(case.real):
            break
        rows, _ = _check(case, probe.variant, seed, sizing, edges, probe.at)
        sizing.rows += [row for row in rows if row.name not in wrong]
        wrong |= {row.name for row in rows}
    return sizing


def _suspects(case: TracedCase, seed: int, sizing: Sizing) -> list[Probe]:
    """Return what is suspect on floats, which is reason enough for a larger run."""
    costly = [variant.sizes for variant in sizing.refused.get((_COST,), ("", []))[1]]
    also = [sizes for sizes in costly if sizing.affords(sizes, _SUSPECT)]
    return suspects(case, seed, partial(sizing.affords, budget=_LARGE), also, _SUSPECTS)


def _further(case: TracedCase) -> Iterator[tuple[Variant, int]]:
    """Return further labels at the sizes of the sample, and further sizes, each with a budget to stay within.

    Each size comes with the next combination of options, and when all sizes have had one, with the others.
    """
    options = list(case.options.values())
    named, apart = numbers(case.subject, options), told_apart(functions(case.subject, options))
    choices = option_choices(case)
    yield from ((variant, _BUDGET) for variant in (*further_labels(case, named), *repeated_labels(case)))
    bound = further(list(case.inputs.values()), case.sizes, named, apart)
    for turn in range(len(choices)):
        for place, sizes in enumerate(bound):
            chosen = choices[(place + turn) % len(choices)]
            budget = _LARGE if any(sizes[name] > SMALL for name in _open(case, sizes)) else _BUDGET
            yield variants(case, [sizes], [chosen])[0], _AGAIN if turn else budget


def _alone(case: TracedCase, variant: Variant) -> list[Variant]:
    """Return variants in which each dimension alone has the size that it has in one, the others that of the sample."""
    base = bindings(case.inputs.values(), case.sizes)[0]
    changed = [name for name, size in variant.sizes.items() if size != base[name]]
    bound = [{**base, name: variant.sizes[name]} for name in changed] if len(changed) > 1 else []
    return [variants(case, [sizes], [variant.options])[0] for sizes in bound]


def _open(case: TracedCase, sizes: Sizes) -> list[str]:
    """Return the dimensions whose size the author of the case has left open."""
    return [name for name in sizes if name not in case.sizes]


def _check(
    case: TracedCase, variant: Variant, seed: int, sizing: Sizing, edges: Edges, at: At | None = None
) -> tuple[list[Comparison], bool]:
    """Return the rows of what is wrong in a variant, and whether it ran to its end."""
    seen = Observation(variant, Trace())
    try:
        seen = _seen(case, variant, seed, seen, at)
        rows, exact = _rows(case, seen, seed)
    except SubjectError as problem:
        if not (rows := _failed(case, seen, problem, seed)):
            sizing.refuse(str(problem), variant, problem.reason, problem.place, type(problem.__cause__))
        return rows, False
    finally:
        sizing.spend(variant.sizes, len(seen.trace))
    tie = pinned(seen.conditions)
    certain = [row for row in rows if row.verdict is not Verdict.UNDECIDED or _is_doubt(row, exact)]
    doubts = [row for row in rows if row.verdict is Verdict.UNDECIDED]
    if doubts:
        evidence = doubts[0].evidence
        sizing.refuse(evidence.detail, variant, evidence.reason, evidence.place, doubts[0].name)
    elif tie and not rows:
        sizing.refuse(f"the samples lie on a tie, at {tie}", variant, Reason.TIE, tie)
    else:
        certain += [] if rows else _edge_rows(exact, sizing, edges)
        sizing.tried.append(variant)
        sizing.right += [] if certain else [variant]
    return [row for row in certain if not row.verdict.good], True


def _edge_rows(run: Exact, sizing: Sizing, edges: Edges) -> list[Comparison]:
    """Return the rows of what is wrong on the edges of a run, and keep why some of them are not known."""
    rows, reason = edges(run)
    if reason:
        sizing.unjudged.setdefault(reason, []).append(run.seen.variant)
    return rows


def _rows(case: TracedCase, seen: Observation, seed: int) -> tuple[list[Comparison], Exact]:
    """Return the rows of a run where anything in it may be wrong, which is seen at its sample, and its exact side."""
    exact = Exact(case, seen, twice=False)
    wanted = [
        (exact.gradient(name), actual.nodes) for name, actual in seen.gradients.items() if name not in seen.malformed
    ]
    pairs = [pair for expected, actual in wanted for pair in zip(expected, actual, strict=True)]
    good = not seen.malformed and agree_at(seen.trace, pairs, exact.region.sample)
    return ([] if good else decided(case, seen, seed)[0]), exact


def _is_doubt(row: Comparison, run: Exact) -> bool:
    """Tell whether floats differ from the formulas though they are sure to take the branches of the run."""
    return row.evidence.kind == STRAYS and run.region.clear


def _seen(case: TracedCase, variant: Variant, seed: int, seen: Observation, at: At | None) -> Observation:
    """Run a case on symbols, where it is asked to be run, or at a sample on no tie if there is one among the first."""
    observe(case, variant, seed, seen=seen, at=at)
    for sample in range(1, _SAMPLES):
        if not pinned(seen.conditions):
            break
        seen = observe(case, variant, seed, seen=Observation(variant, Trace(), sample=sample))
    return seen


def _failed(case: TracedCase, seen: Observation, problem: SubjectError, seed: int) -> list[Comparison]:
    """Return the row of a run that broke off: `forward` may refuse sizes, a `backward` after it has to do its work."""
    if not (problem.broken and seen.upstreams):
        return []
    try:
        FloatRun(case, seen, seed)
    except SubjectError as on_floats:
        return [not_compared(case, seen.variant, on_floats)]
    return []

"""The rows of gradients: one that was decided, one of another shape, and what could not be compared at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Claim, Exact, upstream_branch
from verify.checks.claims.diagnoses import diagnose
from verify.checks.claims.entries import Sides, arrays, marks
from verify.checks.claims.explain import Explanation, explain
from verify.checks.claims.needed import completed
from verify.checks.claims.surrogate import surrogate
from verify.checks.claims.suspect import Suspect
from verify.checks.gradients.intermediates import read_backward, read_forward
from verify.graph import balls
from verify.model.comparison import APPROXIMATION, DIVIDES, STRAYS
from verify.model.errors import CompiledError, DivisionError, ProtocolError
from verify.model.identity import NOWHERE, SAMPLE, Place
from verify.model.reasons import Cause, Reason
from verify.model.result import Comparison, Evidence, Verdict
from verify.proof.decision import Decision
from verify.proof.negligible import MODERATE
from verify.tracing.floats import FloatRun, is_clear
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Variant, observe, variants
from verify.tracing.region import Point

KeepRow = Callable[[Comparison], None]  # is given a row that is certain and not yet explained

_UNCONFIRMED = "the formulas differ, but no run on floats confirms that the code returns the value of its formula there"
COMPILED = "compiled code"  # the kind of evidence that symbols would have to enter compiled code
_DOUBTFUL = Evidence(STRAYS, _UNCONFIRMED, reason=Reason.FLOATS_DIFFER)
_CANCELLING = Evidence(
    STRAYS,
    "the formulas differ at a point of the domain, but its numbers are so large, or cancel so far, that floats do not "
    "confirm the difference",
    reason=Reason.TOO_FEW_DIGITS,
)
_BENEATH = Evidence(
    "no example",
    "at every point tried, the formulas differ by less than the smallest positive float",
    reason=Reason.HIDDEN_TERM,
)
_NO_VALUE = ": forward has no value for {0}=1; with sizes={1} in the case, that size alone is checked"
_LEAST = flint.arb(2) ** -1076  # what is smaller is 0 on floats, in any order of the operations
_BITS = 128
_MUCH = 1e6  # numbers that stand for infinity are no factors
_SMALL = (2, 3)  # sizes at which a mistake is looked for in what is too large for it
_ORDERS = 8  # of inputs, at which a condition has to part right entries and wrong ones
_EXPLAINED = 50  # wrong entries among which the one with the shortest formula is looked for


def gradient_row(seen: Observation, name: str, verdict: Verdict, **more: Any) -> Comparison:
    """Return the row of a gradient in the variant of a run; its shape is that of its input."""
    quantity = seen.inputs[name]
    return Comparison(
        "gradient",
        name,
        verdict,
        role="input",
        shape=quantity.shape,
        entries=len(quantity.nodes),
        variant=seen.variant.written,
        **more,
    )


def not_compared(
    case: TracedCase, variant: Variant | None, problem: SubjectError, others: Sequence[Comparison] = ()
) -> Comparison:
    """Write the row of a variant, or of the case, that could not be compared, beside those of `others`."""
    verdict, kind = (Verdict.ERROR, "error") if problem.broken else (Verdict.UNDECIDED, _kind(problem))
    evidence = Evidence(
        kind,
        f"{problem}{_only_for_one(case, variant, problem, others)}",
        place=problem.place,
        function=problem.function,
        after_forward=bool(problem.function) and problem.after_forward,
        reason=problem.reason,
    )
    of = SAMPLE if variant is None else variant.written
    return Comparison("case", "the whole case", verdict, evidence=evidence, variant=of, where=case.where)


def _only_for_one(
    case: TracedCase, variant: Variant | None, problem: SubjectError, others: Sequence[Comparison]
) -> str:
    """Say how to leave out a size of 1 for which forward divides by 0, as a variance of one row is; or nothing.

    It is said only where the same code comes to its end for another size of that dimension.
    """
    if variant is None or problem.after_forward or _kind(problem) != DIVIDES:
        return ""
    for name, size in variant.written.sizes:
        larger = [dict(row.variant.sizes)[name] for row in others if row.quantity != "case" and row.variant.sizes]
        if size == 1 and name not in case.sizes and max(larger, default=1) > 1:
            return _NO_VALUE.format(name, f"{{{name!r}: {max(larger)}}}".replace("'", '"'))
    return ""


def _kind(problem: BaseException | None) -> str:
    """Return the kind of evidence that an error of the tracer's is, of which other errors may tell."""
    while problem is not None and not isinstance(problem, (CompiledError, DivisionError)):
        problem = problem.__cause__
    return "not followed" if problem is None else COMPILED if isinstance(problem, CompiledError) else DIVIDES


def malformed(exact: Exact, name: str, place: Place, made: Place) -> Comparison:
    """Write the row of a gradient that has another shape than its input, or is no array, by where it is `made`."""
    seen = exact.seen
    actual, fault = seen.gradients.get(name), seen.malformed[name]
    return Comparison(
        "gradient",
        name,
        Verdict.ERROR,
        role="input",
        evidence=Evidence(
            "malformed", f"{fault.detail}{f', at {made}' if made else ''}", place=made, reason=fault.reason
        ),
        shape=seen.inputs[name].shape,
        entries=len(seen.inputs[name].nodes),
        failing=len(seen.inputs[name].nodes),
        variant=seen.variant.written,
        diagnosis=diagnose(exact.suspect(name, actual)) if actual else "",
        where=place,
    )


def decided_row(
    case: TracedCase,
    sides: Sequence[Claim],
    doubt: Cause | None,
    place: Place,
    seed: int,
    keep: KeepRow,
    *,
    certain: bool,
    explained: bool,
) -> Comparison:
    """Write the row of a gradient in one variant: of the side of a branch on the upstream where it is worst.

    Only what is `certain` to be what the code computes on floats is refuted.
    """
    claim = max(sides, key=lambda side: side.decision.verdict.rank)
    decision = claim.decision
    if doubt and (decision.verdict.good or not certain):
        decision = Decision(
            Verdict.UNDECIDED, Evidence("doubtful" if certain else STRAYS, doubt.detail, reason=doubt.reason)
        )
    if decision.verdict is Verdict.REFUTED and explained:
        return _refuted(case, claim, place, seed, keep)
    good = decision.verdict.good
    return Comparison(
        "gradient",
        claim.name,
        decision.verdict,
        role="input",
        evidence=decision.evidence,
        shape=claim.actual.shape,
        entries=len(claim.decisions),
        failing=0 if good else sum(not d.verdict.good for d in claim.decisions) or len(claim.decisions),
        variant=claim.exact.seen.variant.written,
        where=NOWHERE if good else place,
    )


def _seen_as(decided: Evidence, difference: Evidence) -> Evidence:
    """Return the evidence of a refutation: that of an approximation has more to say than a difference at one point."""
    return decided if decided.kind == APPROXIMATION else difference


def _branching(seen: Observation) -> str:
    place = upstream_branch(seen)
    return f"not linear in the upstream gradient: the code branches on it, at {place}" if place else ""


def _refuted(case: TracedCase, claim: Claim, where: Place, seed: int, keep: KeepRow) -> Comparison:
    """Write the row of a wrong gradient, with the entry that shows it best; first it is kept without a diagnosis.

    Where floats do not confirm that entry, one that they confirm stands for the gradient, if there is any. A float that
    is 0 confirms no number that is none: the exact one may be 0 there, too.
    """

    def confirmed(place: int, point: Point) -> bool:
        try:
            run = FloatRun(case, claim.exact.seen, seed, point)
            return run.gives(claim.name, place, claim.actual.nodes[place]) and not _is_beneath(claim, place, point)
        except SubjectError:
            return False

    def explained(place: int) -> Explanation:
        return _explain(claim, place, partial(confirmed, place), lambda why: keep(_explained(claim, place, why, where)))

    first, *others = _clearest(claim)
    place, explanation = first, explained(first)
    if explanation.counterexample is None:
        points = ((other, claim.decisions[other].point) for other in others)
        place = next((other for other, point in points if point is not None and confirmed(other, point)), first)
        explanation = explanation if place == first else explained(place)
    explanation = completed(case, claim, place, seed, explanation, partial(confirmed, place))
    mistake = _branching(claim.exact.seen) or claim.decisions[place].diagnosis
    diagnosis = mistake or diagnose(_suspect(case, claim, seed))
    row = replace(_explained(claim, place, explanation, where), diagnosis=diagnosis)
    if row.verdict is Verdict.REFUTED:
        row = replace(row, surrogate=surrogate(case, claim, seed))
    return row if row.counterexample is None else _with_entries(row, claim, explanation)


def _suspect(case: TracedCase, claim: Claim, seed: int) -> Suspect:
    forward = cache(lambda: read_forward(case, claim.exact.seen))
    backward = cache(lambda: read_backward(case, claim.exact.seen))
    resized = cache(partial(_resized, case, claim, seed))
    smaller = cache(partial(_smaller, case, claim, seed))
    elsewhere = cache(partial(_elsewhere, case, claim, seed))
    reoptioned = cache(partial(_reoptioned, case, claim, seed))
    suspect = claim.exact.suspect(claim.name, claim.actual)
    options = _numbers(claim.exact.seen.variant.options)
    suspect = replace(suspect, resized=resized, smaller=smaller, elsewhere=elsewhere)
    return replace(suspect, forward=forward, backward=backward, options=options, reoptioned=reoptioned)


def _numbers(options: Mapping[str, Any]) -> dict[str, Fraction]:
    """Return the options that are numbers other than 0, as they are written."""
    return {
        name: Fraction(repr(value)) for name, value in options.items() if type(value) is float and 0 < value < _MUCH
    }


def _reoptioned(case: TracedCase, claim: Claim, seed: int, name: str) -> list[Suspect]:
    """Return a gradient at the other values of an option, or nothing where the code does not take one of them."""
    variant = claim.exact.seen.variant
    suspects = []
    for value in case.options.get(name, ()):
        if value != variant.options[name]:
            options = {**variant.options, name: value}
            suspect = _at(case, claim, seed, variant.sizes, options)
            if suspect is None or name not in _numbers(options):
                return []
            suspects.append(replace(suspect, options=_numbers(options)))
    return suspects


def _smaller(case: TracedCase, claim: Claim, seed: int) -> Suspect | None:
    """Return a gradient with small sizes that the code takes, where there are any smaller ones."""
    sizes = claim.exact.seen.variant.sizes
    for size in _SMALL:
        small = {name: value if name in case.sizes else min(size, value) for name, value in sizes.items()}
        if small != sizes and (suspect := _of_sizes(case, claim, seed, small)):
            return suspect
    return None


def _elsewhere(case: TracedCase, claim: Claim, seed: int) -> list[Suspect]:
    """Return a gradient at other inputs: the sample's with entries in others' places, of all arrays alike and not.

    Then in other orders, every second time with other signs, where the inputs may be any number.
    """
    seen, rng = claim.exact.seen, random.Random(0)
    suspects = []
    for turned in range(_ORDERS):
        signs = ((1,), (-1, 1), (1,), (-1,))[0 if claim.exact.region.bounds else turned % 4]
        pairs = (pair for array in seen.inputs for pair in _in_any_order(seen, array, rng))
        at = {name: rng.choice(signs) * value for name, value in pairs}
        suspects.append(_at(case, claim, seed, seen.variant.sizes, seen.variant.options, at))
    for steps in ((1,) * len(seen.inputs), range(1, 1 + len(seen.inputs))):
        at = dict(pair for step, name in zip(steps, seen.inputs, strict=True) for pair in _rolled(seen, name, step))
        suspects.append(_at(case, claim, seed, seen.variant.sizes, seen.variant.options, at))
    return [suspect for suspect in suspects if suspect is not None]


def _in_any_order(seen: Observation, name: str, rng: random.Random) -> Iterator[tuple[str, Fraction]]:
    """Return the entries of an input with the values of each other."""
    names = [seen.trace.payloads[node] for node in seen.inputs[name].nodes]
    values = [seen.trace.sample[entry] for entry in names]
    return zip(names, rng.sample(values, len(values)), strict=True)


def _rolled(seen: Observation, name: str, step: int) -> Iterator[tuple[str, Fraction]]:
    """Return the entries of an input with the values of those that are some steps further on."""
    nodes = seen.inputs[name].nodes
    for place, node in enumerate(nodes):
        value = seen.trace.sample[seen.trace.payloads[nodes[(place + step) % len(nodes)]]]
        yield seen.trace.payloads[node], value


def _resized(case: TracedCase, claim: Claim, seed: int, name: str) -> Suspect | None:
    """Return a gradient where one dimension has another size, or nothing where the code takes none of a few."""
    variant = claim.exact.seen.variant
    for size in (variant.sizes[name] + 1, 2 * variant.sizes[name], 1):
        if suspect := _of_sizes(case, claim, seed, {**variant.sizes, name: size}):
            return suspect
    return None


def _of_sizes(case: TracedCase, claim: Claim, seed: int, sizes: Mapping[str, int]) -> Suspect | None:
    """Return a gradient at other sizes, or nothing where the code does not take them."""
    return _at(case, claim, seed, sizes, claim.exact.seen.variant.options)


def _at(
    case: TracedCase,
    claim: Claim,
    seed: int,
    sizes: Mapping[str, int],
    options: Mapping[str, Any],
    at: Mapping[str, Fraction] | None = None,
) -> Suspect | None:
    """Return a gradient at sizes, options and inputs, or nothing where the code does not take them."""
    with suppress(SubjectError, ProtocolError):
        (other, *_) = variants(case, [dict(sizes)], [options])
        exact = Exact(case, observe(case, other, seed, at=at), twice=False)
        if claim.name in exact.seen.gradients and claim.name not in exact.seen.malformed:
            suspect = exact.suspect(claim.name, exact.seen.gradients[claim.name])
            return replace(suspect, forward=cache(lambda: read_forward(case, exact.seen)))
    return None


def _with_entries(row: Comparison, claim: Claim, explanation: Explanation) -> Comparison:
    """Return the row of a wrong gradient with what is told of all of its entries."""
    assert row.counterexample is not None
    assert explanation.point is not None
    sides, named = _sides(claim.exact, claim.name), dict(row.counterexample.inputs)
    if explanation.run is not None:
        entries = arrays(
            _sides(explanation.run, claim.name), explanation.point, named, (), _on_edges(explanation.run, claim.name)
        )
    else:
        proved = [place for place, decision in enumerate(claim.decisions) if decision.verdict is Verdict.PROVED]
        entries = arrays(sides, explanation.point, named, proved)
    return replace(row, arrays=entries, marks=marks(sides, claim.decisions, claim.exact.region.sample))


def _sides(run: Exact, name: str) -> Sides:
    actual = run.seen.gradients[name]
    return Sides(run.seen.trace, actual.shape, run.gradient(name), actual.nodes)


def _on_edges(run: Exact, name: str) -> set[int]:
    """Return the places of entries that are on an edge between branches in a run, where a derivative need not exist."""
    graph, region = run.seen.trace, run.region
    touched = region.touched(region.sample, region.conditions)
    on_edges = {leaf for node in touched for leaf in graph.leaves(node)}
    return {place for place, node in enumerate(run.seen.inputs[name].nodes) if node in on_edges}


def _is_beneath(claim: Claim, place: int, point: Point | None) -> bool:
    """Tell whether both sides of an entry are too small at a point for any float but 0."""
    if point is None:
        return False
    sides = claim.exact.gradient(claim.name)[place], claim.actual.nodes[place]
    with flint.ctx.workprec(_BITS):
        values = balls.at(claim.exact.seen.trace, sides, point)
        return all(bool(abs(values[node]) < _LEAST) for node in sides)


def _unconfirmed(claim: Claim, place: int, point: Point | None) -> Evidence:
    """Say why floats do not confirm that an entry is wrong at a point."""
    if _is_beneath(claim, place, point):
        return _BENEATH
    clear = point is None or is_clear(claim.exact.seen.trace, claim.actual.nodes[place], point)
    return _DOUBTFUL if clear else _CANCELLING


def _explain(
    claim: Claim, place: int, confirmed: Callable[[Point], bool], keep: Callable[[Explanation], None]
) -> Explanation:
    exact = claim.exact
    graph = exact.seen.trace
    sides = exact.gradient(claim.name)[place], claim.actual.nodes[place]
    wrt = graph.payloads[exact.seen.inputs[claim.name].nodes[place]]
    return explain(graph, exact.region, *sides, claim.decisions[place], exact.outputs(), wrt, confirmed, keep)


def _clearest(claim: Claim) -> list[int]:
    """Return the places of the first wrong entries: those at moderate inputs first, then by length of formulas."""
    graph, expected, decisions = claim.exact.seen.trace, claim.exact.gradient(claim.name), claim.decisions
    wrong = [i for i, decision in enumerate(decisions) if decision.verdict is Verdict.REFUTED]

    def clearness(i: int) -> tuple[bool, int]:
        is_far = any(abs(value) > MODERATE for value in (decisions[i].point or {}).values())
        return is_far, len(graph.reach([expected[i], claim.actual.nodes[i]]))

    return sorted(wrong[:_EXPLAINED], key=clearness)


def _explained(claim: Claim, place: int, explanation: Explanation, where: Place) -> Comparison:
    """Write the row of a wrong gradient: it is refuted where floats confirm a counterexample."""
    refuted, decision = explanation.counterexample is not None, claim.decisions[place]
    unconfirmed = None if refuted else _unconfirmed(claim, place, decision.point)
    return Comparison(
        "gradient",
        claim.name,
        Verdict.REFUTED if refuted else Verdict.UNDECIDED,
        role="input",
        actual_formula=explanation.actual,
        expected_formula=explanation.expected,
        apart=explanation.apart,
        evidence=_seen_as(decision.evidence, explanation.evidence) if unconfirmed is None else unconfirmed,
        counterexample=explanation.counterexample,
        shape=claim.actual.shape,
        entries=len(claim.decisions),
        failing=sum(not decision.verdict.good for decision in claim.decisions),
        index=tuple(map(int, np.unravel_index(place, claim.actual.shape))),
        variant=claim.exact.seen.variant.written,
        relation=explanation.relation,
        where=where,
    )

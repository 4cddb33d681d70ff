"""Gradients that compiled code computes, judged at points: SAMPLED, REFUTED with both numbers, or UNDECIDED.

Where `forward` can be followed and `backward` calls compiled code, the exact derivative is known, and floats of the
code are all that can be held against it. At each of a few points of the whole domain `forward` is run anew on symbols,
on whatever branches it takes there; the code is run on floats at that point, which is one of exact floats, so that no
rounding of inputs comes between; and each entry is compared with a ball around its exact value.

A point counts where no branch is decided by a tie, floats of `forward` do not overflow, and no entry is lost: one that
does not agree, but differs by no more than one rounding of the largest number. Half of the points have to count. Code
that raises on floats at a point, or whose floats of `forward` are not what its formula has, is not judged at others;
where functions are followed that were added for compiled code, those floats are held to as many digits as gradients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.conversation import named_gradients
from verify.cases.samples import nearest_to_zero
from verify.checks.claims.claims import Exact
from verify.checks.gradients.nearness import Entry, PointRun, at_point, entries_of, is_forward_near
from verify.checks.gradients.rows import gradient_row
from verify.graph import digits
from verify.model.comparison import POINTS
from verify.model.errors import ProtocolError
from verify.model.identity import NOWHERE
from verify.model.reasons import Reason
from verify.model.result import Comparison, Counterexample, Evidence, Verdict
from verify.proof.rationals import Real
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Variant, observe
from verify.tracing.region import pinned
from verify.tracing.symbols.trace import Trace

NOTE = "backward is compiled code: other regions, further sizes, contracts and the rounding of floats were not checked"
_POINTS, _TRIED = 12, 16  # how many points are wanted, and how many are tried for them
_NODES = 200_000  # of all graphs together, from which on no further point is tried: a few seconds
_FACTORS = (1, 2, -1, -2, 1, 2, -1, -2, 1, 2, -1, -2)  # samples of one number lie in a part of their domain
_LONGEST = 24  # signs of a rational
_FEW = 8  # inputs that a message shows
_STRAYS = "on floats forward differs from its formula"
_ASSUMED = (
    "compiled code is assumed to round no worse than half precision, against the largest number in the computation, "
    "and this differs by more; {problem}"
)
_UNCLEAR = (
    "at a point an entry is {actual}, exactly {expected}: {digits} digits agree, and the others may be rounding or a "
    "wrong formula; {problem}"
)
_AGREES = "equal to the exact derivative of forward at {points} points, to {digits} digits or more; {problem}"


def judged(case: TracedCase, variant: Variant, problem: SubjectError, seed: int) -> list[Comparison]:
    """Return a row for each gradient of a variant that ends in compiled code; none where nothing is known of them.

    Raises SubjectError where what the code returns is no gradients, or cannot be trusted.
    """
    runs, doubt = _runs(case, variant, seed) if problem.compiled else ([], None)
    rows = _rows(case, runs, problem, seed) if runs else []
    if doubt is not None and not any(row.verdict is Verdict.REFUTED for row in rows):
        raise doubt
    return rows


def unconfirmed(case: TracedCase, seen: Observation, seed: int) -> list[Comparison]:
    """Return the rows of gradients whose floats are not near the exact ones, where added functions were followed.

    What is added for compiled code is the author's word: what is proved holds for the compiled code if that is true.
    """
    problem = SubjectError(
        f"the function added for {', '.join(seen.trace.added)} may differ from it", reason=Reason.COMPILED_CODE
    )
    return [row for row in judged(case, seen.variant, problem, seed) if row.verdict is not Verdict.SAMPLED]


def refuted(case: TracedCase, seen: Observation, problem: SubjectError, seed: int) -> list[Comparison]:
    """Return the rows of gradients that are wrong beside the inputs of a run that went as far as compiled code."""
    try:
        run = _beside(case, seen, seed) if problem.compiled and seen.upstreams else None
        rows = [] if run is None else _rows(case, [run], problem, seed)
    except SubjectError:  # other checks tell of that
        return []
    return [row for row in rows if row.verdict is Verdict.REFUTED]


def _rows(case: TracedCase, runs: Sequence[PointRun], problem: SubjectError, seed: int) -> list[Comparison]:
    rows = []
    for name, first in _gradients(case, runs[0]).items():
        if first is None and all(run.floats.gradients.get(name) is None for run in runs):
            continue
        entries = [entries_of(run, name) for run in runs]
        if any(of_run is None for of_run in entries) or not entries[0]:
            rows.append(_row(case, runs[0], name, Verdict.ERROR, evidence=_malformed(runs[0], name)))
        else:
            rows.append(_decided(case, name, [entry for of_run in entries for entry in of_run or ()], problem, seed))
    return rows


def _gradients(case: TracedCase, run: PointRun) -> Mapping[str, Any]:
    """Return what the code returned by name; raises SubjectError where that is another number of gradients."""
    try:
        gradients = named_gradients(list(case.real), run.floats.returned, lambda _: None)
    except ProtocolError as problem:
        raise SubjectError(str(problem), reason=problem.reason, broken=True) from problem
    return {name: gradients[name] for name in case.real}


def _runs(case: TracedCase, variant: Variant, seed: int) -> tuple[list[PointRun], SubjectError | None]:
    """Return the code at points, and why it is not to be judged there, if it is not."""
    runs: list[PointRun] = []
    nodes = 0
    for number in range(_TRIED):
        if len(runs) == _POINTS or nodes > _NODES:
            break
        drawn = Observation(variant, Trace(), sample=number)
        try:
            _reach(case, seed, drawn, {})
        except SubjectError:  # another branch of forward, that cannot be followed
            continue
        try:
            run = _beside(case, drawn, seed, _FACTORS[number % len(_FACTORS)])
        except SubjectError as doubt:
            return runs, doubt
        nodes += len(drawn.trace)
        runs += [] if run is None else [run]
    return runs, None


def _beside(case: TracedCase, drawn: Observation, seed: int, factor: int = 1) -> PointRun | None:
    """Return the code at the floats beside a point, or None if they do not count; raises SubjectError for a doubt."""
    seen = drawn.again(Trace())
    try:
        _reach(case, seed, seen, _moved(case, drawn, factor))
        exact = Exact(case, seen, twice=False)
    except SubjectError:  # forward is not defined there
        return None
    if pinned(seen.conditions) or exact.constant:
        return None
    floats = _on_floats(case, seen, seed)
    if floats.overflows():
        return None
    run = at_point(case, exact, floats)
    if seen.trace.added and not is_forward_near(run):
        raise SubjectError(_STRAYS, reason=Reason.FLOATS_DIFFER)
    return run


def _moved(case: TracedCase, drawn: Observation, factor: int) -> Mapping[str, Fraction]:
    """Return the inputs of a run, moved away from 0 by a factor as far as they stay in their domain, as floats."""
    point, names = dict(drawn.trace.sample), drawn.trace.payloads
    bounds = {names[n]: case.symbolic[name] for name, quantity in drawn.inputs.items() for n in quantity.nodes}
    for name, value in point.items():
        low, high = (bounds[name].low, bounds[name].high) if name in bounds else (None, None)
        middle = nearest_to_zero(low, high)
        moved = middle + (value - middle) * factor
        if (low is None or moved > low) and (high is None or moved < high):
            point[name] = moved
    return {name: Fraction(float(value)) for name, value in point.items()}


def _reach(case: TracedCase, seed: int, seen: Observation, at: Mapping[str, Fraction]) -> None:
    """Run the code on symbols, which may end in backward; raises SubjectError where forward does not."""
    try:
        observe(case, seen.variant, seed, seen=seen, at=at)
    except SubjectError:
        if not seen.upstreams:
            raise
    seen.conditions = list(seen.trace.conditions.values())


def _on_floats(case: TracedCase, seen: Observation, seed: int) -> FloatRun:
    """Run the code on floats at a point; raises SubjectError where it fails there, or forward is another one."""
    try:
        floats = FloatRun(case, seen, seed, noticing=not case.backward)
    except SubjectError as problem:
        point = ", ".join(f"{name}={value}" for name, value in _point(seen)[:_FEW])
        text = f"{problem} ({point})"
        raise SubjectError(text, problem.place, reason=problem.reason, broken=problem.broken) from problem
    if not floats.overflows() and not floats.outputs_agree():
        raise SubjectError(_STRAYS, reason=Reason.FLOATS_DIFFER)
    return floats


def _point(seen: Observation) -> list[tuple[str, str]]:
    """Return the inputs at a point as floats that can be typed in again: they are exact."""
    return [(name, repr(float(value))) for name, value in seen.trace.sample.items()]


def _malformed(run: PointRun, name: str) -> Evidence:
    shape, actual = run.seen.inputs[name].shape, run.floats.gradients.get(name)
    text = f"the gradient of {name!r} is {_kind(actual)}: expected an array of shape {shape}"
    return Evidence("malformed", text, reason=Reason.WRONG_SHAPE)


def _kind(value: Any) -> str:
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"


def _decided(case: TracedCase, name: str, entries: Sequence[Entry], problem: SubjectError, seed: int) -> Comparison:
    """Return the row of a gradient, with the entry that is worst."""
    certain = [entry for entry in entries if not entry.run.seen.trace.coarser]  # a cast may be the cause for others
    apart = next((entry for entry in certain if entry.is_apart and _repeats(case, entry, name, seed)), None)
    lost = {id(entry.run) for entry in entries if entry.is_lost}
    counting = [entry for entry in entries if id(entry.run) not in lost]
    points = len({id(entry.run) for entry in counting})
    considered = counting if points >= len(lost) else entries
    failing = len({entry.place for entry in considered if not entry.agrees})
    worst = apart or min(considered, key=lambda entry: (entry.agrees, entry.digits))
    facts = {
        "name": name,
        "actual": repr(worst.actual),
        "expected": _text(worst.expected),
        "digits": worst.digits,
        "points": points,
        "problem": problem,
    }
    if apart is None and not failing:
        detail = _AGREES.format(**facts)
        evidence = Evidence(POINTS, detail, digits=worst.digits, points=points, place=problem.place)
        return _row(case, worst.run, name, Verdict.SAMPLED, evidence=evidence)
    verdict, sentence = (Verdict.UNDECIDED, _UNCLEAR) if apart is None else (Verdict.REFUTED, _ASSUMED)
    reason = Reason.POINTS_UNCLEAR if apart is None else None
    example = Counterexample(tuple(_point(worst.run.seen)), _text(worst.expected), repr(worst.actual))
    return _row(
        case,
        worst.run,
        name,
        verdict,
        evidence=Evidence(POINTS, sentence.format(**facts), points=points, place=problem.place, reason=reason),
        counterexample=example if apart else None,
        failing=failing,
        index=tuple(map(int, np.unravel_index(worst.place, worst.run.seen.inputs[name].shape))),
    )


def _text(value: Real) -> str:
    """Write an exact value; a long quotient, as products of floats are, by its digits."""
    return value.readable if len(value.readable) <= _LONGEST else digits.digits(value.ball)


def _repeats(case: TracedCase, entry: Entry, name: str, seed: int) -> bool:
    """Tell whether the code returns the same number once more."""
    try:
        return FloatRun(case, entry.run.seen, seed).entry(name, entry.place) == entry.actual
    except SubjectError:
        return False


def _row(case: TracedCase, run: PointRun, name: str, verdict: Verdict, **more: Any) -> Comparison:
    place = NOWHERE if verdict.good else case.backward or run.floats.backward or case.code or case.where
    more = {"failing": 0 if verdict.good else len(run.seen.inputs[name].nodes), **more}
    return gradient_row(run.seen, name, verdict, where=place, **more)

"""From faults of floats to findings, each with its likely cause and the line where the digits go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from verify.cases.shapes import entry_names
from verify.checks.claims.claims import Exact
from verify.checks.rounding.blame import breaking, losing
from verify.checks.rounding.faults import OUTSIDE, OVERFLOW, UNSTABLE, Fault
from verify.checks.rounding.formats import DOUBLE, HALF, SINGLE
from verify.checks.rounding.points import REGION, SAMPLE, Tried
from verify.graph import digits
from verify.model import findings as table
from verify.model.errors import UnboundedError
from verify.model.identity import NOWHERE, Place
from verify.model.result import Finding
from verify.model.where import as_place
from verify.proof.rationals import Real
from verify.tracing.following import SubjectError

_OF_LOGARITHMS = "of a number that rounding may take to 0 or below"
_WHERE = {SAMPLE: "at the sample", REGION: "in another region"}


def finding(faults: Sequence[Fault], where: Place) -> Finding:
    """Return the finding that one kind of fault of one gradient makes; `where` is the code that computes gradients."""
    fault = min(faults, key=_severity)
    cause, place = _CAUSES[fault.code](fault, faults)
    variant = fault.trial.place.run.seen.variant.written
    entry = table.finding(
        fault.code, f"{_comparison(fault)}{cause}", name=fault.name, where=place or where, variant=variant
    )
    return replace(entry, fails=_fails(fault, fails=entry.fails), named=bool(place))


def unjudged(run: Exact, where: Place, tried: Tried) -> Finding:
    """Return the finding that a branch makes which rounding decides at a point."""
    detail = f"{_at(tried.name)}, rounding decides a branch: the result there is not judged"
    return table.finding("GP204", detail, where=where, variant=run.seen.variant.written)


def not_known(name: str, magnitudes: Sequence[str]) -> str:
    """Say of which quantity too few digits are known to judge its floats, and where."""
    places = " and ".join(map(_at, magnitudes))
    return f"{places}, the exact value of {name} is not known to enough digits: its floats are not judged there"


def unlike(types: Sequence[str]) -> str:
    """Say for which types of numbers floats are not what formulas give, and nothing is known that would judge them."""
    return (
        f"floats in {' and '.join(types)} differ from the formulas, and what the code computes for such numbers "
        "cannot be traced: they are not judged"
    )


def not_followed(run: Exact, problem: SubjectError) -> str:
    """Say why the floats of a run are not judged, whose code was followed before."""
    sizes = run.seen.variant.written
    unbounded = isinstance(problem.__cause__, UnboundedError)
    reason = f"{problem}" if unbounded else f"traced again, the code raises {problem}"
    return f"floats{f' at {sizes}' if sizes else ''} are not judged: {reason}"


def _at(name: str) -> str:
    return _WHERE.get(name, f"at inputs of {name}")


def _fails(fault: Fault, *, fails: bool) -> bool:
    """Tell whether the gate fails, for the exceptions that the table of findings names."""
    if fault.code == OUTSIDE:
        return fails and not fault.trial.declared(fault.name)
    broken = not np.isfinite(fault.judgement.actual[fault.entry])
    return fails or (broken and fault.trial.name == SAMPLE and fault.trial.numbers is not HALF)


def _severity(fault: Fault) -> tuple[bool, bool, bool, float]:
    """Order faults: those that fail first, in double precision, at the sample, then by size."""
    trial = fault.trial
    return bool(trial.declared(fault.name)), trial.numbers is not DOUBLE, trial.name != SAMPLE, -fault.size


def _comparison(fault: Fault) -> str:
    """Say where it is and what came: `at the sample, x[0] = 1996.0, its gradient is nan, the exact one 0.25`."""
    trial = fault.trial
    kind = "" if trial.numbers is DOUBLE else f" in {trial.numbers.name}"
    actual = float(fault.judgement.actual[fault.entry])
    exact = trial.place.exactly(fault.name, fault.entry, trial.column)
    return f"{_at(trial.name)}, {_entry(fault)}{kind} is {actual:.9g}, the exact one {_text(exact)}"


def _entry(fault: Fault) -> str:
    """Write an entry of a gradient with its input, one of an output with an input of that shape."""
    seen, shape = fault.trial.place.run.seen, fault.quantity.shape
    like = (
        [name for name, quantity in seen.inputs.items() if quantity.shape == shape] if fault.of_output else [fault.name]
    )
    output = entry_names(fault.quantity.entry, shape)[fault.entry] if fault.of_output else "its gradient"
    if not like:
        return output
    node = seen.inputs[like[0]].nodes[fault.entry]
    value = float(fault.trial.point[seen.trace.payloads[node]])
    return f"{entry_names(like[0], shape)[fault.entry]} = {value:.6g}, {output}"


def _text(exact: Real) -> str:
    """Write an exact value with nine digits that are certain, or how near to 0 it is."""
    if exact.is_known or not exact.ball.is_finite():
        return f"{'is ' if digits.extreme(exact.ball) else ''}{digits.rounded(exact.ball)}"
    return f"is within {digits.bound(exact.ball)} of 0" if exact.ball.contains(0) else digits.digits(exact.ball)


def _of_overflow(fault: Fault, faults: Sequence[Fault]) -> tuple[str, Place]:
    suspect = breaking(fault.trial, fault.node)
    if suspect is None:
        cast, where = _cast(fault)
        return f": {cast}" if cast else "", where
    if suspect.overflows:
        return f": {suspect.word} overflows{suspect.there}", suspect.where
    if suspect.undefined:
        cause = "by a number that may round to 0" if suspect.divides else _OF_LOGARITHMS
        return f": {suspect.word}{suspect.there} is {cause}", suspect.where
    return f": {suspect.word}{suspect.there} has no value after rounding", suspect.where


def _of_loss(fault: Fault, faults: Sequence[Fault]) -> tuple[str, Place]:
    if not np.isfinite(fault.judgement.actual[fault.entry]):
        return _of_overflow(fault, faults)
    suspect, bits = losing(fault.trial, fault.node), fault.trial.numbers.bits
    half = 2.0 ** (-bits / 2)
    lost, may = (min(bits, bits + np.log2(size)) for size in (fault.size, fault.judgement.at_risk[fault.entry] or 1))
    right = "" if fault.of_output else "the formula is right, but "
    text = f": {right}{lost:.0f} of {bits} bits are lost"
    text += "" if fault.size > half else f" here, and {may:.0f} may be"
    return f"{text}, most of them to {suspect.word}{suspect.there}", suspect.where


def _of_more(fault: Fault, faults: Sequence[Fault]) -> tuple[str, Place]:
    """Say what may take floats out of their bound: a cast, a look at the type, an approximation."""
    text = f", outside the rounding bound ({float(fault.judgement.bound[fault.entry]):.2g})"
    cast, where = _cast(fault)
    declared = fault.trial.declared(fault.name)
    if cast:
        return f"{text}: {cast}{f', as the output is {declared}' if declared else ''}", where
    if declared:
        return f"{text}: the output is {declared}", NOWHERE
    formats = {other.trial.numbers for other in faults}
    if DOUBLE not in formats:
        names = " and ".join(numbers.name for numbers in (SINGLE, HALF) if numbers in formats)
        return f"{text}: in {names} only, where the code computes something else, or casts", NOWHERE
    for shorter in (HALF, SINGLE):
        if shorter.unit / 16 < fault.size < shorter.unit * 64:
            return f"{text}: it has the accuracy of {shorter.name}, as after a cast", NOWHERE
    return f"{text}: an approximation, or code that depends on the dtype", NOWHERE


def _cast(fault: Fault) -> tuple[str, Place]:
    """Return the first cast to a shorter type, as a phrase and a place."""
    for place, kind in fault.trial.place.recorder.casts.items():
        return f"a cast to {kind} at {as_place(*place)}", as_place(*place)
    return "", NOWHERE


_CAUSES = {OVERFLOW: _of_overflow, UNSTABLE: _of_loss, OUTSIDE: _of_more}

"""From what floats are worth to findings: outside of its bound, unstable, overflowing; each with its likely cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.arithmetic.blame import breaking, condition, losing
from verify.arithmetic.formats import DOUBLE, HALF, SINGLE
from verify.arithmetic.judge import Judgement
from verify.arithmetic.points import SAMPLE
from verify.arithmetic.trials import Trial
from verify.result import Finding
from verify.subjects.shapes import entry_names
from verify.where import told

OUTSIDE, UNSTABLE, OVERFLOW = "GP201", "GP202", "GP203"


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry of a gradient that is not what it could be, in a trial."""

    code: str
    name: str
    trial: Trial
    entry: int

    @property
    def judgement(self) -> Judgement:
        """Return what the gradient is worth."""
        return self.trial.judgements[self.name]

    @property
    def node(self) -> int:
        """Return the node of the entry among the operations of the code."""
        return self.trial.place.seen.gradients[self.name].nodes[self.entry]

    @property
    def size(self) -> float:
        """Return the relative error."""
        return float(self.judgement.lost[self.entry])

    @property
    def said(self) -> str:
        """Say where it is and what came: `at x[0] = 1996.0 the gradient of x is nan, exactly 0.25`."""
        judgement, seen = self.judgement, self.trial.place.run.seen
        quantity, trace = seen.inputs[self.name], seen.trace
        value = float(self.trial.point[trace.payloads[quantity.nodes[self.entry]]])
        entry = entry_names(self.name, quantity.shape)[self.entry]
        kind = "" if self.trial.numbers is DOUBLE else f" in {self.trial.numbers.name}"
        where = "at the sample" if self.trial.name == SAMPLE else f"at inputs of {self.trial.name}"
        came, exact = float(judgement.actual[self.entry]), float(judgement.exact[self.entry])
        return f"{where}, {entry} = {value:.6g}, its gradient{kind} is {came:.9g}, the exact one {exact:.9g}"


def faults(trial: Trial) -> list[Fault]:
    """Return what is wrong with the gradients of a trial, the worst entry of each kind."""
    found = []
    for name, judgement in trial.judgements.items():
        for code, wrong in _kinds(judgement).items():
            if wrong.any():
                found.append(Fault(code, name, trial, int(np.argmax(np.where(wrong, judgement.lost, -1)))))
    return [fault for fault in found if fault.code != UNSTABLE or not _inherent(fault)]


def _kinds(judgement: Judgement) -> dict[str, Any]:
    finite, bounded = np.isfinite(judgement.actual), np.isfinite(judgement.bound)
    half = 2.0 ** -(judgement.numbers.bits / 2)
    useless = finite & (judgement.lost > half) & judgement.representable
    outside = finite & bounded & judgement.outside
    return {
        OVERFLOW: ~finite & judgement.representable,
        OUTSIDE: outside,
        # In a shorter format the same computation loses the same share of fewer digits, to inputs that have fewer.
        UNSTABLE: useless & ~outside & (judgement.numbers is DOUBLE),
    }


def _inherent(fault: Fault) -> bool:
    """Tell whether the data explains an error: a stable algorithm may lose a few times what the data does."""
    trial = fault.trial
    node = trial.place.run.gradient(fault.name)[fault.entry]
    few = 2.0 ** (trial.numbers.bits / 4)
    return bool(
        float(fault.judgement.error[fault.entry]) <= few * condition(trial.place.run, node, trial.numbers, trial.point)
    )


def finding(found: Sequence[Fault], where: str) -> Finding:
    """Return the finding that one kind of fault of one gradient makes; `where` is the code that computes gradients."""
    fault = min(found, key=_severity)
    cause, place = _CAUSES[fault.code](fault, found)
    return Finding(
        _code(fault),
        f"{fault.said}{cause}",
        fails=fault.code == OUTSIDE
        or (fault.trial.name == SAMPLE and _code(fault) == OVERFLOW and fault.trial.numbers is not HALF),
        name=fault.name,
        where=place or where,
        variant=fault.trial.place.run.seen.variant.text,
    )


def _code(fault: Fault) -> str:
    """Return the code of a finding; a result that overflow has made useless, though finite, is one of overflow."""
    if fault.code == UNSTABLE and not np.isfinite(fault.judgement.bound[fault.entry]):
        suspect = breaking(fault.trial, fault.node)
        return OVERFLOW if suspect is not None and suspect.overflows else UNSTABLE
    return fault.code


def _severity(fault: Fault) -> tuple[bool, bool, float]:
    """Order faults: in double precision first, at the sample, then by size."""
    return fault.trial.numbers is not DOUBLE, fault.trial.name != SAMPLE, -fault.size


def _of_overflow(fault: Fault, found: Sequence[Fault]) -> tuple[str, str]:
    suspect = breaking(fault.trial, fault.node)
    if suspect is None:
        return "", ""
    if suspect.overflows:
        return f": {suspect.word} overflows at {suspect.where}", suspect.where
    return f": {suspect.word} at {suspect.where} is one by 0, or of what is not defined, after rounding", suspect.where


def _of_loss(fault: Fault, found: Sequence[Fault]) -> tuple[str, str]:
    if _code(fault) == OVERFLOW:
        return _of_overflow(fault, found)
    suspect, bits = losing(fault.trial, fault.node), fault.trial.numbers.bits
    lost = min(bits, bits + np.log2(fault.size))
    said = f": the formula is right, but {lost:.0f} of {bits} bits are lost"
    return f"{said}, most of them to {suspect.word} at {suspect.where}", suspect.where


def _of_more(fault: Fault, found: Sequence[Fault]) -> tuple[str, str]:
    """Say what may take floats out of their bound: a cast, a look at the type, an approximation."""
    bound = float(fault.judgement.bound[fault.entry])
    said, casts = f", further than rounding can take it ({bound:.2g})", fault.trial.place.recorder.casts
    if casts:
        place, kind = next(iter(casts.items()))
        return f"{said}: a cast to {kind} at {told(place)}", told(place)
    formats = {other.trial.numbers for other in found}
    if DOUBLE not in formats:
        names = " and ".join(numbers.name for numbers in (SINGLE, HALF) if numbers in formats)
        return f"{said}: in {names} only, where the code computes something else, or casts", ""
    for shorter in (HALF, SINGLE):
        if shorter.unit / 16 < fault.size < shorter.unit * 64:
            return f"{said}: it has the accuracy of {shorter.name}, as after a cast", ""
    return f"{said}: an approximation, or code that looks at the type of its numbers", ""


_CAUSES = {OVERFLOW: _of_overflow, UNSTABLE: _of_loss, OUTSIDE: _of_more}

"""What becomes of formulas of which floats say that they are wrong at points of their own regions.

There the enclosure of what the code computes, with all rounding, does not hold the exact value. That is a doubt, and
not yet a verdict: the case is run on symbols at the point. It is refuted if its formula is another one there. Where it
cannot be run there, or is not decided, the gradient is undecided. Where it is right there, that is proved, and only the
floats are not judged, as a note says. Of exact values that exceed all floats, in enclosures without limit, nothing is
known that is a doubt: they are looked at for what the run on symbols may refute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from verify.cases.case import TracedCase
from verify.checks.gradients.traced import decided
from verify.checks.regions.check import apart
from verify.checks.rounding.trials import Wrong
from verify.checks.rounding.truth import exactly
from verify.model.identity import NOWHERE
from verify.model.reasons import Reason
from verify.model.result import Comparison, Evidence, Verdict
from verify.tracing.following import SubjectError
from verify.tracing.observe import observe

_DOUBT = "at another point of its region the code's floats differ from the exact value by more than rounding"
_NOT_FOLLOWED = f"{_DOUBT}, and there the code cannot be traced: {{}}"
_NO_GRADIENT = f"{_DOUBT}, and there the code returns no gradient"
_RIGHT = (
    "at another point of its region {} differs from its exact value by more than rounding, though the "
    "formula is right there: "
    "its floats are not judged there"
)


@dataclass(slots=True)
class Doubts:
    """Rows of gradients that are refuted or undecided at points, and notes on floats that are not judged there."""

    refuted: dict[str, Comparison] = field(default_factory=dict)
    open_rows: dict[str, Comparison] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    @property
    def rows(self) -> list[Comparison]:
        """Return a row for each gradient, of those that are both the one that refutes."""
        return list({**self.open_rows, **self.refuted}.values())

    def add(self, wrong: Wrong, rows: Sequence[Comparison]) -> None:
        """Add what was decided at a point, where some gradient was doubted."""
        self.refuted.update(
            {row.name: row for row in rows if row.verdict is Verdict.REFUTED and row.name not in self.refuted}
        )
        own = next((row for row in rows if row.name == wrong.name), None)
        if not wrong.is_certain:
            return
        if own is None:
            self.open_rows.setdefault(wrong.name, _undecided(wrong, "doubtful", _NO_GRADIENT))
        elif own.verdict.good:
            self.notes[_RIGHT.format(wrong.name)] = None
        else:
            self.open_rows.setdefault(wrong.name, own)


def settled(case: TracedCase, wrong: Sequence[Wrong], seed: int) -> Doubts:
    """Run a case on symbols at the points at which its gradients are doubted, and decide them there."""
    doubts = Doubts()
    for doubt in wrong:
        if doubt.name in doubts.refuted:
            continue
        try:
            seen = observe(case, doubt.run.seen.variant, seed, at=exactly(doubt.point))
            doubts.add(doubt, [apart(row) for row in decided(case, seen, seed)[0]])
        except SubjectError as problem:
            if not doubt.is_certain:
                continue
            row = _undecided(doubt, "not followed", _NOT_FOLLOWED.format(problem), problem)
            doubts.open_rows.setdefault(doubt.name, row)
    return doubts


def _undecided(wrong: Wrong, kind: str, detail: str, problem: SubjectError | None = None) -> Comparison:
    quantity = wrong.run.seen.inputs[wrong.name]
    place = NOWHERE if problem is None else problem.place
    evidence = Evidence(kind, detail, place=place, reason=Reason.DOUBTFUL_FLOATS)
    row = Comparison(
        "gradient",
        wrong.name,
        Verdict.UNDECIDED,
        role="input",
        evidence=evidence,
        shape=quantity.shape,
        entries=len(quantity.nodes),
        variant=wrong.run.seen.variant.written,
    )
    return apart(row)

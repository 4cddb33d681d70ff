"""Are gradients right for other random numbers than those of the sample?

A mask that `backward` draws anew equals that of `forward` by chance, the more often the smaller an array is. So code
that draws runs on floats as it does after other numbers of earlier draws, each time once more at inputs beside the
sample. Where its output does not change as the gradients say, they are decided on symbols after these draws. As with
other sizes (`sizes`), this can only refute: the probes themselves refute nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from verify.cases import earlier
from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.gradients.probes import Probe, fits
from verify.checks.gradients.traced import decided
from verify.model.result import Comparison, Verdict
from verify.tracing import patches
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.seeds import rewinder, seeded
from verify.tracing.symbols.trace import Trace

_MOST, _LEAST, _BUDGET = 64, 8, 1_000_000  # other numbers of draws, by the nodes of all these runs
_SUSPECTS = 3  # of them, that are decided on symbols
_CHOICES = 8  # variants that are tried
_BY_CHANCE = (
    "the gradient of {names} is wrong after {number} earlier draws from each generator of random numbers, and right at "
    "the sample by chance: does backward draw its own mask or noise?"
)


@dataclass(slots=True)
class Draws:
    """What was found after other draws: wrong rows, and what is said of them."""

    rows: list[Comparison] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def other_draws(case: TracedCase, rows: Sequence[Comparison], runs: Sequence[Exact], seed: int) -> Draws:
    """Decide the gradients that no row calls wrong after other draws, where the code draws random numbers."""
    draws, wrong = Draws(), {row.name for row in rows if not row.verdict.good}
    for run in runs[:_CHOICES]:
        for number in () if wrong.issuperset(case.real) else _suspects(case, run, seed):
            if wrong.issuperset(case.real):
                break
            refuted = [row for row in _wrong(case, run, seed, number) if row.name not in wrong]
            draws.rows += refuted
            if names := [row.name for row in refuted]:
                draws.notes.append(_BY_CHANCE.format(names=", ".join(names), number=number))
                wrong.update(names)
    return draws


def _suspects(case: TracedCase, run: Exact, seed: int) -> list[int]:
    """Return the first numbers of earlier draws after which the output does not change as the gradients say."""
    trace = run.seen.trace
    floats = {name: (trace.floats(array.nodes, trace.sample), array.shape) for name, array in run.seen.inputs.items()}
    inputs = {name: np.array(values, dtype=float).reshape(shape) for name, (values, shape) in floats.items()}
    probe = Probe(run.seen.variant, inputs)
    most = max(_LEAST, min(_MOST, _BUDGET // max(1, run.size)))
    suspects = list[int]()
    with patches.in_force(seed), seeded(seed):
        rewind = rewinder(seed)
        for number in range(1, 1 + most):
            with earlier.after(number) as aged:
                fit = fits(case, probe, rewind)
            suspects += [] if fit else [number]
            if len(suspects) == _SUSPECTS or not (run.seen.draws or aged):
                break
    return suspects


def _wrong(case: TracedCase, run: Exact, seed: int, number: int) -> list[Comparison]:
    """Return the rows of what is wrong after so many draws."""
    seen, rows = Observation(run.seen.variant, Trace(), sample=run.seen.sample), list[Comparison]()
    with earlier.after(number), suppress(SubjectError):
        observe(case, seen.variant, seed, seen=seen, at=run.seen.at)
        rows = decided(case, seen, seed)[0]
    return [
        replace(row, variant=replace(row.variant, elsewhere=True)) for row in rows if row.verdict is Verdict.REFUTED
    ]

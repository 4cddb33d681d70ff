"""What layers of one class share, which is seen when two of them are in use at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any

import numpy as np

from verify.checks.contracts.arrays import apart, share
from verify.checks.contracts.drive import Ran, run
from verify.checks.contracts.holdings import at
from verify.checks.contracts.numbers import Numbers
from verify.checks.contracts.replay import gradient_paths
from verify.checks.contracts.trial import Trial, attempt
from verify.checks.contracts.units import Unit
from verify.model.result import Finding
from verify.tracing.following import SubjectError


def instances(trial: Trial) -> Iterator[Finding]:
    """Find what two layers of one class share: the one is used between the forward and the backward of the other.

    That the subject makes its layers anew in each run shows in two runs of which the first one's still live.
    """
    made = zip(trial.ran.units, trial.again.units, strict=False)
    if not trial.ran.units or any(first.live is second.live for first, second in made):
        return
    if any(map(_on_the_class, zip(trial.ran.units, trial.again.units, strict=False), repeat(trial.again.gradients))):
        yield trial.finding("GP121", "a gradient is stored where another layer of the same class stores its own")
        return
    # The second run at the sample is what becomes of a layer alone, but for what is drawn between forward and backward.
    alone = trial.run(trial.numbers, trial.rewind) if trial.exact.seen.draws else trial.again
    batches = [(trial.of_batch, trial.on_batch)] if trial.batch else []
    for numbers, ran in ((trial.others, trial.on_others), *batches):
        if not isinstance(ran, SubjectError) and (effect := _disturbed(trial, numbers, alone)):
            yield trial.finding("GP121", effect)
            return


def _on_the_class(units: tuple[Unit, Unit], gradients: Any) -> bool:
    """Tell whether gradients are held by the class of a layer, or by an object that another layer holds as well."""
    first, last = (unit.live for unit in units)
    if any(isinstance(value, np.ndarray) and share(value, gradients) for value in vars(type(last)).values()):
        return True
    return any(
        len(path) > 1 and at(first, path[:-1]) is at(last, path[:-1]) for path in gradient_paths(units[1], gradients)
    )


def _disturbed(trial: Trial, numbers: Numbers, alone: Ran) -> str:
    """Say what becomes of a layer while another one is used, if it is not what becomes of it alone."""

    def use_another() -> None:
        options = trial.exact.seen.variant.options
        run(trial.case, options, numbers, lambda: None, watched=False)  # and so with other random numbers
        trial.rewind()  # as in the run that it is compared with

    beside = attempt(trial.run, trial.numbers, use_another)
    if isinstance(beside, SubjectError):
        return f"with another layer of the same class between forward and backward it raises {beside}"
    if apart(beside.gradients, alone.gradients):
        return "another layer of the same class between forward and backward changes the gradient"
    changed = apart(beside.output, alone.output)
    return "another layer of the same class overwrites the output that this one returned" if changed else ""

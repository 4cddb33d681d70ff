"""Parameters that are updated in place, as an optimizer does in each step: the layer has to compute with the new ones.

A layer that was called is given other numbers in the very arrays that it holds of its parameters. What it answers then
has to be what a layer answers that was made with these numbers: one that keeps a transposed copy, a norm, or anything
else that it computed of a parameter once, is right up to the first step of training, and wrong from then on.

The layers are those of two more runs, and no copies of them: a copy of a view shows nothing of what it was a view of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from verify.checks.contracts.calls import Call
from verify.checks.contracts.history import answer_of, carries_state, difference_of, is_accumulating, is_stepping
from verify.checks.contracts.holdings import Path, at
from verify.checks.contracts.numbers import Numbers
from verify.checks.contracts.replay import Layer
from verify.checks.contracts.trial import Trial, attempt
from verify.checks.contracts.units import Unit
from verify.model.result import Finding
from verify.tracing.following import SubjectError

Held = Mapping[str, Sequence[Path]]


def updated(trial: Trial) -> Iterator[Finding]:
    """Find what a layer has kept of a parameter that has other numbers by now.

    Nothing is said where the code does not hold all parameters as arrays that can be written into: it may be trained in
    another way, which nobody can tell. Nor of a layer that lives on between runs, which would keep the numbers.
    """
    units = trial.ran.units
    held = [trial.held(trial.layer(unit), trial.case.real) for unit in units]
    names = {name for paths in held for name in paths}
    if not names or any(trial.parameter(name) and name not in names for name in trial.case.real):
        return
    numbers = _with_others(trial, names)
    layers = zip(units, held, trial.live(trial.numbers), trial.live(numbers), strict=False)
    for unit, paths, (_, layer), (other, made) in layers:
        if not paths or layer.itself is made.itself or carries_state(unit.fresh) or is_stepping(trial, unit):
            continue
        if _write(layer, paths, numbers) and (difference := _difference(trial, unit, layer, other, made)):
            detail = f"after {', '.join(paths)} changed in place, {difference[0]}"
            yield trial.finding("GP128", detail, call=difference[1])


def _with_others(trial: Trial, names: set[str]) -> Numbers:
    """Return the numbers of the sample, with those of another one for some inputs."""
    others = {name: trial.others.inputs[name] for name in names}
    return Numbers({**trial.numbers.inputs, **others}, trial.numbers.upstreams)


def _write(layer: Layer, held: Held, numbers: Numbers) -> bool:
    """Write other numbers into the arrays of parameters; tells whether each could be written into."""
    arrays = [(at(layer.itself, path), np.asarray(numbers.inputs[name])) for name in held for path in held[name]]
    if not all(isinstance(a, np.ndarray) and a.shape == value.shape and a.flags.writeable for a, value in arrays):
        return False
    for array, value in arrays:
        array[...] = value
    return True


def _difference(trial: Trial, unit: Unit, layer: Layer, other: Unit, made: Layer) -> tuple[str, Call] | None:
    """Say what an updated layer does otherwise than one that was made with the new numbers; both had a call before."""
    expected, actual = attempt(answer_of, made, other), attempt(answer_of, layer, other)
    if isinstance(expected, SubjectError):
        return None
    if isinstance(actual, SubjectError) or not is_accumulating(trial, unit):
        return difference_of(expected, actual, other)
    return difference_of((*expected[:2], []), (*actual[:2], []), other)

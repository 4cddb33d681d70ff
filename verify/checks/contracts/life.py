"""What a copy of a layer does in its first calls, forward and backward and once more: one sequence for many questions.

Checks that ask what happens in the first calls, or after them, read what was seen here: whatever they would call again
is a copy as fresh, with the same arguments and random state at each call, so that it would do the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from verify.checks.contracts.arrays import arrays, copied, same, share
from verify.checks.contracts.calls import Call
from verify.checks.contracts.copies import duplicate
from verify.checks.contracts.holdings import Path, outline
from verify.checks.contracts.replay import Gradients, Layer
from verify.checks.contracts.trial import Trial, attempt
from verify.checks.contracts.units import Unit, attributes_of
from verify.tracing.following import SubjectError

_T = TypeVar("_T")
Written = list[tuple[Call, int]]


class Back(NamedTuple):
    """What was seen of the first backward; `shares` tells of each call whether it returns a part of its arguments."""

    written: Written
    moved: list[str]
    keeps_outputs: bool
    shares: list[bool]
    gradients: Gradients


@dataclass(frozen=True, slots=True)
class Life:
    """What was seen of a layer: the arguments that calls have written to, copies of what they returned, and more.

    `moved` are the parameters of which the layer holds other numbers by then. What a call raised is raised by whoever
    asks what it gave.
    """

    written: Written
    moved: list[str]
    first: Back | SubjectError
    again: tuple[list[Any] | SubjectError, Gradients | SubjectError]
    counts: bool = False  # the second round of calls leaves other values in the layer than the first one, or more

    @property
    def back(self) -> Back:
        """Return what was seen of the first backward; raises SubjectError where that did."""
        return _unless_raised(self.first)

    @property
    def second_outputs(self) -> list[Any]:
        """Return what the second forward returned; raises SubjectError where it did, or the calls before."""
        return _unless_raised(self.again[0])

    @property
    def second_answer(self) -> tuple[list[Any], list[Any], list[Any]]:
        """Return what the second forward and backward gave; raises SubjectError where a call did."""
        outputs = self.second_outputs
        return outputs, *_unless_raised(self.again[1])


def life(trial: Trial, unit: Unit) -> Life:
    """Return what is seen of a layer, looked at once; raises SubjectError where its first forward does."""
    if id(unit) not in trial.lives:
        trial.lives[id(unit)] = attempt(_lived, trial, unit)
    seen: Life | SubjectError = trial.lives[id(unit)]
    return _unless_raised(seen)


def _unless_raised(value: _T | SubjectError) -> _T:
    if isinstance(value, SubjectError):
        raise value
    return value


def _lived(trial: Trial, unit: Unit) -> Life:
    layer = trial.layer(unit)
    held, arguments = trial.held(layer), arguments_of(unit.forward)
    outputs = layer.play(unit.forward, arguments)
    written, moved = _written(unit.forward, arguments), trial.moved(layer, held)
    first = attempt(_first_back, trial, unit, layer, held, outputs)
    if isinstance(first, SubjectError):
        return Life(written, moved, first, (first, first))
    before, numbers = outline(layer.itself), layer.own_arrays()
    again = attempt(lambda: copied(layer.play(unit.forward)))
    answer = again if isinstance(again, SubjectError) else attempt(layer.backward, unit.backward)
    counts = outline(layer.itself) != before or not same(layer.own_arrays(), numbers) or _iterates(layer.itself)
    return Life(written, moved, first, (again, answer), counts=counts)


def _iterates(layer: Any) -> bool:
    """Tell whether a layer holds an iterator, which counts its calls where nobody can look."""
    return any(isinstance(value, Iterator) for value in attributes_of(layer).values())


def _first_back(trial: Trial, unit: Unit, layer: Layer, held: Mapping[str, list[Path]], outputs: list[Any]) -> Back:
    before, arguments = copied(outputs), arguments_of(unit.backward)
    returned, gradients = layer.answer(unit.backward, arguments)
    shares = [share(value, values) for value, values in zip(returned, arguments, strict=True)]
    written = _written(unit.backward, arguments)
    return Back(written, trial.moved(layer, held), same(outputs, before), shares, gradients)


def _written(calls: Sequence[Call], arguments: Sequence[Sequence[Any]]) -> Written:
    """Return the arguments that calls have written to, by their places."""
    return [
        (call, place)
        for call, values in zip(calls, arguments, strict=True)
        for place, (value, original) in enumerate(zip(values, call.arguments, strict=True))
        if not same(arrays(value), arrays(original))
    ]


def arguments_of(calls: Sequence[Call]) -> list[list[Any]]:
    """Return copies of the arguments of calls."""
    return [duplicate(call.arguments) for call in calls]

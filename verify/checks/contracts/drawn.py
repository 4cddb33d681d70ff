"""What calls leave in a layer that drew other random numbers: a mask of its first call, which backward keeps.

Each call of a copy starts from the same random state, so that a mask that is kept equals the one that was drawn anew.
So a layer is asked after a round of calls that drew other numbers as well. One that draws once what it computes with,
and keeps it, gives another output then, and that is no mistake. Where the output is the same and the gradient is not,
the gradient rests on numbers that the output does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verify.cases import earlier
from verify.checks.contracts.arrays import apart, copied
from verify.checks.contracts.history import carries_state
from verify.checks.contracts.trial import Trial, attempt
from verify.checks.contracts.units import Unit
from verify.model.result import Finding
from verify.tracing.following import SubjectError

# Draws before the round that is asked, and before the one ahead of it: masks of a small array may be equal by chance.
_EARLIER = ((0, 1), (1, 3), (2, 5), (3, 0), (5, 8), (8, 2))
_Answer = tuple[Any, Any]  # outputs, gradients that are returned


def other_draws(trial: Trial) -> Iterator[Finding]:
    """Find a backward that depends on the random numbers of an earlier call, where the output does not."""
    for unit in trial.ran.units:
        draws = trial.exact.seen.draws or trial.layer(unit).has_generators
        if draws and not carries_state(unit.fresh) and _keeps_numbers(trial, unit):
            call = unit.backward[-1]
            detail = f"after calls that drew other random numbers, {call.title} returns a different gradient"
            yield trial.finding("GP110", detail, call=call)


def _keeps_numbers(trial: Trial, unit: Unit) -> bool:
    for number, other in _EARLIER:
        expected, actual = (attempt(_second_round, trial, unit, before, number) for before in (number, other))
        if isinstance(expected, SubjectError) or isinstance(actual, SubjectError):
            return False
        if _differ(expected, actual):
            return True
    return False


def _differ(expected: _Answer, actual: _Answer) -> bool:
    """Tell whether two answers have the same outputs and other gradients."""
    return not apart(expected[0], actual[0]) and apart(expected[1], actual[1])


def _second_round(trial: Trial, unit: Unit, before: int, number: int) -> _Answer:
    """Return outputs and returned gradients of a second round of calls: how many draws came before each of the two.

    Gradients that are left in the layer may add up from round to round, and are not asked.
    """
    layer = trial.layer(unit)
    with earlier.after(before):
        layer.play(unit.calls)
    with earlier.after(number):
        outputs = copied(layer.play(unit.forward))
        return outputs, layer.backward(unit.backward)[0]

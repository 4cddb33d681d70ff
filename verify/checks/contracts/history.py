"""What a layer remembers: the same question is asked of two copies of it that have another past.

`[first] then last` is a copy that was called `first`, then asked `last`. Every call starts from the same random state,
so that dropout masks are the same; running statistics may differ, which neither outputs nor gradients of training show.
Both copies have had a call before, so that what is set up in the first one, and then stays, is no difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from verify.cases.numbers import numbers
from verify.checks.contracts.arrays import apart, copied, flat
from verify.checks.contracts.calls import Call
from verify.checks.contracts.drive import Ran
from verify.checks.contracts.holdings import outline
from verify.checks.contracts.life import life
from verify.checks.contracts.modes import Mode, mode_of
from verify.checks.contracts.replay import Layer
from verify.checks.contracts.state import State
from verify.checks.contracts.trial import Trial, attempt
from verify.checks.contracts.units import Unit
from verify.model.result import Finding
from verify.tracing.following import SubjectError

_RESET = re.compile(r"(zero|clear|reset|flush)_?(the_)?grad", re.IGNORECASE)
_REPEATS = 3  # equal calls of forward
_ROUNDS, _MOST_ROUNDS, _LEAST_ROUNDS = 12, 64, 3  # of calls forward and backward, of a layer that counts them
_BUDGET = 1_000_000  # nodes of these rounds together: on floats a second or so
Answer = tuple[Any, list[Any], list[Any]]  # outputs, gradients that are returned, gradients that are left in the layer


def carries_state(layer: Any) -> bool:
    """Tell whether a layer says that it carries state from call to call, as recurrent ones may."""
    return bool(getattr(layer, "stateful", False)) or any(hasattr(layer, n) for n in ("reset_state", "reset_states"))


def _resets(layer: Any) -> list[Callable[[], object]]:
    """Return the methods that start a layer's gradients anew, of its own or of its parameters.

    To have one declares that they add up.
    """
    owners = [layer, *vars(layer).values()] if hasattr(layer, "__dict__") else [layer]
    named = [(owner, name) for owner in owners if not _plain(owner) for name in dir(owner) if _RESET.match(name)]
    return [method for owner, name in named if callable(method := getattr(owner, name))]


def _plain(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic, int, float, str, tuple, list, dict, type(None)))


def answer_of(layer: Layer, unit: Unit, *history: Sequence[Call]) -> Answer:
    """Call a layer, start anew as it wants it, then ask it forward and backward; returns copies."""
    for calls in history:
        layer.play(calls)
    for start_anew in _resets(layer.itself):
        attempt(start_anew)
    return copied(layer.play(unit.forward)), *layer.backward(unit.backward)


def _alone(trial: Trial, unit: Unit, history: Sequence[Call]) -> Answer | SubjectError:
    """Return what a fresh layer answers after calls of its own: asked once, and compared with more than one past."""
    key = (id(unit), *map(id, history))
    if key not in trial.answers:
        trial.answers[key] = _second_answer(trial, unit, history) or attempt(
            answer_of, trial.layer(unit), unit, history
        )
    answer: Answer | SubjectError = trial.answers[key]
    return answer


def _second_answer(trial: Trial, unit: Unit, history: Sequence[Call]) -> Answer | SubjectError | None:
    """Return what was seen of a layer that is asked after its own first calls; none where it has to be called."""
    if [*history] != unit.calls or _resets(unit.fresh):
        return None
    return attempt(lambda: life(trial, unit).second_answer)


def outside_of_runs(trial: Trial, state: State) -> Iterator[Finding]:
    """Find what a run on other inputs leaves in variables, classes and objects that every run of the code has."""
    if not state.is_changed or any(map(carries_state, state.objects)):
        return
    names = ", ".join(map(repr, state.names))
    with state.at_first() as put_back:
        put_back()
        alone = trial.run(trial.numbers)
        expected = copied([alone.output, *alone.gradients.values()])
        put_back()
        trial.run(trial.others)
        after = trial.run(trial.numbers)
    for result, value, other in zip(_results(after), [after.output, *after.gradients.values()], expected, strict=True):
        if apart(value, other):
            detail = f"after a run on other inputs the code returns a different {result}: it keeps {names}"
            yield trial.finding("GP110", detail)
            break


def _results(ran: Ran) -> list[str]:
    return ["output", *(f"gradient of {name}" for name in ran.gradients)]


def second_backward(trial: Trial) -> Iterator[Finding]:
    """Find a second backward that gives something else; that it raises is a contract too."""
    for unit in trial.ran.units:
        layer, call = trial.layer(unit), unit.backward[-1]
        layer.play(unit.forward)
        first = layer.backward(unit.backward)
        second = attempt(layer.backward, unit.backward)
        if isinstance(second, SubjectError) or is_stepping(trial, unit):
            continue
        added = _summed(second[1], first[1])  # which `accumulating` looks into
        if apart(second[0], first[0]) or (not added and apart(second[1], first[1])):
            yield trial.finding(
                "GP109", f"a second {call.title} with the same dout gives a different gradient", call=call
            )


def accumulating(trial: Trial) -> Iterator[Finding]:
    """Find gradients to which those of the calls before are added, unless that is declared."""
    for unit in trial.ran.units:
        if is_accumulating(trial, unit) and not is_stepping(trial, unit):
            call = unit.backward[-1]
            detail = f"after a second forward and {call.title} a gradient of the layer is the sum of the two"
            yield trial.finding("GP112", detail, call=call)


def is_accumulating(trial: Trial, unit: Unit) -> bool:
    """Tell whether a gradient that is left in the layer is added to that of the call before."""
    if _resets(unit.fresh) or len(unit.backward) > 1:
        return False
    once, twice = _alone(trial, unit, unit.forward), _alone(trial, unit, unit.calls)
    both = not isinstance(once, SubjectError) and not isinstance(twice, SubjectError)
    return both and _summed(twice[2], once[2])  # type: ignore[index]  # neither is an error


def _summed(both: Sequence[Any], single: Sequence[Any]) -> bool:
    """Tell whether some of several gradients are twice what they were, and the others as they were."""
    parts = list(zip(flat(both), flat(single), strict=False))
    return any(apart(a, b) for a, b in parts) and all(not apart(a, 2 * b) or not apart(a, b) for a, b in parts)


def is_stepping(trial: Trial, unit: Unit) -> bool:
    """Tell whether a backward changes what forward computes with, as one with an optimizer in it does."""
    if id(unit) not in trial.steps:
        trial.steps[id(unit)] = _changes_output(trial, unit)
    return trial.steps[id(unit)]


def _changes_output(trial: Trial, unit: Unit) -> bool:
    """Tell whether forward gives something else after a backward than after another forward, which may raise."""
    seen, (first, *second) = life(trial, unit), _same_again(trial, unit)
    expected = first if not second or isinstance(second[0], SubjectError) else second[0]
    return bool(seen.back.moved) or apart(seen.second_outputs, expected)


def stepping(trial: Trial) -> Iterator[Finding]:
    """Find a backward that changes parameters of the layer's own, which the case does not know of."""
    for unit in trial.ran.units:
        if is_stepping(trial, unit) and not carries_state(unit.fresh):
            call = unit.backward[-1]
            yield trial.finding("GP103", f"after {call.title} the same forward gives a different output", call=call)


def second_round(trial: Trial) -> Iterator[Finding]:
    """Find a gradient that is another one in the second round of calls, though the output is the same.

    All other checks compare layers that have had a call before, as what is set up in the first one may stay. But that
    may be a gradient's factor: then the first round, which was proved, is right, and each later one is wrong. An output
    that differs is told by `same_forward`, a backward with an optimizer in it by `stepping`, and gradients left in the
    layer that add up by `accumulating`.
    """
    for unit in trial.ran.units:
        if carries_state(unit.fresh) or is_stepping(trial, unit):
            continue
        first, second = _alone(trial, unit, []), _alone(trial, unit, unit.calls)
        if isinstance(first, SubjectError) or isinstance(second, SubjectError) or apart(first[0], second[0]):
            continue
        if is_accumulating(trial, unit):
            first, second = (*first[:2], []), (*second[:2], [])
        if difference := difference_of(first, second, unit):
            yield trial.finding("GP110", f"in round 2 of calls, {difference[0]}", call=difference[1])


def later_calls(trial: Trial) -> Iterator[Finding]:
    """Find a layer that counts its calls, or collects what they leave, and answers otherwise after some of them.

    Of a layer in which a second round of calls leaves no other values than the first, and no more of them, every later
    round finds what the second has found, and need not be run.
    """
    between: list[tuple[Unit, list[Call]]] = [(unit, []) for unit in trial.ran.units]
    for unit, calls in [*between, *((unit, other.calls) for unit, other in trial.pairs)]:
        if (
            carries_state(unit.fresh)
            or trial.exact.seen.draws
            or is_stepping(trial, unit)
            or not life(trial, unit).counts
        ):
            continue
        first, *_, last = _same_again(trial, unit)
        if isinstance(last, SubjectError) or apart(first, last):
            continue  # which `same_forward` tells of
        for number, difference in enumerate(_differences(trial, unit, calls), 2):
            if difference:
                detail = f"in round {number} of calls{', with other inputs between' if calls else ''}"
                yield trial.finding("GP110", f"{detail}, {difference[0]}", call=difference[1])
                break


def _differences(trial: Trial, unit: Unit, between: Sequence[Call]) -> Iterator[tuple[str, Call] | None]:
    """Say of each later round of calls, with others `between` them, what it does otherwise than the second round."""
    expected, layer = _alone(trial, unit, unit.calls), trial.layer(unit)
    left = slice(0, 2 if is_accumulating(trial, unit) else 3)
    attempt(answer_of, layer, unit, between)
    for _ in range(0 if isinstance(expected, SubjectError) else _rounds(unit, trial.exact.size)):
        actual = attempt(answer_of, layer, unit, between)
        answers = [a if isinstance(a, SubjectError) else (*a[left], []) for a in (expected, actual)]
        yield difference_of(answers[0], answers[1], unit)  # type: ignore[arg-type]  # the first is an answer


def _rounds(unit: Unit, nodes: int) -> int:
    """Return how many rounds of calls are made: more than what the code of a layer names, as far as that is small.

    Each costs as much as the run on floats of a case; of large ones fewer are made.
    """
    named = [n + 2 for n in numbers(type(unit.fresh), unit.fresh) if n <= _MOST_ROUNDS]
    return min(max([_ROUNDS, *named]), max(_LEAST_ROUNDS, _BUDGET // max(1, nodes)))


def other_inputs(trial: Trial) -> Iterator[Finding]:
    """Find traces of a forward, and backward, with other inputs."""
    yield from _traces(trial, trial.shifted, "GP110", "a forward with other inputs", _went_forward)
    yield from _traces(trial, trial.pairs, "GP110", "calls with other inputs", _went_both_ways)


def other_batches(trial: Trial) -> Iterator[Finding]:
    """Find what was made for one batch size only, where the layer itself was made without one."""
    alike = [(small, big) for big, small in trial.batches if outline(big.fresh) == outline(small.fresh)]
    yield from _traces(trial, alike, "GP111", "calls with a batch of another size", _went_both_ways)


def _went_forward(unit: Unit) -> list[Call]:
    return unit.forward


def _went_both_ways(unit: Unit) -> list[Call]:
    return unit.calls


def _traces(
    trial: Trial, pairs: Sequence[tuple[Unit, Unit]], code: str, history: str, past: Callable[[Unit], list[Call]]
) -> Iterator[Finding]:
    for unit, other in pairs:
        if carries_state(unit.fresh):
            continue
        calls = _went_forward if is_stepping(trial, unit) else past
        if difference := _trace(trial, unit, calls(unit), calls(other)):
            yield trial.finding(code, f"after {history}, {difference[0]}", call=difference[1])


def _trace(trial: Trial, unit: Unit, plain: Sequence[Call], past: Sequence[Call]) -> tuple[str, Call] | None:
    """Say what a layer with a past does otherwise than one that was asked the same before.

    Gradients that are left in the layer and add up are a finding of their own.
    """
    expected, actual = _alone(trial, unit, plain), attempt(answer_of, trial.layer(unit), unit, past)
    if isinstance(expected, SubjectError):
        return None
    difference = difference_of(expected, actual, unit)
    if difference is None or isinstance(actual, SubjectError) or not is_accumulating(trial, unit):
        return difference
    return difference_of((*expected[:2], []), (*actual[:2], []), unit)


def difference_of(expected: Answer, actual: Answer | SubjectError, unit: Unit) -> tuple[str, Call] | None:
    """Say what a layer with a past does that one without does not, and in which method."""
    forward, backward = unit.forward[-1], unit.backward[-1]
    if isinstance(actual, SubjectError):
        return f"the layer raises {actual}", forward
    if apart(actual[0], expected[0]):
        return f"{forward.title} returns a different output", forward
    if apart(list(actual[1:]), list(expected[1:])):
        return f"{backward.title} returns a different gradient", backward
    return None


def drawing_once(trial: Trial) -> Iterator[Finding]:
    """Find random numbers that are drawn in the first forward, and kept by all later ones."""
    for unit in trial.ran.units:
        layer, call = trial.layer(unit), unit.forward[-1]
        if not (trial.exact.seen.draws or layer.has_generators):
            continue  # nothing was drawn, from any generator
        first = layer.draws(unit.forward)
        layer.play(unit.backward)
        if first and not layer.draws(unit.forward):
            yield trial.finding("GP125", f"{call.title} draws random numbers in its first call only", call=call)


def same_forward(trial: Trial) -> Iterator[Finding]:
    """Find a forward that gives something else when it is called again."""
    for unit in trial.ran.units:
        call = unit.forward[-1]
        if carries_state(unit.fresh):
            continue
        *_, last = outputs = _same_again(trial, unit)
        if isinstance(last, SubjectError):  # which it may, if it is only to say that backward comes first
            again = attempt(trial.layer(unit).play, [*unit.forward, *unit.backward, *unit.forward])
            if isinstance(again, SubjectError):
                yield trial.finding("GP119", f"a second {call.title} with the same inputs raises {last}", call=call)
        # Where random numbers are drawn, the first call may have drawn the parameters too, and other masks therefore.
        elif apart(outputs[1], outputs[2]) or (not trial.exact.seen.draws and apart(outputs[0], outputs[1])):
            yield trial.finding(
                "GP119", f"a second {call.title} with the same inputs gives a different output", call=call
            )


def _same_again(trial: Trial, unit: Unit) -> list[Any]:
    """Return what three equal calls of forward return, or up to the error of one: asked once."""
    if id(unit) not in trial.repeats:
        layer, outputs = trial.layer(unit), list[Any]()
        for _ in range(_REPEATS):
            outputs.append(attempt(lambda: copied(layer.play(unit.forward))))
            if isinstance(outputs[-1], SubjectError):
                break
        trial.repeats[id(unit)] = outputs
    return trial.repeats[id(unit)]


def modes(trial: Trial) -> Iterator[Finding]:
    """Find what an evaluation leaves behind in training, and the other way round."""
    for unit, other in trial.pairs:
        if (mode := mode_of(unit)) and not carries_state(unit.fresh):
            yield from _after_evaluation(trial, unit, other, mode)
            yield from _in_evaluation(trial, unit, other, mode)


def _after_evaluation(trial: Trial, unit: Unit, other: Unit, mode: Mode) -> Iterator[Finding]:
    train = mode.set(unit, training=True)

    def answer(evaluated: bool) -> Answer:
        layer = trial.layer(unit)
        mode.switch(layer.itself, training=True)
        layer.play(train.forward)
        if evaluated:
            mode.switch(layer.itself, training=False)
            layer.play(mode.set(other, training=False).forward)
            mode.switch(layer.itself, training=True)
        return answer_of(layer, train)

    expected, actual = attempt(answer, False), attempt(answer, True)
    if not isinstance(expected, SubjectError) and (difference := difference_of(expected, actual, unit)):
        yield trial.finding("GP116", f"in training after an evaluation, {difference[0]}", call=difference[1])


def _in_evaluation(trial: Trial, unit: Unit, other: Unit, mode: Mode) -> Iterator[Finding]:
    evaluation = mode.set(other, training=False)

    def trained() -> Layer:
        layer = trial.layer(unit)
        mode.switch(layer.itself, training=True)
        layer.play(mode.set(unit, training=True).forward)
        return layer

    def evaluated(layer: Layer) -> tuple[list[Any], Any]:
        mode.switch(layer.itself, training=False)
        outputs = copied(layer.play(evaluation.forward))
        return outputs, attempt(layer.backward, other.backward)

    alone, after = attempt(lambda: evaluated(trial.layer(unit))), attempt(lambda: evaluated(trained()))
    if isinstance(alone, SubjectError) or isinstance(after, SubjectError) or isinstance(after[1], SubjectError):
        return
    call = unit.backward[-1]
    if isinstance(alone[1], SubjectError):
        stale = attempt(lambda: trained().backward(other.backward))
        wrong = not isinstance(stale, SubjectError) and not apart(list(after[1]), list(stale))
    else:  # running statistics change the output as well, and are no fault
        wrong = not apart(after[0], alone[0]) and apart(list(after[1]), list(alone[1]))
    if wrong:
        detail = f"after a forward in evaluation mode {call.title} uses the state of the last one in training mode"
        yield trial.finding("GP117", detail, call=call)

"""Whose array is it: what layers write to, and what they hand out or keep without a copy."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from verify.cases.inputs import Constant
from verify.cases.protocols import Functions
from verify.checks.contracts.arrays import apart, copied, flat, overwrite, same, share
from verify.checks.contracts.calls import Call
from verify.checks.contracts.drive import OUTPUT, UPSTREAM, Handed
from verify.checks.contracts.life import Written, arguments_of, life
from verify.checks.contracts.replay import Gradients, Layer
from verify.checks.contracts.trial import Trial, attempt
from verify.checks.contracts.units import Unit
from verify.model.result import Finding
from verify.tracing.following import SubjectError


def overwritten(trial: Trial) -> Iterator[Finding]:
    """Find what the case as a whole has written to: dout, inputs, parameters, its own output."""
    for handed, method in trial.ran.overwritten.items():
        yield overwriting(trial, handed, method)


def overwriting(trial: Trial, handed: Handed, method: str, where: str = "") -> Finding:
    """Return the finding for an array that a run has written to, `where` it lies in memory in some way, say."""
    if handed == UPSTREAM:
        return trial.finding("GP101", f"{where}computing the gradients changes dout", handed.name)
    if handed == OUTPUT:
        return trial.finding("GP104", f"{where}computing the gradients changes the output")
    code = "GP103" if trial.parameter(handed.name) else "GP102"
    return trial.finding(code, f"{where}{method} changes {handed.name}", handed.name)


def overwritten_by_layers(trial: Trial) -> Iterator[Finding]:
    """Find the arguments, returned outputs and parameters that a method of a layer writes to."""
    for unit in trial.ran.units:
        seen, call = life(trial, unit), unit.backward[0]
        yield from _written(trial, seen.written, forward=True)
        yield from _written(trial, seen.back.written, forward=False)
        if not seen.back.keeps_outputs:
            yield trial.finding("GP104", f"{call.title} writes into the output that forward returned", call=call)
        for name in seen.back.moved:
            by = unit.forward[0] if name in seen.moved else call
            yield trial.finding("GP103", f"{by.title} changes {name} of the layer", name, by)


def _written(trial: Trial, written: Written, *, forward: bool) -> Iterator[Finding]:
    """Find the arguments that calls may not write to."""
    for call, position in written:
        live = call.live[position]
        inputs = trial.among(live)
        if any(isinstance(trial.case.inputs[n], Constant) for n in inputs):
            continue  # a constant may well be there to be written to, as running statistics are
        if not inputs and not _is_lent(trial, call, live):
            continue
        code, name = "GP102" if forward or inputs else "GP101", call.parameter(position)
        yield trial.finding(code, f"{call.title} writes into its argument {name}", name, call)


def _is_lent(trial: Trial, call: Call, argument: Any) -> bool:
    """Tell whether somebody else's numbers are in an argument: those of dout, or what another call has made.

    An array that the subject has made itself may be there to be written to, as the buffer for a gradient is; one that
    a call was given and returns is still the subject's.
    """
    others = [other for unit in trial.ran.units for other in unit.calls if other is not call]
    made = [other.returned for other in others if not share(other.returned, other.live)]
    return share(argument, trial.ran.dout) or any(share(argument, returned) for returned in made)


def outputs_overwritten(trial: Trial) -> Iterator[Finding]:
    """Find outputs and gradients that a later call of the same layer overwrites."""
    for unit, other in trial.pairs:
        layer = trial.layer(unit)
        outputs = layer.play(unit.forward)
        gradients = layer.play(unit.backward)
        before = copied(outputs), copied(gradients)
        layer.play(other.forward)
        call = unit.forward[0]
        if not same(outputs, before[0]):
            yield trial.finding("GP104", f"a second {call.title} overwrites the output of the first", call=call)
        layer.play(other.backward)
        if not same(gradients, before[1]):
            call = unit.backward[0]
            yield trial.finding("GP105", f"the next calls overwrite the gradient that {call.title} returned", call=call)


def aliases(trial: Trial) -> Iterator[Finding]:
    """Find gradients that are dout, or each other, or a part of it."""
    for name, gradient in trial.ran.gradients.items():
        if share(gradient, trial.ran.dout):
            yield trial.finding("GP106", f"the gradient of {name} shares memory with dout", name)
    for (name, gradient), (other, second) in combinations(trial.ran.gradients.items(), 2):
        if share(gradient, second) and not share(gradient, trial.ran.dout):
            yield trial.finding("GP106", f"the gradients of {name} and {other} share memory", f"{name}, {other}")


def aliases_of_layers(trial: Trial) -> Iterator[Finding]:
    """Find what backward returns of its own arguments."""
    for unit in trial.ran.units:
        for call, shares in zip(unit.backward, life(trial, unit).back.shares, strict=True):
            if shares:
                yield trial.finding("GP106", f"{call.title} returns an array that shares memory with dout", call=call)


def caches(trial: Trial) -> Iterator[Finding]:
    """Find arrays of the caller's that backward reads: change inputs, or outputs, after forward, and compare."""
    for unit, other in trial.pairs:
        expected, call = life(trial, unit).back.gradients, unit.forward[0]
        if names := _kept_inputs(trial, unit, other, expected):
            listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
            them = "it" if len(names) == 1 else "them"
            reference = f"{call.title} keeps a reference to {listed}"
            detail = f"{reference}: modifying {them} before backward corrupts the gradient"
            yield trial.finding("GP120", detail, ", ".join(names), call)
        layer, arguments = trial.layer(unit), arguments_of(unit.forward)
        outputs = layer.play(unit.forward, arguments)
        changed = not share(outputs, arguments) and overwrite(outputs, [-2 * array - 1 for array in flat(outputs)])
        if changed and _reads(layer, unit, expected):
            detail = f"{call.title} returns its own cache: a caller who modifies the output corrupts the gradient"
            yield trial.finding("GP105", detail, call=call)


def _kept_inputs(trial: Trial, unit: Unit, other: Unit, expected: Gradients) -> list[str]:
    """Return the arguments of forward that backward reads from the caller's arrays."""
    parameters: dict[str, None] = {}
    if isinstance(unit.live, Functions) and unit.live.cacheless:
        return []
    for number, (call, second) in enumerate(zip(unit.forward, other.forward, strict=True)):
        for place, numbers in enumerate(second.arguments):
            layer, arguments = trial.layer(unit), arguments_of(unit.forward)
            layer.play(unit.forward, arguments)
            if overwrite(arguments[number][place], numbers) and _reads(layer, unit, expected):
                parameters[call.parameter(place)] = None
    return list(parameters)


def _reads(layer: Layer, unit: Unit, expected: Gradients) -> bool:
    """Tell whether backward gives something else now; that it raises tells nothing."""
    actual = attempt(layer.backward, unit.backward)
    return not isinstance(actual, SubjectError) and apart(list(actual), list(expected))

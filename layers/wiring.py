"""From a parsed expression to a graph of layers: one layer for each operation."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .arithmetic import AddLayer, DivLayer, MulLayer, NegLayer, PowLayer, SubLayer

if TYPE_CHECKING:
    from verify.graph.program import Program, Step

_CLASSES: dict[str, Callable[[Any], Any]] = {
    "+": lambda layers: layers.AddLayer,
    "-": lambda layers: layers.SubLayer,
    "*": lambda layers: layers.MulLayer,
    "/": lambda layers: layers.DivLayer,
    "**": lambda layers: layers.PowLayer,
    "neg": lambda layers: layers.NegLayer,
}
_OURS = SimpleNamespace(
    AddLayer=AddLayer, SubLayer=SubLayer, MulLayer=MulLayer, DivLayer=DivLayer, PowLayer=PowLayer, NegLayer=NegLayer
)


def wire(program: Program, layers: Any = _OURS) -> Callable[..., Generator[Any, Any, Any]]:
    """Return the subject of a program: forward through its steps in order, backward through them in reverse.

    `layers` has the classes that are used, as a module does; raises AttributeError where it lacks one that the program
    needs.
    """

    def subject(**inputs: Any) -> Generator[Any, Any, Any]:
        zero = next(iter(inputs.values())) * 0  # a number of the kind that is being computed with
        units = [_unit(step, layers) for step in program.steps]
        values: list[Any] = []
        for step, unit in zip(program.steps, units, strict=True):
            values.append(_forward(step, unit, values, inputs, zero))
        labels = program.labels
        dout = yield {label: values[i] for label, i in labels.items()}
        gradients = _backward(program, units, dout)
        return {label: gradients[i] for label, i in labels.items()}

    return subject


def _unit(step: Step, layers: Any) -> Any:
    if step.op not in _CLASSES:
        return None
    make = _CLASSES[step.op](layers)
    return make() if step.number is None else make(_plain(step.number))


def _forward(step: Step, unit: Any, values: list[Any], inputs: Mapping[str, Any], zero: Any) -> Any:
    if step.op == "input":
        return inputs[step.label]
    return zero + _plain(step.number) if unit is None else unit.forward(*[values[i] for i in step.args])


def _backward(program: Program, units: list[Any], dout: Any) -> dict[int, Any]:
    """Return the derivative with respect to each step; what flows back to a step from several uses adds up."""
    gradients = {program.result: dout}
    for index in range(program.result, -1, -1):
        if units[index] is None or index not in gradients:
            continue
        arguments = program.steps[index].args
        for argument, share in zip(arguments, _shares(units[index], gradients[index], len(arguments)), strict=True):
            gradients[argument] = gradients[argument] + share if argument in gradients else share
    return gradients


def _shares(unit: Any, dout: Any, expected: int) -> Sequence[Any]:
    """Return what a layer passes back, one share for each input; raises TypeError where it is anything else."""
    returned = unit.backward(dout)
    shares = returned if isinstance(returned, (tuple, list)) else (returned,)
    if len(shares) != expected or any(share is None for share in shares):
        raise TypeError(f"{type(unit).__name__}.backward returned {returned!r}: expected {expected} gradient(s)")
    return shares


def _plain(number: Any) -> Any:
    """Return a whole number as an int, which every kind of number can be computed with."""
    return number.numerator if number.denominator == 1 else number

"""Is a program defined at its sample? Asked before anything runs, so that the answer names the step and not a layer."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from verify.graph.arithmetic import operations
from verify.graph.graph import Graph
from verify.graph.program import Program
from verify.model.errors import InputError
from verify.proof.rationals import Real, real

_PARTIAL = ("/", "**")  # the operations that are not defined everywhere


def check_domain(program: Program, inputs: Mapping[str, Fraction]) -> None:
    """Raise InputError where a step divides by zero, or takes a root of what is not positive."""
    if not any(op in program.ops for op in _PARTIAL):
        return
    graph = Graph()
    arithmetic = operations(graph)
    variables = {name: graph.variable(name) for name in inputs}
    steps: list[int] = []
    for index, op in enumerate(program.ops):
        if op in _PARTIAL:
            arguments = [steps[i] for i in program.args(index)]
            values = real(graph, arguments, inputs)
            _check(program, index, [values[argument] for argument in arguments])
        steps.append(program.compute(index, steps, variables, graph.constant, arithmetic))


def _check(program: Program, index: int, arguments: list[Real]) -> None:
    step, labels = program.step(index), [program.label(i) for i in program.args(index)]
    exponent = step.number if step.op == "**" and step.number is not None else Fraction(1)
    if (step.op == "/" or exponent < 0) and _may_be_zero(arguments[-1]):
        raise InputError(f"division by zero at the sample: {labels[-1]} is 0 in {step.label!r}")
    if exponent.denominator != 1 and not arguments[0].ball > 0:
        raise InputError(f"{labels[0]} is not positive at the sample, so {step.label!r} has no real derivative there")


def _may_be_zero(value: Real) -> bool:
    return bool(value.ball.contains(0)) if value.rational is None else value.rational == 0

"""Is a program defined at its sample? Asked before anything runs, so that the answer names the step and not a layer."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import flint

from verify import balls
from verify.errors import InputError
from verify.program import Program, Step, compute

_BITS = 256


def check_domain(program: Program, inputs: Mapping[str, Fraction]) -> None:
    """Raise InputError where a step divides by zero, or takes a root of what is not positive."""
    with flint.ctx.workprec(_BITS):
        point = {name: balls.ball(value) for name, value in inputs.items()}
        values: list[flint.arb] = []
        for step in program.steps:
            _check(step, [program.steps[i].label for i in step.args], [values[i] for i in step.args])
            if step.op == "**" and step.number is not None:
                values.append(balls.power(values[step.args[0]], step.number))
            else:
                values.append(compute(step, values, point, balls.ball))


def _check(step: Step, labels: list[str], arguments: list[flint.arb]) -> None:
    exponent = step.number if step.op == "**" and step.number is not None else Fraction(1)
    divides = step.op == "/" or exponent < 0
    if divides and arguments[-1].contains(0):
        raise InputError(f"division by zero at the sample: {labels[-1]} is 0 in {step.label!r}")
    if exponent.denominator != 1 and not arguments[0] > 0:
        raise InputError(f"{labels[0]} is not positive at the sample, so {step.label!r} has no real derivative there")

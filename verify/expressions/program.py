"""A program: arithmetic as data, a list of steps of which each is an operation on earlier ones.

The tree that a text was parsed to, flattened. Two roads lead on from here and share nothing else:
the layers are wired after the steps, and SymPy is given them as an expression.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "neg": operator.neg,
}


class Step(NamedTuple):
    """One operation on earlier steps: an `input`, a `number`, or a key of OPERATIONS.

    `number` is the value of a number and the exponent of a `**`, which has one argument. `label` is the name that
    the text gives to the step, or the text itself. `varies` tells whether it depends on an input.
    """

    op: str
    args: tuple[int, ...] = ()
    number: Fraction | None = None
    label: str = ""
    varies: bool = True


@dataclass(frozen=True)
class Program:
    """A parsed text: its steps in order, and which of them is the output.

    `output` is the name of the output, `named` the labels that the text gives as names (the others are pieces of text).
    """

    text: str
    steps: tuple[Step, ...]
    output: str
    result: int
    named: frozenset[str]

    @cached_property
    def nodes(self) -> list[int]:
        """Return the steps that have a derivative of their own: inputs, intermediate nodes and the output."""
        return [i for i, step in enumerate(self.steps) if step.varies]

    @cached_property
    def labels(self) -> dict[str, int]:
        """Return the steps that vary by their labels; the output goes by its name too."""
        return {**{self.steps[i].label: i for i in self.nodes}, self.output: self.result}

    @property
    def inputs(self) -> list[str]:
        """Return the names of the inputs in the order in which the text uses them."""
        return [step.label for step in self.steps if step.op == "input"]

    def evaluate(self, inputs: Mapping[str, Any], number: Callable[[Fraction], Any]) -> list[Any]:
        """Compute every step with any kind of number; `number` makes one from an exact rational."""
        values: list[Any] = []
        for step in self.steps:
            op, args, _, label, _ = step
            if op == "input":
                values.append(inputs[label])
            elif len(args) == 2:  # as most have, and are done here for speed
                values.append(OPERATIONS[op](values[args[0]], values[args[1]]))
            else:
                values.append(compute(step, values, inputs, number))
        return values


def compute(step: Step, values: Sequence[Any], inputs: Mapping[str, Any], number: Callable[[Fraction], Any]) -> Any:
    """Compute one step from the values of the earlier ones."""
    op, args, constant, label, _ = step
    if op == "input":
        return inputs[label]
    arguments = [values[i] for i in args]
    if constant is not None:
        arguments.append(number(constant))
    return arguments[0] if op == "number" else OPERATIONS[op](*arguments)

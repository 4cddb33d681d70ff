"""A program: arithmetic as data, a list of steps of which each is an operation on earlier ones.

The tree that a text was parsed to, flattened. Two roads lead on from here and share nothing else:
the layers are wired after the steps, and SymPy is given them as an expression.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

Operations = Mapping[str, Callable[..., Any]]

OPERATIONS: Operations = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "neg": operator.neg,
}
NONE = -1  # in place of an argument
_LONGEST_LABEL = 48


class Step(NamedTuple):
    """One operation on earlier steps: an `input`, a `number`, or a key of OPERATIONS.

    `number` is the value of a number and the exponent of a `**`, which has one argument. `label` is the name that
    the text gives to the step, or the text itself. `varies` tells whether it depends on an input.
    """

    op: str
    args: tuple[int, ...]
    number: Fraction | None
    label: str
    varies: bool


@dataclass(frozen=True)
class Program:
    """A parsed text: its steps in order, and which of them is the output.

    What a step is stands in columns, for there may be many of them: `ops`, the arguments `left` and `right` (NONE where
    there is none), `numbers` (of the few that have one), `names` (empty where the text gives none) and `varies`.
    `spans` tells of each operation where its text starts and ends, in bytes. `scope` holds what each name in the text
    means, second names of a step among them. `output` is that of the output.
    """

    text: str
    ops: list[str]
    left: Sequence[int]
    right: Sequence[int]
    numbers: dict[int, Fraction]
    names: list[str]
    spans: Sequence[int]
    varies: list[bool]
    scope: dict[str, int]
    output: str
    result: int

    def __len__(self) -> int:
        return len(self.ops)

    def step(self, index: int) -> Step:
        """Return a step as one value."""
        return Step(self.ops[index], self.args(index), self.numbers.get(index), self.label(index), self.varies[index])

    def args(self, index: int) -> tuple[int, ...]:
        """Return the steps that a step is an operation on."""
        left, right = self.left[index], self.right[index]
        return (left, right) if right != NONE else (left,) if left != NONE else ()

    @cached_property
    def steps(self) -> list[Step]:
        """Return all steps as one value each."""
        return [self.step(i) for i in range(len(self))]

    @cached_property
    def nodes(self) -> list[int]:
        """Return the steps that have a derivative of their own: inputs, intermediate nodes and the output."""
        return [i for i, varies in enumerate(self.varies) if varies]

    @cached_property
    def input_steps(self) -> list[int]:
        """Return the steps that are inputs, in the order in which the text uses them."""
        return [i for i, op in enumerate(self.ops) if op == "input"]

    @property
    def inputs(self) -> list[str]:
        """Return the names of the inputs in the order in which the text uses them."""
        return [self.names[i] for i in self.input_steps]

    @property
    def named(self) -> list[str]:
        """Return the names that the text gives to operations."""
        return [name for op, name in zip(self.ops, self.names, strict=True) if name and op != "input"]

    def label(self, index: int) -> str:
        """Return the name of a step, or its text where it has none."""
        return self.names[index] or self._texts[index]

    @cached_property
    def _texts(self) -> list[str]:
        """Return the texts of the steps, shortened in the middle; a number keeps two equal ones apart."""
        source, places, counts = self.text.encode(), iter(self.spans), Counter[str]()
        texts = []
        for index, op in enumerate(self.ops):
            if op not in OPERATIONS:
                texts.append(str(self.numbers.get(index, "")))
                continue
            text = " ".join(source[next(places) : next(places)].decode().split())
            if len(text) > _LONGEST_LABEL:
                text = f"{text[: _LONGEST_LABEL // 2 - 1]} … {text[1 - _LONGEST_LABEL // 2 :]}"
            counts[text] += 1
            texts.append(text if counts[text] == 1 else f"{text} ({counts[text]})")
        return texts

    @cached_property
    def labels(self) -> dict[str, int]:
        """Return the steps that vary by their labels; the output goes by its name too."""
        return {**{self.label(i): i for i in self.nodes}, self.output: self.result}

    def find(self, label: Any) -> int | None:
        """Return the step that varies and has a label, or a second name; `labels` takes long to make for one name."""
        if label == self.output:
            return self.result
        if not (isinstance(label, str) and label.isidentifier()):  # a text, which is never the like of a name
            return self.labels.get(label)
        index = self.scope.get(label)
        return index if index is not None and self.varies[index] else None

    def evaluate(
        self, inputs: Mapping[str, Any], number: Callable[[Fraction], Any], operations: Operations = OPERATIONS
    ) -> list[Any]:
        """Compute every step with any kind of number; `number` makes one from an exact rational."""
        values: list[Any] = []
        for index, (op, left, right) in enumerate(zip(self.ops, self.left, self.right, strict=True)):
            if op == "input":
                values.append(inputs[self.names[index]])
            elif right != NONE:  # as most have two, and are done here for speed
                values.append(operations[op](values[left], values[right]))
            else:
                values.append(self.compute(index, values, inputs, number, operations))
        return values

    def compute(
        self,
        index: int,
        values: Sequence[Any],
        inputs: Mapping[str, Any],
        number: Callable[[Fraction], Any],
        operations: Operations = OPERATIONS,
    ) -> Any:
        """Compute one step from the values of the earlier ones."""
        op = self.ops[index]
        if op == "input":
            return inputs[self.names[index]]
        arguments = [values[i] for i in self.args(index)]
        if index in self.numbers:
            arguments.append(number(self.numbers[index]))
        return arguments[0] if op == "number" else operations[op](*arguments)

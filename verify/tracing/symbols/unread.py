"""A run whose answers nobody reads: comparisons are data, and what is chosen by one is a variable that stands for both.

Code that uses its masks in whole arrays only (`np.where`, `np.maximum`, `x * mask`, `x[mask] = 0`) does the same
operations whatever they hold. Such a run is one for all regions at once: a choice is a variable here, which is either
of two nodes, as its question is answered. What asks for an answer, or for anything else that the sample decides, raises
`ReadError`, and the run says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NoReturn

import flint

from verify.model.errors import TraceError
from verify.model.where import asked_at
from verify.tracing.symbols.trace import SAMPLE_BITS, Nodes, Trace

_MINUS_ONE = Fraction(-1)

Question = tuple[int, str]  # a node, and the relation to 0 that is asked for
# An answer: what was asked; or ("not", answer), ("and", answer, answer) and the like; or one that is known.
Truth = Any


class ReadError(TraceError):
    """The code reads what a run leaves open."""


def refuse(*_: Any, **__: Any) -> NoReturn:
    """Raise ReadError."""
    raise ReadError("an answer was read that the run leaves open", asked_at())


class UnreadTrace(Trace):
    """A graph without a sample: what is asked, and what is chosen by the answers."""

    is_unread = True

    def __init__(self) -> None:
        super().__init__()
        self.questions: dict[Question, None] = {}
        self.choices: dict[int, tuple[Truth, int, int]] = {}  # by variable, in their order
        self._variables: dict[tuple[Truth, int, int], int] = {}  # of choices

    def relations(self, a: Nodes, b: Nodes, relation: str) -> list[Truth]:
        """Record what is asked; the answers are open, but for those of constants."""
        return [self._ask(node, relation) for node in self.differences(a, b)]

    def _ask(self, node: int, relation: str) -> Truth:
        if node in self.constants:
            return super().decide(node, relation)
        self.questions[node, relation] = None
        return node, relation

    def chosen(self, choices: Sequence[Truth], a: Nodes, b: Nodes) -> Nodes:
        """Return what is one of two nodes, as a question is answered."""
        return list(map(self._choice, choices, a, b))

    def _choice(self, truth: Truth, a: int, b: int) -> int:
        if truth is True or truth is False or a == b:
            return a if truth else b
        key = truth, a, b
        if key not in self._variables:
            self._variables[key] = self.variable(f"choice {len(self.choices)}")
            self.choices[self._variables[key]] = key
        return self._variables[key]

    def magnitude(self, node: int) -> int:
        """Return the absolute value of a node, a choice."""
        return self._choice(self._ask(node, ">="), node, self.product(self.constant(_MINUS_ONE), node))

    def look_at(self, nodes: Iterable[int]) -> None:
        """Do nothing: there is no sample to look at."""

    def decide(self, node: int, relation: str) -> bool:
        """Tell what is known of a constant; refuse anything else."""
        return super().decide(node, relation) if node in self.constants else refuse()

    def sign(self, node: int) -> int:
        """Return the sign of a constant; refuse anything else."""
        return super().sign(node) if node in self.constants else refuse()

    def floor(self, node: int) -> Fraction:
        """Refuse."""
        refuse()

    def are_defined(self, nodes: Nodes) -> bool:
        """Refuse."""
        refuse()

    def at_samples(self, nodes: Iterable[int], bits: int = SAMPLE_BITS) -> list[flint.arb]:
        """Refuse, unless for nothing."""
        return refuse() if list(nodes) else []


def conditions_of(truth: Truth) -> set[Question]:
    """Return what an answer depends on."""
    if isinstance(truth, bool):
        return set()
    if truth[0] in _CONNECTED:
        return set().union(*map(conditions_of, truth[1:]))
    return {truth}


def holds(truth: Truth, answers: dict[Question, bool]) -> bool:
    """Tell an answer, once what it depends on is answered."""
    if isinstance(truth, bool):
        return truth
    if truth[0] in _CONNECTED:
        return bool(_CONNECTED[truth[0]](*(holds(part, answers) for part in truth[1:])))
    return answers[truth]


_CONNECTED: dict[Any, Any] = {
    "not": lambda a: not a,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "xor": lambda a, b: a != b,
}

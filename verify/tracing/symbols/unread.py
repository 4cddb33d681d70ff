"""A run whose answers nobody reads: comparisons are data, and what is chosen by one is a variable that stands for both.

Code that uses its masks in whole arrays only (`np.where`, `np.maximum`, `x * mask`, `x[mask] = 0`) does the same
operations whatever they hold. Such a run is one for all regions at once: a choice is a variable here, which is either
of two nodes, as its question is answered. What asks for an answer, or for anything else that the sample decides, raises
`ReadError`, and the run says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

import flint

from verify.model.errors import TraceError
from verify.model.where import asked_at
from verify.tracing.symbols.trace import SAMPLE_BITS, Nodes, Trace

_MINUS_ONE = Fraction(-1)

Question = tuple[int, str]  # a node, and the relation to 0 that is asked for


class ReadError(TraceError):
    """The code reads what a run leaves open."""


def refuse(*_: Any, **__: Any) -> NoReturn:
    """Raise ReadError."""
    raise ReadError("an answer was read that the run leaves open", asked_at())


@dataclass(frozen=True, slots=True)
class Answer:
    """An open answer, to a question or connected from others by a word; whoever takes it for a truth value reads it."""

    question: Question | None
    word: str = ""
    parts: tuple[Truth, ...] = ()

    def __bool__(self) -> bool:
        refuse()

    @property
    def questions(self) -> set[Question]:
        """Return what it depends on."""
        own = set() if self.question is None else {self.question}
        return own.union(*(part.questions for part in self.parts if isinstance(part, Answer)))

    def holds(self, answers: Mapping[Question, bool]) -> bool:
        """Tell the answer, once all questions are answered."""
        if self.question is not None:
            return answers[self.question]
        sides = [part.holds(answers) if isinstance(part, Answer) else part for part in self.parts]
        return bool(_CONNECTED[self.word](*sides))


Truth = Answer | bool  # some are known


class UnreadTrace(Trace):
    """A graph without a sample: what is asked, and what is chosen by the answers."""

    is_unread = True

    def __init__(self) -> None:
        super().__init__()
        self.questions: dict[Question, None] = {}
        self.choices: dict[int, tuple[Answer, int, int]] = {}  # by variable, in their order
        self._variables: dict[tuple[Answer, int, int], int] = {}  # of choices

    def relations(self, a: Nodes, b: Nodes, relation: str) -> Any:
        """Record what is asked; the answers are open, but for those of constants."""
        return [self._ask(node, relation) for node in self.differences(a, b)]

    def _ask(self, node: int, relation: str) -> Truth:
        if node in self.constants:
            return super().decide(node, relation)
        self.questions[node, relation] = None
        return Answer((node, relation))

    def chosen(self, choices: Sequence[Truth], a: Nodes, b: Nodes) -> Nodes:
        """Return what is one of two nodes, as a question is answered."""
        return list(map(self._choice, choices, a, b))

    def _choice(self, truth: Truth, a: int, b: int) -> int:
        if a == b or not isinstance(truth, Answer):
            return a if a == b or truth else b
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


_CONNECTED: dict[Any, Any] = {
    "not": lambda a: not a,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "xor": lambda a, b: a != b,
}

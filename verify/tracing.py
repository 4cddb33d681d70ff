"""Concolic symbols: formulas that also know their value at one exact point, and so which way code branches.

Each decision is recorded, with the file and line that asked. The recorded conditions are the region of a claim: the
inputs that take the same branches as the sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from verify import balls, field
from verify.errors import TraceError
from verify.graph import Graph
from verify.symbolic import Symbol
from verify.where import asked_at

_PRECISIONS = (128, 1024)  # bits, tried in this order to find a sign

# What is asked of the sign of a difference, and the answer for each sign.
RELATIONS: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
    "==": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A decision that a run made: the node, the relation to 0 that was asked about, the answer, the line that asked.

    `tie` tells that the node is 0 at the sample: the inputs are pinned there, and nothing is learnt about derivatives.
    """

    node: int
    relation: str
    holds: bool
    where: str
    tie: bool


class Trace(Graph):
    """A graph with a sample: every variable has an exact value, and so every node has a sign."""

    def __init__(self) -> None:
        super().__init__()
        self.sample: dict[str, Fraction] = {}
        self.conditions: dict[tuple[int, str], Condition] = {}
        self._balls: dict[int, dict[int, flint.arb]] = {bits: {} for bits in _PRECISIONS}

    def symbol(self, name: str, value: Fraction) -> Concolic:
        """Return a new variable with its value at the sample."""
        self.sample[name] = value
        return Concolic(self, self.variable(name))

    def decide(self, node: int, relation: str) -> bool:
        """Tell whether a node is in a relation to 0 at the sample, and record it unless the node is a constant."""
        sign = self.sign(node)
        holds = RELATIONS[relation](sign)
        if node not in self.constants and (node, relation) not in self.conditions:
            self.conditions[node, relation] = Condition(node, relation, holds, asked_at(), sign == 0)
        return holds

    def sign(self, node: int) -> int:
        """Return the sign of a node at the sample; raises TraceError where it is undefined, or too close to call."""
        for bits, known in self._balls.items():
            with flint.ctx.workprec(bits):
                value = balls.at(self, [node], self.sample, known=known)[node]
                if not value.is_finite():
                    raise TraceError(f"a comparison with what is not defined at the sample, at {asked_at()}")
                if not value.contains(0):
                    return 1 if value > 0 else -1
        if value.is_zero() or field.equal(self, [(node, self.constant(Fraction(0)))], 0)[0] == [True]:
            return 0
        raise TraceError(f"a comparison too close to call at the sample, at {asked_at()}")


def _comparing(relation: str) -> Callable[[Concolic, object], Any]:
    def compare(self: Concolic, other: object) -> Any:
        lifted = self.lift(other)
        return NotImplemented if lifted is None else self.trace.decide(self.plus(-lifted).node, relation)

    return compare


class Concolic(Symbol):
    """A symbol that branches, and that NumPy's object arrays compute with: they call methods by a function's name."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Let NumPy treat a symbol as an array without axes."""
        result = getattr(ufunc, method)(*[_boxed(value) for value in inputs], **options)
        return result[()] if isinstance(result, np.ndarray) and result.shape == () else result

    @property
    def trace(self) -> Trace:
        """Return the graph, which knows the sample."""
        assert isinstance(self.graph, Trace)
        return self.graph

    def __bool__(self) -> bool:
        return self.trace.decide(self.node, "!=")

    def __abs__(self) -> Concolic:
        return self if self.trace.decide(self.node, ">=") else -self

    def __float__(self) -> float:
        """Return what a constant is; what depends on inputs has no one value."""
        value = self.number()
        if value is None:
            raise TraceError(f"a symbol was turned into a plain number, at {asked_at()}")
        return float(value)

    def __int__(self) -> int:
        return int(float(self))

    def number(self) -> Fraction | float | None:
        """Return the value of a constant, as the code typed it, or None."""
        node = self.graph.node(self.node)
        return node.payload if node.op in ("constant", "typed") else None

    def conjugate(self) -> Concolic:
        """Return self: the numbers are real."""
        return self


def _boxed(value: Any) -> Any:
    if not isinstance(value, Concolic):
        return value
    box = np.empty((), dtype=object)
    box[()] = value
    return box


_HALF = Fraction(1, 2)
_LN2, _LN10 = 2, 10
# The functions that user code knows by name, made of the graph's own.
METHODS: Mapping[str, Callable[[Any], Any]] = {
    "exp": lambda x: x.function("exp"),
    "log": lambda x: x.function("log"),
    "tanh": lambda x: x.function("tanh"),
    "sin": lambda x: x.function("sin"),
    "cos": lambda x: x.function("cos"),
    "tan": lambda x: x.function("sin") / x.function("cos"),
    "arctan": lambda x: x.function("atan"),
    "sqrt": lambda x: x**_HALF,
    "cbrt": lambda x: x ** Fraction(1, 3),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "log1p": lambda x: (1 + x).function("log"),
    "expm1": lambda x: x.function("exp") - 1,
    "sinh": lambda x: (x.function("exp") - (-x).function("exp")) / 2,
    "cosh": lambda x: (x.function("exp") + (-x).function("exp")) / 2,
    "log2": lambda x: x.function("log") / x.lift(_LN2).function("log"),
    "log10": lambda x: x.function("log") / x.lift(_LN10).function("log"),
    "exp2": lambda x: (x * x.lift(_LN2).function("log")).function("exp"),
}
for _name, _method in METHODS.items():
    setattr(Concolic, _name, _method)
for _name, _relation in zip(("lt", "le", "gt", "ge", "eq", "ne"), RELATIONS, strict=True):
    setattr(Concolic, f"__{_name}__", _comparing(_relation))
Concolic.__hash__ = object.__hash__  # type: ignore[method-assign]

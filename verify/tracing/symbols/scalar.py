"""What every stand-in for a float has in common: the operators, and a clear refusal of what only a float can answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

from verify.model.errors import TraceError
from verify.model.where import asked_at
from verify.tracing.symbols.plain import refuse_number

# What is asked of the sign of a difference, and the answer for each sign.
RELATIONS: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
    "==": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
}


class Scalar(ABC):
    """The operators of a number, on top of a few methods.

    Asking for what only a number has (its truth, its digits, its order) raises TraceError with the file and line that
    asked.
    """

    __slots__ = ()
    __array_ufunc__: Any = None  # NumPy's scalars leave arithmetic with this one to it

    @abstractmethod
    def lift(self, other: object) -> Self | None:
        """Return a number as this kind of scalar, or None for what is no number."""

    @abstractmethod
    def plus(self, other: Self) -> Self:
        """Return self + other."""

    @abstractmethod
    def times(self, other: Self) -> Self:
        """Return self * other."""

    @abstractmethod
    def over(self, other: Self) -> Self:
        """Return self / other."""

    @abstractmethod
    def to_the(self, exponent: Self) -> Self:
        """Return self ** exponent."""

    @abstractmethod
    def __neg__(self) -> Self: ...

    # Each operator lifts the other operand or declines; written out, for a call more would be felt in large graphs.

    def __add__(self, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else self.plus(o)

    def __radd__(self, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else o.plus(self)

    def __sub__(self, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else self.plus(-o)

    def __rsub__(self, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else o.plus(-self)

    def __mul__(self, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else self.times(o)

    def __rmul__(self, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else o.times(self)

    def __truediv__(self, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else self.over(o)

    def __rtruediv__(self, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else o.over(self)

    def __pow__(self, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else self.to_the(o)

    def __rpow__(self, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else o.to_the(self)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self  # a copy of the graph behind it would be another graph

    def __pos__(self) -> Self:
        return self


def _refusing(message: str) -> Callable[..., Any]:
    def refuse(self: Scalar, *args: object, **options: object) -> Any:
        raise TraceError(f"{message}", asked_at())

    return refuse


# What no stand-in can answer, and how that is said.
_REFUSALS = {
    "a branch that depends on the inputs": ["bool", "eq", "ne", "lt", "le", "gt", "ge"],
    "an operation that cannot be traced": [
        "abs",
        "mod",
        "rmod",
        "floordiv",
        "rfloordiv",
        "divmod",
        "rdivmod",
        "matmul",
        "rmatmul",
    ],
}
_NUMBERS = ["float", "int", "index", "complex", "round", "trunc", "floor", "ceil"]


def _no_number(self: Scalar, *args: object) -> Any:
    refuse_number()


for _name in _NUMBERS:
    setattr(Scalar, f"__{_name}__", _no_number)
for _message, _names in _REFUSALS.items():
    for _name in _names:
        setattr(Scalar, f"__{_name}__", _refusing(_message))
Scalar.__hash__ = object.__hash__  # type: ignore[method-assign]

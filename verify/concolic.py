"""Concolic symbols: scalars that user code computes and branches with, as it does with a NumPy float."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from verify.errors import TraceError
from verify.symbolic import Symbol
from verify.tracing import Trace
from verify.where import asked_at

_HALF = Fraction(1, 2)


def _comparing(relation: str) -> Callable[[Concolic, object], Any]:
    def compare(self: Concolic, other: object) -> Any:
        lifted = self.lift(other)
        return NotImplemented if lifted is None else self.trace.decide(self.plus(-lifted).node, relation)

    return compare


class Concolic(Symbol):
    """A symbol that branches, and that NumPy's object arrays compute with: they call methods by a function's name.

    What else NumPy's floats can do, it has its array without axes do (`arrays.boxed`).
    """

    __slots__ = ()

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

    def __index__(self) -> int:
        if (value := self.number()) is None or value != int(value):
            raise TraceError(f"a symbol was used as an index, at {asked_at()}")
        return int(value)

    def number(self) -> Fraction | float | None:
        """Return the value of a constant, as the code typed it, or None."""
        if self.graph.ops[self.node] in ("constant", "typed"):
            value: Fraction | float = self.graph.payloads[self.node]
            return value
        return None

    def to_the(self, exponent: Concolic) -> Concolic:
        """Return self ** exponent; one that is no number asks whether the base is positive, as a logarithm does."""
        if exponent.number() is not None:
            return super().to_the(exponent)
        if not self.trace.decide(self.node, ">"):
            raise TraceError(f"a power with a symbol as exponent whose base is not positive, at {asked_at()}")
        return self.function("log").times(exponent).function("exp")

    def whole(self) -> Concolic:
        """Return the largest whole number that is not above the symbol, a branch."""
        return self._at(self.graph.constant(self.trace.floor(self.node)))

    def sign(self) -> int:
        """Return -1, 0 or 1, a branch."""
        return 1 if self > 0 else -1 if self < 0 else 0

    def conjugate(self) -> Concolic:
        """Return self: the numbers are real."""
        return self


# The functions that user code knows by name, made of the graph's own; NumPy's object loops look for methods so named.
METHODS: Mapping[str, Callable[[Any], Any]] = {
    "exp": lambda x: x.function("exp"),
    "log": lambda x: x.function("log"),
    "tanh": lambda x: x.function("tanh"),
    "sin": lambda x: x.function("sin"),
    "cos": lambda x: x.function("cos"),
    "tan": lambda x: x.function("sin") / x.function("cos"),
    "arctan": lambda x: x.function("atan"),
    "erf": lambda x: x.function("erf"),
    "erfc": lambda x: 1 - x.function("erf"),
    "expit": lambda x: 1 / (1 + (-x).function("exp")),
    "sqrt": lambda x: x**_HALF,
    "cbrt": lambda x: x.sign() * abs(x) ** Fraction(1, 3),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "log1p": lambda x: (1 + x).function("log"),
    "expm1": lambda x: x.function("exp") - 1,
    "sinh": lambda x: (x.function("exp") - (-x).function("exp")) / 2,
    "cosh": lambda x: (x.function("exp") + (-x).function("exp")) / 2,
    "log2": lambda x: x.function("log") / x.lift(2).function("log"),
    "log10": lambda x: x.function("log") / x.lift(10).function("log"),
    "exp2": lambda x: (x * x.lift(2).function("log")).function("exp"),
    "arcsinh": lambda x: (x + (x * x + 1) ** _HALF).function("log"),
    "arctanh": lambda x: ((1 + x) / (1 - x)).function("log") / 2,
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "absolute": abs,
    "fabs": abs,
    "floor": lambda x: x.whole(),
    "ceil": lambda x: -(-x).whole(),
    "trunc": lambda x: x.whole() if x >= 0 else -(-x).whole(),
    "rint": lambda x: (x + _HALF).whole(),  # apart from ties, which are ties
    "degrees": lambda x: x * 180 / x._at(x.graph.pi()),
    "radians": lambda x: x * x._at(x.graph.pi()) / 180,
}
_PYTHON = {"round": "rint", "trunc": "trunc", "floor": "floor", "ceil": "ceil"}


def _modulo(a: Any, b: Any) -> Any:
    return a - b * (a / b).whole()


def _lifting(compute: Callable[[Any, Any], Any], *, reflected: bool) -> Callable[..., Any]:
    def operate(self: Concolic, other: object) -> Any:
        if (o := self.lift(other)) is None:
            return NotImplemented
        return compute(o, self) if reflected else compute(self, o)

    return operate


for _name, _method in METHODS.items():
    setattr(Concolic, _name, _method)
for _name, _function in _PYTHON.items():
    if _name != "round":
        setattr(Concolic, f"__{_name}__", METHODS[_function])
for _name, _relation in zip(("lt", "le", "gt", "ge", "eq", "ne"), ("<", "<=", ">", ">=", "==", "!="), strict=True):
    setattr(Concolic, f"__{_name}__", _comparing(_relation))
for _name, _compute in {"mod": _modulo, "floordiv": lambda a, b: (a / b).whole()}.items():
    setattr(Concolic, f"__{_name}__", _lifting(_compute, reflected=False))
    setattr(Concolic, f"__r{_name}__", _lifting(_compute, reflected=True))
Concolic.__hash__ = object.__hash__  # type: ignore[method-assign]

"""Concolic symbols: scalars that user code computes and branches with, as it does with a NumPy float."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np

from verify.model.additions import HOW
from verify.model.errors import DivisionError, TraceError
from verify.model.identity import Place
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.proof import rationals
from verify.tracing.symbols.dispatch import PROTOCOLS
from verify.tracing.symbols.plain import refuse_number
from verify.tracing.symbols.scalar import RELATIONS
from verify.tracing.symbols.shown import is_shown
from verify.tracing.symbols.symbolic import Symbol
from verify.tracing.symbols.texts import text
from verify.tracing.symbols.trace import Trace

_HALF, _MINUS_ONE = Fraction(1, 2), Fraction(-1)
_DOUBLE = np.dtype(np.float64)


def _comparing(relation: str) -> Callable[[Concolic, object], Any]:
    def compare(self: Concolic, other: object) -> Any:
        if isinstance(other, (complex, np.complexfloating)):
            return _COMPLEX[relation](self, other)
        lifted = self.lift(other)
        return NotImplemented if lifted is None else np.bool_(self.against(lifted, relation))

    return compare


_COMPLEX: Mapping[str, Callable[..., Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def _power(base: int, exponent: int) -> Fraction:
    return Fraction(base**exponent) if exponent >= 0 else Fraction(1, base**-exponent)


def exact_number(value: Any) -> Any:
    """Return a NumPy number as Python's, exactly: what np.float32(0.1) is, and not what it was meant to be."""
    return value.item()


class Concolic(Symbol):
    """A symbol that branches, and that NumPy's object arrays compute with: they call methods by a function's name.

    What else NumPy's floats can do, it has its array without axes do (`arrays.boxed`). Code that asks for its class is
    told a float's, as of any entry of an array of floats.
    """

    __slots__ = ()

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.float64

    def __repr__(self) -> str:
        return text("symbol")

    def __format__(self, spec: str) -> str:
        return text("symbol")

    @property
    def trace(self) -> Trace:
        """Return the graph, which knows the sample."""
        assert isinstance(self.graph, Trace)
        return self.graph

    def lift(self, other: object) -> Any:
        """Return a number or symbol as a symbol, None for anything else."""
        if type(other) in KINDS:
            return other if other.graph is self.graph else super().lift(other)  # type: ignore[attr-defined]
        if isinstance(other, np.generic):
            other = exact_number(other)
        if isinstance(other, float) and other in (math.inf, -math.inf):
            return Endless(self.trace, 1 if other > 0 else -1)
        if isinstance(other, complex):
            return PROTOCOLS["complex number"](other)
        if isinstance(other, float) and math.isnan(other):
            return Missing(self.trace)
        return super().lift(other)

    def plus(self, other: Concolic) -> Any:
        """Return self + other."""
        return other.plus(self) if type(other) in BESIDE else super().plus(other)

    def times(self, other: Concolic) -> Any:
        """Return self * other."""
        return other.times(self) if type(other) in BESIDE else super().times(other)

    def over(self, other: Concolic) -> Any:
        """Return self / other; what is finite is 0 beside what is not. Where other is 0, nothing may depend on it."""
        if type(other) in BESIDE:
            beside: Any = other
            return beside.under(self)
        if self.graph.value(other.node) == 0:
            return self._over_zero()
        return super().over(other)

    def _over_zero(self) -> Any:
        """Return self / 0: at one point what floats give for a positive zero, else nothing may depend on it."""
        if not self.trace.is_pinned:
            return Hole(self.trace, asked_at())
        direction = self.sign()
        return Endless(self.trace, direction) if direction else Missing(self.trace)

    def against(self, other: Concolic, relation: str) -> bool:
        """Tell whether a relation holds between self and other, a branch."""
        if type(other) is Endless and type(self) not in NO_NODES:
            return RELATIONS[relation](-other.direction)
        if type(other) is Missing and self.trace.is_pinned:
            return other.against(self, relation)
        if not type(self) is type(other) is Concolic:
            return self.trace.decide(self.plus(-other).node, relation)
        graph = self.trace  # without a symbol for each step: `np.argmax` asks entry by entry
        return graph.decide(graph.sum(self.node, graph.product(graph.constant(_MINUS_ONE), other.node)), relation)

    def _at(self, node: int) -> Concolic:
        return Concolic(self.graph, node)

    def __bool__(self) -> bool:
        return self.trace.decide(self.node, "!=")

    def __abs__(self) -> Concolic:
        return self if self.trace.decide(self.node, ">=") else -self

    def __float__(self) -> float:
        """Return what a constant is; what depends on inputs has no one value."""
        value = self.number()
        if value is None and not self.is_constant():
            return math.nan if is_shown() else refuse_number()
        return float(rationals.real(self.trace, [self.node], {})[self.node].ball if value is None else value)

    def is_constant(self) -> bool:
        """Tell whether a symbol is computed from numbers alone."""
        return self.graph.is_constant(self.node)

    def __int__(self) -> int:
        """Return the whole number towards 0, a branch: whoever asks gets no other number, and it is recorded."""
        number = self.number()
        if number is None and not self.is_constant():
            number = METHODS["trunc"](self).number()
        return int(float(self) if number is None else number)

    def __index__(self) -> int:
        if (value := self.number()) is None or value != int(value):
            raise TraceError("the code uses a symbol as an index", asked_at(), reason=Reason.SYMBOL_AS_KEY)
        return int(value)

    def __round__(self, digits: int | None = None) -> Any:
        if digits is None:
            return int(METHODS["rint"](self))
        return METHODS["rint"](self.times(self.lift(_power(10, digits)))) / _power(10, digits)

    def number(self) -> Fraction | float | None:
        """Return the value of a constant, as the code typed it, or None."""
        return self.graph.number(self.node)

    def to_the(self, exponent: Concolic) -> Any:
        """Return self ** exponent; one that is no number asks whether the base is positive, as a logarithm does."""
        if (power := exponent.number()) is not None:
            if power < 0 and self.graph.value(self.node) == 0:
                return self.lift(1).over(self)
            return super().to_the(exponent)
        if not self.trace.decide(self.node, ">"):
            raise TraceError(
                "a power with a symbol as exponent whose base is not positive", asked_at(), reason=Reason.BRANCH_CUT
            )
        return at_once(lambda base: base.function("log").times(exponent).function("exp"))(self)

    def whole(self) -> Any:
        """Return the largest whole number that is not above the symbol, a branch."""
        return self._at(self.graph.constant(self.trace.floor(self.node)))

    def nearest(self) -> Any:
        """Return the nearest whole number, a branch; halfway between two, the even one."""
        above = self.plus(self.lift(_HALF))
        rounded = above.whole()
        if int(rounded) % 2 == 1 and self.trace.sign(above.plus(-rounded).node) == 0:
            return rounded.plus(self.lift(-1))  # a tie at the sample, which `whole` has recorded
        return rounded

    def sign(self) -> int:
        """Return -1, 0 or 1, a branch."""
        zero = self.lift(0)
        return 1 if self.against(zero, ">") else -1 if self.against(zero, "<") else 0

    def conjugate(self) -> Concolic:
        """Return self: the numbers are real."""
        return self


# The functions that have a limit at plus or minus infinity.
_LIMITS: Mapping[tuple[str, int], float] = {
    ("exp", 1): math.inf,
    ("exp", -1): 0,
    ("log", 1): math.inf,
    ("tanh", 1): 1,
    ("tanh", -1): -1,
    ("erf", 1): 1,
    ("erf", -1): -1,
    ("log", -1): math.nan,
    ("sin", 1): math.nan,
    ("sin", -1): math.nan,
    ("cos", 1): math.nan,
    ("cos", -1): math.nan,
}


class Endless(Concolic):
    """Plus or minus infinity: what maxima start with, and what masked scores are, until exp makes 0 of them.

    It has no node, and so is in no formula: what asks for one raises TraceError, and what is NaN on floats is Missing.
    Symbols are finite, so that comparisons with it decide nothing that depends on the inputs.
    """

    __slots__ = ("direction",)

    def __init__(self, trace: Trace, direction: int) -> None:
        self.graph = trace
        self.direction = direction

    @property
    def node(self) -> int:  # type: ignore[override]
        """Refuse."""
        raise TraceError(f"the code computes with {self.number()}", asked_at(), reason=Reason.NAN_CONSTANT)

    def number(self) -> float:
        """Return the infinity as a float."""
        return self.direction * math.inf

    def plus(self, other: Concolic) -> Any:
        """Return self + other; inf - inf is NaN."""
        if isinstance(other, Missing):
            return other
        return Missing(self.trace) if type(other) is Endless and other.direction != self.direction else self

    def times(self, other: Concolic) -> Any:
        """Return self * other, for which the sign of other is asked; inf * 0 is NaN."""
        if isinstance(other, Missing):
            return other
        direction = self.direction * other.sign()
        return Endless(self.trace, direction) if direction else Missing(self.trace)

    def over(self, other: Concolic) -> Any:
        """Return self / other, for which the sign of other is asked; inf / inf is NaN, and inf / 0 has either sign."""
        if type(other) is Endless:
            return Missing(self.trace)
        if not isinstance(other, Missing) and not other.sign():
            return self if self.trace.is_pinned else Hole(self.trace, asked_at())
        return self.times(other)

    def under(self, other: Concolic) -> Any:
        """Return other / self."""
        return Missing(self.trace) if type(other) is Endless else other.lift(0)

    def to_the(self, exponent: Concolic) -> Any:
        """Return self ** exponent, for plus infinity."""
        if self.direction < 0 or type(exponent) in NO_NODES or not (sign := exponent.sign()):
            self._refuse()
        return self if sign > 0 else self._at(self.graph.constant(Fraction(0)))

    def function(self, name: str) -> Any:
        """Return the limit of a function that has one, and NaN where floats do."""
        limit = _LIMITS.get((name, self.direction))
        return self._refuse() if limit is None else self.lift(limit)

    def against(self, other: Concolic, relation: str) -> bool:
        """Tell whether a relation holds between self and other: no branch."""
        if isinstance(other, Missing):
            return other.against(self, relation)
        return RELATIONS[relation](self.direction - other.direction if type(other) is Endless else self.direction)

    def __neg__(self) -> Any:
        return Endless(self.trace, -self.direction)

    def __abs__(self) -> Concolic:
        return Endless(self.trace, 1)

    def __bool__(self) -> bool:
        return True

    def sign(self) -> int:
        """Return -1 or 1."""
        return self.direction

    def whole(self) -> Any:
        """Return self, as NumPy does."""
        return self

    def _refuse(self) -> NoReturn:
        raise TraceError(
            f"an operation on {self.number()} that cannot be traced", asked_at(), HOW, reason=Reason.NAN_CONSTANT
        )


class Missing(Concolic):
    """What is not a number: what code has not computed yet, or computes on the side of a choice that it discards.

    It has no node, and so is in no formula: what is computed with it is NaN as well, until something else is taken or
    written over it. What asks for a formula or compares it raises TraceError, and so does a power, which may be 1.
    """

    __slots__ = ()

    def __init__(self, trace: Trace) -> None:
        self.graph = trace
        trace.missed = True

    @property
    def node(self) -> int:  # type: ignore[override]
        """Refuse."""
        raise TraceError("the code computes with nan", asked_at(), reason=Reason.NAN_CONSTANT)

    def number(self) -> float | None:
        """Return the float."""
        return math.nan

    def plus(self, other: Concolic) -> Any:
        """Return self."""
        return self

    times = over = under = plus

    def to_the(self, exponent: Concolic) -> Any:
        """Return self, for a number other than 0."""
        return self if exponent.number() else self.trace.decide(self.node, ">")

    def function(self, name: str) -> Any:
        """Return self: no function of one argument makes a number of it."""
        return self

    def against(self, other: Concolic, relation: str) -> bool:
        """Tell what NaN answers at one point: it is different from everything."""
        return relation == "!=" if self.trace.is_pinned else super().against(other, relation)

    def whole(self) -> Any:
        """Return self."""
        return self

    nearest = whole

    def __neg__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self


class Hole(Missing):
    """What a division by 0 gives: an infinity of either sign, or NaN, and any number of what is computed with these."""

    __slots__ = ("place",)

    def __init__(self, trace: Trace, place: Place) -> None:
        super().__init__(trace)
        self.place = place

    @property
    def node(self) -> int:  # type: ignore[override]
        """Refuse."""
        raise DivisionError(self.place)

    def number(self) -> None:
        """Return nothing: there is no one value."""


BESIDE: set[type] = {Endless, Missing, Hole}  # what symbols leave arithmetic to, as to complex arrays, where any are


KINDS = (Concolic, Endless, Missing, Hole)
NO_NODES = {Endless, Missing, Hole}


def at_once(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Make one operation, which floats round once, of what is composed of the graph's own."""

    def operate(x: Concolic, *others: Any) -> Any:
        with x.trace.composing():
            result = compute(x, *others)
        return Concolic(x.graph, x.trace.composed(result.node)) if type(result) is Concolic else result

    return operate


# The functions that user code knows by name, made of the graph's own; NumPy's object loops look for methods so named.
METHODS: Mapping[str, Callable[[Any], Any]] = {
    "exp": lambda x: x.function("exp"),
    "log": lambda x: x.function("log"),
    "tanh": lambda x: x.function("tanh"),
    "sin": lambda x: x.function("sin"),
    "cos": lambda x: x.function("cos"),
    "tan": at_once(lambda x: x.function("sin") / x.function("cos")),
    "arctan": lambda x: x.function("atan"),
    "erf": lambda x: x.function("erf"),
    "erfc": at_once(lambda x: 1 - x.function("erf")),
    "expit": at_once(lambda x: 1 / (1 + (-x).function("exp"))),
    "sqrt": lambda x: x**_HALF,
    "cbrt": at_once(lambda x: x.sign() * abs(x) ** Fraction(1, 3)),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "log1p": at_once(lambda x: (1 + x).function("log")),
    "expm1": at_once(lambda x: x.function("exp") - 1),
    "sinh": at_once(lambda x: (x.function("exp") - (-x).function("exp")) / 2),
    "cosh": at_once(lambda x: (x.function("exp") + (-x).function("exp")) / 2),
    "log2": at_once(lambda x: x.function("log") / x.lift(2).function("log")),
    "log10": at_once(lambda x: x.function("log") / x.lift(10).function("log")),
    "exp2": at_once(lambda x: (x * x.lift(2).function("log")).function("exp")),
    "arcsin": lambda x: x.function("asin"),
    "arccos": at_once(lambda x: _pi(x) / 2 - x.function("asin")),
    "arccosh": at_once(lambda x: (x + (x * x - 1) ** _HALF).function("log")),
    "arcsinh": at_once(lambda x: (x + (x * x + 1) ** _HALF).function("log")),
    "arctanh": at_once(lambda x: ((1 + x) / (1 - x)).function("log") / 2),
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "conjugate": lambda x: x,
    "absolute": lambda x: abs(x),  # NumPy calls it as a method, which a function of C is not
    "fabs": lambda x: abs(x),
    "floor": lambda x: x.whole(),
    "ceil": lambda x: -(-x).whole(),
    "trunc": lambda x: x.whole() if x >= 0 else -(-x).whole(),
    "rint": lambda x: x.nearest(),
    "sign": lambda x: x.lift(x.sign()),
    "degrees": at_once(lambda x: x * 180 / _pi(x)),
    "rad2deg": at_once(lambda x: x * 180 / _pi(x)),
    "radians": at_once(lambda x: x * _pi(x) / 180),
    "deg2rad": at_once(lambda x: x * _pi(x) / 180),
}
_PYTHON = ("trunc", "floor", "ceil")


def _pi(x: Concolic) -> Any:
    return x.lift(Concolic(x.graph, x.graph.pi()))


@at_once
def cardinal_sine(x: Concolic) -> Any:
    """Return sin(pi x) / (pi x), and 1 at 0, which is the limit there."""
    angle = x.lift(math.pi) * x  # the float, as in NumPy
    return angle.function("sin") / angle if x.against(x.lift(0), "!=") else x.lift(1)


ON_CUT = "on its branch cut, the numbers up to 0, where the sign of a zero decides"
OFF_CUT = "; declare inputs that are off it, as in x=gradproof.real('N', low=...), or give them an imaginary part"


def angle_of(y: Concolic, x: Concolic) -> Any:
    """Return the angle of a point of the plane: twice that of half of it, which is below a quarter of a turn.

    With r its distance from 0, y / (r + x) is the tangent of half of the angle everywhere but on the negative half
    of the axis, where the angle jumps.
    """
    if y.number() == 0:
        return _of_axis(x)
    half: Concolic = (y / ((x * x + y * y) ** _HALF + x)).function("atan")
    return 2 * half


def _of_axis(x: Concolic) -> Any:
    """Return the angle of a point with y = 0: without its sign, that of the other side is not known."""
    if x.against(x.lift(0), ">"):
        return x.lift(0)
    raise TraceError(f"an angle, logarithm or power {ON_CUT}", asked_at(), OFF_CUT, reason=Reason.BRANCH_CUT)


def _to_int(name: str) -> Callable[[Concolic], int]:
    return lambda x: int(METHODS[name](x))


@at_once
def _modulo(a: Any, b: Any) -> Any:
    return a - b * (a / b).whole()


_DIVISIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "mod": _modulo,
    "floordiv": lambda a, b: (a / b).whole(),
    "divmod": lambda a, b: (a // b, a % b),
}


def _lifting(compute: Callable[[Any, Any], Any], *, reflected: bool) -> Callable[..., Any]:
    def operate(self: Concolic, other: object) -> Any:
        if (o := self.lift(other)) is None:
            return NotImplemented
        return compute(o, self) if reflected else compute(self, o)

    return operate


for _name, _method in METHODS.items():
    if _name != "sign":  # a method that gives a whole number
        setattr(Concolic, _name, _method)
for _name in _PYTHON:
    setattr(Concolic, f"__{_name}__", _to_int(_name))
for _name, _relation in zip(("lt", "le", "gt", "ge", "eq", "ne"), ("<", "<=", ">", ">=", "==", "!="), strict=True):
    setattr(Concolic, f"__{_name}__", _comparing(_relation))
for _name, _compute in _DIVISIONS.items():
    setattr(Concolic, f"__{_name}__", _lifting(_compute, reflected=False))
    setattr(Concolic, f"__r{_name}__", _lifting(_compute, reflected=True))


def _unhashable(self: Concolic) -> int:
    """Refuse: to look a symbol up in a set or a dict is a branch that nobody would record."""
    raise TraceError("the code looks up a symbol in a set or a dict", asked_at(), reason=Reason.SYMBOL_AS_KEY)


Concolic.__hash__ = _unhashable  # type: ignore[method-assign,assignment]

"""Inputs that satisfy conditions, or the proof that there are none: by z3, where that is installed.

Polynomial conditions are what z3 decides. Of a function it is told a few facts only: exp is positive, and above 1 where
its argument is above 0; and so on. What has no solution under these facts has none; what has one under them may still
have none, so that whoever asked has to look at it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from typing import Any

from verify.graph.graph import Graph
from verify.model.exact import simplest_rational
from verify.proof.ranges import Domain

_STEPS = 200_000  # of z3, about a tenth of a second: unlike a time limit, it ends in the same place everywhere
_LARGEST = 400  # nodes
_MOST_MONOMIALS = 2_000  # of a condition multiplied out, which z3's limit of steps does not count
_DIGITS = 20  # of an irrational solution

Wanted = tuple[int, frozenset[int]]  # a node, and the signs that it may have


@cache
def available() -> bool:
    """Tell whether z3 is installed (`pip install "gradproof[solver]"`)."""
    return find_spec("z3") is not None


def solve(graph: Graph, wanted: Iterable[Wanted], domain: Domain) -> dict[str, Fraction] | bool | None:
    """Return inputs at which nodes have the signs that are wanted, False if there are none, None if nobody knows."""
    conditions = list(wanted)
    if not available() or len(graph.reach([node for node, _ in conditions])) > _LARGEST:
        return None
    if max(graph.read([node for node, _ in conditions], _Monomials()).values(), default=0) > _MOST_MONOMIALS:
        return None
    import z3

    reading = _Terms()
    terms = graph.read([node for node, _ in conditions], reading)
    solver = z3.Solver()
    solver.set("rlimit", _STEPS)
    solver.add(*reading.facts, *_bounds(reading, domain))
    for node, signs in conditions:
        solver.add(z3.Or(*(_SIGNS[sign](terms[node]) for sign in signs)))
    result = solver.check()
    if result != z3.sat:
        return False if result == z3.unsat else None
    model = solver.model()
    return {name: _value(model.eval(term, model_completion=True)) for name, term in reading.inputs.items()}


_SIGNS = {-1: lambda term: term < 0, 0: lambda term: term == 0, 1: lambda term: term > 0}


def _bounds(reading: _Terms, domain: Domain) -> Iterable[Any]:
    for name, term in reading.inputs.items():
        low, high = domain.get(name, (None, None))
        if low is not None:
            yield term > _number(low)
        if high is not None:
            yield term < _number(high)


def _number(value: Fraction) -> Any:
    import z3

    return z3.Q(value.numerator, value.denominator)


def _value(number: Any) -> Fraction:
    import z3

    number = number.approx(_DIGITS) if z3.is_algebraic_value(number) else number
    return Fraction(number.numerator_as_long(), number.denominator_as_long())


class _Monomials:
    """The graph read as how many monomials each node has at most when it is multiplied out; beyond a limit, that."""

    def variable(self, name: str) -> int:
        return 1

    def constant(self, value: Fraction) -> int:
        return 1

    def typed(self, value: float) -> int:
        return 1

    def pi(self, payload: None) -> int:
        return 1

    def sum(self, a: int, b: int) -> int:
        return min(a + b, _MOST_MONOMIALS + 1)

    def product(self, a: int, b: int) -> int:
        return min(a * b, _MOST_MONOMIALS + 1)

    def power(self, a: int, exponent: Fraction) -> int:
        times = abs(exponent.numerator)
        return 1 if a == 1 else min(a ** min(times, _MOST_MONOMIALS.bit_length()), _MOST_MONOMIALS + 1)

    def function(self, name: str, a: int, number: int) -> int:
        return 1

    def joint(self, op: str, values: list[int], payload: Any) -> int:
        return 1


class _Terms:
    """The graph read as z3's terms; `facts` are what is known of its roots, quotients and functions."""

    def __init__(self) -> None:
        self.inputs: dict[str, Any] = {}
        self.facts: list[Any] = []

    def _fresh(self) -> Any:
        import z3

        return z3.FreshReal()

    def variable(self, name: str) -> Any:
        import z3

        return self.inputs.setdefault(name, z3.Real(name))

    def constant(self, value: Fraction) -> Any:
        return _number(value)

    def typed(self, value: float) -> Any:
        return _number(simplest_rational(value))

    def pi(self, payload: None) -> Any:
        value = self._fresh()
        self.facts += [value > _number(Fraction("3.1415926535")), value < _number(Fraction("3.1415926536"))]
        return value

    def sum(self, a: Any, b: Any) -> Any:
        return a + b

    def product(self, a: Any, b: Any) -> Any:
        return a * b

    def power(self, a: Any, exponent: Fraction) -> Any:
        root = a
        if exponent.denominator != 1:
            root = self._fresh()
            self.facts += [root >= 0, root**exponent.denominator == a]
        if exponent > 0:
            return root**exponent.numerator
        inverse = self._fresh()
        self.facts.append(inverse * root**-exponent.numerator == 1)
        return inverse

    def function(self, name: str, a: Any, number: int) -> Any:
        value = self._fresh()
        self.facts += _FACTS[name](a, value) if name in _FACTS else []  # of others it is left open what they are
        return value

    def joint(self, op: str, values: list[Any], payload: Any) -> Any:
        """Return a term of which nothing is known: what is found with it is tried, as every input is."""
        return self._fresh()


def _rising(a: Any, value: Any, at: int = 0, image: int = 0) -> list[Any]:
    """Return that a function rises through a point."""
    return [(a > at) == (value > image), (a < at) == (value < image)]


_FACTS = {
    "exp": lambda a, value: [value > 0, value >= 1 + a, *_rising(a, value, 0, 1)],
    "log": lambda a, value: [a > 0, value <= a - 1, value * a >= a - 1, *_rising(a, value, 1, 0)],
    "tanh": lambda a, value: [value > -1, value < 1, *_rising(a, value)],
    "erf": lambda a, value: [value > -1, value < 1, *_rising(a, value)],
    "atan": lambda a, value: [value > -2, value < 2, *_rising(a, value)],
    "sin": lambda a, value: [value >= -1, value <= 1],
    "cos": lambda a, value: [value >= -1, value <= 1],
}

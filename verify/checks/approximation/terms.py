"""A formula as a polynomial in what does not depend on the pivot, its coefficients functions of the pivot.

The pivot is the input that an approximation depends on: x itself, or the norm t of a vector x = t * n. Its functions
are Taylor models or jets; every other input, and every function of others, is a letter of monomials. A relative error
is then bounded term by term, whatever the other inputs are: sum |d_m m| / sum |c_m m| is at most the largest |d_m| /
|c_m|, and |d_m m| <= |d_m m'| where m is m' times components n of a direction, none of which is beyond 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Generic, Protocol, Self, TypeVar

from verify.checks.approximation.models import BeyondError, LimitError
from verify.graph.graph import Graph
from verify.graph.joints import JOINT
from verify.model.exact import simplest_rational

_MOST_TERMS = 400
_MOST_POWER = 8
Monomial = tuple[tuple[int, int], ...]  # letters with their exponents, in order
NO_LETTERS: Monomial = ()


class Function(Protocol):
    """A function of the pivot: a Taylor model, or a jet."""

    @property
    def is_zero(self) -> bool:
        """Tell whether it is the function 0."""

    def constant(self, value: Fraction) -> Self:
        """Return a constant."""

    def __add__(self, other: Self) -> Self: ...

    def __mul__(self, other: Self) -> Self: ...

    def inverse(self) -> Self:
        """Return 1 / a."""

    def power(self, exponent: Fraction) -> Self:
        """Return a ** exponent."""

    def apply(self, name: str) -> Self:
        """Return a function of FUNCTIONS of a."""


F = TypeVar("F", bound=Function)


class Terms(Generic[F]):
    """A sum of monomials with functions of the pivot before them."""

    def __init__(self, terms: Mapping[Monomial, F]) -> None:
        self.terms = {monomial: value for monomial, value in terms.items() if not value.is_zero}
        if len(self.terms) > _MOST_TERMS:
            raise LimitError(f"a formula has more than {_MOST_TERMS} terms when it is multiplied out")

    def __add__(self, other: Terms[F]) -> Terms[F]:
        terms = dict(self.terms)
        for monomial, value in other.terms.items():
            terms[monomial] = terms[monomial] + value if monomial in terms else value
        return Terms(terms)

    def __mul__(self, other: Terms[F]) -> Terms[F]:
        terms: dict[Monomial, F] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                monomial = times(left, right)
                terms[monomial] = terms[monomial] + a * b if monomial in terms else a * b
        return Terms(terms)

    def power(self, exponent: Fraction) -> Terms[F]:
        """Return a ** exponent, of one term, or by multiplying out."""
        if len(self.terms) == 1:
            ((monomial, value),) = self.terms.items()
            if monomial == NO_LETTERS or exponent.denominator == 1:
                raised = tuple((letter, power * exponent.numerator) for letter, power in monomial)
                return Terms({raised: value.power(exponent)})
        if exponent.denominator != 1 or not 0 < exponent <= _MOST_POWER:
            raise BeyondError("a power of a value that depends on several inputs")
        result = self
        for _ in range(exponent.numerator - 1):
            result = result * self
        return result

    @property
    def pure(self) -> F | None:
        """Return the function that this is, where it is one of the pivot alone and not 0."""
        return self.terms.get(NO_LETTERS) if set(self.terms) == {NO_LETTERS} else None


def times(left: Monomial, right: Monomial) -> Monomial:
    """Return the product of two monomials."""
    powers = dict(left)
    for letter, power in right:
        powers[letter] = powers.get(letter, 0) + power
    return tuple(sorted((letter, power) for letter, power in powers.items() if power))


class Frame(Protocol[F]):
    """How the pivot is read."""

    unit: F  # the constant 1
    replaced: Mapping[int, Terms[F]]  # the nodes that are the pivot, or go along with it

    def apply(self, name: str, argument: Terms[F]) -> Terms[F]:
        """Return a function of FUNCTIONS; raises BeyondError where it cannot be enclosed."""


def read(graph: Graph, nodes: Iterable[int], frame: Frame[F]) -> dict[int, Terms[F]]:
    """Return nodes as terms; raises BeyondError where the pivot is mixed with other inputs in a function."""
    targets = list(nodes)
    terms: dict[int, Terms[F]] = {}
    moving: set[int] = set()
    for number in graph.reach(targets):
        if number in frame.replaced or any(argument in moving for argument in graph.args[number]):
            moving.add(number)
        terms[number] = frame.replaced.get(number) or _node(graph, number, frame, terms, moving=number in moving)
    return {number: terms[number] for number in targets}


def _node(graph: Graph, number: int, frame: Frame[F], terms: Mapping[int, Terms[F]], *, moving: bool) -> Terms[F]:
    payload, unit = graph.payloads[number], frame.unit
    operands = [terms[argument] for argument in graph.args[number]]
    letter = Terms({((number, 1),): unit})
    match graph.ops[number]:
        case "constant":
            return Terms({NO_LETTERS: unit.constant(payload)})
        case "typed":
            return Terms({NO_LETTERS: unit.constant(simplest_rational(payload))})
        case "sum":
            return operands[0] + operands[1]
        case "product":
            return operands[0] * operands[1]
        case "power" if moving:
            return operands[0].power(payload)
        case "power" if payload.denominator == 1 and len(operands[0].terms) == 1:
            return operands[0].power(payload)
        case name if moving and name in JOINT:
            raise BeyondError("a function of several arguments")
        case name if moving:
            return frame.apply(name, operands[0])
    return letter

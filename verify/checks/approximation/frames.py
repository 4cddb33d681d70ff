"""How a formula is read in the region of an approximation: beside a singularity, far out, or on a piece in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import flint

from verify.checks.approximation import jets, models
from verify.checks.approximation.jets import Jet
from verify.checks.approximation.models import BeyondError, Model
from verify.checks.approximation.terms import NO_LETTERS, F, Monomial, Terms
from verify.graph.balls import ball

X = -1  # the letter of x itself, far out
_HALF = Fraction(1, 2)
_TWO = Fraction(2)


@dataclass(frozen=True, slots=True)
class Pivot:
    """The input that an approximation depends on: a variable, or the norm of several, whose squares add up to `square`.

    The nodes of its `variables`; `square` is None for a variable alone.
    """

    variables: tuple[int, ...]
    square: int | None = None

    def replaced(self, t: F) -> Mapping[int, Terms[F]]:
        """Return what the nodes of the pivot are when it is t: a vector is t times its direction."""
        if self.square is None:
            return {self.variables[0]: Terms({NO_LETTERS: t})}
        vector = {node: Terms({((node, 1),): t}) for node in self.variables}
        return {**vector, self.square: Terms({NO_LETTERS: t * t})}

    def shrinks(self, left: Monomial, right: Monomial) -> bool:
        """Tell whether one monomial is never larger than another: it is that one times components of a direction."""
        if self.square is None:
            return left == right
        powers = dict(left)
        for letter, power in right:
            powers[letter] = powers.get(letter, 0) - power
        return all(not power or (power > 0 and letter in self.variables) for letter, power in powers.items())


class Near:
    """Beside a point, as Taylor models in the distance from it."""

    def __init__(self, pivot: Pivot, centre: Fraction, low: Fraction, high: Fraction) -> None:
        self.pivot = pivot
        low, high = min(low - centre, Fraction(0)), max(high - centre, Fraction(0))
        reach = ball((low + high) / 2) + flint.arb(0, ball((high - low) / 2).abs_upper())
        t = models.near(reach, positive=low >= 0)
        self.unit: Model = t.constant(Fraction(1))
        self.replaced = pivot.replaced(t + t.constant(centre) if centre else t)

    def apply(self, name: str, argument: Terms[Model]) -> Terms[Model]:
        """Return a function of FUNCTIONS of one that depends on the pivot alone."""
        return Terms({NO_LETTERS: _pure(argument, self.unit).apply(name)})

    def ratio(self, monomial: Monomial, value: Model, other: Monomial, exact: Model) -> flint.arb | None:
        """Return a bound on |value * monomial| / |exact * other|, or None where there is none."""
        if not self.pivot.shrinks(monomial, other):
            return None
        quotient = value * exact.inverse()
        if quotient.order < 0:
            return None
        return quotient.value().abs_upper()


class Far:
    """From a number on, to infinity: as Taylor models in t = exp(-|x| / 2), x itself being a letter of its own."""

    def __init__(self, pivot: Pivot, start: Fraction) -> None:
        if pivot.square is not None or not start:
            raise BeyondError("the region has no end to start from")
        self.start, self.sign = abs(start), 1 if start > 0 else -1
        largest = (-ball(self.start) / 2).exp().abs_upper()
        self.t = models.near(largest / 2 + flint.arb(0, largest / 2), positive=True)
        self.unit: Model = self.t.constant(Fraction(1))
        self.replaced = {pivot.variables[0]: Terms({((X, 1),): self.unit})}

    def apply(self, name: str, argument: Terms[Model]) -> Terms[Model]:
        """Return a function of FUNCTIONS; exp, tanh and log also of what grows with x."""
        if name == "exp":
            return self._exp(argument)
        if name == "tanh" and argument.pure is None:
            unit, two = Terms({NO_LETTERS: self.unit}), Terms({NO_LETTERS: self.unit.constant(_TWO)})
            minus = Terms({NO_LETTERS: self.unit.constant(-_TWO)})
            return unit + minus * (unit + self._exp(two * argument)).power(Fraction(-1))
        value = _pure(argument, self.unit)
        if name == "log" and value.order:
            rate = self.unit.constant(-_HALF * self.sign * value.order)
            rest = value.make(0, value.poly, value.cut, value.rest, value.blur).apply("log")
            return Terms({((X, 1),): rate, NO_LETTERS: rest})
        return Terms({NO_LETTERS: value.apply(name)})

    def _exp(self, argument: Terms[Model]) -> Terms[Model]:
        grows = argument.terms.get(((X, 1),), self.unit.constant(Fraction(0)))
        rest = Terms({m: value for m, value in argument.terms.items() if m != ((X, 1),)})
        if grows.order or grows.cut is not None or grows.poly.degree() > 0 or not grows.blur.is_zero():
            raise BeyondError("an exponential of anything but a multiple of x cannot be bounded")
        rate = Fraction(int(grows.poly[0].p), int(grows.poly[0].q)) * -2 * self.sign
        if rate.denominator != 1:
            raise BeyondError("an exponential of a fraction of x cannot be bounded")
        power = self.t.make(rate.numerator, flint.fmpq_poly([1]), None, flint.arb(0))
        return Terms({NO_LETTERS: power * _pure(rest, self.unit).apply("exp")})

    def ratio(self, monomial: Monomial, value: Model, other: Monomial, exact: Model) -> flint.arb | None:
        """Return a bound on |value * monomial| / |exact * other|, or None where there is none.

        x**j * exp(-k x / 2) falls from x = 2 j / k on, so that it is largest at the start where that lies beyond.
        """
        left, right = dict(monomial), dict(other)
        power = left.pop(X, 0) - right.pop(X, 0)
        quotient = value * exact.inverse()
        if left != right or quotient.order < 0 or power * 2 > quotient.order * self.start:
            return None
        return (quotient.value() * ball(self.start) ** power).abs_upper()


class Piece:
    """Between two numbers, as jets."""

    def __init__(self, pivot: Pivot, low: Fraction, high: Fraction) -> None:
        self.pivot, self.radius = pivot, ball((high - low) / 2).abs_upper()
        x = jets.interval(low, high)
        self.unit: Jet = x.constant(Fraction(1))
        self.replaced = pivot.replaced(x)

    def apply(self, name: str, argument: Terms[Jet]) -> Terms[Jet]:
        """Return a function of FUNCTIONS of one that depends on the pivot alone."""
        return Terms({NO_LETTERS: _pure(argument, self.unit).apply(name)})

    def ratio(self, monomial: Monomial, value: Jet, other: Monomial, exact: Jet) -> flint.arb | None:
        """Return a bound on |value * monomial| / |exact * other|, or None where there is none."""
        if not self.pivot.shrinks(monomial, other):
            return None
        bound = (value.over(self.radius) / exact.over(self.radius)).abs_upper()
        return bound if bound.is_finite() else None


def _pure(argument: Terms[F], unit: F) -> F:
    """Return a function of the pivot alone."""
    if not argument.terms:
        return unit.constant(Fraction(0))
    if argument.pure is None:
        raise BeyondError("a function of several inputs")
    return argument.pure

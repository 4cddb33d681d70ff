"""Taylor models: a function near a point, as exact leading coefficients and an enclosure of all that follows.

A model over an interval of t (its `reach`) says that a(t) = t**order * (poly(t) + t**cut * rho(t)), with rho(t)
inside the ball `rest` for every t of the interval; `cut` is None where there is no rest. The coefficients are exact
rationals, so that equal leading terms cancel to nothing, and the quotient of two functions that both vanish at 0 is
divided out: no 0/0 is left. Every operation encloses the remainder that it adds (Makino and Berz, Taylor models and
other validated functional inclusion methods, 2003): that of a function of FUNCTIONS by Lagrange's form, its coefficient
taken over the whole range of the argument.

A series inside another function is not 0 in the middle, where the coefficients of that function are no rationals:
atan(sin(t) / t) begins with pi / 4. Then rationals close to them stand for them, and `blur` is a ball that holds all
that this changes: a(t) = t**order * (poly(t) + sigma(t) + t**cut * rho(t)) with sigma(t) inside it, for every t. It
always holds 0. Nothing is divided out of it, so that no leading zeros are taken from a blurred model: what may vanish
in the middle is no divisor, and a common factor t stays one, as it is a factor of the rational model beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import flint

from verify.checks.approximation.jets import applied, evaluated, with_terms
from verify.graph.balls import ball, rational, whole_power

_TERMS = 20  # coefficients that are kept: at t = 1/8, the last one is worth 2**-60
_MOST_ORDER = 4000
_SHARP = flint.arb(0)
_ODD_OR_EVEN = ("sin", "cos", "tanh", "atan", "exp")  # those whose coefficients at 0 are rational


class BeyondError(Exception):
    """A formula that cannot be enclosed in this way; nothing follows from that."""


class LimitError(BeyondError):
    """A formula that might be enclosed with more work than is spent on it."""


@dataclass(frozen=True, slots=True)
class Model:
    """A function of t over an interval, `reach`; `positive` tells that t >= 0 there."""

    order: int
    poly: flint.fmpq_poly
    cut: int | None
    rest: flint.arb
    reach: flint.arb
    positive: bool = False
    blur: flint.arb = field(default_factory=flint.arb)

    @property
    def is_zero(self) -> bool:
        """Tell whether it is the function 0."""
        return self.cut is None and not self.poly.length() and self.blur.is_zero()

    @property
    def sharp(self) -> Model:
        """Return the model without its blur."""
        return self if self.blur.is_zero() else self.make(self.order, self.poly, self.cut, self.rest)

    def make(
        self, order: int, poly: flint.fmpq_poly, terms: int | None, rest: flint.arb, blur: flint.arb = _SHARP
    ) -> Model:
        """Return a model over the same interval: no leading zeros, and no more coefficients than are kept."""
        if not blur.is_zero():
            poly, change = _rounded(poly, self.reach)
            return self._bounded(order, poly, terms, rest, blur + change)
        if terms is None and not poly.length():
            return Model(0, poly, None, flint.arb(0), self.reach, self.positive)
        leading = next((k for k, c in enumerate(poly.coeffs()) if c), terms) or 0
        order, terms, poly = order + leading, None if terms is None else terms - leading, poly.right_shift(leading)
        return self._bounded(order, poly, terms, rest, blur)

    def _bounded(self, order: int, poly: flint.fmpq_poly, terms: int | None, rest: flint.arb, blur: flint.arb) -> Model:
        if abs(order) > _MOST_ORDER:
            raise LimitError("a power of the pivot is too high")
        if poly.degree() >= _TERMS:
            end = terms
            terms = _TERMS
            tail = _at(poly.right_shift(terms), self.reach)
            rest = tail if end is None else tail + whole_power(self.reach, end - terms) * rest
            poly = poly.truncate(terms)
        return Model(order, poly, terms, rest, self.reach, self.positive, blur)

    def constant(self, value: Fraction | flint.fmpq) -> Model:
        """Return a constant over the same interval."""
        exact = rational(value) if isinstance(value, Fraction) else value
        return self.make(0, flint.fmpq_poly([exact]), None, flint.arb(0))

    def number(self, value: flint.arb) -> Model:
        """Return a constant that is known as a ball; raises BeyondError where that has no end."""
        if not value.is_finite():
            raise BeyondError("a function that is undefined there")
        middle, radius = _exactly(value)
        return self.make(0, flint.fmpq_poly([middle]), None, flint.arb(0), flint.arb(0, radius))

    def __add__(self, other: Model) -> Model:
        if self.is_zero or other.is_zero:
            return other if self.is_zero else self
        order = min(self.order, other.order)
        parts = [(m, m.poly.left_shift(m.order - order), _end(m, order)) for m in (self, other)]
        poly = parts[0][1] + parts[1][1]
        ends = [end for _, _, end in parts if end is not None]
        blurs = [whole_power(self.reach, m.order - order) * m.blur for m in (self, other) if not m.blur.is_zero()]
        blur = sum(blurs, _SHARP)
        if not ends:
            return self.make(order, poly, None, flint.arb(0), blur)
        terms = min(ends)
        rest = _at(poly.right_shift(terms), self.reach)
        for model, _, end in parts:
            if end is not None:
                rest += whole_power(self.reach, end - terms) * model.rest
        return self.make(order, poly.truncate(terms), terms, rest, blur)

    def __mul__(self, other: Model) -> Model:
        order, poly = self.order + other.order, self.poly * other.poly
        ends = [m.cut for m in (self, other) if m.cut is not None]
        blur = _SHARP  # s1 (p2 + s2 + r2) + s2 (p1 + r1): blurs hold 0, so that the balls of the factors hold p1 + r1
        for a, b in ((self, other), (other, self)):
            blur = blur if a.blur.is_zero() else blur + a.blur * b.leading()
        if not ends:
            return self.make(order, poly, None, flint.arb(0), blur)
        terms, t = min(ends), self.reach
        rest = _at(poly.right_shift(terms), t)
        for a, b in ((self, other), (other, self)):
            if a.cut is not None:
                rest += whole_power(t, a.cut - terms) * a.rest * _at(b.poly, t)
        if self.cut is not None and other.cut is not None:
            rest += whole_power(t, self.cut + other.cut - terms) * self.rest * other.rest
        return self.make(order, poly.truncate(terms), terms, rest, blur)

    def leading(self) -> flint.arb:
        """Return a ball around a(t) / t**order for all t of the interval."""
        value = _at(self.poly, self.reach) + self.blur
        return value if self.cut is None else value + whole_power(self.reach, self.cut) * self.rest

    def value(self) -> flint.arb:
        """Return a ball around a(t) for all t of the interval; raises BeyondError for a pole."""
        if self.order < 0:
            raise BeyondError("a pole")
        return whole_power(self.reach, self.order) * self.leading()

    def inverse(self) -> Model:
        """Return 1 / a: with P the inverse of the leading coefficients, 1 / a = P + (1 - a P) / a."""
        if not self.poly.length() or not self.poly[0]:
            raise BeyondError("a division by a value that may be 0")
        unit = self.make(0, self.poly, self.cut, self.rest, self.blur)
        terms = _TERMS if self.cut is None else min(self.cut, _TERMS)
        if self.poly.degree() == 0 and self.cut is None and self.blur.is_zero():
            return self.make(-self.order, flint.fmpq_poly([1 / self.poly[0]]), None, flint.arb(0))
        guess = _inverse(self.poly, terms)
        left = self.constant(Fraction(1)) + self.constant(Fraction(-1)) * unit * self.make(0, guess, None, flint.arb(0))
        bound = unit.leading()
        if bound.contains(0):
            raise BeyondError("a division by a value that may be 0")
        rest, sharp = flint.arb(0), left.sharp
        if not sharp.is_zero:
            rest = whole_power(left.reach, sharp.order - terms) * sharp.leading() / bound
        return self.make(-self.order, guess, terms, rest, left.blur / bound)  # a blurred `left` has order 0

    def power(self, exponent: Fraction) -> Model:
        """Return a ** exponent; raises BeyondError where its coefficients are not rational."""
        if exponent < 0:
            return self.power(-exponent).inverse()
        if exponent.denominator == 1:
            return _whole_power(self, exponent.numerator)
        first = self.poly[0]
        if not first > 0 or (self.order * exponent).denominator != 1 or (self.order and not self.positive):
            raise BeyondError("a root of a value that may be 0")
        size = flint.arb(first)
        unit = self.make(0, self.poly * (1 / first), self.cut, self.rest / size, self.blur / size)
        powered = (unit.apply("log") * self.constant(exponent)).apply("exp")
        root = _root(first, exponent)
        scale = self.number((size.log() * ball(exponent)).exp()) if root is None else self.constant(root)
        return powered * scale * self.make(int(self.order * exponent), flint.fmpq_poly([1]), None, flint.arb(0))

    def apply(self, name: str) -> Model:
        """Return a function of FUNCTIONS of a, by its series in the middle; raises BeyondError where that has none."""
        first = self.poly[0] if not self.order else flint.fmpq(0)
        if self.order < 0 or (self.cut == 0 and not self.order):
            raise BeyondError(f"{name} of a value that is unknown at the centre")
        change = self + self.constant(-first)
        coefficients = self._coefficients(name, first)
        if change.is_zero:
            return coefficients[0]
        result = coefficients[-1]
        for coefficient in reversed(coefficients[:-1]):
            result = result * change + coefficient
        last = evaluated(name, self.value(), _TERMS)  # over the range of the argument: Lagrange's form
        if not last.is_finite():
            raise BeyondError(f"{name} is not defined everywhere")
        return result + self._power_of(change, last)

    def _coefficients(self, name: str, first: flint.fmpq) -> list[Model]:
        """Return the first coefficients of a function at a number, exact where they are rational."""
        if first == (1 if name == "log" else 0) and (name == "log" or name in _ODD_OR_EVEN):
            return [self.constant(coefficient) for coefficient in _rationals(name)]
        with with_terms(_TERMS):
            series = applied(name, flint.arb_series([flint.arb(first), 1]))
            return [self.number(series[k]) for k in range(_TERMS)]

    def _power_of(self, change: Model, factor: flint.arb) -> Model:
        """Return factor * change**n for as many terms n as are kept, whatever the factor is within its ball.

        With b the blur of the change, (c + b)**n = c**n + n b x**(n - 1) for some x between c and c + b.
        """
        sharp, power = change.sharp, self.constant(Fraction(0))
        if not sharp.is_zero:
            size = whole_power(sharp.leading(), _TERMS)
            power = self.make(sharp.order * _TERMS, flint.fmpq_poly(), 0, factor * size)
        if change.blur.is_zero():
            return power
        blur = factor * _TERMS * change.blur * whole_power(change.value(), _TERMS - 1)
        return power + self.make(0, flint.fmpq_poly(), None, flint.arb(0), blur)


def near(reach: flint.arb, *, positive: bool) -> Model:
    """Return t itself over an interval around or beside 0."""
    return Model(1, flint.fmpq_poly([1]), None, flint.arb(0), reach, positive)


def _at(poly: flint.fmpq_poly, t: flint.arb) -> flint.arb:
    return flint.arb_poly(poly)(t)


def _end(model: Model, order: int) -> int | None:
    return None if model.cut is None else model.cut + model.order - order


def _inverse(poly: flint.fmpq_poly, terms: int) -> flint.fmpq_poly:
    """Return the first coefficients of 1 / poly."""
    divisor = poly.coeffs()
    inverse = [1 / divisor[0]]
    for k in range(1, terms):
        products = (divisor[j] * inverse[k - j] for j in range(1, min(k, len(divisor) - 1) + 1))
        inverse.append(-inverse[0] * sum(products, 0))
    return flint.fmpq_poly(inverse)


def _whole_power(base: Model, exponent: int) -> Model:
    result = base.constant(Fraction(1))
    for bit in f"{exponent:b}":
        result = result * result * base if bit == "1" else result * result
    return result


def _root(value: flint.fmpq, exponent: Fraction) -> flint.fmpq | None:
    """Return value ** exponent where that is rational, or None."""
    whole = Fraction(int(value.p), int(value.q)) ** exponent.numerator
    parts = [flint.fmpz(n).root(exponent.denominator) for n in whole.as_integer_ratio()] if whole > 0 else []
    if not parts or any(r**exponent.denominator != n for r, n in zip(parts, whole.as_integer_ratio(), strict=True)):
        return None
    return flint.fmpq(*parts)


def _rationals(name: str) -> list[flint.fmpq]:
    """Return the first coefficients of a function that has rational ones: of log at 1, of the others at 0."""
    if name == "log":
        return [flint.fmpq(0), *(flint.fmpq((-1) ** (k + 1), k) for k in range(1, _TERMS))]
    with with_terms(_TERMS):
        leading = getattr(flint.fmpq_series([0, 1]), name)().coeffs()
    return [*leading, *[flint.fmpq(0)] * (_TERMS - len(leading))]


def _exactly(value: flint.arb) -> tuple[flint.fmpq, flint.arb]:
    """Return the middle of a ball as a rational, and its radius."""
    mantissa, exponent = value.mid().man_exp()
    return flint.fmpq(mantissa) * flint.fmpq(2) ** int(exponent), value.rad()


def _rounded(poly: flint.fmpq_poly, reach: flint.arb) -> tuple[flint.fmpq_poly, flint.arb]:
    """Return a polynomial whose coefficients are short, and a ball around 0 that holds the change over an interval."""
    middles, change = [], _SHARP
    for power, coefficient in enumerate(poly.coeffs()):
        middle, radius = _exactly(flint.arb(coefficient))
        middles.append(middle)
        change += flint.arb(0, radius) * whole_power(reach, power)
    return flint.fmpq_poly(middles), change

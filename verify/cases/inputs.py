"""What the inputs of a traced case are: real numbers in a domain, whole numbers below a size, or one value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from numbers import Real as Real_
from typing import Any

from verify.cases.keywords import suggesting
from verify.cases.shapes import checked_shape
from verify.cases.wirtinger import Part
from verify.model.errors import InputError
from verify.model.exact import RangeError, decimal_text, exact
from verify.model.identity import Bound
from verify.model.where import quoted


@dataclass(frozen=True, slots=True)
class Real:
    """Real numbers that are differentiated; `low` and `high` bound the claim.

    The bounds themselves are a part of it where they are `closed`: "low", "high" or both. `problem` says what is wrong
    with what was written, which is raised when the case and the name of the input are known. `part` says of which
    complex input it is a half, if of any.
    """

    shape: str
    low: Fraction | None = None
    high: Fraction | None = None
    closed: frozenset[str] = frozenset()
    problem: str = ""
    part: Part | None = None

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Return the ends of the domain as results have them."""
        sides = ((">", "low", self.low), ("<", "high", self.high))
        return tuple(
            Bound(f"{sign}{'=' * (end in self.closed)}", str(bound)) for sign, end, bound in sides if bound is not None
        )

    @property
    def ends(self) -> dict[str, Fraction]:
        """Return the bounds that belong to the claim, by `low` and `high`."""
        return {
            side: bound
            for side, bound in (("low", self.low), ("high", self.high))
            if bound is not None and side in self.closed
        }


@dataclass(frozen=True, slots=True)
class Fixed(Real):
    """Real numbers that outputs depend on and that are not differentiated: the targets of a loss, the points of a fit.

    The claim is for all of them, as for other real inputs; only gradients by them are none of it.
    """


@dataclass(frozen=True, slots=True)
class Complex:
    """Complex numbers that are differentiated: a real and an imaginary part, each as is described."""

    each: Real


@dataclass(frozen=True, slots=True)
class Integer:
    """Whole numbers from 0 to below a size, as labels and indices are; they are not differentiated."""

    shape: str
    below: str


@dataclass(frozen=True, slots=True)
class Constant:
    """Any one value, which is not differentiated."""

    value: Any
    shape: str = ""


Input = Real | Integer | Constant


@suggesting
def real(shape: str = "", *, low: object = None, high: object = None, closed: bool | str = False) -> Real:
    """Describe real inputs of a shape, which are differentiated: `real("N", low=0, high=1)`.

    `shape` has names and numbers of axes, separated by spaces; `""` is a scalar. The claim is for the numbers between
    `low` and `high`, without these bounds; each is an int, a Fraction, a decimal as text or a float, read exactly.
    `closed=True` adds the bounds to the claim, `closed="low"` or `"high"` one of them; the gradient there is the
    one-sided derivative.

    Raises InputError for text that is no shape. Bounds that leave no number raise it in the case that uses them.
    """
    text = checked_shape(shape)
    try:
        bounds = [_bound("low", low), _bound("high", high)]
        _check_order(bounds[0], bounds[1])
        return Real(text, bounds[0], bounds[1], _closed(closed, low, high))
    except InputError as problem:
        return Real(text, problem=str(problem))


@suggesting
def fixed(shape: str = "", *, low: object = None, high: object = None, closed: bool | str = False) -> Fixed:
    """Describe real inputs of a shape for which the code returns no gradient: `fixed("N D")`.

    They take any real value, as targets of a loss do, and are not differentiated. Shape, bounds and errors are those of
    `real`.
    """
    each = real(shape, low=low, high=high, closed=closed)
    return Fixed(each.shape, each.low, each.high, each.closed, each.problem)


@suggesting
def complex(  # noqa: A001 - as it is written in a case
    shape: str = "", *, low: object = None, high: object = None, closed: bool | str = False
) -> Complex:
    """Describe complex inputs of a shape, which are differentiated: `complex("N")`.

    The bounds hold for the real and for the imaginary part; shape, bounds and errors are those of `real`. The
    `convention` of the case says whether a gradient is dL/da + i dL/db, the default, or dL/da - i dL/db.
    """
    return Complex(real(shape, low=low, high=high, closed=closed))


def _bound(side: str, value: object) -> Fraction | None:
    """Return a bound exactly; raises InputError for what is no finite real number."""
    if value is None:
        return None
    if isinstance(value, Real_) and not isinstance(value, (bool, Rational)):
        value = float(value)  # NumPy's floats
    if isinstance(value, float) and math.isinf(value):
        raise InputError(f"{side}={value} is not a bound: omit {side} where there is no bound")
    try:
        return exact("a truth value" if isinstance(value, bool) else value, side)
    except RangeError:
        raise
    except InputError:
        text = quoted(value)
        raise InputError(
            f"{side}={text} is not a real number: write a finite one, such as {side}=0 or {side}='0.1'"
        ) from None


def _check_order(low: Fraction | None, high: Fraction | None) -> None:
    if low is None or high is None or low < high:
        return
    texts = decimal_text(low), decimal_text(high)
    if low == high:
        raise InputError(
            f"low and high are both {texts[0]}: write gradproof.constant({texts[0]}) for an input of one value"
        )
    raise InputError(f"low={texts[0]} is above high={texts[1]}: write low={texts[1]}, high={texts[0]}")


def _closed(closed: object, low: object, high: object) -> frozenset[str]:
    """Return which bounds belong to the claim; raises InputError where they are not given."""
    present = {side for side, bound in (("low", low), ("high", high)) if bound is not None}
    if closed is False:
        return frozenset()
    sides = present if closed is True else {closed} if closed in ("low", "high") else None
    if sides is None:
        raise InputError(f"closed={quoted(closed)}: expected True, 'low' or 'high'")
    if not sides or not sides <= present:
        missing = "low or high" if closed is True else str(closed)
        raise InputError(f"closed={closed!r} without a bound: give {missing}, or leave closed out")
    return frozenset(sides)


@suggesting
def integer(shape: str = "", *, below: str | int) -> Integer:
    """Describe labels or indices of a shape, from 0 to below a size: `integer("N", below="M")`.

    `below` is a name of a size or a number. Several choices of labels are tried; they are not differentiated.

    Raises InputError for text that is no shape or size.
    """
    return Integer(checked_shape(shape), checked_shape(str(below), terms=1))


def constant(value: Any) -> Constant:
    """Describe an input with one fixed value of any type and shape, which is not differentiated: `constant(0.1)`."""
    return Constant(value)


def described(name: str, description: object) -> Input:
    """Return what a person wrote for an input: a shape, or one of the descriptions above."""
    declared = description.each if isinstance(description, Complex) else description
    if isinstance(declared, Real) and declared.problem:
        raise InputError(f"the input {name!r}: {declared.problem}")
    if isinstance(description, Complex):
        return description.each
    if isinstance(description, (Real, Integer, Constant)):
        return description
    if isinstance(description, int) and not isinstance(description, bool):
        description = str(description)
    if not isinstance(description, str):
        raise InputError(
            f"the input {name!r} is {quoted(description)}: "
            "expected a shape like 'N D', or gradproof.real, complex, fixed, integer or constant"
        )
    try:
        return Real(checked_shape(description))
    except InputError as problem:
        raise InputError(f"the input {name!r}: {problem}") from None


def whole_names(inputs: Mapping[str, Input]) -> list[str]:
    """Return the names of what is differentiated, each complex input once in place of its halves."""
    return list(dict.fromkeys(d.part.whole if d.part else name for name, d in differentiated(inputs).items()))


def differentiated(inputs: Mapping[str, Input]) -> dict[str, Real]:
    """Return the inputs that gradients are claimed for."""
    return {
        name: description
        for name, description in inputs.items()
        if isinstance(description, Real) and not isinstance(description, Fixed)
    }

"""The exact gradient times a factor: powers and exponentials of inputs, which are proved, and roots of sizes.

A root of a size is a float in the code, so that a gradient with another one is no exact multiple: it is held against
the multiple at points, to more digits than such a float has.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import NamedTuple

import flint

from verify.checks.claims.measures import measured, quotient, quotients, singles
from verify.checks.claims.suspect import Suspect
from verify.graph import balls, formulas
from verify.graph.formulas import Alphabet
from verify.model.exact import simplest_rational

_BITS = 128
_MOST_VARIABLES = 48
_MOVE = Fraction(9, 8)
_STEP = Fraction(1, 256)  # of inputs, each of which is moved by one more
_LARGEST, _DENOMINATOR = 4, 2  # of an exponent
_MOST_POWERS, _MOST_RATES = 1, 2  # more are no mistake that has a name
_CLOSE = 1e-9
_ROUNDED = 1e-13  # what roundings of roots of sizes may change


class _Exponents(NamedTuple):
    """What a ratio is: a constant times powers of some inputs and the exponential of a sum of others."""

    powers: dict[int, Fraction]
    rates: dict[int, Fraction]


def ratio(s: Suspect) -> str:
    """Find that each entry is the exact one times such a factor, most of them not 1, and write the first."""
    if not s.small:
        return ""
    guesses = (_factor(s, *pair) for pair in zip(s.expected, s.actual.nodes, strict=True))
    factors = [factor for factor in itertools.takewhile(lambda guess: guess is not None, guesses) if factor is not None]
    if len(factors) < len(s.expected) or not s.is_(list(map(s.graph.product, factors, s.expected))):
        return ""
    wrong = {factor: place for place, factor in reversed([*enumerate(factors)]) if s.graph.value(factor) != 1}
    variables = [s.graph.payloads[node] for node in s.graph.reach(wrong) if s.graph.ops[node] == "variable"]
    if not wrong or not variables:
        return ""
    first = min(wrong, key=wrong.__getitem__)
    of = "the exact gradient" if len(wrong) == 1 else f"{s.index(wrong[first])} is the exact one"
    start = "it is" if len(wrong) == 1 else "entries have an extra factor:"
    return f"{start} {of} times {formulas.text(s.graph, first, Alphabet(variables))}"


def root_of_size(s: Suspect) -> str:
    """Find that each entry is the exact one times the root of a size, or of the quotient of two."""
    if not s.fits or not s.sizes:
        return ""
    pairs = [pair for pair in zip(s.expected, s.actual.nodes, strict=True) if any(s.graph.value(n) != 0 for n in pair)]
    factor = quotient(s, *pairs[0], {}) if pairs else 0
    names = [
        s.graph.payloads[node] for node in s.graph.reach([n for pair in pairs for n in pair]) if _is_variable(s, node)
    ]
    moved = {name: s.region.sample[name] * (1 + number * _STEP) for number, name in enumerate(names)}
    if not factor or any(abs(quotient(s, *pair, at) / factor - 1) > _ROUNDED for at in ({}, moved) for pair in pairs):
        return ""
    name = _root(s, abs(factor))
    size = "large" if abs(factor) > 1 else "small"
    sign = ", and of the wrong sign" if factor < 0 else ""
    return f"too {size} by a factor of {name}{sign}: is the root of a size wrong, or missing?" if name else ""


def _is_variable(s: Suspect, node: int) -> bool:
    return s.graph.ops[node] == "variable"


def _root(s: Suspect, factor: float) -> str:
    """Write a number, or 1 / it, as the root of a size, or of the quotient of two; nothing where it is none."""
    size = max(factor, 1 / factor)
    if _is_whole(size) or _is_whole(1 / size):
        return ""
    square = measured(s, factor, [*singles(s.sizes), *quotients(s.sizes)], power=2)
    return f"sqrt({square}), {size:.4g} here" if square else ""


def _is_whole(number: float) -> bool:
    return abs(number - round(number)) < _ROUNDED


def _factor(s: Suspect, expected: int, actual: int) -> int | None:
    """Return the node of the factor of one entry, which is a guess."""
    if expected == actual or s.graph.value(expected) == 0:
        return s.graph.whole(1) if expected == actual or s.graph.value(actual) == 0 else None
    names = [node for node in s.graph.reach([expected, actual]) if s.graph.ops[node] == "variable"]
    start = quotient(s, expected, actual, {})
    if len(names) > _MOST_VARIABLES or not start:
        return None
    exponents = _Exponents({}, {})
    for node in names:
        if not _measured(s, expected, actual, node, start, exponents):
            return None
    if len(exponents.powers) > _MOST_POWERS or len(exponents.rates) > _MOST_RATES:
        return None
    return _built(s, exponents, start)


def _measured(s: Suspect, expected: int, actual: int, node: int, start: float, exponents: _Exponents) -> bool:
    """Add what the ratio has of one input, and tell whether that is a power or an exponential."""
    name = s.graph.payloads[node]
    value = s.region.sample[name]
    moved = quotient(s, expected, actual, {name: value * _MOVE})
    if not moved or not value or moved / start <= 0:
        return False
    change = math.log(moved / start)
    if not math.isfinite(change):  # the balls of one of them were too wide
        return False
    if abs(change) < _CLOSE:
        return True
    choices = ((exponents.powers, change / math.log(_MOVE)), (exponents.rates, change / float(value * (_MOVE - 1))))
    for into, exponent in choices:
        near = Fraction(exponent).limit_denominator(_DENOMINATOR)
        if near and abs(near) <= _LARGEST and abs(near - exponent) < _CLOSE:
            into[node] = near
            return True
    return False


def _built(s: Suspect, exponents: _Exponents, start: float) -> int | None:
    graph = s.graph
    factor = graph.function(
        "exp", graph.total([graph.product(graph.constant(k), node) for node, k in exponents.rates.items()])
    )
    for node, power in exponents.powers.items():
        factor = graph.product(factor, graph.power(node, power))
    with flint.ctx.workprec(_BITS):
        value = balls.at(graph, [factor], s.region.sample)[factor]
        if not value.is_finite() or value.contains(0):
            return None
        constant = simplest_rational(start / float(value.mid()), ulps=16)
    return graph.product(graph.constant(constant), factor) if constant.denominator < 1000 else None

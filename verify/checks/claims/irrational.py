"""One term of the gradient times a root or pi: the constant of a bell curve, `sqrt(pi)` for `sqrt(2*pi)`.

Such constants are floats in the code, so that no formula is an exact multiple: the term is held against the multiple at
points, to more digits than such a float has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import flint

from verify.checks.claims.coefficients import expanded, written_term
from verify.checks.claims.suspect import Suspect
from verify.graph import balls, formulas

_BITS = 128
_ROUNDED = 1e-13  # what roundings of constants may change
_DENOMINATOR = 12
_MOST_OPERATIONS = 150  # of a formula that is multiplied out
_MOVES = (Fraction(0), Fraction(1, 97), Fraction(-2, 89))  # of the inputs, to points that are looked at


def irrational_term(s: Suspect) -> str:
    """Find that one term of each wrong entry has a factor that is a root, or one with pi, and write both."""
    nodes = [node for node in s.expected if s.small]
    if not nodes or any(formulas.size(s.graph, node).operations > _MOST_OPERATIONS for node in nodes):
        return ""
    wrong = [pair for pair in zip(s.expected, s.actual.nodes, strict=True) if pair[0] != pair[1]]
    terms = [_term(s, *pair) for pair in wrong]
    texts = {text for _, text in terms}
    if len(texts) != 1 or not (text := texts.pop()):
        return ""
    term = written_term(s.graph, terms[0][0])
    return f"one term is {text}{f': {term}' if term else ''}"


def _term(s: Suspect, expected: int, actual: int) -> tuple[int, str]:
    """Return the one term among several that has a factor, and how far it is off; nothing where more may be it."""
    candidates = []
    terms = list(dict.fromkeys(expanded(s.graph, expected)))
    for term in terms if len(terms) > 1 else ():
        factors = [_factor(s, expected, actual, term, move) for move in _MOVES]
        if all(factors) and all(abs(factor / factors[0] - 1) < _ROUNDED for factor in factors):
            candidates.append((term, _written(s, factors[0])))
    return candidates[0] if len(candidates) == 1 else (expected, "")


def _factor(s: Suspect, expected: int, actual: int, term: int, move: Fraction) -> float:
    """Return by what the term has to be multiplied for both sides to be equal at a point; 0 where that is not known."""
    names = [s.graph.payloads[node] for node in s.graph.reach([expected, actual]) if s.graph.ops[node] == "variable"]
    point = s.nearby({name: s.region.sample[name] * (1 + number * move) for number, name in enumerate(names, 1)})
    with flint.ctx.workprec(_BITS):
        values = balls.at(s.graph, [expected, actual, term], point)
        factor = (values[actual] - values[expected]) / values[term] + 1
        return float(factor.mid()) if balls.is_known(factor) else 0.0


def _written(s: Suspect, factor: float) -> str:
    """Say how far off a factor is, where its square is a fraction, with pi or without; nothing for others."""
    size, verb = max(abs(factor), 1 / abs(factor)), "large" if abs(factor) > 1 else "small"
    for text, square in (("{}", size**2), ("{}*pi", size**2 / math.pi), ("{}/pi", size**2 * math.pi)):
        near = Fraction(square).limit_denominator(_DENOMINATOR)
        if near and abs(float(near) / square - 1) < _ROUNDED and not _is_square(near, text):
            sign = ", and of the wrong sign" if factor < 0 else ""
            sizes = ", at these sizes" if near in s.sizes.values() else ""
            return f"too {verb} by a factor of sqrt({text.format(near).removeprefix('1*')}){sizes}{sign}"
    return ""


def _is_square(near: Fraction, text: str) -> bool:
    """Tell whether the root of a fraction is one, which is no irrational factor."""
    roots: Sequence[int] = [math.isqrt(near.numerator), math.isqrt(near.denominator)]
    return "pi" not in text and roots[0] ** 2 == near.numerator and roots[1] ** 2 == near.denominator

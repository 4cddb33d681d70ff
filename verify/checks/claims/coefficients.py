"""The terms of the exact gradient, each times a number of its own: 0 where it is missing, -1 where its sign is wrong.

The terms are the parts of the upstream, the uses of the input, or the terms of the formula multiplied out. The numbers
are found on floats beside the sample, and the gradient that they make is proved to be the one that was returned.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import flint
import numpy as np

from verify.checks.claims.suspect import Suspect
from verify.graph import balls, formulas
from verify.graph.formulas import Alphabet
from verify.graph.graph import Graph
from verify.graph.substitution import replaced
from verify.model.exact import factor_text

_BITS = 128
_MOST_UPSTREAM, _MOST_TERMS = 64, 24
_MOST_OPERATIONS = 150  # of a formula that is multiplied out
_MOST_NAMES = 3
_MOST_FACTORS = 2  # in one gradient: two mistakes
_SPARE = 6  # points more than there are terms
_CLOSE = 1e-6
_DENOMINATOR = 12
_LONGEST = 80  # signs of a term that is written
_SHORT = 30  # operations
_UNIT = Fraction(1)
Coefficients = dict[int, Fraction]  # by term


def lacks_upstream(s: Suspect) -> bool:
    """Tell whether all that is wrong is that the parts of some entries of the upstream are missing."""
    return {*_factors(s).values()} == {0, 1}


def _factors(s: Suspect) -> Coefficients:
    """Return by which factor each part of the upstream counts, where that explains the gradient; else nothing."""
    parts = [node for node in s.upstream if s.graph.ops[node] == "variable"]
    if not s.small or not 1 < len(parts) <= _MOST_UPSTREAM:
        return {}
    factors = _upstream_factors(s, parts)
    if factors is None or all(factor == 1 for factor in factors.values()):
        return {}
    scaled = {node: s.graph.product(s.graph.constant(factor), node) for node, factor in factors.items()}
    return factors if s.is_(replaced(s.graph, s.expected, scaled)) else {}


def differing_upstream(s: Suspect) -> str:
    """Find entries of the upstream whose part of the gradient has a factor that it should not have."""
    factors = _factors(s)
    if not factors:
        return ""
    wrong = [node for node, factor in factors.items() if factor != 1]
    remaining = [node for node, factor in factors.items() if factor == 1]
    if len(remaining) == 1 and len(wrong) > 1 and not any(factors[node] for node in wrong):
        return f"only the terms with {_listed(s, remaining)} are counted"
    if len({factors[node] for node in wrong}) > 1:
        return ""
    return f"the terms with {_listed(s, wrong)} {fault(factors[wrong[0]], 'are')}"


def _upstream_factors(s: Suspect, parts: Sequence[int]) -> Coefficients | None:
    """Return by which factor each part of the upstream counts, in all entries in which it does."""
    zeros = {s.graph.payloads[node]: Fraction(0) for node in parts}
    factors = {}
    with flint.ctx.workprec(_BITS):
        for part in parts:
            point = s.nearby({**zeros, s.graph.payloads[part]: _UNIT})
            values = balls.at(s.graph, [*s.expected, *s.actual.nodes], point)
            pairs = [(values[e], values[a]) for e, a in zip(s.expected, s.actual.nodes, strict=True)]
            ratios = {_rational(float((a / e).mid())) for e, a in pairs if not e.contains(0)}
            if len(ratios) > 1 or None in ratios:
                return None
            if ratios:
                (factors[part],) = ratios
    return factors  # type: ignore[return-value]


def differing_uses(s: Suspect) -> str:
    """Find uses of an input that count with the wrong factor, the same in all wrong entries.

    One operation on arrays uses an entry many times, as a product of matrices does, so that no number is said.
    """
    return _differing(s, s.shares, "use of the input", "at least one use of the input", written=False)


def differing_terms(s: Suspect) -> str:
    """Find terms of the formula, multiplied out, that have a wrong factor, or one of two in all wrong entries."""
    if not s.small or any(formulas.size(s.graph, node).operations > _MOST_OPERATIONS for node in s.expected):
        return ""
    return _differing(s, [list(expanded(s.graph, node)) for node in s.expected], "term", "{} terms", written=True)


def _differing(s: Suspect, terms: Sequence[Sequence[int]], noun: str, several: str, *, written: bool) -> str:
    if not s.small:
        return ""
    gradient, wrong = [], list[dict[Fraction, list[int]]]()
    for expected, actual, parts in zip(s.expected, s.actual.nodes, terms, strict=True):
        factors = dict.fromkeys(parts, _UNIT) if expected == actual else _solved(s, actual, parts)
        if factors is None:
            return ""
        gradient.append(s.graph.total([s.graph.product(s.graph.constant(f), n) for n, f in _counted(parts, factors)]))
        wrong.append({f: [n for n in factors if factors[n] == f] for f in factors.values() if f != _UNIT})
    different = list(dict.fromkeys(factor for of in wrong for factor in of))
    if not 0 < len(different) <= (_MOST_FACTORS if written else 1) or not s.is_(gradient):
        return ""
    return "; ".join(_of_one_factor(s, factor, wrong, noun, several, written=written) for factor in different)


def _of_one_factor(
    s: Suspect,
    factor: Fraction,
    wrong: Sequence[Mapping[Fraction, list[int]]],
    noun: str,
    several: str,
    *,
    written: bool,
) -> str:
    """Say of how many terms of an entry a factor is, and write them."""
    most = max((of[factor] for of in wrong if factor in of), key=len)
    subject = f"one {noun}" if len(most) == 1 else several.format(len(most))
    verb = "are" if subject.endswith("s") else "is"
    return f"{subject} {fault(factor, verb)}{_naming(s.graph, most) if written else ''}"


def _naming(graph: Graph, terms: Sequence[int]) -> str:
    """Write terms where they are short, else the first of them that is."""
    texts = [text for node in terms if (text := written_term(graph, node))]
    if len(texts) == len(terms) and len(listed := " and ".join(texts)) <= _LONGEST:
        return f": {listed}"
    return f"{', such as' if len(terms) > 1 else ':'} {texts[0]}" if texts else ""


def _counted(parts: Sequence[int], factors: Mapping[int, Fraction]) -> Iterator[tuple[int, Fraction]]:
    return ((node, factors[node]) for node in parts)


def _solved(s: Suspect, actual: int, parts: Sequence[int]) -> Coefficients | None:
    """Return the numbers with which the terms make a node, on floats, if there is only one choice."""
    different = list(dict.fromkeys(parts))
    if not 1 < len(different) <= _MOST_TERMS:
        return None
    rows = [row for row in _rows(s, [*different, actual]) if np.isfinite(row).all()]
    if len(rows) <= len(different):
        return None
    matrix = np.array(rows)
    scales = np.abs(matrix[:, :-1]).max(axis=0)
    if not scales.all():
        return None
    numbers, _, rank, _ = np.linalg.lstsq(matrix[:, :-1] / scales, matrix[:, -1], rcond=1e-9)
    rationals = [_rational(number) for number in numbers / scales]
    if rank < len(different) or None in rationals:
        return None
    return {node: number for node, number in zip(different, rationals, strict=True) if number is not None}


def _rows(s: Suspect, nodes: Sequence[int]) -> Iterator[list[float]]:
    """Return the values of nodes at points around the sample."""
    rng = random.Random(0)
    names = [s.graph.payloads[node] for node in s.graph.reach(nodes) if s.graph.ops[node] == "variable"]
    with flint.ctx.workprec(_BITS):
        for _ in range(len(nodes) + _SPARE):
            point = s.nearby({name: s.region.sample[name] * Fraction(rng.randrange(60, 140), 100) for name in names})
            values = balls.at(s.graph, nodes, point)
            yield [float(values[node].mid()) for node in nodes]


def _rational(number: float) -> Fraction | None:
    if not np.isfinite(number):
        return None
    near = Fraction(number).limit_denominator(_DENOMINATOR)
    return near if abs(near - Fraction(number)) < _CLOSE else None


def expanded(graph: Graph, node: int) -> Sequence[int]:
    """Return the terms of a formula, its products of sums multiplied out; the formula alone where they are many."""
    terms: list[int] = [node]
    if graph.ops[node] == "sum":
        terms = [term for argument in graph.args[node] for term in expanded(graph, argument)]
    if graph.ops[node] == "product":
        left, right = (expanded(graph, argument) for argument in graph.args[node])
        if len(left) * len(right) <= _MOST_TERMS:
            terms = [graph.product(a, b) for a in left for b in right]
    return terms if len(terms) <= _MOST_TERMS else [node]


def written_term(graph: Graph, node: int) -> str:
    """Write a term that is short; nothing for others."""
    if formulas.size(graph, node).operations > _SHORT:
        return ""
    names = [graph.payloads[i] for i in graph.reach([node]) if graph.ops[i] == "variable"]
    text = formulas.text(graph, node, Alphabet(names))
    return text if len(text) <= _LONGEST else ""


def fault(factor: Fraction, verb: str) -> str:
    """Say what is wrong with a term that counts by a factor."""
    if factor == 0:
        return f"{verb} missing"
    if factor == -1:
        return ("has" if verb == "is" else "have") + " the wrong sign"
    sign = ", and of the wrong sign" if factor < 0 else ""
    return f"{verb} too {'large' if abs(factor) > 1 else 'small'} by {factor_text(factor)}{sign}"


def _listed(s: Suspect, nodes: Sequence[int]) -> str:
    names = [s.graph.payloads[node] for node in nodes]
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")

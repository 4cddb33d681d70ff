"""Why a gradient is wrong, for people: small exact inputs that show it, and how the two sides are related."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

import flint
import sympy

from verify.checks.claims.common import set_apart
from verify.checks.claims.entries import emptied
from verify.checks.claims.shrinking import shrunk
from verify.graph import balls, formulas
from verify.graph.formulas import Alphabet
from verify.graph.graph import Graph
from verify.model.comparison import Apart
from verify.model.exact import decimal_text, simplest_rational
from verify.model.identity import Relation
from verify.model.result import Counterexample, Evidence
from verify.model.steps import within
from verify.proof import field, rationals
from verify.proof.apart import difference
from verify.proof.decision import Decision
from verify.proof.field import Laws
from verify.tracing.region import Point, Region

if TYPE_CHECKING:
    from verify.checks.claims.claims import Exact

_LARGEST_SIMPLIFIED = 60  # operations
_MOST_DEGREE = 40
_SMALL_FACTORS = 25  # in an exponent: beyond, so many of them count as a degree
_SIMPLE_RATIO = 10**9
_FRACTION = 1000  # beyond, a ratio is written as a decimal
_LONGEST = 100  # signs of a relation
_ROUNDED = 12  # digits of a number that is rounded
_SHORT = 8  # operations
_BITS = 128
_MINUS = Fraction(-1)
_STEPS = 1_000_000  # calls of functions in which SymPy may simplify: one or two seconds
_NOT_SIMPLIFIED = f"not simplified: it takes more than {_STEPS:,} steps"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is told of one wrong entry.

    At the `point` of the counterexample, the inputs that it does not name are 0 as far as they can be. Where it is in
    another region than the claim, `run` is the one that was made there.
    """

    expected: str
    actual: str
    relation: Relation | None
    counterexample: Counterexample | None
    evidence: Evidence
    point: Point | None = None
    apart: Apart | None = None
    run: Exact | None = None


def explain(
    graph: Graph,
    region: Region,
    expected: int,
    actual: int,
    decision: Decision,
    outputs: Mapping[int, str],
    wrt: str = "",
    confirmed: Callable[[Point], bool] = lambda _: True,
    keep: Callable[[Explanation], None] = lambda _: None,
) -> Explanation:
    """Explain a refuted pair of nodes; `outputs` names the nodes of what `forward` returned.

    They are derivatives with respect to the variable `wrt`, if they are any. The counterexample has its value where a
    branch depends on it, even if no formula has it: of `where(x > 0, x, 0.1 * x)` it says on which side of 0 `x` is.

    There is a counterexample only at a point where the code is `confirmed` to give what its formula says. It is found
    first, and given to `keep`, since formulas may take long to write.
    """
    variables = [i for i in graph.reach([expected, actual]) if graph.ops[i] == "variable"]
    computed = {node: name for node, name in outputs.items() if graph.args[node]}
    names = Alphabet([*[graph.payloads[i] for i in variables], *computed.values()])
    symbols = {node: names.symbols[name] for node, name in computed.items()}
    of_branches = [wrt] if wrt and region.about([wrt]) else []
    inputs = list(dict.fromkeys([*region.selecting(), *of_branches, *(graph.payloads[i] for i in variables)]))
    counterexample = _counterexample(graph, region, expected, actual, decision, inputs, confirmed)
    keep(Explanation("", "", None, *counterexample))
    formula, returned = (_written(graph, node, names, symbols) for node in (expected, actual))
    everything = list(dict.fromkeys([*(graph.payloads[i] for i in variables), *region.sample]))
    # Beside its value a formula that is too long to be written says nothing.
    are_written = [counterexample[0] is None or _is_written(graph, node, symbols) for node in (expected, actual)]
    return Explanation(
        formula if are_written[0] else "",
        returned if are_written[1] else "",
        relation(graph, expected, actual, names, region),
        *counterexample,
        set_apart(graph, expected, actual, everything, computed, len(formula) + len(returned)),
    )


def _written(graph: Graph, node: int, names: Alphabet, symbols: Mapping[int, sympy.Symbol]) -> str:
    """Write a formula; a long one in terms of the outputs where that makes it short."""
    if _is_within(graph, node, symbols):
        return formulas.text(graph, node, names, named=symbols, typed=True)
    return formulas.text(graph, node, names, typed=True)


def _is_within(graph: Graph, node: int, symbols: Mapping[int, sympy.Symbol]) -> bool:
    """Tell whether a long formula is short in terms of the outputs."""
    is_large = formulas.size(graph, node).operations > _SHORT and node not in symbols
    return is_large and formulas.size(graph, node, symbols).operations <= _SHORT


def _is_written(graph: Graph, node: int, symbols: Mapping[int, sympy.Symbol]) -> bool:
    """Tell whether a formula is written, and not only how long it would be."""
    return _is_within(graph, node, symbols) or not formulas.is_long(graph, node)


def _counterexample(
    graph: Graph,
    region: Region,
    expected: int,
    actual: int,
    decision: Decision,
    names: Sequence[str],
    confirmed: Callable[[Point], bool],
) -> tuple[Counterexample | None, Evidence, Point | None]:
    """Return a simple counterexample, how far the two sides are apart there, and the whole point."""
    if decision.point is None:
        return None, decision.evidence, None
    simple = shrunk(graph, region, expected, actual, decision.point, names)
    for point in (*emptied(graph, region, simple, names), simple, decision.point):
        real = rationals.real(graph, [expected, actual], point)
        if not real[expected].ball.overlaps(real[actual].ball) and confirmed(point):
            inputs = tuple((name, decimal_text(point[name])) for name in names)
            counterexample = Counterexample(inputs, real[expected].readable, real[actual].readable)
            return counterexample, difference(graph, (expected, actual), point), point
    return None, decision.evidence, None


class Sampled(Protocol):
    """Whatever has a sample: a region of a run, or the theory of an expression."""

    @property
    def sample(self) -> Point:
        """Return the value of each input."""


def relation(graph: Graph, expected: int, actual: int, names: Alphabet, region: Sampled) -> Relation | None:
    """Say how what came is related to what is exact, in the shortest true way; None where that is long."""
    if graph.value(actual) == 0:
        return Relation("actual", "0", alone=True)
    if graph.value(expected) == 0:
        return Relation("expected", "0", alone=True)
    ratio = constant_ratio(graph, expected, actual, region)
    if ratio is not None:
        return _times(ratio)
    unknown: Relation | None = Relation(note=_NOT_SIMPLIFIED)
    return within(_STEPS, lambda: _simplified(graph, expected, actual, names), unknown)


def constant_ratio(graph: Graph, expected: int, actual: int, region: Sampled) -> Fraction | None:
    """Return the one simple rational that actual / expected is everywhere, if it is."""
    real = rationals.real(graph, [expected, actual], region.sample)
    with flint.ctx.workprec(_BITS):
        quotient = real[actual].ball / real[expected].ball
        if quotient.contains(0) or not balls.is_known(quotient) or not math.isfinite(float(quotient)):
            return None
        ratio = simplest_rational(float(quotient), ulps=4)  # a guess, which the field proves below
    if max(abs(ratio.numerator), ratio.denominator) > _SIMPLE_RATIO:
        return None
    scaled = graph.product(graph.constant(ratio), expected)
    return ratio if alike(graph, [actual], [scaled]) else None


def alike(graph: Graph, left: Sequence[int], right: Sequence[int]) -> bool:
    """Tell whether two lists of nodes are the same functions, entry by entry, as far as the field can tell."""
    pairs = [pair for pair in zip(left, right, strict=True) if pair[0] != pair[1]]
    if not pairs:
        return True
    if all(field.equal(graph, pairs, 0)[0]):
        return True
    return all(field.equal(graph, pairs, 0, Laws.EXPONENTIAL)[0])


def _degree(graph: Graph, node: int) -> int:
    """Return how many factors a formula has at most, multiplied out: SymPy multiplies out."""
    degrees: dict[int, int] = {}
    for number in graph.reach([node]):
        parts = [degrees[argument] for argument in graph.args[number]]
        match graph.ops[number]:
            case "product" | "sum":  # a sum of quotients has the denominators of all
                degrees[number] = sum(parts)
            case "power":
                exponent = graph.payloads[number]
                degrees[number] = parts[0] * max(abs(exponent.numerator), exponent.denominator)
            case "exp" | "tanh":  # SymPy multiplies exponents out, and takes exp(p*x) for exp(x)**p
                degrees[number] = 1 + sum(parts) + _factor_size(graph, number) // _SMALL_FACTORS
            case _:
                degrees[number] = 1 + sum(parts)
    return degrees[node]


def _factor_size(graph: Graph, node: int) -> int:
    """Bound the numerators and denominators of the factors of a formula, multiplied out."""
    exact = (graph.value(i) for i in graph.reach([node]) if graph.ops[i] == "constant")
    typed = (simplest_rational(graph.payloads[i]) for i in graph.reach([node]) if graph.ops[i] == "typed")
    return math.prod(max(1, abs(value.numerator), value.denominator) for value in (*exact, *typed) if value is not None)


def _times(ratio: Fraction) -> Relation:
    if max(abs(ratio.numerator), ratio.denominator) > _FRACTION:
        return Relation(before=f"{decimal_text(ratio)}*")
    before = {1: "", -1: "-"}.get(ratio.numerator, f"{ratio.numerator}*")
    return Relation(before=before, after="" if ratio.denominator == 1 else f"/{ratio.denominator}")


def _simplified(graph: Graph, expected: int, actual: int, names: Alphabet) -> Relation | None:
    """Return the quotient or the difference of two formulas, whichever is shorter."""
    difference = graph.sum(actual, graph.product(graph.constant(_MINUS), expected))
    size = formulas.size(graph, difference)
    small = size.writable and size.operations <= _LARGEST_SIMPLIFIED
    if not small or _degree(graph, difference) > _MOST_DEGREE:
        return None
    left, right = (formulas.to_sympy(graph, node, names.symbols) for node in (actual, expected))
    if left.has(formulas.Undefined) or right.has(formulas.Undefined):  # it is no number that could be cancelled
        return None
    quotient, apart = sympy.cancel(left / right), sympy.factor(left - right)
    minus = sympy.factor(-apart)
    more = f" - {_part(names, minus)}" if apart.could_extract_minus_sign() else f" + {_part(names, apart)}"
    is_factor = quotient.is_Symbol or quotient.is_Pow or quotient.is_Mul or quotient.is_Function
    relations = [Relation(after=more)] if _is_shorter(apart, left, right) else []
    if is_factor and _is_shorter(quotient, left, right):
        relations.append(Relation(after=_factor(names, quotient)))
    shortest = min(relations, key=lambda text: len(str(text)), default=None)
    return shortest if shortest is not None and _is_telling(str(shortest)) else None


def _is_telling(relation: str) -> bool:
    """Tell whether a relation is short, and has no digits of roundings: those of a root that the code computes."""
    return len(relation) <= _LONGEST and not re.search(rf"\d{{{_ROUNDED},}}", relation)


def _is_shorter(result: sympy.Expr, left: sympy.Expr, right: sympy.Expr) -> bool:
    """Tell whether a quotient or difference says more than both sides do: something has cancelled."""
    return bool(sympy.count_ops(result) <= sympy.count_ops(left) + sympy.count_ops(right))


def _factor(names: Alphabet, quotient: sympy.Expr) -> str:
    """Write a factor behind a formula: `*x`, or `/(2*x)`."""
    above, below = sympy.fraction(quotient)
    if above != 1:
        return f"*{_part(names, quotient)}"
    text = _part(names, below)
    return f"/({text})" if below.is_Mul else f"/{text}"


def _part(names: Alphabet, expression: sympy.Expr) -> str:
    """Write what stands behind a sign: a sum, and what begins with a minus, in brackets."""
    text = names.write(formulas.decimals(expression))
    return f"({text})" if expression.is_Add or expression.as_coeff_Mul()[0].is_negative else text

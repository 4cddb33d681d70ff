"""What a run's earlier answers leave of a later question: of the same linear form of nodes, scaled and shifted.

After `x > 0`, `-x >= 0` has one answer only, and so has `3*x + 1 > 0`. A form and its bounds say so, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from verify.graph.graph import Graph
from verify.model.exact import simplest_rational

_MOST_TERMS = 16
_ZERO, _UNIT = Fraction(0), Fraction(1)

Key = frozenset[tuple[int, tuple[int, int]]]  # nodes and their factors, as ratios: a Fraction is slow to hash


class Form(NamedTuple):
    """A node as a multiple of a form that is shifted: its sign is `direction` times that of the form plus `shift`."""

    key: Key
    direction: int
    shift: Fraction


def constant(graph: Graph, node: int) -> Fraction | None:
    """Return the value of a constant, of a float that the code typed as it is read everywhere, or None."""
    if graph.ops[node] == "typed":
        return simplest_rational(graph.payloads[node])
    return graph.value(node)


def factored(graph: Graph, node: int) -> tuple[Fraction, int] | None:
    """Return the constant factor of a product and what it multiplies, or None."""
    if graph.ops[node] == "product":
        for factor, inner in (graph.args[node], graph.args[node][::-1]):
            if (value := constant(graph, factor)) is not None:
                return value, inner
    return None


def form(graph: Graph, node: int) -> Form:
    """Return a node as a linear form of nodes that are no sums; of very many terms it is a form of its own."""
    parts = _terms(graph, node)
    return _scaled(*parts, node) if parts else _alone(node)


def is_number(graph: Graph, node: int) -> bool:
    """Tell whether the terms of a node cancel but for a number: its sign is the one of every input."""
    parts = _terms(graph, node)
    return parts is not None and not parts[0]


def _terms(graph: Graph, node: int) -> tuple[dict[int, Fraction], Fraction] | None:
    """Return the factor of each node in a linear form, and what is added; nothing of very many terms."""
    terms: dict[int, Fraction] = {}
    shift, todo, steps = _ZERO, [(node, _UNIT)], 0
    while todo:
        number, factor = todo.pop()
        steps += 1
        if steps > 2 * _MOST_TERMS:
            return None
        if (value := constant(graph, number)) is not None:
            shift += value if factor is _UNIT else factor * value
        elif graph.ops[number] == "sum":
            todo += [(term, factor) for term in graph.args[number]]
        elif (product := factored(graph, number)) is not None:
            todo.append((product[1], product[0] if factor is _UNIT else factor * product[0]))
        else:
            terms[number] = terms[number] + factor if number in terms else factor
    return {number: factor for number, factor in terms.items() if factor}, shift


def _alone(node: int) -> Form:
    """Return a node as a form of its own."""
    return Form(frozenset({(node, (1, 1))}), 1, _ZERO)


def _scaled(terms: dict[int, Fraction], shift: Fraction, node: int) -> Form:
    if not terms:
        return _alone(node)
    leading = terms[min(terms)]
    if leading != 1:
        terms, shift = {number: factor / leading for number, factor in terms.items()}, shift / leading
    key = frozenset((number, factor.as_integer_ratio()) for number, factor in terms.items())
    return Form(key, 1 if leading > 0 else -1, shift)


class _Bound(NamedTuple):
    """A number above which (`side` 1) or below which (-1) a form lies, or at which too, where it is not `strict`."""

    at: Fraction
    side: int
    strict: bool


class Left:
    """The signs that questions may still have along a run, after the answers before them."""

    def __init__(self) -> None:
        self._signs: dict[tuple[Key, tuple[int, int]], frozenset[int]] = {}  # of a form, by what it is shifted by
        self._bounds: dict[Key, list[_Bound]] = {}

    def possible(self, sum_form: Form, signs: Iterable[int]) -> frozenset[int]:
        """Return those of some signs of a node that the answers until now have left."""
        key, direction, shift = sum_form
        left = self._signs.get((key, shift.as_integer_ratio()))
        for bound in self._bounds.get(key, ()):
            beyond = bound.side * (bound.at + shift)  # how far the bound is from the zero of the shifted form
            if beyond > 0 or (beyond == 0 and bound.strict):
                left = frozenset({bound.side}) if left is None else left & {bound.side}
        return frozenset(signs) if left is None else frozenset(s for s in signs if s * direction in left)

    def answer(self, sum_form: Form, signs: frozenset[int]) -> None:
        """Take in the signs of a node that an answer has left."""
        key, direction, shift = sum_form
        turned = signs if direction == 1 else frozenset(-sign for sign in signs)
        self._signs[key, shift.as_integer_ratio()] = turned
        for side in (1, -1):
            if -side not in turned:
                self._bounds.setdefault(key, []).append(_Bound(-shift, side, 0 not in turned))

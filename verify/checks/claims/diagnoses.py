"""The likely mistake behind a wrong gradient: known mistakes, each tried on all entries until one explains them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from verify.cases.wirtinger import DEFAULT, FORMS, Half
from verify.checks.claims.coefficients import differing_terms, differing_upstream, differing_uses, lacks_upstream
from verify.checks.claims.dependence import dependence, unmasked, unused_upstream
from verify.checks.claims.epsilons import BESIDE
from verify.checks.claims.exchanged import exchanged, raised, unapplied
from verify.checks.claims.explain import alike, constant_ratio
from verify.checks.claims.expressions import missing_factor, scaled_expression, transposed_expression
from verify.checks.claims.held import held_constant, is_looked_at
from verify.checks.claims.imprecise import imprecise
from verify.checks.claims.irrational import irrational_term
from verify.checks.claims.measures import measured, products, quotients, singles
from verify.checks.claims.one_side import sided, sided_factor
from verify.checks.claims.ratios import ratio, root_of_size
from verify.checks.claims.rearranged import misplaced, parameter_transposed, permuted, symmetrised
from verify.checks.claims.routes import rerouted
from verify.checks.claims.settings import factor_of_option
from verify.checks.claims.sloped import sloped
from verify.checks.claims.suspect import Suspect
from verify.graph.graph import Graph
from verify.graph.substitution import replaced
from verify.model.exact import factor_text
from verify.proof import field

Nodes = Sequence[int]
_MINUS = Fraction(-1)
_TWO = Fraction(2)
_MOST_TERMS = 8  # of an entry's derivative, of which each may be the one that is missing
_MOST_SUBSTITUTED = 64  # entries that are each looked at with an upstream of their own


def diagnose(suspect: Suspect) -> str:
    """Name the likely mistake, or say nothing."""
    return _named_mistake(suspect) or next(filter(None, (try_(suspect, _named_mistake) for try_ in BESIDE)), "")


def _named_mistake(suspect: Suspect) -> str:
    return next((diagnosis for try_ in MISTAKES if (diagnosis := try_(suspect))), "")


def negated(graph: Graph, nodes: Nodes, parts: Iterable[int]) -> list[int]:
    """Return nodes with some of what they are computed from negated."""
    minus = graph.constant(Fraction(-1))
    return replaced(graph, nodes, {part: graph.product(minus, part) for part in parts})


def _with_upstream(s: Suspect, nodes: Nodes, change: Callable[[int], int]) -> list[int]:
    """Return nodes with something else in place of each entry of the upstream."""
    graph = s.graph
    return replaced(graph, nodes, {node: change(node) for node in s.upstream if graph.ops[node] == "variable"})


def _zeros(s: Suspect) -> str:
    if s.fits and all(s.graph.value(node) == 0 for node in s.actual.nodes):
        return "the gradient is all zeros: it is never computed, or stored elsewhere"
    return ""


def _other_convention(s: Suspect) -> str:
    """Find the gradient of the other convention: with conjugate upstreams, and the conjugate of a complex input's."""
    imaginary = s.part if s.part and s.part.half is Half.IMAGINARY else None
    if not (s.turned or (imaginary and s.beside[0])):
        return ""

    def other(nodes: Nodes, sign: Fraction) -> list[int]:
        return s.scaled(sign, negated(s.graph, nodes, s.turned))

    if not s.is_(other(s.expected, _MINUS if imaginary else -_MINUS)):
        return ""
    if imaginary and not alike(s.graph, s.beside[0], other(s.beside[1], -_MINUS)):
        return ""
    ours, theirs = _FORMS if s.convention == DEFAULT else _FORMS[::-1]
    mistake = (
        "it is the gradient of the other convention"
        if s.turned or not imaginary
        else f"the conjugate of the gradient of {imaginary.whole} is returned"
    )
    return (
        f"{mistake}: {ours[1]} is expected (convention={ours[0]!r}), and {theirs[1]} would be right with"
        f" convention={theirs[0]!r}"
    )


_FORMS = tuple(FORMS.items())


def _sign(s: Suspect) -> str:
    return "the sign is wrong" if s.fits and s.is_(s.scaled(_MINUS, s.expected)) else ""


def _factor(s: Suspect) -> str:
    """Find a constant factor, and whether it is a size."""
    if not s.fits:
        return ""
    place = next((i for i, node in enumerate(s.expected) if s.graph.value(node) != 0), None)
    ratio = None if place is None else constant_ratio(s.graph, s.expected[place], s.actual.nodes[place], s.region)
    if ratio is None or not s.is_(s.scaled(ratio, s.expected)):
        return ""
    size = abs(ratio) if abs(ratio) >= 1 else 1 / abs(ratio)
    verb = "too large" if abs(ratio) >= 1 else "too small"
    sign = ", and of the wrong sign" if ratio < 0 else ""
    whole = size.denominator == 1 and size > 1
    if name := measured(s, float(abs(ratio)), products(s.sizes) if whole else quotients(s.sizes)):
        hint = f"a missing division by {name}" if abs(ratio) > 1 else f"a mean in place of a sum over {name}"
        return f"{verb} by a factor of {name}, {size} here{sign}: {hint if whole else 'is a size wrong?'}"
    if root := measured(s, float(abs(ratio)), [*singles(s.sizes), *quotients(s.sizes)], power=2):
        return f"{verb} by a factor of sqrt({root}), {size} here{sign}: is the root of a size wrong, or missing?"
    if text := factor_of_option(s, float(abs(ratio))):
        return f"{verb} by a factor of {text}, {size} here{sign}: is an option missing, or a number in its place?"
    return f"{verb} by {factor_text(ratio)}{sign}"


def _upstream_ignored(s: Suspect) -> str:
    if not s.fits:
        return ""
    ones = _with_upstream(s, s.expected, lambda node: s.graph.constant(Fraction(1)))
    return "the upstream gradient is missing: this is right only where it is 1" if s.is_(ones) else ""


def _not_linear(s: Suspect) -> str:
    """Find that twice the upstream does not give twice the gradient."""
    nodes = s.actual.nodes
    if not any(s.graph.ops[node] == "variable" for node in s.upstream):
        return ""
    doubled = _with_upstream(s, nodes, lambda node: s.graph.product(s.graph.constant(_TWO), node))
    if alike(s.graph, doubled, s.scaled(_TWO, nodes)):
        return ""
    if alike(s.graph, doubled, s.scaled(_TWO * _TWO, nodes)):
        return "the upstream gradient enters twice: it is squared"
    if alike(s.graph, doubled, nodes):
        return "the upstream gradient is not used"
    if not field.equal(s.graph, list(zip(doubled, s.scaled(_TWO, nodes), strict=True)), 0)[1]:
        return ""  # nothing can be proved of formulas like these, nor is anything known to differ
    return "not linear in the upstream gradient, as every backward is"


def _swapped(s: Suspect) -> str:
    for name, (shape, nodes) in s.others.items():
        if shape == s.actual.shape and s.is_(nodes):
            return f"this is the gradient of {name}{_beside(s, name, nodes)}"
    return ""


def _beside(s: Suspect, name: str, nodes: Nodes) -> str:
    """Say what came as the gradient of the other input, where that is known."""
    back = s.returned.get(name)
    if back is None:
        return ": are two inputs or two results swapped?"
    if len(back) == len(s.expected) and alike(s.graph, back, s.expected):
        return ": the two are swapped"
    return ", which is returned for both" if len(back) == len(nodes) and alike(s.graph, back, nodes) else ""


def _transposed(s: Suspect) -> str:
    if len(s.shape) != 2 or s.actual.shape != s.shape[::-1]:
        return ""
    turned = np.array(s.expected).reshape(s.shape).T.ravel().tolist()
    return "the gradient is transposed" if s.is_(turned) else ""


def _alone(s: Suspect) -> str:
    """Find that each entry was treated alone: that exact = (dout - T) * f, where f * dout came, for a known T."""
    symbols = all(s.graph.ops[node] == "variable" for node in s.upstream)
    if not (s.fits and s.shape and symbols and len(s.output) == len(s.upstream) == len(s.actual.nodes)):
        return ""
    if all(s.graph.value(node) == 0 for node in s.expected):  # as is dout - T of a single entry, whatever f is
        return ""
    graph, y, d = s.graph, _Cells(s.graph, s.shape, s.output), _Cells(s.graph, s.shape, s.upstream)
    inverse = [graph.power(node, _MINUS) for node in s.upstream]
    f = [graph.product(node, other) for node, other in zip(s.actual.nodes, inverse, strict=True)]
    itself = s.is_([graph.product(a, b) for a, b in zip(s.output, s.upstream, strict=True)])
    for axis in dict.fromkeys((-1, 0)):
        for term in TERMS:
            nodes = term.of(y, d, axis).nodes
            exact = [
                graph.product(graph.sum(u, graph.product(graph.constant(_MINUS), t)), g)
                for u, t, g in zip(s.upstream, nodes, f, strict=True)
            ]
            if alike(graph, exact, s.expected):
                factor = term.text.format(axis % len(s.shape))
                times = f"y*{factor}" if itself else f"({factor}) times the factor of dout"
                meant = ", where y is the output" if itself or term.has_output else ""
                return f"each entry is treated separately: missing - {times}{meant}"
    return ""


def _diagonal(s: Suspect) -> str:
    """Find that each entry has just what its own output passes back."""
    if not s.fits or not 1 < len(s.output) == len(s.actual.nodes) <= _MOST_SUBSTITUTED:
        return ""
    if any(s.graph.ops[node] != "variable" for node in s.upstream) or len(s.upstream) != len(s.output):
        return ""
    zero = s.graph.constant(Fraction(0))
    for place, (exact, actual) in enumerate(zip(s.expected, s.actual.nodes, strict=True)):
        own = s.upstream[place]
        alone = _with_upstream(s, [exact], lambda node, own=own: node if node == own else zero)  # type: ignore[misc]
        if not alike(s.graph, alone, [actual]):
            return ""
    return "only the diagonal of the Jacobian: the effect of each input on the other outputs is missing"


class _Cells:
    """An array of nodes with the few operations that the terms of known mistakes are made of."""

    def __init__(self, graph: Graph, shape: Sequence[int], nodes: Nodes) -> None:
        self.graph = graph
        self.shape = tuple(shape)
        self.nodes = list(nodes)

    def __mul__(self, other: _Cells) -> _Cells:
        return _Cells(self.graph, self.shape, list(map(self.graph.product, self.nodes, other.nodes)))

    def __add__(self, other: _Cells) -> _Cells:
        return _Cells(self.graph, self.shape, list(map(self.graph.sum, self.nodes, other.nodes)))

    def sum(self, axis: int) -> _Cells:
        """Return the sums over an axis, broadcast back."""
        rows = np.moveaxis(np.array(self.nodes, dtype=object).reshape(self.shape), axis, -1)
        totals = [self.graph.total(row) for row in rows.reshape(-1, rows.shape[-1]).tolist()]
        summed = np.expand_dims(np.array(totals, dtype=object).reshape(rows.shape[:-1]), axis)
        return _Cells(self.graph, self.shape, np.broadcast_to(summed, self.shape).ravel().tolist())

    def mean(self, axis: int) -> _Cells:
        """Return the means over an axis, broadcast back."""
        share = self.graph.constant(Fraction(1, self.shape[axis]))
        return _Cells(self.graph, self.shape, [self.graph.product(share, node) for node in self.sum(axis).nodes])


class Term(NamedTuple):
    """A term as it is written, what it is of the output y, the upstream d and an axis, and whether it has y in it."""

    text: str
    of: Callable[[_Cells, _Cells, int], _Cells]
    has_output: bool = True


# What softmax, log-softmax and normalisations subtract from the upstream.
TERMS = (
    Term("sum(dout*y, axis={})", lambda y, d, axis: (d * y).sum(axis)),
    Term("mean(dout, axis={0}) + y*mean(dout*y, axis={0})", lambda y, d, axis: d.mean(axis) + y * (d * y).mean(axis)),
    Term("mean(dout, axis={})", lambda y, d, axis: d.mean(axis), has_output=False),
    Term("y*mean(dout*y, axis={})", lambda y, d, axis: y * (d * y).mean(axis)),
    Term("y*sum(dout*y, axis={})", lambda y, d, axis: y * (d * y).sum(axis)),
    Term("y*sum(dout, axis={})", lambda y, d, axis: y * d.sum(axis)),
)


def _assigned(s: Suspect) -> str:
    """Find one term alone in each entry that has any."""
    if not s.fits or all(len(terms) < 2 for terms in s.shares):
        return ""
    nothing = [s.graph.whole(0)]
    return (
        "only one use of the input is counted: is a gradient assigned instead of accumulated?"
        if _all_among(s, [terms or nothing for terms in s.shares])
        else ""
    )


def _dropped(s: Suspect) -> str:
    """Find one term missing in each wrong entry."""
    if not s.fits or all(len(terms) < 2 for terms in s.shares):
        return ""
    if _all_among(s, [_without_one(s.graph, terms) for terms in s.shares]):
        return "one term of the derivative is missing: one use of the input"
    return ""


def lacks_terms(s: Suspect) -> bool:
    """Tell whether uses of the input, or parts of the upstream, are missing in a gradient."""
    return bool(_assigned(s) or _dropped(s)) or lacks_upstream(s)


def _without_one(graph: Graph, terms: Nodes) -> list[int]:
    complete = [graph.total(terms)]
    return complete + [graph.total([*terms[:i], *terms[i + 1 :]]) for i in range(min(len(terms), _MOST_TERMS))]


def _all_among(s: Suspect, candidates: Sequence[Nodes]) -> bool:
    """Tell whether each entry is one of its candidates, all of which are looked at in one walk."""
    pairs = [
        (node, candidate)
        for node, terms in zip(s.actual.nodes, candidates, strict=True)
        for candidate in terms[:_MOST_TERMS]
    ]
    same = dict.fromkeys(pairs, False)
    same.update(zip(pairs, field.equal(s.graph, pairs, 0)[0], strict=True))
    return all(
        any(same[node, candidate] for candidate in terms[:_MOST_TERMS])
        for node, terms in zip(s.actual.nodes, candidates, strict=True)
    )


def _not_summed(s: Suspect) -> str:
    """Find that a sum over axes, which undoes a broadcast, is missing."""
    array: Any = np.array(s.actual.nodes, dtype=object).reshape(s.actual.shape)
    for axis in range(array.ndim):
        for keepdims in (False, True):
            rows = np.moveaxis(array, axis, -1)
            shape = [*rows.shape[:-1]]
            if keepdims:
                shape.insert(axis, 1)
            if tuple(shape) == s.shape and array.shape[axis] > 1:
                summed = [s.graph.total(row) for row in rows.reshape(-1, rows.shape[-1]).tolist()]
                if alike(s.graph, summed, s.expected):
                    return f"not summed over axis {axis}, along which the input was broadcast"
    return ""


def _summed_elsewhere(s: Suspect) -> str:
    """Find that the same terms are summed over another axis: the sums of all entries are equal, and are not 0.

    What has at least as many entries as the upstream was summed over none.
    """
    if s.fits or 1 < len(s.upstream) <= len(s.actual.nodes):
        return ""
    actual, expected = [s.graph.total(s.actual.nodes)], [s.graph.total(s.expected)]
    same = alike(s.graph, actual, expected) and not alike(s.graph, expected, [s.graph.constant(Fraction(0))])
    return "summed over the wrong axis: the sum of all entries is right" if same else ""


def _shape_only(s: Suspect) -> str:
    """Find that the numbers are right and only the shape is not."""
    if not s.fits and len(s.expected) == len(s.actual.nodes) and s.is_(s.expected):
        return "the numbers are right but the shape is wrong: a reshape or keepdims is missing"
    return ""


def _ratio(s: Suspect) -> str:
    """Find a factor of each entry, or the slope of forward that it comes from, where that has a name."""
    text = ratio(s)
    return text and (sloped(s) or text)


def _at_small_sizes(s: Suspect) -> str:
    """Find at small sizes what forward computes that backward ignores, or whose slope it has wrong."""
    small = None if is_looked_at(s) or not s.fits else s.smaller()
    if small is None or not small.fits or small.is_(small.expected):
        return ""
    mistake = held_constant(small) or sloped(small)
    return mistake and f"{mistake} (proved at {', '.join(f'{name}={size}' for name, size in small.sizes.items())})"


# Tried in this order: the first that explains every entry is named.
MISTAKES: tuple[Callable[[Suspect], str], ...] = (
    _zeros,
    _other_convention,
    _sign,
    _shape_only,
    _factor,
    root_of_size,
    _upstream_ignored,
    unused_upstream,
    _not_summed,
    _swapped,
    _transposed,
    _not_linear,
    _alone,
    _diagonal,
    held_constant,
    _assigned,
    _dropped,
    _summed_elsewhere,
    permuted,
    misplaced,
    rerouted,
    symmetrised,
    parameter_transposed,
    transposed_expression,
    sided_factor,
    differing_upstream,
    _ratio,
    missing_factor,
    scaled_expression,
    differing_uses,
    differing_terms,
    irrational_term,
    unapplied,
    exchanged,
    raised,
    sloped,
    imprecise,
    _at_small_sizes,
    unmasked,
    sided,
    dependence,
)

"""Two nodes, one verdict: are they the same function?

Asked in this order, each question only of the pairs that the one before left open:

1. Are they the same node? Then they were built from equal parts by rewrites that hold wherever both are defined.
2. Do they agree at random points of a finite field, functions and roots being free elements? (`field`: a proof up to
   its bits)
3. Where the domain is known: are they one function without exponentials that no float can show in all of it?
   (`negligible`: a bound on the difference, which is no proof that they are equal)
4. Do their balls at the first exact point fail to overlap? (`balls`: a refutation; it needs no other support)
5. Do they agree in the field with the law of exponentials, or with roots that are roots? (a proof as well) Or once
   logarithms, powers and angles are written alike? (`rewriting`)
6. Do their balls fail to overlap at any other point?
7. Else they agree at every point that was tried, which is said as just that.

A refutation that no float shows, of what is one function but for such exponentials wherever inputs are moderate, is
left open: it takes a domain to tell whether they count.

Proof never rests on points of the reals, refutation never on floats.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import chain
from operator import or_
from typing import NamedTuple

import flint

from verify.graph import balls
from verify.graph.functions import head
from verify.graph.graph import Graph
from verify.model.comparison import NEGLIGIBLE, SAME_FORMULA, VANISHING
from verify.model.exact import simplest_rational
from verify.model.reasons import Reason
from verify.model.result import Evidence, Verdict
from verify.proof import field, rationals
from verify.proof.computed import unexplained
from verify.proof.constants import Correction, Corrections, OverworkError
from verify.proof.field import Laws
from verify.proof.hidden import Hidden, Purse, hidden
from verify.proof.kernels import EXPONENTIAL
from verify.proof.laws import missing
from verify.proof.negligible import LEAST, MODERATE, Negligible, moderate
from verify.proof.ranges import Domain
from verify.proof.recurrences import BESSEL, GAMMA
from verify.proof.rewriting import Rewriting

Pair = tuple[int, int]
Point = Mapping[str, Fraction]
Points = Callable[[], Sequence[Point]]  # asked for only where points are needed
Stage = Callable[[Sequence[Pair]], "dict[Pair, Decision]"]  # decides on some of the pairs
_REWRITTEN = ("log", "sin", "cos", *GAMMA, *BESSEL)  # of these, and of roots, there are further laws
_MOST_REWRITTEN = 5_000  # nodes of a pair that is written anew
_FLOAT_BITS = 53
_FEW_FLOATS = 64  # in the code of some pairs, so that all pairs are searched for them at once
_INVISIBLE = 2.0**-_FLOAT_BITS  # relative: below the resolution of float64
_LEAST, _NONE = flint.arb(2) ** -1000, flint.arb(0)  # close to the smallest float64
_SHARPENING = 100_000  # nodes that are read for points at which what is refuted shows better, of one graph: a second
_SEARCHED = 6_000_000  # and for terms that are not seen: three long searches
_LITTLE = 1e-3  # relative: a smaller difference is told with its size
_FIRST_LOOK = (128,)  # bits: enough to refute most
_PRECISIONS = (2048, 8192)  # tried in this order, the second where digits cancel
GUARD_PRECISIONS = (400, 8192)  # three quarters of 400 bits are 90 digits
GUARD_POINTS = 3
_DIGITS_OF_CONSTANTS = 90  # to which a choice of constants removes the difference, in units of what they change
_OVERWORK = Evidence(
    "constants",
    "the formulas differ slightly; whether rounded constants explain that takes too long to decide",
    reason=Reason.ROUNDED_CONSTANTS,
)
_COMPUTED = Evidence(
    "constants",
    "the formulas differ by no more than the possible error of constant arrays computed in floats, such as an inverse",
    reason=Reason.COMPUTED_CONSTANTS,
)
_NEGLIGIBLE_TERM = (
    "the same function but for exponentials that underflow to 0 in all of the domain, such as that of a masked score: "
    "the difference is proved to be below half of the smallest float64 there, for upstreams up to 2^{}; outside of "
    "the domain the gradient may be wrong"
)
_UPSTREAMS = (1024, 128)  # bits of the largest of float64 and of float32: the first for which the terms are negligible
_FAINT_TERM = (
    "the formulas differ by exponentials that underflow to 0 for inputs and upstreams of moderate size, up to "
    f"{MODERATE} from 0, such as that of a masked score; whether they count elsewhere depends on the domain"
)
_UNIT = flint.arb(1)
_DIGITS = 460  # three quarters of 2048 bits: what two balls have to share to count as agreeing


class Decision(NamedTuple):
    """A verdict on a pair of nodes, how it is known, and for a refutation the point that shows it."""

    verdict: Verdict
    evidence: Evidence
    point: Point | None = None
    laws: Laws | None = None  # that a proof in a field rests on

    @property
    def everywhere(self) -> bool:
        """Tell whether this is a proof that holds wherever both sides are defined, in other regions too.

        With a free element for each function, or with the law of exponentials, no sign of a root was read off a point.
        """
        return self.laws in (Laws.NONE, Laws.EXPONENTIAL)


SAME = Decision(Verdict.PROVED, Evidence(SAME_FORMULA, "both sides are the same formula"))
_FAINT = Decision(Verdict.UNDECIDED, Evidence("no example", _FAINT_TERM, reason=Reason.HIDDEN_TERM))
_UNDEFINED = Decision(
    Verdict.UNDECIDED,
    Evidence(
        "undefined",
        "both sides could not be computed to enough digits at any point tried",
        reason=Reason.TOO_FEW_DIGITS,
    ),
)
_UNSEEN = "a term is too small to be seen at every point tried: agreement there says nothing about it"
_SPENT = "; the budget for further points was used up"
_HIDDEN = Decision(
    Verdict.UNDECIDED,
    Evidence(
        "no example",
        "the formulas differ, but their values agree at every point tried",
        reason=Reason.NO_COUNTEREXAMPLE,
    ),
)


def decide(
    graph: Graph,
    pairs: Sequence[Pair],
    points: Points,
    seed: int,
    holds: Callable[[Point], bool] | None = None,
    *,
    sharpen: bool = True,
    domain: Domain | None = None,
    upstream: Collection[str] = (),
) -> list[Decision]:
    """Return a decision for each pair of nodes; `points` gives exact inputs to try, the most telling first.

    `holds` tells of other points whether the claim is for them too; without it, none beside these are thought to be.
    With a `domain` of the claim, inputs that are positive in it are taken to be so, and terms that no float can show in
    all of it are left out, for values of the `upstream` up to a bound that is told.
    What is refuted where floats do not show it is refuted where they do, if that can be found (`sharpen`).
    """
    corrections = Corrections(graph, holds)
    positive = [graph.variables[name] for name, (low, _) in (domain or {}).items() if low is not None and low >= 0]
    proofs: list[Stage] = [
        lambda still: _in_field(graph, _having(graph, still, EXPONENTIAL), points, seed, Laws.EXPONENTIAL),
        lambda still: _by_their_roots(graph, still, points, seed),
        lambda still: _written_anew(graph, still, points, seed, positive),
    ]
    without = partial(
        decide, graph, points=points, seed=seed, holds=holds, sharpen=False, domain=domain, upstream=upstream
    )
    negligible: list[Stage] = [
        partial(_but_for_nothing, graph, domain=domain, upstream=upstream, bits=bits, proofs=proofs, decided=without)
        for bits in _UPSTREAMS
        if domain is not None
    ]
    stages: list[Stage] = [
        lambda still: _in_field(graph, still, points, seed, Laws.NONE),
        *negligible,
        lambda still: _at_first_sight(graph, still, points(), corrections),
        *proofs,
        lambda still: _by_balls(graph, still, points(), corrections),
    ]
    different = list(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))
    decisions = _settled(different, stages)
    still = [pair for pair in different if pair not in decisions]
    decisions.update({pair: _left_open(graph, pair, points(), seed, corrections) for pair in still})
    if sharpen:
        decisions = sharpened(graph, decisions, points, seed, holds, domain)
    return [SAME if pair[0] == pair[1] else decisions[pair] for pair in pairs]


def _settled(pairs: Sequence[Pair], stages: Iterable[Stage]) -> dict[Pair, Decision]:
    """Return the decisions of stages, each of which is asked of what those before it left open."""
    decisions: dict[Pair, Decision] = {}
    still = list(pairs)
    for settle in stages:
        decisions.update(settle(still) if still else {})
        still = [pair for pair in still if pair not in decisions]
    return decisions


def sharpened(
    graph: Graph,
    decisions: Mapping[Pair, Decision],
    points: Points,
    seed: int,
    holds: Callable[[Point], bool] | None,
    domain: Domain | None,
) -> dict[Pair, Decision]:
    """Return refutations at points where they show: where one is invisible on floats, others are looked for.

    That is the longest search of all: whoever has another use of the first point asks for it later, or not at all. With
    a `domain`, what no float shows, and is negligible wherever inputs are moderate, is left open.
    """
    sharp = {pair: _sharpened(graph, pair, decision, points, holds) for pair, decision in decisions.items()}
    if domain is not None:
        unseen = [
            pair for pair, decision in sharp.items() if not (decision.verdict.good or _shows(graph, pair, decision))
        ]
        if not unseen:  # as in most regions, and the domain of moderate inputs takes as long as their proofs
            return sharp
        without = lambda bare: decide(graph, bare, points, seed, holds, sharpen=False, domain=domain)  # noqa: E731
        faint = _but_for_nothing(graph, unseen, moderate(graph, domain), (), 0, (), without)
        sharp.update(dict.fromkeys(faint, _FAINT))
    return sharp


def _shows(graph: Graph, pair: Pair, decision: Decision) -> bool:
    """Tell whether a refutation is at a point where the difference itself is above the smallest float."""
    if decision.point is None:
        return False
    real = rationals.real(graph, pair, decision.point)
    return bool(abs(real[pair[0]].ball - real[pair[1]].ball) >= LEAST)


def _sharpened(
    graph: Graph, pair: Pair, decision: Decision, points: Points, holds: Callable[[Point], bool] | None
) -> Decision:
    """Return a refutation at the first point where it shows plainly, or the one where it shows most.

    The points of hidden terms take longest, and are looked for where no other shows it.
    """
    best = decision.point
    if decision.verdict is not Verdict.REFUTED or best is None:
        return decision
    first, largest = best, _apart(graph, pair, best, _LEAST)
    if largest >= _INVISIBLE:
        return decision
    further: tuple[Points, ...] = points, lambda: _showing(graph, pair, first, holds)
    for point in chain.from_iterable(more() for more in further):
        size = _apart(graph, pair, point, _LEAST)
        if size > largest:
            best, largest = point, size
        if size > _LITTLE:
            break
    return Decision(Verdict.REFUTED, difference(graph, pair, best), best)


def _showing(graph: Graph, pair: Pair, point: Point, holds: Callable[[Point], bool] | None) -> Sequence[Point]:
    """Return points at which terms are seen that are not at a point, which all pairs of a graph share the work of.

    The pair is refuted already, and stays so: another point tells more of it, and is worth no more than that.
    """
    purse = graph.memory("sharpened").setdefault("purse", Purse(_SHARPENING))
    return hidden(graph, pair, [point], holds, _FLOAT_BITS, purse).points if purse.nodes > 0 else []


def agree_at(graph: Graph, pairs: Sequence[Pair], point: Point) -> bool:
    """Tell whether the sides of all pairs agree to most of their digits at a point, which proves nothing beyond it."""
    distinct = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
    return all(_agreements(graph, distinct, point, GUARD_PRECISIONS).values())


def _having(graph: Graph, pairs: Sequence[Pair], functions: Container[str]) -> list[Pair]:
    """Return the pairs if there is any such function among them, else none: a law that is not needed proves nothing."""
    nodes = graph.reach([node for pair in pairs for node in pair])
    return list(pairs) if any(graph.ops[i] in functions for i in nodes) else []


def _but_for_nothing(
    graph: Graph,
    pairs: Sequence[Pair],
    domain: Domain,
    upstream: Collection[str],
    bits: int,
    proofs: Iterable[Stage],
    decided: Callable[[Sequence[Pair]], Sequence[Decision]],
) -> dict[Pair, Decision]:
    """Let pairs agree that do without terms that no float can show in a domain; `proofs` tell those that are one as is.

    Whatever lets the rest agree is `decided` as of any pair: that the terms are negligible is added to it. Values of
    the `upstream` are taken to be at most 2**bits, and others without bounds to be floats.
    """
    candidates = _having(graph, pairs, ("exp",))
    largest = Fraction(2) ** bits
    bounds = {**dict.fromkeys(upstream, (-largest, largest)), **domain}
    terms = Negligible(graph, [node for pair in candidates for node in pair], bounds)
    close = [pair for pair in candidates if terms.differ_by_nothing(*pair)]
    decisions = _settled(close, proofs)
    still = [pair for pair in close if pair not in decisions]
    nodes = iter(terms.without([node for pair in still for node in pair]))
    rests = list(zip(nodes, nodes, strict=True))
    agreeing = zip(still, rests, decided(rests) if still else (), strict=True)
    but_for = functools.cache(partial(_but_for_terms, bits=bits))
    decisions.update({p: but_for(d, graph.value(rest[0]) == 0) for p, rest, d in agreeing if d.verdict.good})
    return decisions


def _but_for_terms(decision: Decision, vanishes: bool, bits: int) -> Decision:
    """Return what is decided of a pair without negligible terms as a decision on the pair; whether nothing is left."""
    term = _NEGLIGIBLE_TERM.format(bits)
    if decision.verdict is Verdict.PROVED:
        return Decision(Verdict.AGREES, Evidence(VANISHING if vanishes else NEGLIGIBLE, term))
    evidence = decision.evidence
    return decision._replace(evidence=replace(evidence, detail=f"{evidence.detail}; else {term}"))


def _by_their_roots(graph: Graph, pairs: Sequence[Pair], points: Points, seed: int) -> dict[Pair, Decision]:
    """Ask the field with roots; what it takes grows with their number, so pairs with the same ones are together."""
    groups: dict[frozenset[int], list[Pair]] = {}
    for pair in pairs:
        roots = frozenset(graph.args[i][0] for i in graph.reach(pair) if _is_root(graph, i))
        if roots:
            groups.setdefault(roots, []).append(pair)
    decisions = {}
    for group in groups.values():
        decisions.update(_in_field(graph, group, points, seed, Laws.ROOTS))
    return decisions


def _written_anew(
    graph: Graph, pairs: Sequence[Pair], points: Points, seed: int, positive: Sequence[int]
) -> dict[Pair, Decision]:
    """Ask the field once more, of a copy in which logarithms, powers and angles show what they have in common."""
    decisions: dict[Pair, Decision] = {}
    for pair in pairs:
        nodes = graph.reach(pair)
        if len(nodes) > _MOST_REWRITTEN or not any(
            head(graph.ops[i]) in _REWRITTEN or _is_root(graph, i) for i in nodes
        ):
            continue
        copy = Rewriting(graph, pair, positive)
        anew = copy.nodes[pair[0]], copy.nodes[pair[1]]
        same = SAME._replace(laws=Laws.EXPONENTIAL)
        decided = {anew: same} if anew[0] == anew[1] else _in_field(copy.graph, [anew], points, seed, Laws.EXPONENTIAL)
        decided = decided or _by_their_roots(copy.graph, [anew], points, seed)
        if decided and pair in _confirmed(graph, [pair], points(), GUARD_POINTS):
            decisions[pair] = _by_rewriting(decided[anew])
    return decisions


def _by_rewriting(decision: Decision) -> Decision:
    """Return a proof of a copy as one of the pair, which holds where all of that is defined."""
    detail = f"{decision.evidence.detail}, once logarithms, powers, sums of angles and recurrences are written alike"
    return decision._replace(evidence=replace(decision.evidence, detail=detail))


def _is_root(graph: Graph, node: int) -> bool:
    return graph.ops[node] == "power" and graph.payloads[node].denominator != 1


def _in_field(graph: Graph, pairs: Sequence[Pair], points: Points, seed: int, laws: Laws) -> dict[Pair, Decision]:
    alike, bits = field.equal(graph, pairs, seed, laws) if pairs else ([], 0)
    if not bits and len(pairs) > 1:  # one of them has a pole or a degree that spoils it for all
        half = len(pairs) // 2
        parts = (pairs[:half], pairs[half:])
        return {pair: d for part in parts for pair, d in _in_field(graph, part, points, seed, laws).items()}
    equal = [pair for pair, same in zip(pairs, alike, strict=True) if same]
    needed = 1 if laws is Laws.NONE else GUARD_POINTS
    confirmed = _confirmed(graph, equal, points(), needed) if equal else set()
    typed = _typed(graph, equal)
    decision = functools.cache(lambda floats: proved(floats, bits, laws))  # most pairs have the same floats, or none
    return {pair: decision(typed(pair)) for pair in equal if pair in confirmed}


def _confirmed(graph: Graph, pairs: Sequence[Pair], points: Sequence[Point], needed: int) -> set[Pair]:
    """Return the pairs whose sides also agree at points of the reals, at `needed` of them if so many serve.

    It guards what the field rests on: that no coefficient hides in its prime, that exponentials behave like elements.
    """
    agreeing = dict.fromkeys(pairs, 0)
    waiting: Sequence[Pair] = pairs
    for place in reversed(range(len(points))):  # the first ones share the sample's inputs; each is made when asked for
        for pair, agree in _agreements(graph, waiting, points[place], GUARD_PRECISIONS).items():
            agreeing[pair] = -1 if agree is False else agreeing[pair] + bool(agree)
        waiting = [pair for pair, count in agreeing.items() if 0 <= count < needed]
        if not waiting:
            break
    return {pair for pair, count in agreeing.items() if count > 0}


def _agreements(
    graph: Graph, pairs: Sequence[Pair], point: Point, precisions: Sequence[int]
) -> dict[Pair, bool | None]:
    """Tell for each pair whether its nodes agree at a point, with the least precision that tells."""
    agreements: dict[Pair, bool | None] = {}
    still = list(pairs)
    for bits in precisions:
        with flint.ctx.workprec(bits):
            values = balls.at(graph, [node for pair in still for node in pair], point)
            agreements.update({pair: agree(values[pair[0]], values[pair[1]], bits) for pair in still})
        still = [p for p in still if agreements[p] is None and not any(balls.is_undefined(graph, n, values) for n in p)]
        if not still:
            break
    return agreements


def agree(a: flint.arb, b: flint.arb, bits: int) -> bool | None:
    """Tell whether two balls agree to most of the digits that they are computed with; None where one is too wide.

    Overlap alone says nothing: a ball may be as wide as its midpoint is large.
    """
    if not (a.is_finite() and b.is_finite()):
        return None
    if not a.overlaps(b):
        return False
    # Near 0, where cancellation leaves no digits, places are counted instead.
    size = (abs(a) + abs(b)).max(_UNIT)
    return True if (a.rad() + b.rad()) * _power_of_two(3 * bits // 4) < size else None


@functools.cache
def _power_of_two(exponent: int) -> flint.arb:
    return flint.arb(2) ** exponent  # exact


def proved(typed: str, bits: int, laws: Laws) -> Decision:
    """Return the decision that a proof in a finite field is; `typed` are the floats of the code, as read."""
    read = f"; floats in the code are read as the simplest rationals that round to them ({typed})" if typed else ""
    detail = f"equal at random points of a finite field, {laws.value}: wrong with a chance below 2^-{bits}{read}"
    return Decision(Verdict.PROVED, Evidence("field", detail, bits=bits), laws=laws)


def _typed(graph: Graph, pairs: Sequence[Pair]) -> Callable[[Pair], str]:
    """Return what tells the floats that the code of a pair has typed in, as read."""
    order = graph.reach([node for pair in pairs for node in pair]) if "typed" in graph.ops else ()
    typed = [i for i in order if graph.ops[i] == "typed"]
    if len(typed) > _FEW_FLOATS:
        return lambda pair: as_read(graph.payloads[i] for i in graph.reach(pair) if graph.ops[i] == "typed")
    bits = {i: 1 << place for place, i in enumerate(typed)}  # in one look at all pairs: which are below each node
    for i in order if typed else ():
        if below := functools.reduce(or_, [bits.get(argument, 0) for argument in graph.args[i]], 0):
            bits[i] = below

    def constants_of(pair: Pair) -> str:
        below = bits.get(pair[0], 0) | bits.get(pair[1], 0)
        return as_read(graph.payloads[i] for place, i in enumerate(typed) if below >> place & 1)

    return constants_of


def as_read(floats: Iterable[float]) -> str:
    """Write floats of the code with the rationals that they are read as."""
    return ", ".join(f"{value!r} as {simplest_rational(value)}" for value in sorted(set(floats)))


def _at_first_sight(
    graph: Graph, pairs: Sequence[Pair], points: Sequence[Point], corrections: Corrections
) -> dict[Pair, Decision]:
    """Refute what differs at the first point, at a precision that is enough for most."""
    wrong = [pair for pair, agree in _agreements(graph, pairs, points[0], _FIRST_LOOK).items() if agree is False]
    return {pair: _refuted(graph, pair, points, points[0], corrections) for pair in wrong}


def _by_balls(
    graph: Graph, pairs: Sequence[Pair], points: Sequence[Point], corrections: Corrections
) -> dict[Pair, Decision]:
    compared = dict.fromkeys(pairs, 0)
    decisions: dict[Pair, Decision] = {}
    for point in points:
        still = [pair for pair in pairs if pair not in decisions]
        for pair, agree in _agreements(graph, still, point, _PRECISIONS).items():
            compared[pair] += agree is not None
            if agree is False:
                decisions[pair] = _refuted(graph, pair, points, point, corrections)
    return {**dict.fromkeys([pair for pair, count in compared.items() if not count], _UNDEFINED), **decisions}


class _Behind(Sequence[Point]):
    """A point, and others behind it, which are made when they are asked for: most mistakes show at the first."""

    def __init__(self, first: Point, others: Sequence[Point]) -> None:
        self._first, self._others = first, others

    def __len__(self) -> int:
        return 1 + len(self._others)

    def __getitem__(self, index: int) -> Point:  # type: ignore[override]
        return self._others[index - 1] if index else self._first


def _refuted(graph: Graph, pair: Pair, points: Sequence[Point], point: Point, corrections: Corrections) -> Decision:
    """Refute a pair that differs at a point, unless the rounding of the code's constants explains it everywhere."""
    try:
        if not corrections.of(pair, _Behind(point, points)):
            return _differing(graph, pair, _Behind(point, points), corrections)
        terms = _hidden(graph, pair, points, corrections)
        return _explained(graph, pair, [point, *points], corrections, terms)
    except OverworkError:
        return Decision(Verdict.UNDECIDED, _OVERWORK)


def _hidden(graph: Graph, pair: Pair, points: Sequence[Point], corrections: Corrections) -> Hidden:
    """Look for terms that are not seen at some points, which all pairs of a graph share the work of."""
    purse = graph.memory("hidden").setdefault("purse", Purse(_SEARCHED))
    return hidden(graph, pair, points, corrections.holds, purse=purse)


def _explained(graph: Graph, pair: Pair, points: Sequence[Point], corrections: Corrections, terms: Hidden) -> Decision:
    """Let a pair agree that differs at the first of some points, if the rounding of constants explains all terms."""
    correction = corrections.of(pair, points, terms.points)
    if not correction:
        return _differing(graph, pair, points, corrections)
    if terms.unseen:
        return _unseen(terms)
    return Decision(Verdict.AGREES, _rounded(correction))


def _unseen(terms: Hidden) -> Decision:
    """Leave a pair open of which terms are too small to be seen."""
    evidence = Evidence("no example", _UNSEEN + _SPENT * terms.spent, reason=Reason.HIDDEN_TERM)
    return Decision(Verdict.UNDECIDED, evidence)


def _differing(graph: Graph, pair: Pair, points: Sequence[Point], corrections: Corrections) -> Decision:
    """Refute a pair that differs at the first of some points, unless arrays of constants may explain it at all."""
    point = unexplained(graph, pair, points, corrections.holds)
    if point is None:
        return Decision(Verdict.UNDECIDED, _COMPUTED)
    return Decision(Verdict.REFUTED, difference(graph, pair, point), point)


def _at_hidden_point(
    graph: Graph, pair: Pair, points: Sequence[Point], corrections: Corrections, terms: Hidden
) -> Decision:
    """Decide on a pair that differs at the first of some points, where a term shows that does not elsewhere."""
    try:
        return _explained(graph, pair, points, corrections, terms)
    except OverworkError:
        return Decision(Verdict.UNDECIDED, _OVERWORK)


def _rounded(correction: Correction) -> Evidence:
    number, ulps = correction.constants, f"{correction.ulps:.2g}"
    detail = (
        f"the same function to {_DIGITS_OF_CONSTANTS} digits for constants within their rounding: "
        f"{number} constant{'s' if number > 1 else ''} of the code, changed by at most {ulps} ulp"
    )
    return Evidence("constants", detail, constants=number, ulps=ulps)


def _apart(graph: Graph, pair: Pair, point: Point, least: flint.arb = _NONE) -> float:
    """Return how far two nodes are apart at a point, relative to the larger, or to `least` where that is larger."""
    real = rationals.real(graph, pair, point)
    a, b = (real[node].ball for node in pair)
    with flint.ctx.workprec(GUARD_PRECISIONS[0]):
        apart = abs(a - b) / abs(a).max(abs(b)).max(least)
        return float(apart) if balls.is_known(apart) else 0.0


def difference(graph: Graph, pair: Pair, point: Point) -> Evidence:
    """Say how far two nodes are apart at a point, where that is little: it may be an epsilon, or a rounded constant."""
    return difference_at(_apart(graph, pair, point))


def difference_at(apart: float) -> Evidence:
    """Say that two sides are so far apart at a point, relative to the larger."""
    if apart > _LITTLE or not apart:
        return Evidence("counterexample", "the exact values at one exact point differ")
    text = f"the exact values differ by {apart:.1e} relative"
    if apart < _INVISIBLE:
        return Evidence("small difference", f"{text}: not the same function, though no float64 shows it here")
    return Evidence("small difference", f"{text}: larger than a few roundings, smaller than most mistakes")


def _left_open(graph: Graph, pair: Pair, points: Sequence[Point], seed: int, corrections: Corrections) -> Decision:
    """Look for a point that refutes a pair which agrees at every one tried; without, say why it is not proved."""
    terms = _hidden(graph, pair, points, corrections)
    for point in terms.points:
        if _agreements(graph, [pair], point, _PRECISIONS)[pair] is False:
            return _at_hidden_point(graph, pair, [point, *points], corrections, terms)
    if terms.unseen:
        return _unseen(terms)
    why = missing(graph, pair, seed)
    if not why:
        return _HIDDEN
    points = [*points, *terms.points]
    compared = sum(_agreements(graph, [pair], point, _PRECISIONS)[pair] is True for point in points)
    detail = f"equal to {_DIGITS} digits at the {compared} of {len(points)} points that allow as many, but {why}"
    return Decision(Verdict.AGREES, Evidence("digits", detail, digits=_DIGITS))

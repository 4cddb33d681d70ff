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
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import chain

import flint

from verify.graph.graph import Graph
from verify.model.comparison import NEGLIGIBLE, VANISHING
from verify.model.reasons import Reason
from verify.model.result import Evidence, Verdict
from verify.proof.apart import FLOAT_BITS, INVISIBLE, LITTLE, apart, difference, sides
from verify.proof.constants import Corrections
from verify.proof.decision import SAME, Decision, Pair, Point, Points, Stage, settled
from verify.proof.field import Laws
from verify.proof.hidden import Purse, hidden
from verify.proof.identities import by_their_roots, having, in_field, written_anew
from verify.proof.kernels import EXPONENTIAL
from verify.proof.negligible import LEAST, MODERATE, Negligible, moderate
from verify.proof.ranges import Domain
from verify.proof.refuting import at_first_sight, by_balls, left_open

_LEAST = flint.arb(2) ** -1000  # close to the smallest float64
_SHARPENING = 100_000  # nodes that are read for points at which what is refuted shows better, of one graph: a second
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
_FAINT = Decision(Verdict.UNDECIDED, Evidence("no example", _FAINT_TERM, reason=Reason.HIDDEN_TERM))


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
        lambda still: in_field(graph, having(graph, still, EXPONENTIAL), points, seed, Laws.EXPONENTIAL),
        lambda still: by_their_roots(graph, still, points, seed),
        lambda still: written_anew(graph, still, points, seed, positive),
    ]
    without = partial(
        decide, graph, points=points, seed=seed, holds=holds, sharpen=False, domain=domain, upstream=upstream
    )
    negligible: list[Stage] = [
        partial(but_for_nothing, graph, domain=domain, upstream=upstream, bits=bits, proofs=proofs, decided=without)
        for bits in _UPSTREAMS
        if domain is not None
    ]
    stages: list[Stage] = [
        lambda still: in_field(graph, still, points, seed, Laws.NONE),
        *negligible,
        lambda still: at_first_sight(graph, still, points(), corrections),
        *proofs,
        lambda still: by_balls(graph, still, points(), corrections),
    ]
    different = list(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))
    decisions = settled(different, stages)
    still = [pair for pair in different if pair not in decisions]
    decisions.update({pair: left_open(graph, pair, points(), seed, corrections) for pair in still})
    if sharpen:
        decisions = sharpened(graph, decisions, points, seed, holds, domain)
    return [SAME if pair[0] == pair[1] else decisions[pair] for pair in pairs]


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
        faint = but_for_nothing(graph, unseen, moderate(graph, domain), (), 0, (), without)
        sharp.update(dict.fromkeys(faint, _FAINT))
    return sharp


def _shows(graph: Graph, pair: Pair, decision: Decision) -> bool:
    """Tell whether a refutation is at a point where the difference itself is above the smallest float."""
    if decision.point is None:
        return False
    a, b = sides(graph, pair, decision.point)
    return bool(abs(a - b) >= LEAST)


def _sharpened(
    graph: Graph, pair: Pair, decision: Decision, points: Points, holds: Callable[[Point], bool] | None
) -> Decision:
    """Return a refutation at the first point where it shows plainly, or the one where it shows most.

    The points of hidden terms take longest, and are looked for where no other shows it.
    """
    best = decision.point
    if decision.verdict is not Verdict.REFUTED or best is None:
        return decision
    first, largest = best, apart(graph, pair, best, _LEAST)
    if largest >= INVISIBLE:
        return decision
    further: tuple[Points, ...] = points, lambda: _showing(graph, pair, first, holds)
    for point in chain.from_iterable(more() for more in further):
        size = apart(graph, pair, point, _LEAST)
        if size > largest:
            best, largest = point, size
        if size > LITTLE:
            break
    return Decision(Verdict.REFUTED, difference(graph, pair, best), best)


def _showing(graph: Graph, pair: Pair, point: Point, holds: Callable[[Point], bool] | None) -> Sequence[Point]:
    """Return points at which terms are seen that are not at a point, which all pairs of a graph share the work of.

    The pair is refuted already, and stays so: another point tells more of it, and is worth no more than that.
    """
    purse = graph.memory("sharpened").setdefault("purse", Purse(_SHARPENING))
    return hidden(graph, pair, [point], holds, FLOAT_BITS, purse).points if purse.nodes > 0 else []


def but_for_nothing(
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
    candidates = having(graph, pairs, ("exp",))
    largest = Fraction(2) ** bits
    bounds = {**dict.fromkeys(upstream, (-largest, largest)), **domain}
    terms = Negligible(graph, [node for pair in candidates for node in pair], bounds)
    close = [pair for pair in candidates if terms.differ_by_nothing(*pair)]
    decisions = settled(close, proofs)
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

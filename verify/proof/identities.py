"""Proofs that two nodes are one function: in a finite field, with more and more laws.

A proof is confirmed at points of the reals, which guards what the field rests on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from operator import or_

from verify.graph.functions import head
from verify.graph.graph import Graph
from verify.model.exact import simplest_rational
from verify.model.result import Evidence, Verdict
from verify.proof import field
from verify.proof.agreement import GUARD_POINTS, confirmed
from verify.proof.decision import SAME, Decision, Pair, Points
from verify.proof.field import Laws
from verify.proof.recurrences import BESSEL, GAMMA
from verify.proof.rewriting import Rewriting

_REWRITTEN = ("log", "sin", "cos", *GAMMA, *BESSEL)  # of these, and of roots, there are further laws
_MOST_REWRITTEN = 5_000  # nodes of a pair that is written anew
_FEW_FLOATS = 64  # in the code of some pairs, so that all pairs are searched for them at once


def having(graph: Graph, pairs: Sequence[Pair], functions: Container[str]) -> list[Pair]:
    """Return the pairs if there is any such function among them, else none: a law that is not needed proves nothing."""
    nodes = graph.reach([node for pair in pairs for node in pair])
    return list(pairs) if any(graph.ops[i] in functions for i in nodes) else []


def in_field(graph: Graph, pairs: Sequence[Pair], points: Points, seed: int, laws: Laws) -> dict[Pair, Decision]:
    """Prove the pairs that are equal in a field with some laws, and are not told apart at points of the reals."""
    alike, bits = field.equal(graph, pairs, seed, laws) if pairs else ([], 0)
    if not bits and len(pairs) > 1:  # one of them has a pole or a degree that spoils it for all
        half = len(pairs) // 2
        parts = (pairs[:half], pairs[half:])
        return {pair: d for part in parts for pair, d in in_field(graph, part, points, seed, laws).items()}
    equal = [pair for pair, same in zip(pairs, alike, strict=True) if same]
    needed = 1 if laws is Laws.NONE else GUARD_POINTS
    safe = confirmed(graph, equal, points(), needed) if equal else set()
    typed = _typed(graph, equal)
    decision = functools.cache(lambda floats: proved(floats, bits, laws))  # most pairs have the same floats, or none
    return {pair: decision(typed(pair)) for pair in equal if pair in safe}


def by_their_roots(graph: Graph, pairs: Sequence[Pair], points: Points, seed: int) -> dict[Pair, Decision]:
    """Ask the field with roots; what it takes grows with their number, so pairs with the same ones are together."""
    groups: dict[frozenset[int], list[Pair]] = {}
    for pair in pairs:
        roots = frozenset(graph.args[i][0] for i in graph.reach(pair) if _is_root(graph, i))
        if roots:
            groups.setdefault(roots, []).append(pair)
    decisions = {}
    for group in groups.values():
        decisions.update(in_field(graph, group, points, seed, Laws.ROOTS))
    return decisions


def written_anew(
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
        decided = {anew: same} if anew[0] == anew[1] else in_field(copy.graph, [anew], points, seed, Laws.EXPONENTIAL)
        decided = decided or by_their_roots(copy.graph, [anew], points, seed)
        if decided and pair in confirmed(graph, [pair], points(), GUARD_POINTS):
            decisions[pair] = _by_rewriting(decided[anew])
    return decisions


def _by_rewriting(decision: Decision) -> Decision:
    """Return a proof of a copy as one of the pair, which holds where all of that is defined."""
    detail = f"{decision.evidence.detail}, once logarithms, powers, sums of angles and recurrences are written alike"
    return decision._replace(evidence=replace(decision.evidence, detail=detail))


def _is_root(graph: Graph, node: int) -> bool:
    return graph.ops[node] == "power" and graph.payloads[node].denominator != 1


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

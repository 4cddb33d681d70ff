"""Are gradients right with either sign of the vectors whose signs LAPACK chooses?

A unit eigenvector is as good with the other sign, and which one LAPACK returns changes from one input to the next, by
no rule that is followed. A claim that is proved with the signs at the sample holds for other inputs only if it holds
with other signs. So the case is run once more with other signs, wherever it asks for the vectors of the same matrix,
and decided again; where that is not proved nothing is claimed. Code that reads vectors up to their signs, like v v',
has the same derivative and the same gradient with each.

Of up to four vectors all combinations are tried. Of more, some are, and a finding tells that others are left. Every
function of signs s is a polynomial without squares, as s^2 = 1. Where the difference of a gradient and the derivative
is one of degree d and not 0, it is not 0 for at least a part 2^-d of all combinations (Schwartz-Zippel on two values),
so that k drawn ones all miss it with a chance of at most (1 - 2^-d)^k; and it is not 0 for one that changes at most d
signs, as these determine the coefficients of all terms up to degree d. So nothing of degree 2, that of a product of two
vectors, is missed with all of them alone and in pairs, for which there are runs enough up to seven small vectors.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, combinations, islice

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Claim, Exact, claims
from verify.model.findings import finding
from verify.model.identity import Place
from verify.model.reasons import Cause, Reason
from verify.model.result import Finding
from verify.tracing.following import SubjectError
from verify.tracing.observe import observe
from verify.tracing.symbols.trace import Trace, Vector

_MOST = 4  # vectors of which all combinations of signs are tried
_DRAWN = 8  # combinations that are drawn of more vectors
_RUNS = 40  # with other signs of more vectors: those that are drawn, all, each, and pairs
_NODES = 15_000  # of all these runs together, beyond which there are only two
_DEPENDS = (
    "the gradient is right for the signs that LAPACK chooses for vectors at the sample; for other signs it is not "
    "proved, at {at}"
)
_NOT_ALL = "LAPACK chooses the signs of {count} vectors: not all combinations were tried"


def dependent(case: TracedCase, exact: Exact, claimed: Collection[Claim], seed: int) -> dict[str, Cause]:
    """Return why gradients are not claimed that are the derivative for some signs of vectors, by their names."""
    right = {claim.name for claim in claimed if claim.decision.verdict.good}
    doubts: dict[str, Cause] = {}
    vectors = _vectors(exact) if right else {}
    for turned in _turns(list(vectors), exact.size, seed):
        if len(doubts) == len(right):
            break
        for name in right - _right_with(case, exact, turned, seed):
            doubts.setdefault(name, Cause(_DEPENDS.format(at=vectors[turned[0]]), Reason.EIGENVECTOR_SIGN))
    return doubts


def orientations_left(runs: Sequence[Exact]) -> list[Finding]:
    """Find the lines that ask for more vectors than those of which all combinations of signs are tried."""
    places: dict[Place, int] = {}
    for run in runs:
        vectors = _vectors(run)
        if len(vectors) > _MOST:
            places.setdefault(next(iter(vectors.values())), len(vectors))
    return [finding("GP127", _NOT_ALL.format(count=count), where=place) for place, count in places.items()]


def left_out(exact: Exact) -> list[str]:
    """Say of how many vectors not all combinations of signs are tried."""
    count = len(_vectors(exact))
    return [_NOT_ALL.format(count=count)] if count > _MOST else []


def _vectors(exact: Exact) -> dict[Vector, Place]:
    """Return the vectors of a run, with the lines that ask for them first.

    Which of them a gradient reads is not seen from its nodes: products are simplified as they are made.
    """
    return {signed.vector: signed.where for signed in reversed(exact.seen.trace.signed)}


def _turns(vectors: Sequence[Vector], size: int, seed: int) -> Iterator[tuple[Vector, ...]]:
    """Return the vectors that have the other sign in each further run, for a run with so many nodes."""
    if len(vectors) <= _MOST:
        return chain.from_iterable(combinations(vectors, count) for count in range(1, len(vectors) + 1))
    several = chain(_drawn(vectors, seed), [tuple(vectors)], combinations(vectors, 1), combinations(vectors, 2))
    return islice(several, max(2, min(_RUNS, _NODES // size)))


def _drawn(vectors: Sequence[Vector], seed: int) -> Iterator[tuple[Vector, ...]]:
    rng = random.Random(seed)
    for _ in range(_DRAWN):
        if drawn := tuple(vector for vector in vectors if rng.getrandbits(1)):
            yield drawn


def _right_with(case: TracedCase, exact: Exact, turned: Sequence[Vector], seed: int) -> set[str]:
    """Return the gradients that are right where some vectors have the other sign."""
    run = exact.seen.again(Trace(exact.seen.trace))
    run.trace.turned = frozenset(turned)
    try:
        observe(case, run.variant, seed, seen=run, at=exact.seen.at)
        decided = claims(Exact(case, run, twice=False), seed, sharpen=False)
    except SubjectError:
        return set()
    return {name for name, claim in decided.items() if claim.decision.verdict.good}

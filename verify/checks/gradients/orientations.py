"""Are gradients right with either sign of the vectors whose signs LAPACK chooses?

A unit eigenvector is as good with the other sign, and which one LAPACK returns changes from one input to the next, by
no rule that is followed. A claim that is proved with the signs at the sample holds for other inputs only if it holds
with other signs. So the case is run once more with other signs, wherever it asks for the vectors of the same matrix,
and decided again; where that is not proved nothing is claimed. Code that reads vectors up to their signs, like v v',
has the same derivative and the same gradient with each. Of many vectors the signs are changed one by one, which is
told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, combinations

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Claim, Exact, claims
from verify.model.identity import Place
from verify.tracing.following import SubjectError
from verify.tracing.observe import observe
from verify.tracing.symbols.trace import Trace, Vector

_MOST = 4  # vectors of which all combinations of signs are tried
_DEPENDS = (
    "the gradient is the derivative with the signs that LAPACK gives to vectors at the sample; with other signs, which"
    " it may give at other inputs, that is not shown, at {at}"
)
_ONE_BY_ONE = "the signs of {count} vectors from LAPACK were changed one by one, not in all combinations"


def dependent(case: TracedCase, exact: Exact, claimed: Collection[Claim], seed: int) -> dict[str, str]:
    """Return why gradients are not claimed that are the derivative for some signs of vectors, by their names."""
    right = {claim.name for claim in claimed if claim.decision.verdict.good}
    doubts: dict[str, str] = {}
    vectors = _vectors(exact) if right else {}
    for turned in _turns(list(vectors)):
        if len(doubts) == len(right):
            break
        for name in right - _right_with(case, exact, turned, seed):
            doubts.setdefault(name, _DEPENDS.format(at=vectors[turned[0]]))
    return doubts


def left_out(exact: Exact) -> list[str]:
    """Say of how many vectors not all combinations of signs are tried."""
    count = len(_vectors(exact))
    return [_ONE_BY_ONE.format(count=count)] if count > _MOST else []


def _vectors(exact: Exact) -> dict[Vector, Place]:
    """Return the vectors of a run, with the lines that ask for them first.

    Which of them a gradient reads is not seen from its nodes: products are simplified as they are made.
    """
    return {signed.vector: signed.where for signed in reversed(exact.seen.trace.signed)}


def _turns(vectors: Sequence[Vector]) -> Iterator[tuple[Vector, ...]]:
    most = len(vectors) if len(vectors) <= _MOST else 1
    return chain.from_iterable(combinations(vectors, size) for size in range(1, most + 1))


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

"""Elements of a tape compared at random points of finite fields: those that agree are the same function.

The scalar counterpart is `proof.field`, whose three readings these are.

* *NONE*: functions and roots are random elements (`kernels`). That two arguments of functions are taken for the same is
  as unlikely as that two pairs are, and is counted once for each pair of arguments.
* *EXPONENTIAL*: exp(u) is g**u for a g of order q, and u is read modulo q, at a point of its own. That such values
  behave like independent elements is an assumption (`proof.kernels`); what may go wrong in it is bounded by the pairs
  of exponentials that an element can depend on, any two of which may agree in a walk. Whoever proves with it compares
  enclosures at several points of the reals too.
* *ROOTS*: the root of v is the one that is a square; walks in which v is no square do not count. Where a difference D
  is 0 in a walk, so is its norm, the product of D for all choices of roots, which is a rational function of the
  variables, of at most `order` times the degree for each root. So D is 0 for some choice of the roots: which one is
  settled by an enclosure of D at a point of the reals, which whoever proves with it has to look at. Functions of what
  depends on roots are the same only if their argument is the same element.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from verify.proof.field import Laws
from verify.proof.kernels import EXPONENTIAL
from verify.tape.grouping import grouped
from verify.tape.masks import any_of
from verify.tape.parts import parts
from verify.tape.plan import Plan, plan
from verify.tape.primes import chains, singles
from verify.tape.security import ATTEMPTS, SECURITY
from verify.tape.tape import Elements, Mask, Tape
from verify.tape.walks import Walks

_NOTHING = np.empty(0, np.int64)


class _Outcome(NamedTuple):
    """Which pairs are equal, which ones agree in too few walks, and the bits that every equality has at least."""

    equal: Mask
    open: Mask
    bits: float


def equal(tape: Tape, left: Elements, right: Elements, seed: int, laws: Laws) -> tuple[Mask, int]:
    """Tell for each pair of elements whether they are the same function, with the bits of certainty of "equal".

    There are 100 or more, for each pair: it is wrong with a chance below 2^-bits. There are none if no pair is proved
    but those of one element with itself. Not equal means that it is not proved.
    """
    alike = np.equal(left, right)
    result, first, second = alike.ravel(), left.ravel(), right.ravel()
    remaining = np.flatnonzero(~result)
    least = math.inf
    for attempt in range(ATTEMPTS):
        if not remaining.size:
            break
        outcome = _attempt(tape, first[remaining], second[remaining], f"{seed} {attempt}", laws)
        result[remaining[outcome.equal]] = True
        least = min(least, outcome.bits)
        remaining = remaining[outcome.open]
    return result.reshape(alike.shape), math.floor(least) if math.isfinite(least) else 0


def _attempt(tape: Tape, left: Elements, right: Elements, seed: str, laws: Laws) -> _Outcome:
    """Compare pairs in as many walks as most of them need."""
    question = plan(tape, left, right, laws)
    if not question.walks:
        nothing = np.zeros(len(left), bool)
        return _Outcome(nothing, nothing, math.inf)
    walks = _read(tape, question, seed)
    agree, valid = walks.take(left) == walks.take(right), walks.supported(left, right)
    counted = np.full(len(left), question.walks) if valid is None else valid.sum(axis=0)
    alike = (agree if valid is None else agree | ~valid).all(axis=0) & (question.pairs > 0)
    surplus = question.surplus(question.pairs, counted)
    proved = alike & (surplus >= SECURITY)
    least = min(surplus[proved].min(initial=math.inf), question.least) if any_of(proved) else math.inf
    return _Outcome(proved, alike & ~proved & (counted < question.walks), least)


def _read(tape: Tape, question: Plan, seed: str) -> Walks:
    """Read elements at random points, and the exponents in them at others."""
    chain = (singles if question.laws is Laws.NONE else chains)(seed, question.walks)
    walks = Walks(tape.size, question.parts, f"{seed} {question.laws.name}", chain, question)
    below = None
    if question.laws is not Laws.NONE:
        exponentials = [part.args[0] for part in question.parts if part.op in EXPONENTIAL]
        exponents = np.concatenate([_NOTHING, *exponentials])
        exponents = exponents[~question.rooted[exponents]]
        if exponents.size:
            inner = grouped(parts(tape, exponents), tape.size, exponents)
            below = Walks(tape.size, inner, f"{seed} {question.laws.name} exponents", chain, question)
            below.read(1)
    walks.read(0, below)
    return walks

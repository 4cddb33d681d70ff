"""A variant in which the code computes what it computes in a proved one, operation by operation: one proof for both.

Where what drives the code gives accounts (`cases.accounts`), a run on floats tells what outputs and gradients are made
of. Equal accounts at the same sizes and labels are one function of the inputs and the upstream. No number was read off
a tensor, so the code computes it at all inputs of the region that was proved. That the variant's numbers are those of
the proved formulas at the sample is seen beside that, as of any run.

Only a proof is handed on, and only of a variant of which nothing else is to be said. All others are followed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from verify.cases.accounts import Account, Accounts, accounted
from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact, on_upstream
from verify.checks.gradients.whole import stray
from verify.model.result import Branch, Comparison, Verdict
from verify.tape.enclosures import Enclosures
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Variant


class Proved(NamedTuple):
    """The rows of a variant that is proved, with its region and the inputs of which it makes no claim."""

    rows: Sequence[Comparison]
    region: Sequence[Branch]
    unclaimed: tuple[str, ...] = ()


class Alike:
    """The first proved variant of a case at each size, where others that compute the same are `wanted`."""

    def __init__(self, case: TracedCase, seed: int, *, wanted: bool) -> None:
        self._case, self._seed, self._wanted = case, seed, wanted
        self._first: dict[Any, tuple[Account, Observation, Proved]] = {}  # by sizes and labels

    def keeping(self) -> AbstractContextManager[None]:
        """Ask for accounts meanwhile."""
        return accounted(Accounts()) if self._wanted else nullcontext()

    def keep(self, seen: Observation, account: Account | None, proved: Proved) -> None:
        """Keep a variant, if it is proved and nothing else is to be said of it."""
        if account is not None and all(map(_is_proof, proved.rows)) and _is_plain(seen):
            self._first.setdefault(same_sizes(seen.variant), (account, seen, proved))

    def of(self, variant: Variant) -> Proved | None:
        """Return what is proved of a variant, if it computes what a proved one computes."""
        if not self._first or (first := self._first.get(same_sizes(variant))) is None:
            return None
        account, seen, proved = first
        try:
            run = _Run(self._case, replace(seen, variant=variant), self._seed, {} if seen.trace.on_tape else None)
        except SubjectError:
            return None
        if run.account is None or not _is_part(run.account, account) or not run.is_held(run.account.gradients):
            return None
        return self._proved(variant, proved, run.account.gradients)

    def _proved(self, variant: Variant, proved: Proved, claimed: Collection[str]) -> Proved:
        written = variant.written
        rows = [replace(row, variant=written) for row in proved.rows if row.name in claimed]
        region = [replace(branch, variant=written) for branch in proved.region]
        return Proved(rows, region, tuple(name for name in self._case.real if name not in claimed))


class _Run(FloatRun):
    """A run on floats of a variant at the sample of another one, or at an upstream of ones where it has another."""

    _summed = False
    _upstream: Sequence[Any] = ()  # the variables that the other one's upstream has

    def _answer(self, output: Any) -> Any:
        outputs = output if isinstance(output, (tuple, list)) else [output]
        if [np.shape(value) for value in outputs] != [quantity.shape for quantity in self.seen.outputs]:
            self._summed, self._upstream = True, [*chain(*(upstream.nodes for upstream in self.seen.upstreams))]
            self.seen = replace(self.seen, upstreams=[])
        return super()._answer(output)

    def is_held(self, claimed: Collection[str]) -> bool:
        """Tell whether the floats are what the proved formulas have there."""
        if {name for name, gradient in self.gradients.items() if gradient is not None} != {*claimed}:
            return False
        return self._is_on_tape(claimed) if self.seen.trace.on_tape else self._is_on_graph(claimed)

    def _is_on_graph(self, claimed: Collection[str]) -> bool:
        names = [self.seen.trace.payloads[node] for node in self._upstream]
        self.point = {**self.point, **dict.fromkeys(names, Fraction(1))}
        nodes = {name: self.seen.gradients[name].nodes for name in claimed}
        return self.agrees(nodes) and (self._summed or self.outputs_agree())

    def _is_on_tape(self, claimed: Collection[str]) -> bool:
        trace: Any = self.seen.trace
        ones = {int(element): Fraction(1) for element in self._upstream}
        enclosures = Enclosures(trace.tape, ones) if ones else trace.enclosures
        pairs = [(self.seen.gradients[name], self.gradients[name]) for name in claimed]
        outputs = self.output if self.seen.several else [self.output]
        pairs += [] if self._summed else [*zip(self.seen.outputs, outputs, strict=True)]
        return not any(stray(enclosures, *pair, trace.coarser) for pair in pairs)


def same_sizes(variant: Variant) -> Any:
    """Return what tells the sizes and labels of a variant from those of others."""
    return tuple(variant.sizes.items()), tuple(np.asarray(label).tobytes() for label in variant.labels.values())


def _is_part(account: Account, of: Account) -> bool:
    """Tell whether an account has the outputs of another one, and some of its gradients; and writes nothing else."""
    if account.outputs != of.outputs or not account.writes <= of.writes:
        return False
    return account.gradients.items() <= of.gradients.items()


def _is_proof(row: Comparison) -> bool:
    return row.quantity == "gradient" and row.verdict is Verdict.PROVED


def _is_plain(seen: Observation) -> bool:
    """Tell whether nothing of a run is told beside its rows."""
    trace = seen.trace
    return not (seen.draws or seen.malformed or seen.composed or seen.sample or trace.added or trace.signed)


def is_plain(exact: Exact) -> bool:
    """Tell whether a run on scalars has nothing that is told beside its rows, and no branch on the upstream."""
    if not exact.followed or exact.accepted or exact.vanishing or exact.constant or exact.unequal:
        return False
    return exact.all_signs and not exact.seen.trace.unset and not on_upstream(exact.seen)

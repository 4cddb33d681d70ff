"""A large run that was proved on whole arrays is made once more on arrays, and not on single symbols.

The run on symbols would add nothing to what is reported of its variant. Its rows are those of the proof, which floats
have confirmed. That code gives the same numbers when it is run again is seen in the second run on arrays as well. It
has no branches, and so neither edges nor other regions. Where formulas are asked for, of edges, divisors and floats,
that is a run with the same options and fewer entries, as it is where the large one was followed too: so there has to
be such a run. Contracts are those of real arrays, and need the numbers of the sample and the gradients there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.gradients.whole import Attempt, entries
from verify.graph.adjoints import Shares
from verify.model.reasons import Reason
from verify.tape.tape import Block
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Quantity, Variant, observe
from verify.tracing.symbols.taped import TapedTrace
from verify.tracing.symbols.trace import Trace

_LARGE = 5_000  # operations on single numbers, up to which a run on scalars takes no longer than two on arrays


class Repeated(Exact):
    """A run of which the sample is known, and the exact gradients there, but no formulas."""

    followed = False

    def __init__(self, case: TracedCase, leaves: Observation, floats: Mapping[str, Any], operations: int) -> None:
        super().__init__(case, leaves, proved=floats)
        self._operations = operations

    @property
    def size(self) -> int:
        """Return how many nodes the graph would have, of which no two may be one there."""
        return self._operations

    @property
    def shares(self) -> Shares:
        """Raise AssertionError: nobody may take what was not followed for a formula."""
        raise AssertionError("a run without formulas")

    @property
    def wholes(self) -> dict[int, int]:
        """Raise AssertionError."""
        raise AssertionError("a run without formulas")


def has_smaller(case: TracedCase, variant: Variant, others: Sequence[Variant]) -> bool:
    """Tell whether a variant without labels has a smaller one beside it, with the same options."""
    own = entries(case, variant)
    return not variant.labels and any(v.choice == variant.choice and entries(case, v) < own for v in others)


def repeated(case: TracedCase, variant: Variant, seed: int, attempt: Attempt) -> Repeated | None:
    """Make a run that was proved on arrays once more there; None where scalars have to be followed.

    Raises SubjectError where the code does not run again, or gives other numbers.
    """
    first, proved = attempt.seen, attempt.proved
    if first is None or proved is None or not _is_plain(first) or proved.floats.keys() != first.gradients.keys():
        return None
    size = sum(map(_operations, _taped(first).tape.blocks))
    if size <= _LARGE:
        return None
    again = Observation(variant, TapedTrace())
    observe(case, variant, seed, seen=again)
    if not attempt.agrees(again):
        raise SubjectError(CHANGING, reason=Reason.NOT_REPEATABLE)
    return Repeated(case, _leaves(case, first), proved.floats, size)


CHANGING = "a second run on the same inputs gives different numbers: the code keeps state between runs"


def _taped(seen: Observation) -> TapedTrace:
    assert isinstance(seen.trace, TapedTrace)
    return seen.trace


def _is_plain(seen: Observation) -> bool:
    """Tell whether nothing has to be told of a run beside its rows, and no other region looked for."""
    trace = _taped(seen)
    special = trace.choices or trace.buffers or trace.added or trace.signed or seen.draws
    return not special and not any(quantity.part for quantity in seen.inputs.values())


def _operations(block: Block) -> int:
    """Return how many nodes a block would be in a graph of single numbers."""
    if block.op == "matmul":
        return block.size * (2 * int(block.args[0].shape[-1]) - 1)
    return int(block.args[0].size) - block.size if block.op == "total" else block.size


def _leaves(case: TracedCase, seen: Observation) -> Observation:
    """Return a run as a graph of its inputs and upstreams, with the numbers of the sample, and nothing computed."""
    leaves = Observation(seen.variant, Trace(), concrete=seen.concrete, several=seen.several, sample=seen.sample)
    leaves.at, leaves.unclaimed = seen.at, seen.unclaimed
    leaves.inputs = {name: _variables(quantity, seen, leaves.trace) for name, quantity in seen.inputs.items()}
    if case.upstream is None:
        leaves.upstreams = [_variables(quantity, seen, leaves.trace) for quantity in seen.upstreams]
    else:
        fixed = leaves.trace.constant(case.upstream)
        leaves.upstreams = [Quantity(q.shape, [fixed] * len(q.nodes)) for q in seen.upstreams]
    leaves.gradients = {name: Quantity(quantity.shape, []) for name, quantity in seen.gradients.items()}
    return leaves


def _variables(quantity: Quantity, seen: Observation, trace: Trace) -> Quantity:
    names, values = _taped(seen).inputs_of(quantity.nodes)
    return replace(quantity, nodes=trace.inputs(names, values))

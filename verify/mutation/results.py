"""What a function gives in a run: what it returns, and what its object has then, as nodes where it is symbolic.

A mistake may change what a case does not look at. Then the gradients are what they were, and it is a mistake all the
same. One that changes no result of the function in which it is changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from verify.cases.case import ExpressionCase, TracedCase
from verify.checks.reference import runs
from verify.model.where import is_users
from verify.mutation.result import Mutant
from verify.tracing.arrays import arrays
from verify.tracing.symbols.concolic import Concolic

if TYPE_CHECKING:
    from verify.checks.claims.claims import Exact
    from verify.tracing.observe import Observation


class Symbolic(NamedTuple):
    """A node among plain values."""

    node: int


Results = dict[tuple[str, str], list[Any]]  # by file and name of a function: one value after the other


def on_floats(case: ExpressionCase) -> Results:
    """Return what each function of the user's gives in a run on floats; raises SubjectError."""
    return _results_of(lambda: runs.on_floats(case))


def on_symbols(case: TracedCase, exact: Exact, seed: int) -> tuple[Results, Observation]:
    """Return what each function of the user's gives in a run on the graph of another, and the run."""
    from verify.tracing.observe import observe
    from verify.tracing.symbols.trace import Trace

    seen = exact.seen.again(Trace(exact.seen.trace))
    return _results_of(lambda: observe(case, exact.seen.variant, seed, seen=seen)), seen


def same_results(
    results: list[Results], case: TracedCase | ExpressionCase, on: list[Exact], mutant: Mutant, seed: int
) -> bool:
    """Tell whether the function that a mutant is in is proved to give what it gives in the original, in every call."""
    function = mutant.file, mutant.function
    if isinstance(case, ExpressionCase):
        return results[0].get(function) == on_floats(case).get(function)
    return all(
        _same(case, theirs.get(function, []), exact, function, seed) for theirs, exact in zip(results, on, strict=True)
    )


def _same(case: TracedCase, theirs: list[Any], exact: Exact, function: tuple[str, str], seed: int) -> bool:
    from verify.model.result import Verdict
    from verify.proof.decide import decide
    from verify.tracing.region import Region

    results, seen = on_symbols(case, exact, seed)
    mine = results.get(function, [])
    pairs = [(a, b) for a, b in zip(theirs, mine, strict=False) if a != b]
    if len(theirs) != len(mine) or not all(isinstance(value, Symbolic) for pair in pairs for value in pair):
        return False
    region = Region.of(case, seen)
    decided = decide(seen.trace, [(a.node, b.node) for a, b in pairs], lambda: region.points(seed), seed, region.holds)
    return all(decision.verdict is Verdict.PROVED for decision in decided)


def _results_of(run: Callable[[], object]) -> Results:
    """Return all that the user's functions give in a run."""
    results: Results = {}

    def profile(frame: FrameType, event: str, value: Any) -> None:
        code = frame.f_code
        if event == "return" and is_users(code.co_filename):
            attributes = getattr(frame.f_locals.get("self"), "__dict__", {})
            results.setdefault((code.co_filename, code.co_name), []).extend(_leaves([value, dict(attributes)], 0))

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(before)
    return results


def _leaves(value: Any, depth: int) -> Iterator[Any]:
    """Return what a value is made of; of an object that is no number nor holds some, its class."""
    if isinstance(value, (tuple, list)) and depth < 9:
        yield len(value)
        for part in value:
            yield from _leaves(part, depth + 1)
    elif isinstance(value, Mapping) and depth < 9:
        yield from sorted(map(str, value))
        for key in sorted(value, key=str):
            yield from _leaves(value[key], depth + 1)
    elif isinstance(value, (arrays.SymbolArray, Concolic)):
        array = value if isinstance(value, arrays.SymbolArray) else arrays.boxed(value)
        yield array.shape
        yield from map(Symbolic, arrays.nodes(array))
    elif isinstance(value, (np.ndarray, np.generic)):
        yield from (str(value.dtype), value.shape, value.tolist())
    else:
        yield value if isinstance(value, (int, float, str, type(None))) else type(value).__qualname__

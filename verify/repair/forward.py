"""Does an edit leave the outputs as they are? The difference of both forward passes has to have the derivative 0.

That is one more case, and is proved as any other: in all regions of either pass, of which the sample is only one. Its
outputs are the difference, and the inputs, so that it computes something. Where the derivatives of both passes are the
same, so are the exact gradients, and a backward pass that is proved for the one is right for the other.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

from verify.cases.case import TracedCase
from verify.checks.checker import check
from verify.model.identity import NOWHERE
from verify.model.result import Verdict
from verify.mutation.result import How


def same_forward(original: TracedCase, edited: TracedCase, how: How) -> bool:
    """Tell whether two cases are proved to have outputs with the same derivatives."""
    if any(declared.part for declared in original.real.values()):
        return False  # halves of complex inputs are not compared
    case = replace(original, subject=_difference(original, edited), upstream=None, backward=NOWHERE, reference=None)
    result = check(case, how.seed, quick=how.quick)
    return bool(result.comparisons) and all(row.verdict is Verdict.PROVED for row in result.comparisons)


def _difference(original: TracedCase, edited: TracedCase) -> Any:
    def subject(**arguments: Any) -> Generator[Any, Any, Any]:
        before, after = (_outputs(next(case.subject(**_copied(arguments)))) for case in (original, edited))
        inputs = [arguments[name] for name in original.real]
        sent = yield (*(a - b for a, b in zip(before, after, strict=True)), *inputs)
        return tuple(sent[len(before) :])

    return subject


def _copied(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.copy() if hasattr(value, "copy") else value for name, value in arguments.items()}


def _outputs(output: Any) -> tuple[Any, ...]:
    return tuple(output) if isinstance(output, (tuple, list)) else (output,)

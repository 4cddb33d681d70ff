"""The subject of an expression as the layer that it is: an array case whose inputs are scalars.

The text of an expression says what is to be computed, not how. Code may branch, keep what an earlier call saw, or give
other floats in another precision. So it goes down the road of every layer, from the inputs of the case as its sample.
What is compared with the text there stays; what only this road sees is added to it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

from verify.cases.case import ExpressionCase, TracedCase
from verify.cases.conversation import YIELDS_TWICE
from verify.cases.inputs import Real
from verify.cases.samples import Sampler
from verify.model.errors import ProtocolError
from verify.model.exact import within
from verify.model.reasons import Reason
from verify.model.result import CaseResult, Comparison, Cover, Evidence, Verdict

# Regions, contracts and floats run a case some hundred times: at this size, some seconds.
_LARGEST = 250
_SEED = 13  # of the sample, the same for every seed of a run, so that verdicts are
_NEAR = 100  # a hundredth of numbers up to 2: within 2 % of an input
_TOO_LARGE = "other regions, contracts and other floats: the expression has {:,} steps, of {:,} at most"
_BOUNDS = "the gradients at closed bounds of the domain were not checked"
_NOT_A_LAYER = "other regions, contracts and other floats: {}"


def passed_over(case: ExpressionCase) -> str:
    """Say what is not looked at in a case that is too large for it, or nothing."""
    steps = len(case.program)
    return _TOO_LARGE.format(steps, _LARGEST) if steps > _LARGEST else ""


def as_layers(case: ExpressionCase) -> Iterator[TracedCase]:
    """Yield the same subject as a case of scalars, first at a sample beside that of the author, then at the very one.

    Inputs that people state are 0, 1, or equal, where what code keeps or overwrites may not show. Code that refuses the
    first sample, as one that asks for whole numbers does, is run at the second.
    """
    drawn = Sampler(_SEED).draw(None, None, len(case.inputs))
    beside = {
        name: value * (1 + step / _NEAR) if value else step
        for (name, value), step in zip(case.inputs.items(), drawn, strict=True)
    }
    layer = _as_layer(case)
    if all(within(beside[name], (real.low, real.high)) for name, real in case.domains.items()):
        yield replace(layer, at=beside)
    yield replace(layer, at=case.inputs)


def _as_layer(case: ExpressionCase) -> TracedCase:
    """Return the case of the same subject on arrays without axes: what it yields is the output of the expression."""

    @wraps(case.subject)
    def subject(**inputs: Any) -> Generator[Any, Any, Any]:
        running = case.subject(**inputs)
        output = next(running)
        dout = yield _output(case, output) if isinstance(output, Mapping) else output
        try:
            running.send(dout)
        except StopIteration as stop:
            return _for_inputs(case, stop.value)
        raise ProtocolError(YIELDS_TWICE, Reason.WRONG_YIELD)

    inputs = {name: case.domains.get(name, Real("")) for name in case.inputs}
    return TracedCase(name=case.name, subject=subject, where=case.where, inputs=inputs, reference=case.program)


def _output(case: ExpressionCase, values: Mapping[str, Any]) -> Any:
    """Return the output among the values that a subject yields by name; there is one, or the case was refused."""
    return next(value for name, value in values.items() if case.program.find(name) == case.program.result)


def _for_inputs(case: ExpressionCase, returned: Any) -> Any:
    """Return the gradients of inputs, without those of other steps, which only the expression knows."""
    return {name: returned[name] for name in case.inputs} if isinstance(returned, Mapping) else returned


def is_followed(layer: CaseResult) -> bool:
    """Tell whether a case of scalars was run and compared."""
    return not any(row.quantity == "case" and not _is_of_bound(row) for row in layer.comparisons)


def unvisited(case: ExpressionCase, why: str) -> tuple[Comparison, ...]:
    """Return the row of closed bounds that were not looked at, if the case has any: they are a part of its claim."""
    if not any(real.ends for real in case.domains.values()):
        return ()
    evidence = Evidence("undecided", f"{_BOUNDS}: {why}", reason=Reason.CLOSED_BOUND)
    return (Comparison("case", "the closed bounds", Verdict.UNDECIDED, evidence=evidence),)


def _is_of_bound(row: Comparison) -> bool:
    """Tell whether a row says that nothing could be judged at a closed bound, which is a part of the claim."""
    return row.evidence.reason is Reason.CLOSED_BOUND


def merged(case: ExpressionCase, result: CaseResult, layer: CaseResult) -> CaseResult:
    """Return the result of an expression with what was found out about its code as a layer.

    The rows on the sample are those of the expression; a row of the layer is added where it is worse.
    """
    lost = () if is_followed(layer) else unvisited(case, layer.comparisons[0].evidence.detail)
    return replace(
        result,
        comparisons=(*result.comparisons, *_worse(result, layer), *lost),
        findings=layer.findings,
        cover=_cover(layer),
        notes=result.notes or layer.notes,
    )


def _worse(result: CaseResult, layer: CaseResult) -> list[Comparison]:
    """Return the rows of a layer that fail where the expression's own do not, or refute what these leave open.

    A layer is judged by its own forward: where that is not the expression, its gradients are wrong by that already.
    """
    if any(row.quantity == "value" and row.verdict is Verdict.REFUTED for row in result.comparisons):
        return []
    failing = {row.key for row in result.comparisons if not row.good}
    refuted = {row.key for row in result.comparisons if row.verdict is Verdict.REFUTED}
    bad = [row for row in layer.comparisons if not row.verdict.good and (row.quantity != "case" or _is_of_bound(row))]
    return [row for row in bad if row.key not in (refuted if row.verdict is Verdict.REFUTED else failing)]


def _cover(layer: CaseResult) -> Cover | None:
    """Return where the code was looked at, or None for code without a branch: there the formula holds everywhere."""
    if not is_followed(layer):
        return Cover(1, untried=(_NOT_A_LAYER.format(layer.comparisons[0].evidence.detail),))
    cover = layer.cover
    plain = cover is None or cover == Cover(1, complete=True)
    return None if plain else cover

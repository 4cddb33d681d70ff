"""For programs: everything that the result holds, as JSON. `result.schema.json` beside this file describes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from verify.model.identity import Place, Quantity, Variant
from verify.model.result import (
    SCHEMA_VERSION,
    Apart,
    CaseResult,
    Comparison,
    Counterexample,
    Evidence,
    Further,
    Reason,
    Run,
    Stale,
    Verdict,
    exit_status,
    summary,
)


def render(run: Run) -> str:
    """Render a result as one JSON document, a line for each case; numbers are text, so that none is rounded."""
    cases = ",\n".join(f"    {_dump(case)}" for case in run.cases)
    lines = [f"  {_dump(key)}: {_dump(value)}," for key, value in _head(run).items()]
    return "\n".join(["{", *lines, '  "cases": [', *([cases] if cases else []), "  ]", "}"]) + "\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _head(run: Run) -> dict[str, Any]:
    """Return the document but for its cases."""
    gradients = run.count("gradient")
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "gradproof", "version": run.version},
        "seed": run.seed,
        "quick": run.quick,
        "complete": run.complete,
        **({"strict": True} if run.strict else {}),
        **({"shard": run.shard._asdict()} if run.shard else {}),
        "exit_status": exit_status(run),
        "summary": summary(run),
        "gradients": {verdict.name: gradients[verdict] for verdict in Verdict},
        "known": run.known,
        "stale": [_stale(entry) for entry in run.stale],
    }


def _stale(entry: Stale) -> dict[str, Any]:
    case = {"file": entry.case.file, "name": entry.case.name}
    return {"case": case, "quantity": _quantity(entry.quantity), "was": entry.was, "now": entry.now, "text": str(entry)}


def _quantity(quantity: Quantity) -> dict[str, str]:
    return {name: part for name, part in quantity._asdict().items() if part or name != "code"}


def _plain(value: Any) -> Any:
    """Return what JSON does not know as what it does: a verdict as its name, a reason as its key, others as objects."""
    if isinstance(value, Verdict):
        return value.name
    if isinstance(value, Reason):
        return value.value
    kind: Any = type(value)
    items = {name: _part(getattr(value, name)) for name in _names(kind)}
    convert = _OWN.get(kind)
    return convert(value, items) if convert else items


def _part(value: Any) -> Any:
    """Return a part of an object; places are tuples, which JSON would take for lists."""
    return value._asdict() if isinstance(value, Place) else value


def _variant(variant: Variant, items: dict[str, Any]) -> dict[str, Any]:
    return {name: dict(part) if isinstance(part, tuple) else part for name, part in items.items()}


def _evidence(evidence: Evidence, items: dict[str, Any]) -> dict[str, Any]:
    """Return evidence without the fields that are for some kinds of it only."""
    return {name: part for name, part in items.items() if getattr(evidence, name) or name in ("kind", "detail")}


_OF_SOME_ROWS = ("strict", "apart", "one_sided", "arrays", "marks", "surrogate")


def _comparison(comparison: Comparison, items: dict[str, Any]) -> dict[str, Any]:
    """Return a row without the fields that are for some rows only, where it has nothing there."""
    present = {name: part for name in _OF_SOME_ROWS if (part := items.pop(name))}
    return items | {"state": comparison.state, "line_of": comparison.line_of} | present


def _counterexample(counterexample: Counterexample, items: dict[str, Any]) -> dict[str, Any]:
    return items | {"inputs": dict(counterexample.inputs)}


def _apart(apart: Apart, items: dict[str, Any]) -> dict[str, Any]:
    return items | {"common": dict(apart.common)}


def _further(further: Further, items: dict[str, Any]) -> dict[str, Any]:
    """Return further sizes; only where a case fixes some, it says which."""
    fixed = {"fixed": dict(further.fixed)} if items.pop("fixed") else {}
    return items | {"right": dict(further.right)} | fixed


def _case(case: CaseResult, items: dict[str, Any]) -> dict[str, Any]:
    """Return a case; what could not be imported, and drawings of a layer, are in few of them.

    The function whose derivative it claims is there only where that is not forward itself.
    """
    present = {name: part for name in ("target", "curve", "operations", "as_if") if (part := items.pop(name))}
    return items | {
        "inputs": dict(case.inputs),
        "upstream": dict(zip(("name", "value"), case.upstream, strict=True)),
        "good": case.good,
        "passes": case.passes,
        **present,
    }


# What is not just its fields.
_OWN: Mapping[type, Callable[[Any, dict[str, Any]], dict[str, Any]]] = {
    Variant: _variant,
    Evidence: _evidence,
    Comparison: _comparison,
    Counterexample: _counterexample,
    Apart: _apart,
    Further: _further,
    CaseResult: _case,
}


@cache
def _names(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]

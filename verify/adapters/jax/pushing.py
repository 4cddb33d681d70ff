"""A function of JAX along a line: `jax.jvp` pushes a direction forward by the rules of `custom_jvp`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np

from verify.adapters.jax.interpreter import plainly
from verify.adapters.jax.running import precision, real_leaves, run
from verify.adapters.jax.values import leaving
from verify.cases.as_if import Call
from verify.cases.case import Subject
from verify.cases.grouped import grouped
from verify.cases.tangents import Line, along


def pushing(
    line: Line,
    function: Callable[..., Any],
    parameters: Mapping[str, Any],
    leaves: Sequence[str] | Mapping[str, Any],
    real: Sequence[str],
    wanted: Sequence[str],
    as_if: Call | None,
) -> Subject:
    """Return what drives a function along a line; `leaves` names all of its arrays, `real` those of real numbers."""
    names = [*leaves]

    def whole(arguments: Mapping[str, Any], values: Mapping[str, Any]) -> list[Any]:
        return list(grouped(parameters, {**arguments, **values}))

    def computed(called: Callable[[list[Any]], Any], claim: str, arguments: Mapping[str, Any]) -> Any:
        with precision(_type(arguments, wanted)), plainly(claim):
            entered = run(
                lambda *entries: called(whole(arguments, dict(zip(real, entries, strict=True)))),
                [arguments[key] for key in real],
            )
        return _one_or_all(entered)

    def forward(*ordered: Any, **chosen: Any) -> Any:
        arguments = {**dict(zip(names, ordered, strict=True)), **chosen}
        return computed(lambda passed: function(*passed), "" if as_if else "the function", arguments)

    def push(*ordered: Any, **chosen: Any) -> Any:
        arguments = {**dict(zip(names, ordered[: len(names)], strict=True)), **chosen}

        def pushed(*entries: Any) -> Any:
            values = dict(zip(real, entries[: len(real)], strict=True))

            def varying(*varied: Any) -> Any:
                return function(*whole(arguments, {**values, **dict(zip(wanted, varied, strict=True))}))

            return jax.jvp(varying, tuple(values[key] for key in wanted), entries[len(real) :])[1]

        with precision(_type(arguments, wanted)):
            return _one_or_all(run(pushed, [*(arguments[key] for key in real), *ordered[len(names) :]]))

    def stated(claimed: Call, arguments: Mapping[str, Any]) -> Any:
        return computed(lambda passed: claimed(dict(zip(parameters, passed, strict=True))), "as_if", arguments)

    return along(line, names, forward, push, None if as_if is None else partial(stated, as_if))


def _type(arguments: Mapping[str, Any], wanted: Sequence[str]) -> Any:
    return getattr(arguments[wanted[0]], "dtype", np.float64)


def _one_or_all(entered: Sequence[Any]) -> Any:
    outputs = tuple(map(leaving, real_leaves(entered)))
    return outputs[0] if len(outputs) == 1 else outputs

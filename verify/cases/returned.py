"""Whose gradient is which: of what `backward` returned, and of what a layer keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from verify.cases.names import NAMES, labels_of
from verify.cases.units import attribute_of
from verify.model.errors import ProtocolError, UnclaimedError, nearest
from verify.model.reasons import Reason

_FIXED = (
    "return one for each, or describe inputs without a gradient: labels by gradproof.integer('N', below='C'), "
    "real targets by gradproof.fixed('N C'), others by gradproof.constant(value)"
)
_TOO_MANY = "return one for each, in this order, and nothing else"


def for_inputs(returned: Any, inputs: Mapping[str, object], real: Collection[str]) -> dict[str, Any]:
    """Return gradients by input: there is one for each differentiable input, or for each input, or a dict of them."""
    wanted = [key for key in inputs if key in real]
    if isinstance(returned, Mapping):
        return {key: _by_name(returned, key) for key in wanted}
    values = list(returned) if isinstance(returned, (tuple, list)) else [] if returned is None else [returned]
    leaves = [item for value in values for item in (value if isinstance(value, (tuple, list)) else [value])]
    values = leaves if len(leaves) in (len(inputs), len(wanted)) else values  # nested: dx, [dw, db]
    if len(values) == len(inputs) != len(wanted):
        return {key: gradient for key, gradient in zip(inputs, values, strict=True) if key in wanted}
    if len(values) != len(wanted):
        noun = "gradient" if len(wanted) == 1 else "gradients"
        instead = _FIXED if len(values) < len(wanted) else _TOO_MANY
        received = f"got {len(values)}: {instead}" if values else "but nothing was returned: is a `return` missing?"
        text = f"expected {len(wanted)} {noun} ({', '.join(wanted)}), {received}"
        raise UnclaimedError(text) if returned is None else ProtocolError(text, Reason.WRONG_COUNT)
    return dict(zip(wanted, values, strict=True))


def parted(returned: Any, inputs: Mapping[str, object], params: Mapping[str, object]) -> tuple[Any, Mapping[str, Any]]:
    """Return the gradients of inputs, and those of parameters where they come behind them: dx, [dW, db]."""
    if not params or not isinstance(returned, (tuple, list)) or len(returned) != len(inputs) + 1:
        return returned, {}
    *first, last = returned
    if isinstance(last, Mapping):
        return first, {key: _by_name(last, key) for key in params}
    behind = list(last) if isinstance(last, (tuple, list)) else [last]
    return (first, dict(zip(params, behind, strict=True))) if len(behind) == len(params) else (returned, {})


def _by_name(gradients: Mapping[Any, Any], key: str) -> Any:
    names = [key, *labels_of(key)]
    for name in names:
        if name in gradients:
            return gradients[name]
    raise ProtocolError(
        f"no gradient of {key!r} among {', '.join(map(str, gradients))}: use one of {', '.join(names)}",
        Reason.MISSING_GRADIENT,
    )


def _graded(unit: Any) -> list[str]:
    """Return the attributes of an object that it keeps a gradient of."""
    attributes = getattr(unit, "__dict__", {})
    return [name for name in attributes if any(label in attributes for label in labels_of(name))]


def of_param(unit: Any, key: str, params: Mapping[str, Any]) -> Any:
    """Return the gradient of a parameter that an object keeps, by its name or in a container of all."""
    names = labels_of(key)
    gradient = attribute_of(unit, names)
    if gradient is not None:
        return gradient
    for container in NAMES["containers"]:
        gradients = getattr(unit, container, None)
        if isinstance(gradients, Mapping):
            return _by_name(gradients, key)
        if isinstance(gradients, (list, tuple)) and len(gradients) == len(params):
            return gradients[list(params).index(key)]
    raise ProtocolError(
        f"{type(unit).__name__} keeps no gradient of {key!r}: let backward set self.{names[0]} (other names that are "
        f"read: {', '.join([*names[1:], *NAMES['containers']])}){nearest(key, _graded(unit))}",
        Reason.MISSING_GRADIENT,
    )

"""A Function along a line: PyTorch's forward mode pushes a direction of each input through `jvp`, the static method."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad

from verify.adapters.torch.as_if import plainly
from verify.adapters.torch.running import followed, leaf
from verify.adapters.torch.tensors import leaving
from verify.cases.as_if import Call
from verify.cases.case import Subject
from verify.cases.tangents import Line, along
from verify.model.errors import InputError

with warnings.catch_warnings(action="ignore"):  # forward mode imports it, and PyTorch warns of its own code then
    import torch._decomp.decompositions_for_jvp

_LACKING = "{0} has no static method jvp: write `{0}.jvp(ctx, *directions)`, or leave mode='jvp' out"


def check_rule(function: Any) -> None:
    """Raise InputError for a Function without a rule for forward mode."""
    if function.jvp is torch.autograd.Function.jvp:
        raise InputError(_LACKING.format(function.__name__))


def pushing(call: Callable[..., Any], names: Sequence[str], line: Line, as_if: Call | None) -> Subject:
    """Return what drives a call on tensors along a line; `names` are those of its arguments, in order."""
    places = [names.index(key) for key in line.points]

    def forward(*ordered: Any) -> Any:
        with followed(_type(ordered[places[0]])):
            return _arrays(_outputs(call(*map(leaf, ordered))))

    def push(*arguments: Any) -> Any:
        tensors, directions = arguments[: len(names)], arguments[len(names) :]
        with followed(_type(tensors[places[0]])), forward_ad.dual_level():
            passed = [*map(leaf, tensors)]
            for place, direction in zip(places, directions, strict=True):
                passed[place] = forward_ad.make_dual(passed[place], leaf(direction))
            return _arrays(map(_tangent, _outputs(call(*passed))))

    def stated(arguments: Mapping[str, Any]) -> Any:
        assert as_if is not None
        with followed(_type(arguments[names[places[0]]])):
            returned = plainly(as_if, {key: leaf(value) for key, value in arguments.items()})
            return _arrays(returned if isinstance(returned, (tuple, list)) else [returned])

    return along(line, names, forward, push, None if as_if is None else stated)


def _type(value: Any) -> Any:
    return getattr(value, "dtype", np.float64)


def _outputs(returned: Any) -> list[torch.Tensor]:
    outputs = returned if isinstance(returned, tuple) else (returned,)
    return [output for output in outputs if isinstance(output, torch.Tensor) and output.is_floating_point()]


def _tangent(output: torch.Tensor) -> torch.Tensor:
    """Return what was pushed to an output; what no direction reaches does not change."""
    tangent = forward_ad.unpack_dual(output).tangent
    return torch.zeros_like(output) if tangent is None else tangent


def _arrays(tensors: Any) -> Any:
    arrays = tuple(leaving(tensor) for tensor in tensors)
    return arrays[0] if len(arrays) == 1 else arrays

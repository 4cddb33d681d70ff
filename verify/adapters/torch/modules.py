"""The case of a `torch.nn.Module`: its own code and the Functions that it calls, by the gradients of its parameters.

The module is called as it is, in its mode, with tensors in the place of its parameters (torch.func.functional_call).
Buffers are copies in each call, so that a running mean that it writes does not lead from one call to the next.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from verify.adapters.torch.case import calling_case
from verify.adapters.torch.twice import Called
from verify.cases.case import TracedCase
from verify.cases.terms import Terms
from verify.model.errors import InputError
from verify.model.where import quoted, start_of


def case_of(
    module: Any, inputs: Mapping[str, Any], params: Mapping[str, Any], terms: Terms, name: str, order: object
) -> TracedCase:
    """Return the case of a module; raises InputError where the parts do not fit (`adapters.functions`)."""
    if not isinstance(module, torch.nn.Module):
        raise InputError(f"torch_module({quoted(module)}): expected a module, as in torch_module(Net(4, 3), x='N 4')")
    title = type(module).__name__
    arguments = _arguments(module, {**inputs, **(terms.options or {})})
    own = {key: value for key, value in module.named_parameters() if value.requires_grad}
    if unknown := [key for key in params if key not in own]:
        raise InputError(f"{title} has no parameter {unknown[0]!r} that requires a gradient: it has {', '.join(own)}")
    if both := [key for key in own if key in arguments]:
        raise InputError(f"{title}: {both[0]!r} is a parameter and an argument of forward; gradproof needs two names")
    described = {key: params.get(key, " ".join(map(str, value.shape))) for key, value in own.items()}

    def call(*values: Any) -> Any:
        by_name = dict(zip((*arguments, *described), values, strict=True))
        tensors = {key: by_name.pop(key) for key in described}
        buffers = {key: _own(value) for key, value in module.named_buffers()}
        return torch.func.functional_call(module, {**tensors, **buffers}, kwargs=by_name)

    place = start_of(inspect.unwrap(type(module).forward).__code__)
    called = Called(call, [*arguments, *described], {**inputs, **described}, terms)
    return calling_case(called, title, name, place, [*described], order)


def _own(buffer: torch.Tensor) -> torch.Tensor:
    """Return a copy of a buffer, of the type that the inputs have if it has real numbers (`case`)."""
    return buffer.to(torch.get_default_dtype(), copy=True) if buffer.is_floating_point() else buffer.clone()


def _arguments(module: Any, written: Mapping[str, Any]) -> list[str]:
    """Return the arguments of forward that are described; raises InputError for others, and those that are missing."""
    title, parameters = type(module).__name__, inspect.signature(module.forward).parameters.values()
    names = [p.name for p in parameters]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    if unknown := [key for key in written if key not in names and not open_ended]:
        raise InputError(f"{title}.forward takes {', '.join(names)}: there is no {unknown[0]!r}")
    fixed = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    if lacking := [p.name for p in fixed if p.name not in written and p.default is p.empty]:
        raise InputError(f"{title}.forward takes {lacking[0]!r} too: describe it, as in {lacking[0]}='N 4'")
    return [*written]

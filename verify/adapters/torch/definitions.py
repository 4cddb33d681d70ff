"""Operations that no table has, by PyTorch's own definition of them in operations that some table has.

PyTorch's compiler replaces operations by these definitions. What one says is held against PyTorch's own kernel on
floats afterwards, as everything that is followed (`tracing.floats`); its roundings are not those of the kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch._decomp import decomposition_table

from verify.adapters.torch.schemas import schema_of

_COMPOSITE = torch._C.DispatchKey.CompositeImplicitAutograd  # noqa: SLF001 - as torch._ops has it


def definition(function: Any) -> Callable[..., Any] | None:
    """Return what computes an operation by others, or None."""
    if schema_of(function).library == "prims":
        return getattr(function, "impl_aten", None)  # definitions are written in these: each is an operation of ATen
    composed: Callable[..., Any] | None = decomposition_table.get(function)
    return function.decompose if composed is None and function.has_kernel_for_dispatch_key(_COMPOSITE) else composed

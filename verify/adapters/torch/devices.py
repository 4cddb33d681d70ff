"""Devices other than the CPU: code that asks for one is refused by name, on machines that have it as on others.

What is claimed is claimed of what ran here: on another device other kernels compute, and round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import torch

from verify.adapters.torch.tensors import refused
from verify.model.reasons import Reason

_REFUSED = (
    "the code asks for the device {}, and is run on the CPU here: let it follow its inputs, as in device=x.device"
)
_OTHERS, _FIRST = ("cuda", "xpu"), "_lazy_init"  # what PyTorch calls by this name where code asks for one first
_RUN_ON = {"cpu", "meta"}  # tensors on the second have no memory


def refuse_device(device: Any) -> None:
    """Raise TraceError for a device that nothing is run on."""
    if device is not None and torch.device(device).type not in _RUN_ON:
        refused(_REFUSED.format(device), Reason.NOT_TRACED)


def _refusing(name: str) -> Callable[[], NoReturn]:
    return lambda: refused(_REFUSED.format(name), Reason.NOT_TRACED)


@contextmanager
def on_the_cpu() -> Iterator[None]:
    """Let PyTorch look for no other device meanwhile: whoever asks for one is told so before there is any."""
    modules = [(name, getattr(torch, name)) for name in _OTHERS if hasattr(getattr(torch, name, None), _FIRST)]
    own = [(module, getattr(module, _FIRST)) for _, module in modules]
    for name, module in modules:
        setattr(module, _FIRST, _refusing(name))
    try:
        yield
    finally:
        for module, look in own:
            setattr(module, _FIRST, look)

"""How a call on tensors runs, on floats and on symbols alike: what follows its operations, and what it is passed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch

from verify.adapters.torch.complexes import part_of
from verify.adapters.torch.devices import on_the_cpu
from verify.adapters.torch.dispatch import Tracing
from verify.adapters.torch.kernels import kernels_followed
from verify.adapters.torch.recording import Recording, recorded
from verify.adapters.torch.tensors import dtype_of, entering
from verify.model.errors import ProtocolError
from verify.model.reasons import Reason
from verify.model.where import pass_through
from verify.tracing.arrays import arrays
from verify.tracing.arrays.complexes import ComplexArray
from verify.tracing.symbols.concolic import Concolic

pass_through(torch)


@contextmanager
def followed(dtype: Any, record: Recording | None = None) -> Iterator[None]:
    """Let operations be followed in a run on symbols, and constants have the type of the inputs, as in training.

    In a run on floats operations may be kept for a `record`.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(part_of(dtype_of(dtype)))
    try:
        by = Tracing() if arrays.active() is not None else nullcontext() if record is None else recorded(record)
        with by, kernels_followed(), on_the_cpu():
            yield
    finally:
        torch.set_default_dtype(before)


def leaf(value: Any) -> Any:
    """Return an argument as PyTorch has it: arrays and real numbers as tensors, anything else as it is."""
    return entering(value) if isinstance(value, (np.ndarray, np.generic, Concolic, ComplexArray)) else value


def differentiable(returned: Any) -> list[torch.Tensor]:
    """Return the outputs that gradients lead back from; raises ProtocolError if there are none."""
    outputs = returned if isinstance(returned, tuple) else (returned,)
    leading = [output for output in outputs if isinstance(output, torch.Tensor) and output.requires_grad]
    if not leading:
        raise ProtocolError("no output of the Function requires a gradient", Reason.MISSING_OUTPUT)
    return leading

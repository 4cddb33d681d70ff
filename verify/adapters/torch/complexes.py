"""Complex tensors of symbols: the node of an entry's imaginary part lies behind that of its real part.

The numbers of a complex tensor are one of complex128 whose memory holds whole numbers, eight bytes for each part. So
what moves entries moves both parts, and `torch.view_as_real` shows them in the same memory, as for PyTorch's own
tensors. Nothing computes with these numbers, which are tiny floats: they are read as whole ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils._mode_utils import no_dispatch

from verify.tracing.arrays import arrays
from verify.tracing.arrays.complexes import ComplexArray, parts
from verify.tracing.numpy.complexity import whole_part

PARTS = {torch.complex128: torch.float64, torch.complex64: torch.float32}  # the types of real and imaginary parts


def part_of(dtype: torch.dtype) -> torch.dtype:
    """Return the type of a part of a complex number, and that of a real number itself."""
    return PARTS.get(dtype, dtype)


def beside(re: torch.Tensor, im: torch.Tensor) -> torch.Tensor:
    """Return the numbers of a complex tensor from those of its parts."""
    with no_dispatch():
        return torch.view_as_complex(torch.stack([re, im], -1).view(torch.float64))


def halves(numbers: torch.Tensor) -> torch.Tensor:
    """Return the numbers of both parts of a complex tensor, along a last axis, in the same memory."""
    with no_dispatch():
        return torch.view_as_real(numbers).view(torch.int64)


def whole(numbers: torch.Tensor) -> torch.Tensor:
    """Return the numbers of a complex tensor from those along a last axis, in the same memory."""
    with no_dispatch():
        return torch.view_as_complex(numbers.view(torch.float64))


def in_type(numbers: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return numbers as those of a real or a complex tensor, as a cast does it: what is real has no imaginary part."""
    if dtype.is_complex and not numbers.is_complex():
        return beside(numbers, torch.full_like(numbers, int(arrays.nodes(0)[0])))
    if numbers.is_complex() and not dtype.is_complex:
        return halves(numbers).select(-1, 0)
    return numbers


def number_of(value: Any) -> complex:
    """Return a number as a complex tensor of numbers is filled with it."""
    re, im = (torch.tensor(int(arrays.nodes(part)[0])) for part in (value.real, value.imag))
    return complex(beside(re, im).item())


def numbers_in(value: Any) -> torch.Tensor:
    """Return the numbers of a complex array, of symbols or not, in order."""
    shape = np.shape(parts(value)[0])
    nodes = (np.array(arrays.nodes(whole_part(value, part), shape), np.int64) for part in (0, 1))
    return beside(*(torch.from_numpy(part).reshape(shape) for part in nodes))


def array_of(numbers: torch.Tensor, claimed: Any) -> ComplexArray:
    """Return a complex array of symbols with parts of a type, in memory of its own."""
    re, im = halves(numbers).unbind(-1)
    shape = tuple(numbers.shape)
    return ComplexArray(*(arrays.built(part.flatten().numpy().copy(), shape, claimed) for part in (re, im)))

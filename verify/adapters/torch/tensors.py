"""Tensors of symbols: PyTorch sees a tensor of floats, whose memory is one of int64 that holds numbers of nodes.

The tensor has no memory of its own. PyTorch asks `__torch_dispatch__` for every operation, below its engine: what
belongs to `ctx`, to saved tensors and to the backward pass is PyTorch's own work. What reads memory without an
operation is refused by name here. A tensor belongs to one run: in another one its numbers would mean something else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import torch
from torch.utils._mode_utils import no_dispatch

from verify.adapters.torch import complexes
from verify.model.errors import ForeignSymbolError, TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.arrays import arrays
from verify.tracing.arrays.complexes import is_complex
from verify.tracing.symbols.texts import text

NUMPYS = {torch.float64: "float64", torch.float32: "float32", torch.float16: "float16"}
FLOATS = {**NUMPYS, torch.bfloat16: "bfloat16"}  # NumPy has no such type: numbers of it are passed on in a longer one
COMPLEX = {torch.complex128: "complex128", torch.complex64: "complex64"}
OF_SYMBOLS = {**FLOATS, **COMPLEX}  # types of tensors whose entries are symbols in a run
WHOLE = (torch.bool, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
_DTYPES = {name: dtype for dtype, name in {**NUMPYS, **COMPLEX}.items()}
# Methods and properties that reach the memory without an operation; PyTorch refuses `numpy`, `tolist` and storages.
READING = (
    "data_ptr apply_ map_ map2_ as_subclass share_memory_ __dlpack__ __array__ __reduce_ex__ set_ resize_ resize_as_"
    " untyped_storage storage _typed_storage _make_subclass"
)


class SymbolTensor(torch.Tensor):
    """A tensor of symbols; `numbers` has their nodes, in memory that views share, `run` is the trace they belong to.

    `frozen` says why nothing can be written into it, as the entries are those of a tensor from before the run, say.
    """

    numbers: torch.Tensor
    run: Any
    frozen: str

    @staticmethod
    def __new__(cls: Any, numbers: torch.Tensor, dtype: torch.dtype, *, frozen: str = "") -> SymbolTensor:
        """Make a tensor with the shape and strides of its numbers."""
        made: SymbolTensor = torch.Tensor._make_wrapper_subclass(  # noqa: SLF001 - PyTorch documents it for subclasses
            cls,
            numbers.size(),
            strides=numbers.stride(),
            storage_offset=numbers.storage_offset(),
            dtype=dtype,
            device=numbers.device,
        )
        made.numbers, made.run, made.frozen = numbers, arrays.current(), frozen
        made.run.coarsened(FLOATS.get(dtype, ""))
        return made

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def __repr__(self) -> str:
        return text(f"symbols of shape {tuple(self.shape)}")

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    __torch_function__ = torch._C._disabled_torch_function_impl  # noqa: SLF001 - what PyTorch makes plain stays plain

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), options: Any = None) -> Any:
        return _ANSWERS[0](function, args, options or {})


_ANSWERS: list[Callable[..., Any]] = []  # what answers for operations, which imports this module


def answers(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register what answers for operations on tensors of symbols."""
    _ANSWERS[:] = [function]
    return function


def _refusing(name: str) -> Any:
    def refuse(self: Any, *_: Any, **__: Any) -> NoReturn:
        refused(f"the memory of a tensor was read by {name}")

    return refuse


def refused(message: str, reason: Reason = Reason.RAW_MEMORY) -> NoReturn:
    """Raise the error for what is not followed, with the line that asked."""
    raise TraceError(message, asked_at(), reason=reason)


for _name in READING.split():
    setattr(SymbolTensor, _name, _refusing(_name))


def _data(self: SymbolTensor) -> Any:
    return self.detach()


SymbolTensor.data = property(_data, _refusing("data ="))


def dtype_of(numpys: Any) -> torch.dtype:
    """Return the type that a type of NumPy's has in PyTorch; raises TraceError if there is none."""
    name = np.dtype(numpys).name
    return _DTYPES[name] if name in _DTYPES else refused(f"tensors of {name}", Reason.UNKNOWN_TYPE)


def is_float(value: Any) -> bool:
    """Tell whether a value is a tensor of real or complex numbers, whose entries are symbols in a run."""
    return isinstance(value, torch.Tensor) and (value.dtype.is_floating_point or value.dtype.is_complex)


def numbers_of(tensor: torch.Tensor) -> torch.Tensor:
    """Return the nodes of a tensor of floats, in a tensor of its shape: those of symbols are shared, not copied."""
    if isinstance(tensor, SymbolTensor):
        if tensor.run is not arrays.current():
            raise ForeignSymbolError("the code uses a symbol kept from another run (in a cache, say)", asked_at())
        return tensor.numbers
    if tensor.dtype.is_complex:
        return placed(complexes.numbers_in(plain(tensor)), tensor)
    return laid_out(arrays.nodes(plain(tensor)), tensor)


def laid_out(nodes: Any, like: Any) -> torch.Tensor:
    """Return nodes in order as a tensor, with the shape and the strides of another one."""
    return placed(torch.from_numpy(np.array(nodes, np.int64)).reshape(like.shape), like)


def placed(numbers: torch.Tensor, like: Any) -> torch.Tensor:
    """Return numbers that nobody else has with the strides of a tensor of their shape.

    Along an axis on which its entries are one in memory, the first numbers stand for all.
    """
    if numbers.stride() == like.stride():
        return numbers
    apart = tuple(slice(None if stride else 1) for stride in like.stride())
    if numbers.numel() and (first := like[apart]).shape != like.shape:
        return placed(numbers[apart], first).expand(like.shape)
    with no_dispatch():
        return torch.empty_strided(like.shape, like.stride(), dtype=numbers.dtype).copy_(numbers)


def plain(tensor: torch.Tensor) -> Any:
    """Return a tensor of numbers as NumPy's array; raises TraceError for what NumPy has not, or what hides memory."""
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        refused(f"a tensor of the class {type(tensor).__name__}", Reason.UNKNOWN_TYPE)
    if tensor.numel() and not tensor.data_ptr():
        refused("the memory of a tensor was taken past PyTorch's operations")
    if tensor.dtype not in (*OF_SYMBOLS, *WHOLE) or tensor.device.type != "cpu":
        refused(f"a tensor of {tensor.dtype} on {tensor.device}", Reason.UNKNOWN_TYPE)
    return _numpys(tensor.detach().resolve_conj().resolve_neg())


def _numpys(tensor: torch.Tensor) -> Any:
    """Return a tensor as NumPy's array in its own memory; numbers of bfloat16 are the same in a copy of float32."""
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def array(value: Any) -> Any:
    """Return a tensor as NumPy's array, of symbols where its entries are real numbers; anything else as it is."""
    if is_float(value):
        numbers = numbers_of(value)
        if numbers.is_complex():
            return complexes.array_of(numbers, claimed(value.dtype))
        return arrays.built(numbers.detach().reshape(-1).numpy(), tuple(numbers.shape), claimed(value.dtype))
    return plain(value) if isinstance(value, torch.Tensor) else value


def claimed(dtype: torch.dtype) -> Any:
    """Return the type of NumPy's that floats of a tensor have, a longer one for bfloat16; of complex ones, each part's.

    Raises TraceError where no type holds all numbers of the tensor. Types of results are PyTorch's own.
    """
    if dtype not in OF_SYMBOLS:
        refused(f"a tensor of {dtype}", Reason.UNKNOWN_TYPE)
    return np.dtype(NUMPYS.get(complexes.part_of(dtype), "float64"))


def tensor_of(value: Any, like: Any) -> torch.Tensor:
    """Return what NumPy's functions made as a tensor with the type and strides of another one, whose shape it has."""
    if arrays.shape_of(value) != tuple(like.shape):
        refused(f"a result of shape {arrays.shape_of(value)} instead of {tuple(like.shape)}", Reason.INTERNAL_ERROR)
    if like.dtype.is_complex:
        claimed(like.dtype)
        return SymbolTensor(placed(complexes.numbers_in(value), like), like.dtype)
    if is_complex(value):
        refused(f"complex numbers as a result of {like.dtype}", Reason.INTERNAL_ERROR)
    if like.dtype.is_floating_point:
        claimed(like.dtype)
        if like.dtype == torch.bfloat16:
            arrays.current().narrowed(FLOATS[like.dtype])
        return SymbolTensor(laid_out(arrays.nodes(value), like), like.dtype)
    return torch.from_numpy(np.array(value)).to(like.dtype).reshape(like.shape)


def entering(value: Any) -> torch.Tensor:
    """Return an array of a case as a tensor: symbols in a run, and floats in the very memory of the array."""
    kind = np.dtype(getattr(value, "dtype", type(value))).kind
    if arrays.active() is not None and kind == "c":
        return SymbolTensor(complexes.numbers_in(value), dtype_of(value.dtype))
    if arrays.active() is not None and kind == "f":
        numbers = torch.from_numpy(np.array(arrays.nodes(value), np.int64)).reshape(arrays.shape_of(value))
        return SymbolTensor(numbers, dtype_of(getattr(value, "dtype", float)))
    floats = np.asarray(value)
    showable = floats.ndim and floats.flags.writeable and min(floats.strides) >= 0  # which PyTorch can show
    return torch.from_numpy(floats if showable else np.array(floats))


def leaving(tensor: torch.Tensor) -> Any:
    """Return a tensor as an array of the case: of symbols, or of floats in the memory of the tensor if NumPy can."""
    if (run := arrays.active()) is None:
        return arrays.scalar(_numpys(tensor.detach().resolve_conj().resolve_neg()))
    run.passed_on += [FLOATS[tensor.dtype] if tensor.dtype == torch.bfloat16 else ""] * (1 + tensor.dtype.is_complex)
    return arrays.scalar(array(tensor))

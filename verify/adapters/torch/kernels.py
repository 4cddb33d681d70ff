"""Kernels of Triton on tensors of symbols, by Triton's own interpreter, which computes with NumPy and needs no device.

What the interpreter does by other means than NumPy's functions is replaced while a call is followed: pointers and
memory (`pointers`), casts, the bits of floats, and where it makes an array of a number. All else is its own code, and
what NumPy is asked in it is followed as a user's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import numpy as np

from verify.adapters.torch.operations import OPERATIONS
from verify.adapters.torch.pointers import Regions, are_followed
from verify.adapters.torch.tensors import NUMPYS, SymbolTensor, refused
from verify.model.errors import GradproofError, ProtocolError
from verify.model.reasons import Reason
from verify.tracing.arrays import arrays
from verify.tracing.arrays.arrays import SymbolArray
from verify.tracing.symbols.concolic import Concolic

_COMPILED = "set TRITON_INTERPRET=1 in the environment before triton is imported: kernels are not run on a device here"
_Method = Callable[..., Any]
_regions: list[Regions] = []  # of the kernel that runs


@contextmanager
def kernels_followed() -> Iterator[None]:
    """Let kernels take tensors of symbols in a run on symbols, where Triton is imported; none is run on a device."""
    module, jit = (sys.modules.get(f"triton.runtime.{name}") for name in ("interpreter", "jit"))
    replaced: list[tuple[Any, str, _Method]] = [] if jit is None else [(jit.JITFunction, "run", _compiled)]
    with suppress(AttributeError, KeyError):  # of a version with other names: what reads memory is refused (`tensors`)
        replaced += _replaced(module) if module is not None and arrays.active() is not None else []
    originals = [(owner, name, owner.__dict__[name]) for owner, name, _ in replaced]
    for owner, name, method in replaced:
        setattr(owner, name, method)
    try:
        yield
    finally:
        for owner, name, method in originals:
            setattr(owner, name, method)


def _replaced(triton: Any) -> list[tuple[Any, str, _Method]]:
    """Return what is replaced: whose it is, its name, and what stands in for it."""
    own = triton.InterpreterBuilder.__dict__
    builder = triton.InterpreterBuilder
    return [
        (triton.GridExecutor, "__call__", _launching(triton.GridExecutor.__call__)),
        (triton, "_implicit_cvt", partial(_entering, triton, triton._implicit_cvt)),  # noqa: SLF001 - of this version
        (triton, "_validate_np_data_size", _fitting(triton._validate_np_data_size)),  # noqa: SLF001 - as above
        (triton.ReduceScanOpInterface, "to_tensor", _made(triton, triton.ReduceScanOpInterface.to_tensor)),
        (triton.ReduceOps, "min_max", _extreme(triton.ReduceOps.min_max)),
        *((builder, name, make(triton, own[name])) for name, make in _METHODS.items()),
    ]


class _Pointer:
    """A tensor of symbols as a kernel is passed it."""

    def __init__(self, tensor: SymbolTensor) -> None:
        self.tensor = tensor


def _launching(own: _Method) -> _Method:
    """Return what launches a kernel: an error of ours in it is told as what it is."""

    def launch(self: Any, *args: Any, **options: Any) -> Any:
        _regions.append(Regions())
        try:
            return own(self, *map(_pointing, args), **{key: _pointing(value) for key, value in options.items()})
        except Exception as problem:
            if isinstance(problem.__cause__, GradproofError):
                raise problem.__cause__ from None
            raise
        finally:
            _regions.pop()

    return launch


def _pointing(value: Any) -> Any:
    return _Pointer(value) if isinstance(value, SymbolTensor) else value


def _compiled(*_: Any, **__: Any) -> Any:
    raise ProtocolError(_COMPILED, Reason.UNKNOWN_FUNCTION)


def _entering(triton: Any, own: _Method, value: Any) -> Any:
    """Return an argument as a kernel sees it: of a tensor of symbols, the address of its first entry."""
    if not isinstance(value, _Pointer):
        return own(value)
    language = triton.tl
    if value.tensor.dtype not in NUMPYS:
        return refused(f"a tensor of {value.tensor.dtype} in a kernel cannot be traced", Reason.UNKNOWN_TYPE)
    kind = language.pointer_type(getattr(language, NUMPYS[value.tensor.dtype]))
    address = np.array([_regions[-1].address(value.tensor)], np.uint64)
    return language.tensor(triton.TensorHandle(address, kind), kind)


def _fitting(own: _Method) -> _Method:
    return lambda data, kind: isinstance(data, SymbolArray) or own(data, kind)


def _made(triton: Any, own: _Method) -> _Method:
    """Return what makes a tensor of what a reduction gives."""

    def to_tensor(self: Any, ret: Any, dtype: Any) -> Any:  # as the interpreter names them
        if not isinstance(ret, (SymbolArray, Concolic)):
            return own(self, ret, dtype)
        shape = list(arrays.shape_of(ret))
        of_type = triton.tl.block_type(dtype, shape) if shape else dtype
        data = ret if shape else arrays.built(arrays.nodes(ret), (1,))
        return triton.tl.core.tensor(triton.TensorHandle(data, dtype.scalar), of_type)

    return to_tensor


def _extreme(own: _Method) -> _Method:
    """Return what finds the largest or smallest: there is no NaN among symbols, which are compared as numbers."""
    plain = {np.nanmax: np.max, np.nanmin: np.min, np.nanargmax: np.argmax, np.nanargmin: np.argmin}

    def min_max(self: Any, value: Any, val_reduce_op: Any, idx_reduce_op: Any = None) -> Any:
        return own(self, value, plain.get(val_reduce_op, val_reduce_op), plain.get(idx_reduce_op, idx_reduce_op))

    return min_max


def _load(triton: Any, own: _Method) -> _Method:
    def load(self: Any, addresses: Any, mask: Any, other: Any, *policy: Any) -> Any:
        if not are_followed(addresses.data):
            return own(self, addresses, mask, other, *policy)
        data = _regions[-1].load(addresses.data, mask.data, None if other is None else other.data)
        return triton.TensorHandle(data, addresses.get_element_ty())

    return load


def _store(triton: Any, own: _Method) -> _Method:
    def store(self: Any, addresses: Any, value: Any, mask: Any, policy: Any) -> Any:
        if are_followed(addresses.data):
            return _regions[-1].store(addresses.data, value.data, mask.data)
        if isinstance(value.data, SymbolArray):
            return refused("a kernel writes real numbers into another tensor", Reason.PLAIN_NUMBER)
        return own(self, addresses, value, mask, policy)

    return store


def _atomic(triton: Any, own: _Method) -> _Method:
    def change(self: Any, operation: Any, addresses: Any, value: Any, mask: Any, *order: Any) -> Any:
        if not are_followed(addresses.data):
            return own(self, operation, addresses, value, mask, *order)
        if "ADD" not in str(operation).upper():
            return refused(f"an atomic operation of a kernel, {operation}, cannot be traced", Reason.UNKNOWN_FUNCTION)
        data = _regions[-1].add(addresses.data, value.data, mask.data)
        return triton.TensorHandle(data, value.dtype.scalar)

    return change


def _of_symbols(compute: Callable[..., Any]) -> Callable[[Any, _Method], _Method]:
    """Return what computes by NumPy's functions where an operand is of symbols; `compute` has arrays of data."""

    def making(triton: Any, own: _Method) -> _Method:
        def operate(self: Any, first: Any, *others: Any) -> Any:
            operands = [first, *(other for other in others if isinstance(other, triton.TensorHandle))]
            if not any(isinstance(operand.data, SymbolArray) for operand in operands):
                return own(self, first, *others)
            return triton.TensorHandle(compute(*(o.data for o in operands)), operands[-1].dtype.scalar)

        return operate

    return making


def _cast(triton: Any, own: _Method) -> _Method:
    def cast(self: Any, source: Any, kind: Any) -> Any:
        if not isinstance(source.data, SymbolArray):
            return own(self, source, kind)
        name = str(triton._get_np_dtype(kind.scalar))  # noqa: SLF001 - of this version
        if name not in NUMPYS.values():
            return refused(f"a cast of real numbers to {kind} in a kernel cannot be traced", Reason.UNKNOWN_FUNCTION)
        return triton.TensorHandle(source.data.astype(name), kind.scalar)

    return cast


def _splat(triton: Any, own: _Method) -> _Method:
    def splat(self: Any, kind: Any, source: Any) -> Any:
        if not isinstance(source.data, SymbolArray):
            return own(self, kind, source)
        data = np.broadcast_to(source.data.reshape(-1)[:1], kind.shape)
        return triton.TensorHandle(data, source.dtype.scalar)

    return splat


def _unsplat(triton: Any, own: _Method) -> _Method:
    def unsplat(self: Any, source: Any) -> Any:
        if not isinstance(source.data, SymbolArray):
            return own(self, source)
        return triton.TensorHandle(source.data.reshape(-1)[:1], source.dtype.scalar)

    return unsplat


def _bits(_: Any, own: _Method) -> _Method:
    def bitcast(self: Any, source: Any, kind: Any, *more: Any) -> Any:
        if isinstance(source.data, SymbolArray):
            return refused("the bits of real numbers in a kernel cannot be traced", Reason.RAW_MEMORY)
        return own(self, source, kind, *more)

    return bitcast


_METHODS: dict[str, Callable[[Any, _Method], _Method]] = {
    "create_masked_load": _load,
    "create_masked_store": _store,
    "create_atomic_rmw": _atomic,
    "cast_impl": _cast,
    "create_fp_to_fp": _bits,
    "create_bitcast": _bits,
    "create_splat": _splat,
    "create_unsplat": _unsplat,
    "create_fabs": _of_symbols(np.abs),
    "create_erf": _of_symbols(OPERATIONS["erf"]),
    "create_fma": _of_symbols(lambda a, b, c: a * b + c),
    "create_dot": _of_symbols(lambda a, b, c: np.matmul(a, b) + c),
}

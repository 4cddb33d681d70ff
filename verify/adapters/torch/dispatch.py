"""What becomes of each ATen operation in a run on symbols: moved, computed, written in place, or refused by its name.

Every tensor of real numbers is one of symbols here, constants too, so that nothing is computed in floats whose formula
would be unknown. An operation that is in no table is refused: PyTorch has thousands, and one that is taken for another
would make a false proof. What is followed is held against the same code on floats afterwards (`tracing.floats`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from verify.adapters.torch.complexes import beside, halves, in_type, number_of, part_of, whole
from verify.adapters.torch.definitions import definition
from verify.adapters.torch.devices import refuse_device
from verify.adapters.torch.moves import COPIES, VIEWS, adds, filling, frozen_by, moved, node, reshaped
from verify.adapters.torch.operations import OF_COMPLEX, OPERATIONS, UNBOUNDED
from verify.adapters.torch.schemas import each, parts, schema_of, without_memory
from verify.adapters.torch.tensors import (
    COMPLEX,
    OF_SYMBOLS,
    SymbolTensor,
    answers,
    array,
    claimed,
    is_float,
    laid_out,
    numbers_of,
    placed,
    refused,
    tensor_of,
)
from verify.model.reasons import Reason
from verify.model.unfollowed import HOW_TO_ADD, unbounded
from verify.tracing.arrays import arrays

# Tensors of one number, or of memory that nobody has written to (None); the number may be an argument.
_FILLED = {
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros"), 0),
    **dict.fromkeys(("ones", "ones_like", "new_ones"), 1),
    **dict.fromkeys(("full", "full_like", "new_full"), "fill_value"),
    **dict.fromkeys(("empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided"), None),
}
_PLAIN = frozenset(("arange", "eye", "scalar_tensor", "linspace"))  # of numbers alone, which become constants
_DECIDED = (torch.bool, torch.int64, torch.int32)  # what real numbers may be turned into, which is a branch
_TURNING = {"_to_copy", "to"}  # into another type
_IN_PLACE = {"copy_", "fill_", "zero_"}
_WRITING = frozenset(f"{name}_" for name in (*OF_COMPLEX, *COPIES)) | _IN_PLACE  # into complex tensors too
_OF_ANY = OF_COMPLEX | VIEWS | COPIES | _TURNING | _WRITING | {"view_as_real"}  # what may be given complex tensors
_BEING_DEFINED: list[Any] = []  # a definition that leads back to its operation is none
_OF_LAYOUT = {"_has_same_storage_numel", "is_same_size"}  # what is asked of shapes and memory, and not of entries
_CONJUGATED = (  # it shows the memory of its argument in PyTorch, and has its own here
    "a conjugated view, which is not followed: write the conjugate into the tensor itself, as in x[0] = value.conj()"
)
_ASKING = {"_local_scalar_dense": "a tensor was turned into a plain number (item, float, bool of a real number)"}


class Tracing(TorchDispatchMode):
    """Sees every operation of a run on symbols, those without a tensor of symbols too."""


def _followed(_: Tracing, function: Any, types: Any, args: Any = (), options: Any = None) -> Any:
    return dispatched(function, args, options or {})


# What a class has when it is made PyTorch wraps, and the wrapper imports all that compiles code, which takes seconds.
setattr(Tracing, "__torch_dispatch__", _followed)  # noqa: B010 - it is no method to the type checker


@answers
def dispatched(function: Any, args: Any, options: Any) -> Any:
    """Return what an operation gives; raises TraceError for one that is not followed."""
    name = _name(function)
    refuse_device(options.get("device"))
    if not name:
        return _defined(function, args, options)
    if schema_of(function).draws:
        refused(f"{function} draws random numbers", Reason.UNKNOWN_FUNCTION)
    if name in _FILLED:
        return _filled(function, name, args, options)
    if not any(map(is_float, parts((*args, *options.values())))):
        return _without_symbols(function, name, args, options)
    return _of_symbols(function, name, args, options)


def _of_symbols(function: Any, name: str, args: Any, options: Any) -> Any:
    """Return what an operation on real numbers gives: by a table, or else by PyTorch's definition of it."""
    if name in _ASKING:
        refused(_ASKING[name], Reason.PLAIN_NUMBER)
    if name in _OF_LAYOUT:
        return function(*(numbers_of(value) if is_float(value) else value for value in args), **options)
    if name not in _OF_ANY and _has_complex(args, options):
        return _defined(function, args, options)
    if name in _OTHERS:
        return _OTHERS[name](function, args, options)
    if (name in VIEWS or name in COPIES) and not adds(function, args, options):
        return moved(function, name, args, options)
    if schema_of(function).writes:
        return _in_place(function, name, args, options)
    if name in OPERATIONS:
        return _computed(function, name, args, options)
    return _defined(function, args, options)


def _has_complex(args: Any, options: Any) -> bool:
    return any(getattr(value, "dtype", None) in COMPLEX for value in parts((*args, *options.values())))


def _name(function: Any) -> str:
    """Return the name of an operation of ATen without its overload, or nothing for any other library's."""
    schema = schema_of(function)
    return schema.name if schema.library == "aten" else ""


def _defined(function: Any, args: Any, options: Any) -> Any:
    """Return what an operation gives by PyTorch's definition; raises TraceError where there is none."""
    by_others = definition(function)
    if by_others is None or function in _BEING_DEFINED:
        return _unknown(function)
    if arrays.current().as_executed:
        raise unbounded(str(function))
    _BEING_DEFINED.append(function)
    try:
        with Tracing():
            return by_others(*args, **options)
    finally:
        _BEING_DEFINED.remove(function)


def _unknown(function: Any) -> Any:
    return refused(f"{function} cannot be traced{HOW_TO_ADD}", Reason.UNKNOWN_FUNCTION)


def _without_symbols(function: Any, name: str, args: Any, options: Any) -> Any:
    """Run an operation on whole numbers and truth values; what is made a real number by it is a constant."""
    made = function(*args, **options)
    if not any(map(is_float, parts([made]))):
        return made
    if name not in _PLAIN and name not in OPERATIONS and name not in _TURNING:
        return _unknown(function)
    return SymbolTensor(numbers_of(made), made.dtype)


def _filled(function: Any, name: str, args: Any, options: Any) -> Any:
    """Return a new tensor, whose entries are one number or unwritten."""
    meta = without_memory(function, args, options)
    if not (meta.dtype.is_floating_point or meta.dtype.is_complex):
        return function(*each(_stripped, args), **options)
    claimed(meta.dtype)
    value = _FILLED[name]
    if value == "fill_value":
        value = options[value] if value in options else args[1 if name != "new_full" else 2]
    if isinstance(value, float):
        _note_narrowed(torch.float64, meta.dtype)
    if meta.dtype.is_complex:
        return SymbolTensor(placed(_complex_numbers(value, meta), meta), meta.dtype)
    if value is None:
        nodes = _unwritten(meta)
    elif isinstance(value, torch.Tensor):
        nodes = [int(numbers_of(value))] * meta.numel()
    else:
        nodes = [node(value)] * meta.numel()
    return SymbolTensor(laid_out(nodes, meta), meta.dtype)


def _unwritten(meta: torch.Tensor) -> list[int]:
    return [arrays.current().uninitialised() for _ in range(meta.numel())]


def _complex_numbers(value: Any, meta: torch.Tensor) -> torch.Tensor:
    """Return the numbers of a new complex tensor of one value, or unwritten ones, in order."""
    if value is None:
        return beside(*(torch.tensor(_unwritten(meta)).reshape(meta.shape) for _ in range(2)))
    if isinstance(value, torch.Tensor):
        return in_type(numbers_of(value), meta.dtype).expand(meta.shape).clone()
    return torch.full(meta.shape, number_of(value), dtype=torch.complex128)


def _stripped(value: Any) -> Any:
    """Return a tensor of symbols as one of zeros that has its shape: what is asked is its shape alone."""
    return torch.zeros(value.shape, dtype=value.dtype) if isinstance(value, SymbolTensor) else value


def _cast(function: Any, args: Any, options: Any) -> torch.Tensor:
    """Return a copy of another type; whole numbers and truth values have to be decided first."""
    [tensor] = args
    meta = without_memory(function, [tensor], options)
    if is_float(meta):
        claimed(meta.dtype)
        _note_narrowed(tensor.dtype, meta.dtype)
        return SymbolTensor(placed(in_type(numbers_of(tensor), meta.dtype).clone(), meta), meta.dtype)
    if meta.dtype not in _DECIDED:
        return _unknown(function)
    return tensor_of(array(tensor).astype(bool if meta.dtype == torch.bool else np.int64), meta)


def _in_parts(_: Any, args: Any, options: Any) -> SymbolTensor:
    """Return a complex tensor as one of its parts along a last axis: a view."""
    [tensor] = args
    return SymbolTensor(halves(numbers_of(tensor)), part_of(tensor.dtype), frozen=frozen_by(tensor))


def _of_parts(function: Any, args: Any, options: Any) -> SymbolTensor:
    """Return parts along a last axis as a complex tensor: a view."""
    [tensor] = args
    dtype = without_memory(function, args, options).dtype
    claimed(dtype)
    return SymbolTensor(whole(numbers_of(tensor)), dtype, frozen=frozen_by(tensor))


def _turned(function: Any, args: Any, options: Any) -> Any:
    """Return a tensor as one of a type, which is the tensor itself where it is one and no copy is asked for."""
    meta = without_memory(function, args, options)
    plain = meta.dtype == args[0].dtype and True not in [*args[1:], *options.values()]
    return args[0] if plain else _cast(torch.ops.aten._to_copy.default, args[:1], {"dtype": meta.dtype})  # noqa: SLF001


def _note_narrowed(of: torch.dtype, to: torch.dtype) -> None:
    """Note a cast to a type that has not all numbers of the other: float16 and bfloat16 lack numbers of each other."""
    if torch.promote_types(of, to) != to:
        arrays.current().narrowed(OF_SYMBOLS[to])


def _in_place(function: Any, name: str, args: Any, options: Any) -> Any:
    """Do an operation that writes into its first argument: by the one that returns its result."""
    target = args[0]
    if "out" in options or not name.endswith("_"):
        return _unknown(function)
    if torch.Tag.inplace_view in function.tags:
        return reshaped(function, name, args, options)
    if not is_float(target):
        return refused(f"{function}: real numbers were written into a tensor of {target.dtype}", Reason.PLAIN_NUMBER)
    if frozen := frozen_by(target):
        return refused(f"{function} writes into {frozen}", Reason.NOT_TRACED)
    if name in _IN_PLACE:
        value = args[1] if len(args) > 1 else 0
        return _written(target, value)
    functional = getattr(torch.ops.aten, name[:-1], None)
    overload = getattr(functional, schema_of(function).overload or "default", None)
    if overload is None or not {name[:-1]} & {*OPERATIONS, *COPIES}:
        return _unknown(function)
    return _written(target, dispatched(overload, args, options))


def _written(target: SymbolTensor, value: Any) -> SymbolTensor:
    """Write a value into a tensor of symbols, and into all that shares its memory."""
    if isinstance(value, torch.Tensor):
        if is_float(value):
            _note_narrowed(value.dtype, target.dtype)
        else:
            value = dispatched(torch.ops.aten._to_copy.default, [value], {"dtype": target.dtype})  # noqa: SLF001
        numbers_of(target).copy_(in_type(numbers_of(value), target.dtype))
    else:
        numbers_of(target).fill_(filling(value, target.dtype))
    return target


def _computed(function: Any, name: str, args: Any, options: Any) -> Any:
    """Return what NumPy's functions make of the symbols, as PyTorch would have laid it out."""
    if options.keys() & {"rounding_mode", "out", "reduce"}:
        return _unknown(function)
    if name in UNBOUNDED and arrays.current().as_executed:
        raise unbounded(str(function))
    meta = without_memory(function, args, options)
    try:
        value = OPERATIONS[name](*each(array, args), **{key: each(array, option) for key, option in options.items()})
    except TypeError:  # arguments that the table does not have
        return _unknown(function)
    if isinstance(meta, tuple):
        return tuple(None if like is None else tensor_of(part, like) for part, like in zip(value, meta, strict=True))
    if options.get("dtype") is not None and meta.dtype.is_floating_point:
        _note_narrowed(args[0].dtype, meta.dtype)
    made = tensor_of(value, meta)
    if name == "_conj" and isinstance(made, SymbolTensor):
        made.frozen = _CONJUGATED
    return made


_OTHERS: dict[str, Any] = {"_to_copy": _cast, "to": _turned, "view_as_real": _in_parts, "view_as_complex": _of_parts}

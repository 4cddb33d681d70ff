"""Operations that only move entries: each is run on the numbers of nodes as it is, so that views share memory.

An operation belongs here if every entry of its result is an entry of one of its arguments, chosen without looking at
real numbers: then the numbers of nodes may be moved in their place, and strides, aliases and errors are PyTorch's own.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import torch
from torch.utils._mode_utils import no_dispatch

from verify.adapters.torch.complexes import in_type, number_of
from verify.adapters.torch.schemas import each, parts, schema_of
from verify.adapters.torch.tensors import OF_SYMBOLS, SymbolTensor, is_float, laid_out, numbers_of, plain, refused
from verify.model.reasons import Reason
from verify.tracing.arrays import arrays

# The results show the memory of the first argument.
_VIEWS = (
    "view _unsafe_view _reshape_alias expand permute transpose t unsqueeze squeeze slice select split split_with_sizes"
    " unbind diagonal as_strided unfold alias detach"
)
VIEWS = frozenset(_VIEWS.split())
# The results have memory of their own.
_COPIES = (
    "clone cat stack flip roll repeat index_select gather index take masked_select where masked_fill scatter index_put"
    " index_copy slice_scatter select_scatter diagonal_scatter view_copy expand_copy permute_copy lift_fresh"
    " lift_fresh_copy"
)
COPIES = frozenset(_COPIES.split())
_PLACES = {"condition", "mask", "index", "indices"}  # arguments that say which entries: all other tensors are entries
_ADDING = {"accumulate", "reduce"}  # arguments by which entries are computed
_BEFORE = "a tensor that was made before the run"
_REFUSED = {"dtype", "out"}  # overloads: the bytes seen as another type; results written into an argument


def moved(function: Any, name: str, args: Any, options: Any) -> Any:
    """Run an operation on the numbers of nodes; the results are tensors of symbols of the widest type among them."""
    if _REFUSED.intersection(schema_of(function).overload.split("_")):
        refused(f"{function} cannot be traced", Reason.UNKNOWN_FUNCTION)
    dtype, frozen = _common(args, options), _frozen_by(name, args)
    args, options = _with_numbers(function, args, options, dtype)
    made = function(*args, **options)

    def symbolic(value: Any) -> Any:
        return SymbolTensor(value, dtype, frozen=frozen) if isinstance(value, torch.Tensor) else value

    return each(symbolic, made)


def reshaped(function: Any, name: str, args: Any, options: Any) -> Any:
    """Give a tensor of symbols another shape in place: the numbers are shown as the view that the same operation gives.

    PyTorch changes the shape and strides of the tensor itself by its own operation, which reads no memory.
    """
    target = args[0]
    if name[:-1] not in VIEWS or not isinstance(target, SymbolTensor):
        return refused(f"{function} cannot be traced", Reason.UNKNOWN_FUNCTION)
    view = getattr(torch.ops.aten, name[:-1])(numbers_of(target), *args[1:], **options)
    with no_dispatch():
        function(*args, **options)
    target.numbers = view
    return target


def adds(function: Any, args: Any, options: Any) -> bool:
    """Tell whether an operation adds entries up, by its arguments: a move puts them where they go."""
    return _written(function, args, options).get("accumulate") is True


def _common(args: Any, options: Any) -> torch.dtype:
    """Return the shortest type that holds the numbers of all tensors of floats."""
    kinds = [value.dtype for value in parts((*args, *options.values())) if is_float(value)]
    if unknown := {*kinds}.difference(OF_SYMBOLS):
        refused(f"a tensor of {unknown.pop()}", Reason.UNKNOWN_TYPE)
    return reduce(torch.promote_types, kinds)


def _frozen_by(name: str, args: Any) -> str:
    """Say why nothing can be written into results, which may show the memory of such a tensor."""
    return frozen_by(args[0]) if name in VIEWS else ""


def frozen_by(tensor: Any) -> str:
    """Say why nothing can be written into a tensor: it is from before the run, say, or shows the memory of one."""
    return tensor.frozen if isinstance(tensor, SymbolTensor) else _BEFORE


def _with_numbers(function: Any, args: Any, options: Any, dtype: torch.dtype) -> tuple[Any, Any]:
    """Return arguments with nodes in the place of entries, as results of a type have them.

    Raises TraceError where the operation would compute.
    """
    written, numbers = _written(function, args, options), schema_of(function).numbers
    if any(written.get(name) for name in _ADDING):
        refused(f"{function} with {' or '.join(sorted(_ADDING))} cannot be traced", Reason.UNKNOWN_FUNCTION)
    made = {name: _entries(name, value, name in numbers, dtype) for name, value in written.items()}
    return [*made.values()][: len(args)], {name: made[name] for name in options}


def _written(function: Any, args: Any, options: Any) -> dict[str, Any]:
    """Return the arguments by their names in the schema, in the order in which they are given."""
    return {**dict(zip(schema_of(function).parameters, args, strict=False)), **options}


def _entries(name: str, value: Any, is_number: bool, dtype: torch.dtype) -> Any:
    """Return an argument with nodes in the place of entries, which are tensors and what the schema calls a number."""
    if name in _PLACES or value is None:
        return value
    if is_number or isinstance(value, (float, complex)):
        return filling(value, dtype)
    return each(lambda part: in_type(constants_of(part), dtype) if isinstance(part, torch.Tensor) else part, value)


def constants_of(tensor: torch.Tensor) -> torch.Tensor:
    """Return the nodes of a tensor, also of whole numbers and truth values, which become constants."""
    return numbers_of(tensor) if is_float(tensor) else laid_out(arrays.nodes(plain(tensor)), tensor)


def filling(number: Any, dtype: torch.dtype) -> Any:
    """Return what the numbers of a tensor of a type are filled with; raises TraceError for an infinity."""
    return number_of(number) if dtype.is_complex else node(number)


def node(number: Any) -> int:
    """Return the node of a number; raises TraceError for an infinity."""
    return int(arrays.nodes(number)[0])

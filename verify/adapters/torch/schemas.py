"""What PyTorch says of its operations, which is asked once: of each operation, and of each result without memory.

Shapes, types and strides of a result depend on those of the tensors that go in, on the other arguments and on PyTorch's
default type, and on nothing else. So one answer serves all runs in which these are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import torch

_MOST = 4096  # results that are kept
_results: dict[Any, Any] = {}
_TOTAL = {"mean", "cumsum", "addmm", "logsumexp"}  # operations beside those of entries that all numbers can be given to


class Schema(NamedTuple):
    """An operation: its library and name, whether it draws or writes, the overload, and its parameters.

    `numbers` has the names of those that are called numbers.
    """

    library: str
    name: str
    overload: str
    draws: bool
    writes: bool
    parameters: tuple[str, ...]
    numbers: frozenset[str]


@cache
def schema_of(function: Any) -> Schema:
    """Return what PyTorch says of an operation."""
    schema = function._schema  # noqa: SLF001 - there is no public way to ask
    library, _, name = schema.name.partition("::")
    return Schema(
        library,
        name,
        schema.overload_name,
        torch.Tag.nondeterministic_seeded in function.tags,
        schema.is_mutable,
        tuple(argument.name for argument in schema.arguments),
        frozenset(argument.name for argument in schema.arguments if "number" in str(argument.type)),
    )


def parts(values: Any) -> Iterator[Any]:
    """Yield what arguments or results consist of: lists and tuples of an operation, whose entries may be such again."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from parts(value)
        else:
            yield value


def each(change: Callable[[Any], Any], value: Any) -> Any:
    """Return an argument or a result with each part changed."""
    if isinstance(value, (list, tuple)):
        return (
            type(value)([each(change, part) for part in value])
            if type(value) in (list, tuple)
            else _named(change, value)
        )
    return change(value)


def _named(change: Callable[[Any], Any], value: Any) -> Any:
    """Return a tuple of named results, such as (values, indices), as a plain one."""
    return tuple(each(change, part) for part in value)


def without_memory(function: Any, args: Any, options: Any) -> Any:
    """Return what an operation gives on tensors without memory: its shape, type and strides, or PyTorch's own error."""
    key = (
        function,
        torch.get_default_dtype(),
        _form(args),
        tuple((name, _form(value)) for name, value in options.items()),
    )
    if key not in _results:
        if len(_results) >= _MOST:
            _results.clear()
        _results[key] = _by_ones(function, args, options) if _is_total(function) else _on_meta(function, args, options)
    return _results[key]


def _is_total(function: Any) -> bool:
    """Tell whether an operation has a result of the same form for all numbers, so that ones can be asked."""
    return torch.Tag.pointwise in function.tags or schema_of(function).name in _TOTAL


def _by_ones(function: Any, args: Any, options: Any) -> Any:
    """Return what an operation gives, without its memory, as it gives it on ones.

    Most of what PyTorch says of these operations on tensors without memory is written in Python, and imports all that
    compiles code when it is asked first, which takes seconds.
    """
    made = function(*each(_ones, args), **{name: each(_ones, value) for name, value in options.items()})
    return each(_meta, made)


def _on_meta(function: Any, args: Any, options: Any) -> Any:
    meta = {"device": "meta"} if "device" in schema_of(function).parameters else {}
    return function(*each(_meta, args), **{name: each(_meta, v) for name, v in {**options, **meta}.items()})


def _form(value: Any) -> Any:
    """Return what shape, type and strides of results depend on; 1, 1.0 and True are equal, and are told apart."""
    if isinstance(value, torch.Tensor):
        return value.size(), value.stride(), value.dtype
    if isinstance(value, (list, tuple)):
        return type(value), *map(_form, value)
    return type(value), value


def _ones(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        last = sum((length - 1) * stride for length, stride in zip(value.size(), value.stride(), strict=True))
        return torch.ones(last + 1 if value.numel() else 0, dtype=value.dtype).as_strided(value.size(), value.stride())
    return value


def _meta(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return torch.empty_strided(value.size(), value.stride(), dtype=value.dtype, device="meta")
    return value

"""Addresses of tensors of symbols, for kernels: what a kernel reads and writes by them are nodes, never memory.

Each tensor that a kernel is passed gets a region of addresses of its own, in which an entry takes as many bytes as its
type has: so pointers to short floats are followed as well. An address that lies in no entry of its tensor's memory is
an error, where a device would read or write what belongs to something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from verify.adapters.torch.tensors import SymbolTensor, claimed
from verify.model.errors import ProtocolError
from verify.model.reasons import Reason
from verify.tracing.arrays import arrays

_BITS = 40  # of an address within a region
_FIRST = 1 << 56  # the first region: no process has memory there
_OUTSIDE = "a kernel {} outside of a tensor of {} entries, at place {:g}"
_NOWHERE = "a kernel {} before the first entry of a tensor"


class Regions:
    """The tensors of symbols that a kernel is passed, by the regions of their addresses."""

    def __init__(self) -> None:
        self._tensors: list[SymbolTensor] = []

    def address(self, tensor: SymbolTensor) -> int:
        """Return the address of the first entry of a tensor."""
        self._tensors.append(tensor)
        start = _FIRST + ((len(self._tensors) - 1) << _BITS)
        return int(start + tensor.storage_offset() * tensor.dtype.itemsize)

    def load(self, addresses: Any, mask: Any, other: Any) -> Any:
        """Return the entries at some addresses as symbols; else those of `other`, or what is unset."""
        addresses, mask = np.broadcast_arrays(addresses, mask)
        trace = arrays.current()
        nodes = (
            [trace.uninitialised() for _ in range(addresses.size)] if other is None else list(_nodes(other, addresses))
        )
        kind = self._tensor(addresses, mask).dtype if mask.any() else torch.float64
        for place, address in _inside(addresses, mask):
            memory, entry = self._entry(address, "reads")
            nodes[place] = int(memory[entry])
        return arrays.built(nodes, addresses.shape, claimed(kind))

    def store(self, addresses: Any, values: Any, mask: Any) -> None:
        """Write entries at some addresses, as far as a mask has them."""
        addresses, mask = np.broadcast_arrays(addresses, mask)
        nodes = _nodes(values, addresses)
        for place, address in _inside(addresses, mask):
            memory, entry = self._entry(address, "writes")
            memory[entry] = int(nodes[place])

    def add(self, addresses: Any, values: Any, mask: Any) -> Any:
        """Add to entries at some addresses, one after the other; returns what was there."""
        addresses, mask = np.broadcast_arrays(addresses, mask)
        terms, before = arrays.symbols(values, addresses.shape), [arrays.lift(0)] * addresses.size
        for place, address in _inside(addresses, mask):
            memory, entry = self._entry(address, "writes")
            before[place] = arrays.symbols(arrays.built([int(memory[entry])], (1,)))[0]
            memory[entry] = int(arrays.nodes(before[place] + terms[place])[0])
        return arrays.gathered(before, addresses.shape)

    def _tensor(self, addresses: Any, mask: Any) -> SymbolTensor:
        first = addresses[mask].ravel()[0]
        return self._tensors[max(0, (int(first) - _FIRST) >> _BITS)]

    def _entry(self, address: int, verb: str) -> tuple[Any, int]:
        """Return the memory that an address is in, and its place there; raises ProtocolError."""
        number, within = divmod(address - _FIRST, 1 << _BITS)
        if not 0 <= number < len(self._tensors):
            raise ProtocolError(_NOWHERE.format(verb), Reason.RAW_MEMORY)
        tensor = self._tensors[number]
        memory, (place, rest) = _memory(tensor), divmod(within, tensor.dtype.itemsize)
        if rest or not 0 <= place < len(memory):
            text = _OUTSIDE.format(verb, len(memory), within / tensor.dtype.itemsize)
            raise ProtocolError(text, Reason.RAW_MEMORY)
        return memory, place


def are_followed(addresses: Any) -> bool:
    """Tell whether addresses are those of tensors of symbols."""
    return bool(addresses.size) and int(addresses.max()) >= _FIRST // 2


def _nodes(values: Any, like: Any) -> Any:
    return arrays.nodes(values, like.shape)


def _inside(addresses: Any, mask: Any) -> Iterator[tuple[int, int]]:
    """Yield the places that a mask has, with their addresses."""
    flat = addresses.ravel()
    for place in np.flatnonzero(mask.ravel()):
        yield int(place), int(flat[place])


def _memory(tensor: SymbolTensor) -> torch.Tensor:
    """Return all nodes in the memory that a tensor shows."""
    storage = tensor.numbers.untyped_storage()
    return torch.empty(0, dtype=torch.int64).set_(storage, 0, (storage.nbytes() // 8,), (1,))

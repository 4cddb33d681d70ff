"""Arrays of symbols in the place of arrays of floats that user code keeps: buffers made before the run, and constants.

A twin has the numbers, the shape and the memory order of its array. Views of one memory are views of one twin, so that
what is written through one of them is seen through the others. Where somebody else holds the array (a queue, an
iterator, a buffer), as the number of references tells, it has no twin: what is read there would be numbers of the past,
of a run on floats at the same sample say, that no formula tells from constants. Then it refuses symbols, as any array.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import SymbolArray, bare, layout
from verify.tracing.numpy.creation import filled
from verify.tracing.stand_ins.belongings import Place
from verify.tracing.stand_ins.counted import Counted

_OWN = 2  # references of `_held_elsewhere` itself: of its table, and of the call that counts
_MOST = 20_000  # entries of one memory: each is a constant of the graph, in each run
_SYMBOL = np.dtype(object).itemsize
_as_strided = np.lib.stride_tricks.as_strided  # the original, whatever patches are in force
_FLOATS = (np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.float16))


class Twins:
    """The twins of one run."""

    def __init__(self, places: list[Place]) -> None:
        self._memories: dict[int, tuple[Any, SymbolArray]] = {}
        self._shared = _held_elsewhere(places)

    def of(self, value: Any) -> Any:
        """Return what stands for a value while a trace is running: itself, if that is no array of numbers."""
        if type(value) is not np.ndarray:
            return value
        if value.dtype.kind in "biu":
            return value.view(Counted)
        root = _root(value)
        if (
            value.dtype not in _FLOATS
            or root.dtype != value.dtype
            or root.size > _MOST
            or not _is_whole(root)
            or id(root) in self._shared
        ):
            return value
        if id(root) not in self._memories:
            self._memories[id(root)] = root, filled((root.size,), root.ravel(order="K"), root.dtype)
        return _like(value, root, self._memories[id(root)][1])


def _held_elsewhere(places: list[Place]) -> set[int]:
    """Return which memories somebody holds who is none of the places, by the identity of their root.

    Of each array are known: the places that hold it, each with the entry of the list that tells it, and its views.
    """
    listed = Counter(id(place.value) for place in places if type(place.value) is np.ndarray)
    arrays = {id(place.value): place.value for place in places if type(place.value) is np.ndarray}
    views = _views(arrays)
    return {
        id(_root(arrays[number]))
        for number in arrays
        if sys.getrefcount(arrays[number]) - _OWN > 2 * listed[number] + views[number]
    }


def _views(arrays: dict[int, Any]) -> Counter[int]:
    """Return how many views each array has, and add to the arrays those that only views lead to."""
    views, todo = Counter[int](), [*arrays.values()]
    while todo:
        array = todo.pop()
        if isinstance(array.base, np.ndarray):
            views[id(array.base)] += 1
            if id(array.base) not in arrays:
                arrays[id(array.base)] = array.base
                todo.append(array.base)
    return views


def _root(array: Any) -> Any:
    """Return the array whose memory an array shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _is_whole(array: Any) -> bool:
    """Tell whether the entries of an array lie one behind the other, in some order of its axes."""
    return bool(array.size) and (array.flags.c_contiguous or array.flags.f_contiguous)


def _like(array: Any, root: Any, memory: SymbolArray) -> SymbolArray:
    """Return the view of a memory of symbols that an array is of the memory of its root."""
    first = (_address(array) - _address(root)) // array.itemsize
    strides = [step // array.itemsize * _SYMBOL for step in array.strides]
    plain = layout(memory) if memory.memory is not None else bare(memory)
    made: SymbolArray = _as_strided(plain[first:], array.shape, strides).view(SymbolArray)
    made.claimed, made.memory = memory.claimed, memory.memory
    if made.memory is None and not array.flags.writeable:
        made.setflags(write=False)
    return made


def _address(array: Any) -> int:
    address: int = array.__array_interface__["data"][0]
    return address

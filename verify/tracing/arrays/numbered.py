"""Memory of arrays whose entries are elements of a tape: their numbers lie beside NumPy's memory, and not in it.

An array of symbols of a tape is NumPy's like any other, so that NumPy makes views of it (slices, transposes, strides).
Where an entry lies in its memory tells which element it is: `elements` has the numbers at the same places. So no symbol
is made for an entry that nobody asks for by itself, and whole arrays are read and written as arrays of numbers.

NumPy's own memory holds nothing but `_Refused`, an object that raises TraceError whatever it is asked, and it cannot be
written to. Code that gets at the array past NumPy's protocols (compiled code, libraries that call `np.asarray`) may
move these objects about, and no more: what it compares, sorts, counts or converts ends the run, also where the code
catches the exception (`TraceError.raised`). Each memory has such an object of its own: Python takes an object for equal
to itself without asking, in lists.

Where symbols are wanted one by one, the memory is *settled*: they are put into it, and from then on it is that of any
array of symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.symbols.concolic import Concolic

if TYPE_CHECKING:
    from verify.tape.tape import Elements

_INTEGER = np.dtype(np.int64)
_OBJECT = np.dtype(object)
_empty, _fromiter = np.empty, np.fromiter  # the originals, whatever patches are in force
_interface: Callable[[Any], dict[str, Any]] = np.ndarray.__array_interface__.__get__
_strides: Callable[[Any], tuple[int, ...]] = np.ndarray.strides.__get__
_set_flags = np.ndarray.setflags
IS_POSSIBLE = _OBJECT.itemsize == _INTEGER.itemsize  # an offset in one memory is that in the other, as with 64 bits
_REFUSING = (
    "add radd iadd sub rsub isub mul rmul imul truediv rtruediv itruediv floordiv rfloordiv mod rmod divmod rdivmod pow"
    " rpow matmul rmatmul neg pos abs invert and rand or ror xor rxor lshift rlshift rshift rrshift lt le gt ge eq ne"
    " hash bool float int index complex len iter contains getitem setitem call round trunc floor ceil copy deepcopy"
    " reduce reduce_ex getattr enter exit format bytes array array_interface array_struct"
)


class Refusing:
    """What raises TraceError whatever it is asked."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "symbol"


class _Refused(Refusing):
    """What stands in NumPy's memory of a numbered array."""

    __slots__ = ()


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TraceError(
        "the entries of an array of symbols were read past NumPy's protocols", asked_at(), reason=Reason.RAW_MEMORY
    )


for _name in _REFUSING.split():
    setattr(Refusing, f"__{_name}__", _refuse)


class Memory:
    """The memory of an array and of all views of it; `elements` is None once symbols have been put into it."""

    __slots__ = ("address", "elements", "places", "trace")

    def __init__(self, trace: Any, elements: Elements) -> None:
        self.trace = trace
        self.elements: Elements | None = elements
        self.places = _empty(elements.size, object)
        self.places[...] = _fromiter([_Refused()], _OBJECT, 1)  # to make an array of it is to ask it something
        _set_flags(self.places, write=not elements.size)  # nobody can write into what has no entry, and may say so
        self.address = _address(self.places)

    def holds(self, array: Any) -> bool:
        """Tell whether an array that is not empty lies in this memory, and is no copy of what does."""
        return 0 <= _address(array) - self.address < self.places.nbytes

    def settle(self) -> None:
        """Put symbols in their places."""
        if self.elements is not None:
            _set_flags(self.places, write=True)
            self.places[...] = symbols_of(self.trace, self.elements)
            self.elements = None


def _address(array: Any) -> int:
    address: int = _interface(array)["data"][0]
    return address


def symbols_of(trace: Any, elements: Elements) -> Any:
    """Return elements as a plain array of symbols."""
    array = _fromiter(map(Concolic, repeat(trace), elements.ravel().tolist()), _OBJECT, elements.size)
    return array.reshape(elements.shape)


def elements_of(array: Any) -> Elements | None:
    """Return the elements of an array's entries as a view: what is written there is in the array; None if it has none.

    Raises TraceError where compiled code has copied the array.
    """
    memory: Memory | None = array.memory
    if memory is None or memory.elements is None:
        return None
    if not array.size:
        return _empty(array.shape, _INTEGER)
    elements: Elements | None = array.entries
    if elements is not None and elements.shape == array.shape:
        return elements
    try:
        return np.ndarray(array.shape, _INTEGER, memory.elements, _address(array) - memory.address, _strides(array))
    except (TypeError, ValueError):
        _refuse()


def settle(array: Any) -> None:
    """Make an array one that has symbols in its own memory, as all those have that are no numbered ones."""
    memory: Memory | None = array.memory
    if memory is None:
        return
    if array.size:
        elements_of(array)  # which raises for a copy
        memory.settle()
        _set_flags(array, write=True)
    array.memory = None

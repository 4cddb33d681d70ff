"""Arrays of symbols: an `ndarray` on which user code runs unchanged.

The entries are `Concolic` symbols in an array of objects, so that NumPy itself does what moves entries about (views,
slices, masks, transposes, strides), and loudly fails where it would have to know a number. On a tape they are numbers
of elements, which lie beside it (`numbered`), until symbols are wanted. What computes comes here by NumPy's protocols,
`__array_ufunc__` (`ufuncs`) and `__array_function__` (`functions`). The array says of itself that its entries are
floats, because code asks.
"""

from __future__ import annotations

import cmath
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.model.additions import HOW
from verify.model.errors import ForeignSymbolError, TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.proof.constants import SCALES
from verify.tracing.arrays import memory, numbered
from verify.tracing.arrays.numbered import Memory, elements_of
from verify.tracing.symbols.concolic import KINDS, NO_NODES, Concolic, Endless, Missing, exact_number
from verify.tracing.symbols.dispatch import PROTOCOLS
from verify.tracing.symbols.texts import text

if TYPE_CHECKING:
    from verify.tape.tape import Elements
    from verify.tracing.symbols.trace import Trace

_running: Trace | None = None  # in every thread: `threads` sees to it that one of them builds at a time
_DOUBLE = np.dtype(np.float64)
_PEERS = "floats of arrays of a size"  # what a graph remembers
_DIGITS = 14  # signs that a float has of which a person has written the digits
_SMALL = 2.0**-20  # of the largest entry: what is as small as that may be nothing but an error of a whole
_asarray = np.asarray  # the original, whatever patches are in force
_empty = np.empty
_OBJECT = np.dtype(object)
_IF_NEEDED: Any = None if hasattr(np, "isdtype") else False  # as NumPy before 2 has it
_modules = sys.modules
_NODE, _GRAPH = attrgetter("node"), attrgetter("graph")


@contextmanager
def running(trace: Trace) -> Iterator[None]:
    """Make a trace the one that arrays are built on."""
    global _running
    before, _running = _running, trace
    try:
        yield
    finally:
        _running = before


def active() -> Trace | None:
    """Return the trace that arrays are built on, if any."""
    return _running


def current() -> Trace:
    """Return the trace that arrays are built on; raises TraceError where a run is over."""
    if _running is None:
        raise ForeignSymbolError("the code uses a symbol kept from another run (in a cache, say)", asked_at())
    return _running


def bare(array: SymbolArray) -> np.ndarray[Any, Any]:
    """Return an array of symbols as a plain one of objects, on the same memory: it never leaves the tracer."""
    if array.memory is not None:
        numbered.settle(array)
    return np.ndarray.view(array, np.ndarray)


def layout(array: SymbolArray) -> np.ndarray[Any, Any]:
    """Return a plain array in the same memory, which is asked for nothing but its shape, strides and order."""
    return np.ndarray.view(array, np.ndarray)


class SymbolArray(np.ndarray[Any, Any]):
    """An array of Concolic symbols."""

    __array_priority__ = 1000
    opens = False  # whether the entries are answers that are left open
    claimed: np.dtype[Any]
    stands_for: Any = None  # the type that a framework has entries in, where NumPy has none of the kind
    memory: Memory | None  # where the entries are numbers, and of whoever made the memory's copies and views
    entries: Elements | None  # the elements of its entries, where they are known; they are of its shape at that time

    def __array_finalize__(self, other: Any) -> None:
        self.entries = None
        if isinstance(other, SymbolArray):
            self.claimed, self.memory = other.claimed, other.memory
        else:
            self.claimed, self.memory = _DOUBLE, None

    @property
    def dtype(self) -> Any:
        """Return the type that the code gave the array: a float's."""
        if "numba" in _modules:
            memory.refuse_compiled_code()
        return self.claimed

    @dtype.setter
    def dtype(self, value: Any) -> None:
        memory.refuse("dtype")

    @property
    def itemsize(self) -> int:
        """Return the bytes that an entry takes, as its strides have it."""
        return self._in_bytes(_OBJECT.itemsize)

    @property
    def strides(self) -> tuple[int, ...]:
        """Return the bytes from one entry to the next along each axis."""
        return tuple(map(self._in_bytes, super().strides))

    @strides.setter
    def strides(self, value: Any) -> None:
        memory.refuse("strides")

    @property
    def nbytes(self) -> int:
        """Return the bytes that all entries take."""
        return self._in_bytes(super().nbytes)

    def _in_bytes(self, length: int) -> int:
        """Return how many bytes floats take where symbols take so many: those of float64 take as many as a symbol.

        Code that asks for them asks for the type of its numbers. No view is made by those of shorter floats, for the
        memory holds symbols: `as_strided` refuses them.
        """
        return length if self.claimed == _DOUBLE else length // _OBJECT.itemsize * self.claimed.itemsize

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return PROTOCOLS["ufunc"](ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return PROTOCOLS["function"](function, args, options)

    def __getitem__(self, key: Any) -> Any:
        key = plain_key(key)
        if self.memory is not None and (elements := elements_of(self)) is not None:
            entries = elements[key]
            if not isinstance(entries, np.ndarray):
                return Concolic(self.memory.trace, int(entries))
            if not _shows(key):
                return of_elements(self.memory.trace, entries, self.claimed)
            view = super().__getitem__(key)
            view.entries = entries
            return view
        entries = super().__getitem__(key)
        return entries if isinstance(entries, np.ndarray) else lift(entries)

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, SymbolArray) and key.opens:
            key.write(self, value)
            return
        key = plain_key(key)
        if self.claimed.itemsize < _DOUBLE.itemsize and isinstance(value, SymbolArray) and value.claimed == _DOUBLE:
            current().narrowed(self.claimed.name)
        elements = elements_of(self)
        if elements is not None and (numbers := elements_at(value)) is not None:
            _write(elements, key, numbers)
            return
        lifted, plain = objects(value), bare(self)
        if lifted.size == 1:
            plain[key] = lift(lifted.item())  # a box would be stored as it is
        elif isinstance(plain[key], np.ndarray):
            plain[key] = lifted
        else:
            raise ValueError("setting an array element with a sequence")

    def write(self, array: SymbolArray, value: Any) -> None:
        """Set entries of an array where the answers are yes, which are open here (`openmasks`)."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return text(f"symbols of shape {self.shape}")

    def __str__(self) -> str:
        return text(f"symbols of shape {self.shape}")

    def __format__(self, spec: str) -> str:
        return text(f"symbols of shape {self.shape}")

    @property
    def flat(self) -> Any:
        """Return the entries in order, to read and to write."""
        return Flat(self)

    @flat.setter
    def flat(self, value: Any) -> None:
        Flat(self)[...] = value

    @property
    def flags(self) -> Any:
        """Return what is said of the memory, and may be set: whether the code may write to it."""
        numbered.settle(self)
        return super().flags

    @property
    def real(self) -> Any:
        """Return the array itself: the numbers are real."""
        return self

    @real.setter
    def real(self, value: Any) -> None:
        self[...] = value

    @property  # type: ignore[misc]
    def imag(self) -> Any:
        """Return zeros: the numbers are real."""
        return gathered([lift(0)] * self.size, self.shape, self.claimed)

    def __bool__(self) -> bool:
        return bool(self.item() if self.size == 1 else objects(self))

    def item(self, *args: Any) -> Any:
        """Return one entry."""
        elements = elements_of(self)
        if self.memory is None or elements is None:
            return super().item(*args)
        return Concolic(self.memory.trace, elements.item(*args))

    def tolist(self) -> Any:
        """Return the entries in lists."""
        elements = elements_of(self)
        if self.memory is None or elements is None:
            return super().tolist()
        return numbered.symbols_of(self.memory.trace, elements).tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def copy(self, order: Any = "C") -> SymbolArray:
        """Return a copy."""
        elements = elements_of(self)
        if self.memory is None or elements is None:
            return super().copy(order)
        return of_elements(self.memory.trace, elements.copy(order), self.claimed)

    def __copy__(self) -> SymbolArray:
        return self.copy("K")

    def __deepcopy__(self, memo: Any) -> SymbolArray:
        return self.copy()

    def astype(  # type: ignore[override]
        self, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """Return a copy of another type; whole numbers and truth values have to be decided first."""
        wanted, plain = np.dtype(dtype), layout(self)
        _empty(0, self.claimed).astype(wanted, order, casting)  # which raises what NumPy does
        if wanted.kind == "O":
            return bare(self).copy(order)
        if wanted.kind in "biu":
            decide = bool if wanted.kind == "b" else int
            decided = np.empty_like(plain, wanted, order)
            decided[...] = np.reshape([decide(symbol) for symbol in bare(self).ravel().tolist()], self.shape)
            return decided
        if wanted.kind == "c":
            return PROTOCOLS["complex list"]([self]).reshape(self.shape).astype(wanted)
        if wanted.kind != "f":
            raise TraceError(
                f"an array of symbols was turned into {wanted}", asked_at(), HOW, reason=Reason.UNKNOWN_TYPE
            )
        if not copy and wanted == self.claimed and np.array(plain, order=order, copy=_IF_NEEDED) is plain:
            return self
        if wanted.itemsize < self.claimed.itemsize:
            current().narrowed(wanted.name)
        copied = self.copy(order)
        copied.claimed = wanted
        return copied

    def view(self, *args: Any, **options: Any) -> Any:
        """Return a view as another class; as another type it would show bytes that are not there."""
        if not options and (not args or args[0] in (np.ndarray, SymbolArray)):
            return super().view()
        if len(args) == 1 and isinstance(args[0], type) and issubclass(args[0], np.ndarray):
            numbered.settle(self)
            return super().view(args[0])
        return memory.refuse("view")

    def conjugate(self) -> Any:
        """Return the array itself, as NumPy does where numbers are real."""
        return self

    conj = conjugate

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Any:
        """Return the slices for which a condition holds."""
        if not self.ndim and axis is None and out is None:  # the condition may be longer than the array
            return self.reshape(1)[np.nonzero(condition)[0]]
        return np.compress(condition, self, axis=axis, out=out)

    def partition(self, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> None:
        """Put the smallest entries in front, in place."""
        self[...] = np.partition(self, kth, axis, kind, order)

    def fill(self, value: Any) -> None:
        """Set every entry."""
        if np.ndim(value):
            raise ValueError("setting an array element with a sequence.")
        self[...] = value


def _delegating(name: str) -> Callable[..., Any]:
    """Return a method that does what NumPy's function of the same name does."""

    def method(self: SymbolArray, *args: Any, **options: Any) -> Any:
        return PROTOCOLS["function"](getattr(np, name), (self, *args), options, array_method)

    array_method = getattr(np.ndarray, name)
    method.__doc__ = f"Do what numpy.{name} does."
    return method


def _moving(name: str) -> Callable[..., Any]:
    """Return a method that gives a view of the entries where NumPy does, and a copy where it does not."""

    def method(self: SymbolArray, *args: Any, **options: Any) -> Any:
        made = original(self, *args, **options)
        if self.memory is not None and made.size and self.memory.elements is not None and not self.memory.holds(made):
            elements: Any = elements_of(self)
            made = of_elements(self.memory.trace, getattr(elements, name)(*args, **options), self.claimed)
        return made

    original = getattr(np.ndarray, name)
    method.__doc__ = f"Do what numpy.ndarray.{name} does."
    return method


def _settling(name: str) -> Callable[..., Any]:
    """Return a method that NumPy does on symbols."""

    def method(self: SymbolArray, *args: Any, **options: Any) -> Any:
        numbered.settle(self)
        return original(self, *args, **options)

    original = getattr(np.ndarray, name)
    method.__doc__ = f"Do what numpy.ndarray.{name} does."
    return method


class Flat:
    """What `x.flat` is: the entries of an array in order, to read and to write."""

    def __init__(self, base: SymbolArray) -> None:
        self.base = base
        self._places = iter(np.ndindex(base.shape))

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Flat:
        return self

    def __next__(self) -> Any:
        return self.base[next(self._places)]

    def __getitem__(self, key: Any) -> Any:
        return self.base.flatten()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if not np.size(value):  # NumPy writes nothing where there is nothing to write, and looks at no place
            return
        places = np.arange(self.base.size)[plain_key(key)]
        if isinstance(value, np.ndarray) and np.shares_memory(np.asarray(self.base), np.asarray(value)):
            # NumPy writes one entry after the other here, and reads what it has just written.
            raise TraceError("x.flat is assigned from its own memory", asked_at(), reason=Reason.RAW_MEMORY)
        if not places.ndim and np.ndim(value):
            raise ValueError("Error setting single item of array.")
        values, index = objects(value), np.unravel_index(places, self.base.shape)
        self.base[index] = np.resize(values, places.shape) if places.ndim else values.flat[0]

    def copy(self) -> Any:
        """Return the entries as an array of one axis."""
        return self.base.flatten()


_BY_FUNCTION = (
    "mean var std dot clip round cumsum cumprod sum prod max min argmax argmin argsort any all nonzero trace repeat"
    " take choose diagonal put searchsorted argpartition"
)
for _name in _BY_FUNCTION.split():
    setattr(SymbolArray, _name, _delegating(_name))
for _name in ("reshape", "ravel", "flatten"):
    setattr(SymbolArray, _name, _moving(_name))
for _name in ("sort", "setflags", "__array__"):
    setattr(SymbolArray, _name, _settling(_name))
memory.guard(SymbolArray)


_PLAIN = frozenset({int, slice, type(None), type(Ellipsis)})


def plain_key(key: Any) -> Any:
    """Return an index without symbols: those that are constants are numbers."""
    if type(key) is tuple and _PLAIN.issuperset(map(type, key)):  # as in most code
        return key
    if isinstance(key, tuple):
        return tuple(map(plain_key, key))
    if isinstance(key, Concolic):
        return key.__index__()
    return key.astype(int) if isinstance(key, SymbolArray) else key


def _shows(key: Any) -> bool:
    """Tell whether an index gives a view of an array, and no copy."""
    if type(key) is tuple:
        return _PLAIN.issuperset(map(type, key)) or all(map(_shows, key))
    return type(key) in _PLAIN or isinstance(key, np.integer)


def _write(elements: Any, key: Any, numbers: Any) -> None:
    """Set entries of an array, as NumPy does with objects."""
    if numbers.size == 1:
        elements[key] = numbers.item()
    elif isinstance(elements[key], np.ndarray):
        elements[key] = numbers
    else:
        raise ValueError("setting an array element with a sequence")


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of a value; an array is asked for it, and NumPy, which would ask us, of others only."""
    return value.shape if isinstance(value, np.ndarray) else tuple(np.shape(value))


def objects(value: Any) -> np.ndarray[Any, Any]:
    """Return a value as a plain array of objects whose entries are symbols; a symbol is an array without axes.

    An array of symbols is not copied.
    """
    if isinstance(value, SymbolArray):
        array = bare(value)
        return array if array.dtype == _OBJECT else _lifted(array)
    if type(value) in KINDS:
        box = _empty((), object)
        box[()] = value
        return box
    return _lifted(_asarray(value))


def _lifted(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array of numbers and symbols as one of symbols."""
    if array.dtype == _OBJECT:
        entries = array.ravel().tolist()
        if not _only_symbols(entries):
            entries = list(map(lift, entries))
    elif array.dtype.kind in "biuf":
        short = array.dtype.kind == "f" and array.dtype.itemsize < _DOUBLE.itemsize
        values = list(map(exact_number, array.ravel())) if short else array.ravel().tolist()
        lifted = {value: lift(value) for value in set(values)}
        if array.dtype.kind == "f":
            _note_scale(lifted, array)
        entries = [lifted[value] for value in values]
    else:
        raise TraceError(f"an array of {array.dtype} among symbols", asked_at(), HOW, reason=Reason.UNKNOWN_TYPE)
    return np.fromiter(entries, object, len(entries)).reshape(array.shape)


class _Peers:
    """The computed floats of all arrays of a size, and the largest entry of these arrays."""

    def __init__(self) -> None:
        self.largest = 0.0
        self._computed: dict[int, float] = {}

    def errors(self, computed: dict[int, float], largest: float) -> list[int]:
        """Take floats of one more array, and return those that may be errors of the largest entry, as is known now."""
        self._computed |= computed
        open_again = self._computed if largest > self.largest else computed
        self.largest = max(largest, self.largest)
        return [node for node, value in open_again.items() if value < self.largest * _SMALL]


def _note_scale(lifted: dict[float, Any], array: np.ndarray[Any, Any]) -> None:
    """Remember for floats of an array its largest entry, of which the errors of all may be parts.

    A part of a complex array is a view of it: the errors of a small imaginary part are as large as those of its whole.
    A copy of a part tells nothing of the whole. But the other part has as many entries: beside the largest one of all
    arrays of that size, floats with all their digits that are far smaller may be errors.
    """
    trace, whole = current(), array.base
    if trace.on_tape:
        return
    numbers: set[complex] = set(lifted)
    if isinstance(whole, np.ndarray) and whole.dtype.kind == "c":
        numbers = set(whole.ravel().tolist())
    if len(numbers) < 2 or not all(map(cmath.isfinite, numbers)):
        return
    largest, scales = max(map(abs, numbers)), trace.memory(SCALES)
    typed = {s.node: value for value, s in lifted.items() if trace.ops[s.node] == "typed"}
    for node in typed:
        scales[node] = max(largest, scales.get(node, 0.0))
    computed = {node: abs(value) for node, value in typed.items() if len(f"{value!r}".partition("e")[0]) > _DIGITS}
    peers = trace.memory(_PEERS).setdefault(array.size, _Peers())
    for node in peers.errors(computed, largest):
        scales[node] = max(peers.largest, scales[node])


def _only_symbols(values: list[Any]) -> bool:
    return set(map(type, values)).issubset(KINDS)


def lift_in_place(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Turn what NumPy has put between the symbols (`np.pad` with 0) into symbols."""
    values = array.ravel().tolist()
    if not _only_symbols(values):
        for index, value in enumerate(values):
            if type(value) not in KINDS:
                array[np.unravel_index(index, array.shape)] = lift(value)
    return array


def lift(value: Any) -> Any:
    """Return a number or symbol as a symbol; raises TraceError for anything else."""
    if type(value) in KINDS:
        return value
    if isinstance(value, np.ndarray) and not value.ndim:  # of a list of symbols among arrays
        return lift(value.item())
    trace = current()
    symbol = Concolic(trace, -1).lift(value)
    if type(symbol) not in KINDS:
        raise TraceError(f"a {type(value).__name__} among symbols", asked_at(), HOW, reason=Reason.UNKNOWN_TYPE)
    return symbol


_NUMBERS = (int, float)


def symbols(value: Any, shape: Sequence[int] | None = None) -> list[Any]:
    """Return the entries of a value in order, broadcast to a shape."""
    if type(value) in _NUMBERS:  # the most frequent operand beside arrays of symbols: lifted once for all entries
        return [lift(value)] * math.prod(shape or ())
    if isinstance(value, SymbolArray) and (elements := elements_of(value)) is not None:
        array = numbered.symbols_of(value.memory.trace, elements)  # type: ignore[union-attr]
    else:
        array = objects(value)
    if shape is not None and array.shape != tuple(shape):
        array = _repeated(array, tuple(shape))
    entries: list[Any] = array.ravel().tolist()
    if not _only_symbols(entries):
        entries = list(map(lift, entries))
    if not {current()}.issuperset(map(_GRAPH, entries)):
        raise ForeignSymbolError("the code uses a symbol kept from another run (in a cache, say)", asked_at())
    return entries


def _repeated(array: np.ndarray[Any, Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return an array broadcast to a shape: a copy, which takes a fraction of the time of the view that NumPy makes."""
    if array.ndim > len(shape):
        return np.broadcast_to(array, shape)  # raises what NumPy raises
    repeated = _empty(shape, object)
    repeated[...] = array
    return repeated


def nodes(value: Any, shape: Sequence[int] | None = None) -> Any:
    """Return the nodes of a value's entries in order, broadcast to a shape; raises TraceError for infinities."""
    if isinstance(value, SymbolArray) and (elements := _current_elements(value)) is not None:
        alike = shape is None or elements.shape == tuple(shape)
        return (elements if alike else np.broadcast_to(elements, tuple(shape or ()))).flatten()
    return of_symbols(symbols(value, shape))


def floats_of(a: Any) -> Any:
    """Return the numbers that an array has at the sample, as floats that NumPy or LAPACK may be asked about."""
    trace: Any = current()
    entries = np.asarray(nodes(a))
    if trace.on_tape:
        values = trace.enclosures.of(entries)[0]
    else:
        values = [float(ball) for ball in trace.at_samples(entries.tolist())]
    return np.array(values, float).reshape(shape_of(a))


def not_finite(array: Any) -> tuple[list[int], float] | None:
    """Return where an array of symbols has the first entry that is NaN or infinite, and which; None if it has none."""
    if array.memory is not None:
        return None
    wrong = ((place, entry) for place, entry in np.ndenumerate(bare(array)) if type(entry) in (Missing, Endless))
    return next(((list(place), entry.number()) for place, entry in wrong), None)


def elements_at(value: Any) -> Any:
    """Return the elements of a value on a tape in an array of its shape, which may show memory of arrays.

    Returns None where there are infinities, or where nothing is run on a tape.
    """
    if not current().on_tape:
        return None
    if isinstance(value, SymbolArray) and (elements := _current_elements(value)) is not None:
        return elements
    if type(value) in (int, float):
        numbers: Any = current()
        return numbers.literal(value, lift)
    array = objects(value)
    entries = symbols(array)
    return None if not NO_NODES.isdisjoint(map(type, entries)) else of_symbols(entries).reshape(array.shape)


def _current_elements(array: SymbolArray) -> Any:
    """Return the elements of an array's entries, None if it has none; raises ForeignSymbolError for another run's."""
    if array.memory is None or array.memory.elements is None:
        return None
    if array.memory.trace is not current():
        raise ForeignSymbolError("the code uses a symbol kept from another run (in a cache, say)", asked_at())
    return elements_of(array)


def of_symbols(values: list[Any]) -> Any:
    """Return the nodes of symbols as the trace computes with them; raises TraceError for infinities."""
    return current().listed(map(_NODE, values), len(values))


def built(entries: Iterable[int] | np.ndarray[Any, Any], shape: Sequence[int], claimed: Any = _DOUBLE) -> SymbolArray:
    """Return the array of some nodes."""
    trace = current()
    if trace.on_tape and numbered.IS_POSSIBLE:
        elements = np.array(entries if isinstance(entries, np.ndarray) else list(entries), np.int64).reshape(shape)
        return of_elements(trace, elements, claimed)
    listed = entries.tolist() if isinstance(entries, np.ndarray) else entries
    return gathered(list(map(Concolic, repeat(trace), listed)), shape, claimed)


def of_elements(trace: Any, elements: Any, claimed: Any = _DOUBLE) -> SymbolArray:
    """Return the array of elements of a tape, in the memory order of an array that nobody else has."""
    axes = None
    if not elements.flags.c_contiguous:
        axes = sorted(range(elements.ndim), key=lambda axis: -abs(elements.strides[axis]))
        elements = np.ascontiguousarray(elements.transpose(axes))
    room = Memory(trace, elements.reshape(-1))
    array: SymbolArray = room.places.reshape(elements.shape).view(SymbolArray)
    array.claimed, array.memory, array.entries = np.dtype(claimed), room, elements
    return array if axes is None else array.transpose([axes.index(axis) for axis in range(len(axes))])


def gathered(entries: list[Any], shape: Sequence[int], claimed: Any = _DOUBLE) -> SymbolArray:
    """Return the array of some symbols."""
    array: SymbolArray = np.fromiter(entries, object, len(entries)).reshape(shape).view(SymbolArray)
    array.claimed = np.dtype(claimed)
    return array


def laid_out(array: SymbolArray, computed_from: Sequence[Any]) -> SymbolArray:
    """Return an array in the memory order that NumPy gives a result of these: code may reshape it, and write there."""
    if array.ndim < 2:
        return array
    shaped = [value for value in computed_from if isinstance(value, (np.ndarray, list, tuple))]
    layouts = [
        layout(v) if isinstance(v, SymbolArray) else v if isinstance(v, np.ndarray) else _empty(np.shape(v), object)
        for v in shaped
    ]
    if all(value.ndim < 2 or value.flags.c_contiguous for value in layouts):
        return array
    flags = [["readonly"]] * len(layouts) + [["writeonly", "allocate"]]
    types = [None] * len(layouts) + [np.dtype(np.int64)]
    operands: Any = [*layouts, None]
    made = np.nditer(operands, ["refs_ok", "zerosize_ok"], flags, types, order="K").operands[-1]  # type: ignore[call-overload]
    return in_order_of(made, array)


def in_order_of(made: Any, array: SymbolArray) -> SymbolArray:
    """Return a copy of an array in the memory order of another array of its shape."""
    if array.memory is not None and (elements := elements_of(array)) is not None:
        order = np.empty_like(made, np.int64)
        order[...] = elements
        return of_elements(array.memory.trace, order, array.claimed)
    plain = np.empty_like(made, object)
    plain[...] = bare(array)
    result: SymbolArray = plain.view(SymbolArray)
    result.claimed = array.claimed
    return result


def wrapped(result: Any, claimed: Any = _DOUBLE) -> Any:
    """Return what NumPy made of arrays of objects as arrays of symbols, without copying."""
    if type(result) in (tuple, list):
        return type(result)(wrapped(item, claimed) for item in result)
    if isinstance(result, tuple):  # with names
        return type(result)(*(wrapped(item, claimed) for item in result))
    if isinstance(result, np.ndarray) and not isinstance(result, SymbolArray) and result.dtype == _OBJECT:
        array: SymbolArray = lift_in_place(result).view(SymbolArray)
        array.claimed = claimed
        return array
    return result


def boxed(value: Concolic) -> SymbolArray:
    """Return a symbol as an array without axes."""
    array: SymbolArray = objects(value).view(SymbolArray)
    array.claimed = np.dtype(value.trace.dtype)
    return array


def scalar(array: Any) -> Any:
    """Return the one entry of an array without axes, and any other array as it is, as NumPy does."""
    return array[()] if isinstance(array, np.ndarray) and array.shape == () else array


def _array_of_one(self: Concolic, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    return PROTOCOLS["ufunc"](ufunc, method, inputs, options)


def _function_of_one(self: Concolic, function: Any, types: Any, args: Any, options: Any) -> Any:
    return PROTOCOLS["function"](function, args, options)


def _attribute(self: Concolic, name: str) -> Any:
    """Look up what a symbol does not have itself on its array: shape, dtype, sum, reshape, ..."""
    if name.startswith("__"):
        raise AttributeError(name)
    attribute = getattr(boxed(self), name)
    if not callable(attribute):
        return scalar(attribute)
    return lambda *args, **options: scalar(attribute(*args, **options))


Concolic.__array_ufunc__ = _array_of_one
Concolic.__array_function__ = _function_of_one  # type: ignore[attr-defined]
Concolic.__getattr__ = _attribute  # type: ignore[attr-defined]
Concolic.__getitem__ = lambda self, key: boxed(self)[key]  # type: ignore[misc]
Concolic.__iter__ = None  # type: ignore[attr-defined]

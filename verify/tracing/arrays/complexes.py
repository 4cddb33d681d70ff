"""Complex arrays of symbols: a real and an imaginary part, each an array of symbols, behind one class.

All that is proved stays real. What moves entries about (views, slices, transposes, writes through them) is done to both
parts alike, so that it is NumPy's own; what computes comes here by NumPy's protocols, as for arrays of symbols, and is
answered by `complexity`. A complex number is an array without axes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from verify.model.unfollowed import unfollowed
from verify.tracing.arrays.arrays import SymbolArray, boxed, gathered, lift, scalar
from verify.tracing.symbols.concolic import BESIDE, KINDS, Concolic
from verify.tracing.symbols.dispatch import PROTOCOLS
from verify.tracing.symbols.plain import refuse_number
from verify.tracing.symbols.texts import text

_SHORT = np.dtype(np.float32).itemsize
_REAL = frozenset({SymbolArray, *KINDS, int, float, bool, str, type(None), slice, type(Ellipsis)})
_asarray = np.asarray  # the original, whatever patches are in force


class ComplexArray(NDArrayOperatorsMixin):
    """An array of complex symbols; `re` and `im` are arrays of symbols of one shape."""

    __slots__ = ("im", "re")
    __array_priority__ = 2000
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, re: SymbolArray, im: SymbolArray) -> None:
        self.re, self.im = re, im

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return PROTOCOLS["complex ufunc"](ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return PROTOCOLS["complex function"](function, args, options)

    def __array__(self, *args: Any, **options: Any) -> NoReturn:
        refused("an array of complex symbols as a plain one")

    # What arrays say of themselves

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape."""
        shape: tuple[int, ...] = self.re.shape
        return shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        self.re.shape = self.im.shape = shape

    @property
    def ndim(self) -> int:
        """Return how many axes there are."""
        return self.re.ndim

    @property
    def size(self) -> int:
        """Return how many entries there are."""
        return self.re.size

    @property
    def dtype(self) -> Any:
        """Return the type that NumPy's array would have."""
        return np.dtype(np.complex64 if self.re.claimed.itemsize <= _SHORT else np.complex128)

    @property
    def real(self) -> Any:
        """Return the real part, which shows the memory of the array."""
        return scalar(self.re)

    @real.setter
    def real(self, value: Any) -> None:
        self.re[...] = value

    @property
    def imag(self) -> Any:
        """Return the imaginary part, which shows the memory of the array."""
        return scalar(self.im)

    @imag.setter
    def imag(self, value: Any) -> None:
        self.im[...] = value

    @property
    def T(self) -> ComplexArray:  # noqa: N802 - as NumPy has it
        """Return the transpose, a view."""
        return ComplexArray(self.re.T, self.im.T)

    @property
    def flat(self) -> Any:
        """Refuse."""
        refused("numpy.ndarray.flat of complex symbols")

    def __len__(self) -> int:
        return len(self.re)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return text(f"complex symbols of shape {self.shape}")

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return text(f"complex symbols of shape {self.shape}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")
        refused(f"numpy.ndarray.{name} of complex symbols")

    # Entries

    def __getitem__(self, key: Any) -> ComplexArray:
        return ComplexArray(as_part(self.re[key]), as_part(self.im[key]))

    def __setitem__(self, key: Any, value: Any) -> None:
        re, im = parts(value)
        if isinstance(re, np.ndarray) and isinstance(value, ComplexArray):
            re, im = re.copy(), im.copy()  # they may show the memory that is written to
        self.re[key], self.im[key] = re, im

    def item(self, *args: Any) -> ComplexArray:
        """Return one entry."""
        return ComplexArray(as_part(self.re.item(*args)), as_part(self.im.item(*args)))

    def tolist(self) -> Any:
        """Return the entries in lists."""
        return [entry.tolist() for entry in self] if self.ndim else self

    def fill(self, value: Any) -> None:
        """Set every entry."""
        self[...] = value

    def __bool__(self) -> bool:
        return bool(scalar((self.re != 0) | (self.im != 0)))

    def __complex__(self) -> NoReturn:
        refuse_number()

    __float__ = __int__ = __index__ = __complex__

    # Copies

    def copy(self, order: Any = "C") -> ComplexArray:
        """Return a copy."""
        return ComplexArray(self.re.copy(order), self.im.copy(order))

    def __copy__(self) -> ComplexArray:
        return self.copy("K")

    def __deepcopy__(self, memo: Any) -> ComplexArray:
        return self.copy()

    def astype(self, dtype: Any, *args: Any, **options: Any) -> Any:
        """Return a copy of another type; that of real numbers leaves out the imaginary part, as NumPy does."""
        wanted = np.dtype(dtype)
        if wanted.kind not in "cf":
            refused(f"complex symbols as {wanted}")
        if wanted.kind == "f":
            return self.re.astype(wanted, *args, **options)
        real = np.empty(0, wanted).real.dtype
        return ComplexArray(*(part.astype(real, *args, **options) for part in (self.re, self.im)))

    def view(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse: the parts do not lie beside each other in memory."""
        refused("numpy.ndarray.view of complex symbols")

    def conjugate(self) -> Any:
        """Return the complex conjugate."""
        return np.conjugate(self)

    conj = conjugate

    # What scalars beside a complex number do

    def plus(self, other: Any) -> Any:
        """Return self + other."""
        return np.add(self, other)

    def times(self, other: Any) -> Any:
        """Return self * other."""
        return np.multiply(self, other)

    def over(self, other: Any) -> Any:
        """Return self / other."""
        return np.divide(self, other)

    def under(self, other: Any) -> Any:
        """Return other / self."""
        return np.divide(other, self)

    def to_the(self, exponent: Any) -> Any:
        """Return self ** exponent."""
        return np.power(self, exponent)


def refused(subject: str) -> NoReturn:
    """Raise the TraceError of what complex symbols are not followed in."""
    raise unfollowed(subject)


def _moving(name: str) -> Callable[..., Any]:
    """Return a method that is done to both parts."""

    def method(self: ComplexArray, *args: Any, **options: Any) -> Any:
        return ComplexArray(*(as_part(getattr(part, name)(*args, **options)) for part in (self.re, self.im)))

    method.__doc__ = f"Do what numpy.ndarray.{name} does."
    return method


def _computing(name: str) -> Callable[..., Any]:
    """Return a method that does what NumPy's function of the same name does."""

    def method(self: ComplexArray, *args: Any, **options: Any) -> Any:
        return getattr(np, name)(self, *args, **options)

    method.__doc__ = f"Do what numpy.{name} does."
    return method


for _name in ("reshape", "ravel", "flatten", "transpose", "swapaxes", "squeeze"):
    setattr(ComplexArray, _name, _moving(_name))
_BY_FUNCTION = "sum mean var std prod cumsum dot trace diagonal repeat take any all nonzero"
for _name in _BY_FUNCTION.split():
    setattr(ComplexArray, _name, _computing(_name))


def as_part(value: Any) -> SymbolArray:
    """Return a symbol as an array without axes, an array as it is."""
    return value if isinstance(value, SymbolArray) else boxed(lift(value))


def is_complex(value: Any) -> bool:
    """Tell whether a value is complex: an array of symbols or of numbers, or a number."""
    if type(value) in _REAL:
        return False
    if type(value) is ComplexArray or isinstance(value, (complex, np.complexfloating)):
        return True
    if type(value) in (list, tuple):
        return has_complex(value)
    return isinstance(value, np.ndarray) and value.dtype.kind == "c"


def has_complex(values: Iterable[Any]) -> bool:
    """Tell whether there is a complex number or array among values, in lists and tuples at any depth."""
    return any(map(is_complex, values))


def parts(value: Any) -> tuple[Any, Any]:
    """Return the real and the imaginary part of a value: arrays or numbers, 0 where there is no imaginary part."""
    if type(value) is ComplexArray:
        return value.re, value.im
    if isinstance(value, (SymbolArray, Concolic)):
        return value, 0
    if type(value) in (list, tuple):
        return parts(PROTOCOLS["complex list"](value))
    array = _asarray(value)
    array = array.astype(int) if array.dtype.kind == "b" else array
    return (array.real[()], array.imag[()]) if array.dtype.kind == "c" else (array[()], 0)


def number(value: complex) -> ComplexArray:
    """Return a complex number as an array without axes."""
    return ComplexArray(*(gathered([lift(part)], ()) for part in (float(value.real), float(value.imag))))


BESIDE.add(ComplexArray)
PROTOCOLS["complex number"] = number

"""Arrays of floats that remember how they were computed: forward is run on them, and leaves nodes behind.

Only what NumPy's protocols pass through is remembered. What escapes (a float that `math` took, memory that is written
through a view) makes a gradient that is not proved, and so is never shown.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import numpy as np

from verify.exact.algebra import Algebra
from verify.exact.nodes import Node, Shape
from verify.exact.writing import text_of
from verify.model.errors import GradproofError

_UFUNCS = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "negative": "neg",
    "power": "power", "float_power": "power", "square": "square", "maximum": "maximum", "minimum": "minimum",
    "fmax": "maximum", "fmin": "minimum", "absolute": "abs", "fabs": "abs", "reciprocal": "reciprocal",
}  # fmt: skip
_COMPARING = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!="}
_LOGIC = {"logical_and": "&", "bitwise_and": "&", "logical_or": "|", "bitwise_or": "|"}
_REDUCING = {"add": "sum", "maximum": "max", "minimum": "min"}
_FUNCTIONS = (
    "exp log sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh expm1 log1p exp2 log2 log10"
    " cbrt sign logaddexp hypot arctan2 erf expit"
)
_CREATING = ("zeros", "ones", "empty", "full", "eye", "arange", "tri", "identity")
_METHODS = "sum mean max min var std prod dot clip cumsum squeeze swapaxes argmax argmin any all repeat take"
_PLAIN = _FUNCTIONS.split()


class UnwritableError(GradproofError):
    """What forward does has no gradient that can be written as code of arrays; the message says what."""


class Recording(Algebra):
    """A run of forward: its nodes, and the arrays and numbers that carry them."""

    def of(self, value: Any) -> Node:
        """Return the node of a value that code computes with."""
        if isinstance(value, (Recorded, Whole, Measured)):
            node = value.node
            if node is None:
                raise UnwritableError("an array whose creation cannot be traced")
            return node
        if isinstance(value, (bool, np.bool_)):
            return self.call(str(bool(value)), (), ())
        if isinstance(value, (int, float, np.integer, np.floating)):
            return self._number(value)
        array = np.asarray(value)
        if array.dtype.kind not in "biuf" or array.size > _MOST_ENTRIES:
            raise UnwritableError("forward computes with an array of constants, which has no name")
        if array.ndim == 0:
            return self.of(array.item())
        return self.call(f"np.array({array.tolist()})", (), array.shape)

    def _number(self, value: Any) -> Node:
        if np.isinf(value):
            return self.node("size", (), ("-np.inf" if value < 0 else "np.inf", float(value)), ())
        plain = value.item() if isinstance(value, np.generic) else value
        return self.number(int(plain) if plain == int(plain) and abs(plain) < _LARGE else plain)

    def exact(self, value: Fraction) -> Node:
        """Return an exact number of an expression."""
        return self._number(value.numerator if value.denominator == 1 else float(value))

    busy = False  # NumPy is at work, whose own arrays are none of the code's

    @contextmanager
    def left_alone(self) -> Iterator[None]:
        """Let NumPy work on its own arrays for a while."""
        self.busy, before = True, self.busy
        try:
            yield
        finally:
            self.busy = before

    def array(self, value: Any, node: Node | None) -> Any:
        """Return an array, or a number of one entry, that carries a node."""
        made = np.asarray(value).view(Recorded)
        made.node, made.recording = node, self
        return made


_MOST_ENTRIES = 32
PROTOCOL: dict[str, Callable[..., Any]] = {}  # what arrays are asked to do, set by `following`
_LARGE = 2**53


class Recorded(np.ndarray[Any, Any]):
    """An array of floats with the node that it was computed by, None where that is not followed."""

    node: Node | None
    recording: Recording
    __array_priority__ = 1000

    def __array_finalize__(self, other: Any) -> None:
        self.node = None
        if isinstance(other, Recorded):
            self.recording = other.recording

    @property  # type: ignore[misc]
    def shape(self) -> Any:
        """Return the lengths of the axes, which remember what they are."""
        lengths = plain(self).shape
        return tuple(Whole.of(self.recording, self.recording.length(n), n) if n > 1 else n for n in lengths)

    @property
    def size(self) -> Any:
        """Return the number of entries."""
        result: Any = 1
        for length in self.shape:
            result = length * result
        return result

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        return PROTOCOL["ufunc"](self.recording, ufunc, method, inputs, out, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return PROTOCOL["function"](self.recording, function, args, options)

    def __getitem__(self, key: Any) -> Any:
        return PROTOCOL["picked"](self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        PROTOCOL["written"](self, key, value)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(plain(self))))

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def copy(self, order: Any = "C") -> Any:
        """Return a copy."""
        return self.recording.array(plain(self).copy(order), self.node)

    def astype(self, dtype: Any, *args: Any, **options: Any) -> Any:
        """Return a copy as another type; only floats stay what they are."""
        value = plain(self).astype(dtype)
        if self.node is None or value.dtype.kind == self.dtype.kind == "f":
            return self.recording.array(value, self.node)
        name = np.dtype(dtype).name
        return self.recording.array(value, self.recording.call(f"{{0}}.astype({name!r})", [self.node], value.shape))

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        """Return the transpose."""
        return np.transpose(self)

    def reshape(self, *shape: Any, **options: Any) -> Any:
        """Return the entries in another shape."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def ravel(self, *_: Any) -> Any:
        """Return the entries along one axis."""
        return np.reshape(self, -1)

    def flatten(self, *_: Any) -> Any:
        """Return the entries along one axis."""
        return np.reshape(self, -1).copy()

    def transpose(self, *axes: Any) -> Any:
        """Return the axes in another order."""
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)


def plain(value: Any) -> Any:
    """Return an array as NumPy computes with it."""
    if isinstance(value, Recorded):
        return np.ndarray.view(value, np.ndarray)
    if isinstance(value, Whole):
        return int(value)
    return float(value) if isinstance(value, Measured) else value


def _method(name: str) -> Callable[..., Any]:
    def method(self: Recorded, *args: Any, **options: Any) -> Any:
        return getattr(np, name)(self, *args, **options)

    method.__doc__ = f"Do what numpy.{name} does."
    return method


for _name in _METHODS.split():
    setattr(Recorded, _name, _method(_name))


class _Number:
    """What sizes, and numbers that are computed of them, have in common."""

    node: Node
    recording: Recording

    @classmethod
    def of(cls, recording: Recording, node: Node, value: Any) -> Any:
        made: Any = cls(value)  # type: ignore[call-arg]
        made.recording, made.node = recording, node
        return made

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return PROTOCOL["ufunc"](self.recording, ufunc, method, inputs, None, options)

    def __reduce__(self) -> Any:
        return type(plain(self)), (plain(self),)

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __copy__(self) -> Any:
        return self


class Whole(_Number, int):
    """A size, which remembers what it is."""


class Measured(_Number, float):
    """A number that is computed of sizes."""


def _computing(name: str, *, turned: bool) -> Callable[..., Any]:
    compute = getattr(operator, name)

    def method(self: Any, other: Any) -> Any:
        if isinstance(other, np.ndarray) or not isinstance(other, (int, float)):
            return NotImplemented
        pair = (other, self) if turned else (self, other)
        value = compute(*map(plain, pair))
        if name == "mul" and value == plain(self):  # by 1, as a loop's first step
            return self
        return sized(self.recording, _SIGNS[name], pair, value)

    return method


def sized(recording: Recording, template: str, operands: Sequence[Any], value: Any) -> Any:
    """Return a number that is computed of sizes, as source."""
    text = template.format(*(text_of(recording.of(operand)) for operand in operands))
    kind: Any = Whole if isinstance(value, int) else Measured
    return kind.of(recording, recording.size(text, value), value)


_SIGNS = {"add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "truediv": "{} / {}"}
_SIGNS |= {"floordiv": "{} // {}", "mod": "{} % {}", "pow": "{}**{}"}
for _name in _SIGNS:
    for _kind in (Whole, Measured):
        setattr(_kind, f"__{_name}__", _computing(_name, turned=False))
        setattr(_kind, f"__r{_name}__", _computing(_name, turned=True))


@contextmanager
def recorded_arrays(recording: Recording) -> Iterator[None]:
    """Let `len` return lengths that remember what they are, and new arrays be recorded ones."""
    original = builtins.len

    def length(value: Any) -> Any:
        return value.shape[0] if isinstance(value, Recorded) and value.ndim else original(value)

    with ExitStack() as stack:
        stack.enter_context(patch.object(builtins, "len", length))
        for name in _CREATING:
            stack.enter_context(patch.object(np, name, _creating(recording, name)))
        for name in ("sqrt", "log", "exp"):
            stack.enter_context(patch.object(math, name, _measuring(name)))
        for name in ("array", "asarray"):
            stack.enter_context(patch.object(np, name, _gathering(name)))
        yield


def _measuring(name: str) -> Callable[..., Any]:
    """Return a function of `math` that remembers what sizes are made into."""
    original, of_arrays = getattr(math, name), getattr(np, name)
    return lambda *args: (of_arrays if isinstance(args[0], _Number) else original)(*args)


def _gathering(name: str) -> Callable[..., Any]:
    """Return what makes an array of lists; recorded entries stay recorded."""
    original, stack = getattr(np, name), np.stack

    def gather(value: Any, *args: Any, **options: Any) -> Any:
        if isinstance(value, Recorded):
            return value.copy() if name == "array" else value
        if isinstance(value, (list, tuple)) and any(isinstance(item, (Recorded, list, tuple)) for item in value):
            items = [gather(item) if isinstance(item, (list, tuple)) else item for item in value]
            if any(isinstance(item, Recorded) for item in items):
                return stack(items)
        return original(value, *args, **options)

    return gather


def _creating(recording: Recording, name: str) -> Callable[..., Any]:
    original = getattr(np, name)

    def create(*args: Any, **options: Any) -> Any:
        value = original(*(_all_plain(arg) for arg in args), **{k: _all_plain(v) for k, v in options.items()})
        if recording.busy:
            return value
        options.pop("like", None)
        return recording.array(value, PROTOCOL["call"](recording, name, args, options, value.shape))

    return create


def _all_plain(value: Any) -> Any:
    return type(value)(map(plain, value)) if type(value) in (tuple, list) else plain(value)


def shape_of(value: Any) -> Shape:
    """Return the shape of an array as plain numbers."""
    return np.shape(plain(value))

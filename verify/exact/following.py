"""What NumPy is asked to do with recorded arrays, as nodes: operations with a rule, and calls without a derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from verify.exact.nodes import Node
from verify.exact.recording import (
    _COMPARING,
    _LOGIC,
    _PLAIN,
    _REDUCING,
    _UFUNCS,
    PROTOCOL,
    Measured,
    Recorded,
    Recording,
    UnwritableError,
    Whole,
    _all_plain,
    plain,
    shape_of,
    sized,
)

_SPECIAL = ("erf", "expit")
_CARRYING = (Recorded, Whole, Measured)


def ufunc_of(
    recording: Recording, ufunc: Any, method: str, inputs: Sequence[Any], out: Any, options: Mapping[str, Any]
) -> Any:
    """Do what a ufunc does, and remember it."""
    value = getattr(ufunc, method)(*map(plain, inputs), **{k: _all_plain(v) for k, v in options.items()})
    name = ufunc.__name__
    if not any(isinstance(item, Recorded) for item in (*inputs, *(out or ()))):
        template = f"np.{name}({', '.join(['{}'] * len(inputs))})"
        return sized(recording, template, inputs, float(value))
    if method == "__call__":
        node = _called(recording, name, [recording.of(item) for item in inputs], np.shape(value))
    elif method == "reduce":
        node = _reduced(recording, name, inputs[0], options)
    elif method == "outer":
        a, b = map(recording.of, inputs)
        after = recording.expanded(a, tuple(range(len(a.shape), len(a.shape) + len(b.shape))))
        node = _called(recording, name, [after, b], np.shape(value))
    else:
        raise UnwritableError(f"np.{name}.{method}")
    if out is None:
        return recording.array(value, node)
    [target] = out
    if not isinstance(target, Recorded) or _is_view(target):
        raise UnwritableError("an array that is written through a view")
    plain(target)[...] = value
    target.node = node
    return target


def _is_view(array: Recorded) -> bool:
    """Tell whether an array shows a part of the memory of another one."""
    base = array.base
    return isinstance(base, Recorded) or (base is not None and base.size != array.size)


def _called(recording: Recording, name: str, nodes: Sequence[Node], shape: Any) -> Node:
    if name in _UFUNCS:
        return _written(recording, _UFUNCS[name], nodes)
    if name == "matmul":
        return product(recording, *nodes)
    if name in _PLAIN:
        return recording.made(name, *nodes)
    if name in _COMPARING or name in _LOGIC:
        return recording.made(name, *nodes)
    if name in ("logical_not", "invert"):
        return recording.call("~{0}", nodes, shape)
    if name in ("positive", "conjugate"):
        return nodes[0]
    if name in ("floor", "ceil", "rint", "isnan", "isfinite", "isinf", "signbit", "remainder", "floor_divide"):
        places = ", ".join(f"{{{place}}}" for place in range(len(nodes)))
        return recording.call(f"np.{name}({places})", nodes, shape)
    raise UnwritableError(f"no rule is known for np.{name}")


def _written(recording: Recording, op: str, nodes: Sequence[Node]) -> Node:
    if op == "square":
        return recording.made("power", nodes[0], recording.number(2))
    if op == "reciprocal":
        return recording.made("div", recording.number(1), nodes[0])
    return recording.made(op, *nodes)


def _reduced(recording: Recording, name: str, array: Any, options: Mapping[str, Any]) -> Node:
    if name not in _REDUCING or options.get("where", True) is not True or options.get("initial") is not None:
        raise UnwritableError(f"no rule is known for np.{name}.reduce")
    return over_axes(recording, _REDUCING[name], array, options.get("axis", 0), keep=bool(options.get("keepdims")))


def over_axes(recording: Recording, op: str, array: Any, axis: Any, *, keep: bool) -> Node:
    """Return a reduction of an array over axes as NumPy counts them."""
    return recording.reduced(op, recording.of(array), _axes(axis, len(shape_of(array))), keep=keep)


def _axes(axis: Any, dimensions: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(dimensions))
    several = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(sorted(int(a) % max(dimensions, 1) for a in several))


def product(recording: Recording, a: Node, b: Node) -> Node:
    """Return a matrix product as NumPy has it, also of vectors."""
    if not a.shape or not b.shape:
        return recording.made("mul", a, b)
    if len(a.shape) == len(b.shape) == 1:
        return recording.reduced("sum", recording.made("mul", a, b), (0,), keep=False)
    if len(b.shape) == 1:
        if len(a.shape) == 2:
            return recording.applied(a, b)
        column = recording.expanded(b, (1,))
        return recording.dropped(recording.matmul(a, column), (len(a.shape) - 1,), len(a.shape))
    if len(a.shape) == 1 and len(b.shape) == 2:
        return recording.applied(recording.swapped(b), a)
    if len(a.shape) == 1:
        row = recording.expanded(a, (0,))
        return recording.dropped(recording.matmul(row, b), (len(b.shape) - 2,), len(b.shape))
    return recording.matmul(a, b)


def _sum(recording: Recording, op: str) -> Callable[..., Node]:
    def rule(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **_: Any) -> Node:
        return over_axes(recording, op, a, axis, keep=keepdims is True)

    return rule


def _extreme(recording: Recording, op: str) -> Callable[..., Node]:
    def rule(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **_: Any) -> Node:
        return over_axes(recording, op, a, axis, keep=keepdims is True)

    return rule


def _variance(recording: Recording, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
              keepdims: Any = False, **_: Any) -> Node:  # fmt: skip
    if not isinstance(ddof, int):
        raise UnwritableError("no rule is known for this ddof")
    node = recording.of(a)
    mean = over_axes(recording, "mean", a, axis, keep=True)
    squares = recording.made("power", recording.made("sub", node, mean), recording.number(2))
    axes = _axes(axis, len(node.shape))
    if not ddof:
        return recording.reduced("mean", squares, axes, keep=keepdims is True)
    count = recording.product(*(recording.length(node.shape[axis]) for axis in axes))
    total = recording.reduced("sum", squares, axes, keep=keepdims is True)
    return recording.made("div", total, recording.made("sub", count, recording.number(ddof)))


def _deviation(recording: Recording, a: Any, **options: Any) -> Node:
    return recording.made("sqrt", _variance(recording, a, **options))


def _choose(recording: Recording, condition: Any, *choices: Any) -> Node:
    if len(choices) != 2:
        raise UnwritableError("no rule is known for np.where of one array")
    return recording.made("where", *map(recording.of, (condition, *choices)))


def _clip(recording: Recording, a: Any, low: Any = None, high: Any = None, **_: Any) -> Node:
    node = recording.of(a)
    node = node if low is None else recording.made("maximum", node, recording.of(low))
    return node if high is None else recording.made("minimum", node, recording.of(high))


def _transpose(recording: Recording, a: Any, axes: Any = None) -> Node:
    node = recording.of(a)
    number = len(node.shape)
    order = tuple(range(number))[::-1] if axes is None else tuple(int(axis) % number for axis in axes)
    return recording.transposed(node, order)


def _swapaxes(recording: Recording, a: Any, first: int, second: int) -> Node:
    order = list(range(len(shape_of(a))))
    order[first], order[second] = order[second], order[first]
    return _transpose(recording, a, order)


def _reshape(recording: Recording, a: Any, *shape: Any, value: Any, **_: Any) -> Node:
    for item in shape if len(shape) > 1 else (shape or (0,)):
        for length in item if isinstance(item, (tuple, list)) else (item,):
            if isinstance(length, Whole) and length > 1:
                recording.lengths.setdefault(int(length), length.node)
            elif type(length) is int and length > 1:
                recording.literal.add(length)
    return recording.reshaped(recording.of(a), np.shape(value))


def _dot(recording: Recording, a: Any, b: Any) -> Node:
    return product(recording, recording.of(a), recording.of(b))


def _outer(recording: Recording, a: Any, b: Any) -> Node:
    return recording.made("mul", recording.expanded(recording.of(a), (1,)), recording.of(b))


def _same(recording: Recording, a: Any, *_: Any, **__: Any) -> Node:
    return recording.of(a)


def _broadcast(recording: Recording, a: Any, *_: Any, value: Any, **__: Any) -> Node:
    return recording.full(recording.of(a), np.shape(value))


def _pad(recording: Recording, a: Any, widths: Any, mode: str = "constant", *, value: Any, **options: Any) -> Node:
    """Return an array with zeros around it."""
    number = len(shape_of(a))
    if mode != "constant" or options or not isinstance(widths, (list, tuple)) or len(widths) != number:
        raise UnwritableError("no rule is known for this np.pad")
    nodes = [recording.of(width) for pair in widths for width in pair]
    return recording.node("pad", (recording.of(a), *nodes), (), np.shape(value))


def _stack(recording: Recording, arrays: Any, axis: Any = 0, *, value: Any, **_: Any) -> Node:
    parts = [recording.of(array) for array in arrays]
    axis = int(axis) % np.ndim(value)
    return recording.joined([recording.expanded(part, (axis,)) for part in parts], axis)


def _concatenate(recording: Recording, arrays: Any, axis: Any = 0, *, value: Any, **_: Any) -> Node:
    return recording.joined([recording.of(array) for array in arrays], int(axis) % np.ndim(value))


_RULES: dict[str, Callable[..., Node]] = {
    "var": _variance,
    "std": _deviation,
    "where": _choose,
    "clip": _clip,
    "transpose": _transpose,
    "swapaxes": _swapaxes,
    "dot": _dot,
    "outer": _outer,
    "copy": _same,
    "real": _same,
}
_WITH_VALUE: dict[str, Callable[..., Node]] = {
    "reshape": _reshape,
    "pad": _pad,
    "stack": _stack,
    "concatenate": _concatenate,
    "ravel": _reshape,
    "squeeze": _reshape,
    "expand_dims": _reshape,
    "broadcast_to": _broadcast,
    "atleast_1d": _reshape,
    "atleast_2d": _reshape,
}
_SUMS = {"sum": "sum", "mean": "mean", "max": "max", "amax": "max", "min": "min", "amin": "min"}
_WITHOUT_SLOPE = (
    "argmax argmin argsort zeros_like ones_like empty_like full_like tril triu any all isclose eye diag_indices"
    " nonzero shape ndim size searchsorted count_nonzero array_equal allclose sign floor ceil round rint tile"
)


def function_of(recording: Recording, function: Any, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Do what a function of NumPy does, and remember it."""
    name = function.__name__
    if name in _JOINING:
        return _JOINING[name](args[0])
    if name in ("split", "array_split"):
        return _split(*args, **options)
    with recording.left_alone():
        value = function(*map(_deep, args), **{key: _deep(option) for key, option in options.items()})
    if options.get("out") is not None:
        raise UnwritableError(f"np.{name} with out=")
    if name in _SUMS:
        rule = _sum if _SUMS[name] in ("sum", "mean") else _extreme
        return recording.array(value, rule(recording, _SUMS[name])(*args, **options))
    if name in _WITH_VALUE:
        return recording.array(value, _WITH_VALUE[name](recording, *args, value=value, **options))
    if name in _RULES:
        return recording.array(value, _RULES[name](recording, *args, **options))
    if name in _WITHOUT_SLOPE.split():
        if not isinstance(value, (np.ndarray, np.generic)):
            return value
        return recording.array(value, written_call(recording, name, args, options, np.shape(value)))
    raise UnwritableError(f"no rule is known for np.{name}")


def _split(array: Any, parts: Any, axis: int = 0) -> list[Any]:
    """Return the parts of an array as its slices."""
    if not isinstance(parts, int) or shape_of(array)[axis] % parts:
        raise UnwritableError("np.split at places of its own")
    axis = axis % len(shape_of(array))
    step = array.shape[axis] // parts
    before = (slice(None),) * axis
    bounds = [number * step if number else None for number in range(parts)]
    return [array[(*before, slice(*pair))] for pair in zip(bounds, [*bounds[1:], None], strict=True)]


_JOINING: dict[str, Callable[..., Any]] = {
    "hstack": lambda arrays: np.concatenate(arrays, 0 if len(shape_of(arrays[0])) == 1 else 1),
    "vstack": lambda arrays: np.stack(arrays) if len(shape_of(arrays[0])) == 1 else np.concatenate(arrays),
}


def _deep(value: Any) -> Any:
    return type(value)(map(_deep, value)) if type(value) in (tuple, list) else plain(value)


def written_call(recording: Recording, name: str, args: Iterable[Any], options: Mapping[str, Any], shape: Any) -> Node:
    """Return a call of a function of NumPy as it would be written."""
    nodes: list[Node] = []
    texts = [_argument(recording, arg, nodes) for arg in args]
    texts += [f"{key}={_argument(recording, option, nodes)}" for key, option in options.items()]
    return recording.call(f"np.{name}({', '.join(texts)})", nodes, shape)


_TYPES: dict[Any, str] = {bool: "bool", int: "int", float: "float"}


def _argument(recording: Recording, value: Any, nodes: list[Node]) -> str:
    """Write an argument, with a place for each node that is in it."""
    if isinstance(value, tuple):
        parts = [_argument(recording, item, nodes) for item in value]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(_argument(recording, item, nodes) for item in value)}]"
    if value is None or isinstance(value, str) or type(value) in (bool, int, float):
        return repr(value).replace("{", "{{").replace("}", "}}")
    if isinstance(value, (type, np.dtype)):
        return _TYPES.get(value) or f'"{np.dtype(value).name}"'
    nodes.append(recording.of(value))
    return f"{{{len(nodes) - 1}}}"


def picked(array: Recorded, key: Any) -> Any:
    """Return what an index picks out of an array, and remember it."""
    recording, value = array.recording, np.asarray(plain(array)[_deep(key)])
    if array.node is None:
        return recording.array(value, None)
    return recording.array(value if _is_basic(key) else value.copy(), _indexed(recording, array.node, key, value))


def _indexed(recording: Recording, node: Node, key: Any, value: Any) -> Node:
    keys = key if isinstance(key, tuple) else (key,)
    if all(item is None or item is Ellipsis or item == slice(None) for item in keys if not _is_array(item)) and not any(
        map(_is_array, keys)
    ):
        return _with_axes(recording, node, keys)
    nodes: list[Node] = []
    template = index_text(recording, key, nodes)
    return recording.node("getitem", (node, *nodes), (template, _is_basic(key)), np.shape(value))


def _is_array(item: Any) -> bool:
    return isinstance(item, (np.ndarray, list))


def _with_axes(recording: Recording, node: Node, keys: Sequence[Any]) -> Node:
    """Return an array with axes of one entry where an index has None."""
    number = len(node.shape)
    present = sum(item not in (None, Ellipsis) for item in keys)
    axes, place = [], 0
    for item in keys:
        if item is None:
            axes.append(place)
        place += number - present if item is Ellipsis else 1
    return recording.expanded(node, tuple(axes)) if axes else node


def _is_basic(key: Any) -> bool:
    """Tell whether an index picks no entry twice: slices, numbers and masks."""
    keys = key if isinstance(key, tuple) else (key,)
    return all(not _is_array(item) or np.asarray(plain(item)).dtype.kind == "b" for item in keys)


def index_text(recording: Recording, key: Any, nodes: list[Node]) -> str:
    """Write an index, with a place for each node in it."""
    if isinstance(key, tuple):
        return ", ".join(index_text(recording, item, nodes) for item in key)
    if key is Ellipsis:
        return "..."
    if isinstance(key, slice):
        start, stop, step = (
            "" if p is None else _argument(recording, p, nodes) for p in (key.start, key.stop, key.step)
        )
        return f"{start}:{stop}{':' + step if step else ''}"
    return _argument(recording, int(key) if isinstance(key, np.integer) else key, nodes)


def write(array: Recorded, key: Any, value: Any) -> None:
    """Write into an array, and remember it."""
    recording = array.recording
    if _is_view(array):
        raise UnwritableError("an array that is written through a view")
    plain(array)[_deep(key)] = plain(value)
    if array.node is None:
        raise UnwritableError("an array whose creation cannot be traced")
    written, shape = recording.of(value), shape_of(array)
    mask = key if isinstance(key, Recorded) and key.dtype.kind == "b" and shape_of(key) == shape else None
    if mask is not None and not written.shape:
        array.node = recording.made("where", recording.of(mask), written, array.node)
        return
    if key is Ellipsis or key == slice(None) if not _is_array(key) else False:
        array.node = recording.full(written, shape)
        return
    nodes: list[Node] = []
    template = index_text(recording, key, nodes)
    picked_shape = np.shape(plain(array)[_deep(key)])
    details = template, _is_basic(key), picked_shape
    array.node = recording.node("setitem", (array.node, written, *nodes), details, shape)


PROTOCOL.update(ufunc=ufunc_of, function=function_of, picked=picked, written=write, call=written_call)

"""What a source says of the arguments of its functions: dimensions, unpacked or documented, and use as indices."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from verify.scan import names
from verify.scan.options import settings
from verify.scan.source import Function, parameters

_GROUP = re.compile(r"\(([^()\n]*)\)")  # x: input data of shape (N, D)
_OF_SIZE = re.compile(r"\b(size|shape|dimensions?)\W*$")  # of size (n_x, number of examples)
_DIMENSION = re.compile(r"[A-Za-z]\w*|\d+|[A-Za-z]\w*\s*[*+]\s*[A-Za-z0-9]\w*")
_INFINITE = 1e4  # and more: -1e4 is used with float16
_JOINING = ("sum", "concatenate", "stack", "hstack", "vstack", "zip", "enumerate", "reduce")
_LETTERS, _OF_IMAGES = "DMKPQRST", 4
_INDEXING = ("eye", "identity", "take", "take_along_axis", "bincount", "one_hot")


class Hints(NamedTuple):
    """The dimensions of arguments by name, as names or numbers; the least rank of others; which are indices.

    `listed` are those that may be lists, and `sizes` has how many entries the code takes of others. `divides` tells
    that the code divides whole numbers, so that sizes may have to be multiples. `flattened` are those whose rows the
    code makes flat: they are meant to have more than two dimensions. `masks` choose entries: zeros and ones, or truth
    values where the code takes nothing else.
    """

    shapes: dict[str, tuple[str, ...]]
    ranks: dict[str, int]
    indices: frozenset[str]
    listed: frozenset[str]
    sizes: dict[str, int]
    divides: bool
    flattened: frozenset[str] = frozenset()
    masks: Mapping[str, bool] = {}


def hints(*functions: Function | None, text: str = "") -> Hints:
    """Read what functions that work together say of their arguments, and a text on all of them: that of their class."""
    shapes: dict[str, tuple[str, ...]] = {}
    ranks: dict[str, int] = {}
    indices: set[str] = set()
    listed: set[str] = set()
    sizes: dict[str, int] = {}
    for node in (item for item in functions if item):
        for name in parameters(node):
            if documented := _documented(ast.get_docstring(node) or "", name, parameters(node)):
                shapes.setdefault(name, documented)
        for name, dimensions in _unpacked(node):
            shapes.setdefault(name, dimensions)
        for name, rank in _indexed_shapes(node):
            ranks[name] = max(rank, ranks.get(name, 0))
        indices |= set(_indices(node))
        listed |= set(_listed(node))
        for name, size in _entries(node):
            sizes[name] = max(size, sizes.get(name, 0))
    taken = [name for node in functions if node for name in parameters(node)]
    shapes = {**{name: stated for name in taken if (stated := _documented(text, name, taken))}, **shapes}
    sizes = {name: size for name, size in sizes.items() if not any(name in _sliced(node) for node in functions if node)}
    divides = any(isinstance(item, ast.FloorDiv) for node in functions if node for item in ast.walk(node))
    flattened = frozenset(name for node in functions if node for name in _flattened(node))
    masks = _masks([node for node in functions if node])
    return Hints(shapes, ranks, frozenset(indices), frozenset(listed), sizes, divides, flattened, masks)


def _masks(nodes: Sequence[Function]) -> dict[str, bool]:
    """Return the arguments that are masks, by their names or their use, and whether they have to be truth values."""
    used = masking_in(*nodes)
    taken = (name for node in nodes for name in parameters(node) if not settings(name))
    return {name: used.get(name, False) for name in taken if names.MASK.search(name) or name in used}


def _flattened(node: Function) -> Iterator[str]:
    """Yield arrays whose rows become flat: `x.reshape(len(x), -1)`, `np.reshape(x, (n, -1))`."""
    for item in ast.walk(node):
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr == "reshape":
            name = _name(item.func.value)
            lengths = item.args if name in parameters(node) else item.args[1:]
            lengths = lengths[0].elts if len(lengths) == 1 and isinstance(lengths[0], ast.Tuple) else lengths
            if len(lengths) == 2 and ast.unparse(lengths[1]) == "-1":
                yield name if name in parameters(node) else _name(item.args[0])


def has_infinity(nodes: Sequence[Function]) -> bool:
    """Tell whether code has a number that stands for infinity, as that of masked scores: -1e9."""
    numbers = (item.value for node in nodes for item in ast.walk(node) if isinstance(item, ast.Constant))
    return any(isinstance(number, (int, float)) and number >= _INFINITE for number in numbers)


def clips_to_unit(functions: Iterable[Function]) -> bool:
    """Tell whether functions clip probabilities: `np.clip(p, eps, 1 - eps)`."""
    calls = (item for node in functions for item in ast.walk(node) if isinstance(item, ast.Call))
    return any(_is_unit(call.args) for call in calls if "clip" in (getattr(call.func, "attr", ""), _name(call.func)))


def _is_unit(bounds: Sequence[ast.expr]) -> bool:
    low, high = ([None, *bounds])[-2:] if bounds else (None, None)
    less = isinstance(high, ast.BinOp) and isinstance(high.op, ast.Sub) and isinstance(high.left, ast.Constant)
    return low is not None and less and high.left.value == 1 and ast.dump(high.right) == ast.dump(low)  # type: ignore[union-attr]


def gradients_of(node: Function) -> list[str]:
    """Return what is returned behind a value, by name: dW and db of `return loss, dW, db` and `loss, {"W": dW}`."""
    for item in ast.walk(node):
        if isinstance(item, ast.Return) and isinstance(item.value, ast.Tuple):
            return [name for part in item.value.elts[1:] for name in _labels(part)]
    return []


def keys_before(node: Function) -> list[str]:
    """Return the keys of a dict that is returned before a value: `grads = {"dw": dw}; return grads, cost`."""
    returned = {
        _name(item.value.elts[0])
        for item in ast.walk(node)
        if isinstance(item, ast.Return) and isinstance(item.value, ast.Tuple)
    }
    for item in ast.walk(node):
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Dict) and _name(item.targets[0]) in returned:
            return _labels(item.value)
    return []


def returned_by(node: Function | None) -> list[str]:
    """Return the names that a function returns as a tuple: dx and dw of `return dx, dw`."""
    returns = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)] if node else []
    tuples = [item.elts for item in returns if isinstance(item, ast.Tuple)]
    return [part.id for part in tuples[-1] if isinstance(part, ast.Name)] if tuples else []


def places_of(node: Function) -> list[str | None]:
    """Return what a function returns at each place of a tuple: its name, None for no gradient, "" for anything else."""
    returns = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)]
    tuples = [item.elts for item in returns if isinstance(item, (ast.Tuple, ast.List))]
    return [_place(part, parameters(node)) for part in tuples[-1]] if tuples else []


def _place(node: ast.expr, passed: Sequence[str]) -> str | None:
    """Return a name that was not passed; None for None, a number, or `np.zeros_like(t)`, which claim nothing."""
    called = node.func if isinstance(node, ast.Call) else None
    filled = called.attr if isinstance(called, ast.Attribute) else _name(called) if called else ""
    if isinstance(node, ast.Constant) or filled.startswith("zeros"):
        return None
    return node.id if isinstance(node, ast.Name) and node.id not in passed else ""


def keys_of(node: Function) -> list[str]:
    """Return the keys of the dict that a function returns, as far as the source says."""
    return [
        name
        for item in ast.walk(node)
        if isinstance(item, ast.Return) and isinstance(item.value, ast.Dict)
        for name in _labels(item.value)
    ]


def _labels(node: ast.expr) -> list[str]:
    if isinstance(node, (ast.Tuple, ast.List)):
        return [name for part in node.elts for name in _labels(part)]
    if isinstance(node, ast.Dict):
        return [str(key.value) for key in node.keys if isinstance(key, ast.Constant)]
    return [next((item.id for item in ast.walk(node) if isinstance(item, ast.Name)), "")]


def _listed(node: Function) -> Iterator[str]:
    """Yield arguments that are gone through: `a, b = xs`, `for x in xs`, `sum(xs)`, `len(xs)` beside them."""
    for item in ast.walk(node):
        if isinstance(item, (ast.For, ast.comprehension)):
            yield _name(item.iter)
        elif isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Tuple):
            yield _name(item.value)
        elif isinstance(item, ast.Call) and item.args:
            called = item.func.attr if isinstance(item.func, ast.Attribute) else _name(item.func)
            yield from (_name(part) for part in item.args if called in _JOINING)


def _entries(node: Function) -> Iterator[tuple[str, int]]:
    """Yield how many entries of a vector are used: `a, b = v`, `p[2]`."""
    for item in ast.walk(node):
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Tuple) and _name(item.value):
            yield _name(item.value), len(item.targets[0].elts)
        elif isinstance(item, ast.Subscript) and isinstance(item.slice, ast.Constant):
            place = item.slice.value
            yield from [(_name(item.value), place + 1)] if isinstance(place, int) else []


def _sliced(node: Function) -> set[str]:
    """Return the variables of which slices are taken: they have more entries than those that numbers name."""
    slices = (item for item in ast.walk(node) if isinstance(item, ast.Subscript) and isinstance(item.slice, ast.Slice))
    return {_name(item.value) for item in slices}


def _documented(text: str, name: str, others: Sequence[str]) -> tuple[str, ...]:
    """Return the shape of an argument in a docstring, `x: input data of shape (N, D)`, if it is not that of another."""
    for line in text.splitlines():
        for place in re.finditer(rf"\b{re.escape(name)}\b", line):
            rest = line[place.end() :]
            for group in _GROUP.finditer(rest):
                between = _GROUP.sub("", rest[: group.start()])
                parts = _parts(group[1], between)
                if parts and not any(re.search(rf"\b{re.escape(other)}\b", between) for other in others):
                    return parts
    return ()


def _parts(text: str, before: str) -> tuple[str, ...]:
    """Return the dimensions of a shape in words; those of several words only behind one such as "of size"."""
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    if "," not in text or not parts:
        return ()
    if all(_DIMENSION.fullmatch(part) for part in parts):
        return parts
    return tuple(re.sub(r"\W+", "_", part) for part in parts) if _OF_SIZE.search(before) else ()


def _unpacked(node: Function) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what is unpacked of shapes: `N, D = x.shape`."""
    for item in ast.walk(node):
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], (ast.Tuple, ast.List)):
            name = _of_shape(item.value)
            elements = item.targets[0].elts
            if name and all(isinstance(part, ast.Name) for part in elements):
                yield name, _named([part.id for part in elements if isinstance(part, ast.Name)])


def _named(dimensions: Sequence[str]) -> tuple[str, ...]:
    """Return dimensions with names for those that the code does not use: `F, C, k, _`, whose windows are square."""
    letters = iter(letter for letter in _LETTERS if letter not in dimensions)
    square = len(dimensions) == _OF_IMAGES and dimensions[-1] == "_" != dimensions[-2]
    named = [next(letters) if name.strip("_") == "" else name for name in dimensions]
    return (*named[:-1], named[-2]) if square else tuple(named)


def _of_shape(node: ast.expr) -> str:
    """Return x of the expression x.shape or np.shape(x)."""
    if isinstance(node, ast.Attribute) and node.attr == "shape":
        return _name(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "shape" and node.args:
        return _name(node.args[0])
    return ""


def masking_in(*functions: Function) -> dict[str, bool]:
    """Return what chooses entries, `np.where(m, x, 0)`, and whether it has to have truth values: `x[m] = 0`, `~m`."""
    used: dict[str, bool] = {}
    for item in (part for node in functions for part in ast.walk(node)):
        if isinstance(item, ast.Call) and getattr(item.func, "attr", "") == "where" and len(item.args) == 3:
            used.setdefault(_name(item.args[0]), False)
        elif isinstance(item, ast.UnaryOp) and isinstance(item.op, ast.Invert):
            used[_name(item.operand)] = True
        elif isinstance(item, ast.Subscript):
            used |= dict.fromkeys([_name(item.slice)], True) if names.MASK.search(_name(item.slice)) else {}
    return used


def _name(node: ast.expr) -> str:
    """Return the name of a variable, or of an attribute of the instance."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _indexed_shapes(node: Function) -> Iterator[tuple[str, int]]:
    """Yield how many dimensions arrays have at least: `x.shape[1]`, `x[:, :, i]`."""
    for item in ast.walk(node):
        if isinstance(item, ast.Subscript):
            name = _of_shape(item.value)
            if name and isinstance(item.slice, ast.Constant) and isinstance(item.slice.value, int):
                yield name, item.slice.value + 1
            elif isinstance(item.slice, ast.Tuple) and _name(item.value):
                used = [part for part in item.slice.elts if not _is_new_axis(part)]
                yield _name(item.value), len(used)


def _is_new_axis(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value in (None, ...)) or "newaxis" in ast.dump(node)


def _indices(node: Function) -> Iterator[str]:
    """Yield variables that are used as indices: `p[np.arange(N), y]`, `W[ids]`, `np.eye(C)[t]`."""
    for item in ast.walk(node):
        if isinstance(item, ast.Subscript):
            parts = item.slice.elts if isinstance(item.slice, ast.Tuple) else [item.slice]
            yield from (name for part in parts if not isinstance(part, ast.Slice) and (name := _name(part)))
        elif isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute):
            arguments = item.args[1:2] if item.func.attr == "at" else item.args[:1]
            if item.func.attr in ("at", *_INDEXING):
                yield from (name for part in arguments if (name := _name(part)))

"""Settings of code: values that are usually given for an argument by its name, and the keys that it reads of dicts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from verify.scan import names
from verify.scan.source import Function, parameters

_TRUTHS, _AXES = (True, False), (-1, 0)
# By the name of an argument: values to try, the usual one first.
_SMALL = 4
_NEARER, _FURTHER = 0.75, 1.25  # to 0 and from it: where a second number is
_LARGE = 1e6  # numbers that stand for infinity have no second one
_VALUES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (r"^strides?$", (1, 2)),
    (r"^pad(ding)?$", (0, 1)),
    (r"^(fw|ww|pw|kw)$|(kernel|filter|pool|window|field)_?(w|width)$", (3, 2)),
    (r"(kernel|filter|pool|window|field)_?(size|h|w|height|width)?$|^size$|^(k|fh|fw|hh|ww|ph|pw|f|f_?size)$", (2, 3)),
    (r"^mode$", ("train", "test")),
    (r"^(training|is_train\w*|train\w*|train_flg)$", _TRUTHS),
    (r"^(p|drop\w*|ratio|rate|keep_?prob|dropout_ratio)$", (0.375,)),  # half is 1 - p and 1 / p at once
    (r"^(eps|epsilon)$", (1e-5,)),
    (r"^momentum$", (0.9,)),
    (
        r"^(alpha|slope|negative_slope|leak\w*|lambda_?|lam|reg\w*|delta|margin|l2|weight_decay|temperature|tau|sigma)$",
        (0.8125,),
    ),
    (r"^(lr|learn(ing)?_rate|step_size)$", (0.5,)),
    (r"^seed$", (0,)),
    (r"^axis$", _AXES),
    (r"^reduction$", ("mean", "sum")),
    (r"^(num_|n_)?(groups?|heads?)$|^G$|^n_?heads?$", (2,)),
)


def settings(name: str) -> tuple[Any, ...]:
    """Return the values that an argument is tried with; none for one that is no setting by its name."""
    spellings = names.spellings(name)
    return next((values for pattern, values in _VALUES if any(re.search(pattern, each) for each in spellings)), ())


def keyed(*functions: Function | None) -> dict[str, dict[str, Any]]:
    """Return the arguments that are read by text keys, as dicts with a value for each key: conv_param['stride'].

    It is the number that code asking by `get` has for a default, or else a usual value; keys without are left out.
    """
    read: dict[str, dict[str, Any]] = {}
    for node in (item for item in functions if item):
        arguments = set(parameters(node))
        for item in ast.walk(node):
            name, key = _key(item)
            if name in arguments and not (isinstance(item, ast.Subscript) and isinstance(item.ctx, ast.Store)):
                values = read.setdefault(name, {})
                if usual := [*default_numbers(item).values(), *settings(key)]:
                    values.setdefault(key, usual[0])
    weights = weights_in(*functions)
    return {name: values for name, values in read.items() if name not in weights}


def _key(node: ast.AST) -> tuple[str, str]:
    """Return the argument and the key of param['key'] and param.get('key', default)."""
    if isinstance(node, ast.Subscript):
        return _named(node.value, node.slice)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        return _named(node.func.value, node.args[0]) if node.func.attr in ("get", "setdefault") else ("", "")
    return "", ""


def default_numbers(node: ast.AST) -> dict[str, float]:
    """Return the number that is taken for a text key, or an attribute, that is not there: param.get("p", 0.5)."""
    match node:
        case ast.Call(func=ast.Attribute(attr="get" | "setdefault" | "pop"), args=[ast.Constant(str(key)), value]):
            pass
        case ast.Call(func=ast.Name("getattr"), args=[_, ast.Constant(str(key)), value]):
            pass
        case _:
            return {}
    with suppress(ValueError):
        number = ast.literal_eval(value)
        return {key: number} if type(number) in (int, float) else {}
    return {}


def _named(value: ast.expr, key: ast.expr) -> tuple[str, str]:
    text = key.value if isinstance(key, ast.Constant) else None
    return (value.id, text) if isinstance(value, ast.Name) and isinstance(text, str) else ("", "")


def weights_in(*functions: Function | None) -> dict[str, list[str]]:
    """Return the arguments that are read by text keys which name weights, with these keys: params['W']."""
    read: dict[str, list[str]] = {}
    for node in (item for item in functions if item):
        arguments = set(parameters(node))
        for item in ast.walk(node):
            name, key = _key(item)
            if name in arguments and key.isidentifier():
                read.setdefault(name, []).append(key)
    unique = {name: list(dict.fromkeys(keys)) for name, keys in read.items()}
    return {name: keys for name, keys in unique.items() if all(map(names.WEIGHT.match, keys))}


def choices(*functions: Function | None) -> dict[str, tuple[Any, ...]]:
    """Return the values among which functions choose by an argument: texts, both truth values, and axes."""
    nodes = [node for node in functions if node]
    taken = {name for node in nodes for name in parameters(node)}
    usual = {name: settings(name) for name in taken if settings(name) in (_TRUTHS, _AXES)}
    return {**usual, **dict.fromkeys(_flags(nodes) & taken, _TRUTHS), **compared(*nodes)}


def _flags(nodes: Sequence[Function]) -> set[str]:
    """Return what is read for nothing but to take a branch, or to be stored as an attribute for that."""
    parts = [part for node in nodes for part in ast.walk(node)]
    tests = [part.test for part in parts if isinstance(part, (ast.If, ast.IfExp))]
    tested = {leaf for test in tests for leaf in _truths(test)}
    stored = {part.value for part in parts if isinstance(part, ast.Assign) and _keeps(part)}
    read = [part for part in parts if isinstance(getattr(part, "ctx", None), ast.Load)]
    others = {_argument([part]) for part in read if isinstance(part, ast.expr) and part not in tested | stored}
    return {_argument([leaf]) for leaf in tested if not settings(_argument([leaf]))} - others


def _truths(test: ast.expr) -> Iterator[ast.expr]:
    """Yield the names in a test whose truth alone counts: `if train and not self.frozen`."""
    if isinstance(test, ast.BoolOp):
        yield from (leaf for value in test.values for leaf in _truths(value))
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _truths(test.operand)
    elif isinstance(test, (ast.Name, ast.Attribute)):
        yield test


def _keeps(node: ast.Assign) -> bool:
    """Tell whether an attribute is set to the argument of its name: `self.train = train`."""
    target = node.targets[0]
    return isinstance(target, ast.Attribute) and isinstance(node.value, ast.Name) and target.attr == node.value.id


def compared(*functions: Function | None) -> dict[str, tuple[str, ...]]:
    """Return the texts that functions compare their arguments with, or what an object keeps of one: mode == "max"."""
    texts: dict[str, list[str]] = {}
    for item in (part for node in functions if node for part in ast.walk(node)):
        if isinstance(item, ast.Subscript) and isinstance(item.value, ast.Dict):  # {"tanh": np.tanh}[kind]
            keys = [text for key in item.value.keys if key for text in _texts(key)]
            texts.setdefault(_argument([item.slice]), []).extend(keys)
        if isinstance(item, ast.Compare) and isinstance(item.ops[0], (ast.Eq, ast.NotEq, ast.In)):
            sides = [item.left, *item.comparators]
            if isinstance(item.ops[0], ast.In) and not _argument([item.left]):
                continue  # "seed" in settings
            texts.setdefault(_argument(sides), []).extend(text for side in sides for text in _texts(side))
    return {name: tuple(dict.fromkeys(values)) for name, values in texts.items() if name and values}


def _argument(sides: list[ast.expr]) -> str:
    names = (side.attr if isinstance(side, ast.Attribute) else getattr(side, "id", "") for side in sides)
    return next(filter(None, names), "")


def _texts(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def varied(name: str, default: Any, texts: Sequence[str] = ()) -> tuple[Any, ...]:
    """Return the values that an argument with a default is tried with: both truth values, or two numbers and more.

    `texts` are those that the code compares it with.
    """
    usual = settings(name) if default in settings(name) else ()
    if isinstance(default, str) and (default in texts or usual):
        return tuple(dict.fromkeys([default, *texts, *usual]))
    if isinstance(default, bool):
        return (default, not default)
    if isinstance(default, int) and 0 <= default < _SMALL:
        return tuple(dict.fromkeys([default, *settings(name)[:3], default + 1]))
    if isinstance(default, float):
        return _numbers(name, default)
    return tuple(dict.fromkeys([default, *usual])) if usual else ()


def _numbers(name: str, default: float) -> tuple[float, ...]:
    """Return a default and a second number: what is right by the default alone (`2` for `1 / (1 - p)`) is wrong there.

    Both are on the same side of 0 and of 1, so that a rate stays one, and the second one is further from 1: beyond the
    threshold of an approximation, 20 or 1e-4, that is closer still. How far a weight is moved is none of a gradient.
    """
    if names.is_stepping(name) or not abs(default) <= _LARGE:
        return ()
    if default in (0, 1):
        return (default, 0.5)  # at a neutral number a term that backward forgets is not seen
    return (default, float(f"{(_FURTHER if abs(default) > 1 else _NEARER) * default:.3g}"))


def alternatives(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return dicts of settings with one of them changed."""
    return [
        {**values, key: other}
        for key, value in values.items()
        for other in varied(key, value) or settings(key)
        if other != value
    ]

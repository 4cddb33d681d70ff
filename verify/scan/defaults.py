"""What a case of scan assumes: options at their defaults that the code branches on, and rows in place of vectors."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import is_dataclass
from typing import Any

from verify.scan import names
from verify.scan.candidate import Candidate
from verify.scan.chosen import notes_of_call
from verify.scan.hints import has_infinity
from verify.scan.options import default_numbers
from verify.scan.recipe import Recipe, literal
from verify.scan.shapes import is_size, is_weight
from verify.scan.source import Function, parameters
from verify.scan.unjudged import unjudged
from verify.scan.variation import called

_ROW = "{0} is taken as an array of shape (1, {1}), as its gradient is: an array of shape ({1},) needs another gradient"
_MASKED = (
    "{} is tried with rows of zeros and rows of ones as well: where forward puts one number in the place of all scores "
    "of a row, the exact gradient of that row is 0"
)
_NOTE = "only {} was tried; for other values, write a case: `gradproof init`"


def notes_of(
    candidate: Candidate,
    recipe: Recipe,
    module: Mapping[str, Any],
    nodes: Sequence[Function],
    rebound: Collection[str],
) -> tuple[str, ...]:
    """Say which options had one value alone (`mask=None`), what was chosen or converted, which arrays are rows.

    Gradients that are not judged are named. What is `rebound` somewhere in the source is a setting, whatever its name.
    """
    rows = [
        _ROW.format(name, match[1])
        for name, shape in recipe.arrays.items()
        if is_weight(name) and name not in recipe.stores and (match := re.fullmatch(r"1 (\w+)", shape))
    ]
    masked = [_MASKED.format(", ".join(sorted(recipe.masks)))] if recipe.masks and has_infinity(nodes) else []
    return (
        *_untried(candidate, recipe, module, nodes, rebound),
        *masked,
        *notes_of_call(candidate, recipe, module),
        *unjudged(recipe, nodes),
        *rows,
    )


def _untried(
    candidate: Candidate,
    recipe: Recipe,
    module: Mapping[str, Any],
    nodes: Sequence[Function],
    rebound: Collection[str],
) -> Iterator[str]:
    deciding = {name for node in nodes for name in _branching(node)}
    numbers = {name: number for node in nodes for name, number in _numbers(node)}
    defaults = [*_defaults(candidate, module, nodes, rebound), *_globals(module, nodes, rebound), *numbers.items()]
    texts = [
        f"{name}={literal(default)}"
        for name, default in defaults
        if (name in deciding or _has_number(default)) and name not in _settled(recipe, numbers)
    ]
    if texts:
        yield _NOTE.format(", ".join(dict.fromkeys(texts)))


def _settled(recipe: Recipe, numbers: Mapping[str, float]) -> set[str]:
    """Return what is an input, has several values, or is said to have one that scan has chosen."""
    several = {name for name, values in recipe.options.items() if len(values) > 1}
    keys = {key for values in recipe.options.values() if isinstance(values[0], dict) for key in values[0]}
    passed = re.findall(r"\b(\w+)=(?!=)", recipe.text)
    return {*recipe.inputs, *several, *passed, *(keys & {*numbers})}


def _globals(
    module: Mapping[str, Any], nodes: Sequence[Function], rebound: Collection[str]
) -> Iterator[tuple[str, Any]]:
    """Yield the numbers among the variables of the module that code reads and that are settings."""
    own = {name for node in nodes for name in parameters(node)}
    read = dict.fromkeys(name for node in nodes for name in _read(node) if name in module and name not in own)
    yield from ((name, module[name]) for name in read if _is_setting(name, module[name], rebound))


def _defaults(
    candidate: Candidate, module: Mapping[str, Any], nodes: Sequence[Function], rebound: Collection[str]
) -> Iterator[tuple[str, Any]]:
    """Yield what has a default: None, a text, a truth value, or what has numbers and is read, in classes as well.

    No size is among them: the sizes that were checked are in the report; and neither is a rate of learning.
    """
    read = {name for node in nodes for name in _read(node)}
    for function in called(candidate, module):
        with suppress(TypeError, ValueError):
            for name, item in inspect.signature(function).parameters.items():
                others = is_size(name) or names.SIZES.match(name) or names.is_stepping(name)
                counts = name in read and item.default is not item.empty and not others
                if item.default is None or isinstance(item.default, (str, bool)) or counts:
                    yield name, item.default
        if inspect.isclass(function):
            yield from (
                (name, value)
                for name, value in vars(function).items()
                if name in read and _is_setting(name, value, rebound)
            )


def _is_setting(name: str, value: Any, rebound: Collection[str]) -> bool:
    """Tell whether a number of a class or module may be set to other values: somewhere it is, or it looks like one.

    A constant does not, by its name or its many digits.
    """
    plain = type(value) is float and value == float(f"{value:g}") and not name.isupper()
    return plain or (type(value) in (int, float) and name in rebound)


def _has_number(default: Any) -> bool:
    """Tell whether a default is a number that code computes with, or holds one, as settings in an object do."""
    if is_dataclass(default) and not isinstance(default, type):
        return _has_number(vars(default))
    if isinstance(default, (dict, list, tuple)):
        return any(map(_has_number, default.values() if isinstance(default, dict) else default))
    return type(default) in (int, float)


def _read(node: Function) -> Iterator[str]:
    """Yield the names and attributes that a function reads."""
    for item in ast.walk(node):
        if isinstance(getattr(item, "ctx", None), ast.Load):
            yield from filter(None, [getattr(item, "id", ""), getattr(item, "attr", "")])


def _numbers(node: Function) -> Iterator[tuple[str, float]]:
    """Yield the numbers that stand for keys and attributes which are not there: `settings.get("p", 0.5)`."""
    for item in ast.walk(node):
        yield from default_numbers(item).items()


def _branching(node: Function) -> Iterator[str]:
    """Yield the names, or attributes, that decide a branch: `mask is not None`, `kind == "relu"`, `if self.bias`."""
    for item in ast.walk(node):
        if isinstance(item, (ast.If, ast.IfExp, ast.While)):
            yield from _of_test(item.test)


def _of_test(test: ast.expr) -> Iterator[str]:
    for part in ast.walk(test):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr

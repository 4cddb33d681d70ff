"""What a case of scan assumes: options at their defaults that the code branches on, and rows in place of vectors."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from verify.scan.candidate import Candidate
from verify.scan.chosen import notes_of_call
from verify.scan.recipe import Recipe, literal
from verify.scan.shapes import is_weight
from verify.scan.source import Function
from verify.scan.variation import called

_ROW = "{0} is taken as an array of shape (1, {1}), as its gradient is: an array of shape ({1},) needs another gradient"
_NOTE = "only {} was tried; for other values, write a case: `gradproof init`"


def notes_of(
    candidate: Candidate, recipe: Recipe, module: Mapping[str, Any], nodes: Sequence[Function]
) -> tuple[str, ...]:
    """Say which options had one value alone (`mask=None`), what was chosen or converted, and which arrays are rows."""
    rows = [
        _ROW.format(name, match[1])
        for name, shape in recipe.arrays.items()
        if is_weight(name) and name not in recipe.stores and (match := re.fullmatch(r"1 (\w+)", shape))
    ]
    return (*_untried(candidate, recipe, module, nodes), *notes_of_call(candidate, recipe, module), *rows)


def _untried(
    candidate: Candidate, recipe: Recipe, module: Mapping[str, Any], nodes: Sequence[Function]
) -> Iterator[str]:
    branching = {name for node in nodes for name in _branching(node)}
    texts = [
        f"{name}={literal(default)}"
        for name, default in _defaults(candidate, module)
        if name in branching and name not in recipe.inputs and len(recipe.options.get(name, ())) < 2
    ]
    if texts:
        yield _NOTE.format(", ".join(dict.fromkeys(texts)))


def _defaults(candidate: Candidate, module: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the arguments that are None or a text by default."""
    for function in called(candidate, module):
        with suppress(TypeError, ValueError):
            for name, item in inspect.signature(function).parameters.items():
                if item.default is None or isinstance(item.default, (str, bool)):
                    yield name, item.default


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

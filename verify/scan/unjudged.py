"""Gradients that an object keeps for weights which its case has no input for: a note says that they are not judged."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from verify.cases.names import NAMES
from verify.scan.recipe import Recipe
from verify.scan.source import Function

_NOTE = "{} {} not checked: no call was found in which {} {}; write a case that has {}: `gradproof init`"
_ARE = (("is", "is an input", "it"), ("are", "are inputs", "them"))


def unjudged(recipe: Recipe, nodes: Sequence[Function]) -> Iterator[str]:
    """Name the gradients among the attributes that methods set, of what the constructor makes, if no input is it."""
    made = {name for node in nodes if node.name == "__init__" for name in _set_by(node)}
    stored = {name for node in nodes if node.name != "__init__" for name in _set_by(node)}
    left = {
        label: name
        for name in sorted(made - {*recipe.inputs})
        for pattern in NAMES["gradients"]
        if (label := pattern.format(name)) in stored and label not in recipe.text
    }
    if left:
        are, inputs, them = _ARE[len(left) > 1]
        labels, names = (" and ".join(words) for words in ((f"self.{label}" for label in left), left.values()))
        yield _NOTE.format(labels, are, names, inputs, them)


def _set_by(node: Function) -> Iterator[str]:
    """Yield the attributes that a method sets of its object."""
    for item in ast.walk(node):
        if isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store) and ast.unparse(item.value) == "self":
            yield item.attr

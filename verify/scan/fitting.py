"""Sizes that code is meant for: halves of an odd number of columns broadcast, and their gradient has more columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from verify.cases.sizes import bindings
from verify.scan.recipe import Recipe
from verify.scan.trial import Tried, tried_recipe

_OTHERS = (2, 3, 5)  # sizes that a dimension takes beside the usual one
_LARGER = (6, 2, 8, 12)  # where code has none of the usual ones: multiples of 2, 3 and 4
_FACTORS = (2, 3, 4)
_MULTIPLE = "{1}*{0} stands for {0}, as the code is meant for multiples of {1}: with {0}={2}, {3}"
_FIXED = "only {0}={1} was tried: with {0}={2}, {3}"


def fitting(recipe: Recipe, module: Mapping[str, Any]) -> Recipe:
    """Return a case that fits without the sizes at which a gradient has more entries than its input.

    They are left out where the code fits at all multiples of a number, as where it splits columns in halves, and a note
    says so; else, and where a gradient has fewer entries than its input, backward is at fault.
    """
    for name, usual in _free(recipe, module).items():
        if misfit := next(_misfits(recipe, name, usual, module), None):
            size, outcome = misfit
            for factor in _FACTORS:
                multiple = _multiplied(recipe, name, factor)
                if tried_recipe(multiple, module).fits and not any(_misfits(multiple, name, usual, module)):
                    note = _MULTIPLE.format(name, factor, size, outcome.problem)
                    return replace(multiple, notes=(*recipe.notes, note))
    return recipe


def refitted(recipe: Recipe, module: Mapping[str, Any]) -> Recipe:
    """Return a case whose gradient has more entries than its input at a size at which it fits, if there is one."""
    before = tried_recipe(recipe, module)
    for name, usual in _free(recipe, module).items() if before.exceeds else ():
        for size in _LARGER:
            sized = replace(recipe, sizes={**recipe.sizes, name: size})
            if tried_recipe(sized, module).fits:
                return replace(sized, notes=(*recipe.notes, _FIXED.format(name, size, usual, before.problem)))
    return recipe


def _free(recipe: Recipe, module: Mapping[str, Any]) -> dict[str, int]:
    """Return the sizes of the dimensions that are open, the last one first: that of columns."""
    case = recipe.case(module)
    usual = bindings(case.inputs.values(), case.sizes)[0]
    return {name: usual[name] for name in reversed(usual) if name not in case.sizes}


def _misfits(recipe: Recipe, name: str, usual: int, module: Mapping[str, Any]) -> Iterator[tuple[int, Tried]]:
    """Yield the sizes of a dimension at which a gradient has more entries than its input."""
    for size in _OTHERS:
        outcome = tried_recipe(replace(recipe, sizes={**recipe.sizes, name: size}), module)
        if size != usual and outcome.exceeds:
            yield size, outcome


def _multiplied(recipe: Recipe, name: str, factor: int) -> Recipe:
    """Return a case with so many times as many entries along a dimension."""
    texts = {
        key: re.sub(r'"[^"]*"', lambda shape: re.sub(rf"\b{name}\b", f"{factor}*{name}", shape[0]), text)
        for key, text in recipe.inputs.items()
    }
    return recipe.redescribed({key: text for key, text in texts.items() if text != recipe.inputs[key]})

"""The options that code offers by itself, added to a recipe: each value at which the code runs on floats."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from verify.scan import names
from verify.scan.candidate import OF_CLASSES, Candidate
from verify.scan.options import alternatives, settings, varied
from verify.scan.read import resolved
from verify.scan.recipe import Recipe, literal
from verify.scan.trial import IN_BACKWARD, OTHER_SHAPES, RIGHT, Tried, tried_recipe

_RAISED = "{} was not checked: forward runs there, and backward fails: {}"
_MOST = 12  # values of all options together, since cases take every combination of them
_FEW = 4  # those up to which numbers are varied at which the gradients look right


def with_options(
    candidate: Candidate, recipe: Recipe, module: Mapping[str, Any], texts: Mapping[str, Sequence[str]]
) -> Recipe:
    """Return a recipe with the options of its constructor, or of its functions, that make no trial fail.

    `texts` are those that the code compares its arguments with.
    """
    combinations, raising = 1, []
    for most, name, values in _ordered(_offered(candidate, recipe, module, texts), recipe, module):
        outcomes = [(value, _tried(recipe, name, value, module)) for value in values[1:]]
        fitting = [value for value, outcome in outcomes if _fits(outcome)]
        raising += [
            _RAISED.format(f"{name}={literal(value)}", ", at ".join(filter(None, [outcome.problem, outcome.where])))
            for value, outcome in outcomes
            if outcome.score == IN_BACKWARD and not isinstance(value, dict)
        ]
        if fitting and combinations * (len(fitting) + 1) <= most:
            recipe = replace(recipe, options={**recipe.options, name: (values[0], *fitting)})
            combinations *= len(fitting) + 1
    return replace(recipe, notes=(*recipe.notes, *raising))


def _ordered(
    offered: Iterator[tuple[str, tuple[Any, ...]]], recipe: Recipe, module: Mapping[str, Any]
) -> Iterator[tuple[int, str, tuple[Any, ...]]]:
    """Yield options with how many values there may be with them: numbers come last, unless gradients look wrong at one.

    Most code has numbers at their defaults for which a proof takes as long again, and says nothing else.
    """
    pairs = list(offered)
    numbers = [pair for pair in pairs if isinstance(pair[1][0], float)]
    telling = [(name, values) for name, values in numbers if _tried(recipe, name, values[1], module).score != RIGHT]
    yield from ((_MOST, *pair) for pair in pairs if pair in telling or pair not in numbers)
    yield from ((_FEW, *pair) for pair in numbers if pair not in telling)


def _fits(outcome: Tried) -> bool:
    return outcome.fits or outcome.score == OTHER_SHAPES  # forward takes what backward has the wrong shape for


def _tried(recipe: Recipe, name: str, value: Any, module: Mapping[str, Any]) -> Tried:
    return tried_recipe(replace(recipe, options={**recipe.options, name: (value,)}), module)


def _offered(
    candidate: Candidate, recipe: Recipe, module: Mapping[str, Any], texts: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for name, values in recipe.options.items():
        first = values[0]
        others = alternatives(first) if isinstance(first, dict) else texts.get(name, settings(name))
        yield name, (first, *(value for value in others if value != first))
    for function in called(candidate, module):
        with suppress(TypeError, ValueError):
            for name, item in inspect.signature(function).parameters.items():
                values = varied(name, item.default, texts.get(name, ()))
                scaled = recipe.changes and names.is_rate(name)  # the change of a weight is its gradient times that
                # Which axis or mode forward was called with a gradient cannot know that is not told of it.
                fixed = name in recipe.unshared and not isinstance(item.default, float)
                if name not in {*recipe.inputs, *recipe.options} and values and not (scaled or fixed):
                    yield name, values


def called(candidate: Candidate, module: Mapping[str, Any]) -> list[Any]:
    """Return what takes the options of a case."""
    if candidate.kind in ("layer", "net", "value"):
        make = resolved(module, candidate.cls)
        return [make, getattr(make, candidate.forward)]
    return [] if candidate.kind in OF_CLASSES else [resolved(module, candidate.forward)]

"""Layers whose backward changes the weights: their gradients are the change, at a rate of 1 or by a plain optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from verify.scan import names
from verify.scan.read import required
from verify.scan.recipe import Recipe, generator
from verify.scan.unit import STEP, Made, Unit, constructor, parameters
from verify.scan.weights import Changing, Weights

STEPS = '''class Step:
    """An optimizer that steps by the gradient itself."""

    def update(self, weights, gradient):
        return weights - gradient


'''


def changing(unit: Unit) -> Changing:
    """Return how backward changes the weights, if it does."""
    later = [name for name in [*unit.backward][1:] if name in required(unit.backward) or names.is_rate(name)]
    passed = tuple("1" if names.is_rate(name) else STEP if names.OPTIMIZER.match(name) else "" for name in later)
    methods = [name for name in names.INITIAL if callable(getattr(unit.make, name, None))]
    takes = (name for name in methods if any(map(names.OPTIMIZER.match, parameters(getattr(unit.make, name)))))
    taken = [name for name in constructor(unit.make) if name not in unit.graded]  # a rate has no gradient
    stored = any(names.OPTIMIZER.match(name) or names.is_rate(name) for name in taken)
    return Changing(passed if all(passed) else (), next(takes, ""), stored=stored)


def updated(unit: Unit, made: Made, weights: Weights, inputs: Mapping[str, str], params: Mapping[str, str]) -> Recipe:
    """Return a layer whose backward changes the weights, by their gradients."""
    candidate, keys, change = unit.candidate, [*made.arrays, *weights.shapes], changing(unit)
    lines = [
        f"layer = {unit.constructed(made, weights)}",
        *([f"layer.{change.initial}({STEP})"] if change.initial else []),
        *(f"layer.{weights.place(key)} = {key}.copy()" for key in keys),
        f"dout = yield {unit.calls(candidate.forward, ', '.join(inputs))}",
        f"gradient = {unit.calls(candidate.backward, ', '.join(['dout', *change.passed]))}",
        f"return {', '.join(['gradient', *(f'{key} - layer.{weights.place(key)}' for key in keys)])}",
    ]
    recipe = replace(generator(candidate, {**inputs, **params}, lines), passed=frozenset(constructor(unit.make)))
    recipe = replace(recipe, stores=tuple(keys), changes=True)
    stepped = change.initial or STEP in (*change.passed, *made.fixed.values())
    return replace(recipe, text=STEPS + recipe.text) if stepped else recipe

"""Readings of layers: what cases of their objects may be, the most likely first, each over smaller domains."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from verify.scan import names, parted, shapes
from verify.scan.costless import costless
from verify.scan.nested import nested
from verify.scan.onehot import one_hot
from verify.scan.options import settings
from verify.scan.passed import MEANT
from verify.scan.readings import Reading, narrowed
from verify.scan.recipe import ACCEPTED, OPTIONS, Recipe, generator, quoted, table, variable
from verify.scan.unit import STEP, Made, Unit, constructor, makings, widths_of
from verify.scan.updating import STEPS, changing, updated
from verify.scan.values import handed
from verify.scan.weights import NONE, Step, Weights, weights_of


def layers(unit: Unit) -> Iterator[Reading]:
    """Yield cases of a layer: its inputs and weights, in shapes that fit each other."""
    yield from handed(unit)
    yield from nested(unit)
    yield from parted.of_class(unit)
    yield from costless(unit)
    others = [name for name in unit.needed if name != unit.leading]
    inputs = (*unit.hinted.indices, *unit.differentiated)
    targets = [name for name in others if names.is_label(name) and name not in inputs]
    usual = [name for name in others if name not in targets and settings(name)]
    masks = [name for name in others if name in unit.hinted.masks and name not in unit.differentiated]
    readings = dict.fromkeys([(tuple(targets), tuple(usual)), ((), tuple(usual)), (tuple(targets), ()), ((), ())])
    masked = dict.fromkeys([tuple(masks), ()])
    for chosen, (real_targets, modes) in itertools.product(masked, readings):
        # What is called y may be a second input, and what is called k an array.
        fixed = (*unit.hinted.indices, *real_targets, *chosen)
        labels = [name for name in others if name in fixed and name not in modes]
        arrays = [name for name in others if name not in (*labels, *modes)]
        for taken, alike in itertools.groupby(makings(unit), lambda made: (made.arrays, made.sizes)):
            ways = list(alike)
            for shaped in _shapes(unit, [*arrays, *taken[0]]):
                for made in ways:
                    yield from _of_shapes(unit, made, shaped, labels, modes)


def _shapes(unit: Unit, others: Sequence[str]) -> Iterator[dict[str, str]]:
    first = unit.leading
    if first in unit.listed:
        yield from ({first: shape, **dict.fromkeys(others, "D")} for shape in shapes.LISTS)
    widths = [] if others else list(widths_of(unit.make))
    for shaped in shapes.of_inputs(first, others, unit.hinted):
        if shaped[first] == "N":  # a vector of just that length may fit as well, and one of another length would not
            yield from ({first: f"N {width}"} for width in widths)
        yield shaped


def _of_shapes(
    unit: Unit, made: Made, shaped: Mapping[str, str], labels: Sequence[str], modes: Sequence[str]
) -> Iterator[Reading]:
    inputs = {name: shaped[name] for name in unit.needed if name in shaped}
    kinds = [shapes.of_labels(name, [shaped[unit.leading]], unit.hinted) for name in labels]
    for combination in itertools.product(*kinds):
        if any(unit.hinted.masks.get(name) for name in labels):
            yield from _of_truths(unit, made, {**inputs, **dict(zip(labels, combination, strict=True))})
            continue
        for weights in _weights(unit, made, inputs):
            params = {**{name: shaped[name] for name in made.arrays}, **weights.shapes}
            masks = {name: shapes.signs(shaped[name]) for name in made.masks}
            targets = {**masks, **dict(zip(labels, combination, strict=True))}
            yield narrowed(
                [
                    _layer(unit, made, weights, _split(unit, {**domain, **targets}), modes)
                    for domain in shapes.domains({**inputs, **params}, [*inputs, *params])
                ]
            )
    rows = len(labels) == 1 and labels[0] not in unit.hinted.masks  # -1 and 1 in place of a mask leave nothing out
    if rows and not made.arrays and len(unit.needed) == len(inputs) + 1:
        yield from _one_hot(unit, made, inputs, labels[0])


def _one_hot(unit: Unit, made: Made, inputs: Mapping[str, str], label: str) -> Iterator[Reading]:
    """Yield a last layer that takes rows with a single 1 in the place of labels."""

    def lines(passed: Callable[[Sequence[str]], str]) -> list[str]:
        return [
            f"layer = {unit.constructed(made, NONE)}",
            f"{'' if unit.alone else 'dout = '}yield {unit.calls(unit.candidate.forward, passed(unit.needed))}",
            f"return {unit.calls(unit.candidate.backward, '' if unit.alone else 'dout')}",
        ]

    for reading in one_hot(unit.candidate, unit.needed, inputs, label, lines, upstream=unit.last):
        yield [replace(recipe, passed=frozenset(constructor(unit.make))) for recipe in reading]


def _of_truths(unit: Unit, made: Made, inputs: Mapping[str, str]) -> Iterator[Reading]:
    """Yield a layer that is passed truth values, as code with `x[~mask]` has to be: numbers are other entries there."""
    if made.arrays or len(inputs) < len(unit.needed):
        return
    truths = {name: f"{name} == 1" for name in _masks(unit, inputs) if unit.hinted.masks[name]}
    lines = [
        f"layer = {unit.constructed(made, NONE)}",
        f"dout = yield {unit.calls(unit.candidate.forward, ', '.join(truths.get(name, name) for name in unit.needed))}",
        f"return {unit.calls(unit.candidate.backward, '' if unit.alone else 'dout')}",
    ]
    ordered = {name: inputs[name] for name in unit.needed}
    domains = shapes.domains(ordered, [*ordered])
    recipes = [generator(unit.candidate, domain, lines, upstream=unit.last) for domain in domains]
    passed, masks = frozenset(constructor(unit.make)), frozenset(truths)
    yield narrowed([replace(recipe, passed=passed, masks=masks) for recipe in recipes])


def _masks(unit: Unit, inputs: Mapping[str, str]) -> list[str]:
    """Return the inputs of zeros and ones that are masks."""
    return [name for name, text in inputs.items() if name in unit.hinted.masks and shapes.is_narrow(text)]


def _split(unit: Unit, every: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what goes to forward, in its order, and the weights."""
    inputs = {name: every[name] for name in unit.needed if name in every}
    return inputs, {name: text for name, text in every.items() if name not in inputs}


def _weights(unit: Unit, made: Made, inputs: Mapping[str, str]) -> Iterator[Weights]:
    plain = not made.arrays and all(text and "|" not in text for text in inputs.values())
    if (
        not plain
        or (changing(unit).steps and not unit.plain)
        or any(text.startswith("gradproof.") and not shapes.lookup(text) for text in inputs.values())
    ):
        yield NONE
        if made.arrays and changing(unit).stored and unit.plain:
            yield NONE._replace(changed=True)
        return
    fixed = {name: _meant(text) for name, text in made.fixed.items()} | {
        name: first for name, (first, *_) in unit.texts.items()
    }
    complete = len(inputs) == len(unit.needed)
    every = [
        *weights_of(unit.make, unit.candidate, made.sizes, fixed, inputs, changing=changing(unit), complete=complete)
    ]
    yield from every or [NONE]  # where nothing can be made or run, its case tells why


def _meant(text: str) -> Any:
    """Return what a text that a constructor is passed stands for."""
    return Step() if text == STEP else MEANT[text] if text in MEANT else ast.literal_eval(text)


def _layer(
    unit: Unit, made: Made, weights: Weights, arrays: tuple[dict[str, str], dict[str, str]], modes: Sequence[str]
) -> Recipe:
    if changing(unit).by_call or weights.changed:
        return updated(unit, made, weights, *arrays)
    inputs, params = arrays
    name, title = variable(unit.candidate), unit.candidate.cls
    factory, make = _factory(unit, made, weights)
    parts = [make, f"inputs={table(inputs)}", *([f"params={table(params)}"] if params else [])]
    parts += ["upstream=1"] if unit.last else []
    text = f"{factory}{name} = gradproof.layer({', '.join(parts)}{OPTIONS}, name={quoted(unit.candidate.name)})"
    text = STEPS + text if STEP in text else text
    passed = frozenset(constructor(unit.make)) if make != title else frozenset()
    options = {mode: settings(mode)[:1] for mode in modes}
    stores, masks = tuple(weights.shapes), frozenset({*made.masks, *_masks(unit, inputs)})
    return Recipe(name, text, {**inputs, **params}, options, passed, stores, masks=masks)


def _factory(unit: Unit, made: Made, weights: Weights) -> tuple[str, str]:
    """Return the text of a function that makes an object with its weights, and what to call: it, or the class."""
    title = unit.candidate.cls
    if not (made.sizes or made.fixed or made.masks or weights.shapes):
        return "", title
    call = unit.constructed(made, weights)
    taken = f"{', '.join([*made.arrays, *weights.shapes])}{ACCEPTED}"
    if not weights.shapes:
        return "", f"lambda {taken}: {call}"
    name = f"make_{variable(unit.candidate).removesuffix('_case')}"
    stores = [f"layer.{weights.place(weight)} = {weight}" for weight in weights.shapes]
    body = "\n    ".join([f"layer = {call}", *stores, "return layer"])
    return f"def {name}({taken}):\n    {body}\n\n\n", name

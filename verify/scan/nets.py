"""Readings of networks: objects whose weights have gradients by name, of a loss that takes data and targets.

The book has `loss(x, t)` and `gradient(x, t)`, which returns them in a dict; courses have one method for both.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from verify.cases.names import NAMES, labels_of
from verify.scan import names, shapes
from verify.scan.hints import places_of
from verify.scan.options import settings
from verify.scan.passed import MEANT
from verify.scan.readings import Reading
from verify.scan.recipe import HANDED, generator, literal, quoted
from verify.scan.unit import Made, Unit, constructor, makings
from verify.scan.weights import Changing, Weights, weights_of

_INPUTS = ("N D", "N C H W")
_PAIR = 2  # a loss, and all gradients behind it
_FORMS = ("{}", *NAMES["gradients"])


class Target(NamedTuple):
    """What stands for the targets of a loss: its description in a case, and what a method is passed, by the label."""

    described: str
    passed: str = "{}"


def nets(unit: Unit) -> Iterator[Reading]:
    """Yield cases of an object that returns the gradients of its weights by name."""
    first, *others = unit.needed if len(unit.needed) > 1 else [*unit.forward][:2]
    usual = [name for name in others if settings(name) and not names.is_label(name)]
    labels = [name for name in others if name not in usual]
    if len(labels) > 1:
        return
    for made in _sized(unit):
        for shape in _INPUTS:
            for weights in _weights(unit, made, {first: shape}):
                for target in _targets(weights) if labels else [Target("")]:
                    inputs = {first: shape, **dict.fromkeys(labels, target.described)}
                    yield from _of_target(unit, made, weights, target, inputs, usual)


def _sized(unit: Unit) -> Iterator[Made]:
    """Yield how the constructor is called with sizes that are small, whatever they are by default."""
    sizes = [name for name, item in constructor(unit.make).items() if shapes.is_size(name) and not settings(name)]
    plain = [name for name in sizes if not any(map(names.SIZES.match, names.spellings(name)))]
    for made in makings(unit):
        if not made.arrays:
            yield made._replace(sizes=tuple(name for name in plain if name not in made.fixed))


def _weights(unit: Unit, made: Made, inputs: Mapping[str, str]) -> Iterator[Weights]:
    fixed = {name: ast.literal_eval(text) for name, text in made.fixed.items() if "(" not in text and text not in MEANT}
    fixed |= {name: first for name, (first, *_) in unit.texts.items()}
    for numbers in (True, False):  # a bias may be one number
        every = weights_of(
            unit.make,
            unit.candidate,
            made.sizes,
            fixed,
            inputs,
            changing=Changing(),
            complete=False,
            all_arrays=True,
            numbers=numbers,
        )
        yield from (weights for weights in every if weights.shapes and (weights.numbers or not numbers))


def _targets(weights: Weights) -> Iterator[Target]:
    """Yield targets for the outputs of the last weights, those that ask least of the code last."""
    name, shape = [(name, shape) for name, shape in weights.shapes.items() if shape][-1]
    last = shape.split()[-1]
    rows = f'gradproof.integer("N", below="{last}")'
    yield Target(f'gradproof.fixed("N {last}")')
    yield Target('gradproof.fixed("N")')
    yield Target(rows)
    yield Target(rows, f"np.eye({name}.shape[-1])[{{}}]")
    yield Target('gradproof.integer("N", below="2")')


def _of_target(
    unit: Unit, made: Made, weights: Weights, target: Target, inputs: Mapping[str, str], usual: Sequence[str]
) -> Iterator[Reading]:
    """Yield cases of an object with data and targets, by how its gradients may be returned."""
    first, *labels = inputs
    settled = (f"{name}={literal(settings(name)[0])}" for name in usual)
    passed = ", ".join([first, *(target.passed.format(label) for label in labels), *settled]) + HANDED
    methods = [unit.forward, *([unit.backward] if unit.candidate.backward != unit.candidate.forward else [])]
    handed = frozenset.intersection(*map(frozenset, methods)) - {first, *labels, *usual}  # reg=0.0
    described = {first: f"gradproof.fixed({quoted(inputs[first])})", **{label: inputs[label] for label in labels}}
    described |= {name: quoted(shape) for name, shape in weights.shapes.items()}
    for returned in _returned(unit, [*weights.shapes]):
        lines = [
            f"layer = {unit.constructed(made, weights)}",
            *(
                f"layer.{weights.place(name)}{'' if name in weights.numbers else '[...]'} = {name}"
                for name in weights.shapes
            ),
            *_calls(unit, passed),
            f"return {returned}",
        ]
        recipe = generator(unit.candidate, described, lines, upstream=True)
        yield [
            replace(
                recipe, narrow="integer" in target.described, passed=frozenset(constructor(unit.make)), handed=handed
            )
        ]


def _calls(unit: Unit, passed: str) -> list[str]:
    """Write the lines that yield the loss and get the gradients, from one method or from two."""
    candidate = unit.candidate
    gradients = unit.calls(candidate.backward, passed)
    if candidate.forward == candidate.backward:
        places = len(places_of(unit.methods[candidate.backward]))
        if places == 0:
            return [f"yield {gradients}"]
        return [f"loss, {'*' * (places > _PAIR)}gradients = {gradients}", "yield loss"]
    return [f"yield {unit.calls(candidate.forward, passed)}", f"gradients = {gradients}"]


def _returned(unit: Unit, weights: Sequence[str]) -> Iterator[str]:
    """Yield what has the gradients of weights: a dict by their names or usual labels, or they come in this order.

    They may be attributes as well, of a method that returns its loss alone.
    """
    if not places_of(unit.methods[unit.candidate.backward]) and unit.candidate.forward == unit.candidate.backward:
        labels = {name: next((label for label in labels_of(name) if label in unit.stored), "") for name in weights}
        stores = [store for store in NAMES["containers"] if store in unit.stored]
        yield from ([", ".join(f"layer.{label}" for label in labels.values())] if all(labels.values()) else [])
        for store, form in itertools.product(stores, _FORMS):
            yield ", ".join(f"layer.{store}[{quoted(form.format(name))}]" for name in weights)
        return
    for form in _FORMS:
        yield ", ".join(f"gradients[{quoted(form.format(name))}]" for name in weights)
    yield "gradients"

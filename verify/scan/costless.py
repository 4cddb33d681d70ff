"""Networks with lists of weights whose `backprop(x, y)` has a cost that no function computes.

Half the sum of squares and the cross entropy are tried for it. Either is taken only where the gradient of some weights
looks right for it, so that a gradient is not held against a cost that is not its own.
"""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from verify.scan import names, shapes
from verify.scan.nested import SIZES, Built, drawn, gradients_in, sized
from verify.scan.read import required
from verify.scan.readings import Reading
from verify.scan.recipe import generator, quoted
from verify.scan.unit import Unit

_COSTS = (
    "0.5 * np.sum((output - {0}) ** 2)",
    "-np.sum({0} * np.log(output) + (1 - {0}) * np.log(1 - output))",
)


def costless(unit: Unit) -> Iterator[Reading]:
    """Yield cases of an object whose backward takes the data and the targets, and returns the gradients of weights."""
    taken = required(unit.backward)
    labels = [name for name in taken if names.is_label(name)]
    if len(unit.needed) == 1 and len(taken) == 2 and len(labels) == 1:
        for built in sized(unit):
            for places in _places(unit, built, taken, labels[0]):
                yield from _cases(unit, built, places, taken, labels[0])


def _places(unit: Unit, built: Built, taken: Sequence[str], label: str) -> Iterator[dict[str, str]]:
    """Yield where the gradient of each weight comes out: lists of them may come in another order than the object's."""
    values = drawn({**built.weights, "": built.first, label: _target(built)})
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        layer, data = built.make(unit, values), values.pop("")
        passed = [values[name] if name == label else data for name in taken]
        getattr(layer, unit.candidate.forward)(data)
        returned = getattr(layer, unit.candidate.backward)(*passed)
        for order in _orders(built):
            for _, places in gradients_in(layer, returned, [values[name] for name in order]):
                yield dict(zip(order, places, strict=True))


def _target(built: Built) -> str:
    return built.first.replace(str(SIZES[0]), str(SIZES[-1]))


def _orders(built: Built) -> Iterator[list[str]]:
    """Yield the weights, their lists in each order."""
    lists = [[*group] for _, group in itertools.groupby(built.stores, lambda name: built.stores[name].split("[")[0])]
    for order in itertools.permutations(lists):
        yield [*itertools.chain(*order)]


def _cases(unit: Unit, built: Built, places: Mapping[str, str], taken: Sequence[str], label: str) -> Iterator[Reading]:
    candidate, data = unit.candidate, next(name for name in taken if name != label)
    for cost in _COSTS:
        lines = [
            f"layer = {candidate.cls}({built.call})",
            *(f"layer{text} = {name}" for name, text in built.stores.items()),
            f"output = {unit.calls(candidate.forward, data)}",
            f"yield {cost.format(label)}",
            f"gradient = {unit.calls(candidate.backward, ', '.join(taken))}",
            f"return {', '.join(places[name] for name in built.weights)}",
        ]
        targets = {data: f"gradproof.fixed({quoted(built.first)})", label: f"gradproof.fixed({quoted(_target(built))})"}
        domains = shapes.domains({**targets, **built.weights}, [*built.weights])
        recipes = [generator(candidate, domain, lines, upstream=True) for domain in domains]
        yield [replace(recipe, stores=tuple(built.stores), assumed=True) for recipe in recipes]

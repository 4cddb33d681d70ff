"""Readings of methods that return a value with the gradient of their arguments: `compute(pos)` of an energy and forces.

The weights of an object, if it has some, are not differentiated: `nets.py` reads what returns their gradients.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from verify.scan import names
from verify.scan.behind import keys_of_value
from verify.scan.losses import differentiated, parts_of
from verify.scan.options import settings
from verify.scan.read import read_functions
from verify.scan.readings import Reading, Write, of_arrays
from verify.scan.recipe import HANDED, Recipe, generator
from verify.scan.unit import Made, Unit, constructor, makings
from verify.scan.weights import NONE


def methods(unit: Unit) -> Iterator[Reading]:
    """Yield cases of a method that returns its value and gradients, of an object that is made of settings alone."""
    candidate, node = unit.candidate, unit.methods[unit.candidate.forward]
    read = read_functions(candidate, [node, node], inspect.Signature([*unit.forward.values()]))
    keys = keys_of_value(node)
    passed = f"{candidate.forward}({', '.join(read.needed)}{HANDED})"
    if keys is None and not candidate.sign:
        lines = [f"value, *gradients = layer.{passed}", "yield value", "return tuple(gradients)"]
    else:
        lines = parts_of(f"layer.{passed}", keys, candidate.sign)
    for made in makings(unit):
        for real in differentiated(read) if not (made.arrays or made.sizes) else ():
            others = [name for name in read.needed if name not in real]
            labels = [name for name in others if name in read.hinted.indices or names.is_label(name)]
            data = [name for name in others if name not in labels and not settings(name)]
            yield from of_arrays(read, _writing(unit, made, lines), read.needed, labels, data, real)


def _writing(unit: Unit, made: Made, lines: Sequence[str]) -> Write:
    """Return what writes the case of an object that is made in this way."""

    def write(inputs: Mapping[str, str]) -> Recipe:
        body = [f"layer = {unit.constructed(made, NONE)}", *lines]
        recipe = generator(unit.candidate, inputs, body, upstream=True)
        own = frozenset(unit.forward) - {*inputs}
        return replace(recipe, passed=frozenset(constructor(unit.make)), handed=own)

    return write

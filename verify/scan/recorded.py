"""Readings of functions on the variables of a define-by-run engine: `forward` and `backward` that its graph calls.

Calling such a function on variables keeps it as their creator, and `backward` of an output walks back to the inputs.
Its own `forward` and `backward` read what the call has kept: they cannot be called without it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

from verify.scan import names, shapes
from verify.scan.readings import Reading, narrowed
from verify.scan.recipe import Recipe, generator
from verify.scan.unit import Made, Unit, constructor, makings, parameters
from verify.scan.weights import NONE

# How the upstream gradient goes in and gradients come out: as arrays, or as variables.
_WAYS = (("dout", ""), ("{0}(dout)", ".{1}"), ("{0}(np.asarray(dout))", ".{1}"))


class Engine(NamedTuple):
    """The class of variables, where it comes from if the module does not have it, and the attribute with its array."""

    variable: str
    module: str
    data: str


def recorded(unit: Unit, module: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield cases of a function that is called on variables, for arrays, and labels beside them."""
    engine = engine_of(unit, module)
    if engine is None or not unit.needed:
        return
    first, *others = unit.needed
    labels = [name for name in others if names.is_label(name)]
    for chosen in dict.fromkeys([tuple(labels), ()]):
        arrays = [name for name in others if name not in chosen]
        for made in makings(unit):
            if not made.arrays and not made.sizes:
                for shaped in shapes.of_inputs(first, arrays, unit.hinted):
                    yield from _of_shapes(unit, engine, made, shaped, chosen)


def engine_of(unit: Unit, module: Mapping[str, Any]) -> Engine | None:
    """Return the variables that a function is called on, if a base of its class has a call for them."""
    owner = next((base for base in unit.make.__mro__ if "__call__" in vars(base)), None)
    if owner is None or unit.candidate.forward == "__call__":
        return None
    there = vars(sys.modules[owner.__module__]) if owner.__module__ in sys.modules else {}
    for name, value in {**there, **module}.items():
        if inspect.isclass(value) and not issubclass(value, owner) and (data := _data_of(value)):
            own = next((key for key, other in module.items() if other is value), "")
            return Engine(own or name, "" if own else value.__module__, data)
    return None


def _data_of(variable: type) -> str:
    """Return the attribute with the array of a variable; nothing for a class of something else."""
    with suppress(TypeError, ValueError):  # no signature
        if callable(getattr(variable, "backward", None)):
            first = next(iter(parameters(variable)), "")
            return first if first in names.DATA else ""
    return ""


def _of_shapes(
    unit: Unit, engine: Engine, made: Made, shaped: Mapping[str, str], labels: tuple[str, ...]
) -> Iterator[Reading]:
    targets = dict.fromkeys(labels, shapes.classes(shaped[unit.needed[0]]))
    for way in _WAYS:
        recipes = [
            _case(unit, engine, made, {name: {**domain, **targets}[name] for name in unit.needed}, way)
            for domain in shapes.domains(shaped, list(shaped))
        ]
        yield narrowed(recipes)


def _case(unit: Unit, engine: Engine, made: Made, inputs: Mapping[str, str], way: tuple[str, str]) -> Recipe:
    upstream, gradient = (text.format(engine.variable, engine.data) for text in way)
    variables = {name: f"{name}_variable" for name in inputs}
    differentiated = [name for name, text in inputs.items() if not text.startswith("gradproof.integer")]
    lines = [
        *([f"from {engine.module} import {engine.variable}", ""] if engine.module else []),
        *(f"{variables[name]} = {engine.variable}({name})" for name in inputs),
        f"output = {unit.constructed(made, NONE)}({', '.join(variables.values())})",
        f"dout = yield output.{engine.data}",
        f"output.grad = {upstream}",
        "output.backward()",
        f"return {', '.join(f'{variables[name]}.grad{gradient}' for name in differentiated)}",
    ]
    recipe = generator(unit.candidate, inputs, lines)
    return replace(recipe, passed=frozenset(constructor(unit.make)))

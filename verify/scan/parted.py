"""Where a network in three parts has its weights: in arguments, in a dict that a function makes, or in an object."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from verify.scan import names, shapes
from verify.scan.options import settings
from verify.scan.passed import MEANT
from verify.scan.propagation import Network, Parts, networks
from verify.scan.read import Read, positional, required
from verify.scan.readings import Reading
from verify.scan.recipe import table
from verify.scan.source import parameters
from verify.scan.unit import Made, Unit, constructor, makings
from verify.scan.weights import Changing, Weights, weights_of

_NUMBERED = re.compile(r"^(W|w|theta|Theta|weights?|b|B|bias)_?(\d*)$")
_INITIAL = re.compile(r"^(init|create|make)\w*", re.IGNORECASE)
_DIMENSIONS = "DMKPQ"
_WIDTHS = ((4, 3, 2), (4, 3, 1))  # of layers: some costs take one output only
_LARGEST = 60  # numbers of all weights together
_WEIGHTS = re.compile(r"^(param(eter)?s?|weights?|theta|model|network)$")


def of_functions(read: Read) -> Iterator[Reading]:
    """Yield cases of functions of weights, in arguments or in a dict: of usual shapes, or as a function makes them."""
    functions = read.functions
    nodes = [functions.get(read.candidate.place(name)) for name in (read.candidate.forward, read.candidate.backward)]
    forward, backward = nodes
    if forward is None or backward is None:
        return
    costs = [node for name, node in functions.items() if _is_cost(name) and node not in nodes]
    parts = Parts(read.candidate, forward, backward, costs)
    for network in (*_in_chains(read), *_initialized(read)) if parts.label else ():
        yield from networks(parts, network)


def _is_cost(name: str) -> bool:
    return bool(names.LOSS.search(name)) and not names.is_derivative(name)


def _in_chains(read: Read) -> Iterator[Network]:
    """Yield weights by their numbers: W1 and b1, W2 and b2, for data in rows or in columns."""
    holder = next(iter(read.weights), "")
    weights = list(read.weights[holder]) if holder else [name for name in read.needed if _NUMBERED.match(name)]
    for described, first in _chains(weights):
        if holder:
            yield Network(described, [f"{holder} = {table({name: name for name in weights})}"], first, {holder: holder})
        else:
            yield Network(described, [], first, {name: name for name in weights})


def _chains(weights: Sequence[str]) -> Iterator[tuple[dict[str, str], str]]:
    matches = [_NUMBERED.match(name) for name in weights]
    if not weights or not all(matches):
        return
    numbers = sorted({match[2] for match in matches if match})
    for last in dict.fromkeys([_DIMENSIONS[min(len(numbers), 4)], "1"]):
        dimensions = [*_DIMENSIONS[: len(numbers)], last]
        for form, bias, first in (("{1} {0}", "{1} 1", "D N"), ("{0} {1}", "1 {1}", "N D"), ("{0} {1}", "{1}", "N D")):
            every = {}
            for name, match in zip(weights, matches, strict=True):
                place = numbers.index(match[2]) if match else 0
                text = bias if name[0] in "bB" else form
                every[name] = text.format(dimensions[place], dimensions[place + 1])
            yield every, first


def _initialized(read: Read) -> Iterator[Network]:
    """Yield weights that a function of the module makes, in a dict: `initialize_parameters([4, 3, 2])`."""
    holder = next((name for name in read.needed if _WEIGHTS.match(name)), "")
    makers = [name for name in read.functions if _INITIAL.match(name) and "." not in name] if holder else []
    for name in makers:
        for made in _calls(read.module.get(name)):
            if isinstance(made, dict) and made and all(map(_is_weight, made, made.values())):
                described = {key: " ".join(map(str, value.shape)) for key, value in made.items()}
                lines = [f"{holder} = {table({key: key for key in made})}"]
                yield from (Network(described, lines, first, {holder: holder}) for first in ("4 N", "N 4"))


def _is_weight(key: object, value: object) -> bool:
    return isinstance(key, str) and key.isidentifier() and isinstance(value, np.ndarray) and value.size <= _LARGEST


def _calls(function: Any) -> Iterator[Any]:
    """Yield what a function returns that is passed the widths of layers: in a list, or each by itself."""
    for widths in _WIDTHS:
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            needed = [name for name in required(positional(inspect.signature(function))) if not settings(name)]
            passed: list[Any] = [[*widths]] if len(needed) == 1 else [*widths]
            yield function(**dict(zip(needed, passed, strict=True)))


def of_class(unit: Unit) -> Iterator[Reading]:
    """Yield cases of an object that has weights, a cost, and a backward that takes targets."""
    candidate, methods = unit.candidate, unit.methods
    forward, backward = methods.get(candidate.forward), methods[candidate.backward]
    if forward is None or forward is backward:
        return
    costs = [node for name, node in methods.items() if _is_cost(name) and node not in (forward, backward)]
    parts = Parts(candidate, forward, backward, costs, "layer.")
    if parts.label and (costs or any(map(names.LOSS.search, parameters(forward)))):
        for made in makings(unit):
            for first in ("N D", "D N", "N 4", "4 N") if not made.arrays else ():
                for weights in _held(unit, made, first):
                    yield from networks(parts, _of_object(unit, made, weights, first))


def _held(unit: Unit, made: Made, first: str) -> Iterator[Weights]:
    fixed: dict[str, Any] = {
        name: ast.literal_eval(text) for name, text in made.fixed.items() if "(" not in text and text not in MEANT
    }
    fixed |= {name: texts[0] for name, texts in unit.texts.items()}
    inputs = {unit.needed[0]: first}
    every = weights_of(
        unit.make, unit.candidate, made.sizes, fixed, inputs, changing=Changing(), complete=False, all_arrays=True
    )
    yield from (weights for weights in every if weights.shapes and shapes.is_weight(next(iter(weights.shapes))))


def _of_object(unit: Unit, made: Made, weights: Weights, first: str) -> Network:
    lines = [
        f"layer = {unit.constructed(made, weights)}",
        *(f"layer.{weights.place(name)} = {name}" for name in weights.shapes),
    ]
    options = frozenset(constructor(unit.make))
    return Network(weights.shapes, lines, first, {}, tuple(weights.shapes), options)

"""Readings of classes: what cases of their objects may be, the most likely first, each over smaller domains."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from verify.scan import names, shapes
from verify.scan.candidates import Candidate, Source
from verify.scan.functions import Reading, positional, required
from verify.scan.hints import Hints, hints
from verify.scan.options import settings
from verify.scan.recipe import ACCEPTED, OPTIONS, PASSED, Recipe, generator, literal, quoted, table, variable
from verify.scan.weights import NONE, Changing, Weights, weights_of

_STEP = '''class Step:
    """An optimizer that steps by the gradient itself."""

    def update(self, weights, gradient):
        return weights - gradient


'''


class Made(NamedTuple):
    """How objects are made: the arguments of the constructor that are `arrays`, `sizes`, and `fixed` (as text)."""

    arrays: tuple[str, ...]
    sizes: tuple[str, ...]
    fixed: Mapping[str, str]


class Unit(NamedTuple):
    """A class that has a gradient, with what its methods take."""

    candidate: Candidate
    make: type
    hinted: Hints
    forward: Mapping[str, inspect.Parameter]
    backward: Mapping[str, inspect.Parameter]

    @property
    def needed(self) -> list[str]:
        """Return the arguments of forward that have to be passed; the first one at least."""
        return required(self.forward) or list(self.forward)[:1]

    @property
    def changing(self) -> Changing:
        """Return how backward changes the weights, if it does."""
        rates = sum(bool(names.RATE.match(name)) for name in required(self.backward)[1:])
        methods = [name for name in names.INITIAL if callable(getattr(self.make, name, None))]
        takes = (name for name in methods if any(map(names.OPTIMIZER.match, _parameters(getattr(self.make, name)))))
        return Changing(rates, next(takes, ""))

    @property
    def alone(self) -> bool:
        """Return whether backward takes no upstream gradient, as the last layer's may."""
        return not self.backward


def readings(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield what the case of a class may be; raises TypeError and ValueError where it has no signature."""
    make, methods = module[candidate.name], source.methods(candidate.name)
    hinted = hints(methods.get("__init__"), methods[candidate.forward], methods[candidate.backward])
    forward, backward = (_parameters(getattr(make, name)) for name in (candidate.forward, candidate.backward))
    unit = Unit(candidate, make, hinted, forward, backward)
    if unit.needed:
        yield from _KINDS[candidate.kind](unit)


def _parameters(method: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return positional(inspect.signature(method))


def _layers(unit: Unit) -> Iterator[Reading]:
    """Yield cases of a layer: its inputs and weights, in shapes that fit each other."""
    others = unit.needed[1:]
    targets = [name for name in others if names.LABELS.match(name) and name not in unit.hinted.indices]
    for also_real in dict.fromkeys([tuple(targets), ()]):  # what is called y may be a second input
        labels = [name for name in others if name in (*unit.hinted.indices, *targets) and name not in also_real]
        modes = [name for name in others if name not in (*labels, *targets) and settings(name)]
        arrays = [name for name in others if name not in (*labels, *modes)]
        for made in _makings(unit.make):
            for shaped in shapes.of_inputs(unit.needed[0], [*arrays, *made.arrays], unit.hinted):
                yield from _of_shapes(unit, made, shaped, labels, modes)


def _makings(make: type) -> Iterator[Made]:
    """Yield how a constructor may be called: weights, sizes and settings, or all of it as small numbers or weights."""
    parameters = _constructor(make)
    needed = [name for name, item in parameters.items() if item.default is item.empty or _is_left_open(name, item)]
    sizes = [name for name in needed if shapes.is_size(name) and not settings(name)]
    arrays = [name for name in needed if name not in sizes and shapes.is_weight(name)]
    fixed = {name: literal(settings(name)[0]) for name in needed if name not in (*sizes, *arrays) and settings(name)}
    unknown = [name for name in needed if name not in (*sizes, *arrays, *fixed)]
    yield Made((*arrays, *unknown), tuple(sizes), fixed)
    if unknown or sizes:
        yield Made(tuple(arrays), (), {**fixed, **dict.fromkeys([*unknown, *sizes], "2")})
    if sizes:
        yield Made(tuple(name for name in needed if name not in fixed), (), fixed)


def _is_left_open(name: str, item: inspect.Parameter) -> bool:
    """Tell whether an argument is a size that a network fills in: `input_shape=None`."""
    return item.default is None and name.startswith("input_") and shapes.is_size(name)


def _constructor(make: type) -> dict[str, inspect.Parameter]:
    try:
        return _parameters(make)
    except (TypeError, ValueError):  # a constructor without a signature
        return {}


def _of_shapes(
    unit: Unit, made: Made, shaped: Mapping[str, str], labels: Sequence[str], modes: Sequence[str]
) -> Iterator[Reading]:
    inputs = {name: shaped[name] for name in unit.needed if name in shaped}
    kinds = [shapes.of_labels(name, shaped[unit.needed[0]], unit.hinted) for name in labels]
    if len(labels) == 1 and not made.arrays and len(unit.needed) == len(inputs) + 1:
        yield _one_hot(unit, made, inputs, labels[0])
    for combination in itertools.product(*kinds):
        for weights in _weights(unit, made, inputs):
            params = {**{name: shaped[name] for name in made.arrays}, **weights.shapes}
            yield [
                _layer(
                    unit, made, weights, _split(unit, {**domain, **dict(zip(labels, combination, strict=True))}), modes
                )
                for domain in shapes.domains({**inputs, **params}, [*inputs, *params])
            ]


def _one_hot(unit: Unit, made: Made, inputs: Mapping[str, str], label: str) -> Reading:
    """Yield a last layer that takes rows with a single 1 in the place of labels."""
    candidate, predicted = unit.candidate, unit.needed[0]
    labels, rows = shapes.one_hot(inputs[predicted], predicted, label)
    every = {name: inputs.get(name, labels) for name in unit.needed}
    passed = ", ".join(rows if name == label else name for name in every)
    lines = [
        f"layer = {_constructed(unit, made, NONE)}",
        f"{'' if unit.alone else 'dout = '}yield {_calls(unit, candidate.forward, passed)}",
        f"return {_calls(unit, candidate.backward, '' if unit.alone else 'dout')}",
    ]
    domains = shapes.domains(every, list(inputs))
    return [generator(candidate, domain, lines, upstream=unit.alone) for domain in domains]


def _split(unit: Unit, every: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what goes to forward, in its order, and the weights."""
    inputs = {name: every[name] for name in unit.needed if name in every}
    return inputs, {name: text for name, text in every.items() if name not in inputs}


def _weights(unit: Unit, made: Made, inputs: Mapping[str, str]) -> Iterator[Weights]:
    plain = not made.arrays and all(text and not text.startswith("gradproof.") for text in inputs.values())
    if not plain:
        yield NONE
        return
    fixed = {name: ast.literal_eval(text) for name, text in made.fixed.items()}
    complete = len(inputs) == len(unit.needed)
    yield from weights_of(
        unit.make, unit.candidate, made.sizes, fixed, inputs, changing=unit.changing, complete=complete
    )


def _layer(
    unit: Unit, made: Made, weights: Weights, arrays: tuple[dict[str, str], dict[str, str]], modes: Sequence[str]
) -> Recipe:
    if any(unit.changing):
        return _updated(unit, made, weights, *arrays)
    inputs, params = arrays
    name, title = variable(unit.candidate), unit.candidate.name
    factory, make = _factory(unit, made, weights)
    parts = [make, f"inputs={table(inputs)}", *([f"params={table(params)}"] if params else [])]
    parts += ["upstream=1"] if unit.alone else []
    text = f"{factory}{name} = gradproof.layer({', '.join(parts)}{OPTIONS}, name={quoted(title)})"
    passed = frozenset(_constructor(unit.make)) if make != title else frozenset()
    options = {mode: settings(mode)[:1] for mode in modes}
    return Recipe(name, text, {**inputs, **params}, options, passed)


def _updated(unit: Unit, made: Made, weights: Weights, inputs: Mapping[str, str], params: Mapping[str, str]) -> Recipe:
    """Return a layer whose backward changes the weights: by their gradients, at a learning rate of 1."""
    candidate, keys, changing = unit.candidate, [*made.arrays, *weights.shapes], unit.changing
    lines = [
        f"layer = {_constructed(unit, made, weights)}",
        *([f"layer.{changing.initial}(Step())"] if changing.initial else []),
        *(f"layer.{weights.place(key)} = {key}.copy()" for key in keys),
        f"dout = yield {_calls(unit, candidate.forward, ', '.join(inputs))}",
        f"gradient = {_calls(unit, candidate.backward, ', '.join(['dout', *['1'] * changing.rates]))}",
        f"return {', '.join(['gradient', *(f'{key} - layer.{weights.place(key)}' for key in keys)])}",
    ]
    recipe = generator(candidate, {**inputs, **params}, lines)
    return replace(recipe, text=_STEP + recipe.text) if changing.initial else recipe


def _constructed(unit: Unit, made: Made, weights: Weights) -> str:
    """Write the call of the constructor."""
    named = {**{name: name for name in made.arrays}, **weights.sized(made.sizes), **made.fixed}
    return f"{unit.candidate.name}({', '.join(f'{name}={text}' for name, text in named.items())}{PASSED})"


def _factory(unit: Unit, made: Made, weights: Weights) -> tuple[str, str]:
    """Return the text of a function that makes an object with its weights, and what to call: it, or the class."""
    title = unit.candidate.name
    if not (made.sizes or made.fixed or weights.shapes):
        return "", title
    call = _constructed(unit, made, weights)
    taken = f"{', '.join([*made.arrays, *weights.shapes])}{ACCEPTED}"
    if not weights.shapes:
        return "", f"lambda {taken}: {call}"
    name = f"make_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', title).lower()}"
    stores = [f"layer.{weights.place(weight)} = {weight}" for weight in weights.shapes]
    body = "\n    ".join([f"layer = {call}", *stores, "return layer"])
    return f"def {name}({taken}):\n    {body}\n\n\n", name


def _values(unit: Unit) -> Iterator[Reading]:
    """Yield cases of a class with a value and its derivative: an activation, or a loss of predictions and targets."""
    for made in _makings(unit.make):
        if not made.arrays and not made.sizes:
            call = f"{unit.candidate.name}({', '.join(f'{name}={text}' for name, text in made.fixed.items())})"
            yield from (_elementwise if len(unit.needed) == 1 else _of_targets)(unit, call)


def _calls(unit: Unit, name: str, passed: str) -> str:
    """Write the call of a method of `layer`."""
    return f"layer({passed})" if name == "__call__" else f"layer.{name}({passed})"


def _elementwise(unit: Unit, call: str) -> Iterator[Reading]:
    argument, candidate = unit.needed[0], unit.candidate
    value = _calls(unit, candidate.forward, argument)
    for shaped in shapes.of_inputs(argument, [], unit.hinted):
        for of in [""] if unit.alone else [argument, "output"]:
            slope = _calls(unit, candidate.backward, of)
            lines = [f"layer = {call}", f"output = {value}", "dout = yield output", f"return dout * {slope}"]
            domains = shapes.domains(shaped, [argument])
            yield [generator(candidate, domain, lines) for domain in domains]


def _of_targets(unit: Unit, call: str) -> Iterator[Reading]:
    candidate, needed = unit.candidate, unit.needed
    targets = [name for name in needed if names.LABELS.match(name)] or needed[1:]
    predicted = [name for name in needed if name not in targets] or needed[:1]
    slope = [name for name in required(unit.backward) if name in needed] or ([] if unit.alone else needed)
    value = _calls(unit, candidate.forward, ", ".join(needed))
    lines = [f"layer = {call}", f"yield {value}", f"return {_calls(unit, candidate.backward, ', '.join(slope))}"]
    for shaped in shapes.of_inputs(predicted[0], predicted[1:], unit.hinted):
        rest = [name for name in needed if name not in predicted]
        kinds = [shapes.of_labels(name, shaped[predicted[0]], unit.hinted) for name in rest]
        for combination in itertools.product(*kinds):
            every = {**shaped, **dict(zip(rest, combination, strict=True))}
            domains = shapes.domains({name: every[name] for name in needed}, predicted)
            yield [generator(candidate, domain, lines, upstream=True) for domain in domains]
        if len(rest) == 1:
            yield _of_one_hot(unit, call, shaped, rest[0], slope)


def _of_one_hot(unit: Unit, call: str, shaped: Mapping[str, str], label: str, slope: Sequence[str]) -> Reading:
    """Yield a loss of rows with a single 1 in the place of labels, and its derivative."""
    candidate, predicted = unit.candidate, next(iter(shaped))
    labels, rows = shapes.one_hot(shaped[predicted], predicted, label)
    every = {name: shaped.get(name, labels) for name in unit.needed}
    value, gradient = (
        _calls(unit, method, ", ".join(rows if name == label else name for name in passed))
        for method, passed in ((candidate.forward, unit.needed), (candidate.backward, slope))
    )
    lines = [f"layer = {call}", f"yield {value}", f"return {gradient}"]
    domains = shapes.domains(every, list(shaped))
    return [generator(candidate, domain, lines, upstream=True) for domain in domains]


_KINDS: dict[str, Callable[[Unit], Iterator[Reading]]] = {"layer": _layers, "value": _values}

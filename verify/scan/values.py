"""Readings of classes with a value and its derivative: activations, losses of predictions and targets, and models."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from verify.scan import names, shapes
from verify.scan.onehot import Lines, one_hot
from verify.scan.read import required
from verify.scan.readings import Reading, narrowed
from verify.scan.recipe import generator
from verify.scan.unit import Made, Unit, makings
from verify.scan.weights import NONE


def values(unit: Unit) -> Iterator[Reading]:
    """Yield cases of a class with a value and its derivative."""
    for made in makings(unit.make):
        if not made.arrays and not made.sizes:
            yield from (_elementwise if len(unit.needed) == 1 else _of_targets)(unit, unit.constructed(made, NONE))


def _elementwise(unit: Unit, call: str) -> Iterator[Reading]:
    argument, candidate = unit.needed[0], unit.candidate
    value = unit.calls(candidate.forward, argument)
    for shaped in shapes.of_inputs(argument, [], unit.hinted):
        for of in [""] if unit.alone else [argument, "output"]:
            slope = unit.calls(candidate.backward, of)
            lines = [f"layer = {call}", f"output = {value}", "dout = yield output", f"return dout * {slope}"]
            domains = shapes.domains(shaped, [argument])
            yield [generator(candidate, domain, lines) for domain in domains]


def _of_targets(unit: Unit, call: str) -> Iterator[Reading]:
    candidate, needed = unit.candidate, unit.needed
    slope = [name for name in required(unit.backward) if name in needed] or ([] if unit.alone else needed)

    def lines(passed: Callable[[Sequence[str]], str]) -> list[str]:
        value, gradient = unit.calls(candidate.forward, passed(needed)), unit.calls(candidate.backward, passed(slope))
        return [f"layer = {call}", f"yield {value}", f"return {gradient}"]

    yield from _targeted(unit, lines)


def handed(unit: Unit) -> Iterator[Reading]:
    """Yield a loss whose backward is handed predictions and targets again: of its mean over rows, or of it as it is."""
    candidate, needed, taken = unit.candidate, unit.needed, required(unit.backward)
    if len(needed) != 2 or len(taken) != 2 or not all(names.LABELS.match(each[1]) for each in (needed, taken)):
        return
    for form, made in itertools.product(("np.mean({})", "{}"), makings(unit.make)):

        def lines(passed: Callable[[Sequence[str]], str], form: str = form, made: Made = made) -> list[str]:
            value, call = unit.calls(candidate.forward, passed(needed)), unit.constructed(made, NONE)
            gradient = f"gradient = {unit.calls(candidate.backward, passed(needed))}"
            ending = "return layer.dinputs if gradient is None else gradient"
            return [f"layer = {call}", f"yield {form.format(value)}", gradient, ending]

        if not made.arrays and not made.sizes:
            yield from _targeted(unit, lines)


def _targeted(unit: Unit, lines: Lines) -> Iterator[Reading]:
    """Yield cases of predictions and targets."""
    candidate, needed = unit.candidate, unit.needed
    targets = [name for name in needed if names.LABELS.match(name)] or needed[1:]
    predicted = [name for name in needed if name not in targets] or needed[:1]
    rest = [name for name in needed if name not in predicted]
    for shaped in shapes.of_inputs(predicted[0], predicted[1:], unit.hinted):
        kinds = [shapes.of_labels(name, [shaped[predicted[0]]], unit.hinted) for name in rest]
        for combination in itertools.product(*kinds):
            every = {**shaped, **dict(zip(rest, combination, strict=True))}
            domains = shapes.domains({name: every[name] for name in needed}, predicted)
            yield narrowed([generator(candidate, domain, lines(", ".join), upstream=True) for domain in domains])
        if len(rest) == 1:
            yield from one_hot(candidate, needed, shaped, rest[0], lines)


def models(unit: Unit) -> Iterator[Reading]:
    """Yield a curve that is fitted: its derivatives by its parameters, for each x."""
    first, *parameters = unit.needed
    call = f"{unit.candidate.name}()"
    slopes = ", ".join(f"np.sum(dout * slopes[{place}])" for place in range(len(parameters)))
    passed = ", ".join(unit.needed)
    lines = [
        f"model = {call}",
        f"dout = yield model.{unit.candidate.forward}({passed})",
        f"slopes = model.{unit.candidate.backward}({passed})",
        f"return [{slopes}]",
    ]
    scalars = dict.fromkeys(parameters, "")
    domains = shapes.domains(scalars, parameters)
    yield [generator(unit.candidate, {first: 'gradproof.fixed("N")', **domain}, lines) for domain in domains]

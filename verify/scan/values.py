"""Readings of classes with a value and its derivative: activations, losses of predictions and targets, and models."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from verify.cases.names import NAMES
from verify.scan import names, parted, shapes
from verify.scan.heads import headed
from verify.scan.nets import nets
from verify.scan.onehot import Lines, one_hot
from verify.scan.read import required
from verify.scan.readings import Reading, narrowed
from verify.scan.recipe import PASSED, Recipe, generator, quoted
from verify.scan.unit import Made, Unit, constructor, makings
from verify.scan.weights import NONE

_DATA = ("N D", "N", "D", "D D", "", "N M", "N 1")  # of a constructor: a matrix, and what stands beside it
_COMBINED = 400


def values(unit: Unit) -> Iterator[Reading]:
    """Yield cases of a class with a value and its derivative."""
    needed = [name for name in unit.needed if name not in names.FLAGS or name == unit.needed[0]]
    yield from parted.of_class(unit)
    for call in _objects(unit):
        yield from (_elementwise if len(needed) == 1 else _of_targets)(unit, call)
    if unit.candidate.name == unit.candidate.place(unit.candidate.cls):
        yield from _of_data(unit)
        yield from nets(unit)


def _of_data(unit: Unit) -> Iterator[Reading]:
    """Yield objects that are passed data when they are made: `LeastSquares(A, b)`, a function of parameters."""
    if len(unit.needed) != 1:
        return
    argument, candidate = unit.needed[0], unit.candidate
    for made in makings(unit):
        if not made.arrays or made.sizes:
            continue
        call = unit.constructed(made, NONE)
        lines = [
            f"layer = {call}",
            f"yield {unit.calls(candidate.forward, argument)}",
            f"return {candidate.sign}{unit.calls(candidate.backward, argument)}",
        ]
        for data in _data_of(made.arrays):
            for shape in ("D", "D M"):
                domains = shapes.domains({argument: shape, **data}, [argument])
                recipes = [generator(candidate, domain, lines, upstream=True) for domain in domains]
                yield narrowed([_passing(unit, replace(recipe, output="scalar")) for recipe in recipes])


def _data_of(arrays: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield what data may be: numbers, and where there is one for each row, labels too."""
    for shaped in itertools.islice(itertools.product(_DATA, repeat=len(arrays)), _COMBINED):
        data = {name: f"gradproof.fixed({quoted(shape)})" for name, shape in zip(arrays, shaped, strict=True)}
        yield data
        if "N" in shaped:
            yield {name: shapes.signs("N") if text == 'gradproof.fixed("N")' else text for name, text in data.items()}


def _objects(unit: Unit) -> Iterator[str]:
    """Yield what makes an object: its constructor; for methods of a larger class one without a state may do."""
    cls = unit.candidate.cls
    part = unit.candidate.name != unit.candidate.place(cls)
    for made in makings(unit):
        if not made.arrays and (part or not made.sizes):
            yield unit.constructed(made, NONE)
    if part:
        yield f"{cls}.__new__({cls})"


def _elementwise(unit: Unit, call: str) -> Iterator[Reading]:
    argument, candidate = unit.needed[0], unit.candidate
    flag = next((name for name in unit.forward if candidate.forward == candidate.backward and name in names.FLAGS), "")
    off, on = (f", {flag}={value}" if flag else "" for value in (False, True))
    value = unit.calls(candidate.forward, argument + off)
    sizes = [{argument: str(unit.hinted.sizes[argument])}] if argument in unit.hinted.sizes else []
    for shaped in (*sizes, *shapes.of_inputs(argument, [], unit.hinted)):
        vector = len(shaped[argument].split()) == 1
        for of, sign in itertools.product([""] if unit.alone else [argument, "output"], "*@" if vector else "*"):
            slope = unit.calls(candidate.backward, of + on)
            lines = [
                f"layer = {call}",
                f"output = {value}",
                "dout = yield output",
                f"return {candidate.sign}dout {sign} {slope}",
            ]
            domains = shapes.domains(shaped, [argument])
            yield [_passing(unit, generator(candidate, domain, lines)) for domain in domains]


def _of_targets(unit: Unit, call: str) -> Iterator[Reading]:
    candidate, needed = unit.candidate, unit.needed
    slope = [name for name in required(unit.backward) if name in needed] or ([] if unit.alone else needed)

    def lines(passed: Callable[[Sequence[str]], str]) -> list[str]:
        value, gradient = unit.calls(candidate.forward, passed(needed)), unit.calls(candidate.backward, passed(slope))
        return [f"layer = {call}", f"yield {value}", f"return {gradient}"]

    yield from _targeted(unit, lines)


def _passing(unit: Unit, recipe: Recipe) -> Recipe:
    """Return a case that passes the options of the constructor on to it, where it calls that."""
    return replace(recipe, passed=frozenset(constructor(unit.make)) if PASSED in recipe.text else frozenset())


def handed(unit: Unit) -> Iterator[Reading]:
    """Yield a loss whose backward is handed predictions and targets again: of its mean over rows, or of it as it is.

    What is handed on may also be the output that the loss keeps, as by a softmax within it.
    """
    candidate, needed, taken = unit.candidate, unit.needed, required(unit.backward)
    if len(needed) != 2 or len(taken) != 2 or not all(names.is_label(each[1]) for each in (needed, taken)):
        return
    outputs = [f"layer.{name}" for name in NAMES["outputs"] if name in unit.stored]
    for form, made, output in itertools.product(("np.mean({})", "{}"), makings(unit), ["", *outputs]):

        def lines(
            passed: Callable[[Sequence[str]], str], form: str = form, made: Made = made, output: str = output
        ) -> list[str]:
            value, call = unit.calls(candidate.forward, passed(needed)), unit.constructed(made, NONE)
            again = passed([output, needed[1]]) if output else passed(needed)
            gradient = f"gradient = {unit.calls(candidate.backward, again)}"
            ending = "return layer.dinputs if gradient is None else gradient"
            return [f"layer = {call}", f"yield {form.format(value)}", gradient, ending]

        if not made.arrays and not made.sizes:
            yield from _targeted(unit, lines)


def _targeted(unit: Unit, lines: Lines) -> Iterator[Reading]:
    """Yield cases of predictions and targets."""
    candidate, needed = unit.candidate, unit.needed
    targets = [name for name in needed if names.is_label(name)] or needed[1:]
    targets = [] if len(unit.places) == len(needed) else targets
    predicted = [name for name in needed if name not in targets] or needed[:1]
    rest = [name for name in needed if name not in predicted]
    for shaped in shapes.of_inputs(predicted[0], predicted[1:], unit.hinted):
        kinds = [shapes.of_labels(name, [shaped[predicted[0]]], unit.hinted) for name in rest]
        for combination in itertools.product(*kinds):
            every = {**shaped, **dict(zip(rest, combination, strict=True))}
            domains = shapes.domains({name: every[name] for name in needed}, predicted)
            recipes = [generator(candidate, domain, lines(", ".join), upstream=True) for domain in domains]
            yield narrowed([_passing(unit, recipe) for recipe in recipes])
        if len(rest) == 1 and rest[0] not in unit.hinted.masks:
            heads = headed(candidate, needed, shaped, rest[0], lines) if unit.logarithmic else ()
            for reading in itertools.chain(one_hot(candidate, needed, shaped, rest[0], lines), heads):
                yield [_passing(unit, recipe) for recipe in reading]


def models(unit: Unit) -> Iterator[Reading]:
    """Yield a curve that is fitted: its derivatives by its parameters, for each x."""
    first, *parameters = unit.needed
    call = f"{unit.candidate.cls}()"
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

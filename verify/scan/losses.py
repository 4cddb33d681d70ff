"""Readings of losses, which return gradients behind their value: by which arguments, and of which targets."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from verify.scan import names
from verify.scan.behind import Keys, keys_of_value
from verify.scan.onehot import one_hot
from verify.scan.options import settings
from verify.scan.read import Read, is_of
from verify.scan.readings import Reading, Write, called, of_arrays
from verify.scan.recipe import PASSED, Recipe, generator, quoted
from verify.scan.unrolled import unrolled


def losses(read: Read) -> Iterator[Reading]:
    """Yield a function that returns a value and gradients, by all arguments that these may be of."""
    keys = keys_of_value(read.functions[read.candidate.place(read.candidate.forward)])
    plain = not read.candidate.sign and keys is None
    if read.candidate.kind != "behind" and plain:
        yield from unrolled(read)
    for real in differentiated(read):
        others = [name for name in read.needed if name not in real]
        labels = [name for name in others if name in read.hinted.indices or names.is_label(name)]
        data = [name for name in others if name not in labels and not settings(name) and name not in read.dicts]
        write = _writing(read, keys, real)
        readings = of_arrays(read, write, read.needed, labels, data, real)
        for _, alike in itertools.groupby(readings, lambda reading: reading[0].arrays):
            first, *rest = alike
            yield from (first, *rest)
            if len(labels) == 1 and not first[0].options and plain:  # these ask less, and come last
                yield from _loss_of_targets(read, first[0], labels[0])


def _loss_of_targets(read: Read, recipe: Recipe, label: str) -> Iterator[Reading]:
    others = {name: text for name, text in recipe.inputs.items() if name not in recipe.arrays}
    lines = functools.partial(_loss_lines, read)
    for reading in one_hot(read.candidate, read.needed, recipe.arrays, label, lines, others=others):
        yield [replace(each, passed=frozenset(read.signature)) for each in reading]


def _loss_lines(read: Read, passed: Callable[[Sequence[str]], str]) -> list[str]:
    call = f"{read.candidate.forward}({passed(read.needed)}{PASSED})"
    return [f"value, *gradients = {call}", "yield value", "return tuple(gradients)"]


def _writing(read: Read, keys: Keys | None, real: Sequence[str]) -> Write:
    """Return what writes the case of a function: its gradients stand before its loss or behind, or a force does."""
    if read.candidate.kind == "behind":
        return functools.partial(_before, read, real)
    return functools.partial(_parts, read, keys) if read.candidate.sign or keys else called(read, "loss")


def _parts(read: Read, keys: Keys | None, inputs: Mapping[str, str]) -> Recipe:
    """Return the case of an energy with the force beside it: its negative gradient by definition, whatever fits.

    Or that of a value and its gradients by their keys.
    """
    call = f"{read.candidate.forward}({', '.join(inputs)}{PASSED})"
    recipe = generator(read.candidate, inputs, parts_of(call, keys, read.candidate.sign), upstream=True)
    return replace(recipe, passed=frozenset(read.signature))


def parts_of(call: str, keys: Keys | None, sign: str) -> list[str]:
    """Return the lines that yield the value and return what stands beside it: behind it, or under keys."""
    value, gradients = (quoted(keys.value), [*map(quoted, keys.gradients)]) if keys else ("0", ["1"])
    returned = ", ".join(f"{sign}returned[{key}]" for key in gradients)
    return [f"returned = {call}", f"yield returned[{value}]", f"return {returned}"]


def _before(read: Read, real: Sequence[str], inputs: Mapping[str, str]) -> Recipe:
    """Return the case of a function that returns its loss behind the gradients, in a dict or as they are."""
    keys = [next((label for label in read.gradients if is_of(label, name)), "") for name in real]
    returned = ", ".join(f"gradients[{quoted(key)}]" for key in keys) if all(keys) else "gradients"
    lines = [
        f"gradients, value = {read.candidate.forward}({', '.join(inputs)}{PASSED})",
        "yield value",
        f"return {returned}",
    ]
    return replace(generator(read.candidate, inputs, lines, upstream=True), passed=frozenset(read.signature))


def differentiated(read: Read) -> Iterator[tuple[str, ...]]:
    """Yield which arguments a loss may have the gradients of: those that are named so, the first ones, or all.

    What is called `y` is a target, or else the prediction where all others are targets: `loss(y, t)`.
    What is called as a setting is, `p`, is an array where its gradient is returned, or where there are as many others.
    """
    usual = [
        name for name in read.needed[1:] if settings(name) and not any(is_of(each, name) for each in read.gradients)
    ]
    arrays = [name for name in read.needed if name not in usual and name not in read.hinted.indices]
    plain = [name for name in arrays if not names.is_label(name)]
    by_name = [name for name in arrays if any(is_of(label, name) for label in read.gradients)]
    count = len(read.gradients)
    every = [name for name in read.needed if name not in read.hinted.indices and not names.is_label(name)]
    named = () if len(by_name) < count <= len(every) and count > len(plain) else (by_name,)
    beside = [name for name in arrays if names.PREDICTED_BESIDE_TARGET.match(name)] if len(arrays) > 1 else []
    ways = (*named, plain[:count] if count <= len(plain) else every[:count], by_name, plain or beside)
    yield from dict.fromkeys(tuple(names) for names in ways if names)

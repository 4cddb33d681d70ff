"""Readings of losses, which return gradients behind their value: by which arguments, and of which targets."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from verify.scan import names
from verify.scan.onehot import one_hot
from verify.scan.options import settings
from verify.scan.read import Read, is_of
from verify.scan.readings import Reading, Write, called, of_arrays
from verify.scan.recipe import PASSED, Recipe, generator, quoted
from verify.scan.unrolled import unrolled


def losses(read: Read) -> Iterator[Reading]:
    """Yield a function that returns a value and gradients, by all arguments that these may be of."""
    if read.candidate.kind != "behind" and not read.candidate.sign:
        yield from unrolled(read)
    for real in _differentiated(read):
        others = [name for name in read.needed if name not in real]
        labels = [name for name in others if name in read.hinted.indices or names.is_label(name)]
        data = [name for name in others if name not in labels and not settings(name) and name not in read.dicts]
        write = _writing(read, real)
        readings = of_arrays(read, write, read.needed, labels, data)
        for _, alike in itertools.groupby(readings, lambda reading: reading[0].arrays):
            first, *rest = alike
            yield from (first, *rest)
            if len(labels) == 1 and not first[0].options and not read.candidate.sign:  # these ask less, and come last
                yield from _loss_of_targets(read, first[0], labels[0])


def _loss_of_targets(read: Read, recipe: Recipe, label: str) -> Iterator[Reading]:
    others = {name: text for name, text in recipe.inputs.items() if name not in recipe.arrays}
    lines = functools.partial(_loss_lines, read)
    for reading in one_hot(read.candidate, read.needed, recipe.arrays, label, lines, others=others):
        yield [replace(each, passed=frozenset(read.signature)) for each in reading]


def _loss_lines(read: Read, passed: Callable[[Sequence[str]], str]) -> list[str]:
    call = f"{read.candidate.forward}({passed(read.needed)}{PASSED})"
    return [f"value, *gradients = {call}", "yield value", "return tuple(gradients)"]


def _writing(read: Read, real: Sequence[str]) -> Write:
    """Return what writes the case of a function: its gradients stand before its loss or behind, or a force does."""
    if read.candidate.kind == "behind":
        return functools.partial(_before, read, real)
    return functools.partial(_force, read) if read.candidate.sign else called(read, "loss")


def _force(read: Read, inputs: Mapping[str, str]) -> Recipe:
    """Return the case of an energy with the force behind it: its negative gradient by definition, whatever fits."""
    lines = [
        f"returned = {read.candidate.forward}({', '.join(inputs)}{PASSED})",
        "yield returned[0]",
        f"return {read.candidate.sign}returned[1]",
    ]
    return replace(generator(read.candidate, inputs, lines, upstream=True), passed=frozenset(read.signature))


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


def _differentiated(read: Read) -> Iterator[tuple[str, ...]]:
    """Yield which arguments a loss may have the gradients of: those that are named so, the first ones, or all."""
    usual = [name for name in read.needed[1:] if settings(name)]
    arrays = [name for name in read.needed if name not in usual and name not in read.hinted.indices]
    plain = [name for name in arrays if not names.is_label(name)]
    by_name = [name for name in arrays if any(is_of(label, name) for label in read.gradients)]
    count = len(read.gradients)
    yield from dict.fromkeys(tuple(names) for names in (by_name, plain[:count], plain) if names)

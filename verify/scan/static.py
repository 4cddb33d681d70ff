"""Readings of classes whose forward and backward take no instance: in pairs, or with a context between them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from verify.scan import functions, names
from verify.scan.candidate import Candidate
from verify.scan.read import Read, read_functions, resolved
from verify.scan.readings import Reading, of_arrays
from verify.scan.recipe import Recipe, generator
from verify.scan.source import Source

_CONTEXT = '''class Context:
    """Keep for backward what forward saves."""

    def save_for_backward(self, *arrays):
        self.saved_tensors = self.saved_values = arrays


'''


def static(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield cases of a class with a static forward and backward, or with ones that are handed a context first."""
    methods, make = source.methods(candidate.place(candidate.cls)), resolved(module, candidate.cls)
    called = methods.get(candidate.forward), methods.get(candidate.backward)
    plain = all(_is_static(make, name) for name in (candidate.forward, candidate.backward))
    owner = candidate.cls if plain else f"{candidate.cls}()"
    pair = candidate._replace(
        kind="pair", forward=f"{owner}.{candidate.forward}", backward=f"{owner}.{candidate.backward}"
    )
    read = read_functions(pair, called, inspect.signature(getattr(make, candidate.forward)))
    first = next(iter(read.signature), "")
    if names.CONTEXT.match(first):
        yield from _with_context(read, first)
    elif plain and None not in called:
        yield from functions.readings(read)


def _is_static(make: type, name: str) -> bool:
    return isinstance(inspect.getattr_static(make, name), (staticmethod, classmethod))


def _with_context(read: Read, context: str) -> Iterator[Reading]:
    """Yield a class whose forward saves in a context what backward reads: `ctx.save_for_backward(x)`."""
    needed = [name for name in read.needed if name != context]
    labels = [name for name in needed[1:] if name in read.hinted.indices]
    lines = [
        "context = Context()",
        f"dout = yield {read.candidate.forward}(context, {', '.join(needed)})",
        f"return {read.candidate.backward}(context, dout)",
    ]

    def write(every: Mapping[str, str]) -> Recipe:
        recipe = generator(read.candidate, every, lines)
        return replace(recipe, text=_CONTEXT + recipe.text)

    yield from of_arrays(read, write, needed, labels)

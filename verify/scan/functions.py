"""Readings of functions: what cases of them may be, the most likely first, each over smaller and smaller domains."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from verify.scan import names, shapes
from verify.scan.candidates import Candidate, Source
from verify.scan.hints import Hints, hints
from verify.scan.options import keyed, settings
from verify.scan.recipe import OPTIONS, Recipe, arguments, generator, literal, quoted, variable

Reading = list[Recipe]
_MOST = 24  # ways of writing labels and settings beside arrays of one shape


class Read(NamedTuple):
    """What is read of the functions of a candidate: arguments without a default, hints, and dicts of settings."""

    candidate: Candidate
    signature: Mapping[str, inspect.Parameter]
    hinted: Hints
    dicts: Mapping[str, Mapping[str, Any]]

    @property
    def needed(self) -> list[str]:
        """Return the arguments of the function that have to be passed."""
        return required(self.signature)


def readings(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield what the case of a function may be; raises TypeError and ValueError where it has no signature."""
    functions = source.functions[candidate.forward], source.functions[candidate.backward]
    signature = positional(inspect.signature(module[candidate.forward]))
    yield from _KINDS[candidate.kind](Read(candidate, signature, hints(*functions), keyed(*functions)))


def positional(signature: inspect.Signature) -> dict[str, inspect.Parameter]:
    """Return the arguments of a signature that have names, without the instance."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = signature.parameters.items()
    return {name: item for name, item in parameters if item.kind not in kinds and name not in names.TRIVIAL}


def required(signature: Mapping[str, inspect.Parameter]) -> list[str]:
    """Return the arguments without a default."""
    return [name for name, item in signature.items() if item.default is item.empty]


def _called(read: Read, kind: str, functions: Sequence[str], inputs: Mapping[str, str], more: str = "") -> Recipe:
    """Return a case of functions by one of the usual protocols."""
    name, title = variable(read.candidate), quoted(read.candidate.name)
    parts = ", ".join(part for part in [*functions, arguments(inputs), more] if part)
    return Recipe(name, f"{name} = gradproof.{kind}({parts}{OPTIONS}, name={title})", inputs)


def _of_arrays(read: Read, kind: str, functions: Sequence[str], labels: Sequence[str]) -> Iterator[Reading]:
    """Yield cases of functions of arrays, labels and settings."""
    needed = [name for name in read.needed if name not in read.dicts]
    chosen = {name: (dict(read.dicts[name]),) for name in read.needed if name in read.dicts}
    numbers = [name for name in needed[1:] if name not in labels and settings(name)]
    arrays = [name for name in needed[1:] if name not in (*labels, *numbers)]
    for shaped in shapes.of_inputs(needed[0], arrays, read.hinted) if needed else ():
        kinds = [shapes.of_labels(name, shaped[needed[0]], read.hinted) for name in labels]
        values = [[f"gradproof.constant({literal(value)})" for value in settings(name)] for name in numbers]
        for combination in itertools.islice(itertools.product(*kinds, *values), _MOST):
            rest = dict(zip((*labels, *numbers), combination, strict=True))
            yield [
                replace(_called(read, kind, functions, {name: every[name] for name in needed}), options=chosen)
                for every in ({**domain, **rest} for domain in shapes.domains(shaped, list(shaped)))
            ]


def _one_hot(read: Read, shaped: Mapping[str, str], label: str, lines: Sequence[str]) -> Reading:
    """Yield a loss of labels whose rows have a single 1; the lines have `{}` where these rows are passed."""
    predicted = next(iter(shaped))
    labels, rows = shapes.one_hot(shaped[predicted], predicted, label)
    every = {name: shaped.get(name, labels) for name in read.needed if name in (*shaped, label)}
    passed = ", ".join(rows if name == label else name for name in every)
    filled = [line.replace("{}", passed) for line in lines]
    return [generator(read.candidate, domain, filled, upstream=True) for domain in shapes.domains(every, list(shaped))]


def _pair(read: Read) -> Iterator[Reading]:
    functions = [read.candidate.forward, read.candidate.backward]
    yield from _of_arrays(read, "pair", functions, [name for name in read.needed[1:] if name in read.hinted.indices])


def _loss(read: Read) -> Iterator[Reading]:
    labels = [name for name in read.needed[1:] if name in read.hinted.indices or names.LABELS.match(name)]
    rows = [f"loss, *gradients = {read.candidate.forward}({{}})", "yield loss", "return tuple(gradients)"]
    hot = [] if len(labels) != 1 or len(read.needed) != 2 else [(labels[0], rows)]
    for reading in _of_arrays(read, "loss", [read.candidate.forward], labels):
        yield reading
        for label, lines in hot:
            yield _one_hot(
                read, {name: text for name, text in reading[0].arrays.items() if name != label}, label, lines
            )


def _derivative(read: Read) -> Iterator[Reading]:
    """Yield a function and its derivative: by its input or output, elementwise; or a scalar and its gradient."""
    needed = read.needed or list(read.signature)[:1]
    if len(needed) != 1:
        yield from _of_targets(read)
        return
    functions = [read.candidate.forward, read.candidate.backward]
    for shaped in shapes.of_inputs(needed[0], [], read.hinted):
        for more in ("", 'of="output"'):
            yield [_called(read, "derivative", functions, domain, more) for domain in shapes.domains(shaped, needed)]
        yield [_gradient(read, domain) for domain in shapes.domains(shaped, needed)]


def _of_targets(read: Read) -> Iterator[Reading]:
    """Yield a function whose gradient takes what it takes: that of a loss, by predictions."""
    for target in [name for name in read.needed if names.LABELS.match(name)] or ["", *read.needed[1:]]:
        real = [name for name in read.needed if name != target]
        for shaped in shapes.of_inputs(real[0], real[1:], read.hinted) if real else ():
            for kind in shapes.of_labels(target, shaped[real[0]], read.hinted) if target else [""]:
                every = {name: shaped.get(name, kind) for name in read.needed}
                yield [_gradient(read, domain) for domain in shapes.domains(every, real)]
            if target:
                calls = [f"yield {read.candidate.forward}({{}})", f"return {read.candidate.backward}({{}})"]
                yield _one_hot(read, shaped, target, calls)


def _gradient(read: Read, inputs: Mapping[str, str]) -> Recipe:
    """Return a function and another one that returns its gradient."""
    passed, candidate = ", ".join(inputs), read.candidate
    lines = [f"yield {candidate.forward}({passed})", f"return {candidate.backward}({passed})"]
    return generator(candidate, inputs, lines, upstream=True)


def _flag(read: Read) -> Iterator[Reading]:
    """Yield one function that returns its value, or with a flag its derivative, by its input or its output."""
    flag = next(name for name in read.signature if name in names.FLAGS)
    needed, function = [name for name in read.needed if name != flag], read.candidate.forward
    for shaped in shapes.of_inputs(needed[0], [], read.hinted) if len(needed) == 1 else ():
        for of in (needed[0], "output"):
            lines = [
                f"output = {function}({needed[0]}, {flag}=False)",
                "dout = yield output",
                f"return dout * {function}({of}, {flag}=True)",
            ]
            domains = shapes.domains(shaped, needed)
            yield [generator(read.candidate, domain, lines) for domain in domains]


def _minimized(read: Read) -> Iterator[Reading]:
    """Yield a scalar function of one array with its gradient, as minimizers take them."""
    for shape in ("N", "2", "3", "4", "") if len(read.needed) == 1 else ():
        yield [_gradient(read, domain) for domain in shapes.domains({read.needed[0]: shape}, read.needed)]


_KINDS: dict[str, Callable[[Read], Iterator[Reading]]] = {
    "pair": _pair,
    "loss": _loss,
    "derivative": _derivative,
    "flag": _flag,
    "minimized": _minimized,
}

"""Readings of functions: what cases of them may be, the most likely first, each over smaller and smaller domains."""

from __future__ import annotations

import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from verify.scan import names, shapes
from verify.scan.candidate import Candidate
from verify.scan.hints import Hints, gradients_of, hints, keys_of
from verify.scan.onehot import one_hot
from verify.scan.options import keyed, settings, weights_in
from verify.scan.recipe import OPTIONS, PASSED, Recipe, arguments, generator, literal, quoted, table, variable
from verify.scan.source import Source

Reading = list[Recipe]
_MOST = 24  # ways of writing labels and settings beside arrays of one shape
_DATA = re.compile(r"^(X|x|inputs?|data|features|A|A_prev)(_train|_batch|s)?$")


class Read(NamedTuple):
    """What is read of the functions of a candidate: arguments without a default, hints, and dicts.

    The dicts are those of settings, with values, and those of `weights`, with their keys.
    """

    candidate: Candidate
    signature: Mapping[str, inspect.Parameter]
    hinted: Hints
    dicts: Mapping[str, Mapping[str, Any]]
    weights: Mapping[str, Sequence[str]]
    gradients: Sequence[str]
    keys: Sequence[str]

    @property
    def needed(self) -> list[str]:
        """Return the arguments of the function that have to be passed; the first one at least."""
        return required(self.signature) or list(self.signature)[:1]


def read_of(candidate: Candidate, source: Source, module: Mapping[str, Any]) -> Read:
    """Read the functions of a candidate; raises TypeError and ValueError where they have no signature."""
    functions = source.functions[candidate.forward], source.functions[candidate.backward]
    signature = positional(inspect.signature(module[candidate.forward]))
    hinted, dicts, weights = hints(*functions), keyed(*functions), weights_in(*functions)
    return Read(candidate, signature, hinted, dicts, weights, gradients_of(functions[1]), keys_of(functions[1]))


def readings(read: Read) -> Iterator[Reading]:
    """Return what the case of a function may be."""
    return _KINDS[read.candidate.kind](read) if read.signature else iter(())


def positional(signature: inspect.Signature) -> dict[str, inspect.Parameter]:
    """Return the arguments of a signature that have names, without the instance."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = signature.parameters.items()
    return {name: item for name, item in parameters if item.kind not in kinds and name not in names.TRIVIAL}


def required(signature: Mapping[str, inspect.Parameter]) -> list[str]:
    """Return the arguments without a default."""
    return [name for name, item in signature.items() if item.default is item.empty]


def narrowed(reading: Reading) -> Reading:
    """Mark what asks less of the code than another reading of the same call."""
    return [replace(recipe, narrow=any(map(shapes.is_narrow, recipe.inputs.values()))) for recipe in reading]


Write = Callable[[Mapping[str, str]], Recipe]


def _of_arrays(
    read: Read, write: Write, needed: Sequence[str], labels: Sequence[str] = (), data: Sequence[str] = ()
) -> Iterator[Reading]:
    """Yield cases of functions of arrays, of which `data` is not differentiated, labels and settings."""
    chosen = {name: (dict(read.dicts[name]),) for name in needed if name in read.dicts}
    flat = [part for name in needed if name not in chosen for part in read.weights.get(name, [name])]
    lead = next((name for name in flat if data and _DATA.match(name)), flat[0] if flat else "")
    usual = [name for name in flat if name not in (lead, *labels) and settings(name)]
    for numbers in dict.fromkeys([tuple(usual), ()]) if flat else ():
        arrays = [name for name in flat if name not in (lead, *labels, *numbers)]
        for shaped in _shapes(read, lead, arrays):
            firsts = dict.fromkeys([shaped[lead], *(_outputs(shaped) if data else ())])
            kinds = [shapes.of_labels(name, [*firsts], read.hinted) for name in labels]
            values = [[f"gradproof.constant({literal(value)})" for value in settings(name)] for name in numbers]
            real = [name for name in shaped if name not in data]
            fixed = {name: f"gradproof.fixed({quoted(shaped[name])})" for name in shaped if name in data}
            for combination in itertools.islice(itertools.product(*kinds, *values), _MOST):
                rest = {**fixed, **dict(zip((*labels, *numbers), combination, strict=True))}
                domains = [{**domain, **rest} for domain in shapes.domains(shaped, real)]
                order = [name for name in needed if name not in chosen]
                yield narrowed([replace(write(_whole(read, order, every)), options=chosen) for every in domains])


def _shapes(read: Read, lead: str, others: Sequence[str]) -> Iterator[dict[str, str]]:
    if lead in read.hinted.listed:
        yield from ({lead: shape, **dict.fromkeys(others, "D")} for shape in shapes.LISTS)
    yield from shapes.of_inputs(lead, others, read.hinted)


def _outputs(shaped: Mapping[str, str]) -> Iterator[str]:
    """Yield shapes that outputs beside data may have: a row's, or one number for each row."""
    last = [part for text in shaped.values() for part in text.split()[-1:] if part not in ("N", "D")]
    yield from (f"N {part}" for part in dict.fromkeys(last))
    yield "N"


def _whole(read: Read, order: Sequence[str], every: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs in order, with the arrays of a dict of weights in it."""
    dicts = read.weights
    return {
        name: table({part: every[part] for part in dicts[name]}) if name in dicts else every[name] for name in order
    }


def _called(read: Read, kind: str, more: str = "") -> Write:
    """Return what writes a case of functions by one of the usual protocols."""
    candidate = read.candidate
    name, title = variable(candidate), quoted(candidate.name)
    functions = [candidate.forward, *([candidate.backward] if candidate.backward != candidate.forward else [])]

    def write(inputs: Mapping[str, str]) -> Recipe:
        parts = ", ".join(part for part in [*functions, arguments(inputs), more] if part)
        return Recipe(name, f"{name} = gradproof.{kind}({parts}{OPTIONS}, name={title})", inputs)

    return write


def _pair(read: Read) -> Iterator[Reading]:
    labels = [name for name in read.needed[1:] if name in read.hinted.indices]
    arrays = [name for name in read.needed if name not in (*read.weights, *read.dicts, *labels)]
    data = [name for name in arrays if read.keys and not any(is_of(key, name) for key in read.keys)]
    yield from _filling(read)
    yield from _of_arrays(read, _called(read, "pair"), read.needed, labels, data)


def _filling(read: Read) -> Iterator[Reading]:
    """Yield a function that writes its output into an array as large as its input, and another for the gradient."""
    first, *rest = read.needed
    if rest and rest[-1] in names.OUTPUTS:
        inputs, candidate = [first, *rest[:-1]], read.candidate
        passed = ", ".join(inputs)
        lines = [
            f"output, dx = np.zeros_like({first}), np.zeros_like({first})",
            f"{candidate.forward}({passed}, output)",
            "dout = yield output",
            f"{candidate.backward}(dout, {passed}, dx)",
            "return dx",
        ]
        yield from _of_arrays(read, lambda every: generator(candidate, every, lines), inputs)


def _loss(read: Read) -> Iterator[Reading]:
    for real in _differentiated(read):
        others = [name for name in read.needed if name not in real]
        labels = [name for name in others if name in read.hinted.indices or names.LABELS.match(name)]
        data = [name for name in others if name not in labels and not settings(name) and name not in read.dicts]
        readings = _of_arrays(read, _called(read, "loss"), read.needed, labels, data)
        for _, alike in itertools.groupby(readings, lambda reading: reading[0].arrays):
            first, *rest = alike
            yield from (first, *rest)
            if len(labels) == 1 and not first[0].options:  # these ask less, and come last
                yield from _loss_of_targets(read, first[0], labels[0])


def _loss_of_targets(read: Read, recipe: Recipe, label: str) -> Iterator[Reading]:
    others = {name: text for name, text in recipe.inputs.items() if name not in recipe.arrays}
    lines = functools.partial(_loss_lines, read)
    for reading in one_hot(read.candidate, read.needed, recipe.arrays, label, lines, others=others):
        yield [replace(each, passed=frozenset(read.signature)) for each in reading]


def _loss_lines(read: Read, passed: Callable[[Sequence[str]], str]) -> list[str]:
    call = f"{read.candidate.forward}({passed(read.needed)}{PASSED})"
    return [f"loss, *gradients = {call}", "yield loss", "return tuple(gradients)"]


def _differentiated(read: Read) -> Iterator[tuple[str, ...]]:
    """Yield which arguments a loss may have the gradients of: those that are named so, the first ones, or all."""
    usual = [name for name in read.needed[1:] if settings(name)]
    arrays = [name for name in read.needed if name not in usual and name not in read.hinted.indices]
    plain = [name for name in arrays if not names.LABELS.match(name)]
    by_name = [name for name in arrays if any(is_of(label, name) for label in read.gradients)]
    count = len(read.gradients)
    yield from dict.fromkeys(tuple(names) for names in (by_name, plain[:count], plain) if names)


def is_of(label: str, name: str) -> bool:
    """Tell whether a gradient is that of an array, by its name."""
    return label in (name, *(form.format(name) for form in ("d{}", "d_{}", "grad_{}", "{}_grad", "grad{}", "g{}")))


def _derivative(read: Read) -> Iterator[Reading]:
    """Yield a function and its derivative: by its input or output, elementwise; or a scalar and its gradient."""
    needed = read.needed or list(read.signature)[:1]
    numbers = [name for name in needed[1:] if settings(name)]
    needed = [name for name in needed if name not in numbers]
    if len(needed) != 1:
        yield from _of_targets(read)
        return
    options = {name: settings(name)[:1] for name in numbers}
    for shaped in shapes.of_inputs(needed[0], [], read.hinted):
        domains = list(shapes.domains(shaped, needed))
        for more in ("", 'of="output"'):
            yield [replace(_called(read, "derivative", more)(domain), options=options) for domain in domains]
        if not numbers:
            yield [_gradient(read, domain) for domain in domains]


def _of_targets(read: Read) -> Iterator[Reading]:
    """Yield a function whose gradient takes what it takes: that of a loss, by predictions."""
    for target in [name for name in read.needed if names.LABELS.match(name)] or ["", *read.needed[1:], read.needed[0]]:
        real = [name for name in read.needed if name != target]
        for shaped in shapes.of_inputs(real[0], real[1:], read.hinted) if real else ():
            for kind in shapes.of_labels(target, [shaped[real[0]]], read.hinted) if target else [""]:
                every = {name: shaped.get(name, kind) for name in read.needed}
                yield narrowed([_gradient(read, domain) for domain in shapes.domains(every, real)])
            if target:
                yield from one_hot(read.candidate, read.needed, shaped, target, lambda passed: _both(read, passed))


def _both(read: Read, passed: Callable[[Sequence[str]], str]) -> list[str]:
    arguments = passed(read.needed)
    return [f"yield {read.candidate.forward}({arguments})", f"return {read.candidate.backward}({arguments})"]


def _gradient(read: Read, inputs: Mapping[str, str]) -> Recipe:
    """Return a function and another one that returns its gradient."""
    return generator(read.candidate, inputs, _both(read, lambda _: ", ".join(inputs)), upstream=True)


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
    """Yield a scalar function with its gradient by the first argument, as minimizers take them."""
    first, *others = read.needed
    if others:
        yield from _of_arrays(read, lambda every: _gradient(read, every), read.needed, (), others)
    for shape in _vectors(read, first) if not others else ():
        yield [_gradient(read, domain) for domain in shapes.domains({first: shape}, [first])]


def _together(read: Read) -> Iterator[Reading]:
    """Yield a function that returns a value and its gradient by the first argument: minimize(..., jac=True)."""
    first, *others = read.needed
    if others:
        yield from _loss(read)
    for shape in _vectors(read, first) if not others else ():
        yield [_called(read, "loss")(domain) for domain in shapes.domains({first: shape}, [first])]


def _system(read: Read) -> Iterator[Reading]:
    """Yield a function of a vector with its matrix of derivatives, as solvers take them."""
    first, *others = read.needed
    passed, candidate = ", ".join(read.needed), read.candidate
    lines = [
        f"dout = yield {candidate.forward}({passed})",
        f"return dout @ {candidate.backward}({passed})",
    ]
    for shape, beside, stacked in itertools.product(_vectors(read, first), ["N", ""] if others else [""], [0, 1]):
        rest = dict.fromkeys(others, f"gradproof.fixed({quoted(beside)})")
        domains = shapes.domains({first: shape}, [first])
        body = [f"dout = yield np.stack({candidate.forward}({passed}))", lines[1]] if stacked else lines
        yield [generator(candidate, {**domain, **rest}, body) for domain in domains]


def _vectors(read: Read, name: str) -> list[str]:
    """Return the shapes of a vector: as long as the code says, or of any length."""
    size = read.hinted.sizes.get(name)
    return [str(size)] if size else ["N", "2", "3", "4", ""]


def _curve(read: Read) -> Iterator[Reading]:
    """Yield a curve with a matrix of its derivatives: a row for each x, a column for each parameter."""
    first, *parameters = read.needed
    passed, candidate = ", ".join(read.needed), read.candidate
    columns = ", ".join(f"slopes[{place}]" for place in range(len(parameters)))
    lines = [
        f"dout = yield {candidate.forward}({passed})",
        f"slopes = dout @ {candidate.backward}({passed})",
        f"return [{columns}]",
    ]
    domains = shapes.domains(dict.fromkeys(parameters, ""), parameters)
    yield [generator(candidate, {first: 'gradproof.fixed("N")', **domain}, lines) for domain in domains]


_KINDS: dict[str, Callable[[Read], Iterator[Reading]]] = {
    "pair": _pair,
    "loss": _loss,
    "derivative": _derivative,
    "flag": _flag,
    "minimized": _minimized,
    "together": _together,
    "system": _system,
    "curve": _curve,
}

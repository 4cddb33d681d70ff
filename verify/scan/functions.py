"""Readings of functions: what cases of them may be, the most likely first, each over smaller and smaller domains."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from verify.scan import names, parted, shapes, solvers
from verify.scan.costs import costs
from verify.scan.heads import headed
from verify.scan.losses import losses
from verify.scan.onehot import one_hot
from verify.scan.options import settings
from verify.scan.read import Read, is_of
from verify.scan.readings import Reading, both, called, gradient, narrowed, of_arrays
from verify.scan.recipe import PASSED, Recipe, generator
from verify.scan.roles import by_roles


def readings(read: Read) -> Iterator[Reading]:
    """Return what the case of a function may be."""
    return _KINDS[read.candidate.kind](read) if read.signature else iter(())


def _pair(read: Read) -> Iterator[Reading]:
    labels = [name for name in read.needed[1:] if name in read.hinted.indices]
    arrays = [name for name in read.needed if name not in (*read.weights, *read.dicts, *labels)]
    data = [name for name in arrays if read.keys and not any(is_of(key, name) for key in read.keys)]
    yield from parted.of_functions(read)
    yield from _filling(read)
    if {*read.taken} == {*read.needed}:
        yield from costs(read)
    masks = [name for name in read.needed if name in read.hinted.masks and not read.has_gradient(name)]
    masks = masks if len(masks) < len(read.needed) else []
    targets = [name for name in read.needed[1:] if names.is_label(name) and not read.has_gradient(name)]
    if len(read.taken) == 1:
        for more in dict.fromkeys([(), (*masks, *targets)]):
            fixed = list(dict.fromkeys([*labels, *more]))
            yield from of_arrays(read, lambda every: _closing(read, every), read.needed, fixed, data)
    for more in dict.fromkeys([tuple(masks), ()]):
        fixed = list(dict.fromkeys([*labels, *more]))
        for write in by_roles(read):
            yield from of_arrays(read, write, read.needed, fixed, data)


def _closing(read: Read, inputs: Mapping[str, str]) -> Recipe:
    """Return a loss that leaves all that its gradient needs in a cache: there is no upstream gradient."""
    call = f"{read.candidate.forward}({', '.join(inputs)}{PASSED})"
    lines = [f"value, cache = {call}", "yield value", f"return {read.candidate.backward}(cache)"]
    return replace(generator(read.candidate, inputs, lines, upstream=True), passed=frozenset(read.signature))


def _closure(read: Read) -> Iterator[Reading]:
    """Yield a function that returns its value, and the function that takes the upstream gradient."""
    labels = [name for name in read.needed[1:] if name in read.hinted.indices]
    call = f"{read.candidate.forward}({', '.join(read.needed)}{PASSED})"
    lines = [f"output, backward = {call}", "dout = yield output", "return backward(dout)"]

    def write(every: Mapping[str, str]) -> Recipe:
        return replace(generator(read.candidate, every, lines), passed=frozenset(read.signature))

    yield from of_arrays(read, write, read.needed, labels)


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
        yield from of_arrays(read, lambda every: generator(candidate, every, lines), inputs)


def _derivative(read: Read) -> Iterator[Reading]:
    """Yield a function and its derivative: by its input or output, elementwise; or a scalar and its gradient."""
    needed = read.needed or list(read.signature)[:1]
    numbers = [name for name in needed[1:] if settings(name)]
    needed = [name for name in needed if name not in numbers]
    if len(needed) != 1:
        yield from (*_of_targets(read), *costs(read)) if read.places < 2 else costs(read)
        yield from solvers.jacobians(read)
        return
    options = {name: settings(name)[:1] for name in numbers}
    for shaped in shapes.of_inputs(needed[0], [], read.hinted):
        domains = list(shapes.domains(shaped, needed))
        for more in ("", 'of="output"'):
            write = called(read, "derivative", more)
            yield [replace(write(domain), options=options, output="alike") for domain in domains]
        if not numbers:
            yield [replace(gradient(read, domain), output="scalar") for domain in domains]
    yield from solvers.system(read)


def _of_targets(read: Read) -> Iterator[Reading]:
    """Yield a function whose gradient takes what it takes: that of a loss, by predictions."""
    for target in [name for name in read.needed if names.is_label(name)] or ["", *read.needed[1:], read.needed[0]]:
        real = [name for name in read.needed if name != target]
        for shaped in shapes.of_inputs(real[0], real[1:], read.hinted) if real else ():
            for kind in shapes.of_labels(target, [shaped[real[0]]], read.hinted) if target else [""]:
                every = {name: shaped.get(name, kind) for name in read.needed}
                yield narrowed([gradient(read, domain) for domain in shapes.domains(every, real)])
            if target and target not in read.hinted.masks:
                beside = (read.candidate, read.needed, shaped, target, lambda passed: both(read, passed))
                for reading in chain(one_hot(*beside), headed(*beside) if read.logarithmic else ()):
                    yield [replace(recipe, passed=read.shared) for recipe in reading]


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


_KINDS: dict[str, Callable[[Read], Iterator[Reading]]] = {
    "pair": _pair,
    "loss": losses,
    "closure": _closure,
    "behind": losses,
    "derivative": _derivative,
    "flag": _flag,
    "cost": costs,
    "minimized": solvers.minimized,
    "together": solvers.together,
    "system": solvers.system,
    "curve": solvers.curve,
}

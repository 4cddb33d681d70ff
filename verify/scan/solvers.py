"""Readings of functions that are minimized, solved or fitted, with the derivatives that solvers take."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from verify.scan import shapes
from verify.scan.losses import losses
from verify.scan.read import Read
from verify.scan.readings import Reading, called, gradient, of_arrays
from verify.scan.recipe import generator, quoted


def minimized(read: Read) -> Iterator[Reading]:
    """Yield a scalar function with its gradient by the first argument, as minimizers take them."""
    first, *others = read.needed
    if others:
        yield from of_arrays(read, lambda every: gradient(read, every), read.needed, (), others)
    for shape in _vectors(read, first) if not others else ():
        yield [gradient(read, domain) for domain in shapes.domains({first: shape}, [first])]


def together(read: Read) -> Iterator[Reading]:
    """Yield a function that returns a value and its gradient by the first argument: minimize(..., jac=True)."""
    first, *others = read.needed
    if others:
        yield from losses(read)
    for shape in _vectors(read, first) if not others else ():
        yield [called(read, "loss")(domain) for domain in shapes.domains({first: shape}, [first])]


def system(read: Read) -> Iterator[Reading]:
    """Yield a function of a vector with its matrix of derivatives, as solvers take them."""
    first, *others = read.needed
    passed, candidate = ", ".join(read.needed), read.candidate
    lines = [
        f"dout = yield {candidate.forward}({passed})",
        f"return dout @ {candidate.backward}({passed})",
    ]
    by_output = [
        f"output = {candidate.forward}({passed})",
        "dout = yield output",
        f"return dout @ {candidate.backward}(output)",
    ]
    for shape, beside, stacked in itertools.product(_vectors(read, first), ["N", ""] if others else [""], [0, 1, 2]):
        rest = dict.fromkeys(others, f"gradproof.fixed({quoted(beside)})")
        domains = shapes.domains({first: shape}, [first])
        body = (lines, [f"dout = yield np.stack({candidate.forward}({passed}))", lines[1]], by_output)[stacked]
        if stacked < 2 or not others:
            yield [generator(candidate, {**domain, **rest}, body) for domain in domains]


def jacobians(read: Read) -> Iterator[Reading]:
    """Yield a function of vectors with its matrix of derivatives by the first one, or with matrices by all of them."""
    first, *others = read.needed
    passed, candidate = ", ".join(read.needed), read.candidate
    matrices = f"{candidate.backward}({passed})"
    product = (
        f"tuple(dout @ matrix for matrix in {matrices})" if read.places == len(read.needed) else f"dout @ {matrices}"
    )
    lines = [f"dout = yield {candidate.forward}({passed})", f"return {product}"]
    kinds = [[str(read.hinted.sizes[name])] if name in read.hinted.sizes else ["", "N", "2", "3"] for name in others]
    for shape, *beside in itertools.product(_vectors(read, first), *kinds):
        rest = dict(zip(others, beside, strict=True))
        fixed = (
            {}
            if read.places == len(read.needed)
            else {name: f"gradproof.fixed({quoted(text)})" for name, text in rest.items()}
        )
        domains = shapes.domains(
            {first: shape, **rest, **fixed}, [first, *(name for name in others if name not in fixed)]
        )
        yield [generator(candidate, domain, lines) for domain in domains]


def curve(read: Read) -> Iterator[Reading]:
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


def _vectors(read: Read, name: str) -> list[str]:
    """Return the shapes of a vector: as long as the code says, or of any length."""
    size = read.hinted.sizes.get(name)
    return [str(size)] if size else ["N", "2", "3", "4", ""]

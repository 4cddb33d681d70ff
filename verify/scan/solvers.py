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
    for shape, beside, stacked in itertools.product(_vectors(read, first), ["N", ""] if others else [""], [0, 1]):
        rest = dict.fromkeys(others, f"gradproof.fixed({quoted(beside)})")
        domains = shapes.domains({first: shape}, [first])
        body = [f"dout = yield np.stack({candidate.forward}({passed}))", lines[1]] if stacked else lines
        yield [generator(candidate, {**domain, **rest}, body) for domain in domains]


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

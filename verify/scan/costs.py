"""Readings of costs and their gradients, two functions of the same arguments: by which of them, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from verify.scan import names, shapes
from verify.scan.options import settings
from verify.scan.read import Read, is_of
from verify.scan.readings import Reading, gradient, of_arrays
from verify.scan.recipe import PASSED, Recipe, generator
from verify.scan.solvers import minimized


def costs(read: Read) -> Iterator[Reading]:
    """Yield a cost with its gradient: of its only argument, of those named so, of weights, or of the first."""
    if len(read.needed) == 1:
        yield from minimized(read)
        yield from _of_arrays(read)
        return
    for real in _differentiated(read):
        others = [name for name in read.needed if name not in real]
        labels = [name for name in others if names.is_label(name)]
        data = [name for name in others if name not in labels and not settings(name)]
        yield from of_arrays(read, lambda every, real=real: _by_name(read, every, real), read.needed, labels, data)  # type: ignore[misc]


def _of_arrays(read: Read) -> Iterator[Reading]:
    """Yield a cost of one array of any rank: positions of particles in rows."""
    for shaped in shapes.of_inputs(read.needed[0], [], read.hinted):
        yield [gradient(read, domain) for domain in shapes.domains(shaped, read.needed)]


def _differentiated(read: Read) -> Iterator[tuple[str, ...]]:
    by_name = tuple(name for name in read.needed if any(is_of(label, name) for label in (*read.returned, *read.keys)))
    weights = tuple(name for name in read.needed if names.WEIGHT.match(name) and not settings(name))
    counted = (tuple(read.needed[: read.places]), tuple(read.needed[-read.places :])) if read.places > 1 else ()
    fitting = [names for names in (by_name, weights, *counted, tuple(read.needed[:1])) if names]
    yield from dict.fromkeys(names for names in fitting if len(names) == read.places or read.places < 2)


def _by_name(read: Read, every: Mapping[str, str], real: Sequence[str]) -> Recipe:
    """Return the case; gradients that are returned in another order than the arguments are put in theirs."""
    labels = [next((label for label in read.returned if is_of(label, name)), "") for name in real]
    if len(real) < 2 or not all(labels) or len(labels) != len(read.returned):
        return gradient(read, every)
    passed, candidate = ", ".join(every), read.candidate
    lines = [
        f"yield {candidate.forward}({passed}{PASSED})",
        f"{', '.join(read.returned)} = {candidate.backward}({passed}{PASSED})",
        f"return {', '.join(labels)}",
    ]
    return replace(generator(candidate, every, lines, upstream=True), passed=read.shared)

"""Sizes, labels and points at which the code on floats does not return what its output changes by.

No reading of the source tells at which size code goes another way: `len(str(len(x)))`, `a + b + c == 30`, a table. So
the code runs on floats, at many sizes of each dimension, at sizes drawn for all of them, and with labels and samples
of several kinds, and once more at inputs beside these. Where the output does not change as the gradients at both ends
say, they are decided on symbols (`sizes`). So a probe itself refutes nothing and proves nothing, and what it passes
over is as unknown as before.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from copy import deepcopy
from fractions import Fraction
from itertools import chain, combinations, cycle, islice
from typing import Any, NamedTuple

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.conversation import converse
from verify.cases.inputs import Constant, Integer, Real
from verify.cases.shapes import Sizes, concrete, entry_names
from verify.cases.sizes import SMALL, bindings
from verify.tracing import patches
from verify.tracing.following import SubjectError, following
from verify.tracing.observe import Variant, option_choices
from verify.tracing.seeds import rewinder, seeded

_TURNED = range(SMALL + 1, 18)  # sizes that all dimensions take in turn, each another one
_ALONE = (24, 31, 32, 33, 48, 63, 64, 65, 127, 128, 129, 256, 257)  # and that each takes with the others small
_DRAWN, _LARGEST = 16, 32  # sizes of all dimensions that are drawn, and the largest of them
_OFTEN = 3  # that each small size is tried
_COMBINED = 20  # dimensions of size 1 beside each other, in as many combinations

Array = np.ndarray[Any, Any]

_STEPS = 2.0**-20, 2.0**-25  # of each entry, relative to it where it is far from 0: between them lie few edges
_REFUSED = (SubjectError, KeyError, OverflowError, TypeError, ValueError)  # of sizes, or what is no array of floats
_PART, _LEAST = 2.0**-16, 2.0**-44  # of what all entries change it by, and of the output, that a difference is off by
_ARRANGED: Sequence[Callable[[Array], Array]] = (
    lambda parts: parts,
    np.sort,
    lambda parts: parts / 8 + 0.4,
    lambda parts: 1 - parts / 2,
    lambda parts: parts / 2,
    lambda parts: np.sort(parts)[::-1],
)
_GOLDEN = (math.sqrt(5) - 1) / 2  # multiples of it are spread over what lies between whole numbers


class Probe(NamedTuple):
    """Where code is run: a variant, and the values of its real inputs."""

    variant: Variant
    inputs: Mapping[str, Array]

    @property
    def at(self) -> dict[str, Fraction]:
        """Return the values of all entries, exactly."""
        arrays = self.inputs.items()
        pairs = [zip(entry_names(name, array.shape), array.ravel().tolist(), strict=True) for name, array in arrays]
        return {name: Fraction(value) for entries in pairs for name, value in entries}


def suspects(
    case: TracedCase, seed: int, affords: Callable[[Sizes], bool], also: Sequence[Sizes], most: int
) -> list[Probe]:
    """Return what is suspect, at sizes that are affordable and some others, up to a number of probes."""
    rng, choices = np.random.RandomState(0), cycle(option_choices(case))
    bound = chain(filter(affords, _sizes(case, rng)), also)
    probes = (_probe(case, sizes, next(choices), number, rng) for number, sizes in enumerate(bound))
    with patches.in_force(seed), seeded(seed):
        rewind = rewinder(seed)
        return [*islice((probe for probe in probes if not fits(case, probe, rewind)), most)]


def _probe(
    case: TracedCase, sizes: Sizes, options: Mapping[str, Any], number: int, rng: np.random.RandomState
) -> Probe:
    """Return where code is run at some sizes: the kinds of samples and labels take turns."""
    kinds = [(name, described, number + place) for place, (name, described) in enumerate(case.inputs.items())]
    labels = {name: _labels(d, sizes, kind, rng) for name, d, kind in kinds if isinstance(d, Integer)}
    inputs = {name: _values(d, sizes, number, rng) for name, d, _ in kinds if isinstance(d, Real)}
    return Probe(Variant(sizes, options, labels), inputs)


def _sizes(case: TracedCase, rng: np.random.RandomState) -> Iterator[Sizes]:
    base = bindings(case.inputs.values(), case.sizes)[0]
    free = [name for name in base if name not in case.sizes]
    small = {**base, **{name: 2 + place % 2 for place, name in enumerate(free)}}
    alike = [{**base, **dict.fromkeys(free, size)} for size in range(2, SMALL + 1)] if free else []
    for sizes in (base, *alike):
        yield from [sizes] * _OFTEN
    for turn in range(len(_TURNED) if free else 0):
        yield {**base, **{name: _TURNED[(turn + 5 * place) % len(_TURNED)] for place, name in enumerate(free)}}
    for size in _ALONE:
        yield from ({**small, name: size} for name in free)
    for _ in range(_DRAWN if len(free) > 1 else 0):
        yield {**base, **{name: int(rng.randint(1, _LARGEST + 1)) for name in free}}
    for ones in _several(free):
        yield {**small, **dict.fromkeys(ones, 1)}


def _several(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield two or more of some names, and not all: in every combination where they are few, else as few as can be."""
    for number in range(2, len(names)):
        if math.comb(len(names), number) > _COMBINED:
            return
        yield from combinations(names, number)


def _labels(described: Integer, sizes: Sizes, kind: int, rng: np.random.RandomState) -> Any:
    """Return labels: at random, in order, in the opposite order, all different, half of them the first."""
    shape, below = concrete(described.shape, sizes), concrete(described.below, sizes)[0]
    number = math.prod(shape)
    drawn, different = rng.randint(below, size=number), np.resize(rng.permutation(below), number)
    labels = (drawn, np.sort(drawn), np.sort(different)[::-1], different, drawn * (drawn % 2))[kind % 5]
    return labels.astype(int).reshape(shape)[()]


def _values(described: Real, sizes: Sizes, kind: int, rng: np.random.RandomState) -> Array:
    """Return values spread over a domain, or about its bound: at random, in order, close together, on one side."""
    shape = concrete(described.shape, sizes)
    parts = rng.random_sample(math.prod(shape))
    parts = _ARRANGED[kind % len(_ARRANGED)](parts)
    low, high = described.low, described.high
    if low is not None and high is not None:
        values = float(low) + float(high - low) * parts
    elif low is not None or high is not None:
        values = float(low) + 2 * parts if low is not None else float(high or 0) - 2 * parts
    else:
        values = 4 * parts - 2
    return np.asarray(values).reshape(shape)


def fits(case: TracedCase, probe: Probe, rewind: Callable[[], None]) -> bool:
    """Tell whether the output changes along a direction as the gradients say, or nothing is known of that.

    All runs of all probes start where `rewind` puts the random generators. One that the code has made since draws other
    numbers in each run, so that the output does not fit: that is asked of symbols, and nothing is passed over.
    """
    try:
        with np.errstate(all="ignore"), redirect_stdout(sys.stderr):
            return any(_Run(case, probe, rewind).fits(step) for step in _STEPS)
    except _REFUSED:
        return True


class _Run:
    """Code at a probe: what it is given there, and what its output is, beside that as well."""

    def __init__(self, case: TracedCase, probe: Probe, rewind: Callable[[], None]) -> None:
        self.case, self.options, self._rewind = case, probe.variant.options, rewind
        whole = {name: text.value for name, text in case.inputs.items() if isinstance(text, Constant)}
        inputs = {**whole, **probe.variant.labels, **probe.inputs}
        self._inputs = {name: inputs[name] for name in case.inputs}
        self._upstreams: list[Array] = []

    def fits(self, step: float) -> bool:
        """Tell whether the output changes as the gradients say; True where one of them is no finite number."""
        total, size, gradients = self._total({})
        steps = {name: step * self._way(name, place) for place, name in enumerate(gradients, 1)}
        total_beside, _, beside = self._total(steps)
        changes = np.concatenate([((gradients[name] + beside[name]) / 2 * steps[name]).ravel() for name in steps])
        change, expected = total_beside - total, float(changes.sum())
        slack = _PART * float(np.abs(changes).sum()) + _LEAST * size
        return not (math.isfinite(change) and math.isfinite(expected) and abs(change - expected) > slack)

    def _way(self, name: str, place: int) -> Array:
        """Return by how much the entries of an input are moved, no two of them alike."""
        value = self._inputs[name]
        way: Array = np.maximum(1, np.abs(value)) * _spread(value.shape, place)
        return way

    def _total(self, steps: Mapping[str, Array]) -> tuple[float, float, dict[str, Array]]:
        """Return the sum of the outputs times their upstreams, its size, and the gradients, after some steps."""
        moved = {
            name: value + steps[name] if name in steps else deepcopy(value) for name, value in self._inputs.items()
        }
        terms: list[Array] = []

        def answer(output: Any) -> Any:
            several = isinstance(output, (tuple, list))
            outputs = list(output) if several else [output]
            sent = [self._upstream(place, np.shape(value)) for place, value in enumerate(outputs)]
            terms.extend(_floats(value) * upstream.ravel() for value, upstream in zip(outputs, sent, strict=True))
            copies = [array.copy()[()] for array in sent]
            return tuple(copies) if several else copies[0]

        self._rewind()
        arguments = {name: value[()] if isinstance(value, np.ndarray) else value for name, value in moved.items()}
        with following():
            _, returned = converse(self.case.subject, {**arguments, **deepcopy(dict(self.options))}, answer)
        everything = np.concatenate(terms)
        return float(everything.sum()), float(np.abs(everything).sum()), self._gradients(returned)

    def _gradients(self, returned: Any) -> dict[str, Array]:
        listed: Sequence[Any] = returned if isinstance(returned, (tuple, list)) else [returned]
        named = returned if isinstance(returned, Mapping) else dict(zip(self.case.real, listed, strict=False))
        return {
            name: _floats(named[name]).reshape(self._inputs[name].shape)
            for name in self.case.real
            if named.get(name) is not None
        }

    def _upstream(self, place: int, shape: tuple[int, ...]) -> Array:
        while place >= len(self._upstreams):
            fixed = self.case.upstream
            self._upstreams.append(_spread(shape, place + 2) if fixed is None else np.full(shape, float(fixed)))
        return self._upstreams[place]


def _floats(value: Any) -> Array:
    """Return the entries of an array in a row; raises TypeError or ValueError where they are complex, or no numbers."""
    if np.iscomplexobj(value):
        raise TypeError
    return np.asarray(value, dtype=float).ravel()


def _spread(shape: tuple[int, ...], turn: int) -> Array:
    """Return numbers of both signs, no two of which are alike or 0."""
    parts: Array = np.arange(1, math.prod(shape) + 1) * _GOLDEN * turn % 1 - 0.4
    return parts.reshape(shape)

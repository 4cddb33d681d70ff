"""What the checks work on: a case in one variant, run on the numbers of its sample, on others, and in another batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.contracts.arrays import apart, flat, has_memory, same, share
from verify.checks.contracts.calls import Call
from verify.checks.contracts.drive import AS_THEY_ARE, Layout, Ran, Rewind, run
from verify.checks.contracts.holdings import Path, at, held_by
from verify.checks.contracts.numbers import Numbers, opposite, sample, shifted
from verify.checks.contracts.replay import Layer, gradient_paths
from verify.checks.contracts.units import Unit, Untried
from verify.model.findings import finding
from verify.model.identity import NOWHERE, Place
from verify.model.result import Comparison, Finding
from verify.proof import rationals
from verify.tracing.following import SubjectError, following

_T = TypeVar("_T")
_DEEPEST = 3  # objects that pass calls on, one within the other
Check = Callable[["Trial"], Iterator[Finding]]


@dataclass
class Trial:
    """A case in one variant; `bad` are its gradients that are not right, `batch` is it with another batch size."""

    case: TracedCase
    exact: Exact
    rewind: Rewind
    bad: Mapping[str, Comparison] = field(default_factory=dict)
    batch: Exact | None = None
    untried: list[Untried] = field(default_factory=list)  # layers that cannot be called again
    failures: list[str] = field(default_factory=list)  # why a check could not be made
    within: frozenset[type] = frozenset()
    steps: dict[int, bool] = field(default_factory=dict)  # whether the backward of a layer changes its parameters
    answers: dict[tuple[int, ...], Any] = field(default_factory=dict)  # of fresh layers, by their calls before
    lives: dict[int, Any] = field(default_factory=dict)  # what was seen of a layer in its first calls
    repeats: dict[int, list[Any]] = field(default_factory=dict)  # what equal calls of forward returned
    _gradient_paths: dict[int, list[Path]] = field(default_factory=dict)

    @cached_property
    def numbers(self) -> Numbers:
        """Return the numbers of the sample."""
        return sample(self.case, self.exact.seen)

    @cached_property
    def others(self) -> Numbers:
        """Return other numbers of the same shapes."""
        return opposite(self.case, self.exact.seen, self.numbers)

    @cached_property
    def of_batch(self) -> Numbers:
        """Return numbers of another batch size, where there is one."""
        assert self.batch is not None
        return sample(self.case, self.batch.seen)

    def run(
        self, numbers: Numbers, meanwhile: Callable[[], object] = lambda: None, layout: Layout = AS_THEY_ARE
    ) -> Ran:
        """Run the case on these numbers; raises SubjectError. `meanwhile` comes between forward and backward."""
        options = self.exact.seen.variant.options
        return run(self.case, options, numbers, self.rewind, meanwhile, layout=layout, watched=False)

    def _watch(self, numbers: Numbers, exact: Exact | None = None) -> Ran:
        """Run the case, in this variant or another one, and notice its layers; raises SubjectError."""
        options = (exact or self.exact).seen.variant.options
        return run(self.case, options, numbers, self.rewind, within=self.within)

    @cached_property
    def ran(self) -> Ran:
        """Return the run at the sample.

        An object that goes one way only may do no more than pass the call on: then what it calls is noticed instead.
        """
        ran = self._watch(self.numbers)
        self.untried = list(ran.untried)
        for _ in range(_DEEPEST):
            if not ran.halves:
                break
            self.within |= ran.halves
            ran = self._watch(self.numbers)
            seen = {layer.title for layer in self.untried}
            self.untried += [layer for layer in ran.untried if layer.title not in seen]
        self.failures += ran.unheard[:1]
        return ran

    @cached_property
    def again(self) -> Ran:
        """Return one more run at the sample."""
        return self._watch(self.numbers)

    @cached_property
    def pairs(self) -> list[tuple[Unit, Unit]]:
        """Return the layers that were noticed, each with the same one in a run on other numbers; none if that fails."""
        return self._matched(self.on_others, "other inputs")

    @cached_property
    def on_others(self) -> Ran | SubjectError:
        """Return the run on other numbers, or its error."""
        return attempt(self._watch, self.others)

    @cached_property
    def on_batch(self) -> Ran | SubjectError:
        """Return the run with another batch size, where there is one, or its error."""
        return attempt(self._watch, self.of_batch, self.batch)

    @cached_property
    def shifted(self) -> list[tuple[Unit, Unit]]:
        """Return the layers, each with the same one in a run on numbers at other entries; none if that fails."""
        return self._matched(attempt(self._watch, shifted(self.case, self.exact.seen, self.numbers)), "other inputs")

    @cached_property
    def batches(self) -> list[tuple[Unit, Unit]]:
        """Return the layers, each with the same one in a run with another batch size."""
        return self._matched(self.on_batch, "another batch size") if self.batch else []

    def live(self, numbers: Numbers) -> list[tuple[Unit, Layer]]:
        """Return the layers of a run on some numbers, in the order of those of `ran`, as they are after it.

        There are none if it raises, or other ones are called.
        """
        ran = attempt(self._watch, numbers)
        if isinstance(ran, SubjectError) or list(map(_shape, ran.units)) != list(map(_shape, self.ran.units)):
            return []
        return [(u, Layer(u, self.rewind, gradient_paths(u, ran.gradients), live=True)) for u in ran.units]

    def _matched(self, ran: Ran | SubjectError, change: str) -> list[tuple[Unit, Unit]]:
        if isinstance(ran, SubjectError):
            self.failures.append(f"the code raises on {change}: {ran}")
            return []
        if [_shape(u) for u in ran.units] != [_shape(u) for u in self.ran.units]:
            self.failures.append(f"on {change} the code makes different calls")
            return []
        return list(zip(self.ran.units, ran.units, strict=True))

    def expected(self, name: str) -> Any:
        """Return the exact gradient at the sample, as floats; None where not all of it is known."""
        if name in self.exact.floats:
            return self.exact.floats[name]
        seen, nodes = self.exact.seen, self.exact.gradient(name)
        exact = rationals.real(seen.trace, nodes, seen.trace.sample)
        if not all(exact[node].is_known for node in nodes):
            return None
        return np.array([float(exact[node].ball) for node in nodes]).reshape(seen.inputs[name].shape)

    def parameter(self, name: str) -> bool:
        """Tell whether an input is what layers are made with, and not what they are called with."""
        return bool(self.ran.units) and name not in self._called_with

    @cached_property
    def _called_with(self) -> set[str]:
        """Return the inputs that layers are called with: asked for every layer, which may be many."""
        return {name for unit in self.ran.units for call in unit.forward for name in self.among(call.live)}

    def among(self, value: Any) -> list[str]:
        """Return the inputs that share their memory with a value."""
        inputs = self.ran.inputs.items() if has_memory(value) else ()
        return [name for name, array in inputs if share(value, array)]

    def layer(self, unit: Unit) -> Layer:
        """Return a fresh copy of a layer, to be called again."""
        if id(unit) not in self._gradient_paths:
            self._gradient_paths[id(unit)] = gradient_paths(unit, self.ran.gradients)
        return Layer(unit, self.rewind, self._gradient_paths[id(unit)])

    def held(self, layer: Layer, among: Iterable[str] | None = None) -> dict[str, list[Path]]:
        """Return where a layer holds arrays of a case by name: those that it is not called with, or `among` others."""
        arrays = list(held_by(layer.itself))
        names = [name for name in self.case.real if self.parameter(name)] if among is None else among
        places = {
            n: [p for p, held in arrays if flat(held) and same(held, flat(self.numbers.inputs[n]))] for n in names
        }
        return {name: paths for name, paths in places.items() if paths}

    def moved(self, layer: Layer, held: Mapping[str, list[Path]]) -> list[str]:
        """Return the parameters of which a layer holds other numbers by now."""
        inputs = self.numbers.inputs
        return [
            name for name, paths in held.items() if any(apart(at(layer.itself, path), inputs[name]) for path in paths)
        ]

    def finding(
        self, code: str, detail: str, name: str = "", call: Call | None = None, where: Place = NOWHERE
    ) -> Finding:
        """Return a finding, of a line or a method where one is to blame."""
        place = where or (call.place if call else self.place("backward"))
        return finding(code, detail, name=name, where=place, variant=self.exact.seen.variant.written)

    def place(self, method: str) -> Place:
        """Return the place of the first method forward or backward, or of the case."""
        ran = attempt(lambda: self.ran)
        units = [] if isinstance(ran, SubjectError) else ran.units
        calls = [call for unit in units for call in getattr(unit, method)]
        return next((call.place for call in calls), self.case.backward or self.case.where)


def _shape(unit: Unit) -> Any:
    return type(unit.fresh), [c.name for c in unit.forward], [c.name for c in unit.backward]


def attempt(work: Callable[..., _T], *arguments: Any) -> _T | SubjectError:
    """Return what work returns, or the error of the user's code."""
    try:
        with following():
            return work(*arguments)
    except SubjectError as problem:
        return problem

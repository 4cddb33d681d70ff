"""A case run on real arrays, and what became of the arrays that were handed over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verify.contracts.arrays import arrays, copied, same
from verify.contracts.notice import Notice, Unit, Untried
from verify.expressions.runs import following
from verify.profiling import profiled
from verify.subjects.cases import TracedCase, converse
from verify.subjects.shapes import Constant, Integer, Real, concrete
from verify.tracing import patches
from verify.tracing.observe import Observation, Quantity
from verify.tracing.seeds import rewinder, seeded

Rewind = Callable[[], None]
Lay = Callable[[Any], Any]  # the same numbers in other memory


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Layout:
    """How the arrays that are handed over lie in memory: inputs by name, where they are there, and the upstream."""

    inputs: Mapping[str, Lay] = field(default_factory=dict)
    of_upstream: Lay = _as_it_is

    def of_input(self, name: str, value: Any) -> Any:
        """Return an input, laid out."""
        return self.inputs[name](value) if name in self.inputs else value


AS_THEY_ARE = Layout()


@dataclass(slots=True)
class Numbers:
    """What a case is given: its inputs by name, and the upstream of each output."""

    inputs: dict[str, Any]
    upstreams: list[Any]

    def each(self, change: Callable[[Any], Any], *, inputs: bool = True) -> Numbers:
        """Return numbers of which each real array is changed, or each upstream only."""
        given = {name: change(value) if inputs else value for name, value in self.inputs.items()}
        return Numbers(given, [change(value) for value in self.upstreams])


@dataclass(slots=True)
class Ran:
    """What came of a run: the very arrays handed over and received, and which of them were written to by whom."""

    inputs: dict[str, Any]
    output: Any = None
    dout: Any = None
    gradients: dict[str, Any] = field(default_factory=dict)
    overwritten: dict[str, str] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    halves: frozenset[type] = frozenset()
    untried: list[Untried] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)


@contextmanager
def driving(seed: int) -> Iterator[Rewind]:
    """Make runs on floats possible; yields what puts the random generators back to where a run starts."""
    quiet = np.errstate(all="ignore")
    with patches.in_force(seed), seeded(seed), redirect_stdout(sys.stderr), quiet:
        yield rewinder(seed)


def sample(case: TracedCase, seen: Observation) -> Numbers:
    """Return the numbers that a case was observed at."""
    inputs = {name: _floats(seen, quantity) for name, quantity in seen.inputs.items()}
    given = {name: inputs[name] if name in inputs else seen.concrete[name] for name in case.inputs}
    return Numbers(given, [_floats(seen, quantity) for quantity in seen.upstreams])


def _floats(seen: Observation, quantity: Quantity) -> Any:
    trace = seen.trace
    values = [trace.sample.get(trace.payloads[node], trace.value(node)) for node in quantity.nodes]
    return np.array([float(value or 0) for value in values]).reshape(quantity.shape)[()]


def opposite(case: TracedCase, seen: Observation) -> Numbers:
    """Return numbers on the other side: of 0, or of the middle of a domain, in the opposite order.

    What a layer asks of a number is answered the other way at each entry, so that a mask, a choice or a slope that
    belongs to earlier numbers is another one even where there is a single entry. They are no mere negatives, of which
    squares and norms are the same.
    """
    return _moved(case, seen, lambda value: value, -1)


def shifted(case: TracedCase, seen: Observation) -> Numbers:
    """Return larger numbers, each moved to the next entry: of opposite numbers the one in the middle is the same."""
    return _moved(case, seen, lambda value: np.roll(value, 1) if np.ndim(value) else value, 1)


def _moved(case: TracedCase, seen: Observation, move: Callable[[Any], Any], sign: int) -> Numbers:
    numbers = sample(case, seen)
    inputs = {name: _other(case.inputs[name], value, seen, move, sign) for name, value in numbers.inputs.items()}
    if case.upstream is not None:
        return Numbers(inputs, numbers.upstreams)
    return Numbers(inputs, [_stretched(move(value), sign) for value in numbers.upstreams])


def _other(described: Any, value: Any, seen: Observation, move: Callable[[Any], Any], sign: int) -> Any:
    if isinstance(described, Integer):
        return (value + 1) % concrete(described.below, seen.variant.sizes)[0]
    return _placed(described, move(value), sign) if isinstance(described, Real) else value


def _placed(described: Real, value: Any, sign: int) -> Any:
    """Return other numbers of a domain, in the same order or the opposite one."""
    low, high = described.low, described.high
    if low is None and high is None:
        return _stretched(value, sign)
    if low is not None and high is not None:
        middle, half = float(low + high) / 2, float(high - low) / 2
        place = (value - middle) / half
        return middle + half * sign * np.sign(place) * np.sqrt(np.abs(place))
    bound = float(high if low is None else low)  # type: ignore[arg-type]  # one of the two is a number
    return bound + (1.25 * (value - bound) if sign > 0 else 1.25 / (value - bound))


def _stretched(value: Any, sign: int) -> Any:
    """Return numbers that are larger, by a factor of their own each, in the same order or the opposite one."""
    return sign * value * (1.25 + np.abs(value) / (2 + 2 * np.abs(value)))


def single(value: Any) -> Any:
    """Return an array in single precision, if it is of floats; a Python number takes on any precision by itself."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return value.astype(np.float32) if kind == "f" else value


def run(
    case: TracedCase,
    options: Mapping[str, Any],
    numbers: Numbers,
    rewind: Rewind,
    meanwhile: Callable[[], object] = lambda: None,
    *,
    layout: Layout = AS_THEY_ARE,
    within: frozenset[type] = frozenset(),
    watched: bool = True,
) -> Ran:
    """Run a case, and do something else between its forward and its backward, if need be.

    Raises SubjectError where the code does not run on these numbers, in this layout. Objects of the classes in `within`
    pass for no layers, only what they call does. A run that is not `watched` takes less time, and notices no layers.
    """
    ran = Ran({name: layout.of_input(name, value) for name, value in deepcopy(numbers.inputs).items()})
    writeable = {
        name: arrays(value) for name, value in ran.inputs.items() if not isinstance(case.inputs[name], Constant)
    }
    before = {name: copied(value) for name, value in writeable.items()}
    notice = Notice(within)
    sent: dict[str, Any] = {}

    def compare(method: str, arrays: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        for name, value in arrays.items():
            if name not in ran.overwritten and not same(value, known[name]):
                ran.overwritten[name] = method

    def answer(output: Any) -> Any:
        compare("forward", writeable, before)
        upstreams = [layout.of_upstream(upstream) for upstream in deepcopy(numbers.upstreams)]
        ran.output = output
        ran.dout = tuple(upstreams) if isinstance(output, (tuple, list)) else upstreams[0]
        sent.update({"the output": copied(output), "the upstream": copied(ran.dout)})
        notice.backward = True
        meanwhile()
        return ran.dout

    rewind()
    watching: AbstractContextManager[list[str]] = profiled(notice) if watched else nullcontext([])
    with following(), watching as unheard:
        _, returned = converse(case.subject, {**ran.inputs, **deepcopy(dict(options))}, answer)
    compare("backward", writeable, before)
    compare("backward", {"the output": ran.output, "the upstream": ran.dout}, sent)
    listed = returned if isinstance(returned, (tuple, list)) else [returned]
    ran.gradients = dict(returned) if isinstance(returned, Mapping) else dict(zip(case.real, listed, strict=False))
    ran.units, ran.halves, ran.untried = notice.units, notice.halves, notice.untried
    ran.unheard = [*unheard, *notice.unheard]
    return ran
